//! `LOCKGATE_LINGER`: a failed gate keeps answering for a while, so a scrape, a probe and a user can see the reason.

use super::run::Finish;
use crate::execute::Stop;
use crate::failure::{Class, Exit, Failure};
use crate::telemetry;

impl Finish<'_> {
    /// Reports the failure, and waits while the port still answers; a signal ends that at once. The exit code is the failure's.
    ///
    /// # Errors
    /// The failure, if there is nothing to wait for: then the caller reports it.
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
