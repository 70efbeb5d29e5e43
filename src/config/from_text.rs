//! Parses the texts of the settings into their types, and collects every error.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use tracing_subscriber::EnvFilter;

use super::error::ConfigError;
use super::settings::PREFIX;
use super::{
    Ahead, AlembicHeads, CommitWait, FirstContact, HistoryTable, Layout, LogFormat, OnDestructive, OnMismatch,
    OutOfOrder, Program, Readiness, RunnerTable, Secret, TheirHistory, Tool, Verify, listen, their_history,
};

/// The settings' texts, and the errors of those that were read.
pub struct Texts {
    given: BTreeMap<&'static str, Text>,
    errors: Vec<ConfigError>,
}

/// The text of a setting: a configured one, or its default.
pub struct Text {
    pub text: String,
    pub is_default: bool,
}

impl Texts {
    pub(super) fn new(given: BTreeMap<&'static str, Text>, errors: Vec<ConfigError>) -> Self {
        Self { given, errors }
    }

    /// Returns none for an invalid text, whose error is recorded, and an inner none without a text.
    pub(super) fn read<T: FromText>(&mut self, name: &'static str) -> Option<Option<T::Value>> {
        let Some(text) = self.given.get(name) else { return Some(None) };
        match T::read(text) {
            Ok(value) => Some(Some(value)),
            Err(problem) => {
                self.errors.push(ConfigError::setting(format!("{PREFIX}{name}"), problem));
                None
            }
        }
    }

    pub(super) fn into_errors(self) -> Vec<ConfigError> {
        self.errors
    }
}

/// A type that is parsed from a setting's text.
pub trait FromText {
    /// The parsed type, which the configuration stores.
    type Value;

    /// # Errors
    /// A sentence without a subject. It may contain the text only if that cannot be a secret.
    fn from_text(text: &str) -> Result<Self::Value, String>;

    /// # Errors
    /// As [`FromText::from_text`].
    fn read(text: &Text) -> Result<Self::Value, String> {
        Self::from_text(&text.text)
    }
}

/// A configured value, or the default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Given<T> {
    pub value: T,
    pub is_default: bool,
}

impl<T: FromText<Value = T>> FromText for Given<T> {
    type Value = Self;

    fn from_text(text: &str) -> Result<Self, String> {
        Ok(Self { value: T::from_text(text)?, is_default: false })
    }

    fn read(text: &Text) -> Result<Self, String> {
        Ok(Self { is_default: text.is_default, ..Self::from_text(&text.text)? })
    }
}

/// PostgreSQL's timeouts are 32-bit milliseconds, 24.8 days.
const LONGEST: Duration = Duration::from_secs(24 * 24 * 60 * 60);

impl FromText for Duration {
    type Value = Self;

    fn from_text(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.parse::<f64>().is_ok_and(|number| number != 0.0) {
            return Err(format!("{text:?} has no unit: write {text}s, {text}m or {text}ms"));
        }
        let duration = humantime::parse_duration(text)
            .map_err(|_| format!("{}is not a duration such as 500ms, 30s, 5m or 1h30m", shown(text)))?;
        match duration {
            Duration::ZERO => Ok(duration),
            _ if duration < Duration::from_millis(1) => Err("must be 0 or at least 1ms".to_owned()),
            _ if duration > LONGEST => Err("must not be longer than 24 days".to_owned()),
            _ => Ok(duration),
        }
    }
}

impl FromText for PathBuf {
    type Value = Self;

    fn from_text(text: &str) -> Result<Self, String> {
        Ok(Self::from(text))
    }
}

impl FromText for HistoryTable {
    type Value = Self;

    fn from_text(text: &str) -> Result<Self, String> {
        Self::parse(text)
    }
}

impl FromText for SocketAddr {
    type Value = Self;

    fn from_text(text: &str) -> Result<Self, String> {
        listen::parse(text.trim())
    }
}

/// A number of rounds; at least one, because none would be no protection.
pub struct Iterations;

impl FromText for Iterations {
    type Value = u32;

    fn from_text(text: &str) -> Result<u32, String> {
        match text.trim().parse() {
            Ok(count @ 1..) => Ok(count),
            _ => Err(format!("{}is not a whole number from 1 on", shown(text))),
        }
    }
}

/// The words of `LOCKGATE_PASSWORD_COMMAND`, split as a shell splits them; at least one.
pub struct Words;

impl FromText for Words {
    type Value = Vec<String>;

    fn from_text(text: &str) -> Result<Vec<String>, String> {
        match shlex::split(text) {
            None => Err("has a quote that is not closed, or a \\ at its end".to_owned()),
            Some(words) if words.first().is_none_or(String::is_empty) => Err("holds no command".to_owned()),
            Some(words) => Ok(words),
        }
    }
}

/// The names of roles, separated by commas, as the catalog stores them; surrounding quotes are removed.
pub struct Roles;

impl FromText for Roles {
    type Value = Vec<String>;

    fn from_text(text: &str) -> Result<Vec<String>, String> {
        let name = |name: &str| match name.strip_prefix('"').and_then(|name| name.strip_suffix('"')) {
            Some(inside) => inside.replace("\"\"", "\""),
            None => name.to_owned(),
        };
        let names: Vec<String> = text.split(',').map(|part| name(part.trim())).collect();
        if names.iter().any(String::is_empty) {
            return Err("is not a list of roles such as owner,deployer".to_owned());
        }
        Ok(names)
    }
}

/// Any word.
pub struct Word;

impl FromText for Word {
    type Value = String;

    fn from_text(text: &str) -> Result<String, String> {
        Ok(text.trim().to_owned())
    }
}

/// Alembic's version table is always kept, so its word without a table has no effect.
impl FromText for TheirHistory {
    type Value = Self;

    fn from_text(text: &str) -> Result<Self, String> {
        match Self::parse(text) {
            Err(_) if !is_known_tool(text) => Err(no_history(text)),
            parsed => parsed,
        }
    }
}

fn is_known_tool(text: &str) -> bool {
    let word = text.trim().split(':').next().unwrap_or_default();
    word == "alembic"
        || Tool::ALL.iter().any(|tool| tool.word() == word)
        || Program::ALL.iter().any(|program| program.word() == word && program.history().is_some())
}

fn no_history(text: &str) -> String {
    let words = their_history::words();
    format!("{}is not TOOL or TOOL:SCHEMA.TABLE with one of alembic, {words}", shown(text))
}

impl FromText for RunnerTable {
    type Value = Self;

    fn from_text(text: &str) -> Result<Self, String> {
        Self::parse(text)
    }
}

/// A text that is never shown.
pub struct Hidden;

impl FromText for Hidden {
    type Value = Secret;

    fn from_text(text: &str) -> Result<Secret, String> {
        Ok(Secret::new(text.trim()))
    }
}

/// `yes` or `no`.
pub struct Switch;

impl FromText for Switch {
    type Value = bool;

    fn from_text(text: &str) -> Result<bool, String> {
        one_of(text, &[("yes", true), ("no", false)])
    }
}

/// A directive list that [`EnvFilter`] takes.
pub struct LogFilter;

impl FromText for LogFilter {
    type Value = String;

    fn from_text(text: &str) -> Result<String, String> {
        let wrong = || "is not a filter such as info, debug or info,lockgate=debug".to_owned();
        // EnvFilter takes a word that is not a level for a target: `verbose` would log nothing at all.
        let word = text.trim();
        let level = word.parse::<tracing_subscriber::filter::LevelFilter>().is_ok();
        if !level && !word.starts_with("lockgate") && word.chars().all(|c| c.is_ascii_alphanumeric()) {
            return Err(wrong());
        }
        EnvFilter::try_new(word).map_err(|_| wrong())?;
        Ok(word.to_owned())
    }
}

impl FromText for Layout {
    type Value = Self;

    fn from_text(text: &str) -> Result<Self, String> {
        let own = [("auto", Self::Auto), ("native", Self::Native), ("alembic", Self::Alembic)];
        let tools = Tool::ALL.iter().map(|tool| (tool.word(), Self::Tool(*tool)));
        let programs = Program::ALL.iter().map(|program| (program.word(), Self::Program(*program)));
        one_of(text, &own.into_iter().chain(tools).chain(programs).collect::<Vec<_>>())
    }
}

impl FromText for LogFormat {
    type Value = Self;

    fn from_text(text: &str) -> Result<Self, String> {
        one_of(text, &[("auto", None), ("text", Some(Self::Text)), ("json", Some(Self::Json))])
            .map(|format| format.unwrap_or(if std::io::stderr().is_terminal() { Self::Text } else { Self::Json }))
    }
}

macro_rules! words {
    ($($type:ident { $($word:literal => $variant:ident),* })*) => {$(
        impl FromText for $type {
            type Value = Self;

            fn from_text(text: &str) -> Result<Self, String> {
                one_of(text, &[$(($word, Self::$variant)),*])
            }
        }
    )*};
}

words! {
    OnMismatch { "converge" => Converge, "fail" => Fail }
    Verify { "off" => Off, "warn" => Warn, "enforce" => Enforce }
    OnDestructive { "warn" => Warn, "refuse" => Refuse, "allow" => Allow }
    CommitWait { "once" => Once, "each" => Each }
    Ahead { "allow" => Allow, "fail" => Fail }
    OutOfOrder { "fail" => Fail, "allow" => Allow }
    FirstContact { "prove" => Prove, "refuse" => Refuse, "migrate" => Migrate }
    AlembicHeads { "one" => One, "many" => Many }
    Readiness { "latched" => Latched, "live" => Live }
}

fn one_of<T: Copy>(text: &str, choices: &[(&str, T)]) -> Result<T, String> {
    let found = choices.iter().find(|(word, _)| word.eq_ignore_ascii_case(text.trim()));
    found.map(|&(_, value)| value).ok_or_else(|| {
        let words: Vec<_> = choices.iter().map(|&(word, _)| word).collect();
        format!("{}is not one of {}", shown(text), words.join(", "))
    })
}

/// The value for a message, followed by a space: a short plain word, otherwise empty.
fn shown(text: &str) -> String {
    let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || " ._-".contains(c));
    if plain && text.len() <= 16 { format!("{text:?} ") } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units() {
        for (text, millis) in
            [("0", 0), ("500ms", 500), ("30s", 30_000), ("5m", 300_000), ("1h", 3_600_000), ("1m30s", 90_000)]
        {
            assert_eq!(Duration::from_text(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for bad in ["5", "1.5", "-1s", "s", "", "5 minutez", "1us", "25days", "99999999999999999999s", "inf"] {
            assert!(Duration::from_text(bad).is_err(), "{bad}");
        }
        assert_eq!(Duration::from_text("5").unwrap_err(), "\"5\" has no unit: write 5s, 5m or 5ms");
    }

    #[test]
    fn a_word_that_is_none_of_the_choices_is_refused_with_them() {
        assert_eq!(Ahead::from_text("Allow"), Ok(Ahead::Allow));
        assert_eq!(Ahead::from_text("no").unwrap_err(), "\"no\" is not one of allow, fail");
        assert_eq!(Ahead::from_text("postgres://u:pw@h").unwrap_err(), "is not one of allow, fail");
    }

    #[test]
    fn commands_split_as_a_shell_splits_them() {
        let words = |text: &str| Words::from_text(text);
        assert_eq!(words("aws 'a b' \"c\\\"d\" e\\ f").unwrap(), ["aws", "a b", "c\"d", "e f"]);
        for bad in ["'a", "a\\", " ", "''"] {
            assert!(words(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn roles_stand_between_commas_as_the_catalog_has_them() {
        let roles = |text: &str| Roles::from_text(text);
        assert_eq!(roles("owner, \"My \"\"Role\"\"\",A-b").unwrap(), ["owner", "My \"Role\"", "A-b"]);
        for bad in ["", "a,,b", "a,", "\"\""] {
            assert!(roles(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn log_filters_are_checked() {
        for good in ["info", "DEBUG", "off", "lockgate", "info,lockgate::lock=trace", "a=b,info"] {
            let read = LogFilter::from_text(good).is_ok();
            assert_eq!(read, good != "a=b,info", "{good}");
        }
        for bad in ["verbose", "info,lockgate=loud"] {
            assert!(LogFilter::from_text(bad).is_err(), "{bad}");
        }
    }
}
