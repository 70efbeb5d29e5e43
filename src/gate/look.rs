//! The one question at the start, and what its answer means under the policies.

use std::collections::HashSet;

use super::{Gate, GateError, Goal};
use crate::chain::standing::{self, Recorded, Standing, standing};
use crate::config::{OutOfOrder, Patience};
use crate::connect::{ConnectError, Row, Session, SessionError, Waiting};
use crate::execute::Table;
use crate::failure::{Coded, Failure};
use crate::history::{self, Known, Question, ServerState, Terms};
use crate::lock::Judgement;
use crate::pg::name::QualifiedName;
use crate::progress::{Phase, Seen};

/// What a look at the database gave.
pub(super) enum Look {
    Open { ahead: usize, history: QualifiedName },
    Work { pending: Vec<usize>, table: Box<Table> },
}

pub(super) type Answers = Vec<Result<Vec<Row>, SessionError>>;

/// The answers to two messages that travelled together.
fn two(answers: Answers) -> (Result<Vec<Row>, SessionError>, Result<Vec<Row>, SessionError>) {
    let missing = || Err(SessionError::Lost("a message was not answered".to_owned()));
    let mut answers = answers.into_iter();
    (answers.next().unwrap_or_else(missing), answers.next().unwrap_or_else(missing))
}

fn refused(error: impl Coded) -> Judgement {
    Judgement::Refused(Failure::from(error))
}

impl Gate {
    /// Connects, waiting by cause, and asks the one question. While the database is away the scripts are read, so that a
    /// refused one is said at once.
    pub(super) async fn look(&self) -> Result<(Look, Session), Failure> {
        self.look_with(self.config.patience.clone()).await
    }

    /// The same with another patience for the database.
    pub(super) async fn look_with(&self, patience: Patience) -> Result<(Look, Session), Failure> {
        let question = Question::new(&self.config.history_table, self.chain.len());
        let rows_question = history::rows_question(&self.config.history_table);
        let mut waiting = Waiting::new(patience, self.progress.clone());
        loop {
            let (session, answers) = match waiting.attempt(self.connect(), &self.connector).await {
                Ok(connected) => connected,
                Err(error) => {
                    self.check_scripts()?;
                    waiting.after(error).await?;
                    continue;
                }
            };
            let answers = match answers {
                Some(answers) => answers,
                None => session.ask(&[&question.server, &question.history]).await,
            };
            let looked = match self.judge(&question, answers) {
                Ok(Some(look)) => Ok(look),
                // Neither at head nor new: the rows say what is the matter.
                Ok(None) => {
                    let answers = session.ask(&[&question.server, &rows_question]).await;
                    self.judge_rows(answers)
                }
                Err(judgement) => Err(judgement),
            };
            match looked {
                Ok(look) => {
                    waiting.over();
                    return Ok((look, session));
                }
                Err(Judgement::Refused(failure)) => {
                    session.close().await;
                    return Err(failure);
                }
                Err(Judgement::Wait(error)) => {
                    session.close().await;
                    waiting.after(error).await?;
                }
            }
        }
    }

    /// Reads the short answer; none where only the rows can tell.
    pub(super) fn judge(&self, question: &Question, answers: Answers) -> Result<Option<Look>, Judgement> {
        let (server, history) = two(answers);
        if !matches!(history, Err(SessionError::Lost(_))) {
            let skipped = Question::skipped(&history);
            self.progress.update(|known| known.skipped = skipped);
        }
        let state = self.state(server)?;
        let known = question.known(&self.chain, &state, history).map_err(|error| self.lost(error))?;
        let after = match known.map_err(refused)? {
            Known::AtHead if self.goal == Goal::Head => Vec::new(),
            Known::Ahead(after) if self.goal == Goal::Head => after,
            Known::Absent => return self.weigh(&[], &state).map(Some),
            Known::AtHead | Known::Ahead(_) | Known::Else => return Ok(None),
        };
        let ahead = after.len();
        self.saw(Seen {
            current: after.last().cloned().or_else(|| Some(self.chain.head().id.to_string())),
            applied: self.chain.len() + ahead,
            pending: Vec::new(),
            ahead: after,
        });
        Ok(Some(Look::Open { ahead, history: state.history }))
    }

    /// What is shown is as of now.
    fn saw(&self, seen: Seen) {
        let (current, pending, ahead) = (seen.current.clone(), seen.pending.join(" "), seen.ahead.join(" "));
        if self.progress.saw(seen) && self.progress.phase() == Phase::Open {
            tracing::info!(current, pending, ahead, "the history has moved");
        }
    }

    pub(super) fn judge_rows(&self, answers: Answers) -> Result<Look, Judgement> {
        let (state, rows) = self.state_and_rows(answers)?;
        self.weigh(&rows, &state)
    }

    pub(super) fn state_and_rows(&self, answers: Answers) -> Result<(ServerState, Vec<Recorded>), Judgement> {
        let (server, rows) = two(answers);
        let state = self.state(server)?;
        let rows = history::rows(&state, rows).map_err(|error| self.lost(error))?;
        Ok((state, rows.map_err(refused)?))
    }

    pub(super) fn state(&self, answer: Result<Vec<Row>, SessionError>) -> Result<ServerState, Judgement> {
        ServerState::read(&self.config.history_table, answer).map_err(|error| self.lost(error))?.map_err(refused)
    }

    /// The terms on which a run can write the history, from the answer to `terms_question`.
    pub(super) fn terms(
        &self,
        table: &Table,
        answer: Option<Result<Vec<Row>, SessionError>>,
    ) -> Result<Terms, Judgement> {
        let missing = || Err(SessionError::Lost("a message was not answered".to_owned()));
        history::terms(&table.name, &table.role, answer.unwrap_or_else(missing)).map_err(|error| self.lost(error))
    }

    /// The history as errors name it: the table and its database.
    pub(super) fn place(&self, state: &ServerState) -> String {
        format!("{} in {}", state.history, self.connector.describe())
    }

    /// Holds the history's rows against the chain and the policies.
    fn weigh(&self, rows: &[Recorded], state: &ServerState) -> Result<Look, Judgement> {
        self.saw(standing::seen(&self.chain, rows));
        let standing = standing(&self.chain, rows, &self.place(state)).map_err(refused)?;
        let open = |ahead| Look::Open { ahead, history: state.history.clone() };
        let pending = match (&self.goal, standing) {
            (Goal::Head, Standing::AtHead) => Vec::new(),
            (Goal::Head, Standing::Ahead(ahead)) => return Ok(open(ahead)),
            (Goal::Up(_), Standing::AtHead) => self.upwards(Vec::new(), Vec::new())?,
            (Goal::Up(target), Standing::Ahead(ahead)) => {
                self.depth(target, self.chain.len())?;
                return Ok(open(ahead));
            }
            (Goal::Head | Goal::Up(_), Standing::Pending { pending, late }) => self.upwards(pending, late)?,
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

    /// What is to be applied, in order.
    pub(super) fn upwards(&self, pending: Vec<usize>, late: Vec<usize>) -> Result<Vec<usize>, Judgement> {
        let target = match &self.goal {
            Goal::Up(target) => self.depth(target, self.chain.len() - pending.len())?,
            Goal::Head | Goal::Down(_) => self.chain.len(),
        };
        let wanted: Vec<usize> = pending.into_iter().filter(|&at| at < target).collect();
        let late: Vec<String> =
            late.into_iter().filter(|&at| at < target).map(|at| self.chain.revisions()[at].file.clone()).collect();
        if !late.is_empty() && self.config.policy.out_of_order == OutOfOrder::Fail {
            return Err(refused(GateError::OutOfOrder { files: late }));
        }
        Ok(wanted)
    }

    /// What is to be taken back, the newest first. A revision of which only some segments are done counts.
    pub(super) fn downwards(&self, target: &str, rows: &[Recorded]) -> Result<Vec<usize>, Judgement> {
        // Beside a pending revision there may be those of a newer release too.
        let ahead = rows.iter().filter(|row| self.chain.depth(&row.id).is_none()).count();
        if ahead > 0 {
            return Err(refused(GateError::AheadOfDown(ahead)));
        }
        let recorded: HashSet<&str> = rows.iter().map(|row| row.id.as_str()).collect();
        let is_applied = |at: &usize| recorded.contains(self.chain.revisions()[*at].id.as_str());
        let applied: Vec<usize> = (0..self.chain.len()).filter(is_applied).collect();
        let depth = self.depth(target, applied.len())?;
        Ok(applied.into_iter().rev().filter(|&at| at >= depth).collect())
    }

    pub(super) fn depth(&self, target: &str, current: usize) -> Result<usize, Judgement> {
        self.chain.target(target, current).map_err(|why| refused(GateError::Target { target: target.to_owned(), why }))
    }

    fn show(&self, rows: &[Recorded], pending: &[usize]) {
        let id = |at: &usize| self.chain.revisions()[*at].id.to_string();
        self.progress.update(|known| {
            known.pending = pending.iter().map(id).collect();
            known.applied = standing::applied(rows);
            known.current = standing::current(rows).map(|row| row.id.clone());
        });
    }

    pub(super) fn lost(&self, source: SessionError) -> Judgement {
        Judgement::Wait(ConnectError::Lost { address: self.connector.describe(), source })
    }
}
