//! `lockgate plan`: what is pending, and who will run it.

use serde::Serialize;

use super::ToolGate;
use crate::alembic::{Place, VersionStatus};
use crate::failure::Failure;
use crate::gate::GateError;

use super::secrets::Secrets;

/// The revisions that a run would have the tool apply, in order.
#[derive(Debug, Serialize)]
pub struct Outline {
    pub current: Option<String>,
    pub target: String,
    pub applied: usize,
    pub ahead: usize,
    pub revisions: Vec<Outlined>,
    /// The command that applies them.
    pub runner: Option<String>,
}

#[derive(Debug, Serialize)]
pub struct Outlined {
    pub revision: String,
    pub file: String,
    pub description: String,
}

impl Outline {
    /// The next steps, a line each.
    pub fn next(&self) -> Vec<String> {
        if self.revisions.is_empty() {
            return Vec::new();
        }
        vec![match &self.runner {
            Some(runner) => {
                format!("next: `lockgate migrate` has `{runner}` apply them; what they hold is Python, and is not read")
            }
            None => {
                "next: set LOCKGATE_RUNNER, as in `alembic upgrade head`; what they hold is Python, and is not read"
                    .to_owned()
            }
        }]
    }
}

/// Looks once, without waiting, and takes no lock.
///
/// # Errors
/// The database cannot be asked, or the version table is not this chain's.
pub async fn outline(gate: &ToolGate) -> Result<Outline, Failure> {
    tokio::select! {
        biased;
        outline = look(gate) => outline,
        signal = gate.stop.requested() => Err(GateError::Stopped("planning", signal, None).into()),
    }
}

async fn look(gate: &ToolGate) -> Result<Outline, Failure> {
    let (session, answer) = gate.connect().await?;
    let answer = gate.whole(&session, answer).await;
    session.close().await;
    let told = gate.told(answer)?;
    let place = Place::new(&gate.graph, &told.versions());
    let seen = place.seen(&gate.graph, &gate.wanted);
    let table = told.state.history.to_string();
    let (pending, ahead) = match place.standing(&gate.graph, &gate.wanted, &table, gate.table.is_ours)? {
        VersionStatus::AtHead => (Vec::new(), 0),
        VersionStatus::Ahead(unknown) => (Vec::new(), unknown.len()),
        VersionStatus::Pending(pending) => (pending, 0),
    };
    let outlined = |at: &usize| {
        let revision = &gate.graph.revisions()[*at];
        let description = revision.title.clone().unwrap_or_default();
        Outlined { revision: revision.id.clone(), file: revision.file.clone(), description }
    };
    Ok(Outline {
        current: seen.current,
        target: gate.graph.shown(gate.wanted.iter().copied()),
        applied: seen.applied,
        ahead,
        revisions: pending.iter().map(outlined).collect(),
        runner: gate.config.runner.as_ref().map(|runner| Secrets::default().cut(&runner.words.join(" "))),
    })
}
