//! Sequences that do not belong to an identity column.

use super::ddl::{By, Ddl, Around, Setting, Turn, Unwritable, sequence_options};
use super::{Form, Holder, Kind, Fact};

pub const KIND: Kind = Kind {
    word: "sequence",
    query: include_str!("sequence.sql"),
    ddl: Ddl { turn: |_| Turn::Sequence, address, create, drop: |fact, _| vec![format!("DROP SEQUENCE {}", fact.name)] },
    holder: Holder::Owned,
    properties: &[
        ("type", Form::Word, By::Alter(data_type)),
        ("options", Form::List, By::Alter(options)),
        ("owned by", Form::Word, By::Set(Turn::Column, owned_by)),
        ("unlogged", Form::Flag, By::Alter(unlogged)),
        ("comment", Form::Word, By::Comment),
        ("owner", Form::Word, By::Owner),
        ("grants", Form::List, By::Grants(|fact| format!("SEQUENCE {}", fact.name))),
    ],
    words: &[],
};

fn address(fact: &Fact, _: &Around<'_>) -> String {
    format!("SEQUENCE {}", fact.name)
}

fn create(fact: &Fact, _: &Around<'_>) -> Result<Vec<String>, Unwritable> {
    let unlogged = if fact.get("unlogged").is_some() { "UNLOGGED " } else { "" };
    let data_type = fact.text("type").map(|it| format!(" AS {it}")).unwrap_or_default();
    let options: String = sequence_options(fact.get("options"), None).iter().map(|it| format!(" {it}")).collect();
    Ok(vec![format!("CREATE {unlogged}SEQUENCE {}{data_type}{options}", fact.name)])
}

fn data_type(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    Ok(vec![format!("ALTER SEQUENCE {} AS {}", setting.fact.name, setting.text().unwrap_or("bigint"))])
}

fn options(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    let options = sequence_options(setting.wanted, setting.old);
    Ok(vec![format!("ALTER SEQUENCE {} {}", setting.fact.name, options.join(" "))])
}

fn owned_by(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    Ok(vec![format!("ALTER SEQUENCE {} OWNED BY {}", setting.fact.name, setting.text().unwrap_or("NONE"))])
}

fn unlogged(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    let word = if setting.is_set() { "UNLOGGED" } else { "LOGGED" };
    Ok(vec![format!("ALTER SEQUENCE {} SET {word}", setting.fact.name)])
}
