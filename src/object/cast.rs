//! Casts.

use super::ddl::{By, Ddl, Around, Turn, Unwritable};
use super::{Form, Holder, Kind, Fact};

pub const KIND: Kind = Kind {
    word: "cast",
    query: include_str!("cast.sql"),
    ddl: Ddl { turn: |_| Turn::Operator, address, create, drop: |fact, _| vec![format!("DROP CAST {}", fact.name)] },
    holder: Holder::Itself,
    properties: &[
        ("function", Form::Word, By::Again),
        ("method", Form::Word, By::Again),
        ("context", Form::Word, By::Again),
        ("comment", Form::Word, By::Comment),
    ],
    words: &[],
};

fn address(fact: &Fact, _: &Around<'_>) -> String {
    format!("CAST {}", fact.name)
}

fn create(fact: &Fact, _: &Around<'_>) -> Result<Vec<String>, Unwritable> {
    let with = match (fact.text("method"), fact.text("function")) {
        (Some("inout"), _) => "WITH INOUT".to_owned(),
        (_, Some(function)) => format!("WITH FUNCTION {function}"),
        _ => "WITHOUT FUNCTION".to_owned(),
    };
    let context = fact.text("context").map(|it| format!(" AS {}", it.to_uppercase())).unwrap_or_default();
    Ok(vec![format!("CREATE CAST {} {with}{context}", fact.name)])
}
