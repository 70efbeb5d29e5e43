//! Existing objects that a statement uses: IF NOT EXISTS and OR REPLACE do not check the owner. Between the check and the run,
//! another role may have created them.

use std::collections::BTreeSet;

use crate::connect::message;
use crate::pg::name::{QualifiedName, quote_array, quote_literal};
use crate::sql::Named;

/// An object as the statement names it, and its allowed owners.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    pub kind: TakenKind,
    pub name: Named,
    /// Trusted roles.
    pub owners: BTreeSet<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TakenKind {
    Relation,
    /// An index of a table, which has the table's owner.
    Index(Named),
    /// A function of any arguments: OR REPLACE updates its row, which distinguishes it from others of its name.
    Function,
    Type,
    Collation,
    Statistics,
    Schema,
    Extension,
    Publication,
    Server,
}

/// SQLSTATE of [`guard`]: its message is the text that is not a number.
pub const TAKEN_SQLSTATE: &str = "22P02";

/// Fails if one of the objects is missing or belongs to another role. It follows the statements, in their transaction and with
/// their search_path, inside [`message::inside`].
pub fn guard<'a>(all: impl Iterator<Item = &'a Taken>) -> String {
    let rows: Vec<String> = all.map(row).collect();
    format!(
        "SELECT WHERE (SELECT min(concat(t.what, CASE WHEN t.owner IS NULL THEN ' is gone' \
         ELSE concat(' belongs to ', pg_get_userbyid(t.owner)) END)) FROM (VALUES {}) AS t(what, owner, owners) \
         WHERE t.owner IS NULL OR pg_get_userbyid(t.owner)::text <> ALL (t.owners))::int IS NULL",
        rows.join(", ")
    )
}

/// A query for the owner of an object that belongs to another role; no row if there is none. The schema is named.
pub fn stranger(taken: &Taken) -> String {
    format!(
        "SELECT pg_get_userbyid(t.owner) FROM (VALUES {}) AS t(what, owner, owners) \
         WHERE pg_get_userbyid(t.owner)::text <> ALL (t.owners)",
        row(taken)
    )
}

/// The object in words, its owner, and its allowed owners. If several have one name, one of another role comes first.
fn row(taken: &Taken) -> String {
    let Taken { kind, name, owners } = taken;
    let owners = quote_array(owners.iter().map(String::as_str));
    let (word, catalog, letters) = match kind {
        TakenKind::Relation => ("", "pg_class", "rel"),
        TakenKind::Index(_) => ("index ", "pg_class", "rel"),
        TakenKind::Function => ("function ", "pg_proc", "pro"),
        TakenKind::Type => ("type ", "pg_type", "typ"),
        TakenKind::Collation => ("collation ", "pg_collation", "coll"),
        TakenKind::Statistics => ("statistics ", "pg_statistic_ext", "stx"),
        TakenKind::Schema => ("schema ", "pg_namespace", "nsp"),
        TakenKind::Extension => ("extension ", "pg_extension", "ext"),
        TakenKind::Publication => ("publication ", "pg_publication", "pub"),
        TakenKind::Server => ("server ", "pg_foreign_server", "srv"),
    };
    let named = format!("o.{letters}name = {}", quote_literal(&name.name));
    let of_owner = format!("o.{letters}owner");
    let (owner, found) = match kind {
        TakenKind::Schema | TakenKind::Extension | TakenKind::Publication | TakenKind::Server => (of_owner, named),
        TakenKind::Index(table) => {
            let table = message::resolved(&quote_literal(&written(table)));
            // On its own table, an index has the table's owner, which was checked; the bootstrap superuser is always trusted.
            let owner = format!(
                "CASE WHEN EXISTS (SELECT FROM pg_index x WHERE x.indexrelid = o.oid AND x.indrelid = {table}) THEN 10::oid \
                 ELSE {of_owner} END"
            );
            let schema = format!("(SELECT c.relnamespace FROM pg_class c WHERE c.oid = {table})");
            (owner, format!("{named} AND o.relnamespace = {schema}"))
        }
        _ => {
            let schema = name.schema.as_deref().map_or_else(
                || message::along("pg_catalog.current_schema()"),
                |schema| format!("{}::name", quote_literal(schema)),
            );
            let schema = format!("(SELECT n.oid FROM pg_namespace n WHERE n.nspname = {schema})");
            let is_ours = match kind {
                TakenKind::Function => " AND age(o.xmin) <= age(pg_current_xact_id()::xid)",
                _ => "",
            };
            (of_owner, format!("{named} AND o.{letters}namespace = {schema}{is_ours}"))
        }
    };
    let what = quote_literal(&format!("{word}{}", shown(name)));
    format!(
        "({what}, (SELECT {owner} FROM {catalog} o WHERE {found} \
         ORDER BY pg_get_userbyid({of})::text = ANY ({owners}) LIMIT 1), {owners})",
        of = format_args!("o.{letters}owner")
    )
}

/// The name in a form that the search_path resolves.
fn written(name: &Named) -> String {
    match &name.schema {
        Some(schema) => QualifiedName::new(schema.clone(), name.name.clone()).quoted(),
        None => crate::pg::name::quote_ident(&name.name),
    }
}

fn shown(name: &Named) -> String {
    name.schema.as_ref().map_or_else(|| name.name.clone(), |schema| format!("{schema}.{}", name.name))
}
