//! Advice is followed: the SQL that a conflict offers is run by hand, and the next run has no such conflict any more.

use std::collections::BTreeSet;

use super::{Case, Catalog, Outcome, TestDatabase, catalog, fresh, run, settled, with_settings};

/// One way on that is SQL.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Way {
    /// By hand, before the next run.
    Make(String),
    /// In a new revision behind all others.
    Accept(String),
}

/// Both ways of each refused statement, by its place.
fn ways(plan: &serde_json::Value) -> Vec<(String, Vec<Way>)> {
    let mut found = Vec::new();
    if let Some(all) = plan.as_array() {
        found.extend(all.iter().flat_map(ways));
    } else if let Some(parts) = plan.as_object() {
        found.extend(parts.values().flat_map(ways));
        let next = parts.get("choices").and_then(serde_json::Value::as_array);
        let texts = next.into_iter().flatten().filter_map(serde_json::Value::as_str);
        let all: Vec<Way> = texts.filter_map(read).collect();
        if !all.is_empty() {
            found.push((["reason", "chain", "database"].map(|name| parts[name].to_string()).join(" "), all));
        }
    }
    found
}

fn read(text: &str) -> Option<Way> {
    let is_sql = |text: &str| ["ALTER ", "CREATE ", "DROP "].iter().any(|word| text.starts_with(word));
    match text.strip_prefix("accept the database's in a new revision: ") {
        Some(sql) => is_sql(sql).then(|| Way::Accept(sql.to_owned())),
        None => (is_sql(text) && text.ends_with(';')).then(|| Way::Make(text.to_owned())),
    }
}

/// Follows the advice of a refused case in databases of its own.
pub fn is_worth_following(case: &Case, plan: &serde_json::Value) {
    let ways = ways(plan);
    let is_make = |way: &&Way| matches!(way, Way::Make(_));
    let is_whole = std::env::var_os("LOCKGATE_TEST_LONG").is_some();
    let takes_accept = case.name.len().is_multiple_of(2);
    for make in [true, false] {
        let chosen: Vec<&Way> =
            ways.iter().filter_map(|(_, all)| all.iter().find(|way| is_make(way) == make)).collect();
        if !chosen.is_empty() && (is_whole || make != takes_accept) {
            follow(case, &chosen, &ways);
        }
    }
}

fn follow(case: &Case, chosen: &[&Way], ways: &[(String, Vec<Way>)]) {
    let database = TestDatabase::new();
    let gate = settled(case, &database);
    case.outside.iter().for_each(|sql| database.session().sql(sql));
    let mut accepted = String::new();
    for way in chosen {
        match way {
            Way::Make(sql) => {
                let run = database.session().try_sql(sql);
                run.unwrap_or_else(|error| panic!("the advice does not run: {sql}\n{error:?}"));
            }
            Way::Accept(sql) => accepted += sql,
        }
    }
    if !accepted.is_empty() {
        gate.write(&format!("{}_accept.sql", case.id(case.pending.len())), &accepted);
    }
    let again = with_settings(case, gate.with(["plan", "--check-data", "--json"])).run();
    let document: serde_json::Value = serde_json::from_str(&again.stdout).unwrap_or_default();
    let refused: BTreeSet<String> = super::advice::ways(&document).into_iter().map(|(place, _)| place).collect();
    let same: Vec<&String> = ways.iter().map(|(place, _)| place).filter(|place| refused.contains(*place)).collect();
    assert!(same.is_empty(), "the advice {chosen:?} was followed, and is given again for {same:?}; {again}");
    if again.code != Some(0) {
        return;
    }
    let outcome = run(case, &gate).run().expect(0);
    if accepted.is_empty() {
        reaches_head(&fresh(case), &catalog(&database), chosen, &outcome);
    }
}

/// As a fresh database, except objects that were put aside under another name, and objects that use them.
fn reaches_head(wanted: &Catalog, found: &Catalog, chosen: &[&Way], outcome: &Outcome) {
    let is_aside = |text: Option<&String>| text.is_some_and(|text| text.contains("_old"));
    let strange: Vec<_> =
        wanted.keys().filter(|key| wanted.get(*key) != found.get(*key) && !is_aside(found.get(*key))).collect();
    assert!(
        strange.is_empty(),
        "the advice {chosen:?} was followed, and another schema is the end: {strange:?}; {outcome}"
    );
}
