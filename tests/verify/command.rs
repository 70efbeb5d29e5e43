//! `lockgate snapshot` and `lockgate verify`, on whole databases.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::BASE;
use crate::support::{Cluster, Gate, TestDatabase, eventually, traps};

/// A chain whose objects depend on the database that builds them, in a home of its own name.
const CHAIN: &[(&str, &str)] = &[
    (
        "0001_users.sql",
        "CREATE TABLE users (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, mail text UNIQUE, state varchar(9) CHECK (state IN ('a', 'b')));\n\
         CREATE INDEX ON users (lower(mail))",
    ),
    ("0002_view.sql", "CREATE VIEW mails AS SELECT mail FROM users WHERE state = 'a'"),
];

pub fn gate(url: &str) -> Gate {
    Gate::at(url).env("LOCKGATE_LOG_FORMAT", "text").chain(CHAIN)
}

/// A database at head, and its snapshot beside the chain.
fn verified(query: &str) -> (TestDatabase, Gate) {
    let database = TestDatabase::new();
    database.sql("CREATE SCHEMA a; CREATE SCHEMA b");
    let gate = gate(&with(&database, query));
    gate.with(["migrate"]).run().expect(0);
    gate.with(["snapshot", "--database"]).run().expect(0);
    (database, gate)
}

fn with(database: &TestDatabase, query: &str) -> String {
    format!("{}{}{query}", database.url(), if query.is_empty() { "" } else { "&" })
}

/// The program of the server's version, if that has one.
fn program(name: &str) -> PathBuf {
    let beside = std::env::var_os("PG_BIN").map(|bin| Path::new(&bin).join(name));
    beside.filter(|path| path.exists()).unwrap_or_else(|| name.into())
}

/// pg_dump takes no newer server's schema.
pub fn can_be_dumped(cluster: &Cluster) -> bool {
    let version = Command::new(program("pg_dump")).arg("--version").output().expect("pg_dump").stdout;
    let version = String::from_utf8_lossy(&version).into_owned();
    let major = version.split([' ', '.']).find_map(|word| word.trim().parse::<u32>().ok());
    major.is_some_and(|major| major >= cluster.version())
}

pub fn client(cluster: &Cluster, name: &str, arguments: &[&str]) -> String {
    let output = Command::new(program(name))
        .args(["-h".as_ref(), cluster.socket_directory().as_os_str()])
        .args(["-p", &cluster.port().to_string(), "-U", "app"])
        .args(arguments)
        .output()
        .expect("a client of PostgreSQL");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_database_at_head_is_equal_and_each_difference_is_said_with_both_values() {
    let (database, gate) = verified("");
    let equal = gate.with(["verify"]).run().expect(0);
    assert!(equal.stdout.contains("  equal  (") && !equal.stdout.contains("next:"), "{equal}");
    database.sql(
        "DROP VIEW mails; ALTER TABLE users ALTER mail TYPE varchar(60), ADD hot_fix text DEFAULT 'by hand'; \
         CREATE VIEW mails AS SELECT mail FROM users WHERE state = 'a'; DROP INDEX users_lower_idx",
    );
    let drifted = gate.with(["verify"]).run().expect(3);
    for line in [
        "  3 differences  (",
        "missing     index users_lower_idx on users  (0001_users.sql:2:1 makes it)\n",
        "different   column users.mail  (0001_users.sql:1:1)\n              type\n                snapshot  text\n                database  character varying(60)\n",
        "unexpected  column users.hot_fix  text, default 'by hand'::text\n",
        "0 unproved; 0 ignored",
        "\nnext: `lockgate repair --dry-run` shows the revision that brings the schema back\n",
    ] {
        assert!(drifted.stdout.contains(line), "it does not say {line:?}; {drifted}");
    }
    let json = gate.with(["verify", "--json"]).run().expect(3).json();
    assert_eq!((json["state"].as_str(), json["differences"].as_u64()), (Some("different"), Some(3)), "{json}");
    assert_eq!(json["lines"][1]["properties"][0]["database"], "character varying(60)", "{json}");
    assert_eq!(json["lines"][0]["by"], "0001_users.sql:2:1", "{json}");
    assert!(json["lines"][2]["by"].is_null(), "{json}");
}

#[test]
fn without_a_snapshot_it_says_how_to_make_one() {
    let database = TestDatabase::new();
    let outcome = gate(&database.url()).with(["verify", "--privileges"]).run().expect(64);
    assert!(outcome.stderr.contains("LG0207") && outcome.stderr.contains("lockgate snapshot --database"), "{outcome}");
    let json = gate(&database.url()).with(["verify", "--against", "none.json", "--json"]).run().expect(64).json();
    assert_eq!(json["error"]["code"], "LG0207", "{json}");
}

#[test]
fn without_a_snapshot_the_chains_files_are_the_measure_and_what_they_do_not_say_is_told() {
    let database = TestDatabase::new();
    let gate = gate(&database.url());
    gate.write("0003_code.sql", "DO $$ BEGIN PERFORM 1; EXECUTE 'CREATE TABLE hidden (id int)'; END $$");
    gate.with(["migrate", "0002"]).run().expect(0);
    let pending = gate.with(["verify"]).run().expect(0);
    gate.with(["migrate"]).run().expect(0);
    let equal = gate.with(["verify"]).run().expect(0);
    for (outcome, words) in [
        (&pending, "1 revision not applied, and not looked for"),
        (&equal, "equal, as far as the chain's files say  (the chain up to 0003)"),
        (&equal, "there is no snapshot: objects that no file makes are not looked for"),
        (&equal, "what 1 statement makes is not known:\n              0003_code.sql:1:1: DO"),
    ] {
        assert!(outcome.stdout.contains(words), "it does not say {words:?}; {outcome}");
    }
    database.sql("ALTER TABLE users ALTER state SET DEFAULT 'a'; DROP INDEX users_lower_idx");
    let drifted = gate.with(["verify"]).run().expect(3);
    for line in [
        "different   default of public.users.state  (0001_users.sql:1:1)",
        "chain     no default",
        "missing     ",
        "2 differences",
    ] {
        assert!(drifted.stdout.contains(line), "it does not say {line:?}; {drifted}");
    }
    let json = gate.with(["verify", "--json"]).run().expect(3).json();
    assert_eq!((json["state"].as_str(), json["differences"].as_u64()), (Some("different"), Some(2)), "{json}");
    assert!(json["snapshot"].is_null() && json["unstated"].as_array().map(Vec::len) == Some(1), "{json}");
    // The history is lost, and the schema is there all the same.
    database.sql(
        "DROP TABLE lockgate_history; CREATE INDEX ON users (lower(mail)); ALTER TABLE users ALTER state DROP DEFAULT",
    );
    let lost = gate.with(["verify"]).run().expect(0);
    assert!(lost.stdout.contains("the history is empty"), "{lost}");
}

#[test]
fn a_snapshot_that_is_no_longer_the_chains_is_told() {
    let (database, gate) = verified("");
    gate.with(["snapshot", "--database", "--check"]).run().expect(0);
    gate.write("0003_more.sql", "CREATE TABLE more (id int)");
    let outcome = gate.with(["verify"]).run().expect(0);
    assert!(outcome.stdout.contains("the chain has changed since the snapshot was made"), "{outcome}");
    database.sql("CREATE TABLE stranger (id int)");
    let before = gate.read("schema.lockgate.json");
    gate.with(["snapshot", "--database", "--check"]).run().expect(3);
    assert_eq!(gate.read("schema.lockgate.json"), before);
    gate.write("schema.lockgate.json", before.replace("{\"lockgate\":1,", "{\"lockgate\":2,"));
    let newer = gate.with(["verify"]).run().expect(78);
    assert!(newer.stderr.contains("its form is 2, and this version reads 1"), "{newer}");
}

#[test]
fn options_that_the_server_keeps_for_itself_are_no_difference() {
    let (database, gate) = verified("");
    // As 15.20 does it by itself, and 15.18 does not.
    database.sql(
        "UPDATE pg_attribute SET attoptions = '{pg_attver=1}' WHERE attrelid = 'users'::regclass AND attname = 'mail'",
    );
    gate.with(["verify"]).run().expect(0);
    database.sql(
        "UPDATE pg_attribute SET attoptions = '{pg_attver=2,n_distinct=5}' WHERE attrelid = 'users'::regclass AND attname = 'mail'",
    );
    let outcome = gate.with(["verify"]).run().expect(3);
    assert!(outcome.stdout.contains("n_distinct=5") && !outcome.stdout.contains("pg_attver"), "{outcome}");
}

#[test]
fn what_the_ignore_file_names_is_counted_and_not_said() {
    let (database, gate) = verified("");
    database.sql("CREATE INDEX dba_mail ON users (mail); CREATE TABLE tmp_import (a int); DROP VIEW mails");
    gate.write(".lockgateignore", "# ours\nindex users.dba_*\ntable tmp_*\n");
    let outcome = gate.with(["verify"]).run().expect(3);
    assert!(outcome.stdout.contains("  1 difference  ("), "{outcome}");
    assert!(outcome.stdout.contains("missing     view mails"), "{outcome}");
    assert!(outcome.stdout.contains("3 ignored (.lockgateignore:2,3)"), "{outcome}");
    gate.write(".lockgateignore", "widget x\n");
    let wrong = gate.with(["verify"]).run().expect(78);
    assert!(wrong.stderr.contains(".lockgateignore:1: `widget x` begins with no kind of object"), "{wrong}");
}

#[test]
fn a_table_that_somebody_alters_is_not_verified_and_all_else_is() {
    let (database, gate) = verified("");
    database.sql("CREATE TABLE stranger (id int)");
    let other = database.session();
    other.sql("BEGIN; LOCK TABLE users IN ACCESS EXCLUSIVE MODE");
    let outcome = gate.with(["verify"]).run().expect(3);
    assert!(outcome.stdout.contains("unexpected  table stranger"), "{outcome}");
    database.sql("DROP TABLE stranger");
    let outcome = gate.with(["verify"]).run().expect(75);
    assert!(outcome.stdout.contains("not verified  users (locked by pid "), "{outcome}");
    assert!(!outcome.stdout.contains("missing"), "{outcome}");
    other.sql("ROLLBACK");
    gate.with(["verify"]).run().expect(0);
}

#[test]
fn a_role_that_may_only_connect_verifies_and_leaves_nothing_behind() {
    let (database, gate) = verified("");
    let role = database.cluster().role("LOGIN");
    database.sql(&format!("GRANT USAGE ON SCHEMA public TO {role}"));
    let reader = gate.clone().env("LOCKGATE_DATABASE_URL", database.url_as(&role, None));
    reader.with(["verify"]).run().expect(0);
    // As on a standby.
    reader.env("PGOPTIONS", "-c default_transaction_read_only=on").with(["verify"]).run().expect(0);
    eventually("the sessions are gone", || {
        database.value(&format!("SELECT count(*) FROM pg_stat_activity WHERE usename = '{role}'")) == "0"
    });
}

#[test]
fn one_snapshot_serves_a_schema_for_each_tenant() {
    let (database, gate_of_a) = verified("search_path=a");
    let gate_of_b = |query| {
        let gate = gate(&with(&database, query));
        gate.write("schema.lockgate.json", gate_of_a.read("schema.lockgate.json"));
        gate
    };
    let b = gate_of_b("search_path=b");
    b.with(["migrate"]).run().expect(0);
    b.with(["verify"]).run().expect(0);
    database.sql("ALTER TABLE b.users DROP COLUMN state CASCADE");
    let drifted = b.with(["verify"]).run().expect(3);
    assert!(drifted.stdout.contains("missing     column users.state"), "{drifted}");
    gate_of_a.with(["verify"]).run().expect(0);
}

/// More facts than one session reads alone, of a table that the database does not have.
pub fn with_a_large_table(snapshot: &str) -> String {
    let columns = (0..10_001).map(|at| format!("[\"column large.c{at}\",{{\"type\":\"integer\"}}],\n"));
    let facts: String = columns.chain(["[\"table large\",{}],\n".to_owned()]).collect();
    snapshot.replace("\"facts\":[\n", &format!("\"facts\":[\n{facts}"))
}

#[test]
fn a_large_schema_is_read_by_two_sessions_or_by_one_where_no_other_may_connect() {
    let (database, gate) = verified("");
    gate.write("schema.lockgate.json", with_a_large_table(&gate.read("schema.lockgate.json")));
    database.sql("DROP INDEX users_lower_idx; ALTER TABLE users ADD hot_fix text");
    let role = database.cluster().role("LOGIN");
    let alone = database.cluster().role("LOGIN CONNECTION LIMIT 1");
    database.sql(&format!("GRANT USAGE ON SCHEMA public TO {role}, {alone}"));
    let without_export = database.cluster().role("LOGIN");
    database.sql(&format!(
        "GRANT USAGE ON SCHEMA public TO {without_export}; REVOKE EXECUTE ON FUNCTION pg_export_snapshot() FROM PUBLIC; \
         GRANT EXECUTE ON FUNCTION pg_export_snapshot() TO {role}"
    ));
    for role in [role, alone, without_export] {
        let outcome = gate.clone().env("LOCKGATE_DATABASE_URL", database.url_as(&role, None)).with(["verify"]).run();
        for line in [
            "  3 differences  (",
            "missing     index users_lower_idx on users",
            "missing     table large  (and 10001 objects of it)",
            "unexpected  column users.hot_fix  text",
        ] {
            assert!(outcome.stdout.contains(line), "it does not say {line:?}; {outcome}");
        }
    }
}

#[test]
fn a_restored_database_is_equal_and_so_is_one_of_another_owner_path_and_order() {
    let cluster = Cluster::shared();
    if !can_be_dumped(&cluster) {
        println!("skipped: there is no pg_dump of the server's version");
        return;
    }
    let first = TestDatabase::new();
    let gate = Gate::new(&first).env("LOCKGATE_LOG_FORMAT", "text").chain(&[("0001_base.sql", BASE)]);
    gate.with(["migrate"]).run().expect(0);
    gate.with(["snapshot", "--database"]).run().expect(0);
    let mut source = first;
    for round in ["restored once", "restored twice"] {
        let copy = TestDatabase::new();
        let dump = client(&cluster, "pg_dump", &["-Fp", source.name()]);
        let file = gate.file("dump.sql");
        std::fs::write(&file, dump).expect("the dump");
        client(&cluster, "psql", &["-q", "-v", "ON_ERROR_STOP=1", "-f", file.to_str().expect("a path"), copy.name()]);
        let outcome = gate.clone().env("LOCKGATE_DATABASE_URL", copy.url()).with(["verify"]).run();
        assert_eq!(outcome.code, Some(0), "{round}; {outcome}");
        source = copy;
    }
    let owner = cluster.role("LOGIN");
    source.sql(&format!(
        "ALTER TABLE customers OWNER TO {owner}; GRANT SELECT ON orders TO {owner}; \
         ALTER DATABASE {} SET search_path = public, side; ALTER DATABASE {0} SET timezone = 'Asia/Tokyo'; \
         ALTER DATABASE {0} SET datestyle = 'German'; ALTER DATABASE {0} SET quote_all_identifiers = on",
        source.name()
    ));
    gate.env("LOCKGATE_DATABASE_URL", source.url()).with(["verify"]).run().expect(0);
}

#[test]
fn owners_and_grants_are_seen_where_the_snapshot_has_them() {
    let (database, gate) = verified("");
    let role = database.cluster().role("");
    gate.with(["verify", "--privileges"]).run().expect(78);
    gate.with(["snapshot", "--database", "--privileges"]).run().expect(0);
    gate.with(["verify"]).run().expect(0);
    database.sql(&format!(
        "GRANT SELECT, INSERT ON users TO {role} WITH GRANT OPTION; ALTER VIEW mails OWNER TO {role}; \
         ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO {role}"
    ));
    let outcome = gate.with(["verify"]).run().expect(3);
    for line in [
        &format!("database  {role}: INSERT with grant option, SELECT with grant option"),
        &format!("database  {role}\n"),
        "unexpected  default privileges of app on tables",
    ] {
        assert!(outcome.stdout.contains(line), "it does not say {line:?}; {outcome}");
    }
}

#[test]
fn nothing_that_a_lesser_role_made_runs_while_the_schema_is_read() {
    let (database, gate) = verified("search_path=a");
    let role = database.cluster().role("");
    let traps = include_str!("../support/traps.sql");
    database.sql(&format!(
        "GRANT CREATE, USAGE ON SCHEMA a TO {role}; SET search_path = a; SET ROLE {role}; {}",
        traps.replace("public.", "a.").replace("mallory", &role)
    ));
    let outcome = gate.with(["verify"]).run();
    let sprung = traps::sprung(&database, &[]);
    assert!(sprung.is_empty(), "{}\n{outcome}", sprung.join("\n"));
    assert_eq!(outcome.code, Some(3), "{outcome}");
}
