//! Text search configurations.

use super::ddl::{By, Ddl, Around, Setting, Turn, Unwritable, list};
use super::{Form, Holder, Kind, Fact};

pub const KIND: Kind = Kind {
    word: "text search configuration",
    query: include_str!("text_search_configuration.sql"),
    ddl: Ddl { turn: |_| Turn::Search, address, create, drop: |fact, _| vec![format!("DROP TEXT SEARCH CONFIGURATION {}", fact.name)] },
    holder: Holder::Itself,
    properties: &[
        ("parser", Form::Word, By::Again),
        ("mappings", Form::List, By::Set(Turn::Search, mappings)),
        ("comment", Form::Word, By::Comment),
        ("owner", Form::Word, By::Owner),
    ],
    words: &[],
};

fn address(fact: &Fact, _: &Around<'_>) -> String {
    format!("TEXT SEARCH CONFIGURATION {}", fact.name)
}

fn create(fact: &Fact, _: &Around<'_>) -> Result<Vec<String>, Unwritable> {
    let parser = fact.text("parser").unwrap_or_default();
    Ok(vec![format!("CREATE TEXT SEARCH CONFIGURATION {} (PARSER = {parser})", fact.name)])
}

fn mappings(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    let (wanted, old) = (list(setting.wanted), list(setting.old));
    let token = |line: &String| line.split(' ').next().unwrap_or_default().to_owned();
    let head = format!("ALTER TEXT SEARCH CONFIGURATION {}", setting.fact.name);
    let gone = old.iter().filter(|line| !wanted.contains(line)).map(|line| format!("{head} DROP MAPPING FOR {}", token(line)));
    let new = wanted.iter().filter(|line| !old.contains(line)).filter_map(|line| {
        let (token, dictionaries) = line.split_once(' ')?;
        Some(format!("{head} ADD MAPPING FOR {token} WITH {dictionaries}"))
    });
    Ok(gone.chain(new).collect())
}
