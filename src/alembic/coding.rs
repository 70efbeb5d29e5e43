//! Decodes a Python file by the encoding that a comment at its top names (PEP 263).

use std::borrow::Cow;

/// The text of a file. In an unknown encoding, letters beyond ASCII become the replacement character.
pub fn decoded(content: &[u8]) -> Cow<'_, str> {
    match named(content) {
        Some(name) if is_latin_1(&name) => content.iter().map(|byte| char::from(*byte)).collect::<String>().into(),
        _ => String::from_utf8_lossy(content),
    }
}

/// The encoding that one of the first two lines names: `coding[:=]\s*([-\w.]+)` in a comment.
fn named(content: &[u8]) -> Option<String> {
    let content = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
    for line in content.split(|byte| *byte == b'\n').take(2) {
        let text = line.trim_ascii_start();
        if text.starts_with(b"#") {
            let text = String::from_utf8_lossy(text);
            let rest = text.split("coding").skip(1).find_map(|rest| rest.strip_prefix([':', '=']));
            if let Some(rest) = rest {
                let name = rest.trim_start().split(|c: char| !(c.is_alphanumeric() || "-_.".contains(c))).next();
                return name.map(|name| name.to_ascii_lowercase().replace('_', "-"));
            }
        } else if !text.is_empty() {
            return None;
        }
    }
    None
}

fn is_latin_1(name: &str) -> bool {
    let is = |known: &str| name == known || name.strip_prefix(known).is_some_and(|rest| rest.starts_with('-'));
    ["latin-1", "iso-8859-1", "iso-latin-1", "latin1", "iso8859-1"].into_iter().any(is)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_at_the_top_names_the_encoding() {
        for (content, text) in [
            (&b"# -*- coding: latin-1 -*-\nx = '\xe9'"[..], "é"),
            (b"#!python\n# vim: set fileencoding=ISO_8859_1 :\nx = '\xe9'", "é"),
            (b"x = 1\n# coding: latin-1\nx = '\xe9'", "\u{fffd}"),
            (b"# coding: cp1252\nx = '\x93'", "\u{fffd}"),
            ("x = 'é'".as_bytes(), "é"),
        ] {
            let decoded = decoded(content);
            let value = decoded.rsplit('\'').nth(1).unwrap();
            assert_eq!(value, text, "{decoded}");
        }
    }
}
