//! The choices of a person where a plan is refused: first the SELECT that shows the rows, then changes, and directives last.

use super::fix;
use super::judge::Judge;
use super::survey::Script;
use crate::catalog::{Column, Definition, Difference, Found, FoundColumn, Key};
use crate::expect::Write;
use crate::failure::counted;
use crate::pg::name::{QualifiedName, quote_ident};
use crate::sql::change::Effect;

/// One way on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Advice {
    /// SQL, a directive, or words.
    Text(String),
    /// To record the statement's revision as applied.
    Stamp,
}

impl Advice {
    /// Its text, where it has one of its own.
    pub fn text(self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text),
            Self::Stamp => None,
        }
    }
}

impl From<String> for Advice {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Advice {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// Where nobody can tell whether a statement ran.
pub fn ways_on() -> Vec<Advice> {
    vec![
        Advice::Stamp,
        "-- lockgate:unless SELECT … above it, to say how to tell".into(),
        "-- lockgate:run-as-is above it, to run it".into(),
    ]
}

/// The stamp that records a script's revision, with all that it would record; none where it would do something else too.
pub fn stamp(pending: &[Script<'_>], script: usize) -> Option<String> {
    let id = pending[script].stamp?;
    let before = &pending[..script];
    Some(match before {
        [] => format!("lockgate stamp {id}, if all of {id} ran"),
        [one] => format!("lockgate stamp {id}, if all of {id} ran, and all of {} before it", one.stamp?),
        [first, ..] => format!(
            "lockgate stamp {id}, if all of {id} ran, and all of the {} before it, from {} on",
            counted(before.len(), "pending revision"),
            first.stamp?
        ),
    })
}

/// The statements that give an object the chain's definition, and those that make the database's the chain's.
pub fn for_difference(judge: &Judge<'_>, write: &Write, difference: Option<&Difference>) -> Vec<Advice> {
    let found = judge.evidence.found(&write.key);
    let mut ways = match (&write.key, write.after.definition(), found, difference) {
        (Key::Column(table, name), Some(Definition::Column(wanted)), Some(Found::Column(found)), Some(difference))
            if is_of_type_alone(wanted, found) =>
        {
            retype(table, name, wanted, difference)
        }
        (Key::Constraint(table, name), Some(Definition::Constraint(wanted)), Some(Found::Constraint(found)), _) => {
            let drop = format!("ALTER TABLE {} DROP CONSTRAINT {}", table.quoted(), quote_ident(name));
            let add = format!("ALTER TABLE {} ADD CONSTRAINT {}", table.quoted(), quote_ident(name));
            vec![
                format!("{drop}; {};", fix::add_constraint(table, name, wanted)),
                format!("{ACCEPT}: {drop}; {add} {};", found.definition),
            ]
        }
        (Key::Relation(name), Some(Definition::Index(_)), Some(Found::Index(_)), _) => vec![
            format!("ALTER INDEX {} RENAME TO {};", name.quoted(), quote_ident(&format!("{}_old", name.name))),
            format!("{ACCEPT}: drop the chain's index there, and create the database's"),
        ],
        (Key::Statistics(name), _, Some(_), _) => vec![
            format!("ALTER STATISTICS {} RENAME TO {};", name.quoted(), quote_ident(&format!("{}_old", name.name))),
            format!("{ACCEPT}: drop the chain's statistics there, and create the database's"),
        ],
        (_, Some(Definition::View { .. } | Definition::Function { .. } | Definition::Trigger { .. }), Some(_), _) => {
            vec![
                "write CREATE OR REPLACE in the statement, and it makes the chain's definition".to_owned(),
                format!("{ACCEPT}: define it there as the database has it"),
            ]
        }
        (_, _, Some(_), Some(_)) => vec![
            "bring it to the chain's definition by hand".to_owned(),
            format!("{ACCEPT}: change it there to what the database has"),
        ],
        _ => Vec::new(),
    }
    .into_iter()
    .map(Advice::Text)
    .collect::<Vec<_>>();
    ways.push(Advice::Stamp);
    ways.push("-- lockgate:unless SELECT … above the statement, to say when it has done its work".into());
    if found.is_none() {
        ways.push("-- lockgate:run-as-is above it, to run it".into());
    }
    ways
}

const ACCEPT: &str = "accept the database's in a new revision";

/// True where nothing but their types can differ between two columns.
fn is_of_type_alone(wanted: &Column, found: &FoundColumn) -> bool {
    wanted.collation.is_none()
        && found.collation.is_none()
        && wanted.identity == found.identity
        && wanted.generated.is_none()
        && found.generated.is_none()
}

fn retype(table: &QualifiedName, name: &str, wanted: &Column, difference: &Difference) -> Vec<String> {
    let (table, column) = (table.quoted(), quote_ident(name));
    let alter = |type_: &str| format!("ALTER TABLE {table} ALTER COLUMN {column} TYPE {type_};");
    let limit = match (wanted.type_.name.as_str(), wanted.type_.modifiers.as_slice()) {
        ("varchar" | "bpchar", [limit]) if !wanted.type_.is_array => Some(limit),
        _ => None,
    };
    let look = match limit {
        Some(limit) => format!("SELECT {column} FROM {table} WHERE pg_catalog.length({column}) > {limit};"),
        None => format!("SELECT {column}, count(*) FROM {table} GROUP BY {column};"),
    };
    vec![
        format!("{look} -- the values that the chain's type would have to take"),
        alter(&difference.wanted),
        format!("{ACCEPT}: {}", alter(&difference.found)),
    ]
}

/// Where a script runs code that is not read, may define objects, and names a table.
pub fn unread_code(scripts: &[&[Script<'_>]], table: &QualifiedName) -> Option<String> {
    let name = table.name.to_lowercase();
    let mut all = scripts.iter().flat_map(|scripts| scripts.iter());
    all.find_map(|script| {
        let statement = script.statements.iter().find(|statement| match &statement.effect {
            Effect::Opaque(code) => code.may_define && code.words.contains(&name),
            _ => false,
        });
        statement.map(|statement| format!("{}:{}", script.file, statement.line))
    })
}
