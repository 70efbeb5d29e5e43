//! Operator classes, with the members of their families for their type.

use super::ddl::{By, Ddl, Around, Turn, Unwritable, list};
use super::{Form, Holder, Kind, Fact};

pub const KIND: Kind = Kind {
    word: "operator class",
    query: include_str!("operator_class.sql"),
    ddl: Ddl { turn: |_| Turn::Operator, address, create, drop: |fact, _| vec![format!("DROP OPERATOR CLASS {}", fact.name)] },
    holder: Holder::Itself,
    properties: &[
        ("default", Form::Flag, By::Again),
        ("for type", Form::Word, By::Again),
        ("storage", Form::Word, By::Again),
        ("family", Form::Word, By::Again),
        ("operators", Form::List, By::Again),
        ("functions", Form::List, By::Again),
        ("comment", Form::Word, By::Comment),
        ("owner", Form::Word, By::Owner),
    ],
    words: &[],
};

fn address(fact: &Fact, _: &Around<'_>) -> String {
    format!("OPERATOR CLASS {}", fact.name)
}

fn create(fact: &Fact, _: &Around<'_>) -> Result<Vec<String>, Unwritable> {
    let Some((name, method)) = fact.name.rsplit_once(" using ") else { return Err("it has no access method".into()) };
    let default = if fact.get("default").is_some() { " DEFAULT" } else { "" };
    let family = fact.text("family").filter(|family| *family != name).map(|it| format!(" FAMILY {it}")).unwrap_or_default();
    let numbered = |word: &str, property: &str| -> Vec<String> {
        list(fact.get(property)).iter().map(|it| format!("{word} {it}")).collect()
    };
    let mut parts = numbered("OPERATOR", "operators");
    parts.extend(numbered("FUNCTION", "functions"));
    parts.extend(fact.text("storage").map(|it| format!("STORAGE {it}")));
    let of_type = fact.text("for type").unwrap_or_default();
    // The grammar needs at least one part; this one states the default.
    if parts.is_empty() {
        parts.push(format!("STORAGE {of_type}"));
    }
    let head = format!("CREATE OPERATOR CLASS {name}{default} FOR TYPE {of_type} USING {method}{family}");
    Ok(vec![format!("{head} AS {}", parts.join(", "))])
}
