//! The bound of a partition: its constants are values of the partition key's types, in any spelling.

use super::nodes::expression_sql;
use super::parse::{self, Node, tree};
use crate::pg::name::{quote_ident, quote_literal};

/// A bound whose values are constants.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Bound {
    Default,
    Hash { modulus: i32, remainder: i32 },
    List(Vec<Value>),
    Range { from: Vec<Value>, to: Vec<Value> },
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Value {
    Least,
    Most,
    Null,
    /// A constant as SQL.
    Constant(String),
}

/// Parses `FOR VALUES …` or `DEFAULT`; none if a value is more than a constant, or a cast of one to a built-in type.
fn read(text: &str) -> Option<Bound> {
    let attach = format!("ALTER TABLE t ATTACH PARTITION p {text}");
    parse::with_tree(&attach, |_, tree| of(bound_in(tree)?)).ok().flatten()
}

fn bound_in(tree: &tree::ParseResult) -> Option<&tree::PartitionBoundSpec> {
    let [statement] = tree.stmts.as_slice() else { return None };
    let Node::AlterTableStmt(alter) = statement.stmt.as_ref()?.node.as_ref()? else { return None };
    let [tree::Node { node: Some(Node::AlterTableCmd(command)) }] = alter.cmds.as_slice() else { return None };
    match command.def.as_ref()?.node.as_ref()? {
        Node::PartitionCmd(command) => command.bound.as_ref(),
        _ => None,
    }
}

fn of(bound: &tree::PartitionBoundSpec) -> Option<Bound> {
    let values = |nodes: &[tree::Node]| nodes.iter().map(value).collect::<Option<Vec<_>>>();
    match bound.strategy.as_str() {
        _ if bound.is_default => Some(Bound::Default),
        "h" => Some(Bound::Hash { modulus: bound.modulus, remainder: bound.remainder }),
        "l" => Some(Bound::List(values(&bound.listdatums)?)),
        "r" => Some(Bound::Range { from: values(&bound.lowerdatums)?, to: values(&bound.upperdatums)? }),
        _ => None,
    }
}

fn value(node: &tree::Node) -> Option<Value> {
    match node.node.as_ref()? {
        Node::ColumnRef(reference) => match reference.fields.as_slice() {
            [tree::Node { node: Some(Node::String(word)) }] if word.sval == "minvalue" => Some(Value::Least),
            [tree::Node { node: Some(Node::String(word)) }] if word.sval == "maxvalue" => Some(Value::Most),
            _ => None,
        },
        Node::AConst(constant) if constant.isnull => Some(Value::Null),
        _ => is_constant(node).then(|| expression_sql(node)).flatten().map(Value::Constant),
    }
}

fn is_constant(node: &tree::Node) -> bool {
    match &node.node {
        Some(Node::AConst(constant)) => !constant.isnull,
        Some(Node::TypeCast(cast)) => {
            let type_ = cast.type_name.as_ref();
            let is_of_system = type_.is_some_and(|type_| match type_.names.as_slice() {
                [_] => true,
                [tree::Node { node: Some(Node::String(schema)) }, _] => schema.sval == "pg_catalog",
                _ => false,
            });
            is_of_system && cast.arg.as_deref().is_some_and(is_constant)
        }
        _ => false,
    }
}

/// The comparison of two bounds, as far as their texts tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Comparison {
    Equal,
    Different,
    /// Constants at one position with different spellings: only their type decides if they are equal.
    ByValue(Vec<Pair>),
    /// One of the bounds is more than constants.
    Unread,
}

/// Two sides of one position, by the index of the key's column; for a list, all values of each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    pub column: usize,
    pub sides: [Vec<String>; 2],
}

/// Compares two bounds.
pub fn compare(one: &str, other: &str) -> Comparison {
    let (Some(one), Some(other)) = (read(one), read(other)) else { return Comparison::Unread };
    let pairs = match (&one, &other) {
        (Bound::List(one), Bound::List(other)) => list(one, other),
        (Bound::Range { from, to }, Bound::Range { from: other_from, to: other_to }) => {
            range(from, other_from).zip(range(to, other_to)).map(|(from, to)| [from, to].concat())
        }
        _ => (one == other).then(Vec::new),
    };
    match pairs {
        None => Comparison::Different,
        Some(pairs) if pairs.is_empty() => Comparison::Equal,
        Some(pairs) => Comparison::ByValue(pairs),
    }
}

/// The condition of the rows within a bound. None if the key of the parent, which has this name, contains expressions, or if the
/// bound is DEFAULT or more than constants.
pub fn condition(parent: &str, key: &str, bound: &str) -> Option<String> {
    let columns = key_columns(key)?;
    let all = |words: Vec<String>| (!words.is_empty()).then(|| words.join(" AND "));
    let present = || columns.iter().map(|column| format!("{column} IS NOT NULL"));
    match read(bound)? {
        Bound::Default => None,
        Bound::Hash { modulus, remainder } => Some(format!(
            "pg_catalog.satisfies_hash_partition({}::pg_catalog.regclass, {modulus}, {remainder}, {})",
            quote_literal(parent),
            columns.join(", ")
        )),
        Bound::List(values) => {
            let [column] = columns.as_slice() else { return None };
            let constant = |value: &Value| if let Value::Constant(sql) = value { Some(sql.clone()) } else { None };
            let constants: Vec<String> = values.iter().filter_map(constant).collect();
            let is_in = (!constants.is_empty()).then(|| format!("{column} IN ({})", constants.join(", ")));
            let is_null = values.contains(&Value::Null).then(|| format!("{column} IS NULL"));
            Some(is_in.into_iter().chain(is_null).collect::<Vec<_>>().join(" OR "))
        }
        Bound::Range { from, to } => {
            let from = side(&columns, &from, [">=", ">=", ">"])?;
            let to = side(&columns, &to, ["<", "<", "<="])?;
            all(present().chain(from).chain(to).collect())
        }
    }
}

/// One end of a range. `operators`: for constants only, for values that MINVALUE ends, and for values that MAXVALUE ends.
fn side(columns: &[String], values: &[Value], [whole, least, most]: [&str; 3]) -> Option<Option<String>> {
    let constants: Vec<&str> = values
        .iter()
        .map_while(|value| if let Value::Constant(sql) = value { Some(sql.as_str()) } else { None })
        .collect();
    let operator = match values.get(constants.len()) {
        None => whole,
        Some(Value::Least) => least,
        Some(Value::Most) => most,
        Some(_) => return None,
    };
    if values.len() != columns.len() {
        return None;
    }
    let row = |parts: &[&str]| format!("({})", parts.join(", "));
    let own: Vec<&str> = columns.iter().take(constants.len()).map(String::as_str).collect();
    Some((!constants.is_empty()).then(|| format!("{} {operator} {}", row(&own), row(&constants))))
}

/// The columns of `RANGE (a, b)`.
fn key_columns(key: &str) -> Option<Vec<String>> {
    let table = format!("CREATE TABLE own (a int) PARTITION BY {key}");
    let read = |_: &str, tree: &tree::ParseResult| {
        let [statement] = tree.stmts.as_slice() else { return None };
        let Node::CreateStmt(create) = statement.stmt.as_ref()?.node.as_ref()? else { return None };
        let plain = |node: &tree::Node| match node.node.as_ref()? {
            Node::PartitionElem(part)
                if part.expr.is_none() && part.collation.is_empty() && part.opclass.is_empty() =>
            {
                Some(quote_ident(&part.name))
            }
            _ => None,
        };
        create.partspec.as_ref()?.part_params.iter().map(plain).collect()
    };
    parse::with_tree(&table, read).ok().flatten()
}

/// The positions that are still undecided; none if the two certainly differ.
fn range(one: &[Value], other: &[Value]) -> Option<Vec<Pair>> {
    if one.len() != other.len() {
        return None;
    }
    let mut open = Vec::new();
    for (column, pair) in one.iter().zip(other).enumerate() {
        match pair {
            (a, b) if a == b => {}
            (Value::Constant(a), Value::Constant(b)) => {
                open.push(Pair { column, sides: [vec![a.clone()], vec![b.clone()]] });
            }
            _ => return None,
        }
    }
    Some(open)
}

/// The order and the repetition of a list's values are irrelevant.
fn list(one: &[Value], other: &[Value]) -> Option<Vec<Pair>> {
    let constants = |values: &[Value]| {
        let mut all: Vec<String> = values
            .iter()
            .filter_map(|value| if let Value::Constant(sql) = value { Some(sql.clone()) } else { None })
            .collect();
        all.sort();
        all.dedup();
        all
    };
    let sides = [constants(one), constants(other)];
    if one.contains(&Value::Null) != other.contains(&Value::Null) || sides[0].is_empty() != sides[1].is_empty() {
        return None;
    }
    Some(if sides[0] == sides[1] { Vec::new() } else { vec![Pair { column: 0, sides }] })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_is_a_condition_of_its_rows() {
        for (key, bound, wanted) in [
            ("LIST (kind)", "FOR VALUES IN (1, NULL)", Some("\"kind\" IN (1) OR \"kind\" IS NULL")),
            (
                "RANGE (at)",
                "FOR VALUES FROM ('2025-01-01') TO (MAXVALUE)",
                Some("\"at\" IS NOT NULL AND (\"at\") >= ('2025-01-01')"),
            ),
            (
                "RANGE (a, b)",
                "FOR VALUES FROM (1, MINVALUE) TO (2, MAXVALUE)",
                Some("\"a\" IS NOT NULL AND \"b\" IS NOT NULL AND (\"a\") >= (1) AND (\"a\") <= (2)"),
            ),
            (
                "RANGE (a, b)",
                "FOR VALUES FROM (1, 5) TO (2, 7)",
                Some(
                    "\"a\" IS NOT NULL AND \"b\" IS NOT NULL AND (\"a\", \"b\") >= (1, 5) AND (\"a\", \"b\") < (2, 7)",
                ),
            ),
            (
                "HASH (a)",
                "FOR VALUES WITH (modulus 4, remainder 1)",
                Some("pg_catalog.satisfies_hash_partition('p'::pg_catalog.regclass, 4, 1, \"a\")"),
            ),
            ("RANGE (lower(a))", "FOR VALUES FROM ('a') TO ('b')", None),
            ("LIST (a COLLATE \"C\")", "FOR VALUES IN ('a')", None),
            ("LIST (a)", "DEFAULT", None),
        ] {
            assert_eq!(condition("p", key, bound).as_deref(), wanted, "{key} {bound}");
        }
    }

    #[test]
    fn bounds_are_compared_as_far_as_their_words_tell() {
        let open = |column: usize, a: &str, b: &str| {
            Comparison::ByValue(vec![Pair { column, sides: [a, b].map(|it| vec![it.to_owned()]) }])
        };
        for (one, other, wanted) in [
            ("DEFAULT", "default", Comparison::Equal),
            ("DEFAULT", "FOR VALUES IN (1)", Comparison::Different),
            ("FOR VALUES WITH (remainder 1, modulus 4)", "FOR VALUES WITH (modulus 4, remainder 1)", Comparison::Equal),
            (
                "FOR VALUES WITH (modulus 8, remainder 1)",
                "FOR VALUES WITH (modulus 4, remainder 1)",
                Comparison::Different,
            ),
            ("FOR VALUES IN ('b', 'a', NULL)", "FOR VALUES IN (NULL, 'a', 'b', 'a')", Comparison::Equal),
            ("FOR VALUES IN ('a')", "FOR VALUES IN ('a', NULL)", Comparison::Different),
            ("FOR VALUES IN (NULL)", "FOR VALUES IN ('a')", Comparison::Different),
            ("FOR VALUES FROM (MINVALUE) TO (10)", "FOR VALUES FROM (minvalue) TO (10)", Comparison::Equal),
            ("FOR VALUES FROM (MINVALUE) TO (10)", "FOR VALUES FROM (1) TO (10)", Comparison::Different),
            ("FOR VALUES FROM (1, 'a') TO (1, 'b')", "FOR VALUES FROM (1, 'a') TO (1, 'c')", open(1, "'b'", "'c'")),
            (
                "FOR VALUES FROM ('2024-1-1') TO (MAXVALUE)",
                "FOR VALUES FROM ('2024-01-01') TO (MAXVALUE)",
                open(0, "'2024-1-1'", "'2024-01-01'"),
            ),
            ("FOR VALUES FROM (-5) TO (0)", "FOR VALUES FROM ('-5') TO (0)", open(0, "-5", "'-5'")),
            ("FOR VALUES FROM (1 + 1) TO (3)", "FOR VALUES FROM (2) TO (3)", Comparison::Unread),
            ("FOR VALUES FROM (f(1)) TO (3)", "FOR VALUES FROM (2) TO (3)", Comparison::Unread),
            ("FOR VALUES IN ('a'::app.mood)", "FOR VALUES IN ('a')", Comparison::Unread),
        ] {
            assert_eq!(compare(one, other), wanted, "{one} and {other}");
        }
    }
}
