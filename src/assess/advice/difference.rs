//! The ways to resolve a difference, as SQL: statements that create the chain's definition by hand, and a revision that accepts
//! the database's.
//!
//! The first way loses no rows; an object that may have rows or dependents is renamed and kept.

use super::way::{ACCEPT, Advice};
use crate::assess::evidence::Evidence;
use crate::assess::fix;
use crate::catalog::{
    self, Column, Definition, Difference, Found, FoundColumn, FoundDefault, FoundSequence, FoundTable, Key,
    Publication, RelKind,
};
use crate::pg::name::{MAX_IDENTIFIER, QualifiedName, quote_ident, quote_literal};
use crate::sql::{TypeName, respelled};

/// The ways for one key, best first; empty if no statement can be written for it.
pub(super) fn ways(
    evidence: &Evidence,
    key: &Key,
    wanted: &Definition,
    found: &Found,
    difference: Option<&Difference>,
) -> Vec<Advice> {
    match (key, found) {
        (Key::Relation(name), found) => relation(name, wanted, found),
        (Key::Column(table, name), Found::Column(found)) => match (wanted, difference) {
            (Definition::Column(wanted), Some(_)) => {
                let default = match evidence.found(&Key::Default(table.clone(), name.clone())) {
                    Some(Found::Default(Some(default))) => Some(default),
                    _ => None,
                };
                Site { table, name, default }.ways(wanted, found)
            }
            _ => Vec::new(),
        },
        (Key::Constraint(table, name), Found::Constraint(found)) => match wanted {
            // The chain's text precedes a later rename of a column.
            Definition::Constraint(wanted) if has_all(evidence, table, &wanted.columns) => {
                let drop = format!("ALTER TABLE {} DROP CONSTRAINT {};", table.quoted(), quote_ident(name));
                let add = format!("ALTER TABLE {} ADD CONSTRAINT {}", table.quoted(), quote_ident(name));
                vec![
                    Advice::Make(format!("{drop} {};", fix::add_constraint(table, name, wanted))),
                    Advice::Accept(format!("{drop} {add} {};", found.definition)),
                ]
            }
            _ => Vec::new(),
        },
        (Key::Default(table, name), Found::Default(found)) => match wanted {
            Definition::Default(wanted) => {
                let found = found.as_ref().map(|it| format!("SET DEFAULT {}", it.expression));
                let found = found.unwrap_or_else(|| "DROP DEFAULT".to_owned());
                vec![
                    Advice::Make(format!("{};", fix::set_default(table, name, wanted.as_ref()))),
                    Advice::Accept(format!("{};", fix::alter_column(table, name, &found))),
                ]
            }
            _ => Vec::new(),
        },
        (Key::Trigger(table, name) | Key::Policy(table, name) | Key::Rule(table, name), found) => {
            upon(table, name, wanted, found)
        }
        (Key::Type(name), found) => type_(name, wanted, found),
        (Key::Function(name, types), Found::Function(found)) => function(name, types, wanted, found),
        (Key::Collation(name), _) => vec![aside("COLLATION", name)],
        (Key::Statistics(name), Found::Statistics(found)) => vec![
            aside("STATISTICS", name),
            Advice::Accept(format!("DROP STATISTICS {}; {};", name.quoted(), found.definition)),
        ],
        (Key::EventTrigger(name), Found::EventTrigger { event, function, tags }) => match wanted {
            Definition::EventTrigger { event: wanted_event, function: calls, tags: wanted_tags } => {
                let drop = format!("DROP EVENT TRIGGER {};", quote_ident(name));
                vec![
                    Advice::Make(format!("{drop} {}", event_trigger(name, wanted_event, calls, wanted_tags))),
                    Advice::Accept(format!("{drop} {}", event_trigger(name, event, function, tags))),
                ]
            }
            _ => Vec::new(),
        },
        (Key::Publication(name), Found::Publication(found)) => match wanted {
            Definition::Publication(wanted) => {
                let found = &found.definition;
                vec![Advice::Make(publication(name, found, wanted)), Advice::Accept(publication(name, wanted, found))]
            }
            _ => Vec::new(),
        },
        (Key::Published(publication, table), Found::Published(found)) => match wanted {
            Definition::Published(wanted) => {
                let head = format!("ALTER PUBLICATION {}", quote_ident(publication));
                let out = format!("{head} DROP TABLE ONLY {};", table.quoted());
                vec![
                    Advice::Make(format!("{out} {head} ADD {};", wanted.sql(table))),
                    Advice::Accept(format!("{out} {head} ADD {};", found.sql())),
                ]
            }
            _ => Vec::new(),
        },
        // They exist or do not, or the smallest ALTER corrects them.
        _ => Vec::new(),
    }
}

/// Tables, views, sequences, indexes and composite types share a namespace.
fn relation(name: &QualifiedName, wanted: &Definition, found: &Found) -> Vec<Advice> {
    match (wanted, found) {
        (Definition::View { materialized: false, build, .. }, Found::View(found)) if !found.materialized => vec![
            Advice::Replace(or_replace(&build.fill(&name.quoted(), ""))),
            Advice::Accept(format!("CREATE OR REPLACE VIEW {} AS{}", name.quoted(), found.query)),
        ],
        (Definition::View { materialized: true, .. }, Found::View(found)) if found.materialized => {
            let view = format!("MATERIALIZED VIEW {}", name.quoted());
            vec![
                aside("MATERIALIZED VIEW", name),
                Advice::Accept(format!("DROP {view}; CREATE {view} AS{}", found.query)),
            ]
        }
        (Definition::Sequence { owned_by, .. }, Found::Sequence(found)) => sequence(name, owned_by.as_ref(), found),
        (Definition::Index(_), Found::Index(found)) => match &found.constraint {
            Some(constraint) => {
                let table = found.table.quoted();
                let constraint = quote_ident(constraint);
                let renamed = quote_ident(&old(&name.name));
                vec![Advice::Make(format!("ALTER TABLE {table} RENAME CONSTRAINT {constraint} TO {renamed};"))]
            }
            None => {
                let unique = if found.unique { "UNIQUE " } else { "" };
                let (own, table) = (quote_ident(&name.name), found.table.quoted());
                let create = format!("CREATE {unique}INDEX {own} ON {table} {};", found.definition);
                vec![aside("INDEX", name), Advice::Accept(format!("DROP INDEX {}; {create}", name.quoted()))]
            }
        },
        (Definition::Table(wanted), Found::Table(table))
            if wanted.kind() == table.kind
                && let Some([make, accept]) = place(name, wanted, table) =>
        {
            vec![Advice::Make(make), Advice::Accept(accept)]
        }
        (_, found) => word(found).map(|kind| aside(&kind, name)).into_iter().collect(),
    }
}

/// The word of ALTER for an object in the namespace of tables.
fn word(found: &Found) -> Option<String> {
    Some(match found {
        Found::Table(table) if table.kind == RelKind::Partitioned => RelKind::Table.word().to_uppercase(),
        Found::Table(table) => table.kind.word().to_uppercase(),
        Found::View(view) => if view.materialized { "MATERIALIZED VIEW" } else { "VIEW" }.to_owned(),
        Found::Sequence(_) => "SEQUENCE".to_owned(),
        Found::Index(_) => "INDEX".to_owned(),
        Found::Composite { .. } => "TYPE".to_owned(),
        _ => return None,
    })
}

/// Renames the object, and the statement then creates the chain's.
fn aside(kind: &str, name: &QualifiedName) -> Advice {
    Advice::Make(format!("ALTER {kind} {} RENAME TO {};", name.quoted(), quote_ident(&old(&name.name))))
}

/// The name with `_old` appended, truncated to the length of an identifier.
fn old(name: &str) -> String {
    let mut end = name.len().min(MAX_IDENTIFIER - "_old".len());
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}_old", &name[..end])
}

/// A table's parents and its partition's bound: the statements for the chain's, and back to the database's.
fn place(name: &QualifiedName, wanted: &catalog::Table, found: &FoundTable) -> Option<[String; 2]> {
    if wanted.partition_by.is_some() != found.partition_by.is_some() || found.temporary {
        return None;
    }
    type Place<'a> = (&'a Option<(QualifiedName, String)>, &'a [QualifiedName]);
    let table = name.quoted();
    let moved = |(of, parents): Place<'_>, (to, to_parents): Place<'_>| {
        let mut sql = Vec::new();
        if let Some((parent, _)) = of {
            sql.push(format!("ALTER TABLE {} DETACH PARTITION {table};", parent.quoted()));
        }
        let gone = parents.iter().filter(|it| of.is_none() && !to_parents.contains(it));
        sql.extend(gone.map(|it| format!("ALTER TABLE {table} NO INHERIT {};", it.quoted())));
        let new = to_parents.iter().filter(|it| to.is_none() && !parents.contains(it));
        sql.extend(new.map(|it| format!("ALTER TABLE {table} INHERIT {};", it.quoted())));
        if let Some((parent, bound)) = to {
            sql.push(format!("ALTER TABLE {} ATTACH PARTITION {table} {bound};", parent.quoted()));
        }
        sql.join(" ")
    };
    let (chain, database) =
        ((&wanted.partition_of, wanted.inherits.as_slice()), (&found.partition_of, found.inherits.as_slice()));
    let [make, accept] = [moved(database, chain), moved(chain, database)];
    (make != accept && !make.is_empty()).then_some([make, accept])
}

/// The options converge; the owner is for a person to decide.
fn sequence(name: &QualifiedName, wanted: Option<&Owner>, found: &FoundSequence) -> Vec<Advice> {
    let found =
        found.owner.as_ref().map(|it| (QualifiedName::new(it.schema.clone(), it.table.clone()), it.column.clone()));
    let owned_by = |owner: Option<&Owner>| {
        let owner = owner.map(|(table, column)| format!("{}.{}", table.quoted(), quote_ident(column)));
        format!("ALTER SEQUENCE {} OWNED BY {};", name.quoted(), owner.as_deref().unwrap_or("NONE"))
    };
    match wanted == found.as_ref() {
        true => Vec::new(),
        false => vec![Advice::Make(owned_by(wanted)), Advice::Accept(owned_by(found.as_ref()))],
    }
}

/// A table and its column.
type Owner = (QualifiedName, String);

/// Triggers, policies and rules have no rows: they may be dropped.
fn upon(table: &QualifiedName, name: &str, wanted: &Definition, found: &Found) -> Vec<Advice> {
    let (kind, build) = match wanted {
        Definition::Trigger { build, .. } => ("TRIGGER", build),
        Definition::Policy { build, .. } => ("POLICY", build),
        Definition::Rule { build, .. } => ("RULE", build),
        _ => return Vec::new(),
    };
    let (own, target) = (quote_ident(name), table.quoted());
    let drop = format!("DROP {kind} {own} ON {target};");
    let mut ways = vec![Advice::Make(format!("{drop} {};", build.fill(&own, &target)))];
    let found = catalog::statement_of(found, &own, &target);
    ways.extend(found.map(|sql| Advice::Accept(format!("{drop} {};", sql.trim_end_matches(';')))));
    ways
}

fn type_(name: &QualifiedName, wanted: &Definition, found: &Found) -> Vec<Advice> {
    match (wanted, found) {
        (Definition::Enum { labels }, Found::Enum { labels: found }) => {
            let mut ways = vec![match labels_added(name, found, labels) {
                Some(sql) => Advice::Make(sql),
                None => aside("TYPE", name),
            }];
            ways.extend(labels_added(name, labels, found).map(Advice::Accept));
            ways
        }
        (Definition::Composite { attributes }, Found::Composite { attributes: found }) => {
            let wanted: Vec<_> = attributes.iter().map(|(name, type_)| (name.as_str(), written(type_))).collect();
            let found: Vec<_> = found.iter().map(|it| (it.name.as_str(), respelled(&it.format))).collect();
            let alter = |acts: Vec<String>| format!("ALTER TYPE {} {};", name.quoted(), acts.join(", "));
            let make =
                attributes_alike(&found, &wanted).map_or_else(|| aside("TYPE", name), |it| Advice::Make(alter(it)));
            let accept = attributes_alike(&wanted, &found).map(|it| Advice::Accept(alter(it)));
            [make].into_iter().chain(accept).collect()
        }
        (_, Found::Domain(_)) => vec![aside("DOMAIN", name)],
        (_, Found::Enum { .. } | Found::Range(_) | Found::Composite { .. }) => vec![aside("TYPE", name)],
        _ => Vec::new(),
    }
}

/// The statements that add labels to `some` until they equal `all`; none if a label would have to be removed or moved.
fn labels_added(name: &QualifiedName, some: &[String], all: &[String]) -> Option<String> {
    let mut rest = some.iter().peekable();
    let mut sql = Vec::new();
    for (at, label) in all.iter().enumerate() {
        if rest.next_if_eq(&label).is_some() {
            continue;
        }
        let place = match (at.checked_sub(1).map(|before| &all[before]), some.first()) {
            (Some(before), _) => format!(" AFTER {}", quote_literal(before)),
            (None, Some(first)) => format!(" BEFORE {}", quote_literal(first)),
            (None, None) => String::new(),
        };
        sql.push(format!("ALTER TYPE {} ADD VALUE {}{place};", name.quoted(), quote_literal(label)));
    }
    (rest.next().is_none() && !sql.is_empty()).then(|| sql.join(" "))
}

/// The acts that make one list of attributes equal the other: changed types, and attributes added at the end; none if one would
/// have to be removed.
fn attributes_alike(some: &[(&str, String)], all: &[(&str, String)]) -> Option<Vec<String>> {
    let changed = some.iter().zip(all).map(|((one, is), (other, wanted))| {
        (one == other).then(|| (is != wanted).then(|| format!("ALTER ATTRIBUTE {} TYPE {wanted}", quote_ident(one))))
    });
    let mut acts: Vec<String> = changed.collect::<Option<Vec<_>>>()?.into_iter().flatten().collect();
    let added = all.get(some.len()..)?.iter();
    acts.extend(added.map(|(name, type_)| format!("ADD ATTRIBUTE {} {type_}", quote_ident(name))));
    (!acts.is_empty()).then_some(acts)
}

fn function(
    name: &QualifiedName,
    types: &[String],
    wanted: &Definition,
    found: &catalog::FoundFunction,
) -> Vec<Advice> {
    let Definition::Function { build, .. } = wanted else { return Vec::new() };
    let signature = format!("{}({})", name.written(), types.join(", "));
    let shown = format!("SELECT pg_catalog.pg_get_functiondef({}::regprocedure)", quote_literal(&signature));
    let mut ways = vec![Advice::Replace(or_replace(&build.fill(&name.quoted(), "")))];
    if found.kind != 'a' {
        ways.push(Advice::Words(format!("{ACCEPT}: the statement that {shown} shows")));
    }
    ways
}

fn or_replace(create: &str) -> String {
    match create.strip_prefix("CREATE ") {
        Some(rest) if !rest.starts_with("OR REPLACE ") => format!("CREATE OR REPLACE {rest}"),
        _ => create.to_owned(),
    }
}

fn event_trigger(name: &str, event: &str, function: &QualifiedName, tags: &[String]) -> String {
    let tags: Vec<String> = tags.iter().map(|tag| quote_literal(tag)).collect();
    let when = if tags.is_empty() { String::new() } else { format!(" WHEN TAG IN ({})", tags.join(", ")) };
    format!("CREATE EVENT TRIGGER {} ON {event}{when} EXECUTE FUNCTION {}();", quote_ident(name), function.quoted())
}

/// The statements from one publication to the other; to or from FOR ALL TABLES it is created again, without its tables.
fn publication(name: &str, from: &Publication, to: &Publication) -> String {
    let own = quote_ident(name);
    if from.all_tables != to.all_tables {
        return format!("DROP PUBLICATION {own}; CREATE PUBLICATION {own} {};", to.sql());
    }
    let only_in = |one: &Publication, other: &Publication| {
        let only = one.schemas.iter().filter(|schema| !other.schemas.contains(schema));
        only.map(|schema| quote_ident(schema)).collect::<Vec<_>>()
    };
    let schemas = |word: &str, schemas: &[String]| match schemas {
        [] => String::new(),
        schemas => format!(" ALTER PUBLICATION {own} {word} TABLES IN SCHEMA {};", schemas.join(", ")),
    };
    let (come, go) = (only_in(to, from), only_in(from, to));
    format!("ALTER PUBLICATION {own} SET ({});{}{}", to.options(), schemas("ADD", &come), schemas("DROP", &go))
}

fn has_all(evidence: &Evidence, table: &QualifiedName, columns: &[String]) -> bool {
    columns.iter().all(|column| evidence.found(&Key::Column(table.clone(), column.clone())).is_some())
}

/// A column that differs.
struct Site<'a> {
    table: &'a QualifiedName,
    name: &'a str,
    default: Option<&'a FoundDefault>,
}

impl Site<'_> {
    fn ways(&self, wanted: &Column, found: &FoundColumn) -> Vec<Advice> {
        let is_plain = wanted.generated.is_none() && found.generated.is_none();
        match (is_plain, wanted.identity == found.identity) {
            (true, true) => self.retype(wanted, found),
            (true, false) if catalog::has_type(wanted, found) => vec![
                Advice::Make(self.identity(found.identity, wanted.identity)),
                Advice::Accept(self.identity(wanted.identity, found.identity)),
            ],
            (true, false) => Vec::new(),
            (false, _) => self.generation(wanted, found),
        }
    }

    fn alter(&self, words: &str) -> String {
        format!("{};", fix::alter_column(self.table, self.name, words))
    }

    /// Changes the type, after a query for the values that the chain's type would have to accept.
    fn retype(&self, wanted: &Column, found: &FoundColumn) -> Vec<Advice> {
        let (table, column) = (self.table.quoted(), quote_ident(self.name));
        let look = match limit(&wanted.type_) {
            Some(limit) => format!("SELECT {column} FROM {table} WHERE pg_catalog.length({column}) > {limit};"),
            None => format!("SELECT {column}, count(*) FROM {table} GROUP BY {column};"),
        };
        let collate = |it: &QualifiedName| {
            let is_of_system = it.schema == "pg_catalog";
            format!(" COLLATE {}", if is_of_system { quote_ident(&it.name) } else { it.quoted() })
        };
        let type_ = |type_: &str, collation: Option<&QualifiedName>| {
            format!("TYPE {type_}{}", collation.map(collate).unwrap_or_default())
        };
        let make = type_(&written(&wanted.type_), wanted.collation.as_ref());
        let make = match using(&column, &wanted.type_, found) {
            Some(using) if self.default.is_some() => {
                self.alter(&format!("DROP DEFAULT, ALTER COLUMN {column} {make}{using}"))
            }
            Some(using) => self.alter(&format!("{make}{using}")),
            None => self.alter(&make),
        };
        let is_of_system = found.type_.schema == "pg_catalog";
        let format = if is_of_system { respelled(&found.format) } else { found.format.clone() };
        let accept = self.alter(&type_(&format, found.collation.as_ref()));
        vec![Advice::Look(look), Advice::Make(make), Advice::Accept(accept)]
    }

    /// Changes the generation; its values come from other columns, so a generated column of the database's may be dropped and
    /// added again.
    fn generation(&self, wanted: &Column, found: &FoundColumn) -> Vec<Advice> {
        let (table, own) = (self.table.quoted(), quote_ident(self.name));
        let drop_expression = || self.alter("DROP EXPRESSION");
        let again = found.generated.as_ref().map(|(expression, stored)| {
            let kind = if *stored { "STORED" } else { "VIRTUAL" };
            format!(
                "ALTER TABLE {table} DROP COLUMN {own}, ADD COLUMN {own} {} GENERATED ALWAYS AS ({expression}) {kind};",
                found.format
            )
        });
        let rename = || format!("ALTER TABLE {table} RENAME COLUMN {own} TO {};", quote_ident(&old(self.name)));
        let make = match (&wanted.generated, &found.generated) {
            (None, Some((_, true))) => drop_expression(),
            _ => rename(),
        };
        let accept = match (&wanted.generated, again) {
            (_, Some(again)) => Some(again),
            (Some(generated), None) if generated.stored => Some(drop_expression()),
            _ => None,
        };
        [Advice::Make(make)].into_iter().chain(accept.map(Advice::Accept)).collect()
    }

    /// The statements for an identity, which continues where the default's sequence ended, or after the existing rows.
    fn identity(&self, from: Option<bool>, to: Option<bool>) -> String {
        let kind = |always: bool| if always { "ALWAYS" } else { "BY DEFAULT" };
        let always = match (from, to) {
            (_, None) => return self.alter("DROP IDENTITY"),
            (Some(_), Some(always)) => return self.alter(&format!("SET GENERATED {}", kind(always))),
            (None, Some(always)) => always,
        };
        let (table, column) = (self.table.quoted(), quote_ident(self.name));
        let (table_text, column_text) = (quote_literal(&table), quote_literal(self.name));
        let new = format!("pg_catalog.pg_get_serial_sequence({table_text}, {column_text})");
        let mut sql = Vec::new();
        let sequence = self.default.and_then(|default| default.next.as_ref());
        sql.extend(sequence.map(|sequence| {
            format!("ALTER SEQUENCE {} RENAME TO {};", sequence.quoted(), quote_ident(&old(&sequence.name)))
        }));
        sql.extend(self.default.map(|_| self.alter("DROP DEFAULT")));
        sql.push(self.alter("SET NOT NULL"));
        sql.push(self.alter(&format!("ADD GENERATED {} AS IDENTITY", kind(always))));
        match sequence.map(|sequence| sequence.beside(old(&sequence.name)).quoted()) {
            Some(last) => sql.extend([
                format!("SELECT pg_catalog.setval({new}, last_value, is_called) FROM {last};"),
                format!("DROP SEQUENCE {last};"),
            ]),
            None => sql.push(format!("SELECT pg_catalog.setval({new}, pg_catalog.max({column})) FROM {table};")),
        }
        sql.join(" ")
    }
}

/// The conversion if no assignment cast may exist: without the length, to which a cast would truncate; through text if a type is
/// not built in.
fn using(column: &str, wanted: &TypeName, found: &FoundColumn) -> Option<String> {
    let bare = TypeName { modifiers: Vec::new(), ..wanted.clone() };
    let is_same = wanted.name == found.type_.name && wanted.is_array == found.type_.is_array;
    let is_of_system = |schema: Option<&str>| schema.is_none_or(|schema| schema == "pg_catalog");
    let through =
        if is_of_system(wanted.schema.as_deref()) && is_of_system(Some(&found.type_.schema)) { "" } else { "::text" };
    (!is_same).then(|| format!(" USING {column}{through}::{}", written(&bare)))
}

/// The type in the server's own words, or with each part of its name quoted.
fn written(type_: &TypeName) -> String {
    let is_of_system = type_.schema.as_deref().is_none_or(|schema| schema == "pg_catalog");
    let is_plain = type_.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if is_of_system && is_plain { type_.shown() } else { type_.sql() }
}

/// The length of a text type, if it has one.
fn limit(type_: &TypeName) -> Option<&String> {
    match (type_.name.as_str(), type_.modifiers.as_slice()) {
        ("varchar" | "bpchar", [limit]) if !type_.is_array => Some(limit),
        _ => None,
    }
}
