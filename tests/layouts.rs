//! The directories of other migration tools: those that are known are chains; of the others none is run by mistake, each is called by
//! its tool's name.

pub mod beside; // the tools' own histories, gone on from and kept
mod import; // chains of other tools, written as lockgate's own
mod read; // each layout, as it is read
mod run; // chains in them, applied, taken back and continued
mod tools; // the same with the tools themselves, where they can be had
mod values; // what a tool puts into its scripts

use crate::support::{Gate, Outcome, TestDatabase};

/// A database as another tool left it.
fn production() -> TestDatabase {
    let database = TestDatabase::new();
    database.sql("CREATE TABLE users (id int PRIMARY KEY, email text); INSERT INTO users VALUES (1, 'a'), (2, 'b')");
    database
}

fn gate(database: &TestDatabase) -> Gate {
    Gate::new(database).env("LOCKGATE_LOG_FORMAT", "text").args(["migrate"])
}

/// Refused with these words, and the rows are still there.
#[track_caller]
fn refused(database: &TestDatabase, outcome: Outcome, says: &[&str]) {
    let outcome = outcome.expect(65);
    for words in ["error[LG0202]"].iter().chain(says) {
        assert!(outcome.stderr.contains(words), "it does not say {words:?}; {outcome}");
    }
    assert!(!outcome.stderr.contains("more than one base"), "{outcome}");
    assert_eq!(database.value("SELECT count(*) FROM users"), "2");
    assert_eq!(database.value("SELECT to_regclass('lockgate_history') IS NULL"), "t");
}

/// A file's name, the comments around its way up and its way back, and the line and tool that are to be named.
const BOTH_WAYS: &[(&str, &str, &str, &str)] = &[
    ("1_users.sql", "-- +goose ENVSUB ON\n", "", ":2: a line before `-- +goose Up`"),
    (
        "20240101000000_users.sql",
        "SELECT 1;\n-- migrate:up\n",
        "-- migrate:down\n",
        ":1: a line before `-- migrate:up`",
    ),
    ("20240101000000-users.sql", "-- +migrate Up\n", "-- +migrate Down notransaction\n", ":3: a file of sql-migrate's"),
    ("001_users.sql", "", "---- create above / drop below ----\n", ":2: a file of tern's"),
    ("001_users.sql", "---- tern: disable-tx ----\n", "", ":1: a file of tern's"),
    ("1700000000000_users.sql", "", "  --- down   migration of users\n", ":1: a way back without `-- Up Migration`"),
    ("20240101000000_users.sql", "-- // users\n", "-- //@UNDO\n", ":3: a file of MyBatis Migrations'"),
    ("20240101000000_users.sql", "-- // users\n", "--//@UNDO\n", ":3: a file of MyBatis Migrations'"),
    ("20240101000000_users.sql", "-- +micrate Up\n", "-- +micrate Down\n", ":3: a file of micrate's"),
    ("01_users.sql", "-- rambler up\n", "-- rambler down\n", ":3: a file of rambler's"),
    (
        "1_users.sql",
        "--liquibase formatted sql\n--changeset bob:1\n",
        "--rollback DROP TABLE users\n",
        ":1: a file of Liquibase's",
    ),
    ("1_users.sql", "-- Changeset bob:1 runInTransaction:false\n", "", ":1: a file of Liquibase's"),
    ("0000_users.sql", "", "--> statement-breakpoint\n", ":2: a file of Drizzle's"),
];

#[test]
fn a_file_of_another_tool_is_refused_and_the_rows_stay() {
    let database = production();
    for (name, up, back, says) in BOTH_WAYS {
        println!("{name}: {up}{back}"); // shown where the test fails
        let script = format!("{up}CREATE TABLE users (id int PRIMARY KEY, email text);\n{back}DROP TABLE users;\n");
        refused(&database, gate(&database).chain(&[(name, &script)]).run(), &["1 problem", says]);
    }
}

#[test]
fn the_split_into_two_files_is_said_and_runs() {
    let database = production();
    let script =
        "-- +migrate Up\nCREATE TABLE users (id int PRIMARY KEY, email text);\n-- +migrate Down\nDROP TABLE users;\n";
    let refused_gate = gate(&database).chain(&[("20240101000000_users.sql", script)]);
    refused(
        &database,
        refused_gate.run(),
        &["the way up alone in 20240101000000_users.sql, the way back in 20240101000000_users.down.sql"],
    );

    let split = gate(&database).chain(&[
        ("20240101000000_users.sql", "CREATE TABLE users (id int PRIMARY KEY, email text);\n"),
        ("20240101000000_users.down.sql", "DROP TABLE users;\n"),
    ]);

    split.run().expect(0);
    assert_eq!(database.value("SELECT count(*) FROM users"), "2");
}

#[test]
fn every_file_of_a_directory_is_named() {
    let database = production();
    let outcome = gate(&database).chain(&[
        ("20240101000000_users.sql", "-- +migrate Up\nSELECT 1;\n-- +migrate Down\nDROP TABLE users;\n"),
        ("20240102000000_plan.sql", "-- +migrate Up\nSELECT 1;\n-- +migrate Down\nSELECT 2;\n"),
        ("schema.sql", "SELECT 1"),
    ]);
    refused(&database, outcome.run(), &["2 problems", "20240101000000_users.sql:3: ", "20240102000000_plan.sql:3: "]);
}

#[test]
fn a_way_back_of_another_tool_is_not_run_either() {
    let database = TestDatabase::new();
    let gate = gate(&database).chain(&[
        ("0001_users.sql", "CREATE TABLE users (id int)"),
        ("0001_users.down.sql", "-- +goose Up\nSELECT 1;\n-- +goose Down\nDROP TABLE users;\n"),
    ]);
    gate.run().expect(0);
    let outcome = gate.with(["down", "base"]).run().expect(65);
    assert!(outcome.stderr.contains("0001_users.down.sql:3: a file of goose's"), "{outcome}");
    assert_eq!(database.value("SELECT to_regclass('users') IS NOT NULL"), "t");
}

#[test]
fn a_comment_or_a_quote_that_speaks_of_another_tool_is_no_mark() {
    let database = TestDatabase::new();
    let script = "-- This was made with goose (-- +goose Up, -- +goose Down).\n-- rollback: DROP TABLE t\n\
                  CREATE TABLE t (said text DEFAULT '\n-- migrate:down\n');\nCOMMENT ON TABLE t IS $$\n-- +goose Down\n$$;\n";
    gate(&database).chain(&[("0001_t.sql", script)]).run().expect(0);
    assert_eq!(database.value("SELECT obj_description('t'::regclass)"), "\n-- +goose Down\n");
}

/// Files that are refused by their names, and the text of the refusal.
const NAMES: &[(&str, &str)] = &[
    ("V1__users.sql", "V1__users.sql: named as by Flyway or refinery: name it 1_users.sql"),
    ("V1_2__plan.sql", "name it 1.2_plan.sql, and say in it what it comes after: `-- lockgate:after ID`"),
    ("U1__users.sql", "U1__users.sql: named as Flyway's way back"),
    ("R__views.sql", "R__views.sql: Flyway's repeatable script"),
    ("B1__base.sql", "B1__base.sql: Flyway's baseline"),
    ("atlas.sum", "0001_a.sql: atlas.sum does not have it at this place"),
    ("migration_lock.toml", "migration_lock.toml: Prisma's"),
    ("ae1027a6acf_users.py", "ae1027a6acf_users.py: Python, as Alembic's revisions are"),
    ("alembic.ini", "alembic.ini: Alembic's settings"),
    ("env.py", "env.py: Alembic's environment"),
    ("script.py.mako", "script.py.mako: Alembic's template"),
    ("00002_rows.go", "00002_rows.go: Go, as goose runs it too"),
    ("20240101000000_users.js", "JavaScript, as of Knex, Sequelize or TypeORM"),
    ("1700000000000-users.ts", "TypeScript, as of TypeORM, Knex or Sequelize"),
    ("20240101000000_users.rb", "Ruby, as of Rails"),
];

#[test]
fn a_name_that_is_another_tools_is_refused_as_such() {
    let database = production();
    for (name, says) in NAMES {
        println!("{name}");
        refused(
            &database,
            gate(&database).chain(&[("0001_a.sql", "SELECT 1"), (name, "DROP TABLE users")]).run(),
            &[says],
        );
    }
}

/// Directories that are refused by their content.
const DIRECTORIES: &[(&str, &[&str], &str)] = &[
    (
        "20240101000000_init",
        &["migration.sql"],
        "20240101000000_init: Prisma's directory: move its migration.sql to 20240101000000_init.sql",
    ),
    (
        "2024-01-01-000000_users",
        &["up.sql", "down.sql"],
        "diesel's directory: move its up.sql to 20240101000000_users.sql, and its down.sql to 20240101000000_users.down.sql",
    ),
    ("20240101000000_x", &["migration.sql", "snapshot.json"], "Drizzle's directory"),
    ("meta", &["_journal.json"], "meta/_journal.json:1: it cannot be read as Drizzle's journal"),
    ("versions", &["a_b.py"], "versions: Alembic's revisions"),
    ("old", &[], "old: a directory: only revisions belong here"),
];

#[test]
fn a_directory_that_is_another_tools_is_refused_as_such() {
    let database = production();
    for (name, files, says) in DIRECTORIES {
        println!("{name}");
        let gate = gate(&database).chain(&[("0001_a.sql", "DROP TABLE users")]);
        std::fs::create_dir(gate.chain_directory().join(name)).expect("a directory");
        files.iter().for_each(|file| gate.write(&format!("{name}/{file}"), "SELECT 1"));
        refused(&database, gate.run(), &[says]);
    }
}

#[test]
fn a_directory_that_may_be_of_two_tools_is_refused_until_somebody_says_whose() {
    let database = production();
    let gate = gate(&database).chain(&[("000001_a.up.sql", "SELECT 1"), ("000001_a.down.sql", "DROP TABLE users")]);
    refused(&database, gate.run(), &["LOCKGATE_LAYOUT=golang-migrate or LOCKGATE_LAYOUT=sqlx"]);
    let native = gate.clone().env("LOCKGATE_LAYOUT", "native");
    refused(&database, native.run(), &["named as by golang-migrate or sqlx: name it 000001_a.sql"]);
    gate.env("LOCKGATE_LAYOUT", "sqlx").run().expect(0);
    assert_eq!(database.value("SELECT count(*) FROM users"), "2");
}

#[test]
fn a_dump_beside_numbered_revisions_is_named_unless_it_has_a_place() {
    let database = production();
    for name in ["schema.sql", "structure.sql", "seed.sql"] {
        println!("{name}");
        let gate = gate(&database).chain(&[("0001_a.sql", "SELECT 1"), (name, "SELECT 2")]);
        refused(&database, gate.run(), &[&format!("{name}: "), "no revision: move it out", "lockgate:after ID"]);
    }
    let placed = gate(&database).chain(&[("0001_a.sql", "SELECT 1"), ("seed.sql", "-- lockgate:after 0001\nSELECT 2")]);
    placed.run().expect(0);
}

#[test]
fn plain_files_of_supabase_and_sqlx_are_a_chain() {
    let database = TestDatabase::new();
    gate(&database)
        .chain(&[("20240101000000_users.sql", "CREATE TABLE u ()"), ("20240102000000_more.sql", "CREATE TABLE v ()")])
        .run()
        .expect(0);
    assert_eq!(database.value("SELECT count(*) FROM lockgate_history"), "2");
}
