//! `lockgate snapshot`: writes the schema that the chain creates as a file beside it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::ArgMatches;

use super::output::Output;
use super::schema::OfChain;
use super::verify::print;
use super::{chosen, run, schema};
use crate::config::{Config, OnDestructive, Verify};
use crate::connect::Session;
use crate::execute::Stop;
use crate::failure::{Exit, Failure, counted};
use crate::object::{self, Around};
use crate::plan::{self, Named, Way};
use crate::progress::Progress;
use crate::scratch::{Demands, Scratch, touches_cluster};
use crate::source;
use crate::sql;
use crate::statement::change::{Act, Effect};
use crate::telemetry::metrics::Metrics;
use crate::verify::{self, Ignored, Look, Snapshot};

pub fn run(config: Config, arguments: &ArgMatches) -> Result<Exit, Failure> {
    let flag = |name| arguments.get_flag(name);
    let (is_of_database, checks, privileges) = (flag("database"), flag("check"), flag("privileges"));
    let prints_sql = flag("sql");
    let path = schema::path(&config, None);
    let (progress, settings) = (Progress::new(Metrics::new()), config.clone());
    let known = progress.clone();
    let work = async move |stop| match is_of_database {
        true => of_database(config, known, privileges).await,
        false => of_chain(config, stop, privileges).await,
    };
    let snapshot = run::looking(&settings, &progress, work)?;
    match (checks, prints_sql) {
        (true, _) => check(&path, snapshot),
        (false, true) => print_sql(&snapshot),
        (false, false) => write(path, &snapshot),
    }
}

/// Prints a script that creates the schema in an empty database.
fn print_sql(snapshot: &Snapshot) -> Result<Exit, Failure> {
    let mut output = Output::default();
    let script = object::script(&Around::new(&snapshot.facts, snapshot.server));
    output.text(&format!(
        "-- The schema at {}, for PostgreSQL {}. Names without a schema are in the first one of the search_path.\n\
         SET check_function_bodies = off;\n",
        snapshot.head, snapshot.server
    ));
    script.statements.iter().for_each(|statement| output.text(&format!("\n{statement};\n")));
    for left_out in &script.left_out {
        output.text(&format!("\n-- NOT WRITTEN: {}: {}\n", left_out.object, left_out.why.replace('\n', " ")));
    }
    output.end()?;
    Ok(Exit::Open)
}

/// Takes the snapshot of an existing database.
async fn of_database(config: Config, progress: Progress, privileges: bool) -> Result<Snapshot, Failure> {
    let chain = schema::chain(&config)?;
    let session = schema::connect(&config, progress).await?;
    let schemas = Some(chain.schemas.clone());
    read(&config, session, chain, schemas, privileges).await
}

/// Takes the snapshot of a database in which only the chain ran.
///
/// # Errors
/// No server is available to run it on, or the chain fails.
pub(super) async fn of_chain(config: Config, stop: Stop, privileges: bool) -> Result<Snapshot, Failure> {
    let chain = schema::chain(&config)?;
    // A script with errors is refused before a server is started.
    let demands = if chosen::project(&config)?.is_some() { Demands::default() } else { demands(&config)? };
    let scratch = Scratch::start(&config, &demands).await?;
    let mut config = scratch.config(&config)?;
    config.policy.on_destructive = OnDestructive::Allow;
    // The result of this run is the snapshot.
    config.policy.verify = Some(Verify::Off);
    tracing::info!("the chain runs on a scratch server");
    run::gate(config.clone(), Progress::new(Metrics::new()), stop).await?.run().await?;
    let session = scratch.session().await?;
    read(&config, session, chain, None, privileges).await
}

async fn read(
    config: &Config,
    session: Session,
    chain: OfChain,
    schemas: Option<Vec<String>>,
    privileges: bool,
) -> Result<Snapshot, Failure> {
    let look = Look { schemas, history: config.chain.history_table.name.clone(), privileges };
    let facts = verify::read(&session, &look).await?;
    let major = session.server.major();
    session.close().await;
    schema::whole(&facts)?;
    Ok(Snapshot::of(chain.digest, chain.head, major, facts, &chain.named))
}

/// The demands of a chain on its server.
fn demands(config: &Config) -> Result<Demands, Failure> {
    let chain = source::of(config)?;
    let readings = plan::read(&chain, (0..chain.len()).map(|at| (at, Way::Up)).collect())?;
    let (mut named, mut made, mut cluster) = (BTreeSet::new(), BTreeSet::new(), None);
    for reading in &readings {
        let Named { file, text, .. } = reading.way.script(&chain.revisions()[reading.at]);
        for statement in &reading.script.statements {
            named.extend(statement.roles.iter().cloned());
            if let Effect::Changes(changes) = &statement.effect {
                made.extend(changes.iter().filter_map(|change| match &change.act {
                    Act::CreateRole { name } => Some(name.clone()),
                    _ => None,
                }));
            }
            if cluster.is_none() && touches_cluster(statement, text) {
                cluster = Some(format!("{file}:{}:{}", statement.line, statement.column));
            }
        }
    }
    let roles = named.difference(&made).filter(|name| !name.starts_with("pg_")).cloned().collect();
    Ok(Demands { roles, cluster })
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

/// Compares without writing. Texts from another major version count as different if their parse trees differ.
fn check(path: &Path, snapshot: Snapshot) -> Result<Exit, Failure> {
    let mut output = Output::default();
    let is_equal = match Snapshot::find(path)? {
        None => {
            say!(output, "{} is not there: lockgate snapshot writes it", path.display());
            false
        }
        Some((there, _)) if there.chain != snapshot.chain => {
            let (head, before) = (&snapshot.head, &there.head);
            say!(output, "{} is of another chain: its head is {before}, the chain's {head}", path.display());
            false
        }
        Some((there, _)) => {
            let (major, ignored) = (snapshot.server, Ignored::default());
            let report = sql::with_room(|| verify::drift(&there, snapshot.into_facts(), major, &ignored, false));
            let is_equal = report.differences() == 0;
            let state = if is_equal { "is up to date" } else { "is out of date: lockgate snapshot writes it again" };
            say!(output, "{} {state}", path.display());
            print(&mut output, &report);
            is_equal
        }
    };
    output.end()?;
    Ok(if is_equal { Exit::Open } else { Exit::NotAtHead })
}
