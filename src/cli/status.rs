//! `lockgate status`: one look, no waiting, no writing.

use clap::ArgMatches;
use serde::Serialize;

use super::run;
use crate::chain::Chain;
use crate::chain::standing::{Recorded, Standing, StandingError, standing};
use crate::config::Config;
use crate::connect::{ConnectError, Connector, Row, Session, SessionError, application_name};
use crate::failure::{Exit, Failure, counted};
use crate::history::{self, Question};
use crate::lock::{Holder, LockKey};
use crate::progress::{Note, Progress};
use crate::source;
use crate::telemetry::metrics::Metrics;

#[derive(Debug, Serialize)]
struct Status {
    database: String,
    /// `at head`, `ahead`, `pending`, or `refused`: the error says why.
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
    run::warn_of_holes(config, &chain);
    let (status, refusal) = run::block_on(false, look(config, &chain))?;
    if arguments.get_flag("json") {
        say!("{}", serde_json::to_string_pretty(&status).unwrap_or_default());
    } else {
        print(&status);
    }
    if let Some(refusal) = refusal {
        return Err(refusal.into());
    }
    let at_head = status.pending.is_empty();
    Ok(if at_head || !arguments.get_flag("check") { Exit::Open } else { Exit::NotAtHead })
}

/// Where the database stands, and why the history is not this chain's where it is not.
async fn look(config: &Config, chain: &Chain) -> Result<(Status, Option<StandingError>), Failure> {
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
) -> Result<(Status, Option<StandingError>), Failure> {
    let lost = |source| ConnectError::Lost { address: session.address.clone(), source };
    let mut answers = answers.into_iter();
    let state = Question::server_state(answers.next().unwrap_or_else(|| Ok(Vec::new()))).map_err(lost)?;
    let rows = history::rows(&config.history_table, &state.role, answers.next().unwrap_or_else(|| Ok(Vec::new())))
        .map_err(lost)??;
    // Who holds the lock is worth saying, and no reason to fail.
    let holder = answers.next().and_then(Result::ok).and_then(|rows| Holder::read(&rows));
    let skipped = answers.next().map(history::skipped).unwrap_or_default();
    let (state, pending, ahead, refusal) = match standing(chain, &rows, &history::place(config)) {
        Ok(Standing::AtHead) => ("at head", Vec::new(), 0, None),
        Ok(Standing::Ahead(ahead)) => ("ahead", Vec::new(), ahead, None),
        Ok(Standing::Pending { pending, .. }) => ("pending", pending, 0, None),
        Err(error) => ("refused", Vec::new(), 0, Some(error)),
    };
    let status = Status {
        database: config.database.describe(),
        state,
        current: rows.last().map(|row: &Recorded| row.id.clone()),
        head: chain.head().id.to_string(),
        applied: rows.len(),
        pending: pending.iter().map(|&at| chain.revisions()[at].id.to_string()).collect(),
        ahead,
        lock_holder: holder.map(|holder| holder.to_string()),
        skipped,
    };
    Ok((status, refusal))
}

fn print(status: &Status) {
    say!("database  {}", status.database);
    say!("state     {}", status.state);
    say!("current   {} ({} applied)", status.current.as_deref().unwrap_or("base"), status.applied);
    say!("head      {}", status.head);
    if !status.pending.is_empty() {
        say!("pending   {}", status.pending.join(" "));
    }
    if status.ahead > 0 {
        say!("ahead     {} that this chain does not know", counted(status.ahead, "revision"));
    }
    for Note { revision, line, what, reason, .. } in &status.skipped {
        say!("skipped   {what}: {reason} ({revision}, line {line})");
    }
    if let Some(holder) = &status.lock_holder {
        say!("lock      {holder}");
    }
}
