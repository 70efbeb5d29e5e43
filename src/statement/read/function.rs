//! Functions, procedures, aggregates, and the objects that call them: triggers, event triggers, rules.

use super::{naming, opaque};
use crate::sql::nodes::option;
use crate::sql::nodes::{listed, string, strings, template, type_name, wrap};
use crate::sql::parse::{Node, deparse, tree};
use crate::sql::walk;
use crate::sql::{Template, TypeName};
use crate::statement::change::{Act, FunctionKind, NewFunction, Opaque};

pub(super) fn create_function(s: &tree::CreateFunctionStmt) -> Option<Act> {
    let mut build = s.clone();
    build.replace = false;
    build.funcname = vec![string(Template::NAME)];
    Some(Act::CreateFunction(Box::new(NewFunction {
        name: listed(&s.funcname)?,
        kind: if s.is_procedure { FunctionKind::Procedure } else { FunctionKind::Function },
        replace: s.replace,
        arguments: s.parameters.iter().filter_map(|parameter| input(parameter, s.is_procedure)).collect(),
        build: template(Node::CreateFunctionStmt(Box::new(build)))?,
        body: body(s),
    })))
}

pub(super) fn alter_function(s: &tree::AlterFunctionStmt) -> Option<Act> {
    let mut build = s.clone();
    let func = s.func.as_ref()?;
    build.func.as_mut()?.objname = vec![string(Template::NAME)];
    let object = naming::object(s.objtype, &wrap(Node::ObjectWithArgs(func.clone())))?;
    Some(Act::AlterFunction { object, build: template(Node::AlterFunctionStmt(build))? })
}

/// The body of CREATE FUNCTION if it is a string.
pub fn body_of(sql: &str) -> Option<String> {
    crate::sql::nodes::with_only(sql, |node, _| {
        let Node::CreateFunctionStmt(s) = node else { return None };
        match option(&s.options, "as")?.arg.as_deref()?.node.as_ref()? {
            Node::List(list) => strings(&list.items).into_iter().next(),
            Node::String(text) => Some(text.sval.clone()),
            _ => None,
        }
    })
}

/// The type of a parameter that distinguishes functions of one name; an OUT argument does so for procedures only.
fn input(parameter: &tree::Node, procedure: bool) -> Option<TypeName> {
    use tree::FunctionParameterMode as Mode;
    let Some(Node::FunctionParameter(parameter)) = &parameter.node else { return None };
    match parameter.mode() {
        Mode::FuncParamTable => None,
        Mode::FuncParamOut if !procedure => None,
        _ => type_name(parameter.arg_type.as_ref()?),
    }
}

fn body(s: &tree::CreateFunctionStmt) -> Opaque {
    let Some(atomic) = &s.sql_body else {
        let written = option(&s.options, "as").and_then(|option| match option.arg.as_deref()?.node.as_ref()? {
            Node::List(list) => Some(strings(&list.items).join(" ")),
            Node::String(text) => Some(text.sval.clone()),
            _ => None,
        });
        return opaque::of_text(&written.unwrap_or_default());
    };
    let only = tree::CreateFunctionStmt { parameters: Vec::new(), ..s.clone() };
    let text = deparse(Node::CreateFunctionStmt(Box::new(only))).unwrap_or_default();
    let found = walk::contents(atomic);
    // The parser reads these statements; the grammar allows no DDL among them.
    Opaque {
        calls: crate::sql::nodes::calls(&found.calls),
        may_define: false,
        may_write: found.writes,
        ..opaque::of_text(&text)
    }
}

/// CREATE AGGREGATE, CREATE COLLATION; none for the others.
pub(super) fn define(s: &tree::DefineStmt) -> Option<Act> {
    let name = listed(&s.defnames)?;
    let mut build = s.clone();
    build.replace = false;
    build.if_not_exists = false;
    build.defnames = vec![string(Template::NAME)];
    match s.kind() {
        tree::ObjectType::ObjectCollation => Some(Act::CreateCollation {
            name,
            if_not_exists: s.if_not_exists,
            build: template(Node::DefineStmt(build))?,
        }),
        tree::ObjectType::ObjectAggregate => Some(Act::CreateFunction(Box::new(NewFunction {
            name,
            kind: FunctionKind::Aggregate,
            replace: s.replace,
            arguments: aggregated(s),
            build: template(Node::DefineStmt(build))?,
            body: Opaque::default(),
        }))),
        _ => None,
    }
}

/// An aggregate's arguments, from a list of parameters and the number of direct ones.
fn aggregated(s: &tree::DefineStmt) -> Vec<TypeName> {
    if let Some(base) = option(&s.definition, "basetype").filter(|_| s.oldstyle) {
        return match base.arg.as_deref().and_then(|arg| arg.node.as_ref()) {
            Some(Node::TypeName(type_)) => type_name(type_).into_iter().filter(|one| one.name != "any").collect(),
            _ => Vec::new(),
        };
    }
    let parameters = s.args.iter().filter_map(|arg| match &arg.node {
        Some(Node::List(list)) => Some(&list.items),
        _ => None,
    });
    parameters.flatten().chain(&s.args).filter_map(|parameter| input(parameter, false)).collect()
}
