//! `lockgate wait`.

use super::run::{self, Finish};
use crate::config::Config;
use crate::failure::{Exit, Failure};
use crate::gate::wait_for_head;
use crate::progress::Progress;
use crate::telemetry::metrics::Metrics;

pub fn run(config: Config) -> Result<Exit, Failure> {
    let progress = Progress::new(Metrics::new());
    run::block_on(false, async {
        let settings = config.clone();
        let finish = Finish::new(&settings, &progress);
        let result = match run::gate(config, progress.clone()).await {
            Ok(mut gate) => {
                gate.only_reads = true;
                wait_for_head(&gate).await
            }
            Err(failure) => Err(failure),
        };
        finish.say(&result);
        result.map(|_| Exit::Open)
    })
}
