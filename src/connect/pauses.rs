//! The pauses between attempts: growing, jittered, without end.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};

/// Pauses that grow from one length to another, each with jitter on top, so that a crowd does not come back as one.
#[derive(Debug)]
pub struct Pauses {
    growing: ExponentialBackoff,
    longest: Duration,
}

impl Pauses {
    pub fn new(shortest: Duration, longest: Duration, factor: f32) -> Self {
        let growing = ExponentialBuilder::default()
            .with_min_delay(shortest)
            .with_max_delay(longest)
            .with_factor(factor)
            .with_jitter()
            .without_max_times();
        Self { growing: growing.build(), longest }
    }

    /// The next pause.
    pub fn grow(&mut self) -> Duration {
        self.skip(0)
    }

    /// The pause after so many more.
    pub fn skip(&mut self, steps: usize) -> Duration {
        self.growing.nth(steps).unwrap_or(self.longest)
    }
}
