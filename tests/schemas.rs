//! The history belongs to the schema: a chain per tenant, the parameters of drivers, histories elsewhere, rights on it.

use std::sync::Mutex;

use crate::support::{Gate, TestDatabase};

const CHAIN: &[(&str, &str)] = &[
    ("0001_users.sql", "CREATE TABLE users (id int PRIMARY KEY, mail text UNIQUE);\nCREATE INDEX ON users (mail)"),
    ("0002_seed.sql", "INSERT INTO users VALUES (1, 'a')"),
    ("0003_age.sql", "ALTER TABLE users ADD age int NOT NULL DEFAULT 1 CHECK (age > 0)"),
];

fn url(database: &TestDatabase, query: &str) -> String {
    let url = database.url();
    let joint = if url.contains('?') { '&' } else { '?' };
    format!("{url}{joint}{query}")
}

fn gate(database: &TestDatabase, query: &str) -> Gate {
    Gate::at(&url(database, query)).env("LOCKGATE_LOG_FORMAT", "text").args(["migrate"]).chain(CHAIN)
}

fn schemas_with(database: &TestDatabase, table: &str) -> String {
    database.value(&format!(
        "SELECT coalesce(string_agg(schemaname, ' ' ORDER BY schemaname), '') FROM pg_tables WHERE tablename = '{table}'"
    ))
}

#[test]
fn every_drivers_word_for_the_schema_decides_where_tables_and_history_go() {
    for query in
        ["schema=app", "currentSchema=app", "search_path=app", "search_path=app,public", "options=-csearch_path%3Dapp"]
    {
        println!("{query}");
        let database = TestDatabase::new();
        database.sql("CREATE SCHEMA app; CREATE TABLE app.users (id int PRIMARY KEY)");
        let gate = Gate::at(&url(&database, query)).chain(&[("0001_a.sql", "CREATE TABLE t (id int)")]);
        gate.with(["migrate"]).run().expect(0);
        assert_eq!(
            (schemas_with(&database, "t").as_str(), schemas_with(&database, "lockgate_history").as_str()),
            ("app", "app")
        );
        gate.with(["status", "--check"]).run().expect(0);
    }
}

#[test]
fn the_same_chain_in_two_schemas_is_two_chains() {
    let database = TestDatabase::new();
    database.sql("CREATE SCHEMA a; CREATE SCHEMA b");
    gate(&database, "schema=a").run().expect(0);
    let second = gate(&database, "schema=b");
    second.with(["status", "--check"]).run().expect(3);
    second.with(["wait", "--wait-timeout=200ms"]).run().expect(75);
    let outcome = second.run().expect(0);
    assert!(outcome.stderr.contains("3 revisions applied"), "{outcome}");
    assert_eq!(schemas_with(&database, "users"), "a b");
    assert_eq!(schemas_with(&database, "lockgate_history"), "a b");
}

#[test]
fn a_history_in_another_schema_of_the_path_is_named_and_not_taken() {
    let database = TestDatabase::new();
    gate(&database, "schema=public").run().expect(0);
    database.sql("CREATE SCHEMA b");
    let outcome = gate(&database, "search_path=b,public").run().expect(0);
    assert!(outcome.stderr.contains("WARN public.lockgate_history is a history of this chain too"), "{outcome}");
    assert!(outcome.stderr.contains("LOCKGATE_HISTORY_TABLE=public.lockgate_history"), "{outcome}");
    assert_eq!(schemas_with(&database, "users"), "b public");
}

#[test]
fn tables_whose_history_an_earlier_version_kept_in_public_are_not_touched_by_guess() {
    let database = TestDatabase::new();
    database.sql("CREATE SCHEMA app");
    let earlier = gate(&database, "schema=app").env("LOCKGATE_HISTORY_TABLE", "public.lockgate_history");
    earlier.run().expect(0);
    let outcome = gate(&database, "schema=app").run().expect(65);
    for text in ["LG0513", "0002_seed.sql:1:1", "LOCKGATE_HISTORY_TABLE=public.lockgate_history goes on with it"] {
        assert!(outcome.stderr.contains(text), "it does not say {text:?}; {outcome}");
    }
    assert_eq!(database.value("SELECT count(*) FROM app.users"), "1");
    earlier.run().expect(0);
}

#[test]
fn a_path_without_a_schema_that_exists_is_refused_by_every_command() {
    let database = TestDatabase::new();
    let gate = gate(&database, "search_path=nowhere");
    for command in ["migrate", "plan", "status", "wait", "history"] {
        let outcome = gate.with([command]).run().expect(65);
        assert!(outcome.stderr.contains("LG0512") && outcome.stderr.contains("(nowhere)"), "{command}: {outcome}");
    }
    assert_eq!(schemas_with(&database, "users"), "");
}

#[test]
fn rights_on_the_history_are_asked_for_before_anything_runs() {
    let database = TestDatabase::new();
    let role = database.cluster().role("LOGIN");
    database.sql(&format!(
        "CREATE SCHEMA app; GRANT USAGE ON SCHEMA app TO {role}; CREATE SCHEMA own AUTHORIZATION {role}"
    ));
    let gate = Gate::at(&database.url_as(&role, None)).env("LOCKGATE_LOG_FORMAT", "text");
    let gate =
        gate.env("LOCKGATE_HISTORY_TABLE", "app.history").chain(&[("0001_a.sql", "CREATE TABLE own.t (id int)")]);

    let outcome = gate.with(["migrate"]).run().expect(77);
    let grant = format!("GRANT CREATE ON SCHEMA \"app\" TO \"{role}\"");
    assert!(outcome.stderr.contains(&grant) && outcome.stderr.contains("the history"), "{outcome}");
    assert!(gate.with(["plan"]).run().expect(0).stdout.contains(&grant));
    assert_eq!(schemas_with(&database, "t"), "");

    database.sql(&format!("GRANT CREATE ON SCHEMA app TO {role}"));
    gate.with(["migrate"]).run().expect(0);
    database
        .sql(&format!("ALTER TABLE app.history OWNER TO {}; GRANT SELECT ON app.history TO {role}", "CURRENT_USER"));
    let gate = gate.chain(&[("0002_b.sql", "CREATE TABLE own.u (id int)")]);
    let outcome = gate.with(["migrate"]).run().expect(77);
    assert!(
        outcome.stderr.contains(&format!("GRANT INSERT, UPDATE ON \"app\".\"history\" TO \"{role}\"")),
        "{outcome}"
    );
    assert_eq!(schemas_with(&database, "u"), "");
}

/// Tenants: half of them one after another, half eight at once.
#[test]
fn two_hundred_schemas_end_equal_each_with_its_own_history() {
    const TENANTS: usize = 200;
    let database = TestDatabase::new();
    let schemas: Vec<String> = (1..=TENANTS).map(|at| format!("t{at:03}")).collect();
    schemas.iter().for_each(|schema| database.sql(&format!("CREATE SCHEMA {schema}")));
    let chain = gate(&database, "");
    let migrate = |schema: &str| {
        let url = url(&database, &format!("schema={schema}"));
        chain.clone().env("LOCKGATE_DATABASE_URL", url).run().expect(0);
    };
    let (singly, together) = schemas.split_at(TENANTS / 2);
    singly.iter().for_each(|schema| migrate(schema));
    let next = Mutex::new(together.iter());
    let take = || next.lock().expect("nobody panics while taking").next();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while let Some(schema) = take() {
                    migrate(schema)
                }
            });
        }
    });
    let shapes = "SELECT count(DISTINCT shape) || ' ' || count(*) FROM (SELECT n.nspname, string_agg(concat_ws(' ', c.relname,
        c.relkind, a.attname, a.atttypid, a.attnotnull, x.indexprs, x.indisunique, (SELECT string_agg(conname || contype::text, ','
        ORDER BY conname) FROM pg_constraint k WHERE k.conrelid = c.oid)), ';' ORDER BY c.relname, a.attnum) AS shape
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname ~ '^t[0-9]{3}$'
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 LEFT JOIN pg_index x ON x.indexrelid = c.oid
        GROUP BY n.nspname) AS all_of_them";
    assert_eq!(database.value(shapes), format!("1 {TENANTS}"));
    for schema in &schemas {
        let rows = database.value(&format!(
            "SELECT (SELECT count(*) FROM {schema}.lockgate_history) || ' ' || (SELECT count(*) FROM {schema}.users)"
        ));
        assert_eq!(rows, "3 1", "{schema}");
    }
}
