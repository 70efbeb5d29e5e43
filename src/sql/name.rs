//! Names as a script writes them.

use super::parse::{self, tree};
use crate::pg::name::quote_ident;

/// A name as the script writes it; without a schema, the search_path resolves it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Named {
    pub schema: Option<String>,
    pub name: String,
}

/// A name as people write it: quoted only if needed.
pub fn written(name: &str) -> String {
    let quoted = quote_ident(name);
    let plain = |_: &str, parsed: &tree::ParseResult| {
        let node = parsed.stmts.first()?.stmt.as_deref()?.node.as_ref()?;
        parse::deparse(node.clone())?.strip_prefix("SELECT ").map(str::to_owned)
    };
    parse::with_tree(&format!("SELECT {quoted}"), plain).ok().flatten().unwrap_or(quoted)
}
