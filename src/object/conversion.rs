//! Conversions between encodings.

use super::ddl::{By, Ddl, Around, Turn, Unwritable, literal};
use super::{Form, Holder, Kind, Fact};

pub const KIND: Kind = Kind {
    word: "conversion",
    query: include_str!("conversion.sql"),
    ddl: Ddl { turn: |_| Turn::Operator, address, create, drop: |fact, _| vec![format!("DROP CONVERSION {}", fact.name)] },
    holder: Holder::Itself,
    properties: &[
        ("from", Form::Word, By::Again),
        ("to", Form::Word, By::Again),
        ("function", Form::Word, By::Again),
        ("default", Form::Flag, By::Again),
        ("comment", Form::Word, By::Comment),
        ("owner", Form::Word, By::Owner),
    ],
    words: &[],
};

fn address(fact: &Fact, _: &Around<'_>) -> String {
    format!("CONVERSION {}", fact.name)
}

fn create(fact: &Fact, _: &Around<'_>) -> Result<Vec<String>, Unwritable> {
    let text = |property: &str| fact.text(property).unwrap_or_default();
    let default = if fact.get("default").is_some() { "DEFAULT " } else { "" };
    let (from, to) = (literal(text("from")), literal(text("to")));
    Ok(vec![format!("CREATE {default}CONVERSION {} FOR {from} TO {to} FROM {}", fact.name, text("function"))])
}
