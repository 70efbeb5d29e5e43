//! Views, including materialized ones.

use super::ddl::{By, Ddl, Around, Setting, Turn, Unwritable, ident, list_options, storage, without_end};
use super::{Form, Holder, Kind, Fact};

pub const KIND: Kind = Kind {
    word: "view",
    query: include_str!("view.sql"),
    ddl: Ddl { turn: |_| Turn::View, address, create, drop: |fact, around| vec![format!("DROP {}", address(fact, around))] },
    holder: Holder::Itself,
    properties: &[
        ("materialized", Form::Flag, By::Again),
        ("as", Form::Query, By::Again),
        ("options", Form::Options, By::Alter(options)),
        ("access method", Form::Word, By::Again),
        ("comment", Form::Word, By::Comment),
        ("owner", Form::Word, By::Owner),
        ("grants", Form::List, By::Grants(|fact| format!("TABLE {}", fact.name))),
    ],
    words: &[],
};

fn address(fact: &Fact, _: &Around<'_>) -> String {
    let materialized = if fact.get("materialized").is_some() { "MATERIALIZED " } else { "" };
    format!("{materialized}VIEW {}", fact.name)
}

fn create(fact: &Fact, around: &Around<'_>) -> Result<Vec<String>, Unwritable> {
    let method = fact.text("access method").map(|it| format!(" USING {}", ident(it))).unwrap_or_default();
    let with = fact.get("options").map(|it| format!(" WITH {}", storage(Some(it)))).unwrap_or_default();
    let query = without_end(fact.text("as").unwrap_or_default());
    Ok(vec![format!("CREATE {}{method}{with} AS\n{query}", address(fact, around))])
}

fn options(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    let head = format!("ALTER {}", address(setting.fact, setting.around));
    Ok(list_options(setting.wanted, setting.old).iter().map(|act| format!("{head} {act}")).collect())
}
