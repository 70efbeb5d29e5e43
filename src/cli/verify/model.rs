//! `lockgate verify` without a snapshot: compares with the model of the chain, which cannot state everything.

use std::path::PathBuf;
use std::time::Instant;

use serde::Serialize;

use crate::cli::chosen::Chosen;
use crate::cli::output::Output;
use crate::cli::run;
use crate::config::Config;
use crate::failure::{Exit, Failure, counted};
use crate::gate::{self, Modelled};
use crate::plan::adopt::{Drift, Stated, one_line};
use crate::progress::Progress;
use crate::telemetry::metrics::Metrics;
use crate::verify::VerifyError;

/// The number of statements that are named of those that the model cannot state.
const NAMED: usize = 5;

#[derive(Serialize)]
struct Document<'a> {
    database: &'a str,
    /// None for the model.
    snapshot: Option<&'a str>,
    head: &'a str,
    /// `equal`, `different`.
    state: &'static str,
    pending: usize,
    ahead: usize,
    differences: usize,
    #[serde(flatten)]
    stated: &'a Stated,
    seconds: f64,
}

pub fn run(config: Config, path: PathBuf, as_json: bool) -> Result<Exit, Failure> {
    let began = Instant::now();
    let database = config.database.describe();
    let (progress, settings) = (Progress::new(Metrics::new()), config.clone());
    let known = progress.clone();
    let work = async move |stop| match run::gate(config, known, stop).await? {
        Chosen::Native(mut gate) => {
            gate.only_reads = true;
            gate::held_against_model(&gate).await
        }
        // The files are not read as SQL.
        Chosen::Tool(_) => Err(VerifyError::NoSnapshot { path }.into()),
    };
    let modelled = run::looking(&settings, &progress, work)?;
    let is_equal = modelled.stated.differences.is_empty();
    let seconds = began.elapsed().as_secs_f64();
    let mut output = Output::default();
    if as_json {
        output.json(&Document {
            database: &database,
            snapshot: None,
            head: &modelled.head,
            state: if is_equal { "equal" } else { "different" },
            pending: modelled.pending,
            ahead: modelled.ahead,
            differences: modelled.stated.differences.len(),
            stated: &modelled.stated,
            seconds,
        })?;
    } else {
        print(&mut output, &database, &modelled);
        let statements = counted(modelled.stated.statements, "statement");
        say!(output, "{statements} held against the catalog; {seconds:.2} s");
    }
    output.end()?;
    Ok(if is_equal { Exit::Open } else { Exit::NotAtHead })
}

fn print(output: &mut Output, database: &str, modelled: &Modelled) {
    let Modelled { stated, head, pending, ahead, is_without_history } = modelled;
    let headline = match stated.differences.len() {
        0 => "equal, as far as the chain's files say".to_owned(),
        count => counted(count, "difference"),
    };
    say!(output, "{database}  {headline}  (the chain up to {head})");
    say!(
        output,
        "warning     there is no snapshot: objects that no file makes are not looked for; `lockgate snapshot` writes one, which covers \
         them, and what code makes"
    );
    if *is_without_history {
        say!(output, "warning     the history is empty: the whole chain is held against the database");
    }
    if *pending > 0 {
        say!(output, "warning     {} not applied, and not looked for", counted(*pending, "revision"));
    }
    if *ahead > 0 {
        say!(
            output,
            "warning     the database is {} ahead: what they changed counts as different",
            counted(*ahead, "revision")
        );
    }
    if !stated.unread.is_empty() {
        say!(output, "warning     what {} makes is not known:", counted(stated.unread.len(), "statement"));
        stated.unread.iter().take(NAMED).for_each(|unread| say!(output, "              {unread}"));
    }
    if stated.uncompared > 0 {
        let definitions = counted(stated.uncompared, "definition");
        say!(output, "warning     {definitions} could not be compared: that takes a run that may write");
    }
    stated.differences.iter().for_each(|drift| print_line(output, drift));
}

fn print_line(output: &mut Output, drift: &Drift) {
    let Drift { what, reason, place, .. } = drift;
    match drift.is_missing {
        true => say!(output, "missing     {what}  ({place})"),
        // The values follow.
        false if drift.chain.is_some() => say!(output, "different   {what}  ({place})"),
        false => say!(output, "different   {what}: {reason}  ({place})"),
    }
    for (words, value) in [("chain", &drift.chain), ("database", &drift.database)] {
        value.iter().for_each(|value| say!(output, "                {words:8}  {}", one_line(value)));
    }
}
