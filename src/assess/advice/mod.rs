//! The choices after a refused plan: first the SELECT that shows the rows, then changes, and directives last.

mod difference;
mod way;

pub use way::Advice;

use self::way::ACCEPT;
use super::judge::Judge;
use super::request::Script;
use crate::catalog::Difference;
use crate::expect::Write;
use crate::failure::counted;
use crate::pg::name::QualifiedName;
use crate::statement::change::Effect;

/// The choices if it is unknown whether a statement ran.
pub fn ways_on() -> Vec<Advice> {
    vec![
        Advice::Stamp,
        "-- lockgate:unless SELECT … above it, to say how to tell".into(),
        "-- lockgate:run-as-is above it, to run it".into(),
    ]
}

/// The stamp that records exactly a script's revision and the pending ones before it; none if it would do more.
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

/// The statements that give an object the chain's definition, those that make the database's definition the chain's, then
/// directives.
pub fn for_difference(judge: &Judge<'_>, write: &Write, difference: Option<&Difference>) -> Vec<Advice> {
    let found = judge.evidence.found(write.key());
    let mut ways = match (write.after.definition(), found) {
        (Some(wanted), Some(found)) => difference::ways(judge.evidence, write.key(), wanted, found, difference),
        _ => Vec::new(),
    };
    ways.push(Advice::Stamp);
    ways.push("-- lockgate:unless SELECT … above the statement, to say when it has done its work".into());
    if found.is_none() {
        ways.push("-- lockgate:run-as-is above it, to run it".into());
    }
    ways
}

/// The choice as shown: `cut` removes secrets from SQL, and a long statement is named by its place.
pub fn shown(advice: &Advice, place: &str, cut: impl Fn(&str) -> String) -> Option<String> {
    const READABLE: usize = 400;
    Some(match advice {
        Advice::Look(sql) => format!("{} -- the rows in question", cut(sql)),
        Advice::Make(sql) => cut(sql),
        Advice::Replace(sql) if sql.len() > READABLE || sql.contains('\n') => {
            format!("run the statement of {place} by hand, with OR REPLACE")
        }
        Advice::Replace(sql) => cut(&format!("{sql};")),
        Advice::Accept(sql) if sql.len() > READABLE => format!("{ACCEPT}, as the catalog shows it"),
        Advice::Accept(sql) => format!("{ACCEPT}: {}", cut(sql)),
        Advice::Words(text) => text.clone(),
        Advice::Stamp => return None,
    })
}

/// The place of a statement with unread code that may define objects and names a table.
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
