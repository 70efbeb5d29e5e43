//! `lockgate status`: one look without waiting or writing. It answers in any state of the database.

use clap::ArgMatches;
use serde::Serialize;

use super::chosen::Chosen;
use super::output::{ErrorDocument, Output};
use super::{history, run};
use crate::alembic::{self, Graph};
use crate::chain::status::{self, Begun, HistoryStatus, Origin};
use crate::config::{Config, Migrator};
use crate::connect::{Connector, application_name};
use crate::execute::Stop;
use crate::failure::{Class, Exit, Failure, counted};
use crate::gate::{self, Glance};
use crate::plan::Found;
use crate::plan::adopt::Drift;
use crate::progress::{Event, Note, Progress};
use crate::telemetry::metrics::Metrics;
use crate::tool;

/// A revision with some segments done.
#[derive(Debug, Serialize)]
struct HalfDone {
    revision: String,
    /// The number of committed segments.
    segments: usize,
    /// True if the next segment, outside a transaction, was started.
    started: bool,
    down: bool,
}

impl HalfDone {
    fn of(revision: &str, begun: &Begun) -> Self {
        let Begun { segments, started, down, .. } = *begun;
        Self { revision: revision.to_owned(), segments, started, down }
    }
}

/// The newest revision in the history, with its time and its role.
#[derive(Debug, Serialize)]
struct Last {
    revision: String,
    kind: String,
    at: String,
    by: String,
    application: String,
}

#[derive(Debug, Serialize)]
struct Status {
    database: String,
    /// `15.18`; none if the server could not be asked.
    server: Option<String>,
    standby: Option<bool>,
    role: Option<String>,
    /// `native`, or the tool to which the chain belongs.
    layout: &'static str,
    #[serde(skip)]
    whose: Option<Migrator>,
    history: Option<String>,
    history_is_there: Option<bool>,
    /// `at head`, `ahead`, `pending`, `refused` or `unknown`: the error has the reason, unless there is no chain.
    state: &'static str,
    current: Option<String>,
    last: Option<Last>,
    begun: Vec<HalfDone>,
    /// None without a chain.
    head: Option<String>,
    applied: usize,
    pending: Vec<String>,
    ahead: usize,
    lock_holder: Option<String>,
    invalid_indexes: Option<Vec<String>>,
    /// Rights that a gate does not need.
    risks: Vec<String>,
    /// Optional statements that are still skipped.
    skipped: Vec<Note>,
    /// Differences that were adopted and still exist.
    drift: Vec<Drift>,
    /// The newest failure of a run over this history.
    last_failure: Option<Event>,
    /// True if a revision was applied or stamped since.
    last_failure_is_over: Option<bool>,
    /// The reason why the last failure is unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_failure_unknown: Option<String>,
    /// Objects of the chain in a database with an empty history.
    #[serde(skip_serializing_if = "Option::is_none")]
    found: Option<Found>,
    error: Option<ErrorDocument>,
}

pub fn run(config: Config, arguments: &ArgMatches) -> Result<Exit, Failure> {
    let database = config.database.describe();
    let (progress, settings) = (Progress::new(Metrics::new()), config.clone());
    let known = progress.clone();
    let work = async move |stop| look(config, known, stop).await;
    let looked = run::block_on(false, async { run::stoppable(&settings, &progress, &run::stop()?, work).await })?;
    let (status, failure) = match looked {
        Either::Native(looked) => read(database, *looked),
        Either::Tool(whose, graph, glance) => read_tool(database, (whose, &graph), *glance),
    };
    let mut output = Output::default();
    if arguments.get_flag("json") {
        output.json(&status)?;
    } else {
        print(&mut output, &status);
    }
    output.end()?;
    if let Some(failure) = failure {
        return Err(failure);
    }
    let is_at_head = matches!(status.state, "at head" | "ahead");
    Ok(if is_at_head || !arguments.get_flag("check") { Exit::Open } else { Exit::NotAtHead })
}

/// The ids of the chain if it can be read, the state of the database, and the reason why the chain cannot be read.
type Looked = (Option<Vec<String>>, Glance, Option<Failure>);

enum Either {
    Native(Box<Looked>),
    Tool(Migrator, Box<Graph>, Box<tool::Glance>),
}

/// A missing directory is not an error: a bastion has no chain.
async fn look(config: Config, progress: Progress, stop: Stop) -> Result<Either, Failure> {
    match run::gate(config.clone(), progress.clone(), stop.clone()).await {
        Ok(Chosen::Native(mut gate)) => {
            gate.only_reads = true;
            let ids = gate.chain.revisions().iter().map(|revision| revision.id.to_string()).collect();
            Ok(Either::Native(Box::new((Some(ids), gate::glance(&gate).await?, None))))
        }
        Ok(Chosen::Tool(mut gate)) => {
            gate.only_reads = true;
            let glance = tool::glance(&gate).await?;
            Ok(Either::Tool(gate.table.tool, Box::new(gate.graph), Box::new(glance)))
        }
        Err(failure) if failure.class() == Class::Stopped => Err(failure),
        Err(failure) => {
            let connector = Connector::new(config.database.clone(), &application_name("status"), progress);
            let glance = gate::glance_without_chain(&config, &connector, &stop).await?;
            Ok(Either::Native(Box::new((None, glance, Some(failure).filter(|_| config.chain.migrations.exists())))))
        }
    }
}

/// The status of the database, and its first problem.
fn read(database: String, (ids, glance, unreadable): Looked) -> (Status, Option<Failure>) {
    let Glance { server, state: at, rows, standing, holder, skipped, drift, found, invalid_indexes, .. } = glance;
    let Glance { last_failure, last_failure_unknown, risks, failure, .. } = glance;
    let is_over = |event: &Event| rows.iter().any(|row| row.origin.moment > event.moment);
    let (state, pending, ahead, refusal) = match standing {
        None => ("unknown", Vec::new(), 0, None),
        Some(Ok(HistoryStatus::AtHead)) => ("at head", Vec::new(), 0, None),
        Some(Ok(HistoryStatus::Ahead(ahead))) => ("ahead", Vec::new(), ahead, None),
        Some(Ok(HistoryStatus::Pending { pending, .. })) => ("pending", pending, 0, None),
        Some(Err(error)) => ("refused", Vec::new(), 0, Some(Failure::from(error))),
    };
    let failure = failure.or(refusal).or(unreadable);
    let id = |at: usize| ids.as_ref().and_then(|ids| ids.get(at).cloned());
    let status = Status {
        database,
        server,
        standby: at.as_ref().map(|at| at.read_only),
        role: at.as_ref().map(|at| at.role.clone()),
        layout: "native",
        whose: None,
        history: at.as_ref().map(|at| at.history.to_string()),
        history_is_there: at.as_ref().map(|at| at.looked.is_some()),
        state,
        current: status::current(&rows).map(|row| row.id.clone()),
        last: status::current(&rows).map(|row| last(&row.id, &row.origin)),
        begun: rows.iter().filter_map(|row| Some(HalfDone::of(&row.id, row.begun.as_ref()?))).collect(),
        applied: status::applied(&rows),
        pending: pending.into_iter().filter_map(id).collect(),
        head: ids.and_then(|mut ids| ids.pop()),
        ahead,
        lock_holder: holder.map(|holder| holder.to_string()),
        invalid_indexes,
        risks,
        skipped,
        drift,
        last_failure_is_over: last_failure.as_ref().map(is_over),
        last_failure,
        last_failure_unknown,
        found,
        error: failure.as_ref().map(ErrorDocument::of),
    };
    (status, failure)
}

/// The same for a chain that another tool applies, whose history is that tool's.
fn read_tool(database: String, (whose, graph): (Migrator, &Graph), glance: tool::Glance) -> (Status, Option<Failure>) {
    let tool::Glance { server, state: at, place, standing, holder, failure } = glance;
    let seen = place.as_ref().map(|place| place.seen(graph, graph.heads())).unwrap_or_default();
    let (state, ahead, refusal) = match standing {
        None => ("unknown", 0, None),
        Some(Ok(alembic::VersionStatus::AtHead)) => ("at head", 0, None),
        Some(Ok(alembic::VersionStatus::Ahead(unknown))) => ("ahead", unknown.len(), None),
        Some(Ok(alembic::VersionStatus::Pending(_))) => ("pending", 0, None),
        Some(Err(error)) => ("refused", 0, Some(Failure::from(error))),
    };
    let failure = failure.or(refusal);
    let status = Status {
        database,
        server,
        standby: at.as_ref().map(|at| at.read_only),
        role: at.as_ref().map(|at| at.role.clone()),
        layout: whose.word(),
        whose: Some(whose),
        history: at.as_ref().map(|at| at.history.to_string()),
        history_is_there: at.as_ref().map(|at| at.looked.is_some()),
        state,
        current: seen.current,
        last: None,
        begun: Vec::new(),
        head: Some(graph.head()),
        applied: seen.applied,
        pending: seen.pending,
        ahead,
        lock_holder: holder.map(|holder| holder.to_string()),
        invalid_indexes: None,
        risks: Vec::new(),
        skipped: Vec::new(),
        drift: Vec::new(),
        last_failure: None,
        last_failure_is_over: None,
        last_failure_unknown: None,
        found: None,
        error: failure.as_ref().map(ErrorDocument::of),
    };
    (status, failure)
}

fn last(id: &str, origin: &Origin) -> Last {
    Last {
        revision: id.to_owned(),
        kind: origin.kind.clone(),
        at: origin.finished_at.clone().unwrap_or_else(|| origin.started_at.clone()),
        by: origin.applied_by.clone(),
        application: origin.application.clone(),
    }
}

fn print(output: &mut Output, status: &Status) {
    say!(output, "database  {}", status.database);
    if let Some(server) = &status.server {
        let kind = match status.standby {
            Some(true) => ", a standby or read-only",
            Some(false) => ", primary",
            None => "",
        };
        say!(output, "server    PostgreSQL {server}{kind}");
    }
    if let (Some(history), Some(role)) = (&status.history, &status.role) {
        let made = if status.history_is_there == Some(false) { ", not made yet" } else { "" };
        let whose = status.whose.map(|tool| format!(", {}", tool.names())).unwrap_or_default();
        say!(output, "history   {history}{whose}{made}, seen as {role}");
    }
    say!(output, "state     {}", status.state);
    if status.history.is_some() {
        say!(output, "current   {} ({} applied)", status.current.as_deref().unwrap_or("base"), status.applied);
    }
    if let Some(Last { revision, kind, at, by, application }) = &status.last {
        say!(output, "last      {revision} {kind} {at} by {by} ({application})");
    }
    say!(output, "head      {}", status.head.as_deref().unwrap_or("unknown: there is no chain here"));
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
    for drift in &status.drift {
        say!(output, "drift     {} ({})", drift.told(), drift.place);
    }
    print_last_failure(output, status);
    if let Some(holder) = &status.lock_holder {
        say!(output, "lock      {holder}");
    }
    let invalid = status.invalid_indexes.as_deref().unwrap_or_default();
    if !invalid.is_empty() {
        let all = invalid.join(", ");
        say!(output, "invalid   {all}: used by no query; DROP INDEX CONCURRENTLY, or REINDEX INDEX CONCURRENTLY");
    }
    status.risks.iter().for_each(|risk| say!(output, "risk      {risk}"));
}

/// Prints the last failure unless it is over; `history` shows the others.
fn print_last_failure(output: &mut Output, status: &Status) {
    if let Some(unknown) = &status.last_failure_unknown {
        say!(output, "failed    unknown: {unknown}");
    }
    if let Some(event) = status.last_failure.as_ref().filter(|_| status.last_failure_is_over != Some(true)) {
        say!(output, "failed    {}", history::headline(event));
        history::below(event).for_each(|line| say!(output, "          {line}"));
    }
}
