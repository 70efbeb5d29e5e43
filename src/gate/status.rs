//! `lockgate status`: one look, without a lock and without waiting, that shows everything that is readable.

use super::observe::index_question;
use super::{Gate, GateError};
use crate::catalog::How;
use crate::chain::Rows;
use crate::chain::status::{HistoryStatus, Recorded, StandingError, standing};
use crate::config::Config;
use crate::connect::{Answer, ConnectError, Connector, Message, Row, Session};
use crate::execute::{Stop, Table};
use crate::failure::Failure;
use crate::history::{self, Events, Read, ServerState, Told, Trusted};
use crate::lock::{Holder, LockKey};
use crate::pg::name::{quote_ident, quote_literal};
use crate::plan::adopt::Drift;
use crate::plan::{self, Found, Way};
use crate::progress::{Event, Note};

const RISKS: &str = include_str!("risks.sql");

/// The result of one look at a database. Facts that could not be read are missing, and the failure has the reason.
#[derive(Debug, Default)]
pub struct Glance {
    /// The server's version.
    pub server: Option<String>,
    pub state: Option<ServerState>,
    pub rows: Vec<Recorded>,
    /// None without a chain, or without a history that can be read.
    pub standing: Option<Result<HistoryStatus, StandingError>>,
    pub holder: Option<Holder>,
    /// Optional statements that are still skipped.
    pub skipped: Vec<Note>,
    /// The differences with which revisions were adopted, as recorded.
    noted: Vec<Note>,
    /// Those of them that still exist.
    pub drift: Vec<Drift>,
    /// Objects of the chain in a database with an empty history.
    pub found: Option<Found>,
    pub invalid_indexes: Option<Vec<String>>,
    /// The newest failure that a run recorded beside the history.
    pub last_failure: Option<Event>,
    /// The reason why the last failure is unknown.
    pub last_failure_unknown: Option<String>,
    /// Rights that a gate does not need, a sentence each.
    pub risks: Vec<String>,
    pub failure: Option<Failure>,
}

/// Looks once.
///
/// # Errors
/// A signal came.
pub async fn glance(gate: &Gate) -> Result<Glance, Failure> {
    let look = async {
        let (mut glance, session) = look(gate.connect().await, &gate.config, gate.schemas()).await;
        if let (Some(session), Some(state)) = (session, &glance.state) {
            match gate.with_theirs(&session, std::mem::take(&mut glance.rows)).await {
                Ok(rows) => glance.rows = rows,
                Err(judgement) => {
                    glance.failure = Some(judgement.into());
                    return glance;
                }
            }
            let standing = standing(&gate.chain, &glance.rows, &gate.place(state));
            if let Ok(HistoryStatus::Pending { pending, .. }) = &standing
                && glance.rows.is_empty()
            {
                glance.found = found(gate, &session, &Table::of(&gate.chain, Rows::First(0), state), pending).await;
            }
            glance.standing = Some(standing);
            let table = Table::of(&gate.chain, &glance.rows, state);
            glance.drift = gate.drift(&session, &table, &glance.noted).await;
            session.close().await;
        }
        glance
    };
    unless_stopped(look, &gate.stop).await
}

/// The same without a chain for comparison.
///
/// # Errors
/// A signal came.
pub async fn glance_without_chain(config: &Config, connector: &Connector, stop: &Stop) -> Result<Glance, Failure> {
    let look = async {
        let connected = connector.connect().await.map(|session| (session, None));
        look(connected, config, Vec::new()).await.0
    };
    unless_stopped(look, stop).await
}

async fn unless_stopped(look: impl Future<Output = Glance>, stop: &Stop) -> Result<Glance, Failure> {
    tokio::select! {
        biased;
        glance = look => Ok(glance),
        signal = stop.requested() => Err(GateError::Stopped("looking", signal, None).into()),
    }
}

type Connected = Result<(Session, Option<Answer>), ConnectError>;

async fn look(connected: Connected, config: &Config, schemas: Vec<String>) -> (Glance, Option<Session>) {
    let mut glance = Glance::default();
    let (session, asked) = match connected {
        Ok(connected) => connected,
        Err(error) => {
            glance.failure = Some(error.into());
            return (glance, None);
        }
    };
    glance.server = Some(session.server.to_string());
    if let Err(failure) = read(&mut glance, &session, asked, config, schemas).await {
        glance.failure = Some(failure);
    }
    (glance, Some(session))
}

/// Reads the history first: the lock is named after its place.
async fn read(
    glance: &mut Glance,
    session: &Session,
    asked: Option<Answer>,
    config: &Config,
    schemas: Vec<String>,
) -> Result<(), Failure> {
    let table = &config.chain.history_table;
    let trusted = Trusted { owners: &config.policy.trusted_owners, only_reads: true };
    let told = |answer| -> Result<Told, Failure> {
        let lost = |source| ConnectError::unanswered(session.address.clone(), source);
        Ok(Told::read(table, trusted, answer).map_err(lost)??)
    };
    let question = history::inquiry(table, history::Look::Full, &[Read::Rows, Read::Skipped, Read::Drift], None);
    // The first attempt returns a summary without rows.
    let (first, has_rows) = match asked {
        Some(answer) if !Told::is_unclear(&answer) => (told(answer)?, false),
        _ => (told(session.send(&question).await.answer().await)?, true),
    };
    first.warnings.iter().for_each(|warning| tracing::warn!("{warning}"));
    let key = LockKey::of(&first.state.history);
    let risks = RISKS.replace("{schema}", &quote_literal(&first.state.history.schema));
    let mut messages =
        vec![Message::own(key.holder_question()), Message::along(index_question(schemas)), Message::own(risks)];
    let events = Events::beside(&first.state, &config.policy.trusted_owners);
    messages.extend(events.as_ref().map(|events| events.question(Some(Read::LastFailure))));
    messages.extend((!has_rows).then_some(question));
    let mut answers = session.answers(&messages).await.into_iter();
    // These facts are useful, but no reason to fail.
    let mut rows = || answers.next().and_then(|answer| answer.rows().ok());
    glance.holder = rows().and_then(|rows| Holder::read(&rows));
    glance.invalid_indexes = rows().map(|rows| rows.into_iter().filter_map(|row| row.into_iter().next()?).collect());
    glance.risks = rows().map(|rows| told_risks(&rows, &first.state)).unwrap_or_default();
    if let Some((events, answer)) = events.and_then(|events| Some((events, answers.next()?))) {
        match events.last_failure(answer) {
            Ok(failure) => glance.last_failure = failure,
            Err(error) => glance.last_failure_unknown = Some(error),
        }
    }
    let whole = answers.next().map_or(Ok(first), told)?;
    glance.skipped = whole.skipped();
    glance.noted = whole.drift();
    glance.rows = whole.recorded()?;
    glance.state = Some(whole.state);
    Ok(())
}

fn told_risks(rows: &[Row], state: &ServerState) -> Vec<String> {
    let is = |at: usize| rows.first().and_then(|row| row.get(at)?.as_deref()) == Some("t");
    let (role, schema) = (&state.role, &state.history.schema);
    let superuser = format!(
        "{role} is a superuser: the owner of the tables, with CREATE on schema {schema}, has all the rights that a gate needs"
    );
    let everybody =
        format!("everybody may create in schema {schema}: REVOKE CREATE ON SCHEMA {} FROM PUBLIC", quote_ident(schema));
    [is(0).then_some(superuser), is(1).then_some(everybody)].into_iter().flatten().collect()
}

/// Scripts or a catalog that cannot be read show nothing.
async fn found(gate: &Gate, session: &Session, table: &Table, pending: &[usize]) -> Option<Found> {
    let readings = plan::read(&gate.chain, pending.iter().map(|&at| (at, Way::Up)).collect()).ok()?;
    let history = table.name.to_string();
    let judging = gate.judging((&[], &[]), table, How::Explain, false);
    let judging = plan::Judging { first: Some(gate.first(&history, &[])), ..judging };
    plan::preview(session, judging, readings).await.ok()?.first_contact
}
