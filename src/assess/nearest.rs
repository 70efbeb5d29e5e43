//! The most likely meaning of a misspelled name: one of the tables in its schema, or of the columns of its table.

use std::collections::BTreeSet;

use super::judge::Judge;
use super::needs::missing::Missing;
use crate::catalog::{CatalogError, Key};
use crate::connect::{Message, Session};
use crate::expect::Expected;
use crate::pg::name::{QualifiedName, quote_array};

/// Names that exist, or that the chain creates: a relation alone, or with a column.
#[derive(Debug, Default)]
pub struct Nearest(BTreeSet<(QualifiedName, Option<String>)>);

const RELATIONS: &str = "SELECT n.nspname, c.relname, NULL FROM pg_catalog.pg_class AS c \
    JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace \
    WHERE n.nspname OPERATOR(pg_catalog.=) ANY ({schemas}) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')";
const COLUMNS: &str = "SELECT n.nspname, c.relname, a.attname FROM pg_catalog.pg_attribute AS a \
    JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) a.attrelid \
    JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace \
    WHERE n.nspname OPERATOR(pg_catalog.=) ANY ({schemas}) AND c.relname OPERATOR(pg_catalog.=) ANY ({tables}) \
    AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped";

impl Nearest {
    /// Reads the names that are similar to the missing ones; asks nothing if no name can be misspelled.
    pub(super) async fn of(
        session: &Session,
        judge: &Judge<'_>,
        missing: impl Iterator<Item = &Missing>,
    ) -> Result<Self, CatalogError> {
        let (mut schemas, mut tables) = (BTreeSet::new(), BTreeSet::new());
        for missing in missing {
            match missing {
                Missing::Never(Key::Relation(name)) => drop(schemas.insert(name.schema.clone())),
                Missing::Never(Key::Column(name, _)) => {
                    schemas.insert(name.schema.clone());
                    tables.insert(name.name.clone());
                }
                _ => {}
            }
        }
        if schemas.is_empty() {
            return Ok(Self::default());
        }
        let list = |names: &BTreeSet<String>| quote_array(names.iter().map(String::as_str));
        let question = format!("{RELATIONS} UNION ALL {COLUMNS}");
        let question = question.replace("{schemas}", &list(&schemas)).replace("{tables}", &list(&tables));
        let read = |row: crate::connect::Row| {
            let mut columns = row.into_iter();
            Some((QualifiedName::new(columns.next()??, columns.next()??), columns.next().flatten()))
        };
        let rows = session.send(&Message::own(question)).await.rows().await?;
        let mut all: BTreeSet<_> = rows.into_iter().filter_map(read).collect();
        let made = judge.timeline.all().filter(|(_, versions)| {
            versions.iter().any(|version| matches!(version.value, Expected::Present(_) | Expected::Blurred(_)))
        });
        all.extend(made.filter_map(|(key, _)| match key {
            Key::Relation(name) => Some((name.clone(), None)),
            Key::Column(name, column) => Some((name.clone(), Some(column.clone()))),
            _ => None,
        }));
        Ok(Self(all))
    }

    /// The most likely meant name.
    pub fn to(&self, key: &Key) -> Option<String> {
        match key {
            Key::Relation(wanted) => {
                let names = self.0.iter().filter(|(name, column)| name.schema == wanted.schema && column.is_none());
                nearest(&wanted.name, names.map(|(name, _)| name.name.as_str()))
            }
            Key::Column(table, wanted) => {
                let names = self.0.iter().filter(|(name, _)| name == table);
                nearest(wanted, names.filter_map(|(_, column)| column.as_deref()))
            }
            _ => None,
        }
    }
}

/// The nearest name: one change per four letters, but no different word of two or three.
fn nearest<'a>(wanted: &str, names: impl Iterator<Item = &'a str>) -> Option<String> {
    let most = wanted.chars().count().div_ceil(4).min(3);
    let near = names.map(|name| (strsim::damerau_levenshtein(wanted, name), name));
    let (_, name) = near.filter(|(distance, _)| (1..=most).contains(distance)).min()?;
    Some(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_has_a_name_that_is_meant_and_another_word_has_none() {
        let near = |wanted: &str| nearest(wanted, ["customers", "orders", "id", "phone"].into_iter());
        assert_eq!(near("custmers").as_deref(), Some("customers"));
        assert_eq!(near("phne").as_deref(), Some("phone"));
        assert_eq!((near("payments"), near("customers")), (None, None));
    }
}
