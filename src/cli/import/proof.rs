//! A compiled chain is run by our own engine on a scratch server, and its schema held against the recorded one.

use std::fs;
use std::path::PathBuf;

use crate::cli::{run, schema};
use crate::config::{Config, HistoryTable, Layout, OnDestructive, Verify};
use crate::execute::Stop;
use crate::failure::Failure;
use crate::progress::Progress;
use crate::record::{Compiled, RecordError, Recording};
use crate::scratch::{Demands, Scratch};
use crate::source;
use crate::telemetry::metrics::Metrics;
use crate::verify::{self, Facts, Ignored, LineKind, Look, Named, Snapshot};

/// # Errors
/// The engine refuses the chain, or its schema is another.
pub async fn prove(
    config: &Config,
    recording: &Recording,
    compiled: &[Compiled],
    table: &HistoryTable,
    stop: Stop,
) -> Result<(), Failure> {
    let files = Files::write(compiled)?;
    let named = Named::of(&source::read(&files.0, Layout::Native)?);
    let (mut wanted, major) = facts(config, &recording.scratch).await?;
    // Its name may be one that no list of tools' tables has.
    let is_version = |holder: &str| holder.rsplit('.').next() == Some(table.name.as_str());
    wanted.facts.retain(|fact| !is_version(fact.holder()) && !is_version(&fact.name));
    let scratch = Scratch::start(config, &Demands::default()).await?;
    let mut gate = scratch.config(config)?;
    gate.migrations.clone_from(&files.0);
    (gate.layout, gate.runner, gate.coexist) = (Layout::Native, None, None);
    // The files are the chain, wherever the project is.
    gate.alembic.settings = None;
    gate.policy.on_destructive = OnDestructive::Allow;
    gate.policy.verify = Some(Verify::Off);
    tracing::info!("the compiled chain runs on a scratch server, to be held against the recorded one");
    let gate = run::gate(gate, Progress::new(Metrics::new()), stop).await?;
    gate.run().await.map_err(|mut failure| {
        failure
            .details
            .insert(0, "so ended the compiled chain on an empty scratch database; nothing was written".to_owned());
        failure
    })?;
    let (found, _) = facts(config, &scratch).await?;
    let snapshot = Snapshot::of(String::new(), String::new(), major, wanted, &named);
    let report = crate::sql::with_room(|| verify::drift(&snapshot, found, major, &Ignored::default(), false));
    let differing = report.lines.iter().filter(|line| line.what <= LineKind::Unexpected);
    let lines: Vec<String> =
        differing.map(|line| format!("{} {} {}", line.what.word(), line.object, line.why)).collect();
    if lines.is_empty() { Ok(()) } else { Err(RecordError::Differs(lines).into()) }
}

async fn facts(config: &Config, scratch: &Scratch) -> Result<(Facts, u32), Failure> {
    let session = scratch.session().await?;
    let look = Look { schemas: None, history: config.history_table.name.clone(), privileges: true };
    let facts = verify::read(&session, &look).await?;
    let major = session.server.major();
    session.close().await;
    schema::whole(&facts)?;
    Ok((facts, major))
}

/// The chain in a directory of its own, which goes with it.
struct Files(PathBuf);

impl Files {
    fn write(compiled: &[Compiled]) -> Result<Self, RecordError> {
        let place = std::env::temp_dir();
        let name = format!("lockgate-compiled-{:016x}", fastrand::u64(..));
        let files = Self(place.join(name));
        let written = fs::create_dir(&files.0)
            .and_then(|()| compiled.iter().try_for_each(|one| fs::write(files.0.join(&one.name), &one.rehearsal)));
        written.map_err(|source| RecordError::Write { path: files.0.clone(), source })?;
        Ok(files)
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        // The system clears what is left in its directory for such files.
        let _ = fs::remove_dir_all(&self.0);
    }
}
