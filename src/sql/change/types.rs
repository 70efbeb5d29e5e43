//! Types, domains, sequences, schemas, extensions, publications, statistics, policies.

use super::constraint::domain_check;
use super::read::{
    expression, inner, listed, named, not_empty, roles, string, strings, target, template, type_name, value_text,
};
use super::{Act, Attribute, DomainAct, Neighbour, NewDomain, Template};
use crate::sql::outside::option;
use crate::sql::parse::{Node, deparse, tree};

pub(super) fn create_enum(s: &tree::CreateEnumStmt) -> Option<Act> {
    Some(Act::CreateEnum { name: listed(&s.type_name)?, labels: strings(&s.vals) })
}

pub(super) fn alter_enum(s: &tree::AlterEnumStmt) -> Option<Act> {
    let name = listed(&s.type_name)?;
    if !s.old_val.is_empty() {
        return Some(Act::RenameLabel { name, from: s.old_val.clone(), to: s.new_val.clone() });
    }
    let neighbour = not_empty(&s.new_val_neighbor).map(|label| Neighbour { label, after: s.new_val_is_after });
    Some(Act::AddLabel { name, label: s.new_val.clone(), if_not_exists: s.skip_if_new_val_exists, neighbour })
}

pub(super) fn create_composite(s: &tree::CompositeTypeStmt) -> Option<Act> {
    let attribute = |node: &tree::Node| match node.node.as_ref()? {
        Node::ColumnDef(column) => {
            Some(Attribute { name: column.colname.clone(), type_: type_name(column.type_name.as_ref()?)? })
        }
        _ => None,
    };
    let attributes = s.coldeflist.iter().map(attribute).collect::<Option<_>>()?;
    Some(Act::CreateComposite { name: named(s.typevar.as_ref()?), attributes })
}

pub(super) fn create_range(s: &tree::CreateRangeStmt) -> Option<Act> {
    let mut build = s.clone();
    build.type_name = vec![string(Template::NAME)];
    Some(Act::CreateRange { name: listed(&s.type_name)?, build: template(Node::CreateRangeStmt(build))? })
}

pub(super) fn create_domain(s: &tree::CreateDomainStmt) -> Option<Act> {
    let mut build = s.clone();
    build.domainname = vec![string(Template::NAME)];
    Some(Act::CreateDomain(Box::new(NewDomain {
        name: listed(&s.domainname)?,
        base: type_name(s.type_name.as_ref()?)?,
        build: template(Node::CreateDomainStmt(Box::new(build)))?,
    })))
}

pub(super) fn alter_domain(s: &tree::AlterDomainStmt) -> Option<Act> {
    let act = match s.subtype.as_str() {
        "T" => match s.def.as_deref() {
            Some(default) => DomainAct::SetDefault(expression(default)?),
            None => DomainAct::DropDefault,
        },
        "N" => DomainAct::DropNotNull,
        "O" => DomainAct::SetNotNull,
        "C" => {
            let (name, expr, not_valid) = domain_check(inner(&s.def)?)?;
            DomainAct::AddConstraint { name, expr, not_valid }
        }
        "X" => DomainAct::DropConstraint { name: s.name.clone(), if_exists: s.missing_ok },
        "V" => DomainAct::ValidateConstraint { name: s.name.clone() },
        _ => return None,
    };
    let mut alter = s.clone();
    alter.type_name = vec![string(Template::NAME)];
    let build = template(Node::AlterDomainStmt(Box::new(alter)))?;
    Some(Act::AlterDomain { name: listed(&s.type_name)?, act, build })
}

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

pub(super) fn create_policy(s: &tree::CreatePolicyStmt) -> Option<Act> {
    let mut build = s.clone();
    build.policy_name = Template::NAME.to_owned();
    build.table = Some(target());
    Some(Act::CreatePolicy {
        table: named(s.table.as_ref()?),
        name: s.policy_name.clone(),
        build: template(Node::CreatePolicyStmt(Box::new(build)))?,
    })
}

pub(super) fn alter_policy(s: &tree::AlterPolicyStmt) -> Option<Act> {
    let mut build = s.clone();
    build.policy_name = Template::NAME.to_owned();
    build.table = Some(target());
    Some(Act::AlterPolicy {
        table: named(s.table.as_ref()?),
        name: s.policy_name.clone(),
        build: template(Node::AlterPolicyStmt(Box::new(build)))?,
    })
}

pub(super) fn create_statistics(s: &tree::CreateStatsStmt) -> Option<Act> {
    let [relation] = s.relations.as_slice() else { return None };
    let Some(Node::RangeVar(relation)) = &relation.node else { return None };
    let columns = s.exprs.iter().filter_map(|element| match &element.node {
        Some(Node::StatsElem(element)) => not_empty(&element.name),
        _ => None,
    });
    let mut build = s.clone();
    build.if_not_exists = false;
    build.defnames = vec![string(Template::NAME)];
    build.relations = vec![super::read::wrap(Node::RangeVar(target()))];
    Some(Act::CreateStatistics {
        name: listed(&s.defnames),
        table: named(relation),
        if_not_exists: s.if_not_exists,
        columns: columns.collect(),
        build: template(Node::CreateStatsStmt(build))?,
    })
}

pub(super) fn create_publication(s: &tree::CreatePublicationStmt) -> Option<Act> {
    let table = |object: &tree::Node| match object.node.as_ref()? {
        Node::PublicationObjSpec(object) => Some(named(object.pubtable.as_ref()?.relation.as_ref()?)),
        _ => None,
    };
    let mut only = s.clone();
    only.pubname = "p".to_owned();
    let whole = deparse(Node::CreatePublicationStmt(only))?;
    Some(Act::CreatePublication {
        name: s.pubname.clone(),
        tables: (!s.for_all_tables).then(|| s.pubobjects.iter().filter_map(table).collect()),
        is_plain: s.options.is_empty() && s.pubobjects.iter().all(is_plain_table),
        rest: whole.strip_prefix("CREATE PUBLICATION p").unwrap_or_default().trim().to_owned(),
    })
}

/// A whole table, without a list of columns or a filter.
fn is_plain_table(object: &tree::Node) -> bool {
    let Some(Node::PublicationObjSpec(object)) = &object.node else { return false };
    object.pubtable.as_ref().is_some_and(|table| table.columns.is_empty() && table.where_clause.is_none())
}

/// A change for each object and for each list of columns, with a statement of its own.
pub(super) fn grant(s: &tree::GrantStmt) -> Option<Vec<(Act, tree::GrantStmt)>> {
    if s.targtype() != tree::GrantTargetType::AclTargetObject {
        return None;
    }
    let mut groups: Vec<(Vec<String>, Vec<tree::Node>)> = Vec::new();
    for node in &s.privileges {
        let columns = strings(&privilege(node)?.cols);
        match groups.iter_mut().find(|(others, _)| *others == columns) {
            Some((_, nodes)) => nodes.push(node.clone()),
            None => groups.push((columns, vec![node.clone()])),
        }
    }
    if groups.is_empty() {
        groups.push((Vec::new(), Vec::new()));
    }
    let mut all = Vec::new();
    for object in &s.objects {
        for (columns, privileges) in &groups {
            let act = Act::Grant {
                grant: s.is_grant,
                object: super::naming::object(s.objtype, object)?,
                privileges: privileges.iter().filter_map(|one| not_empty(&privilege(one)?.priv_name)).collect(),
                columns: columns.clone(),
                grantees: roles(&s.grantees),
                option: s.grant_option,
            };
            let privileges = privileges.clone();
            all.push((act, tree::GrantStmt { objects: vec![object.clone()], privileges, ..s.clone() }));
        }
    }
    Some(all)
}

fn privilege(node: &tree::Node) -> Option<&tree::AccessPriv> {
    match &node.node {
        Some(Node::AccessPriv(privilege)) => Some(privilege),
        _ => None,
    }
}

pub(super) fn grant_role(s: &tree::GrantRoleStmt) -> Option<Act> {
    let roles_granted = s.granted_roles.iter().filter_map(privilege).map(|one| one.priv_name.clone());
    Some(Act::GrantRole { grant: s.is_grant, roles: roles_granted.collect(), grantees: roles(&s.grantee_roles) })
}
