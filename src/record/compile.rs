//! An Alembic chain compiled: two recordings, the classes of its revisions, and the files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use super::class::{class, unheld};
use super::compare::{blur, sort_indexes, unstable};
use super::cut::{Cut, Recorded, Step, cut};
use super::error::{RecordError, Refused};
use super::role::Role;
use super::run::{self, Command};
use super::secret::Sensitive;
use super::spoken::spoken;
use super::values::{Values, servers_own};
use super::write::{Header, Names, text};
use crate::alembic::{Graph, Unproved, is_blind};
use crate::chain::compiled::{Class, Source};
use crate::chain::hex::hex;
use crate::config::{Config, Database, HistoryTable};
use crate::connect::{Message, Session};
use crate::failure::Failure;
use crate::files;
use crate::pg::name::quote_ident;
use crate::pg::version::ServerVersion;
use crate::scratch::{Demands, Scratch};

/// The chain to be compiled.
#[derive(Clone, Debug)]
pub struct Request {
    /// The program and its arguments, with the placeholder `{target}`.
    pub words: Vec<String>,
    pub url_variables: Vec<String>,
    pub version_table: HistoryTable,
    /// Revisions whose first recording is valid for every database.
    pub accepted: BTreeSet<String>,
    /// Revisions that a deploy also leaves to the program.
    pub left: BTreeSet<String>,
}

/// A recorded chain, and the scratch server on which it ran first.
pub struct Recording {
    pub cut: Cut,
    pub scratch: Scratch,
    /// Revisions whose two recordings differ, and that are accepted.
    pub accepted: BTreeSet<String>,
    /// Revisions that the program has to run, by the user's choice.
    pub left: BTreeSet<String>,
    /// The revisions that are not valid for every database.
    refused: Vec<Refused>,
}

/// A revision as a file.
#[derive(Clone, Debug)]
pub struct Compiled {
    pub id: String,
    pub class: Class,
    /// True if the user left it to the program.
    pub is_left: bool,
    /// The reason why its Python file alone does not prove that it is blind.
    pub unproved: Option<Unproved>,
    pub name: String,
    pub text: String,
    /// The file for a rehearsal on an empty database.
    pub rehearsal: String,
}

/// The second run starts this much later than the first, to reveal values of the clock.
const LATER: Duration = Duration::from_secs(2);

/// Runs the chain twice from an empty database, and compares the recordings.
///
/// # Errors
/// No scratch server is available, a run fails, or a recording is incomplete.
pub async fn record(config: &Config, graph: &Graph, request: &Request) -> Result<Recording, Failure> {
    let began = Instant::now();
    let (mut first, scratch) = once(config, graph, request, 0).await?;
    tokio::time::sleep(LATER.saturating_sub(began.elapsed())).await;
    let (second, _) = once(config, graph, request, 1).await?;
    let differing = unstable(&first, &second).map_err(RecordError::Broken)?;
    let (accepted, refused): (Vec<Refused>, Vec<Refused>) =
        differing.into_iter().partition(|one| request.accepted.contains(&one.id));
    let pairs = first.revisions.iter_mut().zip(&second.revisions);
    pairs.filter(|(one, _)| request.accepted.contains(&one.id)).for_each(|(one, other)| blur(one, other));
    let own = first.revisions.iter().flat_map(|revision| revision.refused.iter().cloned());
    let refused = own.chain(refused).filter(|one| !request.left.contains(&one.id));
    let refused = refused.chain(first.after.iter().cloned()).collect();
    let accepted = accepted.into_iter().map(|one| one.id).collect();
    Ok(Recording { cut: first, scratch, accepted, left: request.left.clone(), refused })
}

/// Runs the program for one revision on a database, and returns its last output.
///
/// # Errors
/// The program cannot be run, or fails.
pub async fn apply(
    request: &Request,
    target: &str,
    (database, server): (&Database, ServerVersion),
) -> Result<Vec<String>, Failure> {
    let words = request.words.iter().map(|word| word.replace("{target}", target)).collect();
    let command = Command { words, url_variables: request.url_variables.clone(), seed: 0 };
    run::run(&command, database, server).await.map(|run| run.said)
}

/// One run.
async fn once(config: &Config, graph: &Graph, request: &Request, seed: u32) -> Result<(Cut, Scratch), Failure> {
    let scratch = Scratch::start(config, &Demands::default()).await?;
    let session = scratch.session().await?;
    tracing::info!("the chain runs on a scratch server, and is recorded ({} of 2)", seed + 1);
    let words = request.words.iter().map(|word| word.replace("{target}", "head")).collect();
    let command = Command { words, url_variables: request.url_variables.clone(), seed };
    let database = scratch.config(config)?.database;
    let run = run::run(&command, &database, session.server).await?;
    let is_silent = run.trace.sent.is_empty();
    at_head(&session, graph, &request.version_table, (run.said, is_silent)).await?;
    let spoken = spoken(run.trace).map_err(RecordError::Broken)?;
    let own = servers_own(&session).await?;
    let roles: Vec<Role> = spoken.iter().map(|one| Role::of(one, &request.version_table, &own)).collect();
    let asked = spoken.iter().zip(&roles).filter(|(_, role)| matches!(role, Role::Work | Role::Version));
    let values = Values::ask(&session, asked.map(|(one, _)| one)).await?;
    session.close().await;
    let variables: Vec<(String, String)> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let sensitive = Sensitive::new(variables.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let mut cut = crate::sql::with_room(|| cut(&spoken, &roles, &values, &sensitive));
    cut.revisions.iter_mut().for_each(|revision| sort_indexes(&mut revision.steps));
    is_of(&cut, graph)?;
    Ok((cut, scratch))
}

/// The version table decides, never the exit code.
async fn at_head(
    session: &Session,
    graph: &Graph,
    table: &HistoryTable,
    (said, is_silent): (Vec<String>, bool),
) -> Result<(), RecordError> {
    let schema = table.schema.as_deref().map(|schema| quote_ident(schema) + ".").unwrap_or_default();
    let sql = format!("SELECT version_num FROM {schema}{}", quote_ident(&table.name));
    let rows = session.send(&Message::users(sql)).await.rows().await.unwrap_or_default();
    let there: BTreeSet<String> = rows.into_iter().filter_map(|row| row.into_iter().next()?).collect();
    let heads: BTreeSet<String> = graph.heads().iter().map(|&at| graph.revisions()[at].id.clone()).collect();
    if there == heads {
        return Ok(());
    }
    let missing = heads.difference(&there).cloned().collect();
    Err(RecordError::NothingRecorded { table: table.to_string(), missing, said, is_silent })
}

/// Checks that each revision of the graph occurs exactly once, and no other.
fn is_of(cut: &Cut, graph: &Graph) -> Result<(), RecordError> {
    let mut found = BTreeSet::new();
    for revision in &cut.revisions {
        if graph.find(&revision.id).is_none() {
            return Err(RecordError::Broken(format!("the version table got {}, which no file defines", revision.id)));
        }
        if !found.insert(revision.id.as_str()) {
            return Err(RecordError::Broken(format!("revision {} was applied twice", revision.id)));
        }
    }
    let missing: Vec<&str> =
        graph.revisions().iter().map(|one| one.id.as_str()).filter(|id| !found.contains(id)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(RecordError::Broken(format!(
        "the version table is at head, and these revisions never ran: {}",
        missing.join(" ")
    )))
}

/// Creates the files of a recording. `around`: the parent of their directory.
///
/// # Errors
/// A Python file cannot be read, or revisions cannot be compiled: all of them are reported.
pub fn compile(recording: &Recording, graph: &Graph, around: &Path) -> Result<Vec<Compiled>, RecordError> {
    let recorded: BTreeMap<&str, &Recorded> =
        recording.cut.revisions.iter().map(|one| (one.id.as_str(), one)).collect();
    let bases: Vec<String> = (0..graph.revisions().len())
        .filter(|&at| graph.parents(at).is_empty())
        .map(|at| graph.revisions()[at].id.clone())
        .collect();
    if bases.len() > 1 {
        return Err(RecordError::Bases(bases));
    }
    let (mut names, mut refused, mut compiled) = (Names::default(), recording.refused.clone(), Vec::new());
    for (at, revision) in graph.revisions().iter().enumerate() {
        let Some(recorded) = recorded.get(revision.id.as_str()) else { continue };
        let (source, unproved) = of_file(&revision.path, &revision.file, around)?;
        let is_left = recording.left.contains(&revision.id);
        let class = if is_left { Class::Runner } else { class(recorded, unproved.is_none()) };
        refused.extend(unheld(recorded, class));
        let steps: &[Step] = if is_left { &[] } else { &recorded.steps };
        let after: Vec<String> = graph.parents(at).iter().map(|&at| graph.revisions()[at].id.clone()).collect();
        let is_accepted = recording.accepted.contains(&revision.id) && !is_left;
        let header = Header { id: &revision.id, after: &after, from: Some(&source), class: Some(class), is_accepted };
        // On an empty database a guard sends nothing.
        let is_guard = class == Class::Runner && !is_left;
        let rehearsed = Header { class: Some(class).filter(|_| !is_guard), ..header };
        compiled.push(Compiled {
            id: revision.id.clone(),
            class,
            is_left,
            unproved,
            name: names.of(&revision.id, revision.title.as_deref(), &revision.file),
            text: text(&header, steps),
            rehearsal: text(&rehearsed, steps),
        });
    }
    if refused.is_empty() { Ok(compiled) } else { Err(RecordError::Refused(refused)) }
}

/// The largest Python file that is read, in bytes.
const LARGEST: u64 = 16 << 20;

/// The source of a compiled revision, and the reason why its words do not prove that it is blind.
fn of_file(path: &Path, shown: &str, around: &Path) -> Result<(Source, Option<Unproved>), RecordError> {
    let content = files::plain(path, LARGEST).map_err(|source| RecordError::Read { path: path.to_owned(), source })?;
    let below = path.canonicalize().ok().zip(around.canonicalize().ok());
    let below = below.and_then(|(path, around)| Some(path.strip_prefix(around).ok()?.to_string_lossy().into_owned()));
    let path = below.unwrap_or_else(|| shown.to_owned());
    let source = Source { path, sha256: hex(&Sha256::digest(&content)) };
    Ok((source, is_blind(&String::from_utf8_lossy(&content)).err()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alembic::Heads;

    fn graph(revisions: &[(&str, &[&str])]) -> Graph {
        Graph::sketched(revisions, Heads::One)
    }

    fn of(ids: &[&str]) -> Cut {
        let recorded = |id: &&str| Recorded { id: (*id).to_owned(), ..Recorded::default() };
        Cut { revisions: ids.iter().map(recorded).collect(), after: Vec::new() }
    }

    #[test]
    fn a_recording_has_each_revision_of_the_graph_once() {
        let graph = graph(&[("a", &[]), ("b", &["a"])]);
        assert!(is_of(&of(&["a", "b"]), &graph).is_ok());
        for (ids, words) in
            [(&["b"][..], "never ran: a"), (&["a", "b", "b"], "twice"), (&["a", "b", "z"], "no file defines")]
        {
            let error = is_of(&of(ids), &graph).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }
}
