//! The words of code that the parser does not read.

use super::makings::{Makings, identifier, makings, unquoted};
use crate::chain::scan::{Kind, between_tags, scan};
use crate::sql::Named;
use crate::sql::nodes::option;
use crate::sql::parse::{Node, tree};
use crate::statement::change::Opaque;

const DEFINES: [&str; 7] = ["create", "alter", "drop", "rename", "grant", "revoke", "execute"];

/// The kinds of objects after COMMENT ON: a table may be called comment, and joined ON something.
const COMMENTED: [&str; 33] = [
    "table",
    "column",
    "view",
    "materialized",
    "index",
    "constraint",
    "trigger",
    "function",
    "procedure",
    "type",
    "domain",
    "schema",
    "sequence",
    "policy",
    "routine",
    "aggregate",
    "operator",
    "collation",
    "rule",
    "publication",
    "subscription",
    "foreign",
    "server",
    "text",
    "cast",
    "statistics",
    "event",
    "role",
    "access",
    "conversion",
    "language",
    "large",
    "transform",
];
const WRITES: [&str; 10] =
    ["insert", "update", "delete", "merge", "truncate", "copy", "setval", "nextval", "perform", "call"];

/// Words that precede a bracket without a call.
const NO_CALLS: [&str; 32] = [
    "if", "elsif", "while", "when", "in", "values", "and", "or", "not", "on", "using", "exists", "return", "into",
    "as", "over", "filter", "any", "all", "some", "select", "where", "from", "then", "else", "case", "by", "coalesce",
    "row", "array", "varchar", "numeric",
];

/// DO: its body is its whole effect.
pub(super) fn of_do(s: &tree::DoStmt) -> Opaque {
    of_text(argument(s, "as").unwrap_or_default())
}

/// The body of a DO (`as`), or its language.
pub(super) fn argument<'s>(s: &'s tree::DoStmt, name: &str) -> Option<&'s str> {
    match option(&s.args, name)?.arg.as_deref()?.node.as_ref()? {
        Node::String(text) => Some(&text.sval),
        _ => None,
    }
}

/// The words of a text, including those inside its strings.
pub(super) fn of_text(text: &str) -> Opaque {
    let mut found = Opaque::default();
    gather(text, &mut found, 0);
    let Makings { makes, writes_rows } = makings(text);
    (found.makes, found.writes_rows) = (makes, writes_rows);
    found.words.sort_unstable();
    found.words.dedup();
    found.may_define |= found.words.iter().any(|word| DEFINES.contains(&word.as_str()));
    found.may_write = found.may_define || found.words.iter().any(|word| WRITES.contains(&word.as_str()));
    found
}

/// The deepest nesting of quoted strings that people write.
const DEEPEST: usize = 4;

fn gather(text: &str, found: &mut Opaque, depth: usize) {
    let mut before: [Option<&str>; 3] = [None; 3];
    for piece in scan(text).filter(|piece| piece.kind.is_code()) {
        let shown = &text[piece.range.clone()];
        match piece.kind {
            Kind::Dollar if depth < DEEPEST => gather(&shown[between_tags(shown)], found, depth + 1),
            Kind::String if depth < DEEPEST => gather(&unquoted(shown), found, depth + 1),
            Kind::Name | Kind::Word => {
                let is = |word: Option<&str>, other: &str| word.is_some_and(|word| word.eq_ignore_ascii_case(other));
                let word = identifier(shown).map(|word| word.to_lowercase());
                let is_commented = word.as_ref().is_some_and(|word| COMMENTED.contains(&word.as_str()));
                found.may_define |= is_commented && is(before[1], "comment") && is(before[2], "on");
                found.words.extend(word);
            }
            Kind::Symbol if shown == "(" => call(before, &mut found.calls),
            _ => {}
        }
        found.is_dynamic |= is_made_to_run(&before, piece.kind, shown);
        before = [before[1], before[2], Some(shown)];
    }
}

/// True if EXECUTE runs the value of an expression: anything except one string, the EXECUTE of a trigger and that of a privilege.
fn is_made_to_run(before: &[Option<&str>; 3], kind: Kind, shown: &str) -> bool {
    let is = |word: Option<&str>, other: &str| word.is_some_and(|word| word.eq_ignore_ascii_case(other));
    let is_text = |word: &str| word.starts_with(['\'', '$']);
    if is(before[2], "execute") {
        return match kind {
            Kind::String | Kind::Dollar => false,
            Kind::Word => !["on", "function", "procedure", "immediate"].contains(&shown.to_lowercase().as_str()),
            _ => true,
        };
    }
    is(before[1], "execute") && before[2].is_some_and(is_text) && !matches!(shown, ";") && kind != Kind::Word
}

/// `schema.name(` or `name(`.
fn call([schema, dot, name]: [Option<&str>; 3], calls: &mut Vec<Named>) {
    let Some(name) = name.and_then(identifier) else { return };
    let schema = schema.filter(|_| dot == Some(".")).and_then(identifier);
    let called = Named { schema, name };
    let is_word = called.schema.is_none() && NO_CALLS.contains(&called.name.as_str());
    if !is_word && called.schema.as_deref() != Some("pg_catalog") && !calls.contains(&called) {
        calls.push(called);
    }
}
