//! The runner's command under the lock: started, followed, and stopped with all its sessions.

use std::convert::Infallible;
use std::ffi::OsStr;
use std::time::{Duration, Instant};

use super::child::{Child, Start};
use super::secrets::Secrets;
use super::{ToolError, environment};
use crate::config::{Patience, Runner};
use crate::connect::{Connector, Message, Observers, SessionError, jittered};
use crate::execute::{Signal, Stop};
use crate::failure::Failure;
use crate::files;
use crate::gate::stopped;
use crate::lock::Held;
use crate::pg::name::quote_literal;
use crate::progress::Progress;

/// The command, and the parameters of its start.
#[derive(Clone)]
pub struct Command {
    pub runner: Runner,
    pub connector: Connector,
    pub patience: Patience,
    pub stop: Stop,
}

/// The task of one run of the command.
pub struct Order<'a> {
    /// Replaces `{target}`.
    pub target: &'a str,
    /// The number of pending revisions.
    pub pending: usize,
    /// True if one of them may commit before its end.
    pub may_commit: bool,
}

/// One start of the command.
enum Attempt {
    Ended { code: i32, said: Vec<String> },
    Stopped(Signal),
}

/// The interval at which the lock is checked.
const HEARTBEAT: Duration = Duration::from_secs(1);
/// The wait for the answer of that check: the network may be slow, but a lock that may be lost is not kept.
const ANSWER: Duration = Duration::from_secs(15);
/// The fraction of the grace period in which the command may end by itself.
const ITS_OWN: f32 = 0.5;
/// The wait for its sessions to end, after the command has ended.
const SESSIONS: Duration = Duration::from_secs(5);

impl Command {
    /// Starts the command, follows it, and ends its remaining sessions: nothing of it may continue after the lock is released.
    /// Returns its exit code, and its last lines.
    ///
    /// # Errors
    /// It could not be started, a signal stopped it, or the lock was lost.
    pub async fn to_its_end(
        &self,
        held: &Held,
        (name, order): (&str, &Order<'_>),
        (observers, progress): (&Observers, &Progress),
        follow: impl Future<Output = Infallible>,
    ) -> Result<(i32, Vec<String>), Failure> {
        let attempt = self.attempt(held, (name, order), follow).await;
        progress.update(|known| known.running = None);
        let is_gone = self.end_sessions(observers, name).await;
        match attempt? {
            Attempt::Ended { code, said } => Ok((code, said)),
            Attempt::Stopped(signal) => {
                if !is_gone {
                    tracing::error!("a session of the runner's command is still there: {name}");
                }
                Err(stopped(progress, signal))
            }
        }
    }

    /// Pauses before the command is started again: the longer others have held the lock that it needs, the longer.
    ///
    /// # Errors
    /// A signal came.
    pub async fn pause(&self, began: Instant, progress: &Progress) -> Result<(), Failure> {
        let pause = jittered(Duration::from_secs(1) + began.elapsed() / 20).min(Duration::from_secs(10));
        let seconds = pause.as_secs_f32();
        tracing::warn!(seconds, "the command gave up a lock that others held; starting it again");
        match self.stop.within(pause).await {
            Some(signal) => Err(stopped(progress, signal)),
            None => Ok(()),
        }
    }

    /// Starts the command and follows it to its end, to a signal, or to the loss of the lock.
    async fn attempt(
        &self,
        held: &Held,
        (name, order): (&str, &Order<'_>),
        follow: impl Future<Output = Infallible>,
    ) -> Result<Attempt, Failure> {
        let mut child = self.start(held, order, name).await?;
        let lost = tokio::select! {
            biased;
            ended = child.ended() => {
                let code = ended.map_err(|source| ToolError::Start { program: self.runner.words.first().cloned().unwrap_or_default(), source })?;
                return Ok(Attempt::Ended { code, said: child.tail.lines() });
            }
            signal = self.stop.requested() => {
                tracing::info!(%signal, "stopping the runner's command");
                self.end(&mut child).await;
                return Ok(Attempt::Stopped(signal));
            }
            lost = self.lost_lock(held) => lost,
            never = follow => match never {},
        };
        tracing::error!("the lock is lost: stopping the runner's command: {lost}");
        self.end(&mut child).await;
        Err(ToolError::LockLost { source: lost }.into())
    }

    /// Asks the command to end, and kills it if it does not.
    async fn end(&self, child: &mut Child) {
        child.terminate().await;
        let patience = self.patience.grace.mul_f32(ITS_OWN);
        if tokio::time::timeout(patience, child.ended()).await.is_err() {
            child.kill().await;
            let _ = tokio::time::timeout(SESSIONS, child.ended()).await;
        }
    }

    /// Waits until the session no longer proves that it holds the lock.
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

    async fn start(&self, held: &Held, order: &Order<'_>, name: &str) -> Result<Child, Failure> {
        let target = self.connector.target().await?;
        let address = &held.session().address;
        let host = target.hosts.iter().position(|host| host.to_string() == *address).unwrap_or_default();
        let variables: Vec<(String, String)> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let there = |name: &str| variables.iter().find(|(other, _)| other == name).map(|(_, value)| value.clone());
        let wanted = environment::Wanted {
            target: &target,
            host,
            server: held.session().server,
            application: name,
            // A concurrent index build waits for others' transactions, and a timeout would leave the index INVALID.
            lock_timeout: Some(self.patience.ddl_lock_timeout.value)
                .filter(|time| !order.may_commit && !time.is_zero()),
        };
        let (word, arguments) = self.runner.words.split_first().ok_or(ToolError::NoWord)?;
        let path = there("PATH");
        let program = files::find_program(OsStr::new(word), path.as_deref().map(OsStr::new));
        let program = program.map_err(|source| ToolError::Program { program: word.clone(), source })?;
        let arguments: Vec<String> = arguments.iter().map(|word| word.replace("{target}", order.target)).collect();
        let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
        let removed = environment::removed(names);
        let password = target.password.as_ref().map(crate::config::Secret::expose);
        let secrets = Secrets::new(password, variables.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let command = secrets.cut(&format!("{word} {}", arguments.join(" ")));
        tracing::info!(pending = order.pending, "starting the runner's command: {command}");
        let start = Start { program, arguments, set: environment::set(&wanted, there), removed };
        Ok(Child::start(start, secrets).map_err(|source| ToolError::Start { program: word.clone(), source })?)
    }

    /// Ends the command's remaining sessions, and waits until they are gone.
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
