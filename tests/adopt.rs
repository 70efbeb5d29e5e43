//! A database whose history is lost, or belongs to another tool: revisions that the catalog proves are recorded, differences are
//! reported, and nothing runs.

mod from; // the histories of other tools, which say where to stop
mod tenants; // a schema for each tenant, one chain
mod words; // a word for each revision, and how far they are recorded

use crate::support::{Gate, Outcome, TestDatabase};

/// A gate with these scripts as its chain.
fn gate(database: &TestDatabase, scripts: &[&str]) -> Gate {
    Gate::new(database).env("LOCKGATE_LOG_FORMAT", "text").args(["adopt"]).steps(scripts)
}

/// The history's rows: `0001 adopted`.
fn recorded(database: &TestDatabase) -> String {
    if database.value("SELECT to_regclass('lockgate_history') IS NULL") == "t" {
        return String::new();
    }
    let rows =
        "SELECT coalesce(string_agg(concat_ws(' ', revision, kind), ', ' ORDER BY depth), '') FROM lockgate_history";
    database.value(rows)
}

/// A word for each revision: `proved implied pending`.
#[track_caller]
fn words(outcome: &Outcome) -> String {
    let json = outcome.json();
    let word = |revision: &serde_json::Value| revision["word"].as_str().expect("a word").to_owned();
    let revisions = json["revisions"].as_array().unwrap_or_else(|| panic!("{outcome}"));
    revisions.iter().map(word).collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn says(outcome: &Outcome, texts: &[&str]) {
    for text in texts {
        let is_said = outcome.stdout.contains(text) || outcome.stderr.contains(text);
        assert!(is_said, "it does not say {text:?}; {outcome}");
    }
}
