//! Grants and revocations, role by role.

use std::collections::{BTreeMap, BTreeSet};

use super::Setting;
use super::words::{ident, list};
use crate::object::Fact;

/// A privilege, and true if it has the grant option.
type Given = BTreeSet<(String, bool)>;

/// The GRANTs and REVOKEs from the existing privileges to the wanted ones. A new object has the server's defaults.
pub fn change(on: &str, setting: &Setting<'_>) -> Vec<String> {
    let wanted = by_role(&list(setting.wanted));
    let old = match setting.found {
        Some(_) => by_role(&list(setting.old)),
        None => by_role(&by_default(setting.fact)),
    };
    let mut statements = Vec::new();
    let none = Given::new();
    for (role, given) in &old {
        let lost: Vec<&str> = given.difference(wanted.get(role).unwrap_or(&none)).map(|(it, _)| it.as_str()).collect();
        if !lost.is_empty() {
            statements.push(format!("REVOKE {} ON {on} FROM {}", lost.join(", "), grantee(role)));
        }
    }
    for (role, given) in &wanted {
        let new: Vec<&(String, bool)> = given.difference(old.get(role).unwrap_or(&none)).collect();
        for may_pass in [false, true] {
            let words: Vec<&str> = new.iter().filter(|(_, may)| *may == may_pass).map(|(it, _)| it.as_str()).collect();
            let option = if may_pass { " WITH GRANT OPTION" } else { "" };
            if !words.is_empty() {
                statements.push(format!("GRANT {} ON {on} TO {}{option}", words.join(", "), grantee(role)));
            }
        }
    }
    statements
}

/// The rights that PUBLIC has on a new object (PostgreSQL documentation 5.8). Default privileges of one schema only add to that.
pub fn by_default(fact: &Fact) -> Vec<String> {
    let objects = match fact.kind.word {
        "default privileges" => fact.name.strip_suffix(" everywhere").and_then(|name| name.rsplit(' ').next()),
        kind => Some(kind),
    };
    match objects {
        Some("function" | "functions") => vec!["public: EXECUTE".to_owned()],
        Some("type" | "types" | "language") => vec!["public: USAGE".to_owned()],
        _ => Vec::new(),
    }
}

fn by_role(lines: &[String]) -> BTreeMap<String, Given> {
    let one = |line: &String| {
        let (role, words) = line.rsplit_once(": ")?;
        let given = words.split(", ").map(|word| match word.strip_suffix(" with grant option") {
            Some(word) => (word.to_owned(), true),
            None => (word.to_owned(), false),
        });
        Some((role.to_owned(), given.collect()))
    };
    lines.iter().filter_map(one).collect()
}

fn grantee(role: &str) -> String {
    if role == "public" { "PUBLIC".to_owned() } else { ident(role) }
}
