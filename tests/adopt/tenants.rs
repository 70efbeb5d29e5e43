//! One chain and one snapshot for a schema a tenant: each is verified, and adopting or repairing one touches no other.

use crate::support::{Gate, TestDatabase, long_tests_are_wanted};

const CHAIN: &[(&str, &str)] = &[
    (
        "0001_users.sql",
        "CREATE TYPE plan AS ENUM ('free', 'pro');\nCREATE TABLE users (id serial PRIMARY KEY, mail varchar(80) UNIQUE, plan plan DEFAULT 'free');\n\
         CREATE VIEW paying AS SELECT id FROM users WHERE plan = 'pro';",
    ),
    ("0002_seed.sql", "INSERT INTO users (mail) VALUES ('a');"),
    (
        "0003_orders.sql",
        "CREATE TABLE orders (id int PRIMARY KEY, user_id int NOT NULL REFERENCES users);\nCREATE INDEX orders_user ON orders (user_id);\n\
         CREATE FUNCTION total() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM orders';",
    ),
];

/// A tenant's number, the drift there, and the line that reports it.
const DRIFTED: &[(usize, &str, &str)] = &[
    (2, "DROP INDEX orders_user", "missing     index orders_user on orders"),
    (5, "ALTER TABLE users ALTER mail TYPE varchar(90)", "different   column users.mail"),
    (7, "ALTER TABLE orders ADD hot_fix text", "unexpected  column orders.hot_fix"),
];

fn tenant(database: &TestDatabase, number: usize, gate: &Gate) -> Gate {
    let url = database.url();
    let joint = if url.contains('?') { '&' } else { '?' };
    gate.clone().env("LOCKGATE_DATABASE_URL", format!("{url}{joint}schema=tenant_{number}"))
}

/// Everything in the other tenants' schemas, and when it was last written.
fn others(database: &TestDatabase, number: usize) -> Vec<Vec<String>> {
    database.query_text(&format!(
        "SELECT n.nspname, c.relname, c.xmin FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname LIKE 'tenant%' AND n.nspname <> 'tenant_{number}' ORDER BY 1, 2"
    ))
}

#[test]
fn two_hundred_tenants_are_verified_and_one_is_adopted_and_repaired_alone() {
    // A tenant costs two processes; `make test-long` takes all.
    let count = if long_tests_are_wanted() { 200 } else { 10 };
    let database = TestDatabase::new();
    let scripts: String = CHAIN.iter().map(|(_, script)| *script).collect();
    for number in 0..count {
        database.sql(&format!("CREATE SCHEMA tenant_{number}; SET search_path = tenant_{number}; {scripts}"));
    }
    let gate = Gate::new(&database).env("LOCKGATE_LOG_FORMAT", "text").chain(CHAIN);
    tenant(&database, 0, &gate).with(["snapshot", "--database"]).run().expect(0);
    for (number, sql, _) in DRIFTED {
        database.sql(&format!("SET search_path = tenant_{number}; {sql}"));
    }

    let verified = |number: usize| {
        let outcome = tenant(&database, number, &gate).with(["verify"]).run();
        match DRIFTED.iter().find(|(drifted, ..)| *drifted == number) {
            Some((_, _, says)) => {
                assert!(outcome.code == Some(3) && outcome.stdout.contains(says), "tenant {number}: {outcome}");
                assert!(outcome.stdout.contains("1 difference"), "tenant {number}: {outcome}");
            }
            None => assert!(outcome.code == Some(0), "tenant {number}: {outcome}"),
        }
    };
    std::thread::scope(|scope| {
        for part in 0..4 {
            scope.spawn(move || (part..count).step_by(4).for_each(verified));
        }
    });

    for (number, code) in [(3, 0), (5, 3)] {
        let before = others(&database, number);
        tenant(&database, number, &gate).with(["adopt"]).run().expect(code);
        assert_eq!(others(&database, number), before, "tenant {number}");
    }
    let homes = "SELECT string_agg(schemaname, ' ') FROM pg_tables WHERE tablename = 'lockgate_history'";
    assert_eq!(database.value(homes), "tenant_3");
    tenant(&database, 3, &gate).with(["migrate"]).run().expect(0);
    assert_eq!(database.value("SELECT count(*) FROM tenant_3.users"), "1");

    let (fifth, before) = (tenant(&database, 5, &gate).env("LOCKGATE_SCRATCH_BIN", "/nowhere"), others(&database, 5));
    fifth.with(["adopt", "--accept-drift"]).run().expect(0);
    fifth.with(["repair", "--apply"]).run().expect(0);
    assert_eq!(others(&database, 5), before);
    for number in [3, 5] {
        tenant(&database, number, &gate).with(["verify"]).run().expect(0);
    }
}
