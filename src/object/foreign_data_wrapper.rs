//! Foreign data wrappers.

use super::ddl::{By, Ddl, Around, Setting, Turn, Unwritable, foreign};
use super::{Form, Holder, Kind, Fact};

pub const KIND: Kind = Kind {
    word: "foreign data wrapper",
    query: include_str!("foreign_data_wrapper.sql"),
    ddl: Ddl { turn: |_| Turn::Server, address, create, drop: |fact, _| vec![format!("DROP FOREIGN DATA WRAPPER {}", fact.name)] },
    holder: Holder::Itself,
    properties: &[
        ("handler", Form::Word, By::Alter(handler)),
        ("validator", Form::Word, By::Alter(validator)),
        ("options", Form::List, By::Alter(options)),
        ("comment", Form::Word, By::Comment),
        ("owner", Form::Word, By::Owner),
        ("grants", Form::List, By::Grants(|fact| format!("FOREIGN DATA WRAPPER {}", fact.name))),
    ],
    words: &[],
};

fn address(fact: &Fact, _: &Around<'_>) -> String {
    format!("FOREIGN DATA WRAPPER {}", fact.name)
}

fn create(fact: &Fact, around: &Around<'_>) -> Result<Vec<String>, Unwritable> {
    let word = |name: &str, property: &str| fact.text(property).map(|it| format!(" {name} {it}")).unwrap_or_default();
    let options = foreign(fact.get("options"), None, true, around)?;
    let (handler, validator) = (word("HANDLER", "handler"), word("VALIDATOR", "validator"));
    Ok(vec![format!("CREATE FOREIGN DATA WRAPPER {}{handler}{validator}{options}", fact.name)])
}

fn handler(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    let act = setting.text().map_or_else(|| "NO HANDLER".to_owned(), |it| format!("HANDLER {it}"));
    Ok(vec![format!("ALTER FOREIGN DATA WRAPPER {} {act}", setting.fact.name)])
}

fn validator(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    let act = setting.text().map_or_else(|| "NO VALIDATOR".to_owned(), |it| format!("VALIDATOR {it}"));
    Ok(vec![format!("ALTER FOREIGN DATA WRAPPER {} {act}", setting.fact.name)])
}

fn options(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    let options = foreign(setting.wanted, setting.old, false, setting.around)?;
    Ok(vec![format!("ALTER FOREIGN DATA WRAPPER {}{options}", setting.fact.name)])
}
