//! `${NAME}` in Flyway's scripts: everywhere in the text, comments and quotes included.

use super::super::fill::{Found, Value};
use super::super::tree::{Content, Tree};
use super::settings::Project;
use crate::source::Around;

/// The rules of a directory's placeholders.
pub struct Placeholders<'a> {
    around: &'a Around,
    project: &'a Project,
    directory: String,
}

/// The value of a placeholder that Flyway itself gives, or the reason why there is none.
type Own = Option<Result<Value, String>>;

impl<'a> Placeholders<'a> {
    pub fn of(tree: &'a Tree, project: &'a Project) -> Self {
        let directory = std::env::current_dir().map(|path| path.display().to_string()).unwrap_or_default();
        Self { around: tree.around(), project, directory }
    }

    /// True if placeholders are replaced unless a script says otherwise.
    pub fn are_on(&self) -> bool {
        !self.project.get("placeholderReplacement").is_some_and(|value| value.eq_ignore_ascii_case("false"))
    }

    /// The placeholders of a script in order.
    pub fn found(&self, content: &Content, repeats: bool) -> Vec<Found> {
        let prefix = self.project.get("placeholderPrefix").filter(|text| !text.is_empty()).unwrap_or("${");
        let suffix = self.project.get("placeholderSuffix").filter(|text| !text.is_empty()).unwrap_or("}");
        let (text, mut at, mut found) = (content.text.as_str(), 0, Vec::new());
        while let Some(start) = text[at..].find(prefix).map(|behind| at + behind) {
            let name = start + prefix.len();
            let Some(length) = text[name..].find(suffix) else {
                found.push((
                    start..text.len(),
                    Err(format!("{prefix} without {suffix} behind it: Flyway refuses it too")),
                ));
                break;
            };
            at = name + length + suffix.len();
            found.push((start..at, self.value(&text[name..name + length], &text[start..at], content, repeats)));
        }
        found
    }

    fn value(&self, name: &str, written: &str, content: &Content, repeats: bool) -> Result<Value, String> {
        if let Some(own) = self.own(name, written, content, repeats) {
            return own;
        }
        self.project.placeholder(name).map(Value::given).ok_or_else(|| {
            format!(
                "{written} has no value, and Flyway refuses it too: FLYWAY_PLACEHOLDERS_{} or flyway.placeholders.{name} in flyway.conf \
                 gives one; where none is meant, placeholderReplacement=false in {}.conf",
                name.to_uppercase(),
                content.file
            )
        })
    }

    /// The values of `flyway:…`.
    fn own(&self, name: &str, written: &str, content: &Content, repeats: bool) -> Own {
        let separator = self.project.get("placeholderSeparator").unwrap_or(":");
        let name = name.to_lowercase();
        let own = name.strip_prefix("flyway")?.strip_prefix(separator)?;
        let known = |value: Option<&str>, gives: &str| {
            value
                .map(Value::known)
                .ok_or_else(|| format!("{written} is not known before the connection: {gives} gives it"))
        };
        Some(match own {
            "defaultschema" => known(self.project.schema(), "FLYWAY_DEFAULT_SCHEMA"),
            "user" => known(self.around.user(), "LOCKGATE_DATABASE_URL"),
            "database" => known(self.around.database(), "LOCKGATE_DATABASE_URL"),
            "filename" => Ok(Value::known(content.file.rsplit('/').next().unwrap_or_default())),
            "table" => Ok(Value::known(self.project.get("table").unwrap_or("flyway_schema_history"))),
            "environment" => Ok(Value::known(self.project.get("environment").unwrap_or("default"))),
            "workingdirectory" => Ok(Value::known(self.directory.as_str())),
            "timestamp" if repeats => Err(format!(
                "{written} makes another script of it at every start, so a gate would never be at head: say it in a script of a version, \
                 or ask the server for now()"
            )),
            "timestamp" => Ok(Value::known(self.around.moment())),
            _ => return None,
        })
    }
}
