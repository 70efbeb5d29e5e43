//! Converts the rows of an answer to properties under their keys.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::error::CatalogError;
use super::found::{
    Found, FoundAttribute, FoundCollation, FoundColumn, FoundConstraint, FoundDefault, FoundDomain, FoundFunction,
    FoundIndex, FoundPolicy, FoundPublication, FoundPublished, FoundRange, FoundRule, FoundSequence, FoundStatistics,
    FoundTable, FoundTrigger, FoundType, FoundView, RelKind,
};
use super::key::{Key, TableProperty};
use super::load::Catalog;
use super::untrusted::Stray;
use crate::connect::Row;
use crate::pg::name::QualifiedName;

type Acl = Vec<(String, String)>;

#[derive(Deserialize)]
struct RelationRow {
    schema: String,
    name: String,
    kind: char,
    persistence: char,
    owner: String,
    row_security: bool,
    force_row_security: bool,
    replica_identity: Option<String>,
    options: Vec<String>,
    rows: f64,
    partition_by: Option<String>,
    bound: Option<String>,
    key_types: Option<Vec<Option<String>>>,
    parents: Vec<QualifiedName>,
    view: Option<String>,
    sequence: Option<FoundSequence>,
    comment: Option<String>,
    acl: Acl,
}

#[derive(Deserialize)]
struct ColumnRow {
    schema: String,
    table: String,
    name: String,
    at: i16,
    #[serde(rename = "type")]
    type_: FoundType,
    format: String,
    collation: Option<QualifiedName>,
    not_null: bool,
    identity: String,
    generated: String,
    inherited: bool,
    expression: Option<String>,
    next: Option<QualifiedName>,
    statistics: Option<i32>,
    storage: Option<char>,
    compression: Option<String>,
    options: Vec<String>,
    comment: Option<String>,
    acl: Acl,
}

#[derive(Deserialize)]
struct TypeRow {
    schema: String,
    name: String,
    labels: Option<Vec<String>>,
    attributes: Option<Vec<FoundAttribute>>,
    domain: Option<FoundDomain>,
    range: Option<FoundRange>,
    owner: String,
    comment: Option<String>,
    acl: Acl,
}

#[derive(Deserialize)]
struct PublicationRow {
    #[serde(flatten)]
    publication: FoundPublication,
    tables: Vec<PublishedRow>,
}

#[derive(Deserialize)]
struct PublishedRow {
    table: QualifiedName,
    columns: Option<Vec<String>>,
    filter: Option<String>,
}

/// The objects that a relation or a domain reaches.
#[derive(Deserialize)]
struct ReachesRow {
    #[serde(flatten)]
    of: QualifiedName,
    reaches: Vec<Stray>,
}

/// A schema, a role, an extension, an event trigger.
#[derive(Deserialize)]
struct NamedRow {
    name: String,
    owner: Option<String>,
    comment: Option<String>,
    #[serde(default)]
    acl: Acl,
    #[serde(default)]
    members: Vec<String>,
    schema: Option<String>,
    version: Option<String>,
    event: Option<String>,
    function: Option<QualifiedName>,
    #[serde(default)]
    tags: Vec<String>,
}

/// Reads all rows of an answer; rows of one column come from other statements.
pub(super) fn read(rows: Vec<Row>) -> Result<Catalog, CatalogError> {
    let mut catalog = Catalog::default();
    let mut views = Vec::new();
    for row in rows {
        if let [Some(kind), Some(text)] = row.as_slice() {
            one(&mut catalog, &mut views, kind, text)?;
        }
    }
    views.sort_by_key(|(_, at, _)| *at);
    for (name, _, columns) in views {
        catalog.view_column(&name, columns);
    }
    Ok(catalog)
}

type ViewColumn = (QualifiedName, i16, (String, String));

fn one(catalog: &mut Catalog, columns: &mut Vec<ViewColumn>, kind: &str, text: &str) -> Result<(), CatalogError> {
    match kind {
        "relation" => relation(catalog, parse(text)?),
        "column" => column(catalog, columns, parse(text)?),
        "constraint" => constraint(catalog, parse(text)?),
        "index" => index(catalog, parse(text)?),
        "trigger" => trigger(catalog, parse(text)?),
        "policy" => policy(catalog, parse(text)?),
        "rule" => rule(catalog, parse(text)?),
        "type" => type_(catalog, parse(text)?),
        "function" => function(catalog, parse(text)?),
        "statistics" => statistics(catalog, parse(text)?),
        "collation" => collation(catalog, parse(text)?),
        "publication" => publication(catalog, parse(text)?),
        "relation reaches" | "type reaches" => {
            let ReachesRow { of, reaches } = parse(text)?;
            let key = if kind == "type reaches" { Key::Type(of) } else { Key::Relation(of) };
            catalog.reached(key, reaches);
        }
        "schema" | "role" | "extension" | "event_trigger" => named(catalog, kind, parse(text)?),
        other => return Err(CatalogError::Answer(other.to_owned())),
    }
    Ok(())
}

fn parse<T: DeserializeOwned>(text: &str) -> Result<T, CatalogError> {
    serde_json::from_str(text).map_err(|error| CatalogError::Answer(format!("{error}: {text}")))
}

fn relation(catalog: &mut Catalog, row: RelationRow) {
    let name = QualifiedName::new(row.schema, row.name);
    let kind = RelKind::from_letter(row.kind);
    let key = Key::Relation(name.clone());
    let mut options = row.options;
    options.sort();
    let property = |property| Key::TableProperty(name.clone(), property);
    for option in &options {
        if let Some((option, value)) = option.split_once('=') {
            let key = property(TableProperty::Option(option.to_owned()));
            catalog.insert(key, Found::Word(Some(value.to_owned())));
        }
    }
    if matches!(kind, RelKind::Table | RelKind::Partitioned | RelKind::Foreign) {
        catalog.insert(property(TableProperty::RowSecurity), Found::Flag(row.row_security));
        catalog.insert(property(TableProperty::ForceRowSecurity), Found::Flag(row.force_row_security));
        catalog.insert(property(TableProperty::Unlogged), Found::Flag(row.persistence == 'u'));
        catalog.insert(property(TableProperty::ReplicaIdentity), Found::Word(row.replica_identity));
    }
    general(catalog, &key, Some(row.owner), row.comment, row.acl);
    let found = match (kind, row.view, row.sequence) {
        (RelKind::View | RelKind::Materialized, Some(query), _) => {
            let materialized = kind == RelKind::Materialized;
            Found::View(FoundView { materialized, query, columns: Vec::new(), options })
        }
        (_, _, Some(sequence)) => Found::Sequence(sequence),
        _ => {
            let mut parents = row.parents;
            let partition_of = row.bound.and_then(|bound| (!parents.is_empty()).then(|| (parents.remove(0), bound)));
            Found::Table(FoundTable {
                kind,
                unlogged: row.persistence == 'u',
                temporary: row.persistence == 't',
                partition_by: row.partition_by,
                partition_of,
                key_types: row.key_types.unwrap_or_default(),
                inherits: parents,
            })
        }
    };
    catalog.relation(name, kind, row.rows);
    catalog.insert(key, found);
}

fn column(catalog: &mut Catalog, views: &mut Vec<ViewColumn>, row: ColumnRow) {
    let table = QualifiedName::new(row.schema, row.table);
    let key = Key::Column(table.clone(), row.name.clone());
    let property = |word: &str| Key::ColumnProperty(table.clone(), row.name.clone(), word.to_owned());
    let storage = row.storage.map(|letter| storage_word(letter).to_owned());
    let words = [
        ("statistics", row.statistics.map(|target| target.to_string())),
        ("storage", storage),
        ("compression", row.compression),
    ];
    for (word, value) in words.into_iter().filter(|(_, value)| value.is_some()) {
        catalog.insert(property(word), Found::Word(value));
    }
    for (word, value) in row.options.iter().filter_map(|option| option.split_once('=')) {
        catalog.insert(property(word), Found::Word(Some(value.to_owned())));
    }
    general(catalog, &key, None, row.comment, row.acl);
    let is_generated = !row.generated.is_empty();
    let default = row.expression.clone().filter(|_| !is_generated).map(|expression| FoundDefault {
        expression,
        next: row.next,
        format: row.format.clone(),
    });
    views.push((table.clone(), row.at, (row.name.clone(), row.format.clone())));
    catalog.insert(Key::Default(table.clone(), row.name.clone()), Found::Default(default));
    catalog.insert(Key::NotNull(table.clone(), row.name.clone()), Found::NotNull(row.not_null));
    let found = FoundColumn {
        number: row.at,
        type_: row.type_,
        format: row.format,
        collation: row.collation,
        identity: match row.identity.as_str() {
            "a" => Some(true),
            "d" => Some(false),
            _ => None,
        },
        generated: row.expression.filter(|_| is_generated).map(|expression| (expression, row.generated == "s")),
        inherited: row.inherited,
    };
    catalog.insert(key, Found::Column(found));
}

/// pg_attribute.attstorage in the words of SET STORAGE.
fn storage_word(letter: char) -> &'static str {
    match letter {
        'p' => "plain",
        'e' => "external",
        'm' => "main",
        _ => "extended",
    }
}

fn constraint(catalog: &mut Catalog, found: FoundConstraint) {
    let table = QualifiedName::new(found.schema.clone(), found.table.clone());
    let key = Key::Constraint(table, found.name.clone());
    comment(catalog, &key, found.comment.clone());
    catalog.insert(key, Found::Constraint(found));
}

fn index(catalog: &mut Catalog, found: FoundIndex) {
    let name = QualifiedName::new(found.schema.clone(), found.name.clone());
    let key = Key::Relation(name.clone());
    general(catalog, &key, Some(found.owner.clone()), found.comment.clone(), Vec::new());
    catalog.relation(name, RelKind::Index, 0.0);
    catalog.insert(key, Found::Index(found));
}

fn trigger(catalog: &mut Catalog, found: FoundTrigger) {
    let table = QualifiedName::new(found.schema.clone(), found.table.clone());
    let state = Found::Word(Some(found.enabled.to_string()));
    catalog.insert(Key::TriggerState(table.clone(), found.name.clone()), state);
    let key = Key::Trigger(table, found.name.clone());
    comment(catalog, &key, found.comment.clone());
    catalog.insert(key, Found::Trigger(found));
}

fn policy(catalog: &mut Catalog, found: FoundPolicy) {
    let table = QualifiedName::new(found.schema.clone(), found.table.clone());
    let key = Key::Policy(table, found.name.clone());
    comment(catalog, &key, found.comment.clone());
    catalog.insert(key, Found::Policy(found));
}

fn rule(catalog: &mut Catalog, found: FoundRule) {
    let table = QualifiedName::new(found.schema.clone(), found.table.clone());
    let key = Key::Rule(table, found.name.clone());
    comment(catalog, &key, found.comment.clone());
    catalog.insert(key, Found::Rule(found));
}

fn type_(catalog: &mut Catalog, row: TypeRow) {
    let key = Key::Type(QualifiedName::new(row.schema, row.name));
    general(catalog, &key, Some(row.owner), row.comment, row.acl);
    let found = match (row.labels, row.attributes, row.domain, row.range) {
        (Some(labels), ..) => Found::Enum { labels },
        (_, Some(attributes), ..) => Found::Composite { attributes },
        (_, _, Some(domain), _) => Found::Domain(domain),
        (_, _, _, Some(range)) => Found::Range(range),
        _ => return,
    };
    catalog.insert(key, found);
}

fn function(catalog: &mut Catalog, mut found: FoundFunction) {
    let name = QualifiedName::new(found.schema.clone(), found.name.clone());
    let key = Key::Function(name, found.types.clone());
    general(catalog, &key, Some(found.owner.clone()), found.comment.clone(), std::mem::take(&mut found.acl));
    catalog.insert(key, Found::Function(found));
}

fn statistics(catalog: &mut Catalog, found: FoundStatistics) {
    let key = Key::Statistics(QualifiedName::new(found.schema.clone(), found.name.clone()));
    general(catalog, &key, Some(found.owner.clone()), found.comment.clone(), Vec::new());
    catalog.insert(key, Found::Statistics(found));
}

fn collation(catalog: &mut Catalog, found: FoundCollation) {
    let key = Key::Collation(QualifiedName::new(found.schema.clone(), found.name.clone()));
    general(catalog, &key, Some(found.owner.clone()), found.comment.clone(), Vec::new());
    catalog.insert(key, Found::Collation(found));
}

fn publication(catalog: &mut Catalog, row: PublicationRow) {
    let PublicationRow { publication: mut found, tables } = row;
    let key = Key::Publication(found.name.clone());
    general(catalog, &key, Some(found.owner.clone()), found.comment.clone(), Vec::new());
    for PublishedRow { table, mut columns, filter } in tables {
        columns.iter_mut().for_each(|columns| columns.sort());
        let filter = filter.map(|filter| Box::new(Found::Constraint(FoundConstraint::check(&table, &filter))));
        let key = Key::Published(found.name.clone(), table.clone());
        catalog.insert(key, Found::Published(FoundPublished { table, columns, filter }));
    }
    found.definition.schemas.sort();
    catalog.insert(key, Found::Publication(found));
}

fn named(catalog: &mut Catalog, kind: &str, row: NamedRow) {
    let name = row.name;
    let (key, found) = match kind {
        "schema" => (Key::Schema(name), Found::Schema),
        "role" => {
            for member in row.members {
                catalog.insert(Key::Member(name.clone(), member), Found::Flag(true));
            }
            (Key::Role(name), Found::Role)
        }
        "extension" => {
            let (schema, version) = (row.schema.unwrap_or_default(), row.version.unwrap_or_default());
            (Key::Extension(name), Found::Extension { schema, version })
        }
        _ => {
            let Some((event, function)) = row.event.zip(row.function) else { return };
            (Key::EventTrigger(name), Found::EventTrigger { event, function, tags: row.tags })
        }
    };
    general(catalog, &key, row.owner, row.comment, row.acl);
    catalog.insert(key, found);
}

/// The properties that any object may have: its owner, its privileges, its comment.
fn general(catalog: &mut Catalog, key: &Key, owner: Option<String>, text: Option<String>, acl: Acl) {
    if owner.is_some() {
        catalog.insert(Key::Owner(Box::new(key.clone())), Found::Word(owner));
    }
    for (grantee, privilege) in acl {
        catalog.insert(Key::Grant(Box::new(key.clone()), grantee, privilege), Found::Flag(true));
    }
    comment(catalog, key, text);
}

fn comment(catalog: &mut Catalog, key: &Key, text: Option<String>) {
    if text.is_some() {
        catalog.insert(Key::Comment(Box::new(key.clone())), Found::Word(text));
    }
}
