//! The effects of an unjudged statement are unknown: on every object whose name is in its text, or in the text of a function that
//! it calls.

use std::collections::BTreeSet;

use super::model::{Model, is_of_session};
use super::names;
use super::state::{Expected, names_of};
use super::trace::Trace;
use crate::catalog::{Definition, Key};
use crate::statement::change::{Data, DataAct, Making, Opaque, Unjudged};

/// The objects that unread code may change.
#[derive(Default)]
struct Reach {
    may_define: bool,
    /// True if names are built at run time: any object may be changed.
    is_dynamic: bool,
    words: BTreeSet<String>,
    writes_rows: bool,
    makes: Vec<Making>,
    seen: BTreeSet<String>,
}

impl Reach {
    /// True if it may drop, rename or move an existing object.
    fn moves(&self) -> bool {
        ["drop", "rename", "schema", "cascade"].iter().any(|word| self.words.contains(*word))
    }

    /// True if a text that is built at run time may be a definition. It is not one if its verbs are about rows only; without any
    /// verb, the text may come from a table.
    fn may_build_a_definition(&self) -> bool {
        let has = |verbs: &[&str]| verbs.iter().any(|verb| self.words.contains(*verb));
        has(&["create", "alter", "drop", "rename", "grant", "revoke", "comment"])
            || !has(&["insert", "update", "delete", "truncate"])
    }

    /// True if a text that is built at run time may give a name to an object.
    fn may_name_what_it_builds(&self) -> bool {
        let has = |verbs: &[&str]| verbs.iter().any(|verb| self.words.contains(*verb));
        has(&["create", "add", "rename"]) || !has(&["alter", "drop", "grant", "revoke", "comment"])
    }
}

impl Model<'_> {
    pub(super) fn opaque(&mut self, opaque: &Opaque) {
        let mut reach = Reach::default();
        self.collect(opaque, &mut reach);
        self.touch(reach);
    }

    /// Records a function's body. A call does not name argument types, so it may run any function of its name.
    pub(super) fn learn_body(&mut self, name: &str, body: Opaque) {
        self.bodies.entry(name.to_owned()).or_default().join(body);
    }

    /// The traces of code that defines objects and writes rows. Code that writes no rows may run twice, or the server refuses it.
    pub(super) fn traces(&self, opaque: &Opaque) -> Vec<Trace> {
        let mut reach = Reach::default();
        self.collect(opaque, &mut reach);
        if !reach.may_define || !reach.writes_rows {
            return Vec::new();
        }
        let mut all: Vec<Trace> =
            reach.makes.iter().filter_map(|making| self.new_key(making)).map(Trace::Makes).collect();
        if reach.moves() {
            let is_named = |key: &Key, value: &Expected| {
                value.is_stated()
                    && matches!(key, Key::Relation(_) | Key::Column(..) | Key::Constraint(..))
                    && key.relation().is_some_and(|table| reach.words.contains(&table.name))
            };
            all.extend(self.state().keys(is_named).into_iter().map(Trace::Removes));
        }
        all
    }

    /// The key of an object that code creates, if nothing before creates it and its table is known well enough to say so.
    fn new_key(&self, making: &Making) -> Option<Key> {
        let key = self.made(making);
        let may_show = match making {
            Making::Relation(_) | Making::Type(_) => true,
            Making::Column { table, .. } | Making::Constraint { table, .. } | Making::Trigger { table, .. } => {
                self.state().expect(&Key::Relation(self.relation(table))).is_stated()
            }
            Making::WithTable { table, .. } => self.is_new(&Key::Relation(self.new_name(table))),
        };
        (may_show && self.is_new(&key)).then_some(key)
    }

    /// True for a key that no earlier statement makes, as far as names show: code that builds names at run time could make any.
    fn is_new(&self, key: &Key) -> bool {
        match self.state().expect(key) {
            Expected::Absent => true,
            Expected::Unknown => self.state().is_clouded_by_all_alone(key) && !self.state().is_built_near(key),
            Expected::Present(_) | Expected::Blurred(_) | Expected::Exists => false,
        }
    }

    fn made(&self, making: &Making) -> Key {
        match making {
            Making::Relation(name) => Key::Relation(self.new_name(name)),
            Making::Type(name) => Key::Type(self.new_name(name)),
            Making::Column { table, column } => Key::Column(self.relation(table), column.clone()),
            Making::Constraint { table, name } => Key::Constraint(self.relation(table), name.clone()),
            Making::Trigger { table, name } => Key::Trigger(self.relation(table), name.clone()),
            Making::WithTable { table, column, label } => {
                let table = self.new_name(table);
                Key::Relation(table.beside(names::choose(&table.name, column.as_deref(), label, |_| false)))
            }
        }
    }

    /// Forgets the objects that code may have changed.
    fn touch(&mut self, reach: Reach) {
        if !reach.may_define {
            return;
        }
        if reach.is_dynamic && reach.may_build_a_definition() {
            if reach.may_name_what_it_builds() {
                self.state.note_named(reach.words.iter().cloned());
            }
            self.state.note_built(reach.words);
            return self.cloud_all();
        }
        let moves = reach.moves();
        let is_named = |key: &Key| names_of(key).iter().all(|name| reach.words.contains(*name));
        for key in self.state.keys(|key, value| *value != Expected::Unknown && is_named(key)) {
            if moves {
                self.forget_with_all(&key);
            }
            self.forget(key);
        }
        self.state.cloud_words(reach.words);
    }

    /// Forgets the dependents of an object that may have been dropped or renamed.
    fn forget_with_all(&mut self, key: &Key) {
        match key {
            Key::Column(table, column) => self.forget_column(table, column),
            Key::Relation(name) | Key::Type(name) | Key::Function(name, _) | Key::Collation(name) => {
                self.forget_dependents(&name.name, None);
                self.state.on(name).into_iter().for_each(|key| self.forget(key));
            }
            _ => {}
        }
    }

    /// Adds the objects that a statement may change, directly and through its calls.
    fn collect(&self, opaque: &Opaque, reach: &mut Reach) {
        reach.may_define |= opaque.may_define;
        reach.is_dynamic |= opaque.is_dynamic;
        reach.writes_rows |= opaque.writes_rows;
        reach.makes.extend(opaque.makes.iter().cloned());
        reach.words.extend(opaque.words.iter().cloned());
        for call in &opaque.calls {
            reach.words.insert(call.name.clone());
            if reach.seen.insert(call.name.clone())
                && let Some(body) = self.bodies.get(&call.name)
            {
                self.collect(body, reach);
            }
        }
    }

    /// A statement on data runs the functions of the triggers on its tables.
    fn fire_triggers(&mut self, data: &Data) {
        let mut reach = Reach::default();
        for named in &data.writes {
            let table = self.relation(named);
            if table.schema == "pg_catalog" {
                return self.cloud_all();
            }
            for key in self.state.on(&table) {
                let Some(Definition::Trigger { build, .. }) = self.state.definition(&key) else { continue };
                let bodies = self.bodies.iter().filter(|(name, body)| body.may_define && build.mentions(name));
                bodies.for_each(|(_, body)| self.collect(body, &mut reach));
            }
        }
        self.touch(reach);
    }

    /// A definition runs the functions of the event triggers.
    pub(super) fn fire_event_triggers(&mut self) {
        let mut reach = Reach::default();
        let first = Key::EventTrigger(String::new());
        let all = self.state.iter_from(&first).take_while(|(key, _)| matches!(key, Key::EventTrigger(_)));
        for (_, value) in all {
            if let Some(Definition::EventTrigger { function, .. }) = value.definition()
                && let Some(body) = self.bodies.get(&function.name)
            {
                self.collect(body, &mut reach);
            }
        }
        self.touch(reach);
    }

    /// Applies a statement that is not read as changes.
    pub(super) fn unjudged(&mut self, statement: Unjudged) {
        match statement {
            // Default privileges affect only later objects.
            Unjudged::DefaultPrivileges => self.defaults_changed = true,
            Unjudged::ReassignOwned => {
                let owned = self.state.keys(|key, _| matches!(key, Key::Owner(_) | Key::Grant(..)));
                owned.into_iter().for_each(|key| self.forget(key));
            }
            Unjudged::Privileges => {
                self.defaults_changed = true;
                let rights = self.state.keys(|key, _| matches!(key, Key::Grant(..)));
                rights.into_iter().for_each(|key| self.forget(key));
            }
            Unjudged::AlterFunction => {
                let all = self.state.keys(|key, _| matches!(key, Key::Function(..)));
                all.into_iter().for_each(|key| self.blur(key));
            }
            // CASCADE drops dependents, which the text does not name.
            Unjudged::ImportForeignSchema | Unjudged::Drop => self.cloud_all(),
            Unjudged::Membership | Unjudged::Alter | Unjudged::Other => {}
        }
    }

    /// True if the statement writes only to temporary relations.
    fn writes_to_session_alone(&self, data: &Data) -> bool {
        !data.writes.is_empty() && data.writes.iter().all(|named| is_of_session(&self.relation(named)))
    }

    pub(super) fn data(&mut self, data: &Data) {
        self.data_needs(data);
        self.is_temporary = self.writes_to_session_alone(data);
        self.fire_triggers(data);
        if let DataAct::Position { alters: true, .. } = &data.act {
            for sequence in &data.writes {
                self.value(Key::Relation(self.relation(sequence)), Expected::Unknown);
            }
        }
    }

    fn data_needs(&mut self, data: &Data) {
        let all: Vec<_> = data.writes.iter().chain(&data.reads).cloned().collect();
        for named in &all {
            let name = self.relation(named);
            self.need(Key::Relation(name));
        }
        if let (Some(first), Some(columns)) = (data.writes.first(), &data.columns) {
            let table = self.relation(first);
            self.need_columns(&table, columns);
        }
        for named in &all {
            let table = self.relation(named);
            for column in &data.column_refs {
                let key = Key::Column(table.clone(), column.clone());
                if self.state.is_present(&key) {
                    self.need(key);
                }
            }
        }
    }
}
