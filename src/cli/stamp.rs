//! `lockgate stamp TARGET`.

use clap::ArgMatches;

use super::output::Output;
use super::{confirm, run};
use crate::config::Config;
use crate::failure::{Code, Exit, Failure};
use crate::gate::{self, Stamped};
use crate::progress::Progress;
use crate::telemetry::metrics::Metrics;

/// For an Alembic chain.
const INSTEAD: &str = "`alembic stamp TARGET` records without running";

pub fn run(config: Config, arguments: &ArgMatches) -> Result<Exit, Failure> {
    // clap requires it.
    let target = arguments.get_one::<String>("TARGET").cloned().unwrap_or_default();
    let (unchecked, asks) = (arguments.get_flag("unchecked"), confirm::is_due(arguments));
    let database = config.database.describe();
    let (progress, settings, named) = (Progress::new(Metrics::new()), config.clone(), target.clone());
    let known = progress.clone();
    if let Some(coexist) = &config.chain.coexist {
        return Err(Failure {
            next: format!("record it with {}: what its history says counts here too", coexist.migrator.name()),
            ..Failure::new(
                Code::LAYOUT,
                "a stamp would part the two histories that LOCKGATE_COEXIST keeps beside each other",
            )
        });
    }
    let work = async move |stop| {
        let gate = run::gate(config, known, stop).await?.native(INSTEAD)?;
        let mut agreed = None;
        if asks {
            let order = gate::stamp_order(&gate, &target).await?;
            if order != Stamped::default() {
                let mut output = Output::default();
                say!(output, "{database}");
                say(&mut output, &order, "to record as applied, without running", "to forget, without taking back");
                confirm::ask(output, "Change the history?", &gate.stop).await?;
            }
            agreed = Some(order);
        }
        gate::stamp(&gate, &target, unchecked, agreed.as_ref()).await
    };
    let stamped = run::block_on(false, async { run::stoppable(&settings, &progress, &run::stop()?, work).await })?;
    let mut output = Output::default();
    say(&mut output, &stamped, "recorded as applied, without running", "forgotten, without taking back");
    if stamped == Stamped::default() {
        say!(output, "nothing to do: the history stands at {named} already");
    }
    output.end()?;
    Ok(Exit::Open)
}

fn say(output: &mut Output, stamped: &Stamped, recorded: &str, forgotten: &str) {
    for (words, ids) in [(recorded, &stamped.recorded), (forgotten, &stamped.forgotten)] {
        if !ids.is_empty() {
            say!(output, "{words}: {}", ids.join(" "));
        }
    }
}
