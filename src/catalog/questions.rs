//! The queries that read definitions. One text serves existing and built objects, so equal objects give equal answers.

use crate::pg::membership::MEMBERS;
use crate::pg::name::{QualifiedName, quote_array, quote_literal};
use crate::pg::version::ServerVersion;

/// A kind of object that is read by a query of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Relation,
    Column,
    Constraint,
    Index,
    Trigger,
    Policy,
    Rule,
    /// The objects of other roles that reading a relation would run.
    Reaches,
    Type,
    /// The objects of other roles that using a domain would run.
    TypeReaches,
    Function,
    Statistics,
    Collation,
    Schema,
    Role,
    Extension,
    Publication,
    EventTrigger,
}

impl Kind {
    /// The queries for relations.
    pub const OF_RELATIONS: [Self; 8] = [
        Self::Relation,
        Self::Column,
        Self::Constraint,
        Self::Index,
        Self::Trigger,
        Self::Policy,
        Self::Rule,
        Self::Reaches,
    ];
    pub const OF_TYPES: [Self; 2] = [Self::Type, Self::TypeReaches];

    fn text(self) -> &'static str {
        match self {
            Self::Relation => include_str!("sql/relation.sql"),
            Self::Column => include_str!("sql/column.sql"),
            Self::Constraint => include_str!("sql/constraint.sql"),
            Self::Index => include_str!("sql/index.sql"),
            Self::Trigger => include_str!("sql/trigger.sql"),
            Self::Policy => include_str!("sql/policy.sql"),
            Self::Rule => include_str!("sql/rule.sql"),
            Self::Type => include_str!("sql/type.sql"),
            Self::Reaches | Self::TypeReaches => include_str!("sql/reaches.sql"),
            Self::Function => include_str!("sql/function.sql"),
            Self::Statistics => include_str!("sql/statistics.sql"),
            Self::Collation => include_str!("sql/collation.sql"),
            Self::Schema => include_str!("sql/schema.sql"),
            Self::Role => include_str!("sql/role.sql"),
            Self::Extension => include_str!("sql/extension.sql"),
            Self::Publication => include_str!("sql/publication.sql"),
            Self::EventTrigger => include_str!("sql/event_trigger.sql"),
        }
    }

    /// The list from which the query reads, the catalog behind the list, and that catalog's columns of name and schema.
    fn source(self) -> Option<(&'static str, &'static str, &'static str, &'static str)> {
        match self {
            Self::Relation
            | Self::Column
            | Self::Constraint
            | Self::Index
            | Self::Trigger
            | Self::Policy
            | Self::Rule
            | Self::Reaches => Some(("rel", "pg_class", "relname", "relnamespace")),
            Self::Type | Self::TypeReaches => Some(("typ", "pg_type", "typname", "typnamespace")),
            Self::Function => Some(("fun", "pg_proc", "proname", "pronamespace")),
            Self::Statistics => Some(("sta", "pg_statistic_ext", "stxname", "stxnamespace")),
            Self::Collation => Some(("col", "pg_collation", "collname", "collnamespace")),
            Self::Schema | Self::Role | Self::Extension | Self::Publication | Self::EventTrigger => None,
        }
    }

    /// The query over the list with its name. `names` is the list for kinds without a schema.
    pub fn query(self, server: ServerVersion, names: &str) -> String {
        let text =
            self.roots().iter().fold(self.text().to_owned(), |text, (word, meaning)| text.replace(word, meaning));
        expand(&text, server).replace("{names}", names)
    }

    /// The starting points of `reaches.sql`.
    fn roots(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Reaches => &[
                ("{kind}", "relation reaches"),
                ("{of}", "rel"),
                ("{name}", "relname"),
                ("{owner}", "relowner"),
                ("{catalog}", "pg_catalog.pg_class"),
                ("{counts}", "rel.relkind IN ('r', 'p', 'f', 'v', 'm')"),
            ],
            Self::TypeReaches => &[
                ("{kind}", "type reaches"),
                ("{of}", "typ"),
                ("{name}", "typname"),
                ("{owner}", "typowner"),
                ("{catalog}", "pg_catalog.pg_type"),
                ("{counts}", "typ.typtype = 'd'"),
            ],
            _ => &[],
        }
    }

    /// `rel AS MATERIALIZED (…)` of these names.
    pub fn named<'a>(self, names: impl Iterator<Item = &'a QualifiedName> + Clone) -> String {
        let Some((list, catalog, name, schema)) = self.source() else { return String::new() };
        let schemas = quote_array(names.clone().map(|it| it.schema.as_str()));
        let bare = quote_array(names.map(|it| it.name.as_str()));
        format!(
            "{list} AS MATERIALIZED (SELECT c.*, n.nspname FROM ROWS FROM (pg_catalog.unnest({schemas}), \
             pg_catalog.unnest({bare})) AS w(s, n) JOIN pg_catalog.pg_namespace n ON n.nspname = w.s::pg_catalog.name JOIN \
             pg_catalog.{catalog} c ON c.{name} = w.n::pg_catalog.name AND c.{schema} = n.oid)"
        )
    }

    /// `rel AS MATERIALIZED (…)` of one object in a schema, or in the session's temporary schema; `own` is SQL for its name.
    pub fn single(self, own: &str, schema_name: Option<&str>) -> String {
        let Some((list, catalog, name, schema)) = self.source() else { return String::new() };
        let place = match schema_name {
            Some(schema_name) => format!("n.nspname = {}", quote_literal(schema_name)),
            None => "n.oid = pg_catalog.pg_my_temp_schema()".to_owned(),
        };
        format!(
            "{list} AS MATERIALIZED (SELECT c.*, n.nspname FROM pg_catalog.{catalog} c JOIN pg_catalog.pg_namespace n ON \
             n.oid = c.{schema} WHERE {place} AND c.{name} = {own}::pg_catalog.name)"
        )
    }
}

/// The element type of an array, and a flag for arrays; `int2vector` and `oidvector` count as types of their own.
const ELEMENT: &str = "FROM pg_catalog.pg_type e JOIN pg_catalog.pg_namespace en ON en.oid = e.typnamespace WHERE e.oid = CASE WHEN \
                       $.typcategory = 'A' AND $.typelem <> 0 AND $.typname NOT IN ('int2vector', 'oidvector') THEN $.typelem ELSE \
                       $.oid END";

/// Replaces the words in braces, by server version where catalogs differ.
pub(super) fn expand(text: &str, server: ServerVersion) -> String {
    let from = |major: u32, expression: &'static str, else_: &'static str| {
        if server.major() >= major { expression } else { else_ }
    };
    let words = [
        ("{compression}", from(14, "CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END", "NULL")),
        ("{trusted}", include_str!("sql/trusted.sql")),
        ("{members}", MEMBERS),
        ("{nulls_not_distinct}", from(15, "i.indnullsnotdistinct", "false")),
        ("{delete_columns}", from(15, "{columns:c.conrelid, c.confdelsetcols}", "'[]'::pg_catalog.json")),
        (
            "{sql_body}",
            from(14, "CASE WHEN f.prosqlbody IS NOT NULL THEN pg_catalog.pg_get_function_sqlbody(f.oid) END", "NULL"),
        ),
        (
            "{statistics_expressions}",
            from(
                14,
                "coalesce(pg_catalog.pg_get_statisticsobjdef_expressions(s.oid), '{}')",
                "'{}'::pg_catalog.text[]",
            ),
        ),
        ("{collation_locale}", from(17, "c.colllocale", from(15, "c.colliculocale", "NULL"))),
        ("{collation_rules}", from(16, "c.collicurules", "NULL")),
        (
            "{publication_columns}",
            from(15, "CASE WHEN r.prattrs IS NOT NULL THEN {columns:c.oid, r.prattrs::pg_catalog.int2[]} END", "NULL"),
        ),
        ("{publication_filter}", from(15, "pg_catalog.pg_get_expr(r.prqual, r.prrelid)", "NULL")),
        (
            "{publication_schemas}",
            from(
                15,
                "(SELECT coalesce(pg_catalog.json_agg(n.nspname), '[]') FROM pg_catalog.pg_publication_namespace pn JOIN \
                 pg_catalog.pg_namespace n ON n.oid = pn.pnnspid WHERE pn.pnpubid = p.oid)",
                "'[]'::pg_catalog.json",
            ),
        ),
        ("{publication_generated}", from(18, "p.pubgencols = 's'", "false")),
    ];
    let text = words.iter().fold(text.to_owned(), |text, (word, meaning)| text.replace(word, meaning));
    // The names as the server writes them in a definition: the object's own, and its table's with and without the schema.
    let text = each(&text, "{written:", |name| {
        format!(
            "pg_catalog.json_build_array(pg_catalog.quote_ident({name}), pg_catalog.quote_ident(r.nspname) || '.' || \
             pg_catalog.quote_ident(r.relname), pg_catalog.quote_ident(r.relname))"
        )
    });
    let text = each(&text, "{acl:", |acl| {
        format!(
            "(SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_array(CASE WHEN x.grantee = 0 THEN 'public' ELSE \
             pg_catalog.pg_get_userbyid(x.grantee)::text END, x.privilege_type)), '[]') FROM pg_catalog.aclexplode({acl}) AS x)"
        )
    });
    let text = each(&text, "{columns:", |arguments| {
        let (relation, numbers) = arguments.split_once(", ").unwrap_or((arguments, "NULL"));
        format!(
            "(SELECT coalesce(pg_catalog.json_agg(ka.attname ORDER BY k.at), '[]') FROM pg_catalog.unnest({numbers}) WITH \
             ORDINALITY AS k(num, at) JOIN pg_catalog.pg_attribute ka ON ka.attrelid = {relation} AND ka.attnum = k.num)"
        )
    });
    let text = each(&text, "{type:", |of| {
        format!(
            "(SELECT pg_catalog.json_build_object('schema', en.nspname, 'name', e.typname, 'is_array', e.oid <> {of}.oid) {})",
            ELEMENT.replace('$', of)
        )
    });
    each(&text, "{canonical:", |of| {
        format!(
            "(SELECT CASE WHEN en.nspname = 'pg_catalog' THEN '' ELSE en.nspname || '.' END || e.typname || CASE WHEN e.oid \
             <> {of}.oid THEN '[]' ELSE '' END {})",
            ELEMENT.replace('$', of)
        )
    })
}

/// Replaces every `{word:argument}`.
fn each(text: &str, word: &str, meaning: impl Fn(&str) -> String) -> String {
    let mut parts = text.split(word);
    let mut expanded = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (argument, rest) = part.split_once('}').unwrap_or((part, ""));
        expanded += &meaning(argument);
        expanded += rest;
    }
    expanded
}
