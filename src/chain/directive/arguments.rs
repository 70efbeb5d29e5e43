//! The arguments of directives.

use super::Requirement;
use crate::chain::scan::{self, Kind};
use crate::pg::name::QualifiedName;

/// The beginning of every directive.
pub const MARK: &str = "lockgate:";

pub(super) fn id(argument: &str) -> Result<String, String> {
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

/// Returns an empty list for the first revision of the chain.
pub(super) fn after(argument: &str) -> Result<Vec<String>, String> {
    if argument == "base" {
        return Ok(Vec::new());
    }
    let ids: Vec<String> = argument.split(',').map(|id| id.trim().to_owned()).collect();
    if ids.iter().any(|id| id.is_empty() || id.contains(char::is_whitespace)) {
        return Err(format!("`{MARK}after` takes revision ids, separated by commas: `{MARK}after ID[, ID]`"));
    }
    Ok(ids)
}

pub(super) fn check(argument: &str) -> Result<(String, String), String> {
    const SHAPE: &str = "check \"NAME\" SELECT …";
    let malformed = || format!("`{MARK}check` takes a name in double quotes and a query: `{MARK}{SHAPE}`");
    let name =
        scan::scan(argument).next().filter(|p| p.kind == Kind::Name && p.range.start == 0).ok_or_else(malformed)?;
    let (quoted, sql) = argument.split_at(name.range.end);
    let inner = quoted.strip_prefix('"').and_then(|q| q.strip_suffix('"')).ok_or_else(malformed)?;
    if inner.trim().is_empty() {
        return Err(malformed());
    }
    Ok((inner.replace("\"\"", "\""), query(sql, SHAPE)?))
}

/// The query without a trailing `;`. The parser checks that it is a single query.
pub(super) fn query(argument: &str, shape: &str) -> Result<String, String> {
    let sql = argument.trim().trim_end_matches(';').trim_end();
    let verb = sql.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default().to_ascii_lowercase();
    if matches!(verb.as_str(), "select" | "with" | "values" | "table") {
        Ok(sql.to_owned())
    } else {
        Err(format!("a query is missing: `{MARK}{shape}`"))
    }
}

pub(super) fn requires(argument: &str) -> Result<Vec<Requirement>, String> {
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
        // This schema is never used: only the validity of the name counts.
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

/// Splits at the commas outside of brackets and quotes.
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
