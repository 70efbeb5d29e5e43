//! `lockgate stamp`: the history is made to say where the database stands; no script runs.

use std::collections::HashMap;

use super::{Gate, GateError};
use crate::chain::standing::{Recorded, StandingError, standing};
use crate::connect::ConnectError;
use crate::execute::{self, Table};
use crate::failure::Failure;
use crate::history::{self, Question, ServerState};
use crate::lock::{self, Judged, Judgement, Round};

/// What was changed in the history, by id.
#[derive(Debug, Default)]
pub struct Stamped {
    pub recorded: Vec<String>,
    pub forgotten: Vec<String>,
}

/// Records everything up to `target` as applied, as its file stands now, and forgets what comes after it.
///
/// # Errors
/// The lock, the server, a target that the chain does not have, or a history that is not this chain's.
pub async fn stamp(gate: &Gate, target: &str) -> Result<Stamped, Failure> {
    tokio::select! {
        biased;
        result = under_lock(gate, target) => result,
        signal = gate.stop.requested() => Err(GateError::Stopped("stamping", signal).into()),
    }
}

async fn under_lock(gate: &Gate, target: &str) -> Result<Stamped, Failure> {
    let table = &gate.config.history_table;
    let question = Question::new(table, gate.chain.len());
    let rows_question = history::rows_question(table);
    let questions = [question.server.as_str(), rows_question.as_str()];
    let first = gate.connect().await.ok().map(|(session, _)| session);
    let ask = gate.ask();
    let judge = |answers| {
        let (state, rows) = gate.state_and_rows(answers)?;
        if state.read_only {
            return Err(Judgement::Wait(ConnectError::Standby { address: gate.connector.describe() }));
        }
        Ok(Judged::Work((state, rows)))
    };
    // Nothing to prepare while another gate has the lock.
    let round: Round<(), _> = lock::acquire(first, &ask, &questions, judge, |_| Ok(())).await?;
    let Round::Held(held, (state, rows)) = round else { return Ok(Stamped::default()) };
    held.prove_unshared(&gate.observers).await?;
    let result = write(gate, &held, target, &state, &rows).await;
    held.release().await;
    result
}

async fn write(
    gate: &Gate,
    held: &lock::Held,
    target: &str,
    state: &ServerState,
    rows: &[Recorded],
) -> Result<Stamped, Failure> {
    // A changed revision is what a stamp may be for; another service's history, or a gap, is not.
    match standing(&gate.chain, rows, &history::place(&gate.config)) {
        Ok(_) | Err(StandingError::Changed { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    let by_id: HashMap<&str, &Recorded> = rows.iter().map(|row| (row.id.as_str(), row)).collect();
    let revisions = gate.chain.revisions();
    let recorded = |at: usize| by_id.get(revisions[at].id.as_str());
    let current = (0..gate.chain.len()).filter(|&at| recorded(at).is_some()).count();
    let depth =
        gate.chain.target(target, current).map_err(|why| GateError::Target { target: target.to_owned(), why })?;
    let ahead = rows.iter().filter(|row| gate.chain.depth(&row.id).is_none()).count();
    if ahead > 0 && depth < gate.chain.len() {
        // What a newer release applied would stand on a gap.
        return Err(GateError::AheadOfStamp(ahead).into());
    }
    let as_it_stands =
        |at: usize| recorded(at).is_some_and(|row| row.is_done() && revisions[at].has_checksum(&row.checksum));
    let record: Vec<usize> = (0..depth).filter(|&at| !as_it_stands(at)).map(|at| at + 1).collect();
    let forgotten: Vec<String> =
        (depth..gate.chain.len()).filter(|&at| recorded(at).is_some()).map(|at| revisions[at].id.to_string()).collect();
    let table = Table {
        is_there: state.table_is_there,
        schema_is_there: state.schema_is_there,
        deepest: 0,
        begun: None,
        applied: Vec::new(),
    };
    execute::stamp(held, &table, &record, &forgotten, &gate.context()).await?;
    let recorded = record.iter().map(|depth| revisions[depth - 1].id.to_string()).collect();
    Ok(Stamped { recorded, forgotten })
}
