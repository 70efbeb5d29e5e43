//! `-- atlas:delimiter`: a text that ends statements in place of `;`.

use std::ops::Range;

use crate::chain::scan::{self, Kind};

/// The delimiter that the value of the mark says.
pub fn meant(value: &str) -> String {
    value.replace("\\n", "\n").replace("\\r", "\r").replace("\\t", "\t")
}

/// The delimiters in a script, from a byte on: outside of quotes and parentheses, and before a comment but not within one.
pub fn places(script: &str, from: usize, delimiter: &str) -> Vec<Range<usize>> {
    let (mut found, mut depth, mut pieces) = (Vec::new(), 0_usize, scan::scan(script));
    pieces.jump(from);
    while let Some(piece) = pieces.next() {
        let word = &script[piece.range.clone()];
        let within = match piece.kind {
            Kind::String | Kind::Name => None,
            // Only the first character is outside.
            Kind::Dollar | Kind::LineComment | Kind::BlockComment => {
                script[piece.range.start..].starts_with(delimiter).then_some(0)
            }
            Kind::Space | Kind::Word | Kind::Symbol => {
                let mut starts = word.char_indices().map(|(at, _)| at);
                starts.find(|at| script[piece.range.start + at..].starts_with(delimiter))
            }
        };
        if let Some(at) = within.filter(|_| depth == 0) {
            let start = piece.range.start + at;
            found.push(start..start + delimiter.len());
            pieces.jump(start + delimiter.len());
            continue;
        }
        match (piece.kind, word) {
            (Kind::Symbol, "(") => depth += 1,
            (Kind::Symbol, ")") => depth = depth.saturating_sub(1),
            // A comment ends with its line break, which belongs to no delimiter.
            (Kind::LineComment, _) => {
                let end = script[piece.range.end..].find('\n').map_or(script.len(), |at| piece.range.end + at + 1);
                pieces.jump(end);
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delimiter_counts_where_atlas_sees_it() {
        for (script, delimiter, becomes) in [
            ("SELECT 1\n\n\nSELECT ';'", "\\n\\n\\n", "SELECT 1|SELECT ';'"),
            ("SELECT '//', \"//\", $$//$$ // SELECT 2//", "//", "SELECT '//', \"//\", $$//$$ | SELECT 2|"),
            ("CREATE TABLE t (a int\n\n)\n\nSELECT 1", "\\n\\n", "CREATE TABLE t (a int\n\n)|SELECT 1"),
            ("SELECT 1 -- a\n\n, 2\n\nSELECT 3", "\\n\\n", "SELECT 1 -- a\n\n, 2|SELECT 3"),
            ("SELECT 1\n-- end\nSELECT 2 -- the -- end\n-- end", "-- end", "SELECT 1\n|\nSELECT 2 -- the -- end\n|"),
            ("/* GO */ SELECT 1\nGO\n SELECT 2", "\\nGO", "/* GO */ SELECT 1|\n SELECT 2"),
        ] {
            let (mut out, mut done) = (String::new(), 0);
            for range in places(script, 0, &meant(delimiter)) {
                out += &script[done..range.start];
                out.push('|');
                done = range.end;
            }
            assert_eq!(out + &script[done..], becomes, "{script}");
        }
    }
}
