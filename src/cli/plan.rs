//! `lockgate plan`: the actions of a run, statement by statement. It writes nothing.

use clap::ArgMatches;
use serde::Serialize;

use super::chosen::Chosen;
use super::output::Output;
use super::run;
use crate::assess::Reason;
use crate::config::{Config, OnMismatch};
use crate::failure::{Exit, Failure, counted};
use crate::gate::{self, Previewed};
use crate::plan::adopt::Drift;
use crate::plan::{
    Answer, Found, Preview, PreviewedMissing, PreviewedRevision, PreviewedRows, PreviewedSkip, PreviewedStatement,
    PreviewedTool, shortened,
};
use crate::progress::Progress;
use crate::telemetry::metrics::Metrics;
use crate::tool::{self, Outline};

#[derive(Serialize)]
struct Document<'a> {
    database: &'a str,
    /// `at head`, `ahead`, `pending` or `refused`.
    state: &'static str,
    /// `up` or `down`.
    direction: &'static str,
    current: Option<&'a str>,
    target: Option<&'a str>,
    applied: usize,
    ahead: usize,
    #[serde(flatten)]
    plan: &'a crate::plan::Preview,
}

pub fn run(config: Config, arguments: &ArgMatches) -> Result<Exit, Failure> {
    let flag = |name| arguments.try_get_one::<bool>(name).ok().flatten().copied().unwrap_or(false);
    let (as_json, checks, asks_data) = (flag("json"), flag("check"), flag("check-data"));
    let target = arguments.get_one::<String>("TARGET").filter(|target| *target != "head").cloned();
    let (database, fails) = (config.database.describe(), config.policy.on_mismatch == OnMismatch::Fail);
    let (progress, settings) = (Progress::new(Metrics::new()), config.clone());
    let known = progress.clone();
    let previewed = run::block_on(false, async {
        let work = async move |stop| match run::gate(config, known, stop).await? {
            Chosen::Native(gate) => gate::preview(*gate, target, asks_data).await.map(Box::new).map(Either::Native),
            Chosen::Tool(mut gate) => {
                gate.only_reads = true;
                target.iter().try_for_each(|target| gate.aim(target))?;
                tool::outline(&gate).await.map(Either::Tool)
            }
        };
        run::stoppable(&settings, &progress, &run::stop()?, work).await
    })?;
    let previewed = match previewed {
        Either::Native(previewed) => previewed,
        Either::Tool(outline) => return outlined(&database, &outline, as_json, checks),
    };
    let document = Document {
        database: &database,
        state: state(&previewed),
        direction: if previewed.down { "down" } else { "up" },
        current: previewed.current.as_deref(),
        target: previewed.target.as_deref(),
        applied: previewed.applied,
        ahead: previewed.ahead,
        plan: &previewed.preview,
    };
    let mut output = Output::default();
    if as_json {
        output.json(&document)?;
    } else {
        print(&mut output, &previewed, fails, asks_data);
    }
    output.end()?;
    if let Some(refusal) = previewed.preview.refusal() {
        return Err(refusal.into());
    }
    let is_there = previewed.preview.is_empty();
    Ok(match previewed.preview.destructive {
        _ if is_there || !checks => Exit::Open,
        0 => Exit::NotAtHead,
        _ => Exit::Destructive,
    })
}

enum Either {
    Native(Box<Previewed>),
    Tool(Outline),
}

/// The pending part of another tool's chain, whose files are not read as SQL.
fn outlined(database: &str, outline: &Outline, as_json: bool, checks: bool) -> Result<Exit, Failure> {
    let mut output = Output::default();
    if as_json {
        output.json(
            &serde_json::json!({ "database": database, "layout": outline.tool.word(), "direction": "up", "plan": outline }),
        )?;
    } else {
        let current = outline.current.as_deref().unwrap_or("base");
        match outline.revisions.len() {
            0 if outline.ahead > 0 => {
                say!(output, "ahead of this chain by {}: nothing to do", counted(outline.ahead, "revision"));
            }
            0 => say!(output, "at {current}: nothing to do"),
            count => say!(output, "from {current} to {}: {}", outline.target, counted(count, "revision")),
        }
        for revision in &outline.revisions {
            say!(output, "  {}  {}  {}", revision.revision, revision.file, revision.description);
        }
        outline.next().iter().for_each(|line| say!(output, "{line}"));
    }
    output.end()?;
    Ok(if outline.revisions.is_empty() || !checks { Exit::Open } else { Exit::NotAtHead })
}

fn state(previewed: &Previewed) -> &'static str {
    if previewed.preview.is_refused() {
        "refused"
    } else if !previewed.preview.is_empty() {
        "pending"
    } else if previewed.ahead > 0 {
        "ahead"
    } else {
        "at head"
    }
}

pub(super) fn print(output: &mut Output, previewed: &Previewed, fails: bool, asks_data: bool) {
    let preview = &previewed.preview;
    let current = previewed.current.as_deref().unwrap_or("base");
    if preview.is_empty() {
        match previewed.ahead {
            0 => say!(output, "at {current}: nothing to do"),
            ahead => say!(output, "ahead of this chain by {}: nothing to do", counted(ahead, "revision")),
        }
        print_skipped(output, &preview.skipped, "lockgate migrate --skipped");
        print_drift(output, &preview.drift);
        return;
    }
    let target = previewed.target.as_deref().unwrap_or("base");
    let statements: usize = preview.revisions.iter().map(|revision| revision.statements.len()).sum();
    let counts: Vec<String> = preview.counts.iter().map(|(word, count)| format!("{count} {word}")).collect();
    say!(
        output,
        "from {current} to {target}: {}{}, {}: {}",
        counted(preview.revisions.len() + preview.by_tool.len() + preview.later.len(), "revision"),
        if previewed.down { " to take back" } else { "" },
        counted(statements, "statement"),
        if counts.is_empty() { "none of them is run here".to_owned() } else { counts.join(", ") }
    );
    preview.revisions.iter().for_each(|revision| print_revision(output, revision));
    print_tools(output, preview);
    preview.first_contact.iter().for_each(|found| print_first(output, found));
    print_missing(output, "missing", &preview.missing);
    print_missing(output, "rights that are missing", &preview.rights);
    print_skipped(output, &preview.skipped, "this run");
    print_drift(output, &preview.drift);
    say!(output);
    preview.warnings.iter().for_each(|warning| say!(output, "warning: {warning}"));
    next(previewed, fails, asks_data).iter().for_each(|line| say!(output, "{line}"));
}

/// A plan cannot repair a difference that was adopted.
fn print_drift(output: &mut Output, drift: &[Drift]) {
    if !drift.is_empty() {
        say!(output, "\ndifferent since it was adopted:");
    }
    for drift in drift {
        say!(output, "  {}  {}", drift.place, drift.told());
    }
}

/// The revisions of a compiled chain that the tool itself runs.
fn print_tools(output: &mut Output, preview: &Preview) {
    if preview.by_tool.is_empty() {
        return;
    }
    say!(output, "\nby LOCKGATE_RUNNER, one by one in their places:");
    for PreviewedTool { revision, file, description } in &preview.by_tool {
        say!(output, "  {revision}  {file}  {description}");
    }
    if !preview.later.is_empty() {
        say!(output, "judged once those before them have run: {}", preview.later.join(" "));
    }
}

fn print_revision(output: &mut Output, revision: &PreviewedRevision) {
    say!(output, "\n{}  {}", revision.revision, revision.description);
    let place = |statement: &PreviewedStatement| format!("{}:{}:{}", revision.file, statement.line, statement.column);
    let width = revision.statements.iter().map(|statement| place(statement).chars().count()).max().unwrap_or(0);
    for statement in &revision.statements {
        say!(output, "  {:width$}  {:9}  {}", place(statement), statement.verdict, statement.statement);
        for line in facts(statement) {
            say!(output, "  {:width$}  {:9}  {line}", "", "");
        }
    }
}

/// The facts about a statement, one line each.
fn facts(statement: &PreviewedStatement) -> Vec<String> {
    let mut lines = Vec::new();
    if statement.conflicts.is_empty() && !statement.reason.is_empty() && !statement.is_provisional_alone {
        lines.push(format!("because: {}", statement.reason));
    }
    for conflict in &statement.conflicts {
        lines.push(format!("because: {}", conflict.reason));
        lines.extend(conflict.chain.iter().map(|text| format!("  the chain:    {text}")));
        lines.extend(conflict.database.iter().map(|text| format!("  the database: {text}")));
        if let Some((first, rest)) = conflict.choices.split_first() {
            lines.push(format!("  choose: {first}"));
            lines.extend(rest.iter().map(|choice| format!("      or: {choice}")));
        }
    }
    lines.extend(statement.instead.iter().flatten().map(|sql| format!("runs: {sql}")));
    lines.extend(statement.rows.iter().flat_map(rows));
    lines.extend(statement.provisional.iter().map(|reason| format!("provisional: {reason}")));
    let locks: Vec<String> =
        statement.locks.iter().filter(|lock| !lock.new).map(|lock| format!("{} on {}", lock.mode, lock.on)).collect();
    if !locks.is_empty() {
        lines.push(format!("locks: {}", locks.join(", ")));
    }
    lines.extend(
        statement.work.iter().filter(|work| !work.new).map(|work| format!("{}s {}: {}", work.kind, work.on, work.why)),
    );
    lines.extend(shortened(&statement.destructive).iter().map(|what| format!("destructive: loses {what}")));
    if !statement.along.is_empty() {
        lines.push(format!("goes along: {}", shortened(&statement.along).join(", ")));
    }
    lines
}

/// The answers about rows; questions without an answer are listed as provisional.
fn rows(asked: &PreviewedRows) -> Vec<String> {
    match asked.answer {
        Answer::Refused => {
            let found = asked.found.iter().map(|found| format!("refused: {found}"));
            found.chain(asked.help.iter().map(|help| format!("  help: {help}"))).collect()
        }
        Answer::Kept => vec![format!("rows: none violates {}", asked.demand)],
        Answer::Provisional | Answer::NotAsked => Vec::new(),
    }
}

fn print_first(output: &mut Output, found: &Found) {
    say!(output, "\nthe history {} is empty, but the database {}", found.history, found.holds());
    found.lines().iter().for_each(|line| say!(output, "  {line}"));
    if found.refused {
        say!(output, "  next: {}", found.next());
    }
}

fn print_missing(output: &mut Output, title: &str, missing: &[PreviewedMissing]) {
    if missing.is_empty() {
        return;
    }
    say!(output, "\n{title}");
    for one in missing {
        let why = if one.why.is_empty() { String::new() } else { format!(" ({})", one.why) };
        say!(output, "  {}{why}; needed by {}", one.object, one.needed_by.join(", "));
        say!(output, "    next: {}", one.next);
    }
}

/// The statements that were skipped before; `run` is the command that would apply them.
fn print_skipped(output: &mut Output, skipped: &[PreviewedSkip], run: &str) {
    for PreviewedSkip { revision, line, what, reason, would_apply } in skipped {
        let now = if *would_apply { format!("would apply now: {run}") } else { "would be skipped again".to_owned() };
        say!(output, "skipped  {what} ({revision}, line {line}): {reason}; {now}");
    }
}

/// The next steps.
fn next(previewed: &Previewed, fails: bool, asks_data: bool) -> Vec<String> {
    let preview = &previewed.preview;
    let statements = || preview.revisions.iter().flat_map(|revision| &revision.statements);
    let mut notes = Vec::new();
    if preview.is_refused() {
        notes.push(match preview.is_refused_by_rows() {
            true => "a run would end at the first statement that rows refuse, and take its revision back".to_owned(),
            false => "a run would be refused before anything is touched: settle what is listed above".to_owned(),
        });
        if fails {
            notes.push("LOCKGATE_ON_MISMATCH=fail refuses every difference".to_owned());
        }
    } else {
        let command = if previewed.down { "down" } else { "migrate" };
        let target = previewed.target.as_deref().unwrap_or("base");
        notes.push(format!("to do it: lockgate {command} {target}"));
    }
    let would_ask = |statement: &PreviewedStatement| statement.provisional_codes.contains(&Reason::WouldAsk.code());
    if !asks_data && statements().any(would_ask) {
        notes.push("--check-data reads the tables for the verdicts that rest on rows".to_owned());
    }
    if preview.destructive > 0 {
        notes.push("`-- lockgate:accept destructive` above a statement says that its loss is meant".to_owned());
    }
    notes
}
