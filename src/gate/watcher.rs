//! `lockgate wait`: watches the history until it is at head; takes no lock and writes nothing.

use super::{Gate, Opened, flow};
use crate::failure::Failure;

/// Waits until the history is at this chain's head, or ahead of it, for at most `LOCKGATE_WAIT_TIMEOUT` in total for the database
/// and for head.
///
/// # Errors
/// The deadline, a signal, or a history that can never reach this head.
pub async fn wait_for_head(gate: &Gate) -> Result<Opened, Failure> {
    let ahead = flow::wait_for_head(&gate.config.patience, &gate.progress, &gate.stop, async |patience| {
        let (look, session) = gate.look_with(patience).await?;
        session.close().await;
        Ok(look.stand())
    });
    gate.open(Vec::new(), ahead.await?)
}
