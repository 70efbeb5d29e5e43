//! `docs/settings.md`, `docs/errors.md`, the table of `docs/directives.md`, `docs/engine-cases.md`, the codes of `docs/plan.md` and the names of settings in
//! the chart's schema are printed from the tables of the code and the cases of the tests.
//!
//! After a change of a table: `LOCKGATE_WRITE_DOCS=1 cargo test --test it docs::`

use std::fmt::Write as _;
use std::path::Path;

use lockgate::chain::directive::{DIRECTIVES, Directive};
use lockgate::config::{SETTINGS, Setting};
use lockgate::failure::{Class, Entry, TABLE};
use serde_json::json;

use crate::engine::{Case, cases};

const PRINTED: &str = "<!-- Printed from the code: LOCKGATE_WRITE_DOCS=1 cargo test --test it docs:: -->";

#[test]
fn the_settings_are_as_the_code_has_them() {
    is_up_to_date("docs/settings.md", &settings());
}

#[test]
fn the_errors_are_as_the_code_has_them() {
    is_up_to_date("docs/errors.md", &errors());
}

#[test]
fn the_directives_are_as_the_code_has_them() {
    let mut rows = String::new();
    for Directive { name, forms, .. } in DIRECTIVES {
        for (takes, speaks, help) in *forms {
            let form = format!("-- lockgate:{name} {takes}");
            let _ = writeln!(rows, "| `{}` | {speaks} | {help} |", form.trim_end());
        }
    }
    let page =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/directives.md")).expect("the page");
    is_up_to_date("docs/directives.md", &with_between(&page, "|---|---|---|\n", "\n**optional.**", &rows));
}

#[test]
fn the_codes_of_reasons_are_as_the_code_has_them() {
    let mut rows = String::new();
    for one in lockgate::assess::documented() {
        let prose = format!("{}{}", one.begins, one.prose).replace('{', "*").replace('}', "*").replace('|', "\\|");
        let _ = writeln!(rows, "| `{}` | {prose} |", one.code);
    }
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/plan.md")).expect("the page");
    is_up_to_date("docs/plan.md", &with_between(&page, "| code | reason |\n|---|---|\n", "\n<!-- ", &rows));
}

#[test]
fn the_cases_of_the_engine_are_as_the_tests_have_them() {
    is_up_to_date("docs/engine-cases.md", &engine_cases());
}

#[test]
fn the_chart_takes_the_settings_that_the_code_carries_out() {
    let file = "charts/lockgate/values.schema.json";
    let schema = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).expect("the schema");
    let (settings, names) = chart_settings();
    let (start, end) =
        ("docs::\",\n          \"additionalProperties\": false,\n          \"properties\": {\n", "          },\n");
    let schema = with_between(&schema, start, end, &settings);
    let schema = with_between(&schema, "POD_NAME$)\"}}, {\"enum\": [", "]}]\n", &names);
    is_up_to_date(file, &schema);
}

/// The text with other words between two places.
#[track_caller]
fn with_between(text: &str, start: &str, end: &str, words: &str) -> String {
    let (before, rest) = text.split_once(start).unwrap_or_else(|| panic!("{start:?} is not in it"));
    let (_, after) = rest.split_once(end).unwrap_or_else(|| panic!("{end:?} is not in it"));
    format!("{before}{start}{words}{end}{after}")
}

/// The settings of the chart's templates; two values in one container's environment are an error.
const CHARTS_OWN: [&str; 5] = ["MIGRATIONS", "WAIT_TIMEOUT", "LOCK_WAIT", "LATCH_FILE", "LISTEN"];

/// The properties of `gate.settings`, and the names that `gate.env` takes.
fn chart_settings() -> (String, String) {
    let mut lines = Vec::new();
    let mut names = Vec::new();
    for Setting { name, value, help, .. } in SETTINGS {
        let is_own = CHARTS_OWN.contains(name);
        let refused = is_own || *name == "DATABASE_URL";
        let words: Vec<&str> = value.split('|').collect();
        let kind = if words.len() > 1 { json!({"enum": words}) } else { json!({"type": "string"}) };
        let description = json!(sentence(help).replace("\\|", "|"));
        let property = match refused {
            true => "false".to_owned(),
            false => format!("{}, \"description\": {description}}}", kind.to_string().trim_end_matches('}')),
        };
        lines.push(format!("            \"{name}\": {property}"));
        if *name == "DATABASE_URL" {
            let description = "A file of gate.extraVolumeMounts, in place of database.existingSecret.";
            lines.push(format!(
                "            \"{name}_FILE\": {{\"type\":\"string\", \"description\": \"{description}\"}}"
            ));
        }
        if !is_own {
            names.extend([format!("\"LOCKGATE_{name}\""), format!("\"LOCKGATE_{name}_FILE\"")]);
        }
    }
    (lines.join(",\n") + "\n", names.join(", "))
}

#[track_caller]
fn is_up_to_date(file: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    if std::env::var_os("LOCKGATE_WRITE_DOCS").is_some() {
        std::fs::write(&path, text).expect("the file");
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = there.lines().zip(text.lines()).position(|(there, wanted)| there != wanted);
    let line = differs.unwrap_or(there.lines().count().min(text.lines().count())) + 1;
    assert!(
        there == text,
        "{file}:{line} is not what the code says; print it: LOCKGATE_WRITE_DOCS=1 cargo test --test it docs::"
    );
}

const SETTINGS_HEAD: &str = "# Settings

Every setting is a variable and a flag; the flag wins. All wrong settings are reported at once, by the variable's name and
without values that could be secret (exit code 78).

- `LOCKGATE_NAME_FILE` names a file that holds the value of `LOCKGATE_NAME`; `DATABASE_URL`, `PGPASSWORD` and libpq's other
  variables have one too. What leads to the database is read again at every attempt to connect, so a rotated file is picked up,
  and a pipe (`<(…)`) is read once; a variable stays what it was when the process began.
- Parameters of libpq that make a connection stricter are carried out or refused: [security.md](security.md) lists them.
- A duration has a unit: `500ms`, `30s`, `5m`, `1h30m`. `0` stands alone.
- An empty value counts as unset. An unknown `LOCKGATE_…` is a warning that names the nearest setting; what Kubernetes adds
  for a Service called `lockgate` is ignored.
- In `LOCKGATE_LISTEN`, `$NAME` is replaced by the variable NAME: `:$PORT` needs no shell.
";

fn settings() -> String {
    let mut text = format!("{PRINTED}\n\n{}", SETTINGS_HEAD);
    text.push_str("\n| variable | flag | default | |\n|---|---|---|---|\n");
    for setting in SETTINGS {
        let flag = format!("`--{} {}`", setting.flag, cell(setting.value));
        let default = setting.default.map(|default| format!("`{}`", cell(default))).unwrap_or_default();
        let _ = writeln!(text, "| `{}` | {flag} | {default} | {} |", setting.variable(), sentence(setting.help));
    }
    text
}

const ERRORS_HEAD: &str = "# Errors

Every failure has a code that never changes its meaning, and an exit code that platforms match on. `lockgate explain LG0311`
prints an entry.

| class | means |
|---|---|
";

fn errors() -> String {
    let mut text = format!("{PRINTED}\n\n{ERRORS_HEAD}");
    for class in Class::ALL {
        let _ = writeln!(text, "| {} | {} |", class.word(), help(class));
    }
    text.push_str("\n| code | exit | class | |\n|---|---|---|---|\n");
    for Entry { code, exit, class, title, .. } in TABLE {
        let exit = exit.code();
        let anchor = code.to_string().to_lowercase();
        let _ = writeln!(text, "| [{code}](#{anchor}) | {exit} | {} | {title} |", class.word());
    }
    for Entry { code, exit, title, meaning, next, .. } in TABLE {
        let exit = exit.code();
        let _ =
            write!(text, "\n## {code}\n\n**{}** (exit {exit}). {meaning}\n\nWhat to do: {next}.\n", sentence(title));
    }
    text
}

fn help(class: Class) -> &'static str {
    match class {
        Class::Retry => "the same run may succeed later",
        Class::Refuse => "a person has to change the chain, the schema, the database or a right",
        Class::Configuration => "a setting or an argument is wrong",
        Class::Stopped => "stopped by a signal, with nothing half-recorded",
    }
}

const CASES_HEAD: &str = "# What the defensive engine makes of a database

Every line is a test: a chain, what somebody did by hand in the database, and how `lockgate migrate` ends. *As a fresh
database* means: the schema, compared by catalog, is the one of a database in which nothing was done by hand. *Untouched*
means: exit code 65, and nothing was run. The files are in `tests/fixtures/engine`, whose README says how to write one.
";

const GROUPS: [(&str, &str); 8] = [
    ("field", "The incidents that lockgate was born from"),
    ("alone", "Why a statement alone is not enough"),
    ("kinds", "Kinds of objects: equal, different, absent"),
    ("strangers", "More than wanted"),
    ("moves", "Renames and drops"),
    ("data", "Data statements"),
    ("directives", "Directives and settings"),
    ("down", "The way back"),
];

fn engine_cases() -> String {
    let mut text = format!("{PRINTED}\n\n{CASES_HEAD}");
    let cases = cases();
    for (group, title) in GROUPS {
        let _ = write!(text, "\n## {title}\n\n| case | | ends |\n|---|---|---|\n");
        for case in cases.iter().filter(|case| case.group() == group) {
            let Case { name, title, .. } = case;
            let place = format!("[{}](../tests/fixtures/engine/{name}.sql)", &name[group.len() + 1..]);
            let _ = writeln!(text, "| {place} | {} | {} |", cell(title), case.outcome());
        }
    }
    text
}

/// In a table a bar would end the cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// With a capital letter: `a` -> `A`, `LOCKGATE_X` and `/dev/x` as they are.
fn sentence(text: &str) -> String {
    let mut letters = cell(text).chars().collect::<Vec<_>>();
    if let Some(first) = letters.first_mut() {
        first.make_ascii_uppercase();
    }
    letters.into_iter().collect()
}
