//! `lockgate stamp`: sets the database's place in the history; no script runs.

use std::collections::HashMap;

use super::{Gate, GateError};
use crate::catalog::How;
use crate::chain::status::{Recorded, StandingError, standing};
use crate::execute::{self, Table, Unrun};
use crate::failure::Failure;
use crate::history::ServerState;
use crate::lock::Held;
use crate::plan::{self, Judging, Way};

/// The changes to the history that a stamp makes, by id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stamped {
    pub recorded: Vec<String>,
    pub forgotten: Vec<String>,
}

/// The changes of a stamp, derived from the history's rows.
struct Order {
    /// Depths, from 1.
    record: Vec<usize>,
    forget: Vec<String>,
    /// Files that changed since they were applied.
    edited: Vec<String>,
}

/// The changes that a stamp would make. Takes no lock, writes nothing.
///
/// # Errors
/// As [`stamp`].
pub async fn stamp_order(gate: &Gate, target: &str) -> Result<Stamped, Failure> {
    gate.unless_stopped("looking", async {
        let (session, told, rows) = gate.rows().await?;
        session.close().await;
        Ok(gate.order(target, &told.state, &rows)?.stamped(gate))
    })
    .await
}

/// Records everything up to `target` as applied, with its current file, and removes later rows. Unless `unchecked`, the
/// definitions of the recorded revisions have to exist, and no applied revision is removed or accepted with a changed file.
/// `agreed` holds the changes that the user confirmed.
///
/// # Errors
/// The lock, the server, a target that the chain does not contain, a history that is not this chain's, or a stamp that is not
/// allowed.
pub async fn stamp(gate: &Gate, target: &str, unchecked: bool, agreed: Option<&Stamped>) -> Result<Stamped, Failure> {
    let stamped = gate.unless_stopped("stamping", under_lock(gate, target, unchecked, agreed)).await?;
    gate.leave_stamp(&stamped).await;
    Ok(stamped)
}

async fn under_lock(gate: &Gate, target: &str, unchecked: bool, agreed: Option<&Stamped>) -> Result<Stamped, Failure> {
    let (held, told, rows) = gate.rows_under_lock().await?;
    gate.make_ours(&held).await?;
    let result = write(gate, &held, (target, unchecked, agreed), &told.state, &rows).await;
    held.release().await;
    result
}

async fn write(
    gate: &Gate,
    held: &Held,
    (target, unchecked, agreed): (&str, bool, Option<&Stamped>),
    state: &ServerState,
    rows: &[Recorded],
) -> Result<Stamped, Failure> {
    let order = gate.order(target, state, rows)?;
    let stamped = order.stamped(gate);
    if agreed.is_some_and(|agreed| *agreed != stamped) {
        return Err(GateError::StampMoved.into());
    }
    let table = Table::of(&gate.chain, rows, state);
    if !unchecked {
        check(gate, held, &order, &table).await?;
    }
    let record: Vec<Unrun> = order.record.iter().copied().map(Unrun::stamped).collect();
    execute::stamp(held, &table, &record, &order.forget, &gate.context(&gate.config.patience)).await?;
    Ok(stamped)
}

/// Compares the revisions to be recorded with the catalog.
async fn check(gate: &Gate, held: &Held, order: &Order, table: &Table) -> Result<(), Failure> {
    if !order.forget.is_empty() {
        return Err(GateError::StampForgets { ids: order.forget.clone() }.into());
    }
    if !order.edited.is_empty() {
        return Err(GateError::StampAccepts { files: order.edited.clone() }.into());
    }
    let wanted = order.record.iter().map(|depth| (depth - 1, Way::Up)).collect();
    let readings = plan::read(&gate.chain, wanted)?;
    let applied: Vec<usize> = table.applied.iter().copied().filter(|at| !order.record.contains(&(at + 1))).collect();
    let judging = gate.judging((&applied, &[]), table, How::Build, false);
    let judging = Judging { shows_contact: true, begun: None, ..judging };
    let lines = plan::differences(held.session(), judging, &readings, |_| true).await?;
    if lines.is_empty() { Ok(()) } else { Err(GateError::StampDiffers { lines }.into()) }
}

impl Gate {
    fn order(&self, target: &str, state: &ServerState, rows: &[Recorded]) -> Result<Order, Failure> {
        // A stamp may accept a changed revision, but not another service's history or a gap.
        match standing(&self.chain, rows, &self.place(state)) {
            Ok(_) | Err(StandingError::Changed { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        let by_id: HashMap<&str, &Recorded> = rows.iter().map(|row| (row.id.as_str(), row)).collect();
        let revisions = self.chain.revisions();
        let recorded = |at: usize| by_id.get(revisions[at].id.as_str());
        let current = (0..self.chain.len()).filter(|&at| recorded(at).is_some()).count();
        let depth =
            self.chain.target(target, current).map_err(|why| GateError::Target { target: target.to_owned(), why })?;
        let ahead = rows.iter().filter(|row| self.chain.depth(&row.id).is_none()).count();
        if ahead > 0 && depth < self.chain.len() {
            // A newer release's revisions would follow a gap.
            return Err(GateError::AheadOfStamp(ahead).into());
        }
        let is_edited =
            |at: usize| recorded(at).is_some_and(|row| row.is_done() && !revisions[at].has_checksum(&row.checksum));
        let as_it_stands = |at: usize| recorded(at).is_some_and(|row| row.is_done()) && !is_edited(at);
        let forget = (depth..self.chain.len()).filter(|&at| recorded(at).is_some());
        Ok(Order {
            record: (0..depth).filter(|&at| !as_it_stands(at)).map(|at| at + 1).collect(),
            forget: forget.map(|at| revisions[at].id.to_string()).collect(),
            edited: (0..depth).filter(|&at| is_edited(at)).map(|at| revisions[at].file.clone()).collect(),
        })
    }
}

impl Order {
    fn stamped(&self, gate: &Gate) -> Stamped {
        let id = |depth: &usize| gate.chain.revisions()[depth - 1].id.to_string();
        Stamped { recorded: self.record.iter().map(id).collect(), forgotten: self.forget.clone() }
    }
}
