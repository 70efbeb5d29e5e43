//! Extracts parts of the server's texts.

/// The text in the parentheses after a word.
pub(super) fn within<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let start = text
        .find(&format!(" {word} ("))
        .map(|at| at + word.len() + 3)
        .or_else(|| text.strip_prefix(word).and_then(|rest| rest.strip_prefix(" (")).map(|_| word.len() + 2))?;
    let rest = &text[start..];
    let (mut depth, mut quote) = (1, None);
    for (at, c) in rest.char_indices() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '(') => depth += 1,
            (None, ')') => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(&rest[..at]);
        }
    }
    None
}
