//! Nothing of lockgate's own runs what a lesser role has planted (CVE-2018-1058), in every command, on a path with pg_catalog
//! first and with pg_catalog last. `make test-traps` plants the same in every case of the engine.

use crate::support::{Cluster, Gate, TestDatabase, traps};

const CHAIN: [(&str, &str); 4] = [
    (
        "0001_users.sql",
        "CREATE TABLE users (id int PRIMARY KEY, mail text, age varchar(9)); CREATE TABLE notes (id int, user_id int)",
    ),
    (
        "0002_rows.sql",
        "INSERT INTO users VALUES (1, 'a', '7'), (2, 'a', 'x'); INSERT INTO notes VALUES (1, 9), (2, NULL)",
    ),
    ("0003_index.sql", "CREATE INDEX CONCURRENTLY notes_id ON notes (id)"),
    ("0003_index.down.sql", "DROP INDEX notes_id"),
];

/// Each is refused, or explained, by other questions.
const LAST: [(&str, &str, i32); 8] = [
    ("unique", "ALTER TABLE users ADD CONSTRAINT one UNIQUE (mail)", 65),
    ("foreign key", "ALTER TABLE notes ADD CONSTRAINT of FOREIGN KEY (user_id) REFERENCES users", 65),
    ("not null", "ALTER TABLE notes ALTER user_id SET NOT NULL", 65),
    ("cast", "ALTER TABLE users ALTER age TYPE date USING age::date", 65),
    ("absent", "CREATE INDEX ON nowhere (id)", 65),
    ("equal", "CREATE INDEX CONCURRENTLY users_mail ON users (mail)", 0),
    ("data", "TRUNCATE notes; DELETE FROM users", 0),
    ("drop", "DROP TABLE notes CASCADE", 0),
];

fn assert_none(database: &TestDatabase, what: &str) {
    let chain: Vec<&str> = CHAIN.iter().map(|(_, sql)| *sql).chain(LAST.iter().map(|(_, sql, _)| *sql)).collect();
    let sprung = traps::sprung(database, &chain);
    assert!(sprung.is_empty(), "{what}: {}", sprung.join("\n"));
}

#[test]
fn no_command_runs_into_a_trap_of_a_lesser_role() {
    let cluster = Cluster::start_private(&[]);
    traps::plant(&cluster);
    for path in ["\"$user\", public", "public, pg_catalog"] {
        let database = TestDatabase::on(&cluster);
        database.sql(&format!("ALTER DATABASE {} SET search_path = {path}", database.name()));
        let gate = Gate::new(&database).env("LOCKGATE_LOG_FORMAT", "text").chain(&CHAIN);
        let does = |words: &[&str], code: i32| {
            gate.with(words).run().expect(code);
            assert_none(&database, &format!("{path}: {}", words.join(" ")));
        };
        does(&["plan", "--check-data"], 0);
        does(&["migrate"], 0);
        for words in [&["status"][..], &["history"], &["wait"], &["migrate"]] {
            does(words, 0);
        }
        does(&["down", "0002", "--yes"], 0);
        does(&["stamp", "0003", "--yes", "--unchecked"], 0);
        does(&["migrate"], 0);
        for (what, sql, code) in LAST {
            gate.write("0004_last.sql", sql);
            gate.with(["plan", "--check-data"]).run();
            gate.with(["migrate"]).run().expect(code);
            assert_none(&database, &format!("{path}: {what}"));
            gate.with(["stamp", "0003", "--yes", "--unchecked"]).run().expect(0);
        }
        // Definitions that are there already, and are proved equal.
        database.sql("DELETE FROM lockgate_history");
        gate.with(["status"]).run().expect(0);
        gate.with(["migrate"]).env("LOCKGATE_FIRST_CONTACT", "migrate").run();
        assert_none(&database, &format!("{path}: a history that was lost"));
    }
}
