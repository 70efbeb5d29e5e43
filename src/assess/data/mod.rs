//! Statements on data, and statements of unread code: run, spent, satisfied, or undecided.

mod inputs;
mod later_triggers;
mod overwritten;
pub(super) mod pending_writes;
mod position;
pub(super) mod probe;
mod target;
mod together;
mod unjudged;
mod unknown;
mod unread;

pub use unjudged::unjudged;
pub use unknown::cannot_tell;
pub use unread::opaque;

use std::borrow::Cow;
use std::cell::OnceCell;

use crate::assess::data::pending_writes::PendingWrites;
use crate::assess::data::probe::Probe;
use crate::assess::data::target::target;
use crate::assess::judge::Judge;
use crate::assess::reason::{Doubt, Reason, Rows};
use crate::assess::request::Script;
use crate::assess::revisions::makes;
use crate::assess::ruling::Ruling;
use crate::assess::verdict::Decision;
use crate::catalog::{CatalogError, Difference, Found, Key};
use crate::expect::{Unit, UnitKind, Write};
use crate::pg::name::{QualifiedName, quote_literal};
use crate::sql::Named;
use crate::statement;
use crate::statement::change::question::{self, Default};
use crate::statement::change::{Act, Data, DataAct, Object, TableAct};

/// A statement on data at its place in the chain.
pub struct Case<'a> {
    judge: &'a Judge<'a>,
    probe: &'a Probe<'a>,
    pending_writes: &'a PendingWrites,
    at: usize,
    unit: &'a Unit<'a>,
    data: Cow<'a, Data>,
    pending: &'a [Script<'a>],
    in_motion: OnceCell<bool>,
}

impl<'a> Case<'a> {
    pub fn new(
        judge: &'a Judge<'a>,
        (probe, pending_writes): (&'a Probe<'a>, &'a PendingWrites),
        pending: &'a [Script<'a>],
        at: usize,
        data: &'a Data,
    ) -> Self {
        let unit = &judge.timeline.units[at];
        let as_text = target(unit, data).map(|table| without_equality(judge, table, data)).unwrap_or_default();
        let data = if as_text.is_empty() { Cow::Borrowed(data) } else { Cow::Owned(Data { as_text, ..data.clone() }) };
        Self { judge, probe, pending_writes, at, unit, data, pending, in_motion: OnceCell::new() }
    }

    pub async fn rule(&self) -> Result<Ruling, CatalogError> {
        if self.unit.is_temporary {
            return Ok(Ruling::new(Decision::Run, Reason::OfSession));
        }
        if !self.judge.is_begun(self.at) {
            return Ok(self.there_all_the_same().await?.unwrap_or_else(|| Ruling::plain(Decision::Run)));
        }
        if self.stands_for_several() {
            return Ok(Self::one_by_one());
        }
        let case = self.with_rows();
        case.without_later_triggers(case.rule_begun().await?).await
    }

    /// The ruling for a begun revision.
    async fn rule_begun(&self) -> Result<Ruling, CatalogError> {
        if let Some(ruling) = self.by_its_inputs().await? {
            return Ok(ruling);
        }
        if let Some(ruling) = self.by_order().await? {
            return Ok(ruling);
        }
        if let Some(ruling) = self.by_overwriting().await? {
            return Ok(ruling);
        }
        if self.is_repeatable() {
            return Ok(match self.number(question::would_change(&self.data)).await? {
                Some(0) if !self.is_in_motion().await? => Ruling::new(Decision::Run, Reason::AddsNothing),
                _ => Ruling::new(Decision::Run, Reason::Repeatable),
            });
        }
        match self.restless() {
            Some(doubt) if !self.has_rows_to_ask_for() => Ok(cannot_tell(doubt)),
            _ if !self.probe.asks_data => Ok(Ruling::new(Decision::Run, Reason::WouldAsk)),
            Some(doubt) => self.ask_for_rows(doubt).await,
            None => self.ask().await,
        }
    }

    /// True if it is idempotent.
    fn is_repeatable(&self) -> bool {
        let gives_all = matches!(self.data.act, DataAct::Insert { defaults: false, .. });
        self.data.repeatable || self.data.skips_conflicts && gives_all && self.unique_key().is_some()
    }

    /// A revision of data alone leaves no trace in the catalog. If all rows of an INSERT exist, apart from values that are
    /// computed anew each time, and a unique key would refuse them, it ran.
    async fn there_all_the_same(&self) -> Result<Option<Ruling>, CatalogError> {
        let is_of_data = !self.judge.revisions.has_definitions(self.unit.revision);
        if !is_of_data || self.unique_key().is_none() || self.is_repeatable() {
            return Ok(None);
        }
        if self.stands_for_several() {
            return Ok(self.is_any_there().await?.then(Self::one_by_one));
        }
        let Some(whole) = self.lasting() else { return Ok(None) };
        let Some(key) = whole.unique_key() else { return Ok(None) };
        if self.is_in_motion().await? {
            return Ok(None);
        }
        whole.ask_together(|data| question::missing_by_key(data, &key)).await?;
        let missing = whole.number(question::missing_by_key(&whole.data, &key)).await?;
        Ok((missing == Some(0)).then(|| Ruling::new(Decision::Satisfied, Reason::RowsPresent)))
    }

    /// The statement with only the rows that are the same each time; none if these contain no unique key.
    fn lasting(&self) -> Option<Self> {
        let whole = self.with_rows();
        match whole.restless() {
            None => Some(whole),
            Some(_) => whole.stable().map(|stable| whole.with(stable)),
        }
    }

    /// The reason why its values may differ each time.
    fn restless(&self) -> Option<Doubt> {
        self.data.unaskable.clone().map(|why| Doubt::Unaskable { why }).or_else(|| {
            let volatile = self.data.calls.iter().find(|call| self.probe.is_volatile(call));
            let stray = || {
                let stray = self.probe.stray_among(&self.data.calls, &self.unit.path)?;
                Some(Doubt::Untrusted { stray })
            };
            let temporary = || self.temporary_input().map(|name| Doubt::Temporary { relation: name.to_owned() });
            volatile.map(|call| Doubt::Volatile { function: call.name.clone() }).or_else(stray).or_else(temporary)
        })
    }

    /// A temporary relation of its revision that it reads.
    fn temporary_input(&self) -> Option<&str> {
        let is_temporary =
            |read: &&Named| self.judge.revisions.makes_temporary_before(self.unit.revision, &read.name, self.at);
        self.data.reads.iter().find(is_temporary).map(|read| read.name.as_str())
    }

    /// True if an earlier statement of its revision creates the object.
    fn is_made_here(&self, key: &Key) -> bool {
        let timeline = self.judge.timeline;
        let mut own = timeline
            .writers_before(key, self.at)
            .map(|writer| &timeline.units[writer])
            .take_while(|unit| unit.revision == self.unit.revision);
        own.any(|unit| makes(unit, key))
    }

    /// The statement with the present names of the columns that it sets.
    fn renamed(&self) -> Data {
        let mut data = self.data.clone().into_owned();
        let (Some(table), DataAct::Update { set, .. }) = (self.target(), &mut data.act) else { return data };
        for (column, _) in set.iter_mut() {
            for &rename in self.judge.revisions.column_renames_after(self.at) {
                let unit = &self.judge.timeline.units[rename];
                let UnitKind::Change(change) = unit.kind else { continue };
                let Act::Rename { object: Object::Column { column: from, .. }, to, .. } = &change.act else { continue };
                let is_it = |write: &Write| *write.key() == Key::Column(table.clone(), column.clone());
                if from == column
                    && unit.writes.iter().any(is_it)
                    && self.judge.evidence.found(&Key::Column(table.clone(), column.clone())).is_none()
                {
                    column.clone_from(to);
                }
            }
        }
        data
    }

    /// An INSERT or COPY without a column list depends on the order of the columns, which may differ in a table that the chain
    /// creates here and that was created by hand.
    async fn by_order(&self) -> Result<Option<Ruling>, CatalogError> {
        let (None, Some(table)) = (&self.data.columns, self.target()) else { return Ok(None) };
        let Some(wanted) = columns_in_order(self.judge, self.at, table) else { return Ok(None) };
        let question = format!(
            "SELECT pg_catalog.string_agg(attname, ',' ORDER BY attnum) FROM pg_catalog.pg_attribute WHERE attrelid = \
             pg_catalog.to_regclass({}) AND attnum > 0 AND NOT attisdropped",
            quote_literal(&table.quoted())
        );
        let found = self.probe.of_catalog(&question).await?.unwrap_or_default();
        if found.is_empty() || found == wanted {
            return Ok(None);
        }
        let difference = Difference { wanted, found };
        let reason = Reason::OtherOrder { table: table.clone() };
        Ok(Some(Ruling::conflict(reason, Some(difference)).offering(["name its columns".to_owned()])))
    }

    /// True if the data gives information about a statement whose values are computed anew each time.
    fn has_rows_to_ask_for(&self) -> bool {
        match &self.data.act {
            DataAct::Insert { .. } | DataAct::Truncate { restart_identity: false, cascade: false } => true,
            DataAct::Position { sets: Some(_), .. } => !self.calls_volatile(),
            DataAct::Update { .. } => self.can_pick(),
            _ => false,
        }
    }

    /// True if it calls a volatile function besides setval.
    fn calls_volatile(&self) -> bool {
        self.data.calls.iter().any(|call| call.name != "setval" && self.probe.is_volatile(call))
    }

    /// True if its rows are the same each time.
    fn can_pick(&self) -> bool {
        let calls = match &self.data.act {
            DataAct::Insert { picked, .. } => picked.as_ref().map(|picked| &picked.calls),
            DataAct::Update { picks, .. } => picks.as_ref(),
            _ => None,
        };
        calls.is_some_and(|calls| !calls.iter().any(|call| self.probe.is_volatile(call)))
    }

    async fn picks_none(&self) -> Result<bool, CatalogError> {
        Ok(self.can_pick() && self.number(question::rows_picked(&self.data)).await? == Some(0))
    }

    /// The ruling if values cannot be compared: a row that is still to change, or that was written, is recognizable.
    async fn ask_for_rows(&self, doubt: Doubt) -> Result<Ruling, CatalogError> {
        let is_still = !self.is_in_motion().await?;
        match &self.data.act {
            DataAct::Insert { .. } => {
                if is_still && self.picks_none().await? {
                    return Ok(Ruling::new(Decision::Satisfied, Reason::NoRowToAdd));
                }
                if self.is_table_empty().await? {
                    return Ok(Ruling::new(Decision::Run, Reason::TableEmpty));
                }
                if let Some(stable) = self.stable() {
                    return match self.with(stable).ask().await? {
                        Ruling { decision: Decision::Conflict, .. } => Ok(cannot_tell(doubt)),
                        ruling => Ok(ruling),
                    };
                }
            }
            DataAct::Truncate { .. } => {
                if is_still && self.data.writes.len() == 1 && self.is_table_empty().await? {
                    return Ok(Ruling::new(Decision::Satisfied, Reason::TableEmpty));
                }
            }
            DataAct::Position { sets: Some(sets), .. } => return self.ask_position(sets, is_still, doubt).await,
            _ => {
                if is_still && self.picks_none().await? {
                    return Ok(Ruling::new(Decision::Satisfied, Reason::NoRowToChange));
                }
                if self.is_untouched().await? {
                    return Ok(Ruling::new(Decision::Run, Reason::NeverWritten));
                }
            }
        }
        Ok(cannot_tell(doubt))
    }

    /// An INSERT without the values that are computed anew each time, if a unique key is among the others.
    fn stable(&self) -> Option<Data> {
        let DataAct::Insert { stable: Some((columns, rows)), defaults, .. } = &self.data.act else { return None };
        if rows.calls.iter().any(|call| self.probe.is_volatile(call)) {
            return None;
        }
        let act = DataAct::Insert {
            rows: rows.rows.clone(),
            in_text: false,
            defaults: *defaults,
            picked: None,
            stable: None,
        };
        let data = Data { act, columns: Some(columns.clone()), unaskable: None, ..self.data.clone().into_owned() };
        let stable = self.with(data);
        stable.unique_key().map(|_| stable.data.into_owned())
    }

    /// The statement with its rows, which may have been left in the text.
    fn with_rows(&self) -> Self {
        let is_left = matches!(self.data.act, DataAct::Insert { in_text: true, .. });
        let script = &self.pending[self.unit.revision];
        let sql = script.statements[self.unit.statement].sql(script.text);
        let whole = is_left.then(|| statement::data_of(sql)).flatten();
        self.with(match whole {
            Some(whole) => Data { as_text: self.data.as_text.clone(), ..whole },
            None => self.data.clone().into_owned(),
        })
    }

    fn with(&self, data: Data) -> Self {
        Self { data: Cow::Owned(data), in_motion: self.in_motion.clone(), ..*self }
    }

    /// The columns that identify the rows of an INSERT, if it names all of them.
    fn unique_key(&self) -> Option<Vec<String>> {
        let names_all = |of_key: &[String]| {
            let is_named = |columns: &Vec<String>| of_key.iter().all(|column| columns.contains(column));
            !of_key.is_empty() && self.data.columns.as_ref().is_none_or(is_named)
        };
        let table = self.target().filter(|_| matches!(self.data.act, DataAct::Insert { .. }))?;
        let mut keys = self.judge.evidence.catalog.on(table).filter_map(|(_, found)| match found {
            Found::Index(index) if index.unique && index.valid && index.is_plain() => Some(&index.columns),
            Found::Constraint(constraint) if matches!(constraint.kind, 'p' | 'u') => Some(&constraint.columns),
            _ => None,
        });
        keys.find(|columns| names_all(columns)).cloned()
    }

    async fn ask(&self) -> Result<Ruling, CatalogError> {
        self.compare_together().await?;
        let question = question::would_change(&self.data);
        let Some(changes) = self.number(question.clone()).await? else { return self.cannot_ask(question).await };
        if matches!(self.data.act, DataAct::Insert { .. }) {
            return self.ask_insert(changes).await;
        }
        let in_motion = self.is_in_motion().await?;
        if changes == 0 && !in_motion {
            return Ok(Ruling::new(Decision::Satisfied, Reason::ChangesNothing));
        }
        match &self.data.act {
            DataAct::Update { .. } => self.ask_update(changes).await,
            _ if in_motion => Ok(cannot_tell(Doubt::InMotion)),
            _ => Ok(cannot_tell(Doubt::WouldChange { rows: Rows(changes) })),
        }
    }

    /// The reason why the data gave no answer: the query would run an untrusted object, or it failed.
    async fn cannot_ask(&self, question: Option<String>) -> Result<Ruling, CatalogError> {
        let stray = match question {
            Some(sql) => self.probe.stray_in(&sql, &self.unit.path).await?,
            None => None,
        };
        Ok(cannot_tell(match stray {
            Some(stray) => Doubt::UntrustedData { stray },
            None => Doubt::NoAnswer,
        }))
    }

    async fn ask_update(&self, changes: i64) -> Result<Ruling, CatalogError> {
        if self.is_untouched().await? {
            return Ok(Ruling::new(Decision::Run, Reason::NeverWritten));
        }
        if self.is_in_motion().await? {
            return Ok(cannot_tell(Doubt::InMotion));
        }
        if self.sets_new_columns()
            && self.judge.is_past(self.at)
            && self.number(question::all_written(&self.data, &shown(&self.defaults()))).await? == Some(0)
        {
            return Ok(Ruling::new(Decision::Spent, Reason::AllWritten));
        }
        Ok(cannot_tell(Doubt::WouldOverwrite { rows: Rows(changes) }))
    }

    /// True if all columns that it sets were added by its revision, and their values depend on other columns only: an existing
    /// value was written by this statement or a later one.
    fn sets_new_columns(&self) -> bool {
        let (DataAct::Update { set, reads_own: false, .. }, Some(table)) = (&self.data.act, self.target()) else {
            return false;
        };
        set.iter().all(|(column, _)| self.is_made_here(&Key::Column(table.clone(), column.clone())))
    }

    /// `missing` is the number of its rows that the table lacks.
    async fn ask_insert(&self, missing: i64) -> Result<Ruling, CatalogError> {
        let own = self.number(question::row_count(&self.data)).await?.unwrap_or_default();
        let all = self.probe.number_once(question::table_rows(&self.data), &self.unit.path).await?.unwrap_or(i64::MAX);
        let put = self.target().map(|table| self.pending_writes.rows_present(table)).unwrap_or_default();
        if missing == 0 && own + put <= all && !self.is_in_motion().await? {
            if !self.is_its_own() {
                return Ok(cannot_tell(Doubt::MayBeOlder));
            }
            let ruling = Ruling::new(Decision::Satisfied, Reason::ChangesNothing);
            return Ok(match self.target() {
                Some(table) => ruling.with_rows_present(table.clone(), own),
                None => ruling,
            });
        }
        let question = question::rows_present(&self.data);
        let Some(there) = self.number(question.clone()).await? else { return self.cannot_ask(question).await };
        // A table that contains only the rows of earlier statements is in the state before this one.
        if all == put || (there == 0 && self.unique_key().is_some()) {
            return Ok(Ruling::new(Decision::Run, Reason::NoRowsPresent));
        }
        Ok(cannot_tell(Doubt::SomePresent { missing, present: there }))
    }

    /// True if rows equal to those of an INSERT are its own: the table was created by its revision, a unique key prevents equal
    /// rows, or its whole revision is in force.
    fn is_its_own(&self) -> bool {
        let is_new = |table: &QualifiedName| self.is_made_here(&Key::Relation(table.clone()));
        self.target().is_some_and(is_new) || self.unique_key().is_some() || self.judge.is_whole(self.unit.revision)
    }

    /// True if the columns that an UPDATE sets were never written.
    async fn is_untouched(&self) -> Result<bool, CatalogError> {
        Ok(self.number(question::untouched(&self.renamed(), &shown(&self.defaults()))).await? == Some(0))
    }

    async fn is_table_empty(&self) -> Result<bool, CatalogError> {
        Ok(self.number(question::table_is_empty(&self.data)).await? == Some(1))
    }

    async fn number(&self, sql: Option<String>) -> Result<Option<i64>, CatalogError> {
        self.probe.number(sql, &self.unit.path).await
    }

    /// True if the data may still change before the statement's turn.
    async fn is_in_motion(&self) -> Result<bool, CatalogError> {
        if let Some(known) = self.in_motion.get() {
            return Ok(*known);
        }
        let is_remade = |key: &Key| match key {
            Key::Relation(_) => self.judge.is_still_to_change(self.at, key),
            Key::Column(..) => self.judge.is_still_to_come_or_go(self.at, key),
            _ => false,
        };
        let is_reached = self.unit.needs.iter().any(|need| is_remade(&need.0))
            || self.pending_writes.reaches(self.judge, self.probe, self.at, &self.data).await?;
        Ok(*self.in_motion.get_or_init(|| is_reached))
    }

    fn target(&self) -> Option<&QualifiedName> {
        target(self.unit, &self.data)
    }

    /// The columns that it sets, with their defaults.
    fn defaults(&self) -> Vec<(String, Option<String>)> {
        let Some(table) = self.target() else { return Vec::new() };
        let default = |column: &String| {
            let expression = match self.judge.evidence.found(&Key::Default(table.clone(), column.clone())) {
                Some(Found::Default(Some(default))) => Some(default.expression.clone()),
                _ => None,
            };
            (column.clone(), expression)
        };
        self.data.columns.iter().flatten().map(default).collect()
    }
}

/// The columns of a table that a pending statement creates, in their order at a place.
fn columns_in_order(judge: &Judge<'_>, at: usize, table: &QualifiedName) -> Option<String> {
    let mut columns: Option<Vec<String>> = None;
    for writer in judge.timeline.writers_of_columns(table, at) {
        let UnitKind::Change(change) = judge.timeline.units[writer].kind else { continue };
        match &change.act {
            Act::CreateTable(new) => columns = Some(new.columns.iter().map(|column| column.name.clone()).collect()),
            Act::AlterTable { act: TableAct::AddColumn { column, .. }, .. } => {
                columns.as_mut()?.push(column.name.clone());
            }
            _ => return None,
        }
    }
    columns.map(|columns| columns.join(","))
}

fn shown(defaults: &[(String, Option<String>)]) -> Vec<Default<'_>> {
    defaults.iter().map(|(column, value)| (column.as_str(), value.as_deref())).collect()
}

/// The columns that it writes whose type has no equality (PostgreSQL documentation 8.14, 9.11), with their types.
fn without_equality(judge: &Judge<'_>, table: &QualifiedName, data: &Data) -> Vec<(String, String)> {
    let typed = |column: &String| match judge.evidence.found(&Key::Column(table.clone(), column.clone())) {
        Some(Found::Column(found)) => Some((column.clone(), found.format.clone())),
        _ => None,
    };
    let has_none = |type_: &str| matches!(type_.trim_end_matches("[]"), "json" | "xml" | "point" | "polygon" | "path");
    data.columns.iter().flatten().filter_map(typed).filter(|(_, type_)| has_none(type_)).collect()
}
