//! The progress of the runner's command, for observers: the statement of its sessions, and the place of the version table.

use std::convert::Infallible;
use std::time::{Duration, Instant};

use super::ToolGate;
use crate::connect::{Answer, Message, Observation, Observers, Row};
use crate::history::Look;
use crate::pg::name::quote_literal;
use crate::progress::Running;
use crate::sql;

const SESSION: &str = include_str!("session.sql");

/// The interval of the observations.
const EVERY: Duration = Duration::from_secs(1);

/// Observes the current statement of the command's sessions over one connection while the command runs.
pub(super) async fn follow(
    observers: &Observers,
    name: &str,
    show: impl AsyncFn(&Observation, Option<&Row>),
) -> Infallible {
    let question = SESSION.replace("{name}", &quote_literal(name));
    let mut observation: Option<Observation> = None;
    loop {
        tokio::time::sleep(EVERY).await;
        if observation.is_none() {
            observation = observers.observe().await;
        }
        let Some(asked) = &observation else { continue };
        match asked.ask(&Message::own(question.as_str())).await {
            Some(running) => show(asked, running.first()).await,
            None => observation = None,
        }
    }
}

/// The running revision, and its statement.
pub(super) fn running(row: &Row, revision: String, (file, line): (String, usize)) -> Option<Running> {
    let column = |at: usize| row.get(at).and_then(Option::as_deref);
    let seconds: f64 = column(1)?.parse().ok()?;
    let text = sql::without_literals(column(0)?);
    let command = text.split_whitespace().next().unwrap_or_default().to_uppercase();
    Some(Running {
        file,
        line,
        revision,
        text,
        command,
        place: (1, 1),
        since: Instant::now().checked_sub(Duration::try_from_secs_f64(seconds).ok()?)?,
        waits_for: column(2).map(str::to_owned),
        progress: None,
    })
}

impl ToolGate {
    /// Observes the command while it runs.
    pub(super) async fn follow(&self, observers: &Observers, name: &str) -> Infallible {
        let show = async |asked: &Observation, row: Option<&Row>| {
            // A table that does not exist yet has no answer.
            if let Some(versions) = asked.ask(&self.question(Look::Quick, &[self.table.ids])).await {
                self.show_versions(versions);
            }
            let running = row.and_then(|row| self.running(row));
            self.progress.update(|known| known.running = running);
        };
        follow(observers, name, show).await
    }

    fn show_versions(&self, rows: Vec<Row>) {
        // An untrusted table is not shown; the run itself judges it at the end.
        if let Ok(told) = self.told(Answer { rows, end: Ok(()) }) {
            let place = self.place(&told);
            self.progress.saw(place.seen(&self.graph, &self.wanted));
        }
    }

    /// The revision is the first unrecorded one: Alembic records each when it is done, or all of them at the end.
    fn running(&self, row: &Row) -> Option<Running> {
        let revision = self.progress.look(|known| known.pending.first().cloned())?;
        let found = &self.graph.revisions()[self.graph.find(&revision)?];
        running(row, revision, (found.file.clone(), found.line))
    }
}
