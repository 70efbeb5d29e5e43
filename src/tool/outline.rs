//! `lockgate plan`: the pending revisions, and the command that runs them.

use serde::Serialize;

use super::ToolGate;
use crate::alembic::VersionStatus;
use crate::config::{Migrator, Program};
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
    #[serde(skip)]
    pub tool: Migrator,
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
    /// The next steps, one line each.
    pub fn next(&self) -> Vec<String> {
        if self.revisions.is_empty() {
            return Vec::new();
        }
        vec![match &self.runner {
            Some(runner) => {
                format!(
                    "next: `lockgate migrate` has `{runner}` apply them; they are programs, and what they do is not read"
                )
            }
            None => {
                let command = command(self.tool);
                format!("next: set LOCKGATE_RUNNER, as in `{command}`; they are programs, and what they do is not read")
            }
        }]
    }
}

/// The command with which a tool applies pending revisions.
pub(super) fn command(tool: Migrator) -> &'static str {
    match tool {
        Migrator::Alembic => "alembic upgrade head",
        Migrator::Program(Program::Django) => "python manage.py migrate --no-input",
        Migrator::Program(Program::Rails) => "bin/rails db:migrate",
        Migrator::Program(Program::Ecto) => "mix ecto.migrate",
        Migrator::Program(Program::Knex) => "npx knex migrate:latest",
        Migrator::Program(Program::Sequelize) => "npx sequelize-cli db:migrate",
        Migrator::Program(Program::Listed) | Migrator::Tool(_) => "the tool's own command",
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
    let place = gate.place(&told);
    let seen = place.seen(&gate.graph, &gate.wanted);
    let table = told.state.history.to_string();
    let (pending, ahead) = match gate.standing(&place, &table)? {
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
        tool: gate.table.tool,
        runner: gate.config.runner.as_ref().map(|runner| Secrets::default().cut(&runner.words.join(" "))),
    })
}
