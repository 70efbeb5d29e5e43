//! Reads a statement's node into its effect.

mod alter_table;
mod composite;
mod constraint;
mod data;
mod domain;
mod drop;
mod enum_type;
mod extension;
mod function;
mod grant;
mod guarded;
mod index;
mod makings;
mod naming;
mod opaque;
mod policy;
mod position;
mod publication;
mod range;
mod rule;
mod sequence;
mod setting;
mod statistics;
mod table;
mod trigger;
mod view;

pub use function::body_of;

use super::change::{Act, Change, Effect, Opaque, Setting, Unjudged};

use crate::sql::nodes::{is_on, option, with_only};
use crate::sql::parse::{Node, deparse, tree};
use crate::sql::walk;

/// The effect of the statement; `text` is the statement as written, `tag` its command tag.
pub(in crate::statement) fn effect(node: &Node, text: &str, tag: &str) -> Effect {
    let found = work(node, text).or_else(|| several(node)).or_else(|| one(node).map(single));
    found.unwrap_or_else(|| Effect::Unjudged(Unjudged::of(tag)))
}

fn single(act: Act) -> Effect {
    Effect::Changes(vec![Change { act, alone: None, guarded: false }])
}

/// A separate statement for one of several changes, provided that it reads as that change: it will be run.
pub(super) fn alone(node: Node, wanted: &Act) -> Option<String> {
    let sql = deparse(node)?;
    reads_as(&sql, wanted).then_some(sql)
}

pub(super) fn reads_as(sql: &str, wanted: &Act) -> bool {
    match with_only(sql, |node, text| Some(effect(node, text, ""))) {
        Some(Effect::Changes(changes)) => matches!(changes.as_slice(), [change] if change.act == *wanted),
        _ => false,
    }
}

/// Every effect except that of a definition.
fn work(node: &Node, text: &str) -> Option<Effect> {
    let data = |data| Effect::Data(Box::new(data));
    Some(match node {
        Node::SelectStmt(s) => select(node, s, text)?,
        Node::InsertStmt(s) => data(data::insert(node, s)?),
        Node::UpdateStmt(s) => data(data::update(node, s)?),
        Node::DeleteStmt(s) => data(data::delete(node, s)?),
        Node::MergeStmt(s) => data(data::merge(node, s)),
        Node::CopyStmt(s) => data(data::copy(node, s)),
        Node::TruncateStmt(s) => data(data::truncate(node, s)),
        Node::AlterSeqStmt(s) if option(&s.options, "restart").is_some() => data(position::restart(node, s)),
        Node::DoStmt(s) => guarded::guarded(s).map_or_else(|| Effect::Opaque(opaque::of_do(s)), Effect::Changes),
        Node::CallStmt(_) | Node::ExecuteStmt(_) => Effect::Opaque(called(node, text)),
        Node::VariableSetStmt(s) => Effect::Setting(setting::set(s)),
        Node::DiscardStmt(s) if s.target() == tree::DiscardMode::DiscardAll => Effect::Setting(Setting::All),
        Node::ExplainStmt(s) if !is_on(option(&s.options, "analyze")) => Effect::Repeatable,
        Node::ExplainStmt(_) | Node::DeclareCursorStmt(_) if only_reads(&walk::contents(node)) => Effect::Repeatable,
        Node::ExplainStmt(_) | Node::DeclareCursorStmt(_) => Effect::Opaque(called(node, text)),
        Node::VariableShowStmt(_)
        | Node::FetchStmt(_)
        | Node::ConstraintsSetStmt(_)
        | Node::ListenStmt(_)
        | Node::UnlistenStmt(_)
        | Node::DiscardStmt(_)
        | Node::LoadStmt(_)
        | Node::PrepareStmt(_)
        | Node::DeallocateStmt(_)
        | Node::ClosePortalStmt(_)
        | Node::RefreshMatViewStmt(_)
        | Node::ReindexStmt(_)
        | Node::VacuumStmt(_)
        | Node::ClusterStmt(_)
        | Node::LockStmt(_)
        | Node::NotifyStmt(_)
        | Node::CheckPointStmt(_)
        | Node::TransactionStmt(_) => Effect::Repeatable,
        _ => return None,
    })
}

/// Code behind a name: its effect is not in the text.
fn called(node: &Node, text: &str) -> Opaque {
    let mut found = walk::contents(node).calls;
    found.retain(|call| call.schema.as_deref() != Some("pg_catalog") && !harmless(call));
    Opaque { calls: crate::sql::nodes::calls(&found), may_write: true, ..opaque::of_text(text) }
}

fn only_reads(found: &walk::Contents) -> bool {
    !found.writes && found.calls.iter().all(harmless)
}

fn harmless(call: &walk::Call) -> bool {
    HARMLESS.contains(&call.name.as_str())
}

/// Built-in functions that change nothing that lasts, whatever their arguments.
const HARMLESS: [&str; 25] = [
    "count",
    "sum",
    "min",
    "max",
    "avg",
    "coalesce",
    "lower",
    "upper",
    "length",
    "concat",
    "version",
    "now",
    "current_setting",
    "to_regclass",
    "to_regtype",
    "format",
    "abs",
    "round",
    "string_agg",
    "array_agg",
    "date_trunc",
    "pg_typeof",
    "row_number",
    "current_schema",
    "pg_notify",
];

fn select(node: &Node, s: &tree::SelectStmt, text: &str) -> Option<Effect> {
    if s.into_clause.is_some() {
        return Some(single(table::select_into(s)?));
    }
    if let Some(setting) = setting::set_config(s) {
        return Some(Effect::Setting(setting));
    }
    let found = walk::contents(node);
    Some(if found.writes {
        Effect::Data(Box::new(data::writing_select(node, &found)))
    } else if found.calls.iter().any(|call| call.name == "setval") {
        Effect::Data(Box::new(position::setval(node, s)))
    } else if found.calls.iter().all(harmless) {
        Effect::Repeatable
    } else {
        Effect::Opaque(called(node, text))
    })
}

/// Statements that make several changes.
fn several(node: &Node) -> Option<Effect> {
    match node {
        Node::AlterTableStmt(s) => alter_table::alter_table(s),
        Node::DropStmt(s) => drop::drop(s),
        Node::DropRoleStmt(s) => drop::drop_role(s),
        Node::CreateSchemaStmt(s) => schema(s),
        Node::GrantStmt(s) => grants(s),
        _ => None,
    }
}

fn grants(s: &tree::GrantStmt) -> Option<Effect> {
    let all = grant::grant(s)?;
    let several = all.len() > 1;
    let change = |(act, only): (Act, tree::GrantStmt)| {
        let alone = if several { Some(alone(Node::GrantStmt(only), &act)?) } else { None };
        Some(Change { act, alone, guarded: false })
    };
    Some(Effect::Changes(all.into_iter().map(change).collect::<Option<_>>()?))
}

/// The schema, and the objects that CREATE SCHEMA creates in it.
fn schema(s: &tree::CreateSchemaStmt) -> Option<Effect> {
    let role = s.authrole.as_ref().map(crate::sql::nodes::role);
    let name = crate::sql::nodes::not_empty(&s.schemaname).or(role)?;
    let only = tree::CreateSchemaStmt { schema_elts: Vec::new(), ..s.clone() };
    let act = Act::CreateSchema { name: name.clone(), if_not_exists: s.if_not_exists };
    if s.schema_elts.is_empty() {
        return Some(single(act));
    }
    let own = alone(Node::CreateSchemaStmt(only), &act)?;
    let mut changes = vec![Change { act, alone: Some(own), guarded: false }];
    let made: Vec<String> = s.schema_elts.iter().filter_map(element_name).collect();
    for element in &s.schema_elts {
        let mut element = element.node.clone()?;
        place(&mut element, &name);
        // The server looks up the names in these elements in the new schema first.
        let sql = crate::sql::placed(&deparse(element)?, &made, &name)?;
        let act = with_only(&sql, |node, _| one(node))?;
        changes.push(Change { act, alone: Some(sql), guarded: false });
    }
    Some(Effect::Changes(changes))
}

/// The relation that an element of CREATE SCHEMA creates.
fn element_name(element: &tree::Node) -> Option<String> {
    let relation = match element.node.as_ref()? {
        Node::CreateStmt(s) => &s.relation,
        Node::ViewStmt(s) => &s.view,
        Node::CreateSeqStmt(s) => &s.sequence,
        _ => return None,
    };
    relation.as_ref().map(|relation| relation.relname.clone())
}

/// Adds the schema to the name that an element of CREATE SCHEMA creates.
fn place(element: &mut Node, schema: &str) {
    let relation = match element {
        Node::CreateStmt(s) => &mut s.relation,
        Node::ViewStmt(s) => &mut s.view,
        Node::IndexStmt(s) => &mut s.relation,
        Node::CreateSeqStmt(s) => &mut s.sequence,
        Node::CreateTrigStmt(s) => &mut s.relation,
        _ => return,
    };
    if let Some(relation) = relation.as_mut().filter(|relation| relation.schemaname.is_empty()) {
        schema.clone_into(&mut relation.schemaname);
    }
}

/// Statements that make one change.
fn one(node: &Node) -> Option<Act> {
    match node {
        Node::CreateStmt(s) => table::create_table(s, false),
        Node::CreateForeignTableStmt(s) => table::create_table(s.base_stmt.as_ref()?, true),
        Node::CreateTableAsStmt(s) => table::create_table_as(s),
        Node::IndexStmt(s) => index::create_index(s),
        Node::ViewStmt(s) => view::create_view(s),
        Node::CreateFunctionStmt(s) => function::create_function(s),
        Node::AlterFunctionStmt(s) => function::alter_function(s),
        Node::DefineStmt(s) => function::define(s),
        Node::CreateTrigStmt(s) => trigger::create_trigger(s),
        Node::CreateEventTrigStmt(s) => trigger::create_event_trigger(s),
        Node::RuleStmt(s) => rule::create_rule(s),
        Node::RenameStmt(s) => naming::rename(s),
        Node::AlterObjectSchemaStmt(s) => naming::set_schema(s),
        Node::AlterOwnerStmt(s) => naming::owner(s),
        Node::CommentStmt(s) => naming::comment(s),
        Node::CreateEnumStmt(s) => enum_type::create_enum(s),
        Node::AlterEnumStmt(s) => enum_type::alter_enum(s),
        Node::CompositeTypeStmt(s) => composite::create_composite(s),
        Node::CreateRangeStmt(s) => range::create_range(s),
        Node::CreateDomainStmt(s) => domain::create_domain(s),
        Node::AlterDomainStmt(s) => domain::alter_domain(s),
        Node::CreateSeqStmt(s) => sequence::create_sequence(s),
        Node::AlterSeqStmt(s) => sequence::alter_sequence(s),
        Node::CreateExtensionStmt(s) => extension::create_extension(s),
        Node::AlterExtensionStmt(s) => extension::update_extension(s),
        Node::CreatePolicyStmt(s) => policy::create_policy(s),
        Node::AlterPolicyStmt(s) => policy::alter_policy(s),
        Node::CreateStatsStmt(s) => statistics::create_statistics(s),
        Node::CreatePublicationStmt(s) => publication::create_publication(s),
        Node::AlterPublicationStmt(s) => publication::alter_publication(s),
        Node::GrantRoleStmt(s) => grant::grant_role(s),
        Node::CreateRoleStmt(s) => Some(Act::CreateRole { name: s.role.clone() }),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
