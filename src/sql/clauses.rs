//! The clauses of a definition, read from its tree: of a script's text and of the server's.

use super::nodes::{expression_sql, inner, option_name, with_only};
use super::parse::{Node, deparse, tree, with_tree};
use super::{Template, walk};
use crate::chain::scan::scan;

/// The clauses of a CREATE POLICY.
pub struct Policy {
    /// As in pg_policy.polcmd.
    pub command: char,
    pub permissive: bool,
    pub using: Option<String>,
    pub check: Option<String>,
}

/// The words after the name in `ALTER TABLE t ADD CONSTRAINT own …`, as a statement.
pub fn constraint_statement(words: &str) -> String {
    format!("ALTER TABLE t ADD CONSTRAINT own {words}")
}

/// The expression of a CHECK in an ALTER TABLE that adds it.
pub fn check_in(sql: &str) -> Option<String> {
    with_constraint(sql, |constraint| expression_sql(constraint.raw_expr.as_deref()?))
}

/// True for a key over a period, or a foreign key that references one.
pub fn is_over_period(sql: &str) -> bool {
    with_constraint(sql, |it| Some(it.without_overlaps || it.fk_with_period || it.pk_with_period)).unwrap_or(false)
}

fn with_constraint<R: Send>(sql: &str, read: impl FnOnce(&tree::Constraint) -> Option<R> + Send) -> Option<R> {
    with_only(sql, |node, _| {
        let Node::AlterTableStmt(alter) = node else { return None };
        let Some(Node::AlterTableCmd(command)) = &alter.cmds.first()?.node else { return None };
        match inner(&command.def)? {
            Node::Constraint(constraint) => read(constraint),
            _ => None,
        }
    })
}

pub fn policy_in(sql: &str) -> Option<Policy> {
    with_only(sql, |node, _| {
        let Node::CreatePolicyStmt(policy) = node else { return None };
        let clause = |node: &Option<Box<tree::Node>>| match node.as_deref() {
            Some(node) => expression_sql(node).map(Some),
            None => Some(None),
        };
        Some(Policy {
            command: match policy.cmd_name.as_str() {
                "select" => 'r',
                "insert" => 'a',
                "update" => 'w',
                "delete" => 'd',
                _ => '*',
            },
            permissive: policy.permissive,
            using: clause(&policy.qual)?,
            check: clause(&policy.with_check)?,
        })
    })
}

/// True for a CREATE TRIGGER of an INSTEAD OF trigger.
pub fn is_instead_of(sql: &str) -> bool {
    /// `TRIGGER_TYPE_INSTEAD` of the server's `pg_trigger.h`.
    const INSTEAD: i32 = 1 << 6;
    let timing = with_only(sql, |node, _| match node {
        Node::CreateTrigStmt(trigger) => Some(trigger.timing),
        _ => None,
    });
    timing.is_some_and(|timing| timing & INSTEAD != 0)
}

/// True for a CREATE STATISTICS that names its kinds.
pub fn names_statistics_kinds(sql: &str) -> bool {
    let names = with_only(sql, |node, _| match node {
        Node::CreateStatsStmt(statistics) => Some(!statistics.stat_types.is_empty()),
        _ => None,
    });
    names.unwrap_or(false)
}

/// True for an index on plain columns and all rows.
pub fn is_plain_index(sql: &str) -> bool {
    let is_column = |key: &tree::Node| matches!(&key.node, Some(Node::IndexElem(key)) if key.expr.is_none());
    let is_plain = with_only(sql, |node, _| match node {
        Node::IndexStmt(index) => Some(
            index.where_clause.is_none()
                && index.index_including_params.is_empty()
                && index.index_params.iter().all(is_column),
        ),
        _ => None,
    });
    is_plain.unwrap_or(false)
}

/// True if a query has a COLLATE; also of a text that does not parse.
pub fn collates(query: &str) -> bool {
    with_tree(query, |_, tree| walk::contents(tree).collates).unwrap_or(true)
}

/// A definition after the object's name; for a function, from the parenthesis of its parameters on.
pub fn after_name<'a>(sql: &'a str, words: &str) -> Option<&'a str> {
    let rest = sql.strip_prefix(words)?;
    let open = scan(rest).find(|piece| piece.kind.is_code() && &rest[piece.range.clone()] == "(")?;
    rest.get(open.range.start..)
}

impl Template {
    /// The query of the view or the table that it creates.
    pub fn query(&self) -> Option<String> {
        let is_own = |relation: &Option<tree::RangeVar>| matches!(relation, Some(it) if it.relname == Self::NAME);
        let query = |node: &Node| match node {
            Node::ViewStmt(view) if is_own(&view.view) => view.query.as_deref()?.node.clone(),
            Node::CreateTableAsStmt(table) if is_own(&table.into.as_ref()?.rel) => table.query.as_deref()?.node.clone(),
            _ => None,
        };
        let read = with_tree(&self.sql, |_, tree| {
            let mut nodes = tree.stmts.iter().filter_map(|statement| statement.stmt.as_deref()?.node.as_ref());
            deparse(nodes.find_map(query)?)
        });
        read.ok().flatten()
    }

    /// True if a function takes a setting from the session that creates or alters it.
    pub fn takes_from_session(&self, setting: &str) -> bool {
        let takes = |option: &tree::Node| match &option.node {
            Some(Node::DefElem(option)) if option_name(option) == "set" => match inner(&option.arg) {
                Some(Node::VariableSetStmt(set)) => {
                    set.kind() == tree::VariableSetKind::VarSetCurrent && set.name.eq_ignore_ascii_case(setting)
                }
                _ => false,
            },
            _ => false,
        };
        let in_statement = |statement: &tree::RawStmt| match statement.stmt.as_deref().and_then(|it| it.node.as_ref()) {
            Some(Node::CreateFunctionStmt(create)) => create.options.iter().any(takes),
            Some(Node::AlterFunctionStmt(alter)) => alter.actions.iter().any(takes),
            _ => false,
        };
        with_tree(&self.sql, |_, tree| tree.stmts.iter().any(in_statement)).unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clauses_are_those_of_the_tree_and_not_of_a_text() {
        let check = constraint_statement("CHECK (a <> ') CHECK (' AND \"b CHECK (\" > 1) NO INHERIT NOT VALID");
        assert_eq!(check_in(&check).as_deref(), Some("a <> ') CHECK (' AND \"b CHECK (\" > 1"));
        assert!(!is_over_period(&constraint_statement("FOREIGN KEY (a) REFERENCES \"PERIOD t\"")));
        assert!(is_over_period(&constraint_statement("FOREIGN KEY (a, PERIOD b) REFERENCES t (a, PERIOD b)")));
        let policy = policy_in("CREATE POLICY own ON t FOR SELECT TO \"x USING (\" USING (a = 'RESTRICTIVE')").unwrap();
        assert_eq!((policy.command, policy.permissive), ('r', true));
        assert_eq!((policy.using.as_deref(), policy.check), (Some("a = 'RESTRICTIVE'"), None));
        let trigger = |event: &str, argument: &str| {
            format!("CREATE TRIGGER own {event} INSERT ON t FOR EACH ROW EXECUTE FUNCTION f('{argument}')")
        };
        assert!(is_instead_of(&trigger("INSTEAD OF", "")));
        assert!(!is_instead_of(&trigger("AFTER", " INSTEAD OF ")));
        assert!(names_statistics_kinds("CREATE STATISTICS own (mcv) ON a, b FROM t"));
        assert!(!names_statistics_kinds("CREATE STATISTICS own ON a, own (b) FROM t"));
        assert!(collates("SELECT a COLLATE \"C\" FROM t") && !collates("SELECT 'collate', \"collate\" FROM t"));
        let function = "CREATE OR REPLACE FUNCTION public.\"f(x\"(a integer)\n RETURNS integer";
        assert_eq!(after_name(function, "CREATE OR REPLACE FUNCTION "), Some("(a integer)\n RETURNS integer"));
    }

    #[test]
    fn an_index_is_plain_by_its_keys() {
        for (index, is_plain) in [
            ("(a, b) WITH (fillfactor='70')", true),
            ("(a, \"b (\")", true),
            ("(a, (b + 1))", false),
            ("(a) INCLUDE (b)", false),
            ("(a) WHERE a > 1", false),
        ] {
            assert_eq!(is_plain_index(&format!("CREATE INDEX own ON t USING btree {index}")), is_plain, "{index}");
        }
    }

    #[test]
    fn a_query_is_that_of_the_object() {
        let view = Template::from_sql("CREATE VIEW {name} (\"a AS b\") AS SELECT a AS c FROM t");
        assert_eq!(view.query().as_deref(), Some("SELECT a AS c FROM t"));
        let made = "CREATE TABLE pg_temp.t AS SELECT NULL::int AS a WITH NO DATA; CREATE TABLE {name} AS SELECT a FROM t WITH NO DATA";
        assert_eq!(Template::from_sql(made).query().as_deref(), Some("SELECT a FROM t"));
    }

    #[test]
    fn a_setting_is_taken_by_a_clause_and_not_by_a_body() {
        let of = |sql: &str| Template::from_sql(sql).takes_from_session("search_path");
        assert!(of("CREATE FUNCTION {name}() RETURNS int SET search_path FROM CURRENT LANGUAGE sql AS 'SELECT 1'"));
        assert!(!of("CREATE FUNCTION {name}() RETURNS text LANGUAGE sql AS 'SELECT $$SET search_path FROM CURRENT$$'"));
    }
}
