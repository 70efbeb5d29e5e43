//! `lockgate migrate`.

use clap::ArgMatches;

use super::chosen::Chosen;
use super::run::{self, Finish};
use super::serve;
use crate::config::Config;
use crate::failure::{Exit, Failure};
use crate::gate::Goal;
use crate::progress::Progress;
use crate::telemetry::metrics::Metrics;

pub fn run(config: Config, arguments: &ArgMatches) -> Result<Exit, Failure> {
    let target = arguments.get_one::<String>("TARGET").filter(|target| *target != "head").cloned();
    let again = arguments.get_flag("skipped");
    let progress = Progress::new(Metrics::new());
    run::block_on(config.serve.listen.is_some(), async {
        let settings = config.clone();
        let finish = Finish::new(&settings, &progress);
        let server = serve::listen_if_asked(&settings, &progress)?;
        let (stop, known) = (run::stop()?, progress.clone());
        let result = run::stoppable(&settings, &progress, &stop, async move |stop| {
            let mut chosen = run::gate(config, known, stop).await?;
            match &mut chosen {
                Chosen::Native(gate) => {
                    gate.again = again;
                    gate.goal = target.map_or(Goal::Head, Goal::Up);
                }
                Chosen::Tool(gate) => target.iter().try_for_each(|target| gate.aim(target))?,
            }
            chosen.run().await
        });
        let result = result.await;
        finish.say(&result);
        let ended = match result {
            Err(failure) if server.answers() => finish.linger(failure, &stop).await,
            result => result.map(|_| Exit::Open),
        };
        server.close().await;
        ended
    })
}
