//! Languages of functions.

use super::ddl::{By, Ddl, Around, Turn, Unwritable};
use super::{Form, Holder, Kind, Fact};

pub const KIND: Kind = Kind {
    word: "language",
    query: include_str!("language.sql"),
    ddl: Ddl { turn: |_| Turn::Function, address, create, drop: |fact, _| vec![format!("DROP LANGUAGE {}", fact.name)] },
    holder: Holder::Itself,
    properties: &[
        ("trusted", Form::Flag, By::Replace),
        ("handler", Form::Word, By::Replace),
        ("inline", Form::Word, By::Replace),
        ("validator", Form::Word, By::Replace),
        ("comment", Form::Word, By::Comment),
        ("owner", Form::Word, By::Owner),
        ("grants", Form::List, By::Grants(|fact| format!("LANGUAGE {}", fact.name))),
    ],
    words: &[],
};

fn address(fact: &Fact, _: &Around<'_>) -> String {
    format!("LANGUAGE {}", fact.name)
}

fn create(fact: &Fact, _: &Around<'_>) -> Result<Vec<String>, Unwritable> {
    let trusted = if fact.get("trusted").is_some() { "TRUSTED " } else { "" };
    let word = |name: &str, property: &str| fact.text(property).map(|it| format!(" {name} {it}")).unwrap_or_default();
    let (handler, inline, validator) = (word("HANDLER", "handler"), word("INLINE", "inline"), word("VALIDATOR", "validator"));
    Ok(vec![format!("CREATE {trusted}LANGUAGE {}{handler}{inline}{validator}", fact.name)])
}
