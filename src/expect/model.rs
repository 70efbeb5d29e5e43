//! One reading of the chain: the state so far, how names resolve, and what each change wrote.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::opaque::Unread;
use super::state::{Expected, State};
use super::timeline::Write;
use crate::catalog::{self, Definition, Key, Surroundings, TableProperty};
use crate::pg::name::QualifiedName;
use crate::sql::change::{Act, Change, Effect, Opaque, Setting};

/// The schema of a session's own objects.
pub(super) const TEMPORARY: &str = "pg_temp";

/// True where the server gives a right to all with a new object (PostgreSQL documentation, 5.8 Privileges).
fn is_given(of: &Key, role: &str, privilege: &str) -> bool {
    role == "public"
        && match of {
            Key::Function(..) => privilege == "EXECUTE",
            Key::Type(_) => privilege == "USAGE",
            _ => false,
        }
}

fn is_temporary(key: &Key) -> bool {
    key.relation().is_some_and(|name| name.schema == TEMPORARY)
}

/// An object that a change needs and does not make.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Need(pub Key);

/// The chain's state, carried forward change by change.
#[derive(Clone, Debug)]
pub struct Model<'a> {
    pub(super) state: State,
    pub(super) surroundings: &'a Surroundings,
    /// The schemas of the search_path, as the scripts' SETs leave it.
    pub(super) path: Vec<String>,
    /// The bodies of the functions that the chain makes, by name: what a call may do.
    pub(super) bodies: BTreeMap<String, Opaque>,
    /// Tables that were made or attached below another, at any time.
    pub(super) children: BTreeMap<QualifiedName, Vec<QualifiedName>>,
    writes: Vec<Write>,
    needs: Vec<Need>,
    idle: Option<Key>,
    is_temporary: bool,
    /// Temporary relations of this revision: they stand before those of their names, and go with it.
    temporaries: BTreeSet<String>,
    /// Code that was not read and may have made anything on these tables.
    unread: Vec<Unread>,
    /// ALTER DEFAULT PRIVILEGES was said: what rights a new object has is not known.
    pub(super) default_rights_unknown: bool,
}

/// What one change did to the model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    pub writes: Vec<Write>,
    pub needs: Vec<Need>,
    /// IF EXISTS and IF NOT EXISTS: a fresh run does nothing here, because of this object.
    pub idle: Option<Key>,
    /// It changes a temporary object, which goes with its session.
    pub is_temporary: bool,
}

impl<'a> Model<'a> {
    pub fn new(surroundings: &'a Surroundings) -> Self {
        Self {
            state: State::default(),
            surroundings,
            path: surroundings.path.clone(),
            bodies: BTreeMap::new(),
            children: BTreeMap::new(),
            writes: Vec::new(),
            needs: Vec::new(),
            idle: None,
            is_temporary: false,
            temporaries: BTreeSet::new(),
            unread: Vec::new(),
            default_rights_unknown: false,
        }
    }

    pub fn state(&self) -> &State {
        &self.state
    }

    pub fn path(&self) -> &[String] {
        &self.path
    }

    pub(super) fn unread(&self) -> &[Unread] {
        &self.unread
    }

    pub(super) fn note_unread(&mut self, unread: Unread) {
        self.unread.push(unread);
    }

    /// No setting of a script outlives it.
    pub fn end_revision(&mut self) {
        self.path = self.surroundings.path.clone();
        self.temporaries.clear();
    }

    /// Carries one change forward.
    pub fn change(&mut self, change: &Change) -> Reading {
        self.act(&change.act);
        if change.guarded {
            self.keep_what_is_there();
        }
        self.take()
    }

    /// Takes back a change that does nothing where what it makes is there; where nobody knows whether it is, what it made is
    /// not known either.
    fn keep_what_is_there(&mut self) {
        let made = |write: &&Write| !write.key.is_property() && write.after.is_present();
        let there = self.writes.iter().filter(made).find(|write| write.before.is_present());
        let there = there.map(|write| write.key.clone());
        let is_there = there.is_some();
        let is_unknown = self.writes.iter().filter(made).any(|write| write.before == Expected::Unknown);
        if !is_there && !is_unknown {
            return;
        }
        for write in std::mem::take(&mut self.writes).into_iter().rev() {
            if is_there {
                self.state.set(write.key, write.before);
            } else {
                self.value(write.key, Expected::Unknown);
            }
        }
        if is_there {
            self.needs.clear();
        }
        self.idle = there;
    }

    /// Carries a statement forward that is no list of changes.
    pub fn effect(&mut self, effect: &Effect) -> Reading {
        match effect {
            Effect::Setting(setting) => self.setting(setting),
            Effect::Opaque(opaque) => self.opaque(opaque),
            Effect::Data(data) => self.data_needs(data),
            Effect::Unjudged(what) => self.default_rights_unknown |= what == "ALTER DEFAULT PRIVILEGES",
            Effect::Changes(_) | Effect::Repeatable => {}
        }
        self.take()
    }

    fn take(&mut self) -> Reading {
        let mut merged: BTreeMap<Key, Write> = BTreeMap::new();
        for write in std::mem::take(&mut self.writes) {
            match merged.get_mut(&write.key) {
                Some(first) => first.after = write.after,
                None => {
                    merged.insert(write.key.clone(), write);
                }
            }
        }
        let mut needs = std::mem::take(&mut self.needs);
        needs.sort();
        needs.dedup();
        // What a change makes itself it does not need.
        let makes =
            |key: &Key| merged.get(key).is_some_and(|write| write.after.is_present() && !write.before.is_present());
        needs.retain(|need| !makes(&need.0));
        Reading {
            writes: merged.into_values().collect(),
            needs,
            idle: self.idle.take(),
            is_temporary: std::mem::take(&mut self.is_temporary),
        }
    }

    fn setting(&mut self, setting: &Setting) {
        match setting {
            Setting::SearchPath(Some(path)) => {
                self.path = path
                    .iter()
                    .map(|name| if name == "$user" { self.surroundings.user.clone() } else { name.clone() })
                    .filter(|name| {
                        name != "pg_catalog"
                            && name != "pg_temp"
                            && (*name != self.surroundings.user || self.has_schema(name))
                    })
                    .collect();
            }
            Setting::SearchPath(None) | Setting::All => self.path = self.surroundings.path.clone(),
            Setting::Role(_) | Setting::Other => {}
        }
    }

    fn has_schema(&self, name: &str) -> bool {
        self.surroundings.path.iter().any(|schema| schema == name)
            || self.state.is_present(&Key::Schema(name.to_owned()))
    }

    /// Writes a value; `assumed` stands for what was there where no file says.
    fn write(&mut self, key: Key, after: Expected, assumed: Expected, unnamed: bool) {
        if is_temporary(&key) {
            return self.write_temporary(&key, &after);
        }
        let before = self.state.set(key.clone(), after.clone()).unwrap_or(assumed);
        self.writes.push(Write { key, before, after, unnamed });
    }

    /// No temporary object is part of an end state.
    fn write_temporary(&mut self, key: &Key, after: &Expected) {
        self.is_temporary = true;
        if let Key::Relation(name) = key {
            match after {
                Expected::Absent => self.temporaries.remove(&name.name),
                _ => self.temporaries.insert(name.name.clone()),
            };
        }
    }

    /// True where a name without a schema means a temporary relation of this revision.
    pub(super) fn is_temporary(&self, name: &str) -> bool {
        self.temporaries.contains(name)
    }

    pub(super) fn create_temporary(&mut self, name: &str) {
        let name = QualifiedName { schema: TEMPORARY.to_owned(), name: name.to_owned() };
        self.write(Key::Relation(name), Expected::Unknown, Expected::Absent, false);
    }

    /// A new object: where no file mentions the key, nothing was there.
    pub(super) fn create(&mut self, key: Key, definition: Definition) {
        self.write(key, Expected::present(definition), Expected::Absent, false);
    }

    /// What stood elsewhere comes here.
    pub(super) fn arrive(&mut self, key: Key, value: Expected) {
        self.write(key, value, Expected::Absent, false);
    }

    /// A new object under a name that the server chooses.
    pub(super) fn create_unnamed(&mut self, key: Key, definition: Definition) {
        self.write(key, Expected::present(definition), Expected::Absent, true);
    }

    /// An object or property that is there gets another definition.
    pub(super) fn set(&mut self, key: Key, definition: Definition) {
        let assumed = self.untouched(&key);
        self.write(key, Expected::present(definition), assumed, false);
    }

    /// What a property is that no file has set, of an object that the chain made.
    fn untouched(&self, key: &Key) -> Expected {
        let (of, nothing) = match key {
            Key::Comment(of) => ((**of).clone(), Definition::Word(None)),
            // An owner has every right, and the role that makes an object owns it.
            Key::Grant(_, role, _) if self.default_rights_unknown || *role == self.surroundings.user => {
                return Expected::Unknown;
            }
            Key::Grant(of, role, privilege) => ((**of).clone(), Definition::Flag(is_given(of, role, privilege))),
            Key::TableProperty(table, property) => (
                Key::Relation(table.clone()),
                match property {
                    TableProperty::RowSecurity | TableProperty::ForceRowSecurity => Definition::Flag(false),
                    TableProperty::ReplicaIdentity => Definition::Word(Some("d".to_owned())),
                    TableProperty::Option(_) => Definition::Word(None),
                    TableProperty::Unlogged => return Expected::Unknown,
                },
            ),
            Key::ColumnProperty(table, column, _) => {
                (Key::Column(table.clone(), column.clone()), Definition::Word(None))
            }
            _ => return Expected::Unknown,
        };
        if self.state.is_present(&of) { Expected::present(nothing) } else { Expected::Unknown }
    }

    pub(super) fn remove(&mut self, key: Key) {
        self.write(key, Expected::Absent, Expected::Unknown, false);
    }

    pub(super) fn forget(&mut self, key: Key) {
        if self.state.get(&key).is_some_and(|value| *value != Expected::Unknown) {
            self.write(key, Expected::Unknown, Expected::Unknown, false);
        }
    }

    /// Something that it names changes: it stays, and is not stated any more.
    pub(super) fn blur(&mut self, key: Key) {
        if let Some(Expected::Present(definition)) = self.state.get(&key) {
            let blurred = Expected::Blurred(Arc::clone(definition));
            self.write(key, blurred, Expected::Unknown, false);
        }
    }

    /// The server converts a default, or prints it otherwise: it stays, and is not stated any more.
    pub(super) fn blur_default(&mut self, table: &QualifiedName, column: &str) {
        let default = Key::Default(table.clone(), column.to_owned());
        if let Some(Definition::Default(Some(catalog::DefaultValue::Expr { .. }))) = self.state.definition(&default) {
            self.blur(default);
        }
    }

    pub(super) fn columns_of_type(&self, type_: &QualifiedName) -> Vec<(QualifiedName, String, catalog::Column)> {
        let of_type = |(key, value): (&Key, &Expected)| match (key, value.definition()) {
            (Key::Column(table, name), Some(Definition::Column(column)))
                if column.type_.name == type_.name && column.type_.schema.as_ref() == Some(&type_.schema) =>
            {
                Some((table.clone(), name.clone(), column.clone()))
            }
            _ => None,
        };
        self.state.iter().filter_map(of_type).collect()
    }

    pub(super) fn value(&mut self, key: Key, value: Expected) {
        self.write(key, value, Expected::Unknown, false);
    }

    /// The change does nothing, and says so with IF EXISTS or IF NOT EXISTS.
    pub(super) fn idle(&mut self, over: Key) {
        self.idle = Some(over);
    }

    pub(super) fn need(&mut self, key: Key) {
        if !is_temporary(&key) {
            self.needs.push(Need(key));
        }
    }

    /// IF EXISTS: where it is not there, nothing of it is needed.
    pub(super) fn need_nothing(&mut self) {
        self.needs.clear();
    }

    pub(super) fn note_child(&mut self, child: &QualifiedName, table: &catalog::Table) {
        for parent in table.inherits.iter().chain(table.partition_of.iter().map(|(parent, _)| parent)) {
            let children = self.children.entry(parent.clone()).or_default();
            if !children.contains(child) {
                children.push(child.clone());
            }
        }
    }

    /// The columns of a table that a change names.
    pub(super) fn need_columns<'c>(&mut self, table: &QualifiedName, columns: impl IntoIterator<Item = &'c String>) {
        for column in columns {
            self.need(Key::Column(table.clone(), column.clone()));
        }
    }

    fn act(&mut self, act: &Act) {
        match act {
            Act::CreateTable(table) => self.create_table(table),
            Act::CreateTableAs(table) => self.create_table_as(table),
            Act::CreateView(view) => self.create_view(view),
            Act::CreateIndex(index) => self.create_index(index),
            Act::AlterTable { table, if_exists, only, act, .. } => self.alter_table(table, (*if_exists, *only), act),
            Act::Rename { object, to, if_exists } => self.rename(object, to, *if_exists),
            Act::SetSchema { object, to, if_exists } => self.set_schema(object, to, *if_exists),
            Act::Drop { object, if_exists, cascade } => self.drop(object, *if_exists, *cascade),
            Act::CreateFunction(function) => self.create_function(function),
            Act::AlterFunction { object, build } => self.alter_function(object, build),
            Act::CreateTrigger(trigger) => self.create_trigger(trigger),
            Act::CreatePolicy { .. }
            | Act::AlterPolicy { .. }
            | Act::CreateRule { .. }
            | Act::CreateStatistics { .. } => self.create_on_table(act),
            Act::CreateEnum { .. }
            | Act::AddLabel { .. }
            | Act::RenameLabel { .. }
            | Act::CreateComposite { .. }
            | Act::AlterComposite { .. }
            | Act::CreateDomain(_)
            | Act::AlterDomain { .. }
            | Act::CreateRange { .. }
            | Act::CreateCollation { .. } => self.type_act(act),
            Act::CreateSchema { .. }
            | Act::CreateExtension { .. }
            | Act::UpdateExtension { .. }
            | Act::CreateRole { .. }
            | Act::CreateSequence { .. }
            | Act::AlterSequence { .. }
            | Act::CreateEventTrigger { .. }
            | Act::CreatePublication { .. }
            | Act::AlterPublication { .. } => self.create_other(act),
            Act::Owner { .. } | Act::Comment { .. } | Act::Grant { .. } | Act::GrantRole { .. } => self.rights(act),
        }
    }
}
