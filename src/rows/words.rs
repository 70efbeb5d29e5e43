//! Rows, keys and values in sentences.

/// The number of rows, values and labels that are named.
pub const MOST: usize = 5;

/// In characters.
pub const LONGEST: usize = 60;

/// A value: bare if it is unambiguous in a sentence, otherwise quoted; limited in length.
pub fn value(value: Option<&str>) -> String {
    let Some(value) = value else { return "NULL".to_owned() };
    let is_plain = |c: char| c.is_alphanumeric() || "-_.:+@".contains(c);
    if !value.is_empty() && value.chars().all(is_plain) && value.chars().count() <= LONGEST {
        return value.to_owned();
    }
    quoted(value)
}

/// A value in quotes.
pub fn quoted(value: &str) -> String {
    let clean = |c: char| if c.is_control() { ' ' } else { c };
    let mut text: String = value.chars().take(LONGEST).map(clean).collect::<String>().replace('\'', "''");
    if is_cut(value) {
        text.push('…');
    }
    format!("'{text}'")
}

/// True if a sentence truncates the value.
pub fn is_cut(value: &str) -> bool {
    value.chars().count() > LONGEST
}

/// `id 5`, or `(a, b) (1, 2)`; empty without columns.
pub fn named(columns: &[String], values: &[Option<String>]) -> String {
    match (columns, values) {
        ([column], [one]) => format!("{column} {}", value(one.as_deref())),
        ([], _) => String::new(),
        _ => format!("({}) {}", columns.join(", "), tuple(values)),
    }
}

pub fn tuple(values: &[Option<String>]) -> String {
    format!("({})", values.iter().map(|one| value(one.as_deref())).collect::<Vec<_>>().join(", "))
}

/// `3 rows of t`, `1 row of t`; `rows of t` if they were not counted.
pub fn rows(count: Option<u64>, of: &str) -> String {
    match count {
        Some(1) => format!("1 row of {of}"),
        Some(count) => format!("{count} rows of {of}"),
        None => format!("rows of {of}"),
    }
}

/// The form of a verb for this count.
pub fn verb(count: Option<u64>, one: &'static str, many: &'static str) -> &'static str {
    if count == Some(1) { one } else { many }
}

/// `a, b, c and 4 more`; `a, b, …` if the total is unknown.
pub fn list(shown: &[String], in_all: Option<u64>) -> String {
    let text = shown.join(", ");
    match in_all.map(|all| usize::try_from(all).unwrap_or(usize::MAX).saturating_sub(shown.len())) {
        Some(0) => text,
        Some(more) => format!("{text} and {more} more"),
        None => format!("{text}, …"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owned(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|&text| text.to_owned()).collect()
    }

    #[test]
    fn a_value_is_told_from_the_words_around_it_and_cut() {
        for (given, shown) in [("42", "42"), ("a@b.c", "a@b.c"), ("", "''"), ("it's\nhere", "'it''s here'")] {
            assert_eq!(value(Some(given)), shown);
        }
        assert_eq!(value(None), "NULL");
        assert_eq!(value(Some(&"é".repeat(61))), format!("'{}…'", "é".repeat(60)));
    }

    #[test]
    fn rows_are_counted_and_listed() {
        let values = [Some("1".to_owned()), None];
        assert_eq!(named(&owned(&["id"]), &values[..1]), "id 1");
        assert_eq!(named(&owned(&["a", "b"]), &values), "(a, b) (1, NULL)");
        assert_eq!(
            (rows(Some(1), "t"), rows(Some(0), "t"), rows(None, "t")),
            ("1 row of t".into(), "0 rows of t".into(), "rows of t".into())
        );
        assert_eq!(list(&owned(&["1", "2"]), Some(2)), "1, 2");
        assert_eq!(list(&owned(&["1", "2"]), Some(9)), "1, 2 and 7 more");
        assert_eq!(list(&owned(&["1", "2"]), None), "1, 2, …");
    }
}
