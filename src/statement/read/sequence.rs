//! Sequences, alone and of an identity column.

use crate::sql::nodes::option;
use crate::sql::nodes::{inner, listed, marker, named, strings, template, with_only};
use crate::sql::parse::{Node, deparse, tree};
use crate::sql::{Named, Template, TypeName};
use crate::statement::change::{Act, Identity, OwnedBy, TableAct};

pub(super) fn create_sequence(s: &tree::CreateSeqStmt) -> Option<Act> {
    let sequence = s.sequence.as_ref()?;
    let owned_by = match owned_by(&s.options) {
        Some(OwnedBy::Column(table, column)) => Some((table, column)),
        Some(OwnedBy::None) | None => None,
    };
    Some(Act::CreateSequence {
        name: named(sequence),
        if_not_exists: s.if_not_exists,
        temporary: sequence.relpersistence == "t",
        build: create(s.options.clone())?,
        owned_by,
    })
}

pub(super) fn alter_sequence(s: &tree::AlterSeqStmt) -> Option<Act> {
    Some(Act::AlterSequence {
        name: named(s.sequence.as_ref()?),
        if_exists: s.missing_ok,
        options: alter(s.options.clone())?,
        owned_by: owned_by(&s.options),
    })
}

/// GENERATED … AS IDENTITY.
pub(super) fn identity(constraint: &tree::Constraint) -> Option<Identity> {
    let name = option(&constraint.options, "sequence_name").and_then(|name| inner(&name.arg));
    let sequence = match name {
        Some(Node::List(name)) => Some(listed(&name.items)?),
        _ => None,
    };
    Some(Identity { always: constraint.generated_when == "a", sequence, build: create(constraint.options.clone())? })
}

/// SET GENERATED, SET INCREMENT BY and the other options of an identity column's sequence, RESTART.
pub(super) fn set_identity(column: String, one: &tree::AlterTableCmd) -> Option<TableAct> {
    let Node::List(list) = inner(&one.def)? else { return None };
    let always = match option(&list.items, "generated").and_then(|generated| inner(&generated.arg)) {
        Some(Node::Integer(letter)) => Some(letter.ival == i32::from(b'a')),
        _ => None,
    };
    let options = alter(list.items.clone())?;
    if option(&list.items, "restart").is_some() {
        return Some(TableAct::RestartIdentity { column, always, options });
    }
    Some(TableAct::SetIdentity { column, always, options })
}

/// True if ALTER SEQUENCE … RESTART changes more than the position.
pub(super) fn alters_beside_restart(s: &tree::AlterSeqStmt) -> bool {
    s.options.len() > 1
}

/// OWNED BY t.c, OWNED BY NONE.
fn owned_by(options: &[tree::Node]) -> Option<OwnedBy> {
    let Node::List(list) = inner(&option(options, "owned_by")?.arg)? else { return None };
    let mut parts = strings(&list.items);
    let column = parts.pop()?;
    Some(match parts.pop() {
        Some(name) => OwnedBy::Column(Named { name, schema: parts.pop() }, column),
        None => OwnedBy::None,
    })
}

/// `CREATE SEQUENCE {name} …` with the lasting options.
fn create(mut options: Vec<tree::Node>) -> Option<Template> {
    options.retain(lasts);
    template(Node::CreateSeqStmt(tree::CreateSeqStmt {
        sequence: Some(marker(Template::NAME)),
        options,
        ..tree::CreateSeqStmt::default()
    }))
}

/// `ALTER SEQUENCE {name} …` with the lasting options; an inner none if there are none.
fn alter(mut options: Vec<tree::Node>) -> Option<Option<Template>> {
    options.retain(lasts);
    if options.is_empty() {
        return Some(None);
    }
    let alter = tree::AlterSeqStmt { sequence: Some(marker(Template::NAME)), options, ..tree::AlterSeqStmt::default() };
    template(Node::AlterSeqStmt(alter)).map(Some)
}

/// True for an option of the sequence itself. Its name, its owner, its column's use of it and its position are kept elsewhere.
fn lasts(option: &tree::Node) -> bool {
    const ELSEWHERE: [&str; 6] = ["owned_by", "sequence_name", "generated", "restart", "logged", "unlogged"];
    !matches!(&option.node, Some(Node::DefElem(element)) if ELSEWHERE.contains(&element.defname.as_str()))
}

impl Template {
    /// A sequence with the server's default options.
    pub fn of_sequence() -> Self {
        Self::plain(format!("CREATE SEQUENCE \"{}\"", Self::NAME))
    }

    /// The sequence with the type of its identity column.
    #[must_use]
    pub fn of_type(&self, type_: &TypeName) -> Self {
        Self::plain(format!("{} AS {}", self.sql, type_.sql()))
    }

    /// The sequence after a change of its column's type.
    #[must_use]
    pub fn then_of_type(&self, type_: &TypeName) -> Self {
        self.then(&Self::plain(format!("ALTER SEQUENCE \"{}\" AS {}", Self::NAME, type_.sql())))
    }

    /// The options of an identity column's sequence in the column's syntax; none if the sequence was altered since.
    pub fn identity_options(&self) -> Option<String> {
        let create = with_only(&self.sql, |node, _| {
            let Node::CreateSeqStmt(sequence) = node else { return None };
            let is_type =
                |option: &tree::Node| matches!(&option.node, Some(Node::DefElem(element)) if element.defname == "as");
            let options = sequence.options.iter().filter(|option| !is_type(option)).cloned().collect();
            deparse(Node::CreateSeqStmt(tree::CreateSeqStmt { options, ..sequence.clone() }))
        })?;
        let options = create.strip_prefix(&Self::of_sequence().sql)?;
        Some(options.trim_start().to_owned())
    }
}
