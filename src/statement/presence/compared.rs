//! The comparison of an object with its CREATE: the names in it, resolved as the server resolves them.

use super::asked::{Asked, Way};
use super::question::Question;
use super::row::{self, Row};
use crate::pg::name::quote_ident;
use crate::sql::Named;
use crate::sql::nodes::{listed, option, options, type_text};
use crate::sql::parse::{Node, tree};

/// A CREATE whose object, if it exists, has to be as in `same`; none if it cannot be compared.
pub(super) fn made(row: &Row, same: Option<Question>) -> Asked {
    Asked {
        object: row.words.clone(),
        moved_to: None,
        way: Way::Makes,
        done: same.map(|same| row.has(same)),
        fails: row.exists(),
        owner: row.owner(),
        sets: Vec::new(),
    }
}

/// An ALTER of an object that stays; both questions are about `o`.
pub(super) fn altered(row: &Row, done: Question, fails: Question, sets: Vec<String>) -> Asked {
    Asked {
        object: row.words.clone(),
        moved_to: None,
        way: Way::Changes,
        done: Some(row.has(done)),
        fails: row.has(fails),
        owner: row.owner(),
        sets,
    }
}

pub(super) fn none() -> Question {
    Question::of("0::pg_catalog.oid", [])
}

/// The only function of a name.
pub(super) fn function_named(names: &[tree::Node]) -> Option<Question> {
    Some(Question::resolved("to_regproc", &quoted(&listed(names)?)))
}

pub(super) fn function_with(function: &tree::ObjectWithArgs) -> Option<Question> {
    if function.args_unspecified {
        return function_named(&function.objname);
    }
    let arguments: Option<Vec<String>> = function.objargs.iter().map(|node| type_text(row::type_of(node)?)).collect();
    let text = format!("{}({})", quoted(&listed(&function.objname)?), arguments?.join(", "));
    Some(Question::resolved("to_regprocedure", &text))
}

pub(super) fn quoted(named: &Named) -> String {
    match &named.schema {
        Some(schema) => format!("{}.{}", quote_ident(schema), quote_ident(&named.name)),
        None => quote_ident(&named.name),
    }
}

/// The value of an option of DEFINE that is a name.
pub(super) fn name_in(list: &[tree::Node], name: &str) -> Option<Named> {
    match option(list, name)?.arg.as_deref()?.node.as_ref()? {
        Node::TypeName(type_) => listed(&type_.names),
        Node::List(list) => listed(&list.items),
        Node::String(text) => Some(Named { schema: None, name: text.sval.clone() }),
        _ => None,
    }
}

/// The options apart from these, in their order.
pub(super) fn others(list: &[tree::Node], without: &str) -> Vec<(String, String)> {
    options(list).into_iter().filter(|(name, _)| name != without).collect()
}
