//! `lockgate wait`.

use super::run::{self, Finish};
use crate::config::Config;
use crate::failure::{Exit, Failure};
use crate::progress::Progress;
use crate::telemetry::metrics::Metrics;

pub fn run(config: Config) -> Result<Exit, Failure> {
    let progress = Progress::new(Metrics::new());
    run::block_on(false, async {
        let settings = config.clone();
        let finish = Finish::new(&settings, &progress);
        let (stop, known) = (run::stop()?, progress.clone());
        let result = run::stoppable(&settings, &progress, &stop, async move |stop| {
            let mut gate = run::gate(config, known, stop).await?;
            gate.only_read();
            gate.wait_for_head().await
        });
        let result = result.await;
        finish.say(&result);
        result.map(|_| Exit::Open)
    })
}
