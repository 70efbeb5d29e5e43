//! A rehearsal of a repair before it is written: the broken schema is built from its own facts on a scratch server, and the
//! repair runs there. A step that the server refuses, or whose object still differs, is left undone. Then the schema is migrated
//! there with the repair as its revision.

use std::collections::BTreeSet;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::{chosen, new, run as gates};
use crate::config::{Config, Verify};
use crate::connect::{Message, Session, SessionError};
use crate::execute::Stop;
use crate::failure::Failure;
use crate::gate;
use crate::object::{Around, list, script};
use crate::progress::Progress;
use crate::repair::{self, Plan, Step};
use crate::scratch::{Demands, Scratch, ScratchError, random};
use crate::source;
use crate::telemetry::metrics::Metrics;
use crate::verify::{self, Apart, Facts, Ignored, Look, Snapshot};

/// Objects that need another server, which a scratch server lacks.
const BEYOND: &str = "subscription";

/// The number of attempts, in each of which a refused statement is left out and the rest tried again. After the first ones, all
/// statements that one attempt refuses are left out at once: some may only follow from another's failure, and are reported.
const ATTEMPTS: usize = 16;
const ONE_BY_ONE: usize = 8;

/// Tries the plan, and leaves undone the steps that fail. `trusted` are the roles that the database itself trusts.
///
/// # Errors
/// The scratch server's connection broke.
pub async fn rehearse(
    (config, stop): (&Config, &Stop),
    (snapshot, broken, ignored): (&Snapshot, &Facts, &Ignored),
    trusted: &BTreeSet<String>,
    plan: &mut Plan,
) -> Result<Proof, Failure> {
    let (mut snapshot, mut broken) = (snapshot.clone(), broken.clone());
    [&mut snapshot.facts, &mut broken.facts].iter_mut().for_each(|facts| facts.retain(|it| it.kind.word != BEYOND));
    let (snapshot, broken) = (&snapshot, &broken);
    let config = &trusting(config, trusted, broken);
    let demands = Demands { roles: roles(broken, snapshot), cluster: None };
    let mut before = None;
    for attempts in 0..ATTEMPTS {
        let scratch = match before.take() {
            None => Scratch::start(config, &demands).await,
            Some(scratch) => Scratch::emptied(scratch, config).await,
        };
        let scratch = match scratch {
            Ok(scratch) => scratch,
            Err(error) => return Ok(Proof::Unproved(because(&error))),
        };
        let session = scratch.session().await?;
        let tried = attempt(&session, (snapshot, broken, ignored), plan, attempts < ONE_BY_ONE).await;
        session.close().await;
        match tried? {
            Attempt::Holds if plan.done() == 0 => return Ok(Proof::Tried),
            Attempt::Holds => {
                return match Scratch::emptied(scratch, config).await {
                    Ok(scratch) => migrated((config, stop, &scratch), (snapshot, broken, ignored), plan).await,
                    Err(error) => Ok(Proof::Unproved(because(&error))),
                };
            }
            Attempt::CannotBuild(why) => return Ok(Proof::Unproved(why)),
            Attempt::Refused(steps) => {
                steps.into_iter().for_each(|(at, why)| plan.give_up(at, format!("the server refuses it: {why}")));
            }
            Attempt::Stays(at, why) => plan.give_up(at, why),
            Attempt::Remains(objects) => {
                return Ok(Proof::Unproved(format!(
                    "on a scratch server this stays different: {}",
                    objects.join(", ")
                )));
            }
        }
        before = Some(scratch);
    }
    Ok(Proof::Unproved("a scratch server refuses too much of it".to_owned()))
}

/// The extent to which a repair was tried.
#[derive(Clone, Debug)]
pub enum Proof {
    /// Afterwards the broken schema, built from its own facts, equals the snapshot, except for the steps left undone.
    Tried,
    /// No server is available to try it on.
    Unproved(String),
}

/// The differences; owners and grants count if the snapshot contains them.
pub fn apart(snapshot: &Snapshot, facts: &Facts, major: u32, ignored: &Ignored) -> Apart {
    let mut facts = facts.clone();
    if !snapshot.privileges {
        for fact in &mut facts.facts {
            fact.properties.retain(|(property, _)| !matches!(*property, "owner" | "grants"));
        }
        facts.facts.retain(|fact| fact.kind.word != "default privileges");
    }
    crate::sql::with_room(|| verify::apart(snapshot, facts, major, ignored))
}

enum Attempt {
    Holds,
    CannotBuild(String),
    /// The refused steps, each with the reason.
    Refused(Vec<(usize, String)>),
    /// The step ran, and its object still differs.
    Stays(usize, String),
    /// No step of the plan concerns these objects.
    Remains(Vec<String>),
}

fn because(error: &ScratchError) -> String {
    format!("there is no scratch server to try it on: {error}")
}

/// The roles that policies and owners name.
fn roles(broken: &Facts, snapshot: &Snapshot) -> Vec<String> {
    let facts = broken.facts.iter().chain(&snapshot.facts);
    let named = facts.flat_map(|fact| {
        let grantee = |line: String| line.rsplit_once(": ").map(|(role, _)| role.to_owned());
        let granted = list(fact.get("grants")).into_iter().filter_map(grantee).filter(|role| role != "public");
        let to = if fact.kind.word == "policy" { list(fact.get("to")) } else { Vec::new() };
        to.into_iter().chain(granted).chain(fact.text("owner").map(str::to_owned)).collect::<Vec<_>>()
    });
    let all: BTreeSet<String> = named.filter(|role| !role.starts_with("pg_")).collect();
    all.into_iter().collect()
}

/// The scratch server knows the owners of the broken schema as plain roles: those that the database trusts are named to it, and no
/// others.
fn trusting(config: &Config, trusted: &BTreeSet<String>, broken: &Facts) -> Config {
    let owners: BTreeSet<&str> = broken.facts.iter().filter_map(|fact| fact.text("owner")).collect();
    let mut config = config.clone();
    config.policy.trusted_owners = trusted.iter().filter(|role| owners.contains(role.as_str())).cloned().collect();
    config
}

async fn attempt(
    session: &Session,
    (snapshot, broken, ignored): (&Snapshot, &Facts, &Ignored),
    plan: &Plan,
    ends_at_first: bool,
) -> Result<Attempt, Failure> {
    if let Some(why) = build(session, broken).await? {
        return Ok(Attempt::CannotBuild(why));
    }
    let is_tried = |step: &Step| step.is_done() && step.kind.word != BEYOND;
    let mut refused = Vec::new();
    for (at, step) in plan.steps.iter().enumerate().filter(|(_, step)| is_tried(step)) {
        for sql in &step.sql {
            if let Some(error) = run(session, sql).await? {
                refused.push((at, error));
                break;
            }
        }
        if ends_at_first && !refused.is_empty() {
            break;
        }
    }
    if !refused.is_empty() {
        return Ok(Attempt::Refused(refused));
    }
    let look = Look { schemas: Some(snapshot.schemas.clone()), history: String::new(), privileges: true };
    let facts = verify::read(session, &look).await?;
    Ok(judged(plan, &apart(snapshot, &facts, session.server.major(), ignored)))
}

/// Builds the broken schema; returns the reason if that fails.
async fn build(session: &Session, broken: &Facts) -> Result<Option<String>, Failure> {
    let built = script(&Around::rehearsal(&broken.facts, session.server.major()));
    if let Some(left_out) = built.left_out.first() {
        let (object, why) = (&left_out.object, &left_out.why);
        return Ok(Some(format!("{object} cannot be built on a scratch server: {why}")));
    }
    if let Some(error) = run(session, "SET check_function_bodies = off; SET client_min_messages = error").await? {
        return Ok(Some(error));
    }
    for statement in &built.statements {
        if let Some(error) = run(session, statement).await? {
            return Ok(Some(format!("the broken schema cannot be built on a scratch server: {error}")));
        }
    }
    Ok(None)
}

/// A copy of the chain, which is removed when it is dropped.
struct Copy(PathBuf);

impl Drop for Copy {
    fn drop(&mut self) {
        // A failure leaves only a copy of existing files behind.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Copy {
    /// Copies the files; a native chain has no subdirectories.
    fn of(directory: &Path) -> std::io::Result<Self> {
        let copy = Self(std::env::temp_dir().join(format!("lockgate-repair-{}", &random()[..12])));
        std::fs::DirBuilder::new().mode(0o700).create(&copy.0)?;
        for entry in std::fs::read_dir(directory)? {
            let entry = entry?;
            if entry.path().is_file() {
                std::fs::copy(entry.path(), copy.0.join(entry.file_name()))?;
            }
        }
        Ok(copy)
    }
}

/// Migrates the broken schema, whose history contains the chain, to the repair as its next revision.
async fn migrated(
    (config, stop, scratch): (&Config, &Stop, &Scratch),
    (snapshot, broken, ignored): (&Snapshot, &Facts, &Ignored),
    plan: &Plan,
) -> Result<Proof, Failure> {
    let chain = source::of(config);
    let is_native = chain.is_ok_and(|chain| chain.layout().is_none()) && chosen::project(config)?.is_none();
    if !is_native {
        return Ok(Proof::Tried);
    }
    let session = scratch.session().await?;
    if let Some(why) = build(&session, broken).await? {
        return Ok(Proof::Unproved(why));
    }
    let Ok(copy) = Copy::of(&config.chain.migrations) else {
        return Ok(Proof::Unproved("there is no room for a copy of the chain".to_owned()));
    };
    // The following log lines are not about the database.
    tracing::info!("the repair is tried as a revision on a scratch server");
    let mut config = scratch.config(config)?;
    (config.chain.migrations, config.chain.coexist) = (copy.0.clone(), None);
    config.policy.verify = Some(Verify::Off);
    let carried = async {
        let gate = gates::gate(config.clone(), Progress::new(Metrics::new()), stop.clone()).await?.native("")?;
        gate::stamp(&gate, "head", true, None).await?;
        new::revision(&config, "repair", |after| repair::text(plan, &snapshot.head, after), &repair::down())?;
        gates::gate(config.clone(), Progress::new(Metrics::new()), stop.clone()).await?.run().await
    };
    if let Err(failure) = carried.await {
        // The first statement that fails, and its reason.
        let told: Vec<&str> = failure.details.iter().take(2).map(|line| line.trim()).collect();
        let because = if told.is_empty() { failure.message.clone() } else { told.join(": ") };
        return Ok(Proof::Unproved(format!("as a revision it fails on a scratch server: {because}")));
    }
    let history = config.chain.history_table.name.clone();
    let look = Look { schemas: Some(snapshot.schemas.clone()), history, privileges: true };
    let facts = verify::read(&session, &look).await?;
    let left = judged(plan, &apart(snapshot, &facts, session.server.major(), ignored));
    session.close().await;
    Ok(match left {
        Attempt::Holds => Proof::Tried,
        _ => Proof::Unproved("as a revision it leads elsewhere on a scratch server".to_owned()),
    })
}

/// Judges the differences that remain and that no undone step explains.
fn judged(plan: &Plan, left: &Apart) -> Attempt {
    let objects = left.missing.iter().chain(&left.unexpected).map(|fact| fact.shown());
    let differing =
        left.differing.iter().filter(|(_, _, all)| all.iter().any(|it| it.weight == crate::object::Weight::Different));
    let renamed = left.renamed.iter().map(|it| &it.wanted).filter(|fact| !fact.auto);
    let objects: Vec<String> =
        objects.chain(differing.map(|(fact, ..)| fact.shown())).chain(renamed.map(|fact| fact.shown())).collect();
    let is_said = |object: &String| plan.not_done().any(|(step, _)| step.object == *object);
    let unsaid: Vec<String> = objects.into_iter().filter(|object| !is_said(object)).collect();
    let Some(first) = unsaid.first() else { return Attempt::Holds };
    match plan.steps.iter().position(|step| step.is_done() && step.object == *first) {
        Some(at) => Attempt::Stays(at, "it was tried on a scratch server, and the object still differs".to_owned()),
        // Undone steps may affect other objects, which depend on theirs.
        None if plan.not_done().next().is_some() => Attempt::Holds,
        None => Attempt::Remains(unsaid),
    }
}

/// Runs the SQL; returns the server's refusal, if any.
async fn run(session: &Session, sql: &str) -> Result<Option<String>, Failure> {
    match session.send(&Message::users(sql)).await.rows().await {
        Ok(_) => Ok(None),
        Err(SessionError::Server(error)) => Ok(Some(error.message.clone())),
        Err(lost) => Err(Failure::from(crate::connect::ConnectError::unanswered(session.address.clone(), lost))),
    }
}
