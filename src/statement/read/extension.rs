//! Extensions.

use crate::sql::nodes::{inner, option, value_text};
use crate::sql::parse::tree;
use crate::statement::change::Act;

pub(super) fn create_extension(s: &tree::CreateExtensionStmt) -> Option<Act> {
    let value = |name: &str| inner(&option(&s.options, name)?.arg).and_then(value_text);
    Some(Act::CreateExtension {
        name: s.extname.clone(),
        schema: value("schema"),
        version: value("new_version"),
        if_not_exists: s.if_not_exists,
    })
}

pub(super) fn update_extension(s: &tree::AlterExtensionStmt) -> Option<Act> {
    let version = option(&s.options, "new_version").and_then(|version| inner(&version.arg)).and_then(value_text);
    Some(Act::UpdateExtension { name: s.extname.clone(), version })
}
