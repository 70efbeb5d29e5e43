//! Objects that were made by hand and that keep a pending statement from running: the plan reports them if the server would
//! refuse, and never otherwise.

use serde_json::Value;

use crate::support::{Gate, Session, TestDatabase, long_tests_are_wanted};

/// Objects of the chain of each kind on which others may depend.
const BASE: &str = "
CREATE SCHEMA s;
CREATE SCHEMA e;
CREATE TYPE mood AS ENUM ('a', 'b');
CREATE TYPE pair AS (x int, y int);
CREATE DOMAIN score AS int;
CREATE TYPE span AS RANGE (subtype = int4);
CREATE COLLATION plain FROM \"C\";
CREATE SEQUENCE numbers;
CREATE FUNCTION one() RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
CREATE FUNCTION fires() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE TABLE t (id int PRIMARY KEY, a int, b text, m mood DEFAULT 'a', sc score, c text COLLATE plain);
CREATE UNIQUE INDEX t_a ON t (a);
CREATE TABLE s.u (id int, b text, a int);
CREATE TABLE p (id int, k int) PARTITION BY RANGE (k);
CREATE TABLE p_1 PARTITION OF p FOR VALUES FROM (0) TO (10);
CREATE TABLE owner (id serial PRIMARY KEY, n int DEFAULT nextval('numbers'));
CREATE VIEW v AS SELECT id, a FROM t;
";

/// Made by hand; with the first major version that knows the statement.
const BY_HAND: &[(u32, &str)] = &[
    (13, "CREATE VIEW h AS SELECT a FROM t"),
    (13, "CREATE VIEW h AS SELECT b FROM t; CREATE VIEW h_2 AS SELECT * FROM h"),
    (13, "CREATE VIEW h AS SELECT id FROM v"),
    (13, "CREATE VIEW e.h AS SELECT a FROM s.u"),
    (13, "CREATE VIEW h AS SELECT one() AS n"),
    (13, "CREATE VIEW h AS SELECT k FROM p"),
    (13, "CREATE VIEW h AS SELECT id FROM p_1"),
    (13, "CREATE VIEW h AS SELECT id, b FROM t GROUP BY id"),
    (13, "CREATE MATERIALIZED VIEW h AS SELECT a, m FROM t"),
    (13, "CREATE RULE h AS ON INSERT TO t DO ALSO INSERT INTO s.u (b) VALUES (new.b)"),
    (13, "CREATE TRIGGER h BEFORE UPDATE OF a ON t FOR EACH ROW EXECUTE FUNCTION fires()"),
    (13, "CREATE TRIGGER h BEFORE INSERT ON s.u FOR EACH ROW WHEN (new.b IS NULL) EXECUTE FUNCTION fires()"),
    (13, "CREATE POLICY h ON t USING (a > 0)"),
    (13, "CREATE POLICY h ON s.u USING (EXISTS (SELECT FROM t WHERE t.a = u.a))"),
    (13, "CREATE TABLE h (id int REFERENCES t)"),
    (13, "CREATE TABLE h (a int REFERENCES t (a))"),
    (13, "ALTER TABLE s.u ADD CONSTRAINT h FOREIGN KEY (a) REFERENCES t (a)"),
    (13, "CREATE TABLE h (m mood, p pair)"),
    (13, "CREATE TABLE h (m mood[])"),
    (13, "CREATE TABLE e.h (s span, sc score)"),
    (13, "CREATE TABLE h (b text COLLATE plain)"),
    (13, "CREATE TABLE h (row t)"),
    (13, "CREATE TABLE h OF pair"),
    (13, "CREATE TABLE h (n int DEFAULT nextval('numbers'))"),
    (13, "CREATE TABLE h (n int DEFAULT one())"),
    (13, "CREATE TABLE h (n int CHECK (n > one()))"),
    (13, "CREATE TABLE h (n int, o int GENERATED ALWAYS AS (n + one()) STORED)"),
    (13, "CREATE TABLE h () INHERITS (t)"),
    (13, "CREATE TABLE h PARTITION OF p FOR VALUES FROM (10) TO (20); CREATE VIEW h_2 AS SELECT id FROM h"),
    (13, "ALTER TABLE t ADD COLUMN h int GENERATED ALWAYS AS (a + 1) STORED"),
    (13, "ALTER TABLE t ADD CONSTRAINT h CHECK (a > 0)"),
    (13, "ALTER TABLE t ADD CONSTRAINT h UNIQUE USING INDEX t_a"),
    (13, "CREATE INDEX h ON t (a, b)"),
    (13, "CREATE INDEX h ON s.u ((a + one()))"),
    (13, "CREATE STATISTICS h ON a, b FROM t"),
    (13, "CREATE DOMAIN h AS score CHECK (value > 0)"),
    (13, "CREATE TYPE h AS (m mood, s span)"),
    (13, "CREATE FUNCTION h(m mood) RETURNS int LANGUAGE sql AS 'SELECT 1'"),
    (13, "CREATE FUNCTION e.h() RETURNS SETOF t LANGUAGE sql AS 'SELECT * FROM t'"),
    (14, "CREATE FUNCTION h() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT a FROM t LIMIT 1; END"),
    (13, "CREATE AGGREGATE e.h(int) (SFUNC = int4pl, STYPE = int)"),
    (
        13,
        "CREATE FUNCTION to_mood(pair) RETURNS mood LANGUAGE sql AS $$SELECT 'a'::mood$$; CREATE CAST (pair AS mood) WITH FUNCTION to_mood(pair)",
    ),
    (13, "CREATE PUBLICATION h FOR TABLE t"),
    (15, "CREATE PUBLICATION h FOR TABLE t WHERE (a > 0)"),
    (13, "ALTER SEQUENCE numbers OWNED BY t.id"),
    (13, "CREATE TABLE e.h (id serial)"),
    (13, "CREATE TABLE h (id int DEFAULT nextval('owner_id_seq'))"),
    (13, "CREATE VIEW v_2 AS SELECT v.id, u.b FROM v JOIN s.u ON v.id = u.id"),
];

/// Pending statements that remove something, or change an object on which another depends.
const PENDING: &[&str] = &[
    "DROP TABLE t",
    "DROP TABLE t CASCADE",
    "DROP TABLE s.u",
    "DROP TABLE s.u, owner",
    "DROP TABLE p",
    "DROP TABLE p_1",
    "DROP TABLE owner",
    "DROP VIEW v",
    "DROP VIEW v CASCADE",
    "DROP VIEW v; DROP TABLE t",
    "DROP INDEX t_a",
    "DROP INDEX t_a CASCADE",
    "ALTER TABLE t DROP COLUMN b",
    "ALTER TABLE t DROP COLUMN m",
    "ALTER TABLE t DROP COLUMN sc, DROP COLUMN c",
    "ALTER TABLE t DROP COLUMN a CASCADE",
    "DROP VIEW v; ALTER TABLE t DROP COLUMN a",
    "ALTER TABLE s.u DROP COLUMN a",
    "ALTER TABLE s.u DROP COLUMN b",
    "ALTER TABLE t DROP CONSTRAINT t_pkey",
    "ALTER TABLE t DROP CONSTRAINT t_pkey, ADD PRIMARY KEY (id, a)",
    "ALTER TABLE t DROP CONSTRAINT t_pkey CASCADE",
    "ALTER TABLE t ALTER COLUMN b TYPE varchar(50)",
    "ALTER TABLE t ALTER COLUMN m DROP DEFAULT, ALTER COLUMN m TYPE text",
    "ALTER TABLE s.u ALTER COLUMN a TYPE bigint",
    "ALTER TABLE s.u ALTER COLUMN b TYPE varchar(20), DROP COLUMN a",
    "DROP VIEW v; ALTER TABLE t ALTER COLUMN a TYPE bigint",
    "ALTER TABLE p ALTER COLUMN id TYPE bigint",
    "ALTER TABLE owner ALTER COLUMN n DROP DEFAULT; DROP SEQUENCE numbers",
    "ALTER TABLE owner DROP COLUMN n; DROP SEQUENCE numbers",
    "DROP SEQUENCE numbers CASCADE",
    "ALTER TABLE t DROP COLUMN m; DROP TYPE mood",
    "ALTER TABLE t ALTER COLUMN m DROP DEFAULT; ALTER TABLE t ALTER COLUMN m TYPE text; DROP TYPE mood",
    "ALTER TABLE t ALTER COLUMN sc TYPE int; DROP DOMAIN score",
    "ALTER TABLE t DROP COLUMN c; DROP COLLATION plain",
    "DROP TYPE pair",
    "DROP TYPE span",
    "DROP TYPE mood CASCADE",
    "DROP FUNCTION one()",
    "DROP FUNCTION fires",
    "DROP FUNCTION fires() CASCADE",
    "DROP SCHEMA e",
    "DROP TABLE s.u; DROP SCHEMA s",
    "ALTER TABLE s.u SET SCHEMA public; DROP SCHEMA s",
    "DROP SCHEMA s CASCADE",
    "ALTER TABLE s.u RENAME TO w; ALTER TABLE s.w RENAME COLUMN b TO d; ALTER TABLE s.w DROP COLUMN d",
    "ALTER TABLE p DETACH PARTITION p_1; DROP TABLE p",
    "CREATE OR REPLACE FUNCTION one() RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 2'; DROP FUNCTION one()",
    "DROP VIEW IF EXISTS h, h_2; DROP VIEW v; DROP TABLE t",
    "ALTER TABLE t ADD COLUMN z int; DROP VIEW v; ALTER TABLE t DROP COLUMN a",
    "DROP TRIGGER IF EXISTS h ON t; DROP FUNCTION fires()",
    "DO $$ BEGIN DROP VIEW IF EXISTS h, h_2; END $$; DROP VIEW v; DROP TABLE t",
];

/// The server's own word on a script: the SQLSTATE of its first error.
fn refusal(session: &Session, script: &str) -> Option<String> {
    session.sql("BEGIN");
    let outcome = session.try_sql(script);
    session.sql("ROLLBACK");
    outcome.err().map(|error| error.code().expect("an error of the server").code().to_owned())
}

fn is_provisional(plan: &Value) -> bool {
    let revisions = plan["revisions"].as_array().into_iter().flatten();
    let mut statements = revisions.flat_map(|revision| revision["statements"].as_array().into_iter().flatten());
    statements.any(|statement| statement["provisional"].as_array().is_some_and(|reasons| !reasons.is_empty()))
}

/// One database with something made by hand, and each pending script in turn.
fn hold(by_hand: &str, scripts: &[&str]) -> Vec<String> {
    let database = TestDatabase::new();
    let gate = Gate::new(&database).chain(&[("0001_base.sql", BASE)]);
    gate.with(["migrate"]).run().expect(0);
    let session = database.session();
    let possible: Vec<&&str> = scripts.iter().filter(|script| refusal(&session, script).is_none()).collect();
    session.sql(by_hand);
    let mut wrong = Vec::new();
    for script in possible {
        let refused = refusal(&session, script);
        gate.write("0002_next.sql", script);
        let outcome = gate.with(["plan", "--json"]).run();
        let told = match (outcome.code, refused.as_deref()) {
            (Some(0), None) | (Some(65), Some("2BP01" | "0A000" | "42809" | "42601")) => continue,
            // It is gone already, and the gate takes the statement as done.
            (Some(0), Some("42704")) => continue,
            (Some(0), Some("2BP01" | "0A000")) if is_provisional(&outcome.json()) => continue,
            (code, refused) => {
                format!("{by_hand}\n  {script}\n  the plan ended with {code:?}, the server said {refused:?}")
            }
        };
        wrong.push(format!("{told}\n{}", outcome.stdout));
    }
    wrong
}

#[test]
fn the_plan_foresees_what_depends_on_a_removed_object_as_the_server_does() {
    let database = TestDatabase::new();
    let version = database.cluster().version();
    let known: Vec<&str> = BY_HAND.iter().filter(|(since, _)| *since <= version).map(|(_, sql)| *sql).collect();
    let seed = std::env::var("LOCKGATE_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| fastrand::u64(..));
    println!("LOCKGATE_TEST_SEED={seed}");
    let mut dice = fastrand::Rng::with_seed(seed);
    let rounds: Vec<(String, Vec<&str>)> = if long_tests_are_wanted() {
        known.iter().map(|sql| ((*sql).to_owned(), PENDING.to_vec())).collect()
    } else {
        let some = dice.choose_multiple(known.iter(), 12);
        some.into_iter().map(|sql| ((*sql).to_owned(), dice.choose_multiple(PENDING.iter().copied(), 12))).collect()
    };

    let wrong = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        let wrong = &wrong;
        for part in rounds.chunks(rounds.len().div_ceil(4)) {
            scope.spawn(move || {
                for (by_hand, scripts) in part {
                    let found = hold(by_hand, scripts);
                    wrong.lock().expect("no thread panicked").extend(found);
                }
            });
        }
    });

    let wrong = wrong.into_inner().expect("no thread panicked");
    assert!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n\n"));
}
