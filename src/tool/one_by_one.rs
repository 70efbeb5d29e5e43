//! Single revisions of a compiled chain that Alembic itself has to run.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use super::command::{Attempt, Command, Order};
use super::ending::{Ending, Sentence, Why};
use super::{ToolError, environment, follow};
use crate::config::{Patience, Runner};
use crate::connect::{Connector, Observation, Observers, Row, jittered};
use crate::execute::Stop;
use crate::failure::Failure;
use crate::gate::{Outside, Revision, Soon, Stage, stopped};
use crate::lock::Held;
use crate::progress::{Phase, Progress};

/// The runner's command for one revision after another.
pub struct OneByOne {
    command: Command,
    progress: Progress,
    pod: String,
    /// The revisions of which it is known that they do not commit in their middle.
    whole: HashSet<String>,
}

impl OneByOne {
    /// # Errors
    /// The command takes no target.
    pub fn new(
        (runner, patience): (&Runner, &Patience),
        connector: Connector,
        pod: String,
        whole: HashSet<String>,
        (progress, stop): (Progress, Stop),
    ) -> Result<Self, ToolError> {
        if !runner.words.iter().any(|word| word.contains("{target}")) {
            return Err(ToolError::NoTarget { target: "one revision of a compiled chain".to_owned() });
        }
        let command = Command { runner: runner.clone(), connector, patience: patience.clone(), stop };
        Ok(Self { command, progress, pod, whole })
    }

    async fn run<'a>(
        &'a self,
        held: &'a Held,
        revision: Revision<'a>,
        look: &'a dyn Fn() -> Soon<'a, Result<Stage, Failure>>,
    ) -> Result<(), Failure> {
        self.progress.enter(Phase::Migrating);
        let observers = Observers::new(self.command.connector.clone());
        let may_commit = !self.whole.contains(revision.id);
        let order = Order { target: revision.id, pending: 1, may_commit };
        let (mut before, began) = (look().await?, Instant::now());
        loop {
            let name = environment::application(&self.pod);
            let show = async |_: &Observation, row: Option<&Row>| {
                let place = (revision.file.to_owned(), 1);
                let running = row.and_then(|row| follow::running(row, revision.id.to_owned(), place));
                self.progress.update(|known| known.running = running);
            };
            let attempt = self.command.attempt(held, (&name, &order), follow::follow(&observers, &name, show)).await;
            self.progress.update(|known| known.running = None);
            // Whatever it was, nothing of it may go on once the lock is given back.
            let is_gone = self.command.end_sessions(&observers, &name).await;
            let (code, said) = match attempt? {
                Attempt::Ended { code, said } => (code, said),
                Attempt::Stopped(signal) => {
                    if !is_gone {
                        tracing::error!("a session of the runner's command is still there: {name}");
                    }
                    return Err(stopped(&self.progress, signal));
                }
            };
            let after = look().await?;
            let ending = Ending {
                code,
                has_moved: before.rows != after.rows,
                is_there: after.is_applied,
                said: &said,
                is_strict: self.command.runner.is_strict,
                may_have_committed: may_commit,
            };
            let refusal = |why: Why| ToolError::Runner {
                why,
                code,
                said: said.clone(),
                table: after.table.clone(),
                current: Some(after.rows.join("+")).filter(|rows| !rows.is_empty()),
                pending: if after.is_applied { Vec::new() } else { vec![revision.id.to_owned()] },
            };
            match ending.sentence() {
                Sentence::Open => return Ok(()),
                Sentence::OpenAllTheSame => {
                    tracing::warn!(
                        code,
                        revision = revision.id,
                        "the runner's command failed, and the revision is applied"
                    );
                    return Ok(());
                }
                Sentence::Again if began.elapsed() < self.command.patience.ddl_lock_retry_for => {
                    let pause = jittered(Duration::from_secs(1) + began.elapsed() / 20).min(Duration::from_secs(10));
                    let seconds = pause.as_secs_f32();
                    tracing::warn!(seconds, "the command gave up a lock that others held; starting it again");
                    if let Some(signal) = self.command.stop.within(pause).await {
                        return Err(stopped(&self.progress, signal));
                    }
                    before = after;
                }
                Sentence::Again => return Err(refusal(Why::Passing).into()),
                Sentence::Refuse(why) => return Err(refusal(why).into()),
            }
        }
    }
}

impl Outside for OneByOne {
    fn apply<'a>(
        &'a self,
        held: &'a Held,
        revision: Revision<'a>,
        look: &'a dyn Fn() -> Soon<'a, Result<Stage, Failure>>,
    ) -> Soon<'a, Result<(), Failure>> {
        Box::pin(self.run(held, revision, look))
    }
}
