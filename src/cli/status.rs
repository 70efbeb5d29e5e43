//! `lockgate status`: one look, no waiting, no writing.

use clap::ArgMatches;
use serde::Serialize;

use super::output::Output;
use super::run;
use crate::chain::standing::{self, Begun, Standing, StandingError};
use crate::config::Config;
use crate::failure::{Exit, Failure, counted};
use crate::gate::{self, Gate, Glance};
use crate::plan::Found;
use crate::progress::{Note, Progress};
use crate::telemetry::metrics::Metrics;

/// A revision of which only some segments are done.
#[derive(Debug, Serialize)]
struct HalfDone {
    revision: String,
    /// How many segments are committed.
    segments: usize,
    /// Whether the next one, outside a transaction, was started.
    started: bool,
    down: bool,
}

impl HalfDone {
    fn of(revision: &str, begun: &Begun) -> Self {
        let Begun { segments, started, down, .. } = *begun;
        Self { revision: revision.to_owned(), segments, started, down }
    }
}

#[derive(Debug, Serialize)]
struct Status {
    database: String,
    /// `at head`, `ahead`, `pending`, or `refused`: the error says why.
    state: &'static str,
    current: Option<String>,
    begun: Vec<HalfDone>,
    head: String,
    applied: usize,
    pending: Vec<String>,
    ahead: usize,
    lock_holder: Option<String>,
    /// Optional statements that are still to apply.
    skipped: Vec<Note>,
    /// Objects of the chain, where the history is empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    found: Option<Found>,
}

pub fn run(config: Config, arguments: &ArgMatches) -> Result<Exit, Failure> {
    let database = config.database.describe();
    let (progress, settings) = (Progress::new(Metrics::new()), config.clone());
    let known = progress.clone();
    let work = async move |stop| {
        let mut gate = run::gate(config, known, stop).await?;
        gate.only_reads = true;
        let glance = gate::glance(&gate).await?;
        Ok(read(database, &gate, glance))
    };
    let (status, refusal) =
        run::block_on(false, async { run::stoppable(&settings, &progress, &run::stop()?, work).await })?;
    let mut output = Output::default();
    if arguments.get_flag("json") {
        output.json(&status)?;
    } else {
        print(&mut output, &status);
    }
    output.end()?;
    if let Some(refusal) = refusal {
        return Err(refusal.into());
    }
    let at_head = status.pending.is_empty();
    Ok(if at_head || !arguments.get_flag("check") { Exit::Open } else { Exit::NotAtHead })
}

/// Where the database stands, and why the history is not this chain's where it is not.
fn read(database: String, gate: &Gate, glance: Glance) -> (Status, Option<StandingError>) {
    let Glance { rows, standing, holder, skipped, found } = glance;
    let (state, pending, ahead, refusal) = match standing {
        Ok(Standing::AtHead) => ("at head", Vec::new(), 0, None),
        Ok(Standing::Ahead(ahead)) => ("ahead", Vec::new(), ahead, None),
        Ok(Standing::Pending { pending, .. }) => ("pending", pending, 0, None),
        Err(error) => ("refused", Vec::new(), 0, Some(error)),
    };
    let status = Status {
        database,
        state,
        current: standing::current(&rows).map(|row| row.id.clone()),
        begun: rows.iter().filter_map(|row| Some(HalfDone::of(&row.id, row.begun.as_ref()?))).collect(),
        head: gate.chain.head().id.to_string(),
        applied: standing::applied(&rows),
        pending: pending.iter().map(|&at| gate.chain.revisions()[at].id.to_string()).collect(),
        ahead,
        lock_holder: holder.map(|holder| holder.to_string()),
        skipped,
        found,
    };
    (status, refusal)
}

fn print(output: &mut Output, status: &Status) {
    say!(output, "database  {}", status.database);
    say!(output, "state     {}", status.state);
    say!(output, "current   {} ({} applied)", status.current.as_deref().unwrap_or("base"), status.applied);
    say!(output, "head      {}", status.head);
    for HalfDone { revision, segments, started, down } in &status.begun {
        let command = if *down { "down" } else { "migrate" };
        let next = if *started { ", the next was started" } else { "" };
        say!(output, "half done {revision}: segments committed: {segments}{next}; lockgate {command} goes on");
    }
    if !status.pending.is_empty() {
        say!(output, "pending   {}", status.pending.join(" "));
    }
    if status.ahead > 0 {
        say!(output, "ahead     {} that this chain does not know", counted(status.ahead, "revision"));
    }
    if let Some(found) = &status.found {
        say!(output, "found     no history, but the database {}", found.holds());
        found.lines().iter().for_each(|line| say!(output, "          {line}"));
        if found.refused {
            say!(output, "          next: {}", found.next());
        }
    }
    for Note { revision, line, what, reason, .. } in &status.skipped {
        say!(output, "skipped   {what}: {reason} ({revision}, line {line})");
    }
    if let Some(holder) = &status.lock_holder {
        say!(output, "lock      {holder}");
    }
}
