//! `lockgate status`: one look, without a lock and without waiting.

use super::{Gate, GateError};
use crate::catalog::How;
use crate::chain::standing::{Recorded, Standing, StandingError, standing};
use crate::connect::Session;
use crate::connect::{Message, SessionError};
use crate::execute::Table;
use crate::failure::Failure;
use crate::history::{self, Read};
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
    let question = history::inquiry(table, &[Read::Rows, Read::Skipped], None);
    let (session, asked) = gate.connect().await?;
    let asked = match asked {
        Some(answer) => answer,
        None => session.send(&question).await.answer().await,
    };
    let key = LockKey::of(&gate.told(asked)?.state.history);
    let mut answers = session.answers(&[question, Message::own(key.holder_question())]).await.into_iter();
    let missing = || gate.lost(SessionError::Lost("a message was not answered".to_owned()));
    let (told, rows) = gate.told_and_rows(answers.next().ok_or_else(missing)?)?;
    // Who holds the lock is worth saying, and no reason to fail.
    let holder = answers.next().and_then(|answer| answer.rows().ok()).and_then(|rows| Holder::read(&rows));
    let skipped = told.skipped();
    let state = &told.state;
    let standing = standing(&gate.chain, &rows, &gate.place(state));
    let found = match &standing {
        Ok(Standing::Pending { pending, .. }) if rows.is_empty() => {
            found(gate, &session, &Table::of(&gate.chain, &rows, state), pending).await
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
