//! `lockgate status`: one look, without a lock and without waiting.

use super::{Gate, GateError};
use crate::catalog::How;
use crate::chain::standing::{Recorded, Standing, StandingError, standing};
use crate::connect::Session;
use crate::execute::Table;
use crate::failure::Failure;
use crate::history::{self, Question};
use crate::lock::{Holder, LockKey};
use crate::plan::{self, Found, Way};
use crate::progress::Note;

/// What one look at a database shows.
#[derive(Debug)]
pub struct Glance {
    pub rows: Vec<Recorded>,
    pub standing: Result<Standing, StandingError>,
    pub holder: Option<Holder>,
    /// Optional statements that are still to apply.
    pub skipped: Vec<Note>,
    /// Objects of the chain, where the history is empty.
    pub found: Option<Found>,
}

/// Looks once.
///
/// # Errors
/// The database cannot be asked, or the history cannot be read.
pub async fn glance(gate: &Gate) -> Result<Glance, Failure> {
    tokio::select! {
        biased;
        glance = look(gate) => glance,
        signal = gate.stop.requested() => Err(GateError::Stopped("looking", signal, None).into()),
    }
}

async fn look(gate: &Gate) -> Result<Glance, Failure> {
    let table = &gate.config.history_table;
    let question = Question::new(table, gate.chain.len());
    let (session, asked) = gate.connect().await?;
    let mut asked = match asked {
        Some(answers) => answers,
        None => session.ask(&[&question.server]).await,
    };
    let state = gate.state(asked.swap_remove(0))?;
    let key = LockKey::of(&state.history);
    let answers =
        session.ask(&[&history::rows_question(table), &key.holder_question(), &history::skipped_question(table)]).await;
    let mut answers = answers.into_iter();
    let rows = answers.next().unwrap_or_else(|| Ok(Vec::new()));
    let rows = history::rows(&state, rows).map_err(|error| gate.lost(error))??;
    // Who holds the lock is worth saying, and no reason to fail.
    let holder = answers.next().and_then(Result::ok).and_then(|rows| Holder::read(&rows));
    let skipped = answers.next().map(history::skipped).unwrap_or_default();
    let standing = standing(&gate.chain, &rows, &gate.place(&state));
    let found = match &standing {
        Ok(Standing::Pending { pending, .. }) if rows.is_empty() => {
            found(gate, &session, &Table::of(&gate.chain, &rows, &state), pending).await
        }
        _ => None,
    };
    session.close().await;
    Ok(Glance { rows, standing, holder, skipped, found })
}

/// Scripts that cannot be read, and a catalog that cannot, show nothing.
async fn found(gate: &Gate, session: &Session, table: &Table, pending: &[usize]) -> Option<Found> {
    let readings = plan::read(&gate.chain, pending.iter().map(|&at| (at, Way::Up)).collect()).ok()?;
    let history = table.name.to_string();
    let judging = gate.judging((&[], &[]), table, How::Explain, false);
    let judging = plan::Judging { first: Some(gate.first(&history, &[])), ..judging };
    plan::preview(session, judging, readings).await.ok()?.first_contact
}
