//! Access to the server: passwords, roles, databases, privileges.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::support::{Gate, Session, TestDatabase};

const CHAIN: &[(&str, &str)] = &[("0001_base.sql", "CREATE TABLE t (id int)")];

fn migrate(url: &str) -> Gate {
    Gate::at(url).chain(CHAIN).args(["migrate"])
}

/// Gives up soon on problems that a person would have to mend.
fn migrate_in_vain(url: &str) -> Gate {
    migrate(url).env("LOCKGATE_AUTH_RETRY_FOR", "300ms")
}

/// A role that comes in with the password `right`, and may do everything in the database.
fn secret_role(database: &TestDatabase) -> String {
    let role = database.cluster().role("LOGIN PASSWORD 'right' IN ROLE secret");
    database.sql(&format!("GRANT ALL ON SCHEMA public TO {role}"));
    role
}

/// A role that may log in and no more.
fn plain_role(database: &TestDatabase) -> String {
    database.sql("REVOKE CREATE ON SCHEMA public FROM PUBLIC");
    database.cluster().role("LOGIN")
}

fn replace(file: &Path, content: &str) {
    let next = file.with_extension("next");
    std::fs::write(&next, content).expect("a file");
    std::fs::set_permissions(&next, std::fs::Permissions::from_mode(0o600)).expect("a mode");
    std::fs::rename(&next, file).expect("a file");
}

#[test]
fn a_password_opens() {
    let database = TestDatabase::new();
    let role = secret_role(&database);
    migrate(&database.url_as(&role, Some("right"))).run().expect(0);
    assert_eq!(database.value("SELECT applied_by FROM lockgate_history"), role);
}

#[test]
fn a_refused_password_is_said_at_once_and_tried_again() {
    let database = TestDatabase::new();
    let role = secret_role(&database);
    let mut running = migrate(&database.url_as(&role, Some("wrong"))).spawn();
    running.says("trying again for 30 s");
    database.sql(&format!("ALTER ROLE {role} PASSWORD 'wrong'"));
    let outcome = running.wait_patiently().expect(0);
    assert_eq!(outcome.codes(), ["LG0311"], "{outcome}");
}

#[test]
fn a_password_that_stays_refused_is_no_access() {
    let database = TestDatabase::new();
    let role = secret_role(&database);
    let failed = migrate_in_vain(&database.url_as(&role, Some("wrong"))).run().fails(77, "LG0311");
    assert_eq!(
        failed.message,
        format!("the password of role \"{role}\" is refused at 127.0.0.1:{}", database.cluster().port())
    );
    assert!(failed.causes.contains("password authentication failed"), "{failed:?}");
}

#[test]
fn a_password_that_is_asked_for_and_not_given_is_no_access() {
    let database = TestDatabase::new();
    let role = secret_role(&database);
    let failed = migrate_in_vain(&database.url_as(&role, None)).run().fails(77, "LG0311");
    assert_eq!(failed.causes, "password missing");
}

#[test]
fn a_rotated_secret_is_read_at_the_next_attempt() {
    for source in [
        "LOCKGATE_DATABASE_URL_FILE",
        "DATABASE_URL_FILE",
        "PGPASSWORD_FILE",
        "PGPASSFILE",
        "LOCKGATE_PASSWORD_COMMAND",
    ] {
        let database = TestDatabase::new();
        let role = secret_role(&database);
        let gate = migrate(&database.url_as(&role, None));
        let file = gate.file("secret");
        let content = |password: &str| match source {
            "LOCKGATE_DATABASE_URL_FILE" | "DATABASE_URL_FILE" => database.url_as(&role, Some(password)),
            "PGPASSFILE" => format!("127.0.0.1:{}:*:{role}:{password}\n", database.cluster().port()),
            _ => format!("{password}\n"),
        };
        replace(&file, &content("before-the-rotation"));
        let gate = match source {
            "LOCKGATE_DATABASE_URL_FILE" | "DATABASE_URL_FILE" => {
                gate.env_remove("LOCKGATE_DATABASE_URL").env(source, &file)
            }
            "LOCKGATE_PASSWORD_COMMAND" => gate.env(source, format!("cat {}", file.display())),
            _ => gate.env(source, &file),
        };
        let mut running = gate.spawn();
        running.says("LG0311");
        replace(&file, &content("right"));
        let outcome = running.wait_patiently();
        assert_eq!(outcome.code, Some(0), "{source}: {outcome}");
    }
}

#[test]
fn a_secret_that_is_not_there_yet_is_tried_again() {
    for source in ["PGPASSWORD_FILE", "LOCKGATE_PASSWORD_COMMAND"] {
        let database = TestDatabase::new();
        let role = secret_role(&database);
        let gate = migrate(&database.url_as(&role, None));
        let file = gate.file("secret");
        replace(&file, "before-the-rotation");
        let value = match source {
            "LOCKGATE_PASSWORD_COMMAND" => format!("cat {}", file.display()),
            _ => file.display().to_string(),
        };
        let mut running = gate.env(source, value).spawn();
        running.says("LG0311");
        std::fs::remove_file(&file).expect("a file");
        running.says("LG0103");
        replace(&file, "right");
        let outcome = running.wait_patiently();
        assert_eq!(outcome.code, Some(0), "{source}: {outcome}");
    }
}

#[test]
fn a_role_that_may_not_come_in_is_no_access() {
    let database = TestDatabase::new();
    let cluster = database.cluster();
    for (role, cause) in [
        ("nobody_of_this_name".to_owned(), "does not exist"),
        (cluster.role("NOLOGIN"), "is not permitted to log in"),
        (cluster.role("LOGIN IN ROLE barred"), "pg_hba.conf rejects connection"),
    ] {
        let failed = migrate_in_vain(&database.url_as(&role, None)).run().fails(77, "LG0312");
        assert!(failed.message.contains(&role) && failed.causes.contains(cause), "{failed:?}");
    }
}

#[test]
fn a_role_that_is_made_meanwhile_opens() {
    let database = TestDatabase::new();
    let role = format!("late_{}", database.name());
    let mut running = migrate(&database.url_as(&role, None)).spawn();
    running.says("LG0312");
    database.sql(&format!("CREATE ROLE {role} SUPERUSER LOGIN"));
    running.wait_patiently().expect(0);
    database.sql(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}

#[test]
fn a_missing_database_is_no_access() {
    let database = TestDatabase::new();
    let url = database.url().replace(database.name(), "no_such_database");
    let failed = migrate_in_vain(&url).run().fails(77, "LG0313");
    assert!(failed.message.starts_with("database \"no_such_database\" does not exist"), "{failed:?}");
}

#[test]
fn a_database_that_is_made_meanwhile_opens() {
    let database = TestDatabase::new();
    let name = format!("{}_late", database.name());
    let mut running = migrate(&database.url().replace(database.name(), &name)).spawn();
    running.says("LG0313");
    // A template without connections.
    database.sql(&format!("CREATE DATABASE {name} TEMPLATE template0"));
    running.wait_patiently().expect(0);
    database.sql(&format!("DROP DATABASE {name} WITH (FORCE)"));
}

#[test]
fn a_role_that_may_not_connect_is_refused_at_once() {
    let database = TestDatabase::new();
    database.sql(&format!("REVOKE CONNECT ON DATABASE {} FROM PUBLIC", database.name()));
    let role = plain_role(&database);
    // With all the patience of the default: a missing privilege is not waited for.
    let failed = migrate(&database.url_as(&role, None)).run().fails(77, "LG0316");
    assert!(failed.causes.contains("permission denied for database"), "{failed:?}");
    assert!(failed.outcome.codes().is_empty(), "{failed:?}");
}

#[test]
fn a_role_that_may_not_create_is_refused_with_the_grant_to_run() {
    let database = TestDatabase::new();
    let role = plain_role(&database);
    let failed = migrate(&database.url_as(&role, None)).run().fails(77, "LG0316");
    assert!(failed.text().contains("GRANT CREATE ON SCHEMA \"public\" TO"), "{failed:?}");
}

#[test]
fn a_role_that_may_not_create_the_historys_schema_is_refused_with_the_grant_to_run() {
    let database = TestDatabase::new();
    let role = plain_role(&database);
    database.sql(&format!("GRANT CREATE ON SCHEMA public TO {role}"));
    let gate = migrate(&database.url_as(&role, None)).env("LOCKGATE_HISTORY_TABLE", "gate.history");
    let failed = gate.run().fails(77, "LG0316");
    assert!(failed.text().contains("GRANT CREATE ON DATABASE"), "{failed:?}");
}

#[test]
fn a_role_that_does_not_own_the_table_is_refused_with_the_way_to_own_it() {
    let database = TestDatabase::new();
    let role = secret_role(&database);
    database.sql("CREATE TABLE theirs (id int)");
    let gate = Gate::at(&database.url_as(&role, Some("right"))).args(["migrate"]);
    let failed = gate.chain(&[("0001_base.sql", "ALTER TABLE theirs ADD b int")]).run().fails(77, "LG0316");
    assert!(
        failed.text().contains("0001_base.sql:1:1")
            && failed.text().contains("ALTER TABLE \"public\".\"theirs\" OWNER TO"),
        "{failed:?}"
    );
    assert_eq!(database.value("SELECT to_regclass('lockgate_history') IS NULL"), "t");
}

#[test]
fn a_role_that_may_read_the_history_is_enough_at_head() {
    let database = TestDatabase::new();
    migrate(&database.url()).run().expect(0);
    let role = plain_role(&database);
    database.sql(&format!("GRANT SELECT ON lockgate_history TO {role}"));
    let gate = migrate(&database.url_as(&role, None));
    for command in [&["migrate"][..], &["wait"], &["status", "--check"]] {
        let outcome = gate.with(command).run();
        assert_eq!(outcome.code, Some(0), "{command:?}: {outcome}");
    }
}

#[test]
fn a_history_that_may_not_be_read_is_said_with_the_grant_to_run() {
    let database = TestDatabase::new();
    migrate(&database.url()).run().expect(0);
    for (grants, url) in [("SELECT", None), ("USAGE", Some("apart.history"))] {
        let role = plain_role(&database);
        let gate = migrate(&database.url());
        let gate = url.iter().fold(gate, |gate, table| gate.env("LOCKGATE_HISTORY_TABLE", table));
        let chain = [("0001_base.sql", "SELECT 1")];
        if url.is_some() {
            gate.clone().chain(&chain).run().expect(0);
        }
        let gate = gate.chain(if url.is_some() { &chain } else { CHAIN });
        let gate = gate.env("LOCKGATE_DATABASE_URL", database.url_as(&role, None));
        for command in ["migrate", "wait", "status"] {
            let failed = gate.with([command]).run().fails(77, "LG0316");
            // The GRANT can be run exactly as it is printed.
            let (_, grant) = failed.next.split_once("owner: ").unwrap_or_else(|| panic!("{grants}: {failed:?}"));
            assert!(grant.contains(&format!("TO \"{role}\";")), "{failed:?}");
        }
        let failed = gate.run().fails(77, "LG0316");
        database.sql(failed.next.split_once("owner: ").expect("a GRANT").1);
        gate.run().expect(0);
    }
}

#[test]
fn every_form_of_naming_the_database_reaches_head() {
    let cluster = TestDatabase::new().cluster().clone();
    let (port, socket) = (cluster.port().to_string(), cluster.socket_directory().display().to_string());
    let (p, s) = (port.as_str(), socket.as_str());
    let encoded = s.replace('/', "%2F");
    let forms: [(&str, &[(&str, &str)]); 18] = [
        ("postgres://", &[("LOCKGATE_DATABASE_URL", "postgres://{role}:{password}@127.0.0.1:{port}/{db}")]),
        ("postgresql://", &[("LOCKGATE_DATABASE_URL", "postgresql://{role}:{password}@localhost:{port}/{db}")]),
        ("a driver's", &[("LOCKGATE_DATABASE_URL", "postgresql+asyncpg://{role}:{password}@127.0.0.1:{port}/{db}")]),
        (
            "JDBC's",
            &[("DATABASE_URL", "jdbc:postgresql://127.0.0.1:{port}/{db}?user={role}&password={password}&ssl=true")],
        ),
        (
            "key/value",
            &[("LOCKGATE_DATABASE_URL", "host=127.0.0.1 port={port} dbname={db} user={role} password={password}")],
        ),
        (
            "key/value, quoted",
            &[("DATABASE_URL", "host = '127.0.0.1' port={port} dbname='{db}' user='{role}' password='{password}'")],
        ),
        ("DATABASE_URL", &[("DATABASE_URL", "postgres://{role}:{password}@127.0.0.1:{port}/{db}")]),
        (
            "an empty one before it",
            &[("LOCKGATE_DATABASE_URL", ""), ("DATABASE_URL", "postgres://{role}:{password}@127.0.0.1:{port}/{db}")],
        ),
        (
            "ours before the app's",
            &[
                ("LOCKGATE_DATABASE_URL", "postgres://{role}:{password}@127.0.0.1:{port}/{db}"),
                ("DATABASE_URL", "postgres://nobody@nowhere.invalid/"),
            ],
        ),
        (
            "PG*",
            &[
                ("PGHOST", "127.0.0.1"),
                ("PGPORT", "{port}"),
                ("PGUSER", "{role}"),
                ("PGPASSWORD", "{password}"),
                ("PGDATABASE", "{db}"),
            ],
        ),
        (
            "PG* with an address",
            &[
                ("PGHOST", "no-such-host.invalid"),
                ("PGHOSTADDR", "127.0.0.1"),
                ("PGPORT", "{port}"),
                ("PGUSER", "{role}"),
                ("PGPASSWORD", "{password}"),
                ("PGDATABASE", "{db}"),
            ],
        ),
        (
            "a URL, the rest from PG*",
            &[
                ("LOCKGATE_DATABASE_URL", "postgres://127.0.0.1:{port}/{db}"),
                ("PGUSER", "{role}"),
                ("PGPASSWORD", "{password}"),
            ],
        ),
        (
            "the socket in PGHOST",
            &[
                ("PGHOST", "{socket}"),
                ("PGPORT", "{port}"),
                ("PGUSER", "{role}"),
                ("PGPASSWORD", "{password}"),
                ("PGDATABASE", "{db}"),
            ],
        ),
        ("the socket as a URL's host", &[("DATABASE_URL", "postgres://{role}:{password}@{encoded}:{port}/{db}")]),
        (
            "the socket as a URL's parameter",
            &[("DATABASE_URL", "postgres:///{db}?host={socket}&port={port}&user={role}&password={password}")],
        ),
        (
            "the socket in key/value",
            &[("DATABASE_URL", "host={socket} port={port} dbname={db} user={role} password={password}")],
        ),
        ("several hosts", &[("DATABASE_URL", "postgres://{role}:{password}@127.0.0.1:1,127.0.0.1:{port}/{db}")]),
        (
            "an ORM's parameters",
            &[(
                "DATABASE_URL",
                "postgres://{role}:{password}@127.0.0.1:{port}/{db}?schema=public&connection_limit=5&pgbouncer=true",
            )],
        ),
    ];
    for (name, variables) in forms {
        let database = TestDatabase::on(&cluster);
        let role = secret_role(&database);
        let fill = |text: &str| {
            let places = [
                ("{role}", role.as_str()),
                ("{password}", "right"),
                ("{port}", p),
                ("{socket}", s),
                ("{encoded}", &encoded),
                ("{db}", database.name()),
            ];
            places.iter().fold(text.to_owned(), |text, (place, value)| text.replace(place, value))
        };
        let gate = Gate::without_database().chain(CHAIN).args(["migrate"]);
        let gate = variables.iter().fold(gate, |gate, (name, value)| gate.env(*name, fill(value)));
        let outcome = gate.run();
        assert_eq!(outcome.code, Some(0), "{name}: {outcome}");
        assert_eq!(database.value("SELECT count(*) FROM lockgate_history"), "1", "{name}");
    }
}

#[test]
fn a_passwords_odd_characters_arrive() {
    let database = TestDatabase::new();
    let role = secret_role(&database);
    let odd = "p@ss/w:rd?#%&= '\\é";
    database.sql(&format!("ALTER ROLE {role} PASSWORD E'p@ss/w:rd?#%&= \\'\\\\é'"));
    let encoded: String = odd.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let gate = migrate(&database.url_as(&role, Some(&encoded)));
    gate.run().expect(0);
    let gate = gate.env("LOCKGATE_DATABASE_URL", database.url_as(&role, None));
    gate.clone().env("PGPASSWORD", odd).run().expect(0);
    let file = gate.file("secret");
    replace(&file, &format!("{odd}\n"));
    gate.clone().env("PGPASSWORD_FILE", &file).run().expect(0);
    gate.env("LOCKGATE_PASSWORD_COMMAND", format!("cat {}", file.display())).run().expect(0);
}

#[test]
fn a_session_of_the_gate_names_itself() {
    let database = TestDatabase::new();
    let blocker = Session::open(&database.url());
    blocker.sql("CREATE TABLE busy (id int)");
    blocker.sql("BEGIN; LOCK busy");
    let gate = Gate::new(&database).chain(&[("0001_base.sql", "ALTER TABLE busy ADD b int")]).args(["migrate"]);
    let running = gate.env("POD_NAME", "shop-7c9d5-x2x4z").spawn();
    let named = "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database() AND \
                 application_name = 'lockgate/shop-7c9d5-x2x4z'";
    crate::support::eventually("a session of that name", || database.value(named) == "t");
    blocker.sql("ROLLBACK");
    running.wait_patiently().expect(0);
}

#[test]
fn the_password_command_runs_once_for_each_connection_of_a_run() {
    let database = TestDatabase::new();
    let role = database.cluster().role("LOGIN PASSWORD 'right' IN ROLE secret");
    database.sql(&format!("GRANT ALL ON SCHEMA public TO {role}"));
    let gate = Gate::at(&database.url_as(&role, None)).args(["migrate"]);
    let gate = gate.chain(&[("0001_long.sql", "SELECT pg_sleep(4)")]);
    let runs = gate.file("runs");
    let command = format!("sh -c 'echo run >> {}; echo right'", runs.display());
    gate.clone().env("LOCKGATE_PASSWORD_COMMAND", command).run().expect(0);
    let count = std::fs::read_to_string(&runs).expect("the runs").lines().count();
    // The session that works, and the one that observes it.
    assert_eq!(count, 2);
}
