//! The runner's command under the lock: started, followed, stopped, and judged by the version table.

use std::ffi::OsStr;
use std::time::{Duration, Instant};

use super::child::{Child, Start};
use super::ending::{Ending, Sentence, Why};
use super::look::Look;
use super::secrets::Secrets;
use super::{ToolError, ToolGate, environment};
use crate::alembic::standing::{WIDTH, too_long};
use crate::alembic::{Place, StandingError};
use crate::config::Runner;
use crate::connect::{Answer, Message, Observers, Session, SessionError, hygiene, jittered};
use crate::execute::Signal;
use crate::failure::Failure;
use crate::files;
use crate::gate::stopped;
use crate::history::{self, Read};
use crate::lock::{self, Ask, Held, Judged, LockKey, Round};
use crate::pg::name::{QualifiedName, quote_literal};
use crate::progress::Phase;

/// The reads beside the lock.
const READS: [Read; 2] = [Read::Versions, Read::Width];

/// How the work under the lock ended.
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

/// One start of the command.
enum Attempt {
    Ended { code: i32, said: Vec<String> },
    Stopped(Signal),
}

/// Between two looks at whether the lock is still ours.
const HEARTBEAT: Duration = Duration::from_secs(1);
/// For the answer: the network may be slow, and a lock that may be lost is not kept.
const ANSWER: Duration = Duration::from_secs(15);
/// The part of the grace period that the command has to end by itself.
const ITS_OWN: f32 = 0.5;
/// For its sessions to be gone, once it has ended.
const SESSIONS: Duration = Duration::from_secs(5);

impl ToolGate {
    /// Takes the lock, asks again under it, and has the command apply what is still pending.
    pub(super) async fn work(&self, session: Session, home: &QualifiedName) -> Result<Work, Failure> {
        let question = self.question(history::Look::Full, &READS);
        let judge = |answer: Answer| {
            let told = self.told(answer)?;
            Ok(match self.weigh(&told)? {
                Look::Open { ahead } => Judged::Done(Work::NothingLeft { ahead }),
                Look::Work { pending, .. } => Judged::Work(Pending {
                    at: pending,
                    place: Place::new(&self.graph, &told.versions()),
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
        let runner =
            self.config.runner.as_ref().ok_or_else(|| ToolError::NoRunner { pending: self.ids(&pending.at) })?;
        self.refuse_long_ids(&pending)?;
        let observers = Observers::new(self.connector.clone());
        let settings = hygiene::settings(held.session().server, Duration::ZERO);
        held.make_ours(&observers, &settings).await?;
        self.progress.enter(Phase::Migrating);
        let began = Instant::now();
        loop {
            let name = environment::application(&self.pod);
            let attempt = self.attempt(held, &observers, runner, &pending, &name).await;
            self.progress.update(|known| known.running = None);
            // Whatever it was, nothing of it may go on once the lock is given back.
            let is_gone = self.end_sessions(&observers, &name).await;
            let (code, said) = match attempt? {
                Attempt::Ended { code, said } => (code, said),
                Attempt::Stopped(signal) => {
                    if !is_gone {
                        tracing::error!("a session of the runner's command is still there: {name}");
                    }
                    return Err(stopped(&self.progress, signal));
                }
            };
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
                    let pause = jittered(Duration::from_secs(1) + began.elapsed() / 20).min(Duration::from_secs(10));
                    tracing::warn!(
                        seconds = pause.as_secs_f32(),
                        "the command gave up a lock that others held; starting it again"
                    );
                    if let Some(signal) = self.stop.within(pause).await {
                        return Err(stopped(&self.progress, signal));
                    }
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
        let standing = match look {
            Look::Open { .. } => crate::alembic::Standing::AtHead,
            Look::Work { pending, .. } => crate::alembic::Standing::Pending(pending.clone()),
        };
        let ending = Ending {
            code,
            before: &pending.place,
            after,
            standing: &standing,
            said,
            is_strict: runner.is_strict,
            may_have_committed: self.may_commit(&pending.at),
        };
        ending.sentence()
    }

    fn refusal(&self, why: Why, code: i32, said: Vec<String>, pending: &Pending, after: &Place) -> ToolError {
        let seen = after.seen(&self.graph, &self.wanted);
        ToolError::Runner {
            why,
            code,
            said,
            table: pending.table.to_string(),
            current: seen.current,
            pending: seen.pending,
        }
    }

    fn may_commit(&self, pending: &[usize]) -> bool {
        pending.iter().any(|&at| self.graph.revisions()[at].may_commit)
    }

    fn refuse_long_ids(&self, pending: &Pending) -> Result<(), StandingError> {
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
        let answer = held.session().send(&self.question(history::Look::Full, &READS)).await.answer().await;
        let told = self.told(answer)?;
        let place = Place::new(&self.graph, &told.versions());
        Ok((self.weigh(&told)?, place))
    }

    /// Starts the command and follows it to its end, to a signal, or to the loss of the lock.
    async fn attempt(
        &self,
        held: &Held,
        observers: &Observers,
        runner: &Runner,
        pending: &Pending,
        name: &str,
    ) -> Result<Attempt, Failure> {
        let mut child = self.start(held, runner, pending, name).await?;
        let lost = tokio::select! {
            biased;
            ended = child.ended() => {
                let code = ended.map_err(|source| ToolError::Start { program: runner.words.first().cloned().unwrap_or_default(), source })?;
                return Ok(Attempt::Ended { code, said: child.tail.lines() });
            }
            signal = self.stop.requested() => {
                tracing::info!(%signal, "stopping the runner's command");
                self.end(&mut child).await;
                return Ok(Attempt::Stopped(signal));
            }
            lost = self.lost_lock(held) => lost,
            never = self.follow(observers, name) => match never {},
        };
        tracing::error!("the lock is lost: stopping the runner's command: {lost}");
        self.end(&mut child).await;
        Err(ToolError::LockLost { source: lost }.into())
    }

    /// Asks the command to end, and ends it where it does not.
    async fn end(&self, child: &mut Child) {
        child.terminate().await;
        let patience = self.config.patience.grace.mul_f32(ITS_OWN);
        if tokio::time::timeout(patience, child.ended()).await.is_err() {
            child.kill().await;
            let _ = tokio::time::timeout(SESSIONS, child.ended()).await;
        }
    }

    /// Waits until the session that holds the lock does not answer as such.
    async fn lost_lock(&self, held: &Held) -> SessionError {
        loop {
            tokio::time::sleep(HEARTBEAT).await;
            let asked = async { held.session().send(&Message::control(held.guard())).await.rows().await };
            match tokio::time::timeout(ANSWER, asked).await {
                Ok(Ok(_)) => {}
                Ok(Err(error)) => return error,
                Err(_) => return SessionError::Lost(format!("it did not answer within {} s", ANSWER.as_secs())),
            }
        }
    }

    async fn start(&self, held: &Held, runner: &Runner, pending: &Pending, name: &str) -> Result<Child, Failure> {
        let target = self.connector.target().await?;
        let address = &held.session().address;
        let host = target.hosts.iter().position(|host| host.to_string() == *address).unwrap_or_default();
        let variables: Vec<(String, String)> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let there = |name: &str| variables.iter().find(|(other, _)| other == name).map(|(_, value)| value.clone());
        let is_short = !self.may_commit(&pending.at);
        let wanted = environment::Wanted {
            target: &target,
            host,
            server: held.session().server,
            application: name,
            // An index that is built concurrently waits for others' transactions, and would be left INVALID.
            lock_timeout: is_short
                .then_some(self.config.patience.ddl_lock_timeout)
                .filter(|timeout| !timeout.is_zero()),
        };
        let (word, arguments) =
            runner.words.split_first().ok_or_else(|| ToolError::NoRunner { pending: self.ids(&pending.at) })?;
        let path = there("PATH");
        let program = files::find_program(OsStr::new(word), path.as_deref().map(OsStr::new));
        let program = program.map_err(|source| ToolError::Program { program: word.clone(), source })?;
        let aim = self
            .aimed
            .clone()
            .unwrap_or_else(|| if self.graph.heads().len() > 1 { "heads" } else { "head" }.to_owned());
        let arguments: Vec<String> = arguments.iter().map(|word| word.replace("{target}", &aim)).collect();
        let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
        let removed = environment::removed(names);
        let password = target.password.as_ref().map(crate::config::Secret::expose);
        let secrets = Secrets::new(password, variables.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let command = secrets.cut(&format!("{word} {}", arguments.join(" ")));
        tracing::info!(pending = pending.at.len(), "starting the runner's command: {command}");
        let start = Start { program, arguments, set: environment::set(&wanted, there), removed };
        Ok(Child::start(start, secrets).map_err(|source| ToolError::Start { program: word.clone(), source })?)
    }

    /// Ends the command's sessions that are still there, and waits until they are gone.
    async fn end_sessions(&self, observers: &Observers, name: &str) -> bool {
        let ours = quote_literal(name);
        let sql = format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = {ours} AND pid <> pg_backend_pid() \
             AND datname = current_database()"
        );
        let began = Instant::now();
        while began.elapsed() < SESSIONS {
            let Some(observation) = observers.observe().await else { return false };
            match observation.ask(&Message::own(sql.as_str())).await {
                Some(rows) if rows.is_empty() => return true,
                _ => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
        false
    }
}
