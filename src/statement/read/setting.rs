//! SET, RESET and `set_config`.

use crate::sql::nodes::constant;
use crate::sql::parse::{Node, tree};
use crate::statement::change::Setting;

pub(super) fn set(s: &tree::VariableSetStmt) -> Setting {
    use tree::VariableSetKind as Kind;
    let name = s.name.to_ascii_lowercase();
    let values = || s.args.iter().filter_map(constant).collect::<Vec<_>>();
    match (s.kind(), name.as_str()) {
        (Kind::VarResetAll, _) => Setting::All,
        (Kind::VarSetValue, "search_path") => Setting::SearchPath(Some(values())),
        (Kind::VarSetDefault | Kind::VarReset, "search_path") => Setting::SearchPath(None),
        (Kind::VarSetValue, "role" | "session_authorization") => {
            Setting::Role(values().pop().filter(|role| role != "none"))
        }
        (Kind::VarSetDefault | Kind::VarReset, "role" | "session_authorization") => Setting::Role(None),
        _ => Setting::Other,
    }
}

/// `SELECT set_config('search_path', 'a, b', false)`; none for another query.
pub(super) fn set_config(s: &tree::SelectStmt) -> Option<Setting> {
    let [target] = s.target_list.as_slice() else { return None };
    let Some(Node::ResTarget(target)) = &target.node else { return None };
    let Node::FuncCall(call) = target.val.as_deref()?.node.as_ref()? else { return None };
    let called = crate::sql::nodes::listed(&call.funcname)?;
    if called.name != "set_config" || !s.from_clause.is_empty() {
        return None;
    }
    let name = call.args.first().and_then(constant)?.to_ascii_lowercase();
    let value = call.args.get(1).and_then(constant)?;
    Some(match name.as_str() {
        "search_path" => Setting::SearchPath(Some(path(&value))),
        "role" | "session_authorization" => Setting::Role(Some(value).filter(|role| role != "none")),
        _ => Setting::Other,
    })
}

/// The schemas in the text of a search_path.
fn path(text: &str) -> Vec<String> {
    let folded = |part: &str| match part.strip_prefix('"') {
        Some(quoted) => quoted.strip_suffix('"').unwrap_or(quoted).replace("\"\"", "\""),
        None => part.to_lowercase(),
    };
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(folded).collect()
}
