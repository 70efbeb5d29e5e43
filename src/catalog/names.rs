//! The meaning of names in this session: its path, its role, and the existing objects with names that scripts mention.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::error::CatalogError;
use crate::connect::{Message, Session, message};
use crate::pg::name::{QualifiedName, quote_array};

/// The context in which names are resolved.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Surroundings {
    /// The existing schemas of the search_path, in order, without the implicit ones.
    pub path: Vec<String>,
    /// The text of the setting.
    pub raw_path: String,
    pub user: String,
    pub session_user: String,
    pub is_superuser: bool,
    /// pg_class.relkind of the relations of these names, in any schema.
    pub relations: BTreeMap<QualifiedName, char>,
    /// Types of these names, including those of pg_catalog.
    pub types: BTreeSet<QualifiedName>,
    pub collations: BTreeSet<QualifiedName>,
    pub functions: BTreeMap<QualifiedName, Vec<FunctionFacts>>,
    /// The roles whose objects may run as this role: itself, the roles of which it is a member, superusers, the database's owner,
    /// and the configured ones.
    pub trusted: BTreeSet<String>,
    /// Configured roles that do not exist.
    pub unknown_owners: Vec<String>,
    /// Functions, relations and types of these names that belong to other roles.
    pub strangers: Vec<Stranger>,
    /// Operators outside pg_catalog, with the owner if that role is not trusted.
    pub operators: BTreeMap<QualifiedName, Option<String>>,
    /// The version that CREATE EXTENSION installs.
    pub extensions_available: BTreeMap<String, String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct FunctionFacts {
    /// The types of its input arguments, as in [`Key::Function`](super::Key::Function).
    pub arguments: Vec<String>,
    pub volatile: bool,
    pub extension: Option<String>,
}

/// An object of a role that is not trusted.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Stranger {
    pub kind: StrangerKind,
    #[serde(flatten)]
    pub name: QualifiedName,
    pub owner: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StrangerKind {
    Function,
    Relation,
    Type,
}

#[derive(Deserialize)]
struct OperatorRow {
    #[serde(flatten)]
    name: QualifiedName,
    owner: Option<String>,
}

#[derive(Deserialize)]
struct SessionRow {
    path: Vec<String>,
    raw_path: String,
    user: String,
    session_user: String,
    is_superuser: bool,
    trusted: BTreeSet<String>,
    unknown_owners: Vec<String>,
    extensions: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct FunctionRow {
    schema: String,
    name: String,
    #[serde(flatten)]
    facts: FunctionFacts,
}

/// Reads the surroundings in one message, for the unqualified names that scripts mention; `owners` are additional trusted roles.
/// No privilege is needed: every role may read these catalogs.
///
/// # Errors
/// The connection broke, or the server refused the query.
pub async fn surroundings(
    session: &Session,
    mentioned: &BTreeSet<String>,
    owners: &[String],
) -> Result<Surroundings, CatalogError> {
    let question = super::questions::expand(include_str!("sql/names.sql"), session.server)
        .replace("{path}", &message::along("pg_catalog.current_schemas(false)"))
        .replace("{names}", &quote_array(mentioned.iter().map(String::as_str)))
        .replace("{owners}", &quote_array(owners.iter().map(String::as_str)));
    let mut found = Surroundings::default();
    for row in session.send(&Message::along(question)).await.rows().await? {
        if let [Some(kind), Some(text)] = row.as_slice() {
            read(&mut found, kind, text).map_err(|error| CatalogError::Answer(format!("{error}: {text}")))?;
        }
    }
    Ok(found)
}

/// The roles whose code may run as this role.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Others {
    pub trusted: BTreeSet<String>,
    /// True if another role owns an object in this database that may contain code.
    pub are_there: bool,
}

/// Reads the other roles inside the caller's transaction.
///
/// # Errors
/// The connection broke, or the server refused the query.
pub async fn others(session: &Session, owners: &[String]) -> Result<Others, CatalogError> {
    let question = super::questions::expand(include_str!("sql/others.sql"), session.server)
        .replace("{owners}", &quote_array(owners.iter().map(String::as_str)));
    let rows = session.send(&Message::inside(question)).await.rows().await?;
    let names: Vec<Option<String>> = rows.into_iter().filter_map(|row| row.into_iter().next()).collect();
    let are_there = names.contains(&None);
    Ok(Others { trusted: names.into_iter().flatten().collect(), are_there })
}

fn read(found: &mut Surroundings, kind: &str, text: &str) -> Result<(), serde_json::Error> {
    match kind {
        "session" => {
            let row: SessionRow = serde_json::from_str(text)?;
            found.path = row.path;
            found.raw_path = row.raw_path;
            found.user = row.user;
            found.session_user = row.session_user;
            found.is_superuser = row.is_superuser;
            (found.trusted, found.unknown_owners) = (row.trusted, row.unknown_owners);
            found.extensions_available = row.extensions;
        }
        "relation" => {
            let (schema, name, kind): (String, String, char) = serde_json::from_str(text)?;
            found.relations.insert(QualifiedName::new(schema, name), kind);
        }
        "type" => {
            let (schema, name): (String, String) = serde_json::from_str(text)?;
            found.types.insert(QualifiedName::new(schema, name));
        }
        "collation" => {
            let (schema, name): (String, String) = serde_json::from_str(text)?;
            found.collations.insert(QualifiedName::new(schema, name));
        }
        "stranger" => found.strangers.push(serde_json::from_str(text)?),
        "operator" => {
            let row: OperatorRow = serde_json::from_str(text)?;
            // One of several operators of a name is enough.
            let owner = found.operators.entry(row.name).or_default();
            *owner = owner.take().or(row.owner);
        }
        _ => {
            let row: FunctionRow = serde_json::from_str(text)?;
            let name = QualifiedName::new(row.schema, row.name);
            found.functions.entry(name).or_default().push(row.facts);
        }
    }
    Ok(())
}
