//! Statements on data, and those whose code is not read: run, spent, satisfied, or nobody can tell.

use std::cell::RefCell;
use std::collections::BTreeSet;

use super::place::Side;
use super::ruling::{Judge, Ruling, ways_on};
use super::verdict::Decision;
use crate::catalog::{CatalogError, Definition, Difference, Found, How, Key, Surroundings};
use crate::connect::{Row, Session, SessionError};
use crate::expect::{Expected, Unit, UnitKind, Write};
use crate::pg::name::{QualifiedName, quote_ident, quote_literal};
use crate::sql::change::question::{self, Default};
use crate::sql::change::{Act, Change, Data, DataAct, Named, TableAct, Template};

/// What the data was asked, and how it answered.
pub struct Asker<'a> {
    pub session: &'a Session,
    pub surroundings: &'a Surroundings,
    /// A plan does not, unless it is told to.
    pub asks_data: bool,
    pub how: How,
    /// Relations that an earlier statement, still to run, writes: what the data says of them now is not what it will say.
    pub in_motion: RefCell<BTreeSet<QualifiedName>>,
}

/// Stands for the verdict that only the data could give.
pub const WOULD_ASK: &str = "would ask the data: --check-data";

pub async fn rule(
    judge: &Judge<'_>,
    asker: &Asker<'_>,
    at: usize,
    unit: &Unit<'_>,
    data: &Data,
) -> Result<Ruling, CatalogError> {
    if !judge.is_begun(unit.revision) {
        return Ok(Ruling::new(Decision::Run, ""));
    }
    if let Some(ruling) = by_its_inputs(judge, at, unit) {
        return Ok(ruling);
    }
    if let Some(ruling) = by_order(judge, asker, at, unit, data).await? {
        return Ok(ruling);
    }
    if data.repeatable {
        let adds = asker.number(question::would_change(data), &unit.path).await?;
        return Ok(match adds {
            Some(0) if !asker.is_in_motion(unit) => Ruling::new(Decision::Run, ITS_ROWS_ARE_THERE),
            _ => Ruling::new(Decision::Run, "running it twice is running it once"),
        });
    }
    let reason = data.unaskable.clone().or_else(|| {
        let volatile = data.calls.iter().find(|call| asker.is_volatile(call));
        volatile.map(|call| format!("{} is volatile", call.name))
    });
    if let Some(reason) = reason {
        return Ok(cannot_tell(&reason));
    }
    if !asker.asks_data {
        return Ok(Ruling::new(Decision::Run, WOULD_ASK));
    }
    asker.ask(judge, at, unit, data).await
}

/// A statement that adds nothing puts nothing in motion.
pub const ITS_ROWS_ARE_THERE: &str = "running it again adds nothing";

/// An INSERT or COPY without a column list counts on the order of the columns: that of a table that the chain makes here, and
/// that was made by hand, may be another.
async fn by_order(
    judge: &Judge<'_>,
    asker: &Asker<'_>,
    at: usize,
    unit: &Unit<'_>,
    data: &Data,
) -> Result<Option<Ruling>, CatalogError> {
    let (None, Some(table)) = (&data.columns, target(unit, data)) else { return Ok(None) };
    let Some(wanted) = columns_in_order(judge, at, table) else { return Ok(None) };
    let question = format!(
        "SELECT pg_catalog.string_agg(attname, ',' ORDER BY attnum) FROM pg_catalog.pg_attribute WHERE attrelid = \
         pg_catalog.to_regclass({}) AND attnum > 0 AND NOT attisdropped",
        quote_literal(&table.quoted())
    );
    let found = asker.text(&question, &unit.path).await?.unwrap_or_default();
    if found.is_empty() || found == wanted {
        return Ok(None);
    }
    let difference = Difference { wanted, found };
    let reason = format!("it names no columns, and those of {table} stand in another order");
    Ok(Some(Ruling::conflict(reason, Some(difference)).offering(["name its columns".to_owned()])))
}

/// The columns of a table that a pending statement makes, as they stand at a place.
fn columns_in_order(judge: &Judge<'_>, at: usize, table: &QualifiedName) -> Option<String> {
    let mut columns: Option<Vec<String>> = None;
    for unit in &judge.timeline.units[..at] {
        let UnitKind::Change(change) = unit.kind else { continue };
        let is_it = |write: &Write| matches!(&write.key, Key::Column(name, _) if name == table);
        match (&change.act, unit.writes.iter().any(is_it)) {
            (Act::CreateTable(new), true) => {
                columns = Some(new.columns.iter().map(|column| column.name.clone()).collect())
            }
            (Act::AlterTable { act: TableAct::AddColumn { column, .. }, .. }, true) => {
                columns.as_mut()?.push(column.name.clone());
            }
            (_, true) => return None,
            _ => {}
        }
    }
    columns.map(|columns| columns.join(","))
}

const IN_MOTION: &str = "a statement before it, still to run, writes what it reads";

/// A statement whose code is not read.
pub fn opaque(judge: &Judge<'_>, unit: &Unit<'_>) -> Ruling {
    if judge.is_begun(unit.revision) { cannot_tell("its code is not read") } else { Ruling::new(Decision::Run, "") }
}

fn cannot_tell(reason: &str) -> Ruling {
    Ruling::conflict(format!("cannot tell whether it ran: its revision has begun, and {reason}"), None)
        .offering(ways_on())
}

/// What the absence of its relations and columns tells.
fn by_its_inputs(judge: &Judge<'_>, at: usize, unit: &Unit<'_>) -> Option<Ruling> {
    let units = &judge.timeline.units;
    let missing = || unit.needs.iter().map(|need| &need.0).filter(|key| judge.evidence.found(key).is_none());
    let writes = |other: &Unit<'_>, key: &Key, present: bool| {
        other.writes.iter().any(|write| {
            write.key == *key
                && write.is_change()
                && if present { write.after.is_present() } else { write.after == Expected::Absent }
        })
    };
    let is_removed = |key: &Key| units[at + 1..].iter().any(|later| writes(later, key, false));
    let is_made =
        |key: &Key| units[..at].iter().any(|earlier| earlier.revision == unit.revision && writes(earlier, key, true));
    if missing().any(|key| is_made(key) && !is_removed(key)) {
        return Some(Ruling::new(Decision::Run, "what it works on is not made yet"));
    }
    let gone = missing().find(|key| is_removed(key) && judge.is_past(at))?;
    Some(Ruling::new(Decision::Spent, format!("{gone} is gone, as the chain has it later")))
}

impl Asker<'_> {
    /// A function that the server does not have yet may do anything.
    fn is_volatile(&self, call: &Named) -> bool {
        let schemas = || self.surroundings.path.iter().map(String::as_str);
        let in_schema = |schema: &str| {
            let name = QualifiedName { schema: schema.to_owned(), name: call.name.clone() };
            self.surroundings.functions.get(&name)
        };
        let found = match &call.schema {
            Some(schema) => in_schema(schema),
            None => in_schema("pg_catalog").or_else(|| schemas().find_map(in_schema)),
        };
        found.is_none_or(|all| all.iter().any(|facts| facts.volatile))
    }

    /// One number, or true as 1; none where the question failed: then nobody can tell.
    async fn number(&self, sql: Option<String>, path: &[String]) -> Result<Option<i64>, CatalogError> {
        match sql.filter(|_| self.asks_data) {
            Some(sql) => self.answer(sql, path).await,
            None => Ok(None),
        }
    }

    async fn answer(&self, sql: String, path: &[String]) -> Result<Option<i64>, CatalogError> {
        let value = self.text(&sql, path).await?;
        Ok(match value.as_deref() {
            Some("t") => Some(1),
            Some("f") => Some(0),
            other => other.and_then(|text| text.parse().ok()),
        })
    }

    /// The first value of an answer; none where the question failed.
    async fn text(&self, sql: &str, path: &[String]) -> Result<Option<String>, CatalogError> {
        let rows = self.rows("BEGIN READ ONLY", &[sql], path).await?.unwrap_or_default();
        Ok(rows.first().and_then(|row| row.first()).cloned().flatten())
    }

    /// The rows of the last message, in a transaction that is rolled back; none where it failed.
    async fn rows(&self, begin: &str, messages: &[&str], path: &[String]) -> Result<Option<Vec<Row>>, CatalogError> {
        let path: Vec<String> = path.iter().map(|schema| quote_ident(schema)).collect();
        let settings = format!(
            "{begin}; SET LOCAL lock_timeout = '2s'; SELECT pg_catalog.set_config('search_path', {}, true)",
            quote_literal(&path.join(", "))
        );
        let all: Vec<&str> =
            [settings.as_str()].into_iter().chain(messages.iter().copied()).chain(["ROLLBACK"]).collect();
        let mut answers = self.session.ask(&all).await;
        answers.pop();
        match answers.pop() {
            Some(Ok(rows)) => Ok(Some(rows)),
            Some(Err(SessionError::Lost(because))) => Err(CatalogError::Lost(because)),
            Some(Err(SessionError::Server(_))) | None => Ok(None),
        }
    }

    /// Whether a query on the catalog, or for the first row of a table, is true; none where it fails.
    pub async fn is_true_of_catalog(&self, sql: &str, path: &[String]) -> Result<Option<bool>, CatalogError> {
        Ok(self.answer(sql.to_owned(), path).await?.map(|number| number != 0))
    }

    /// The columns of a query, by a temporary view that is rolled back; none where it cannot be made.
    async fn columns_of(
        &self,
        view: &Template,
        path: &[String],
    ) -> Result<Option<Vec<(String, String)>>, CatalogError> {
        if self.how == How::Explain {
            return Ok(None);
        }
        let make = view.fill("pg_temp.lockgate_columns", "");
        let read = "SELECT attname, pg_catalog.format_type(atttypid, atttypmod) FROM pg_catalog.pg_attribute WHERE attrelid = \
                    'pg_temp.lockgate_columns'::pg_catalog.regclass AND attnum > 0 ORDER BY attnum";
        let pair = |row: Row| Some((row.first()?.clone()?, row.get(1)?.clone()?));
        let rows = self.rows("BEGIN", &[&make, read], path).await?;
        Ok(rows.map(|rows| rows.into_iter().filter_map(pair).collect()))
    }

    /// Whether a query is true; none where it fails.
    pub async fn is_true(&self, sql: &str, path: &[String]) -> Result<Option<bool>, CatalogError> {
        Ok(self.number(Some(sql.to_owned()), path).await?.map(|number| number != 0))
    }

    async fn ask(&self, judge: &Judge<'_>, at: usize, unit: &Unit<'_>, data: &Data) -> Result<Ruling, CatalogError> {
        let path = &unit.path;
        let Some(changes) = self.number(question::would_change(data), path).await? else {
            return Ok(cannot_tell("the data cannot be asked"));
        };
        let in_motion = self.is_in_motion(unit);
        if changes == 0 && !in_motion {
            return Ok(Ruling::new(Decision::Satisfied, "it would change nothing"));
        }
        match &data.act {
            DataAct::Update { .. } => self.ask_update(judge, at, unit, data, changes).await,
            DataAct::Insert { .. } => self.ask_insert(judge, unit, data, changes).await,
            _ if in_motion => Ok(cannot_tell(IN_MOTION)),
            _ => Ok(cannot_tell(&format!("it would change {changes} rows"))),
        }
    }

    fn is_in_motion(&self, unit: &Unit<'_>) -> bool {
        let moving = self.in_motion.borrow();
        unit.needs.iter().any(|need| matches!(&need.0, Key::Relation(name) if moving.contains(name)))
    }

    /// A statement will run: what it writes is in motion for those after it.
    pub fn moves(&self, unit: &Unit<'_>, data: &Data) {
        self.in_motion.borrow_mut().extend(target(unit, data).cloned());
    }

    async fn ask_update(
        &self,
        judge: &Judge<'_>,
        at: usize,
        unit: &Unit<'_>,
        data: &Data,
        changes: i64,
    ) -> Result<Ruling, CatalogError> {
        let defaults = target(unit, data).map(|table| defaults(judge, table, data)).unwrap_or_default();
        let defaults: Vec<Default<'_>> =
            defaults.iter().map(|(column, value)| (column.as_str(), value.as_deref())).collect();
        let written = self.number(question::untouched(data, &defaults), &unit.path).await?;
        if written == Some(0) {
            return Ok(Ruling::new(Decision::Run, "nobody ever wrote where it writes"));
        }
        if self.is_in_motion(unit) {
            return Ok(cannot_tell(IN_MOTION));
        }
        let reads_own = matches!(data.act, DataAct::Update { reads_own: true, .. });
        if !reads_own
            && judge.is_past(at)
            && self.number(question::all_written(data, &defaults), &unit.path).await? == Some(0)
        {
            return Ok(Ruling::new(Decision::Spent, "every row that it would change holds a written value"));
        }
        Ok(cannot_tell(&format!("it would change {changes} rows, some of which hold written values")))
    }

    async fn ask_insert(
        &self,
        judge: &Judge<'_>,
        unit: &Unit<'_>,
        data: &Data,
        changes: i64,
    ) -> Result<Ruling, CatalogError> {
        let present = self.number(question::rows_present(data), &unit.path).await?;
        let is_empty = self.number(question::table_is_empty(data), &unit.path).await? == Some(1);
        let has_key = || target(unit, data).is_some_and(|table| has_unique_key(judge, table, data.columns.as_deref()));
        if present == Some(0) && (is_empty || has_key()) {
            return Ok(Ruling::new(Decision::Run, "none of its rows is there"));
        }
        let there = present.unwrap_or_default();
        Ok(cannot_tell(&format!("{changes} of its rows are not in the table, {there} are")))
    }
}

/// NOT NULL converges only where no row is null: else the rows are shown before anything runs.
pub async fn without_nulls(
    judge: &Judge<'_>,
    asker: &Asker<'_>,
    at: usize,
    unit: &Unit<'_>,
    ruling: Ruling,
) -> Result<Ruling, CatalogError> {
    if ruling.decision != Decision::Converge {
        return Ok(ruling);
    }
    for write in unit.writes.iter().filter(|write| judge.key_side(&write.key, at) != Side::After) {
        let (Key::NotNull(table, column), Some(Definition::NotNull(true))) = (&write.key, write.after.definition())
        else {
            continue;
        };
        let (table, column) = (table.quoted(), quote_ident(column));
        let count = format!("SELECT count(*) FROM {table} WHERE {column} IS NULL");
        if let Some(rows) = asker.number(Some(count), &unit.path).await?.filter(|rows| *rows > 0) {
            let reason = format!("{} is to be set, and {} of {table} hold NULL in {column}", write.key, rows_of(rows));
            return Ok(Ruling::conflict(reason, None)
                .offering([format!("UPDATE {table} SET {column} = … WHERE {column} IS NULL;")]));
        }
    }
    Ok(ruling)
}

/// A table made from a query: the columns that the query has now, against those that are there.
pub async fn same_columns(
    judge: &Judge<'_>,
    asker: &Asker<'_>,
    unit: &Unit<'_>,
    ruling: Ruling,
) -> Result<Ruling, CatalogError> {
    let UnitKind::Change(Change { act: Act::CreateTableAs(new), .. }) = unit.kind else { return Ok(ruling) };
    if ruling.decision != Decision::Satisfied || new.materialized {
        return Ok(ruling);
    }
    let Some(Key::Relation(table)) = unit.writes.iter().find(|write| write.is_change()).map(|write| &write.key) else {
        return Ok(ruling);
    };
    let Some(wanted) = asker.columns_of(&new.view(), &unit.path).await? else { return Ok(ruling) };
    for (name, type_) in wanted {
        let key = Key::Column(table.clone(), name);
        let is_later_changed = judge.timeline.versions.contains_key(&key);
        let found = match judge.evidence.found(&key) {
            Some(Found::Column(found)) => found.format.clone(),
            _ => "no such column".to_owned(),
        };
        if !is_later_changed && found != type_ {
            let difference = Difference { wanted: type_, found };
            return Ok(Ruling::conflict(format!("{key} is there, and different"), Some(difference)).offering(ways_on()));
        }
    }
    Ok(ruling)
}

fn rows_of(count: i64) -> String {
    if count == 1 { "1 row".to_owned() } else { format!("{count} rows") }
}

/// A definition that is not judged: what sets something may be set again.
pub fn unjudged(judge: &Judge<'_>, unit: &Unit<'_>, tag: &str) -> Ruling {
    if !judge.is_begun(unit.revision) {
        return Ruling::new(Decision::Apply, "");
    }
    if ["ALTER ", "GRANT", "REVOKE"].iter().any(|start| tag.starts_with(start)) {
        return Ruling::new(Decision::Apply, "setting it twice is setting it once");
    }
    cannot_tell("the catalog is not asked for it")
}

/// The relation that it writes to, resolved.
fn target<'u>(unit: &'u Unit<'_>, data: &Data) -> Option<&'u QualifiedName> {
    let written = data.writes.first()?;
    unit.needs.iter().find_map(|need| match &need.0 {
        Key::Relation(name)
            if name.name == written.name && written.schema.as_ref().is_none_or(|schema| *schema == name.schema) =>
        {
            Some(name)
        }
        _ => None,
    })
}

fn defaults(judge: &Judge<'_>, table: &QualifiedName, data: &Data) -> Vec<(String, Option<String>)> {
    let default = |column: &String| {
        let expression = match judge.evidence.found(&Key::Default(table.clone(), column.clone())) {
            Some(Found::Default(Some(default))) => Some(default.expression.clone()),
            _ => None,
        };
        (column.clone(), expression)
    };
    data.columns.iter().flatten().map(default).collect()
}

/// Whether rows are told apart by the columns that an INSERT names.
fn has_unique_key(judge: &Judge<'_>, table: &QualifiedName, columns: Option<&[String]>) -> bool {
    let names_all = |of_key: &[String]| {
        !of_key.is_empty() && columns.is_none_or(|columns| of_key.iter().all(|column| columns.contains(column)))
    };
    judge.evidence.catalog.on(table).any(|(_, found)| match found {
        Found::Index(index) => index.unique && index.valid && names_all(&index.columns),
        Found::Constraint(constraint) => matches!(constraint.kind, 'p' | 'u') && names_all(&constraint.columns),
        _ => false,
    })
}
