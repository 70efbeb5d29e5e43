//! The tools themselves: a chain that the tool began, lockgate goes on with, and the tool goes on with again; and one that the tool
//! brought to head, and lockgate adopts.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::run::gate;
use crate::support::{Gate, TestDatabase};

/// The directory in which the set-up has put the tools.
pub(super) fn place() -> Option<PathBuf> {
    std::env::var_os("LOCKGATE_TEST_TOOLS").map(PathBuf::from)
}

pub(super) struct Tool {
    /// The word of its layout.
    pub(super) name: &'static str,
    /// The file below the place without which the test is skipped.
    pub(super) needs: &'static str,
    file: fn(usize) -> (String, String),
    pub(super) up: fn(&Path, &Path, &TestDatabase) -> Command,
}

fn command(program: PathBuf, arguments: &[&str], directory: &Path) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(directory);
    command
}

const DRIZZLE: &str = "const { drizzle } = require('drizzle-orm/node-postgres'); const { Pool } = require('pg');
const { migrate } = require('drizzle-orm/node-postgres/migrator'); const pool = new Pool({ connectionString: process.argv[1] });
migrate(drizzle(pool), { migrationsFolder: '.' }).then(() => pool.end())";

const FLYWAY: &str = "import org.flywaydb.core.Flyway; public class Run { public static void main(String[] a) {
var f = Flyway.configure().envVars().dataSource(a[0], a[1], \"\").locations(\"filesystem:\" + a[2]).load(); f.migrate(); f.validate(); } }";

/// The migrator of folders, which begins with 1.0.
const DRIZZLE_FOLDERS: &str = "const { drizzle } = require('drizzle-orm-1/node-postgres'); const { Pool } = require('pg');
const { migrate } = require('drizzle-orm-1/node-postgres/migrator'); const pool = new Pool({ connectionString: process.argv[1] });
migrate(drizzle({ client: pool }), { migrationsFolder: '.' }).then(() => pool.end())";

/// Prisma's own engine, as the WebAssembly that its package ships. Its adapter knows no columns of type name, which the engine asks for.
const PRISMA: &str = "import { createRequire } from 'node:module'
const at = createRequire(process.env.TOOLS + '/package.json')
const { PrismaPg } = at('@prisma/adapter-pg'), pg = at('pg'), query = pg.Pool.prototype.query
pg.Pool.prototype.query = async function (...words) {
  const told = await query.apply(this, words)
  told.fields?.forEach(field => { if (field.dataTypeID === 19) field.dataTypeID = 25 })
  return told
}
export default {
  engine: 'js', experimental: { adapter: true }, schema: 'schema.prisma', migrations: { path: process.env.CHAIN },
  adapter: async () => new PrismaPg({ connectionString: process.env.DATABASE_URL }),
}";

const PRISMA_SCHEMA: &str = "datasource db {\n  provider = \"postgresql\"\n  url = env(\"DATABASE_URL\")\n}\n";

/// Without the parameters that only libpq knows.
fn plain_url(database: &TestDatabase) -> String {
    database.url().split('?').next().unwrap_or_default().to_owned()
}

pub(super) const TOOLS: &[Tool] = &[
    Tool {
        name: "prisma",
        needs: "node_modules/@prisma/adapter-pg/package.json",
        file: |at| (format!("2024010{at}000000_t{at}/migration.sql"), format!("CREATE TABLE t{at} (id int);\r\n")),
        up: |place, chain, database| {
            let above = chain.parent().expect("a folder");
            std::fs::write(above.join("prisma.config.mjs"), PRISMA).expect("a file");
            std::fs::write(above.join("schema.prisma"), PRISMA_SCHEMA).expect("a file");
            let arguments = ["migrate", "deploy", "--config", "prisma.config.mjs"];
            let mut command = command(place.join("node_modules/.bin/prisma"), &arguments, above);
            // No other engine is looked for where these are named.
            command.env("PRISMA_QUERY_ENGINE_LIBRARY", "/bin/true").env("PRISMA_SCHEMA_ENGINE_BINARY", "/bin/true");
            command.env("CHECKPOINT_DISABLE", "1").env("TOOLS", place).env("CHAIN", chain);
            command.env("DATABASE_URL", plain_url(database));
            command
        },
    },
    Tool {
        name: "supabase",
        needs: "node_modules/supabase/package.json",
        file: |at| (format!("2024010{at}000000_t_{at}.sql"), format!("CREATE TABLE t{at} (id int);\n")),
        up: |place, chain, database| {
            let supabase = chain.parent().expect("a folder").join("project/supabase");
            std::fs::create_dir_all(&supabase).expect("a folder");
            let link = supabase.join("migrations");
            if !link.exists() {
                std::os::unix::fs::symlink(chain, link).expect("a link");
            }
            let remote = format!("--remote={}", plain_url(database));
            let project = supabase.parent().expect("a folder");
            command(place.join("node_modules/.bin/supabase"), &["migration", "up", "--yes", &remote], project)
        },
    },
    Tool {
        name: "sqlx",
        needs: "bin/sqlx",
        file: |at| (format!("{at}_t_{at}.sql"), format!("CREATE TABLE t{at} (id int);\n")),
        up: |place, chain, database| {
            let url = plain_url(database);
            let arguments = ["migrate", "run", "--no-dotenv", "--source", ".", "--database-url", &url];
            command(place.join("bin/sqlx"), &arguments, chain)
        },
    },
    Tool {
        name: "refinery",
        needs: "bin/refinery",
        file: |at| (format!("V{at}__t_{at}.sql"), format!("CREATE TABLE t{at} (id int);\n")),
        up: |place, chain, database| {
            let arguments = ["migrate", "-d", "-m", "-e", "DATABASE_URL", "-p", "."];
            let mut command = command(place.join("bin/refinery"), &arguments, chain);
            command.env("DATABASE_URL", plain_url(database));
            command
        },
    },
    Tool {
        name: "diesel",
        needs: "bin/diesel",
        file: |at| (format!("2024-01-0{at}-000000_t{at}/up.sql"), format!("CREATE TABLE t{at} (id int);\n")),
        up: |place, chain, database| {
            let url = plain_url(database);
            let config = chain.parent().expect("a folder").join("diesel.toml");
            std::fs::write(&config, "").expect("a file");
            let config = config.display().to_string();
            let arguments =
                ["migration", "run", "--migration-dir", ".", "--config-file", &config, "--database-url", &url];
            command(place.join("bin/diesel"), &arguments, chain)
        },
    },
    Tool {
        name: "atlas",
        needs: "bin/atlas",
        file: |at| (format!("2024010{at}000000_t_{at}.sql"), format!("CREATE TABLE t{at} (id int);\nSELECT {at};\n")),
        up: |place, chain, database| {
            let atlas = place.join("bin/atlas").display().to_string();
            let url = format!("{}?sslmode=disable", plain_url(database));
            let (apply, flags) = ("migrate apply --dir file://. --url", "--allow-dirty");
            let script = format!("{atlas} migrate hash --dir file://. && {atlas} {apply} '{url}' {flags}");
            command("sh".into(), &["-c", &script], chain)
        },
    },
    Tool {
        name: "drizzle",
        needs: "node_modules/drizzle-orm-1/package.json",
        file: |at| {
            let text = format!("CREATE TABLE t{at} (id int);--> statement-breakpoint\nSELECT {at};");
            (format!("2024010{at}000000_t/migration.sql"), text)
        },
        up: |place, chain, database| {
            let mut command = command("node".into(), &["-e", DRIZZLE_FOLDERS, &plain_url(database)], chain);
            command.env("NODE_PATH", place.join("node_modules"));
            command
        },
    },
    Tool {
        name: "goose",
        needs: "bin/goose",
        file: |at| {
            let text = format!("-- +goose Up\nCREATE TABLE t{at} (id int);\n-- +goose Down\nDROP TABLE t{at};\n");
            (format!("0000{at}_t{at}.sql"), text)
        },
        up: |place, chain, database| {
            command(place.join("bin/goose"), &["-dir", ".", "postgres", &database.url(), "up"], chain)
        },
    },
    Tool {
        name: "golang-migrate",
        needs: "bin/migrate",
        file: |at| (format!("{at}_t{at}.up.sql"), format!("CREATE TABLE t{at} (id int);\n")),
        up: |place, chain, database| {
            command(place.join("bin/migrate"), &["-path", ".", "-database", &database.url(), "up"], chain)
        },
    },
    Tool {
        name: "dbmate",
        needs: "node_modules/.bin/dbmate",
        file: |at| {
            let text = format!("-- migrate:up\nCREATE TABLE t{at} (id int);\n-- migrate:down\nDROP TABLE t{at};\n");
            (format!("2024010{at}000000_t{at}.sql"), text)
        },
        up: |place, chain, database| {
            let arguments = ["-d", ".", "--no-dump-schema", "--url", &database.url(), "up"];
            command(place.join("node_modules/.bin/dbmate"), &arguments, chain)
        },
    },
    Tool {
        name: "node-pg-migrate",
        needs: "node_modules/node-pg-migrate/package.json",
        file: |at| {
            let text = format!("-- Up Migration\nCREATE TABLE t{at} (id int);\n-- Down Migration\nDROP TABLE t{at};\n");
            (format!("170000000000{at}_t.sql"), text)
        },
        up: |place, chain, database| {
            let mut command = command(place.join("node_modules/.bin/node-pg-migrate"), &["up", "-m", "."], chain);
            command.env("DATABASE_URL", plain_url(database));
            command
        },
    },
    Tool {
        name: "graphile-migrate",
        needs: "node_modules/graphile-migrate/package.json",
        file: |at| {
            let previous = if at == 1 { "-".to_owned() } else { format!("sha1:{}", at - 1) };
            let text = format!(
                "--! Previous: {previous}\n--! Hash: sha1:{at}\n--! AllowInvalidHash\n\nCREATE TABLE t{at} (id int);\n"
            );
            (format!("committed/00000{at}.sql"), text)
        },
        up: |place, chain, database| {
            let above = chain.parent().expect("a folder");
            if !above.join(".gmrc").exists() {
                std::fs::write(above.join(".gmrc"), "{}").expect("a file");
            }
            let mut command = command(place.join("node_modules/.bin/graphile-migrate"), &["migrate"], above);
            command.env("DATABASE_URL", plain_url(database));
            command
        },
    },
    Tool {
        name: "drizzle",
        needs: "node_modules/drizzle-orm/package.json",
        file: |at| {
            (format!("000{at}_t.sql"), format!("CREATE TABLE t{at} (id int);--> statement-breakpoint\nSELECT {at};"))
        },
        up: |place, chain, database| {
            let mut command = command("node".into(), &["-e", DRIZZLE, &plain_url(database)], chain);
            command.env("NODE_PATH", place.join("node_modules"));
            command
        },
    },
    Tool {
        name: "flyway",
        needs: "flyway/ready",
        file: |at| (format!("V{at}__t_{at}.sql"), format!("CREATE TABLE t{at} (id int);\r\n-- é\n")),
        up: |place, chain, database| {
            let script = chain.parent().expect("a folder").join("Run.java");
            std::fs::write(&script, FLYWAY).expect("a script");
            let url = database.url();
            let (user, rest) = url.split_once("://").expect("a scheme").1.split_once('@').expect("a role");
            let classes = format!("{}/flyway/*", place.display());
            let arguments =
                ["-cp", &classes, &script.display().to_string(), &format!("jdbc:postgresql://{rest}"), user, "."];
            command("java".into(), &arguments, chain)
        },
    },
];

#[track_caller]
pub(super) fn succeeds(tool: &str, mut command: Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{tool}: {error}"));
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{tool}: {said}");
}

/// Writes a file, and the files that Drizzle, Prisma and Atlas need beside it.
fn write(gate: &Gate, tool: &Tool, count: usize) {
    let (name, text) = (tool.file)(count);
    let path = gate.chain_directory().join(&name);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    gate.write(&name, text);
    match tool.name {
        "prisma" => gate.write("migration_lock.toml", "provider = \"postgresql\"\n"),
        "drizzle" if name.ends_with("/migration.sql") => {
            gate.write(&name.replace("migration.sql", "snapshot.json"), "{}");
        }
        // Its command makes the sums anew.
        "atlas" => drop(std::fs::remove_file(gate.chain_directory().join("atlas.sum"))),
        "drizzle" => journal(gate, count),
        _ => {}
    }
}

fn journal(gate: &Gate, count: usize) {
    std::fs::create_dir_all(gate.chain_directory().join("meta")).expect("a folder");
    let entry = |at: usize| {
        let moment = 1_700_000_000_000 + at;
        format!(r#"{{"idx": {at}, "version": "7", "when": {moment}, "tag": "000{at}_t", "breakpoints": true}}"#)
    };
    let entries: Vec<String> = (1..=count).map(entry).collect();
    let journal = format!(r#"{{"version": "7", "dialect": "postgresql", "entries": [{}]}}"#, entries.join(", "));
    gate.write("meta/_journal.json", journal);
}

#[test]
fn the_tool_and_lockgate_go_on_with_each_others_chain() {
    let Some(place) = place() else {
        eprintln!("skipped: no tools here; .ci/setup installs those that it can (LOCKGATE_TEST_TOOLS)");
        return;
    };
    for tool in TOOLS {
        if !place.join(tool.needs).exists() {
            eprintln!("skipped: {} is not installed ({})", tool.name, tool.needs);
            continue;
        }
        println!("{}", tool.name);
        let database = TestDatabase::new();
        let gate = gate(&database, &[]).env("LOCKGATE_LAYOUT", tool.name).env("LOCKGATE_COEXIST", tool.name);
        let up = || succeeds(tool.name, (tool.up)(&place, gate.chain_directory(), &database));
        write(&gate, tool, 1);
        up();
        write(&gate, tool, 2);
        gate.with(["migrate"]).run().expect(0);
        write(&gate, tool, 3);
        up();
        gate.with(["status", "--check"]).run().expect(0);
        assert_eq!(database.value("SELECT count(*) FROM pg_class WHERE relname ~ '^t[1-3]$'"), "3", "{}", tool.name);

        // Its own table, and nothing of lockgate's: that much is adopted once the catalog agrees.
        let brought = TestDatabase::new();
        succeeds(tool.name, (tool.up)(&place, gate.chain_directory(), &brought));
        let alone = gate.clone().env_remove("LOCKGATE_COEXIST").env("LOCKGATE_DATABASE_URL", brought.url());
        let adopted = alone.with(["adopt", "--from", tool.name]).run().expect(0);
        assert!(adopted.stdout.contains("proved"), "{}: {adopted}", tool.name);
        alone.with(["migrate"]).run().expect(0);
        alone.with(["status", "--check"]).run().expect(0);

        // From empty to head by lockgate: the tool finds nothing to do, and takes every checksum.
        let fresh = TestDatabase::new();
        gate.clone().env("LOCKGATE_DATABASE_URL", fresh.url()).with(["migrate"]).run().expect(0);
        succeeds(tool.name, (tool.up)(&place, gate.chain_directory(), &fresh));
    }
}
