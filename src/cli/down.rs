//! `lockgate down TARGET`.

use clap::ArgMatches;

use super::chosen::Chosen;
use super::output::Output;
use super::run::{self, Finish};
use super::{confirm, plan};
use crate::config::{Config, OnMismatch};
use crate::failure::{Exit, Failure};
use crate::gate::{self, Goal, Previewed};
use crate::progress::Progress;
use crate::telemetry::metrics::Metrics;
use crate::tool;

pub fn run(config: Config, arguments: &ArgMatches) -> Result<Exit, Failure> {
    // clap requires it.
    let target = arguments.get_one::<String>("TARGET").cloned().unwrap_or_default();
    let asks = confirm::is_due(arguments);
    let progress = Progress::new(Metrics::new());
    run::block_on(false, async {
        let settings = config.clone();
        let finish = Finish::new(&settings, &progress);
        if asks && !show_and_ask(&settings, &target).await? {
            return Ok(Exit::Open);
        }
        let (stop, known) = (run::stop()?, progress.clone());
        let result = run::stoppable(&settings, &progress, &stop, async move |stop| {
            match run::gate(config, known, stop).await? {
                Chosen::Native(mut gate) => {
                    gate.goal = Goal::Down(target);
                    gate.run().await
                }
                Chosen::Tool(mut gate) => {
                    gate.aim_down(&target)?;
                    gate.run().await
                }
            }
        });
        let result = result.await;
        finish.say_down(&result);
        result.map(|_| Exit::Open)
    })
}

/// The revisions that would be rolled back.
enum Shown {
    Native(Box<Previewed>),
    /// By their ids.
    Tool(Vec<String>),
}

/// Shows the plan and asks; returns true if there is anything to do.
async fn show_and_ask(config: &Config, target: &str) -> Result<bool, Failure> {
    let fails = config.policy.on_mismatch == OnMismatch::Fail;
    let (progress, target, own) = (Progress::new(Metrics::new()), target.to_owned(), config.clone());
    let known = progress.clone();
    let stop = run::stop()?;
    let shown = run::stoppable(config, &progress, &stop, async move |stop| match run::gate(own, known, stop).await? {
        Chosen::Native(gate) => gate::preview(*gate, Some(target), false).await.map(Box::new).map(Shown::Native),
        Chosen::Tool(mut gate) => {
            gate.only_reads = true;
            gate.aim_down(&target)?;
            tool::taken_back(&gate).await.map(Shown::Tool)
        }
    })
    .await?;
    let previewed = match shown {
        Shown::Native(previewed) => previewed,
        Shown::Tool(back) if back.is_empty() => return Ok(true),
        Shown::Tool(back) => {
            let mut output = Output::default();
            say!(output, "to take back: {}", back.join(" "));
            return confirm::ask(output, "Take them back?", &stop).await.map(|()| true);
        }
    };
    if !previewed.down {
        // Nothing has to be rolled back; the run reports that.
        return Ok(true);
    }
    let mut output = Output::default();
    plan::print(&mut output, &previewed, fails, false);
    match previewed.preview.refusal() {
        Some(refusal) => {
            output.end()?;
            Err(refusal.into())
        }
        None if previewed.preview.revisions.is_empty() => output.end().map(|()| false).map_err(Failure::from),
        None => confirm::ask(output, "Take them back?", &stop).await.map(|()| true),
    }
}
