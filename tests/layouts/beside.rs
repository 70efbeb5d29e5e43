//! The histories of the tools: gone on from, kept beside ours, and refused where the tool itself would stop.

use super::run::gate;
use crate::support::{Gate, Outcome, TestDatabase};

/// A tool's history as the tool makes it, with its first revision, which made `a`.
pub struct Case {
    pub tool: &'static str,
    pub files: &'static [(&'static str, &'static str)],
    pub theirs: &'static str,
    /// The value that shows the second revision in it, after lockgate has applied it.
    shows: &'static str,
    /// Rows at which the tool stops.
    stops: &'static str,
    says: &'static str,
}

const A: &str = "CREATE TABLE a (id int);\n";
const B: &str = "CREATE TABLE b (id int);\n";

pub const CASES: &[Case] = &[
    Case {
        tool: "prisma",
        files: &[("20240101000000_a/migration.sql", A), ("20240102000000_b/migration.sql", B)],
        theirs: "CREATE TABLE _prisma_migrations (id VARCHAR(36) PRIMARY KEY NOT NULL, checksum VARCHAR(64) NOT NULL, finished_at TIMESTAMPTZ,
            migration_name VARCHAR(255) NOT NULL, logs TEXT, rolled_back_at TIMESTAMPTZ, started_at TIMESTAMPTZ NOT NULL DEFAULT now(),
            applied_steps_count INTEGER NOT NULL DEFAULT 0);
            INSERT INTO _prisma_migrations VALUES ('1', 'x', NULL, '20240102000000_b', 'failed', now(), now(), 0),
            ('2', 'y', now(), '20240101000000_a', NULL, NULL, now(), 1)",
        shows: "SELECT checksum = encode(sha256('CREATE TABLE b (id int);\n'), 'hex') AND finished_at >= started_at AND applied_steps_count = 1
            AND length(id) = 36 FROM _prisma_migrations WHERE migration_name = '20240102000000_b' AND rolled_back_at IS NULL",
        stops: "UPDATE _prisma_migrations SET finished_at = NULL WHERE id = '2'",
        says: "20240101000000_a failed, or is running (P3009)",
    },
    Case {
        tool: "drizzle",
        files: &[
            ("0000_a.sql", A),
            ("0001_b.sql", B),
            (
                "meta/_journal.json",
                r#"{"dialect": "postgresql", "entries": [{"tag": "0000_a", "when": 1700000000000}, {"tag": "0001_b", "when": 1700000000001}]}"#,
            ),
        ],
        theirs: "CREATE SCHEMA drizzle; CREATE TABLE drizzle.__drizzle_migrations (id SERIAL PRIMARY KEY, hash text NOT NULL, created_at bigint);
            INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('edited since', 1700000000000)",
        shows: "SELECT hash = encode(sha256('CREATE TABLE b (id int);\n'), 'hex') FROM drizzle.__drizzle_migrations WHERE created_at = 1700000000001",
        stops: "",
        says: "",
    },
    Case {
        tool: "drizzle",
        files: &[
            ("20240101000000_a/migration.sql", A),
            ("20240101000000_a/snapshot.json", "{}"),
            ("20240102000000_b/migration.sql", B),
        ],
        theirs: "CREATE SCHEMA drizzle; CREATE TABLE drizzle.__drizzle_migrations (id SERIAL PRIMARY KEY, hash text NOT NULL, created_at bigint,
            name text, applied_at timestamptz DEFAULT now());
            INSERT INTO drizzle.__drizzle_migrations (hash, created_at, name) VALUES ('edited since', 1704067200000, '20240101000000_a')",
        shows: "SELECT hash = encode(sha256('CREATE TABLE b (id int);\n'), 'hex') AND created_at = 1704153600000 AND applied_at IS NOT NULL
            FROM drizzle.__drizzle_migrations WHERE name = '20240102000000_b'",
        stops: "ALTER TABLE drizzle.__drizzle_migrations DROP name",
        says: "run Drizzle's migrate once",
    },
    Case {
        tool: "atlas",
        files: &[("20240101000000_a.sql", A), ("20240102000000_b_c.sql", B)],
        theirs: "CREATE SCHEMA atlas_schema_revisions; CREATE TABLE atlas_schema_revisions.atlas_schema_revisions (version varchar NOT NULL
            PRIMARY KEY, description varchar NOT NULL, type bigint NOT NULL DEFAULT 2, applied bigint NOT NULL DEFAULT 0, total bigint NOT NULL
            DEFAULT 0, executed_at timestamptz NOT NULL, execution_time bigint NOT NULL, error text, error_stmt text, hash varchar NOT NULL,
            partial_hashes jsonb, operator_version varchar NOT NULL);
            INSERT INTO atlas_schema_revisions.atlas_schema_revisions VALUES ('20240101000000', 'a', 2, 1, 1, now(), 1, '', '', 'x', 'null', 'x'),
            ('.atlas_cloud_identifier', 'x', 2, 0, 0, now(), 1, '', '', 'x', 'null', 'x')",
        // The sum that Atlas itself made of the two files.
        shows: "SELECT description = 'b_c' AND type = 2 AND applied = 1 AND total = 1 AND hash = 'SxBHGWhPIKStsSUBPV3bJ2UVnLCS4MrU0Sjk8tbgJJ0=' AND executed_at <= now()
            FROM atlas_schema_revisions.atlas_schema_revisions WHERE version = '20240102000000'",
        stops: "UPDATE atlas_schema_revisions.atlas_schema_revisions SET total = 2 WHERE version = '20240102000000'",
        says: "version 20240102000000 is applied in part",
    },
    Case {
        tool: "golang-migrate",
        files: &[("000001_a.up.sql", A), ("000002_b.up.sql", B)],
        theirs: "CREATE TABLE schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL);
            INSERT INTO schema_migrations VALUES (1, false)",
        shows: "SELECT version = 2 AND NOT dirty FROM schema_migrations",
        stops: "UPDATE schema_migrations SET dirty = true",
        says: "version 2 is dirty",
    },
    Case {
        tool: "goose",
        files: &[("00001_a.sql", "-- +goose Up\nCREATE TABLE a (id int);\n"), ("00002_b.sql", "-- +goose Up\nCREATE TABLE b (id int);\n")],
        theirs: "CREATE TABLE goose_db_version (id integer PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY, version_id bigint NOT NULL,
            is_applied boolean NOT NULL, tstamp timestamp NOT NULL DEFAULT now());
            INSERT INTO goose_db_version (version_id, is_applied) VALUES (0, true), (2, true), (2, false), (1, true)",
        shows: "SELECT is_applied FROM goose_db_version WHERE version_id = 2 ORDER BY id DESC LIMIT 1",
        stops: "",
        says: "",
    },
    Case {
        tool: "dbmate",
        files: &[
            ("01_a.sql", "-- migrate:up\nCREATE TABLE a (id int);\n-- migrate:down\n"),
            ("02_b.sql", "-- migrate:up\nCREATE TABLE b (id int);\n-- migrate:down\n"),
        ],
        theirs: "CREATE TABLE schema_migrations (version varchar PRIMARY KEY); INSERT INTO schema_migrations VALUES ('01')",
        shows: "SELECT true FROM schema_migrations WHERE version = '02'",
        stops: "",
        says: "",
    },
    Case {
        tool: "sqlx",
        files: &[("1_a.sql", A), ("2_b_c.sql", B)],
        theirs: "CREATE TABLE _sqlx_migrations (version BIGINT PRIMARY KEY, description TEXT NOT NULL, installed_on TIMESTAMPTZ NOT NULL
            DEFAULT now(), success BOOLEAN NOT NULL, checksum BYTEA NOT NULL, execution_time BIGINT NOT NULL);
            INSERT INTO _sqlx_migrations VALUES (1, 'a', now(), true, sha384('CREATE TABLE a (id int);\n'), 1)",
        shows: "SELECT description = 'b c' AND success AND checksum = sha384('CREATE TABLE b (id int);\n') AND execution_time >= 0
            FROM _sqlx_migrations WHERE version = 2",
        stops: "UPDATE _sqlx_migrations SET success = false WHERE version = 1; UPDATE _sqlx_migrations SET checksum = '' WHERE version = 2",
        says: "2_b_c.sql: not as sqlx applied it",
    },
    Case {
        tool: "flyway",
        files: &[("V2__a.sql", A), ("V2.1__b_c.sql", B), ("V1__old.sql", "SELECT 1/0;")],
        theirs: r#"CREATE TABLE flyway_schema_history ("installed_rank" INT NOT NULL CONSTRAINT flyway_schema_history_pk PRIMARY KEY, "version" VARCHAR(50),
            "description" VARCHAR(200) NOT NULL, "type" VARCHAR(20) NOT NULL, "script" VARCHAR(1000) NOT NULL, "checksum" INTEGER,
            "installed_by" VARCHAR(100) NOT NULL, "installed_on" TIMESTAMP NOT NULL DEFAULT now(), "execution_time" INTEGER NOT NULL,
            "success" BOOLEAN NOT NULL);
            INSERT INTO flyway_schema_history VALUES (1, '1', '<< Flyway Baseline >>', 'BASELINE', '<< Flyway Baseline >>', NULL, 'x', now(), 0, true),
            (2, '2', 'a', 'SQL', 'V2__a.sql', NULL, 'x', now(), 0, true)"#,
        shows: "SELECT installed_rank = (SELECT count(*) FROM flyway_schema_history) AND description = 'b c' AND type = 'SQL' AND script = 'V2.1__b_c.sql' AND checksum IS NOT NULL
            AND installed_by = current_user AND success FROM flyway_schema_history WHERE version = '2.1'",
        stops: "UPDATE flyway_schema_history SET success = false WHERE version = '2'",
        says: "V2__a.sql failed",
    },
    Case {
        tool: "supabase",
        files: &[("20240101000000_a.sql", A), ("20240102000000_b.sql", B)],
        theirs: "CREATE SCHEMA supabase_migrations;
            CREATE TABLE supabase_migrations.schema_migrations (version text NOT NULL PRIMARY KEY, statements text[], name text);
            INSERT INTO supabase_migrations.schema_migrations VALUES ('20240101000000')",
        shows: "SELECT name = 'b' AND statements[1] LIKE 'CREATE TABLE b%' FROM supabase_migrations.schema_migrations WHERE version = '20240102000000'",
        stops: "",
        says: "",
    },
    Case {
        tool: "diesel",
        files: &[("2024-01-01-000000_a/up.sql", A), ("2024-01-02-000000_b/up.sql", B)],
        theirs: "CREATE TABLE __diesel_schema_migrations (version VARCHAR(50) PRIMARY KEY NOT NULL, run_on TIMESTAMP NOT NULL DEFAULT
            CURRENT_TIMESTAMP); INSERT INTO __diesel_schema_migrations VALUES ('20240101000000')",
        shows: "SELECT run_on IS NOT NULL FROM __diesel_schema_migrations WHERE version = '20240102000000'",
        stops: "",
        says: "",
    },
    Case {
        tool: "refinery",
        files: &[("V1__initial.sql", "CREATE TABLE persons (id int);"), ("V2__b_c.sql", B)],
        // The checksum that refinery itself made.
        theirs: "CREATE TABLE refinery_schema_history (version INT4 PRIMARY KEY, name VARCHAR(255), applied_on VARCHAR(255), checksum VARCHAR(255));
            INSERT INTO refinery_schema_history VALUES (1, 'initial', '2026-01-01T00:00:00Z', '2686532623648937061')",
        shows: "SELECT name = 'b_c' AND checksum ~ '^[0-9]+$' AND applied_on::timestamptz <= now() FROM refinery_schema_history WHERE version = 2",
        stops: "UPDATE refinery_schema_history SET checksum = '1' WHERE version = 1",
        says: "V1__initial.sql: not as refinery applied it",
    },
    Case {
        tool: "node-pg-migrate",
        files: &[("1700000000000_a.sql", A), ("1700000000001_b.sql", B)],
        theirs: "CREATE TABLE pgmigrations (id SERIAL PRIMARY KEY, name varchar(255) NOT NULL, run_on timestamp NOT NULL);
            INSERT INTO pgmigrations (name, run_on) VALUES ('1700000000000_a', now())",
        shows: "SELECT run_on <= now() FROM pgmigrations WHERE name = '1700000000001_b'",
        stops: "",
        says: "",
    },
    Case {
        tool: "graphile-migrate",
        files: &[
            ("committed/000001.sql", "--! Previous: -\n--! Hash: sha1:a\n\nCREATE TABLE a (id int);\n"),
            ("committed/000002-b.sql", "--! Previous: sha1:a\n--! Hash: sha1:b\n\nCREATE TABLE b (id int);\n"),
        ],
        theirs: "CREATE SCHEMA graphile_migrate; CREATE TABLE graphile_migrate.migrations (hash text primary key, previous_hash text references
            graphile_migrate.migrations, filename text not null, date timestamptz not null default now());
            INSERT INTO graphile_migrate.migrations VALUES ('sha1:a', NULL, '000001.sql')",
        shows: "SELECT hash = 'sha1:b' AND previous_hash = 'sha1:a' FROM graphile_migrate.migrations WHERE filename = '000002.sql'",
        stops: "UPDATE graphile_migrate.migrations SET hash = 'sha1:c' WHERE filename = '000002.sql'",
        says: "committed/000002-b.sql: not as graphile-migrate applied it",
    },
];

#[track_caller]
fn says(outcome: &Outcome, words: &[&str]) {
    for word in words {
        assert!(outcome.stderr.contains(word), "it does not say {word:?}; {outcome}");
    }
}

pub fn chain(database: &TestDatabase, case: &Case) -> Gate {
    gate(database, case.files).env("LOCKGATE_LAYOUT", case.tool)
}

#[test]
fn the_tools_history_is_asked_for_gone_on_from_and_kept() {
    for case in CASES {
        println!("{}", case.tool);
        let database = TestDatabase::new();
        database.sql(&format!("CREATE TABLE a (id int); CREATE TABLE persons (id int); {}", case.theirs));
        let gate = chain(&database, case);
        // Nobody said whether it counts.
        let setting = format!("LOCKGATE_COEXIST={}", case.tool);
        let adopt = format!("`lockgate adopt --from {}`", case.tool);
        for command in ["plan", "migrate"] {
            says(&gate.with([command]).run().expect(65), &["LG0513", &setting, &adopt]);
        }
        assert_eq!(database.value("SELECT to_regclass('lockgate_history') IS NULL AND to_regclass('b') IS NULL"), "t");

        let beside = gate.clone().env("LOCKGATE_COEXIST", case.tool);
        let status = beside.with(["status", "--json"]).run().expect(0).json();
        assert_eq!(status["pending"].as_array().map(Vec::len), Some(1), "{status}");
        beside.with(["migrate"]).run().expect(0);
        assert_eq!(database.value(case.shows), "t", "{}", case.tool);
        let kinds = "SELECT string_agg(DISTINCT kind, ' ' ORDER BY kind) FROM lockgate_history";
        assert_eq!(database.value(kinds), "applied stamped", "{}", case.tool);
        beside.with(["status", "--check"]).run().expect(0);

        if !case.stops.is_empty() {
            database.sql(case.stops);
            says(&beside.with(["migrate"]).run().expect(65), &["LG0516", case.says]);
        }
    }
}

#[test]
fn the_tools_history_is_made_as_the_tool_makes_it() {
    for case in CASES {
        println!("{}", case.tool);
        let [ours, theirs] = [TestDatabase::new(), TestDatabase::new()];
        theirs.sql(case.theirs);
        let files: Vec<_> = case.files.iter().copied().filter(|(file, _)| *file != "V1__old.sql").collect();
        let beside = gate(&ours, &files).env("LOCKGATE_LAYOUT", case.tool).env("LOCKGATE_COEXIST", case.tool);
        beside.with(["migrate"]).run().expect(0);
        let shape = "SELECT n.nspname, c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
            pg_get_expr(d.adbin, d.adrelid), (SELECT string_agg(pg_get_constraintdef(o.oid), ' ') FROM pg_constraint o WHERE o.conrelid = c.oid)
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
            LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
            WHERE c.relkind = 'r' AND (n.nspname IN ('atlas_schema_revisions', 'drizzle', 'supabase_migrations', 'graphile_migrate') OR n.nspname = 'public' AND c.relname NOT IN ('a', 'b', 'persons')
            AND c.relname NOT LIKE 'lockgate%') ORDER BY c.relname, a.attnum";
        assert_eq!(ours.query_text(shape), theirs.query_text(shape), "{}", case.tool);
        assert_eq!(ours.value(case.shows), "t", "{}", case.tool);
        if !matches!(case.tool, "goose" | "dbmate" | "golang-migrate") {
            continue;
        }
        let down = case.files.last().is_some_and(|(_, text)| text.contains("migrate:down"));
        if down {
            beside.with(["down", "base", "--yes"]).run().expect(0);
            assert_eq!(ours.value("SELECT count(*) FROM schema_migrations"), "0");
        }
    }
}

#[test]
fn a_table_of_the_same_name_is_another_tools() {
    let database = TestDatabase::new();
    let [golang, dbmate] =
        ["golang-migrate", "dbmate"].map(|tool| CASES.iter().find(|case| case.tool == tool).expect("a case"));
    database.sql(golang.theirs);
    // Nothing to ask about: it is not dbmate's.
    let gate = chain(&database, dbmate);
    says(
        &gate.clone().env("LOCKGATE_COEXIST", "dbmate").with(["migrate"]).run().expect(65),
        &["LG0506", "public.schema_migrations is not the history of dbmate", "its columns: version, dirty"],
    );
    gate.with(["migrate"]).run().expect(0);
    // Another place of it.
    database.sql("CREATE SCHEMA ops");
    let named = gate.env("LOCKGATE_COEXIST", "dbmate:ops.versions");
    named.with(["migrate"]).run().expect(0);
    named.write("03_c.sql", "-- migrate:up\nCREATE TABLE c ();\n-- migrate:down\n");
    named.with(["migrate"]).run().expect(0);
    assert_eq!(database.value("SELECT string_agg(version, ' ' ORDER BY version) FROM ops.versions"), "01 02 03");
}

#[test]
fn what_the_tool_took_back_or_others_may_change_is_refused() {
    let database = TestDatabase::new();
    let goose = CASES.iter().find(|case| case.tool == "goose").expect("a case");
    database.sql(&format!("CREATE TABLE a (id int); {}", goose.theirs));
    let beside = chain(&database, goose).env("LOCKGATE_COEXIST", "goose");
    beside.with(["migrate"]).run().expect(0);
    database.sql("DELETE FROM goose_db_version WHERE version_id = 2; DROP TABLE b");
    says(&beside.with(["migrate"]).run().expect(65), &["LG0516", "public.goose_db_version lacks 1 revision", "00002"]);
    says(&beside.with(["stamp", "00001", "--yes"]).run().expect(78), &["LG0206"]);
    says(
        &beside.clone().env("LOCKGATE_COEXIST", "dbmate").with(["migrate"]).run().expect(78),
        &["LG0206", "LOCKGATE_LAYOUT=dbmate"],
    );
    // A newer release of the tool's chain is ahead.
    database.sql("INSERT INTO goose_db_version (version_id, is_applied) VALUES (2, true), (3, true)");
    let ahead = beside.with(["status", "--json"]).run().expect(0).json();
    assert_eq!(ahead["state"], "ahead", "{ahead}");

    let stranger = format!("stranger_{}", database.name());
    database.sql(&format!("CREATE ROLE {stranger}; ALTER TABLE goose_db_version OWNER TO {stranger}"));
    says(&beside.with(["migrate"]).run().expect(65), &["LG0515", &stranger]);
    database.sql(&format!("ALTER TABLE goose_db_version OWNER TO CURRENT_USER; DROP ROLE {stranger}"));
}

#[test]
fn the_tools_own_lock_is_waited_for_and_held() {
    let database = TestDatabase::new();
    let goose = CASES.iter().find(|case| case.tool == "goose").expect("a case");
    database.sql(&format!("CREATE TABLE a (id int); {}", goose.theirs));
    let beside = chain(&database, goose).env("LOCKGATE_COEXIST", "goose");
    let session = database.session();
    session.sql("SELECT pg_advisory_lock(4097083626)");
    let outcome = beside.clone().env("LOCKGATE_LOCK_WAIT", "100ms").with(["migrate"]).run().expect(75);
    says(&outcome, &["LG0401", "the lock of goose (4097083626)"]);
    session.sql("SELECT pg_advisory_unlock(4097083626)");
    beside.write(
        "00002_b.sql",
        "-- +goose Up\nCREATE TABLE b AS SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 4097083626 AND granted;\n",
    );
    beside.with(["migrate"]).run().expect(0);
    assert_eq!(database.value("SELECT count FROM b"), "1");
}
