//! The dependents that a statement drops, and the relations that it locks, compared with the server: it runs the same in a
//! transaction that is rolled back.

use std::collections::BTreeSet;

use super::{losses, shop, statements, texts};
use crate::support::{Gate, Session, TestDatabase};

/// The dependents that the server would drop without RESTRICT: the same list as in the NOTICE of CASCADE.
fn dependents(database: &TestDatabase, sql: &str) -> BTreeSet<String> {
    let session = database.session();
    session.sql("BEGIN");
    let error = session.try_sql(sql.trim_end_matches(" CASCADE"));
    let detail = error.err().and_then(|error| error.as_db_error()?.detail().map(str::to_owned)).unwrap_or_default();
    detail.lines().filter_map(|line| Some(line.split_once(" depends on ")?.0.to_owned())).collect()
}

/// Relations that the statement locks against everybody, and the columns of ordinary tables that go with it.
fn done(database: &TestDatabase, sql: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let columns = |session: &Session| -> BTreeSet<String> {
        let rows = session.query_text(
            "SELECT c.oid::regclass || '.' || a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid \
             WHERE c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' \
             AND c.relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)",
        );
        rows.into_iter().map(|row| row[0].clone()).collect()
    };
    let session = database.session();
    let before = columns(&session);
    session.sql("BEGIN");
    session.sql(sql);
    let gone = before.difference(&columns(&session)).cloned().collect();
    let locks = database.query_text(&format!(
        "SELECT DISTINCT l.relation::regclass FROM pg_locks l JOIN pg_class c ON c.oid = l.relation WHERE l.pid = {} \
         AND l.mode = 'AccessExclusiveLock' AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.oid >= 16384 \
         AND c.relnamespace <> 'pg_toast'::regnamespace",
        session.pid()
    ));
    session.sql("ROLLBACK");
    (locks.into_iter().map(|row| row[0].clone()).collect(), gone)
}

#[test]
fn a_drop_takes_and_locks_what_the_server_takes_and_locks() {
    let drops = [
        "DROP TABLE users CASCADE",
        "DROP TABLE orders CASCADE",
        "DROP TABLE parent CASCADE",
        "DROP TABLE days CASCADE",
        "DROP TABLE days_1 CASCADE",
        "DROP TABLE notes, orders, order_items CASCADE",
        "DROP TYPE mood CASCADE",
        "DROP TYPE pair CASCADE",
        "DROP DOMAIN short CASCADE",
        "DROP EXTENSION citext CASCADE",
        "DROP SCHEMA old CASCADE",
        "DROP SCHEMA public CASCADE",
        "DROP VIEW names CASCADE",
        "DROP FUNCTION twice CASCADE",
        "DROP FUNCTION twice(integer) CASCADE",
        "ALTER TABLE users DROP COLUMN name CASCADE",
        "ALTER TABLE users DROP COLUMN id CASCADE",
        "ALTER TABLE users DROP CONSTRAINT users_pkey CASCADE",
    ];
    let (database, gate) = shop("SELECT 1");
    for sql in drops {
        gate.write("0002_next.sql", sql);
        let all = statements(&gate.with(["plan", "--json"]).run().expect(0));
        let along: BTreeSet<String> = texts(&all[0]["along"]).into_iter().collect();
        let lost: BTreeSet<String> = texts(&all[0]["destructive"]).into_iter().collect();
        let (locked, gone) = done(&database, sql);
        if !lost.is_empty() {
            assert_eq!(along, dependents(&database, sql), "{sql}");
            let locks = all[0]["locks"].as_array().expect("locks").iter();
            let locks = locks.filter(|lock| lock["mode"] == "ACCESS EXCLUSIVE");
            let named: BTreeSet<String> = locks.map(|lock| lock["on"].as_str().expect("a name").to_owned()).collect();
            assert_eq!(named, locked, "{sql}");
        }
        // Each ordinary table with rows that loses a column is told, and no other.
        let holds = |table: &str| database.value(&format!("SELECT EXISTS (SELECT FROM {table})")) == "t";
        let table_of = |column: &String| column.rsplit_once('.').expect("a column").0.to_owned();
        let tables: BTreeSet<String> = gone.iter().map(table_of).filter(|table| holds(table)).collect();
        let told = all[0]["loses"].as_array().expect("losses").iter();
        let told = told.filter(|lost| lost["kind"] != "sequence" && lost["rows"] != 0);
        let told: BTreeSet<String> = told.map(|lost| lost["object"].as_str().expect("a name").to_owned()).collect();
        let whole: BTreeSet<String> = tables.iter().map(|table| whole(&database, table, &tables)).collect();
        assert_eq!(told, whole, "{sql}");
    }
    assert_eq!(losses(&gate).concat(), [""; 0], "the last takes a key alone");
}

/// A partition is counted with its table, where that goes too.
fn whole(database: &TestDatabase, table: &str, gone: &BTreeSet<String>) -> String {
    let parent = database.query_text(&format!(
        "SELECT i.inhparent::regclass FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid AND c.relispartition \
         WHERE i.inhrelid = '{table}'::regclass"
    ));
    let siblings_go = || table != "days_1" || gone.contains("days_2");
    parent.first().filter(|_| siblings_go()).map_or_else(|| table.to_owned(), |row| row[0].clone())
}

/// A small generator, so that a printed seed gives the same graph again.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

const TABLES: u64 = 10;

/// Tables, some of them partitioned, with foreign keys at random, one row in each.
fn graph(dice: &mut Dice) -> String {
    let mut sql = String::new();
    for table in 0..TABLES {
        if dice.roll(3) == 0 {
            sql += &format!(
                "CREATE TABLE t{table} (id int PRIMARY KEY) PARTITION BY RANGE (id);\n\
                 CREATE TABLE t{table}_1 PARTITION OF t{table} FOR VALUES FROM (0) TO (10);\n\
                 CREATE TABLE t{table}_2 PARTITION OF t{table} FOR VALUES FROM (10) TO (20);\n\
                 INSERT INTO t{table} VALUES (1), (11);\n"
            );
        } else {
            sql += &format!("CREATE TABLE t{table} (id int PRIMARY KEY);\nINSERT INTO t{table} VALUES (1);\n");
        }
    }
    for key in 0..TABLES {
        let (from, to) = (dice.roll(TABLES), dice.roll(TABLES));
        sql += &format!("ALTER TABLE t{from} ADD COLUMN key_{key} int REFERENCES t{to};\n");
    }
    sql
}

#[test]
fn truncate_cascade_takes_and_locks_the_tables_that_the_server_takes_and_locks() {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a clock").as_nanos();
    for round in 0..3 {
        let seed = (now as u64).wrapping_add(round) | 1;
        let mut dice = Dice(seed);
        let database = TestDatabase::new();
        database.sql(&graph(&mut dice));
        let tables = database
            .query_text("SELECT relname FROM pg_class WHERE relname ~ '^t[0-9]' AND relkind IN ('r', 'p') ORDER BY 1");
        let script: String = tables.iter().map(|row| format!("TRUNCATE {} CASCADE;\n", row[0])).collect();
        let gate = Gate::new(&database).chain(&[("0001_truncate.sql", &script)]);
        let all = statements(&gate.with(["plan", "--json"]).run().expect(0));
        for (table, statement) in tables.iter().zip(all) {
            let sql = format!("TRUNCATE {} CASCADE", table[0]);
            let (locked, _) = done(&database, &sql);
            let locks = statement["locks"].as_array().expect("locks").iter();
            let named: BTreeSet<String> = locks.map(|lock| lock["on"].as_str().expect("a name").to_owned()).collect();
            assert_eq!(named, locked, "seed {seed}: {sql}");
        }
    }
}
