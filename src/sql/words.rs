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
    let (text, word) = (text.as_bytes(), word.as_bytes());
    let (Some(first), Some(last)) = (word.first(), text.len().checked_sub(word.len())) else { return word.is_empty() };
    // The text may be that of millions of rows.
    let mut starts = memchr::memchr2_iter(first.to_ascii_lowercase(), first.to_ascii_uppercase(), &text[..=last]);
    starts.any(|at| text[at..at + word.len()].eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::holds;

    #[test]
    fn a_word_is_found_in_any_case_at_any_place() {
        let found = ["pg_x", "PG_X", " Pg_x", "ppg_x", "ä pg_x;", "P pg_X p", "x_pg_x_x"];
        let missing = ["", "p", "pg_", "pg_y", "pg x", "gp_xg", "pg_ x", "äpg_ä"];
        assert!(found.iter().all(|text| holds(text, "pg_x")), "{found:?}");
        assert!(!missing.iter().any(|text| holds(text, "pg_x")), "{missing:?}");
        assert!(holds("a1b", "1") && holds("", ""));
    }
}
