//! The losses of pending statements: existing rows, values and positions of sequences, and everything that depends on them.
//!
//! A statement's text shows the objects that it removes ([`crate::statement::losing`]), the earlier statements the names of those
//! in the catalog (`names`), and the catalog the existing data and dependents (`inspect`). No query is made if no pending
//! statement removes anything.

mod gather;
mod inspect;
mod loss;

use loss::Rows;
pub use loss::{Loss, Lost, shortened};

use super::{PlanError, Planned};
use crate::catalog::{CatalogError, Surroundings};
use crate::chain::Chain;
use crate::config::OnDestructive;
use crate::connect::Session;
use crate::failure::Code;

/// The treatment of a statement that loses data without accepting the loss.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Destructive {
    Allow,
    #[default]
    Warn,
    Refuse {
        first_contact: bool,
    },
}

impl Destructive {
    /// At a first contact with a database, every loss needs to be accepted by its statement.
    pub fn policy(on_destructive: OnDestructive, first_contact: bool) -> Self {
        match on_destructive {
            _ if first_contact => Self::Refuse { first_contact },
            OnDestructive::Allow => Self::Allow,
            OnDestructive::Warn => Self::Warn,
            OnDestructive::Refuse => Self::Refuse { first_contact },
        }
    }

    /// The refusal of these losses, if they are refused.
    pub fn refusal(self, losses: &[Loss]) -> Option<PlanError> {
        let Self::Refuse { first_contact } = self else { return None };
        let refused: Vec<&Loss> = losses.iter().filter(|loss| loss.counts()).collect();
        let lines = || refused.iter().flat_map(|loss| loss.lines()).collect();
        (!refused.is_empty()).then(|| PlanError::Destructive {
            statements: refused.len(),
            first_contact,
            lines: lines(),
        })
    }
}

/// Checks before a run: logs each loss, or refuses all of them.
///
/// # Errors
/// The refusal, or the connection broke.
pub(super) async fn settle(
    session: &Session,
    (chain, surroundings): (&Chain, &Surroundings),
    plan: &[Planned],
    policy: Destructive,
) -> Result<(), PlanError> {
    if policy == Destructive::Allow {
        return Ok(());
    }
    let losses = losses(session, (chain, surroundings), plan, false).await?;
    if let Some(refusal) = policy.refusal(&losses) {
        return Err(refusal);
    }
    for loss in losses.iter().filter(|loss| loss.counts()) {
        tracing::warn!(
            code = %Code::DESTRUCTIVE,
            file = loss.file,
            line = loss.line,
            statement = loss.statement,
            "{}", loss.lines().join("\n  ")
        );
    }
    Ok(())
}

/// The losses of the statements that will run, in their order; accepted losses only `with_meant`.
///
/// # Errors
/// The connection broke. If the catalog cannot be queried for another reason, the losses say so.
pub(super) async fn losses(
    session: &Session,
    (chain, surroundings): (&Chain, &Surroundings),
    plan: &[Planned],
    with_meant: bool,
) -> Result<Vec<Loss>, CatalogError> {
    let mut gathered = gather::gather(chain, plan, with_meant);
    if !gathered.roots.is_empty() {
        match inspect::look(session, &gathered.roots, surroundings).await {
            Ok(found) => gathered.settle(&found),
            Err(CatalogError::Lost(because)) => return Err(CatalogError::Lost(because)),
            Err(error) => gathered.unknown(&error),
        }
    }
    Ok(gathered.losses)
}
