//! Conditions that are true of every row, as far as their text tells.

use crate::sql::parse::{Node, tree};

/// True if the condition is true of every row, as a missing condition is.
pub(super) fn is_always_true(condition: &Option<Box<tree::Node>>) -> bool {
    condition.as_deref().is_none_or(|condition| truth(condition) == Some(true))
}

/// The value of a condition; none if it depends on the row.
fn truth(node: &tree::Node) -> Option<bool> {
    match node.node.as_ref()? {
        Node::AConst(_) | Node::TypeCast(_) => match constant(node)? {
            Constant::Truth(truth) => Some(truth),
            Constant::Number(_) | Constant::Text(_) => None,
        },
        Node::AExpr(expr) => compared(expr),
        Node::BoolExpr(expr) => combined(expr),
        // Every row has its system columns.
        Node::NullTest(test) => {
            let is_system =
                matches!(name(test.arg.as_deref()?)?.last()?.as_str(), "ctid" | "tableoid" | "xmin" | "xmax");
            is_system.then_some(test.nulltesttype() == tree::NullTestType::IsNotNull)
        }
        Node::BooleanTest(test) => {
            use tree::BoolTestType as Is;
            let truth = truth(test.arg.as_deref()?)?;
            Some(match test.booltesttype() {
                Is::IsTrue | Is::IsNotFalse => truth,
                Is::IsFalse | Is::IsNotTrue => !truth,
                Is::IsNotUnknown => true,
                Is::IsUnknown | Is::Undefined => false,
            })
        }
        _ => None,
    }
}

fn combined(expr: &tree::BoolExpr) -> Option<bool> {
    let truths = || expr.args.iter().map(truth);
    match expr.boolop() {
        tree::BoolExprType::NotExpr => truth(expr.args.first()?).map(|truth| !truth),
        tree::BoolExprType::AndExpr if truths().any(|truth| truth == Some(false)) => Some(false),
        tree::BoolExprType::AndExpr => truths().all(|truth| truth == Some(true)).then_some(true),
        tree::BoolExprType::OrExpr if truths().any(|truth| truth == Some(true)) || is_null_or_not(&expr.args) => {
            Some(true)
        }
        tree::BoolExprType::OrExpr => truths().all(|truth| truth == Some(false)).then_some(false),
        tree::BoolExprType::Undefined => None,
    }
}

/// `x IS NULL OR x IS NOT NULL`.
fn is_null_or_not(args: &[tree::Node]) -> bool {
    let tests = |kind: tree::NullTestType| {
        args.iter().filter_map(move |arg| match &arg.node {
            Some(Node::NullTest(test)) if test.nulltesttype() == kind => name(test.arg.as_deref()?),
            _ => None,
        })
    };
    let nulls: Vec<_> = tests(tree::NullTestType::IsNull).collect();
    tests(tree::NullTestType::IsNotNull).any(|name| nulls.contains(&name))
}

fn name(node: &tree::Node) -> Option<Vec<String>> {
    let Some(Node::ColumnRef(column)) = &node.node else { return None };
    let part = |part: &tree::Node| match &part.node {
        Some(Node::String(part)) => Some(part.sval.clone()),
        _ => None,
    };
    column.fields.iter().map(part).collect()
}

#[derive(PartialEq, PartialOrd)]
enum Constant {
    Truth(bool),
    Number(f64),
    Text(String),
}

fn constant(node: &tree::Node) -> Option<Constant> {
    use tree::a_const::Val;
    match node.node.as_ref()? {
        Node::AConst(constant) => Some(match constant.val.as_ref()? {
            Val::Boolval(value) => Constant::Truth(value.boolval),
            Val::Ival(number) => Constant::Number(f64::from(number.ival)),
            Val::Fval(number) => Constant::Number(number.fval.parse().ok()?),
            Val::Sval(text) => Constant::Text(text.sval.clone()),
            Val::Bsval(_) => return None,
        }),
        Node::TypeCast(cast) => {
            let Some(Node::String(type_)) = &cast.type_name.as_ref()?.names.last()?.node else { return None };
            match (type_.sval.as_str(), constant(cast.arg.as_deref()?)?) {
                // PostgreSQL documentation 8.6.
                ("bool", Constant::Text(text)) => match text.trim().to_ascii_lowercase().as_str() {
                    "t" | "true" | "y" | "yes" | "on" | "1" => Some(Constant::Truth(true)),
                    "f" | "false" | "n" | "no" | "off" | "0" => Some(Constant::Truth(false)),
                    _ => None,
                },
                ("bool", Constant::Number(number)) => Some(Constant::Truth(number != 0.0)),
                ("bool", truth) => Some(truth),
                _ => None,
            }
        }
        _ => None,
    }
}

/// `1 = 1`. Texts are compared for equality alone: their order depends on the collation.
fn compared(expr: &tree::AExpr) -> Option<bool> {
    if expr.kind() != tree::AExprKind::AexprOp {
        return None;
    }
    let [name] = expr.name.as_slice() else { return None };
    let Some(Node::String(operator)) = &name.node else { return None };
    let (left, right) = (constant(expr.lexpr.as_deref()?)?, constant(expr.rexpr.as_deref()?)?);
    if std::mem::discriminant(&left) != std::mem::discriminant(&right) {
        return None;
    }
    let sorts = !matches!(left, Constant::Text(_));
    Some(match operator.sval.as_str() {
        "=" => left == right,
        "<>" | "!=" => left != right,
        "<" if sorts => left < right,
        "<=" if sorts => left <= right,
        ">" if sorts => left > right,
        ">=" if sorts => left >= right,
        _ => return None,
    })
}
