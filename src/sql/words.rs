//! The words of a text, found without a tree.

use crate::chain::scan::{self, Kind};

/// Every word of a statement that may name an object, including those in its strings (`nextval('s')`) and bodies.
pub fn names_in(sql: &str) -> impl Iterator<Item = String> + '_ {
    let quoted = scan::scan(sql).filter(|piece| matches!(piece.kind, Kind::String)).flat_map(|piece| {
        let inside = sql[piece.range.clone()].trim_matches('\'');
        inside.split('.').map(|part| part.trim_matches('"').to_owned()).collect::<Vec<_>>()
    });
    words_in(sql).chain(quoted)
}

/// The names in a text outside of its strings, folded as the server folds them.
pub fn words_in(text: &str) -> impl Iterator<Item = String> + '_ {
    scan::scan(text).filter_map(|piece| {
        let word = &text[piece.range.clone()];
        match piece.kind {
            // A number is not a name.
            Kind::Word if word.starts_with(|first: char| first.is_ascii_digit()) => None,
            Kind::Word => Some(word.to_lowercase()),
            Kind::Name => Some(word.trim_matches('"').replace("\"\"", "\"")),
            _ => None,
        }
    })
}

/// True if a text contains a word, in any letter case.
pub fn holds(text: &str, word: &str) -> bool {
    text.as_bytes().windows(word.len()).any(|window| window.eq_ignore_ascii_case(word.as_bytes()))
}
