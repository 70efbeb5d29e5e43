//! SQL about the catalog, with places for the context that is known only at the statement's turn.

use sha2::{Digest, Sha256};

use crate::connect::message;
use crate::pg::name::{quote_array, quote_ident, quote_literal};

/// An SQL expression over the catalog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Sql(String),
    /// The schema in which an unqualified name is created, as a literal.
    Home,
    /// The schemas in which an unqualified name is looked for, as an array.
    Path,
    /// An expression whose names are resolved with the statement's path.
    Along(String),
    /// The parts that a later statement sets, as an array.
    Later,
    /// The digests of those options, by name, that no later statement sets, as an array.
    Digests(Vec<(String, String)>),
}

/// The context of a statement.
#[derive(Clone, Copy, Debug)]
pub struct Turn<'a> {
    /// The statement's path.
    pub path: &'a [String],
    /// The parts of its object that a later statement sets.
    pub later: &'a [String],
}

impl Question {
    /// Fills each `{}` of a template of our own with one of the parts.
    pub(super) fn of(template: &str, parts: impl IntoIterator<Item = Self>) -> Self {
        let mut parts = parts.into_iter();
        let mut pieces = Vec::new();
        for (at, text) in template.split("{}").enumerate() {
            if at > 0 {
                pieces.extend(parts.next().into_iter().flat_map(|part| part.0));
            }
            pieces.push(Piece::Sql(text.to_owned()));
        }
        Self(pieces)
    }

    pub(super) fn literal(text: &str) -> Self {
        Self(vec![Piece::Sql(quote_literal(text))])
    }

    pub(super) fn array(texts: &[String]) -> Self {
        Self(vec![Piece::Sql(quote_array(texts.iter().map(String::as_str)))])
    }

    pub(super) fn home() -> Self {
        Self(vec![Piece::Home])
    }

    pub(super) fn path() -> Self {
        Self(vec![Piece::Path])
    }

    pub(super) fn later() -> Self {
        Self(vec![Piece::Later])
    }

    pub(super) fn digests(options: &[(String, String)]) -> Self {
        let digests = options.iter().map(|(name, value)| (name.clone(), digest(&format!("{name}={value}"))));
        Self(vec![Piece::Digests(digests.collect())])
    }

    /// A function that resolves a name: `to_regtype`, `to_regproc`, `to_regprocedure`, `to_regclass`.
    pub(super) fn resolved(function: &'static str, name: &str) -> Self {
        Self(vec![Piece::Along(format!("pg_catalog.{function}({})::pg_catalog.oid", quote_literal(name)))])
    }

    /// True if all of the questions are true.
    pub(super) fn all(questions: Vec<Self>) -> Self {
        Self::joined(questions, " AND ", "true")
    }

    /// True if one of the questions is true.
    pub(super) fn any(questions: Vec<Self>) -> Self {
        Self::joined(questions, " OR ", "false")
    }

    fn joined(questions: Vec<Self>, word: &str, none: &str) -> Self {
        let mut pieces = vec![Piece::Sql("(".to_owned())];
        let is_empty = questions.is_empty();
        for (at, question) in questions.into_iter().enumerate() {
            pieces.push(Piece::Sql(if at > 0 { word.to_owned() } else { String::new() }));
            pieces.extend(question.0);
        }
        pieces.push(Piece::Sql(format!("{})", if is_empty { none } else { "" })));
        Self(pieces)
    }

    /// The SQL for [`message::Message::own`].
    pub fn sql(&self, turn: Turn<'_>) -> String {
        let later = || turn.later.iter().map(String::as_str);
        let path = || turn.path.iter().map(|schema| quote_ident(schema)).collect::<Vec<_>>().join(", ");
        self.0
            .iter()
            .map(|piece| match piece {
                Piece::Sql(text) => text.clone(),
                Piece::Home => quote_literal(turn.path.first().map_or("public", String::as_str)),
                Piece::Path => quote_array(turn.path.iter().map(String::as_str)),
                Piece::Along(expression) => message::with_path(expression, &path()),
                Piece::Later => quote_array(later()),
                Piece::Digests(all) => {
                    let mut all: Vec<&str> =
                        all.iter().filter(|(name, _)| !turn.later.contains(name)).map(|(_, it)| it.as_str()).collect();
                    all.sort_unstable();
                    quote_array(all.into_iter())
                }
            })
            .collect()
    }
}

/// Options may contain passwords, which go into no question.
pub(super) fn digest(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The SQL of [`digest`].
pub(super) const DIGEST: &str = "pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(w, 'UTF8')), 'hex')";
