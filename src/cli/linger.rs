//! `LOCKGATE_LINGER`: a gate that failed answers for a while, so that a scrape, a probe and a person can see why.

use super::run::Finish;
use crate::execute::Stop;
use crate::failure::{Class, Exit, Failure};
use crate::telemetry;

impl Finish<'_> {
    /// Tells the failure, and waits while the port still answers; a signal ends that at once. The exit code is the failure's.
    ///
    /// # Errors
    /// The failure, where nothing is to be waited for: then the caller tells it.
    pub async fn linger(&self, failure: Failure, stop: &Stop) -> Result<Exit, Failure> {
        if self.linger.is_zero() || failure.class() == Class::Stopped || stop.arrived().is_some() {
            return Err(failure);
        }
        telemetry::log::report(&failure, self.format);
        tracing::info!(seconds = self.linger.as_secs_f64(), "the port still answers; then this ends (LOCKGATE_LINGER)");
        let _ = stop.within(self.linger).await;
        Ok(failure.exit())
    }
}
