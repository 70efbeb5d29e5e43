//! A snapshot that one major wrote, compared with the same schema on another, and on one into which a dump of the older was
//! loaded.
//!
//! `majors/N.json` is the output of `lockgate snapshot` for a database of that major, `majors/N.sql` that of `pg_dump -s`.
//! LOCKGATE_WRITE_MAJORS writes them for the server's major again.

use std::path::{Path, PathBuf};

use super::command::{can_be_dumped, client};
use crate::support::{Cluster, Gate, TestDatabase};

const CHAIN: &[(&str, &str)] = &[("0001_chain.sql", include_str!("majors/chain.sql"))];

const MAJORS: [u32; 3] = [13, 15, 18];

/// The majors with a dump: one is loaded on its own major, and on newer ones.
const DUMPED: [u32; 2] = [13, 15];

fn file(major: u32, extension: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/verify/majors/{major}.{extension}"))
}

fn read(major: u32, extension: &str) -> String {
    let path = file(major, extension);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A dump without the lines that change from one to the next, and without settings that older servers do not know.
fn dump(cluster: &Cluster, database: &str) -> String {
    let text = client(cluster, "pg_dump", &["-s", "--no-owner", "-T", "lockgate_history*", database]);
    let is_kept = |line: &&str| {
        let is_setting = line.starts_with("SET ") && !line.starts_with("SET check_function_bodies");
        !line.is_empty() && !line.starts_with("--") && !line.starts_with('\\') && !is_setting
    };
    text.lines().filter(is_kept).map(|line| format!("{line}\n")).collect()
}

/// A database that the chain made, and its gate.
fn made() -> (TestDatabase, Gate) {
    let database = TestDatabase::new();
    let gate = Gate::new(&database).env("LOCKGATE_LOG_FORMAT", "text").chain(CHAIN);
    gate.with(["migrate"]).run().expect(0);
    (database, gate)
}

/// Neither a difference nor a text that remains unproved.
fn is_equal(gate: &Gate, url: &str, what: &str) {
    let outcome = gate.clone().env("LOCKGATE_DATABASE_URL", url).with(["verify", "--full"]).run();
    assert!(outcome.code == Some(0) && outcome.stdout.contains(" 0 unproved"), "{what}: {outcome}");
}

#[test]
fn a_snapshot_of_another_major_is_equal_on_this_one() {
    let (database, gate) = made();
    if std::env::var_os("LOCKGATE_WRITE_MAJORS").is_some() {
        let major = database.cluster().version();
        gate.with(["snapshot", "--database"]).run().expect(0);
        std::fs::write(file(major, "json"), gate.read("schema.lockgate.json")).expect("the snapshot");
        if DUMPED.contains(&major) && can_be_dumped(database.cluster()) {
            std::fs::write(file(major, "sql"), dump(database.cluster(), database.name())).expect("the dump");
        }
    }
    for major in MAJORS {
        gate.write("schema.lockgate.json", read(major, "json"));
        is_equal(&gate, &database.url(), &format!("a snapshot of {major}"));
    }
}

#[test]
fn a_dump_of_an_older_major_is_equal_once_it_is_loaded() {
    let (database, gate) = made();
    for major in DUMPED.into_iter().filter(|major| *major <= database.cluster().version()) {
        let restored = TestDatabase::new();
        restored.sql(&read(major, "sql").replace("CREATE SCHEMA public;", ""));
        for snapshot in MAJORS {
            gate.write("schema.lockgate.json", read(snapshot, "json"));
            is_equal(&gate, &restored.url(), &format!("a dump of {major}, a snapshot of {snapshot}"));
        }
    }
}

#[test]
fn a_difference_is_one_beside_a_snapshot_of_another_major_too() {
    let (database, gate) = made();
    database.sql(
        "ALTER TABLE orders DROP CONSTRAINT orders_amount_check, ADD CONSTRAINT orders_amount_check CHECK (amount BETWEEN 0 AND 10); \
         ALTER TABLE users ALTER state SET DEFAULT 'old'; DROP INDEX users_lower",
    );
    for major in MAJORS {
        gate.write("schema.lockgate.json", read(major, "json"));
        let outcome = gate.with(["verify", "--full"]).run().expect(3);
        for words in
            ["missing     index users_lower on users", "column users.state", "constraint orders.orders_amount_check"]
        {
            assert!(outcome.stdout.contains(words), "a snapshot of {major}: it does not say {words:?}; {outcome}");
        }
    }
}
