//! The names that have to be looked up: unqualified ones for the resolution of scripts, then qualified ones for their
//! definitions.

use std::collections::BTreeSet;

use super::request::Script;
use crate::catalog::{Definition, Key, Wanted};
use crate::chain::directive::StatementDirective;
use crate::expect::{Expected, Timeline, Trace};
use crate::sql::{names_in, words_in};
use crate::statement::change::{DataAct, Effect};

/// Every word of the scripts that may be an object's name.
pub fn names(scripts: &[Script<'_>]) -> BTreeSet<String> {
    let mut words: BTreeSet<String> = BTreeSet::new();
    for script in scripts {
        let last = |name: &str| name.rsplit('.').next().unwrap_or(name).trim_matches('"').to_owned();
        words.extend(script.requires.iter().flat_map(|one| [last(&one.name), last(&one.name).to_lowercase()]));
        for statement in script.statements {
            let sql = statement.sample(script.text);
            // The literals of plain rows name no object.
            if matches!(&statement.effect, Effect::Data(data) if matches!(data.act, DataAct::Insert { in_text: true, .. }))
            {
                words.extend(words_in(sql));
            } else {
                words.extend(names_in(sql));
            }
            for directive in &statement.directives {
                if let StatementDirective::Unless { sql } = directive {
                    words.extend(names_in(sql));
                }
            }
            // The grammar renames some functions: `trim` is btrim.
            if let Effect::Data(data) = &statement.effect {
                words.extend(data.calls.iter().map(|call| call.name.clone()));
            }
        }
    }
    words.extend(["int4", "int8", "int2"].map(str::to_owned));
    words
}

/// The objects whose definitions have to be read: all that a pending unit writes or needs.
pub fn objects(timeline: &Timeline<'_>) -> Wanted {
    let mut wanted = Wanted::default();
    for unit in &timeline.units {
        let traces = unit.traces.iter().map(Trace::key);
        for key in unit.needs.iter().map(|need| &need.0).chain(unit.idle_on.as_deref()).chain(traces) {
            add(&mut wanted, key);
        }
        for write in &unit.writes {
            add(&mut wanted, write.key());
            for value in [&write.before, &write.after] {
                if let Expected::Present(definition) = value {
                    add_of(&mut wanted, definition);
                }
            }
        }
    }
    wanted
}

pub(super) fn add(wanted: &mut Wanted, key: &Key) {
    match key {
        Key::Schema(name) => drop(wanted.schemas.insert(name.clone())),
        Key::Role(name) => drop(wanted.roles.insert(name.clone())),
        Key::Extension(name) => drop(wanted.extensions.insert(name.clone())),
        Key::Publication(name) | Key::Published(name, _) => drop(wanted.publications.insert(name.clone())),
        Key::EventTrigger(name) => drop(wanted.event_triggers.insert(name.clone())),
        Key::Type(name) => {
            wanted.types.insert(name.clone());
            wanted.relations.insert(name.clone());
        }
        Key::Function(name, _) => drop(wanted.functions.insert(name.clone())),
        Key::Collation(name) => drop(wanted.collations.insert(name.clone())),
        Key::Statistics(name) => drop(wanted.statistics.insert(name.clone())),
        Key::Member(role, member) => wanted.roles.extend([role.clone(), member.clone()]),
        Key::Comment(of) | Key::Owner(of) | Key::Grant(of, ..) => add(wanted, of),
        key => wanted.relations.extend(key.relation().into_iter().cloned()),
    }
}

/// Adds the table of an index: an index without a name is searched for there.
pub(super) fn add_of(wanted: &mut Wanted, definition: &Definition) {
    match definition {
        Definition::Index(index) => drop(wanted.relations.insert(index.table.clone())),
        Definition::ConstraintIndex { table } => drop(wanted.relations.insert(table.clone())),
        _ => {}
    }
}
