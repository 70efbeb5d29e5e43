//! CREATE VIEW.

use super::index::target_name;
use crate::sql::nodes::{marker, named, once, options, strings, template};
use crate::sql::parse::{Node, tree};
use crate::sql::walk::{self, Contents};
use crate::sql::{Named, Template};
use crate::statement::change::{Act, NewView};

pub(super) fn create_view(s: &tree::ViewStmt) -> Option<Act> {
    let view = s.view.as_ref()?;
    let query = s.query.as_deref()?;
    let mut build = s.clone();
    build.replace = false;
    build.view = Some(marker(Template::NAME));
    Some(Act::CreateView(Box::new(NewView {
        name: named(view),
        replace: s.replace,
        temporary: view.relpersistence == "t",
        build: template(Node::ViewStmt(Box::new(build)))?,
        columns: columns(&strings(&s.aliases), query.node.as_ref()?),
        reads: reads(&walk::contents(query)),
        options: options(&s.options).into_iter().chain(check_option(s)).collect(),
    })))
}

/// WITH CHECK OPTION is an option of the view under another name.
fn check_option(s: &tree::ViewStmt) -> Option<(String, String)> {
    use tree::ViewCheckOption as Check;
    let word = match s.with_check_option() {
        Check::LocalCheckOption => "local",
        Check::CascadedCheckOption => "cascaded",
        Check::NoCheckOption | Check::Undefined => return None,
    };
    Some(("check_option".to_owned(), word.to_owned()))
}

/// The relations that a query reads, without the names of its WITH.
pub(super) fn reads(found: &Contents) -> Vec<Named> {
    let is_cte = |named: &Named| named.schema.is_none() && found.ctes.contains(&named.name);
    let relations = found.relations.iter().filter_map(|relation| {
        let mut names = relation.names.clone();
        Some(Named { name: names.pop()?, schema: names.pop() })
    });
    once(relations.filter(|named| !is_cte(named)))
}

/// The names of the columns, given ones first; none if only the server can tell one of them.
pub(super) fn columns(given: &[String], query: &Node) -> Option<Vec<String>> {
    let Node::SelectStmt(select) = query else { return None };
    let mut select = select.as_ref();
    while let Some(left) = &select.larg {
        select = left;
    }
    let name = |target: &tree::Node| match target.node.as_ref()? {
        Node::ResTarget(target) => target_name(target),
        _ => None,
    };
    let mut names: Vec<Option<String>> = select.target_list.iter().map(name).collect();
    if select.target_list.is_empty() {
        return None;
    }
    for (place, name) in given.iter().enumerate() {
        *names.get_mut(place)? = Some(name.clone());
    }
    names.into_iter().collect()
}
