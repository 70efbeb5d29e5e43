//! A column that no row could have: refused before anything runs.

use super::data::{Asker, WOULD_ASK};
use super::ruling::{Judge, Ruling};
use super::survey::Script;
use super::verdict::Decision;
use crate::catalog::{CatalogError, Key};
use crate::chain::directive::StatementDirective;
use crate::expect::{Unit, UnitKind};
use crate::pg::name::{QualifiedName, quote_ident, quote_literal};
use crate::sql::change::{self, Act, NewColumn, TableAct};

/// ADD COLUMN … NOT NULL without a default on a table with rows: PostgreSQL would refuse it with 23502.
pub(super) async fn refuse_columns(
    judge: &Judge<'_>,
    asker: &Asker<'_>,
    pending: &[Script<'_>],
    rulings: &mut [Ruling],
) -> Result<(), CatalogError> {
    for at in 0..rulings.len() {
        let unit = &judge.timeline.units[at];
        if !matches!(rulings[at].decision, Decision::Apply | Decision::Converge) {
            continue;
        }
        let Some((table, column)) = column_without_value(unit) else { continue };
        let is_own = asker.surroundings.types.iter().any(|name| {
            name.name == column.type_.name && !matches!(name.schema.as_str(), "pg_catalog" | "information_schema")
        });
        // A domain may have a default of its own.
        let is_there = judge.evidence.found(&Key::Relation(table.clone())).is_some();
        if is_own || !is_there || may_be_emptied(judge, rulings, at, table) {
            continue;
        }
        let has_rows = if asker.asks_data {
            format!("SELECT EXISTS (SELECT FROM {})", table.quoted())
        } else {
            // What is on disk, without a look into it.
            format!("SELECT pg_catalog.pg_relation_size({}::pg_catalog.regclass) > 0", quote_literal(&table.quoted()))
        };
        if asker.is_true_of_catalog(&has_rows, &unit.path).await? != Some(true) {
            continue;
        }
        let directives = &pending[unit.revision].statements[unit.statement].directives;
        if directives.contains(&StatementDirective::Optional) {
            rulings[at] = Ruling::new(Decision::Skipped, "NOT NULL without a default, and the table has rows");
            continue;
        }
        let how = if asker.asks_data { "has rows".to_owned() } else { format!("holds data ({WOULD_ASK})") };
        let (name, column_name) = (table.quoted(), quote_ident(&column.name));
        let type_ = column.type_.sql();
        rulings[at] = Ruling::conflict(
            format!("NOT NULL without a default, and {table} {how}: PostgreSQL would refuse it (23502)"),
            None,
        )
        .offering([
            format!("give it a value: ALTER TABLE {name} ADD COLUMN {column_name} {type_} NOT NULL DEFAULT …"),
            "add it without NOT NULL, fill it, then SET NOT NULL".to_owned(),
        ]);
    }
    Ok(())
}

fn column_without_value<'u>(unit: &'u Unit<'_>) -> Option<(&'u QualifiedName, &'u NewColumn)> {
    let UnitKind::Change(change) = unit.kind else { return None };
    let Act::AlterTable { act: TableAct::AddColumn { column, .. }, .. } = &change.act else { return None };
    let column: &'u NewColumn = column;
    let is_valueless = column.not_null
        && column.default.is_none()
        && column.identity.is_none()
        && column.generated.is_none()
        && change::serial(&column.type_).is_none();
    let table = unit.writes.iter().find_map(|write| match &write.key {
        Key::Column(table, name) if *name == column.name => Some(table),
        _ => None,
    })?;
    is_valueless.then_some((table, column))
}

/// Whether something that is to run before may take the rows away.
fn may_be_emptied(judge: &Judge<'_>, rulings: &[Ruling], at: usize, table: &QualifiedName) -> bool {
    let earlier = judge.timeline.units[..at].iter().zip(rulings);
    let mut running = earlier.filter(|(_, ruling)| matches!(ruling.decision, Decision::Run | Decision::Apply));
    running.any(|(unit, _)| match unit.kind {
        UnitKind::Data(data) => data.writes.iter().any(|written| written.name == table.name),
        UnitKind::Opaque(_) | UnitKind::Unjudged(_) => true,
        // Dropped and made anew, or renamed.
        UnitKind::Change(_) => unit
            .writes
            .iter()
            .any(|write| write.is_change() && matches!(&write.key, Key::Relation(name) if name == table)),
        UnitKind::Setting | UnitKind::Repeatable => false,
    })
}
