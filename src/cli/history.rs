//! `lockgate history`: what was applied, when, by whom, how long, with what verdicts.

use clap::ArgMatches;
use serde::Serialize;

use super::output::Output;
use super::run;
use crate::config::Config;
use crate::connect::{ConnectError, Connector, application_name};
use crate::failure::{Exit, Failure};
use crate::history::{self, Line, Read, Told, Trusted};
use crate::progress::Progress;
use crate::telemetry::metrics::Metrics;

#[derive(Serialize)]
struct Listing<'a> {
    history: &'a [Line],
}

pub fn run(config: &Config, arguments: &ArgMatches) -> Result<Exit, Failure> {
    let lines = run::block_on(false, read(config))?;
    let mut output = Output::default();
    if arguments.get_flag("json") {
        output.json(&Listing { history: &lines })?;
    } else if lines.is_empty() {
        say!(output, "nothing was applied yet");
    } else {
        print(&mut output, &lines);
    }
    output.end()?;
    Ok(Exit::Open)
}

async fn read(config: &Config) -> Result<Vec<Line>, Failure> {
    let connector =
        Connector::new(config.database.clone(), &application_name("history"), Progress::new(Metrics::new()));
    let session = connector.connect().await?;
    let table = &config.history_table;
    let answer = session.send(&history::inquiry(table, history::Look::Full, &[Read::Lines], None)).await.answer().await;
    let lost = |source| ConnectError::unanswered(session.address.clone(), source);
    let trusted = Trusted { owners: &config.policy.trusted_owners, only_reads: true };
    let told = Told::read(table, trusted, answer).map_err(lost)??;
    session.close().await;
    told.warnings.iter().for_each(|warning| tracing::warn!("{warning}"));
    Ok(told.lines()?)
}

fn print(output: &mut Output, lines: &[Line]) {
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
            say!(output, "{:width$}  line {}: {} {}: {}", "", note.line, note.verdict, note.what, note.reason);
        }
    }
}
