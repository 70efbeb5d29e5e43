//! Domains.

use super::constraint::domain_check;
use crate::sql::Template;
use crate::sql::nodes::{expression, inner, listed, string, template, type_name};
use crate::sql::parse::{Node, tree};
use crate::statement::change::{Act, DomainAct, NewDomain};

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
