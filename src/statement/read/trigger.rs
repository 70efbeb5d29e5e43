//! Triggers and event triggers.

use crate::sql::Template;
use crate::sql::nodes::{listed, named, option, strings, target, template};
use crate::sql::parse::{Node, tree};
use crate::statement::change::{Act, NewTrigger};

pub(super) fn create_trigger(s: &tree::CreateTrigStmt) -> Option<Act> {
    let mut build = s.clone();
    build.replace = false;
    build.trigname = Template::NAME.to_owned();
    build.relation = Some(target());
    Some(Act::CreateTrigger(Box::new(NewTrigger {
        name: s.trigname.clone(),
        table: named(s.relation.as_ref()?),
        replace: s.replace,
        function: listed(&s.funcname)?,
        columns: strings(&s.columns),
        build: template(Node::CreateTrigStmt(Box::new(build)))?,
    })))
}

pub(super) fn create_event_trigger(s: &tree::CreateEventTrigStmt) -> Option<Act> {
    let tags = option(&s.whenclause, "tag").and_then(|tags| match tags.arg.as_deref()?.node.as_ref()? {
        Node::List(list) => Some(strings(&list.items)),
        _ => None,
    });
    Some(Act::CreateEventTrigger {
        name: s.trigname.clone(),
        event: s.eventname.clone(),
        function: listed(&s.funcname)?,
        tags: tags.unwrap_or_default(),
    })
}
