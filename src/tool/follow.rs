//! The progress of the runner's command, for those who watch: the statement of its sessions, and the place of the version table.

use std::convert::Infallible;
use std::time::{Duration, Instant};

use super::ToolGate;
use crate::alembic::Place;
use crate::connect::{Answer, Message, Observation, Observers, Row};
use crate::history::{Look, Read};
use crate::pg::name::quote_literal;
use crate::progress::Running;
use crate::sql;

const SESSION: &str = include_str!("session.sql");

/// Between two looks.
const EVERY: Duration = Duration::from_secs(1);

impl ToolGate {
    /// Looks again and again while the command runs, over one connection.
    pub(super) async fn follow(&self, observers: &Observers, name: &str) -> Infallible {
        let question = SESSION.replace("{name}", &quote_literal(name));
        let mut observation: Option<Observation> = None;
        loop {
            tokio::time::sleep(EVERY).await;
            if observation.is_none() {
                observation = observers.observe().await;
            }
            let Some(asked) = &observation else { continue };
            let Some(running) = asked.ask(&Message::own(question.as_str())).await else {
                observation = None;
                continue;
            };
            // A table that is not made yet has no answer.
            if let Some(versions) = asked.ask(&self.question(Look::Quick, &[Read::Versions])).await {
                self.show_versions(versions);
            }
            let running = running.first().and_then(|row| self.running(row));
            self.progress.update(|known| known.running = running);
        }
    }

    fn show_versions(&self, rows: Vec<Row>) {
        // A table that is not believed is not shown; the run itself judges it at the end.
        if let Ok(told) = self.told(Answer { rows, end: Ok(()) }) {
            let place = Place::new(&self.graph, &told.versions());
            self.progress.saw(place.seen(&self.graph, &self.wanted));
        }
    }

    /// The revision is the first that is not recorded: Alembic records each once it is done, or all of them at the end.
    fn running(&self, row: &Row) -> Option<Running> {
        let column = |at: usize| row.get(at).and_then(Option::as_deref);
        let seconds: f64 = column(1)?.parse().ok()?;
        let revision = self.progress.look(|known| known.pending.first().cloned())?;
        let at = self.graph.find(&revision)?;
        let text = sql::without_literals(column(0)?);
        let command = text.split_whitespace().next().unwrap_or_default().to_uppercase();
        Some(Running {
            file: self.graph.revisions()[at].file.clone(),
            line: self.graph.revisions()[at].line,
            revision,
            text,
            command,
            place: (1, 1),
            since: Instant::now().checked_sub(Duration::try_from_secs_f64(seconds).ok()?)?,
            waits_for: column(2).map(str::to_owned),
            progress: None,
        })
    }
}
