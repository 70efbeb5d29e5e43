//! Compares two recordings of one chain. Pure.

use super::cut::{Cut, Recorded, Step};
use super::error::{Refused, Why};
use crate::chain::compiled::Expectation;
use crate::sql;

/// Sorts consecutive CREATE INDEX on one table by name: SQLAlchemy creates the indexes of a table from a set.
pub fn sort_indexes(steps: &mut [Step]) {
    let table = |step: &Step| step.index.as_ref().map(|(table, _)| table.clone());
    steps.chunk_by_mut(|a, b| table(a).is_some() && table(a) == table(b)).for_each(|run| {
        run.sort_by(|a, b| a.index.as_ref().map(|(_, name)| name).cmp(&b.index.as_ref().map(|(_, name)| name)));
    });
}

/// The revisions that differ in the second recording. The indexes of both are sorted.
///
/// # Errors
/// The two did not apply the same revisions in the same order.
pub fn unstable(one: &Cut, other: &Cut) -> Result<Vec<Refused>, String> {
    let ids = |cut: &Cut| cut.revisions.iter().map(|revision| revision.id.clone()).collect::<Vec<_>>();
    if ids(one) != ids(other) {
        return Err("a second run applied other revisions, or in another order".to_owned());
    }
    let pairs = one.revisions.iter().zip(&other.revisions);
    Ok(pairs.filter_map(|(one, other)| differing(one, other)).collect())
}

fn differing(one: &Recorded, other: &Recorded) -> Option<Refused> {
    let (a, b) = (&one.steps, &other.steps);
    let at = (0..a.len().max(b.len())).find(|&at| a.get(at) != b.get(at));
    let is_equal = at.is_none() && one.reads_catalog == other.reads_catalog;
    let step = at.and_then(|at| a.get(at).or(b.get(at)));
    let statement = step.map(|step| sql::without_literals(&step.sql)).unwrap_or_default();
    (!is_equal).then(|| Refused { id: one.id.clone(), why: Why::Unstable, statement })
}

/// Reduces the expected rows of an accepted revision to the part that both recordings share: values that the server generates,
/// such as a random id in RETURNING, differ each time.
pub fn blur(one: &mut Recorded, other: &Recorded) {
    for (step, again) in one.steps.iter_mut().zip(&other.steps) {
        if let (Some(Expectation::Rows { count, sha256 }), Some(Expectation::Rows { count: other, sha256: again })) =
            (&mut step.told, &again.told)
            && count == other
            && sha256 != again
        {
            *sha256 = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::Named;

    fn step(sql: &str, index: Option<(&str, &str)>) -> Step {
        let index = index.map(|(table, name)| (Named { schema: None, name: table.to_owned() }, name.to_owned()));
        Step { sql: sql.to_owned(), tag: String::new(), told: None, is_alone: false, rows: None, index }
    }

    fn cut(steps: Vec<Step>) -> Cut {
        let revision = Recorded { id: "a1".to_owned(), steps, ..Recorded::default() };
        Cut { revisions: vec![revision], after: Vec::new() }
    }

    #[test]
    fn indexes_of_one_table_in_a_row_have_no_order_of_their_own() {
        let index = |table, name: &'static str| step(name, Some((table, name)));
        let mut steps =
            vec![index("t", "c"), index("t", "a"), index("u", "b"), step("x", None), index("t", "b"), index("t", "0")];
        sort_indexes(&mut steps);
        let order: Vec<&str> = steps.iter().map(|step| step.sql.as_str()).collect();
        assert_eq!(order, ["a", "c", "b", "x", "0", "b"]);
    }

    #[test]
    fn a_statement_that_is_another_is_named_without_its_literals() {
        let one = cut(vec![step("INSERT INTO t VALUES ('a')", None)]);
        assert_eq!(unstable(&one, &one), Ok(Vec::new()));
        let other = cut(vec![step("INSERT INTO t VALUES ('b')", None)]);
        let statement = "INSERT INTO t VALUES (?)".to_owned();
        assert_eq!(unstable(&one, &other), Ok(vec![Refused { id: "a1".to_owned(), why: Why::Unstable, statement }]));
        assert_eq!(unstable(&one, &cut(Vec::new())).unwrap().len(), 1);
        assert!(unstable(&one, &Cut::default()).is_err());
    }

    #[test]
    fn an_accepted_revision_expects_what_both_recordings_have() {
        let told = |digest: &str| Some(Expectation::Rows { count: 1, sha256: Some(digest.to_owned()) });
        let of = |digests: [&str; 2]| Recorded {
            steps: digests.map(|digest| Step { told: told(digest), ..step("INSERT …", None) }).into(),
            ..Recorded::default()
        };
        let mut one = of(["a", "b"]);
        blur(&mut one, &of(["a", "c"]));
        assert_eq!(one.steps[0].told, told("a"));
        assert_eq!(one.steps[1].told, Some(Expectation::Rows { count: 1, sha256: None }));
    }
}
