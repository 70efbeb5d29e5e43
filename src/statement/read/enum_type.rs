//! CREATE TYPE … AS ENUM and its labels.

use crate::sql::nodes::{listed, not_empty, strings};
use crate::sql::parse::tree;
use crate::statement::change::{Act, Neighbour};

pub(super) fn create_enum(s: &tree::CreateEnumStmt) -> Option<Act> {
    Some(Act::CreateEnum { name: listed(&s.type_name)?, labels: strings(&s.vals) })
}

pub(super) fn alter_enum(s: &tree::AlterEnumStmt) -> Option<Act> {
    let name = listed(&s.type_name)?;
    if !s.old_val.is_empty() {
        return Some(Act::RenameLabel { name, from: s.old_val.clone(), to: s.new_val.clone() });
    }
    let neighbour = not_empty(&s.new_val_neighbor).map(|label| Neighbour { label, after: s.new_val_is_after });
    Some(Act::AddLabel { name, label: s.new_val.clone(), if_not_exists: s.skip_if_new_val_exists, neighbour })
}
