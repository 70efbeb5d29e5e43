//! Statements on objects that the chain does not state, which the server would refuse a second time: the catalog shows that they
//! ran.

use super::advice::ways_on;
use super::judge::Judge;
use super::labels;
use super::reason::Reason;
use super::ruling::Ruling;
use super::verdict::Decision;
use crate::catalog::{Found, FoundColumn, FoundSequence, Key};
use crate::expect::Unit;
use crate::pg::name::QualifiedName;
use crate::statement::change::{Act, Identity, TableAct};

pub fn in_place(judge: &Judge<'_>, unit: &Unit<'_>, act: &Act) -> Option<Ruling> {
    let Act::AlterTable { act, .. } = act else { return labels::in_place(judge, unit, act) };
    let satisfied = |reason| Ruling::new(Decision::Satisfied, reason);
    match act {
        TableAct::AddIdentity { column, identity } => {
            let (table, found) = column_of(judge, unit, column)?;
            let always = found.identity?;
            let is_same = always == identity.always && has_plain_sequence(judge, table, column, identity);
            Some(if is_same {
                satisfied(Reason::IsIdentity)
            } else {
                Ruling::conflict(Reason::IdentityNotComparable, None).offering(ways_on())
            })
        }
        TableAct::DropIdentity { column, if_exists: false } => {
            let (_, found) = column_of(judge, unit, column)?;
            found.identity.is_none().then(|| satisfied(Reason::IsNoIdentity))
        }
        TableAct::DropExpression { column, if_exists: false } => {
            let (_, found) = column_of(judge, unit, column)?;
            found.generated.is_none().then(|| satisfied(Reason::IsNotGenerated))
        }
        _ => None,
    }
}

fn column_of<'a>(judge: &'a Judge<'_>, unit: &'a Unit<'_>, name: &str) -> Option<(&'a QualifiedName, &'a FoundColumn)> {
    unit.writes.iter().find_map(|write| match (write.key(), judge.evidence.found(write.key())) {
        (Key::Column(table, column), Some(Found::Column(found))) if column == name => Some((table, found)),
        _ => None,
    })
}

/// True if neither the statement nor the catalog gives the column's sequence any options.
fn has_plain_sequence(judge: &Judge<'_>, table: &QualifiedName, column: &str, identity: &Identity) -> bool {
    let is_of_column = |found: &FoundSequence| {
        let owner = found.owner.as_ref();
        owner.is_some_and(|owner| owner.schema == table.schema && owner.table == table.name && owner.column == column)
    };
    let behind = judge.evidence.catalog.iter().find_map(|(_, found)| match found {
        Found::Sequence(found) if is_of_column(found) => Some(found),
        _ => None,
    });
    identity.sequence.is_none() && identity.build.fill("s", "") == "CREATE SEQUENCE s" && behind.is_some_and(is_plain)
}

/// True for a sequence with the default options (PostgreSQL documentation, CREATE SEQUENCE).
fn is_plain(found: &FoundSequence) -> bool {
    let max = match found.type_.as_str() {
        "smallint" => i64::from(i16::MAX),
        "integer" => i64::from(i32::MAX),
        _ => i64::MAX,
    };
    let FoundSequence { start, increment, max: found_max, min, cache, cycle, .. } = found;
    (*start, *increment, *found_max, *min, *cache, *cycle) == (1, 1, max, 1, 1, false)
}
