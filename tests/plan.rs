//! `lockgate plan`: it shows the effects of a run, and changes nothing.

use serde_json::Value;

use crate::support::{Gate, TestDatabase};

const BASE: (&str, &str) = ("0001_base.sql", "CREATE TABLE users (id int PRIMARY KEY, plan text)");

fn gate(database: &TestDatabase, files: &[(&str, &str)]) -> Gate {
    Gate::new(database).chain(&[BASE]).chain(files)
}

#[track_caller]
fn statements(gate: &Gate, arguments: &[&str], code: i32) -> Vec<Value> {
    let plan = gate.with(arguments).run().expect(code).json();
    let revisions = plan["revisions"].as_array().expect("revisions").clone();
    revisions.iter().flat_map(|revision| revision["statements"].as_array().expect("statements").clone()).collect()
}

fn verdicts(statements: &[Value]) -> Vec<&str> {
    statements.iter().map(|statement| statement["verdict"].as_str().expect("a word")).collect()
}

#[test]
fn a_fresh_database_gets_everything_as_written_and_a_plan_leaves_no_trace() {
    let database = TestDatabase::new();
    let gate = gate(&database, &[("0002_more.sql", "ALTER TABLE users ADD COLUMN age int;\nUPDATE users SET age = 1")]);
    let all = statements(&gate, &["plan", "--json"], 0);
    assert_eq!(verdicts(&all), ["apply", "apply", "run"]);
    assert_eq!((&all[2]["file"], &all[2]["line"], &all[2]["column"]), (&"0002_more.sql".into(), &2.into(), &1.into()));
    assert_eq!(all[1]["locks"][0]["mode"], "ACCESS EXCLUSIVE");
    assert_eq!(database.value("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"), "0");
    gate.with(["plan", "--check"]).run().expect(3);
    gate.with(["migrate"]).run().expect(0);
    let said = gate.with(["plan", "--check"]).run().expect(0).stdout;
    assert_eq!(said, "at 0002: nothing to do\n");
}

#[test]
fn the_text_says_place_verdict_reason_lock_and_what_to_do_next() {
    let database = TestDatabase::new();
    let gate = gate(
        &database,
        &[(
            "0002_limits.sql",
            "ALTER TABLE users ADD COLUMN rate int NOT NULL DEFAULT 1000,\n  ADD COLUMN burst int;\nALTER TABLE users DROP COLUMN plan;",
        )],
    );
    gate.with(["migrate", "0001"]).run().expect(0);
    database.sql("INSERT INTO users VALUES (1, 'a'); ALTER TABLE users ADD COLUMN rate int NOT NULL DEFAULT 1000");
    let said = gate.with(["plan"]).run().expect(0).stdout;
    for wanted in [
        "from 0001 to 0002: 1 revision, 2 statements: 2 apply",
        "0002_limits.sql:1:1  apply ",
        "runs: ALTER TABLE users ADD COLUMN burst int",
        "locks: ACCESS EXCLUSIVE on users",
        "destructive: loses the values of users.plan (an unknown number of rows)",
        "to do it: lockgate migrate 0002",
    ] {
        assert!(said.contains(wanted), "{wanted}\n{said}");
    }
    let alias = gate.with(["migrate", "--dry-run"]).run().expect(0).stdout;
    assert_eq!(alias, said);
    assert!(said.contains("it is there, equal"), "{said}");
}

#[test]
fn a_type_change_is_told_by_the_type_before() {
    let database = TestDatabase::new();
    let files = [
        ("0002_wide.sql", "ALTER TABLE users ALTER id TYPE bigint"),
        ("0003_narrow.sql", "ALTER TABLE users ALTER id TYPE int"),
    ];
    let gate = gate(&database, &files);
    gate.with(["migrate", "0001"]).run().expect(0);
    let all = statements(&gate, &["plan", "--json"], 0);
    assert_eq!((&all[0]["work"][0]["kind"], &all[0]["destructive"]), (&"rewrite".into(), &Value::Array(vec![])));
    // An integer that is too large is refused, not cut.
    assert_eq!((&all[1]["work"][0]["kind"], &all[1]["destructive"]), (&"rewrite".into(), &Value::Array(vec![])));
    gate.write("0002_wide.sql", "ALTER TABLE users ALTER id TYPE integer");
    assert_eq!(statements(&gate, &["plan", "0002", "--json"], 0)[0]["work"], Value::Array(vec![]));
}

#[test]
fn targets_of_every_form_lead_up_and_down() {
    let database = TestDatabase::new();
    let files =
        [("0002_b.sql", "CREATE TABLE b ()"), ("0002_b.down.sql", "DROP TABLE b"), ("0003_c.sql", "CREATE TABLE c ()")];
    let gate = gate(&database, &files);
    gate.with(["migrate", "0002"]).run().expect(0);
    for (target, direction, revisions) in [
        ("head", "up", 1),
        ("+1", "up", 1),
        ("0002", "up", 0),
        ("-1", "down", 1),
        ("0001", "down", 1),
        ("0003", "up", 1),
    ] {
        let plan = gate.with(["plan", "--json", target]).run().expect(0).json();
        let found = plan["revisions"].as_array().expect("revisions").len();
        assert_eq!((plan["direction"].as_str(), found), (Some(direction), revisions), "{target}");
    }
    gate.with(["plan", "base"]).run().expect(65);
    gate.with(["plan", "nonsense"]).run().expect(64);
}

#[test]
fn a_role_that_may_only_read_sees_the_whole_plan() {
    let database = TestDatabase::new();
    let file = ("0002_check.sql", "ALTER TABLE users ADD CONSTRAINT named CHECK (plan IN ('a', 'b'))");
    let gate = gate(&database, &[file]);
    gate.with(["migrate", "0001"]).run().expect(0);
    database.sql("ALTER TABLE users ADD CONSTRAINT named CHECK (plan IN ('a', 'b'))");
    let role = format!("{}_reader", database.name());
    database.sql(&format!("CREATE ROLE \"{role}\" LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO \"{role}\""));
    let reader = gate.clone().env("LOCKGATE_DATABASE_URL", database.url_as(&role, None));
    let all = statements(&reader, &["plan", "--json"], 0);
    database.sql(&format!("DROP OWNED BY \"{role}\"; DROP ROLE \"{role}\""));
    assert_eq!(verdicts(&all), ["satisfied"]);
    assert_eq!(all[0]["provisional"][0], "equal, to be proved by the migration");
}

#[test]
fn conflicts_and_missing_objects_are_shown_in_the_plan_and_refuse() {
    let database = TestDatabase::new();
    let files = [
        ("0002_a.sql", "ALTER TABLE users ADD COLUMN rate int"),
        ("0003_b.sql", "CREATE INDEX i ON logs (at);\nCREATE INDEX j ON logs (id)"),
    ];
    let gate = gate(&database, &files);
    gate.with(["migrate", "0001"]).run().expect(0);
    database.sql("ALTER TABLE users ADD COLUMN rate text");
    let outcome = gate.with(["plan", "--json"]).run().expect(65);
    let plan = outcome.json();
    assert_eq!((&plan["state"], &plan["conflicts"]), (&"refused".into(), &1.into()));
    assert_eq!(plan["missing"][0]["object"], "public.logs");
    assert_eq!(plan["missing"][0]["needed_by"], serde_json::json!(["0003_b.sql:1:1", "0003_b.sql:2:1"]));
    let conflict = &plan["revisions"][0]["statements"][0]["conflicts"][0];
    assert!(conflict["chain"].is_string() && conflict["database"].is_string(), "{conflict}");
    let said = gate.with(["plan"]).run().expect(65).stdout;
    assert!(said.contains("the database: ") && said.contains("public.logs; needed by 0003_b.sql:1:1"), "{said}");
}

#[test]
fn the_data_is_asked_only_where_that_is_wished() {
    let database = TestDatabase::new();
    let file = (
        "0002_fill.sql",
        "ALTER TABLE users ADD COLUMN rate int;\nUPDATE users SET rate = 5 WHERE plan = 'a';\nCREATE INDEX i ON users (rate)",
    );
    let gate = gate(&database, &[file]);
    gate.with(["migrate", "0001"]).run().expect(0);
    database.sql("INSERT INTO users VALUES (1, 'a'); ALTER TABLE users ADD COLUMN rate int");
    let blind = statements(&gate, &["plan", "--json"], 0);
    assert_eq!(blind[1]["provisional"][0], "would ask the data: --check-data");
    let asked = statements(&gate, &["plan", "--json", "--check-data"], 0);
    assert_eq!((asked[1]["verdict"].as_str(), &asked[1]["provisional"]), (Some("run"), &Value::Array(vec![])));
    assert!(asked[1]["reason"].as_str().is_some_and(|reason| reason.contains("nobody ever wrote")));
}

#[test]
fn everything_that_is_missing_is_said_at_once_with_what_to_do() {
    let database = TestDatabase::new();
    let files = [
        ("0002_ext.sql", "CREATE EXTENSION not_on_this_server"),
        (
            "0003_declared.sql",
            "-- lockgate:requires users(id, email), audit_logs\nCREATE INDEX u ON users (plan);\nGRANT SELECT ON users TO nobody_yet;",
        ),
        ("0004_lost.sql", "CREATE INDEX t ON teams (id)"),
        ("0001b_teams.sql", "-- lockgate:after 0001\nCREATE TABLE teams (id int)"),
    ];
    let gate = gate(&database, &files);
    gate.write("0002_ext.sql", "-- lockgate:after 0001b\nCREATE EXTENSION not_on_this_server");
    gate.with(["migrate", "0001b"]).run().expect(0);
    database.sql("DROP TABLE teams");
    let plan = gate.with(["plan", "--json"]).run().expect(65).json();
    let missing = plan["missing"].as_array().expect("a list").clone();
    let next_of = |object: &str| {
        let found = missing.iter().find(|one| one["object"] == object);
        found.unwrap_or_else(|| panic!("{object}: {missing:?}"))["next"].as_str().expect("a text").to_owned()
    };
    assert!(next_of("extension not_on_this_server").contains("install the package"));
    assert!(next_of("column email of public.users").contains("ADD COLUMN \"email\""));
    assert!(next_of("public.audit_logs").contains("CREATE TABLE"));
    assert!(next_of("role nobody_yet").contains("CREATE ROLE \"nobody_yet\""));
    assert!(next_of("public.teams").contains("0001b_teams.sql:2 made it: run its CREATE TABLE again"));
    let refused = gate.with(["migrate"]).run().expect(65).stderr;
    assert!(refused.contains("0003_declared.sql: -- lockgate:requires") && refused.contains("LG0522"), "{refused}");
    assert_eq!(database.value("SELECT count(*) FROM lockgate_history"), "2");
}

#[test]
fn a_right_that_is_missing_is_named_with_its_grant_before_anything_runs() {
    let database = TestDatabase::new();
    let files = [
        ("0002_new.sql", "CREATE TABLE fresh (id int REFERENCES users)"),
        ("0003_alter.sql", "ALTER TABLE users ADD COLUMN age int;\nINSERT INTO users VALUES (1)"),
    ];
    let gate = gate(&database, &files);
    gate.with(["migrate", "0001"]).run().expect(0);
    let role = format!("{}_writer", database.name());
    database.sql(&format!(
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC; CREATE ROLE \"{role}\" LOGIN; GRANT ALL ON lockgate_history TO \"{role}\""
    ));
    let writer = gate.clone().env("LOCKGATE_DATABASE_URL", database.url_as(&role, None));
    let refused = writer.with(["migrate"]).run();
    let plan = writer.with(["plan", "--json"]).run().expect(77).json();
    database.sql(&format!("GRANT \"app\" TO \"{role}\""));
    let allowed = writer.with(["plan", "--json"]).run();
    database.sql(&format!("DROP OWNED BY \"{role}\"; DROP ROLE \"{role}\""));
    let refused = refused.expect(77).stderr;
    for wanted in ["GRANT CREATE ON SCHEMA \\\"public\\\" TO", "GRANT REFERENCES ON", "OWNER TO", "GRANT INSERT ON"] {
        assert!(refused.contains(wanted), "{wanted}\n{refused}");
    }
    assert_eq!(plan["rights"].as_array().map(Vec::len), Some(4), "{plan}");
    allowed.expect(0);
}

#[test]
fn the_owner_of_a_type_a_function_or_a_schema_is_asked_for_too() {
    let database = TestDatabase::new();
    let files = [
        (
            "0002_made.sql",
            "CREATE TYPE mood AS ENUM ('low');\nCREATE FUNCTION f(n int, t text) RETURNS int LANGUAGE sql AS 'SELECT 1';\n\
             CREATE SCHEMA \"Odd\";\nCREATE TABLE mine ();",
        ),
        (
            "0003_changed.sql",
            "ALTER TYPE mood ADD VALUE 'high';\n\
             CREATE OR REPLACE FUNCTION f(n int, t text) RETURNS int LANGUAGE sql AS 'SELECT 2';\n\
             DROP SCHEMA \"Odd\";\nINSERT INTO mine SELECT FROM users;",
        ),
    ];
    let gate = gate(&database, &files);
    gate.with(["migrate", "0002"]).run().expect(0);
    let role = database.cluster().role("LOGIN");
    database.sql(&format!(
        "ALTER TABLE mine OWNER TO {role}; GRANT ALL ON lockgate_history TO {role}; GRANT CREATE ON SCHEMA public TO {role}"
    ));
    let writer = gate.clone().env("LOCKGATE_DATABASE_URL", database.url_as(&role, None));
    let refused = writer.with(["migrate"]).run().stderr;
    for wanted in [
        "ALTER TYPE \\\"public\\\".\\\"mood\\\" OWNER TO",
        "ALTER FUNCTION \\\"public\\\".\\\"f\\\"(int4, text) OWNER TO",
        "ALTER SCHEMA \\\"Odd\\\" OWNER TO",
        "GRANT SELECT ON \\\"public\\\".\\\"users\\\" TO",
    ] {
        assert!(refused.contains(wanted), "{wanted}\n{refused}");
    }
    assert_eq!(database.value("SELECT count(*) FROM lockgate_history"), "2");
}

#[test]
fn a_target_that_the_database_is_beyond_is_told_by_the_revisions_after_it() {
    let database = TestDatabase::new();
    let files = [
        ("0002_added.sql", "ALTER TABLE users ADD COLUMN age int;"),
        ("0003_renamed.sql", "ALTER TABLE users RENAME COLUMN age TO years;"),
    ];
    let gate = gate(&database, &files);
    gate.with(["migrate", "0001"]).run().expect(0);
    database.sql("ALTER TABLE users ADD COLUMN years int; INSERT INTO users VALUES (1, 'a', 30)");
    let all = statements(&gate, &["plan", "0002", "--json"], 0);
    assert_eq!(all[0]["verdict"], "satisfied", "{all:?}");
    gate.with(["migrate", "0002"]).run().expect(0);
    gate.with(["migrate"]).run().expect(0);
    assert_eq!(database.value("SELECT json_agg(users) FROM users"), r#"[{"id":1,"plan":"a","years":30}]"#);
}

#[test]
fn what_a_revision_beyond_the_target_removes_may_be_absent_for_another_reason() {
    let database = TestDatabase::new();
    let files = [
        ("0002_made.sql", "CREATE TABLE made (id int PRIMARY KEY);\nCREATE INDEX made_id ON made (id DESC);"),
        ("0003_dropped.sql", "DROP INDEX made_id;"),
    ];
    let gate = gate(&database, &files);
    gate.with(["migrate", "0001"]).run().expect(0);
    database.sql("CREATE TABLE made (id int PRIMARY KEY)");
    gate.with(["migrate", "0002"]).run().expect(0);
    assert_eq!(database.value("SELECT to_regclass('made_id')"), "made_id");
}

#[test]
fn a_not_null_column_without_a_default_is_refused_where_rows_are() {
    let database = TestDatabase::new();
    let file = ("0002_limit.sql", "CREATE TABLE t ();\nALTER TABLE users ADD COLUMN rate int NOT NULL");
    let gate = gate(&database, &[file]);
    gate.with(["migrate", "0001"]).run().expect(0);
    gate.with(["plan"]).run().expect(0);
    database.sql("INSERT INTO users VALUES (1, 'a')");
    let said = gate.with(["plan"]).run().expect(65).stdout;
    assert!(said.contains("23502") && said.contains("NOT NULL DEFAULT …"), "{said}");
    assert_eq!(database.value("SELECT seq_tup_read FROM pg_stat_user_tables WHERE relname = 'users'"), "0");
    let refused = gate.with(["migrate"]).run().expect(65).stderr;
    assert!(refused.contains("LG0521") && refused.contains("23502"), "{refused}");
    assert_eq!(database.value("SELECT to_regclass('t') IS NULL"), "t");
    database.sql("DELETE FROM users");
    gate.with(["migrate"]).run().expect(0);
}

#[test]
fn what_code_that_is_not_read_may_bring_is_provisional_and_refuses_nothing() {
    let database = TestDatabase::new();
    let file = (
        "0002_do.sql",
        "DO $$ BEGIN PERFORM 1; EXECUTE 'CREATE TABLE later (id int)'; END $$;\nCREATE INDEX i ON later (id)",
    );
    let gate = gate(&database, &[file]);
    let all = statements(&gate, &["plan", "--json"], 0);
    let reason = all[2]["provisional"][0].as_str().unwrap_or_default();
    assert!(reason.contains("public.later is not there"), "{}", all[2]);
    gate.with(["migrate"]).run().expect(0);
}

#[test]
fn transactions_that_a_run_would_wait_for_are_warned_of() {
    let database = TestDatabase::new();
    let file = ("0002_index.sql", "ALTER TABLE users ADD COLUMN age int");
    let gate = gate(&database, &[file]);
    gate.with(["migrate", "0001"]).run().expect(0);
    database.sql("BEGIN; LOCK TABLE users IN ACCESS SHARE MODE; PREPARE TRANSACTION 'left behind'");
    let said = gate.with(["plan"]).run();
    database.sql("ROLLBACK PREPARED 'left behind'");
    let said = said.expect(0).stdout;
    assert!(
        said.contains("warning: prepared transaction left behind") && said.contains("holds a lock on users"),
        "{said}"
    );
    assert_eq!(gate.with(["plan", "--json"]).run().expect(0).json()["warnings"], serde_json::json!([]));
}
