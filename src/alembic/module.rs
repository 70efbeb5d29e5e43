//! The values that a Python file assigns at its top level, as far as they are literals.

use std::collections::HashMap;

use super::lexer::{Kind, Token, tokens};
use super::literal;

/// The value of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    None,
    Text(String),
    Many(Vec<String>),
}

/// The reason why a name's value is unknown without running the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    Computed,
    Conditional,
    Imported,
    /// Assigned together with other targets, or changed in place.
    Entangled,
}

impl Unreadable {
    pub fn word(self) -> &'static str {
        match self {
            Self::Computed => "is computed",
            Self::Conditional => "is set under a condition",
            Self::Imported => "is imported",
            Self::Entangled => "is assigned together with others, or changed in place",
        }
    }
}

/// The last assignment to a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assigned {
    pub line: usize,
    pub value: Result<Value, Unreadable>,
}

/// The top level of a module.
#[derive(Debug, Default)]
pub struct Module {
    names: HashMap<String, Assigned>,
    /// The first line of its docstring.
    pub title: Option<String>,
}

impl Module {
    pub fn read(source: &str) -> Self {
        let tokens = tokens(source);
        let mut reader = Reader { source, module: Self::default(), in_definition: false, compound: None };
        for (at, line) in tokens.split(|token| token.kind == Kind::End).enumerate() {
            reader.line(line, at == 0);
        }
        reader.module
    }

    pub fn get(&self, name: &str) -> Option<&Assigned> {
        self.names.get(name)
    }
}

/// Every `name=VALUE` of calls and assignments anywhere in a source, if the value is a literal or a constant of the same file; a
/// none for each other value.
pub fn keywords(source: &str, name: &str) -> Vec<Option<String>> {
    let (tokens, module) = (tokens(source), Module::read(source));
    let is = |token: &Token, text: &str| &source[token.range.clone()] == text;
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let is_named = token.kind == Kind::Name && is(token, name);
        if !is_named || !tokens.get(at + 1).is_some_and(|next| is(next, "=")) {
            continue;
        }
        let rest = &tokens[at + 2..];
        let length = argument_length(source, rest);
        let value = literal::read(source, &rest[..length], &|name| module.get(name)?.value.clone().ok());
        found.push(match value {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        });
    }
    found
}

/// The number of tokens of one argument.
fn argument_length(source: &str, tokens: &[Token]) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        match &source[token.range.clone()] {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" if depth == 0 => return at,
            ")" | "]" | "}" => depth -= 1,
            "," if depth == 0 => return at,
            _ if token.kind == Kind::End => return at,
            _ => {}
        }
    }
    tokens.len()
}

struct Reader<'a> {
    source: &'a str,
    module: Module,
    /// True while indented lines belong to a function or a class.
    in_definition: bool,
    /// The last line of a compound statement's head: a statement after a `;` on it is also conditional.
    compound: Option<usize>,
}

/// Functions that can access the file's own variables.
const OWN_NAMES: [&str; 5] = ["exec", "globals", "locals", "setattr", "vars"];

/// The names that Alembic reads in a revision.
const OF_REVISION: [&str; 4] = ["revision", "down_revision", "depends_on", "branch_labels"];

impl<'a> Reader<'a> {
    fn text(&self, token: &Token) -> &'a str {
        &self.source[token.range.clone()]
    }

    fn line(&mut self, line: &[Token], is_first: bool) {
        let Some(first) = line.first() else { return };
        let word = self.text(first);
        let is_behind = self.compound.is_some_and(|line| line == first.line);
        if !first.is_indented && !is_behind {
            self.in_definition = matches!(word, "def" | "class" | "async" | "@");
        }
        if is_first && first.kind == Kind::String {
            let none = |_: &str| None;
            if let Some(Value::Text(text)) = literal::read(self.source, line, &none) {
                self.module.title = text.trim().lines().next().map(|line| line.trim().to_owned());
            }
        }
        match word {
            "def" | "class" | "async" if !first.is_indented => self.definition(line),
            "global" => self.entangle(line),
            _ if self.in_definition => {}
            "from" | "import" => self.import(line),
            "if" | "else" | "elif" | "try" | "except" | "finally" | "with" | "for" | "while" | "match" | "case" => {
                self.compound(line);
            }
            _ => self.assignment(line, first.is_indented || is_behind),
        }
        if !self.in_definition {
            self.bound_aside(line);
        }
        let is_compound = is_behind || self.in_definition || self.at_top(line, ":").next().is_some();
        self.compound = line.last().filter(|_| is_compound).map(|last| last.line);
    }

    /// `def NAME` and `class NAME` bind a name as an assignment does.
    fn definition(&mut self, line: &[Token]) {
        let name = line.iter().find(|token| !matches!(self.text(token), "def" | "class" | "async"));
        self.entangle(name.map_or(&[], std::slice::from_ref));
    }

    /// Marks names that may be changed other than by an assignment.
    fn entangle(&mut self, names: &[Token]) {
        for name in names.iter().filter(|token| token.kind == Kind::Name) {
            self.set(self.text(name), name.line, Err(Unreadable::Entangled));
        }
    }

    /// Records the names that a statement binds or changes within it: `:=`, `as`, `for`, `del`, a method call on a name, and
    /// calls that change the file's own variables.
    fn bound_aside(&mut self, line: &[Token]) {
        let is = |at: usize, text: &str| line.get(at).is_some_and(|token| &self.source[token.range.clone()] == text);
        let is_import = is(0, "from") || is(0, "import");
        let mut bound: Vec<&Token> = Vec::new();
        let mut is_target = is(0, "del");
        let mut depth = 0_usize;
        for (at, token) in line.iter().enumerate() {
            match self.text(token) {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => depth = depth.saturating_sub(1),
                "for" if at == 0 || is(0, "async") && at == 1 => is_target = true,
                "as" if !is_import => is_target = true,
                "in" | ":" => is_target = false,
                "," if depth == 0 && !is(0, "del") && !is(0, "for") => is_target = false,
                _ if token.kind != Kind::Name => {}
                _ if is_target || is(at + 1, ":=") => bound.push(token),
                _ => {}
            }
        }
        // A method call may change a list.
        if is(1, ".") && self.at_top(line, "=").next().is_none() {
            bound.extend(line.first());
        }
        let bound: Vec<Token> = bound.into_iter().cloned().collect();
        let is_own = (0..line.len()).any(|at| OWN_NAMES.iter().any(|name| is(at, name)) && is(at + 1, "("));
        self.entangle(&bound);
        if let Some(first) = line.first().filter(|_| is_own) {
            OF_REVISION.iter().for_each(|name| self.set(name, first.line, Err(Unreadable::Entangled)));
        }
    }

    /// `from x import a, b as c`: the names that it binds. A star import may bind any known name.
    fn import(&mut self, line: &[Token]) {
        let module = line.get(1).map_or("", |token| self.text(token));
        if line.last().is_some_and(|last| self.text(last) == "*") && !matches!(module, "alembic" | "sqlalchemy") {
            self.module.names.values_mut().for_each(|assigned| assigned.value = Err(Unreadable::Imported));
        }
        for (at, token) in line.iter().enumerate() {
            let next = line.get(at + 1).map(|next| self.text(next));
            if token.kind == Kind::Name && matches!(next, None | Some("," | ")")) {
                self.set(self.text(token), token.line, Err(Unreadable::Imported));
            }
        }
    }

    /// `if x: a = 1`, in one line.
    fn compound(&mut self, line: &[Token]) {
        let Some(colon) = self.at_top(line, ":").next() else { return };
        for pair in line[colon..].windows(2) {
            if pair[0].kind == Kind::Name && self.text(&pair[1]) == "=" {
                self.set(self.text(&pair[0]), pair[0].line, Err(Unreadable::Conditional));
            }
        }
    }

    fn assignment(&mut self, line: &[Token], is_conditional: bool) {
        let ends: Vec<usize> = self.at_top(line, "=").collect();
        let Some(&last) = ends.last() else { return self.changed_in_place(line) };
        let value = if is_conditional {
            Err(Unreadable::Conditional)
        } else {
            let known = |name: &str| self.module.get(name)?.value.clone().ok();
            literal::read(self.source, &line[last + 1..], &known).ok_or(Unreadable::Computed)
        };
        let known = |name: &str| self.module.get(name)?.value.clone().ok();
        let each = (!is_conditional).then(|| literal::each(self.source, &line[last + 1..], &known)).flatten();
        let mut start = 0;
        for end in ends {
            match &line[start..end] {
                targets if self.unpack(targets, each.as_deref()) => {}
                [name] if name.kind == Kind::Name => self.set(self.text(name), name.line, value.clone()),
                [name, colon, ..] if name.kind == Kind::Name && self.text(colon) == ":" => {
                    self.set(self.text(name), name.line, value.clone());
                }
                others => {
                    for name in others.iter().filter(|token| token.kind == Kind::Name) {
                        self.set(self.text(name), name.line, Err(Unreadable::Entangled));
                    }
                }
            }
            start = end + 1;
        }
    }

    /// `a, b = 1, 2`; false for another form.
    fn unpack(&mut self, targets: &[Token], values: Option<&[Option<Value>]>) -> bool {
        let names: Vec<&[Token]> = literal::parts(self.source, targets).collect();
        let Some(values) = values.filter(|values| names.len() > 1 && values.len() == names.len()) else { return false };
        if !names.iter().all(|name| matches!(name, [name] if name.kind == Kind::Name)) {
            return false;
        }
        for (name, value) in names.iter().filter_map(|name| name.first()).zip(values) {
            self.set(self.text(name), name.line, value.clone().ok_or(Unreadable::Computed));
        }
        true
    }

    /// `a += 1`.
    fn changed_in_place(&mut self, line: &[Token]) {
        if let [name, sign, ..] = line
            && name.kind == Kind::Name
            && matches!(self.text(sign), "+=" | "-=" | "*=" | "/=" | "%=" | "|=" | "&=" | "^=")
        {
            self.set(self.text(name), name.line, Err(Unreadable::Entangled));
        }
    }

    /// The positions of this sign outside of brackets and before any lambda.
    fn at_top<'l>(&self, line: &'l [Token], sign: &'static str) -> impl Iterator<Item = usize> + use<'a, 'l> {
        let source = self.source;
        let mut depth = 0_usize;
        let before_lambda = line.iter().take_while(move |token| &source[token.range.clone()] != "lambda");
        before_lambda.enumerate().filter_map(move |(at, token)| {
            let text = &source[token.range.clone()];
            match text {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => depth = depth.saturating_sub(1),
                _ => {}
            }
            (depth == 0 && token.kind == Kind::Sign && text == sign).then_some(at)
        })
    }

    fn set(&mut self, name: &str, line: usize, value: Result<Value, Unreadable>) {
        self.module.names.insert(name.to_owned(), Assigned { line, value });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Option<Result<Value, Unreadable>> {
        Some(Ok(Value::Text(text.to_owned())))
    }

    #[track_caller]
    fn holds(source: &str, wanted: Option<Result<Value, Unreadable>>) {
        let found = Module::read(source).get("revision").map(|assigned| assigned.value.clone());
        assert_eq!(found, wanted, "{source}");
    }

    #[test]
    fn an_id_is_read_in_every_form_that_files_have() {
        for source in [
            "revision = 'a1'",
            "revision: str = \"a1\"",
            "\u{feff}revision='a1'\r\n",
            "revision: Union[str, Sequence[str], None] = 'a' '1'  # x",
            "revision = (\n  'a'\n  '1'\n)",
            "A = 'a1'\nrevision = A",
            "revision = other = u'a1'",
            "\"\"\"x\n\nrevision = \"x\"\n\"\"\"\nimport a\nrevision = r'a1'\n",
            "x = 1; revision = 'a1'",
            "revision = \"x\"\nrevision = '\\x611'",
            "revision \\\n = 'a1'\n\ndef upgrade():\n    revision = 'x'\n",
            "revision = 'a1'\nclass A:\n    revision = 'x'\n    if x:\n        revision = 'x'\n",
            "revision = 'a1'\nf = lambda revision='x': revision\ng(revision='x')\nif revision == 'x': pass\n",
            "revision = f'a1'",
            "N = '1'\nrevision = f'a{N}' f''",
            "revision = f'{\"a\"}{1}'",
            "revision = 'a' + '1'",
            "P = 'a'\nrevision = (P + \\\n  '1')",
            "revision, down_revision = 'a1', None",
            "revision = '\\141\\x31'",
            "from alembic import *\nfrom app import *\nrevision = 'a1'\nx = [revision for revision in y]\n",
            "revision = 'a1'\nlog.info(revision)\nwith f() as x:\n    pass\ndef f(): x = 1; revision = 'b'\n",
        ] {
            holds(source, text("a1"));
        }
    }

    #[test]
    fn what_only_a_run_could_tell_is_unreadable() {
        for (source, why) in [
            ("revision = f'a{x}'", Unreadable::Computed),
            ("revision = os.environ['X']", Unreadable::Computed),
            ("revision = 'a' + x", Unreadable::Computed),
            ("revision = b'a1'", Unreadable::Computed),
            ("revision = 12", Unreadable::Computed),
            ("if x:\n    revision = 'a1'\nelse:\n    pass", Unreadable::Conditional),
            ("if x: revision = 'a1'", Unreadable::Conditional),
            ("from .base import revision", Unreadable::Imported),
            ("from x import (a, b as revision)", Unreadable::Imported),
            ("revision, down_revision = 'a1', f()[0], 2", Unreadable::Entangled),
            ("revision, *rest = 'a1', None", Unreadable::Entangled),
            ("(revision := 'a1')", Unreadable::Entangled),
            ("for revision in ['a1']: pass", Unreadable::Entangled),
            ("revision = 'a1'\nwith f('x') as revision:\n    pass", Unreadable::Entangled),
            ("revision = 'a1'\nwith f() as (x, revision), g() as y:\n    pass", Unreadable::Entangled),
            ("revision = 'a1'\ntry:\n    f()\nexcept E as revision:\n    pass", Unreadable::Entangled),
            ("revision = 'a1'\ndef revision():\n    pass", Unreadable::Entangled),
            ("revision = 'a1'\nclass revision: pass", Unreadable::Entangled),
            ("revision = 'a1'\ndel revision", Unreadable::Entangled),
            ("revision = ['a1']\nrevision.append('b')", Unreadable::Entangled),
            ("revision = 'a1'\nglobals()['revision'] = 'b'", Unreadable::Entangled),
            ("exec(\"revision = 'b'\")", Unreadable::Entangled),
            ("revision = 'a1'\ndef f():\n    global revision\n    revision = 'b'\nf()", Unreadable::Entangled),
            ("revision = 'a1'\nfrom app.ids import *", Unreadable::Imported),
            ("if x: a = 1; revision = 'b'", Unreadable::Conditional),
            ("revision = 'a'\nrevision += '1'", Unreadable::Entangled),
        ] {
            holds(source, Some(Err(why)));
        }
        holds("revision: str\n\"\"\"\nrevision = 'x'\n\"\"\"\n# revision = 'x'\n", None);
    }

    #[test]
    fn parents_are_none_a_text_or_many() {
        let many = |items: &[&str]| Some(Ok(Value::Many(items.iter().map(|item| (*item).to_owned()).collect())));
        holds("revision = None", Some(Ok(Value::None)));
        for source in
            ["revision = ('a', 'b')", "revision = 'a', 'b'", "revision = [\n'a', # x\n 'b',]", "revision = {'a', 'b'}"]
        {
            holds(source, many(&["a", "b"]));
        }
        holds("revision = ('a',)", many(&["a"]));
        holds("revision = ()", many(&[]));
        holds("A = 'a'\nrevision = (A, 'b')", many(&["a", "b"]));
        holds("revision = ('a', f())", Some(Err(Unreadable::Computed)));
        holds("P = ('a',)\nrevision = (*P, 'b')", many(&["a", "b"]));
        holds("P = ['a']\nrevision = P + ['b']", many(&["a", "b"]));
        holds("revision = (None,)", many(&[]));
    }

    #[test]
    fn the_docstring_gives_the_title() {
        let module = Module::read("# x\n\"\"\"add users\n\nRevision ID: a1\n\"\"\"\n");
        assert_eq!(module.title.as_deref(), Some("add users"));
        assert_eq!(Module::read("x = 1\n'''y'''").title, None);
    }

    #[test]
    fn keyword_arguments_are_found_anywhere() {
        let source = "T = 't'\ndef run():\n    context.configure(\n        connection=c, version_table=T,\n    )\n    f(version_table='u')\n    g(version_table=h())\n    version_table == 'x'\n";
        let found = keywords(source, "version_table");
        assert_eq!(found, [Some("t".to_owned()), Some("u".to_owned()), None]);
    }

    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config { cases: 400, failure_persistence: None, ..Default::default() })]

        /// Any file is read to its end, and an assignment after a complete logical line is still found.
        #[test]
        fn any_text_is_read(parts in proptest::collection::vec(proptest::sample::select(&[
            "revision", " = ", "'", "\"", "\"\"\"", "f'{", "}", "{", "(", ")", "[", "]", ",", "\\", "\n", "\r\n", "#", ":", ";", "lambda", "if", "é", "\u{0}", "None", "x", " ",
        ][..]), 0..40)) {
            let noise = parts.concat();
            let _ = (Module::read(&noise), keywords(&noise, "revision"));
            // At this point every string and bracket of the noise is closed.
            let commented: String = noise.lines().map(|line| format!("# {line}\n")).collect();
            holds(&format!("{commented}revision = 'a1'\n"), text("a1"));
        }
    }
}
