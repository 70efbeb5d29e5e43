//! `lockgate wait`: watches the history until it is at head; takes no lock and writes nothing.

use std::time::Instant;

use super::look::Look;
use super::{Gate, GateError, Opened};
use crate::config::Patience;
use crate::connect::{jittered, pause_beside};
use crate::failure::Failure;
use crate::progress::Phase;

/// Waits until the history is at this chain's head, or ahead of it; for the database and for head together no longer than
/// `LOCKGATE_WAIT_TIMEOUT`.
///
/// # Errors
/// The deadline, a signal, or a history that can never come to this head.
pub async fn wait_for_head(gate: &Gate) -> Result<Opened, Failure> {
    let began = Instant::now();
    let deadline = began + gate.config.patience.wait_timeout;
    let mut behind: Option<Instant> = None;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let patience = Patience { wait_timeout: left, ..gate.config.patience.clone() };
        let look = tokio::select! {
            biased;
            look = gate.look_with(patience) => look,
            signal = gate.stop.requested() => return Err(GateError::Stopped("waiting", signal, None).into()),
        };
        let (look, session) = look?;
        session.close().await;
        let pending = match look {
            Look::Open { ahead, .. } => return gate.open(Vec::new(), ahead),
            Look::Work { pending, .. } => pending,
        };
        gate.progress.enter(Phase::Waiting);
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(GateError::NotAtHead { pending: pending.len(), waited: began.elapsed() }.into());
        }
        let since = *behind.get_or_insert_with(|| {
            tracing::info!(pending = pending.len(), "waiting for another run to bring the database to head");
            Instant::now()
        });
        let pause = jittered(pause_beside(since.elapsed())).min(left);
        if let Some(signal) = gate.stop.within(pause).await {
            return Err(GateError::Stopped("waiting", signal, None).into());
        }
    }
}
