//! A DO that contains only definitions, plain or guarded as people write IF NOT EXISTS where the grammar has none: `BEGIN …
//! EXCEPTION WHEN duplicate_object THEN NULL; END`, `IF NOT EXISTS (SELECT FROM pg_constraint …) THEN … END IF`.
//!
//! The body is read piece by piece. If anything else is in it, the whole body is code that is not read.

use super::effect;
use super::{makings, opaque};
use crate::chain::scan::{Kind, Piece, scan};
use crate::sql::names_in;
use crate::sql::nodes::with_only;
use crate::sql::parse::{Node, tree};
use crate::sql::walk;
use crate::statement::change::{Act, Change, Effect, Object, TableAct};

/// The changes of a DO that contains definitions; none if it contains anything else.
pub(super) fn guarded(s: &tree::DoStmt) -> Option<Vec<Change>> {
    if opaque::argument(s, "language").is_some_and(|language| !language.eq_ignore_ascii_case("plpgsql")) {
        return None;
    }
    let changes = Body::new(opaque::argument(s, "as")?).whole()?;
    (!changes.is_empty()).then_some(changes)
}

/// The guard before a definition.
enum Guard {
    /// The object is created unless it exists.
    UnlessThere,
    /// The object is changed or dropped if it exists.
    IfThere,
}

/// Conditions of an exception that mean only that the object exists already, or that it does not exist (PostgreSQL documentation,
/// Appendix A).
const DUPLICATE: [&str; 6] = [
    "duplicate_object",
    "duplicate_table",
    "duplicate_column",
    "duplicate_schema",
    "duplicate_function",
    "duplicate_alias",
];
const UNDEFINED: [&str; 4] = ["undefined_object", "undefined_table", "undefined_column", "undefined_function"];

const CODES: [(&str, &str); 10] = [
    ("42710", "duplicate_object"),
    ("42P07", "duplicate_table"),
    ("42701", "duplicate_column"),
    ("42P06", "duplicate_schema"),
    ("42723", "duplicate_function"),
    ("42712", "duplicate_alias"),
    ("42704", "undefined_object"),
    ("42P01", "undefined_table"),
    ("42703", "undefined_column"),
    ("42883", "undefined_function"),
];

/// The deepest nesting of blocks that people write.
const DEEPEST: usize = 16;

struct Body<'a> {
    text: &'a str,
    pieces: Vec<Piece>,
    at: usize,
    depth: usize,
}

impl<'a> Body<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, pieces: scan(text).filter(|piece| piece.kind.is_code()).collect(), at: 0, depth: 0 }
    }

    fn whole(mut self) -> Option<Vec<Change>> {
        self.eat("begin").then_some(())?;
        let mut changes = self.block()?;
        self.eat(";");
        if self.at < self.pieces.len() {
            return None;
        }
        // A DO of one definition runs as written.
        if let [only] = changes.as_mut_slice() {
            only.alone = None;
        }
        Some(changes)
    }

    /// Reads the rest of a block after BEGIN, including its END.
    fn block(&mut self) -> Option<Vec<Change>> {
        let mut parts: Vec<Option<Vec<Change>>> = Vec::new();
        let mut last = None;
        loop {
            if self.eat("end") {
                return Some(parts.into_iter().collect::<Option<Vec<_>>>()?.concat());
            } else if self.eat("exception") {
                let guard = self.handlers()?;
                // An error undoes the whole block, so the handler guards exactly one definition.
                return (parts.len() == 1).then(|| change(last?, &guard, None).map(|change| vec![change]))?;
            } else if self.eat("begin") {
                self.depth += 1;
                parts.push(Some((self.depth < DEEPEST).then(|| self.block())??));
                self.depth -= 1;
                self.eat(";").then_some(())?;
            } else if self.eat("if") {
                parts.push(Some(self.condition()?));
            } else if !self.is_silent() {
                let sql = self.statement()?;
                parts.push(plain(&sql));
                last = Some(sql);
            }
        }
    }

    /// Reads the handlers of a block, all of which do nothing, including its END.
    fn handlers(&mut self) -> Option<Guard> {
        let mut conditions = Vec::new();
        while self.eat("when") {
            loop {
                conditions.push(self.exception()?);
                if !self.eat("or") {
                    break;
                }
            }
            self.eat("then").then_some(())?;
            while self.is_silent() {}
        }
        self.eat("end").then_some(())?;
        let are_all = |known: &[&str]| conditions.iter().all(|condition| known.contains(&condition.as_str()));
        match (are_all(&DUPLICATE), are_all(&UNDEFINED)) {
            (true, false) => Some(Guard::UnlessThere),
            (false, true) => Some(Guard::IfThere),
            _ => None,
        }
    }

    /// The name of a condition, also for `SQLSTATE '42710'`.
    fn exception(&mut self) -> Option<String> {
        if !self.eat("sqlstate") {
            return Some(self.word()?.to_ascii_lowercase());
        }
        let code = self.shown(self.at)?.trim_matches('\'');
        self.at += 1;
        CODES.iter().find(|(known, _)| *known == code).map(|(_, name)| (*name).to_owned())
    }

    /// Reads the rest of an IF, including its END IF.
    fn condition(&mut self) -> Option<Vec<Change>> {
        let asked = self.until(|word| word.eq_ignore_ascii_case("then"))?;
        self.eat("then").then_some(())?;
        let guard = guard(asked)?;
        let mut changes = Vec::new();
        let mut is_else = false;
        loop {
            if self.eat("end") {
                (self.eat("if") && self.eat(";")).then_some(())?;
                return Some(changes);
            } else if self.eat("else") {
                is_else = true;
            } else if !self.is_silent() {
                let only = changes.is_empty() && !is_else;
                changes.push(only.then(|| change(self.statement()?, &guard, Some(asked)))??);
            }
        }
    }

    /// True for `NULL;` and for a RAISE that is only a message.
    fn is_silent(&mut self) -> bool {
        let begun = self.at;
        let says =
            |word: &str| ["notice", "warning", "info", "log", "debug"].contains(&word.to_ascii_lowercase().as_str());
        let is_silent = if self.eat("raise") {
            self.word().is_some_and(says) && self.statement().is_some()
        } else {
            self.eat("null") && self.eat(";")
        };
        if !is_silent {
            self.at = begun;
        }
        is_silent
    }

    /// A statement without its `;`; for `EXECUTE '…'`, the string.
    fn statement(&mut self) -> Option<String> {
        let is_executed = self.eat("execute");
        let text = self.until(|word| word == ";")?;
        self.eat(";").then_some(())?;
        if !is_executed {
            return Some(text.to_owned());
        }
        match scan(text).collect::<Vec<_>>().as_slice() {
            [Piece { kind: Kind::String, .. }] if text.starts_with('\'') => Some(makings::unquoted(text)),
            _ => None,
        }
    }

    fn shown(&self, at: usize) -> Option<&'a str> {
        self.pieces.get(at).map(|piece| &self.text[piece.range.clone()])
    }

    fn word(&mut self) -> Option<&'a str> {
        let word = self.shown(self.at).filter(|_| self.pieces[self.at].kind == Kind::Word)?;
        self.at += 1;
        Some(word)
    }

    fn eat(&mut self, word: &str) -> bool {
        let is_it = self.shown(self.at).is_some_and(|shown| shown.eq_ignore_ascii_case(word));
        self.at += usize::from(is_it);
        is_it
    }

    /// The text up to a matching piece outside brackets.
    fn until(&mut self, is_end: impl Fn(&str) -> bool) -> Option<&'a str> {
        let begin = self.pieces.get(self.at)?.range.start;
        let mut end = begin;
        let mut depth = 0usize;
        loop {
            match self.shown(self.at)? {
                shown if depth == 0 && is_end(shown) => return Some(&self.text[begin..end]),
                "(" => depth += 1,
                ")" => depth = depth.checked_sub(1)?,
                _ => {}
            }
            end = self.pieces[self.at].range.end;
            self.at += 1;
        }
    }
}

/// The guard that a condition means if it asks only the catalog: `[NOT] EXISTS (SELECT …)`, `to_regclass('…') IS [NOT] NULL`.
fn guard(asked: &str) -> Option<Guard> {
    let is_there = with_only(&format!("SELECT {asked}"), |node, _| {
        let Node::SelectStmt(select) = node else { return None };
        let Some(Node::ResTarget(target)) = &select.target_list.first()?.node else { return None };
        let of_catalog = |relation: &walk::Mention| match relation.names.as_slice() {
            [schema, _] => schema == "pg_catalog" || schema == "information_schema",
            [name] => name.starts_with("pg_"),
            _ => false,
        };
        let found = walk::contents(node);
        let asks_catalog = found.relations.iter().all(of_catalog) && !found.writes;
        asks_catalog.then(|| is_there(target.val.as_deref()?))?
    });
    Some(if is_there? { Guard::IfThere } else { Guard::UnlessThere })
}

fn is_there(condition: &tree::Node) -> Option<bool> {
    match condition.node.as_ref()? {
        Node::SubLink(link) => (link.sub_link_type() == tree::SubLinkType::ExistsSublink).then_some(true),
        Node::BoolExpr(expr) if expr.boolop() == tree::BoolExprType::NotExpr => {
            is_there(expr.args.first()?).map(|it| !it)
        }
        Node::NullTest(test) => match test.arg.as_deref()?.node.as_ref()? {
            Node::FuncCall(call) => {
                let name = crate::sql::nodes::listed(&call.funcname)?.name;
                name.starts_with("to_reg").then_some(test.nulltesttype() == tree::NullTestType::IsNotNull)
            }
            _ => None,
        },
        _ => None,
    }
}

/// A definition without a guard. A name in the query of CREATE TABLE AS may be a variable of the block, such as FOUND.
fn plain(sql: &str) -> Option<Vec<Change>> {
    let mut changes = changes(sql)?;
    if let [only] = changes.as_mut_slice() {
        only.alone = Some(sql.to_owned());
    }
    changes.iter().all(|change| !matches!(change.act, Act::CreateTableAs(_))).then_some(changes)
}

fn changes(sql: &str) -> Option<Vec<Change>> {
    // A nested DO is code that is not read.
    let read = |node: &Node, text: &str| (!matches!(node, Node::DoStmt(_))).then(|| effect(node, text, ""));
    match with_only(sql, read)? {
        Effect::Changes(changes) => Some(changes),
        _ => None,
    }
}

/// One definition with a guard; the condition has to name the object that is created or removed.
fn change(sql: String, guard: &Guard, asked: Option<&str>) -> Option<Change> {
    let [Change { act, .. }] = <[Change; 1]>::try_from(changes(&sql)?).ok()?;
    if let Some(asked) = asked {
        let name = match (&act, guard) {
            // The guard asks for the new name.
            (Act::Rename { to, .. }, Guard::UnlessThere) => to.clone(),
            (act, _) => name(act)?.to_owned(),
        };
        names_in(asked).any(|word| word == name).then_some(())?;
    }
    let (act, guarded) = match guard {
        Guard::UnlessThere => unless_there(act)?,
        Guard::IfThere => (if_there(act)?, false),
    };
    Some(Change { act, alone: Some(sql), guarded })
}

/// The definition with its own IF NOT EXISTS; true if the guard stands for one that the grammar lacks.
fn unless_there(mut act: Act) -> Option<(Act, bool)> {
    let own = match &mut act {
        Act::CreateTable(new) => Some(&mut new.if_not_exists),
        Act::CreateIndex(new) if !new.concurrently => Some(&mut new.if_not_exists),
        Act::CreateSchema { if_not_exists, .. }
        | Act::CreateExtension { if_not_exists, .. }
        | Act::CreateSequence { if_not_exists, .. }
        | Act::CreateCollation { if_not_exists, .. }
        | Act::CreateStatistics { if_not_exists, .. }
        | Act::AddLabel { if_not_exists, .. }
        | Act::AlterTable { act: TableAct::AddColumn { if_not_exists, .. }, .. } => Some(if_not_exists),
        Act::CreateView(new) if !new.replace => None,
        Act::CreateTrigger(new) if !new.replace => None,
        Act::CreateRule { replace: false, .. }
        | Act::CreateEnum { .. }
        | Act::CreateComposite { .. }
        | Act::CreateDomain(_)
        | Act::CreateRange { .. }
        | Act::CreatePolicy { .. }
        | Act::CreateRole { .. }
        | Act::CreatePublication { .. }
        | Act::Rename {
            object: Object::Relation { .. } | Object::Column { .. } | Object::Constraint { .. } | Object::Type(_),
            ..
        }
        | Act::AlterTable { act: TableAct::AddConstraint(_), .. } => None,
        _ => return None,
    };
    let is_own = own.map(|own| *own = true).is_some();
    Some((act, !is_own))
}

fn if_there(mut act: Act) -> Option<Act> {
    match &mut act {
        Act::Drop { if_exists, .. }
        | Act::Rename { if_exists, .. }
        | Act::AlterTable { act: TableAct::DropColumn { if_exists, .. }, .. }
        | Act::AlterTable { act: TableAct::DropConstraint { if_exists, .. }, .. } => *if_exists = true,
        _ => return None,
    }
    Some(act)
}

/// The name of the object that is created, dropped or renamed.
fn name(act: &Act) -> Option<&str> {
    Some(match act {
        Act::CreateTable(new) => &new.name.name,
        Act::CreateIndex(new) => new.name.as_deref()?,
        Act::CreateView(new) => &new.name.name,
        Act::CreateTrigger(new) => &new.name,
        Act::CreateDomain(new) => &new.name.name,
        Act::CreateStatistics { name, .. } => &name.as_ref()?.name,
        Act::CreateSequence { name, .. }
        | Act::CreateCollation { name, .. }
        | Act::CreateEnum { name, .. }
        | Act::CreateComposite { name, .. }
        | Act::CreateRange { name, .. } => &name.name,
        Act::CreateSchema { name, .. }
        | Act::CreateExtension { name, .. }
        | Act::CreateRule { name, .. }
        | Act::CreatePolicy { name, .. }
        | Act::CreateRole { name }
        | Act::CreatePublication { name, .. } => name,
        Act::AddLabel { label, .. } => label,
        Act::AlterTable { act, .. } => match act {
            TableAct::AddColumn { column, .. } => &column.name,
            TableAct::AddConstraint(new) => new.name.as_deref()?,
            TableAct::DropColumn { column, .. } => column,
            TableAct::DropConstraint { name, .. } => name,
            _ => return None,
        },
        Act::Drop { object, .. } | Act::Rename { object, .. } => match object {
            Object::Relation { name, .. } | Object::Type(name) | Object::Domain(name) => &name.name,
            Object::Column { column, .. } => column,
            Object::Constraint { name, .. }
            | Object::Trigger { name, .. }
            | Object::Policy { name, .. }
            | Object::Rule { name, .. } => name,
            _ => return None,
        },
        _ => return None,
    })
}
