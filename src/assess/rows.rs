//! Definitions that depend on rows or on a query: a column that no row can have, NOT NULL over nulls, a table created from a
//! query.

use super::advice::{Advice, ways_on};
use super::data::probe::Probe;
use super::definition::strict;
use super::fix::alter_column;
use super::judge::Judge;
use super::place::Side;
use super::reason::{Reason, Rows};
use super::request::Script;
use super::ruling::Ruling;
use super::verdict::Decision;
use crate::catalog::{CatalogError, Definition, Difference, Found, Key};
use crate::chain::directive::StatementDirective;
use crate::expect::{Unit, UnitKind};
use crate::pg::name::{QualifiedName, quote_ident, quote_literal};
use crate::statement::change::{self, Act, Change, NewColumn, TableAct};

/// ADD COLUMN … NOT NULL without a default on a table with rows: PostgreSQL would refuse it with 23502.
pub(super) async fn refuse_columns(
    judge: &Judge<'_>,
    probe: &Probe<'_>,
    pending: &[Script<'_>],
    rulings: &mut [Ruling],
) -> Result<(), CatalogError> {
    for at in 0..rulings.len() {
        let unit = &judge.timeline.units[at];
        if !matches!(rulings[at].decision, Decision::Apply | Decision::Converge) {
            continue;
        }
        let Some((table, column)) = column_without_value(unit) else { continue };
        let is_own = probe.surroundings.types.iter().any(|name| {
            name.name == column.type_.name && !matches!(name.schema.as_str(), "pg_catalog" | "information_schema")
        });
        // A domain may have a default of its own.
        let is_there = judge.evidence.found(&Key::Relation(table.clone())).is_some();
        if is_own || !is_there || may_be_emptied(judge, rulings, at, table) {
            continue;
        }
        let has_rows = if probe.asks_data {
            format!("SELECT EXISTS (SELECT FROM {})", table.quoted())
        } else {
            // The size of the file, without reading it.
            format!("SELECT pg_catalog.pg_relation_size({}::pg_catalog.regclass) > 0", quote_literal(&table.quoted()))
        };
        if !probe.is_true_of_catalog(&has_rows).await? {
            continue;
        }
        let directives = &pending[unit.revision].statements[unit.statement].directives;
        if directives.contains(&StatementDirective::Optional) {
            rulings[at] = Ruling::new(Decision::Skipped, Reason::NotNullOptional);
            continue;
        }
        let of = table.clone();
        let reason = match probe.asks_data {
            true => Reason::NotNullOverRows { table: of },
            false => Reason::NotNullOverData { table: of },
        };
        let (name, column_name) = (table.quoted(), quote_ident(&column.name));
        let type_ = column.type_.shown();
        rulings[at] = Ruling::conflict(reason, None).offering([
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
    let table = unit.writes.iter().find_map(|write| match write.key() {
        Key::Column(table, name) if *name == column.name => Some(table),
        _ => None,
    })?;
    is_valueless.then_some((table, column))
}

/// True if an earlier unit that is to run may remove the rows.
fn may_be_emptied(judge: &Judge<'_>, rulings: &[Ruling], at: usize, table: &QualifiedName) -> bool {
    let earlier = judge.timeline.units[..at].iter().zip(rulings);
    let mut running = earlier.filter(|(_, ruling)| matches!(ruling.decision, Decision::Run | Decision::Apply));
    running.any(|(unit, _)| match unit.kind {
        UnitKind::Data(data) => data.writes.iter().any(|written| written.name == table.name),
        UnitKind::Opaque(_) | UnitKind::Unjudged(_) => true,
        // Dropped and created again, or renamed.
        UnitKind::Change(_) => unit
            .writes
            .iter()
            .any(|write| write.is_change() && matches!(write.key(), Key::Relation(name) if name == table)),
        UnitKind::Setting | UnitKind::Repeatable => false,
    })
}

/// NOT NULL converges only if no row is null; otherwise the rows are shown before anything runs.
pub async fn without_nulls(
    judge: &Judge<'_>,
    probe: &Probe<'_>,
    at: usize,
    unit: &Unit<'_>,
    ruling: Ruling,
) -> Result<Ruling, CatalogError> {
    if ruling.decision != Decision::Converge {
        return Ok(ruling);
    }
    for write in unit.writes.iter().filter(|write| judge.key_side(write.key(), at) != Side::After) {
        let (Key::NotNull(table, column), Some(Definition::NotNull(true))) = (write.key(), write.after.definition())
        else {
            continue;
        };
        let (table, column) = (table.quoted(), quote_ident(column));
        let count = format!("SELECT count(*) FROM {table} WHERE {column} IS NULL");
        if let Some(rows) = probe.own_number(&count).await?.filter(|rows| *rows > 0) {
            let (key, rows) = (write.key().clone(), Rows(rows));
            let reason = Reason::HoldsNull { key, rows, table: table.clone(), column: column.clone() };
            return Ok(Ruling::conflict(reason, None).offering([
                Advice::Look(format!("SELECT * FROM {table} WHERE {column} IS NULL;")),
                format!("UPDATE {table} SET {column} = … WHERE {column} IS NULL;").into(),
            ]));
        }
    }
    Ok(ruling)
}

/// A table created from a query: compares the query's present columns with the existing ones.
pub async fn same_columns(
    judge: &Judge<'_>,
    probe: &Probe<'_>,
    unit: &Unit<'_>,
    ruling: Ruling,
) -> Result<Ruling, CatalogError> {
    let UnitKind::Change(Change { act: Act::CreateTableAs(new), .. }) = unit.kind else { return Ok(ruling) };
    if ruling.decision != Decision::Satisfied || new.materialized {
        return Ok(ruling);
    }
    let made = unit.writes.iter().find(|write| write.is_change()).map(|write| write.key());
    let Some(Key::Relation(table)) = made.filter(|key| judge.evidence.found(key).is_some()) else {
        // It is dropped again.
        return Ok(ruling);
    };
    // The columns that the chain states were already compared with the catalog.
    let column = |name: &str| Key::Column(table.clone(), name.to_owned());
    let is_stated = |key: &Key| judge.timeline.writes(key);
    if new.names.as_ref().is_some_and(|names| names.iter().all(|name| is_stated(&column(name)))) {
        return Ok(ruling);
    }
    let Some(wanted) = probe.columns_of(&new.view(), &unit.path).await? else { return Ok(ruling) };
    let mut too_much = Vec::new();
    for (name, type_) in wanted {
        too_much.extend(too_much_on(judge, table, &name));
        let key = column(&name);
        let found = match judge.evidence.found(&key) {
            Some(Found::Column(found)) => found.format.clone(),
            _ => "no such column".to_owned(),
        };
        if !is_stated(&key) && found != type_ {
            let retype = |type_: &str| format!("{};", alter_column(table, &name, &format!("TYPE {type_}")));
            let retypes = [Advice::Make(retype(&type_)), Advice::Accept(retype(&found))];
            let is_there = judge.evidence.found(&key).is_some();
            let difference = Difference { wanted: type_, found };
            return Ok(Ruling::conflict(Reason::Different { key }, Some(difference))
                .offering(retypes.into_iter().filter(|_| is_there))
                .offering(ways_on()));
        }
    }
    if too_much.is_empty() {
        return Ok(ruling);
    }
    Ok(strict(judge, Ruling::converge(Reason::MoreThanQuery, too_much)))
}

/// The properties that a query does not produce: a column from a query is nullable and has no default. Properties of later
/// statements do not count.
fn too_much_on(judge: &Judge<'_>, table: &QualifiedName, column: &str) -> Vec<String> {
    let is_own = |key: &Key| !judge.timeline.writes(key);
    let is_of_key = judge.evidence.catalog.on(table).any(|(_, found)| {
        matches!(found, Found::Constraint(key) if key.kind == 'p' && key.columns.iter().any(|name| name == column))
    });
    let (null, default) =
        (Key::NotNull(table.clone(), column.to_owned()), Key::Default(table.clone(), column.to_owned()));
    let mut sql = Vec::new();
    if matches!(judge.evidence.found(&null), Some(Found::NotNull(true))) && is_own(&null) && !is_of_key {
        sql.push(alter_column(table, column, "DROP NOT NULL"));
    }
    if matches!(judge.evidence.found(&default), Some(Found::Default(Some(_)))) && is_own(&default) {
        sql.push(alter_column(table, column, "DROP DEFAULT"));
    }
    sql
}
