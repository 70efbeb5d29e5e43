//! Chains in the layouts of other tools, applied, taken back and continued by lockgate.

use crate::support::{Gate, TestDatabase};

pub(super) fn gate(database: &TestDatabase, files: &[(&str, &str)]) -> Gate {
    let gate = Gate::new(database).env("LOCKGATE_LOG_FORMAT", "text");
    for (path, _) in files {
        let path = gate.chain_directory().join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    }
    gate.chain(files)
}

fn revisions(database: &TestDatabase) -> String {
    database.value("SELECT string_agg(revision, ' ' ORDER BY depth) FROM lockgate_history")
}

const GOOSE: &[(&str, &str)] = &[
    (
        "00001_users.sql",
        "-- +goose Up\nCREATE TABLE users (id int PRIMARY KEY);\nINSERT INTO users VALUES (1);\n\n-- +goose Down\nDROP TABLE users;\n",
    ),
    (
        "00002_email.sql",
        "-- +goose Up\nALTER TABLE users ADD COLUMN email text;\n-- +goose Down\nALTER TABLE users DROP COLUMN email;\n",
    ),
    ("00003_nothing.sql", "-- +goose Up\n-- +goose Down\n"),
];

#[test]
fn a_chain_of_gooses_is_planned_applied_shown_and_taken_back() {
    let database = TestDatabase::new();
    let gate = gate(&database, GOOSE);
    let plan = gate.with(["plan", "--json"]).run().expect(0).json();
    assert_eq!(plan["plan"]["revisions"].as_array().or(plan["revisions"].as_array()).map(Vec::len), Some(3), "{plan}");

    gate.with(["migrate"]).run().expect(0);
    assert_eq!(revisions(&database), "00001 00002 00003");
    assert_eq!(database.value("SELECT count(*) FROM users"), "1");
    let status = gate.with(["status", "--json"]).run().expect(0).json();
    assert_eq!(status["state"], "at head", "{status}");
    gate.with(["wait"]).run().expect(0);

    gate.with(["down", "00001", "--yes"]).run().expect(0);
    assert_eq!(revisions(&database), "00001");
    assert_eq!(
        database.value("SELECT count(*) FROM pg_attribute WHERE attrelid = 'users'::regclass AND attname = 'email'"),
        "0"
    );
    gate.with(["migrate", "2"]).run().expect(64);
    gate.with(["migrate", "00002"]).run().expect(0);

    let made = gate.with(["new", "add plan"]).run().expect(0).stdout;
    assert!(made.trim().ends_with("00004_add_plan.sql"), "{made}");
    assert_eq!(gate.read("00004_add_plan.sql"), "-- +goose Up\n\n-- +goose Down\n");
    gate.with(["migrate"]).run().expect(0);
    assert_eq!(revisions(&database), "00001 00002 00003 00004");
}

#[test]
fn an_error_names_the_line_of_the_tools_file() {
    let database = TestDatabase::new();
    let gate = gate(
        &database,
        &[("1_a.sql", "-- migrate:up\nCREATE TABLE a ();\n\nSELECT 1/0;\n-- migrate:down\nSELECT\n  'x'::int;\n")],
    );
    let outcome = gate.with(["migrate"]).run().expect(65);
    assert!(outcome.stderr.contains("1_a.sql:4:"), "{outcome}");
    gate.write("1_a.sql", "-- migrate:up\nCREATE TABLE a ();\n-- migrate:down\nDROP TABLE a;\nSELECT\n  'x'::int;\n");
    gate.with(["migrate"]).run().expect(0);
    let outcome = gate.with(["down", "base", "--yes"]).run().expect(65);
    assert!(outcome.stderr.contains("1_a.sql:6:") || outcome.stderr.contains("1_a.sql:5:"), "{outcome}");
}

#[test]
fn code_may_commit_where_the_tools_mark_takes_the_transaction_away() {
    let script = "CREATE TABLE t (a int);\nCREATE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN INSERT INTO t VALUES (1); COMMIT; END $$;\nCALL p();\n";
    for (name, files) in [
        (
            "goose",
            vec![(
                "1_p.sql",
                format!(
                    "-- +goose NO TRANSACTION\n-- +goose Up\n-- +goose StatementBegin\n{script}-- +goose StatementEnd\n"
                ),
            )],
        ),
        ("dbmate", vec![("1_p.sql", format!("-- migrate:up transaction:false\n{script}-- migrate:down\n"))]),
        ("sqlx", vec![("1_p.sql", format!("-- no-transaction\n{script}"))]),
        ("flyway", vec![("V1__p.sql", script.to_owned()), ("V1__p.sql.conf", "executeInTransaction=false".to_owned())]),
    ] {
        let database = TestDatabase::new();
        let files: Vec<(&str, &str)> = files.iter().map(|(file, text)| (*file, text.as_str())).collect();
        gate(&database, &files).env("LOCKGATE_LAYOUT", name).with(["migrate"]).run().expect(0);
        assert_eq!(database.value("SELECT count(*) FROM t"), "1", "{name}");
    }
}

#[test]
fn what_repeats_runs_again_when_it_changes_and_stays_behind_the_versions() {
    let database = TestDatabase::new();
    let view = "CREATE OR REPLACE VIEW v AS SELECT id FROM t;\n";
    let gate = gate(&database, &[("V1__t.sql", "CREATE TABLE t (id int);\n"), ("R__v.sql", view)]);
    gate.with(["migrate"]).run().expect(0);
    assert_eq!(revisions(&database), "1 R__v");
    let before = gate.with(["migrate"]).run().expect(0);
    assert!(before.stderr.contains("at head") || !before.stderr.contains("applied 1"), "{before}");

    gate.write("V2__name.sql", "ALTER TABLE t ADD COLUMN name text;\n");
    gate.write("R__v.sql", "CREATE OR REPLACE VIEW v AS SELECT id, name FROM t;\n");
    gate.with(["status", "--check"]).run().expect(3);
    gate.with(["migrate"]).run().expect(0);
    assert_eq!(revisions(&database), "1 2 R__v");
    assert_eq!(database.value("SELECT count(*) FROM pg_attribute WHERE attrelid = 'v'::regclass AND attnum > 0"), "2");

    gate.write("V3__more.sql", "CREATE TABLE more (id int);\n");
    gate.write("U3__more.sql", "DROP TABLE more;\n");
    gate.with(["migrate"]).run().expect(0);
    assert_eq!(revisions(&database), "1 2 3 R__v");
    // The image before: the database is ahead of it.
    gate.remove("V3__more.sql");
    gate.remove("U3__more.sql");
    gate.with(["migrate"]).run().expect(0);

    gate.write("V3__more.sql", "CREATE TABLE more (id int);\n");
    gate.write("U3__more.sql", "DROP TABLE more;\n");
    gate.with(["down", "2", "--yes"]).run().expect(0);
    assert_eq!(revisions(&database), "1 2 R__v");
    gate.with(["migrate"]).run().expect(0);
    assert_eq!(revisions(&database), "1 2 3 R__v");
}

#[test]
fn a_new_revision_is_written_as_its_tool_names_it() {
    let database = TestDatabase::new();
    for (layout, files, made) in [
        ("prisma", &[("20240101000000_a/migration.sql", "")][..], "_add_plan/migration.sql"),
        ("golang-migrate", &[("000009_a.up.sql", "")], "000010_add_plan.up.sql"),
        ("sqlx", &[("0009_a.up.sql", "")], "0010_add_plan.up.sql"),
        ("sqlx", &[("0009_a.sql", "")], "0010_add_plan.sql"),
        ("flyway", &[("V1.9__a.sql", ""), ("R__b.sql", "")], "V1.10__add_plan.sql"),
        ("dbmate", &[], "_add_plan.sql"),
    ] {
        let gate = gate(&database, files).env("LOCKGATE_LAYOUT", layout);
        let said = gate.with(["new", "Add plan"]).run().expect(0).stdout;
        assert!(said.lines().next().is_some_and(|first| first.ends_with(made)), "{layout}: {said}");
    }
    let drizzle = gate(&database, &[("meta/_journal.json", r#"{"entries": [{"tag": "0000_a"}]}"#), ("0000_a.sql", "")]);
    let outcome = drizzle.with(["new", "x"]).run().expect(78);
    assert!(outcome.stderr.contains("drizzle-kit generate --custom"), "{outcome}");
}

#[test]
fn a_script_on_the_tools_own_history_says_what_keeps_it_and_runs_where_it_is_kept() {
    for (tool, files) in [
        (
            "golang-migrate",
            &[("1_a.up.sql", "CREATE TABLE a ();"), ("2_b.up.sql", "ALTER TABLE schema_migrations ADD COLUMN x int;")],
        ),
        (
            "sqlx",
            &[("1_a.sql", "CREATE TABLE a ();"), ("2_b.sql", "DELETE FROM public._sqlx_migrations WHERE version = 7;")],
        ),
    ] {
        let database = TestDatabase::new();
        let gate = gate(&database, files).env("LOCKGATE_LAYOUT", tool);
        let refused = gate.with(["migrate"]).run().expect(65);
        let names = format!("{} names {tool}", files[1].0);
        let keeps = format!("LOCKGATE_COEXIST={tool} keeps it as {tool} does");
        assert!(refused.stderr.contains(&names) && refused.stderr.contains(&keeps), "{refused}");
        let kept = TestDatabase::new();
        let gate = gate.env("LOCKGATE_DATABASE_URL", kept.url()).env("LOCKGATE_COEXIST", tool);
        gate.with(["migrate"]).run().expect(0);
        gate.with(["status", "--check"]).run().expect(0);
    }
}
