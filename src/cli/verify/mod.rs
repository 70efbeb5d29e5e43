//! `lockgate verify`: compares the database with the snapshot beside the chain, or with the chain itself. It only reads.

mod model;
mod unchanged;

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::ArgMatches;
use serde::Serialize;

use self::unchanged::Unchanged;
use super::output::Output;
use super::{run, schema};
use crate::config::Config;
use crate::execute::Stop;
use crate::failure::{Exit, Failure, counted};
use crate::progress::Progress;
use crate::telemetry::metrics::Metrics;
use crate::verify::{self, Ignored, Line, LineKind, Lines, Look, Report, Snapshot, VerifyError};

#[derive(Serialize)]
struct Document<'a> {
    database: &'a str,
    snapshot: String,
    head: &'a str,
    /// `equal`, `different`, `not verified`.
    state: &'static str,
    /// The reason why the snapshot may be out of date.
    stale: Option<&'a str>,
    /// The numbers of pending revisions and of revisions that the chain does not know: they may explain a difference.
    pending: usize,
    ahead: usize,
    differences: usize,
    unproved: usize,
    #[serde(flatten)]
    report: &'a Report,
    seconds: f64,
}

struct Verified {
    snapshot: Snapshot,
    stale: Option<String>,
    /// The numbers of pending revisions and of revisions that the chain does not know: they may explain a difference.
    pending: usize,
    ahead: usize,
    report: Report,
    seconds: f64,
}

/// A database whose schema has not changed.
#[derive(Serialize)]
struct Same<'a> {
    database: &'a str,
    snapshot: String,
    head: &'a str,
    state: &'static str,
    differences: usize,
    notes: usize,
    unchanged_since: &'a str,
    seconds: f64,
}

enum Looked {
    Read(Box<Verified>),
    Unchanged(Unchanged, f64),
}

/// The arguments of the command.
struct Wish {
    path: PathBuf,
    privileges: bool,
    /// True for a full comparison even if nothing has changed.
    full: bool,
}

pub fn run(config: Config, arguments: &ArgMatches) -> Result<Exit, Failure> {
    let privileges = arguments.get_flag("privileges");
    let against = arguments.get_one::<String>("against").map(String::as_str);
    let path = schema::path(&config, against);
    if against.is_none() && !privileges && !path.exists() && config.chain.migrations.exists() {
        return model::run(config, path, arguments.get_flag("json"));
    }
    let database = config.database.describe();
    let full = arguments.get_flag("full") || against.is_some() || privileges;
    let (progress, settings, wish) =
        (Progress::new(Metrics::new()), config.clone(), Wish { path: path.clone(), privileges, full });
    let known = progress.clone();
    let work = async move |stop| look(config, (known, stop), &wish).await;
    let looked = run::looking(&settings, &progress, work)?;
    let mut output = Output::default();
    let verified = match looked {
        Looked::Read(verified) => verified,
        Looked::Unchanged(unchanged, seconds) => {
            tell_unchanged(&mut output, &unchanged, (&database, &path), arguments.get_flag("json"), seconds)?;
            output.end()?;
            return Ok(Exit::Open);
        }
    };
    let Verified { snapshot, stale, pending, ahead, report, seconds } = &*verified;
    if arguments.get_flag("json") {
        output.json(&Document {
            database: &database,
            snapshot: path.display().to_string(),
            head: &snapshot.head,
            state: state(report),
            stale: stale.as_deref(),
            pending: *pending,
            ahead: *ahead,
            differences: report.differences(),
            unproved: report.count(LineKind::Unproved),
            report,
            seconds: *seconds,
        })?;
    } else {
        say!(output, "{database}  {}  ({}, head {})", headline(report), path.display(), snapshot.head);
        stale.iter().for_each(|stale| say!(output, "warning     {stale}"));
        for (count, words) in [
            (*pending, "not applied: what they make counts as missing"),
            (*ahead, "ahead of the chain: what they changed counts as different"),
        ] {
            if count > 0 {
                say!(output, "warning     {} {words}", counted(count, "revision"));
            }
        }
        print(&mut output, report);
        say!(output, "{}; {seconds:.2} s", totals(report));
        // A repair refuses to follow another's snapshot, one that is out of date, and a database beside the head.
        if state(report) == "different" && against.is_none() && stale.is_none() && pending + ahead == 0 {
            say!(output, "next: `lockgate repair --dry-run` shows the revision that brings the schema back");
        }
    }
    output.end()?;
    Ok(match state(report) {
        "equal" => Exit::Open,
        "different" => Exit::NotAtHead,
        _ => Exit::OutOfTime,
    })
}

fn tell_unchanged(
    output: &mut Output,
    unchanged: &Unchanged,
    (database, path): (&str, &Path),
    is_json: bool,
    seconds: f64,
) -> Result<(), Failure> {
    let (snapshot, head, since) = (path.display().to_string(), &unchanged.head, &unchanged.since);
    if is_json {
        let (state, differences, notes) = ("equal", 0, unchanged.notes);
        output.json(&Same { database, snapshot, head, state, differences, notes, unchanged_since: since, seconds })?;
    } else {
        let (notes, told) = match unchanged.notes {
            0 => (String::new(), ""),
            notes => (format!(", {}", counted(notes, "note")), ", and --full tells the notes"),
        };
        say!(output, "{database}  equal{notes}  ({snapshot}, head {head})");
        say!(output, "unchanged since {since}, when all of it was read{told}; {seconds:.2} s");
    }
    Ok(())
}

async fn look(config: Config, (progress, stop): (Progress, Stop), wish: &Wish) -> Result<Looked, Failure> {
    let Wish { path, privileges, full } = wish;
    let began = Instant::now();
    let ignored = Ignored::read(&config.chain.migrations)?;
    if !path.exists() {
        return Err(VerifyError::NoSnapshot { path: path.clone() }.into());
    }
    let session = schema::connect(&config, progress).await?;
    if !full && let Some(unchanged) = unchanged::find(&session, &config, path, &ignored).await {
        session.close().await;
        return Ok(Looked::Unchanged(unchanged, began.elapsed().as_secs_f64()));
    }
    let Some(lines) = Lines::find(path)? else {
        return Err(VerifyError::NoSnapshot { path: path.clone() }.into());
    };
    let Snapshot { schemas, privileges: has_privileges, .. } = &lines.head;
    if *privileges && !has_privileges {
        return Err(VerifyError::NoPrivileges { path: path.clone() }.into());
    }
    let stale = stale(&config, &lines.head);
    let history = config.chain.history_table.name.clone();
    let look = Look { schemas: Some(schemas.clone()), history, privileges: *has_privileges };
    // The second session is optional: the server may have no free slot.
    let second =
        if lines.is_large() { schema::connect(&config, Progress::new(Metrics::new())).await.ok() } else { None };
    let (facts, snapshot) = verify::sift((&session, second.as_ref()), &look, (&lines, path.as_path())).await?;
    let major = session.server.major();
    session.close().await;
    if let Some(second) = second {
        second.close().await;
    }
    let mut report = crate::sql::with_room(|| verify::drift(&snapshot, facts, major, &ignored, false));
    if report.differences() > 0 {
        schema::places(&config).tell(&mut report);
    }
    let standing = if report.differences() > 0 { schema::standing(&config, stop).await } else { None };
    let (pending, ahead) = standing.map_or((0, 0), |standing| (standing.pending.len(), standing.ahead));
    let seconds = began.elapsed().as_secs_f64();
    Ok(Looked::Read(Box::new(Verified { snapshot, stale, pending, ahead, report, seconds })))
}

/// The reason why the snapshot belongs to another chain than the directory's; none on a bastion without the chain.
fn stale(config: &Config, snapshot: &Snapshot) -> Option<String> {
    match schema::chain(config) {
        Ok(chain) if chain.digest != snapshot.chain => Some(format!(
            "the chain has changed since the snapshot was made (its head is {}, the snapshot's {}): lockgate snapshot",
            chain.head, snapshot.head
        )),
        _ => None,
    }
}

fn state(report: &Report) -> &'static str {
    match (report.differences(), report.unread.is_empty()) {
        (0, true) => "equal",
        (0, false) => "not verified",
        _ => "different",
    }
}

fn headline(report: &Report) -> String {
    let mut words = vec![match report.differences() {
        0 => "equal".to_owned(),
        count => counted(count, "difference"),
    }];
    if !report.unread.is_empty() {
        words.push(format!("{} not verified", counted(report.unread.len(), "relation")));
    }
    match report.count(LineKind::Note) {
        0 => {}
        count => words.push(counted(count, "note")),
    }
    words.join(", ")
}

/// Prints a line for each difference, with its values below.
pub(super) fn print(output: &mut Output, report: &Report) {
    report.lines.iter().for_each(|line| print_line(output, line));
    for unread in &report.unread {
        say!(output, "not verified  {unread}");
    }
}

fn print_line(output: &mut Output, line: &Line) {
    let why = match (line.what, line.why.is_empty()) {
        (_, true) => String::new(),
        (LineKind::Missing, _) => format!("  ({})", line.why),
        (LineKind::Unexpected, _) => format!("  {}", cut(&line.why)),
        _ => format!(": {}", line.why),
    };
    let by = match (&line.by, line.what) {
        (None, _) => String::new(),
        (Some(place), LineKind::Missing) => format!("  ({place} makes it)"),
        (Some(place), _) => format!("  ({place})"),
    };
    say!(output, "{:10}  {}{why}{by}", line.what.word(), line.object);
    for property in line.properties.iter().filter(|property| property.property != "INVALID") {
        let value = |value: &Option<String>| value.as_deref().map_or_else(|| "-".to_owned(), cut);
        say!(output, "              {}", property.property);
        say!(output, "                snapshot  {}", value(&property.snapshot));
        say!(output, "                database  {}", value(&property.database));
    }
}

/// A definition in one line; `--json` has the rest of a long one.
fn cut(text: &str) -> String {
    const LONGEST: usize = 200;
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

fn totals(report: &Report) -> String {
    let rules: Vec<String> = report.ignored_by.iter().map(usize::to_string).collect();
    let rules = if rules.is_empty() { String::new() } else { format!(" (.lockgateignore:{})", rules.join(",")) };
    format!(
        "{}, {}; {} unproved; {} ignored{rules}",
        counted(report.objects, "object"),
        counted(report.kinds, "kind"),
        report.count(LineKind::Unproved),
        report.ignored
    )
}
