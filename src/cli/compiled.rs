//! The Alembic project that surrounds a compiled chain, if it is present.

use std::collections::HashSet;
use std::path::Path;

use crate::alembic::{self, AlembicError, Graph, Search};
use crate::config::Config;
use crate::failure::{Code, Failure};
use crate::tool;

/// The graph of the project in the parent directory of the chain, or of the one that `ALEMBIC_CONFIG` names.
///
/// # Errors
/// Alembic's settings do not name the place of the revisions, or the revisions have errors.
pub fn project(config: &Config) -> Result<Option<Graph>, AlembicError> {
    let directory = config.chain.migrations.canonicalize().ok();
    let Some(around) = directory.as_deref().and_then(Path::parent) else { return Ok(None) };
    let settings = config.alembic_config.as_deref();
    let project = Search { directory: around, settings, section: &config.alembic.section }.find()?;
    project.map(|project| alembic::read(&project, tool::heads(config))).transpose()
}

/// The ids of the revisions that certainly do not commit before their end.
pub fn whole(graph: Option<&Graph>) -> HashSet<String> {
    let revisions = graph.iter().flat_map(|graph| graph.revisions());
    revisions.filter(|revision| !revision.may_commit).map(|revision| revision.id.clone()).collect()
}

/// A runner is set, and the version table would be for it alone.
pub fn without_its_table() -> Failure {
    Failure {
        next: "set LOCKGATE_COEXIST=alembic: both have to see one history".to_owned(),
        ..Failure::new(
            Code::LAYOUT,
            "LOCKGATE_RUNNER is set for a compiled chain, and Alembic's version table is not kept beside lockgate's history",
        )
    }
}
