//! A statement as logs, plans and pages show it: one line, short, and without a secret.

use std::borrow::Cow;

use super::outside::option;
use super::parse::Node;
use crate::chain::scan::{self, Kind};

/// In characters, before the mark that says that more follows.
const LONGEST: usize = 200;
const CUT: &str = "'…'";

/// Whether the statement carries a secret in a literal: a role's password, the options of a user mapping, a server or a
/// foreign data wrapper, a subscription's connection, the standby's connection in ALTER SYSTEM.
pub(super) fn holds_secret(node: &Node) -> bool {
    match node {
        Node::CreateRoleStmt(s) => option(&s.options, "password").is_some(),
        Node::AlterRoleStmt(s) => option(&s.options, "password").is_some(),
        Node::CreateUserMappingStmt(_)
        | Node::AlterUserMappingStmt(_)
        | Node::CreateForeignServerStmt(_)
        | Node::AlterForeignServerStmt(_)
        | Node::CreateFdwStmt(_)
        | Node::AlterFdwStmt(_)
        | Node::CreateSubscriptionStmt(_)
        | Node::AlterSubscriptionStmt(_) => true,
        Node::AlterSystemStmt(s) => s.setstmt.as_ref().is_some_and(|set| set.name == "primary_conninfo"),
        _ => false,
    }
}

/// `sql` in one line without its comments, cut at about 200 characters; with `secret`, every literal of it is `'…'`.
/// Without, those in the body of a function or a DO are, and those that name a password or a URL.
pub(super) fn shown(sql: &str, secret: bool) -> String {
    let mut line = String::new();
    let (mut space_before, mut length) = (false, 0);
    for piece in scan::scan(sql) {
        if !piece.kind.is_code() {
            space_before = true;
            continue;
        }
        if space_before && !line.is_empty() {
            line.push(' ');
            length += 1;
        }
        space_before = false;
        let text = match piece.kind {
            Kind::String | Kind::Dollar if secret => Cow::Borrowed(CUT),
            Kind::String if names_secret(&sql[piece.range.clone()]) => Cow::Borrowed(CUT),
            Kind::Dollar => body(&sql[piece.range]),
            _ => Cow::Borrowed(&sql[piece.range]),
        };
        for c in text.chars() {
            if length == LONGEST {
                line.push('…');
                return line;
            }
            let c = if c.is_control() { ' ' } else { c };
            if c != ' ' || !line.ends_with(' ') {
                line.push(c);
                length += 1;
            }
        }
    }
    line
}

/// Whether the part of a literal that is shown announces a secret: `'host=db password=…'`, `'postgres://…'`.
fn names_secret(literal: &str) -> bool {
    let seen = literal[..literal.floor_char_boundary(LONGEST * 4)].to_ascii_lowercase();
    ["password", "connection", "://"].iter().any(|word| seen.contains(word))
}

/// The text of a statement with a `·` for every character of a literal that may be a secret, and of every literal in the body
/// of a function or a DO, and a blank for every one of a comment: no line and no column moves. With `secret`, all literals.
pub(super) fn blotted(sql: &str, secret: bool) -> String {
    let mut text = String::with_capacity(sql.len());
    for piece in scan::scan(sql) {
        let whole = &sql[piece.range];
        match piece.kind {
            Kind::String if secret || whole.len() > LONGEST * 4 || names_secret(whole) => {
                text.extend(whole.chars().map(blot))
            }
            Kind::Dollar if secret => text.extend(whole.chars().map(blot)),
            Kind::Dollar => {
                let tag = whole[1..].find('$').map_or(whole.len(), |at| at + 2);
                let (open, rest) = whole.split_at(tag);
                let (inside, close) = rest.strip_suffix(open).map_or((rest, ""), |inside| (inside, open));
                text.push_str(open);
                text.push_str(&blotted(inside, true));
                text.push_str(close);
            }
            Kind::LineComment | Kind::BlockComment => {
                text.extend(whole.chars().map(|c| if c.is_whitespace() { c } else { ' ' }));
            }
            _ => text.push_str(whole),
        }
    }
    text
}

fn blot(c: char) -> char {
    if c.is_whitespace() || c == '\'' { c } else { '·' }
}

/// What `$$ … $$` holds. Where it is code, its own literals are cut, for EXECUTE may make any statement of them; where it is
/// text, it is judged like other literals.
fn body(dollar: &str) -> Cow<'_, str> {
    let tag = dollar[1..].find('$').map_or(dollar.len(), |at| at + 2);
    let (open, rest) = dollar.split_at(tag);
    let inside = rest.strip_suffix(open).unwrap_or(rest);
    let seen = &inside[..inside.floor_char_boundary(LONGEST * 4)];
    if !seen.contains(char::is_whitespace) || seen.to_ascii_lowercase().contains("password=") {
        return if names_secret(inside) { Cow::Borrowed(CUT) } else { Cow::Borrowed(dollar) };
    }
    let mut text = open.to_owned();
    for piece in scan::scan(inside).take_while(|piece| piece.range.start < seen.len()) {
        text.push_str(match piece.kind {
            Kind::String | Kind::Dollar => CUT,
            Kind::LineComment | Kind::BlockComment => " ",
            _ => &inside[piece.range],
        });
    }
    text.push_str(open);
    Cow::Owned(text)
}

/// How a line of the server's CONTEXT begins that shows a query, which may go on over the lines behind it.
const QUERIES: [&str; 4] =
    ["SQL statement \"", "SQL expression \"", "PL/pgSQL assignment \"", "PL/pgSQL expression \""];
const FRAMES: [&str; 2] = ["PL/pgSQL function ", "SQL function "];

/// The server's CONTEXT without the literals of the queries in it: EXECUTE may have put a secret there. In another
/// language than English no query can be told, so a line ends with its first quote.
pub fn context_without_literals(context: &str) -> String {
    let begins = |line: &str, with: &[&str]| with.iter().any(|beginning| line.starts_with(beginning));
    let mut frames: Vec<String> = Vec::new();
    for line in context.split('\n') {
        match frames.last_mut() {
            Some(last) if begins(last, &QUERIES) && !begins(line, &QUERIES) && !begins(line, &FRAMES) => {
                last.push('\n');
                last.push_str(line);
            }
            _ => frames.push(line.to_owned()),
        }
    }
    let told = frames.iter().map(|frame| match frame.split_once('"') {
        Some((head, query)) if begins(frame, &QUERIES) => {
            let query = query.strip_suffix('"').unwrap_or(query);
            format!("{head}\"{}\"", shown(query, true))
        }
        _ => frame.split_once('\'').map_or_else(|| frame.clone(), |(head, _)| format!("{head}…")),
    });
    told.collect::<Vec<_>>().join("\n")
}

/// Whether a secret is likely to follow the word: for text that has no parse tree, and perhaps lacks its quotes.
pub(super) fn announces_secret(word: &str) -> bool {
    ["password", "connection"].iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// A line of a script that may not parse, around the byte `at`, with what every quote holds cut, and all that follows a
/// word that announces a secret.
pub(super) fn around(text: &str, at: usize) -> String {
    let start = text[..at].rfind('\n').map_or(0, |line| line + 1);
    let end = text[at..].find('\n').map_or(text.len(), |line| at + line);
    let mut line = String::new();
    for piece in scan::scan(text) {
        if piece.range.end <= start {
            continue;
        }
        if piece.range.start >= end {
            break;
        }
        match piece.kind {
            Kind::String | Kind::Dollar => line.push_str(CUT),
            Kind::LineComment | Kind::BlockComment => line.push(' '),
            Kind::Word if announces_secret(&text[piece.range.clone()]) => {
                line.push_str(&text[piece.range]);
                line.push_str(" …");
                break;
            }
            _ => line.push_str(&text[piece.range.start.max(start)..piece.range.end.min(end)]),
        }
    }
    shown(&line, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_one_short_line() {
        assert_eq!(shown("SELECT -- c\n  'a\n  b',\t1", false), "SELECT 'a b', 1");
        let long = shown(&format!("SELECT {}", "é".repeat(500)), false);
        assert_eq!(long.chars().count(), LONGEST + 1);
    }

    #[test]
    fn what_is_blotted_keeps_its_place() {
        let sql = "SELECT 'plain', 'password=é x', $$ IF 'a b' $$";
        assert_eq!(blotted(sql, false), "SELECT 'plain', '·········· ·', $$ IF '· ·' $$");
        assert_eq!(blotted("ALTER ROLE r PASSWORD 'x1'", true), "ALTER ROLE r PASSWORD '··'");
    }

    #[test]
    fn a_body_and_a_literal_that_names_a_password_show_no_secret() {
        for (sql, told) in [
            ("DO $$ BEGIN EXECUTE 'a'; END $$", "DO $$ BEGIN EXECUTE '…'; END $$"),
            (
                "DO $a$ BEGIN x := $b$y$b$; -- z\n END $a$ LANGUAGE plpgsql",
                "DO $a$ BEGIN x := '…'; END $a$ LANGUAGE plpgsql",
            ),
            ("SELECT $$plain$$, 'plain'", "SELECT $$plain$$, 'plain'"),
            ("SELECT f('host=db Password=x')", "SELECT f('…')"),
            ("SELECT f('postgres://a:x@db')", "SELECT f('…')"),
            ("SELECT f($$host=db password=x$$)", "SELECT f('…')"),
        ] {
            assert_eq!(shown(sql, false), told);
        }
        let long = format!("DO $$ BEGIN {} 'é' END $$", "é ".repeat(2000));
        assert_eq!(shown(&long, false).chars().count(), LONGEST + 1);
    }

    #[test]
    fn the_context_shows_no_literal_of_a_query() {
        for (context, told) in [
            (
                "SQL statement \"CREATE ROLE a\nPASSWORD E'it\\'s x'\"\nPL/pgSQL function f() line 3 at EXECUTE",
                "SQL statement \"CREATE ROLE a PASSWORD '…'\"\nPL/pgSQL function f() line 3 at EXECUTE",
            ),
            ("PL/pgSQL assignment \"a := 'x'\"", "PL/pgSQL assignment \"a := '…'\""),
            ("SQL-Anweisung »ALTER ROLE a PASSWORD 'x'«\nZeile 3", "SQL-Anweisung »ALTER ROLE a PASSWORD …\nZeile 3"),
        ] {
            assert_eq!(context_without_literals(context), told);
        }
    }

    #[test]
    fn the_line_around_an_error_shows_no_literal() {
        let text = "SELECT 1;\nALTER ROLE a PASSWORD E'x\ny' FROM $$z$$;";
        assert_eq!(around(text, 15), "ALTER ROLE a PASSWORD …");
        assert_eq!(around(text, text.find("FROM").unwrap()), "'…' FROM '…';");
        assert_eq!(around(text, text.len()), "'…' FROM '…';");
    }
}
