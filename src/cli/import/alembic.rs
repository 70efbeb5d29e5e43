//! `lockgate import alembic`: records an Alembic chain on scratch servers, and writes it as SQL.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use clap::ArgMatches;
use sha2::{Digest, Sha256};

use super::proof;
use crate::alembic::{self, Graph, Heads};
use crate::chain::compiled::Class;
use crate::chain::directive::{self, FileDirectives};
use crate::chain::hex::hex;
use crate::cli::output::Output;
use crate::cli::{UsageError, chosen, run};
use crate::config::Config;
use crate::execute::Stop;
use crate::failure::{Code, Exit, Failure, counted};
use crate::files;
use crate::progress::Progress;
use crate::record::{self, Compiled, RecordError, Request};
use crate::telemetry::metrics::Metrics;
use crate::tool::VersionTable;

pub fn run(config: &Config, arguments: &ArgMatches) -> Result<Exit, Failure> {
    let project = chosen::project(config)?.ok_or_else(|| no_project(config))?;
    let graph = alembic::read(&project, Heads::One)?;
    let many = |name: &str| arguments.get_many::<String>(name).into_iter().flatten().cloned();
    let mut url_variables: Vec<String> = many("url-env").collect();
    if url_variables.is_empty() {
        url_variables.push("DATABASE_URL".to_owned());
    }
    let mut left: BTreeSet<String> = many("leave").collect();
    let accepted: BTreeSet<String> = many("accept").collect();
    if let Some(id) = accepted.iter().chain(&left).find(|id| graph.find(id).is_none()) {
        return Err(UsageError(format!("the chain has no revision {id}")).into());
    }
    if let Some(from) = arguments.get_one::<String>("from") {
        let at = graph.find(from).ok_or_else(|| UsageError(format!("the chain has no revision {from}")))?;
        let before = graph.closed([at]).into_iter().enumerate().filter(|(_, is_before)| *is_before);
        left.extend(before.map(|(at, _)| graph.revisions()[at].id.clone()));
    }
    let request = Request {
        left,
        words: many("CMD").collect(),
        url_variables,
        version_table: VersionTable::of(config, &project)?.name,
        accepted,
    };
    if !request.left.is_empty() && !request.words.iter().any(|word| word.contains("{target}")) {
        let why = "--leave and --from have the command apply single revisions: put {target} in it, as in alembic upgrade {target}";
        return Err(UsageError(why.to_owned()).into());
    }
    let out = PathBuf::from(arguments.get_one::<String>("out").map_or("lockgate", String::as_str));
    let there = There::read(&out)?;
    let checks = arguments.get_flag("check");
    if checks && !arguments.get_flag("all") && there.is_of(&graph) {
        let mut output = Output::default();
        let count = counted(graph.revisions().len(), "revision");
        say!(output, "{}: up to date: {count}, no Python file has changed", out.display());
        output.end()?;
        return Ok(Exit::Open);
    }
    let compiled = compiled(config, graph, request, &out)?;
    if checks { check(&out, &there, &compiled) } else { write(&out, &there, &compiled) }
}

fn no_project(config: &Config) -> Failure {
    let message = format!("{} holds no Alembic chain", config.chain.migrations.display());
    let next = "point LOCKGATE_MIGRATIONS at the directory of alembic.ini or at the folder of revisions".to_owned();
    Failure { next, ..Failure::new(Code::LAYOUT, message) }
}

/// Records, compiles and proves the chain.
fn compiled(config: &Config, graph: Graph, request: Request, out: &Path) -> Result<Vec<Compiled>, Failure> {
    let (progress, settings, config) = (Progress::new(Metrics::new()), config.clone(), config.clone());
    let around = around(out);
    let work = async move |stop: Stop| {
        let recording = record::record(&config, &graph, &request).await?;
        let compiled = record::compile(&recording, &graph, &around)?;
        proof::prove(&config, &recording, &compiled, &request, stop).await?;
        Ok(compiled)
    };
    run::block_on(false, async { run::stoppable(&settings, &progress, &run::stop()?, work).await })
}

/// The parent directory of the files.
fn around(out: &Path) -> PathBuf {
    match out.parent() {
        Some(parent) if parent.as_os_str().is_empty() => PathBuf::from("."),
        Some(parent) => parent.to_owned(),
        None => PathBuf::from("."),
    }
}

/// Existing compiled files by name, with their text and their directives.
struct There(BTreeMap<String, (String, FileDirectives)>);

/// The largest file that is read, in bytes.
const LARGEST: u64 = 64 << 20;

impl There {
    fn read(out: &Path) -> Result<Self, RecordError> {
        let failed = |source| RecordError::Write { path: out.to_owned(), source };
        let mut found = BTreeMap::new();
        if !out.exists() {
            return Ok(Self(found));
        }
        for entry in fs::read_dir(out).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name().to_string_lossy().into_owned();
            if !name.ends_with(".sql") || name.ends_with(".down.sql") {
                continue;
            }
            let path = out.join(&name);
            let content = files::plain(&path, LARGEST).map_err(|source| RecordError::Read { path, source })?;
            let text = String::from_utf8_lossy(&content).into_owned();
            // A file that was written by hand is left alone.
            if let Ok(directives) = directive::read(&text)
                && directives.file.from.is_some()
            {
                found.insert(name, (text, directives.file));
            }
        }
        Ok(Self(found))
    }

    /// True if each revision has a file that was compiled from the current Python file.
    fn is_of(&self, graph: &Graph) -> bool {
        let said: BTreeSet<&str> =
            self.0.values().filter_map(|(_, file)| file.from.as_ref()).map(|from| from.sha256.as_str()).collect();
        let is_said = |path: &Path| {
            files::plain(path, LARGEST).is_ok_and(|content| said.contains(hex(&Sha256::digest(&content)).as_str()))
        };
        self.0.len() == graph.revisions().len() && graph.revisions().iter().all(|revision| is_said(&revision.path))
    }
}

/// The difference of a file from the text that the import would write.
#[derive(Clone, Copy, PartialEq)]
enum Differing {
    New,
    Changed,
    Gone,
}

impl Differing {
    fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Changed => "changed",
            Self::Gone => "gone",
        }
    }
}

/// The names of files that a write would change, create or delete.
fn differing<'a>(there: &'a There, compiled: &'a [Compiled]) -> Vec<(&'a str, Differing)> {
    let wanted: BTreeSet<&str> = compiled.iter().map(|one| one.name.as_str()).collect();
    let changed = compiled.iter().filter_map(|one| match there.0.get(&one.name) {
        None => Some((one.name.as_str(), Differing::New)),
        Some((text, _)) if *text != one.text => Some((one.name.as_str(), Differing::Changed)),
        Some(_) => None,
    });
    let gone =
        there.0.keys().filter(|name| !wanted.contains(name.as_str())).map(|name| (name.as_str(), Differing::Gone));
    changed.chain(gone).collect()
}

fn check(out: &Path, there: &There, compiled: &[Compiled]) -> Result<Exit, Failure> {
    let mut output = Output::default();
    let differing = differing(there, compiled);
    if differing.is_empty() {
        say!(output, "{}: up to date: {}", out.display(), counted(compiled.len(), "revision"));
    } else {
        say!(output, "{}: out of date: lockgate import alembic compiles it again", out.display());
        differing.iter().for_each(|(name, how)| say!(output, "  {:8} {name}", how.word()));
    }
    output.end()?;
    Ok(if differing.is_empty() { Exit::Open } else { Exit::NotAtHead })
}

fn write(out: &Path, there: &There, compiled: &[Compiled]) -> Result<Exit, Failure> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| RecordError::Write { path, source }
    };
    fs::create_dir_all(out).map_err(failed(out))?;
    let differing = differing(there, compiled);
    for one in compiled.iter().filter(|one| differing.iter().any(|(name, _)| *name == one.name)) {
        let path = out.join(&one.name);
        if !there.0.contains_key(&one.name) && path.exists() {
            return Err(RecordError::Taken { path }.into());
        }
        fs::write(&path, &one.text).map_err(failed(&path))?;
    }
    for (name, _) in differing.iter().filter(|(_, how)| *how == Differing::Gone) {
        let path = out.join(name);
        fs::remove_file(&path).map_err(failed(&path))?;
    }
    let mut output = Output::default();
    print(&mut output, out, compiled, differing.len());
    output.end()?;
    Ok(Exit::Open)
}

fn print(output: &mut Output, out: &Path, compiled: &[Compiled], written: usize) {
    let classes = [Class::Blind, Class::Catalog, Class::Counts, Class::Rows, Class::Runner];
    let of = |class: Class| compiled.iter().filter(move |one| one.class == class);
    let counts: Vec<String> = classes
        .iter()
        .filter(|&&class| of(class).next().is_some())
        .map(|&class| format!("{} {}", of(class).count(), class.word()))
        .collect();
    let (count, files) = (counted(compiled.len(), "revision"), counted(written, "file"));
    say!(
        output,
        "{}: {count}: {}; {files} written; the schema is as Alembic makes it",
        out.display(),
        counts.join(", ")
    );
    for one in compiled.iter().filter(|one| one.class.is_whole() || one.class == Class::Runner) {
        let why = match &one.unproved {
            _ if one.is_left => "  (left to Alembic)".to_owned(),
            Some(why) => format!("  ({}, line {})", why.word, why.line),
            None => String::new(),
        };
        say!(output, "  {:8} {}{why}", one.class.word(), one.id);
    }
    if of(Class::Runner).any(|one| !one.is_left) {
        say!(
            output,
            "a revision of class runner that nobody left looks at the catalog, and sends nothing on a fresh database"
        );
    }
    if of(Class::Runner).next().is_some() {
        say!(
            output,
            "at the deploy: LOCKGATE_RUNNER=\"alembic upgrade {{target}}\" and LOCKGATE_COEXIST=alembic, for class runner"
        );
    }
    say!(output, "next: commit it; LOCKGATE_MIGRATIONS={}", out.display());
}
