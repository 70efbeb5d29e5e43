//! Values that a tool puts into its scripts: from the environment, its settings and the connection.

use super::run::gate;
use super::tools::{TOOLS, place, succeeds};
use crate::support::{Gate, TestDatabase};

const SECRET: &str = "hunter2-and-more";

fn flyway(database: &TestDatabase, files: &[(&str, &str)]) -> Gate {
    gate(database, files).env("LOCKGATE_LAYOUT", "flyway").env("FLYWAY_PLACEHOLDERS_PASSPHRASE", SECRET)
}

#[test]
fn a_value_is_put_in_and_a_rotated_one_is_no_change() {
    let database = TestDatabase::new();
    let files = [
        (
            "V1__a.sql",
            "CREATE TABLE ${name}_t (said text DEFAULT '${passphrase}');\nINSERT INTO ${name}_t VALUES ('${flyway:filename}');\n",
        ),
        ("U1__a.sql", "DROP TABLE ${name}_t;\n"),
        ("R__v.sql", "CREATE OR REPLACE VIEW v AS SELECT '${name}'::text AS name;\n"),
    ];
    let gate = flyway(&database, &files);
    let one = gate.clone().env("FLYWAY_PLACEHOLDERS_NAME", "one");
    one.with(["migrate"]).run().expect(0);
    assert_eq!(database.value("SELECT said FROM one_t"), "V1__a.sql");
    one.with(["status", "--check"]).run().expect(0);

    let rotated = one.clone().env("FLYWAY_PLACEHOLDERS_PASSPHRASE", "another-one");
    let outcome = rotated.with(["migrate"]).run().expect(0);
    assert!(!outcome.stderr.contains("changed"), "{outcome}");
    rotated.with(["status", "--check"]).run().expect(0);

    // A script that repeats runs again when a value in it is another.
    let two = gate.env("FLYWAY_PLACEHOLDERS_NAME", "two");
    two.with(["status", "--check"]).run().expect(3);
    two.with(["migrate"]).run().expect(0);
    assert_eq!(database.value("SELECT name FROM v"), "two");
    one.with(["down", "base", "--yes"]).run().expect(0);
    assert_eq!(database.value("SELECT to_regclass('one_t') IS NULL"), "t");
}

#[test]
fn a_chain_of_flyways_begins_in_its_own_schema_or_nowhere() {
    let database = TestDatabase::new();
    database.sql("CREATE SCHEMA app");
    let gate = flyway(&database, &[("V1__a.sql", "CREATE TABLE t (a int)")]).env("FLYWAY_SCHEMAS", "app, other");

    let outcome = gate.with(["migrate"]).run().expect(65);
    assert!(outcome.stderr.contains("add schema=app to LOCKGATE_DATABASE_URL"), "{outcome}");

    gate.env("LOCKGATE_DATABASE_URL", database.url_with("sslmode=disable&schema=app"))
        .with(["migrate"])
        .run()
        .expect(0);
    assert_eq!(database.value("SELECT to_regclass('app.t') IS NOT NULL"), "t");
}

#[test]
fn an_error_stands_in_the_file_and_shows_no_value() {
    let database = TestDatabase::new();
    let long = "a\nvalue\nof many lines";
    let script = "SELECT '${long}'; SELECT 1;\nSELECT 1; SELECT '${passphrase}', CAST('${passphrase}' AS int);\n";
    let gate = flyway(&database, &[("V1__a.sql", script)]).env("FLYWAY_PLACEHOLDERS_LONG", long);
    let plan = gate.with(["plan"]).run().expect(0);
    let outcome = gate.with(["migrate"]).run().expect(65);
    assert!(outcome.stderr.contains("V1__a.sql:2:"), "{outcome}");
    assert!(outcome.stderr.contains("${passphrase}") || outcome.stderr.contains("'…'"), "{outcome}");
    for said in [&plan.stdout, &plan.stderr, &outcome.stdout, &outcome.stderr] {
        assert!(!said.contains(SECRET), "{said}");
    }

    // The same for one that PostgreSQL's grammar refuses.
    gate.write("V1__a.sql", "SELECT '${long}';\n  CREATE ROLE x PASSWORD ${passphrase} 'x';\n");
    let outcome = gate.with(["migrate"]).run().expect(65);
    assert!(outcome.stderr.contains("V1__a.sql:2:"), "{outcome}");
    assert!(!outcome.stderr.contains(SECRET) && !outcome.stderr.contains("hunter2"), "{outcome}");
}

#[test]
fn a_chain_with_values_in_it_is_not_imported() {
    let database = TestDatabase::new();
    let gate = flyway(&database, &[("V1__a.sql", "SELECT '${passphrase}';\n")]);
    let outcome = gate.with(["import", "--to", "/nowhere/else"]).run().expect(78);
    assert!(outcome.stderr.contains("Flyway replaces parts of V1__a.sql"), "{outcome}");
}

/// A chain into which its tool puts values.
struct Case {
    tool: &'static str,
    files: &'static [(&'static str, &'static str)],
    /// The tool's settings around the directory.
    settings: Option<(&'static str, &'static str)>,
    variables: &'static [(&'static str, &'static str)],
    asks: &'static str,
}

const CASES: &[Case] = &[
    Case {
        tool: "flyway",
        files: &[
            (
                "V1__a.sql",
                "CREATE TABLE ${table} (a text, b text DEFAULT '${Said}');\n-- ${table}\n\
                 INSERT INTO ${table} VALUES ('${flyway:user} ${flyway:database} ${flyway:filename} ${flyway:table} ${flyway:defaultSchema}');\n",
            ),
            ("V2__b.sql", "INSERT INTO ${table} VALUES ('$1 {said} $ ${said}$');\n"),
            ("R__v.sql", "CREATE OR REPLACE VIEW v AS SELECT '${said}'::text AS said;\n"),
        ],
        settings: None,
        variables: &[
            ("FLYWAY_PLACEHOLDERS_TABLE", "things"),
            ("FLYWAY_PLACEHOLDERS_said", "it''s said"),
            ("FLYWAY_DEFAULT_SCHEMA", "public"),
        ],
        asks: "SELECT string_agg(a || b, '|' ORDER BY a) || (SELECT said FROM v) FROM things",
    },
    Case {
        tool: "goose",
        files: &[(
            "00001_a.sql",
            "-- +goose Up\n-- +goose ENVSUB ON\nCREATE TABLE $TABLE (a text DEFAULT '${SAID:-x} ${NO_SUCH:-else $TABLE}');\n\
             -- +goose StatementBegin\nCREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$$$ SELECT '${SAID:0:4}' $$$$;\n\
             -- +goose StatementEnd\n-- +goose ENVSUB OFF\nINSERT INTO things VALUES (DEFAULT), ('$TABLE ${SAID');\n",
        )],
        settings: None,
        variables: &[("TABLE", "things"), ("SAID", "it''s said")],
        asks: "SELECT string_agg(a, '|' ORDER BY a) || f() FROM things",
    },
    Case {
        tool: "graphile-migrate",
        files: &[(
            "committed/000001.sql",
            "--! Previous: -\n--! Hash: sha1:1\n--! AllowInvalidHash\n\nCREATE TABLE :TABLE (a text, b text DEFAULT ':SAID');\n\
             INSERT INTO :TABLE VALUES (':DATABASE_OWNER :DATABASE_NAME :TABLE_1 ::TABLE :SAIDs'), (1::TEXT);\n",
        )],
        settings: Some((
            ".gmrc",
            "{\n  // settings\n  \"placeholders\": {\":TABLE\": \"things\", \":SAID\": \"!ENV\",},\n}\n",
        )),
        variables: &[("SAID", "it''s said")],
        asks: "SELECT string_agg(a || b, '|' ORDER BY a) FROM things",
    },
];

#[test]
fn the_tool_and_lockgate_put_in_the_same_values() {
    let Some(place) = place() else {
        eprintln!("skipped: no tools here; .ci/setup installs those that it can (LOCKGATE_TEST_TOOLS)");
        return;
    };
    for case in CASES {
        let tool = TOOLS.iter().find(|tool| tool.name == case.tool).expect("a tool");
        if !place.join(tool.needs).exists() {
            eprintln!("skipped: {} is not installed ({})", tool.name, tool.needs);
            continue;
        }
        println!("{}", tool.name);
        let (its, ours) = (TestDatabase::new(), TestDatabase::new());
        let gate = gate(&ours, case.files).env("LOCKGATE_LAYOUT", tool.name);
        let gate = case.variables.iter().fold(gate, |gate, (name, value)| gate.env(name, value));
        if let Some((file, text)) = case.settings {
            std::fs::write(gate.chain_directory().join("..").join(file), text).expect("settings");
        }
        let up = |database: &TestDatabase| {
            let mut command = (tool.up)(&place, gate.chain_directory(), database);
            command.envs(case.variables.iter().copied());
            succeeds(tool.name, command);
        };
        up(&its);
        gate.with(["migrate"]).run().expect(0);
        let said = |database: &TestDatabase| {
            database.value(case.asks).replace(&database.value("SELECT current_database()"), "DATABASE")
        };
        assert_eq!(said(&its), said(&ours), "{}", tool.name);

        // Beside the tool's own history: each takes the other's work, with its checksums.
        let fresh = TestDatabase::new();
        let beside = gate.clone().env("LOCKGATE_COEXIST", tool.name);
        beside.clone().env("LOCKGATE_DATABASE_URL", fresh.url()).with(["migrate"]).run().expect(0);
        up(&fresh);
        beside.env("LOCKGATE_DATABASE_URL", its.url()).with(["status", "--check"]).run().expect(0);
    }
}

#[test]
fn statements_behind_a_delimiter_run_and_fail_at_their_line() {
    let database = TestDatabase::new();
    let script = "-- atlas:delimiter \\n\\n\\n\nCREATE TABLE t (a int)\n\n\nINSERT INTO t VALUES (1); INSERT INTO t VALUES (2)\n\n\n";
    let gate = gate(&database, &[("1_a.sql", script), ("2_b.sql", "SELECT 1;\n")]);
    let gate = gate.env("LOCKGATE_LAYOUT", "atlas");
    gate.with(["migrate", "1"]).run().expect(0);
    assert_eq!(database.value("SELECT sum(a) FROM t"), "3");
    gate.write("2_b.sql", "-- atlas:delimiter //\nSELECT 1 //\n\n  SELECT 1/0 //\n");
    let outcome = gate.with(["migrate"]).run().expect(65);
    assert!(outcome.stderr.contains("2_b.sql:4:"), "{outcome}");
}
