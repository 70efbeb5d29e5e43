//! Transforms of types for languages.

use super::ddl::{By, Ddl, Around, Turn, Unwritable};
use super::{Form, Holder, Kind, Fact};

pub const KIND: Kind = Kind {
    word: "transform",
    query: include_str!("transform.sql"),
    ddl: Ddl { turn: |_| Turn::Operator, address, create, drop: |fact, around| vec![format!("DROP {}", address(fact, around))] },
    holder: Holder::Itself,
    properties: &[
        ("from sql", Form::Word, By::Replace),
        ("to sql", Form::Word, By::Replace),
        ("comment", Form::Word, By::Comment),
    ],
    words: &[],
};

/// The name contains the type and the language.
fn address(fact: &Fact, _: &Around<'_>) -> String {
    let said = fact.name.strip_prefix("for ").and_then(|rest| rest.rsplit_once(" language "));
    let (of, language) = said.unwrap_or((&fact.name, ""));
    format!("TRANSFORM FOR {of} LANGUAGE {language}")
}

fn create(fact: &Fact, around: &Around<'_>) -> Result<Vec<String>, Unwritable> {
    let way = |word: &str, property: &str| fact.text(property).map(|it| format!("{word} SQL WITH FUNCTION {it}"));
    let ways: Vec<String> = way("FROM", "from sql").into_iter().chain(way("TO", "to sql")).collect();
    Ok(vec![format!("CREATE {} ({})", address(fact, around), ways.join(", "))])
}
