//! The SQL that creates an object beside the existing one and reads it back.

use super::canonical;
use super::definition::{Conversion, DefaultValue, Definition};
use super::found::{Found, FoundColumn};
use super::key::Key;
use super::load::Catalog;
use super::prove::Question;
use super::questions::Kind;
use crate::connect::Message;
use crate::pg::name::{QualifiedName, quote_ident, quote_literal};
use crate::pg::version::ServerVersion;
use crate::sql::TypeName;
use crate::sql::clauses::{after_name, is_instead_of};
use crate::statement::change::Generated;

/// The place at which an object is created to answer a question.
#[derive(Clone, Copy)]
pub(super) struct Site<'a> {
    pub question: &'a Question<'a>,
    pub place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The session's temporary schema, under the definition's own names.
    Temporary,
    /// For a role without the TEMPORARY right: the object's own schema, under unused names.
    Beside,
}

/// Statements that create an object, and the part of it that is read back.
pub(super) struct Attempt {
    sql: String,
    what: What,
}

/// A prepared statement that reads an object of one kind in the temporary schema.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Reader {
    pub name: String,
    pub prepare: String,
}

const GENERIC: &str = "SELECT pg_catalog.set_config('plan_cache_mode', 'force_generic_plan', true); ";

/// The queries that read an object back, the object, and the part of their answer that counts.
struct What {
    kinds: &'static [Kind],
    object: String,
    part: Part,
}

enum Part {
    /// The object, or the only object of its kind on the table.
    Whole,
    Default(String),
    Column(String),
    Constraint(String),
}

/// The alias of the schema of temporary objects (PostgreSQL documentation 20.11.1, search_path).
const TEMPORARY: &str = "pg_temp";

/// The name of an object in a permanent schema until the savepoint is rolled back.
pub(super) const BESIDE: &str = "lockgate proof";
const BESIDE_ON_TABLE: &str = "lockgate proof own";

impl Attempt {
    /// Creates a script's definition. `Err` is the reason why it cannot be built.
    pub fn wanted(site: Site<'_>) -> Result<Self, String> {
        let (path, make, what) = made(site)?;
        Ok(Self { sql: format!("{}{}{make}", set_path(path), site.copy()), what })
    }

    /// Creates an existing object again from its own text.
    pub fn again(site: Site<'_>, read: &Found) -> Option<Self> {
        let (make, what) = remade(site, read)?;
        Some(Self { sql: format!("{}{}{make}", set_path(&["pg_catalog".to_owned()]), site.copy()), what })
    }

    /// One message that creates the object and reads it back.
    pub fn message(&self, site: Site<'_>, server: ServerVersion) -> Message<'static> {
        let object = quote_literal(&self.what.object);
        let read = match (site.schema(), self.reader(site, server)) {
            (None, Some(reader)) => format!("{GENERIC}EXECUTE {}({object})", reader.name),
            (schema, _) => self.query(&object, schema, server),
        };
        Message::both(&self.sql, &read)
    }

    /// The prepared query, planned once for all questions of a kind: planning costs more than reading.
    pub fn reader(&self, site: Site<'_>, server: ServerVersion) -> Option<Reader> {
        let kind = self.what.kinds.first().filter(|_| site.schema().is_none())?;
        let name = format!("lockgate_read_{kind:?}").to_lowercase();
        let prepare = format!("PREPARE {name}(pg_catalog.text) AS {}", self.query("$1", None, server));
        Some(Reader { name, prepare })
    }

    fn query(&self, object: &str, schema: Option<&str>, server: ServerVersion) -> String {
        let queries: Vec<String> = self.what.kinds.iter().map(|kind| kind.query(server, "")).collect();
        let list = self.what.kinds.first().map(|kind| kind.single(object, schema)).unwrap_or_default();
        format!("WITH {list} {}", queries.join(" UNION ALL "))
    }

    /// The created object among the facts that were read back.
    pub fn pick<'a>(&self, read: &'a Catalog) -> Option<&'a Found> {
        let is = |key: &Key, found: &Found| match (&self.what.part, key, found) {
            (Part::Default(own), Key::Default(_, name), _)
            | (Part::Column(own), Key::Column(_, name), _)
            | (Part::Constraint(own), Key::Constraint(_, name), _) => own == name,
            (Part::Whole, Key::Relation(_), Found::View(_) | Found::Sequence(_) | Found::Index(_)) => true,
            (Part::Whole, Key::Trigger(..) | Key::Policy(..) | Key::Rule(..), _) => true,
            (Part::Whole, Key::Type(_) | Key::Function(..) | Key::Collation(_) | Key::Statistics(_), _) => true,
            _ => false,
        };
        read.iter().find(|(key, found)| is(key, found)).map(|(_, found)| found)
    }
}

const OWN_RELATION: &[Kind] = &[Kind::Relation, Kind::Column];

/// The script's search_path followed by the temporary schema, so the built object shadows no existing one.
pub(super) fn set_path(path: &[String]) -> String {
    let mut schemas: Vec<String> =
        path.iter().filter(|schema| !schema.starts_with(TEMPORARY)).map(|schema| quote_ident(schema)).collect();
    schemas.push(TEMPORARY.to_owned());
    let path = quote_literal(&schemas.join(", "));
    format!("SELECT pg_catalog.set_config('search_path', {path}, true); ")
}

impl Site<'_> {
    /// The table of the wanted object, as its script names it. The copy has that name, because bodies may contain `t.c`.
    fn wanted_table(&self) -> Option<&QualifiedName> {
        match (self.question.wanted, self.question.key) {
            (Definition::Index(index), _) => Some(&index.table),
            (Definition::Statistics { table, .. }, _) => Some(table),
            (_, Key::Relation(_)) => None,
            (_, key) => key.relation(),
        }
    }

    /// The existing table.
    fn original(&self) -> Option<&QualifiedName> {
        match (self.question.found, self.question.found_key) {
            (Found::Index(index), _) => Some(&index.table),
            (Found::Statistics(statistics), _) => Some(&statistics.table),
            (_, Key::Relation(_)) => None,
            (_, key) => key.relation(),
        }
    }

    /// The schema in which the object is created; none means the temporary schema.
    fn schema(&self) -> Option<&str> {
        let own = match self.question.key {
            Key::Relation(name)
            | Key::Type(name)
            | Key::Function(name, _)
            | Key::Collation(name)
            | Key::Statistics(name) => Some(name),
            _ => None,
        };
        let name = self.original().or(own);
        name.filter(|_| self.place == Place::Beside).map(|name| name.schema.as_str())
    }

    /// The unqualified name of the created object.
    fn named<'b>(&self, name: &'b str) -> &'b str {
        if self.place == Place::Beside { BESIDE } else { name }
    }

    /// The quoted name of the created object in its schema.
    fn at(&self, name: &str) -> String {
        let name = quote_ident(self.named(name));
        match self.schema() {
            Some(schema) => format!("{}.{name}", quote_ident(schema)),
            None => format!("{TEMPORARY}.{name}"),
        }
    }

    fn table(&self) -> &str {
        self.named(self.wanted_table().map_or("", |table| &table.name))
    }

    fn target(&self) -> String {
        self.at(self.table())
    }

    /// An empty copy of the table with its columns only; also of a view, for the triggers and rules of a view.
    fn copy(&self) -> String {
        let Some(original) = self.original() else { return String::new() };
        let (target, original) = (self.target(), original.quoted());
        match (self.question.wanted, self.question.found) {
            // This definition creates its own table.
            (Definition::Queried { .. }, _) => String::new(),
            (_, Found::Trigger(trigger)) if is_instead_of(&trigger.definition) => {
                format!("CREATE VIEW {target} AS SELECT * FROM {original}; ")
            }
            _ => format!("CREATE TABLE {target} (LIKE {original}); "),
        }
    }

    /// The object's own unqualified name.
    fn own(&self) -> &str {
        match self.question.key {
            Key::Default(_, column) | Key::Column(_, column) => column,
            // An index would collide with the existing one in its schema.
            Key::Relation(name) if self.place == Place::Temporary || self.wanted_table().is_none() => &name.name,
            Key::Relation(_) => BESIDE_ON_TABLE,
            Key::Constraint(_, name) if self.place == Place::Temporary => name,
            Key::Constraint(..) => BESIDE_ON_TABLE,
            Key::Trigger(_, name) | Key::Policy(_, name) | Key::Rule(_, name) | Key::Published(name, _) => name,
            Key::Type(name) | Key::Function(name, _) | Key::Collation(name) | Key::Statistics(name) => &name.name,
            _ => "",
        }
    }

    fn hanging(&self, kinds: &'static [Kind], part: Part) -> What {
        What { kinds, object: self.table().to_owned(), part }
    }

    fn standing(&self, kinds: &'static [Kind]) -> What {
        What { kinds, object: self.named(self.own()).to_owned(), part: Part::Whole }
    }
}

type Made<'a> = (&'a [String], String, What);

fn made(site: Site<'_>) -> Result<Made<'_>, String> {
    let (own, target) = (site.own(), site.target());
    let name = quote_ident(own);
    Ok(match site.question.wanted {
        Definition::Default(Some(DefaultValue::Expr { expr, path, since })) => {
            let make = converted(&target, since, set_default(&target, &name, &expr.sql));
            (path, make, site.hanging(&[Kind::Column], Part::Default(own.to_owned())))
        }
        Definition::Queried { build, column, path } => {
            let make = format!("{TEMPORARY_FIRST}{}", build.fill(&target, ""));
            (path, make, site.hanging(&[Kind::Column], Part::Column(column.clone())))
        }
        Definition::Column(column) => {
            let Found::Column(found) = site.question.found else { return Err("it is no column".to_owned()) };
            let Some(Generated { expr, stored }) = column.generated.as_deref() else {
                return Err("its type is written in a way that is not compared".to_owned());
            };
            (
                &column.path,
                generated(&target, &name, found, &expr.sql, *stored),
                site.hanging(&[Kind::Column], Part::Column(own.to_owned())),
            )
        }
        Definition::Constraint(it) => (
            &it.path,
            converted(&target, &it.since, it.build.fill(&name, &target)),
            site.hanging(&[Kind::Constraint], Part::Constraint(own.to_owned())),
        ),
        Definition::Index(it) => {
            let make = converted(&target, &it.since, it.build.fill(&name, &target));
            (&it.path, make, site.hanging(&[Kind::Index], Part::Whole))
        }
        Definition::Trigger { build, path } => {
            (path, build.fill(&name, &target), site.hanging(&[Kind::Trigger], Part::Whole))
        }
        Definition::Policy { build, path } => {
            (path, build.fill(&name, &target), site.hanging(&[Kind::Policy], Part::Whole))
        }
        Definition::Rule { build, path } => {
            (path, build.fill(&name, &target), site.hanging(&[Kind::Rule], Part::Whole))
        }
        Definition::View { build, path, .. } => (path, build.fill(&site.at(own), ""), site.standing(OWN_RELATION)),
        Definition::Sequence { build, .. } => (&[], build.fill(&site.at(own), ""), site.standing(OWN_RELATION)),
        Definition::Domain { build, path, .. } | Definition::Range { build, path } => {
            (path, build.fill(&site.at(own), ""), site.standing(&[Kind::Type]))
        }
        Definition::Function { build, path } => {
            let make = format!("{BODIES_UNREAD}{}", build.fill(&site.at(own), ""));
            (path, make, site.standing(&[Kind::Function]))
        }
        Definition::Collation { build } => (&[], build.fill(&site.at(own), ""), site.standing(&[Kind::Collation])),
        Definition::Statistics { build, path, .. } => {
            (path, build.fill(&site.at(own), &target), site.standing(&[Kind::Statistics]))
        }
        _ => return Err("it is not built to be compared".to_owned()),
    })
}

/// Function bodies are compared as text; the objects that they name may be missing (PostgreSQL documentation 20.11.1).
const BODIES_UNREAD: &str = "SELECT pg_catalog.set_config('check_function_bodies', 'off', true); ";

/// Creates the object while the copy's columns have their old types, and then repeats the changes of these types.
fn converted(target: &str, since: &[Conversion], make: String) -> String {
    let alter = |column: &str, type_: &TypeName| {
        let (column, type_) = (quote_ident(column), type_.sql());
        format!("ALTER TABLE {target} ALTER COLUMN {column} TYPE {type_} USING NULL::{type_}")
    };
    let back = since.iter().rev().map(|it| alter(&it.column, &it.from));
    let on = since.iter().map(|it| alter(&it.column, &it.to));
    back.chain([make]).chain(on).collect::<Vec<_>>().join("; ")
}

/// Puts the temporary schema first, for the copies of the tables that a query reads.
const TEMPORARY_FIRST: &str = "SELECT pg_catalog.set_config('search_path', pg_catalog.concat('pg_temp, ', pg_catalog.current_setting('search_path')), true); ";

fn set_default(target: &str, column: &str, expression: &str) -> String {
    format!("ALTER TABLE {target} ALTER COLUMN {column} SET DEFAULT {expression}")
}

fn generated(target: &str, column: &str, found: &FoundColumn, expression: &str, stored: bool) -> String {
    let kind = if stored { "STORED" } else { "VIRTUAL" };
    let collation = found.collation.as_ref().map(|it| format!(" COLLATE {}", it.quoted())).unwrap_or_default();
    format!(
        "ALTER TABLE {target} DROP COLUMN {column}, ADD COLUMN {column} {}{collation} GENERATED ALWAYS AS ({expression}) {kind}",
        found.format
    )
}

fn remade(site: Site<'_>, read: &Found) -> Option<(String, What)> {
    let (own, target) = (site.own(), site.target());
    let name = quote_ident(own);
    Some(match read {
        Found::Default(Some(it)) => {
            (set_default(&target, &name, &it.expression), site.hanging(&[Kind::Column], Part::Default(own.to_owned())))
        }
        Found::Column(it) => {
            let (expression, stored) = it.generated.as_ref()?;
            (
                generated(&target, &name, it, expression, *stored),
                site.hanging(&[Kind::Column], Part::Column(own.to_owned())),
            )
        }
        Found::Constraint(it) => {
            let make = format!("ALTER TABLE {target} ADD CONSTRAINT {name} {}", canonical::constraint_text(it));
            (make, site.hanging(&[Kind::Constraint], Part::Constraint(own.to_owned())))
        }
        Found::Index(it) => {
            let unique = if it.unique { "UNIQUE " } else { "" };
            let make = format!("CREATE {unique}INDEX {name} ON {target} {}", it.definition);
            (make, site.hanging(&[Kind::Index], Part::Whole))
        }
        Found::Trigger(it) => {
            (canonical::trigger_text(it, &name, &target), site.hanging(&[Kind::Trigger], Part::Whole))
        }
        Found::Policy(it) => (canonical::policy_text(it, &name, &target), site.hanging(&[Kind::Policy], Part::Whole)),
        Found::Rule(it) => (canonical::rule_text(it, &name, &target), site.hanging(&[Kind::Rule], Part::Whole)),
        Found::View(it) => {
            let columns: Vec<String> = it.columns.iter().map(|(column, _)| quote_ident(column)).collect();
            let has_options = !it.options.is_empty() && !it.materialized;
            let options = if has_options { format!(" WITH ({})", it.options.join(", ")) } else { String::new() };
            let make = format!("CREATE VIEW {} ({}){options} AS {}", site.at(own), columns.join(", "), it.query);
            (make, site.standing(OWN_RELATION))
        }
        Found::Function(it) => {
            let kind = if it.kind == 'p' { "PROCEDURE" } else { "FUNCTION" };
            let rest = after_name(it.definition.as_ref()?, &format!("CREATE OR REPLACE {kind} "))?;
            let make = format!("{BODIES_UNREAD}CREATE {kind} {}{rest}", site.at(own));
            (make, site.standing(&[Kind::Function]))
        }
        Found::Domain(it) => {
            let mut make = format!("CREATE DOMAIN {} AS {}", site.at(own), it.base);
            make += &it.collation.as_ref().map(|it| format!(" COLLATE {it}")).unwrap_or_default();
            make += &it.default.as_ref().map(|it| format!(" DEFAULT {it}")).unwrap_or_default();
            make += if it.not_null { " NOT NULL" } else { "" };
            for constraint in &it.constraints {
                let definition = constraint.definition.trim_end_matches(" NOT VALID");
                make += &format!(" CONSTRAINT {} {definition}", quote_ident(&constraint.name));
            }
            (make, site.standing(&[Kind::Type]))
        }
        _ => return None,
    })
}
