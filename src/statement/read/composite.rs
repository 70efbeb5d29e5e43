//! CREATE TYPE … AS (…).

use crate::sql::nodes::{named, type_name};
use crate::sql::parse::{Node, tree};
use crate::statement::change::{Act, Attribute};

pub(super) fn create_composite(s: &tree::CompositeTypeStmt) -> Option<Act> {
    let attribute = |node: &tree::Node| match node.node.as_ref()? {
        Node::ColumnDef(column) => {
            Some(Attribute { name: column.colname.clone(), type_: type_name(column.type_name.as_ref()?)? })
        }
        _ => None,
    };
    let attributes = s.coldeflist.iter().map(attribute).collect::<Option<_>>()?;
    Some(Act::CreateComposite { name: named(s.typevar.as_ref()?), attributes })
}
