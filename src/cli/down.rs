//! `lockgate down TARGET`.

use clap::ArgMatches;

use super::run::{self, Finish};
use crate::config::Config;
use crate::failure::{Exit, Failure};
use crate::gate::Goal;
use crate::progress::Progress;
use crate::telemetry::metrics::Metrics;

pub fn run(config: Config, arguments: &ArgMatches) -> Result<Exit, Failure> {
    // clap asks for it.
    let target = arguments.get_one::<String>("TARGET").cloned().unwrap_or_default();
    let progress = Progress::new(Metrics::new());
    run::block_on(false, async {
        let settings = config.clone();
        let finish = Finish::new(&settings, &progress);
        let result = async {
            let mut gate = run::gate(config, progress.clone()).await?;
            gate.goal = Goal::Down(target);
            gate.run().await
        };
        let result = result.await;
        finish.say_down(&result);
        result.map(|_| Exit::Open)
    })
}
