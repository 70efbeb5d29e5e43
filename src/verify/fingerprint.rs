//! A fingerprint of the catalogs' rows for a schema: if it is the same as before, nothing has changed. Every write to a catalog
//! changes it, even one without effect; then everything is compared again.

use sha2::{Digest, Sha256};

use super::read::{Look, begin};
use super::{Ignored, VerifyError};
use crate::chain::hex::hex;
use crate::connect::{Message, Session};
use crate::object::{KINDS, kind, question};
use crate::pg::name::quote_ident;

/// A catalog, the key of a row, and the condition of the rows that count: temporary tables come and go.
const CATALOGS: &[(&str, &str, &str)] = &[
    ("pg_class", "x.oid::bigint", "x.relpersistence <> 't'"),
    (
        "pg_attribute",
        "x.attrelid::bigint * 4096 + x.attnum",
        "x.attnum > 0 AND NOT EXISTS (SELECT FROM temp t WHERE t.oid = x.attrelid)",
    ),
    ("pg_type", "x.oid::bigint", "NOT EXISTS (SELECT FROM passing p WHERE p.oid = x.typnamespace)"),
    ("pg_constraint", "x.oid::bigint", "NOT EXISTS (SELECT FROM passing p WHERE p.oid = x.connamespace)"),
    // Its flags are updated in place (13: index_set_state_flags).
    (
        "pg_index",
        "x.indexrelid::bigint * 8 + x.indisvalid::int + x.indisready::int * 2 + x.indislive::int * 4",
        "NOT EXISTS (SELECT FROM temp t WHERE t.oid = x.indrelid)",
    ),
    ("pg_attrdef", "x.oid::bigint", "NOT EXISTS (SELECT FROM temp t WHERE t.oid = x.adrelid)"),
    ("pg_sequence", "x.seqrelid::bigint", "NOT EXISTS (SELECT FROM temp t WHERE t.oid = x.seqrelid)"),
    // Members of extensions and owned sequences, which an index finds.
    (
        "pg_depend",
        DEPENDENCY,
        "x.refclassid = 'pg_extension'::regclass AND x.deptype IN ('e', 'x') AND NOT EXISTS (SELECT FROM temp t WHERE t.oid = x.objid)",
    ),
    (
        "pg_depend",
        DEPENDENCY,
        "x.classid = 'pg_class'::regclass AND x.objid IN (SELECT s.seqrelid FROM pg_sequence s) AND x.deptype IN ('a', 'i') \
         AND x.refobjsubid > 0 AND NOT EXISTS (SELECT FROM temp t WHERE t.oid = x.objid)",
    ),
    ("pg_namespace", "x.oid::bigint", "NOT EXISTS (SELECT FROM passing p WHERE p.oid = x.oid)"),
    ("pg_description", "x.objoid::bigint * 4096 + x.objsubid", "true"),
    ("pg_inherits", "x.inhrelid::bigint * 4096 + x.inhseqno", "true"),
    ("pg_partitioned_table", "x.partrelid::bigint", "true"),
    ("pg_rewrite", "x.oid::bigint", "true"),
    ("pg_trigger", "x.oid::bigint", "true"),
    ("pg_policy", "x.oid::bigint", "true"),
    ("pg_proc", "x.oid::bigint", "true"),
    ("pg_aggregate", "x.aggfnoid::oid::bigint", "true"),
    ("pg_operator", "x.oid::bigint", "true"),
    ("pg_opclass", "x.oid::bigint", "true"),
    ("pg_opfamily", "x.oid::bigint", "true"),
    ("pg_amop", "x.oid::bigint", "true"),
    ("pg_amproc", "x.oid::bigint", "true"),
    ("pg_am", "x.oid::bigint", "true"),
    ("pg_cast", "x.oid::bigint", "true"),
    ("pg_transform", "x.oid::bigint", "true"),
    ("pg_conversion", "x.oid::bigint", "true"),
    ("pg_collation", "x.oid::bigint", "true"),
    ("pg_language", "x.oid::bigint", "true"),
    ("pg_enum", "x.oid::bigint", "true"),
    ("pg_range", "x.rngtypid::bigint", "true"),
    ("pg_extension", "x.oid::bigint", "true"),
    ("pg_event_trigger", "x.oid::bigint", "true"),
    ("pg_publication", "x.oid::bigint", "true"),
    ("pg_publication_rel", "x.oid::bigint", "true"),
    ("pg_statistic_ext", "x.oid::bigint", "true"),
    ("pg_ts_parser", "x.oid::bigint", "true"),
    ("pg_ts_template", "x.oid::bigint", "true"),
    ("pg_ts_dict", "x.oid::bigint", "true"),
    ("pg_ts_config", "x.oid::bigint", "true"),
    ("pg_ts_config_map", "x.mapcfg::bigint * 4096 + x.maptokentype * 64 + x.mapseqno", "true"),
    ("pg_foreign_data_wrapper", "x.oid::bigint", "true"),
    ("pg_foreign_server", "x.oid::bigint", "true"),
    ("pg_foreign_table", "x.ftrelid::bigint", "true"),
    ("pg_default_acl", "x.oid::bigint", "true"),
];

const DEPENDENCY: &str = "hashint8extended(x.objid::bigint, x.refobjid::bigint) + x.refobjsubid";

/// A catalog that exists since 15.
const SINCE_15: (&str, &str, &str) = ("pg_publication_namespace", "x.oid::bigint", "true");

/// Kinds whose catalog is readable only for superusers: all objects are read as facts, and there are few.
const WHOLE: &[&str] = &["subscription"];

/// The fingerprint of the schema and of everything else, except the snapshot, that influences the verdict.
///
/// # Errors
/// The connection broke, the path names no schema, or the server refused a question.
pub async fn fingerprint(session: &Session, history: &str, ignored: &Ignored) -> Result<String, VerifyError> {
    let failed = |error| VerifyError::of(&session.address, error);
    let look = Look { schemas: None, history: history.to_owned(), privileges: true };
    let scope = begin(session, &look, &[]).await?;
    let mut hash = Sha256::new();
    hash.update(format!("{} {} {scope:?} {ignored:?}", env!("CARGO_PKG_VERSION"), session.server));
    KINDS.iter().for_each(|kind| hash.update(question(kind, &scope, session.server)));
    let whole = WHOLE.iter().filter_map(|word| kind(word)).map(|kind| question(kind, &scope, session.server));
    for sql in [catalogs(session.server.major())].into_iter().chain(whole) {
        let rows =
            session.send(&Message::reading(&sql, &quote_ident(&scope.home))).await.rows().await.map_err(failed)?;
        hash.update(format!("{rows:?}"));
    }
    session.send(&Message::control("ROLLBACK")).await.rows().await.map_err(failed)?;
    Ok(hex(&hash.finalize()))
}

/// The query for the catalogs' rows.
pub fn catalogs(major: u32) -> String {
    let all = CATALOGS.iter().chain((major >= 15).then_some(&SINCE_15));
    let each: Vec<String> = all
        .map(|(catalog, key, rows)| {
            format!(
                "SELECT '{catalog}' AS c, count(*) AS n, sum(hashtextextended(x.xmin::text, {key})) AS s FROM {catalog} x WHERE {rows}"
            )
        })
        .collect();
    format!(
        "WITH temp AS MATERIALIZED (SELECT oid FROM pg_class WHERE relpersistence = 't'), \
         passing AS MATERIALIZED (SELECT oid FROM pg_namespace WHERE nspname ~ '^pg_(toast_)?temp_') \
         SELECT u.c, u.n, u.s FROM ({} UNION ALL SELECT 'roles', count(*), sum(hashtextextended(rolname::text, oid::bigint)) FROM pg_roles) AS u",
        each.join(" UNION ALL ")
    )
}

/// Precedes the number of notes.
const NOTES: &str = " notes ";

/// The mark in a head's row of the history: the snapshot that the head was found equal to, and the catalogs' fingerprint then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The digest of the snapshot's file.
    pub snapshot: String,
    pub fingerprint: Option<String>,
    /// The time in readable form.
    pub at: Option<String>,
    /// The number of notes in the report.
    pub notes: usize,
}

impl Mark {
    /// Parses a mark; older versions wrote only the digest.
    pub fn read(word: &str) -> Self {
        let (word, notes) = word.split_once(NOTES).unwrap_or((word, ""));
        let mut parts = word.splitn(3, ' ').map(str::to_owned);
        Self {
            snapshot: parts.next().unwrap_or_default(),
            fingerprint: parts.next(),
            at: parts.next(),
            notes: notes.parse().unwrap_or(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_read_with_and_without_a_fingerprint() {
        let mark = |snapshot: &str, fingerprint: Option<&str>, at: Option<&str>| Mark {
            snapshot: snapshot.to_owned(),
            fingerprint: fingerprint.map(str::to_owned),
            at: at.map(str::to_owned),
            notes: 0,
        };
        assert_eq!(Mark::read("ab"), mark("ab", None, None));
        let noted = mark("ab", Some("cd"), Some("2026-11-28 12:00:00Z"));
        assert_eq!(Mark::read("ab cd 2026-11-28 12:00:00Z"), noted);
        assert_eq!(Mark::read("ab cd 2026-11-28 12:00:00Z notes 2"), Mark { notes: 2, ..noted });
    }

    #[test]
    fn every_kind_is_read_from_catalogs_that_count() {
        let counted = |name: &str| {
            let all = CATALOGS.iter().map(|(catalog, ..)| *catalog).chain([SINCE_15.0]);
            // Names of roles and of the database; a catalog that roles may not read is read as facts, and user mappings are not
            // facts.
            let beside = [
                "pg_get",
                "pg_roles",
                "pg_database",
                "pg_subscription",
                "pg_options_to_table",
                "pg_encoding_to_char",
                "pg_catalog",
                "pg_typeof",
            ];
            all.chain(["pg_temp", "pg_toast"]).any(|it| it == name) || beside.iter().any(|it| name.starts_with(it))
        };
        for kind in KINDS {
            let sql = question(
                kind,
                &crate::object::Scope::default(),
                crate::pg::version::ServerVersion::from_parameter("18.0").unwrap(),
            );
            let words = sql.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            for word in words.filter(|word| word.starts_with("pg_") && *word != "pg_") {
                assert!(counted(word), "{}: {word}", kind.word);
            }
        }
    }
}
