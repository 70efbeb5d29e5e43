//! The initial question, and the meaning of its answer.

use super::{Direction, ToolGate};
use crate::alembic::{Place, StandingError, VersionStatus, Whose};
use crate::config::{Migrator, Patience, Program};
use crate::connect::{Answer, ConnectError, Message, Session, SessionError};
use crate::failure::Failure;
use crate::gate::flow::{self, Stand, refused};
use crate::history::{self, HistoryError, Read, Told, Trusted};
use crate::lock::Judgement;
use crate::pg::name::QualifiedName;
use crate::progress::{Phase, Seen};

/// The result of inspecting the database.
pub(super) enum Look {
    Open {
        ahead: usize,
    },
    /// `home` is the place of the table, existing or not.
    Work {
        pending: Vec<usize>,
        home: QualifiedName,
    },
}

impl Look {
    pub(super) fn stand(&self) -> Stand {
        match self {
            Self::Open { ahead } => Stand::Open { ahead: *ahead },
            Self::Work { pending, .. } => Stand::Behind { pending: pending.len() },
        }
    }
}

/// The same error for a table of another tool.
fn of_versions(error: HistoryError, tool: Migrator) -> Failure {
    let mut failure = Failure::from(error);
    let setting = match tool {
        Migrator::Program(Program::Listed) => "LOCKGATE_RUNNER_TABLE".to_owned(),
        tool => format!("LOCKGATE_COEXIST={}:SCHEMA.TABLE", tool.word()),
    };
    failure.next = failure.next.replace("LOCKGATE_HISTORY_TABLE", &setting);
    failure
}

impl ToolGate {
    /// Connects, waiting by cause, and asks the initial question.
    pub(super) async fn look(&self, patience: Patience) -> Result<(Look, Session), Failure> {
        let judge = async |session: &Session, answer| self.judge(self.whole(session, answer).await);
        flow::look((patience, &self.progress, &self.connector), async || self.connect().await, || Ok(()), judge).await
    }

    pub(super) fn question(&self, look: history::Look, reads: &[Read]) -> Message<'static> {
        history::version_inquiry(&self.table.name, look, reads)
    }

    /// The answer to the short question.
    pub(super) async fn whole(&self, session: &Session, answer: Option<Answer>) -> Answer {
        flow::answered(session, answer, |look| self.question(look, &[self.table.ids])).await
    }

    /// Reads an answer about a trusted table.
    pub(super) fn told(&self, answer: Answer) -> Result<Told, Judgement> {
        let trusted = Trusted { owners: &self.config.policy.trusted_owners, only_reads: self.only_reads };
        let told = Told::read(&self.table.name, trusted, answer).map_err(|error| self.lost(error))?;
        let told = told.map_err(|error| Judgement::Refused(of_versions(error, self.table.tool)))?;
        self.said.warn_once(&told.warnings);
        Ok(told)
    }

    pub(super) fn judge(&self, answer: Answer) -> Result<Look, Judgement> {
        let told = self.told(answer)?;
        self.weigh(&told)
    }

    /// The place that the rows of an answer mean.
    pub(super) fn place(&self, told: &Told) -> Place {
        Place::new(&self.graph, &self.table.rows(told))
    }

    /// Compares the place with the wanted one.
    pub(super) fn standing(&self, place: &Place, table: &str) -> Result<VersionStatus, StandingError> {
        let whose = Whose { table, word: self.table.tool.word(), is_ours: self.table.is_ours };
        place.standing(&self.graph, &self.wanted, whose)
    }

    /// Compares the rows with the graph.
    pub(super) fn weigh(&self, told: &Told) -> Result<Look, Judgement> {
        let place = self.place(told);
        self.saw(place.seen(&self.graph, &self.wanted));
        let table = told.state.history.to_string();
        if let Direction::Down(to) = &self.direction {
            return self.weigh_down(to, told, &place);
        }
        match self.standing(&place, &table).map_err(refused)? {
            VersionStatus::AtHead => Ok(Look::Open { ahead: 0 }),
            VersionStatus::Ahead(unknown) => Ok(Look::Open { ahead: unknown.len() }),
            VersionStatus::Pending(_) if told.state.read_only => {
                Err(Judgement::Wait(ConnectError::Standby { address: self.connector.describe() }))
            }
            VersionStatus::Pending(pending) => Ok(Look::Work { pending, home: told.state.history.clone() }),
        }
    }

    fn saw(&self, seen: Seen) {
        let (current, pending, ahead) = (seen.current.clone(), seen.pending.join(" "), seen.ahead.join(" "));
        if self.progress.saw(seen) && self.progress.phase() == Phase::Open {
            tracing::info!(current, pending, ahead, "the version table has moved");
        }
    }

    pub(super) fn lost(&self, source: SessionError) -> Judgement {
        Judgement::Wait(ConnectError::unanswered(self.connector.describe(), source))
    }
}
