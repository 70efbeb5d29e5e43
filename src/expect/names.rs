//! The names that the server chooses for unnamed objects (PostgreSQL source: `makeObjectName`, `ChooseRelationName`,
//! `ChooseConstraintName`, `ChooseIndexNameAddition`).

use crate::pg::name::MAX_IDENTIFIER;

/// `{table}_{addition}_{label}`, truncated to 63 bytes, with the first number after the label that makes it unique.
pub fn choose(table: &str, addition: Option<&str>, label: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let mut label_now = label.to_owned();
    for pass in 1.. {
        let name = object_name(table, addition, &label_now);
        if !is_taken(&name) {
            return name;
        }
        label_now = format!("{label}{pass}");
    }
    unreachable!("some number is free")
}

fn object_name(first: &str, second: Option<&str>, label: &str) -> String {
    let overhead = label.len() + 1 + usize::from(second.is_some());
    let room = MAX_IDENTIFIER.saturating_sub(overhead);
    let mut lengths = (first.len(), second.map_or(0, str::len));
    while lengths.0 + lengths.1 > room {
        if lengths.0 > lengths.1 { lengths.0 -= 1 } else { lengths.1 -= 1 }
    }
    let mut name = clip(first, lengths.0).to_owned();
    if let Some(second) = second {
        name.push('_');
        name.push_str(clip(second, lengths.1));
    }
    name.push('_');
    name.push_str(label);
    name
}

/// The longest prefix of whole characters within a number of bytes.
fn clip(text: &str, bytes: usize) -> &str {
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// The columns' names, joined up to the length of a name.
pub fn addition<'a>(columns: impl IntoIterator<Item = &'a str>) -> String {
    let mut joined = String::new();
    for column in columns {
        if !joined.is_empty() {
            joined.push('_');
        }
        joined.push_str(column);
        if joined.len() > MAX_IDENTIFIER {
            break;
        }
    }
    clip(&joined, joined.len().min(2 * MAX_IDENTIFIER)).to_owned()
}

/// The names of an index's columns: a duplicate gets a number.
pub fn distinct(labels: &[String]) -> Vec<String> {
    let mut names: Vec<String> = Vec::with_capacity(labels.len());
    for label in labels {
        let mut name = label.clone();
        let mut number = 1;
        while names.contains(&name) {
            let digits = number.to_string();
            name = format!("{}{digits}", clip(label, MAX_IDENTIFIER - digits.len()));
            number += 1;
        }
        names.push(name);
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_numbered_until_it_is_free() {
        let taken = ["t_a_idx", "t_a_idx1"];
        assert_eq!(choose("t", Some("a"), "idx", |name| taken.contains(&name)), "t_a_idx2");
        assert_eq!(choose("t", None, "pkey", |_| false), "t_pkey");
    }

    #[test]
    fn the_longer_part_is_cut_first() {
        let name = choose(&"a".repeat(50), Some(&"b".repeat(20)), "key", |_| false);
        assert_eq!(name.len(), 63);
        assert_eq!(name, format!("{}_{}_key", "a".repeat(38), "b".repeat(20)));
        assert_eq!(choose(&"é".repeat(40), None, "pkey", |_| false), format!("{}_pkey", "é".repeat(29)));
    }

    #[test]
    fn equal_columns_are_numbered() {
        let labels = ["lower", "lower", "a"].map(str::to_owned);
        assert_eq!(distinct(&labels), ["lower", "lower1", "a"]);
    }
}
