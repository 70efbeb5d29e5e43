//! Another session's query in a form that may be shown.

use crate::chain::scan::{Kind, scan};

/// The most characters of a query that are shown.
const MOST: usize = 200;

/// The query in one line with every string and number replaced: they may be private data.
pub fn without_literals(query: &str) -> String {
    let mut shown = String::new();
    for piece in scan(query) {
        let text = &query[piece.range.clone()];
        match piece.kind {
            Kind::String | Kind::Dollar => shown.push('?'),
            Kind::Space | Kind::LineComment | Kind::BlockComment => shown.push(' '),
            // `$1` is the name of a parameter.
            Kind::Word if text.starts_with(|c: char| c.is_ascii_digit()) && !shown.ends_with('$') => shown.push('?'),
            Kind::Word | Kind::Name | Kind::Symbol => shown.push_str(text),
        }
    }
    let words: Vec<&str> = shown.split_whitespace().collect();
    words.join(" ").chars().take(MOST).collect()
}

/// The values of the plain strings in a statement, in order.
pub fn strings_in(sql: &str) -> Vec<String> {
    let plain = scan(sql).filter(|piece| piece.kind == Kind::String).map(|piece| &sql[piece.range]);
    plain.filter_map(|text| Some(text.strip_prefix('\'')?.strip_suffix('\'')?.replace("''", "'"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_told_in_order() {
        assert_eq!(strings_in("SELECT f('it''s', $$a$$, E'b', 'c')"), ["it's", "c"]);
    }

    #[test]
    fn strings_and_numbers_are_replaced_and_names_stay() {
        let query = "UPDATE t1 SET \"a b\" = 'secret', n = 125\n WHERE id = $1 AND b = $q$x$q$ -- note";
        assert_eq!(without_literals(query), "UPDATE t1 SET \"a b\" = ?, n = ? WHERE id = $1 AND b = ?");
    }
}
