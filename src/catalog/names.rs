//! What names mean in this session: its path, who it is, and which objects of the names that scripts mention are there.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::error::CatalogError;
use crate::connect::{Message, Session, message};
use crate::pg::name::{QualifiedName, quote_array};

/// What names resolve against.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Surroundings {
    /// The schemas that are there, in order, without the implicit ones.
    pub path: Vec<String>,
    /// The setting as it reads.
    pub raw_path: String,
    pub user: String,
    pub session_user: String,
    pub is_superuser: bool,
    /// pg_class.relkind of the relations of these names, in any schema.
    pub relations: BTreeMap<QualifiedName, char>,
    /// Types of these names, those of pg_catalog too.
    pub types: BTreeSet<QualifiedName>,
    pub functions: BTreeMap<QualifiedName, Vec<FunctionFacts>>,
    /// The version that CREATE EXTENSION takes.
    pub extensions_available: BTreeMap<String, String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct FunctionFacts {
    /// The types of its input arguments, as in [`Key::Function`](super::Key::Function).
    pub arguments: Vec<String>,
    pub volatile: bool,
    pub extension: Option<String>,
}

#[derive(Deserialize)]
struct SessionRow {
    path: Vec<String>,
    raw_path: String,
    user: String,
    session_user: String,
    is_superuser: bool,
    extensions: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct FunctionRow {
    schema: String,
    name: String,
    #[serde(flatten)]
    facts: FunctionFacts,
}

/// Reads them in one message, of the bare names that scripts mention. Needs no privilege: every role may read these catalogs.
///
/// # Errors
/// The connection broke, or the server refused the query.
pub async fn surroundings(session: &Session, mentioned: &BTreeSet<String>) -> Result<Surroundings, CatalogError> {
    let question = super::questions::expand(include_str!("sql/names.sql"), session.server)
        .replace("{path}", &message::along("pg_catalog.current_schemas(false)"))
        .replace("{names}", &quote_array(mentioned.iter().map(String::as_str)));
    let mut found = Surroundings::default();
    for row in session.send(&Message::along(question)).await.rows().await? {
        if let [Some(kind), Some(text)] = row.as_slice() {
            read(&mut found, kind, text).map_err(|error| CatalogError::Answer(format!("{error}: {text}")))?;
        }
    }
    Ok(found)
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
            found.extensions_available = row.extensions;
        }
        "relation" => {
            let (schema, name, kind): (String, String, char) = serde_json::from_str(text)?;
            found.relations.insert(QualifiedName { schema, name }, kind);
        }
        "type" => {
            let (schema, name): (String, String) = serde_json::from_str(text)?;
            found.types.insert(QualifiedName { schema, name });
        }
        _ => {
            let row: FunctionRow = serde_json::from_str(text)?;
            let name = QualifiedName { schema: row.schema, name: row.name };
            found.functions.entry(name).or_default().push(row.facts);
        }
    }
    Ok(())
}
