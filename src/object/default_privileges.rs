//! Default privileges, where privileges are asked for.

use super::ddl::{By, Ddl, Setting, Turn, Unwritable};
use super::{Form, Holder, Kind};

pub const KIND: Kind = Kind {
    word: "default privileges",
    query: include_str!("default_privileges.sql"),
    ddl: Ddl { turn: |_| Turn::Privileges, address: |fact, _| fact.name.clone(), create: |_, _| Ok(Vec::new()), drop: |_, _| Vec::new() },
    holder: Holder::Itself,
    properties: &[
        ("grants", Form::List, By::Set(Turn::Privileges, grants)),
    ],
    words: &[],
};

/// The name says the role, and where: a home has no name of its own, and what is made everywhere is no schema's.
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

