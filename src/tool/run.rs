//! The runner's command under the lock: started, followed, stopped, and judged by the version table.

use std::time::{Duration, Instant};

use super::child::Tail;
use super::command::{Command, Order};
use super::ending::{Ending, Sentence, Why};
use super::inspect::Look;
use super::{Direction, ToolError, ToolGate, environment};
use crate::alembic::status::{WIDTH, too_long};
use crate::alembic::{Place, StandingError};
use crate::config::{Migrator, Runner};
use crate::connect::{Answer, Observers, Session, session_settings};
use crate::failure::Failure;
use crate::history::{self, Read};
use crate::lock::{self, Ask, Held, Judged, LockKey, Round};
use crate::pg::name::QualifiedName;
use crate::progress::Phase;

/// The outcome of the work under the lock.
pub(super) enum Work {
    /// Another gate did it meanwhile.
    NothingLeft {
        ahead: usize,
    },
    Done {
        applied: Vec<String>,
    },
}

/// The pending work under the lock.
struct Pending {
    at: Vec<usize>,
    place: Place,
    width: Option<usize>,
    table: QualifiedName,
    is_there: bool,
}

impl ToolGate {
    /// Takes the lock, asks again under it, and has the command apply the pending revisions.
    pub(super) async fn work(&self, session: Session, home: &QualifiedName) -> Result<Work, Failure> {
        let question = self.question(history::Look::Full, &self.reads());
        let judge = |answer: Answer| {
            let told = self.told(answer)?;
            Ok(match self.weigh(&told)? {
                Look::Open { ahead } => Judged::Done(Work::NothingLeft { ahead }),
                Look::Work { pending, .. } => Judged::Work(Pending {
                    at: pending,
                    place: self.place(&told),
                    width: told.width(),
                    is_there: told.state.looked.is_some(),
                    table: told.state.history,
                }),
            })
        };
        let ask = Ask {
            connector: &self.connector,
            key: LockKey::of(home),
            patience: &self.config.patience,
            progress: &self.progress,
        };
        match lock::acquire(Some(session), &ask, &question, judge, |_| Ok(())).await? {
            Round::Done(work) => Ok(work),
            Round::Held(held, pending) => {
                let done = self.work_under(&held, pending).await;
                held.release().await;
                done
            }
        }
    }

    async fn work_under(&self, held: &Held, mut pending: Pending) -> Result<Work, Failure> {
        let runner = self.runner().ok_or_else(|| self.no_runner(&pending.at))?;
        self.refuse_long_ids(&pending)?;
        let observers = Observers::new(self.connector.clone());
        let settings = session_settings::settings(held.session().server, Duration::ZERO);
        held.make_ours(&observers, &settings).await?;
        self.progress.enter(Phase::Migrating);
        let command = Command {
            runner: runner.clone(),
            connector: self.connector.clone(),
            patience: self.config.patience.clone(),
            stop: self.stop.clone(),
        };
        let everything = || if self.graph.heads().len() > 1 { "heads" } else { "head" }.to_owned();
        let target = self.aimed.clone().unwrap_or_else(everything);
        let began = Instant::now();
        loop {
            let name = environment::application(&self.pod);
            let order = Order { target: &target, pending: pending.at.len(), may_commit: self.may_commit(&pending.at) };
            let following = self.follow(&observers, &name);
            let (code, said) =
                command.to_its_end(held, (&name, &order), (&observers, &self.progress), following).await?;
            let (look, after) = self.look_again(held).await?;
            match self.sentence(code, &said, runner, (&pending, &after), &look) {
                Sentence::Open | Sentence::OpenAllTheSame => {
                    if code != 0 {
                        tracing::warn!(
                            code,
                            "the runner's command failed, and the database is at head: LOCKGATE_RUNNER_STRICT=no opens"
                        );
                    }
                    let left = if let Look::Work { pending, .. } = &look { pending.clone() } else { Vec::new() };
                    let applied: Vec<usize> = pending.at.iter().copied().filter(|at| !left.contains(at)).collect();
                    return Ok(Work::Done { applied: self.ids(&applied) });
                }
                Sentence::Again if began.elapsed() < self.config.patience.ddl_lock_retry_for => {
                    command.pause(began, &self.progress).await?;
                    pending.place = after;
                }
                Sentence::Again => return Err(self.refusal(Why::Passing, code, said, &pending, &after).into()),
                Sentence::Refuse(why) => return Err(self.refusal(why, code, said, &pending, &after).into()),
            }
        }
    }

    fn sentence(
        &self,
        code: i32,
        said: &[String],
        runner: &Runner,
        (pending, after): (&Pending, &Place),
        look: &Look,
    ) -> Sentence {
        let ending = Ending {
            code,
            has_moved: pending.place != *after,
            is_there: matches!(look, Look::Open { .. }),
            said,
            is_strict: runner.is_strict,
            may_have_committed: self.may_commit(&pending.at),
        };
        ending.sentence()
    }

    fn refusal(&self, why: Why, code: i32, said: Vec<String>, pending: &Pending, after: &Place) -> ToolError {
        let seen = after.seen(&self.graph, &self.wanted);
        let pending_ids = match self.direction {
            Direction::Up => seen.pending,
            Direction::Down(_) => self.ids(&pending.at).into_iter().filter(|id| self.is_applied(id, after)).collect(),
        };
        ToolError::Runner {
            tool: self.table.tool,
            wanted: self.aimed.clone().unwrap_or_else(|| "head".to_owned()),
            why,
            code,
            said: Tail::told(said),
            table: pending.table.to_string(),
            current: seen.current,
            pending: pending_ids,
        }
    }

    /// The reads under the lock.
    fn reads(&self) -> Vec<Read> {
        let width = (self.table.tool == Migrator::Alembic).then_some(Read::Width);
        [self.table.ids].into_iter().chain(width).collect()
    }

    fn is_applied(&self, id: &str, place: &Place) -> bool {
        self.graph.find(id).is_some_and(|at| place.applied[at])
    }

    fn may_commit(&self, pending: &[usize]) -> bool {
        pending.iter().any(|&at| self.graph.revisions()[at].may_commit)
    }

    fn refuse_long_ids(&self, pending: &Pending) -> Result<(), StandingError> {
        if self.direction != Direction::Up {
            return Ok(());
        }
        let width = match (pending.is_there, pending.width) {
            (true, None) => return Ok(()),
            (true, Some(width)) => width,
            (false, _) => WIDTH,
        };
        let ids = too_long(&self.graph, &pending.at, width);
        if ids.is_empty() || !pending.is_there && self.table.makes_its_own {
            return Ok(());
        }
        Err(StandingError::TooLong { table: pending.table.to_string(), width, ids, is_there: pending.is_there })
    }

    async fn look_again(&self, held: &Held) -> Result<(Look, Place), Failure> {
        let answer = held.session().send(&self.question(history::Look::Full, &self.reads())).await.answer().await;
        let told = self.told(answer)?;
        let place = self.place(&told);
        Ok((self.weigh(&told)?, place))
    }
}
