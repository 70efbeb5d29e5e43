//! What statements that are still to run will write: there the data does not yet say what it will say.

use std::collections::{BTreeMap, BTreeSet};

use crate::assess::data::probe::Probe;
use crate::assess::data::target::target;
use crate::assess::judge::Judge;
use crate::catalog::{CatalogError, Definition, Found, Key};
use crate::expect::Unit;
use crate::pg::name::{QualifiedName, quote_array};
use crate::statement::change::{Data, DataAct};

/// What is written, by all statements so far that are to run.
#[derive(Debug, Default)]
pub struct PendingWrites {
    tables: BTreeMap<QualifiedName, Written>,
    /// Code that is not read is to run, and may write anything.
    everything: bool,
    /// The rows of a table that are those of INSERTs that ran already.
    present: BTreeMap<QualifiedName, i64>,
}

/// What becomes of the rows of a table.
#[derive(Clone, Debug, Default)]
struct Written {
    /// Rows come or go.
    rows: bool,
    /// Rows go.
    deleted: bool,
    /// Columns of the rows that are there.
    columns: BTreeSet<String>,
}

/// What a statement reads, views followed to their tables.
struct Reads {
    tables: BTreeSet<QualifiedName>,
    /// True where that is all of it: what a function or a view of somebody else reads nobody knows.
    is_known: bool,
}

impl PendingWrites {
    /// A statement on data will run.
    pub fn moves(&mut self, unit: &Unit<'_>, data: &Data) {
        let Some(table) = target(unit, data) else { return };
        let written = self.tables.entry(table.clone()).or_default();
        match (&data.act, &data.columns) {
            (DataAct::Update { .. }, Some(columns)) => written.columns.extend(columns.iter().cloned()),
            (DataAct::Insert { .. } | DataAct::Copy, _) => written.rows = true,
            _ => (written.rows, written.deleted) = (true, true),
        }
    }

    /// Code that is not read will run.
    pub fn moves_all(&mut self) {
        self.everything = true;
    }

    /// True where nothing is to be written.
    pub fn is_empty(&self) -> bool {
        !self.everything && self.tables.is_empty()
    }

    /// An INSERT ran: so many rows of the table are its own.
    pub fn note_present(&mut self, (table, rows): &(QualifiedName, i64)) {
        *self.present.entry(table.clone()).or_default() += rows;
    }

    pub fn rows_present(&self, table: &QualifiedName) -> i64 {
        self.present.get(table).copied().unwrap_or_default()
    }

    /// Whether it reaches what a statement reads: by itself, by the triggers of a table, or by a foreign key that cascades.
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
        // A plan that may not ask takes triggers for harmless: its verdicts on data are provisional.
        Ok(probe.asks_data && probe.is_true_of_catalog_once(&self.question(&reads)).await?)
    }

    /// Whether a trigger's function names what is read, or a foreign key carries a change over to it.
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

/// The columns that it reads, where all of them are known: a name that is no column may stand for a whole row.
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
