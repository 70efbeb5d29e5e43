//! The values around a chain that its tool puts into scripts: the environment, and the names of the connection.

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use super::timestamp::timestamp;
use crate::config::Database;

/// The environment and the connection, read when a script needs them.
#[derive(Debug, Default)]
pub struct Around {
    variables: OnceLock<BTreeMap<String, String>>,
    database: Option<Database>,
    names: OnceLock<Option<Names>>,
}

/// The names of a connection.
#[derive(Clone, Debug, Default)]
pub struct Names {
    pub user: String,
    pub database: String,
    /// The first schema of the search_path that the connection asks for.
    pub schema: Option<String>,
}

impl Around {
    /// The environment of this process.
    pub fn process(database: &Database) -> Self {
        Self { database: Some(database.clone()), ..Self::default() }
    }

    /// The given variables and names.
    pub fn given(variables: BTreeMap<String, String>, names: Option<Names>) -> Self {
        Self { variables: OnceLock::from(variables), database: None, names: OnceLock::from(names) }
    }

    /// The variables whose names and values are UTF-8.
    pub fn variables(&self) -> &BTreeMap<String, String> {
        let own = || {
            let texts = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
                Some((name.into_string().ok()?, value.into_string().ok()?))
            };
            std::env::vars_os().filter_map(texts).collect()
        };
        self.variables.get_or_init(own)
    }

    pub fn variable(&self, name: &str) -> Option<&str> {
        self.variables().get(name).map(String::as_str)
    }

    /// The name of the role that connects.
    pub fn user(&self) -> Option<&str> {
        self.names().map(|names| names.user.as_str())
    }

    /// The name of the database.
    pub fn database(&self) -> Option<&str> {
        self.names().map(|names| names.database.as_str())
    }

    /// The names of the connection; none if no database is known.
    pub fn names(&self) -> Option<&Names> {
        let resolved = || {
            let target = self.database.as_ref()?.resolve().ok()?;
            Some(Names { schema: target.first_schema(), user: target.user, database: target.dbname })
        };
        self.names.get_or_init(resolved).as_ref()
    }

    /// The present time in UTC, as `2024-01-31 12:34:56`.
    pub fn moment(&self) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let digits = timestamp(now.as_secs()).to_string();
        let mut text = String::with_capacity(19);
        for (at, digit) in digits.chars().enumerate() {
            text += match at {
                4 | 6 => "-",
                8 => " ",
                10 | 12 => ":",
                _ => "",
            };
            text.push(digit);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_moment_has_the_form_of_a_timestamp() {
        let moment = Around::default().moment();
        let form: String = moment.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
        assert_eq!(form, "0000-00-00 00:00:00");
    }
}
