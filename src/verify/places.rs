//! The places in a chain's files that created each object, or last changed it, by its statements; unread code has none.

use std::collections::{BTreeMap, BTreeSet};

use super::Report;
use crate::catalog::{Key, Surroundings};
use crate::chain::Chain;
use crate::expect::Timeline;
use crate::object::{KINDS, ident, signature};
use crate::pg::name::QualifiedName;
use crate::plan::{self, Way};
use crate::sql::with_room;

/// The home is unknown while files are read, and most files that name a schema name this one.
const HOME: &str = "public";

/// `FILE:LINE:COLUMN` of objects.
#[derive(Clone, Debug, Default)]
pub struct Places {
    at: BTreeMap<String, String>,
}

impl Places {
    /// Empty for a chain that cannot be read.
    pub fn in_chain(chain: &Chain) -> Self {
        let all = (0..chain.len()).map(|at| (at, Way::Up)).collect();
        plan::read(chain, all).map(|readings| with_room(|| gather(chain, &readings))).unwrap_or_default()
    }

    fn find(&self, kind: &str, name: &str) -> Option<&String> {
        let in_home = name.strip_prefix(HOME).and_then(|rest| rest.strip_prefix('.'));
        [Some(name), in_home].into_iter().flatten().find_map(|name| self.at.get(&identity(kind, name)))
    }

    /// The place of an object by its displayed name: `index i on t`.
    pub fn of(&self, shown: &str) -> Option<&String> {
        let named = |word: &&str| shown.strip_prefix(*word).is_some_and(|rest| rest.starts_with(' '));
        let kind = KINDS.iter().map(|kind| kind.word).filter(named).max_by_key(|word| word.len())?;
        let name = &shown[kind.len() + 1..];
        // The displayed name of an index, a trigger or a policy includes its table.
        let own = name.split_once(" on ").map_or(name, |(own, _)| own);
        self.find(kind, name).or_else(|| self.find(kind, own))
    }

    /// Adds to each difference the place that creates the object.
    pub fn tell(&self, report: &mut Report) {
        report.lines.iter_mut().for_each(|line| line.by = self.of(&line.object).cloned());
    }
}

fn gather(chain: &Chain, readings: &[plan::Reading]) -> Places {
    let scripts: Vec<_> =
        readings.iter().map(|it| it.script.statements.iter().map(|statement| &statement.effect).collect()).collect();
    let surroundings = Surroundings { path: vec![HOME.to_owned()], ..Surroundings::default() };
    let timeline = Timeline::build(&[], &scripts, &surroundings);
    let mut at = BTreeMap::new();
    let mut functions: BTreeMap<String, BTreeSet<&[String]>> = BTreeMap::new();
    for unit in &timeline.units {
        let reading = &readings[unit.revision];
        let statement = &reading.script.statements[unit.statement];
        let file = reading.way.script(&chain.revisions()[reading.at]).file;
        let place = format!("{file}:{}:{}", statement.line, statement.column);
        for write in unit.writes.iter().filter(|write| write.is_change()) {
            let Some((kind, name)) = object(write.key()) else { continue };
            let identity = identity(kind, &name);
            if let Key::Function(_, arguments) = write.key() {
                functions.entry(identity.clone()).or_default().insert(arguments);
            }
            match write.removes() && !write.key().is_property() {
                true => _ = at.remove(&identity),
                false => _ = at.insert(identity, place.clone()),
            }
        }
    }
    // The model writes argument types differently: several functions of one name cannot be distinguished.
    functions.iter().filter(|(_, overloads)| overloads.len() > 1).for_each(|(identity, _)| _ = at.remove(identity));
    Places { at }
}

/// One word for kinds that share a namespace.
fn identity(kind: &str, name: &str) -> String {
    match kind {
        "table" | "view" | "sequence" | "index" | "type" => format!("relation {name}"),
        "function" => format!("function {}", signature(name).0),
        _ => format!("{kind} {name}"),
    }
}

/// The object of a key, or the object to which the property belongs.
fn object(key: &Key) -> Option<(&'static str, String)> {
    let on = |table: &QualifiedName, name: &str| format!("{}.{}", shown(table), ident(name));
    Some(match key {
        Key::Schema(name) => ("schema", ident(name)),
        Key::Extension(name) => ("extension", ident(name)),
        Key::Publication(name) | Key::Published(name, _) => ("publication", ident(name)),
        Key::EventTrigger(name) => ("event trigger", ident(name)),
        Key::Relation(name) | Key::TableProperty(name, _) => ("table", shown(name)),
        Key::Type(name) => ("type", shown(name)),
        Key::Column(table, name)
        | Key::Default(table, name)
        | Key::NotNull(table, name)
        | Key::ColumnProperty(table, name, _) => ("column", on(table, name)),
        Key::Constraint(table, name) => ("constraint", on(table, name)),
        Key::Trigger(table, name) | Key::TriggerState(table, name) => ("trigger", on(table, name)),
        Key::Policy(table, name) => ("policy", on(table, name)),
        Key::Rule(table, name) => ("rule", on(table, name)),
        Key::Function(name, _) => ("function", shown(name)),
        Key::Collation(name) => ("collation", shown(name)),
        Key::Statistics(name) => ("statistics", shown(name)),
        Key::Comment(of) => return object(of),
        // Owners and grants are not part of a definition.
        Key::Owner(_) | Key::Grant(..) | Key::Role(_) | Key::Member(..) => return None,
    })
}

fn shown(name: &QualifiedName) -> String {
    match name.schema.as_str() {
        HOME => ident(&name.name),
        schema => format!("{}.{}", ident(schema), ident(&name.name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Layout;

    fn places(files: &[(&str, &str)]) -> Places {
        let directory = tempfile::tempdir().unwrap();
        files.iter().for_each(|(name, text)| std::fs::write(directory.path().join(name), text).unwrap());
        Places::in_chain(&crate::source::read(directory.path(), Layout::Native).unwrap())
    }

    #[test]
    fn an_object_is_told_by_the_statement_that_changed_it_last() {
        let places = places(&[
            (
                "0001_base.sql",
                "CREATE TABLE \"Odd\" (a int UNIQUE, b text);\nCREATE SCHEMA s;\nCREATE TABLE s.t (c int);\n\
                 CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 1';\nCREATE INDEX i ON s.t (c)",
            ),
            (
                "0002_more.sql",
                "ALTER TABLE \"Odd\" ALTER b SET NOT NULL;\nDROP INDEX s.i;\nCOMMENT ON TABLE s.t IS 'x'",
            ),
        ]);
        for (identity, place) in [
            ("column \"Odd\".a", Some("0001_base.sql:1:1")),
            ("column \"Odd\".b", Some("0002_more.sql:1:1")),
            ("column public.\"Odd\".a", Some("0001_base.sql:1:1")),
            ("constraint \"Odd\".\"Odd_a_key\"", Some("0001_base.sql:1:1")),
            ("schema s", Some("0001_base.sql:2:1")),
            ("table s.t", Some("0002_more.sql:3:1")),
            ("function f(integer)", Some("0001_base.sql:4:1")),
            ("index s.i on s.t", None),
            ("index x on x", None),
            ("view nowhere", None),
        ] {
            assert_eq!(places.of(identity).map(String::as_str), place, "{identity}");
        }
    }

    #[test]
    fn of_functions_with_one_name_none_is_told() {
        let places = places(&[(
            "0001_base.sql",
            "CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 1';\n\
             CREATE FUNCTION f(text) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        )]);
        assert_eq!(places.of("function f(text)"), None);
    }
}
