//! OPTIONS of foreign data wrappers, servers, user mappings and foreign tables.

use super::question::{DIGEST, Question, digest};
use crate::sql::nodes::options;
use crate::sql::parse::{Node, tree};

/// True if the column holds these options and no others, apart from those that a later statement sets.
pub(super) fn are(column: &str, list: &[tree::Node]) -> Question {
    let template = format!(
        "ARRAY(SELECT {DIGEST} COLLATE \"C\" FROM pg_catalog.unnest({column}) AS w \
         WHERE pg_catalog.split_part(w, '=', 1) <> ALL ({{}}) ORDER BY 1) = {{}}"
    );
    Question::of(&template, [Question::later(), Question::digests(&options(list))])
}

/// The changes of ALTER … OPTIONS: true if all are done, and true if one of them would fail.
pub(super) fn changed(column: &str, list: &[tree::Node]) -> (Question, Question) {
    let (mut done, mut fails) = (Vec::new(), Vec::new());
    for (element, (name, value)) in elements(list).zip(options(list)) {
        let has = |more: &str, parts: Vec<Question>| {
            let template = format!(
                "EXISTS (SELECT FROM pg_catalog.unnest({column}) AS w WHERE pg_catalog.split_part(w, '=', 1) = {{}}{more})"
            );
            Question::of(&template, [vec![Question::literal(&name)], parts].concat())
        };
        let not = |question| Question::of("NOT {}", [question]);
        match element.defaction() {
            tree::DefElemAction::DefelemDrop => {
                done.push(not(has("", Vec::new())));
                fails.push(not(has("", Vec::new())));
            }
            action => {
                let wanted = digest(&format!("{name}={value}"));
                let is_it = format!(" AND ({DIGEST} = {{}} OR {{}} = ANY ({{}}))");
                done.push(has(&is_it, vec![Question::literal(&wanted), Question::literal(&name), Question::later()]));
                let is_there = has("", Vec::new());
                fails.push(if action == tree::DefElemAction::DefelemSet { not(is_there) } else { is_there });
            }
        }
    }
    (Question::all(done), Question::any(fails))
}

/// The names of the options.
pub(super) fn names(list: &[tree::Node]) -> Vec<String> {
    options(list).into_iter().map(|(name, _)| name).collect()
}

fn elements(list: &[tree::Node]) -> impl Iterator<Item = &tree::DefElem> {
    list.iter().filter_map(|option| match &option.node {
        Some(Node::DefElem(element)) => Some(element.as_ref()),
        _ => None,
    })
}
