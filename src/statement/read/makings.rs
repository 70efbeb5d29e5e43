//! The objects that unread code creates under a name in its text, and its writes of rows: by its words alone.

use crate::chain::scan::{Kind, between_tags, scan};
use crate::sql::Named;
use crate::statement::change::Making;

/// Words between CREATE and the kind of an object.
const BESIDE_THE_KIND: [&str; 6] = ["unlogged", "unique", "materialized", "recursive", "foreign", "constraint"];
/// Words after ADD that do not begin a column.
const NO_COLUMN: [&str; 7] = ["primary", "unique", "check", "foreign", "exclude", "not", "value"];

#[derive(Debug, Default)]
pub(super) struct Makings {
    pub makes: Vec<Making>,
    pub writes_rows: bool,
}

/// The deepest nesting of quoted strings that people write.
const DEEPEST: usize = 4;

pub(super) fn makings(text: &str) -> Makings {
    let mut found = Makings::default();
    gather(text, &mut found, 0);
    found
}

/// Gathers the text of one level: its words and symbols in order. Each string is a text of its own.
fn gather(text: &str, found: &mut Makings, depth: usize) {
    let mut words = Vec::new();
    for piece in scan(text).filter(|piece| piece.kind.is_code()) {
        let shown = &text[piece.range.clone()];
        match piece.kind {
            Kind::Dollar if depth < DEEPEST => gather(&shown[between_tags(shown)], found, depth + 1),
            Kind::String if depth < DEEPEST => gather(&unquoted(shown), found, depth + 1),
            Kind::Name | Kind::Word => words.push(identifier(shown).unwrap_or_default()),
            _ => words.push(shown.to_owned()),
        }
    }
    let words = Words(&words);
    let mut table = None;
    for at in 0..words.0.len() {
        match words.at(at) {
            ";" => table = None,
            "create" => {
                let created = created(words, at + 1);
                found.makes.extend(created.iter().flat_map(|(making, behind)| with_table(words, *behind, making)));
                found.makes.extend(created.map(|(making, _)| making));
            }
            "alter" if words.at(at + 1) == "table" => {
                let name = words.behind(at + 2, &["if", "exists"]);
                let name = words.behind(name, &["only"]);
                table = words.name(name).map(|(named, _)| named);
            }
            "add" => found.makes.extend(table.as_ref().and_then(|table| added(words, at + 1, table))),
            "rename" => found.makes.extend(table.as_ref().and_then(|table| renamed(words, at + 1, table))),
            _ => found.writes_rows |= writes(words, at),
        }
    }
}

/// The words of a text; empty beyond its end.
#[derive(Clone, Copy)]
struct Words<'w>(&'w [String]);

impl<'w> Words<'w> {
    fn at(self, at: usize) -> &'w str {
        self.0.get(at).map_or("", String::as_str)
    }

    /// The position after these words; `at` if the text does not have them there.
    fn behind(self, at: usize, words: &[&str]) -> usize {
        let stand = words.iter().enumerate().all(|(number, word)| self.at(at + number) == *word);
        if stand { at + words.len() } else { at }
    }

    /// `name` or `schema.name`, and the position after it.
    fn name(self, at: usize) -> Option<(Named, usize)> {
        let is_name = |word: &str| word.starts_with(|letter: char| letter.is_alphanumeric() || letter == '_');
        let first = Some(self.at(at)).filter(|word| is_name(word))?;
        if self.at(at + 1) != "." {
            return Some((Named { schema: None, name: first.to_owned() }, at + 1));
        }
        let second = Some(self.at(at + 2)).filter(|word| is_name(word))?;
        Some((Named { schema: Some(first.to_owned()), name: second.to_owned() }, at + 3))
    }
}

/// The object after CREATE, and the place behind its name. OR REPLACE and temporary objects leave no trace.
fn created(words: Words<'_>, mut at: usize) -> Option<(Making, usize)> {
    while BESIDE_THE_KIND.contains(&words.at(at)) {
        at += 1;
    }
    let kind = words.at(at);
    let at = words.behind(at + 1, &["concurrently"]);
    let at = words.behind(at, &["if", "not", "exists"]);
    let (name, behind) = words.name(at)?;
    let making = match kind {
        "table" | "view" | "sequence" => Making::Relation(name),
        "index" if name.name != "on" => {
            let table = words.name(words.behind(words.behind(behind, &["on"]), &["only"]))?.0;
            Making::Relation(Named { schema: table.schema, ..name })
        }
        "type" | "domain" => Making::Type(name),
        "trigger" => {
            let on = (behind..behind + 24).find(|&at| words.at(at) == "on")?;
            Making::Trigger { table: words.name(on + 1)?.0, name: name.name }
        }
        _ => return None,
    };
    Some((making, behind))
}

/// The primary key and the sequences that come with a new table. They keep its first name if the code renames the table.
fn with_table(words: Words<'_>, behind: usize, making: &Making) -> Vec<Making> {
    let Making::Relation(table) = making else { return Vec::new() };
    let with = |column, label| Making::WithTable { table: table.clone(), column, label };
    let mut found = Vec::new();
    let (mut depth, mut column) = (0, "");
    for at in behind..words.0.len() {
        match words.at(at) {
            ";" => break,
            "(" => depth += 1,
            ")" => depth -= 1,
            "primary" if depth == 1 && words.at(at + 1) == "key" && words.at(at - 2) != "constraint" => {
                found.push(with(None, "pkey"));
            }
            "serial" | "bigserial" | "smallserial" | "identity" if depth == 1 => {
                found.push(with(Some(column.to_owned()), "seq"));
            }
            _ => {}
        }
        if depth == 1 && ["(", ","].contains(&words.at(at)) {
            column = words.at(at + 1);
        }
        if depth == 0 {
            break;
        }
    }
    found
}

/// The object after ADD of ALTER TABLE.
fn added(words: Words<'_>, at: usize, table: &Named) -> Option<Making> {
    let table = table.clone();
    if words.at(at) == "constraint" {
        return Some(Making::Constraint { table, name: words.name(at + 1)?.0.name });
    }
    let at = words.behind(at, &["column"]);
    let at = words.behind(at, &["if", "not", "exists"]);
    let column = words.name(at)?.0.name;
    (!NO_COLUMN.contains(&column.as_str())).then_some(Making::Column { table, column })
}

/// The object after RENAME of ALTER TABLE.
fn renamed(words: Words<'_>, at: usize, table: &Named) -> Option<Making> {
    if words.at(at) == "to" {
        let name = words.name(at + 1)?.0;
        return Some(Making::Relation(Named { schema: table.schema.clone(), ..name }));
    }
    let at = words.behind(at, &["column"]);
    let to = words.behind(at + 1, &["to"]);
    let column = words.name(to).filter(|_| to > at + 1)?.0.name;
    Some(Making::Column { table: table.clone(), column })
}

/// True for INSERT INTO, UPDATE … SET, DELETE FROM, MERGE INTO, TRUNCATE and COPY as statements, setval, and calls for their
/// effect. ON UPDATE SET NULL, FOR UPDATE and the events of a trigger write nothing.
fn writes(words: Words<'_>, at: usize) -> bool {
    let next = words.at(at + 1);
    let begins = || at == 0 || [";", "begin", "then", "else", "loop", "(", ">"].contains(&words.at(at - 1));
    match words.at(at) {
        "insert" | "merge" => next == "into",
        "delete" => next == "from",
        "update" => begins() && (at + 2..at + 8).any(|at| words.at(at) == "set"),
        "truncate" | "copy" | "perform" | "call" => begins(),
        "setval" => next == "(",
        _ => false,
    }
}

/// A name as the server folds it; none for a number.
pub(super) fn identifier(shown: &str) -> Option<String> {
    if let Some(quoted) = shown.strip_prefix('"') {
        let name = quoted.strip_suffix('"').unwrap_or(quoted).replace("\"\"", "\"");
        return (!name.is_empty()).then_some(name);
    }
    let begins = shown.starts_with(|letter: char| letter.is_alphabetic() || letter == '_');
    begins.then(|| shown.to_lowercase())
}

pub(super) fn unquoted(string: &str) -> String {
    let inside = string.trim_start_matches(['e', 'E']);
    let inside = inside.strip_prefix('\'').unwrap_or(inside);
    inside.strip_suffix('\'').unwrap_or(inside).replace("''", "'")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let full = |named: &Named| named.schema.iter().chain([&named.name]).cloned().collect::<Vec<_>>().join(".");
        let one = |making: &Making| match making {
            Making::Relation(name) => full(name),
            Making::Type(name) => format!("type {}", full(name)),
            Making::Column { table, column } => format!("{}: {column}", full(table)),
            Making::Constraint { table, name } => format!("{}: constraint {name}", full(table)),
            Making::Trigger { table, name } => format!("{}: trigger {name}", full(table)),
            Making::WithTable { table, column, label } => {
                format!("{}: {label} {}", full(table), column.as_deref().unwrap_or_default())
            }
        };
        makings(text).makes.iter().map(one).collect()
    }

    #[test]
    fn code_makes_what_its_words_name() {
        for (text, wanted) in [
            ("CREATE TABLE IF NOT EXISTS s.t (id int)", &["s.t"][..]),
            ("CREATE TEMP TABLE t (id int)", &[]),
            (
                "CREATE TABLE t (id bigint GENERATED BY DEFAULT AS IDENTITY, a numeric(4, 2), b serial, PRIMARY KEY (id)); x(y)",
                &["t: seq id", "t: seq b", "t: pkey ", "t"],
            ),
            ("CREATE TABLE t (id int CONSTRAINT own PRIMARY KEY, a int)", &["t"]),
            ("CREATE OR REPLACE VIEW v AS SELECT 1", &[]),
            ("CREATE MATERIALIZED VIEW \"M v\" AS SELECT 1", &["M v"]),
            ("CREATE UNIQUE INDEX CONCURRENTLY i ON ONLY s.t (id)", &["s.i"]),
            ("CREATE INDEX ON t (id)", &[]),
            ("CREATE TYPE mood AS ENUM ('a')", &["type mood"]),
            (
                "CREATE TRIGGER tr AFTER INSERT OR UPDATE OF a ON t FOR EACH ROW EXECUTE FUNCTION f()",
                &["t: trigger tr"],
            ),
            ("ALTER TABLE IF EXISTS ONLY t ADD COLUMN IF NOT EXISTS a int, ADD b int; x := add + 1", &["t: a", "t: b"]),
            ("ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0), ADD PRIMARY KEY (a)", &["t: constraint c"]),
            (
                "ALTER TABLE s.t RENAME TO u; ALTER TABLE t RENAME a TO b; ALTER TABLE t RENAME COLUMN c TO d",
                &["s.u", "t: b", "t: d"],
            ),
            ("EXECUTE 'CREATE TABLE t (id int)'; EXECUTE format('CREATE TABLE %I ()', n)", &["t"]),
            ("BEGIN IF NOT EXISTS (SELECT 1) THEN CREATE TABLE t (); END IF; END", &["t"]),
        ] {
            assert_eq!(shown(text), wanted, "{text}");
        }
    }

    #[test]
    fn code_writes_rows_where_a_statement_of_it_does() {
        for text in [
            "BEGIN INSERT INTO t VALUES (1); END",
            "BEGIN UPDATE ONLY s.t SET a = 1; END",
            "FOR r IN SELECT 1 LOOP DELETE FROM t; END LOOP",
            "EXECUTE 'UPDATE t SET a = 1'",
            "BEGIN PERFORM f(); END",
            "SELECT setval('s', 1)",
            "TRUNCATE t",
        ] {
            assert!(makings(text).writes_rows, "{text}");
        }
        for text in [
            "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES u ON UPDATE SET NULL",
            "SELECT a FROM t FOR UPDATE",
            "CREATE TRIGGER x BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON t EXECUTE FUNCTION f()",
            "GRANT INSERT, UPDATE, TRUNCATE ON t TO r",
        ] {
            assert!(!makings(text).writes_rows, "{text}");
        }
    }
}
