//! CREATE of an object that the model does not hold: it fails if one of its name exists, and is done if that is the same.

use super::asked::Asked;
use super::compared::{function_named, function_with, made, none};
use super::question::Question;
use super::row::{self, Place};
use super::{operators, options, text_search};
use crate::sql::nodes::{listed, option, role};
use crate::sql::parse::{Node, tree};
use tree::ObjectType as Type;

pub(super) fn created(node: &Node) -> Option<Asked> {
    Some(match node {
        Node::CreateForeignServerStmt(s) => server(s)?,
        Node::CreateFdwStmt(s) => wrapper(s)?,
        Node::CreatePlangStmt(s) if !s.replace => language(s)?,
        Node::CreateAmStmt(s) => access_method(s)?,
        Node::CreateSubscriptionStmt(s) => made(&row::plain(Type::ObjectSubscription, &s.subname)?, None),
        Node::CreateCastStmt(s) => cast(s)?,
        Node::CreateTransformStmt(s) if !s.replace => transform(s)?,
        Node::CreateConversionStmt(s) => conversion(s)?,
        Node::CreateOpClassStmt(s) => operators::class(s)?,
        Node::CreateOpFamilyStmt(s) => operators::family(s)?,
        Node::DefineStmt(s) if !s.if_not_exists && !s.replace => match s.kind() {
            Type::ObjectOperator => operators::operator(s)?,
            Type::ObjectType => {
                // A shell type is replaced by the full one.
                let row = row::within(Type::ObjectType, &listed(&s.defnames)?, None, Place::Home)?;
                let is_full = Question::of("o.typisdefined", []);
                match s.definition.is_empty() {
                    true => made(&row, Some(Question::of("NOT o.typisdefined", []))),
                    false => Asked { fails: row.has(is_full), ..made(&row, None) },
                }
            }
            _ => text_search::defined(s)?,
        },
        _ => return None,
    })
}

/// A column that holds the text, or NULL if it is empty.
fn text_is(column: &str, text: &str) -> Question {
    match text {
        "" => Question::of(&format!("{column} IS NULL"), []),
        text => Question::of(&format!("{column} = {{}}"), [Question::literal(text)]),
    }
}

fn server(s: &tree::CreateForeignServerStmt) -> Option<Asked> {
    let row = row::plain(Type::ObjectForeignServer, &s.servername)?;
    let wrapper = "o.srvfdw = (SELECT f.oid FROM pg_catalog.pg_foreign_data_wrapper f WHERE f.fdwname = {})";
    let same = vec![
        text_is("o.srvtype", &s.servertype),
        text_is("o.srvversion", &s.version),
        Question::of(wrapper, [Question::literal(&s.fdwname)]),
        options::are("o.srvoptions", &s.options),
    ];
    Some(made(&row, Some(Question::all(same))))
}

fn wrapper(s: &tree::CreateFdwStmt) -> Option<Asked> {
    let row = row::plain(Type::ObjectFdw, &s.fdwname)?;
    let function = |name: &str| match option(&s.func_options, name).and_then(|it| it.arg.as_deref()) {
        Some(tree::Node { node: Some(Node::List(list)) }) => function_named(&list.items),
        _ => Some(none()),
    };
    let same = vec![
        Question::of("o.fdwhandler = {}", [function("handler")?]),
        Question::of("o.fdwvalidator = {}", [function("validator")?]),
        options::are("o.fdwoptions", &s.options),
    ];
    Some(made(&row, Some(Question::all(same))))
}

/// The options of a mapping are visible to the server's owner; where they are not, none are shown.
pub(super) fn mapping(s: &tree::CreateUserMappingStmt) -> Asked {
    let row = row::mapping(&s.user.as_ref().map(role).unwrap_or_default(), &s.servername);
    let is_seen = "(o.umoptions IS NOT NULL OR EXISTS (SELECT FROM pg_catalog.pg_foreign_server v WHERE v.oid = o.srvid \
                   AND pg_catalog.pg_has_role(v.srvowner, 'USAGE')))";
    let same = vec![Question::of(is_seen, []), options::are("o.umoptions", &s.options)];
    let asked = made(&row, Some(Question::all(same)));
    match s.if_not_exists {
        true => Asked { fails: Question::of("false", []), ..asked },
        false => asked,
    }
}

/// Without a handler, CREATE LANGUAGE creates the extension of that name.
fn language(s: &tree::CreatePLangStmt) -> Option<Asked> {
    let row = row::plain(Type::ObjectLanguage, &s.plname)?;
    if s.plhandler.is_empty() {
        return Some(made(&row, None));
    }
    let same = vec![
        Question::of("o.lanplcallfoid = {}", [function_named(&s.plhandler)?]),
        Question::of("o.laninline = {}", [optional(&s.plinline)?]),
        Question::of("o.lanvalidator = {}", [optional(&s.plvalidator)?]),
        Question::of(if s.pltrusted { "o.lanpltrusted" } else { "NOT o.lanpltrusted" }, []),
    ];
    Some(made(&row, Some(Question::all(same))))
}

fn access_method(s: &tree::CreateAmStmt) -> Option<Asked> {
    let row = row::plain(Type::ObjectAccessMethod, &s.amname)?;
    let same = vec![
        Question::of("o.amtype::pg_catalog.text = {}", [Question::literal(&s.amtype)]),
        Question::of("o.amhandler = {}", [function_named(&s.handler_name)?]),
    ];
    Some(made(&row, Some(Question::all(same))))
}

fn cast(s: &tree::CreateCastStmt) -> Option<Asked> {
    let row = row::cast(s.sourcetype.as_ref()?, s.targettype.as_ref()?)?;
    let context = match tree::CoercionContext::try_from(s.context) {
        Ok(tree::CoercionContext::CoercionImplicit) => "i",
        Ok(tree::CoercionContext::CoercionAssignment) => "a",
        _ => "e",
    };
    let (method, function) = match (&s.func, s.inout) {
        (Some(function), _) => ("f", function_with(function)?),
        (None, true) => ("i", none()),
        (None, false) => ("b", none()),
    };
    let template = format!("o.castcontext = '{context}' AND o.castmethod = '{method}' AND o.castfunc = {{}}");
    Some(made(&row, Some(Question::of(&template, [function]))))
}

fn transform(s: &tree::CreateTransformStmt) -> Option<Asked> {
    let row = row::transform(s.type_name.as_ref()?, &s.lang)?;
    let function = |function: &Option<tree::ObjectWithArgs>| function.as_ref().map_or(Some(none()), function_with);
    let same = vec![
        Question::of("o.trffromsql = {}", [function(&s.fromsql)?]),
        Question::of("o.trftosql = {}", [function(&s.tosql)?]),
    ];
    Some(made(&row, Some(Question::all(same))))
}

fn conversion(s: &tree::CreateConversionStmt) -> Option<Asked> {
    let row = row::within(Type::ObjectConversion, &listed(&s.conversion_name)?, None, Place::Home)?;
    let encoding = |column: &str, name: &str| {
        Question::of(
            &format!("o.{column} = pg_catalog.pg_char_to_encoding({{}}::pg_catalog.name)"),
            [Question::literal(name)],
        )
    };
    let same = vec![
        encoding("conforencoding", &s.for_encoding_name),
        encoding("contoencoding", &s.to_encoding_name),
        Question::of("o.conproc = {}", [function_named(&s.func_name)?]),
        Question::of(if s.def { "o.condefault" } else { "NOT o.condefault" }, []),
    ];
    Some(made(&row, Some(Question::all(same))))
}

fn optional(names: &[tree::Node]) -> Option<Question> {
    if names.is_empty() { Some(none()) } else { function_named(names) }
}
