//! `lockgate status`: one look, without a lock and without waiting.

use super::ToolGate;
use crate::alembic::{Place, StandingError, VersionStatus};
use crate::connect::Message;
use crate::failure::Failure;
use crate::gate::GateError;
use crate::history::ServerState;
use crate::lock::{Holder, LockKey};

/// The result of one look at a database. Facts that could not be read are missing, and the failure has the reason.
#[derive(Debug, Default)]
pub struct Glance {
    /// The server's version.
    pub server: Option<String>,
    pub state: Option<ServerState>,
    pub place: Option<Place>,
    pub standing: Option<Result<VersionStatus, StandingError>>,
    pub holder: Option<Holder>,
    pub failure: Option<Failure>,
}

/// Looks once.
///
/// # Errors
/// A signal came.
pub async fn glance(gate: &ToolGate) -> Result<Glance, Failure> {
    let look = async {
        let mut glance = Glance::default();
        if let Err(failure) = look(gate, &mut glance).await {
            glance.failure = Some(failure);
        }
        glance
    };
    tokio::select! {
        biased;
        glance = look => Ok(glance),
        signal = gate.stop.requested() => Err(GateError::Stopped("looking", signal, None).into()),
    }
}

async fn look(gate: &ToolGate, glance: &mut Glance) -> Result<(), Failure> {
    let (session, answer) = gate.connect().await?;
    glance.server = Some(session.server.to_string());
    let told = gate.told(gate.whole(&session, answer).await)?;
    let holder = Message::own(LockKey::of(&told.state.history).holder_question());
    let rows = session.ask(&[holder]).await.pop().and_then(Result::ok);
    session.close().await;
    glance.holder = rows.and_then(|rows| Holder::read(&rows));
    let place = gate.place(&told);
    let table = told.state.history.to_string();
    glance.standing = Some(gate.standing(&place, &table));
    (glance.place, glance.state) = (Some(place), Some(told.state));
    Ok(())
}
