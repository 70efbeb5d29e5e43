//! Nothing of lockgate's own runs a trap that a lesser role has planted (CVE-2018-1058), in any command, on a path with
//! pg_catalog first and with pg_catalog last. `make test-traps` plants the same in every case of the engine.

use crate::support::{Cluster, Gate, TestDatabase, eventually, traps};

const CHAIN: [(&str, &str); 6] = [
    ("0001_first.sql", "CREATE TABLE first ()"),
    // With the next it is sent ahead.
    ("0002_second.sql", "CREATE TABLE second ()"),
    (
        "0003_users.sql",
        "CREATE TABLE users (id int PRIMARY KEY, mail text, age varchar(9)); CREATE TABLE notes (id int, user_id int)",
    ),
    (
        "0004_rows.sql",
        "INSERT INTO users VALUES (1, 'a', '7'), (2, 'a', 'x'); INSERT INTO notes VALUES (1, 9), (2, NULL)",
    ),
    ("0005_index.sql", "CREATE INDEX CONCURRENTLY notes_id ON notes (id)"),
    ("0005_index.down.sql", "DROP INDEX notes_id"),
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
        does(&["down", "0004", "--yes"], 0);
        does(&["stamp", "0005", "--yes", "--unchecked"], 0);
        does(&["migrate"], 0);
        for (what, sql, code) in LAST {
            gate.write("0006_last.sql", sql);
            gate.with(["plan", "--check-data"]).run();
            gate.with(["migrate"]).run().expect(code);
            assert_none(&database, &format!("{path}: {what}"));
            gate.with(["stamp", "0005", "--yes", "--unchecked"]).run().expect(0);
        }
        // Definitions that are there already, and are proved equal.
        database.sql("DELETE FROM lockgate_history");
        gate.with(["status"]).run().expect(0);
        gate.with(["migrate"]).env("LOCKGATE_FIRST_CONTACT", "migrate").run();
        assert_none(&database, &format!("{path}: a history that was lost"));
    }
}

/// The question for the rows compares by name, and the statement itself does not. The server is its own: it lays one trap alone.
#[test]
fn rows_are_not_explained_by_the_operator_of_a_lesser_role() {
    let database = TestDatabase::on(&Cluster::start_private(&[]));
    let mallory = database.cluster().role("LOGIN");
    let name = database.name();
    database
        .sql(&format!("GRANT CREATE ON SCHEMA public TO {mallory}; ALTER DATABASE {name} SET track_functions = 'all'"));
    let gate = Gate::new(&database).env("LOCKGATE_LOG_FORMAT", "text").args(["migrate"]).chain(&[
        (
            "0001_tables.sql",
            "CREATE TABLE users (id int PRIMARY KEY, mail varchar(9), name varchar(9) UNIQUE); CREATE TABLE notes (name varchar(9))",
        ),
        ("0002_rows.sql", "INSERT INTO users VALUES (1, 'a', 'b'), (2, 'a', 'c'); INSERT INTO notes VALUES ('nobody')"),
    ]);
    gate.run().expect(0);
    let sprung =
        || database.value("SELECT coalesce(sum(calls), 0) FROM pg_stat_user_functions WHERE funcname = 'trap'");
    let refused = [
        ("ALTER TABLE users ADD CONSTRAINT one UNIQUE (mail)", "more than once"),
        ("ALTER TABLE notes ADD CONSTRAINT of FOREIGN KEY (name) REFERENCES users (name)", "that are not there"),
    ];
    let explained = |sql: &str, words: &str| {
        gate.write("0003_last.sql", sql);
        gate.run().expect(65).stderr.contains(words)
    };
    for (sql, words) in refused {
        assert!(explained(sql, words), "{sql}");
    }
    database.sql(&format!(
        "SET ROLE {mallory}; CREATE FUNCTION public.trap(varchar, varchar) RETURNS bool LANGUAGE plpgsql COST 0.0001 AS \
         'BEGIN RETURN $1::text OPERATOR(pg_catalog.=) $2::text; END'; \
         CREATE OPERATOR public.= (LEFTARG = varchar, RIGHTARG = varchar, FUNCTION = public.trap)"
    ));
    for (sql, words) in refused {
        assert!(!explained(sql, words), "{sql}");
    }
    eventually("the sessions end", || {
        database.value(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
        ) == "0"
    });
    assert_eq!(sprung(), "0");
    // As it is told of one that springs.
    database.sql("SELECT 'a'::varchar = 'b'::varchar");
    eventually("the trap is counted", || sprung() == "1");
}
