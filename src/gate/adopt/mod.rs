//! `lockgate adopt`: finds the place of a database whose history is lost, and records it. No script runs.

mod from;

pub use from::Theirs;

use serde::Serialize;

use super::{Gate, GateError, still_applied};
use crate::catalog::How;
use crate::chain::status::{HistoryStatus, Recorded, standing};
use crate::config::TheirHistory;
use crate::connect::Session;
use crate::execute::{self, Table, Unrun};
use crate::failure::Failure;
use crate::history::{Kind, Told};
use crate::lock::Held;
use crate::plan::adopt::{self, Adoption, Drift};
use crate::plan::{self, Judging, Way};
use crate::progress::Note;

/// The revisions to be adopted, and the source of that claim.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// The last revision that ran, as the user claims.
    pub target: Option<String>,
    /// The tool whose history is the source.
    pub from: Option<TheirHistory>,
    pub accepts_drift: bool,
}

/// The outcome of an adoption. Only the first two record, or would.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Recorded,
    /// A dry run that would record.
    Possible,
    /// The history contains the whole chain already.
    Complete,
    /// No object of the chain's pending part exists.
    Nothing,
    /// A part of the first revision exists, and no revision is proved.
    Half,
    /// It cannot be decided if a revision ran.
    Undecided,
    /// The catalog contradicts the claim.
    Against,
    /// An object of the chain belongs to a role that is not trusted.
    Untrusted,
    /// A difference exists, and is not accepted.
    Drift,
}

impl Outcome {
    fn of(adoption: &Adoption, theirs: Option<&Theirs>, wanted: &Wanted) -> Self {
        let is_at_odds = theirs.is_some_and(|theirs| !theirs.problems.is_empty());
        if is_at_odds || !adoption.against.is_empty() {
            return Self::Against;
        }
        if !adoption.undecided.is_empty() {
            return Self::Undecided;
        }
        if adoption.drift().any(|drift| drift.of_others) {
            return Self::Untrusted;
        }
        match (adoption.record, adoption.drift().next().is_some()) {
            (0, _) if adoption.is_begun_beyond() => Self::Half,
            (0, _) => Self::Nothing,
            (_, true) if !wanted.accepts_drift => Self::Drift,
            (_, _) => Self::Possible,
        }
    }
}

/// The result of the search, and its outcome.
#[derive(Clone, Debug)]
pub struct Adopted {
    pub outcome: Outcome,
    pub history: String,
    /// The number of revisions in the history before.
    pub had: usize,
    pub adoption: Adoption,
    pub theirs: Option<Theirs>,
    /// The missing right for recording, and the SQL that grants it.
    pub lacking: Option<(String, String)>,
}

/// Finds the place. It takes no lock and writes nothing.
///
/// # Errors
/// The database cannot be asked, the history is not this chain's, a script is refused, or the other tool's history is not
/// trusted.
pub async fn adoptable(gate: &Gate, wanted: &Wanted) -> Result<Adopted, Failure> {
    gate.unless_stopped("looking", async {
        let (session, told, rows) = gate.rows().await?;
        let looked = read(gate, (&session, How::Explain), wanted, (&told, &rows)).await;
        session.close().await;
        looked
    })
    .await
}

/// The same under the lock, and records the place in one transaction.
///
/// # Errors
/// The lock is not available, or the server refuses a row: then nothing is recorded.
pub async fn adopt(gate: &Gate, wanted: &Wanted) -> Result<Adopted, Failure> {
    gate.unless_stopped("adopting", async {
        let (held, told, rows) = gate.rows_under_lock().await?;
        let result = work(gate, &held, wanted, (&told, &rows)).await;
        held.release().await;
        result
    })
    .await
}

async fn work(
    gate: &Gate,
    held: &Held,
    wanted: &Wanted,
    (told, rows): (&Told, &[Recorded]),
) -> Result<Adopted, Failure> {
    let patience = gate.make_ours(held).await?;
    gate.lock_from(held.session(), wanted.from.as_ref()).await?;
    let mut adopted = read(gate, (held.session(), How::Build), wanted, (told, rows)).await?;
    if adopted.outcome == Outcome::Possible {
        let record = unrun(gate, &adopted);
        let table = Table::of(&gate.chain, rows, &told.state);
        execute::stamp(held, &table, &record, &[], &gate.context(&patience)).await?;
        adopted.outcome = Outcome::Recorded;
    }
    Ok(adopted)
}

/// The rows to be written.
fn unrun(gate: &Gate, adopted: &Adopted) -> Vec<Unrun> {
    let again = adopted.theirs.iter().flat_map(|theirs| &theirs.repeated).map(|&at| {
        let verdicts = r#"{"counts": {}}"#.to_owned();
        Unrun { depth: at + 1, kind: Kind::Adopted, verdicts }
    });
    let read = adopted.adoption.revisions.iter().filter(|revision| revision.recorded);
    let read = read.filter_map(|revision| {
        let depth = gate.chain.depth(&revision.revision)?;
        Some(Unrun { depth, kind: Kind::Adopted, verdicts: revision.verdicts().to_string() })
    });
    read.chain(again).collect()
}

async fn read(
    gate: &Gate,
    (session, how): (&Session, How),
    wanted: &Wanted,
    (told, rows): (&Told, &[Recorded]),
) -> Result<Adopted, Failure> {
    let table = Table::of(&gate.chain, rows, &told.state);
    let terms = told.terms();
    for other in gate.elsewhere(session, &table, &terms).await? {
        tracing::warn!("{other}");
    }
    let adopted = |outcome, adoption, theirs| Adopted {
        outcome,
        history: table.name.to_string(),
        had: rows.len(),
        adoption,
        theirs,
        lacking: terms.lacking.clone(),
    };
    let pending = match standing(&gate.chain, rows, &gate.place(&told.state))? {
        HistoryStatus::AtHead | HistoryStatus::Ahead(_) => {
            return Ok(adopted(Outcome::Complete, Adoption::default(), None));
        }
        HistoryStatus::Pending { pending, late } if late.is_empty() => pending,
        HistoryStatus::Pending { late, .. } => {
            let files = late.into_iter().map(|at| gate.chain.revisions()[at].file.clone()).collect();
            return Err(GateError::OutOfOrder { files }.into());
        }
    };
    let theirs = match &wanted.from {
        Some(from) => Some(gate.theirs(session, from).await?),
        None => None,
    };
    let ran = match (&theirs, &wanted.target) {
        (Some(theirs), _) => Some(theirs.depth),
        (None, Some(target)) => Some(target_depth(gate, target, &pending)?),
        (None, None) => None,
    };
    let ran = ran.map(|depth| pending.iter().filter(|&&at| at < depth).count());
    let readings = plan::read(&gate.chain, pending.iter().map(|&at| (at, Way::Up)).collect())?;
    let applied = still_applied(&readings, &table);
    let judging = Judging { asks_unless: true, ..gate.judging((&applied, &[]), &table, how, false) };
    let adoption = adopt::adoption(session, judging, &readings, ran).await?;
    Ok(adopted(Outcome::of(&adoption, theirs.as_ref(), wanted), adoption, theirs))
}

impl Gate {
    /// The differences with which revisions were adopted and which still exist; as recorded, if they cannot be checked.
    pub(super) async fn drift(&self, session: &Session, table: &Table, noted: &[Note]) -> Vec<Drift> {
        if noted.is_empty() {
            return Vec::new();
        }
        let begun = table.begun.as_ref().map(|(at, _)| *at);
        let done = table.applied.iter().copied().filter(|at| Some(*at) != begun);
        let ways: Vec<(usize, Way)> = done.map(|at| (at, Way::Up)).collect();
        let look = async {
            let readings = plan::read(&self.chain, ways)?;
            let judging = Judging { begun: None, ..self.judging((&[], &[]), table, How::Explain, false) };
            adopt::drift(session, judging, &readings, noted).await
        };
        look.await.unwrap_or_else(|error| noted.iter().map(|note| Drift::unseen(note, &error.to_string())).collect())
    }
}

fn target_depth(gate: &Gate, target: &str, pending: &[usize]) -> Result<usize, Failure> {
    let applied = pending.first().copied().unwrap_or(0);
    let refused = |why| GateError::Target { target: target.to_owned(), why };
    let depth = gate.chain.target(target, applied).map_err(refused)?;
    if depth < applied { Err(refused("the history has it already".to_owned()).into()) } else { Ok(depth) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drift(of_others: bool) -> Drift {
        Drift {
            revision: "1".to_owned(),
            place: "1_a.sql:1:1".to_owned(),
            line: 1,
            what: "table a".to_owned(),
            reason: "is different".to_owned(),
            chain: None,
            database: None,
            is_missing: false,
            of_others,
            choices: Vec::new(),
        }
    }

    #[test]
    fn nothing_is_recorded_that_a_person_has_to_decide() {
        let whole = || Adoption::example(&[drift(false)]);
        let accepting = Wanted { accepts_drift: true, ..Wanted::default() };
        let of = |adoption: &Adoption, wanted: &Wanted| Outcome::of(adoption, None, wanted);
        assert_eq!(of(&Adoption::example(&[]), &Wanted::default()), Outcome::Possible);
        assert_eq!(of(&whole(), &Wanted::default()), Outcome::Drift);
        assert_eq!(of(&whole(), &accepting), Outcome::Possible);
        assert_eq!(of(&Adoption::example(&[drift(true)]), &accepting), Outcome::Untrusted);
        assert_eq!(of(&Adoption { undecided: vec!["2".to_owned()], ..whole() }, &accepting), Outcome::Undecided);
        assert_eq!(of(&Adoption { against: vec!["2".to_owned()], ..whole() }, &accepting), Outcome::Against);
        assert_eq!(of(&Adoption { record: 0, ..whole() }, &accepting), Outcome::Half);
        assert_eq!(of(&Adoption::default(), &accepting), Outcome::Nothing);
        let theirs = Theirs { problems: vec!["7 is not in this chain".to_owned()], ..Theirs::default() };
        assert_eq!(Outcome::of(&Adoption::example(&[]), Some(&theirs), &accepting), Outcome::Against);
    }
}
