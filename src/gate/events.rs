//! Events that a run records beside the history at its end: a failure, or rolled back revisions. Recording is best effort: an
//! error there is not a failure, and changes neither the exit code nor, beyond a limit, the time.

use std::sync::PoisonError;
use std::time::Duration;

use super::{Gate, Goal, Opened, Stamped};
use crate::connect::{Session, SessionError};
use crate::failure::{Class, Code, Failure};
use crate::history::{Events, Happening, HistoryError, ServerState, What};
use crate::pg::name::quote_ident;
use crate::progress::{Known, Phase};

/// The time limit for recording at the end of a run. A session takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(3);

/// Reasons why an event is not written.
#[derive(Debug, thiserror::Error)]
enum Unwritten {
    #[error("{0}")]
    Connect(#[from] crate::connect::ConnectError),
    #[error("{0}")]
    Session(#[from] SessionError),
    #[error("{0}")]
    History(#[from] HistoryError),
    #[error("it took longer than {} s", .0.as_secs_f32())]
    Late(Duration),
}

impl Gate {
    /// The place of the history when it was last read; none if it is not trusted.
    pub(super) fn home(&self) -> Option<ServerState> {
        self.home.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Records the end of a run.
    pub(super) async fn leave(&self, result: &Result<Opened, Failure>) {
        let phase = self.progress.phase();
        let mut happenings = self.taken_back();
        happenings.extend(result.as_ref().err().filter(|failure| is_told(failure, phase)).map(|failure| {
            let revision = self.progress.look(|known| self.revision_of(failure, known));
            Happening::failed(failure, revision)
        }));
        let is_stopped = result.as_ref().is_err_and(|failure| failure.class() == Class::Stopped);
        // The platform needs the rest of the grace period.
        let patience = if is_stopped { PATIENCE.min(self.config.patience.grace / 4) } else { PATIENCE };
        self.tell(&happenings, phase, patience).await;
    }

    /// Records a stamp.
    pub(super) async fn leave_stamp(&self, stamped: &Stamped) {
        let part = |words: &str, ids: &[String]| (!ids.is_empty()).then(|| format!("{words}: {}", ids.join(" ")));
        let parts = [part("recorded without running", &stamped.recorded), part("forgotten", &stamped.forgotten)];
        let message = parts.into_iter().flatten().collect::<Vec<_>>().join("; ");
        let stamp = Happening { message, ..plain(What::Stamped) };
        let happenings = if *stamped == Stamped::default() { Vec::new() } else { vec![stamp] };
        self.tell(&happenings, Phase::Migrating, PATIENCE).await;
    }

    /// The revisions that this run rolled back, newest first.
    fn taken_back(&self) -> Vec<Happening> {
        if !matches!(self.goal, Goal::Down(_)) {
            return Vec::new();
        }
        let is_committed = |id: &str| self.progress.look(|known| known.revisions.contains_key(id));
        let back = self.chain.revisions().iter().rev().filter(|revision| is_committed(revision.id.as_str()));
        back.map(|revision| Happening {
            revision: Some(revision.id.to_string()),
            message: format!("taken back by {}", revision.down.as_ref().map_or("", |down| &down.file)),
            ..plain(What::Down)
        })
        .collect()
    }

    /// The revision that a failure concerns.
    fn revision_of(&self, failure: &Failure, known: &Known) -> Option<String> {
        let file = failure.evidence.as_ref().map(|evidence| evidence.file.as_str());
        let is_of = |file: &str| {
            let is_its = |revision: &&crate::chain::Revision| {
                revision.file == file || revision.down.as_ref().is_some_and(|down| down.file == file)
            };
            self.chain.revisions().iter().find(is_its).map(|revision| revision.id.to_string())
        };
        let running = || known.running.as_ref().map(|running| running.revision.clone());
        file.and_then(is_of).or_else(running)
    }

    async fn tell(&self, happenings: &[Happening], phase: Phase, patience: Duration) {
        let Some(home) = self.home().filter(|home| !happenings.is_empty() && is_ours(home, phase)) else { return };
        let Some(events) = Events::beside(&home, &self.config.policy.trusted_owners) else { return };
        let written = tokio::time::timeout(patience, self.write(&events, happenings)).await;
        match written.unwrap_or(Err(Unwritten::Late(patience))) {
            Ok(()) => {}
            Err(Unwritten::History(HistoryError::NotReadable { .. })) => warn_of_rights(&events, &home),
            Err(Unwritten::Session(SessionError::Server(error))) if error.sqlstate == "42501" => {
                warn_of_rights(&events, &home);
            }
            Err(Unwritten::History(error @ HistoryError::Events { .. })) => {
                tracing::warn!("{error}; nothing was written to it");
            }
            Err(error) => tracing::debug!(%error, "no event was written to {}", events.name),
        }
    }

    async fn write(&self, events: &Events, happenings: &[Happening]) -> Result<(), Unwritten> {
        let session = self.connector.connect().await?;
        let written = match self.write_over(&session, events, happenings).await {
            Err(Unwritten::Session(SessionError::Server(error))) => match error.sqlstate.as_str() {
                // Many gates may create the table at once: the second one finds it (42P07; 23505 of the catalog's own index).
                "42P07" | "23505" => self.write_over(&session, events, happenings).await,
                // The database's encoding lacks a character of the message.
                "22P05" => {
                    let plain: Vec<Happening> = happenings.iter().map(Happening::in_ascii).collect();
                    self.write_over(&session, events, &plain).await
                }
                _ => Err(SessionError::Server(error).into()),
            },
            written => written,
        };
        session.close().await;
        written
    }

    async fn write_over(&self, session: &Session, events: &Events, happenings: &[Happening]) -> Result<(), Unwritten> {
        let told = events.told(session.send(&events.question(None)).await.answer().await)??;
        let message = events.writing(told.state.looked.as_ref(), happenings, &self.application);
        Ok(session.send(&message).await.rows().await.map(|_| ())?)
    }
}

fn plain(what: What) -> Happening {
    Happening { what, revision: None, code: None, sqlstate: None, message: String::new(), details: Vec::new() }
}

/// True for a failure of the database or the chain. A failure of the connection cannot be recorded, and a signal before the
/// beginning leaves nothing to record.
fn is_told(failure: &Failure, phase: Phase) -> bool {
    match failure.class() {
        Class::Stopped => phase == Phase::Migrating,
        Class::Configuration => false,
        // Another service's history records its own events.
        Class::Retry | Class::Refuse => !failure.code.is_of_connection() && failure.code != Code::FOREIGN_HISTORY,
    }
}

/// True if the events belong here: beside a history, or if a run has begun to create one. A database that was only read stays as
/// it was.
fn is_ours(home: &ServerState, phase: Phase) -> bool {
    !home.read_only && (home.looked.is_some() || phase == Phase::Migrating)
}

fn warn_of_rights(events: &Events, home: &ServerState) {
    let (table, role) = (events.name.quoted(), quote_ident(&home.role));
    let schema = quote_ident(&home.history.schema);
    tracing::warn!(
        "this role may not write to {}, so it does not show what happened: GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO \
         {role}, or where it is not there GRANT CREATE ON SCHEMA {schema} TO {role}",
        events.name,
    );
}
