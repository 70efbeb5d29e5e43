//! `lockgate status`: one look, no waiting, no writing.

use clap::ArgMatches;
use serde::Serialize;

use super::output::Output;
use super::run;
use crate::chain::Chain;
use crate::chain::standing::{Recorded, Standing, standing};
use crate::config::Config;
use crate::connect::{ConnectError, Connector, Row, Session, SessionError, application_name};
use crate::failure::{Exit, Failure};
use crate::history::{self, Question};
use crate::lock::{Holder, LockKey};
use crate::progress::{Note, Progress};
use crate::source;
use crate::telemetry::metrics::Metrics;

#[derive(Debug, Serialize)]
struct Status {
    database: String,
    state: &'static str,
    current: Option<String>,
    head: String,
    applied: usize,
    pending: Vec<String>,
    ahead: usize,
    lock_holder: Option<String>,
    /// Optional statements that are still to apply.
    skipped: Vec<Note>,
}

pub fn run(config: &Config, arguments: &ArgMatches) -> Result<Exit, Failure> {
    let chain = source::read(&config.migrations)?;
    let status = run::block_on(false, look(config, &chain))?;
    let mut output = Output::default();
    if arguments.get_flag("json") {
        output.json(&status)?;
    } else {
        print(&mut output, &status);
    }
    output.end()?;
    let at_head = status.pending.is_empty();
    Ok(if at_head || !arguments.get_flag("check") { Exit::Open } else { Exit::NotAtHead })
}

async fn look(config: &Config, chain: &Chain) -> Result<Status, Failure> {
    let progress = Progress::new(Metrics::new());
    let connector = Connector::new(config.database.clone(), &application_name("status"), progress);
    let session = connector.connect().await?;
    let rows_question = history::rows_question(&config.history_table);
    let holder_question = LockKey::of(&config.history_table).holder_question();
    let question = Question::new(&config.history_table, chain.len());
    let skipped_question = history::skipped_question(&config.history_table);
    let answers = session.ask(&[&question.server, &rows_question, &holder_question, &skipped_question]).await;
    let status = read(config, chain, &session, answers);
    session.close().await;
    status
}

fn read(
    config: &Config,
    chain: &Chain,
    session: &Session,
    answers: Vec<Result<Vec<Row>, SessionError>>,
) -> Result<Status, Failure> {
    let lost = |source| ConnectError::Lost { address: session.address.clone(), source };
    let mut answers = answers.into_iter();
    let state = Question::server_state(answers.next().unwrap_or_else(|| Ok(Vec::new()))).map_err(lost)?;
    let rows = history::rows(&config.history_table, &state.role, answers.next().unwrap_or_else(|| Ok(Vec::new())))
        .map_err(lost)??;
    // Who holds the lock is worth saying, and no reason to fail.
    let holder = answers.next().and_then(Result::ok).and_then(|rows| Holder::read(&rows));
    let skipped = answers.next().map(history::skipped).unwrap_or_default();
    let (pending, ahead) = match standing(chain, &rows)? {
        Standing::AtHead => (Vec::new(), 0),
        Standing::Ahead(ahead) => (Vec::new(), ahead),
        Standing::Pending { pending, .. } => (pending, 0),
    };
    Ok(Status {
        database: config.database.describe(),
        state: if !pending.is_empty() {
            "pending"
        } else if ahead > 0 {
            "ahead"
        } else {
            "at head"
        },
        current: rows.last().map(|row: &Recorded| row.id.clone()),
        head: chain.head().id.to_string(),
        applied: rows.len(),
        pending: pending.iter().map(|&at| chain.revisions()[at].id.to_string()).collect(),
        ahead,
        lock_holder: holder.map(|holder| holder.to_string()),
        skipped,
    })
}

fn print(output: &mut Output, status: &Status) {
    say!(output, "database  {}", status.database);
    say!(output, "state     {}", status.state);
    say!(output, "current   {} ({} applied)", status.current.as_deref().unwrap_or("base"), status.applied);
    say!(output, "head      {}", status.head);
    if !status.pending.is_empty() {
        say!(output, "pending   {}", status.pending.join(" "));
    }
    if status.ahead > 0 {
        say!(output, "ahead     {} revisions that this chain does not know", status.ahead);
    }
    for Note { revision, line, what, reason, .. } in &status.skipped {
        say!(output, "skipped   {what}: {reason} ({revision}, line {line})");
    }
    if let Some(holder) = &status.lock_holder {
        say!(output, "lock      {holder}");
    }
}
