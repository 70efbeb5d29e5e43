//! DDL that rows can make fail, and the demands of each part of such a statement on rows.

use super::{Demand, PARENT_STAND_IN, Part, STAND_IN};
use crate::pg::name::quote_ident;
use crate::sql::nodes::named;
use crate::sql::parse::{self, Node, tree};
use crate::sql::{Named, written};

/// True if the statement scans, casts or checks existing rows.
pub(in crate::statement) fn meets_rows(node: &Node) -> bool {
    match node {
        Node::AlterTableStmt(s) => s.cmds.iter().any(|command| command_meets_rows(command).unwrap_or(false)),
        Node::AlterDomainStmt(s) => s.def.is_some() || matches!(s.subtype.as_str(), "O" | "V"),
        Node::IndexStmt(s) => s.unique,
        _ => false,
    }
}

fn command_meets_rows(command: &tree::Node) -> Option<bool> {
    use tree::AlterTableType as Alter;
    let Some(Node::AlterTableCmd(command)) = &command.node else { return None };
    Some(match command.subtype() {
        Alter::AtSetNotNull
        | Alter::AtValidateConstraint
        | Alter::AtAddIndexConstraint
        | Alter::AtAlterColumnType
        | Alter::AtAttachPartition => true,
        Alter::AtAddConstraint => !constraint(command.def.as_deref()?)?.skip_validation,
        Alter::AtAddColumn => !column(command.def.as_deref()?)?.constraints.is_empty(),
        _ => false,
    })
}

/// The demands of a statement, in its order; none for a part that no question explains.
pub fn demands(sql: &str) -> Vec<Demand> {
    let read = |_: &str, parsed: &tree::ParseResult| {
        let nodes = parsed.stmts.iter().filter_map(|raw| raw.stmt.as_deref()?.node.as_ref());
        nodes.flat_map(of_statement).collect()
    };
    parse::with_tree(sql, read).unwrap_or_default()
}

fn of_statement(node: &Node) -> Vec<Demand> {
    match node {
        Node::AlterTableStmt(s) => {
            let Some(table) = s.relation.as_ref().map(named) else { return Vec::new() };
            s.cmds.iter().filter_map(|command| of_command(s, &table, command)).flatten().collect()
        }
        Node::IndexStmt(s) if s.unique => of_index(s).into_iter().collect(),
        Node::AlterDomainStmt(s) => of_domain(s).into_iter().collect(),
        _ => Vec::new(),
    }
}

fn of_command(statement: &tree::AlterTableStmt, table: &Named, command: &tree::Node) -> Option<Vec<Demand>> {
    use tree::AlterTableType as Alter;
    let Some(Node::AlterTableCmd(command)) = &command.node else { return None };
    Some(match command.subtype() {
        Alter::AtSetNotNull => vec![Demand::NotNull { table: table.clone(), column: command.name.clone() }],
        Alter::AtValidateConstraint => {
            vec![Demand::Valid { table: table.clone(), constraint: command.name.clone() }]
        }
        Alter::AtAddConstraint => of_constraint(table, constraint(command.def.as_deref()?)?),
        Alter::AtAlterColumnType => {
            let column = column(command.def.as_deref()?)?;
            vec![Demand::Type {
                table: table.clone(),
                column: command.name.clone(),
                wanted: type_sql(column.type_name.as_ref()?)?,
                using: column.raw_default.as_deref().and_then(expression_sql),
            }]
        }
        Alter::AtAddColumn => of_new_column(table, column(command.def.as_deref()?)?),
        Alter::AtAttachPartition => of_partition(statement, table).into_iter().collect(),
        _ => Vec::new(),
    })
}

/// A column without a default is NULL in every row: UNIQUE and FOREIGN KEY hold.
fn of_new_column(table: &Named, column: &tree::ColumnDef) -> Vec<Demand> {
    use tree::ConstrType as Kind;
    let Some(of_type) = column.type_name.as_ref().and_then(type_sql) else { return Vec::new() };
    let constraints = || column.constraints.iter().filter_map(constraint);
    let has = |wanted: &[Kind]| constraints().any(|constraint| wanted.contains(&constraint.contype()));
    let is_serial =
        matches!(of_type.as_str(), "serial" | "bigserial" | "smallserial" | "serial4" | "serial8" | "serial2");
    let is_filled = is_serial || has(&[Kind::ConstrDefault, Kind::ConstrIdentity, Kind::ConstrGenerated]);
    if !is_filled && has(&[Kind::ConstrNotnull, Kind::ConstrPrimary]) {
        return vec![Demand::NewColumn { table: table.clone(), column: column.colname.clone(), of_type }];
    }
    let unasked = |told: String| {
        let why = "the column is made by the statement itself";
        Demand::Unasked { table: table.clone(), told, why }
    };
    let name = written(&column.colname);
    let of_one = |constraint: &tree::Constraint| match constraint.contype() {
        Kind::ConstrCheck if !constraint.skip_validation => {
            let expression = constraint.raw_expr.as_deref().and_then(expression_sql)?;
            Some(unasked(format!("CHECK ({expression})")))
        }
        Kind::ConstrUnique | Kind::ConstrPrimary if is_filled || constraint.nulls_not_distinct => {
            Some(unasked(format!("UNIQUE ({name})")))
        }
        Kind::ConstrForeign if is_filled && !constraint.skip_validation => {
            Some(unasked(format!("FOREIGN KEY ({name})")))
        }
        Kind::ConstrGenerated => Some(unasked(format!("the values of {name}"))),
        _ => None,
    };
    constraints().filter_map(of_one).collect()
}

fn of_constraint(table: &Named, constraint: &tree::Constraint) -> Vec<Demand> {
    use tree::ConstrType as Kind;
    let name = (!constraint.conname.is_empty()).then(|| constraint.conname.clone());
    let not_valid = constraint.skip_validation || !constraint.is_enforced;
    let not_null = |column: String| Demand::NotNull { table: table.clone(), column };
    let unasked = |told: &str, why| vec![Demand::Unasked { table: table.clone(), told: told.to_owned(), why }];
    match constraint.contype() {
        Kind::ConstrCheck => {
            let Some(expression) = constraint.raw_expr.as_deref().and_then(expression_sql) else { return Vec::new() };
            let no_inherit = constraint.is_no_inherit;
            vec![Demand::Check { table: table.clone(), constraint: name, expression, no_inherit, not_valid }]
        }
        Kind::ConstrNotnull if !constraint.skip_validation => {
            strings(&constraint.keys).into_iter().map(not_null).collect()
        }
        Kind::ConstrForeign if constraint.fk_with_period || constraint.pk_with_period => {
            unasked("FOREIGN KEY", "no question is made of periods")
        }
        Kind::ConstrForeign => {
            let Some(parent) = constraint.pktable.as_ref().map(named) else { return Vec::new() };
            vec![Demand::References {
                table: table.clone(),
                constraint: name,
                columns: strings(&constraint.fk_attrs),
                parent,
                parent_columns: strings(&constraint.pk_attrs),
                full: constraint.fk_matchtype == "f",
                not_valid,
            }]
        }
        Kind::ConstrExclusion => unasked("EXCLUDE", "no question is made of rows that exclude each other"),
        Kind::ConstrPrimary | Kind::ConstrUnique if constraint.without_overlaps => {
            unasked("WITHOUT OVERLAPS", "no question is made of periods")
        }
        // The index proves that the values are distinct; the catalog contains its columns.
        Kind::ConstrPrimary if !constraint.indexname.is_empty() => {
            unasked("PRIMARY KEY", "its columns are those of an index, and may hold NULL")
        }
        Kind::ConstrPrimary | Kind::ConstrUnique if !constraint.keys.is_empty() => {
            let columns = strings(&constraint.keys);
            let is_primary = constraint.contype() == Kind::ConstrPrimary;
            let not_null = columns.iter().filter(|_| is_primary).cloned().map(not_null);
            let mut demands: Vec<Demand> = not_null.collect();
            demands.push(Demand::Distinct {
                table: table.clone(),
                name,
                parts: columns.into_iter().map(Part::Column).collect(),
                condition: None,
                nulls_are_equal: constraint.nulls_not_distinct,
            });
            demands
        }
        _ => Vec::new(),
    }
}

fn of_index(index: &tree::IndexStmt) -> Option<Demand> {
    let table = named(index.relation.as_ref()?);
    let elements = || {
        index.index_params.iter().filter_map(|node| match &node.node {
            Some(Node::IndexElem(element)) => Some(element),
            _ => None,
        })
    };
    // The operator classes for patterns have the same equality as the default ones.
    let is_usual = |element: &tree::IndexElem| {
        strings(&element.opclass).last().is_none_or(|class| class.ends_with("_pattern_ops"))
    };
    if !elements().all(|element| is_usual(element)) {
        let why = "an operator class says which values are equal";
        return Some(Demand::Unasked { table, told: "UNIQUE".to_owned(), why });
    }
    let condition = match index.where_clause.as_deref() {
        Some(condition) => Some(expression_sql(condition)?),
        None => None,
    };
    Some(Demand::Distinct {
        table,
        name: (!index.idxname.is_empty()).then(|| index.idxname.clone()),
        parts: elements().map(|element| part(element)).collect::<Option<_>>()?,
        condition,
        nulls_are_equal: index.nulls_not_distinct,
    })
}

fn part(element: &tree::IndexElem) -> Option<Part> {
    let collation: Vec<String> = strings(&element.collation).iter().map(|name| quote_ident(name)).collect();
    let expression = match element.expr.as_deref() {
        Some(expression) => expression_sql(expression)?,
        None if collation.is_empty() => return Some(Part::Column(element.name.clone())),
        None => quote_ident(&element.name),
    };
    Some(Part::Expression(match collation.as_slice() {
        [] => expression,
        names => format!("({expression}) COLLATE {}", names.join(".")),
    }))
}

/// The expressions of an exclusion constraint that is added, including its condition. Its operators are members of a family,
/// which only a superuser creates.
pub fn excluded(add_constraint: &str) -> Option<Vec<String>> {
    let read = |_: &str, parsed: &tree::ParseResult| {
        let Some(Node::AlterTableStmt(alter)) = &parsed.stmts.first()?.stmt.as_deref()?.node else { return None };
        let Some(Node::AlterTableCmd(command)) = &alter.cmds.first()?.node else { return None };
        let constraint = constraint(command.def.as_deref()?)?;
        let element = |pair: &tree::Node| match &pair.node {
            Some(Node::List(pair)) => match &pair.items.first()?.node {
                Some(Node::IndexElem(element)) => element.expr.clone(),
                _ => None,
            },
            _ => None,
        };
        let expressions = constraint.exclusions.iter().filter_map(element).chain(constraint.where_clause.clone());
        expressions.map(|expression| expression_sql(&expression)).collect()
    };
    parse::with_tree(add_constraint, read).ok().flatten()
}

fn of_partition(statement: &tree::AlterTableStmt, parent: &Named) -> Option<Demand> {
    let mut attach = statement.clone();
    let relation = attach.relation.as_mut()?;
    (relation.schemaname, relation.relname) = (String::new(), PARENT_STAND_IN.to_owned());
    let Some(Node::AlterTableCmd(command)) = &mut attach.cmds.first_mut()?.node else { return None };
    let Some(Node::PartitionCmd(partition)) = &mut command.def.as_deref_mut()?.node else { return None };
    let is_default = partition.bound.as_ref()?.is_default;
    let name = partition.name.as_mut()?;
    let attached = named(name);
    (name.schemaname, name.relname) = (String::new(), STAND_IN.to_owned());
    let attach = parse::deparse(Node::AlterTableStmt(attach))?;
    Some(Demand::Partition { parent: parent.clone(), partition: attached, attach, is_default })
}

fn of_domain(s: &tree::AlterDomainStmt) -> Option<Demand> {
    let mut parts = strings(&s.type_name).into_iter().rev();
    let domain = Named { name: parts.next()?, schema: parts.next() };
    match s.subtype.as_str() {
        "V" => return Some(Demand::DomainValid { domain, constraint: s.name.clone() }),
        "O" => return Some(Demand::DomainNotNull { domain }),
        _ => {}
    }
    let constraint = constraint(s.def.as_deref()?)?;
    if constraint.contype() == tree::ConstrType::ConstrNotnull {
        return Some(Demand::DomainNotNull { domain });
    }
    Some(Demand::Domain {
        domain,
        constraint: (!constraint.conname.is_empty()).then(|| constraint.conname.clone()),
        expression: expression_sql(constraint.raw_expr.as_deref()?)?,
        not_valid: constraint.skip_validation,
    })
}

fn constraint(node: &tree::Node) -> Option<&tree::Constraint> {
    match &node.node {
        Some(Node::Constraint(constraint)) => Some(constraint),
        _ => None,
    }
}

fn column(node: &tree::Node) -> Option<&tree::ColumnDef> {
    match &node.node {
        Some(Node::ColumnDef(column)) => Some(column),
        _ => None,
    }
}

fn strings(nodes: &[tree::Node]) -> Vec<String> {
    let string = |node: &tree::Node| match &node.node {
        Some(Node::String(string)) => Some(string.sval.clone()),
        _ => None,
    };
    nodes.iter().filter_map(string).collect()
}

const SELECT: &str = "SELECT ";

/// The library has no SQL for a bare expression: it is written as the only column of a query.
fn expression_sql(expression: &tree::Node) -> Option<String> {
    let target = tree::ResTarget { val: Some(Box::new(expression.clone())), ..tree::ResTarget::default() };
    let node = tree::Node { node: Some(Node::ResTarget(Box::new(target))) };
    let query = tree::SelectStmt {
        target_list: vec![node],
        limit_option: tree::LimitOption::Default.into(),
        op: tree::SetOperation::SetopNone.into(),
        ..tree::SelectStmt::default()
    };
    let sql = parse::deparse(Node::SelectStmt(Box::new(query)))?;
    sql.strip_prefix(SELECT).map(str::to_owned)
}

fn type_sql(name: &tree::TypeName) -> Option<String> {
    let null = tree::AConst { isnull: true, ..tree::AConst::default() };
    let arg = tree::Node { node: Some(Node::AConst(null)) };
    let cast = tree::TypeCast { arg: Some(Box::new(arg)), type_name: Some(name.clone()), location: -1 };
    let sql = expression_sql(&tree::Node { node: Some(Node::TypeCast(Box::new(cast))) })?;
    sql.strip_prefix("NULL::").map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Named {
        Named { schema: None, name: "t".to_owned() }
    }

    #[test]
    fn an_exclusion_runs_its_expressions_and_its_condition() {
        let sql = "ALTER TABLE t ADD CONSTRAINT c EXCLUDE USING gist (during WITH &&, lower(a) WITH =) WHERE (b > 0)";
        assert_eq!(excluded(sql), Some(vec!["lower(a)".to_owned(), "b > 0".to_owned()]));
        assert_eq!(excluded("ALTER TABLE t ADD CONSTRAINT c EXCLUDE USING gist (during WITH &&)"), Some(Vec::new()));
    }

    #[test]
    fn each_part_of_a_statement_says_what_it_demands() {
        let demanded = demands(
            "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0 AND t.b <> 'x'), ADD UNIQUE (a, \"B\"), ALTER a TYPE numeric(4,1) \
             USING b::numeric, ADD n int NOT NULL, ADD m int NOT NULL DEFAULT 1, ADD FOREIGN KEY (a) REFERENCES s.p, \
             VALIDATE CONSTRAINT v, ADD CHECK (b) NOT VALID",
        );
        let parent = Named { schema: Some("s".to_owned()), name: "p".to_owned() };
        assert_eq!(
            demanded[..6],
            [
                Demand::Check {
                    table: table(),
                    constraint: Some("c".into()),
                    expression: "a > 0 AND t.b <> 'x'".into(),
                    no_inherit: false,
                    not_valid: false,
                },
                Demand::Distinct {
                    table: table(),
                    name: None,
                    parts: vec![Part::Column("a".into()), Part::Column("B".into())],
                    condition: None,
                    nulls_are_equal: false,
                },
                Demand::Type {
                    table: table(),
                    column: "a".into(),
                    wanted: "numeric(4, 1)".into(),
                    using: Some("b::numeric".into())
                },
                Demand::NewColumn { table: table(), column: "n".into(), of_type: "int".into() },
                Demand::References {
                    table: table(),
                    constraint: None,
                    columns: vec!["a".into()],
                    parent,
                    parent_columns: vec![],
                    full: false,
                    not_valid: false,
                },
                Demand::Valid { table: table(), constraint: "v".into() },
            ]
        );
    }

    #[test]
    fn an_index_a_domain_and_a_partition_say_it_too() {
        let index = demands("CREATE UNIQUE INDEX CONCURRENTLY i ON t (lower(a), b) WHERE b > 1");
        let parts = vec![Part::Expression("lower(a)".into()), Part::Column("b".into())];
        let condition = Some("b > 1".to_owned());
        let name = Some("i".to_owned());
        assert_eq!(index, [Demand::Distinct { table: table(), name, parts, condition, nulls_are_equal: false }]);
        assert_eq!(
            demands("ALTER DOMAIN d ADD CONSTRAINT c CHECK (VALUE > 0)"),
            [Demand::Domain {
                domain: Named { schema: None, name: "d".to_owned() },
                constraint: Some("c".into()),
                expression: "value > 0".into(),
                not_valid: false,
            }]
        );
        let partition = demands("ALTER TABLE t ATTACH PARTITION s.p FOR VALUES IN (1, 2)");
        let [Demand::Partition { attach, .. }] = partition.as_slice() else { panic!("{partition:?}") };
        assert_eq!(
            attach,
            "ALTER TABLE lockgate_parent_stand_in ATTACH PARTITION lockgate_stand_in FOR VALUES IN (1, 2)"
        );
    }

    #[test]
    fn only_what_rows_can_make_fail_meets_them() {
        for (sql, meets) in [
            ("ALTER TABLE t ADD a int", false),
            ("ALTER TABLE t ADD a int NOT NULL", true),
            ("ALTER TABLE t ADD CHECK (a > 0) NOT VALID", false),
            ("ALTER TABLE t ADD CHECK (a > 0)", true),
            ("ALTER TABLE t ALTER a TYPE int", true),
            ("ALTER TABLE t ALTER a SET DEFAULT 1", false),
            ("CREATE INDEX ON t (a)", false),
            ("CREATE UNIQUE INDEX ON t (a)", true),
            ("ALTER DOMAIN d SET NOT NULL", true),
            ("ALTER DOMAIN d DROP DEFAULT", false),
            ("CREATE TABLE t (a int UNIQUE)", false),
        ] {
            let node = |_: &str, parsed: &tree::ParseResult| {
                meets_rows(parsed.stmts[0].stmt.as_deref().unwrap().node.as_ref().unwrap())
            };
            assert_eq!(parse::with_tree(sql, node), Ok(meets), "{sql}");
        }
    }

    #[test]
    fn a_name_is_quoted_only_where_sql_needs_it() {
        for (name, text) in [("users", "users"), ("order", "\"order\""), ("Aé", "\"Aé\""), ("a\"b", "\"a\"\"b\"")] {
            assert_eq!(written(name), text);
        }
    }
}
