//! Tables that pending statements will modify: their current rows are not evidence.

use std::collections::{BTreeMap, BTreeSet};

use crate::assess::data::probe::Probe;
use crate::assess::data::target::target;
use crate::assess::judge::Judge;
use crate::catalog::{CatalogError, Definition, Found, Key};
use crate::expect::Unit;
use crate::pg::name::{QualifiedName, quote_array};
use crate::statement::change::{Data, DataAct};

/// The writes of all statements so far that are to run.
#[derive(Debug, Default)]
pub struct PendingWrites {
    tables: BTreeMap<QualifiedName, Written>,
    /// True if unread code is to run, which may write to any table.
    everything: bool,
    /// The number of a table's rows that belong to INSERTs that ran already.
    present: BTreeMap<QualifiedName, i64>,
}

/// The changes of a table's rows.
#[derive(Clone, Debug, Default)]
struct Written {
    /// True if rows are inserted or deleted.
    rows: bool,
    /// True if rows are deleted.
    deleted: bool,
    /// The changed columns of existing rows.
    columns: BTreeSet<String>,
}

/// The tables that a statement reads, with views resolved.
struct Reads {
    tables: BTreeSet<QualifiedName>,
    /// True if the list is complete: the reads of a function or of another role's view are unknown.
    is_known: bool,
}

impl PendingWrites {
    /// Records that a statement on data will run.
    pub fn moves(&mut self, unit: &Unit<'_>, data: &Data) {
        let Some(table) = target(unit, data) else { return };
        let written = self.tables.entry(table.clone()).or_default();
        match (&data.act, &data.columns) {
            (DataAct::Update { .. }, Some(columns)) => written.columns.extend(columns.iter().cloned()),
            (DataAct::Insert { .. } | DataAct::Copy, _) => written.rows = true,
            _ => (written.rows, written.deleted) = (true, true),
        }
    }

    /// Records that unread code will run.
    pub fn moves_all(&mut self) {
        self.everything = true;
    }

    /// True if nothing is to be written.
    pub fn is_empty(&self) -> bool {
        !self.everything && self.tables.is_empty()
    }

    /// Records an INSERT that ran, with the number of the table's rows that belong to it.
    pub fn note_present(&mut self, (table, rows): &(QualifiedName, i64)) {
        *self.present.entry(table.clone()).or_default() += rows;
    }

    pub fn rows_present(&self, table: &QualifiedName) -> i64 {
        self.present.get(table).copied().unwrap_or_default()
    }

    /// True if the writes affect the reads of a statement: directly, through a table's triggers, or through a cascading foreign
    /// key.
    pub async fn reaches(
        &self,
        judge: &Judge<'_>,
        probe: &Probe<'_>,
        at: usize,
        data: &Data,
    ) -> Result<bool, CatalogError> {
        if self.everything || self.tables.is_empty() {
            return Ok(self.everything);
        }
        let reads = reads(judge, probe, at, data);
        let columns = columns(judge, &reads, data);
        let is_reached = |table: &QualifiedName| match (self.tables.get(table), &columns) {
            (None, _) => false,
            (Some(written), Some(columns)) => written.rows || !written.columns.is_disjoint(columns),
            (Some(_), None) => true,
        };
        if !reads.is_known || reads.tables.iter().any(is_reached) {
            return Ok(true);
        }
        // A plan that may not query assumes that triggers are harmless: its verdicts on data are provisional.
        Ok(probe.asks_data && probe.is_true_of_catalog_once(&self.question(&reads)).await?)
    }

    /// The query that is true if a trigger's function names a table that is read, or a foreign key propagates a change to one.
    fn question(&self, reads: &Reads) -> String {
        let of = |tables: Vec<&QualifiedName>| {
            let names: Vec<String> = tables.into_iter().map(QualifiedName::quoted).collect();
            let names = quote_array(names.iter().map(String::as_str));
            format!("(SELECT pg_catalog.to_regclass(name) FROM pg_catalog.unnest({names}) AS name)")
        };
        let deleted = self.tables.iter().filter(|(_, written)| written.deleted).map(|(table, _)| table);
        let columns = self.tables.values().flat_map(|written| &written.columns);
        let (moving, read) = (of(self.tables.keys().collect()), of(reads.tables.iter().collect()));
        format!(
            "SELECT EXISTS (SELECT FROM pg_catalog.pg_trigger JOIN pg_catalog.pg_proc AS function ON function.oid = tgfoid \
             WHERE NOT tgisinternal AND tgenabled <> 'D' AND tgrelid IN {moving} AND (tgrelid IN {read} OR EXISTS \
             (SELECT FROM pg_catalog.unnest({names}) AS name \
             WHERE pg_catalog.strpos(pg_catalog.lower(prosrc), pg_catalog.lower(name)) > 0))) \
             OR EXISTS (SELECT FROM pg_catalog.pg_constraint WHERE contype = 'f' AND conrelid IN {read} AND (confrelid IN \
             {deleted} AND confdeltype IN ('c', 'n', 'd') OR confrelid IN {moving} AND confupdtype IN ('c', 'n', 'd') \
             AND EXISTS (SELECT FROM pg_catalog.pg_attribute WHERE attrelid = confrelid AND attnum = ANY (confkey) \
             AND attname = ANY ({columns}))))",
            names = quote_array(reads.tables.iter().map(|table| table.name.as_str())),
            deleted = of(deleted.collect()),
            columns = quote_array(columns.map(String::as_str)),
        )
    }
}

fn reads(judge: &Judge<'_>, probe: &Probe<'_>, at: usize, data: &Data) -> Reads {
    let mut reads = Reads { tables: BTreeSet::new(), is_known: data.calls.iter().all(|call| probe.is_of_system(call)) };
    let relation = |key: &Key| match key {
        Key::Relation(name) => Some(name.clone()),
        _ => None,
    };
    let mut open: Vec<QualifiedName> =
        judge.timeline.units[at].needs.iter().filter_map(|need| relation(&need.0)).collect();
    while let Some(name) = open.pop() {
        if reads.tables.contains(&name) {
            continue;
        }
        let key = Key::Relation(name.clone());
        match judge.timeline.at(&key, at).and_then(|expected| expected.definition()) {
            Some(Definition::View { reads, .. }) => open.extend(reads.iter().cloned()),
            None if matches!(judge.evidence.found(&key), Some(Found::View(_))) => reads.is_known = false,
            _ => {}
        }
        reads.tables.insert(name);
    }
    reads
}

/// The columns that it reads, if all of them are known: a name that is not a column may mean a whole row.
fn columns(judge: &Judge<'_>, reads: &Reads, data: &Data) -> Option<BTreeSet<String>> {
    if matches!(data.act, DataAct::Insert { .. }) && data.columns.is_none() {
        return None;
    }
    let is_column = |name: &String| {
        let is_of = |table: &QualifiedName| judge.evidence.found(&Key::Column(table.clone(), name.clone())).is_some();
        reads.tables.iter().any(is_of)
    };
    data.column_refs.iter().all(is_column).then(|| data.column_refs.iter().cloned().collect())
}
