//! Runs a compiled chain with our own engine on a scratch server, and compares its schema with the recorded one.

use std::fs;
use std::path::{Path, PathBuf};

use crate::cli::{run, schema};
use crate::config::{Config, Database, Layout, Migrator, OnDestructive, TheirHistory, Verify};
use crate::execute::Stop;
use crate::failure::Failure;
use crate::gate::{Outside, Revision, Soon, Stage};
use crate::lock::Held;
use crate::pg::version::ServerVersion;
use crate::progress::Progress;
use crate::record::{self, Compiled, RecordError, Recording, Request};
use crate::scratch::{Demands, Scratch};
use crate::source;
use crate::telemetry::metrics::Metrics;
use crate::verify::{self, Facts, Ignored, LineKind, Look, Named, Snapshot};

/// # Errors
/// The engine refuses the chain, or its schema differs.
pub async fn prove(
    config: &Config,
    recording: &Recording,
    compiled: &[Compiled],
    request: &Request,
    stop: Stop,
) -> Result<(), Failure> {
    let table = &request.version_table;
    let files = Files::write(compiled)?;
    let named = Named::of(&source::read(&files.chain, Layout::Native)?);
    let (mut wanted, major) = facts(config, &recording.scratch).await?;
    // The table may have a name that is in no list of tools' tables.
    let is_version = |holder: &str| holder.rsplit('.').next() == Some(table.name.as_str());
    let without_version = |facts: &mut Facts| {
        facts.facts.retain(|fact| !is_version(fact.holder()) && !is_version(&fact.name));
    };
    without_version(&mut wanted);
    let scratch = Scratch::start(config, &Demands::default()).await?;
    let mut gate = scratch.config(config)?;
    gate.chain.migrations.clone_from(&files.chain);
    (gate.chain.layout, gate.runner, gate.chain.coexist) = (Layout::Native, None, None);
    // The compiled files are the chain, even if the project is nearby.
    gate.alembic_config = None;
    gate.policy.on_destructive = OnDestructive::Allow;
    gate.policy.verify = Some(Verify::Off);
    let has_left = compiled.iter().any(|one| one.is_left);
    if has_left {
        // Both have to use one history.
        gate.chain.coexist = Some(TheirHistory { migrator: Migrator::Alembic, table: Some(table.clone()) });
    }
    let database = gate.database.clone();
    tracing::info!("the compiled chain runs on a scratch server, to be held against the recorded one");
    let gate = run::gate(gate, Progress::new(Metrics::new()), stop).await?;
    let mut gate = gate.native("the files are SQL")?;
    let server = server(&scratch).await?;
    gate.outside =
        has_left.then(|| Box::new(ByProgram { request: request.clone(), database, server }) as Box<dyn Outside>);
    gate.run().await.map_err(|mut failure| {
        failure
            .details
            .insert(0, "so ended the compiled chain on an empty scratch database; nothing was written".to_owned());
        failure
    })?;
    let (mut found, _) = facts(config, &scratch).await?;
    without_version(&mut found);
    let snapshot = Snapshot::of(String::new(), String::new(), major, wanted, &named);
    let report = crate::sql::with_room(|| verify::drift(&snapshot, found, major, &Ignored::default(), false));
    let differing = report.lines.iter().filter(|line| line.what <= LineKind::Unexpected);
    let lines: Vec<String> =
        differing.map(|line| format!("{} {} {}", line.what.word(), line.object, line.why)).collect();
    if lines.is_empty() { Ok(()) } else { Err(RecordError::Differs(lines).into()) }
}

async fn server(scratch: &Scratch) -> Result<ServerVersion, Failure> {
    let session = scratch.session().await?;
    let server = session.server;
    session.close().await;
    Ok(server)
}

/// Runs the recorded program on the scratch database, for the revisions that are left to it.
struct ByProgram {
    request: Request,
    database: Database,
    server: ServerVersion,
}

impl Outside for ByProgram {
    fn apply<'a>(
        &'a self,
        _: &'a Held,
        revision: Revision<'a>,
        look: &'a dyn Fn() -> Soon<'a, Result<Stage, Failure>>,
    ) -> Soon<'a, Result<(), Failure>> {
        Box::pin(async move {
            let said = record::apply(&self.request, revision.id, (&self.database, self.server)).await?;
            let stage = look().await?;
            if stage.is_applied {
                return Ok(());
            }
            let (table, missing) = (stage.table, vec![revision.id.to_owned()]);
            Err(RecordError::NothingRecorded { table, missing, said, is_silent: false }.into())
        })
    }
}

async fn facts(config: &Config, scratch: &Scratch) -> Result<(Facts, u32), Failure> {
    let session = scratch.session().await?;
    let look = Look { schemas: None, history: config.chain.history_table.name.clone(), privileges: true };
    let facts = verify::read(&session, &look).await?;
    let major = session.server.major();
    session.close().await;
    schema::whole(&facts)?;
    Ok((facts, major))
}

/// The chain in a directory with no other files.
struct Files {
    /// The directory that was created here, and is removed on drop.
    own: PathBuf,
    chain: PathBuf,
}

impl Files {
    fn write(compiled: &[Compiled]) -> Result<Self, RecordError> {
        let own = std::env::temp_dir().join(format!("lockgate-compiled-{:016x}", fastrand::u64(..)));
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| RecordError::Write { path, source }
        };
        // This fails if something of that name exists, so only a directory that was created here is ever removed.
        fs::create_dir(&own).map_err(failed(&own))?;
        let files = Self { chain: own.join("chain"), own };
        fs::create_dir(&files.chain).map_err(failed(&files.chain))?;
        for one in compiled {
            let path = files.chain.join(&one.name);
            fs::write(&path, &one.rehearsal).map_err(failed(&path))?;
        }
        Ok(files)
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        // The system clears remains in its temporary directory.
        let _ = fs::remove_dir_all(&self.own);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_of_a_proof_go_and_nothing_beside_them() {
        let beside = tempfile::tempdir().unwrap();
        let files = Files::write(&[]).unwrap();
        let own = files.own.clone();
        assert!(files.chain.starts_with(&own) && own.parent() == Some(&*std::env::temp_dir()));
        drop(files);
        assert!(!own.exists() && beside.path().exists());
    }
}
