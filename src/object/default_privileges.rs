//! Default privileges, as far as privileges are compared.

use serde_json::json;

use super::ddl::{Around, By, Ddl, Setting, Turn, Unwritable};
use super::{Fact, Form, Holder, Kind};

pub const KIND: Kind = Kind {
    word: "default privileges",
    query: include_str!("default_privileges.sql"),
    ddl: Ddl { turn: |_| Turn::Privileges, address: |fact, _| fact.name.clone(), create, drop },
    holder: Holder::Itself,
    properties: &[
        ("grants", Form::List, By::Set(Turn::Privileges, grants)),
    ],
    words: &[],
};

/// Default privileges without a grant revoke the built-in default; others are set.
fn create(fact: &Fact, around: &Around<'_>) -> Result<Vec<String>, Unwritable> {
    match fact.get("grants") {
        Some(_) => Ok(Vec::new()),
        None => grants(&Setting::of(fact, None, "grants", around)),
    }
}

/// Resets to the built-in default.
fn drop(fact: &Fact, around: &Around<'_>) -> Vec<String> {
    let by_default = json!(super::ddl::granted_by_default(fact));
    let setting = Setting { fact, found: Some(fact), wanted: Some(&by_default), old: fact.get("grants"), around };
    grants(&setting).unwrap_or_default()
}

/// The name contains the role and the place: the home has no name of its own, and global defaults belong to no schema.
fn grants(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    let said = setting.fact.name.strip_prefix("of ").and_then(|rest| rest.split_once(" on "));
    let Some((role, on)) = said else { return Err("its name says no role".into()) };
    let (objects, place) = match (on.split_once(" in "), on.strip_suffix(" everywhere")) {
        (Some((objects, schema)), _) => (objects, format!(" IN SCHEMA {schema}")),
        (None, Some(objects)) => (objects, String::new()),
        (None, None) => return Err("the home of default privileges has no name of its own".into()),
    };
    let head = format!("ALTER DEFAULT PRIVILEGES FOR ROLE {role}{place}");
    Ok(super::ddl::granted(&objects.to_uppercase(), setting).into_iter().map(|act| format!("{head} {act}")).collect())
}

