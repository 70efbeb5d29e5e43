//! The state of the history relative to the chain: at head, ahead, pending, or invalid. One pure function of both.

use std::collections::{HashMap, HashSet};

use super::Chain;
pub use super::mismatch::StandingError;
use super::mismatch::{Mismatch, Pair};
pub use super::recorded::{Begun, Origin, Recorded};
use crate::progress::Seen;

/// The newest revision that is completely applied: a half-done one is not current.
pub fn current(rows: &[Recorded]) -> Option<&Recorded> {
    rows.iter().rev().find(|row| row.is_done())
}

/// The number of revisions that are completely applied.
pub fn applied(rows: &[Recorded]) -> usize {
    rows.iter().filter(|row| row.is_done()).count()
}

/// The state of the rows for observers, independent of any policy.
pub fn seen(chain: &Chain, rows: &[Recorded]) -> Seen {
    let done: HashSet<&str> = rows.iter().filter(|row| row.is_done()).map(|row| row.id.as_str()).collect();
    let ids = chain.revisions().iter().map(|revision| revision.id.as_str());
    let ours: HashSet<&str> = ids.clone().collect();
    let head = rows.iter().find(|row| row.id == chain.head().id.as_str()).map(|row| row.depth);
    let is_ahead = |row: &&Recorded| !ours.contains(row.id.as_str()) && head.is_some_and(|head| row.depth > head);
    Seen {
        current: current(rows).map(|row| row.id.clone()),
        applied: applied(rows),
        pending: ids.filter(|id| !done.contains(id)).map(str::to_owned).collect(),
        ahead: rows.iter().filter(is_ahead).map(|row| row.id.clone()).collect(),
    }
}

/// The state of the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HistoryStatus {
    AtHead,
    /// The chain is completely applied, and this many revisions that it does not know follow it.
    Ahead(usize),
    /// Indexes into the chain, in order. `late` are those that precede an applied one.
    Pending {
        pending: Vec<usize>,
        late: Vec<usize>,
    },
}

/// Compares the rows of the history with the chain. `history` is its name in errors.
///
/// # Errors
/// The history is another service's, revisions were changed, or the history contains unknown revisions that are not after the
/// chain's head.
pub fn standing(chain: &Chain, rows: &[Recorded], history: &str) -> Result<HistoryStatus, StandingError> {
    let by_id: HashMap<&str, &Recorded> = rows.iter().map(|row| (row.id.as_str(), row)).collect();
    let recorded: Vec<Option<&Recorded>> =
        chain.revisions().iter().map(|revision| by_id.get(revision.id.as_str()).copied()).collect();
    let mismatch = Mismatch { chain, rows, history };
    if !rows.is_empty() && recorded.iter().all(Option::is_none) {
        return Err(mismatch.unknown());
    }
    // A revision with only some segments done may be corrected.
    let known = chain.revisions().iter().zip(&recorded);
    let known = known.filter_map(|(revision, row)| Some((revision, row.filter(|row| row.is_done())?)));
    let (same, other): (Vec<Pair<'_>>, Vec<Pair<'_>>) =
        known.partition(|(revision, row)| revision.has_checksum(&row.checksum));
    // A changed repeatable script is applied again.
    let (again, other): (Vec<Pair<'_>>, Vec<Pair<'_>>) =
        other.into_iter().partition(|(revision, _)| revision.manner.repeats);
    if !other.is_empty() {
        return Err(mismatch.changed(&same, &other));
    }
    let again: HashSet<&str> = again.iter().map(|(revision, _)| revision.id.as_str()).collect();
    // Repeatable scripts follow all others, including those of newer releases.
    let last = chain.revisions().iter().rposition(|revision| !revision.manner.repeats).unwrap_or(chain.len() - 1);
    let unknown = unknown(chain, rows, recorded[last]);
    if let Unknown::Gap(ids) = unknown {
        return Err(mismatch.gap(&same, &ids));
    }
    let of = |at: usize| &chain.revisions()[at];
    let done = |at: &usize| recorded[*at].is_some_and(Recorded::is_done) && !again.contains(of(*at).id.as_str());
    let pending: Vec<usize> = (0..chain.len()).filter(|at| !done(at)).collect();
    let newest = (0..chain.len()).rev().filter(|at| !of(*at).manner.repeats).find(done);
    let late = pending.iter().copied().filter(|&at| newest.is_some_and(|newest| at < newest)).collect();
    Ok(match (pending.is_empty(), unknown) {
        (true, Unknown::After(0)) => HistoryStatus::AtHead,
        (true, Unknown::After(count)) => HistoryStatus::Ahead(count),
        _ => HistoryStatus::Pending { pending, late },
    })
}

enum Unknown<'a> {
    After(usize),
    Gap(Vec<&'a Recorded>),
}

/// Revisions that the chain does not know: after its head they are ahead, anywhere else they are a gap.
fn unknown<'a>(chain: &Chain, rows: &'a [Recorded], head: Option<&Recorded>) -> Unknown<'a> {
    let ours: HashSet<&str> = chain.revisions().iter().map(|revision| revision.id.as_str()).collect();
    let unknown: Vec<&Recorded> = rows.iter().filter(|row| !ours.contains(row.id.as_str())).collect();
    match head {
        Some(head) if unknown.iter().all(|row| row.depth > head.depth) => Unknown::After(unknown.len()),
        _ if unknown.is_empty() => Unknown::After(0),
        _ => Unknown::Gap(unknown),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Id, Manner, Revision, order};
    use super::*;
    use crate::failure::Coded;

    const HISTORY: &str = "public.h in d";

    fn chain(ids: &[&str]) -> Chain {
        let revision = |id: &&str| Revision {
            id: Id::new(*id),
            description: "x".to_owned(),
            file: format!("{id}_x.sql"),
            text: format!("SELECT {id}").into(),
            bytes: String::new(),
            after: None,
            down: None,
            manner: Manner::default(),
            moment: None,
        };
        order(ids.iter().map(revision).collect()).unwrap()
    }

    fn rows(ids: &[(&str, i64)]) -> Vec<Recorded> {
        let checksum = |id: &str| crate::chain::checksum::checksum(&format!("SELECT {id}"));
        let row = |(id, depth): &(&str, i64)| Recorded {
            id: (*id).to_owned(),
            depth: *depth,
            checksum: checksum(id),
            begun: None,
            origin: Origin { description: "x".to_owned(), kind: "applied".to_owned(), ..Origin::default() },
        };
        ids.iter().map(row).collect()
    }

    #[test]
    fn what_is_seen_is_current_and_what_lies_before_and_after_head() {
        let ids = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
        for (rows, current, applied, pending, ahead) in [
            (rows(&[]), None, 0, ids(&["1", "2"]), ids(&[])),
            (rows(&[("1", 1)]), Some("1"), 1, ids(&["2"]), ids(&[])),
            (rows(&[("1", 1), ("2", 2), ("3", 3), ("4", 4)]), Some("4"), 4, ids(&[]), ids(&["3", "4"])),
            // The revisions of another service.
            (rows(&[("7", 1), ("8", 2)]), Some("8"), 2, ids(&["1", "2"]), ids(&[])),
        ] {
            let wanted = Seen { current: current.map(str::to_owned), applied, pending, ahead };
            assert_eq!(seen(&chain(&["1", "2"]), &rows), wanted);
        }
    }

    #[test]
    fn an_empty_history_leaves_all_pending() {
        let standing = standing(&chain(&["1", "2"]), &[], HISTORY).unwrap();
        assert_eq!(standing, HistoryStatus::Pending { pending: vec![0, 1], late: vec![] });
    }

    #[test]
    fn the_whole_chain_recorded_is_head_and_more_after_it_is_ahead() {
        let chain = chain(&["1", "2"]);
        assert_eq!(standing(&chain, &rows(&[("1", 1), ("2", 2)]), HISTORY), Ok(HistoryStatus::AtHead));
        assert_eq!(standing(&chain, &rows(&[("1", 1), ("2", 2), ("3", 3)]), HISTORY), Ok(HistoryStatus::Ahead(1)));
    }

    #[test]
    fn an_unknown_revision_before_head_is_a_gap() {
        let result = standing(&chain(&["1", "3"]), &rows(&[("1", 1), ("2", 2)]), HISTORY);
        assert!(matches!(result, Err(StandingError::Gap { .. })));
    }

    #[test]
    fn a_pending_revision_before_an_applied_one_is_late() {
        let result = standing(&chain(&["1", "2", "3"]), &rows(&[("1", 1), ("3", 2)]), HISTORY);
        assert_eq!(result, Ok(HistoryStatus::Pending { pending: vec![1], late: vec![1] }));
    }

    #[test]
    fn a_history_that_knows_none_of_ours_is_another_services() {
        let result = standing(&chain(&["1"]), &rows(&[("x", 1)]), HISTORY);
        assert!(matches!(result, Err(StandingError::Unknown { .. })));
    }

    #[test]
    fn another_checksum_is_a_changed_revision() {
        let mut rows = rows(&[("1", 1)]);
        rows[0].checksum = "1:00".to_owned();
        assert!(matches!(standing(&chain(&["1"]), &rows, HISTORY), Err(StandingError::Changed { .. })));
    }

    /// Changes the row of revision 1 to another name and another script.
    fn other_first(rows: &mut [Recorded]) {
        rows[0].checksum = "2:00".to_owned();
        rows[0].origin.description = "orders".to_owned();
    }

    #[test]
    fn another_first_revision_of_another_name_is_another_services() {
        let mut rows = rows(&[("1", 1)]);
        other_first(&mut rows);
        let result = standing(&chain(&["1", "2"]), &rows, HISTORY);
        assert!(matches!(result, Err(StandingError::Foreign { .. })), "{result:?}");
    }

    #[test]
    fn one_revision_that_is_ours_makes_the_history_ours() {
        let mut rows = rows(&[("1", 1), ("2", 2)]);
        other_first(&mut rows);
        let result = standing(&chain(&["1", "2"]), &rows, HISTORY);
        assert!(matches!(result, Err(StandingError::Changed { .. })), "{result:?}");
    }

    #[test]
    fn a_revision_that_was_given_another_number_is_found() {
        let mut rows = rows(&[("1", 1), ("2", 2)]);
        rows[1].checksum = crate::chain::checksum::Version::One.checksum("SELECT 3");
        let Err(error) = standing(&chain(&["1", "2", "3"]), &rows, HISTORY) else { panic!("it is another revision") };
        assert!(
            error.details()[0].contains("that is 3_x.sql here: name it 2_x.sql again, and give 2_x.sql"),
            "{error:?}"
        );
    }

    #[test]
    fn a_checksum_of_version_1_is_as_good_as_one_of_version_2() {
        let mut rows = rows(&[("1", 1), ("2", 2)]);
        rows[0].checksum = crate::chain::checksum::Version::One.checksum("SELECT 1");
        assert_eq!(standing(&chain(&["1", "2"]), &rows, HISTORY), Ok(HistoryStatus::AtHead));
    }
}
