//! Foreign servers. User mappings contain secrets and are not facts.

use super::ddl::{By, Ddl, Around, Setting, Turn, Unwritable, foreign, ident, literal};
use super::{Form, Holder, Kind, Fact};

pub const KIND: Kind = Kind {
    word: "server",
    query: include_str!("server.sql"),
    ddl: Ddl { turn: |_| Turn::Server, address, create, drop: |fact, _| vec![format!("DROP SERVER {}", fact.name)] },
    holder: Holder::Itself,
    properties: &[
        ("wrapper", Form::Word, By::Again),
        ("type", Form::Word, By::Again),
        ("version", Form::Word, By::Alter(version)),
        ("options", Form::List, By::Alter(options)),
        ("comment", Form::Word, By::Comment),
        ("owner", Form::Word, By::Owner),
        ("grants", Form::List, By::Grants(|fact| format!("FOREIGN SERVER {}", fact.name))),
    ],
    words: &[],
};

fn address(fact: &Fact, _: &Around<'_>) -> String {
    format!("SERVER {}", fact.name)
}

fn create(fact: &Fact, around: &Around<'_>) -> Result<Vec<String>, Unwritable> {
    let word = |name: &str, property: &str| fact.text(property).map(|it| format!(" {name} {}", literal(it))).unwrap_or_default();
    let (of_type, version) = (word("TYPE", "type"), word("VERSION", "version"));
    let wrapper = ident(fact.text("wrapper").unwrap_or_default());
    let options = foreign(fact.get("options"), None, true, around)?;
    Ok(vec![format!("CREATE SERVER {}{of_type}{version} FOREIGN DATA WRAPPER {wrapper}{options}", fact.name)])
}

fn version(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    let version = setting.text().map_or_else(|| "NULL".to_owned(), literal);
    Ok(vec![format!("ALTER SERVER {} VERSION {version}", setting.fact.name)])
}

fn options(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    let options = foreign(setting.wanted, setting.old, false, setting.around)?;
    Ok(vec![format!("ALTER SERVER {}{options}", setting.fact.name)])
}
