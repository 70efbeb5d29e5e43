//! Names in the catalog from which pending statements remove something, in the one message that queries them.

use super::names::Names;
use crate::catalog::CatalogError;
use crate::connect::{Message, Row, Session, message};
use crate::pg::name::{quote_array, quote_literal};
use crate::sql::{Named, TypeName};
use crate::statement::change::{Object, RelationKind};
use crate::statement::losing::{PlainCatalog, Taking};

/// The common table expressions `w`, `rel`, `typ`, `root` and `walk`, and a comma.
const ROOTS: &str = include_str!("roots.sql");

/// The limits of a query: it does not wait for long.
const LIMITS: &str = "SET LOCAL statement_timeout = '10s'; SET LOCAL lock_timeout = '1s'";

/// One name in the catalog from which a statement removes something.
#[derive(Clone, Debug, Default)]
pub(super) struct Root {
    /// The statement, and the root itself: numbers of our own.
    statement: usize,
    id: usize,
    kind: &'static str,
    path: Option<Vec<String>>,
    name: String,
    sub: Option<String>,
    arguments: Option<Vec<String>>,
    cascade: bool,
    only: bool,
}

/// The roots of one message.
#[derive(Debug, Default)]
pub(super) struct Roots(Vec<Root>);

impl Roots {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The statements with roots.
    pub fn statements(&self) -> impl Iterator<Item = usize> {
        self.0.iter().map(|root| root.statement)
    }

    /// The number of the next root.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Adds the roots of a taking; none if the run itself created the object.
    pub fn add(&mut self, statement: usize, taking: &Taking, names: &Names) {
        let root = |kind, name: &str| Root { kind, name: name.to_owned(), ..Root::default() };
        let on = |kind, table: &Named, sub: Option<String>| {
            names.relation(table).map(|named| Root { sub, ..qualified(kind, &named, names) })
        };
        let found: Vec<Root> = match taking {
            Taking::Drop { object, cascade } => {
                dropped(object, names).into_iter().map(|root| Root { cascade: *cascade, ..root }).collect()
            }
            Taking::DropPlain { catalog, name, cascade } => {
                let kind = match catalog {
                    PlainCatalog::Language => "language",
                    PlainCatalog::AccessMethod => "access method",
                    PlainCatalog::ForeignServer => "server",
                    PlainCatalog::ForeignDataWrapper => "wrapper",
                };
                vec![Root { cascade: *cascade, ..root(kind, name) }]
            }
            Taking::DropOwned { roles, cascade } => {
                roles.iter().map(|role| Root { cascade: *cascade, ..root("owned", role) }).collect()
            }
            Taking::DropDatabase(name) => vec![root("database", name)],
            Taking::Truncate { table, only, cascade } => {
                let found = on("truncate", table, None);
                found.map(|root| Root { only: *only, cascade: *cascade, ..root }).into_iter().collect()
            }
            Taking::Delete { table, only } => {
                on("delete", table, None).map(|root| Root { only: *only, ..root }).into_iter().collect()
            }
            Taking::Convert { table, column, .. } => {
                let found = names.relation(table).and_then(|table| Some((names.column(&table, column)?, table)));
                let found =
                    found.map(|(column, table)| Root { sub: Some(column), ..qualified("convert", &table, names) });
                found.into_iter().collect()
            }
        };
        for root in found {
            self.push(Root { statement, ..root });
        }
    }

    /// Adds a query for a type; returns the root's number.
    pub fn add_type(&mut self, statement: usize, type_: &TypeName, names: &Names) -> Option<usize> {
        let named = Named { schema: type_.schema.clone(), name: type_.name.clone() };
        let root = Root { statement, ..qualified("name of type", &names.type_(&named)?, names) };
        // A type is queried once, for all statements that name it.
        let is_it = |other: &Root| (other.kind, &other.path, &other.name) == (root.kind, &root.path, &root.name);
        if let Some(at) = self.0.iter().position(is_it) {
            return Some(at);
        }
        self.push(root);
        Some(self.len() - 1)
    }

    fn push(&mut self, root: Root) {
        let id = self.0.len();
        self.0.push(Root { id, ..root });
    }

    /// Queries the roots: `question` is the rest of a statement after their common table expressions.
    ///
    /// # Errors
    /// The connection broke, or the catalog could not be queried.
    pub async fn ask(&self, session: &Session, question: &str) -> Result<Vec<Row>, CatalogError> {
        asked(session, LIMITS, &self.sql(question)).await
    }

    fn sql(&self, question: &str) -> String {
        let array = |items: &Option<Vec<String>>| match items {
            Some(items) => quote_array(items.iter().map(String::as_str)),
            None => "NULL::pg_catalog.text[]".to_owned(),
        };
        let text = |text: &Option<String>| match text {
            Some(text) => format!("{}::pg_catalog.text", quote_literal(text)),
            None => "NULL::pg_catalog.text".to_owned(),
        };
        let row = |root: &Root| {
            format!(
                "({}, {}, {}, {}, {}, {}, {}, {}, {})",
                root.statement,
                root.id,
                quote_literal(root.kind),
                array(&root.path),
                quote_literal(&root.name),
                text(&root.sub),
                array(&root.arguments),
                root.cascade,
                root.only
            )
        };
        let rows: Vec<String> = self.0.iter().map(row).collect();
        ROOTS.replace("{along}", message::ALONG).replace("{roots}", &rows.join(", ")) + question
    }
}

fn dropped(object: &Object, names: &Names) -> Option<Root> {
    let on = |kind, table: &Named, sub: &str| {
        Some(Root { sub: Some(sub.to_owned()), ..qualified(kind, &names.relation(table)?, names) })
    };
    let plain = |kind, name: String| Some(Root { kind, name, ..Root::default() });
    match object {
        Object::Schema(name) => plain("schema", names.schema(name)?),
        Object::Extension(name) => plain("extension", name.clone()),
        Object::Relation { name, kind } => {
            let sub = Some(letters(*kind).to_owned());
            Some(Root { sub, ..qualified("relation", &names.relation(name)?, names) })
        }
        Object::Column { table, column } => {
            let table = names.relation(table)?;
            let sub = Some(names.column(&table, column)?);
            Some(Root { sub, ..qualified("column", &table, names) })
        }
        Object::Constraint { table, name } => on("constraint", table, name),
        Object::Type(name) | Object::Domain(name) => Some(qualified("type", &names.type_(name)?, names)),
        Object::Attribute { type_, attribute } => {
            Some(Root { sub: Some(attribute.clone()), ..qualified("attribute", &names.type_(type_)?, names) })
        }
        Object::Collation(name) => Some(qualified("collation", name, names)),
        Object::Function { name, arguments, .. } => {
            let type_ = |type_: &TypeName| format!("{}{}", type_.name, if type_.is_array { "[]" } else { "" });
            let arguments = arguments.as_ref().map(|all| all.iter().map(type_).collect());
            Some(Root { arguments, ..qualified("function", name, names) })
        }
        Object::Trigger { table, name } => on("trigger", table, name),
        Object::Policy { table, name } => on("policy", table, name),
        Object::Rule { table, name } => on("rule", table, name),
        Object::Publication(name) => plain("publication", name.clone()),
        // Nothing in the database depends on them, and they depend on nothing that prevents their drop.
        Object::Role(_)
        | Object::EventTrigger(_)
        | Object::DomainConstraint { .. }
        | Object::Statistics(_)
        | Object::Other(_) => None,
    }
}

/// `pg_class.relkind` of the relations that a DROP of a kind accepts.
fn letters(kind: RelationKind) -> &'static str {
    match kind {
        RelationKind::Table => "rp",
        RelationKind::View => "v",
        RelationKind::MaterializedView => "m",
        RelationKind::Index => "iI",
        RelationKind::Sequence => "S",
        RelationKind::ForeignTable => "f",
    }
}

fn qualified(kind: &'static str, named: &Named, names: &Names) -> Root {
    let on_path = || {
        // The temporary schema and pg_catalog come first, unless the path names them.
        let path = names.path()?.iter().map(String::as_str);
        Some(["pg_catalog"].into_iter().chain(path).map(str::to_owned).collect())
    };
    let path = named.schema.as_ref().map(|schema| vec![schema.clone()]).or_else(on_path);
    Root { kind, path, name: named.name.clone(), ..Root::default() }
}

/// Runs a query in a read-only transaction.
///
/// # Errors
/// The connection broke, or the server refused it.
pub(super) async fn asked(session: &Session, limits: &str, question: &str) -> Result<Vec<Row>, CatalogError> {
    let question = Message::along(format!("SET TRANSACTION READ ONLY; {limits}; {question}"));
    Ok(session.send(&question).await.rows().await?)
}

/// An error of such a query, with its cause, for people.
pub(super) fn with_cause(error: &CatalogError) -> String {
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default();
    format!("{error}{cause}")
}
