//! A statement for logs, plans and pages: one line, short, and without a secret.

use std::ops::Range;

use super::secret::{self, Secrecy};
use crate::chain::scan::{self, Kind, Piece};

/// The characters before the mark that more follows.
const LONGEST: usize = 200;
/// The bytes of a statement that are searched for announcements of a secret; of a longer one no literal is shown.
const SEARCHED: usize = 64 << 10;
const CUT: &str = "'…'";

/// The treatment of a part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Shown,
    Secret,
    Comment,
}

/// The literals of a statement that are hidden, by its tree and by its words.
pub(crate) fn secrecy(sql: &str, from_tree: Secrecy) -> Secrecy {
    if sql.len() > SEARCHED {
        return from_tree.max(if from_tree == Secrecy::Code { Secrecy::Code } else { Secrecy::Closed });
    }
    secret::of_words(sql, &scan::scan(sql).collect::<Vec<_>>(), from_tree)
}

/// The parts of a text in order, without gaps.
fn parts(sql: &str, secrecy: Secrecy) -> Vec<(Range<usize>, Part)> {
    let pieces: Vec<Piece> = scan::scan(sql).collect();
    let values = secret::values(sql, &pieces);
    let mut values = values.iter().peekable();
    let turned = secret::turned_inside_out(sql, &pieces);
    let mut parts = Vec::with_capacity(pieces.len());
    for (Piece { kind, range }, is_turned) in pieces.into_iter().zip(turned) {
        while values.next_if(|value| value.end <= range.start).is_some() {}
        if let Some(value) = values.peek().filter(|value| value.start <= range.start) {
            if value.start == range.start {
                parts.push(((*value).clone(), Part::Secret));
            }
            continue;
        }
        match kind {
            Kind::LineComment | Kind::BlockComment => parts.push((range, Part::Comment)),
            _ if is_turned && kind.is_code() => parts.push((range, Part::Secret)),
            Kind::String if secrecy > Secrecy::Open => parts.push((range, Part::Secret)),
            Kind::Dollar if secrecy == Secrecy::Closed => parts.push((range, Part::Secret)),
            Kind::Dollar
                if secrecy == Secrecy::Code
                    || is_code(&sql[range.clone()][scan::between_tags(&sql[range.clone()])]) =>
            {
                let inside = scan::between_tags(&sql[range.clone()]);
                let (start, end) = (range.start + inside.start, range.start + inside.end);
                parts.push((range.start..start, Part::Shown));
                let within = self::parts(&sql[start..end], Secrecy::Closed);
                parts.extend(within.into_iter().map(|(part, what)| (start + part.start..start + part.end, what)));
                parts.push((end..range.end, Part::Shown));
            }
            _ => parts.push((range, Part::Shown)),
        }
    }
    parts
}

/// True if the text is more than a word: EXECUTE may run it as any statement.
fn is_code(text: &str) -> bool {
    text.contains(char::is_whitespace)
}

/// A definition, or a statement that lockgate generates, without its comments and its secrets. `least` is the secrecy of the
/// statement from which it is derived.
pub fn without_secrets(sql: &str, least: Secrecy) -> String {
    let text = parts(sql, secrecy(sql, least)).into_iter().map(|(range, part)| match part {
        Part::Secret => CUT,
        Part::Shown => &sql[range],
        Part::Comment => " ",
    });
    text.collect()
}

/// `sql` in one line without its comments and its secrets, truncated to about 200 characters.
pub(crate) fn shown(sql: &str, secrecy: Secrecy) -> String {
    // The rest is not shown, so it need not be read.
    let sql = &sql[..sql.floor_char_boundary(SEARCHED)];
    let mut line = String::new();
    let (mut space_before, mut length) = (false, 0);
    for (range, part) in parts(sql, secrecy) {
        let text = match part {
            Part::Secret => CUT,
            Part::Shown => &sql[range],
            Part::Comment => " ",
        };
        if text.chars().all(|c| c.is_whitespace() || c.is_control()) {
            space_before |= !text.is_empty();
            continue;
        }
        if space_before && !line.is_empty() && !line.ends_with(' ') {
            line.push(' ');
            length += 1;
        }
        space_before = false;
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

/// The text of a statement with a `·` for every character of a possible secret, and a blank for every character of a comment:
/// lines and columns stay the same.
pub(crate) fn blotted(sql: &str, secrecy: Secrecy) -> String {
    let mut text = String::with_capacity(sql.len());
    for (range, part) in parts(sql, secrecy) {
        let whole = &sql[range];
        match part {
            Part::Secret => text.extend(whole.chars().map(blot)),
            Part::Shown => text.push_str(whole),
            Part::Comment => text.extend(whole.chars().map(|c| if c.is_whitespace() { c } else { ' ' })),
        }
    }
    text
}

fn blot(c: char) -> char {
    if c.is_whitespace() || c == '\'' { c } else { '·' }
}

/// The server's message about a statement, without the statement's secrets: the server quotes the text that it refuses.
pub fn scrubbed(said: &str, sql: &str, secrecy: Secrecy) -> String {
    let mut secrets = Vec::new();
    collect(sql, secrecy, &mut secrets);
    secrets.retain(|secret| secret.chars().count() >= SHORTEST);
    secrets.sort_unstable_by_key(|secret| std::cmp::Reverse(secret.len()));
    secrets.iter().fold(said.to_owned(), |said, secret| said.replace(secret.as_str(), "…"))
}

/// A shorter text occurs in too many words.
const SHORTEST: usize = 4;

/// The values of a statement's hidden literals, and the words of those that are connection strings.
fn collect(sql: &str, secrecy: Secrecy, secrets: &mut Vec<String>) {
    if secrecy == Secrecy::Code {
        let literals = scan::scan(sql).filter(|piece| matches!(piece.kind, Kind::String | Kind::Dollar));
        literals.for_each(|piece| collect_of_code(&value(&sql[piece.range]), secrets));
        return;
    }
    for (range, _) in parts(sql, secrecy).into_iter().filter(|(_, part)| *part == Part::Secret) {
        if is_own_words(&sql[..range.start]) {
            continue;
        }
        let value = value(&sql[range]);
        if value.contains("://") || value.to_ascii_lowercase().contains("password=") {
            secrets.extend(value.split([' ', '\'', '=', ',', ';', ':', '/', '@', '?', '&']).map(str::to_owned));
        } else {
            collect_of_code(&value, secrets);
        }
        secrets.push(value);
    }
}

/// The same for code in a literal that handles a secret.
fn collect_of_code(code: &str, secrets: &mut Vec<String>) {
    if is_code(code) && secrecy(code, Secrecy::Open) == Secrecy::Closed {
        collect(code, Secrecy::Closed, secrets);
    }
}

/// True if a literal after this text is the message of a RAISE, which is meant to be read.
fn is_own_words(before: &str) -> bool {
    let statement = before.rsplit(';').next().unwrap_or_default();
    statement.split_whitespace().any(|word| word.eq_ignore_ascii_case("raise"))
}

/// The value of a literal, with escapes left as they are.
fn value(literal: &str) -> String {
    match literal.find(['\'', '$']) {
        Some(0) if literal.starts_with('$') => literal[scan::between_tags(literal)].to_owned(),
        Some(quote) => {
            let rest = &literal[quote + 1..];
            rest.strip_suffix('\'').unwrap_or(rest).replace("''", "'")
        }
        None => literal.to_owned(),
    }
}

/// The beginnings of lines in the server's CONTEXT that show a query, which may continue on the following lines.
const QUERIES: [&str; 4] =
    ["SQL statement \"", "SQL expression \"", "PL/pgSQL assignment \"", "PL/pgSQL expression \""];
const FRAMES: [&str; 2] = ["PL/pgSQL function ", "SQL function "];

/// The server's CONTEXT without the literals of its queries: EXECUTE may have put a secret there. In languages other than English
/// queries are not recognized, so a line ends with its first quote.
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
            format!("{head}\"{}\"", shown(query, Secrecy::Closed))
        }
        _ => frame.split_once('\'').map_or_else(|| frame.clone(), |(head, _)| format!("{head}…")),
    });
    told.collect::<Vec<_>>().join("\n")
}

/// A line of a script that does not parse, around the byte `at`, without possible secrets.
pub(crate) fn around(text: &str, at: usize) -> String {
    let start = text[..at].rfind('\n').map_or(0, |line| line + 1);
    let end = text[at..].find('\n').map_or(text.len(), |line| at + line);
    let mut line = String::new();
    let mut is_cut = false;
    for (piece, is_hidden) in doubtful(text) {
        if piece.range.end <= start {
            continue;
        }
        if piece.range.start >= end {
            break;
        }
        match piece.kind {
            Kind::String | Kind::Dollar => line.push_str(CUT),
            Kind::LineComment | Kind::BlockComment | Kind::Space => line.push(' '),
            _ if is_hidden => {
                if !is_cut {
                    line.push('…');
                }
            }
            _ => line.push_str(&text[piece.range.start.max(start)..piece.range.end.min(end)]),
        }
        is_cut = is_hidden && piece.kind.is_code() || is_cut && !piece.kind.is_code();
    }
    shown(&line, Secrecy::Closed)
}

/// True if the text at the byte `at` of an unparsable script may be a secret.
pub(crate) fn is_hidden_at(text: &str, at: usize) -> bool {
    doubtful(text).into_iter().find(|(piece, _)| piece.range.end > at).is_some_and(|(_, is_hidden)| is_hidden)
}

/// The pieces of an unparsable script, each with true if it may be a secret: a literal, or text that is one by mistake; the text
/// from a word that announces a secret to the next comma or bracket; and the text after `SET app.name`.
fn doubtful(text: &str) -> Vec<(Piece, bool)> {
    let pieces: Vec<Piece> = scan::scan(text).collect();
    let turned = secret::turned_inside_out(text, &pieces);
    let (mut is_announced, mut is_set) = (false, false);
    let mut since_set = usize::MAX;
    let doubt = |(piece, is_turned): (Piece, bool)| {
        let word = &text[piece.range.clone()];
        is_set &= word != ";";
        is_announced &= !matches!(word, ";" | "," | "(" | ")");
        let is_hidden = secret::is_literal(&piece)
            || matches!(piece.kind, Kind::LineComment | Kind::BlockComment)
            || is_turned
            || is_announced
            || is_set;
        if piece.kind.is_code() {
            since_set = if word.eq_ignore_ascii_case("set") { 0 } else { since_set.saturating_add(1) };
            // SET is followed by LOCAL or SESSION and the first part of the name.
            is_set |= word.contains('.') && since_set <= 3;
            is_announced |= secret::announces(word) || text[piece.range.start..].starts_with("://");
        }
        (piece, is_hidden)
    };
    pieces.into_iter().zip(turned).map(doubt).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_one_short_line() {
        assert_eq!(shown("SELECT -- c\n  'a\n  b',\t1", Secrecy::Open), "SELECT 'a b', 1");
        let long = shown(&format!("SELECT {}", "é".repeat(500)), Secrecy::Open);
        assert_eq!(long.chars().count(), LONGEST + 1);
    }

    #[test]
    fn what_is_blotted_keeps_its_place() {
        let sql = "DO $$ IF 'a b' $$";
        assert_eq!(blotted(sql, Secrecy::Open), "DO $$ IF '· ·' $$");
        assert_eq!(blotted("ALTER ROLE r PASSWORD 'x1'", Secrecy::Closed), "ALTER ROLE r PASSWORD '··'");
        assert_eq!(blotted("SET a.b = -5, 'é' -- c", Secrecy::Open), "SET a.b = ··, '·'     ");
    }

    fn as_shown(sql: &str, from_tree: Secrecy) -> String {
        shown(sql, secrecy(sql, from_tree))
    }

    #[test]
    fn a_body_shows_no_literal() {
        for (sql, told) in [
            ("DO $$ BEGIN EXECUTE 'a'; END $$", "DO $$ BEGIN EXECUTE '…'; END $$"),
            (
                "DO $a$ BEGIN x := $b$y$b$; -- z\n END $a$ LANGUAGE plpgsql",
                "DO $a$ BEGIN x := '…'; END $a$ LANGUAGE plpgsql",
            ),
            ("DO $$ BEGIN SET LOCAL app.pin TO 1234, x; END $$", "DO $$ BEGIN SET LOCAL app.pin TO '…', '…'; END $$"),
            ("DO $$ ALTER ROLE r PASSWORD x; $$", "DO $$ ALTER ROLE r PASSWORD '…'; $$"),
            ("DO 'BEGIN x := ''y''; END'", "DO '…'"),
        ] {
            assert_eq!(as_shown(sql, Secrecy::Code), told);
        }
        let long = format!("DO $$ BEGIN {} 'é' END $$", "é ".repeat(2000));
        assert_eq!(as_shown(&long, Secrecy::Code).chars().count(), LONGEST + 1);
    }

    #[test]
    fn a_word_or_a_literal_that_announces_a_secret_hides_all_literals() {
        for (sql, told) in [
            ("SELECT $$plain$$, 'plain'", "SELECT $$plain$$, 'plain'"),
            ("SELECT f('host=db Password=x', 'y')", "SELECT f('…', '…')"),
            ("SELECT f('postgres://a:x@db')", "SELECT f('…')"),
            ("SELECT f($$host=db password=x$$)", "SELECT f('…')"),
            ("INSERT INTO u (name, api_key) VALUES ('a', 'b')", "INSERT INTO u (name, api_key) VALUES ('…', '…')"),
            ("UPDATE s SET value = 'x' WHERE name = 'smtp_password'", "UPDATE s SET value = '…' WHERE name = '…'"),
            ("CREATE INDEX ON t (sort_key) WHERE kind = 'a'", "CREATE INDEX ON t (sort_key) WHERE kind = 'a'"),
            ("SELECT set_config('search_path', '', false)", "SELECT set_config('search_path', '', false)"),
            ("SELECT \"set_config\"('app.x', 'y', false)", "SELECT \"set_config\"('…', '…', false)"),
            ("SET lock_timeout = '1s'", "SET lock_timeout = '1s'"),
            ("SET password_encryption = 'md5'", "SET password_encryption = 'md5'"),
            ("ALTER DATABASE d SET app.x TO a, 'b', -1", "ALTER DATABASE d SET app.x TO '…', '…', '…'"),
            ("ALTER SYSTEM SET archive_command = 'cp'", "ALTER SYSTEM SET archive_command = '…'"),
            ("ALTER FUNCTION f() SET \"app.x\" TO y RESET z", "ALTER FUNCTION f() SET \"app.x\" TO '…' RESET z"),
        ] {
            assert_eq!(as_shown(sql, Secrecy::Open), told);
        }
        let late = format!("INSERT INTO t (a, b) VALUES ('seen', '{}'), ('x', 'password')", "y".repeat(1000));
        assert!(!as_shown(&late, Secrecy::Open).contains("seen"));
    }

    #[test]
    fn what_the_server_quotes_of_a_secret_is_cut() {
        let near = "DO $$ BEGIN EXECUTE 'ALTER ROLE r PASSWORD ''hunter2'''; END $$";
        for (said, sql, told) in [
            ("invalid value: \"hunter2\"", "SET app.x = 'hunter2'", "invalid value: \"…\""),
            ("at or near \"hunter2\"", near, "at or near \"…\""),
            ("no option \"hunter2\"", "SELECT dblink_connect('host=db password=x hunter2')", "no option \"…\""),
            ("no tenant", "DO $$ BEGIN RAISE EXCEPTION 'no tenant'; END $$", "no tenant"),
            ("no \"users\"", "DO $$ BEGIN EXECUTE 'DROP TABLE users'; END $$", "no \"users\""),
        ] {
            let of_tree = if sql.starts_with("DO") { Secrecy::Code } else { Secrecy::Open };
            assert_eq!(scrubbed(said, sql, secrecy(sql, of_tree)), told);
        }
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
        assert_eq!(around(text, 15), "ALTER ROLE a PASSWORD '…'");
        assert_eq!(around(text, text.find("FROM").unwrap()), "'…' '…';");
        assert_eq!(around(text, text.len()), "'…' '…';");
    }

    #[test]
    fn a_missing_quote_turns_no_literal_into_code() {
        for text in [
            "SELECT 'it; SELECT f('hunter2', 'b');",
            "SELECT 'it; SELECT f('a', '#hunter2 c');",
            "SELECT 'it's; ALTER ROLE x PASSWORD 'hunter2'",
            "SELECT 'it; SELECT f(' hunter2', 'b')",
            "SET app.x = hunter2 y z",
            "ALTER ROLE x PASSWORD hunter2 y",
        ] {
            for at in 0..text.len() {
                assert!(!around(text, at).contains("hunter2"), "{text} at {at}");
            }
            let at = text.find("hunter2").unwrap();
            assert!(is_hidden_at(text, at), "{text}");
        }
        let plain = "CREATE TABEL t (a text DEFAULT 'x', b int);";
        assert_eq!(around(plain, 7), "CREATE TABEL t (a text DEFAULT '…', b int);");
    }
}
