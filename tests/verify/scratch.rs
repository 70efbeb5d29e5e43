//! `lockgate snapshot` without a database: the chain runs on a scratch server, of which nothing stays behind.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::BASE;
use super::repair::{USERS, verified};
use crate::support::{Cluster, Gate, TestDatabase, eventually};

/// The directory for the scratch server's directory. Users other than root must be able to enter it.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        let place = tempfile::tempdir().expect("a directory");
        std::fs::set_permissions(place.path(), PermissionsExt::from_mode(0o711)).expect("its mode");
        Self(place)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn is_empty(&self) -> bool {
        std::fs::read_dir(self.0.path()).expect("the place").next().is_none()
    }
}

/// The programs of the server that the tests use.
fn programs() -> PathBuf {
    std::env::var_os("PG_BIN").map_or_else(|| Path::new("/usr/lib/postgresql/15/bin").to_owned(), PathBuf::from)
}

fn gate(place: &Place, chain: &[(&str, &str)]) -> Gate {
    let gate = Gate::without_database().env("LOCKGATE_LOG_FORMAT", "text").env("TMPDIR", place.path());
    gate.env("LOCKGATE_SCRATCH_BIN", programs()).chain(chain)
}

#[test]
fn the_chain_alone_gives_the_snapshot_of_the_database_that_it_made() {
    let place = Place::new();
    let chain = &[
        ("0001_base.sql", BASE),
        (
            "0002_roles.sql",
            "GRANT SELECT ON orders TO lockgate_some_reader; CREATE ROLE lockgate_own; GRANT INSERT ON orders TO lockgate_own",
        ),
    ];
    let from_chain = gate(&place, chain);
    from_chain.with(["snapshot"]).run().expect(0);
    assert!(place.is_empty());
    from_chain.with(["snapshot", "--check"]).run().expect(0);

    let database = TestDatabase::new();
    let of_database = Gate::new(&database).chain(&chain[..1]);
    of_database.with(["migrate"]).run().expect(0);
    of_database.with(["snapshot", "--database"]).run().expect(0);
    let facts = |gate: &Gate| gate.read("schema.lockgate.json").split_once("\"facts\":").expect("facts").1.to_owned();
    assert_eq!(facts(&from_chain), facts(&of_database));

    from_chain.write("0003_more.sql", "CREATE TABLE more (id int)");
    let stale = from_chain.with(["snapshot", "--check"]).run().expect(3);
    assert!(stale.stdout.contains("is of another chain: its head is 0002, the chain's 0003"), "{stale}");
}

#[test]
fn a_partition_that_code_names_belongs_to_no_snapshot() {
    let place = Place::new();
    let chain = &[(
        "0001_metrics.sql",
        "CREATE TABLE metrics (at date) PARTITION BY RANGE (at); DO $$ BEGIN EXECUTE format('CREATE TABLE %I PARTITION OF metrics \
         FOR VALUES FROM (%L) TO (%L)', 'metrics_' || 7, '2026-01-01', '2026-02-01'); END $$",
    )];
    let gate = gate(&place, chain);
    gate.with(["snapshot"]).run().expect(0);
    let snapshot = gate.read("schema.lockgate.json");
    assert!(
        snapshot.contains(r#"["partitions metrics",{"runtime":true}]"#) && !snapshot.contains("metrics_7"),
        "{snapshot}"
    );
    let database = TestDatabase::new();
    let there = gate.env("LOCKGATE_DATABASE_URL", database.url());
    there.with(["migrate"]).run().expect(0);
    database.sql("CREATE TABLE metrics_8 PARTITION OF metrics FOR VALUES FROM ('2026-02-01') TO ('2026-03-01')");
    let outcome = there.with(["verify"]).run().expect(0);
    assert!(outcome.stdout.contains("  equal  ("), "{outcome}");
}

#[test]
fn a_chain_that_fails_is_told_by_place_and_leaves_no_server() {
    let place = Place::new();
    let outcome =
        gate(&place, &[("0001_a.sql", "CREATE TABLE t (id int);\nSELECT 1 / 0")]).with(["snapshot"]).run().expect(65);
    assert!(outcome.stderr.contains("0001_a.sql:2:1") && outcome.stderr.contains("division by zero"), "{outcome}");
    assert!(place.is_empty());
}

#[test]
fn a_killed_snapshot_leaves_no_server() {
    for at in ["while the data directory is made", "while the chain runs"] {
        let place = Place::new();
        let running = gate(&place, &[("0001_a.sql", "SELECT pg_sleep(600)")]).with(["snapshot"]).spawn();
        match at {
            "while the chain runs" => eventually("the chain runs", || running.stderr().contains("scratch server")),
            _ => eventually("the directory is there", || !place.is_empty()),
        }
        running.kill();
        running.wait_patiently();
        eventually(&format!("nothing is left ({at})"), || place.is_empty());
    }
}

#[test]
fn without_the_programs_it_says_where_it_looked() {
    let place = Place::new();
    let gate = gate(&place, &[("0001_a.sql", "CREATE TABLE t (id int)")]);
    let none = gate.clone().env("LOCKGATE_SCRATCH_BIN", "/nowhere").with(["snapshot"]).run().expect(78);
    assert!(none.stderr.contains("LG0209") && none.stderr.contains("in none of /nowhere"), "{none}");
}

/// A role of a server that others use, and the address of the server for it.
struct Guest {
    cluster: Cluster,
    role: String,
}

impl Guest {
    fn new(rights: &str) -> Self {
        let cluster = Cluster::shared();
        let role = cluster.role(&format!("LOGIN {rights}"));
        Self { cluster, role }
    }

    fn gate(&self, chain: &[(&str, &str)]) -> Gate {
        let url = self.cluster.url("postgres").replace("//app@", &format!("//{}@", self.role));
        let gate = Gate::without_database().env("LOCKGATE_LOG_FORMAT", "text").env("LOCKGATE_SCRATCH_URL", url);
        gate.env("LOCKGATE_SCRATCH_BIN", "/nowhere").chain(chain)
    }

    /// The number of databases that the role owns.
    fn databases(&self) -> String {
        let owned = format!("SELECT count(*) FROM pg_database WHERE pg_get_userbyid(datdba) = '{}'", self.role);
        self.cluster.session("postgres").value(&owned)
    }
}

#[test]
fn a_given_server_gives_the_same_snapshot_in_a_database_that_is_gone_afterwards() {
    let guest = Guest::new("CREATEDB");
    let chain =
        &[("0001_base.sql", "CREATE TABLE t (id int PRIMARY KEY, name text); CREATE VIEW v AS SELECT id FROM t")];
    let on_given = guest.gate(chain);
    on_given.with(["snapshot"]).run().expect(0);
    assert_eq!(guest.databases(), "0");

    let database = TestDatabase::new();
    let of_database = Gate::new(&database).chain(chain);
    of_database.with(["migrate"]).run().expect(0);
    of_database.with(["snapshot", "--database"]).run().expect(0);
    assert_eq!(on_given.read("schema.lockgate.json"), of_database.read("schema.lockgate.json"));
}

#[test]
fn a_killed_snapshot_leaves_no_database_on_a_given_server() {
    let guest = Guest::new("CREATEDB");
    let running = guest.gate(&[("0001_a.sql", "SELECT pg_sleep(600)")]).with(["snapshot"]).spawn();
    eventually("the database is there", || guest.databases() == "1");
    eventually("the chain runs", || running.stderr().contains("scratch server"));
    running.kill();
    running.wait_patiently();
    eventually("the database is gone", || guest.databases() == "0");
}

#[test]
fn what_others_would_see_of_a_given_server_is_refused_by_its_place() {
    let guest = Guest::new("CREATEDB CREATEROLE");
    let made = format!("{}_made", guest.role);
    for (statement, is_shared) in [
        (format!("CREATE ROLE {made}"), true),
        ("ALTER DATABASE shop SET work_mem = '8MB'".to_owned(), true),
        ("GRANT CONNECT ON DATABASE shop TO PUBLIC".to_owned(), true),
        (format!("DO $$ BEGIN CREATE USER {made}; EXCEPTION WHEN duplicate_object THEN NULL; END $$"), true),
        ("ALTER SYSTEM SET work_mem = '8MB'".to_owned(), true),
        ("CREATE TABLE database (role text); COMMENT ON TABLE database IS 'ROLE'; GRANT SELECT ON database TO PUBLIC".to_owned(), false),
        ("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC".to_owned(), false),
    ] {
        let outcome = guest.gate(&[("0001_a.sql", &format!("CREATE TABLE t (id int);\n{statement}"))]).with(["snapshot"]).run();
        assert_eq!(outcome.code, Some(if is_shared { 78 } else { 0 }), "{statement}: {outcome}");
        let is_told = outcome.stderr.contains("LG0215") && outcome.stderr.contains("0001_a.sql:2:1");
        assert_eq!(is_told, is_shared, "{statement}: {outcome}");
        assert_eq!(guest.databases(), "0", "{statement}");
    }
    let mine = guest.gate(&[("0001_a.sql", &format!("CREATE ROLE {made}"))]).env("LOCKGATE_SCRATCH_IS_MINE", "yes");
    mine.with(["snapshot"]).run().expect(0);
    guest.cluster.session("postgres").sql(&format!("DROP ROLE {made}"));
}

#[test]
fn roles_that_a_given_server_lacks_and_rights_that_its_role_lacks_are_named() {
    let guest = Guest::new("CREATEDB");
    let chain = &[("0001_a.sql", "CREATE TABLE t (id int); GRANT SELECT ON t TO lockgate_nobody_made_it")];
    let outcome = guest.gate(chain).with(["snapshot"]).run().expect(78);
    assert!(outcome.stderr.contains("LG0215") && outcome.stderr.contains("lockgate_nobody_made_it"), "{outcome}");
    let guest = Guest::new("");
    let outcome =
        guest.gate(&chain[..0]).with(["snapshot"]).chain(&[("0001_a.sql", "CREATE TABLE t (id int)")]).run().expect(78);
    assert!(
        outcome.stderr.contains("LG0209") && outcome.stderr.contains("permission denied to create database"),
        "{outcome}"
    );
}

/// On a scratch server of its own the database's roles have no rights.
fn tried_on_its_own_server(place: &Place, gate: &Gate) -> Gate {
    let gate = gate.clone().env_remove("LOCKGATE_SCRATCH_URL").env_remove("LOCKGATE_SCRATCH_IS_MINE");
    gate.env("LOCKGATE_SCRATCH_BIN", programs()).env("TMPDIR", place.path())
}

#[test]
fn a_scratch_server_trusts_the_owners_that_the_database_trusts() {
    let (place, (database, gate)) = (Place::new(), verified(USERS));
    let owner = database.cluster().role("");
    database.sql(&format!("ALTER TABLE users OWNER TO {owner}; DROP INDEX users_mail"));
    let trusting = tried_on_its_own_server(&place, &gate).env("LOCKGATE_TRUSTED_OWNERS", owner);
    let outcome = trusting.with(["repair", "--apply"]).run().expect(0);
    assert!(outcome.stdout.contains("1 statement, tried on a scratch server"), "{outcome}");
    trusting.with(["verify"]).run().expect(0);
}

#[test]
fn a_scratch_server_trusts_no_owner_that_the_database_does_not_trust() {
    let (place, (database, gate)) = (Place::new(), verified(USERS));
    let stranger = database.cluster().role("");
    database.sql(&format!("ALTER TABLE users OWNER TO {stranger}; DROP INDEX users_mail"));
    let outcome = tried_on_its_own_server(&place, &gate).with(["repair"]).run().expect(0);
    let why = format!("table users belongs to {stranger}, a role that is not trusted");
    assert!(outcome.stdout.contains("unproved: as a revision it fails") && outcome.stdout.contains(&why), "{outcome}");
}
