//! One pass over the chain: the state so far, the resolution of names, and the writes of each change.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::state::{Expected, Growing, Recent, State};
use super::timeline::{Naming, Write};
use crate::catalog::{self, Definition, Key, Surroundings, TableProperty};
use crate::pg::name::QualifiedName;
use crate::statement::change::{Act, Change, Effect, Opaque, Setting};

/// An object that a change needs and does not create.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Need(pub Key);

/// The chain's state, updated change by change.
#[derive(Clone, Debug)]
pub struct Model<'a> {
    pub(super) state: Growing,
    pub(super) surroundings: &'a Surroundings,
    /// The schemas of the search_path, as the scripts' SETs leave it.
    pub(super) path: Arc<[String]>,
    /// The bodies of the chain's functions, by name: the effects of a call.
    pub(super) bodies: BTreeMap<String, Opaque>,
    /// Tables that were created or attached below another, at any time.
    pub(super) children: BTreeMap<QualifiedName, Vec<QualifiedName>>,
    /// Temporary relations of this revision's session, which shadow others of their name, each with the relation with which it is
    /// dropped.
    pub(super) temporaries: BTreeMap<String, String>,
    /// The role that SET ROLE set.
    pub(super) role: Option<String>,
    /// True after ALTER DEFAULT PRIVILEGES: the rights on a new object are no longer stated.
    pub(super) defaults_changed: bool,
    recent: Recent,
    /// The keys written since the start of the pending part.
    touched: BTreeSet<Arc<Key>>,
    pub(super) writes: Vec<Write>,
    pub(super) needs: Vec<Need>,
    pub(super) idle_on: Option<Arc<Key>>,
    pub(super) is_temporary: bool,
    clouds: bool,
    /// True if code with unknown names may have created the object of this change's IF NOT EXISTS.
    may_be_made: bool,
}

/// The effects of one change on the model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    pub writes: Vec<Write>,
    pub needs: Vec<Need>,
    /// IF EXISTS and IF NOT EXISTS: a fresh run does nothing here, because of this key's value.
    pub idle_on: Option<Arc<Key>>,
    /// True if it changes only temporary objects, and leaves no trace.
    pub is_temporary: bool,
    /// True if it is unread code that may have changed anything.
    pub clouds: bool,
}

impl<'a> Model<'a> {
    pub fn new(surroundings: &'a Surroundings) -> Self {
        Self {
            state: Growing::default(),
            surroundings,
            path: surroundings.path.as_slice().into(),
            bodies: BTreeMap::new(),
            children: BTreeMap::new(),
            temporaries: BTreeMap::new(),
            role: None,
            defaults_changed: false,
            recent: Recent::default(),
            touched: BTreeSet::new(),
            writes: Vec::new(),
            needs: Vec::new(),
            idle_on: None,
            is_temporary: false,
            clouds: false,
            may_be_made: false,
        }
    }

    pub fn state(&self) -> &State {
        &self.state
    }

    pub fn into_state(self) -> State {
        self.state.grown()
    }

    /// Starts the pending part: its base is complete.
    pub fn begin_pending(&mut self) {
        self.touched.clear();
    }

    pub fn path(&self) -> &[String] {
        &self.path
    }

    /// Resets the settings, which last only for one script.
    pub fn end_revision(&mut self) {
        self.path = self.surroundings.path.as_slice().into();
        self.temporaries.clear();
        self.role = None;
    }

    /// Applies one change.
    pub fn change(&mut self, change: &Change) -> Reading {
        let target = match &change.act {
            Act::Rename { object, to, .. } if change.guarded => self.renamed(object, to),
            _ => None,
        };
        let taken = target.as_ref().map(|target| self.state.expect(target));
        if let (Some(target), Some(true)) = (&target, taken.as_ref().map(Expected::is_present)) {
            self.idle(target);
            return self.take();
        }
        self.act(&change.act);
        self.fire_event_triggers();
        match taken {
            Some(Expected::Unknown) => self.forget_writes(),
            None if change.guarded => self.keep_what_is_there(),
            _ => {}
        }
        if std::mem::take(&mut self.may_be_made) {
            // The script's values are compared; their later values are not stated.
            for write in &self.writes {
                self.state.set(Arc::clone(&write.key), Expected::Unknown);
            }
        }
        if !change.guarded {
            self.note_table(&change.act);
        }
        self.take()
    }

    /// Applies a statement that is not a list of changes.
    pub fn effect(&mut self, effect: &Effect) -> Reading {
        match effect {
            Effect::Setting(setting) => self.setting(setting),
            Effect::Opaque(opaque) => self.opaque(opaque),
            Effect::Data(data) => self.data(data),
            Effect::Unjudged(statement) => self.unjudged(*statement),
            Effect::Changes(_) | Effect::Repeatable => {}
        }
        self.take()
    }

    fn take(&mut self) -> Reading {
        let mut merged: BTreeMap<Arc<Key>, Write> = BTreeMap::new();
        for write in std::mem::take(&mut self.writes) {
            match merged.get_mut(&write.key) {
                Some(first) => first.after = write.after,
                None => {
                    merged.insert(Arc::clone(&write.key), write);
                }
            }
        }
        let mut needs = std::mem::take(&mut self.needs);
        needs.sort();
        needs.dedup();
        // A change does not need an object that it creates itself.
        let makes =
            |key: &Key| merged.get(key).is_some_and(|write| write.after.is_present() && !write.before.is_present());
        needs.retain(|need| !makes(&need.0));
        Reading {
            writes: merged.into_values().collect(),
            needs,
            idle_on: self.idle_on.take(),
            is_temporary: std::mem::take(&mut self.is_temporary),
            clouds: std::mem::take(&mut self.clouds),
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
            Setting::SearchPath(None) => self.path = self.surroundings.path.as_slice().into(),
            Setting::All => {
                self.path = self.surroundings.path.as_slice().into();
                self.role = None;
            }
            Setting::Role(role) => self.role.clone_from(role),
            Setting::Other => {}
        }
    }

    fn has_schema(&self, name: &str) -> bool {
        self.surroundings.path.iter().any(|schema| schema == name)
            || self.state.is_present(&Key::Schema(name.to_owned()))
    }

    /// Writes a value. `assumed` is the old value if no file states one.
    fn write(&mut self, key: Key, after: Expected, assumed: Expected, naming: Naming) {
        if self.is_of_session(&key) {
            self.note_of_session(&key, &after);
            return;
        }
        let key = self.state.held(key);
        let before = self.state.set(Arc::clone(&key), after.clone()).unwrap_or(assumed);
        self.touched.insert(Arc::clone(&key));
        self.writes.push(Write { key, before, after, naming });
    }

    /// Temporary objects are not stated, except for the names that they shadow.
    fn note_of_session(&mut self, key: &Key, after: &Expected) {
        self.is_temporary = true;
        if let (
            Key::Relation(name),
            Some(Definition::Index(catalog::Index { table, .. }) | Definition::ConstraintIndex { table }),
        ) = (key, after.definition())
        {
            self.temporaries.insert(name.name.clone(), table.name.clone());
        }
    }

    /// A new object has default rights, independent of an earlier object of its name.
    fn give_back_rights(&mut self, of: &Key) {
        for key in self.grants_on(of) {
            if let Key::Grant(_, role, _) = &key {
                let right = self.right_by_default(of, role);
                self.value(key, right);
            }
        }
        let owner = Key::Owner(Box::new(of.clone()));
        if self.state.get(&owner) == Some(&Expected::Absent) {
            // The owner is the role that creates the object, which may be any.
            self.value(owner, Expected::Unknown);
        }
    }

    /// Writes a new object. Unless a file says that it was present, it was absent: else it could not be created.
    pub(super) fn create(&mut self, key: Key, definition: Definition) {
        if self.state.get(&key) == Some(&Expected::Unknown) && !key.is_property() {
            self.state.set(key.clone(), Expected::Absent);
        }
        if !key.is_property() && !self.state.is_present(&key) {
            self.give_back_rights(&key);
        }
        let after = self.recent.expect(definition);
        self.write(key, after, Expected::Absent, Naming::Given);
    }

    /// Writes a new object that replaces an existing one, if any.
    pub(super) fn replace(&mut self, key: Key, definition: Definition) {
        let assumed = self.state.expect(&key);
        if !self.state.is_present(&key) {
            self.give_back_rights(&key);
        }
        let after = self.recent.expect(definition);
        self.write(key, after, assumed, Naming::Given);
    }

    /// For IF NOT EXISTS: true if the change ends here, because the object exists or may exist.
    pub(super) fn is_there_already(&mut self, key: &Key, if_not_exists: bool) -> bool {
        if !if_not_exists {
            return false;
        }
        match self.state.expect(key) {
            Expected::Present(_) | Expected::Blurred(_) | Expected::Exists => self.idle(key),
            Expected::Unknown if self.state.is_needed(key) => self.idle(key),
            Expected::Unknown if self.state.is_clouded_by_all_alone(key) && !self.state.may_be_built(key) => {
                self.may_be_made = true;
                return false;
            }
            Expected::Unknown => self.value(key.clone(), Expected::Unknown),
            Expected::Absent => return false,
        }
        true
    }

    /// For IF EXISTS: true if the change ends here, because the object is missing. Without it, the change needs the object.
    pub(super) fn is_gone_already(&mut self, key: &Key, if_exists: bool) -> bool {
        if !if_exists {
            self.need(key.clone());
            return false;
        }
        if self.is_of_session(key) {
            // A name without a schema means a temporary object only if one of that name exists.
            self.is_temporary = true;
            return key.relation().is_some_and(|name| !self.temporaries.contains_key(&name.name));
        }
        let is_gone = match (self.state.expect(key), key) {
            (Expected::Absent, Key::Relation(name)) => {
                !self.surroundings.relations.contains_key(name) || self.state.get(key).is_some()
            }
            (Expected::Absent, key) => self.state.get(key).is_some(),
            (Expected::Present(_) | Expected::Blurred(_) | Expected::Exists | Expected::Unknown, _) => false,
        };
        if is_gone {
            self.idle(key);
        }
        is_gone
    }

    /// Writes an object that moves here from another key.
    pub(super) fn arrive(&mut self, key: Key, value: Expected) {
        self.write(key, value, Expected::Absent, Naming::Given);
    }

    /// Writes a new object under a name that the server chooses.
    pub(super) fn create_unnamed(&mut self, key: Key, definition: Definition) {
        let mut naming = Naming::Chosen;
        if self.state.is_clouded_for(&key, &definition) && !self.is_of_session(&key) {
            naming = Naming::Guessed;
            self.state.note_guessed(key.clone());
        }
        let after = self.recent.expect(definition);
        self.write(key, after, Expected::Absent, naming);
    }

    /// Gives an existing object or property another definition.
    pub(super) fn set(&mut self, key: Key, definition: Definition) {
        let assumed = self.untouched(&key);
        let after = self.recent.expect(definition);
        self.write(key, after, assumed, Naming::Given);
    }

    /// The value of a property that no file has set, of an object that the chain created.
    fn untouched(&self, key: &Key) -> Expected {
        if self.state.is_clouded(key) {
            return Expected::Unknown;
        }
        let (of, nothing) = match key {
            Key::Grant(of, role, _) if self.state.is_present(of) => return self.right_by_default(of, role),
            // An extension brings a comment of its own.
            Key::Comment(of) if matches!(**of, Key::Extension(_)) => return Expected::Unknown,
            Key::Comment(of) => ((**of).clone(), Definition::Word(None)),
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
        self.write(key, Expected::Absent, Expected::Unknown, Naming::Given);
    }

    pub(super) fn forget(&mut self, key: Key) {
        if self.state.get(&key).is_some_and(|value| *value != Expected::Unknown) {
            self.write(key, Expected::Unknown, Expected::Unknown, Naming::Given);
        }
    }

    /// Marks an object as blurred: it exists, but a name in its definition changed.
    pub(super) fn blur(&mut self, key: Key) {
        if let Some(Expected::Present(definition)) = self.state.get(&key) {
            let blurred = Expected::Blurred(Arc::clone(definition));
            self.write(key, blurred, Expected::Unknown, Naming::Given);
        }
    }

    /// Marks a default as blurred: it exists, but the server converts it or prints it differently.
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
        self.write(key, value, Expected::Unknown, Naming::Given);
    }

    /// The change does nothing, because of IF EXISTS or IF NOT EXISTS.
    pub(super) fn idle(&mut self, key: &Key) {
        self.idle_on = Some(self.state.held(key.clone()));
    }

    pub(super) fn need(&mut self, key: Key) {
        // An attribute of a composite type has the same form of name as a column.
        let is_attribute = matches!(&key, Key::Column(of, _) if self.state.is_present(&Key::Type(of.clone())));
        if self.is_of_session(&key) {
            self.is_temporary = true;
        } else if !is_attribute {
            self.needs.push(Need(key));
        }
    }

    /// Everything may have changed. A value that the pending part has not written is no evidence.
    pub(super) fn cloud_all(&mut self) {
        let stated = self.state.iter().filter(|(_, value)| **value != Expected::Unknown);
        let stated: Vec<Key> = stated.map(|(key, _)| key.clone()).collect();
        for key in stated {
            if self.touched.contains(&key) {
                self.value(key, Expected::Unknown);
            } else {
                self.state.set(key, Expected::Unknown);
            }
        }
        self.state.cloud_all();
        self.clouds = true;
    }

    /// True if the object is dropped at the end of its session.
    fn is_of_session(&self, key: &Key) -> bool {
        match key {
            Key::Type(name) | Key::Function(name, _) | Key::Collation(name) | Key::Statistics(name) => {
                is_of_session(name)
            }
            Key::Comment(of) | Key::Owner(of) | Key::Grant(of, ..) => self.is_of_session(of),
            key => key.relation().is_some_and(is_of_session),
        }
    }

    pub(super) fn note_child(&mut self, child: &QualifiedName, table: &catalog::Table) {
        for parent in table.inherits.iter().chain(table.partition_of.iter().map(|(parent, _)| parent)) {
            let children = self.children.entry(parent.clone()).or_default();
            if !children.contains(child) {
                children.push(child.clone());
            }
        }
    }

    /// Adds the columns of a table that a change names to its needs.
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
            Act::AlterTable { table, only, if_exists, act, .. } => self.alter_table(table, *only, *if_exists, act),
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

/// True for a name in a temporary schema.
pub(super) fn is_of_session(name: &QualifiedName) -> bool {
    name.schema == "pg_temp" || name.schema.starts_with("pg_temp_")
}
