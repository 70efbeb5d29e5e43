//! Errors of the settings. No text here contains a value that could be a secret.

use crate::failure::{Code, Coded};

/// One wrong setting. `name` is the variable; the flag of the same name counts as the variable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The value cannot be parsed, or contradicts another.
    #[error("{name}: {problem}")]
    Setting { name: String, problem: String },
    /// The file of a `NAME_FILE` variable is unusable.
    #[error("{name}: {problem}")]
    Secret { name: String, problem: String },
    /// No variable names the database.
    #[error("no database is named")]
    NoDatabase,
}

impl ConfigError {
    pub(super) fn setting(name: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Setting { name: name.into(), problem: problem.into() }
    }

    pub(super) fn secret(name: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Secret { name: name.into(), problem: problem.into() }
    }
}

impl Coded for ConfigError {
    fn code(&self) -> Code {
        match self {
            Self::Setting { .. } => Code::SETTINGS,
            Self::Secret { .. } => Code::SECRET_UNREADABLE,
            Self::NoDatabase => Code::NO_DATABASE,
        }
    }
}

/// Every invalid setting of a run; at least one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", headline(items))]
pub struct ConfigErrors {
    items: Vec<ConfigError>,
}

impl ConfigErrors {
    /// `None` if there is no error.
    pub(super) fn of(items: Vec<ConfigError>) -> Option<Self> {
        (!items.is_empty()).then_some(Self { items })
    }

    pub fn items(&self) -> &[ConfigError] {
        &self.items
    }
}

impl Coded for ConfigErrors {
    /// The code that all items share, otherwise [`Code::SETTINGS`].
    fn code(&self) -> Code {
        let mut codes = self.items.iter().map(Coded::code);
        let first = codes.next().unwrap_or(Code::SETTINGS);
        if codes.all(|code| code == first) { first } else { Code::SETTINGS }
    }

    fn details(&self) -> Vec<String> {
        self.items.iter().map(ToString::to_string).collect()
    }
}

fn headline(items: &[ConfigError]) -> String {
    match items.len() {
        1 => "1 setting cannot be read".to_owned(),
        n => format!("{n} settings cannot be read"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mixed_errors_are_wrong_settings_and_equal_ones_keep_their_code() {
        let secret = ConfigError::secret("A_FILE", "is not there");
        let setting = ConfigError::setting("B", "is wrong");
        let code = |items: &[ConfigError]| ConfigErrors::of(items.to_vec()).unwrap().code();
        assert_eq!(code(std::slice::from_ref(&secret)), Code::SECRET_UNREADABLE);
        assert_eq!(code(&[secret, setting]), Code::SETTINGS);
    }
}
