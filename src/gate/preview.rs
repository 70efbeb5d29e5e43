//! `lockgate plan`: the actions of a run. It does not take the gate's lock, does not wait, and writes nothing.

use std::sync::OnceLock;

use super::{Gate, GateError, Goal, still_applied};
use crate::catalog::How;
use crate::chain::status::{self, HistoryStatus, Recorded, standing};
use crate::connect::Canceller;
use crate::execute::Table;
use crate::failure::Failure;
use crate::history::{Read, ServerState};
use crate::lock::Judgement;
use crate::plan::{self, Judging, Preview};

/// A plan, with its start and its target.
#[derive(Debug)]
pub struct Previewed {
    pub preview: Preview,
    pub current: Option<String>,
    /// The number of revisions in the history.
    pub applied: usize,
    /// The number of those that this chain does not know.
    pub ahead: usize,
    /// True if the plan rolls revisions back.
    pub down: bool,
    /// The end of the plan; none means base.
    pub target: Option<String>,
}

/// Judges the revisions between the database and the target (head by default) in read-only transactions.
///
/// # Errors
/// The database cannot be asked, the target names nothing, the history is not this chain's, or a script is refused. Reasons for
/// which a run would be refused are in the plan.
pub async fn preview(mut gate: Gate, target: Option<String>, asks_data: bool) -> Result<Previewed, Failure> {
    let (stop, grace) = (gate.stop.clone(), gate.config.patience.grace);
    let canceller = OnceLock::new();
    let looking = look(&mut gate, target, asks_data, &canceller);
    tokio::pin!(looking);
    let signal = tokio::select! {
        biased;
        result = &mut looking => return result,
        signal = stop.requested() => signal,
    };
    // A query about rows would continue without us.
    if let Some(canceller) = canceller.get() {
        let _ = stop.cancelling(canceller, grace, looking).await;
    }
    Err(GateError::Stopped("planning", signal, None).into())
}

async fn look(
    gate: &mut Gate,
    target: Option<String>,
    asks_data: bool,
    canceller: &OnceLock<Canceller>,
) -> Result<Previewed, Failure> {
    let (session, _) = gate.connect().await?;
    if asks_data {
        canceller.get_or_init(|| session.canceller());
    }
    let answer = session.send(&gate.question(&[Read::Rows, Read::Skipped, Read::Drift])).await.answer().await;
    let (told, rows) = gate.told_and_rows(answer).map_err(Failure::from)?;
    let rows = gate.with_theirs(&session, rows).await.map_err(Failure::from)?;
    let (left_out, terms, state) = (told.skipped(), told.terms(), &told.state);
    let (pending, ahead) = pending(gate, state, &rows, target).map_err(Failure::from)?;
    let down = matches!(gate.goal, Goal::Down(_));
    let table = Table::of(&gate.chain, &rows, state);
    // The tool's revisions may change the state for later scripts.
    let (stretch, behind) =
        pending.split_at(pending.iter().position(|&at| gate.is_of_tool(at)).unwrap_or(pending.len()));
    let readings = plan::read(&gate.chain, gate.scripts_of(stretch)?)?;
    let applied = still_applied(&readings, &table);
    let elsewhere = gate.elsewhere(&session, &table, &terms).await?;
    gate.no_other(&session, &table).await?;
    let history = table.name.to_string();
    let first = gate.is_first(&table).then(|| gate.first(&history, &elsewhere));
    let judging = Judging { first, ..gate.judging((&applied, &left_out), &table, How::Explain, asks_data) };
    let mut preview =
        if readings.is_empty() { Preview::default() } else { plan::preview(&session, judging, readings).await? };
    for &at in behind {
        let revision = &gate.chain.revisions()[at];
        match gate.is_of_tool(at) {
            true => preview.by_tool.push(plan::PreviewedTool {
                revision: revision.id.to_string(),
                file: revision.file.clone(),
                description: revision.description.clone(),
            }),
            false => preview.later.push(revision.id.to_string()),
        }
    }
    preview.has_tool = gate.outside.is_some();
    if !preview.is_empty() {
        // A read-only role may plan; a role that is to run the plan learns of its missing rights.
        preview
            .warnings
            .extend(terms.lacking.map(|(what, grant)| format!("{what}, so it could not record a run: {grant}")));
    }
    if !left_out.is_empty() && !down {
        let now = plan::again(&session, judging).await?;
        preview.skipped = left_out.iter().map(|note| plan::PreviewedSkip::of(note, &now, &gate.chain)).collect();
    }
    preview.drift = gate.drift(&session, &table, &told.drift()).await;
    session.close().await;
    let current = status::current(&rows).map(|row| row.id.clone());
    let id = |at: usize| gate.chain.revisions()[at].id.to_string();
    let end = match pending.last() {
        None => current.clone(),
        Some(&last) if down => last.checked_sub(1).map(id),
        Some(&last) => Some(id(last)),
    };
    Ok(Previewed { preview, current, applied: status::applied(&rows), ahead, down, target: end })
}

/// The revisions for the target; sets the gate's goal.
fn pending(
    gate: &mut Gate,
    state: &ServerState,
    rows: &[Recorded],
    target: Option<String>,
) -> Result<(Vec<usize>, usize), Judgement> {
    let standing = standing(&gate.chain, rows, &gate.place(state));
    let standing = standing.map_err(|error| Judgement::Refused(error.into()))?;
    let (pending, late, ahead) = match standing {
        HistoryStatus::AtHead => (Vec::new(), Vec::new(), 0),
        HistoryStatus::Ahead(ahead) => (Vec::new(), Vec::new(), ahead),
        HistoryStatus::Pending { pending, late } => (pending, late, 0),
    };
    if let Some(target) = target {
        let applied = gate.chain.len() - pending.len();
        let depth = gate.depth(&target, applied)?;
        gate.goal = if depth < applied { Goal::Down(target) } else { Goal::Up(target) };
    }
    match &gate.goal {
        Goal::Down(target) => Ok((gate.downwards(target, rows)?, ahead)),
        Goal::Head | Goal::Up(_) => Ok((gate.upwards(pending, late)?, ahead)),
    }
}
