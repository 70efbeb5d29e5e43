//! `lockgate history`: the applied revisions with their times, roles, durations and verdicts, and the events of other runs.

use clap::ArgMatches;
use serde::Serialize;

use super::output::Output;
use super::run;
use crate::config::Config;
use crate::connect::{ConnectError, Connector, Session, application_name};
use crate::failure::{Exit, Failure};
use crate::history::{self, Events, Line, Read, Told, Trusted};
use crate::progress::{Event, Progress};
use crate::telemetry::metrics::Metrics;

#[derive(Serialize)]
struct Listing<'a> {
    history: &'a [Line],
}

#[derive(Serialize)]
struct EventListing<'a> {
    events: &'a [Event],
}

pub fn run(config: &Config, arguments: &ArgMatches) -> Result<Exit, Failure> {
    let is_json = arguments.get_flag("json");
    let mut output = Output::default();
    if arguments.get_flag("events") {
        let events = run::block_on(false, read_events(config))?;
        if is_json {
            output.json(&EventListing { events: &events })?;
        } else {
            print_events(&mut output, &events);
        }
    } else {
        let lines = run::block_on(false, read(config))?;
        if is_json {
            output.json(&Listing { history: &lines })?;
        } else {
            print(&mut output, &lines);
        }
    }
    output.end()?;
    Ok(Exit::Open)
}

async fn connect(config: &Config) -> Result<Session, Failure> {
    let progress = Progress::new(Metrics::new());
    Ok(Connector::new(config.database.clone(), &application_name("history"), progress).connect().await?)
}

async fn ask(config: &Config, session: &Session, reads: &[Read]) -> Result<Told, Failure> {
    let table = &config.chain.history_table;
    let answer = session.send(&history::inquiry(table, history::Look::Full, reads, None)).await.answer().await;
    let lost = |source| ConnectError::unanswered(session.address.clone(), source);
    let trusted = Trusted { owners: &config.policy.trusted_owners, only_reads: true };
    let told = Told::read(table, trusted, answer).map_err(lost)??;
    told.warnings.iter().for_each(|warning| tracing::warn!("{warning}"));
    Ok(told)
}

async fn read(config: &Config) -> Result<Vec<Line>, Failure> {
    let session = connect(config).await?;
    let told = ask(config, &session, &[Read::Lines]).await?;
    session.close().await;
    Ok(told.lines()?)
}

async fn read_events(config: &Config) -> Result<Vec<Event>, Failure> {
    let session = connect(config).await?;
    let told = ask(config, &session, &[]).await?;
    let Some(events) = Events::beside(&told.state, &config.policy.trusted_owners) else { return Ok(Vec::new()) };
    let answer = session.send(&events.question(Some(Read::Events))).await.answer().await;
    let lost = |source| ConnectError::unanswered(session.address.clone(), source);
    let told = events.told(answer).map_err(lost)??;
    session.close().await;
    Ok(told.events(Read::Events)?)
}

fn print_events(output: &mut Output, events: &[Event]) {
    if events.is_empty() {
        say!(output, "nothing failed, and nothing was taken back or stamped");
    }
    for event in events {
        say!(output, "{:8}{}", event.what, headline(event));
        below(event).for_each(|line| say!(output, "        {line}"));
    }
}

/// `2026-11-28 11:02:31+00  LG0601 0023  by app (lockgate/api-7d9f); 3 times since …`; the subject follows on the next lines.
pub fn headline(event: &Event) -> String {
    let Event { at, code, revision, by, application, .. } = event;
    let about: String = [code, revision].into_iter().flatten().map(|word| format!("{word} ")).collect();
    let times =
        if event.count > 1 { format!("; {} times since {}", event.count, event.first_at) } else { String::new() };
    format!("{at}  {about} by {by} ({application}){times}")
}

/// The message, followed by its details.
pub fn below(event: &Event) -> impl Iterator<Item = &str> {
    [&event.message].into_iter().chain(&event.details).map(String::as_str)
}

fn print(output: &mut Output, lines: &[Line]) {
    if lines.is_empty() {
        say!(output, "nothing was applied yet");
    }
    let width = lines.iter().map(|line| line.revision.len()).max().unwrap_or(0);
    for line in lines {
        let seconds = line.seconds.map_or("-".to_owned(), |seconds| format!("{seconds:.3} s"));
        say!(
            output,
            "{:width$}  {}  {:>9}  {:8}  {} ({})  {}  {}",
            line.revision,
            line.started_at,
            seconds,
            if line.state == "done" { &line.kind } else { &line.state },
            line.applied_by,
            line.application,
            line.verdicts(),
            line.description,
        );
        for note in line.notes() {
            // A difference is described by its reason.
            let what = if note.verdict == "differs" { String::new() } else { format!("{}: ", note.what) };
            say!(output, "{:width$}  line {}: {} {what}{}", "", note.line, note.verdict, note.reason);
        }
    }
}
