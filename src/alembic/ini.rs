//! `alembic.ini` as Python's configparser reads it (Python documentation, configparser), and `[tool.alembic]` of pyproject.toml.

use std::collections::HashMap;

/// The options of one section.
#[derive(Debug, Default)]
pub struct Options {
    texts: HashMap<String, String>,
    lists: HashMap<String, Vec<String>>,
}

impl Options {
    /// One section of an ini file, over its `[DEFAULT]`; none where the file has no such section.
    pub fn of_ini(text: &str, section: &str, here: &str) -> Option<Self> {
        let mut sections: HashMap<&str, HashMap<String, String>> = HashMap::new();
        let mut current: Option<&str> = None;
        // The name and its indentation: lines with more indentation continue the value.
        let mut option: Option<(String, usize)> = None;
        for line in text.trim_start_matches('\u{feff}').lines() {
            let trimmed = line.trim();
            if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
                continue;
            }
            let indentation = line.len() - line.trim_start().len();
            if let (Some((name, own)), Some(section)) = (&option, current)
                && indentation > *own
            {
                if let Some(value) = sections.entry(section).or_default().get_mut(name) {
                    value.push('\n');
                    value.push_str(trimmed);
                }
                continue;
            }
            if let Some(name) = trimmed.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
                (current, option) = (Some(name), None);
                sections.entry(name).or_default();
                continue;
            }
            let Some(section) = current else { continue };
            let (name, value) = trimmed.split_once(['=', ':']).unwrap_or((trimmed, ""));
            let name = name.trim().to_lowercase();
            sections.entry(section).or_default().insert(name.clone(), value.trim().to_owned());
            option = Some((name, indentation));
        }
        let mut raw = sections.remove("DEFAULT").unwrap_or_default();
        raw.extend(sections.remove(section)?);
        raw.insert("here".to_owned(), here.to_owned());
        let texts = raw.keys().filter_map(|name| Some((name.clone(), interpolated(&raw, &raw[name], 10)?)));
        Some(Self { texts: texts.collect(), lists: HashMap::new() })
    }

    /// `[tool.alembic]`; none if the file has no such table, or is not TOML.
    pub fn of_pyproject(text: &str, here: &str) -> Option<Self> {
        let document: toml::Table = text.parse().ok()?;
        let table = document.get("tool")?.get("alembic")?.as_table()?;
        let with_here = |text: &str| text.replace("%(here)s", here).replace("%%", "%");
        let mut options = Self::default();
        for (name, value) in table {
            match value {
                toml::Value::String(text) => _ = options.texts.insert(name.clone(), with_here(text)),
                toml::Value::Boolean(is) => _ = options.texts.insert(name.clone(), is.to_string()),
                toml::Value::Array(items) => {
                    let items = items.iter().filter_map(toml::Value::as_str).map(with_here).collect();
                    options.lists.insert(name.clone(), items);
                }
                _ => {}
            }
        }
        Some(options)
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        self.texts.get(name).map(String::as_str).filter(|text| !text.is_empty())
    }

    /// A switch, which Alembic considers set only if it is exactly `true`.
    pub fn is_set(&self, name: &str) -> bool {
        self.text(name) == Some("true")
    }

    /// A list of paths, split as in Alembic: by `path_separator` if set, otherwise at spaces and commas.
    pub fn paths(&self, name: &str) -> Vec<String> {
        if let Some(list) = self.lists.get(name) {
            return list.clone();
        }
        let Some(text) = self.text(name) else { return Vec::new() };
        let is_of_versions = name == "version_locations";
        let older = || self.text("version_path_separator").filter(|_| is_of_versions);
        let separator = self.text("path_separator").or_else(older);
        let by = |is_end: fn(char) -> bool| text.split(is_end).map(str::trim).filter(|part| !part.is_empty());
        let parts: Vec<&str> = match separator {
            Some("os" | ":") => by(|c| c == ':').collect(),
            Some(";") => by(|c| c == ';').collect(),
            Some("newline") => by(|c| c == '\n').collect(),
            Some("space") => by(|c| c == ' ').collect(),
            _ if name == "prepend_sys_path" => by(|c| matches!(c, ' ' | ',' | ':' | '\n')).collect(),
            _ => by(|c| matches!(c, ' ' | ',' | '\n')).collect(),
        };
        parts.into_iter().map(str::to_owned).collect()
    }
}

/// Replaces `%(name)s` by another option of the section, and `%%` by a percent sign; none if that is impossible.
fn interpolated(raw: &HashMap<String, String>, value: &str, depth: usize) -> Option<String> {
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(behind) = rest.strip_prefix('%') {
            out.push('%');
            rest = behind;
        } else {
            let (name, behind) = rest.strip_prefix('(')?.split_once(")s")?;
            let inner = raw.get(&name.to_lowercase())?;
            out.push_str(&interpolated(raw, inner, depth.checked_sub(1)?)?);
            rest = behind;
        }
    }
    out.push_str(rest);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    const INI: &str = "# x\n[DEFAULT]\nroot = a\n[alembic]\nscript_location = %(here)s/%(root)s/db\n; y\nversion_locations = %(here)s/v1\n    %(here)s/v2\nversion_path_separator = newline\nfile_template = %%(rev)s\nbroken = %(nothing)s\n[other]\nscript_location: x\nversion_locations = a, b c\n";

    #[test]
    fn a_section_is_read_over_the_default_and_names_are_put_in() {
        let options = Options::of_ini(INI, "alembic", "/app").unwrap();
        assert_eq!(options.text("script_location"), Some("/app/a/db"));
        assert_eq!(options.paths("version_locations"), ["/app/v1", "/app/v2"]);
        assert_eq!((options.text("file_template"), options.text("broken")), (Some("%(rev)s"), None));
        let other = Options::of_ini(INI, "other", "/app").unwrap();
        assert_eq!((other.text("script_location"), other.text("root")), (Some("x"), Some("a")));
        assert_eq!(other.paths("version_locations"), ["a", "b", "c"]);
        assert!(Options::of_ini(INI, "third", "/app").is_none());
    }

    #[test]
    fn pyproject_has_lists_and_switches() {
        let text = "[project]\nname = 'x'\n[tool.alembic]\nscript_location = \"%(here)s/db\"\nversion_locations = [\n  'a', \"b\" # c\n]\nrecursive_version_locations = true\n";
        let options = Options::of_pyproject(text, "/app").unwrap();
        assert_eq!(options.text("script_location"), Some("/app/db"));
        assert_eq!(options.paths("version_locations"), ["a", "b"]);
        assert!(options.is_set("recursive_version_locations") && !options.is_set("sourceless"));
        assert!(Options::of_pyproject("[tool.black]\n", "/app").is_none());
    }

    #[test]
    fn what_stands_further_in_than_its_option_goes_on_with_it() {
        let text = "[alembic]\n  script_location = a\n  version_locations =\n    b\n    c\n  recursive_version_locations = True\nsourceless = true\n";
        let options = Options::of_ini(text, "alembic", "/").unwrap();
        assert_eq!(
            (options.text("script_location"), options.paths("version_locations")),
            (Some("a"), vec!["b".into(), "c".into()])
        );
        assert!(!options.is_set("recursive_version_locations") && options.is_set("sourceless"));
    }

    #[test]
    fn a_circle_of_names_ends() {
        let options = Options::of_ini("[alembic]\na = %(b)s\nb = %(a)s\n", "alembic", "/").unwrap();
        assert_eq!(options.text("a"), None);
    }
}
