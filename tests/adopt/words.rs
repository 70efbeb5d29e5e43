//! A word for each revision, and how far they are recorded.

use super::{gate, recorded, says, words};
use crate::support::eventually::PATIENCE;
use crate::support::{Gate, HELD, Hold, TestDatabase, eventually};

const USERS: &str = "CREATE TABLE users (id int PRIMARY KEY, mail text)";
const SEED: &str = "INSERT INTO users (id, mail) VALUES (1, 'a')";
const AGE: &str = "ALTER TABLE users ADD age int";
const RAISE: &str = "UPDATE users SET age = coalesce(age, 0) + 1";
const ORDERS: &str = "CREATE TABLE orders (id int PRIMARY KEY); CREATE TABLE items (id int)";

/// A name, the chain, the statements that were run by hand, the words, the recorded revisions, and the exit code.
type Case = (&'static str, &'static [&'static str], &'static [&'static str], &'static str, &'static str, i32);

const CASES: &[Case] = &[
    (
        "data before one that is proved ran too",
        &[USERS, SEED, AGE, ORDERS],
        &[USERS, SEED, AGE],
        "proved implied proved pending",
        "0001 adopted, 0002 adopted, 0003 adopted",
        0,
    ),
    (
        "what later revisions took away is superseded",
        &[USERS, "CREATE TABLE gone (id int)", "DROP TABLE gone", AGE],
        &[USERS, AGE],
        "proved superseded proved proved",
        "0001 adopted, 0002 adopted, 0003 adopted, 0004 adopted",
        0,
    ),
    (
        "a removal is proved as the last of all",
        &["CREATE TABLE users (id int, old text)", SEED_OLD, "ALTER TABLE users DROP COLUMN old"],
        &["CREATE TABLE users (id int)"],
        "proved implied proved",
        "0001 adopted, 0002 adopted, 0003 adopted",
        0,
    ),
    ("nothing is there", &[USERS, AGE], &[], "pending pending", "", 0),
    (
        "a half one stays pending",
        &[USERS, ORDERS, RAISE],
        &[USERS, "CREATE TABLE orders (id int PRIMARY KEY)"],
        "proved half pending",
        "0001 adopted",
        0,
    ),
    ("only a half one is there", &[ORDERS, AGE], &["CREATE TABLE items (id int)"], "half pending", "", 3),
    ("data at the end may have run", &[USERS, AGE, RAISE], &[USERS, AGE], "proved proved unknown", "", 3),
    (
        "data between one that is not there and one that is may have run",
        &[USERS, ORDERS, RAISE, AGE],
        &[USERS, AGE],
        "proved pending unknown proved",
        "",
        3,
    ),
    (
        "something missing before one that is proved was dropped",
        &["CREATE TABLE users (id int PRIMARY KEY, mail text); CREATE INDEX mails ON users (mail)", SEED, AGE],
        &[USERS, AGE],
        "differs implied proved",
        "",
        3,
    ),
    (
        "an index that is INVALID differs",
        &["CREATE TABLE users (id int PRIMARY KEY, mail text); CREATE INDEX mails ON users (mail)", AGE],
        &[USERS, AGE, "CREATE INDEX mails ON users (mail)", INVALID],
        "differs proved",
        "",
        3,
    ),
    (
        "an enum that lacks a label differs",
        &["CREATE TYPE plan AS ENUM ('free', 'pro'); CREATE TABLE users (id int, plan plan)", AGE],
        &["CREATE TYPE plan AS ENUM ('free')", "CREATE TABLE users (id int, plan plan)", AGE],
        "differs proved",
        "",
        3,
    ),
    (
        "the script says how to tell",
        &[
            USERS,
            AGE,
            "-- lockgate:unless SELECT EXISTS (SELECT FROM users WHERE id = 1)\nINSERT INTO users (id) VALUES (1)",
        ],
        &[USERS, AGE],
        "proved proved pending",
        "0001 adopted, 0002 adopted",
        0,
    ),
    (
        "what a block of the chain may have made is no difference",
        &[
            "CREATE TABLE users (id int)",
            "DO $$ BEGIN PERFORM 1; EXECUTE 'ALTER TABLE users ADD CONSTRAINT ids CHECK (id > 0)'; END $$",
            AGE,
        ],
        &["CREATE TABLE users (id int CONSTRAINT ids CHECK (id > 0))", AGE],
        "proved implied proved",
        "0001 adopted, 0002 adopted, 0003 adopted",
        0,
    ),
    (
        "what somebody made beside the chain is",
        &["CREATE TABLE users (id int)", AGE],
        &["CREATE TABLE users (id int CONSTRAINT ids CHECK (id > 0))", AGE],
        "differs proved",
        "",
        3,
    ),
];

const SEED_OLD: &str = "UPDATE users SET old = 'x'";
const INVALID: &str = "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'mails'::regclass";

#[test]
fn each_revision_has_its_word_and_what_is_proved_is_recorded_once() {
    for (name, chain, ran, wanted, rows, code) in CASES {
        println!("{name}");
        let database = TestDatabase::with(ran);
        let gate = gate(&database, chain);
        let dry = gate.with(["adopt", "--dry-run", "--json"]).run().expect(*code);
        assert_eq!((words(&dry).as_str(), recorded(&database).as_str()), (*wanted, ""), "{dry}");
        let outcome = gate.with(["adopt", "--json"]).run().expect(*code);
        assert_eq!((words(&outcome).as_str(), recorded(&database).as_str()), (*wanted, *rows), "{outcome}");
    }
}

#[test]
fn nothing_runs_twice_and_a_half_revision_is_completed() {
    let chain = [USERS, SEED, AGE, ORDERS];
    let database = TestDatabase::with(&[USERS, SEED, AGE, "CREATE TABLE items (id int)"]);
    let gate = gate(&database, &chain);
    // The refusal names the way.
    says(&gate.with(["migrate"]).run().expect(65), &["LG0513", "`lockgate adopt` records what is there"]);
    let outcome = gate.run().expect(0);
    says(
        &outcome,
        &["half        0004", "there: items; missing: orders", "0001–0003: 3 revisions", "migrate applies 0004"],
    );
    let migrated = gate.with(["migrate"]).run().expect(0);
    says(&migrated, &["1 apply, 1 satisfied"]);
    assert_eq!(database.value("SELECT count(*) FROM users"), "1");
    assert_eq!(recorded(&database), "0001 adopted, 0002 adopted, 0003 adopted, 0004 applied");
    says(&gate.run().expect(0), &["with 4 revisions", "nothing to adopt: the history has the whole chain"]);
    says(&gate.with(["history"]).run().expect(0), &["adopted", "1 implied"]);
}

#[test]
fn a_person_says_how_far_the_data_came() {
    let chain = [USERS, AGE, RAISE, ORDERS];
    for (target, rows, count) in
        [("0003", "0001 adopted, 0002 adopted, 0003 adopted", "NULL"), ("0002", "0001 adopted, 0002 adopted", "1")]
    {
        let database = TestDatabase::with(&[USERS, AGE, "INSERT INTO users (id) VALUES (1)"]);
        let gate = gate(&database, &chain);
        says(&gate.with(["migrate"]).run().expect(65), &["`lockgate adopt 0003` records"]);
        says(
            &gate.run().expect(3),
            &["nobody can tell whether 0003 ran", "`lockgate adopt 0003`", "`lockgate adopt 0002`"],
        );
        gate.with(["adopt", target]).run().expect(0);
        assert_eq!(recorded(&database), rows);
        gate.with(["migrate"]).run().expect(0);
        assert_eq!(database.query_text("SELECT age FROM users"), [[count]]);
    }
}

#[test]
fn a_word_that_the_catalog_contradicts_is_not_taken() {
    let database = TestDatabase::with(&[USERS, AGE]);
    let gate = gate(&database, &[USERS, AGE, ORDERS]);
    says(&gate.with(["adopt", "0003"]).run().expect(3), &["do not agree", "0003: ", "is not all there"]);
    says(&gate.with(["adopt", "0001"]).run().expect(3), &["0002: ", "is in force"]);
    says(&gate.with(["adopt", "0009"]).run().expect(64), &["LG0100"]);
    assert_eq!(recorded(&database), "");
    gate.run().expect(0);
    says(&gate.with(["adopt", "0001"]).run().expect(64), &["the history has it already"]);
}

#[test]
fn what_differs_is_refused_then_kept_in_sight_until_it_is_mended_or_accepted() {
    let table =
        "CREATE TABLE users (id int PRIMARY KEY, mail varchar(40), note text);\nCREATE INDEX mails ON users (mail)";
    let database =
        TestDatabase::with(&["CREATE TABLE users (id int PRIMARY KEY, mail varchar(80), note varchar(9))", AGE]);
    let gate = gate(&database, &[table, SEED, AGE]);
    let refused = gate.run().expect(3);
    says(&refused, &["differs     0001", "column mail of public.users is different", "varchar(40)", "varchar(80)"]);
    says(&refused, &["column note of public.users is different", "varchar(9)", "mails is missing"]);
    says(&refused, &["`lockgate adopt --accept-drift`"]);
    assert_eq!(recorded(&database), "");

    gate.with(["adopt", "--accept-drift"]).run().expect(0);
    assert_eq!(recorded(&database), "0001 adopted, 0002 adopted, 0003 adopted");
    let seen = |what: &[&str], gone: &[&str]| {
        for command in ["status", "plan"] {
            let outcome = gate.with([command]).run().expect(0);
            says(&outcome, what);
            assert!(gone.iter().all(|gone| !outcome.stdout.contains(gone)), "{outcome}");
        }
    };
    seen(&["0001_step.sql:1:1", "varchar(80)", "0001_step.sql:2:1"], &[]);
    assert_eq!(gate.with(["status", "--json"]).run().expect(0).json()["drift"].as_array().map(Vec::len), Some(3));

    // By hand, and by a revision that wants it so.
    database.sql("CREATE INDEX mails ON users (mail)");
    seen(&["0001_step.sql:1:1"], &["0001_step.sql:2:1"]);
    database.sql("ALTER TABLE users ALTER note TYPE text");
    gate.write("0004_step.sql", "ALTER TABLE users ALTER mail TYPE varchar(80)");
    gate.with(["migrate"]).run().expect(0);
    seen(&["0004"], &["0001_step.sql"]);
}

#[test]
fn a_history_that_is_ours_goes_on_and_one_that_is_anothers_is_refused() {
    let database = TestDatabase::with(&[]);
    let first = gate(&database, &[USERS]);
    first.with(["migrate"]).run().expect(0);
    database.sql(AGE);
    let gate_of_more = gate(&database, &[USERS, AGE, ORDERS]);
    says(&gate_of_more.run().expect(0), &["with 1 revision", "0002: 1 revision", "migrate applies 0003"]);
    assert_eq!(recorded(&database), "0001 applied, 0002 adopted");

    let other = Gate::new(&database).env("LOCKGATE_LOG_FORMAT", "text");
    let other = other.chain(&[("0001_other.sql", "CREATE TABLE other (id int)")]);
    says(&other.with(["adopt"]).run().expect(65), &["LG0505"]);
    assert_eq!(recorded(&database), "0001 applied, 0002 adopted");
}

#[test]
fn an_object_of_a_role_that_is_not_trusted_is_never_taken_for_the_chains() {
    let database = TestDatabase::with(&[USERS, AGE]);
    let mallory = format!("mallory_{}", database.name());
    database.sql(&format!("CREATE ROLE {mallory}; ALTER TABLE users OWNER TO {mallory}"));
    let gate = gate(&database, &[USERS, AGE]);
    for arguments in [&["adopt"][..], &["adopt", "--accept-drift"], &["adopt", "0002", "--accept-drift"]] {
        let outcome = gate.with(arguments.iter().copied()).run().expect(3);
        says(&outcome, &[&mallory, "a role that is not trusted", "ALTER TABLE"]);
        assert_eq!(recorded(&database), "");
    }
    database.sql(&format!("ALTER TABLE users OWNER TO CURRENT_USER; DROP ROLE {mallory}"));
    gate.run().expect(0);
}

#[test]
fn a_dry_run_needs_to_read_only() {
    let database = TestDatabase::with(&[USERS, AGE]);
    let reader = format!("reader_{}", database.name());
    database.sql(&format!(
        "CREATE ROLE {reader} LOGIN; GRANT SELECT ON users TO {reader}; REVOKE CREATE ON SCHEMA public FROM PUBLIC"
    ));
    let gate = gate(&database, &[USERS, AGE]);
    let dry = gate.clone().env("LOCKGATE_DATABASE_URL", database.url_as(&reader, None));
    // The setting names the owner of the tables: the reader is no member of that role.
    let dry = dry.env("LOCKGATE_TRUSTED_OWNERS", database.value("SELECT current_user"));
    says(&dry.with(["adopt", "--dry-run"]).run().expect(0), &["would record", "0001–0002", "so it could not record"]);
    assert_eq!(recorded(&database), "");
    database.sql(&format!("DROP OWNED BY {reader}; DROP ROLE {reader}"));
}

#[test]
fn wrong_words_are_refused_before_anything_is_asked() {
    let database = TestDatabase::new();
    let gate = gate(&database, &[USERS]);
    says(&gate.with(["adopt", "--from", "liquibase"]).run().expect(64), &["LG0100", "one of alembic, prisma"]);
    gate.with(["adopt", "0001", "--from", "goose"]).run().expect(64);
    gate.write("0001_step.sql", "CREATE TABLE (");
    says(&gate.with(["adopt"]).run().expect(65), &["LG0203"]);
}

#[test]
fn another_gate_is_waited_for() {
    let database = TestDatabase::new();
    let gate = gate(&database, &[USERS, &format!("{HELD} {AGE}")]);
    let hold = Hold::on(&database);
    let running = gate.with(["migrate"]).spawn();
    hold.reached();
    let outcome = gate.clone().env("LOCKGATE_LOCK_WAIT", "100ms").run().expect(75);
    says(&outcome, &["LG0401"]);
    hold.release();
    running.wait(PATIENCE).expect(0);
    assert_eq!(recorded(&database), "0001 applied, 0002 applied");
}

#[test]
fn one_that_is_killed_leaves_nothing_half() {
    let database = TestDatabase::new();
    let gate = gate(&database, &[USERS]);
    gate.with(["migrate"]).run().expect(0);
    database.sql(&format!("{AGE}; {ORDERS}"));
    gate.write("0002_step.sql", AGE);
    gate.write("0003_step.sql", ORDERS);
    // Its rows wait behind this lock.
    let session = database.session();
    session.sql("BEGIN; LOCK TABLE lockgate_history IN SHARE MODE");
    let running = gate.spawn();
    let waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'lockgate_history'::regclass";
    eventually("the rows wait", || database.value(waits) != "0");
    running.kill();
    running.wait(PATIENCE);
    session.sql("ROLLBACK");
    eventually("its session is gone", || {
        database.value("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'lockgate%'") == "0"
    });
    assert_eq!(recorded(&database), "0001 applied");
    gate.run().expect(0);
    assert_eq!(recorded(&database), "0001 applied, 0002 adopted, 0003 adopted");
}

#[test]
fn a_history_of_an_earlier_version_takes_what_is_adopted() {
    let database = TestDatabase::new();
    let gate = gate(&database, &[USERS, AGE]);
    gate.with(["migrate"]).run().expect(0);
    database.sql(
        "DELETE FROM lockgate_history; ALTER TABLE lockgate_history DROP CONSTRAINT lockgate_history_kind_check, \
         ADD CONSTRAINT lockgate_history_kind_check CHECK (kind IN ('applied', 'stamped'))",
    );
    // A role that may only write rows is told what the owner has to run.
    let role = database.cluster().role("LOGIN");
    database.sql(&format!("GRANT ALL ON SCHEMA public TO {role}; GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}"));
    let trusting = gate.clone().env("LOCKGATE_DATABASE_URL", database.url_as(&role, None));
    let refused = trusting.env("LOCKGATE_TRUSTED_OWNERS", "app").run().expect(77);
    says(&refused, &["as the table's owner: ALTER TABLE ", "DROP CONSTRAINT \"lockgate_history_kind_check\", ADD"]);
    assert_eq!(recorded(&database), "");
    gate.run().expect(0);
    assert_eq!(recorded(&database), "0001 adopted, 0002 adopted");
}
