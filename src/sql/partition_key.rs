//! The key of a partitioned table: compares a script's with the server's.

use super::equality::{OF_THE_SERVER, is_same_statement};
use super::{Template, words_in};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keys {
    Equal,
    Different,
    /// The server may print an expression of it differently.
    Unclear,
}

/// Compares `RANGE (a, lower(b))`; the text in parentheses has the form of an index's keys.
pub fn compare(wanted: &str, found: &str) -> Keys {
    let (Some((kind, wanted)), Some((other, found))) = (parts(wanted), parts(found)) else { return Keys::Different };
    let index = |keys: &str| format!("CREATE INDEX own ON t {keys}");
    if !kind.eq_ignore_ascii_case(other) {
        Keys::Different
    } else if is_same_statement(&index(wanted), &index(found), OF_THE_SERVER) {
        Keys::Equal
    } else if wanted.matches('(').count() > 1 {
        Keys::Unclear
    } else {
        Keys::Different
    }
}

/// The key with a column of the table renamed; none if an expression may mean another column.
pub fn rename_column(key: &str, from: &str, to: &str) -> Option<String> {
    let (kind, keys) = parts(key)?;
    let index = Template::index_over(keys).rename_column(from, to)?;
    let (_, keys) = parts(index.after_table()?)?;
    Some(format!("{kind} {keys}"))
}

/// True if a column is part of the key, or an expression in it reads the column.
pub fn has_column(key: &str, column: &str) -> bool {
    parts(key).is_some_and(|(_, keys)| words_in(keys).any(|word| word == column))
}

fn parts(text: &str) -> Option<(&str, &str)> {
    let open = text.find('(')?;
    Some((text[..open].trim(), &text[open..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_compared_as_trees_and_an_expression_may_be_unclear() {
        assert_eq!(compare("RANGE (a, (lower(b)))", "RANGE (a, lower(b))"), Keys::Equal);
        assert_eq!(compare("list(a)", "LIST (a)"), Keys::Equal);
        assert_eq!(compare("LIST (a)", "LIST (b)"), Keys::Different);
        assert_eq!(compare("LIST (a)", "HASH (a)"), Keys::Different);
        assert_eq!(compare("RANGE (lower(b))", "RANGE (lower((b)::text))"), Keys::Unclear);
    }

    #[test]
    fn a_column_is_renamed_in_the_key_and_in_its_expressions() {
        let renamed = |key| rename_column(key, "b", "New");
        assert_eq!(renamed("LIST (b)").as_deref(), Some("LIST (\"New\")"));
        assert_eq!(renamed("RANGE (a, lower(b) text_ops)").as_deref(), Some("RANGE (a, lower(\"New\") text_ops)"));
        assert_eq!(renamed("HASH (a)").as_deref(), Some("HASH (a)"));
        assert!(has_column("RANGE (a, lower(b))", "b") && !has_column("RANGE (a)", "b"));
    }
}
