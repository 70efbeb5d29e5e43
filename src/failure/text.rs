//! Foreign text for display: it cannot move a terminal's cursor, reverse a line or begin a line of its own, and its length is
//! limited.

use std::borrow::Cow;
use std::fmt::Write as _;

/// True if a character acts instead of being visible: the controls C0, C1 and DEL, the separators of lines and paragraphs, and
/// characters that change the direction of the text around them (Unicode 15, UAX #9, 2).
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// `text` in one line: hidden characters and line ends become escapes.
pub fn line(text: &str) -> Cow<'_, str> {
    escaped(text, is_hidden)
}

/// The same with its line breaks and tabs kept.
pub fn lines(text: &str) -> Cow<'_, str> {
    escaped(text, |c| is_hidden(c) && !matches!(c, '\n' | '\t'))
}

fn escaped(text: &str, is_out: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&is_out) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_out(c) { shown.extend(c.escape_debug()) } else { shown.push(c) }
    }
    Cow::Owned(shown)
}

/// A JSON document with the hidden characters in its strings as JSON escapes. Its meaning is unchanged.
pub fn json(document: &str) -> Cow<'_, str> {
    // Characters that JSON escapes anyway are left, and so are the document's own line ends.
    let is_out = |c: char| is_hidden(c) && c >= '\u{7f}';
    if !document.contains(is_out) {
        return Cow::Borrowed(document);
    }
    let mut shown = String::with_capacity(document.len() + 16);
    for c in document.chars() {
        if is_out(c) {
            // Writing to a String never fails; all these characters are below U+10000.
            let _ = write!(shown, "\\u{:04x}", u32::from(c));
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

/// The first `most` bytes, and the number of the others.
pub fn cut(text: &str, most: usize) -> Cow<'_, str> {
    if text.len() <= most {
        return Cow::Borrowed(text);
    }
    let kept = &text[..text.floor_char_boundary(most)];
    Cow::Owned(format!("{kept}… ({} bytes more)", text.len() - kept.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_hidden_is_shown_as_an_escape() {
        for (text, shown) in [
            ("plain é 日本 🚪", "plain é 日本 🚪"),
            ("\u{1b}[31mred\u{7}", r"\u{1b}[31mred\u{7}"),
            ("a\nFAKE LINE\r\tb\0", r"a\nFAKE LINE\r\tb\0"),
            ("\u{7f}\u{9b}2J", r"\u{7f}\u{9b}2J"),
            ("\u{202e}gpj.exe\u{2066}\u{200f}\u{61c}\u{2028}", r"\u{202e}gpj.exe\u{2066}\u{200f}\u{61c}\u{2028}"),
        ] {
            assert_eq!(line(text), shown);
        }
        assert_eq!(lines("a\n\tb\r\u{1b}"), "a\n\tb\\r\\u{1b}");
    }

    #[test]
    fn json_means_the_same() {
        let text = "a\n\u{1b}\u{9b}\u{202e}\u{7f}é";
        let document = serde_json::to_string(text).unwrap();
        let shown = json(&document);
        assert!(!shown.contains(is_hidden), "{shown}");
        assert_eq!(serde_json::from_str::<String>(&shown).unwrap(), text);
    }

    #[test]
    fn a_long_text_is_cut_at_a_character_with_what_is_missing() {
        assert_eq!(cut("éé", 4), "éé");
        assert_eq!(cut("ééé", 5), "éé… (2 bytes more)");
    }
}
