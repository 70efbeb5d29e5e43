//! The query for dependents.

use serde::Deserialize;

use crate::catalog::CatalogError;
use crate::connect::Session;
use crate::plan::roots::Roots;
use crate::sql::Named;

const IN_THE_WAY: &str = include_str!("in_the_way.sql");

/// An object that blocks a group of removals.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Dependent {
    #[serde(rename = "n")]
    pub group: usize,
    /// True if the removed object is a part of this one, instead of the reverse.
    pub is_owner: bool,
    /// True if it is the object itself, of another kind than the statement names.
    pub is_other_kind: bool,
    /// The server's description.
    pub described: String,
    pub kind: Option<Kind>,
    schema: Option<String>,
    name: Option<String>,
    /// The column that it is, or whose default it is; otherwise the part of the named object.
    pub part: Option<String>,
    /// Its table, and those from which that inherits.
    ancestors: Option<Vec<Ancestor>>,
    /// The statement that drops it, if that loses no rows and no code.
    pub drop: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
struct Ancestor {
    schema: String,
    name: String,
}

/// The kind of a dependent, as far as it matters for the statements that may loosen it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    #[serde(rename = "r", alias = "p", alias = "f")]
    Table,
    #[serde(rename = "v")]
    View,
    #[serde(rename = "m")]
    MaterializedView,
    #[serde(rename = "i", alias = "I")]
    Index,
    #[serde(rename = "S")]
    Sequence,
    #[serde(rename = "c")]
    Composite,
    Constraint,
    Rule,
    Trigger,
    Policy,
    Default,
    Generated,
    Statistics,
    Function,
    Type,
    Publication,
}

impl Dependent {
    /// The object with a name of its own; none for a kind that no change alters.
    pub fn named(&self) -> Option<Named> {
        self.name.as_ref().map(|name| Named { schema: self.schema.clone(), name: name.clone() })
    }

    /// The tables whose column changes affect it.
    pub fn tables(&self) -> impl Iterator<Item = Named> {
        let named = |one: &Ancestor| Named { schema: Some(one.schema.clone()), name: one.name.clone() };
        self.ancestors.iter().flatten().map(named)
    }
}

/// # Errors
/// The connection broke, or the catalog could not be queried.
pub(super) async fn look(session: &Session, roots: &Roots) -> Result<Vec<Dependent>, CatalogError> {
    let rows = roots.ask(session, IN_THE_WAY).await?;
    let texts = rows.iter().filter_map(|row| row.first()?.as_deref());
    texts
        .map(|text| serde_json::from_str(text).map_err(|error| CatalogError::Answer(format!("{error}: {text}"))))
        .collect()
}
