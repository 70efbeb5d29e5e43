//! The initial question, and the meaning of its answer under the policies.

use std::sync::PoisonError;

use super::flow::{self, Stand, refused};
use super::{Gate, GateError, Goal};
use crate::chain::Rows;
use crate::chain::status::{HistoryStatus, Recorded};
use crate::config::{Migrator, OutOfOrder, Patience};
use crate::connect::{Answer, ConnectError, Session, SessionError};
use crate::execute::Table;
use crate::failure::Failure;
use crate::history::{self, Known, Prefix, Read, ServerState, Told, Trusted};
use crate::lock::Judgement;
use crate::pg::name::QualifiedName;
use crate::progress::{Phase, Seen};

/// The result of inspecting the database.
pub(super) enum Look {
    /// `verified`: the snapshot that this head was verified to equal, if the history records one.
    Open {
        ahead: usize,
        history: QualifiedName,
        verified: Option<String>,
    },
    Work {
        pending: Vec<usize>,
        table: Box<Table>,
    },
}

impl Look {
    pub(super) fn stand(&self) -> Stand {
        match self {
            Self::Open { ahead, .. } => Stand::Open { ahead: *ahead },
            Self::Work { pending, .. } => Stand::Behind { pending: pending.len() },
        }
    }
}

impl Gate {
    /// Connects, waiting by cause, and asks the initial question. While the database is away the scripts are read, so a refused
    /// script is reported at once.
    pub(super) async fn look(&self) -> Result<(Look, Session), Failure> {
        self.look_with(self.config.patience.clone()).await
    }

    /// The same with another patience for the database.
    pub(super) async fn look_with(&self, patience: Patience) -> Result<(Look, Session), Failure> {
        let judge = async |session: &Session, answer| match self.config.chain.coexist {
            Some(_) => self.look_beside(session).await,
            None => {
                match self.judge(self.summary(session, answer).await)? {
                    Some(look) => Ok(look),
                    // Neither at head nor new: the rows have the reason.
                    None => self.look_at_rows(session).await,
                }
            }
        };
        let flow = (patience, &self.progress, &self.connector);
        flow::look(flow, async || self.connect().await, || self.check_scripts(), judge).await
    }

    /// The answer to the short question.
    pub(super) async fn summary(&self, session: &Session, answer: Option<Answer>) -> Answer {
        let reads = [Read::Summary(self.chain.len())];
        flow::answered(session, answer, |look| history::inquiry(&self.config.chain.history_table, look, &reads, None))
            .await
    }

    /// Reads the short answer; none if only the rows are conclusive.
    pub(super) fn judge(&self, answer: Answer) -> Result<Option<Look>, Judgement> {
        let told = self.told(answer)?;
        self.progress.update(|known| known.skipped = told.skipped());
        let after = match told.known(&self.chain) {
            Known::AtHead if self.goal == Goal::Head => Vec::new(),
            Known::Ahead(after) if self.goal == Goal::Head => after,
            Known::Absent => return self.weigh(Rows::First(0), &told.state).map(Some),
            Known::First(count) => return self.weigh(Rows::First(count), &told.state).map(Some),
            Known::AtHead | Known::Ahead(_) | Known::Else => return Ok(None),
        };
        let ahead = after.len();
        self.saw(Seen {
            current: after.last().cloned().or_else(|| Some(self.chain.head().id.to_string())),
            applied: self.chain.len() + ahead,
            pending: Vec::new(),
            ahead: after,
        });
        let verified = told.verified(&self.chain);
        Ok(Some(Look::Open { ahead, history: told.state.history, verified }))
    }

    /// Records the state just seen.
    fn saw(&self, seen: Seen) {
        let (current, pending, ahead) = (seen.current.clone(), seen.pending.join(" "), seen.ahead.join(" "));
        if self.progress.saw(seen) && self.progress.phase() == Phase::Open {
            tracing::info!(current, pending, ahead, "the history has moved");
        }
    }

    /// Asks for the rows, if the short answer is inconclusive.
    pub(super) async fn look_at_rows(&self, session: &Session) -> Result<Look, Judgement> {
        let question = history::inquiry(&self.config.chain.history_table, history::Look::Full, &[Read::Rows], None);
        let (told, rows) = self.told_and_rows(session.send(&question).await.answer().await)?;
        self.weigh(&rows, &told.state)
    }

    /// The questions to the history under the lock, given its rows before the lock.
    pub(super) fn reads_under_lock(&self, table: &Table) -> [Read; 2] {
        let prefix = Prefix::of(&self.chain, table.applied.len());
        [Read::Summary(self.chain.len()), Read::RowsUnless(prefix)]
    }

    /// Compares the answer under the lock with the chain; it contains the rows only if they changed.
    pub(super) fn judge_under_lock(&self, told: &Told) -> Result<Look, Judgement> {
        let rows = told.recorded().map_err(refused)?;
        let known = match told.known(&self.chain) {
            _ if !rows.is_empty() => Rows::All(&rows),
            Known::Absent => Rows::First(0),
            Known::First(count) => Rows::First(count),
            Known::AtHead => Rows::First(self.chain.len()),
            Known::Ahead(_) | Known::Else => {
                return Err(self.lost(SessionError::Lost("the history changed while it was read".to_owned())));
            }
        };
        self.weigh(known, &told.state)
    }

    pub(super) fn told_and_rows(&self, answer: Answer) -> Result<(Told, Vec<Recorded>), Judgement> {
        let told = self.told(answer)?;
        let rows = told.recorded().map_err(refused)?;
        Ok((told, rows))
    }

    /// Reads an answer to [`history::inquiry`] about a trusted history.
    pub(super) fn told(&self, answer: Answer) -> Result<Told, Judgement> {
        let trusted = Trusted { owners: &self.config.policy.trusted_owners, only_reads: self.only_reads };
        let told = Told::read(&self.config.chain.history_table, trusted, answer);
        let told = told.map_err(|error| self.lost(error))?;
        *self.home.lock().unwrap_or_else(PoisonError::into_inner) = told.as_ref().ok().map(|told| told.state.clone());
        let told = told.map_err(refused)?;
        self.said.warn_once(&told.warnings);
        Ok(told)
    }

    /// The history as errors name it: the table and its database.
    pub(super) fn place(&self, state: &ServerState) -> String {
        format!("{} in {}", state.history, self.connector.describe())
    }

    /// Compares the history's rows with the chain and the policies.
    pub(super) fn weigh<'r>(&self, rows: impl Into<Rows<'r>>, state: &ServerState) -> Result<Look, Judgement> {
        let rows = rows.into();
        self.saw(rows.seen(&self.chain));
        let standing = rows.standing(&self.chain, &self.place(state)).map_err(refused)?;
        let open = |ahead| Look::Open { ahead, history: state.history.clone(), verified: None };
        let pending = match (&self.goal, standing) {
            (Goal::Head, HistoryStatus::AtHead) => Vec::new(),
            (Goal::Head, HistoryStatus::Ahead(ahead)) => return Ok(open(ahead)),
            (Goal::Up(_), HistoryStatus::AtHead) => self.upwards(Vec::new(), Vec::new())?,
            (Goal::Up(target), HistoryStatus::Ahead(ahead)) => {
                self.depth(target, self.chain.len())?;
                return Ok(open(ahead));
            }
            (Goal::Head | Goal::Up(_), HistoryStatus::Pending { pending, late }) => self.upwards(pending, late)?,
            (Goal::Down(target), _) => self.downwards(target, rows)?,
        };
        if pending.is_empty() {
            if self.goal != Goal::Head {
                self.show(rows, &pending);
            }
            return Ok(open(0));
        }
        if state.read_only {
            return Err(Judgement::Wait(ConnectError::Standby { address: self.connector.describe() }));
        }
        self.show(rows, &pending);
        Ok(Look::Work { pending, table: Box::new(Table::of(&self.chain, rows, state)) })
    }

    /// The revisions to be applied, in order.
    pub(super) fn upwards(&self, pending: Vec<usize>, late: Vec<usize>) -> Result<Vec<usize>, Judgement> {
        let target = match &self.goal {
            Goal::Up(target) => self.depth(target, self.chain.len() - pending.len())?,
            Goal::Head | Goal::Down(_) => self.chain.len(),
        };
        let wanted: Vec<usize> = pending.into_iter().filter(|&at| at < target).collect();
        let late: Vec<String> =
            late.into_iter().filter(|&at| at < target).map(|at| self.chain.revisions()[at].file.clone()).collect();
        // Alembic's applied revisions are a set, and none of them follows an unapplied one.
        let takes_sets = self.config.chain.coexist.as_ref().is_some_and(|theirs| theirs.migrator == Migrator::Alembic);
        if !late.is_empty() && !takes_sets && self.config.policy.out_of_order == OutOfOrder::Fail {
            return Err(refused(GateError::OutOfOrder { files: late }));
        }
        Ok(wanted)
    }

    /// The revisions to be rolled back, newest first. A revision with some segments done counts.
    pub(super) fn downwards<'r>(&self, target: &str, rows: impl Into<Rows<'r>>) -> Result<Vec<usize>, Judgement> {
        let rows = rows.into();
        // A newer release may have added revisions beside a pending one.
        let ahead = rows.unknown(&self.chain);
        if ahead > 0 {
            return Err(refused(GateError::AheadOfDown(ahead)));
        }
        // A repeatable script has no down script, and follows all others.
        let mut applied = rows.indexes(&self.chain);
        applied.retain(|&at| !self.chain.revisions()[at].manner.repeats);
        let depth = self.depth(target, applied.len())?;
        Ok(applied.into_iter().rev().filter(|&at| at >= depth).collect())
    }

    pub(super) fn depth(&self, target: &str, current: usize) -> Result<usize, Judgement> {
        self.chain.target(target, current).map_err(|why| refused(GateError::Target { target: target.to_owned(), why }))
    }

    fn show(&self, rows: Rows<'_>, pending: &[usize]) {
        let id = |at: &usize| self.chain.revisions()[*at].id.to_string();
        self.progress.update(|known| {
            known.pending = pending.iter().map(id).collect();
            known.applied = rows.applied();
            known.current = rows.current(&self.chain);
        });
    }

    pub(super) fn lost(&self, source: SessionError) -> Judgement {
        Judgement::Wait(ConnectError::unanswered(self.connector.describe(), source))
    }
}
