//! Text search templates.

use super::ddl::{By, Ddl, Around, Turn, Unwritable};
use super::{Form, Holder, Kind, Fact};

pub const KIND: Kind = Kind {
    word: "text search template",
    query: include_str!("text_search_template.sql"),
    ddl: Ddl { turn: |_| Turn::Search, address, create, drop: |fact, _| vec![format!("DROP TEXT SEARCH TEMPLATE {}", fact.name)] },
    holder: Holder::Itself,
    properties: &[
        ("init", Form::Word, By::Again),
        ("lexize", Form::Word, By::Again),
        ("comment", Form::Word, By::Comment),
    ],
    words: &[],
};

fn address(fact: &Fact, _: &Around<'_>) -> String {
    format!("TEXT SEARCH TEMPLATE {}", fact.name)
}

fn create(fact: &Fact, _: &Around<'_>) -> Result<Vec<String>, Unwritable> {
    let said = ["init", "lexize"].into_iter();
    let words: Vec<String> =
        said.filter_map(|property| Some(format!("{} = {}", property.to_uppercase(), fact.text(property)?))).collect();
    Ok(vec![format!("CREATE TEXT SEARCH TEMPLATE {} ({})", fact.name, words.join(", "))])
}
