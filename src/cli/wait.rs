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
        let known = progress.clone();
        let result = run::stoppable(&settings, &progress, async move |stop| {
            wait_for_head(&run::gate(config, known, stop).await?).await
        });
        let result = result.await;
        finish.say(&result);
        result.map(|_| Exit::Open)
    })
}
