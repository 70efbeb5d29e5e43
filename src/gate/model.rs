//! Compares a database with its chain by the model, for a chain without a snapshot.

use super::Gate;
use crate::catalog::How;
use crate::chain::status::{HistoryStatus, Recorded, standing};
use crate::execute::Table;
use crate::failure::Failure;
use crate::history::Told;
use crate::plan::adopt::{self, Stated};
use crate::plan::{self, Judging, Way};

/// The result of comparing a database with the model.
#[derive(Clone, Debug)]
pub struct Modelled {
    pub stated: Stated,
    /// The last revision that was compared.
    pub head: String,
    /// The number of unapplied revisions, which were not compared.
    pub pending: usize,
    /// The number of revisions in the database that this chain does not know.
    pub ahead: usize,
    /// True if the history is empty: the whole chain was compared.
    pub is_without_history: bool,
}

/// The place of a database in its chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The indexes of the unapplied revisions.
    pub pending: Vec<usize>,
    /// The number of revisions in the database that this chain does not know.
    pub ahead: usize,
    pub is_without_history: bool,
}

impl Standing {
    fn of(gate: &Gate, told: &Told, rows: &[Recorded]) -> Result<Self, Failure> {
        let (pending, ahead) = match standing(&gate.chain, rows, &gate.place(&told.state))? {
            HistoryStatus::AtHead => (Vec::new(), 0),
            HistoryStatus::Ahead(ahead) => (Vec::new(), ahead),
            HistoryStatus::Pending { pending, .. } => (pending, 0),
        };
        Ok(Self { is_without_history: pending.len() == gate.chain.len(), pending, ahead })
    }
}

/// Reads the database's place. It takes no lock and writes nothing.
///
/// # Errors
/// The database cannot be asked, or the history is not this chain's.
pub async fn standing_of(gate: &Gate) -> Result<Standing, Failure> {
    gate.unless_stopped("looking", async {
        let (session, told, rows) = gate.rows().await?;
        let rows = gate.with_theirs(&session, rows).await.map_err(Failure::from)?;
        session.close().await;
        Standing::of(gate, &told, &rows)
    })
    .await
}

/// Compares the applied revisions with the catalog, or the whole chain if the history is empty. It takes no lock and writes
/// nothing.
///
/// # Errors
/// The database cannot be asked, the history is not this chain's, or a script is refused.
pub async fn held_against_model(gate: &Gate) -> Result<Modelled, Failure> {
    gate.unless_stopped("looking", async {
        let (session, told, rows) = gate.rows().await?;
        let rows = gate.with_theirs(&session, rows).await.map_err(Failure::from)?;
        let Standing { pending, ahead, is_without_history } = Standing::of(gate, &told, &rows)?;
        let pending = if is_without_history { Vec::new() } else { pending };
        let applied: Vec<usize> = (0..gate.chain.len()).filter(|at| !pending.contains(at)).collect();
        let head = applied.last().map(|&at| gate.chain.revisions()[at].id.to_string()).unwrap_or_default();
        let readings = plan::read(&gate.chain, applied.into_iter().map(|at| (at, Way::Up)).collect())?;
        let table = Table::of(&gate.chain, &rows, &told.state);
        let judging = Judging { begun: None, ..gate.judging((&[], &[]), &table, How::Explain, false) };
        let stated = adopt::stated(&session, judging, &readings).await?;
        session.close().await;
        Ok(Modelled { stated, head, pending: pending.len(), ahead, is_without_history })
    })
    .await
}
