use super::*;

/// The takings of a statement, in a few words.
fn taken(sql: &str) -> Vec<String> {
    let shown = |named: &Named| named.schema.iter().chain([&named.name]).cloned().collect::<Vec<_>>().join(".");
    let only = |only: bool| if only { " only" } else { "" };
    let along = |cascade: bool| if cascade { " and what depends on it" } else { "" };
    let one = |taking: &Taking| match taking {
        Taking::Drop { object, cascade } => match object {
            Object::Relation { name, .. } => format!("{}{}", shown(name), along(*cascade)),
            Object::Column { table, column } => format!("{}.{column}{}", shown(table), along(*cascade)),
            Object::Schema(name) => format!("schema {name}{}", along(*cascade)),
            Object::Type(name) | Object::Domain(name) => format!("type {}{}", shown(name), along(*cascade)),
            Object::Extension(name) => format!("extension {name}{}", along(*cascade)),
            other => format!("{other:?}{}", along(*cascade)),
        },
        Taking::DropPlain { catalog, name, .. } => format!("{catalog:?} {name}"),
        Taking::DropOwned { roles, cascade } => format!("all of {}{}", roles.join(", "), along(*cascade)),
        Taking::DropDatabase(name) => format!("database {name}"),
        Taking::Truncate { table, only: alone, cascade } => {
            format!("rows of {}{}{}", shown(table), only(*alone), along(*cascade))
        }
        Taking::Delete { table, only: alone } => format!("every row of {}{}", shown(table), only(*alone)),
        Taking::Convert { table, column, to, by } => format!("{}.{column} as {} by {by:?}", shown(table), to.shown()),
    };
    takings(sql).iter().flat_map(|(takings, _)| takings).filter(|taking| taking.may_lose()).map(one).collect()
}

#[test]
fn each_kind_of_statement_takes_what_its_text_says() {
    for (sql, wanted) in [
        ("DROP TABLE a, s.b", &["a", "s.b"][..]),
        ("DROP TABLE IF EXISTS a CASCADE", &["a and what depends on it"]),
        ("DROP VIEW v", &[]),
        ("DROP VIEW v CASCADE", &["v and what depends on it"]),
        ("DROP MATERIALIZED VIEW v", &[]),
        ("DROP INDEX i", &[]),
        ("DROP FOREIGN TABLE f", &[]),
        ("DROP SEQUENCE s", &["s"]),
        ("DROP SCHEMA s", &[]),
        ("DROP SCHEMA s CASCADE", &["schema s and what depends on it"]),
        ("DROP TYPE t", &[]),
        ("DROP DOMAIN d CASCADE", &["type d and what depends on it"]),
        ("DROP EXTENSION e", &["extension e"]),
        ("DROP OWNED BY r, CURRENT_USER", &["all of r, current_user"]),
        ("DROP DATABASE d", &["database d"]),
        ("DROP LANGUAGE l CASCADE", &["Language l"]),
        ("DROP ROLE r", &[]),
        ("ALTER TABLE t DROP COLUMN a, DROP b CASCADE, ADD c int", &["t.a", "t.b and what depends on it"]),
        ("ALTER TABLE t DROP CONSTRAINT c", &[]),
        ("TRUNCATE a, ONLY b", &["rows of a", "rows of b only"]),
        ("TRUNCATE a CASCADE", &["rows of a and what depends on it"]),
        ("DELETE FROM t", &["every row of t"]),
        ("DELETE FROM ONLY t USING u", &["every row of t only"]),
        ("DELETE FROM t WHERE id = 1", &[]),
        ("WITH old AS (DELETE FROM t RETURNING *) INSERT INTO kept SELECT * FROM old", &["every row of t"]),
        ("WITH old AS (DELETE FROM t WHERE a RETURNING *) SELECT * FROM old", &[]),
        ("EXPLAIN ANALYZE DELETE FROM t", &["every row of t"]),
        ("EXPLAIN DELETE FROM t", &[]),
        ("MERGE INTO t USING u ON true WHEN MATCHED THEN DELETE", &["every row of t"]),
        ("MERGE INTO t USING u ON t.id = u.id WHEN MATCHED THEN DELETE", &[]),
        ("UPDATE t SET a = 1", &[]),
        ("INSERT INTO t VALUES (1)", &[]),
        ("ALTER TABLE t ALTER a TYPE int", &["t.a as integer by Casts([])"]),
        ("ALTER TABLE t ALTER a TYPE text USING lower(a)", &["t.a as text by Computed"]),
        (
            "ALTER TABLE t ALTER a TYPE timestamp USING a AT TIME ZONE 'UTC'",
            &["t.a as timestamp by AtTimeZone { is_utc: true }"],
        ),
        ("ALTER TABLE t ALTER a TYPE text USING b", &["t.a as text by Computed"]),
        ("DO $$ BEGIN DROP TABLE t; END $$", &["t"]),
        ("DO $$ BEGIN PERFORM 1; DROP TABLE t; END $$", &[]),
    ] {
        assert_eq!(taken(sql), wanted, "{sql}");
    }
}

#[test]
fn a_delete_is_bounded_by_a_condition_that_can_be_false() {
    for (condition, is_always_true) in [
        ("true", true),
        ("1 = 1", true),
        ("'a' = 'a'", true),
        ("'t'::boolean", true),
        ("2 > 1 AND NOT false", true),
        ("id = 1 OR true", true),
        ("id IS NULL OR id IS NOT NULL", true),
        ("ctid IS NOT NULL", true),
        ("true IS TRUE", true),
        ("false", false),
        ("1 = 2", false),
        ("id IS NOT NULL", false),
        ("id = id", false),
        ("true AND id = 1", false),
        ("a", false),
        ("'a' < 'b'", false),
        ("id IN (SELECT id FROM t)", false),
    ] {
        let found = taken(&format!("DELETE FROM t WHERE {condition}"));
        assert_eq!(!found.is_empty(), is_always_true, "{condition}");
    }
}
