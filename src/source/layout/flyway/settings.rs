//! Flyway's settings: `flyway.conf` and `flyway.toml` in the directory or the one around it, the environment, and those of a script.

use std::collections::BTreeMap;

use super::super::lines;
use super::super::tree::{Content, Tree};
use crate::source::{Around, Problem};

/// The settings that decide about the placeholders in scripts, by their names without `flyway.`; a later source wins.
#[derive(Debug, Default)]
pub struct Project(BTreeMap<String, String>);

/// The folders in which Flyway is run, the weaker first.
const FOLDERS: [&str; 2] = ["..", "."];

/// Variables of the environment and their settings.
const VARIABLES: &[(&str, &str)] = &[
    ("FLYWAY_PLACEHOLDER_REPLACEMENT", "placeholderReplacement"),
    ("FLYWAY_PLACEHOLDER_PREFIX", "placeholderPrefix"),
    ("FLYWAY_PLACEHOLDER_SUFFIX", "placeholderSuffix"),
    ("FLYWAY_PLACEHOLDER_SEPARATOR", "placeholderSeparator"),
    ("FLYWAY_DEFAULT_SCHEMA", "defaultSchema"),
    ("FLYWAY_SCHEMAS", "schemas"),
    ("FLYWAY_TABLE", "table"),
    ("FLYWAY_ENVIRONMENT", "environment"),
];

/// The beginning of a setting's name that gives a placeholder its value.
const OF_PLACEHOLDER: &str = "placeholders.";

impl Project {
    pub fn of(tree: &Tree, problems: &mut Vec<Problem>) -> Self {
        let mut project = Self::default();
        for folder in FOLDERS {
            if let Some(content) = tree.settings(folder, "flyway.conf", problems) {
                project.take_conf(&content, tree.around(), problems);
            }
            for file in ["flyway.toml", "flyway.user.toml"] {
                if let Some(content) = tree.settings(folder, file, problems) {
                    project.take_toml(&content, tree.around(), problems);
                }
            }
        }
        project.take_environment(tree.around());
        project
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The schema in which Flyway runs the scripts, if the settings say one.
    pub fn schema(&self) -> Option<&str> {
        let first = || self.get("schemas").and_then(|schemas| schemas.split(',').map(str::trim).next());
        self.get("defaultSchema").or_else(first).filter(|schema| !schema.is_empty())
    }

    /// The difference between that schema and the connection's, which Flyway would set. Without a setting, that is `public`.
    pub fn other_schema(&self, around: &Around) -> Option<Problem> {
        let (wanted, names) = (self.schema()?, around.names()?);
        let found = names.schema.as_deref().unwrap_or("public");
        (found != wanted).then(|| Problem::Name {
            file: "Flyway's settings".to_owned(),
            why: format!(
                "they run the scripts in the schema {wanted} (defaultSchema, or the first of schemas), and the connection begins in \
                 {found}: add schema={wanted} to LOCKGATE_DATABASE_URL"
            ),
        })
    }

    /// The value of a placeholder; Flyway compares its name without case.
    pub fn placeholder(&self, name: &str) -> Option<&str> {
        self.get(&format!("{OF_PLACEHOLDER}{}", name.to_lowercase()))
    }

    fn set(&mut self, name: &str, value: &str) {
        let name = match name.strip_prefix(OF_PLACEHOLDER) {
            Some(placeholder) => format!("{OF_PLACEHOLDER}{}", placeholder.to_lowercase()),
            None => name.to_owned(),
        };
        self.0.insert(name, value.to_owned());
    }

    fn take_environment(&mut self, around: &Around) {
        for (name, value) in around.variables() {
            if let Some(placeholder) = name.strip_prefix("FLYWAY_PLACEHOLDERS_") {
                self.set(&format!("{OF_PLACEHOLDER}{placeholder}"), value);
            } else if let Some((_, setting)) = VARIABLES.iter().find(|(variable, _)| variable == name) {
                self.set(setting, value);
            }
        }
    }

    /// `flyway.NAME=VALUE`, with `${VARIABLE}` of the environment in the values.
    fn take_conf(&mut self, content: &Content, around: &Around, problems: &mut Vec<Problem>) {
        for line in lines::lines(&content.text) {
            let text = line.text.trim_start();
            let Some((key, value)) = text.split_once('=').filter(|_| !text.starts_with(['#', '!'])) else { continue };
            let Some(name) = key.trim_end().strip_prefix("flyway.") else { continue };
            let variable = |name: &str| Some(around.variable(name).unwrap_or_default().to_owned());
            match expanded(value.trim_start(), variable) {
                Ok(value) if value.ends_with('\\') => problems.push(Problem::Line {
                    file: content.file.clone(),
                    line: line.number,
                    message: "a value of several lines, which lockgate does not read: write it in one line".to_owned(),
                }),
                Ok(value) => self.set(name, &value),
                Err(_) => self.set(name, value.trim_start()),
            }
        }
    }

    /// `[flyway]` and `[flyway.placeholders]`, with `${env.VARIABLE}` in the values.
    fn take_toml(&mut self, content: &Content, around: &Around, problems: &mut Vec<Problem>) {
        let document: toml::Table = match content.text.parse() {
            Ok(document) => document,
            Err(_) => {
                let why = "it cannot be read as TOML".to_owned();
                problems.push(Problem::Name { file: content.file.clone(), why });
                return;
            }
        };
        let Some(flyway) = document.get("flyway").and_then(toml::Value::as_table) else { return };
        let placeholders = flyway.get("placeholders").and_then(toml::Value::as_table);
        let nested = placeholders.into_iter().flatten().map(|(name, value)| (format!("{OF_PLACEHOLDER}{name}"), value));
        for (name, value) in flyway.iter().map(|(name, value)| (name.clone(), value)).chain(nested) {
            let variable = |name: &str| around.variable(name.strip_prefix("env.")?).map(str::to_owned);
            match expanded(&plain(value), variable) {
                Ok(value) => self.set(&name, &value),
                Err(unknown) => problems.push(Problem::Name {
                    file: content.file.clone(),
                    why: format!(
                        "{name} takes its value from ${{{unknown}}}, which lockgate cannot have: it knows ${{env.VARIABLE}} of \
                         variables that are set"
                    ),
                }),
            }
        }
    }
}

/// A value as Flyway reads it; a list with commas.
fn plain(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => text.clone(),
        toml::Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(","),
        toml::Value::Table(_) => String::new(),
        toml::Value::Integer(number) => number.to_string(),
        toml::Value::Float(number) => number.to_string(),
        toml::Value::Boolean(is) => is.to_string(),
        toml::Value::Datetime(moment) => moment.to_string(),
    }
}

/// A text with the values of its `${…}`.
///
/// # Errors
/// The first name without a value.
fn expanded(text: &str, value: impl Fn(&str) -> Option<String>) -> Result<String, String> {
    let (mut out, mut rest) = (String::new(), text);
    while let Some((before, behind)) = rest.split_once("${") {
        let Some((name, after)) = behind.split_once('}') else { break };
        out += before;
        out += &value(name).ok_or_else(|| name.to_owned())?;
        rest = after;
    }
    Ok(out + rest)
}

/// `SCRIPT.conf`: the settings of one script.
pub struct OfScript {
    pub in_transaction: bool,
    /// `placeholderReplacement`, if it is said.
    pub replaces: Option<bool>,
}

impl OfScript {
    pub fn of(tree: &Tree, script: &str, problems: &mut Vec<Problem>) -> Self {
        let mut settings = Self { in_transaction: true, replaces: None };
        let file = format!("{script}.conf");
        let Some(content) = tree.has(&file).then(|| tree.read(&file, problems)).flatten() else { return settings };
        for line in lines::lines(&content.text) {
            let Some((key, value)) = line.text.split_once('=').map(|(key, value)| (key.trim(), value.trim())) else {
                continue;
            };
            let is_false = value.eq_ignore_ascii_case("false");
            match key.strip_prefix("flyway.").unwrap_or(key) {
                _ if key.starts_with('#') => {}
                "executeInTransaction" => settings.in_transaction = !is_false,
                "placeholderReplacement" => settings.replaces = Some(!is_false),
                "encoding" if value.eq_ignore_ascii_case("utf-8") => {}
                "shouldExecute" if value.eq_ignore_ascii_case("true") => {}
                _ => problems.push(Problem::Line {
                    file: file.clone(),
                    line: line.number,
                    message: format!(
                        "lockgate does not follow {key}={value}: of the settings of a script it knows executeInTransaction and \
                         placeholderReplacement"
                    ),
                }),
            }
        }
        settings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn around(variables: &[(&str, &str)]) -> Around {
        let owned = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Around::given(owned.collect(), None)
    }

    fn content(text: &str) -> Content {
        Content { file: "f".to_owned(), text: text.to_owned(), bytes: String::new() }
    }

    #[test]
    fn the_environment_wins_over_the_files() {
        let around = around(&[("FLYWAY_PLACEHOLDERS_One", "e"), ("HOST", "h"), ("FLYWAY_TABLE", "t")]);
        let (mut project, mut problems) = (Project::default(), Vec::new());
        let conf = "# flyway.placeholders.one=no\nflyway.placeholders.ONE=c\n flyway.placeholders.two = a ${HOST} ${NO}b \nurl=x\n";
        project.take_conf(&content(conf), &around, &mut problems);
        let toml =
            "[flyway]\ntable = 'u'\nschemas = ['a', 'b']\n[flyway.placeholders]\nthree = \"${env.HOST}!\"\nfour = 4\n";
        project.take_toml(&content(toml), &around, &mut problems);
        project.take_environment(&around);
        assert!(problems.is_empty());
        let values = ["one", "TWO", "three", "four", "five"].map(|name| project.placeholder(name));
        assert_eq!(values, [Some("e"), Some("a h b "), Some("h!"), Some("4"), None]);
        assert_eq!((project.get("table"), project.get("schemas")), (Some("t"), Some("a,b")));
    }

    #[test]
    fn a_value_that_only_flyway_can_have_is_refused() {
        let (mut project, mut problems) = (Project::default(), Vec::new());
        project.take_toml(&content("[flyway.placeholders]\na = '${vault.x}'\n"), &around(&[]), &mut problems);
        project.take_toml(&content("[flyway"), &around(&[]), &mut problems);
        project.take_conf(&content("flyway.placeholders.b=x\\\n"), &around(&[]), &mut problems);
        let said: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(said.len(), 3, "{said:?}");
        assert!(said[0].contains("placeholders.a takes its value from ${vault.x}"), "{said:?}");
    }
}
