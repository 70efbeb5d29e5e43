//! The shared part of `snapshot` and `verify`: the chain of a snapshot, its file, and a session for the comparison.

use std::path::{Path, PathBuf};

use super::chosen;
use super::run;
use crate::chain::{self, digest};
use crate::config::Config;
use crate::connect::{Connector, Session, application_name};
use crate::execute::Stop;
use crate::failure::{Code, Failure};
use crate::gate::{self, Standing};
use crate::progress::Progress;
use crate::source;
use crate::telemetry::metrics::Metrics;
use crate::tool;
use crate::verify::{FILE, Facts, Named, Places};

/// The chain that a snapshot describes.
pub struct OfChain {
    pub digest: String,
    pub head: String,
    /// Every schema that the chain's files name.
    pub schemas: Vec<String>,
    pub named: Named,
}

/// Reads the chain, in any layout.
///
/// # Errors
/// The directory is not a chain.
pub fn chain(config: &Config) -> Result<OfChain, Failure> {
    match chosen::theirs(config)? {
        None => {
            let chain = source::of(config)?;
            Ok(OfChain {
                digest: format!("2:{}", digest::of_checksums(chain.revisions(), 0)),
                head: chain.head().id.to_string(),
                schemas: chain::schemas(&chain).into_iter().collect(),
                named: Named::of(&chain),
            })
        }
        Some(theirs) => {
            let graph = theirs.read(config)?;
            Ok(OfChain {
                digest: tool::digest(&graph, theirs.tool()),
                head: graph.head(),
                schemas: Vec::new(),
                named: Named::default(),
            })
        }
    }
}

/// The places in its files that create each object; empty for a chain whose files are missing, or not read as SQL.
pub fn places(config: &Config) -> Places {
    let is_native = matches!(chosen::theirs(config), Ok(None));
    let chain = is_native.then(|| source::of(config).ok()).flatten();
    chain.map(|chain| Places::in_chain(&chain)).unwrap_or_default()
}

/// The snapshot's file: beside the chain, unless `against` names another.
pub fn path(config: &Config, against: Option<&str>) -> PathBuf {
    against.map_or_else(|| config.chain.migrations.join(FILE), |file| Path::new(file).to_owned())
}

/// Connects with a single attempt, without waiting.
///
/// # Errors
/// The reason why there is no session.
pub async fn connect(config: &Config, progress: Progress) -> Result<Session, Failure> {
    let application = application_name(&run::pod_name());
    Ok(Connector::new(config.database.clone(), &application, progress).connect().await?)
}

/// The database's place in the chain. None if it is unknown, as for a chain whose files are not read as SQL.
pub async fn standing(config: &Config, stop: Stop) -> Option<Standing> {
    let chosen = run::gate(config.clone(), Progress::new(Metrics::new()), stop).await.ok()?;
    let mut gate = chosen.native("").ok()?;
    gate.only_reads = true;
    gate::standing_of(&gate).await.ok()
}

/// Checks that the schema was read completely: a part of it is not a snapshot.
///
/// # Errors
/// Another session locks a relation.
pub fn whole(facts: &Facts) -> Result<(), Failure> {
    let Some(unread) = facts.unread.first() else { return Ok(()) };
    let mut failure = Failure::new(Code::NOT_VERIFIED, format!("{} cannot be looked at", unread.relation));
    failure.details = facts.unread.iter().map(ToString::to_string).collect();
    Err(failure)
}
