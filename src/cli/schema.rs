//! What `snapshot` and `verify` share: the chain that a snapshot is of, its file, and a session to look with.

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

/// What a snapshot says of the chain that made it.
pub struct OfChain {
    pub digest: String,
    pub head: String,
    /// Every schema that its files name.
    pub schemas: Vec<String>,
    pub named: Named,
}

/// Reads the chain, of whichever layout.
///
/// # Errors
/// The directory is no chain.
pub fn chain(config: &Config) -> Result<OfChain, Failure> {
    match chosen::theirs(config)? {
        None => {
            let chain = source::read(&config.chain.migrations, config.chain.layout)?;
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

/// The places of its files that made each object; none of a chain whose files are not here, or not read as SQL.
pub fn places(config: &Config) -> Places {
    let is_native = matches!(chosen::theirs(config), Ok(None));
    let chain = is_native.then(|| source::read(&config.chain.migrations, config.chain.layout).ok()).flatten();
    chain.map(|chain| Places::in_chain(&chain)).unwrap_or_default()
}

/// The snapshot's file: beside the chain, where no other is named.
pub fn path(config: &Config, against: Option<&str>) -> PathBuf {
    against.map_or_else(|| config.chain.migrations.join(FILE), |file| Path::new(file).to_owned())
}

/// One attempt: nothing is waited for.
///
/// # Errors
/// Why there is no session.
pub async fn connect(config: &Config, progress: Progress) -> Result<Session, Failure> {
    let application = application_name(&run::pod_name());
    Ok(Connector::new(config.database.clone(), &application, progress).connect().await?)
}

/// The place of the database in the chain. None: nobody can tell, as of a chain whose files are not read as SQL.
pub async fn standing(config: &Config, stop: Stop) -> Option<Standing> {
    let chosen = run::gate(config.clone(), Progress::new(Metrics::new()), stop).await.ok()?;
    let mut gate = chosen.native("").ok()?;
    gate.only_reads = true;
    gate::standing_of(&gate).await.ok()
}

/// A schema of which a part could not be read is no snapshot.
///
/// # Errors
/// The relations that another session locks.
pub fn whole(facts: &Facts) -> Result<(), Failure> {
    let Some(unread) = facts.unread.first() else { return Ok(()) };
    let mut failure = Failure::new(Code::NOT_VERIFIED, format!("{} cannot be looked at", unread.relation));
    failure.details = facts.unread.iter().map(ToString::to_string).collect();
    Err(failure)
}
