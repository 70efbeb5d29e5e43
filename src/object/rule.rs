//! Rules, except those that implement a view.

use super::ddl::{By, Ddl, Around, Setting, Turn, Unwritable, without_end};
use super::{Form, Holder, Kind, Fact};

pub const KIND: Kind = Kind {
    word: "rule",
    query: include_str!("rule.sql"),
    ddl: Ddl { turn: |_| Turn::Rule, address, create, drop: |fact, around| vec![format!("DROP {}", address(fact, around))] },
    holder: Holder::Table,
    properties: &[
        ("as", Form::STATEMENT, By::Again),
        ("state", Form::Word, By::Set(Turn::Trigger, state)),
        ("comment", Form::Word, By::Comment),
    ],
    words: &[],
};

fn address(fact: &Fact, _: &Around<'_>) -> String {
    format!("RULE {} ON {}", fact.own_name(), fact.holder())
}

fn create(fact: &Fact, _: &Around<'_>) -> Result<Vec<String>, Unwritable> {
    Ok(vec![without_end(fact.text("as").unwrap_or_default()).to_owned()])
}

fn state(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    let act = super::trigger::switched(setting.text());
    Ok(vec![format!("ALTER TABLE {} {act} RULE {}", setting.fact.holder(), setting.fact.own_name())])
}
