//! COPY FROM STDIN with its data, as pg_dump writes it. Its rows are sent as one INSERT, which needs no other protocol and is
//! judged like any other.

use std::ops::Range;
use std::sync::Arc;

use super::lower::{Lowered, Refused};
use super::portions::{self, Portion};
use super::together::Together;
use crate::pg::name::{quote_ident, quote_literal};
use crate::sql::nodes::listed;
use crate::sql::nodes::option;
use crate::sql::parse::{self, Node, tree};
use crate::sql::problem::Problem;

/// The format of the rows, and the table and columns for which they are.
struct Form {
    head: String,
    columns: usize,
    delimiter: char,
    null: String,
}

/// Gives each COPY FROM STDIN the INSERT of its rows. A statement that cannot be read keeps its refusal, or is a problem of its
/// own.
pub(super) fn give_rows(
    sql: &str,
    text: &str,
    data: &[(usize, Range<usize>)],
    lowered: &mut [Lowered],
    portion: Portion,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    for one in lowered.iter_mut().filter(|one| one.refused.contains(&Refused::CopyFromStdin)) {
        let Some((_, rows)) = data.iter().find(|(start, _)| one.range.contains(start)) else { continue };
        let form = parse::with_tree(&sql[one.range.clone()], |_, parsed| form(parsed)).ok().flatten();
        let Some(form) = form else { continue };
        one.refused.retain(|refused| *refused != Refused::CopyFromStdin);
        match insert(&form, &text[rows.clone()]) {
            Ok(insert) => {
                let lowered = portions::lower(&insert, portion, Together::NOTHING).ok().and_then(|mut all| all.pop());
                let nature = Arc::make_mut(&mut one.nature);
                if let Some(lowered) = lowered {
                    nature.effect.clone_from(&lowered.effect);
                }
                nature.sent = Some(insert.into());
            }
            Err(message) => problems.push(Problem::new(one.range.start, message, "write the rows as pg_dump does")),
        }
    }
    problems
}

/// Returns none for a format other than text and for a COPY with a condition.
fn form(parsed: &tree::ParseResult) -> Option<Form> {
    let Node::CopyStmt(s) = parsed.stmts.first()?.stmt.as_deref()?.node.as_ref()? else { return None };
    let known = ["format", "delimiter", "null", "freeze"];
    let is_known = |node: &tree::Node| match &node.node {
        Some(Node::DefElem(element)) => known.contains(&element.defname.as_str()),
        _ => false,
    };
    let word = |name: &str| match option(&s.options, name)?.arg.as_deref()?.node.as_ref()? {
        Node::String(text) => Some(text.sval.clone()),
        _ => None,
    };
    if s.where_clause.is_some() || !s.options.iter().all(is_known) || word("format").is_some_and(|it| it != "text") {
        return None;
    }
    let relation = s.relation.as_ref()?;
    let schema = Some(&relation.schemaname)
        .filter(|name| !name.is_empty())
        .map(|name| quote_ident(name) + ".")
        .unwrap_or_default();
    let columns: Vec<String> =
        s.attlist.iter().filter_map(|name| Some(quote_ident(&listed(std::slice::from_ref(name))?.name))).collect();
    let list = if columns.is_empty() { String::new() } else { format!(" ({})", columns.join(", ")) };
    Some(Form {
        // COPY writes the row's value into an identity column.
        head: format!("INSERT INTO {schema}{}{list} OVERRIDING SYSTEM VALUE", quote_ident(&relation.relname)),
        columns: columns.len(),
        delimiter: word("delimiter").and_then(|text| text.chars().next()).unwrap_or('\t'),
        null: word("null").unwrap_or_else(|| "\\N".to_owned()),
    })
}

fn insert(form: &Form, data: &str) -> Result<String, String> {
    let mut rows: Vec<String> = Vec::new();
    let mut width = form.columns;
    // The rest of the statement's own line is not a row.
    let lines = data.split_once('\n').map_or("", |(_, rows)| rows).split('\n');
    for (number, line) in lines.map(|line| line.strip_suffix('\r').unwrap_or(line)).enumerate() {
        if line == "\\." {
            break;
        }
        let fields = fields(line, form.delimiter);
        if width == 0 {
            width = fields.len();
        }
        if fields.len() != width {
            return Err(format!("row {} of the COPY has {} values, not {width}", number + 1, fields.len()));
        }
        let value =
            |field: &&str| if **field == form.null { "NULL".to_owned() } else { quote_literal(&unescaped(field)) };
        rows.push(format!("({})", fields.iter().map(value).collect::<Vec<_>>().join(", ")));
    }
    if rows.is_empty() {
        let nothing = vec!["NULL"; width.max(1)].join(", ");
        return Ok(format!("{} SELECT {nothing} WHERE false", form.head));
    }
    Ok(format!("{} VALUES {}", form.head, rows.join(", ")))
}

/// Splits at the delimiters that no backslash precedes.
fn fields(line: &str, delimiter: char) -> Vec<&str> {
    let (mut all, mut start, mut is_escaped) = (Vec::new(), 0, false);
    for (at, c) in line.char_indices() {
        if c == delimiter && !is_escaped {
            all.push(&line[start..at]);
            start = at + c.len_utf8();
        }
        is_escaped = c == '\\' && !is_escaped;
    }
    all.push(&line[start..]);
    all
}

/// Decodes a value of COPY's text format (PostgreSQL documentation, COPY, Text Format).
fn unescaped(field: &str) -> String {
    let mut bytes: Vec<u8> = Vec::with_capacity(field.len());
    let mut rest = field.bytes().peekable();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        let Some(next) = rest.next() else { break };
        match next {
            b'b' => bytes.push(8),
            b'f' => bytes.push(12),
            b'n' => bytes.push(b'\n'),
            b'r' => bytes.push(b'\r'),
            b't' => bytes.push(b'\t'),
            b'v' => bytes.push(11),
            b'0'..=b'7' => {
                let mut value = u32::from(next - b'0');
                for _ in 0..2 {
                    let Some(digit) = rest.next_if(|digit| (b'0'..=b'7').contains(digit)) else { break };
                    value = value * 8 + u32::from(digit - b'0');
                }
                bytes.push((value & 0xff) as u8);
            }
            b'x' if rest.peek().is_some_and(u8::is_ascii_hexdigit) => {
                let mut value = 0;
                for _ in 0..2 {
                    let Some(digit) = rest.next_if(u8::is_ascii_hexdigit) else { break };
                    value = value * 16 + char::from(digit).to_digit(16).unwrap_or_default();
                }
                bytes.push((value & 0xff) as u8);
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_of_a_copy_are_those_of_its_insert() {
        let form = Form { head: "INSERT INTO t".to_owned(), columns: 2, delimiter: '\t', null: "\\N".to_owned() };
        let data = "\n1\tit's\n2\t\\N\n3\ta\\tb\\\\c\\x41\\101\n4\t\n\\.\n";
        let wanted = "INSERT INTO t VALUES ('1', 'it''s'), ('2', NULL), ('3',  E'a\tb\\\\cAA'), ('4', '')";
        assert_eq!(insert(&form, data).unwrap(), wanted);
        assert_eq!(insert(&form, "\n\\.\n").unwrap(), "INSERT INTO t SELECT NULL, NULL WHERE false");
        assert_eq!(insert(&form, "\n1\n\\.\n").unwrap_err(), "row 1 of the COPY has 1 values, not 2");
    }
}
