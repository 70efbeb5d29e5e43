//! A text that a program sent to a server, read for the recording of that program.

use std::ops::Range;

use super::kind::Kind;
use super::lower::{self, Lowered};
use crate::chain::scan;
use crate::sql::Named;
use crate::sql::nodes::named;
use crate::sql::nodes::option;
use crate::sql::parse::{self, Node, tree};
use crate::sql::walk;

/// One statement of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// Bytes of the text, from the statement's first word to its last.
    pub range: Range<usize>,
    /// The server's command tag, as for a statement of a script.
    pub tag: String,
    pub kind: Kind,
    pub control: Option<Control>,
    /// Every relation that the statement names, without the queries of its WITH.
    pub relations: Vec<Named>,
    /// Every function that it calls.
    pub calls: Vec<Named>,
    /// The relation whose rows an INSERT, UPDATE or DELETE at the top changes.
    pub target: Option<Named>,
    pub setting: Option<Setting>,
    /// CREATE INDEX: its table, and its own name.
    pub index: Option<(Named, String)>,
    pub copy: Option<Copying>,
    /// DECLARE, FETCH, MOVE and CLOSE: the cursor's name.
    pub cursor: Option<String>,
    /// True if it sets a role's password.
    pub has_password: bool,
}

/// A command on transactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    Begin,
    Commit,
    Rollback,
    Savepoint,
    Release,
    RollbackToSavepoint,
    /// PREPARE TRANSACTION, COMMIT PREPARED and ROLLBACK PREPARED.
    Prepared,
}

/// The setting that a SET, RESET or SHOW names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Empty for ALL.
    pub name: String,
    /// True if the value holds until the transaction ends.
    pub is_local: bool,
}

/// COPY between a client and a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Copying {
    /// Rows in COPY's text format, as pg_dump writes them.
    Text,
    /// Rows in a format that a script cannot contain.
    Other,
    ToClient,
}

/// Reads the statements of a text.
///
/// # Errors
/// The parser's message: the text is not SQL that PostgreSQL accepts.
pub fn heard(text: &str) -> Result<Vec<Heard>, String> {
    let read = |text: &str, parsed: &tree::ParseResult| {
        let nodes = parsed.stmts.iter().filter_map(|raw| raw.stmt.as_deref()?.node.as_ref());
        let lowered = lower::lower(text, parsed);
        lowered.into_iter().zip(nodes).map(|(one, node)| of_node(text, node, one)).collect()
    };
    parse::with_tree(text, read).map_err(|error| error.message)
}

fn of_node(text: &str, node: &Node, one: Lowered) -> Heard {
    let contents = walk::contents(node);
    let is_real = |name: &Named| name.schema.is_some() || !contents.ctes.contains(&name.name);
    let relations = contents.relations.iter().filter_map(|mention| of_names(&mention.names)).filter(is_real).collect();
    let calls = contents.calls.iter().map(|call| Named { schema: call.schema.clone(), name: call.name.clone() });
    Heard {
        range: trimmed(text, one.range.clone()),
        tag: one.tag.clone(),
        kind: one.kind,
        control: control(node),
        relations,
        calls: calls.collect(),
        target: target(node),
        setting: setting(node),
        index: index(node),
        copy: copy(node),
        cursor: cursor(node),
        has_password: has_password(node),
    }
}

/// The range without surrounding comments and blanks, and without its `;`.
fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let is_code = |piece: &scan::Piece| piece.kind.is_code() && &text[range.clone()][piece.range.clone()] != ";";
    let mut code = scan::scan(&text[range.clone()]).filter(is_code);
    let Some(first) = code.next() else { return range };
    let last = code.last().map_or(first.range.end, |last| last.range.end);
    range.start + first.range.start..range.start + last
}

fn of_names(names: &[String]) -> Option<Named> {
    let mut parts = names.iter().rev();
    Some(Named { name: parts.next()?.clone(), schema: parts.next().cloned() })
}

fn control(node: &Node) -> Option<Control> {
    use tree::TransactionStmtKind as Command;
    let Node::TransactionStmt(s) = node else { return None };
    Some(match s.kind() {
        Command::TransStmtBegin | Command::TransStmtStart => Control::Begin,
        Command::TransStmtCommit => Control::Commit,
        Command::TransStmtRollback | Command::Undefined => Control::Rollback,
        Command::TransStmtSavepoint => Control::Savepoint,
        Command::TransStmtRelease => Control::Release,
        Command::TransStmtRollbackTo => Control::RollbackToSavepoint,
        Command::TransStmtPrepare | Command::TransStmtCommitPrepared | Command::TransStmtRollbackPrepared => {
            Control::Prepared
        }
    })
}

fn target(node: &Node) -> Option<Named> {
    let relation = match node {
        Node::InsertStmt(s) => s.relation.as_ref(),
        Node::UpdateStmt(s) => s.relation.as_ref(),
        Node::DeleteStmt(s) => s.relation.as_ref(),
        Node::MergeStmt(s) => s.relation.as_ref(),
        _ => None,
    };
    relation.map(named)
}

fn setting(node: &Node) -> Option<Setting> {
    match node {
        Node::VariableSetStmt(s) => Some(Setting { name: s.name.to_ascii_lowercase(), is_local: s.is_local }),
        Node::VariableShowStmt(s) => Some(Setting { name: s.name.to_ascii_lowercase(), is_local: false }),
        _ => None,
    }
}

fn index(node: &Node) -> Option<(Named, String)> {
    let Node::IndexStmt(s) = node else { return None };
    Some((named(s.relation.as_ref()?), s.idxname.clone()))
}

fn copy(node: &Node) -> Option<Copying> {
    let Node::CopyStmt(s) = node else { return None };
    if !s.filename.is_empty() || s.is_program {
        return None;
    }
    let format = option(&s.options, "format").and_then(|format| format.arg.as_deref()?.node.as_ref());
    let is_text = match format {
        None => true,
        Some(Node::String(text)) => text.sval == "text",
        Some(_) => false,
    };
    Some(match (s.is_from, is_text) {
        (false, _) => Copying::ToClient,
        (true, true) => Copying::Text,
        (true, false) => Copying::Other,
    })
}

fn cursor(node: &Node) -> Option<String> {
    match node {
        Node::DeclareCursorStmt(s) => Some(s.portalname.clone()),
        Node::FetchStmt(s) => Some(s.portalname.clone()),
        Node::ClosePortalStmt(s) => Some(s.portalname.clone()).filter(|name| !name.is_empty()),
        _ => None,
    }
}

fn has_password(node: &Node) -> bool {
    let options = match node {
        Node::CreateRoleStmt(s) => &s.options,
        Node::AlterRoleStmt(s) => &s.options,
        Node::CreateUserMappingStmt(s) => &s.options,
        Node::AlterUserMappingStmt(s) => &s.options,
        Node::CreateForeignServerStmt(s) => &s.options,
        Node::AlterForeignServerStmt(s) => &s.options,
        Node::CreateSubscriptionStmt(s) => return crate::sql::holds(&s.conninfo, "password"),
        _ => return false,
    };
    option(options, "password").is_some_and(|password| password.arg.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Heard {
        let mut all = heard(text).unwrap();
        assert_eq!(all.len(), 1, "{text}");
        all.remove(0)
    }

    fn names(names: &[Named]) -> Vec<String> {
        let shown =
            |name: &Named| name.schema.iter().map(|schema| format!("{schema}.")).collect::<String>() + &name.name;
        names.iter().map(shown).collect()
    }

    #[test]
    fn statements_are_trimmed_and_apart() {
        let text = "-- a\nSELECT 1 /* b */; ; UPDATE t SET a = ';' -- c\n;";
        let found: Vec<_> = heard(text).unwrap().into_iter().map(|one| text[one.range].to_owned()).collect();
        assert_eq!(found, ["SELECT 1", "UPDATE t SET a = ';'"]);
        assert!(heard("SELEC 1").is_err());
    }

    #[test]
    fn a_target_is_the_relation_that_is_written_to() {
        let target = |text: &str| one(text).target.map(|name| name.name);
        assert_eq!(target("UPDATE alembic_version SET version_num = 'a'").as_deref(), Some("alembic_version"));
        assert_eq!(target("INSERT INTO s.t SELECT version_num FROM alembic_version").as_deref(), Some("t"));
        assert_eq!(target("SELECT * FROM alembic_version"), None);
    }

    #[test]
    fn relations_and_calls_are_all_that_a_statement_names() {
        let found = one(
            "WITH c AS (SELECT 1) SELECT f(a) FROM pg_catalog.pg_class JOIN c ON true WHERE x IN (SELECT y FROM u)",
        );
        assert_eq!(names(&found.relations), ["pg_catalog.pg_class", "u"]);
        assert_eq!(names(&found.calls), ["f"]);
        assert_eq!(names(&one("CREATE TABLE s.a (id int REFERENCES b)").relations), ["s.a", "b"]);
    }

    #[test]
    fn what_is_no_work_of_a_revision_is_known() {
        assert_eq!(one("BEGIN ISOLATION LEVEL SERIALIZABLE").control, Some(Control::Begin));
        assert_eq!(one("ROLLBACK TO SAVEPOINT a").control, Some(Control::RollbackToSavepoint));
        let setting = one("SET LOCAL Search_Path TO a, b").setting.unwrap();
        assert_eq!((setting.name.as_str(), setting.is_local), ("search_path", true));
        for (text, wanted) in [
            ("COPY t FROM STDIN", Some(Copying::Text)),
            ("COPY t (a) FROM STDIN WITH (FORMAT csv)", Some(Copying::Other)),
            ("COPY t TO STDOUT", Some(Copying::ToClient)),
            ("COPY t FROM '/x'", None),
        ] {
            assert_eq!(one(text).copy, wanted, "{text}");
        }
        for text in ["DECLARE \"c_1\" CURSOR FOR SELECT 1", "FETCH FORWARD 9 FROM \"c_1\"", "CLOSE c_1"] {
            assert_eq!(one(text).cursor.as_deref(), Some("c_1"), "{text}");
        }
    }

    #[test]
    fn a_password_is_seen_where_it_is_given() {
        for (text, wanted) in [
            ("CREATE USER a PASSWORD 'x'", true),
            ("ALTER ROLE a WITH ENCRYPTED PASSWORD 'x'", true),
            ("ALTER ROLE a PASSWORD NULL", false),
            ("CREATE USER MAPPING FOR a SERVER s OPTIONS (user 'b', password 'x')", true),
            ("CREATE SUBSCRIPTION s CONNECTION 'host=a password=x' PUBLICATION p", true),
            ("CREATE TABLE password (password text DEFAULT 'x')", false),
        ] {
            assert_eq!(one(text).has_password, wanted, "{text}");
        }
    }
}
