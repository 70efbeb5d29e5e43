//! Access methods of tables and indexes.

use super::ddl::{By, Ddl, Around, Turn, Unwritable};
use super::{Form, Holder, Kind, Fact};

pub const KIND: Kind = Kind {
    word: "access method",
    query: include_str!("access_method.sql"),
    ddl: Ddl { turn: |_| Turn::Function, address, create, drop: |fact, _| vec![format!("DROP ACCESS METHOD {}", fact.name)] },
    holder: Holder::Itself,
    properties: &[
        ("for", Form::Word, By::Again),
        ("handler", Form::Word, By::Again),
        ("comment", Form::Word, By::Comment),
    ],
    words: &[],
};

fn address(fact: &Fact, _: &Around<'_>) -> String {
    format!("ACCESS METHOD {}", fact.name)
}

fn create(fact: &Fact, _: &Around<'_>) -> Result<Vec<String>, Unwritable> {
    let text = |property: &str| fact.text(property).unwrap_or_default();
    Ok(vec![format!("CREATE ACCESS METHOD {} TYPE {} HANDLER {}", fact.name, text("for").to_uppercase(), text("handler"))])
}
