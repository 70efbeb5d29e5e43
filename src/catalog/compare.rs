//! Compares the chain's definition with the catalog's, as far as the catalog's columns allow.

use super::canonical;
use super::definition::{Column, Constraint, ConstraintKind, DefaultValue, Definition, ForeignKey, Published, Table};
use super::found::{
    Found, FoundColumn, FoundConstraint, FoundDefault, FoundForeignKey, FoundPublication, FoundPublished, FoundTable,
    RelKind, SequenceOwner,
};
use super::types::{self, Types};
use crate::pg::name::QualifiedName;
use crate::sql::bound;
use crate::sql::clauses::{constraint_statement, is_over_period};
use crate::sql::partition_key::{self, Keys};
use crate::sql::respelled;
use crate::statement::change::Generated;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Comparison {
    Equal,
    Differs(Difference),
    /// Only PostgreSQL can tell: [`prove`](super::prove).
    Prove,
}

/// Both sides in readable words, close to SQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    pub wanted: String,
    pub found: String,
}

impl Comparison {
    fn of(equal: bool, wanted: impl Into<String>, found: impl Into<String>) -> Self {
        if equal { Self::Equal } else { Self::Differs(Difference { wanted: wanted.into(), found: found.into() }) }
    }
}

/// Compares a definition with the found object of its key.
pub fn compare(wanted: &Definition, found: &Found) -> Comparison {
    use {Definition as W, Found as F};
    match (wanted, found) {
        (W::Schema, F::Schema) | (W::Role, F::Role) => Comparison::Equal,
        (W::Extension { schema, version }, F::Extension { schema: in_, version: is }) => {
            extension(schema.as_deref(), version.as_deref(), in_, is)
        }
        (W::Table(wanted), F::Table(found)) => table(wanted, found),
        (W::ConstraintIndex { table }, F::Index(found)) => Comparison::of(
            found.constraint.is_some() && found.table == *table,
            format!("the index of a constraint of {table}"),
            match &found.constraint {
                Some(_) => format!("the index of a constraint of {}", found.table),
                None => format!("an index of its own on {}", found.table),
            },
        ),
        (W::Index(wanted), F::Index(found)) if wanted.table != found.table => {
            Comparison::of(false, format!("an index on {}", wanted.table), format!("an index on {}", found.table))
        }
        (W::Index(_), F::Index(found)) if found.constraint.is_some() => {
            Comparison::of(false, "an index of its own", "the index of a constraint")
        }
        (W::Column(wanted), F::Column(found)) => column(wanted, found),
        (W::Queried { .. }, F::Column(found)) if found.identity.is_some() || found.generated.is_some() => {
            Comparison::of(false, "what its query gives", found_column(found))
        }
        (W::Default(wanted), F::Default(found)) => default(wanted.as_ref(), found.as_ref()),
        (W::NotNull(wanted), F::NotNull(found)) => {
            let word = |it: bool| if it { "NOT NULL" } else { "NULL" };
            Comparison::of(wanted == found, word(*wanted), word(*found))
        }
        (W::Constraint(wanted), F::Constraint(found)) => constraint(wanted, found),
        (W::Enum { labels }, F::Enum { labels: found }) => {
            Comparison::of(labels == found, format!("({})", labels.join(", ")), format!("({})", found.join(", ")))
        }
        (W::Composite { attributes }, F::Composite { attributes: found }) => composite(attributes, found),
        (W::EventTrigger { event, function, tags }, F::EventTrigger { event: on, function: calls, tags: found }) => {
            let (wanted, found) = (event_trigger(event, function, tags), event_trigger(on, calls, found));
            Comparison::of(wanted == found, wanted, found)
        }
        (W::Publication(wanted), F::Publication(FoundPublication { definition: found, .. })) => {
            Comparison::of(wanted == found, wanted.sql(), found.sql())
        }
        (W::Published(wanted), F::Published(found)) => published(wanted, found),
        (W::Flag(wanted), F::Flag(found)) => {
            let word = |it: bool| if it { "on" } else { "off" };
            Comparison::of(wanted == found, word(*wanted), word(*found))
        }
        (W::Word(wanted), F::Word(found)) => {
            let shown = |word: &Option<String>| word.clone().unwrap_or_else(|| "not set".to_owned());
            Comparison::of(is_same_word(wanted.as_deref(), found.as_deref()), shown(wanted), shown(found))
        }
        (W::View { materialized, .. }, F::View(found)) if *materialized != found.materialized => {
            let word = |it: bool| if it { "a materialized view" } else { "a view" };
            Comparison::of(false, word(*materialized), word(found.materialized))
        }
        (W::Statistics { table, .. }, F::Statistics(found)) if found.table != *table => {
            Comparison::of(false, format!("statistics on {table}"), format!("statistics on {}", found.table))
        }
        (W::Sequence { owned_by, identity, .. }, F::Sequence(found)) => {
            sequence(owned_by.as_ref(), *identity, found.owner.as_ref())
        }
        (W::View { .. }, F::View(_))
        | (W::Index(_), F::Index(_))
        | (W::Queried { .. }, F::Column(_))
        | (W::Trigger { .. }, F::Trigger(_))
        | (W::Policy { .. }, F::Policy(_))
        | (W::Rule { .. }, F::Rule(_))
        | (W::Statistics { .. }, F::Statistics(_))
        | (W::Domain { .. }, F::Domain(_))
        | (W::Range { .. }, F::Range(_))
        | (W::Collation { .. }, F::Collation(_))
        | (W::Function { .. }, F::Function(_)) => Comparison::Prove,
        (wanted, found) => Comparison::of(false, wanted_kind(wanted), found_kind(found)),
    }
}

/// The catalog shows the sequence's owner; the options are read back from a built copy.
fn sequence(wanted: Option<&(QualifiedName, String)>, identity: bool, found: Option<&SequenceOwner>) -> Comparison {
    let shown = |owner: Option<(String, bool)>| match owner {
        None => "OWNED BY NONE".to_owned(),
        Some((owner, false)) => format!("OWNED BY {owner}"),
        Some((owner, true)) => format!("the sequence of the identity column {owner}"),
    };
    let wanted = shown(wanted.map(|(table, column)| (format!("{table}.{column}"), identity)));
    let found = shown(found.map(|it| (format!("{}.{}.{}", it.schema, it.table, it.column), it.internal)));
    if wanted == found { Comparison::Prove } else { Comparison::of(false, wanted, found) }
}

fn event_trigger(event: &str, function: &QualifiedName, tags: &[String]) -> String {
    let mut tags: Vec<String> = tags.iter().map(|tag| tag.to_uppercase()).collect();
    tags.sort();
    format!("ON {event} ({}) EXECUTE FUNCTION {function}()", tags.join(", "))
}

fn published(wanted: &Published, found: &FoundPublished) -> Comparison {
    let filters = (wanted.filter.is_some(), found.filter.is_some());
    if wanted.columns == found.columns && filters == (true, true) {
        return Comparison::Prove;
    }
    let is_equal = wanted.columns == found.columns && filters == (false, false);
    Comparison::of(is_equal, wanted.sql(&found.table), found.sql())
}

/// Numbers and switches of storage parameters have several spellings.
fn is_same_word(wanted: Option<&str>, found: Option<&str>) -> bool {
    let switch = |word: &str| match word.to_ascii_lowercase().as_str() {
        "true" | "on" | "yes" | "1" => Some(true),
        "false" | "off" | "no" | "0" => Some(false),
        _ => None,
    };
    match (wanted, found) {
        (Some(a), Some(b)) => {
            a == b
                || a.parse::<f64>().is_ok_and(|a| b.parse::<f64>().is_ok_and(|b| a == b))
                || switch(a).is_some_and(|a| switch(b) == Some(a))
        }
        (a, b) => a == b,
    }
}

fn extension(schema: Option<&str>, version: Option<&str>, in_: &str, is: &str) -> Comparison {
    let right_schema = schema.is_none_or(|schema| schema == in_);
    let new_enough = version.is_none_or(|version| release(version) <= release(is));
    let wanted = [schema.map(|it| format!("SCHEMA {it}")), version.map(|it| format!("VERSION {it}"))];
    let wanted: Vec<String> = wanted.into_iter().flatten().collect();
    Comparison::of(right_schema && new_enough, wanted.join(" "), format!("SCHEMA {in_} VERSION {is}"))
}

/// The numbers of a version, for comparison.
fn release(version: &str) -> Vec<u64> {
    version.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect()
}

fn table(wanted: &Table, found: &FoundTable) -> Comparison {
    let kind = wanted.kind();
    if kind != found.kind {
        return Comparison::of(false, kind.word(), found.kind.word());
    }
    let (a, b) = (place(&wanted.partition_of, &wanted.inherits), place(&found.partition_of, &found.inherits));
    let is_asked = match (&wanted.partition_of, &found.partition_of) {
        _ if squeeze(&a) == squeeze(&b) => false,
        (Some((parent, bound)), Some((other, found))) if parent == other => match bound::compare(bound, found) {
            bound::Comparison::Equal => false,
            bound::Comparison::ByValue(_) | bound::Comparison::Unread => true,
            bound::Comparison::Different => return Comparison::of(false, a, b),
        },
        _ => return Comparison::of(false, a, b),
    };
    let is_unclear = match partition_keys(wanted, found) {
        Keys::Equal => false,
        Keys::Unclear => true,
        Keys::Different => {
            let by = |by: &Option<String>| by.as_ref().map(|by| format!("PARTITION BY {by}")).unwrap_or_default();
            return Comparison::of(false, by(&wanted.partition_by), by(&found.partition_by));
        }
    };
    let word = |unlogged: bool| if unlogged { "UNLOGGED" } else { "logged" };
    // A partitioned table has no rows, and its UNLOGGED differs between versions.
    let is_kept = (wanted.unlogged == found.unlogged || kind == RelKind::Partitioned) && !found.temporary;
    match Comparison::of(is_kept, word(wanted.unlogged), word(found.unlogged)) {
        Comparison::Equal if is_asked || is_unclear => Comparison::Prove,
        told => told,
    }
}

/// The partition keys of both.
pub(super) fn partition_keys(wanted: &Table, found: &FoundTable) -> Keys {
    match (&wanted.partition_by, &found.partition_by) {
        (None, None) => Keys::Equal,
        (Some(wanted), Some(found)) => partition_key::compare(wanted, found),
        _ => Keys::Different,
    }
}

/// The parents of a table, in words.
pub(super) fn place(of: &Option<(QualifiedName, String)>, inherits: &[QualifiedName]) -> String {
    let mut names: Vec<String> = inherits.iter().map(QualifiedName::to_string).collect();
    names.sort();
    match of {
        Some((parent, bound)) => format!("PARTITION OF {parent} {bound}"),
        None if names.is_empty() => "a table of its own".to_owned(),
        None => format!("INHERITS ({})", names.join(", ")),
    }
}

/// The text without insignificant differences: spaces, and letter case outside quotes.
fn squeeze(text: &str) -> String {
    let mut quote = None;
    let kept = text.chars().filter_map(|c| {
        match quote {
            Some(open) if c == open => quote = None,
            None if c == '\'' || c == '"' => quote = Some(c),
            Some(_) => return Some(c),
            None if c.is_whitespace() => return None,
            None => {}
        }
        Some(c.to_ascii_lowercase())
    });
    kept.collect()
}

fn column(wanted: &Column, found: &FoundColumn) -> Comparison {
    let differs = || Comparison::of(false, wanted_column(wanted), found_column(found));
    let type_ = types::compare(&wanted.type_, &found.type_, &found.format);
    let is_visible = wanted.type_.schema.is_some()
        || found.type_.schema == "pg_catalog"
        || wanted.path.is_empty()
        || wanted.path.contains(&found.type_.schema);
    if type_ == Types::Differ
        || !is_visible
        || wanted.collation != found.collation && !is_default_collation(wanted, found)
    {
        return differs();
    }
    if wanted.identity != found.identity || wanted.generated.is_some() != found.generated.is_some() {
        return differs();
    }
    match (wanted.generated.as_deref(), &found.generated) {
        (Some(Generated { stored, .. }), Some((_, found))) if stored != found => differs(),
        (Some(Generated { expr, .. }), Some((expression, _))) if !is_same_expression(&expr.sql, expression) => {
            Comparison::Prove
        }
        _ if type_ == Types::Unclear => Comparison::Prove,
        _ => Comparison::Equal,
    }
}

/// `COLLATE "default"` is the same as no collation.
fn is_default_collation(wanted: &Column, found: &FoundColumn) -> bool {
    found.collation.is_none()
        && wanted.collation.as_ref().is_some_and(|it| it.schema == "pg_catalog" && it.name == "default")
}

fn wanted_column(wanted: &Column) -> String {
    let mut text = wanted.type_.shown();
    text += &wanted.collation.as_ref().map(|it| format!(" COLLATE {it}")).unwrap_or_default();
    text += identity(wanted.identity);
    text += &wanted.generated.as_ref().map(|it| format!(" GENERATED ALWAYS AS ({})", it.expr.sql)).unwrap_or_default();
    text
}

fn found_column(found: &FoundColumn) -> String {
    let mut text = respelled(&found.format);
    text += &found.collation.as_ref().map(|it| format!(" COLLATE {it}")).unwrap_or_default();
    text += identity(found.identity);
    text += &found.generated.as_ref().map(|(sql, _)| format!(" GENERATED ALWAYS AS ({sql})")).unwrap_or_default();
    text
}

fn identity(always: Option<bool>) -> &'static str {
    match always {
        Some(true) => " GENERATED ALWAYS AS IDENTITY",
        Some(false) => " GENERATED BY DEFAULT AS IDENTITY",
        None => "",
    }
}

fn default(wanted: Option<&DefaultValue>, found: Option<&FoundDefault>) -> Comparison {
    let shown = |found: &FoundDefault| format!("DEFAULT {}", found.expression);
    match (wanted, found) {
        (None, None) => Comparison::Equal,
        (None, Some(found)) => Comparison::of(false, "no default", shown(found)),
        (Some(DefaultValue::Expr { since, .. }), _) if !since.is_empty() => Comparison::Prove,
        (Some(DefaultValue::Expr { expr, .. }), None) => {
            Comparison::of(false, format!("DEFAULT {}", expr.sql), "no default")
        }
        (Some(DefaultValue::Next(sequence)), None) => {
            Comparison::of(false, format!("nextval of {sequence}"), "no default")
        }
        (Some(DefaultValue::Next(sequence)), Some(found)) => {
            let is_next = found.expression.starts_with("nextval(") && found.next.as_ref() == Some(sequence);
            Comparison::of(is_next, format!("nextval of {sequence}"), shown(found))
        }
        (Some(DefaultValue::Expr { expr, .. }), Some(found)) => {
            if is_same_expression(&expr.sql, &found.expression) {
                Comparison::Equal
            } else {
                Comparison::Prove
            }
        }
    }
}

/// True only for texts with one possible meaning: a number, true, false. Other equal texts may refer to different functions or
/// types.
fn is_same_expression(wanted: &str, found: &str) -> bool {
    let is_plain = |text: &str| {
        text == "true"
            || text == "false"
            || !text.is_empty() && text.len() < 10 && text.chars().all(|c| c.is_ascii_digit())
    };
    wanted == found && is_plain(wanted)
}

fn composite(wanted: &[(String, crate::sql::TypeName)], found: &[super::found::FoundAttribute]) -> Comparison {
    let a: Vec<String> = wanted.iter().map(|(name, type_)| format!("{name} {}", type_.shown())).collect();
    let b: Vec<String> = found.iter().map(|it| format!("{} {}", it.name, respelled(&it.format))).collect();
    let equal = wanted.len() == found.len()
        && wanted.iter().zip(found).all(|((name, type_), found)| {
            *name == found.name && types::compare(type_, &found.type_, &found.format) == Types::Equal
        });
    Comparison::of(equal, format!("({})", a.join(", ")), format!("({})", b.join(", ")))
}

fn constraint(wanted: &Constraint, found: &FoundConstraint) -> Comparison {
    let differs = |wanted: String| Comparison::of(false, wanted, found.definition.clone());
    let deferral = format!(
        "{}{}",
        if wanted.deferrable { " DEFERRABLE" } else { "" },
        if wanted.initially_deferred { " INITIALLY DEFERRED" } else { "" }
    );
    let shown = format!("{}{deferral}", wanted_constraint(wanted));
    let letter = match wanted.kind {
        ConstraintKind::Check { .. } => 'c',
        ConstraintKind::Unique { .. } => 'u',
        ConstraintKind::Primary { .. } => 'p',
        ConstraintKind::Exclude { .. } => 'x',
        ConstraintKind::Foreign(_) => 'f',
        ConstraintKind::NotNull => 'n',
    };
    let is_deferral = (wanted.deferrable, wanted.initially_deferred) == (found.deferrable, found.initially_deferred);
    if letter != found.kind || !is_deferral || wanted.valid && !found.valid || !is_same_period(wanted, found) {
        return differs(shown);
    }
    match &wanted.kind {
        ConstraintKind::Check { .. } | ConstraintKind::Exclude { .. } => Comparison::Prove,
        ConstraintKind::Unique { columns, include, nulls_not_distinct } => {
            let nulls = found.index.as_ref().is_some_and(|index| index.nulls_not_distinct);
            keys(columns, include, found, nulls == *nulls_not_distinct, shown)
        }
        ConstraintKind::Primary { columns, include } => keys(columns, include, found, true, shown),
        ConstraintKind::Foreign(key) => match &found.foreign {
            Some(there) if is_same_key(key, &wanted.columns, there, &found.columns) => Comparison::Equal,
            _ => differs(shown),
        },
        ConstraintKind::NotNull => Comparison::of(wanted.columns == found.columns, shown, found.definition.clone()),
    }
}

/// The periods of PostgreSQL 18, which no other compared property contains.
fn is_same_period(wanted: &Constraint, found: &FoundConstraint) -> bool {
    if matches!(wanted.kind, ConstraintKind::Check { .. } | ConstraintKind::Exclude { .. }) {
        return true;
    }
    // Most constraints do not have the words, and need no parser.
    let is_over = |sql: &str| ["OVERLAPS", "PERIOD"].iter().any(|word| sql.contains(word)) && is_over_period(sql);
    is_over(&wanted.build.fill("own", "t")) == is_over(&constraint_statement(&found.definition))
}

fn keys(columns: &[String], include: &[String], found: &FoundConstraint, nulls: bool, shown: String) -> Comparison {
    let is_include = found.index.as_ref().is_some_and(|index| index.include == include);
    Comparison::of(columns == found.columns && is_include && nulls, shown, found.definition.clone())
}

fn is_same_key(wanted: &ForeignKey, columns: &[String], found: &FoundForeignKey, there: &[String]) -> bool {
    // The pairs of columns, in any order.
    let targets = wanted.target_columns.as_ref().or(found.key.as_ref());
    let pairs = |own: &[String], targets: &[String]| {
        let mut pairs: Vec<(String, String)> = own.iter().cloned().zip(targets.iter().cloned()).collect();
        pairs.sort();
        pairs
    };
    let sorted = |names: &[String]| {
        let mut names = names.to_vec();
        names.sort();
        names
    };
    wanted.target == found.target
        && columns.len() == there.len()
        && targets.is_some_and(|targets| pairs(columns, targets) == pairs(there, &found.columns))
        && (wanted.matching, wanted.on_update, wanted.on_delete) == (found.matching, found.on_update, found.on_delete)
        && sorted(&wanted.delete_columns) == sorted(&found.delete_columns)
}

fn wanted_constraint(wanted: &Constraint) -> String {
    let list = |columns: &[String]| columns.join(", ");
    match &wanted.kind {
        ConstraintKind::Unique { columns, nulls_not_distinct, .. } => {
            let nulls = if *nulls_not_distinct { " NULLS NOT DISTINCT" } else { "" };
            format!("UNIQUE{nulls} ({})", list(columns))
        }
        ConstraintKind::Primary { columns, .. } => format!("PRIMARY KEY ({})", list(columns)),
        ConstraintKind::Foreign(key) => {
            let targets = key.target_columns.as_ref().map(|columns| format!("({})", list(columns))).unwrap_or_default();
            let mut text = format!("FOREIGN KEY ({}) REFERENCES {}{targets}", list(&wanted.columns), key.target);
            text += if key.matching == 'f' { " MATCH FULL" } else { "" };
            text += &action(" ON UPDATE ", key.on_update);
            text += &action(" ON DELETE ", key.on_delete);
            if !key.delete_columns.is_empty() {
                text += &format!(" ({})", list(&key.delete_columns));
            }
            text
        }
        ConstraintKind::NotNull => format!("NOT NULL {}", list(&wanted.columns)),
        ConstraintKind::Check { .. } | ConstraintKind::Exclude { .. } => statement_of(&wanted.build.fill("own", "t")),
    }
}

/// The text after the constraint's name in `ALTER TABLE t ADD CONSTRAINT own …`.
fn statement_of(sql: &str) -> String {
    sql.strip_prefix("ALTER TABLE t ADD CONSTRAINT own ").unwrap_or(sql).to_owned()
}

fn action(word: &str, letter: char) -> String {
    match letter {
        'r' => format!("{word}RESTRICT"),
        'c' => format!("{word}CASCADE"),
        'n' => format!("{word}SET NULL"),
        'd' => format!("{word}SET DEFAULT"),
        _ => String::new(),
    }
}

fn wanted_kind(wanted: &Definition) -> &'static str {
    match wanted {
        Definition::Table(_) => "a table",
        Definition::View { materialized: false, .. } => "a view",
        Definition::View { .. } => "a materialized view",
        Definition::Sequence { .. } => "a sequence",
        Definition::Index(_) | Definition::ConstraintIndex { .. } => "an index",
        Definition::Enum { .. } => "an enum",
        Definition::Composite { .. } => "a composite type",
        Definition::Domain { .. } => "a domain",
        Definition::Range { .. } => "a range type",
        _ => "another kind of object",
    }
}

fn found_kind(found: &Found) -> String {
    match found {
        Found::Table(table) => format!("a {}", table.kind.word()),
        Found::View(view) if view.materialized => "a materialized view".to_owned(),
        Found::View(_) => "a view".to_owned(),
        Found::Sequence(_) => "a sequence".to_owned(),
        Found::Index(_) => "an index".to_owned(),
        Found::Enum { .. } => "an enum".to_owned(),
        Found::Composite { .. } => "a composite type".to_owned(),
        Found::Domain(_) => "a domain".to_owned(),
        Found::Range(_) => "a range type".to_owned(),
        other => canonical::text(other),
    }
}
