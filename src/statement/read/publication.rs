//! CREATE and ALTER PUBLICATION.

use crate::sql::nodes::{expression, is_on, named, not_empty, option, options, strings};
use crate::sql::parse::{Node, tree};
use crate::statement::change::{Act, PublicationAct, PublicationOptions, Published, PublishedTable};

pub(super) fn create_publication(s: &tree::CreatePublicationStmt) -> Option<Act> {
    Some(Act::CreatePublication {
        name: s.pubname.clone(),
        all_tables: s.for_all_tables,
        published: all(&s.pubobjects)?,
        options: given(&s.options)?,
    })
}

pub(super) fn alter_publication(s: &tree::AlterPublicationStmt) -> Option<Act> {
    use tree::AlterPublicationAction as Action;
    let act = match s.action() {
        _ if !s.options.is_empty() => PublicationAct::SetOptions(given(&s.options)?),
        Action::ApAddObjects => PublicationAct::Add(all(&s.pubobjects)?),
        Action::ApSetObjects => PublicationAct::Set(all(&s.pubobjects)?),
        Action::ApDropObjects => PublicationAct::Drop(all(&s.pubobjects)?),
        Action::Undefined => return None,
    };
    Some(Act::AlterPublication { name: s.pubname.clone(), act })
}

fn all(objects: &[tree::Node]) -> Option<Vec<Published>> {
    objects.iter().map(published).collect()
}

fn published(object: &tree::Node) -> Option<Published> {
    use tree::PublicationObjSpecType as Type;
    let Some(Node::PublicationObjSpec(object)) = &object.node else { return None };
    Some(match object.pubobjtype() {
        Type::PublicationobjTable => Published::Table(table(object.pubtable.as_ref()?)?),
        Type::PublicationobjTablesInSchema => Published::Schema(Some(not_empty(&object.name)?)),
        Type::PublicationobjTablesInCurSchema => Published::Schema(None),
        // The parser replaces a continuation with the kind that it continues.
        Type::PublicationobjContinuation | Type::Undefined => return None,
    })
}

fn table(table: &tree::PublicationTable) -> Option<PublishedTable> {
    let relation = table.relation.as_ref()?;
    let columns = strings(&table.columns);
    let filter = match table.where_clause.as_deref() {
        Some(filter) => Some(expression(filter)?),
        None => None,
    };
    Some(PublishedTable {
        name: named(relation),
        only: !relation.inh,
        columns: (!columns.is_empty()).then_some(columns),
        filter,
    })
}

/// Returns none if an option is unknown.
fn given(list: &[tree::Node]) -> Option<PublicationOptions> {
    let mut found = PublicationOptions::default();
    for (name, value) in options(list) {
        match name.as_str() {
            "publish" => {
                let mut acts: Vec<String> = value.split(',').map(|act| act.trim().to_ascii_lowercase()).collect();
                acts.retain(|act| !act.is_empty());
                acts.sort();
                acts.dedup();
                found.acts = Some(acts);
            }
            "publish_via_partition_root" => found.via_root = Some(is_on(option(list, &name))),
            "publish_generated_columns" => found.generated = Some(value.eq_ignore_ascii_case("stored")),
            _ => return None,
        }
    }
    Some(found)
}
