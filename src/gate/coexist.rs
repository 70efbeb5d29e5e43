//! The history of the tool that created the chain, continued and kept beside ours (`LOCKGATE_COEXIST`).

use std::sync::PoisonError;
use std::time::{Duration, Instant};

use super::flow::refused;
use super::inspect::Look;
use super::{Gate, Goal, Work, moved};
use crate::catalog::How;
use crate::chain::compiled::Class;
use crate::chain::status::Recorded;
use crate::config::{Migrator, Patience, TheirHistory};
use crate::connect::{Answer, ConnectError, Message, Session, jittered};
use crate::execute::{self, Table, Unrun};
use crate::failure::{Code, Failure};
use crate::history::beside::{self, Beside, BesideError, Place};
use crate::history::{Kind, Read, Told, Trusted};
use crate::lock::{self, Held, Judged, Judgement, Round};
use crate::pg::name::QualifiedName;
use crate::plan::{self, Judging, Reading, Way};
use crate::progress::Phase;

/// The pause before the tool's lock is tried again.
const PAUSE: Duration = Duration::from_millis(500);

impl Gate {
    /// The tool's history, as found under the lock.
    pub(super) fn beside(&self) -> Option<Beside> {
        self.beside.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The place of the tool's history, if it is kept beside ours.
    fn place_beside(&self) -> Option<Place> {
        self.config.chain.coexist.as_ref().and_then(Place::of)
    }

    /// Reads both histories.
    pub(super) async fn look_beside(&self, session: &Session) -> Result<Look, Judgement> {
        let question = self.question(&[Read::Rows, Read::Skipped]);
        let (told, rows) = self.told_and_rows(session.send(&question).await.answer().await)?;
        self.progress.update(|known| known.skipped = told.skipped());
        let Some(place) = self.place_beside() else { return self.weigh(&rows, &told.state) };
        let theirs = self.find(session, &place).await?;
        let merged = theirs.merged(&self.chain, &rows).map_err(refused)?;
        let look = self.weigh(&merged, &told.state)?;
        // A run that may record compares the tool's claims with the catalog before the gate opens.
        let is_behind = theirs.is_authority() && !theirs.to_record(&self.chain, &rows).is_empty();
        match look {
            Look::Open { .. } if is_behind && !self.only_reads && !told.state.read_only => {
                Ok(Look::Work { pending: Vec::new(), table: Box::new(Table::of(&self.chain, &rows, &told.state)) })
            }
            look => Ok(look),
        }
    }

    /// The rows of ours merged with the tool's, if both are kept.
    pub(super) async fn with_theirs(&self, session: &Session, ours: Vec<Recorded>) -> Result<Vec<Recorded>, Judgement> {
        let Some(place) = self.place_beside() else { return Ok(ours) };
        let theirs = self.find(session, &place).await?;
        theirs.merged(&self.chain, &ours).map_err(refused)
    }

    /// Reads the tool's history.
    pub(super) async fn find(&self, session: &Session, place: &Place) -> Result<Beside, Judgement> {
        let trusted = Trusted { owners: &self.config.policy.trusted_owners, only_reads: self.only_reads };
        let told = |answer| {
            let told = place.told(trusted, answer).map_err(|error| self.lost(error))?;
            told.map_err(|error| Judgement::Refused(beside::of_tool(place.tool, error)))
        };
        let columns = told(session.send(&place.columns_question()).await.answer().await)?;
        self.said.warn_once(&columns.warnings);
        let rows = match place.is_its(&columns).map_err(refused)? {
            true => Some(told(session.send(&place.rows_question()).await.answer().await)?),
            false => None,
        };
        place.found(&self.chain, &columns, rows.as_ref()).map_err(refused)
    }

    /// Checks that no other history counts: if ours is empty, the tool of this chain may have applied revisions, and a setting
    /// has to say if its history counts.
    ///
    /// # Errors
    /// The tool has applied revisions, and no setting mentions it.
    pub(super) async fn no_other(&self, session: &Session, table: &Table) -> Result<(), Failure> {
        if !self.is_first(table) || self.config.chain.coexist.is_some() {
            return Ok(());
        }
        let migrator = match self.chain.layout() {
            Some(tool) => Some(Migrator::Tool(tool)),
            None => self.chain.is_compiled().then_some(Migrator::Alembic),
        };
        let place = migrator.and_then(|migrator| Place::of(&TheirHistory { migrator, table: None }));
        let Some(place) = place else { return Ok(()) };
        let tool = place.tool;
        let theirs = match self.find(session, &place).await {
            Ok(theirs) => theirs,
            Err(Judgement::Refused(failure)) if failure.code == Code::HISTORY_SHAPE => return Ok(()),
            Err(judgement) => return Err(judgement.into()),
        };
        if theirs.is_empty() {
            return Ok(());
        }
        let (history, applied) = (table.name.to_string(), theirs.ids(&self.chain));
        Err(BesideError::First { tool, table: theirs.table, history, applied }.into())
    }

    /// Takes our lock and the tool's, reads both histories again, brings ours up to the tool's, and applies the pending
    /// revisions.
    pub(super) async fn work_beside(&self, session: Session, history: &QualifiedName) -> Result<Work, Failure> {
        let question = self.question(&[Read::Rows]);
        let judge = |answer: Answer| {
            let (told, rows) = self.told_and_rows(answer)?;
            if told.state.read_only {
                return Err(Judgement::Wait(ConnectError::Standby { address: self.connector.describe() }));
            }
            Ok(match told.state.history == *history {
                true => Judged::Work((told, rows)),
                false => Judged::Done(moved(history, &told.state.history)),
            })
        };
        let ask = self.ask(history);
        match lock::acquire(Some(session), &ask, &question, judge, |_| Ok(())).await? {
            Round::Done(work) => Ok(work),
            Round::Held(held, (told, ours)) => {
                self.progress.enter(Phase::Planning);
                let done = self.work_held(&held, &told, &ours).await;
                held.release().await;
                done
            }
        }
    }

    async fn work_held(&self, held: &Held, told: &Told, ours: &[Recorded]) -> Result<Work, Failure> {
        let Some(place) = self.place_beside() else { return Ok(Work::NothingLeft { ahead: 0 }) };
        let session = held.session();
        let patience = self.make_ours(held).await?;
        let theirs = self.find(session, &place).await?;
        self.lock_theirs(session, &theirs).await?;
        // It may have changed while its lock was waited for.
        let theirs = self.find(session, &place).await?;
        let rows = theirs.merged(&self.chain, ours).map_err(Failure::from)?;
        let look = self.weigh(&rows, &told.state)?;
        if let Look::Work { pending, .. } = &look
            && !matches!(self.goal, Goal::Down(_))
        {
            theirs.takes(&self.chain, pending)?;
        }
        let table = self.catch_up(held, &patience, &theirs, (ours, told)).await?;
        if let Some(making) = theirs.making(&self.chain, ours) {
            session.send(&Message::own(making)).await.rows().await.map_err(|error| {
                Failure::new(Code::STATEMENT, format!("{} history cannot be made: {error}", theirs.tool.names()))
            })?;
            tracing::info!("{} is made, as {} makes it", theirs.table, theirs.tool.name());
        }
        *self.beside.lock().unwrap_or_else(PoisonError::into_inner) = Some(theirs);
        let pending = match look {
            Look::Open { ahead, .. } => return Ok(Work::NothingLeft { ahead }),
            Look::Work { pending, .. } => pending,
        };
        let table = Table { there: table.there, ..Table::of(&self.chain, &rows, &told.state) };
        self.stretches(held, (&patience, &place), pending, (table, told)).await
    }

    /// Brings our history up to the tool's. If only the tool's decides, its claims are compared with the catalog.
    pub(super) async fn catch_up(
        &self,
        held: &Held,
        patience: &Patience,
        theirs: &Beside,
        (ours, told): (&[Recorded], &Told),
    ) -> Result<Table, Failure> {
        let mut table = Table::of(&self.chain, ours, &told.state);
        let (to_record, gone) = (theirs.to_record(&self.chain, ours), theirs.gone(&self.chain, ours));
        if to_record.is_empty() && gone.is_empty() {
            return Ok(table);
        }
        let is_gone = |at: usize| gone.contains(&self.chain.revisions()[at].id.to_string());
        let kind = match theirs.is_authority() {
            true => {
                let still = |at: &usize| !is_gone(*at) && !to_record.contains(&(at + 1));
                let applied: Vec<usize> = table.applied.iter().copied().filter(still).collect();
                self.hold_theirs(held, theirs, &table, (&applied, &to_record)).await?;
                Kind::Adopted
            }
            false => Kind::Stamped,
        };
        let unrun = |&depth: &usize| Unrun { kind, ..Unrun::stamped(depth) };
        let record: Vec<Unrun> = to_record.iter().map(unrun).collect();
        execute::stamp(held, &table, &record, &gone, &self.context(patience)).await?;
        let name = theirs.tool.name();
        if !to_record.is_empty() {
            tracing::info!(revisions = to_record.len(), "recorded what {name} has applied");
        }
        if !gone.is_empty() {
            tracing::warn!(revisions = gone.join(" "), "forgotten, because {name} has taken them back");
        }
        table.there = table.there.once_written();
        Ok(table)
    }

    /// Compares the revisions that the tool claims with the catalog; statements on data are accepted on its word.
    async fn hold_theirs(
        &self,
        held: &Held,
        theirs: &Beside,
        table: &Table,
        (applied, depths): (&[usize], &[usize]),
    ) -> Result<(), Failure> {
        let readings = plan::read(&self.chain, depths.iter().map(|depth| (depth - 1, Way::Up)).collect())?;
        let judging = self.judging((applied, &[]), table, How::Build, false);
        let judging = Judging { shows_contact: true, begun: None, ..judging };
        // A program that decides by rows may have created other objects than its script.
        let is_told = |reading: &Reading| !reading.class.is_some_and(Class::is_whole);
        let lines = plan::differences(held.session(), judging, &readings, is_told).await?;
        if lines.is_empty() {
            return Ok(());
        }
        let ids = depths.iter().map(|depth| self.chain.revisions()[depth - 1].id.to_string()).collect();
        Err(BesideError::Unproved { tool: theirs.tool, table: theirs.table.clone(), ids, lines }.into())
    }

    /// Takes the tool's locks in the working session, so the tool and the gate wait for each other.
    pub(super) async fn lock_theirs(&self, session: &Session, theirs: &Beside) -> Result<(), Failure> {
        let database = session.ask(&[Message::own("SELECT pg_catalog.current_database()")]).await.pop();
        let database = database.and_then(Result::ok).and_then(|rows| rows.into_iter().next()?.into_iter().next()?);
        let began = Instant::now();
        for key in theirs.locks(&database.unwrap_or_default()) {
            loop {
                let question = Message::own(format!("SELECT pg_catalog.pg_try_advisory_lock({key})"));
                let answer = session.send(&question).await.rows().await;
                let rows =
                    answer.map_err(|error| Failure::from(ConnectError::unanswered(session.address.clone(), error)))?;
                if rows.first().and_then(|row| row.first()?.as_deref()) == Some("t") {
                    break;
                }
                if began.elapsed() >= self.config.patience.lock_wait {
                    return Err(held_by_tool(theirs.tool, key, began.elapsed()));
                }
                tokio::time::sleep(jittered(PAUSE)).await;
            }
        }
        Ok(())
    }
}

fn held_by_tool(tool: Migrator, key: i64, waited: Duration) -> Failure {
    Failure {
        details: vec![format!("waited {} s", waited.as_secs())],
        ..Failure::new(Code::LOCK_HELD, format!("a session holds the lock of {} ({key})", tool.name()))
    }
}
