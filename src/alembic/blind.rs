//! The proof that a revision reads nothing from the database, from the words of its file alone. Pure.
//!
//! The lists are closed: a module, a name or an attribute outside of them proves nothing.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::lexer::{Kind, Token, tokens};

/// The reason why a file is not proved: the first word that is in no list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unproved {
    pub word: String,
    /// From 1.
    pub line: usize,
}

/// Modules that make statements, and whose words have to be in the list.
const MAKERS: [&str; 5] = ["alembic", "sqlalchemy", "sqlmodel", "pgvector", "sqlalchemy_utils"];

/// Modules without access to a database.
const PURE: [&str; 23] = [
    "__future__",
    "base64",
    "collections",
    "copy",
    "dataclasses",
    "datetime",
    "decimal",
    "enum",
    "functools",
    "hashlib",
    "itertools",
    "json",
    "logging",
    "math",
    "random",
    "re",
    "secrets",
    "string",
    "textwrap",
    "time",
    "typing",
    "typing_extensions",
    "uuid",
];

/// Arguments that make an operation read from the database.
const READING: [&str; 5] = ["autoload", "autoload_with", "bind", "recreate", "reflect_args"];

/// Names that need no binding.
const BUILTINS: [&str; 46] = [
    "Exception",
    "False",
    "None",
    "NotImplementedError",
    "True",
    "ValueError",
    "all",
    "any",
    "bool",
    "bytes",
    "chr",
    "dict",
    "enumerate",
    "filter",
    "float",
    "frozenset",
    "int",
    "isinstance",
    "len",
    "list",
    "map",
    "max",
    "min",
    "object",
    "ord",
    "pow",
    "print",
    "range",
    "repr",
    "reversed",
    "round",
    "set",
    "slice",
    "sorted",
    "staticmethod",
    "str",
    "sum",
    "tuple",
    "type",
    "zip",
    "__name__",
    "__file__",
    "KeyError",
    "next",
    "iter",
    "RuntimeError",
];

const KEYWORDS: [&str; 33] = [
    "and", "as", "assert", "break", "class", "continue", "def", "del", "elif", "else", "except", "finally", "for",
    "from", "global", "if", "import", "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try",
    "while", "with", "yield", "match", "case", "_",
];

static WORDS: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    let lines = include_str!("words.txt").lines().filter(|line| !line.starts_with('#'));
    lines.flat_map(str::split_whitespace).collect()
});

/// Proves that nothing in a file can depend on an answer of the database.
///
/// # Errors
/// The first word that is not proved.
pub fn is_blind(source: &str) -> Result<(), Unproved> {
    let tokens = tokens(source);
    let mut reader = Reader { source, bound: HashSet::new(), pure: HashSet::new() };
    let lines: Vec<&[Token]> = tokens.split(|token| token.kind == Kind::End).filter(|line| !line.is_empty()).collect();
    for line in &lines {
        match reader.text(&line[0]) {
            "import" => reader.import(&line[1..])?,
            "from" => reader.import_from(&line[1..])?,
            _ => reader.bind(line),
        }
    }
    let is_import = |line: &&&[Token]| matches!(reader.text(&line[0]), "import" | "from");
    lines.iter().filter(|line| !is_import(line)).try_for_each(|line| reader.line(line))
}

struct Reader<'a> {
    source: &'a str,
    /// Names that the file binds.
    bound: HashSet<&'a str>,
    /// Names of modules without access to a database, and of their members.
    pure: HashSet<&'a str>,
}

impl<'a> Reader<'a> {
    fn text(&self, token: &Token) -> &'a str {
        &self.source[token.range.clone()]
    }

    fn unproved(&self, token: &Token) -> Unproved {
        Unproved { word: self.text(token).to_owned(), line: token.line }
    }

    /// `import a.b as c, d`.
    fn import(&mut self, line: &[Token]) -> Result<(), Unproved> {
        for part in line.split(|token| &self.source[token.range.clone()] == ",") {
            let Some(first) = part.first() else { continue };
            let module = self.text(first);
            let name = match part {
                [.., word, name] if self.text(word) == "as" => self.text(name),
                _ => module,
            };
            self.module(first)?;
            self.bound.insert(name);
            if PURE.contains(&module) {
                self.pure.insert(name);
            }
        }
        Ok(())
    }

    fn module(&self, first: &Token) -> Result<(), Unproved> {
        let module = self.text(first);
        if MAKERS.contains(&module) || PURE.contains(&module) { Ok(()) } else { Err(self.unproved(first)) }
    }

    /// `from a.b import (c, d as e)`.
    fn import_from(&mut self, line: &[Token]) -> Result<(), Unproved> {
        let Some(first) = line.first() else { return Ok(()) };
        self.module(first)?;
        let is_pure = PURE.contains(&self.text(first));
        let Some(at) = line.iter().position(|token| self.text(token) == "import") else {
            return Err(self.unproved(first));
        };
        // The path to a module of SQLAlchemy's shows its purpose.
        let path = line[1..at].iter().filter(|token| token.kind == Kind::Name);
        path.filter(|_| !is_pure).try_for_each(|token| self.attribute(token))?;
        let names = line[at + 1..].split(|token| matches!(&self.source[token.range.clone()], "," | "(" | ")"));
        for part in names.filter(|part| !part.is_empty()) {
            let [name, ..] = part else { continue };
            let bound = part.last().map_or("", |last| self.text(last));
            if is_pure {
                self.pure.insert(bound);
            } else {
                self.attribute(name)?;
            }
            self.bound.insert(bound);
        }
        Ok(())
    }

    fn attribute(&self, token: &Token) -> Result<(), Unproved> {
        if WORDS.contains(self.text(token)) { Ok(()) } else { Err(self.unproved(token)) }
    }

    /// Records the names that a line binds: assignments, loops, functions and their parameters, `as`.
    fn bind(&mut self, line: &[Token]) {
        let mut is_target = false;
        let mut depth = 0_usize;
        let assigns = self.last_assignment(line);
        for (at, token) in line.iter().enumerate() {
            let word = self.text(token);
            match word {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => depth = depth.saturating_sub(1),
                "for" | "def" | "lambda" | "as" | "class" | "global" => is_target = true,
                "in" | ":" => is_target = false,
                _ => {}
            }
            let is_free = at == 0 || self.text(&line[at - 1]) != ".";
            let is_bound = is_target
                || assigns.is_some_and(|end| at < end && depth == 0)
                || line.get(at + 1).is_some_and(|next| self.text(next) == ":=")
                || at == 0 && line.get(1).is_some_and(|next| self.text(next) == ":");
            if token.kind == Kind::Name && is_free && is_bound && !KEYWORDS.contains(&word) {
                self.bound.insert(word);
            }
        }
    }

    /// The position of the last `=` outside of brackets.
    fn last_assignment(&self, line: &[Token]) -> Option<usize> {
        let mut depth = 0_usize;
        let mut found = None;
        for (at, token) in line.iter().enumerate() {
            match self.text(token) {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => depth = depth.saturating_sub(1),
                "=" if depth == 0 => found = Some(at),
                _ => {}
            }
        }
        found
    }

    fn line(&self, line: &[Token]) -> Result<(), Unproved> {
        for (at, token) in line.iter().enumerate() {
            match token.kind {
                Kind::Name => self.name(line, at)?,
                Kind::String => self.string(token)?,
                Kind::Number | Kind::Sign | Kind::End => {}
            }
        }
        Ok(())
    }

    fn name(&self, line: &[Token], at: usize) -> Result<(), Unproved> {
        let (token, word) = (&line[at], self.text(&line[at]));
        let before = |back: usize| at.checked_sub(back).map_or("", |at| self.text(&line[at]));
        let after = |ahead: usize| line.get(at + ahead).map_or("", |token| self.text(token));
        if before(1) == "." {
            return self.member(line, at);
        }
        // The name of an argument.
        if after(1) == "=" && matches!(before(1), "(" | ",") {
            return if READING.contains(&word) { Err(self.unproved(token)) } else { Ok(()) };
        }
        let is_known = KEYWORDS.contains(&word) || BUILTINS.contains(&word) || self.bound.contains(word);
        if is_known { Ok(()) } else { Err(self.unproved(token)) }
    }

    /// Checks a name after a point.
    fn member(&self, line: &[Token], at: usize) -> Result<(), Unproved> {
        let (token, word) = (&line[at], self.text(&line[at]));
        let text = |at: Option<usize>| at.and_then(|at| line.get(at)).map_or("", |token| self.text(token));
        // The names of `a.b.c`, from the first one on.
        let mut root = at;
        while root >= 2 && text(root.checked_sub(1)) == "." && line[root - 2].kind == Kind::Name {
            root -= 2;
        }
        let is_chain = text(root.checked_sub(1)) != ".";
        if is_chain && self.pure.contains(self.text(&line[root])) {
            return Ok(());
        }
        // Columns and functions may have any name.
        if matches!(text(at.checked_sub(2)), "c" | "columns" | "func" | "excluded") {
            return Ok(());
        }
        match word {
            "execute" if !(is_chain && matches!(self.text(&line[root]), "op" | "batch_op")) => {
                Err(self.unproved(token))
            }
            "get_context" => {
                let behind = [1, 2, 3, 4].map(|ahead| text(Some(at + ahead)));
                if behind == ["(", ")", ".", "autocommit_block"] { Ok(()) } else { Err(self.unproved(token)) }
            }
            _ => self.attribute(token),
        }
    }

    /// The code in a formatted string.
    fn string(&self, token: &Token) -> Result<(), Unproved> {
        let text = self.text(token);
        let prefix = &text[..text.find(['"', '\'']).unwrap_or_default()];
        if !prefix.contains(['f', 'F', 't', 'T']) {
            return Ok(());
        }
        let mut rest = &text[prefix.len()..];
        while let Some(open) = rest.find('{') {
            rest = &rest[open + 1..];
            if let Some(escaped) = rest.strip_prefix('{') {
                rest = escaped;
                continue;
            }
            let Some(close) = rest.find('}') else { return Err(self.unproved(token)) };
            let code = without_conversion(&rest[..close]);
            rest = &rest[close + 1..];
            let inner = Reader { source: code, bound: self.bound.clone(), pure: self.pure.clone() };
            let tokens = tokens(code);
            let tokens: Vec<Token> = tokens.into_iter().filter(|token| token.kind != Kind::End).collect();
            let is_nested = tokens.iter().any(|token| token.kind == Kind::String && code.contains('{'));
            if is_nested {
                return Err(self.unproved(token));
            }
            inner.line(&tokens).map_err(|found| Unproved { line: token.line, ..found })?;
        }
        Ok(())
    }
}

/// The code without `!r` and a format after it.
fn without_conversion(code: &str) -> &str {
    let at = ["!r", "!s", "!a"].iter().filter_map(|mark| code.rfind(mark)).max();
    match at {
        Some(at) if matches!(code.as_bytes().get(at + 2), None | Some(b':')) => &code[..at],
        _ => code,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "\"\"\"add users\"\"\"\nfrom typing import Sequence, Union\n\nfrom alembic import op\nimport sqlalchemy as sa\n\
                        from sqlalchemy.dialects import postgresql\n\nrevision: str = 'a1'\ndown_revision: Union[str, None] = None\n";

    fn of(body: &str) -> Result<(), (String, usize)> {
        is_blind(&format!("{HEAD}{body}")).map_err(|unproved| (unproved.word, unproved.line - 9))
    }

    #[test]
    fn what_asks_by_another_way_is_not_proved() {
        for (body, word) in [
            ("import operator\nx = operator.methodcaller('get_bind')(op)\n", "operator"),
            (
                "def upgrade():\n    with op.batch_alter_table('t', recreate='always') as b:\n        b.drop_column('c')\n",
                "recreate",
            ),
            ("t = sa.Table('t', sa.MetaData(), autoload_with=x)\n", "autoload_with"),
            ("x = getattr(op, 'get_' + 'bind')()\n", "getattr"),
        ] {
            assert_eq!(of(body).unwrap_err().0, word, "{body}");
        }
    }

    #[test]
    fn what_alembic_writes_is_proved() {
        for body in [
            "def upgrade() -> None:\n    op.create_table('users', sa.Column('id', sa.Integer(), nullable=False), sa.PrimaryKeyConstraint('id'))\n\
             \n    with op.batch_alter_table('users', schema=None) as batch_op:\n        batch_op.add_column(sa.Column('b', postgresql.JSONB()))\n",
            "def upgrade():\n    with op.get_context().autocommit_block():\n        op.create_index(op.f('ix_a'), 'a', ['b'], postgresql_concurrently=True)\n",
            "NAMES = ['a', 'b']\n\ndef upgrade():\n    for name in NAMES:\n        op.execute(f\"UPDATE t SET {name} = '{{}}' WHERE {name!r}\")\n",
            "def upgrade():\n    users = sa.table('users', sa.column('id'))\n    op.execute(users.update().where(users.c.anything == 1).values(x=sa.func.any_name()))\n",
            "import uuid\nfrom datetime import datetime as dt\ndef upgrade():\n    op.bulk_insert(sa.table('t'), [{'id': uuid.uuid4(), 'at': dt.now()}])\n",
            "def upgrade():\n    pass\n",
        ] {
            assert_eq!(of(body), Ok(()), "{body}");
        }
    }

    #[test]
    fn whatever_could_see_is_not_proved() {
        for (body, word, line) in [
            ("def upgrade():\n    conn = op.get_bind()\n", "get_bind", 2),
            ("from sqlalchemy import inspect\n", "inspect", 1),
            ("from sqlalchemy.orm import Session\n", "orm", 1),
            ("from app.models import User\n", "app", 1),
            ("import os\n", "os", 1),
            ("from . import helper\n", ".", 1),
            ("from sqlalchemy import *\n", "*", 1),
            ("def upgrade():\n    x = getattr(op, 'get_' + 'bind')\n", "getattr", 2),
            ("def upgrade():\n    op.get_context().bind\n", "get_context", 2),
            ("def upgrade():\n    op.execute(f'SELECT {op.get_bind()}')\n", "get_bind", 2),
            ("def upgrade(conn):\n    conn.execute('x')\n", "execute", 2),
            ("def upgrade():\n    op.run_async(f)\n", "run_async", 2),
            ("def upgrade():\n    helper()\n", "helper", 2),
            ("def upgrade():\n    sa.create_engine('x')\n", "create_engine", 2),
            ("def upgrade():\n    eval('1')\n", "eval", 2),
        ] {
            assert_eq!(of(body), Err((word.to_owned(), line)), "{body}");
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config { cases: 200, failure_persistence: None, ..Default::default() })]

        /// In any surrounding code, a use of a connection is never proved blind.
        #[test]
        fn a_connection_is_seen_in_any_noise(parts in proptest::collection::vec(proptest::sample::select(&[
            "x = 1\n", "if x:\n    ", "# a\n", "def f(a, b=2):\n    pass\n", "'''s'''\n", "[\n1,\n]\n", "y = f'{x}'\n", "for i in x: pass\n",
        ][..]), 0..8)) {
            let noise = parts.concat();
            let body = format!("{noise}\nconn = op.get_bind()\n");
            proptest::prop_assert!(of(&body).is_err());
        }
    }
}
