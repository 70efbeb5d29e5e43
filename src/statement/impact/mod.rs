//! The impact of a statement on existing tables: the locks that it takes, and its reads or rewrites of all their rows. From the
//! text alone; PostgreSQL documentation 13.3, ALTER TABLE, CREATE INDEX.

mod acts;
mod cast;
mod commands;
mod locks;
mod retype;

pub use cast::{Concrete, TypeKind, loses};
pub(crate) use locks::shown;
pub use locks::{Impact, Lock, Retype, Work};
pub use retype::is_kept;

use super::change::Effect;
use super::command_tag;
use super::read;
use crate::sql::Named;
use crate::sql::parse;
use crate::sql::walk;

/// The impact of the statements of a text; empty if the text does not parse.
///
/// `is_volatile` returns true for a function outside pg_catalog whose value may differ at each call.
pub fn impact(sql: &str, is_volatile: &(dyn Fn(&Named) -> bool + Sync)) -> Impact {
    let read = |text: &str, tree: &parse::tree::ParseResult| {
        let mut impact = Impact::default();
        for node in tree.stmts.iter().filter_map(|raw| raw.stmt.as_deref()?.node.as_ref()) {
            if commands::add(&mut impact, node) {
                continue;
            }
            let contents = if command_tag::reads(node) { walk::contents(node) } else { walk::Contents::default() };
            let (_, tag) = command_tag::nature(node, &contents);
            match read::effect(node, text, &tag) {
                Effect::Changes(changes) => {
                    changes.iter().for_each(|change| acts::add(&mut impact, &change.act, is_volatile));
                }
                Effect::Data(data) => acts::add_data(&mut impact, &data),
                Effect::Opaque(_) | Effect::Setting(_) | Effect::Repeatable | Effect::Unjudged(..) => {}
            }
        }
        impact
    };
    parse::with_tree(sql, read).unwrap_or_default()
}

#[cfg(test)]
mod tests;
