//! Statements that give a sequence a position: `SELECT setval(…)` and ALTER SEQUENCE … RESTART.

use super::data::{base, unaskable};
use super::sequence;
use crate::sql::Named;
use crate::sql::nodes::{constant, inner, listed, named, option, regclass, wrap};
use crate::sql::parse::{Node, deparse, tree};
use crate::sql::walk;
use crate::statement::change::{Data, DataAct, IsCalled, PositionOf, Positions};

/// `SELECT setval(…)`.
pub(super) fn setval(node: &Node, s: &tree::SelectStmt) -> Data {
    let calls: Vec<&tree::FuncCall> = s.target_list.iter().filter_map(call_of).collect();
    let sequences = calls.iter().filter_map(|call| regclass(call.args.first()?)).collect();
    let sets = match (calls.as_slice(), s.target_list.len()) {
        ([call], 1) => positions(s, call),
        _ => None,
    };
    position(node, sequences, false, sets)
}

/// ALTER SEQUENCE … RESTART, maybe among other options.
pub(super) fn restart(node: &Node, s: &tree::AlterSeqStmt) -> Data {
    let sequence = s.sequence.as_ref().map(named);
    let alters = sequence::alters_beside_restart(s);
    let value = option(&s.options, "restart").and_then(|option| constant(option.arg.as_deref()?));
    let sets = sequence.clone().zip(value).filter(|_| !alters).map(|(sequence, value)| Positions {
        sequence: PositionOf::Sequence(sequence),
        rows: format!("SELECT CAST({value} AS bigint)"),
        is_called: IsCalled::Always(false),
    });
    position(node, sequence.into_iter().collect(), alters, sets)
}

fn position(node: &Node, sequences: Vec<Named>, alters: bool, sets: Option<Positions>) -> Data {
    let act = DataAct::Position { alters, sets: sets.map(Box::new) };
    let data = base(node, act, sequences);
    Data { unaskable: Some("it sets a sequence's position".to_owned()), ..data }
}

/// The call of setval that a query gives as a value.
fn call_of(target: &tree::Node) -> Option<&tree::FuncCall> {
    let Some(Node::ResTarget(target)) = &target.node else { return None };
    let Node::FuncCall(call) = inner(&target.val)? else { return None };
    is_of_server(call, "setval").then_some(call)
}

fn is_of_server(call: &tree::FuncCall, name: &str) -> bool {
    let is_it = |called: Named| called.name == name && called.schema.is_none_or(|schema| schema == "pg_catalog");
    listed(&call.funcname).is_some_and(is_it)
}

/// The query with the values of the call as its columns; none if they are not the same each time.
fn positions(s: &tree::SelectStmt, call: &tree::FuncCall) -> Option<Positions> {
    let (of, values) = call.args.split_first()?;
    let is_called = match values {
        [_] => IsCalled::Always(true),
        [_, _] => IsCalled::InRows,
        _ => return None,
    };
    let column = |value: &tree::Node| {
        wrap(Node::ResTarget(Box::new(tree::ResTarget { val: Some(Box::new(value.clone())), ..Default::default() })))
    };
    let rows = tree::SelectStmt { target_list: values.iter().map(column).collect(), ..s.clone() };
    let node = Node::SelectStmt(Box::new(rows));
    let found = walk::contents(&wrap(node.clone()));
    (unaskable(&found, &[]).is_none() && !found.writes).then_some(())?;
    Some(Positions { sequence: sequence_of(of)?, rows: deparse(node)?, is_called })
}

fn sequence_of(value: &tree::Node) -> Option<PositionOf> {
    let value = match value.node.as_ref()? {
        Node::TypeCast(cast) => cast.arg.as_deref()?,
        _ => value,
    };
    match value.node.as_ref()? {
        Node::FuncCall(call) if is_of_server(call, "pg_get_serial_sequence") => {
            let [table, column] = call.args.as_slice() else { return None };
            Some(PositionOf::Column { table: constant(table)?, column: constant(column)? })
        }
        _ => regclass(value).map(PositionOf::Sequence),
    }
}
