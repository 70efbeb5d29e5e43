//! The way down: the tool's own command rolls revisions back, and its history shows the result.

use super::inspect::Look;
use super::{Direction, ToolError, ToolGate};
use crate::alembic::{Place, Rows};
use crate::connect::ConnectError;
use crate::failure::Failure;
use crate::gate::GateError;
use crate::history::Told;
use crate::lock::Judgement;

impl ToolGate {
    /// Sets the target to the revision that `TARGET` names, or to `base`.
    ///
    /// # Errors
    /// It names no single revision, or no command rolls revisions back.
    pub fn aim_down(&mut self, target: &str) -> Result<(), Failure> {
        let refused = |why: String| GateError::Target { target: target.to_owned(), why };
        if self.graph.rows == Rows::Each {
            return Err(refused("only the tool itself knows what has to be taken back for it".to_owned()).into());
        }
        let to = match target {
            "base" => Vec::new(),
            target => self.graph.target(target).map_err(refused)?,
        };
        let runner = self.config.runner_down.as_ref().ok_or(ToolError::NoWayBack)?;
        if !runner.words.iter().any(|word| word.contains("{target}")) {
            return Err(ToolError::NoTarget { target: target.to_owned() }.into());
        }
        // Not every command accepts a label or the start of an id.
        let shown = if to.is_empty() { "base".to_owned() } else { self.graph.shown(to.iter().copied()) };
        self.wanted.clone_from(&to);
        (self.aimed, self.direction) = (Some(shown), Direction::Down(to));
        Ok(())
    }

    /// Determines the applied revisions that have to be rolled back.
    pub(super) fn weigh_down(&self, to: &[usize], told: &Told, place: &Place) -> Result<Look, Judgement> {
        let table = told.state.history.to_string();
        if !place.unknown.is_empty() {
            let ahead = GateError::AheadOfDown(place.unknown.len());
            return Err(Judgement::Refused(ahead.into()));
        }
        if let Some(&lacks) = to.iter().find(|&&at| !place.applied[at]) {
            let target = self.graph.revisions()[lacks].id.clone();
            let why = format!("it is not applied, as {table} says");
            return Err(Judgement::Refused(GateError::Target { target, why }.into()));
        }
        let back: Vec<usize> = (0..place.applied.len())
            .filter(|&at| place.applied[at] && !to.contains(&at) && self.stands_behind(at, to))
            .collect();
        match back.as_slice() {
            [] => Ok(Look::Open { ahead: 0 }),
            _ if told.state.read_only => {
                Err(Judgement::Wait(ConnectError::Standby { address: self.connector.describe() }))
            }
            _ => Ok(Look::Work { pending: back, home: told.state.history.clone() }),
        }
    }

    /// True if a revision follows one of these; all follow base.
    fn stands_behind(&self, at: usize, of: &[usize]) -> bool {
        let before = self.graph.closed([at]);
        of.is_empty() || of.iter().any(|&one| before[one])
    }
}

/// The ids that a run would have the tool roll back; looks once, without waiting, and takes no lock.
///
/// # Errors
/// The database cannot be asked, or the target is not applied.
pub async fn taken_back(gate: &ToolGate) -> Result<Vec<String>, Failure> {
    let look = async {
        let (session, answer) = gate.connect().await?;
        let answer = gate.whole(&session, answer).await;
        session.close().await;
        Ok::<_, Failure>(match gate.judge(answer)? {
            Look::Open { .. } => Vec::new(),
            Look::Work { pending, .. } => gate.ids(&pending),
        })
    };
    tokio::select! {
        biased;
        back = look => back,
        signal = gate.stop.requested() => Err(GateError::Stopped("planning", signal, None).into()),
    }
}
