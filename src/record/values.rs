//! The server's names for types, and its text for binary values.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;

use super::RecordError;
use super::role::ServersOwn;
use super::spoken::Spoken;
use super::text::Literal;
use super::trace::{Parameter, Rows};
use crate::chain::compiled::{Expectation, RowDigest};
use crate::connect::{Message, Session};

/// Types by their oids, and the texts of values.
#[derive(Debug, Default)]
pub struct Values {
    types: BTreeMap<u32, String>,
    texts: BTreeMap<(u32, Vec<u8>), String>,
}

const OWN: &str = "SELECT 'r', c.relname FROM pg_class c WHERE c.relnamespace = 'pg_catalog'::regnamespace \
     UNION ALL SELECT DISTINCT 'f', p.proname FROM pg_proc p WHERE p.pronamespace = 'pg_catalog'::regnamespace";

/// The number of concurrent queries.
const AT_ONCE: usize = 200;

/// Reads the names of the built-in objects.
///
/// # Errors
/// The server does not answer.
pub async fn servers_own(session: &Session) -> Result<ServersOwn, RecordError> {
    let rows = session.send(&Message::own(OWN)).await.rows().await.map_err(RecordError::Server)?;
    let mut own = ServersOwn::default();
    for row in rows {
        if let [Some(kind), Some(name)] = row.as_slice() {
            if kind == "r" {
                own.relations.insert(name.clone())
            } else {
                own.functions.insert(name.clone())
            };
        }
    }
    Ok(own)
}

impl Values {
    /// Reads everything that these statements need.
    ///
    /// # Errors
    /// The server does not answer.
    pub async fn ask<'s>(session: &Session, spoken: impl Iterator<Item = &'s Spoken>) -> Result<Self, RecordError> {
        let (mut types, mut binary) = (BTreeSet::new(), BTreeSet::new());
        for one in spoken {
            for parameter in &one.parameters {
                types.extend(known_type(parameter));
                binary.extend(of_parameter(parameter));
            }
            binary.extend(one.answer.rows.iter().flat_map(of_rows));
        }
        let mut values = Self::default();
        values.name(session, types).await?;
        let binary: Vec<(u32, Vec<u8>)> = binary.into_iter().collect();
        for some in binary.chunks(AT_ONCE) {
            let texts = join_all(some.iter().map(|(oid, value)| session.text_of(*oid, value))).await;
            for ((oid, value), text) in some.iter().zip(texts) {
                match text {
                    Ok(text) => _ = values.texts.insert((*oid, value.clone()), text),
                    // The type no longer exists or does not accept the value: the revision reports it.
                    Err(crate::connect::SessionError::Server(_)) => {}
                    Err(lost) => return Err(RecordError::Server(lost)),
                }
            }
        }
        Ok(values)
    }

    async fn name(&mut self, session: &Session, types: BTreeSet<u32>) -> Result<(), RecordError> {
        if types.is_empty() {
            return Ok(());
        }
        let list = types.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
        let sql = format!("SELECT t.oid, format_type(t.oid, NULL) FROM pg_type t WHERE t.oid IN ({list})");
        let rows = session.send(&Message::own(sql)).await.rows().await.map_err(RecordError::Server)?;
        for row in rows {
            if let [Some(oid), Some(name)] = row.as_slice()
                && let Ok(oid) = oid.parse()
            {
                self.types.insert(oid, name.clone());
            }
        }
        Ok(())
    }

    /// The parameters as literals; none if one of them is unknown.
    pub fn literals(&self, parameters: &[Parameter]) -> Option<Vec<Literal>> {
        parameters.iter().map(|parameter| self.literal(parameter)).collect()
    }

    fn literal(&self, parameter: &Parameter) -> Option<Literal> {
        let text = match &parameter.value {
            None => None,
            Some(value) if parameter.is_binary => {
                Some(self.texts.get(&(known_type(parameter)?, value.clone())).cloned()?)
            }
            Some(value) => Some(String::from_utf8(value.clone()).ok()?),
        };
        let cast = match known_type(parameter) {
            None => None,
            Some(oid) => Some(self.types.get(&oid).cloned()?),
        };
        Some(Literal { text, cast, is_left_to_place: parameter.declared == 0 })
    }

    /// The rows as an expectation; none if their text is unknown.
    pub fn expectation(&self, rows: &Rows) -> Option<Expectation> {
        let (count, sha256) = (rows.count(), rows.sha256());
        if count == 0 {
            return Some(Expectation::Rows { count, sha256: None });
        }
        let sha256 = match (sha256, &rows.binary) {
            (Some(sha256), _) => sha256,
            (None, None) => return None,
            (None, Some(binary)) => {
                let mut digest = RowDigest::default();
                for row in &binary.rows {
                    let values = row.iter().zip(&binary.columns).map(|(value, (oid, is_binary))| match value {
                        None => Some(None),
                        Some(value) if *is_binary => {
                            self.texts.get(&(*oid, value.clone())).map(|text| Some(text.as_str()))
                        }
                        Some(value) => std::str::from_utf8(value).ok().map(Some),
                    });
                    digest.take(values.collect::<Option<Vec<_>>>()?);
                }
                digest.sha256()
            }
        };
        Some(Expectation::Rows { count, sha256: Some(sha256) })
    }
}

/// The oid of `unknown`, a type that is still to be resolved.
const UNKNOWN: u32 = 705;

/// The type that the program declared, otherwise the one that the server described.
fn known_type(parameter: &Parameter) -> Option<u32> {
    [parameter.declared, parameter.described].into_iter().find(|oid| !matches!(*oid, 0 | UNKNOWN))
}

fn of_parameter(parameter: &Parameter) -> Option<(u32, Vec<u8>)> {
    let value = parameter.value.as_ref().filter(|_| parameter.is_binary)?;
    Some((known_type(parameter)?, value.clone()))
}

fn of_rows(rows: &Rows) -> Vec<(u32, Vec<u8>)> {
    let Some(binary) = &rows.binary else { return Vec::new() };
    let of_row = |row: &Vec<Option<Vec<u8>>>| {
        let values = row.iter().zip(&binary.columns).filter(|(_, (oid, is_binary))| *is_binary && *oid != 0);
        values.filter_map(|(value, (oid, _))| Some((*oid, value.clone()?))).collect::<Vec<_>>()
    };
    binary.rows.iter().flat_map(of_row).collect()
}
