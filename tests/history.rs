//! The history table: its statements about the chain, its owner, and its place.

use crate::support::{Gate, Outcome, Session, TestDatabase};

const CHAIN: &[(&str, &str)] = &[
    ("0001_users.sql", "CREATE TABLE users (id int);\nCOMMENT ON TABLE users IS 'a  b'"),
    ("0002_email.sql", "ALTER TABLE users ADD email text"),
    ("0003_age.sql", "ALTER TABLE users ADD age int"),
];

fn gate(database: &TestDatabase) -> Gate {
    Gate::new(database).env("LOCKGATE_LOG_FORMAT", "text").args(["migrate"])
}

/// A database at the head of [`CHAIN`].
fn migrated() -> (TestDatabase, Gate) {
    let database = TestDatabase::new();
    let gate = gate(&database).chain(CHAIN);
    gate.run().expect(0);
    (database, gate)
}

fn applied(database: &TestDatabase) -> String {
    applied_in(database, "public.lockgate_history")
}

fn applied_in(database: &TestDatabase, table: &str) -> String {
    database.value(&format!("SELECT string_agg(depth || ':' || revision, ' ' ORDER BY depth) FROM {table}"))
}

#[track_caller]
fn refused(outcome: Outcome, code: &str, texts: &[&str]) {
    let outcome = outcome.expect(65);
    for text in [format!("error[{code}]").as_str()].iter().chain(texts) {
        assert!(outcome.stderr.contains(text), "it does not say {text:?}; {outcome}");
    }
}

#[test]
fn a_database_that_is_ahead_opens_with_a_warning() {
    let (_database, gate) = migrated();
    gate.remove("0003_age.sql");
    let outcome = gate.run().expect(0);
    assert!(outcome.stderr.contains("WARN") && outcome.stderr.contains("ahead of this chain"), "{outcome}");
    assert!(outcome.stderr.contains("open: ahead of head 0002 by 1, nothing to do"), "{outcome}");
}

#[test]
fn a_database_that_is_ahead_is_refused_where_that_is_asked_for() {
    let (_database, gate) = migrated();
    gate.remove("0003_age.sql");
    refused(gate.env("LOCKGATE_AHEAD", "fail").run(), "LG0504", &["ahead"]);
}

#[test]
fn a_revision_that_the_chain_has_lost_is_a_gap() {
    let (_database, gate) = migrated();
    gate.remove("0002_email.sql");
    refused(gate.run(), "LG0502", &["0002"]);
}

#[test]
fn a_history_that_went_another_way_is_a_gap() {
    let (database, gate) = migrated();
    gate.remove("0003_age.sql");
    let gate = gate.chain(&[("0004_other.sql", "CREATE TABLE other ()")]);
    refused(gate.run(), "LG0502", &["0003"]);
    assert_eq!(database.value("SELECT to_regclass('other') IS NULL"), "t");
}

#[test]
fn changed_scripts_are_refused_all_at_once() {
    let (_database, gate) = migrated();
    gate.write("0001_users.sql", "CREATE TABLE users (id bigint)");
    gate.write("0003_age.sql", "ALTER TABLE users ADD age bigint");
    refused(gate.run(), "LG0501", &["2 applied revisions were changed", "0001_users.sql", "0003_age.sql"]);
}

#[test]
fn a_row_that_this_version_does_not_understand_is_refused_and_never_taken_for_done() {
    for written in [
        "state = 'started', progress = '{\"stages\": [1, 2]}'",
        "state = 'started', progress = NULL",
        "state = 'done', progress = '{\"segments\": 1, \"started\": false, \"prefix\": \"\"}'",
    ] {
        for pending in [&[("0004_more.sql", "CREATE TABLE more ()")][..], &[]] {
            let (database, gate) = migrated();
            let gate = gate.chain(pending);
            database.sql(&format!("UPDATE lockgate_history SET {written} WHERE revision = '0003'"));
            for command in ["migrate", "status", "wait"] {
                refused(gate.with([command]).run(), "LG0506", &["0003", "newer"]);
            }
            assert_eq!(database.value("SELECT to_regclass('more') IS NULL"), "t");
        }
    }
}

#[test]
fn white_space_in_a_string_is_a_change() {
    let (_database, gate) = migrated();
    gate.write("0001_users.sql", CHAIN[0].1.replace("a  b", "a b"));
    refused(gate.run(), "LG0501", &["0001_users.sql"]);
}

#[test]
fn comments_white_space_and_line_ends_may_change() {
    let (database, gate) = migrated();
    let respaced = CHAIN[0].1.replace(";\n", "; /* x */\r\n\r\n");
    gate.write("0001_users.sql", format!("\u{feff}-- users\r\n{respaced}\r\n"));
    gate.write("0002_email.sql", "\n  ALTER TABLE users -- who\n ADD email text");
    opens_with_nothing_to_do(&gate);
    assert_eq!(applied(&database), "1:0001 2:0002 3:0003");
}

fn opens_with_nothing_to_do(gate: &Gate) {
    let outcome = gate.run().expect(0);
    assert!(outcome.stderr.contains("open: at head 0003, nothing to do"), "{outcome}");
}

#[test]
fn a_late_revision_is_refused() {
    let (database, gate) = migrated();
    let gate = gate.chain(&[("0002.5_late.sql", "-- lockgate:after 0002\nCREATE TABLE late ()")]);
    gate.write("0003_age.sql", "-- lockgate:after 0002.5\nALTER TABLE users ADD age int");
    refused(gate.run(), "LG0503", &["0002.5_late.sql"]);
    assert_eq!(applied(&database), "1:0001 2:0002 3:0003");
}

#[test]
fn a_late_revision_that_is_let_in_moves_those_behind_it() {
    let (database, gate) = migrated();
    let gate = gate.chain(&[("0002.5_late.sql", "-- lockgate:after 0002\nCREATE TABLE late ()")]);
    gate.write("0003_age.sql", "-- lockgate:after 0002.5\nALTER TABLE users ADD age int");
    gate.clone().env("LOCKGATE_OUT_OF_ORDER", "allow").run().expect(0);
    assert_eq!(applied(&database), "1:0001 2:0002 3:0002.5 4:0003");
    let again = gate.run().expect(0);
    assert!(again.stderr.contains("nothing to do"), "{again}");
}

#[test]
fn another_services_history_is_refused_and_left_as_it_is() {
    let (database, _) = migrated();
    let other = gate(&database).chain(&[("a1b2_other.sql", "CREATE TABLE other ()")]);
    refused(other.run(), "LG0505", &["recorded: 0001, 0002, 0003", "this chain begins with a1b2"]);
    assert_eq!(applied(&database), "1:0001 2:0002 3:0003");
}

#[test]
fn what_only_has_the_historys_name_is_refused() {
    let shapes = [
        ("a table without our columns", "CREATE TABLE lockgate_history (id int)", "LG0506"),
        (
            "a table with another type",
            "CREATE TABLE lockgate_history (revision int, depth text, checksum text, bytes text, state text)",
            "LG0506",
        ),
        ("an index", "CREATE TABLE t (id int); CREATE INDEX lockgate_history ON t (id)", "LG0515"),
        ("a sequence", "CREATE SEQUENCE lockgate_history", "LG0515"),
    ];
    for (name, sql, code) in shapes {
        println!("{name}");
        let database = TestDatabase::new();
        database.sql(sql);
        refused(gate(&database).chain(CHAIN).run(), code, &["public.lockgate_history"]);
        assert_eq!(database.value("SELECT to_regclass('users') IS NULL"), "t");
    }
}

#[test]
fn a_history_that_the_role_may_not_read_names_the_grant() {
    let (database, gate) = migrated();
    let role = database.cluster().role("LOGIN");
    let outcome = gate.env("LOCKGATE_DATABASE_URL", database.url_as(&role, None)).run().expect(77);
    assert!(outcome.stderr.contains("LG0316"), "{outcome}");
    assert!(outcome.stderr.contains("GRANT SELECT ON \"public\".\"lockgate_history\""), "{outcome}");
}

#[test]
fn the_history_stands_where_it_is_told_to() {
    let places = [
        ("log.applied", "log.applied"),
        ("applied", "public.applied"),
        ("Log.Applied", "log.applied"),
        (r#""Odd ""schema.".applied"#, r#""Odd ""schema.".applied"#),
        (r#""Ünï code"."my table; --""#, r#""Ünï code"."my table; --""#),
    ];
    for (setting, table) in places {
        println!("{setting}");
        let database = TestDatabase::new();
        let gate = gate(&database).chain(CHAIN).env("LOCKGATE_HISTORY_TABLE", setting);
        gate.run().expect(0);
        assert_eq!(applied_in(&database, table), "1:0001 2:0002 3:0003");
        opens_with_nothing_to_do(&gate);
        assert_eq!(database.value("SELECT to_regclass('public.lockgate_history') IS NULL"), "t");
    }
}

#[test]
fn a_schema_that_is_there_is_used_by_a_role_that_may_make_none() {
    let database = TestDatabase::new();
    let role = database.cluster().role("LOGIN");
    database.sql(&format!("CREATE SCHEMA log AUTHORIZATION {role}; GRANT CREATE ON SCHEMA public TO {role}"));
    let gate = gate(&database).chain(CHAIN).env("LOCKGATE_HISTORY_TABLE", "log.applied");
    gate.env("LOCKGATE_DATABASE_URL", database.url_as(&role, None)).run().expect(0);
    assert_eq!(applied_in(&database, "log.applied"), "1:0001 2:0002 3:0003");
}

#[test]
fn two_services_have_two_histories_in_one_database() {
    let database = TestDatabase::new();
    let one = gate(&database).chain(CHAIN).env("LOCKGATE_HISTORY_TABLE", "one");
    let other = gate(&database).chain(&[("0001_other.sql", "CREATE TABLE other ()")]);
    let other = other.env("LOCKGATE_HISTORY_TABLE", "other.history");
    for _ in 0..2 {
        one.run().expect(0);
        other.run().expect(0);
    }
    assert_eq!(applied_in(&database, "public.one"), "1:0001 2:0002 3:0003");
    assert_eq!(applied_in(&database, "other.history"), "1:0001");
}

/// A role whose own schema comes first in its path, as `"$user"` has it.
fn at_home(database: &TestDatabase) -> (String, String) {
    let role = database.cluster().role("LOGIN");
    database.sql(&format!("GRANT CREATE ON SCHEMA public TO {role}; CREATE SCHEMA {role} AUTHORIZATION {role}"));
    let url = database.url_as(&role, None);
    assert_eq!(Session::open(&url).value("SELECT current_schema"), role);
    (role, url)
}

#[test]
fn a_schema_of_the_roles_name_does_not_hide_the_history_that_stood_before_it() {
    let (database, gate) = migrated();
    let (role, url) = at_home(&database);
    database.sql(&format!("GRANT SELECT ON lockgate_history TO {role}"));
    let gate = gate.env("LOCKGATE_DATABASE_URL", url);
    let words = ["public.lockgate_history", "LOCKGATE_HISTORY_TABLE=public.lockgate_history goes on with it"];
    refused(gate.run(), "LG0513", &words);
    assert_eq!(database.value("SELECT count(*) FROM pg_tables WHERE tablename IN ('lockgate_history', 'users')"), "2");
    opens_with_nothing_to_do(&gate.env("LOCKGATE_HISTORY_TABLE", "public.lockgate_history"));
}

#[test]
fn a_schema_of_the_roles_name_that_the_chain_makes_leaves_the_history_where_it_is() {
    let database = TestDatabase::new();
    let role = database.cluster().role("LOGIN");
    let grants =
        format!("GRANT CREATE ON DATABASE {} TO {role}; GRANT CREATE ON SCHEMA public TO {role}", database.name());
    database.sql(&grants);
    let gate = gate(&database).env("LOCKGATE_DATABASE_URL", database.url_as(&role, None));
    let (schema, table) = (format!("CREATE SCHEMA {role}"), format!("CREATE TABLE {role}.t (id int)"));
    let gate = gate.chain(&[("0001_schema.sql", &schema), ("0002_table.sql", &table)]);
    gate.run().expect(0);
    gate.with(["status", "--check"]).run().expect(0);
    let gate = gate.chain(&[("0003_more.sql", "SELECT 1")]);
    gate.run().expect(0);
    assert_eq!(applied(&database), "1:0001 2:0002 3:0003");
}

#[test]
fn a_role_that_works_in_a_schema_of_its_name_has_its_history_there() {
    let database = TestDatabase::new();
    let (role, url) = at_home(&database);
    let gate = gate(&database).chain(CHAIN).env("LOCKGATE_DATABASE_URL", url);
    gate.run().expect(0);
    opens_with_nothing_to_do(&gate);
    assert_eq!(applied_in(&database, &format!("{role}.lockgate_history")), "1:0001 2:0002 3:0003");
    let places =
        "SELECT string_agg(DISTINCT schemaname, ' ') FROM pg_tables WHERE tablename IN ('users', 'lockgate_history')";
    assert_eq!(database.value(places), role);
}

#[test]
fn the_two_services_of_the_example_share_a_database() {
    let database = TestDatabase::new();
    let platform = gate(&database).migrations("examples/platform/migrations");
    let wellness = gate(&database).migrations("examples/platform/wellness");
    let wellness = wellness.env("LOCKGATE_HISTORY_TABLE", "public.wellness_history");
    platform.run().expect(0);
    wellness.run().expect(0);
    for again in [platform.run().expect(0), wellness.run().expect(0)] {
        assert!(again.stderr.contains("nothing to do"), "{again}");
    }
    assert_eq!(database.value("SELECT count(*) FROM lockgate_history"), "11");
    assert_eq!(applied_in(&database, "wellness_history"), "1:a91c03de57f4 2:4b77dfea8799 3:28e1ce4c3187");
}

/// The revisions that `migrate TARGET` applies, for a chain whose 0001 is applied already.
#[test]
fn a_target_is_a_revision_a_prefix_a_step_or_head() {
    let targets = [
        ("0002", "1:0001 2:0002"),
        ("b", "1:0001 2:0002 3:b7e1"),
        ("+2", "1:0001 2:0002 3:b7e1"),
        ("head", "1:0001 2:0002 3:b7e1 4:c0ff"),
        ("0001", "1:0001"),
        ("+0", "1:0001"),
    ];
    for (target, expected) in targets {
        println!("{target}");
        let database = TestDatabase::new();
        let gate = target_chain(&database);
        gate.with(["migrate", target]).run().expect(0);
        assert_eq!(applied(&database), expected);
    }
}

fn target_chain(database: &TestDatabase) -> Gate {
    let gate = gate(database).chain(&[
        ("0001_a.sql", "SELECT 1"),
        ("0002_b.sql", "SELECT 2"),
        ("b7e1_c.sql", "-- lockgate:after 0002\nSELECT 3"),
        ("c0ff_d.sql", "-- lockgate:after b7e1\nSELECT 4"),
    ]);
    gate.with(["migrate", "0001"]).run().expect(0);
    gate
}

#[test]
fn a_target_that_names_nothing_is_wrong_usage_and_applies_nothing() {
    let database = TestDatabase::new();
    let gate = target_chain(&database);
    for (target, why) in [
        ("0009", "has no revision 0009"),
        ("000", "000 is the start of 0001 and 0002"),
        ("+4", "beyond head"),
        ("+x", "no number"),
    ] {
        println!("{target}");
        let outcome = gate.with(["migrate", target]).run().expect(64);
        assert!(outcome.stderr.contains("error[LG0100]") && outcome.stderr.contains(why), "{outcome}");
    }
    assert_eq!(applied(&database), "1:0001");
}

#[test]
fn a_target_that_names_nothing_is_wrong_usage_at_head_too() {
    let (_database, gate) = migrated();
    let outcome = gate.with(["migrate", "0009"]).run().expect(64);
    assert!(outcome.stderr.contains("has no revision 0009"), "{outcome}");
}

#[test]
fn a_target_that_is_reached_already_is_not_called_head() {
    let database = TestDatabase::new();
    let gate = target_chain(&database);
    let outcome = gate.with(["migrate", "0001"]).run().expect(0);
    assert!(outcome.stderr.contains("open: at 0001, short of head c0ff as asked for, nothing to do"), "{outcome}");
}

#[test]
fn a_formatter_makes_no_revision_edited() {
    let (database, gate) = migrated();
    gate.write("0001_users.sql", "create table Users(\n    ID int\n) ;\n\ncomment on table USERS\n    is 'a  b'\n");
    gate.write("0003_age.sql", "alter table users add/* when born */age INT");
    opens_with_nothing_to_do(&gate);
    gate.write("0003_age.sql", "ALTER TABLE users ADD \"Age\" int");
    refused(gate.run(), "LG0501", &["0003_age.sql"]);
    assert_eq!(applied(&database), "1:0001 2:0002 3:0003");
}

/// Rows of this version as an earlier lockgate wrote them.
fn written_by_version_1(database: &TestDatabase, ids: &[&str]) {
    for (file, script) in CHAIN.iter().filter(|(file, _)| ids.contains(&&file[..4])) {
        let checksum = lockgate::chain::checksum::Version::One.checksum(script);
        database.sql(&format!("UPDATE lockgate_history SET checksum = '{checksum}' WHERE revision = '{}'", &file[..4]));
    }
}

#[test]
fn a_history_of_an_earlier_version_is_compared_by_its_rules() {
    for ids in [&["0001", "0002", "0003"][..], &["0001", "0002"], &["0002"]] {
        println!("{ids:?}");
        let (database, gate) = migrated();
        written_by_version_1(&database, ids);
        opens_with_nothing_to_do(&gate);
        gate.write("0002_email.sql", "-- said since\nALTER TABLE   users ADD email text\n");
        opens_with_nothing_to_do(&gate);
        gate.write("0002_email.sql", "ALTER TABLE users ADD email varchar");
        refused(gate.run(), "LG0501", &["0002_email.sql"]);
    }
}

#[test]
fn a_checksum_of_a_version_that_is_not_known_is_a_newer_lockgates() {
    let (database, gate) = migrated();
    database.sql("UPDATE lockgate_history SET checksum = '3:0', bytes = 'other' WHERE revision = '0002'");
    refused(gate.run(), "LG0506", &["0002", "newer"]);
}

#[test]
fn a_changed_revision_is_told_with_what_was_recorded() {
    let (database, gate) = migrated();
    let gate = gate.env("POD_NAME", "shop-7f");
    gate.write("0003_age.sql", "ALTER TABLE users ADD age bigint");
    let user = database.value("SELECT applied_by FROM lockgate_history LIMIT 1");
    let day = database.value("SELECT to_char(now(), 'YYYY-MM-DD')");
    refused(
        gate.run(),
        "LG0501",
        &[
            &format!("0003_age.sql: not as it was applied as \"age\" on {day}"),
            &format!("by {user} (lockgate/"),
            &format!("the history: public.lockgate_history in {} on ", database.name()),
        ],
    );
}

#[test]
fn a_service_that_counts_from_the_same_number_is_another_one() {
    let (database, _) = migrated();
    let other = gate(&database).chain(&[("0001_invoices.sql", "CREATE TABLE invoices ()")]);
    refused(
        other.run(),
        "LG0505",
        &[
            "the history's 0001 is not this chain's: it is another service's",
            "recorded: 0001, 0002, 0003",
            "0001 was applied as \"users\" on ",
            "here it is 0001_invoices.sql",
            "the history: public.lockgate_history in ",
            "LOCKGATE_HISTORY_TABLE",
        ],
    );
    assert_eq!(database.value("SELECT to_regclass('invoices') IS NULL"), "t");
}

#[test]
fn a_renumbered_revision_is_found_under_its_new_number() {
    let (_database, gate) = migrated();
    gate.remove("0003_age.sql");
    gate.write("0003_phone.sql", "ALTER TABLE users ADD phone text");
    gate.write("0004_age.sql", CHAIN[2].1);
    refused(
        gate.run(),
        "LG0501",
        &[
            "0003_phone.sql: 0003 was applied as \"age\" on ",
            "that is 0004_age.sql here: name it 0003_age.sql again, and give 0003_phone.sql a number after head",
        ],
    );
    gate.remove("0003_phone.sql");
    refused(
        gate.run(),
        "LG0502",
        &["0003 was applied as \"age\" on ", "that is 0004_age.sql here: name it 0003_age.sql"],
    );
    gate.remove("0004_age.sql");
    gate.write("0003_age.sql", CHAIN[2].1);
    gate.write("0004_phone.sql", "ALTER TABLE users ADD phone text");
    gate.run().expect(0);
}
