//! Text search dictionaries.

use super::ddl::{By, Ddl, Around, Setting, Turn, Unwritable};
use super::{Form, Holder, Kind, Fact};

pub const KIND: Kind = Kind {
    word: "text search dictionary",
    query: include_str!("text_search_dictionary.sql"),
    ddl: Ddl { turn: |_| Turn::Search, address, create, drop: |fact, _| vec![format!("DROP TEXT SEARCH DICTIONARY {}", fact.name)] },
    holder: Holder::Itself,
    properties: &[
        ("template", Form::Word, By::Again),
        ("options", Form::Word, By::Alter(options)),
        ("comment", Form::Word, By::Comment),
        ("owner", Form::Word, By::Owner),
    ],
    words: &[],
};

fn address(fact: &Fact, _: &Around<'_>) -> String {
    format!("TEXT SEARCH DICTIONARY {}", fact.name)
}

fn create(fact: &Fact, _: &Around<'_>) -> Result<Vec<String>, Unwritable> {
    let options = fact.text("options").map(|it| format!(", {it}")).unwrap_or_default();
    let template = fact.text("template").unwrap_or_default();
    Ok(vec![format!("CREATE TEXT SEARCH DICTIONARY {} (TEMPLATE = {template}{options})", fact.name)])
}

/// An option without a value is reset.
fn options(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    let wanted = words_of(setting.text().unwrap_or_default());
    let old = words_of(setting.old.and_then(serde_json::Value::as_str).unwrap_or_default());
    let name = |word: &str| word.split(" = ").next().unwrap_or_default().to_owned();
    let gone = old.iter().map(|it| name(it)).filter(|it| !wanted.iter().any(|word| name(word) == *it));
    let words: Vec<String> = gone.chain(wanted.iter().filter(|it| !old.contains(it)).cloned()).collect();
    Ok(vec![format!("ALTER TEXT SEARCH DICTIONARY {} ({})", setting.fact.name, words.join(", "))])
}

/// The parts of `a = 'x', b = 'y'`.
fn words_of(text: &str) -> Vec<String> {
    let (mut parts, mut is_quoted, mut from) = (Vec::new(), false, 0);
    for (at, letter) in text.char_indices() {
        match letter {
            '\'' => is_quoted = !is_quoted,
            ',' if !is_quoted => {
                parts.push(text[from..at].trim().to_owned());
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text[from..].trim().to_owned());
    parts.retain(|part| !part.is_empty());
    parts
}
