//! The query for all objects of a kind. It is planned with a search_path of pg_catalog only, so its own names cannot resolve to
//! others, and it runs with the home's, so the definitions that it returns have names relative to the home.

use super::Kind;
use super::histories;
use crate::pg::name::{quote_array, quote_literal};
use crate::pg::version::ServerVersion;

/// The part of a database that is inspected.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// The schema whose objects have an unqualified name.
    pub home: String,
    /// The inspected schemas, including the home.
    pub schemas: Vec<String>,
    /// The name of the chain's own history table, without its schema.
    pub history: String,
    /// The oids of relations that are left out because they are locked.
    pub locked: Vec<String>,
    /// True if owners and grants are facts too.
    pub privileges: bool,
}

const LOOKED: &str = include_str!("looked.sql");

/// The SQL that returns a row for each object: its name, and its properties.
pub fn question(kind: &Kind, scope: &Scope, server: ServerVersion) -> String {
    let mut sql = format!("{LOOKED}{}", kind.query);
    for word in kind.words {
        sql = sql.replace(word.name, if server.major() >= word.since { word.then } else { word.before });
    }
    let sql = expand(&sql, scope);
    let locked: Vec<&str> = scope.locked.iter().map(String::as_str).collect();
    let names = histories::names(&scope.history);
    sql.replace("{home}", &quote_literal(&scope.home))
        .replace("{schemas}", &quote_array(scope.schemas.iter().map(String::as_str)))
        .replace("{histories}", &quote_array(names.iter().map(String::as_str)))
        .replace("{locked}", &format!("ARRAY[{}]::oid[]", locked.join(", ")))
        .replace("{privileges}", if scope.privileges { "true" } else { "false" })
}

/// Replaces every `{word:arguments}`.
fn expand(sql: &str, scope: &Scope) -> String {
    let mut expanded = String::new();
    let mut rest = sql;
    while let Some((before, call, after)) = next_call(rest) {
        expanded += before;
        expanded += &expression(call, scope).unwrap_or_else(|| format!("{{{call}}}"));
        rest = after;
    }
    expanded + rest
}

/// The text before the next pair of braces, the text within, and the text after.
fn next_call(sql: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = sql.split_once('{')?;
    let (call, after) = rest.split_once('}')?;
    Some((before, call, after))
}

fn expression(call: &str, scope: &Scope) -> Option<String> {
    let (word, arguments) = call.split_once(':')?;
    let arguments: Vec<&str> = arguments.splitn(3, ", ").collect();
    let argument = |at: usize| arguments.get(at).copied().unwrap_or_default();
    Some(match word {
        "own" => format!(
            "NOT EXISTS (SELECT FROM member m WHERE m.classid = '{}'::regclass AND m.objid = {})",
            argument(0),
            argument(1)
        ),
        "described" => format!(
            "LEFT JOIN pg_description de ON de.classoid = '{}'::regclass AND de.objoid = {} AND de.objsubid = {}",
            argument(0),
            argument(1),
            argument(2)
        ),
        "owner" if scope.privileges => format!("pg_get_userbyid({})", argument(0)),
        "owner" => "NULL".to_owned(),
        "grants" if scope.privileges => grants(argument(0), argument(1), argument(2)),
        "grants" => "NULL".to_owned(),
        "names" => {
            let numbers = arguments.get(1..).map(|numbers| numbers.join(", ")).unwrap_or_default();
            format!(
                "CASE cardinality({numbers}) WHEN 1 THEN (SELECT json_build_array(ka.attname) FROM pg_attribute ka WHERE \
                 ka.attrelid = {of} AND ka.attnum = ({numbers})[array_lower({numbers}, 1)]) ELSE (SELECT json_agg(ka.attname ORDER BY k.n) FROM \
                 unnest({numbers}) WITH ORDINALITY AS k(num, n) JOIN pg_attribute ka ON ka.attrelid = {of} AND \
                 ka.attnum = k.num) END",
                of = argument(0)
            )
        }
        "action" => format!(
            "CASE {} WHEN 'r' THEN 'restrict' WHEN 'c' THEN 'cascade' WHEN 'n' THEN 'set null' WHEN 'd' THEN 'set default' END",
            argument(0)
        ),
        "list" => format!(
            "CASE WHEN {of} IS NOT NULL THEN (SELECT json_agg(o.o ORDER BY o.o) FROM unnest({of}) AS o(o)) END",
            of = argument(0)
        ),
        "options" => options(argument(0)),
        "sequence" => SEQUENCE.replace('$', argument(0)),
        _ => return None,
    })
}

/// The grants to others than the owner, one item for each role. Missing rights of the owner are not recorded.
fn grants(acl: &str, of: &str, owner: &str) -> String {
    format!(
        "(SELECT json_agg(g.g ORDER BY g.g) FROM (SELECT concat(CASE WHEN x.grantee = 0 THEN 'public' ELSE \
         pg_get_userbyid(x.grantee)::text END, ': ', string_agg(x.privilege_type || CASE WHEN x.is_grantable THEN \
         ' with grant option' ELSE '' END, ', ' ORDER BY x.privilege_type)) AS g FROM aclexplode(coalesce({acl}, \
         acldefault({of}::\"char\", {owner}))) AS x WHERE x.grantee <> {owner} GROUP BY x.grantee) AS g)"
    )
}

/// Options of foreign objects, without the values of those that may be secrets.
fn options(of: &str) -> String {
    format!(
        "CASE WHEN {of} IS NOT NULL THEN (SELECT json_agg(CASE WHEN o.option_name ~* 'pass|secret|token|key|user|cert|cred' THEN o.option_name || '=…' ELSE \
         o.option_name || '=' || o.option_value END ORDER BY o.option_name) FROM pg_options_to_table({of}) AS o) END"
    )
}

/// The options of a sequence that differ from the defaults (PostgreSQL documentation, CREATE SEQUENCE).
const SEQUENCE: &str = "(SELECT json_agg(o.o ORDER BY o.n) FROM (SELECT \
    CASE $.seqtypid WHEN 'int2'::regtype THEN -32768 WHEN 'int4'::regtype THEN -2147483648 ELSE -9223372036854775808 END AS least, \
    CASE $.seqtypid WHEN 'int2'::regtype THEN 32767 WHEN 'int4'::regtype THEN 2147483647 ELSE 9223372036854775807 END AS most) AS b, \
    unnest(ARRAY[CASE WHEN $.seqincrement <> 1 THEN 'increment ' || $.seqincrement END, \
    CASE WHEN $.seqmin <> CASE WHEN $.seqincrement > 0 THEN 1 ELSE b.least END THEN 'min ' || $.seqmin END, \
    CASE WHEN $.seqmax <> CASE WHEN $.seqincrement > 0 THEN b.most ELSE -1 END THEN 'max ' || $.seqmax END, \
    CASE WHEN $.seqstart <> CASE WHEN $.seqincrement > 0 THEN $.seqmin ELSE $.seqmax END THEN 'start ' || $.seqstart END, \
    CASE WHEN $.seqcache <> 1 THEN 'cache ' || $.seqcache END, CASE WHEN $.seqcycle THEN 'cycle' END]) \
    WITH ORDINALITY AS o(o, n) WHERE o.o IS NOT NULL)";

#[cfg(test)]
mod tests {
    use super::super::KINDS;
    use super::*;

    #[test]
    fn no_word_in_braces_is_left() {
        for major in ["13.0", "18.0"] {
            let server = ServerVersion::from_parameter(major).unwrap();
            for kind in KINDS {
                for privileges in [false, true] {
                    let scope = Scope { privileges, ..Scope::default() };
                    let sql = question(kind, &scope, server).replace("'{}'", "");
                    assert!(!sql.contains(['{', '}']), "{}: {sql}", kind.word);
                }
            }
        }
    }
}
