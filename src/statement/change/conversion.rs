//! The conversion of a column's values by USING.

use crate::sql::nodes::with_only;
use crate::sql::nodes::{constant, listed, type_name};
use crate::sql::parse::{Node, tree};
use crate::sql::{Expr, TypeName};

/// The conversion of a column's old values before their assignment to the new type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Conversion {
    /// Explicit casts, in order; empty means assignment alone.
    Casts(Vec<TypeName>),
    /// AT TIME ZONE with UTC, or with a zone that may have daylight saving time.
    AtTimeZone { is_utc: bool },
    /// Any other expression.
    Computed,
}

impl Conversion {
    /// The conversion that a USING makes of the column.
    pub fn of(using: Option<&Expr>, column: &str) -> Self {
        using.map_or(Self::Casts(Vec::new()), |using| conversion(using, column))
    }
}

fn conversion(using: &Expr, column: &str) -> Conversion {
    let read = |node: &Node, _: &str| {
        let Node::SelectStmt(select) = node else { return None };
        let Some(Node::ResTarget(target)) = &select.target_list.first()?.node else { return None };
        let value = target.val.as_deref()?;
        casts(value, column).map(Conversion::Casts).or_else(|| at_time_zone(value, column))
    };
    with_only(&format!("SELECT {}", using.sql), read).unwrap_or(Conversion::Computed)
}

/// The casts around the plain column, innermost first.
fn casts(value: &tree::Node, column: &str) -> Option<Vec<TypeName>> {
    match value.node.as_ref()? {
        Node::ColumnRef(reference) => {
            let Some(Node::String(name)) = &reference.fields.last()?.node else { return None };
            (name.sval == column).then(Vec::new)
        }
        Node::TypeCast(cast) => {
            let mut inner = casts(cast.arg.as_deref()?, column)?;
            inner.push(type_name(cast.type_name.as_ref()?)?);
            Some(inner)
        }
        _ => None,
    }
}

fn at_time_zone(value: &tree::Node, column: &str) -> Option<Conversion> {
    let Node::FuncCall(call) = value.node.as_ref()? else { return None };
    let [zone, argument] = call.args.as_slice() else { return None };
    let is_it = listed(&call.funcname)?.name == "timezone" && casts(argument, column)?.is_empty();
    is_it.then_some(Conversion::AtTimeZone { is_utc: is_utc(&constant(zone)?) })
}

/// True if a zone never had an offset from UTC, so each local time is exactly one moment.
pub fn is_utc(zone: &str) -> bool {
    matches!(zone.to_ascii_lowercase().as_str(), "utc" | "gmt" | "z" | "zulu" | "universal" | "greenwich" | "uct")
        || zone.to_ascii_lowercase().strip_prefix("etc/").is_some_and(is_utc)
}
