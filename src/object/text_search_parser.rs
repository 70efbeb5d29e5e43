//! Text search parsers.

use super::ddl::{By, Ddl, Around, Turn, Unwritable};
use super::{Form, Holder, Kind, Fact};

pub const KIND: Kind = Kind {
    word: "text search parser",
    query: include_str!("text_search_parser.sql"),
    ddl: Ddl { turn: |_| Turn::Search, address, create, drop: |fact, _| vec![format!("DROP TEXT SEARCH PARSER {}", fact.name)] },
    holder: Holder::Itself,
    properties: &[
        ("start", Form::Word, By::Again),
        ("gettoken", Form::Word, By::Again),
        ("end", Form::Word, By::Again),
        ("lextypes", Form::Word, By::Again),
        ("headline", Form::Word, By::Again),
        ("comment", Form::Word, By::Comment),
    ],
    words: &[],
};

fn address(fact: &Fact, _: &Around<'_>) -> String {
    format!("TEXT SEARCH PARSER {}", fact.name)
}

fn create(fact: &Fact, _: &Around<'_>) -> Result<Vec<String>, Unwritable> {
    let said = ["start", "gettoken", "end", "lextypes", "headline"].into_iter();
    let words: Vec<String> =
        said.filter_map(|property| Some(format!("{} = {}", property.to_uppercase(), fact.text(property)?))).collect();
    Ok(vec![format!("CREATE TEXT SEARCH PARSER {} ({})", fact.name, words.join(", "))])
}
