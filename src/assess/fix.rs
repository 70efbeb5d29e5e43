//! The smallest ALTERs, each of which gives one property, or one object, the chain's value or name.

use super::evidence::{Fit, Mismatch};
use super::judge::Judge;
use crate::catalog::{self, DefaultValue, Definition, Found, Key};
use crate::expect::{Expected, Naming, Unit, UnitKind, Write};
use crate::pg::name::{QualifiedName, quote_ident, quote_literal};
use crate::statement::change::Generated;

/// The statements that give one property the unit's value; none if that needs a person.
pub fn fix(judge: &Judge<'_>, at: usize, write: &Write, in_table: bool) -> Option<Vec<String>> {
    let definition = write.after.definition()?;
    let found = judge.evidence.found(write.key());
    match (write.key(), definition, found) {
        (Key::Column(table, name), Definition::Column(column), None) if in_table => {
            stays(judge, at, write.key(), table).then(|| add_column(judge, at, table, name, column))?
        }
        // It is added or dropped with its column.
        (Key::Default(table, name) | Key::NotNull(table, name), _, None)
            if judge.evidence.found(&Key::Column(table.clone(), name.clone())).is_none() =>
        {
            Some(Vec::new())
        }
        // The expression as the server built it, or that of the script if nothing was built.
        (Key::Default(table, name), Definition::Default(Some(DefaultValue::Expr { expr, since, .. })), _)
            if !since.is_empty() =>
        {
            let Fit::No(Mismatch::Different(_)) = judge.evidence.fit(write.key(), &write.after) else { return None };
            let value = match judge.evidence.built(write.key(), &write.after) {
                None => &expr.sql,
                Some(Found::Default(Some(built))) => &built.expression,
                Some(_) => return None,
            };
            Some(vec![alter_column(table, name, &format!("SET DEFAULT {value}"))])
        }
        (Key::Default(table, name), Definition::Default(value), _) => {
            Some(vec![set_default(table, name, value.as_ref())])
        }
        (Key::NotNull(table, name), Definition::NotNull(wanted), _) => {
            let words = if *wanted { "SET NOT NULL" } else { "DROP NOT NULL" };
            Some(vec![alter_column(table, name, words)])
        }
        (Key::Constraint(table, name), Definition::Constraint(_), Some(Found::Constraint(found)))
            if !found.valid && judge.evidence.fit_but_not_valid(write.key(), &write.after).is_some() =>
        {
            Some(vec![format!("ALTER TABLE {} VALIDATE CONSTRAINT {}", table.quoted(), quote_ident(name))])
        }
        (Key::Constraint(table, name), Definition::Constraint(wanted), None)
            if judge.evidence.found(&Key::Relation(table.beside(name))).is_some() =>
        {
            using_index(judge, table, name, wanted)
        }
        (Key::Constraint(table, name), Definition::Constraint(constraint), None)
            if constraint.path == judge.timeline.units[at].path =>
        {
            stays(judge, at, write.key(), table).then(|| vec![add_constraint(table, name, constraint)])
        }
        // A copy of another table's index.
        (Key::Relation(name), Definition::Index(index), None)
            if in_table && !index.build.is_altered() && index.path == judge.timeline.units[at].path =>
        {
            let sql = || index.build.fill(&quote_ident(&name.name), &index.table.quoted());
            stays(judge, at, write.key(), &index.table).then(|| vec![sql()])
        }
        // It is created with its column.
        (Key::Relation(_), Definition::Sequence { identity: true, owned_by: Some((table, column)), .. }, None)
            if in_table && judge.evidence.found(&Key::Column(table.clone(), column.clone())).is_none() =>
        {
            Some(Vec::new())
        }
        // It is created and dropped with its constraint, which uses an existing one.
        (Key::Relation(_), Definition::ConstraintIndex { .. }, None | Some(Found::Index(_))) => Some(Vec::new()),
        _ => None,
    }
}

/// Uses an existing plain unique index with the constraint's name and columns for the constraint.
fn using_index(
    judge: &Judge<'_>,
    table: &QualifiedName,
    name: &str,
    wanted: &catalog::Constraint,
) -> Option<Vec<String>> {
    let Some(Found::Index(found)) = judge.evidence.found(&Key::Relation(table.beside(name))) else {
        return None;
    };
    let (words, columns) = match &wanted.kind {
        catalog::ConstraintKind::Unique { columns, include, nulls_not_distinct: false } if include.is_empty() => {
            ("UNIQUE", columns)
        }
        catalog::ConstraintKind::Primary { columns, include } if include.is_empty() => ("PRIMARY KEY", columns),
        _ => return None,
    };
    let plain = [format!("USING btree ({})", columns.join(", ")), format!("USING btree ({})", quoted(columns))];
    let is_equal = found.unique && found.valid && found.table == *table && plain.contains(&found.definition);
    let sql = || {
        let name = quote_ident(name);
        format!("ALTER TABLE {} ADD CONSTRAINT {name} {words} USING INDEX {name}", table.quoted())
    };
    is_equal.then(|| vec![sql()])
}

fn quoted(columns: &[String]) -> String {
    columns.iter().map(|column| quote_ident(column)).collect::<Vec<_>>().join(", ")
}

/// True if an addition remains until head: no pending change renames or removes anything of the table, and no pending data
/// statement touches it.
pub fn stays(judge: &Judge<'_>, at: usize, key: &Key, table: &QualifiedName) -> bool {
    let timeline = judge.timeline;
    if timeline.at(key, timeline.units.len()) != timeline.at(key, at + 1) {
        return false;
    }
    timeline.units_on(table).iter().map(|&unit| &timeline.units[unit]).all(|unit| match unit.kind {
        UnitKind::Change(_) => !unit
            .writes
            .iter()
            .any(|write| write.key().relation() == Some(table) && write.after == Expected::Absent && write.is_change()),
        UnitKind::Data(_) => !unit.needs.iter().any(|need| need.0.relation() == Some(table)),
        UnitKind::Opaque(_) | UnitKind::Unjudged(_) | UnitKind::Setting | UnitKind::Repeatable => true,
    })
}

fn add_column(
    judge: &Judge<'_>,
    at: usize,
    table: &QualifiedName,
    name: &str,
    column: &catalog::Column,
) -> Option<Vec<String>> {
    let value = |key: &Key| judge.timeline.at(key, at + 1).and_then(Expected::definition);
    let mut sql = format!("ALTER TABLE {} ADD COLUMN {} {}", table.quoted(), quote_ident(name), column.type_.sql());
    if let Some(collation) = &column.collation {
        sql += &format!(" COLLATE {}", collation.quoted());
    }
    if let Some(Generated { expr, stored }) = column.generated.as_deref() {
        sql += &format!(" GENERATED ALWAYS AS ({}) {}", expr.sql, if *stored { "STORED" } else { "VIRTUAL" });
    }
    if let Some(always) = column.identity {
        let sequence = identity_sequence(judge, at, table, name)?;
        sql += &format!(" GENERATED {} AS IDENTITY ({sequence})", if always { "ALWAYS" } else { "BY DEFAULT" });
    }
    let default = value(&Key::Default(table.clone(), name.to_owned()));
    match default {
        Some(Definition::Default(Some(DefaultValue::Expr { expr, since, .. }))) if since.is_empty() => {
            sql += &format!(" DEFAULT ({})", expr.sql);
        }
        // Its sequence is missing too, or is another; or the server rewrote it for another type.
        Some(Definition::Default(Some(_))) => return None,
        _ => {}
    }
    if let Some(Definition::NotNull(true)) = value(&Key::NotNull(table.clone(), name.to_owned())) {
        sql += " NOT NULL";
    }
    Some(vec![sql])
}

/// The name and the options of an identity column's sequence.
fn identity_sequence(judge: &Judge<'_>, at: usize, table: &QualifiedName, column: &str) -> Option<String> {
    judge.timeline.units[at].writes.iter().find_map(|write| match (write.key(), write.after.definition()) {
        (Key::Relation(name), Some(Definition::Sequence { build, owned_by: Some((of, owner)), identity: true }))
            if of == table && owner == column =>
        {
            let sql = format!("SEQUENCE NAME {} {}", name.quoted(), build.identity_options()?);
            Some(sql.trim_end().to_owned())
        }
        _ => None,
    })
}

pub fn set_default(table: &QualifiedName, name: &str, value: Option<&DefaultValue>) -> String {
    let words = match value {
        None => "DROP DEFAULT".to_owned(),
        Some(DefaultValue::Expr { expr, .. }) => format!("SET DEFAULT {}", expr.sql),
        Some(DefaultValue::Next(sequence)) => {
            format!("SET DEFAULT nextval({}::regclass)", quote_literal(&sequence.quoted()))
        }
    };
    alter_column(table, name, &words)
}

pub fn alter_column(table: &QualifiedName, name: &str, words: &str) -> String {
    format!("ALTER TABLE {} ALTER COLUMN {} {words}", table.quoted(), quote_ident(name))
}

pub fn add_constraint(table: &QualifiedName, name: &str, constraint: &catalog::Constraint) -> String {
    constraint.build.fill(&quote_ident(name), &table.quoted())
}

/// ALTERs that give objects the names of a fresh run.
pub fn renames(judge: &Judge<'_>, unit: &Unit<'_>) -> Vec<String> {
    let mut all = Vec::new();
    for write in unit.writes.iter().filter(|write| write.naming == Naming::Chosen) {
        let Expected::Present(definition) = &write.after else { continue };
        match (write.key(), judge.evidence.other_name(write.key(), definition)) {
            (Key::Constraint(table, wanted), Some(Key::Constraint(_, found))) => all.push(format!(
                "ALTER TABLE {} RENAME CONSTRAINT {} TO {}",
                table.quoted(),
                quote_ident(found),
                quote_ident(wanted)
            )),
            // The index of a constraint is renamed with it.
            (Key::Relation(wanted), Some(Key::Relation(found))) if matches!(**definition, Definition::Index(_)) => {
                all.push(format!("ALTER INDEX {} RENAME TO {}", found.quoted(), quote_ident(&wanted.name)));
            }
            _ => {}
        }
    }
    all
}
