//! Single revisions of a compiled chain that Alembic itself has to run.

use std::collections::HashSet;
use std::time::Instant;

use super::child::Tail;
use super::command::{Command, Order};
use super::ending::{Ending, Sentence, Why};
use super::{ToolError, environment, follow};
use crate::config::{Migrator, Patience, Runner};
use crate::connect::{Connector, Observation, Observers, Row};
use crate::execute::Stop;
use crate::failure::Failure;
use crate::gate::{Outside, Revision, Soon, Stage};
use crate::lock::Held;
use crate::progress::{Phase, Progress};

/// The runner's command for one revision at a time.
pub struct OneByOne {
    command: Command,
    progress: Progress,
    pod: String,
    /// The revisions that certainly do not commit before their end.
    whole: HashSet<String>,
}

impl OneByOne {
    /// # Errors
    /// The command has no `{target}`.
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
            let following = follow::follow(&observers, &name, show);
            let (code, said) =
                self.command.to_its_end(held, (&name, &order), (&observers, &self.progress), following).await?;
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
                tool: Migrator::Alembic,
                wanted: revision.id.to_owned(),
                why,
                code,
                said: Tail::told(said.clone()),
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
                    self.command.pause(began, &self.progress).await?;
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
