//! Derives the questions from the plan, and the losses from the answers. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::inspect::{Found, LostRow, What, types_of};
use super::loss::{Kind, Loss, Lost, Rows};
use crate::assess::Action;
use crate::catalog::CatalogError;
use crate::chain::Chain;
use crate::chain::directive::StatementDirective;
use crate::pg::lock_mode::LockMode;
use crate::plan::names::Names;
use crate::plan::roots::{Roots, with_cause};
use crate::plan::{Named, Planned, Step};
use crate::sql::TypeName;
use crate::statement::change::{Conversion, is_utc};
use crate::statement::impact::{self, Concrete, TypeKind};
use crate::statement::losing::{Taking, takings};

/// The statements that remove something, and the questions about it.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    pub losses: Vec<Loss>,
    pub roots: Roots,
    conversions: Vec<Converted>,
}

/// A column whose type changes.
#[derive(Debug)]
struct Converted {
    loss: usize,
    /// The column's name before the run.
    column: String,
    /// The column's name in the script.
    written: String,
    root: usize,
    by: Conversion,
    /// The casts and the type, with the root of each.
    types: Vec<(TypeName, Option<usize>)>,
}

/// Gathers the removals. A statement that does not run removes nothing; one whose loss is accepted counts only `with_meant`.
pub(super) fn gather(chain: &Chain, plan: &[Planned], with_meant: bool) -> Gathered {
    let mut gathered = Gathered::default();
    let mut names = Names::default();
    for (script, planned) in plan.iter().enumerate() {
        names.begin_script();
        let named = planned.script(chain);
        for (at, step) in planned.steps.iter().enumerate() {
            let is_meant = step.statement.directives.contains(&StatementDirective::AcceptDestructive);
            let mut read = |takings: &[Taking], names: &Names| {
                let takings: Vec<&Taking> = takings.iter().filter(|taking| taking.may_lose()).collect();
                if !takings.is_empty() && (with_meant || !is_meant) {
                    gathered.add((script, at), named, step, &takings, names);
                }
            };
            match step.verdict.action() {
                Action::Nothing => {}
                Action::AsWritten => {
                    read(&step.statement.takings, &names);
                    names.follow(&step.statement.effect);
                }
                Action::Instead(sql) => {
                    for (takings, effect) in takings(&sql.join(";\n")) {
                        read(&takings, &names);
                        names.follow(&effect);
                    }
                }
            }
        }
    }
    gathered
}

impl Gathered {
    fn add(&mut self, (script, at): (usize, usize), named: Named<'_>, step: &Step, takings: &[&Taking], names: &Names) {
        let is_it = |loss: &&Loss| (loss.script, loss.step) == (script, at);
        if self.losses.last().filter(is_it).is_none() {
            self.losses.push(Loss {
                script,
                step: at,
                file: named.file.to_owned(),
                line: step.statement.line,
                column: step.statement.column,
                statement: step.statement.shown(named.text),
                is_meant: step.statement.directives.contains(&StatementDirective::AcceptDestructive),
                lost: Vec::new(),
                along: Vec::new(),
                locks: Vec::new(),
                types_before: Vec::new(),
            });
        }
        let loss = self.losses.len() - 1;
        for taking in takings {
            let before = self.roots.len();
            self.roots.add(loss, taking, names);
            if let Taking::Convert { table, column, to, by } = taking
                && self.roots.len() > before
                && let Some(was) = names.relation(table).and_then(|table| names.column(&table, column))
            {
                let types = types_of(to, by).into_iter();
                let types = types.map(|type_| (type_.clone(), self.roots.add_type(loss, type_, names))).collect();
                let (by, written) = (by.clone(), column.clone());
                self.conversions.push(Converted { loss, column: was, written, root: before, by, types });
            }
        }
    }

    /// Marks the losses of every statement that removes something as unknown.
    pub fn unknown(&mut self, error: &CatalogError) {
        let asked: BTreeSet<usize> = self.roots.statements().collect();
        for (_, loss) in self.losses.iter_mut().enumerate().filter(|(at, _)| asked.contains(at)) {
            loss.lost.push(lost(Kind::Unknown, with_cause(error), Rows::Unknown));
        }
    }

    pub fn settle(&mut self, found: &Found) {
        let kept = self.settle_types(found);
        for (at, loss) in self.losses.iter_mut().enumerate() {
            let rows: Vec<&LostRow> = found.lost.iter().filter(|row| row.statement == at).collect();
            loss.lost.extend(folded(&rows, found, |row| {
                let column = row.column.clone().unwrap_or_default();
                kept.get(&(at, column)).cloned()
            }));
            let databases = found.databases.iter().filter(|(of, _)| *of == at);
            loss.lost.extend(databases.map(|(_, name)| lost(Kind::Database, name.clone(), Rows::Unknown)));
            loss.lost.sort_by(|a, b| (b.rows, a.along, &a.object).cmp(&(a.rows, b.along, &b.object)));
            loss.along = found.along.get(&at).cloned().unwrap_or_default();
            loss.along.sort_unstable();
            let locks = found.locks.get(&at).into_iter().flatten();
            let mode = |is_weak: bool| if is_weak { LockMode::RowExclusive } else { LockMode::AccessExclusive };
            loss.locks = locks.map(|(on, is_weak)| (mode(*is_weak), on.clone())).collect();
            loss.locks.sort_by(|a, b| a.1.cmp(&b.1));
        }
    }

    /// The conversions that may lose values, by statement and column: the old type, and the new one, or none if an expression
    /// computes the values.
    fn settle_types(&mut self, found: &Found) -> BTreeMap<(usize, String), (String, Option<String>)> {
        let mut losing = BTreeMap::new();
        let is_utc = is_utc(&found.zone);
        for converted in &self.conversions {
            let Some((from, shown)) = found.types.get(&converted.root) else { continue };
            let concrete = |(type_, root): &(TypeName, Option<usize>)| {
                concrete(type_, root.and_then(|root| found.types.get(&root)).map(|(found, _)| found))
            };
            let mut types: Vec<Concrete> = converted.types.iter().map(concrete).collect();
            let Some(to) = types.pop() else { continue };
            self.losses[converted.loss].types_before.push((converted.written.clone(), shown.clone()));
            if impact::loses(from, &to, &converted.by, &types, is_utc) {
                let is_computed = matches!(converted.by, Conversion::Computed);
                let to = converted.types.last().filter(|_| !is_computed).map(|(type_, _)| type_.shown());
                losing.insert((converted.loss, converted.column.clone()), (shown.shown(), to));
            }
        }
        losing
    }
}

/// A type of a script, as the server knows it.
fn concrete(type_: &TypeName, found: Option<&Concrete>) -> Concrete {
    let numbers: Vec<i32> = type_.modifiers.iter().filter_map(|one| one.parse().ok()).collect();
    let Some(found) = found else {
        let kind = TypeKind::Other(type_.shown());
        return Concrete { kind, modifiers: numbers, is_array: type_.is_array };
    };
    let modifiers = match numbers.as_slice() {
        [] => found.modifiers.clone(),
        // All fields of an interval.
        [32767, rest @ ..] => rest.to_vec(),
        all => all.to_vec(),
    };
    Concrete { kind: found.kind.clone(), modifiers, is_array: found.is_array || type_.is_array }
}

fn lost(kind: Kind, object: String, rows: Rows) -> Lost {
    Lost { kind, object, column: None, rows, partitions: 0, along: false, from: None, to: None }
}

/// The relations of one statement, with partitions counted under their table.
fn folded(
    rows: &[&LostRow],
    found: &Found,
    conversion: impl Fn(&LostRow) -> Option<(String, Option<String>)>,
) -> Vec<Lost> {
    let key = |row: &LostRow| (row.what, row.column.clone());
    let by_oid: BTreeMap<(What, Option<String>, i64), &LostRow> =
        rows.iter().map(|row| ((row.what, row.column.clone(), row.oid), *row)).collect();
    let mut all: BTreeMap<(What, Option<String>, i64), Lost> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for row in rows.iter().filter(|row| seen.insert((key(row), row.oid))) {
        let mut top = *row;
        while let Some(parent) = top.partition_of.and_then(|parent| by_oid.get(&(row.what, row.column.clone(), parent)))
        {
            top = parent;
        }
        let Some(fresh) = described(top, &conversion) else { continue };
        let entry = all.entry((top.what, top.column.clone(), top.oid)).or_insert(fresh);
        entry.rows = entry.rows.and(if top.kind == 'S' { Rows::Unknown } else { row.rows(&found.holds) });
        entry.partitions += usize::from(row.oid != top.oid && row.kind == 'r');
    }
    all.into_values().collect()
}

/// None if nothing is lost: a sequence that is dropped with its column or was never used, a type that accepts every value.
fn described(row: &LostRow, conversion: impl Fn(&LostRow) -> Option<(String, Option<String>)>) -> Option<Lost> {
    let mut types = (None, None);
    let kind = match row.what {
        What::Table if row.kind == 'S' => {
            let goes_with_column = row.is_owned && !row.is_named;
            (row.is_used && !goes_with_column).then_some(Kind::Sequence)?
        }
        What::Table => Kind::Table,
        What::Rows => Kind::Rows,
        What::Column => Kind::Column,
        What::Converted => {
            let (from, to) = conversion(row)?;
            types = (Some(from), to);
            Kind::Type
        }
        What::Overwritten => Kind::Overwritten,
    };
    let column = row.column.clone();
    let (from, to) = types;
    Some(Lost { column, along: !row.is_named, from, to, ..lost(kind, row.relation.shown(), Rows::None) })
}
