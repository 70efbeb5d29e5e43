//! Triggers.

use super::ddl::{By, Ddl, Around, Setting, Turn, Unwritable, without_end};
use super::{Form, Holder, Kind, Fact};

pub const KIND: Kind = Kind {
    word: "trigger",
    query: include_str!("trigger.sql"),
    ddl: Ddl { turn: |_| Turn::Trigger, address, create, drop: |fact, around| vec![format!("DROP {}", address(fact, around))] },
    holder: Holder::Table,
    properties: &[
        ("as", Form::STATEMENT, By::Again),
        ("state", Form::Word, By::Set(Turn::Trigger, state)),
        ("comment", Form::Word, By::Comment),
    ],
    words: &[],
};

fn address(fact: &Fact, _: &Around<'_>) -> String {
    format!("TRIGGER {} ON {}", fact.own_name(), fact.holder())
}

fn create(fact: &Fact, _: &Around<'_>) -> Result<Vec<String>, Unwritable> {
    Ok(vec![without_end(fact.text("as").unwrap_or_default()).to_owned()])
}

/// The word of ALTER TABLE for a state of a trigger.
pub(super) fn switched(state: Option<&str>) -> &'static str {
    match state {
        None => "ENABLE",
        Some("disabled") => "DISABLE",
        Some("replica") => "ENABLE REPLICA",
        Some(_) => "ENABLE ALWAYS",
    }
}

fn state(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    let act = switched(setting.text());
    Ok(vec![format!("ALTER TABLE {} {act} TRIGGER {}", setting.fact.holder(), setting.fact.own_name())])
}
