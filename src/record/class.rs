//! The dependence of a recorded revision on the database. Pure.

use super::cut::{Recorded, Step};
use super::error::{Refused, Why};
use crate::chain::compiled::{Class, Expectation};
use crate::sql;
use crate::statement;

/// The class of a revision. `is_blind`: its file proves that it reads nothing from the database.
pub fn class(recorded: &Recorded, is_blind: bool) -> Class {
    let gives_rows = |step: &Step| matches!(step.told, Some(Expectation::Rows { .. }));
    let counts_rows = |step: &Step| matches!(step.told, Some(Expectation::Count(_)));
    let seen = |saw: &dyn Fn(&Step) -> bool| !is_blind && recorded.steps.iter().any(saw);
    if seen(&gives_rows) {
        Class::Rows
    } else if seen(&counts_rows) {
        Class::Counts
    } else if !recorded.reads_catalog {
        Class::Blind
    } else if recorded.steps.is_empty() {
        // It sends nothing on a fresh database because of the catalog: on another database it may act.
        Class::Runner
    } else {
        Class::Catalog
    }
}

/// The steps that a deploy could not check: answers that no directive can expect, and steps that could not be rolled back.
pub fn unheld(recorded: &Recorded, class: Class) -> Vec<Refused> {
    if !class.is_whole() {
        return Vec::new();
    }
    let refused = recorded.steps.iter().filter_map(|step| {
        let why = match &step.told {
            _ if step.is_alone || is_outside(&step.sql) => Why::Outside,
            Some(told) if !is_expectable(&step.tag, told) => Why::Unheld,
            _ => return None,
        };
        Some(Refused { id: recorded.id.clone(), why, statement: sql::without_literals(&step.sql) })
    });
    refused.collect()
}

/// True if the statement cannot run in a transaction on some server version.
fn is_outside(statement: &str) -> bool {
    statement::read(statement, &Default::default())
        .is_ok_and(|script| script.statements.iter().any(|one| one.transaction != statement::TransactionUse::Inside))
}

fn is_expectable(tag: &str, told: &Expectation) -> bool {
    let changes = ["INSERT", "UPDATE", "DELETE", "MERGE"].contains(&tag);
    let is_query = ["SELECT", "EXECUTE", "FETCH"].contains(&tag);
    match told {
        Expectation::Count(_) => changes || is_query || ["COPY", "MOVE"].contains(&tag),
        Expectation::Rows { .. } => changes || is_query,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(sql: &str, tag: &str, told: Option<Expectation>) -> Step {
        Step { sql: sql.to_owned(), tag: tag.to_owned(), told, is_alone: false, rows: None, index: None }
    }

    fn of(steps: Vec<Step>, reads_catalog: bool, is_blind: bool) -> Class {
        class(&Recorded { steps, reads_catalog, ..Recorded::default() }, is_blind)
    }

    #[test]
    fn a_class_is_the_most_that_was_seen() {
        let ddl = || step("CREATE TABLE t ()", "CREATE TABLE", None);
        let update = || step("UPDATE t SET a = 1", "UPDATE", Some(Expectation::Count(0)));
        let select = || step("SELECT a FROM t", "SELECT", Some(Expectation::Rows { count: 0, sha256: None }));
        assert_eq!(of(vec![], false, false), Class::Blind);
        assert_eq!(of(vec![ddl()], false, false), Class::Blind);
        assert_eq!(of(vec![ddl()], true, false), Class::Catalog);
        assert_eq!(of(vec![], true, false), Class::Runner);
        assert_eq!(of(vec![ddl(), update()], true, false), Class::Counts);
        assert_eq!(of(vec![update(), select()], false, false), Class::Rows);
        // A blind file ignores the rows of its queries.
        assert_eq!(of(vec![update(), select()], false, true), Class::Blind);
        assert_eq!(of(vec![update()], true, true), Class::Catalog);
    }

    #[test]
    fn what_nothing_can_hold_at_a_deploy_is_said() {
        let whys = |step: Step, class: Class| {
            let recorded = Recorded { steps: vec![step], ..Recorded::default() };
            unheld(&recorded, class).into_iter().map(|refused| refused.why).collect::<Vec<_>>()
        };
        let count = Some(Expectation::Count(1));
        assert_eq!(
            whys(step("CREATE TABLE u AS SELECT 1", "CREATE TABLE AS", count.clone()), Class::Counts),
            [Why::Unheld]
        );
        assert_eq!(
            whys(step("CREATE INDEX CONCURRENTLY i ON t (a)", "CREATE INDEX", None), Class::Rows),
            [Why::Outside]
        );
        assert_eq!(whys(step("UPDATE t SET a = 1", "UPDATE", count.clone()), Class::Counts), []);
        assert_eq!(whys(step("CREATE TABLE u AS SELECT 1", "CREATE TABLE AS", count), Class::Blind), []);
    }
}
