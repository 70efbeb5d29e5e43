//! Questions to the catalog about an object whose definition is not compared.

use crate::pg::name::quote_literal;
use crate::sql::Named;
use crate::sql::nodes::option;
use crate::sql::nodes::{listed, named, role, type_text};
use crate::sql::parse::{Node, tree};

/// The placeholder for the schema of a name without one, as a literal.
pub const SCHEMA: &str = "{schema}";

/// The behaviour of an unjudged definition if an object of its name exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It fails. The SQL is true if an object exists; [`SCHEMA`] stands for the schema in which an unqualified name is created.
    Fails(String),
    /// IF NOT EXISTS: it accepts the existing foreign server.
    TakesServer(String),
    /// IF NOT EXISTS: it accepts the existing relation as its foreign table.
    TakesTable(Named),
    /// A user mapping: its password goes to the host that the server's owner chose.
    Maps {
        server: String,
        /// The SQL of [`Presence::Fails`]; none if no object makes it fail.
        fails: Option<String>,
    },
}

/// Returns none if the statement creates nothing, or nothing that needs a question.
pub(super) fn presence(node: &Node) -> Option<Presence> {
    match node {
        Node::CreateForeignServerStmt(s) if s.if_not_exists => Some(Presence::TakesServer(s.servername.clone())),
        Node::CreateForeignTableStmt(s) => {
            let base = s.base_stmt.as_ref().filter(|base| base.if_not_exists)?;
            Some(Presence::TakesTable(named(base.relation.as_ref()?)))
        }
        Node::CreateUserMappingStmt(s) => {
            Some(Presence::Maps { server: s.servername.clone(), fails: there_is_one(node) })
        }
        Node::AlterUserMappingStmt(s) => Some(Presence::Maps { server: s.servername.clone(), fails: None }),
        _ => there_is_one(node).map(Presence::Fails),
    }
}

fn there_is_one(node: &Node) -> Option<String> {
    let of = |catalog: &str, column: &str, name: &str| {
        format!("EXISTS (SELECT FROM pg_catalog.{catalog} WHERE {column} = {})", quote_literal(name))
    };
    Some(match node {
        Node::CreateForeignServerStmt(s) => of("pg_foreign_server", "srvname", &s.servername),
        Node::CreateFdwStmt(s) => of("pg_foreign_data_wrapper", "fdwname", &s.fdwname),
        Node::CreateUserMappingStmt(s) if !s.if_not_exists => {
            let user = match role(s.user.as_ref()?).as_str() {
                "public" => "'public'".to_owned(),
                "current_user" | "current_role" => "current_user".to_owned(),
                "session_user" => "session_user".to_owned(),
                name => quote_literal(name),
            };
            let server = quote_literal(&s.servername);
            format!("EXISTS (SELECT FROM pg_catalog.pg_user_mappings WHERE srvname = {server} AND usename = {user})")
        }
        Node::CreatePlangStmt(s) if !s.replace => of("pg_language", "lanname", &s.plname),
        Node::CreateAmStmt(s) => of("pg_am", "amname", &s.amname),
        Node::CreateSubscriptionStmt(s) => of("pg_subscription", "subname", &s.subname),
        Node::CreateCastStmt(s) => {
            let type_ = |type_: &Option<tree::TypeName>| type_text(type_.as_ref()?).map(|text| quote_literal(&text));
            format!(
                "EXISTS (SELECT FROM pg_catalog.pg_cast WHERE castsource = pg_catalog.to_regtype({}) AND casttarget = pg_catalog.to_regtype({}))",
                type_(&s.sourcetype)?,
                type_(&s.targettype)?
            )
        }
        Node::CreateTransformStmt(s) if !s.replace => format!(
            "EXISTS (SELECT FROM pg_catalog.pg_transform t JOIN pg_catalog.pg_language l ON l.oid = t.trflang \
             WHERE t.trftype = pg_catalog.to_regtype({}) AND l.lanname = {})",
            quote_literal(&type_text(s.type_name.as_ref()?)?),
            quote_literal(&s.lang)
        ),
        Node::CreateConversionStmt(s) => within("pg_conversion", "con", &s.conversion_name, "")?,
        Node::CreateOpClassStmt(s) => within("pg_opclass", "opc", &s.opclassname, &method("opc", &s.amname))?,
        Node::CreateOpFamilyStmt(s) => within("pg_opfamily", "opf", &s.opfamilyname, &method("opf", &s.amname))?,
        Node::DefineStmt(s) => defined(s)?,
        _ => return None,
    })
}

fn method(prefix: &str, name: &str) -> String {
    let name = quote_literal(name);
    format!(" AND {prefix}method = (SELECT oid FROM pg_catalog.pg_am WHERE amname = {name})")
}

/// The SQL for an object of a schema; the columns of its catalog begin with `prefix`.
fn within(catalog: &str, prefix: &str, names: &[tree::Node], more: &str) -> Option<String> {
    let named = listed(names)?;
    let schema = named.schema.map_or_else(|| SCHEMA.to_owned(), |schema| quote_literal(&schema));
    let name = quote_literal(&named.name);
    Some(format!(
        "EXISTS (SELECT FROM pg_catalog.{catalog} o JOIN pg_catalog.pg_namespace n ON n.oid = o.{prefix}namespace \
         WHERE n.nspname = {schema} AND o.{prefix}name = {name}{more})"
    ))
}

fn defined(s: &tree::DefineStmt) -> Option<String> {
    use tree::ObjectType as Type;
    if s.if_not_exists || s.replace {
        return None;
    }
    match s.kind() {
        Type::ObjectTsconfiguration => within("pg_ts_config", "cfg", &s.defnames, ""),
        Type::ObjectTsdictionary => within("pg_ts_dict", "dict", &s.defnames, ""),
        Type::ObjectTsparser => within("pg_ts_parser", "prs", &s.defnames, ""),
        Type::ObjectTstemplate => within("pg_ts_template", "tmpl", &s.defnames, ""),
        Type::ObjectOperator => {
            let side = |name: &str| match option(&s.definition, name) {
                Some(option) => match option.arg.as_deref()?.node.as_ref()? {
                    Node::TypeName(type_) => {
                        type_text(type_).map(|text| format!("pg_catalog.to_regtype({})", quote_literal(&text)))
                    }
                    _ => None,
                },
                None => Some("0::pg_catalog.oid".to_owned()),
            };
            let more = format!(" AND o.oprleft = {} AND o.oprright = {}", side("leftarg")?, side("rightarg")?);
            within("pg_operator", "opr", &s.defnames, &more)
        }
        Type::ObjectType => within("pg_type", "typ", &s.defnames, " AND o.typisdefined"),
        _ => None,
    }
}
