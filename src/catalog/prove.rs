//! PostgreSQL decides if two definitions are equal: the wanted one is created beside the existing one, read back in the same
//! form, and rolled back.

use std::collections::BTreeSet;
use std::time::Duration;

use super::answer;
use super::bounds;
use super::build::{Attempt, BESIDE, Place, Reader, Site};
use super::canonical;
use super::compare::Difference;
use super::definition::Definition;
use super::equal_trees;
use super::error::{CatalogError, failure};
use super::explain;
use super::found::{Found, FoundFunction};
use super::key::Key;
use super::untrusted::Stray;
use crate::connect::{Message, Row, ServerError, Session, SessionError, message, session_settings};
use crate::pg::sqlstate::StatementFailure;

/// A definition and the object with which it is compared, perhaps under another name.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    pub key: &'a Key,
    pub wanted: &'a Definition,
    pub found_key: &'a Key,
    pub found: &'a Found,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// In a transaction that may write.
    Build,
    /// In a read-only transaction.
    Explain,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Proof {
    Equal,
    /// With the object that the server made of the script's definition, if it built one.
    Differs(Difference, Option<Box<Found>>),
    /// The reason why no answer is possible.
    Cannot(String),
    /// The question was not asked, because it would run an object of a role that is not trusted.
    Withheld(Stray),
    /// No answer is possible any more, which is no evidence against equality.
    Unclear,
    /// Equal as far as EXPLAIN shows, which is not a proof.
    Likely,
    /// An object of the name exists; only a migration can compare it.
    Uncompared,
}

/// Answers every question inside the caller's open transaction, whose lock_timeout applies. No created object remains; an error
/// in one question affects neither the others nor the transaction.
///
/// # Errors
/// The connection broke, a definition is locked, or no transaction is open.
pub async fn prove(session: &Session, questions: &[Question<'_>], how: How) -> Result<Vec<Proof>, CatalogError> {
    let (bounds, others): (Vec<Question<'_>>, Vec<Question<'_>>) = questions.iter().partition(|it| bounds::is_of(it));
    let mut of_bounds = bounds::ask(session, &bounds).await?.into_iter();
    let mut of_others = match how {
        How::Build => build(session, &others).await,
        How::Explain => explain::explain(session, &others).await,
    }?
    .into_iter();
    let answer = |question| if bounds::is_of(question) { of_bounds.next() } else { of_others.next() };
    Ok(questions.iter().map_while(answer).collect())
}

/// The same in a transaction of its own, which is rolled back.
///
/// # Errors
/// The connection broke, or a definition is locked.
pub async fn prove_alone(
    session: &Session,
    questions: &[Question<'_>],
    how: How,
    lock_timeout: Duration,
) -> Result<Vec<Proof>, CatalogError> {
    if questions.is_empty() {
        return Ok(Vec::new());
    }
    let mode = if how == How::Build { "READ WRITE" } else { "READ ONLY" };
    let timeouts = session_settings::local(session.server);
    let begin = format!("BEGIN {mode}; {timeouts}; SET LOCAL lock_timeout = {}", lock_timeout.as_millis());
    let begin = session.send(&Message::control(begin)).await;
    let proofs = prove(session, questions, how).await;
    let begun = begin.done().await;
    let ended = session.send(&Message::control("ROLLBACK")).await.done().await;
    begun?;
    let proofs = proofs?;
    ended?;
    Ok(proofs)
}

/// The result of a build.
enum Built {
    Read(Box<Found>),
    Failed(ServerError),
}

/// The build of a question's wanted side, and its place.
struct Tried<'a> {
    at: usize,
    site: Site<'a>,
    built: Built,
}

const ALL: &str = "SAVEPOINT lockgate_proofs";
const TAKE_ALL_BACK: &str = "ROLLBACK TO SAVEPOINT lockgate_proofs; RELEASE SAVEPOINT lockgate_proofs";
/// Event triggers must not see objects that are created for a comparison: a superuser bypasses them, until the savepoint ends.
const PAST_EVENT_TRIGGERS: &str = "SELECT pg_catalog.set_config('session_replication_role', 'replica', true) \
    FROM pg_catalog.pg_event_trigger WHERE pg_catalog.current_setting('is_superuser') = 'on' LIMIT 1";
/// Creates the session's temporary schema once for all questions, and shows if the role may.
const MAKE_ROOM: &str = "CREATE TEMPORARY TABLE \"lockgate proofs\" ()";

async fn build(session: &Session, questions: &[Question<'_>]) -> Result<Vec<Proof>, CatalogError> {
    if questions.is_empty() {
        return Ok(Vec::new());
    }
    let messages = [Message::control(ALL), Message::inside(PAST_EVENT_TRIGGERS), Message::control(MAKE_ROOM)];
    let mut answers = session.ask(&messages).await.into_iter();
    answers.next().transpose()?;
    answers.next().transpose()?;
    let place = match answers.next().transpose() {
        Ok(_) => Place::Temporary,
        Err(SessionError::Server(error)) if error.sqlstate == "42501" => {
            let back = format!("ROLLBACK TO SAVEPOINT lockgate_proofs; {}", message::inside(PAST_EVENT_TRIGGERS));
            session.send(&Message::control(back)).await.done().await?;
            Place::Beside
        }
        Err(SessionError::Server(error)) if failure(&error) == StatementFailure::Wrong => {
            // An event trigger refused it.
            session.send(&Message::control(TAKE_ALL_BACK)).await.done().await?;
            return Ok(questions.iter().map(|_| Proof::Cannot(error.message.clone())).collect());
        }
        Err(error) => {
            // The caller's transaction continues.
            session.send(&Message::control(TAKE_ALL_BACK)).await.done().await?;
            return Err(error.into());
        }
    };
    let proofs = build_at(session, questions, place).await;
    session.send(&Message::control(TAKE_ALL_BACK)).await.done().await?;
    proofs
}

async fn build_at(session: &Session, questions: &[Question<'_>], place: Place) -> Result<Vec<Proof>, CatalogError> {
    let mut proofs: Vec<Proof> =
        questions.iter().map(|_| Proof::Cannot("the server gave no answer".to_owned())).collect();
    let sites = questions.iter().enumerate().map(|(at, question)| (at, Site { question, place }));
    let tried = attempt(session, sites.collect(), &mut proofs).await?;
    for it in &tried {
        if let Some(proof) = proofs.get_mut(it.at) {
            *proof = verdict(it);
        }
    }
    settle(session, &tried, &mut proofs).await?;
    Ok(proofs)
}

/// Builds the wanted side of each question; a definition that cannot be built is answered at once.
async fn attempt<'a>(
    session: &Session,
    sites: Vec<(usize, Site<'a>)>,
    proofs: &mut [Proof],
) -> Result<Vec<Tried<'a>>, CatalogError> {
    let mut attempts = Vec::with_capacity(sites.len());
    for (at, site) in sites {
        match Attempt::wanted(site) {
            Ok(attempt) => attempts.push((at, site, attempt)),
            Err(why) => {
                if let Some(proof) = proofs.get_mut(at) {
                    *proof = Proof::Cannot(why);
                }
            }
        }
    }
    let built = run(session, &attempts.iter().map(|(_, site, attempt)| (*site, attempt)).collect::<Vec<_>>()).await?;
    let tried = attempts.into_iter().zip(built);
    Ok(tried.map(|((at, site, _), built)| Tried { at, site, built }).collect())
}

/// The text of a definition, without the settings that it took from its session.
fn text(question: &Question<'_>, found: &Found) -> String {
    match (question.wanted, found) {
        (Definition::Function { build, .. }, Found::Function(it)) => {
            let is_own =
                |setting: &&String| setting.split_once('=').is_none_or(|(name, _)| !build.takes_from_session(name));
            let config = it.config.iter().filter(is_own).cloned().collect();
            canonical::text(&Found::Function(FoundFunction { config, ..it.clone() }))
        }
        // The server's name for a constraint begins with the domain's.
        (_, Found::Domain(it)) => {
            let own = if let Key::Type(name) = question.key { name.name.as_str() } else { "" };
            let mut domain = it.clone();
            for name in domain.constraints.iter_mut().map(|constraint| &mut constraint.name) {
                if let Some(rest) = name.strip_prefix(BESIDE) {
                    *name = format!("{own}{rest}");
                }
            }
            canonical::text(&Found::Domain(domain))
        }
        (Definition::View { build, .. }, _) if build.holds_a_moment() => without_moments(&canonical::text(found)),
        _ => canonical::text(found),
    }
}

/// A text without its dates and times.
fn without_moments(text: &str) -> String {
    let is_moment = |literal: &str| {
        let (digits, rest) = literal.split_at(literal.len().min(4));
        digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_digit()) && rest.starts_with('-')
    };
    // Every other piece between quotes is a literal.
    let pieces = text.split('\'').enumerate();
    let shown = pieces.map(|(at, piece)| if at % 2 == 1 && is_moment(piece) { "a moment" } else { piece });
    shown.collect::<Vec<_>>().join("'")
}

fn verdict(tried: &Tried<'_>) -> Proof {
    let question = tried.site.question;
    let found = text(question, question.found);
    match &tried.built {
        Built::Failed(error) => failed(tried.site, error, found),
        Built::Read(read) => {
            let wanted = text(question, read);
            if wanted == found || equal_trees::is_same_reading(read, question.found) {
                Proof::Equal
            } else {
                Proof::Differs(Difference { wanted, found }, Some(read.clone()))
            }
        }
    }
}

/// PostgreSQL's text of an expression is not a fixed point: a restored database may show another text than the dumped one. Both
/// texts are therefore built again before they count as different.
async fn settle(session: &Session, tried: &[Tried<'_>], proofs: &mut [Proof]) -> Result<(), CatalogError> {
    let mut sides = Vec::new();
    let mut open = Vec::new();
    for it in tried {
        let (Built::Read(read), Some(Proof::Differs(difference, _))) = (&it.built, proofs.get(it.at)) else { continue };
        let again = (Attempt::again(it.site, read), Attempt::again(it.site, it.site.question.found));
        if let (Some(wanted), Some(found)) = again {
            sides.extend([(it.site, wanted), (it.site, found)]);
            open.push((it.at, it.site.question, difference.found.clone()));
        }
    }
    let built = run(session, &sides.iter().map(|(site, attempt)| (*site, attempt)).collect::<Vec<_>>()).await?;
    for ((at, question, first), sides) in open.iter().zip(built.chunks(2)) {
        if let [Built::Read(wanted), found] = sides {
            let wanted = text(question, wanted);
            let is_same = wanted == *first || matches!(found, Built::Read(found) if text(question, found) == wanted);
            if let Some(proof) = proofs.get_mut(*at).filter(|_| is_same) {
                *proof = Proof::Equal;
            }
        }
    }
    Ok(())
}

const SAVEPOINT: &str = "SAVEPOINT lockgate_proof";
const TAKE_BACK: &str = "ROLLBACK TO SAVEPOINT lockgate_proof; RELEASE SAVEPOINT lockgate_proof";

/// Runs every attempt behind a savepoint of its own, all in one round trip.
async fn run(session: &Session, attempts: &[(Site<'_>, &Attempt)]) -> Result<Vec<Built>, CatalogError> {
    if attempts.is_empty() {
        return Ok(Vec::new());
    }
    let readers: BTreeSet<Reader> =
        attempts.iter().filter_map(|(site, attempt)| attempt.reader(*site, session.server)).collect();
    let builds = attempts.iter().map(|(site, attempt)| attempt.message(*site, session.server));
    let prepare = readers.iter().map(|reader| Message::within(&reader.prepare));
    let behind_savepoint = |message| [Message::control(SAVEPOINT), message, Message::control(TAKE_BACK)];
    // A prepared statement outlives a savepoint. One that an earlier run could not deallocate is the same.
    let forget = readers.iter().map(|reader| Message::control(format!("DEALLOCATE {}", reader.name)));
    let messages: Vec<Message<'_>> = prepare.chain(builds).flat_map(behind_savepoint).chain(forget).collect();
    let mut answers = session.ask(&messages).await.into_iter().skip(3 * readers.len());
    let mut built = Vec::with_capacity(attempts.len());
    for (_, attempt) in attempts {
        if let (Some(begun), Some(answer), Some(ended)) = (answers.next(), answers.next(), answers.next()) {
            built.push(outcome(attempt, begun, answer, ended)?);
        }
    }
    Ok(built)
}

type Answer = Result<Vec<Row>, SessionError>;

fn outcome(attempt: &Attempt, begun: Answer, answer: Answer, ended: Answer) -> Result<Built, CatalogError> {
    begun?;
    ended?;
    match answer {
        Ok(rows) => match attempt.pick(&answer::read(rows)?) {
            Some(found) => Ok(Built::Read(Box::new(found.clone()))),
            None => Err(CatalogError::Answer("what was built for comparison is not there".to_owned())),
        },
        Err(SessionError::Server(error)) => match failure(&error) {
            StatementFailure::Wrong | StatementFailure::Privilege => Ok(Built::Failed(error)),
            _ => Err(SessionError::Server(error).into()),
        },
        Err(lost) => Err(lost.into()),
    }
}

/// A definition that cannot be built in place of the existing object differs from it: it names a missing object. A missing right,
/// an event trigger's refusal and syntax that this server does not know prove nothing.
fn failed(site: Site<'_>, error: &ServerError, found: String) -> Proof {
    if site.question.wanted.is_made_again() {
        return Proof::Unclear;
    }
    let is_absence = error.sqlstate.starts_with("42") || error.sqlstate == "3F000";
    match error.sqlstate.as_str() {
        // insufficient_privilege, syntax_error, duplicate_table, duplicate_object.
        "42501" | "42601" | "42P07" | "42710" => Proof::Cannot(error.message.clone()),
        // Under another name, a body with `t.c` fails for that reason alone.
        _ if is_absence && site.place == Place::Temporary => {
            let wanted = format!("cannot be made here: {}", error.message);
            Proof::Differs(Difference { wanted, found }, None)
        }
        _ => Proof::Cannot(error.message.clone()),
    }
}
