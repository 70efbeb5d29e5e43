//! The meaning of a file's name.

use super::foreign;
use crate::failure::is_hidden;

/// `<id>_<description>.sql`, or `.down.sql` beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileName {
    Up {
        id: String,
        description: String,
    },
    /// `up` is the name of the up script to which it belongs.
    Down {
        up: String,
    },
}

/// The schema that the chain creates, beside its revisions.
pub const SNAPSHOT: &str = "schema.lockgate.json";

/// True for files that belong to no chain and need no explanation: hidden files (a ConfigMap volume contains `..data` links),
/// documentation and the snapshot.
pub fn is_ignored(file: &str) -> bool {
    file.starts_with('.') || file == SNAPSHOT || file.to_ascii_lowercase().ends_with(".md")
}

/// # Errors
/// The error of the name, in a sentence.
pub fn parse(file: &str) -> Result<FileName, String> {
    if file.chars().any(|c| is_hidden(c) || c == char::REPLACEMENT_CHARACTER) {
        return Err("the name holds a character that cannot be seen, or is not UTF-8".to_owned());
    }
    if let Some(what) = foreign::file(file) {
        return Err(what);
    }
    let Some(stem) = file.strip_suffix(".sql") else {
        return Err("not a revision: revisions are named ID_NAME.sql".to_owned());
    };
    if let Some(stem) = stem.strip_suffix(".down") {
        return Ok(FileName::Down { up: format!("{stem}.sql") });
    }
    let (id, description) = stem.split_once('_').unwrap_or((stem, ""));
    if id.is_empty() {
        return Err("no id stands before the first `_`".to_owned());
    }
    if let Some(bad) = id.chars().find(|c| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '.'))) {
        return Err(format!("the id {id:?} holds {bad:?}: letters, digits, `-` and `.` make an id"));
    }
    if matches!(id, "head" | "base") {
        return Err(format!("{id} is a word of the TARGET argument, and no id"));
    }
    Ok(FileName::Up { id: id.to_owned(), description: description.replace('_', " ") })
}

/// The milliseconds since 1970 of `YYYYMMDDhhmmss`; further digits are milliseconds.
pub fn utc(digits: &str) -> i128 {
    let part = |from: usize, to: usize| digits.get(from..to).and_then(|part| part.parse::<i128>().ok()).unwrap_or(0);
    let (year, month, day) = (part(0, 4), part(4, 6), part(6, 8));
    // The days since 1970 of a date, after Howard Hinnant's algorithm.
    let shifted = if month <= 2 { year - 1 } else { year };
    let of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    let days = shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + of_year - 719_468;
    (((days * 24 + part(8, 10)) * 60 + part(10, 12)) * 60 + part(12, 14)) * 1000 + part(14, 17)
}

/// A name as words of a file name.
pub fn file_words(name: &str) -> String {
    let words: Vec<String> = name
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    words.join("_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_stands_before_the_first_underscore() {
        let up = FileName::Up { id: "0006".into(), description: "add rate limiting".into() };
        assert_eq!(parse("0006_add_rate_limiting.sql"), Ok(up));
        assert_eq!(parse("0006_x.down.sql"), Ok(FileName::Down { up: "0006_x.sql".into() }));
    }

    #[test]
    fn a_name_becomes_words_of_a_file() {
        assert_eq!(file_words("Add e-mail (unique)"), "add_e_mail_unique");
    }

    #[test]
    fn what_is_no_revision_is_said() {
        for bad in [
            "notes.txt",
            "_x.sql",
            "0001_x.up.sql",
            "a b_x.sql",
            "head_x.sql",
            ".sql",
            "1_a\u{1b}.sql",
            "1_a\u{202e}.sql",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
