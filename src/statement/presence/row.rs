//! The row of a catalog that is an object: where it is looked for, and whose it is.

use super::question::Question;
use crate::sql::Named;
use crate::sql::nodes::{listed, type_text};
use crate::sql::parse::{Node, tree};
use tree::ObjectType as Type;

/// One object in its catalog, as `o`.
#[derive(Clone)]
pub(super) struct Row {
    /// `pg_catalog.… o … WHERE …`.
    from: Question,
    /// The column with the owner; none if objects of this kind have none.
    owner: Option<&'static str>,
    /// The object in words: its kind and name. Two statements on one object have the same words.
    pub words: String,
}

impl Row {
    pub fn new(template: &str, parts: Vec<Question>, owner: Option<&'static str>, words: String) -> Self {
        Self { from: Question::of(template, parts), owner, words }
    }

    pub fn exists(&self) -> Question {
        Question::of("EXISTS (SELECT FROM {})", [self.from.clone()])
    }

    pub fn is_missing(&self) -> Question {
        Question::of("NOT EXISTS (SELECT FROM {})", [self.from.clone()])
    }

    /// True if the row exists and this is true of `o`.
    pub fn has(&self, condition: Question) -> Question {
        Question::of("EXISTS (SELECT FROM {} AND {})", [self.from.clone(), condition])
    }

    pub fn owner(&self) -> Option<Question> {
        let select = format!("(SELECT pg_catalog.pg_get_userbyid(o.{}) FROM {{}} LIMIT 1)", self.owner?);
        Some(Question::of(&select, [self.from.clone()]))
    }
}

/// The place of an unqualified name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// It is created there.
    Home,
    /// It is looked for along the path.
    Path,
}

/// An object without a schema.
pub(super) fn plain(kind: Type, name: &str) -> Option<Row> {
    let (catalog, column, owner) = match kind {
        Type::ObjectForeignServer => ("pg_foreign_server", "srv", Some("srvowner")),
        Type::ObjectFdw => ("pg_foreign_data_wrapper", "fdw", Some("fdwowner")),
        Type::ObjectLanguage => ("pg_language", "lan", Some("lanowner")),
        Type::ObjectAccessMethod => ("pg_am", "am", None),
        Type::ObjectSubscription => ("pg_subscription", "sub", Some("subowner")),
        _ => return None,
    };
    let template = format!("pg_catalog.{catalog} o WHERE o.{column}name = {{}}");
    Some(Row::new(&template, vec![Question::literal(name)], owner, words(kind, name)))
}

/// An object of a schema; `method` is the access method of an operator class or family.
pub(super) fn within(kind: Type, named: &Named, method: Option<&str>, place: Place) -> Option<Row> {
    let (catalog, prefix, owner) = match kind {
        Type::ObjectTsconfiguration => ("pg_ts_config", "cfg", Some("cfgowner")),
        Type::ObjectTsdictionary => ("pg_ts_dict", "dict", Some("dictowner")),
        Type::ObjectTsparser => ("pg_ts_parser", "prs", None),
        Type::ObjectTstemplate => ("pg_ts_template", "tmpl", None),
        Type::ObjectConversion => ("pg_conversion", "con", Some("conowner")),
        Type::ObjectOpclass => ("pg_opclass", "opc", Some("opcowner")),
        Type::ObjectOpfamily => ("pg_opfamily", "opf", Some("opfowner")),
        Type::ObjectType => ("pg_type", "typ", Some("typowner")),
        _ => return None,
    };
    let mut template = format!(
        "pg_catalog.{catalog} o JOIN pg_catalog.pg_namespace n ON n.oid = o.{prefix}namespace WHERE {{}} AND o.{prefix}name = {{}}"
    );
    let mut parts = vec![schema_is(named, place), Question::literal(&named.name)];
    if let Some(method) = method {
        template += &format!(" AND o.{prefix}method = (SELECT a.oid FROM pg_catalog.pg_am a WHERE a.amname = {{}})");
        parts.push(Question::literal(method));
    }
    Some(Row::new(&template, parts, owner, words(kind, &named.name)))
}

fn schema_is(named: &Named, place: Place) -> Question {
    match (&named.schema, place) {
        (Some(schema), _) => Question::of("n.nspname = {}", [Question::literal(schema)]),
        (None, Place::Home) => Question::of("n.nspname = {}", [Question::home()]),
        (None, Place::Path) => Question::of("n.nspname::text = ANY ({})", [Question::path()]),
    }
}

/// An operator; a side that it lacks is none.
pub(super) fn operator(named: &Named, sides: [Option<&tree::TypeName>; 2], place: Place) -> Option<Row> {
    let side = |type_: Option<&tree::TypeName>| match type_ {
        Some(type_) => Some(type_oid(type_)?),
        None => Some(Question::of("0::pg_catalog.oid", [])),
    };
    let [left, right] = [side(sides[0])?, side(sides[1])?];
    let shown = sides.map(|type_| type_.and_then(type_text).unwrap_or_else(|| "none".to_owned())).join(", ");
    Some(Row::new(
        "pg_catalog.pg_operator o JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace \
         WHERE {} AND o.oprname = {} AND o.oprleft = {} AND o.oprright = {}",
        vec![schema_is(named, place), Question::literal(&named.name), left, right],
        Some("oprowner"),
        words(Type::ObjectOperator, &format!("{} ({shown})", named.name)),
    ))
}

/// A cast has the owner of neither type; only an owner of one of them, or a superuser, makes one.
pub(super) fn cast(source: &tree::TypeName, target: &tree::TypeName) -> Option<Row> {
    let shown = format!("({} AS {})", type_text(source)?, type_text(target)?);
    Some(Row::new(
        "pg_catalog.pg_cast o WHERE o.castsource = {} AND o.casttarget = {}",
        vec![type_oid(source)?, type_oid(target)?],
        None,
        words(Type::ObjectCast, &shown),
    ))
}

pub(super) fn transform(type_: &tree::TypeName, language: &str) -> Option<Row> {
    Some(Row::new(
        "pg_catalog.pg_transform o JOIN pg_catalog.pg_language l ON l.oid = o.trflang WHERE o.trftype = {} AND l.lanname = {}",
        vec![type_oid(type_)?, Question::literal(language)],
        None,
        words(Type::ObjectTransform, &format!("for {} in {language}", type_text(type_)?)),
    ))
}

/// The name of a role that a statement names.
pub(super) fn role_name(role: &str) -> Question {
    match role {
        "current_user" | "current_role" => Question::of("current_user", []),
        "session_user" => Question::of("session_user", []),
        name => Question::literal(name),
    }
}

/// A user mapping belongs to its server's owner.
pub(super) fn mapping(user: &str, server: &str) -> Row {
    Row::new(
        "pg_catalog.pg_user_mappings o WHERE o.usename = {} AND o.srvname = {}",
        vec![role_name(user), Question::literal(server)],
        None,
        words(Type::ObjectUserMapping, &format!("{user} at {server}")),
    )
}

/// An object as DROP and ALTER … RENAME name it, with a new name or schema if one is given.
pub(super) fn of(kind: Type, node: &tree::Node, name: Option<&str>, schema: Option<&str>) -> Option<Row> {
    let moved = |named: Named| Named {
        name: name.map_or(named.name, str::to_owned),
        schema: schema.map(str::to_owned).or(named.schema),
    };
    let node = node.node.as_ref()?;
    match (kind, node) {
        (Type::ObjectOperator, Node::ObjectWithArgs(object)) => {
            let [left, right] = object.objargs.as_slice() else { return None };
            operator(&moved(listed(&object.objname)?), [type_of(left), type_of(right)], Place::Path)
        }
        (Type::ObjectCast, Node::List(list)) => match list.items.as_slice() {
            [source, target] => cast(type_of(source)?, type_of(target)?),
            _ => None,
        },
        (Type::ObjectTransform, Node::List(list)) => match list.items.as_slice() {
            [type_, language] => transform(type_of(type_)?, crate::sql::nodes::text(language)?),
            _ => None,
        },
        (Type::ObjectOpclass | Type::ObjectOpfamily, Node::List(list)) => {
            let (method, rest) = list.items.split_first()?;
            within(kind, &moved(listed(rest)?), Some(crate::sql::nodes::text(method)?), Place::Path)
        }
        (_, Node::List(list)) => within(kind, &moved(listed(&list.items)?), None, Place::Path),
        (_, Node::String(text)) => plain(kind, name.unwrap_or(&text.sval)),
        _ => None,
    }
}

pub(super) fn type_of(node: &tree::Node) -> Option<&tree::TypeName> {
    match node.node.as_ref()? {
        Node::TypeName(type_) => Some(type_),
        _ => None,
    }
}

pub(super) fn type_oid(type_: &tree::TypeName) -> Option<Question> {
    Some(Question::resolved("to_regtype", &type_text(type_)?))
}

fn words(kind: Type, name: &str) -> String {
    format!("{} {name}", crate::statement::object_words::words(kind as i32).to_ascii_lowercase())
}
