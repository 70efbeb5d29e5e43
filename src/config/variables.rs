//! The environment overlaid by the flags: one map, in which a variable is a value or names a file with the value.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use super::error::ConfigError;
use super::secret::Secret;
use super::secret_file;

/// The variables of the environment and of the flags.
#[derive(Default)]
pub(super) struct Variables {
    /// The values. An empty value counts as unset.
    values: BTreeMap<String, Secret>,
    /// Variables whose values are not UTF-8; an error only if one of them is used.
    not_utf8: BTreeSet<String>,
}

impl Variables {
    pub(super) fn new(
        vars: impl IntoIterator<Item = (OsString, OsString)>,
        overrides: impl IntoIterator<Item = (String, String)>,
    ) -> Self {
        let mut all = Self::default();
        for (name, value) in vars {
            let name = name.to_string_lossy().into_owned();
            match value.into_string() {
                Ok(value) => _ = all.values.insert(name, Secret::new(value)),
                Err(_) => _ = all.not_utf8.insert(name),
            }
        }
        for (name, value) in overrides {
            let file = file_variable(&name);
            all.values.remove(&file);
            all.not_utf8.remove(&file);
            all.not_utf8.remove(&name);
            all.values.insert(name, Secret::new(value));
        }
        all.values.retain(|_, value| !value.expose().is_empty());
        all
    }

    /// The plain value of one variable.
    pub(super) fn value(&self, name: &str) -> Result<Option<&str>, ConfigError> {
        if self.not_utf8.contains(name) {
            return Err(ConfigError::setting(name, "is not UTF-8"));
        }
        Ok(self.values.get(name).map(Secret::expose))
    }

    /// The source of the value of `name`: the variable itself, or the file that `name_FILE` names.
    pub(super) fn given(&self, name: &str) -> Result<Option<Given>, ConfigError> {
        let file_variable = file_variable(name);
        match (self.value(name)?, self.value(&file_variable)?) {
            (None, None) => Ok(None),
            (Some(value), None) => Ok(Some(Given::Value(Secret::new(value)))),
            (None, Some(path)) => Ok(Some(Given::File(PathBuf::from(path), Arc::default()))),
            (Some(_), Some(_)) => {
                Err(ConfigError::setting(name, format!("is set, and {file_variable} too: unset one of them")))
            }
        }
    }

    /// The set variables that begin with `prefix`, with their values; `None` is a value that is not UTF-8.
    pub(super) fn starting_with<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, Option<&'a str>)> {
        let values = self.values.iter().map(|(name, value)| (name.as_str(), Some(value.expose())));
        let broken = self.not_utf8.iter().map(|name| (name.as_str(), None));
        values.chain(broken).filter(move |(name, _)| name.starts_with(prefix))
    }
}

/// The variable that names a file with the value.
pub(super) fn file_variable(name: &str) -> String {
    format!("{name}_FILE")
}

/// The source of one variable's value.
#[derive(Clone)]
pub(super) enum Given {
    Value(Secret),
    /// Read again at every use, because secrets rotate. A pipe (`<(…)` of a shell) can be read only once, so its content is kept.
    File(PathBuf, Arc<OnceLock<Secret>>),
}

impl Given {
    /// The current value. `name` is the variable without `_FILE`.
    pub(super) fn read(&self, name: &str) -> Result<Secret, ConfigError> {
        match self {
            Self::Value(secret) => Ok(secret.clone()),
            Self::File(path, kept) => match kept.get() {
                Some(secret) => Ok(secret.clone()),
                None => secret_file::read(&file_variable(name), path, kept),
            },
        }
    }

    /// The variable to name in a message about the value.
    pub(super) fn variable(&self, name: &str) -> String {
        match self {
            Self::Value(_) => name.to_owned(),
            Self::File(..) => file_variable(name),
        }
    }
}

/// Hides even the path: a secret in place of a path is a common mistake.
impl fmt::Debug for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Value(_) => "[value]",
            Self::File(..) => "[file]",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::ffi::OsStringExt;

    fn vars(pairs: &[(&str, &str)]) -> Vec<(OsString, OsString)> {
        pairs.iter().map(|(name, value)| (name.into(), value.into())).collect()
    }

    #[test]
    fn a_flag_wins_over_the_variable_and_over_its_file() {
        let overrides = vec![("A".to_owned(), "flag".to_owned())];
        for env in [vars(&[("A", "env")]), vars(&[("A_FILE", "/nowhere")])] {
            let all = Variables::new(env, overrides.clone());
            assert_eq!(all.given("A").unwrap().unwrap().read("A").unwrap().expose(), "flag");
        }
    }

    #[test]
    fn an_empty_value_counts_as_unset() {
        let all = Variables::new(vars(&[("A", ""), ("A_FILE", "")]), []);
        assert!(all.given("A").unwrap().is_none());
    }

    #[test]
    fn a_value_that_is_not_utf8_matters_only_when_asked_for() {
        let all = Variables::new([("A".into(), OsString::from_vec(vec![0xff]))], []);
        assert!(all.given("B").unwrap().is_none());
        assert_eq!(all.given("A").unwrap_err().to_string(), "A: is not UTF-8");
    }

    #[test]
    fn a_value_and_a_file_together_are_refused() {
        let all = Variables::new(vars(&[("A", "x"), ("A_FILE", "/y")]), []);
        assert_eq!(all.given("A").unwrap_err().to_string(), "A: is set, and A_FILE too: unset one of them");
    }
}
