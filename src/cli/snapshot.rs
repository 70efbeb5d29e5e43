//! `lockgate snapshot`: writes the schema that the chain makes, as a file beside it.

use std::path::PathBuf;

use clap::ArgMatches;

use super::output::Output;
use super::{run, schema};
use crate::config::Config;
use crate::execute::Stop;
use crate::failure::{Code, Exit, Failure, counted};
use crate::progress::Progress;
use crate::telemetry::metrics::Metrics;
use crate::verify::{self, Look, Snapshot};

pub fn run(config: Config, arguments: &ArgMatches) -> Result<Exit, Failure> {
    let flag = |name| arguments.get_flag(name);
    let (of_database, checks, privileges) = (flag("database"), flag("check"), flag("privileges"));
    let path = schema::path(&config, None);
    let (progress, settings) = (Progress::new(Metrics::new()), config.clone());
    let known = progress.clone();
    let work = async move |stop| make(config, known, stop, privileges).await;
    if !of_database {
        let message = "`lockgate snapshot` takes the schema of a database: --database is not given";
        return Err(Failure {
            next: "`lockgate snapshot --database` with a database that is at head and right".to_owned(),
            ..Failure::new(Code::USAGE, message)
        });
    }
    let snapshot = run::block_on(false, async { run::stoppable(&settings, &progress, &run::stop()?, work).await })?;
    if checks { check(&path, &snapshot) } else { write(path, &snapshot) }
}

async fn make(config: Config, progress: Progress, _stop: Stop, privileges: bool) -> Result<Snapshot, Failure> {
    let chain = schema::chain(&config)?;
    let session = schema::connect(&config, progress).await?;
    let look = Look { schemas: Some(chain.schemas.clone()), history: config.history_table.name.clone(), privileges };
    let facts = verify::read(&session, &look).await?;
    let major = session.server.major();
    session.close().await;
    schema::whole(&facts)?;
    Ok(Snapshot::of(chain.digest, chain.head, major, facts, &chain.named))
}

fn write(path: PathBuf, snapshot: &Snapshot) -> Result<Exit, Failure> {
    let before = std::fs::read_to_string(&path).unwrap_or_default();
    let mut output = Output::default();
    let objects = counted(snapshot.facts.len(), "object");
    if before == snapshot.text() {
        say!(output, "{} is up to date: {objects}, head {}", path.display(), snapshot.head);
    } else {
        snapshot.write(&path)?;
        say!(output, "{}: {objects}, head {}", path.display(), snapshot.head);
    }
    output.end()?;
    Ok(Exit::Open)
}

/// Nothing is written.
fn check(path: &std::path::Path, snapshot: &Snapshot) -> Result<Exit, Failure> {
    let before = std::fs::read_to_string(path).unwrap_or_default();
    let mut output = Output::default();
    let is_equal = before == snapshot.text();
    match (is_equal, before.is_empty()) {
        (true, _) => say!(output, "{} is up to date", path.display()),
        (false, true) => say!(output, "{} is not there: lockgate snapshot writes it", path.display()),
        (false, false) => say!(output, "{} is out of date: lockgate snapshot writes it again", path.display()),
    }
    output.end()?;
    Ok(if is_equal { Exit::Open } else { Exit::NotAtHead })
}
