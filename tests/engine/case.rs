//! A case as its file tells it.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

#[derive(Clone, Debug, Default)]
pub struct Case {
    /// The path below `tests/fixtures/engine`, without `.sql`.
    pub name: String,
    pub title: String,
    pub base: Vec<String>,
    pub outside: Vec<String>,
    pub pending: Vec<String>,
    pub down: Option<String>,
    pub exit: i32,
    pub verdicts: Option<BTreeMap<String, u64>>,
    pub lines: Vec<Line>,
    pub says: Vec<String>,
    pub rows: Vec<(String, String)>,
    pub schema: Schema,
    pub settings: Vec<(String, String)>,
    /// True if the chain can run on a database without changes by hand.
    pub fresh: bool,
    /// True if `lockgate plan --check-data` foresees the run.
    pub foreseen: bool,
    /// The first major version of PostgreSQL that knows its statements.
    pub since: u32,
}

/// The expected schema at the end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Schema {
    #[default]
    Fresh,
    Unchanged,
    Any,
}

/// `line 3: conflict`; of a later pending revision `line 0003:3: conflict`.
#[derive(Clone, Debug)]
pub struct Line {
    pub revision: String,
    pub line: u64,
    pub verdict: String,
}

impl Line {
    pub fn is_refusal(&self) -> bool {
        self.verdict == "conflict" || self.verdict == "blocked"
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} line {}: {}", self.revision, self.line, self.verdict)
    }
}

impl Case {
    pub fn group(&self) -> &str {
        self.name.split('/').next().unwrap_or_default()
    }

    /// The id of a pending revision.
    pub fn id(&self, at: usize) -> String {
        format!("{:04}", self.base.len() + at + 1)
    }

    /// The expectation in a few words, for the table in the docs.
    pub fn outcome(&self) -> String {
        let verdicts = self.verdicts.iter().flatten().map(|(verdict, count)| format!("{count} {verdict}"));
        let lines = self.lines.iter().map(|line| line.verdict.clone());
        let mut words: Vec<String> = if self.verdicts.is_some() { verdicts.collect() } else { lines.collect() };
        words.dedup();
        let end = match (self.exit, self.schema) {
            (0, Schema::Fresh) => "head, as a fresh database",
            (0, _) => "head",
            _ => "refused, untouched",
        };
        if words.is_empty() { end.to_owned() } else { format!("{end}: {}", words.join(", ")) }
    }
}

/// Every case, by name.
pub fn all() -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/engine");
    let mut cases = Vec::new();
    for folder in std::fs::read_dir(&root).expect("the cases").map(|entry| entry.expect("an entry").path()) {
        if !folder.is_dir() {
            continue;
        }
        for file in std::fs::read_dir(&folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            let name = file.strip_prefix(&root).expect("below it").with_extension("").display().to_string();
            cases.push(read(name, &std::fs::read_to_string(&file).expect("a case")));
        }
    }
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    cases
}

fn read(name: String, text: &str) -> Case {
    let mut case = Case { name, fresh: true, foreseen: true, ..Case::default() };
    let mut schema = None;
    let title = text.lines().take_while(|line| !is_section(line)).filter_map(|line| line.strip_prefix("-- "));
    case.title = title.collect::<Vec<_>>().join(" ");
    assert!(!case.title.is_empty(), "{}: begin with a comment that says what it shows", case.name);
    let mut section = "";
    for line in text.lines() {
        if is_section(line) {
            section = &line[3..];
            match section.split(' ').next() {
                Some("base") => case.base.push(String::new()),
                Some("outside") => case.outside.push(String::new()),
                Some("pending") => case.pending.push(String::new()),
                Some("down") => case.down = Some(String::new()),
                _ => {}
            }
            continue;
        }
        let part = match section.split(' ').next() {
            Some("base") => case.base.last_mut(),
            Some("outside") => case.outside.last_mut(),
            Some("pending") => case.pending.last_mut(),
            Some("down") => case.down.as_mut(),
            Some("then") => {
                expectation(&mut case, &mut schema, line);
                None
            }
            _ => None,
        };
        if let Some(part) = part {
            part.push_str(line);
            part.push('\n');
        }
    }
    case.schema = schema.unwrap_or(if case.exit == 0 { Schema::Fresh } else { Schema::Unchanged });
    assert!(!case.pending.is_empty(), "{}: nothing is pending", case.name);
    case
}

/// `-- base`, `-- outside`, `-- pending`, `-- down`, `-- then`; the first three may come again, with a number for the reader.
fn is_section(line: &str) -> bool {
    let Some(words) = line.strip_prefix("-- ") else { return false };
    let (name, number) = words.split_once(' ').unwrap_or((words, "1"));
    ["base", "outside", "pending", "down", "then"].contains(&name) && number.bytes().all(|byte| byte.is_ascii_digit())
}

fn expectation(case: &mut Case, schema: &mut Option<Schema>, line: &str) {
    let Some(words) = line.strip_prefix("-- ") else {
        assert!(line.is_empty(), "{}: {line:?} in `-- then`", case.name);
        return;
    };
    let (key, value) = words.split_once(": ").unwrap_or_else(|| panic!("{}: {line:?}", case.name));
    match key {
        "exit" => case.exit = value.parse().expect("an exit code"),
        "verdicts" => {
            let counts = value.split(", ").map(|part| part.split_once(' ').expect("`2 apply`"));
            let counts = counts.map(|(count, verdict)| (verdict.to_owned(), count.parse().expect("a count")));
            case.verdicts = Some(counts.collect());
        }
        "says" => case.says.push(value.to_owned()),
        "rows" => {
            let (query, rows) = value.rsplit_once(" => ").expect("`SELECT … => VALUE`");
            case.rows.push((query.to_owned(), rows.to_owned()));
        }
        "schema" => {
            *schema = Some(match value {
                "fresh" => Schema::Fresh,
                "unchanged" => Schema::Unchanged,
                "any" => Schema::Any,
                other => panic!("{}: schema {other:?}", case.name),
            });
        }
        "set" => {
            let (name, value) = value.split_once('=').expect("`set: LOCKGATE_NAME=VALUE`");
            case.settings.push((name.to_owned(), value.to_owned()));
        }
        "fresh" => case.fresh = value != "no",
        "foreseen" => case.foreseen = value != "no",
        "since" => case.since = value.parse().expect("a major version"),
        _ if key.starts_with("line ") => {
            let place = &key["line ".len()..];
            let (revision, line) =
                place.split_once(':').map_or((case.id(0), place), |(id, line)| (id.to_owned(), line));
            let line = line.parse().expect("a line");
            case.lines.push(Line { revision, line, verdict: value.to_owned() });
        }
        _ => panic!("{}: {line:?} is no expectation", case.name),
    }
}

/// Everything in a plan that carries a verdict: the revision or file that contains it, its line, the verdict.
pub fn planned(value: &serde_json::Value, place: &str, found: &mut Vec<(String, u64, String)>) {
    match value {
        serde_json::Value::Array(parts) => parts.iter().for_each(|part| planned(part, place, found)),
        serde_json::Value::Object(parts) => {
            let text = |name: &str| parts.get(name).and_then(serde_json::Value::as_str);
            let place = text("revision").or(text("id")).or(text("file")).unwrap_or(place);
            let line = parts.get("line").and_then(serde_json::Value::as_u64);
            if let (Some(verdict), Some(line)) = (text("verdict"), line) {
                found.push((place.to_owned(), line, verdict.to_owned()));
            }
            parts.values().for_each(|part| planned(part, place, found));
        }
        _ => {}
    }
}
