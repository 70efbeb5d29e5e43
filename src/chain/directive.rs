//! The directives of a script: comments of the form `-- lockgate:NAME ARGUMENTS`.

use super::compiled::{Class, Expectation, Source};
use super::scan::{self, Kind, Piece};
use crate::pg::name::QualifiedName;

/// Everything that the directives of one script say.
///
/// A directive is a line comment whose text begins, after blanks, with `lockgate:`.
///
/// - `id`, `after`, `requires`, `from` and `trace` speak for the file, wherever they stand.
/// - Every other directive stands on a line of its own and speaks for the statement that follows it.
/// - `run-as-is` and `ensure` above the first statement speak for the whole file when a blank line stands between them and
///   that statement, and for that statement alone when none does.
/// - The SQL of `check` and `unless` goes on in the comment lines directly below that begin with `--` and two or more
///   blanks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directives {
    pub file: FileDirectives,
    /// In the order of the text.
    pub statements: Vec<PlacedDirective>,
}

/// What the directives say of the whole file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileDirectives {
    /// The revision's id, where the file's name cannot say it.
    pub id: Option<String>,
    /// The ids of the parent revisions; `None` where no `after` stands.
    pub after: Option<Vec<String>>,
    pub requires: Vec<Requirement>,
    pub run_as_is: bool,
    pub ensure: bool,
    /// The file that it was compiled from.
    pub from: Option<Source>,
    /// What its file saw of the database when it was compiled.
    pub trace: Option<Class>,
}

/// A declared prerequisite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// The relation as the script writes it: with its schema or without, its parts quoted or not.
    pub name: String,
    /// The columns as the server names them (folded, without quotes); empty where only the relation is asked for.
    pub columns: Vec<String>,
}

/// A directive and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlacedDirective {
    pub directive: StatementDirective,
    /// The first byte of its comment.
    pub offset: usize,
    /// From 1.
    pub line: usize,
}

/// What a directive says of the statement that follows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StatementDirective {
    Optional,
    Check {
        name: String,
        sql: String,
    },
    Unless {
        sql: String,
    },
    RunAsIs,
    /// What it makes must be there in this definition. `state`: a line of a snapshot; the statement runs where the object is not so.
    Ensure {
        state: Option<String>,
    },
    /// It must not run in a transaction, and nothing of it says so.
    NoTransaction,
    AcceptDestructive,
    /// The statement must answer this, else its revision is rolled back.
    Expect(Expectation),
}

/// A directive that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct DirectiveError {
    /// From 1.
    pub line: usize,
    pub message: String,
}

const MARK: &str = "lockgate:";
const NAMES: [&str; 13] = [
    "id",
    "after",
    "requires",
    "optional",
    "check",
    "unless",
    "run-as-is",
    "ensure",
    "no-transaction",
    "accept",
    "from",
    "trace",
    "expect",
];

/// Reads every directive of a script.
///
/// # Errors
/// Every directive of the script that is unknown, malformed or has no statement to speak for.
pub fn read(text: &str) -> Result<Directives, Vec<DirectiveError>> {
    if memchr::memmem::find(text.as_bytes(), MARK.as_bytes()).is_none() {
        return Ok(Directives::default());
    }
    let mut reader =
        Reader { text, pieces: scan::scan(text).collect(), found: Directives::default(), errors: Vec::new() };
    reader.read();
    if reader.errors.is_empty() { Ok(reader.found) } else { Err(reader.errors) }
}

enum Parsed {
    Id(String),
    After(Vec<String>),
    Requires(Vec<Requirement>),
    From(Source),
    Trace(Class),
    Statement(StatementDirective),
}

/// Where a directive stands.
struct Stands {
    is_followed: bool,
    begins_its_line: bool,
    is_set_apart: bool,
}

struct Reader<'a> {
    text: &'a str,
    pieces: Vec<Piece>,
    found: Directives,
    errors: Vec<DirectiveError>,
}

impl Reader<'_> {
    fn read(&mut self) {
        let last_code = self.pieces.iter().rposition(|p| self.is_statement_code(p));
        let first_code = self.pieces.iter().position(|p| self.is_statement_code(p)).unwrap_or(self.pieces.len());
        let (mut line, mut counted) = (1, 0);
        for index in 0..self.pieces.len() {
            let Some(body) = self.body(index) else { continue };
            let (name, argument) = split_name(body);
            let (name, mut argument) = (name.to_owned(), argument.to_owned());
            let offset = self.pieces[index].range.start;
            line += self.text.as_bytes()[counted..offset].iter().filter(|&&b| b == b'\n').count();
            counted = offset;
            if matches!(name.as_str(), "check" | "unless") {
                self.append_continuation(index, &mut argument);
            }
            let stands = Stands {
                is_followed: last_code.is_some_and(|last| last > index),
                begins_its_line: self.begins_its_line(index),
                is_set_apart: self.is_set_apart(index, first_code),
            };
            let outcome =
                parse(&name, argument.trim()).and_then(|parsed| self.keep(parsed, &name, offset, line, &stands));
            self.errors.extend(outcome.err().map(|message| DirectiveError { line, message }));
        }
    }

    fn keep(&mut self, parsed: Parsed, name: &str, offset: usize, line: usize, stands: &Stands) -> Result<(), String> {
        match parsed {
            Parsed::Id(_) if self.found.file.id.is_some() => return Err(format!("`{MARK}id` stands once in a file")),
            Parsed::Id(id) => self.found.file.id = Some(id),
            Parsed::After(ids) => self.found.file.after.get_or_insert_default().extend(ids),
            Parsed::Requires(list) => self.found.file.requires.extend(list),
            Parsed::From(_) if self.found.file.from.is_some() => {
                return Err(format!("`{MARK}from` stands once in a file"));
            }
            Parsed::From(source) => self.found.file.from = Some(source),
            Parsed::Trace(_) if self.found.file.trace.is_some() => {
                return Err(format!("`{MARK}trace` stands once in a file"));
            }
            Parsed::Trace(class) => self.found.file.trace = Some(class),
            Parsed::Statement(_) if !stands.is_followed => {
                return Err(format!("`{MARK}{name}` speaks for the statement that follows it, and none follows"));
            }
            Parsed::Statement(_) if !stands.begins_its_line => {
                return Err(format!("`{MARK}{name}` must stand on a line of its own, above its statement"));
            }
            Parsed::Statement(StatementDirective::RunAsIs) if stands.is_set_apart => self.found.file.run_as_is = true,
            Parsed::Statement(StatementDirective::Ensure { state: None }) if stands.is_set_apart => {
                self.found.file.ensure = true;
            }
            Parsed::Statement(directive) => self.found.statements.push(PlacedDirective { directive, offset, line }),
        }
        Ok(())
    }

    fn is_statement_code(&self, piece: &Piece) -> bool {
        let text = &self.text[piece.range.clone()];
        piece.kind.is_code() && text != ";" && text != "\u{feff}"
    }

    /// The text after `lockgate:`, where the piece is a directive.
    fn body(&self, index: usize) -> Option<&str> {
        let piece = &self.pieces[index];
        let comment = (piece.kind == Kind::LineComment).then(|| &self.text[piece.range.clone()])?;
        comment["--".len()..].trim_start().strip_prefix(MARK)
    }

    fn begins_its_line(&self, index: usize) -> bool {
        let before = &self.text[..self.pieces[index].range.start];
        let line = &before[before.rfind('\n').map_or(0, |at| at + 1)..];
        line.trim_start_matches('\u{feff}').trim().is_empty()
    }

    /// Whether a blank line stands between the directive and the first statement below it.
    fn is_set_apart(&self, index: usize, first_code: usize) -> bool {
        index < first_code
            && self.pieces[index..first_code].iter().any(|p| p.kind == Kind::Space && self.line_breaks(p) > 1)
    }

    fn line_breaks(&self, piece: &Piece) -> usize {
        self.text.as_bytes()[piece.range.clone()].iter().filter(|&&b| b == b'\n').count()
    }

    fn append_continuation(&self, index: usize, argument: &mut String) {
        for pair in self.pieces[index + 1..].chunks_exact(2) {
            let (space, comment) = (&pair[0], &self.text[pair[1].range.clone()]);
            let goes_on = space.kind == Kind::Space
                && self.line_breaks(space) == 1
                && pair[1].kind == Kind::LineComment
                && comment[2..].starts_with([' ', '\t'])
                && comment[3..].starts_with([' ', '\t'])
                && !comment[2..].trim_start().starts_with(MARK);
            if !goes_on {
                return;
            }
            argument.push('\n');
            argument.push_str(comment[2..].trim());
        }
    }
}

fn split_name(body: &str) -> (&str, &str) {
    let body = body.trim_end();
    body.split_at(body.find(char::is_whitespace).unwrap_or(body.len()))
}

fn parse(name: &str, argument: &str) -> Result<Parsed, String> {
    let directive = match name {
        "id" => return parse_id(argument).map(Parsed::Id),
        "after" => return parse_after(argument).map(Parsed::After),
        "requires" => return parse_requires(argument).map(Parsed::Requires),
        "from" => return Source::parse(argument).map(Parsed::From).map_err(|shape| takes(name, &shape)),
        "trace" => return Class::parse(argument).map(Parsed::Trace).map_err(|shape| takes(name, &shape)),
        "optional" => bare(name, argument, StatementDirective::Optional)?,
        "run-as-is" => bare(name, argument, StatementDirective::RunAsIs)?,
        "ensure" => StatementDirective::Ensure { state: (!argument.is_empty()).then(|| argument.to_owned()) },
        "no-transaction" => bare(name, argument, StatementDirective::NoTransaction)?,
        "check" => parse_check(argument)?,
        "unless" => StatementDirective::Unless { sql: parse_sql(argument, "unless SELECT …")? },
        "expect" => StatementDirective::Expect(Expectation::parse(argument).map_err(|shape| takes(name, &shape))?),
        "accept" if argument == "destructive" => StatementDirective::AcceptDestructive,
        "accept" => return Err(format!("`{MARK}accept` takes one word: `{MARK}accept destructive`")),
        "" => {
            return Err(format!("`{MARK}` is not followed by a directive's name; the names are {}", NAMES.join(", ")));
        }
        _ => {
            let nearest = NAMES.into_iter().min_by_key(|known| distance(name, known)).unwrap_or(NAMES[0]);
            return Err(format!("unknown directive `{MARK}{name}`; did you mean `{MARK}{nearest}`?"));
        }
    };
    Ok(Parsed::Statement(directive))
}

fn takes(name: &str, shape: &str) -> String {
    format!("`{MARK}{name}` takes {shape}")
}

fn bare(name: &str, argument: &str, directive: StatementDirective) -> Result<StatementDirective, String> {
    if argument.is_empty() { Ok(directive) } else { Err(format!("`{MARK}{name}` takes no argument")) }
}

fn parse_id(argument: &str) -> Result<String, String> {
    match argument {
        _ if matches!(argument, "head" | "base") || argument.starts_with(['+', '-']) => {
            Err(format!("{argument} is a word of the TARGET argument, and no id"))
        }
        _ if argument.is_empty() || argument.contains(|c: char| c.is_whitespace() || c == ',') => {
            Err(format!("`{MARK}id` takes one id, without blanks and commas: `{MARK}id ID`"))
        }
        _ => Ok(argument.to_owned()),
    }
}

/// None for the first of the chain.
fn parse_after(argument: &str) -> Result<Vec<String>, String> {
    if argument == "base" {
        return Ok(Vec::new());
    }
    let ids: Vec<String> = argument.split(',').map(|id| id.trim().to_owned()).collect();
    if ids.iter().any(|id| id.is_empty() || id.contains(char::is_whitespace)) {
        return Err(format!("`{MARK}after` takes revision ids, separated by commas: `{MARK}after ID[, ID]`"));
    }
    Ok(ids)
}

fn parse_check(argument: &str) -> Result<StatementDirective, String> {
    const SHAPE: &str = "check \"NAME\" SELECT …";
    let malformed = || format!("`{MARK}check` takes a name in double quotes and a query: `{MARK}{SHAPE}`");
    let name =
        scan::scan(argument).next().filter(|p| p.kind == Kind::Name && p.range.start == 0).ok_or_else(malformed)?;
    let (quoted, sql) = argument.split_at(name.range.end);
    let inner = quoted.strip_prefix('"').and_then(|q| q.strip_suffix('"')).ok_or_else(malformed)?;
    if inner.trim().is_empty() {
        return Err(malformed());
    }
    Ok(StatementDirective::Check { name: inner.replace("\"\"", "\""), sql: parse_sql(sql, SHAPE)? })
}

/// The query without a `;` at its end. Whether it is one query is for the parser to say.
fn parse_sql(argument: &str, shape: &str) -> Result<String, String> {
    let sql = argument.trim().trim_end_matches(';').trim_end();
    let verb = sql.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default().to_ascii_lowercase();
    if matches!(verb.as_str(), "select" | "with" | "values" | "table") {
        Ok(sql.to_owned())
    } else {
        Err(format!("a query is missing: `{MARK}{shape}`"))
    }
}

fn parse_requires(argument: &str) -> Result<Vec<Requirement>, String> {
    let shape = |why: &str| format!("`{MARK}requires` {why}: `{MARK}requires TABLE(COLUMN, …), TABLE`");
    let mut list: Vec<Requirement> = Vec::new();
    for item in split_at_commas(argument) {
        let (name, columns) = match item.split_once('(') {
            _ if item.starts_with('"') && !item.ends_with(')') => (item, None),
            Some((name, rest)) => {
                (name, Some(rest.strip_suffix(')').ok_or_else(|| shape("has a bracket that is not closed"))?))
            }
            None => (item, None),
        };
        let name = name.trim();
        // The schema given here is never seen: only whether the name can be read counts.
        if name.contains(char::is_whitespace) && !name.contains('"') {
            return Err(shape("has a name with a blank in it"));
        }
        QualifiedName::parse(name, "").map_err(|why| shape(&format!("has a name that cannot be read ({why})")))?;
        let columns = columns.map_or(Ok(Vec::new()), |columns| {
            columns
                .split(',')
                .map(|column| match QualifiedName::parse(column.trim(), "") {
                    Ok(column) if column.schema.is_empty() => Ok(column.name.clone()),
                    _ => Err(shape("has a column that cannot be read")),
                })
                .collect()
        })?;
        list.push(Requirement { name: name.to_owned(), columns });
    }
    Ok(list)
}

/// Splits at the commas outside brackets and quotes.
fn split_at_commas(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0usize);
    for piece in scan::scan(text) {
        match &text[piece.range.clone()] {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            "," if depth == 0 => {
                parts.push(text[start..piece.range.start].trim());
                start = piece.range.end;
            }
            _ => {}
        }
    }
    parts.push(text[start..].trim());
    parts
}

/// The edit distance (Levenshtein) between two short words.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().take(64).enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
#[path = "directive_tests.rs"]
mod tests;
