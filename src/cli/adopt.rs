//! `lockgate adopt`.

use clap::ArgMatches;
use serde::Serialize;

use super::output::Output;
use super::{UsageError, run};
use crate::config::{Config, TheirHistory};
use crate::failure::{Code, Exit, Failure, counted};
use crate::gate::{self, Adopted, Outcome, Theirs, Wanted};
use crate::plan::adopt::{Adoption, Drift, ReadRevision, Word, one_line};
use crate::progress::Progress;
use crate::telemetry::metrics::Metrics;

/// For an Alembic chain.
const INSTEAD: &str =
    "its version table is its history as it is: there is nothing to adopt, and `lockgate status` reads it";

#[derive(Serialize)]
struct Document<'a> {
    database: &'a str,
    state: Outcome,
    dry_run: bool,
    history: &'a str,
    /// The number of revisions that the history had.
    had: usize,
    from: Option<&'a Theirs>,
    /// The ids that are recorded, or would be.
    recorded: Vec<&'a str>,
    pending: Vec<&'a str>,
    drift: usize,
    #[serde(flatten)]
    adoption: &'a Adoption,
}

pub fn run(config: Config, arguments: &ArgMatches) -> Result<Exit, Failure> {
    let (is_dry, as_json) = (arguments.get_flag("dry-run"), arguments.get_flag("json"));
    let text = |name| arguments.get_one::<String>(name);
    let from = text("from").map(|text| TheirHistory::parse(text)).transpose();
    let from = from.map_err(|why| UsageError(format!("--from {why}")))?;
    let target = text("TARGET").cloned();
    let wanted = Wanted { target, from, accepts_drift: arguments.get_flag("accept-drift") };
    if let Some(coexist) = &config.chain.coexist {
        return Err(Failure {
            next: format!(
                "leave LOCKGATE_COEXIST unset to go on without {}; with it, what its history says counts here too",
                coexist.migrator.name()
            ),
            ..Failure::new(
                Code::LAYOUT,
                "to adopt would part the two histories that LOCKGATE_COEXIST keeps beside each other",
            )
        });
    }
    let database = config.database.describe();
    let (progress, settings, asked) = (Progress::new(Metrics::new()), config.clone(), wanted.clone());
    let known = progress.clone();
    let work = async move |stop| {
        let mut gate = run::gate(config, known, stop).await?.native(INSTEAD)?;
        gate.only_reads = is_dry;
        if is_dry { gate::adoptable(&gate, &asked).await } else { gate::adopt(&gate, &asked).await }
    };
    let adopted = run::block_on(false, async { run::stoppable(&settings, &progress, &run::stop()?, work).await })?;
    let mut output = Output::default();
    if as_json {
        output.json(&document(&database, is_dry, &adopted))?;
    } else {
        print(&mut output, &database, &wanted, &adopted);
    }
    output.end()?;
    Ok(exit(adopted.outcome))
}

fn exit(outcome: Outcome) -> Exit {
    match outcome {
        Outcome::Recorded | Outcome::Possible | Outcome::Complete | Outcome::Nothing => Exit::Open,
        Outcome::Half | Outcome::Undecided | Outcome::Against | Outcome::Untrusted | Outcome::Drift => Exit::NotAtHead,
    }
}

fn document<'a>(database: &'a str, dry_run: bool, adopted: &'a Adopted) -> Document<'a> {
    let Adopted { outcome, history, had, adoption, theirs, .. } = adopted;
    let records = matches!(outcome, Outcome::Recorded | Outcome::Possible);
    let is_recorded = |revision: &&ReadRevision| records && revision.recorded;
    let (recorded, pending): (Vec<&ReadRevision>, Vec<&ReadRevision>) =
        adoption.revisions.iter().partition(is_recorded);
    let ids = |all: Vec<&'a ReadRevision>| all.into_iter().map(|it| it.revision.as_str()).collect();
    Document {
        database,
        state: *outcome,
        dry_run,
        history,
        had: *had,
        from: theirs.as_ref(),
        recorded: ids(recorded),
        pending: ids(pending),
        drift: adoption.drift().count(),
        adoption,
    }
}

fn print(output: &mut Output, database: &str, wanted: &Wanted, adopted: &Adopted) {
    let Adopted { history, had, adoption, theirs, lacking, .. } = adopted;
    let holds = if *had == 0 { "empty".to_owned() } else { format!("with {}", counted(*had, "revision")) };
    say!(output, "{database}  history {history}, {holds}");
    if let Some(theirs) = theirs {
        let applied = if theirs.applied.is_empty() { "nothing".to_owned() } else { theirs.applied.join(" ") };
        say!(output, "{} applied, by {}: {applied}", theirs.tool, theirs.table);
        theirs.problems.iter().for_each(|problem| say!(output, "  {problem}"));
    }
    groups(&adoption.revisions).iter().for_each(|group| print_group(output, group));
    let is_told = |revision: &&ReadRevision| {
        revision.recorded
            || adoption.against.contains(&revision.revision)
            || adoption.undecided.contains(&revision.revision)
    };
    let drift = adoption.revisions.iter().filter(is_told).flat_map(|revision| &revision.drift);
    drift.for_each(|drift| print_drift(output, drift));
    if adoption.uncompared > 0 {
        let definitions = counted(adoption.uncompared, "definition");
        say!(output, "{definitions} could not be compared: that takes a run that may write");
    }
    if let Some((what, grant)) = lacking {
        say!(output, "warning: {what}, so it could not record this: {grant}");
    }
    say!(output);
    said(wanted, adopted).iter().for_each(|line| say!(output, "{line}"));
}

/// Splits revisions into runs with the same word, of which each is recorded or not.
fn groups(revisions: &[ReadRevision]) -> Vec<&[ReadRevision]> {
    revisions
        .chunk_by(|one, next| one.word == next.word && one.word != Word::Half && one.recorded == next.recorded)
        .collect()
}

fn range(revisions: &[ReadRevision]) -> String {
    match revisions {
        [] => String::new(),
        [one] => one.revision.clone(),
        [first, .., last] => format!("{}–{}", first.revision, last.revision),
    }
}

fn print_group(output: &mut Output, group: &[ReadRevision]) {
    let [first, ..] = group else { return };
    let why = match first.word {
        Word::Implied | Word::Unknown => first.untold.clone().unwrap_or_default(),
        Word::Half => format!("there: {}; missing: {}", first.there.join(", "), first.missing.join(", ")),
        Word::Proved if !first.recorded => "behind one that is not there".to_owned(),
        Word::Proved | Word::Superseded | Word::Differs | Word::Pending => String::new(),
    };
    say!(output, "{:10}  {:13}  {why}", first.word.word(), range(group));
}

fn print_drift(output: &mut Output, drift: &Drift) {
    say!(output, "differs     {}  {}", drift.place, drift.reason);
    let values = [("the chain", &drift.chain), ("the database", &drift.database)];
    for (words, value) in values.into_iter().filter_map(|(words, value)| Some((words, value.as_ref()?))) {
        say!(output, "              {words:12}  {}", one_line(value));
    }
    if let Some((first, rest)) = drift.choices.split_first() {
        say!(output, "              choose: {first}");
        rest.iter().for_each(|choice| say!(output, "                  or: {choice}"));
    }
}

/// The outcome, and the next step.
fn said(wanted: &Wanted, adopted: &Adopted) -> Vec<String> {
    let Adopted { outcome, adoption, .. } = adopted;
    let (recorded, pending) = adoption.revisions.split_at(adoption.record);
    let all = format!("{}: {}", range(recorded), counted(recorded.len(), "revision"));
    let drift = adoption.drift().count();
    let kept = if drift > 0 { format!("; {} kept as drift", counted(drift, "difference")) } else { String::new() };
    let next = match pending {
        [] => "next: lockgate migrate finds the database at head".to_owned(),
        pending => format!("next: lockgate migrate applies {}", range(pending)),
    };
    match outcome {
        Outcome::Recorded => vec![format!("recorded as adopted, without running: {all}{kept}"), next],
        Outcome::Possible => vec![format!("would record as adopted, without running: {all}{kept}")],
        Outcome::Complete => vec!["nothing to adopt: the history has the whole chain".to_owned()],
        Outcome::Nothing => vec![
            "nothing to adopt: no pending revision of this chain is there".to_owned(),
            "next: lockgate migrate applies the chain".to_owned(),
        ],
        Outcome::Half => vec![
            "nothing is recorded: of this chain only parts are there, and no revision as a whole".to_owned(),
            "next: complete the first revisions by hand, or take back what is there; LOCKGATE_FIRST_CONTACT=migrate judges each statement"
                .to_owned(),
        ],
        Outcome::Undecided => undecided(wanted, adoption),
        Outcome::Against => against(wanted, adopted),
        Outcome::Untrusted => vec![
            "nothing is recorded: what belongs to a role that is not trusted is not taken for the chain's, also with --accept-drift"
                .to_owned(),
        ],
        Outcome::Drift => vec![
            format!("nothing is recorded: {} from what the chain makes", counted(drift, "difference")),
            format!(
                "next: {} records {} and keeps them as drift, which `lockgate repair` mends; or mend them first",
                accepting(wanted),
                range(recorded)
            ),
        ],
    }
}

/// The same command with the differences accepted.
fn accepting(wanted: &Wanted) -> String {
    let from = wanted.from.as_ref().map(|from| format!(" --from {from}")).unwrap_or_default();
    let target = wanted.target.as_ref().map(|target| format!(" {target}")).unwrap_or_default();
    format!("`lockgate adopt{target}{from} --accept-drift`")
}

fn undecided(wanted: &Wanted, adoption: &Adoption) -> Vec<String> {
    let ids = adoption.undecided.join(", ");
    let accept = if wanted.accepts_drift { " --accept-drift" } else { "" };
    let last = adoption.undecided.last().map_or("", String::as_str);
    let before = match adoption.revisions[..adoption.record].last() {
        Some(last) => format!("`lockgate adopt {}{accept}`", last.revision),
        None => "`lockgate migrate`".to_owned(),
    };
    vec![
        format!("nothing is recorded: nobody can tell whether {ids} ran"),
        format!(
            "next: where {last} ran, `lockgate adopt {last}{accept}`; where none of them did, {before}; else name the last that ran"
        ),
    ]
}

fn against(wanted: &Wanted, adopted: &Adopted) -> Vec<String> {
    let Adopted { adoption, theirs, .. } = adopted;
    let who = match (theirs, &wanted.target) {
        (Some(theirs), _) => format!("{}'s history", theirs.tool),
        (None, target) => format!("`lockgate adopt {}`", target.as_deref().unwrap_or_default()),
    };
    let mut lines = vec![format!("nothing is recorded: {who} and the catalog do not agree")];
    for revision in adoption.revisions.iter().filter(|it| adoption.against.contains(&it.revision)) {
        let (says, is) =
            if revision.recorded { ("applied", "is not all there") } else { ("not applied", "is in force") };
        lines.push(format!("  {}: {who} says {says}, and it {is}", revision.revision));
    }
    lines.push(match theirs {
        Some(_) => "next: bring the two together with the tool; or let the catalog and your word decide: `lockgate adopt REVISION`".to_owned(),
        None => "next: name the last revision that ran; `lockgate adopt --dry-run` shows what the catalog knows".to_owned(),
    });
    lines
}
