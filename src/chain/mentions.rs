//! The scripts that name an object, found without the parser.

use super::Chain;
use super::scan::{Kind, between_tags, scan};

/// The file of the first revision that contains this word as an identifier, also in the body of a function or a block.
pub fn mentions<'c>(chain: &'c Chain, name: &str) -> Option<&'c str> {
    chain.revisions().iter().find(|revision| names(&revision.text, name)).map(|revision| revision.file.as_str())
}

fn names(text: &str, name: &str) -> bool {
    scan(text).any(|piece| {
        let text = &text[piece.range];
        match piece.kind {
            Kind::Word => text.eq_ignore_ascii_case(name),
            Kind::Name => text.trim_matches('"') == name,
            Kind::Dollar => names(&text[between_tags(text)], name),
            Kind::String | Kind::Symbol | Kind::Space | Kind::LineComment | Kind::BlockComment => false,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_is_a_word_a_quoted_name_or_in_a_body_and_no_comment() {
        for script in ["DELETE FROM public._h", "DELETE FROM \"_h\"", "DO $$ BEGIN DELETE FROM _H; END $$"] {
            assert!(names(script, "_h"), "{script}");
        }
        for script in ["-- _h\nSELECT '_h'", "SELECT _h2", "SELECT 1"] {
            assert!(!names(script, "_h"), "{script}");
        }
    }
}
