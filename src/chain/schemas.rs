//! The schemas that a chain's scripts name, found without the parser: an open gate needs them in a small container.

use std::collections::BTreeSet;

use super::Chain;
use super::scan::{Kind, Piece, between_tags, scan};

/// Every name that may be a schema's: before a dot, after SCHEMA, in a search_path. An alias before a dot is included; no schema
/// has its name, so that is harmless.
pub fn schemas(chain: &Chain) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    chain.revisions().iter().for_each(|revision| revision.text.once(|text| gather(text, &mut names)));
    names
}

/// The meaning of the next name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Anything,
    Schema,
    /// Another schema after a comma.
    Listed,
}

fn gather(text: &str, names: &mut BTreeSet<String>) {
    let (mut next, mut before) = (Next::Anything, None::<String>);
    for Piece { kind, range } in scan(text).filter(|piece| piece.kind.is_code()) {
        let piece = &text[range];
        let name = match kind {
            Kind::Word => Some(piece.to_lowercase()),
            Kind::Name => Some(unquoted(piece, '"')),
            Kind::String => Some(unquoted(piece, '\'')),
            Kind::Dollar => {
                gather(&piece[between_tags(piece)], names);
                None
            }
            Kind::Symbol | Kind::Space | Kind::LineComment | Kind::BlockComment => None,
        };
        next = match (&name, piece, next) {
            (None, ".", _) => {
                names.extend(before.take());
                Next::Anything
            }
            (None, ",", Next::Listed | Next::Schema) | (None, "=", Next::Schema) => Next::Schema,
            (Some(word), _, _) if word == "search_path" || kind == Kind::Word && word == "schema" => Next::Schema,
            (Some(word), _, Next::Schema)
                if kind == Kind::Word && matches!(word.as_str(), "if" | "not" | "exists" | "authorization" | "to") =>
            {
                Next::Schema
            }
            (Some(name), _, Next::Schema) => {
                // A value of set_config or ALTER ROLE may be a complete list.
                names.extend(name.split(',').map(|name| name.trim().to_owned()));
                Next::Listed
            }
            _ => Next::Anything,
        };
        before = name.filter(|_| kind != Kind::String);
    }
}

/// `"a""b"` means `a"b`.
fn unquoted(piece: &str, quote: char) -> String {
    let inner = piece.trim_start_matches(['e', 'E']).trim_matches(quote);
    inner.replace(&format!("{quote}{quote}"), &quote.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_is_found_wherever_a_script_may_name_it() {
        for (script, wanted) in [
            ("CREATE TABLE t (id int)", &[][..]),
            ("CREATE TABLE App.t (id int); CREATE INDEX ON \"My \"\"own\".t (id)", &["app", "My \"own"]),
            (
                "CREATE SCHEMA IF NOT EXISTS a; CREATE SCHEMA AUTHORIZATION b; GRANT USAGE ON SCHEMA c, d TO e",
                &["a", "b", "c", "d"],
            ),
            ("SET LOCAL search_path = a, \"B\", 'c'; SET search_path TO d", &["B", "a", "c", "d"]),
            ("SELECT set_config('search_path', 'a, b', false)", &["a", "b", "false"]),
            ("DO $x$ BEGIN CREATE INDEX i ON inner_one.t (id); END $x$", &["inner_one"]),
            ("-- a.b\nSELECT '1.5', 'no.schema', 2.5", &["2"]),
        ] {
            let mut names = BTreeSet::new();
            gather(script, &mut names);
            let wanted: BTreeSet<String> = wanted.iter().map(|name| (*name).to_owned()).collect();
            assert_eq!(names, wanted, "{script}");
        }
    }
}
