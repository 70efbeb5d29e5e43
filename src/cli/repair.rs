//! `lockgate repair`: writes the next revision, which brings a database back to the snapshot, after trying it on a scratch
//! server.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::ArgMatches;

use super::output::Output;
use super::rehearse::{self, Proof, apart};
use super::{new, run, schema, snapshot};
use crate::catalog;
use crate::config::Config;
use crate::connect::{Message, Session};
use crate::execute::Stop;
use crate::failure::{Code, Exit, Failure, counted};
use crate::gate::Standing;
use crate::object::Around;
use crate::plan::PlanError;
use crate::progress::Progress;
use crate::repair::{self, Plan, Request};
use crate::telemetry::metrics::Metrics;
use crate::verify::{self, Facts, Ignored, Look, Snapshot, VerifyError};

/// The arguments of the command.
#[derive(Clone, Debug)]
struct Wish {
    name: String,
    is_dry: bool,
    applies: bool,
    drops: bool,
}

/// The plan of a repair, and the snapshot at which it aims.
struct Found {
    snapshot: Snapshot,
    /// True if the snapshot is the file beside the chain.
    is_of_file: bool,
    plan: Plan,
    /// The extent to which the plan was tried.
    proof: Proof,
}

pub fn run(config: Config, arguments: &ArgMatches) -> Result<Exit, Failure> {
    let flag = |name| arguments.get_flag(name);
    let name = arguments.get_one::<String>("name").cloned().unwrap_or_else(|| "repair".to_owned());
    let wish = Wish { name, is_dry: flag("dry-run"), applies: flag("apply"), drops: flag("drop") };
    let (progress, settings) = (Progress::new(Metrics::new()), config.clone());
    let (known, asked) = (progress.clone(), wish.clone());
    let of_gate = config.clone();
    let work = async move |stop| look(config, (known, stop), &asked).await;
    let found = run::looking(&settings, &progress, work)?;
    let mut output = Output::default();
    if found.plan.steps.is_empty() {
        let measure = if found.is_of_file { "the snapshot" } else { "the chain" };
        say!(output, "nothing to repair: the database is as {measure} at {}", found.snapshot.head);
        output.end()?;
        return Ok(Exit::Open);
    }
    if wish.is_dry {
        output.text(&repair::text(&found.plan, &found.snapshot.head, None));
        output.end()?;
        return Ok(Exit::Open);
    }
    let exit = written(&of_gate, &wish, &found, &mut output)?;
    output.end()?;
    if !wish.applies || found.plan.done() == 0 {
        return Ok(exit);
    }
    apply(of_gate)
}

/// Compares, plans the repair, and tries it.
async fn look(config: Config, (progress, stop): (Progress, Stop), wish: &Wish) -> Result<Found, Failure> {
    let chain = schema::chain(&config)?;
    let path = schema::path(&config, None);
    let of_file = Snapshot::find(&path)?.map(|(snapshot, _)| snapshot);
    let is_of_file = of_file.is_some();
    let snapshot = match of_file {
        Some(snapshot) => snapshot,
        None => of_chain(&config, stop.clone(), path.clone()).await?,
    };
    if chain.digest != snapshot.chain {
        return Err(VerifyError::Stale { path, of: snapshot.head, head: chain.head }.into());
    }
    at_head(&config, &stop).await?;
    let ignored = Ignored::read(&config.chain.migrations)?;
    let session = schema::connect(&config, progress).await?;
    let look = Look {
        schemas: Some(snapshot.schemas.clone()),
        history: config.chain.history_table.name.clone(),
        privileges: true,
    };
    let facts = verify::read(&session, &look).await?;
    schema::whole(&facts)?;
    let major = session.server.major();
    let user = user(&session).await?;
    let (large, trusted) = large_and_trusted(&session, &config.policy.trusted_owners).await?;
    let request = Request { user: &user, drops: wish.drops, large: &large };
    let mut plan = planned(&snapshot, &facts, major, &ignored, request);
    plan.tell(&schema::places(&config));
    let checked = repair::check(&session, &mut plan.steps).await;
    let address = session.address.clone();
    session.close().await;
    checked.map_err(|error| lost(&address, error))?;
    let proof = rehearse::rehearse((&config, &stop), (&snapshot, &facts, &ignored), &trusted, &mut plan).await?;
    Ok(Found { snapshot, is_of_file, plan, proof })
}

/// Without a file, the chain runs on a scratch server to produce the snapshot.
async fn of_chain(config: &Config, stop: Stop, path: PathBuf) -> Result<Snapshot, Failure> {
    snapshot::of_chain(config.clone(), stop, false).await.map_err(|failure| match failure.code {
        Code::SCRATCH | Code::SCRATCH_SHARED => VerifyError::NoSnapshot { path }.into(),
        _ => failure,
    })
}

/// Checks that the database is at head: at another place, pending revisions would hide the damage. A database without a history
/// may be at head.
async fn at_head(config: &Config, stop: &Stop) -> Result<(), Failure> {
    let Some(standing) = schema::standing(config, stop.clone()).await else { return Ok(()) };
    let Standing { pending, ahead, is_without_history } = standing;
    let why = match (pending.len(), ahead) {
        (0, 0) => return Ok(()),
        _ if is_without_history => return Ok(()),
        (0, ahead) => format!("the database is {} ahead of the chain", counted(ahead, "revision")),
        (pending, _) => format!("{} not applied yet", counted(pending, "revision")),
    };
    let next = match ahead {
        0 => "`lockgate migrate` first: a repair comes behind all revisions",
        _ => "repair it with the chain that migrated it",
    };
    Err(Failure { next: next.to_owned(), ..Failure::new(Code::ELSEWHERE, why) })
}

/// The current user, who owns the objects that are created again.
async fn user(session: &Session) -> Result<String, Failure> {
    let rows = session.send(&Message::own("SELECT current_user")).await.rows().await;
    let rows = rows.map_err(|error| lost(&session.address, error))?;
    Ok(rows.into_iter().find_map(|row| row.into_iter().next()?).unwrap_or_default())
}

/// Tables whose rows take longer to read than a lock may last, by their names in the home's facts.
const LARGE: &str = "SELECT c.oid::regclass FROM pg_class c \
    WHERE c.relkind = 'r' AND c.relpages::bigint * current_setting('block_size')::bigint > 33554432";

/// The large tables, and the roles that this database trusts.
async fn large_and_trusted(
    session: &Session,
    owners: &[String],
) -> Result<(BTreeSet<String>, BTreeSet<String>), Failure> {
    let home = "SELECT pg_catalog.quote_ident(pg_catalog.current_schema())";
    let lost = |error| lost(&session.address, error);
    let home = session.send(&Message::control(home)).await.rows().await.map_err(lost)?;
    let home = home.into_iter().find_map(|row| row.into_iter().next()?).unwrap_or_else(|| "pg_catalog".to_owned());
    let begun = session.send(&Message::control("BEGIN READ ONLY")).await.rows().await;
    begun.map_err(lost)?;
    let large = session.send(&Message::reading(LARGE, &home)).await.rows().await;
    let others = catalog::others(session, owners).await;
    session.send(&Message::control("ROLLBACK")).await.rows().await.map_err(lost)?;
    let large = large.map_err(lost)?.into_iter().filter_map(|row| row.into_iter().next()?).collect();
    Ok((large, others.map_err(PlanError::from)?.trusted))
}

fn lost(address: &str, error: crate::connect::SessionError) -> Failure {
    Failure::from(crate::connect::ConnectError::unanswered(address.to_owned(), error))
}

fn planned(snapshot: &Snapshot, facts: &Facts, major: u32, ignored: &Ignored, request: Request<'_>) -> Plan {
    let apart = apart(snapshot, facts, major, ignored);
    let (wanted, found) = (Around::new(&snapshot.facts, major), Around::new(&facts.facts, major));
    crate::sql::with_room(|| repair::plan(&wanted, &found, &apart, request))
}

/// Writes the revision, its down script, and the snapshot, which now belongs to the longer chain.
fn written(config: &Config, wish: &Wish, found: &Found, output: &mut Output) -> Result<Exit, Failure> {
    for (step, reason) in found.plan.not_done() {
        say!(output, "not done    {}: {}: {reason}", step.object, step.why);
    }
    if found.plan.done() == 0 {
        say!(output, "nothing is written: a person has to do what is left");
        return Ok(Exit::NotAtHead);
    }
    let text = |after: Option<&str>| repair::text(&found.plan, &found.snapshot.head, after);
    let files: Vec<PathBuf> = new::revision(config, &wish.name, text, &repair::down())?;
    files.iter().for_each(|file| say!(output, "{}", file.display()));
    let chain = schema::chain(config)?;
    if found.is_of_file {
        let snapshot = Snapshot { chain: chain.digest, head: chain.head, ..found.snapshot.clone() };
        snapshot.write(&schema::path(config, None))?;
    }
    let steps = counted(found.plan.done(), "statement");
    match &found.proof {
        Proof::Tried => {
            say!(output, "{steps}, tried on a scratch server: the schema is as the snapshot then{}", but(&found.plan))
        }
        Proof::Unproved(why) => say!(output, "{steps}, unproved: {why}"),
    }
    if !wish.applies {
        say!(output, "next: read it, then lockgate migrate");
    }
    Ok(Exit::Open)
}

fn but(plan: &Plan) -> &'static str {
    if plan.not_done().next().is_some() { ", but for what is not done" } else { "" }
}

/// Applies the repair, as `lockgate migrate` does.
fn apply(config: Config) -> Result<Exit, Failure> {
    let progress = Progress::new(Metrics::new());
    run::block_on(false, async {
        let settings = config.clone();
        let finish = run::Finish::new(&settings, &progress);
        let known = progress.clone();
        let work = async move |stop| run::gate(config, known, stop).await?.run().await;
        let result = run::stoppable(&settings, &progress, &run::stop()?, work).await;
        finish.say(&result);
        result.map(|_| Exit::Open)
    })
}
