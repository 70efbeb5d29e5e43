//! The tools themselves: a chain that the tool began, lockgate goes on with, and the tool goes on with again.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::run::gate;
use crate::support::{Gate, TestDatabase};

/// Where the set-up has put the tools.
fn place() -> Option<PathBuf> {
    std::env::var_os("LOCKGATE_TEST_TOOLS").map(PathBuf::from)
}

struct Tool {
    name: &'static str,
    /// The file below the place without which the test is skipped.
    needs: &'static str,
    file: fn(usize) -> (String, String),
    up: fn(&Path, &Path, &TestDatabase) -> Command,
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
var f = Flyway.configure().dataSource(a[0], a[1], \"\").locations(\"filesystem:\" + a[2]).load(); f.migrate(); f.validate(); } }";

const TOOLS: &[Tool] = &[
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
            let url = database.url();
            let mut command = command(place.join("node_modules/.bin/node-pg-migrate"), &["up", "-m", "."], chain);
            command.env("DATABASE_URL", url.split('?').next().unwrap_or_default());
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
            std::fs::write(above.join(".gmrc"), "{}").expect("a file");
            let url = database.url();
            let mut command = command(place.join("node_modules/.bin/graphile-migrate"), &["migrate"], above);
            command.env("DATABASE_URL", url.split('?').next().unwrap_or_default());
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
            let url = database.url();
            let url = url.split('?').next().unwrap_or_default();
            let mut command = command("node".into(), &["-e", DRIZZLE, url], chain);
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
fn succeeds(tool: &str, mut command: Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{tool}: {error}"));
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{tool}: {said}");
}

/// Writes the files up to a number, and Drizzle's journal of them.
fn write(gate: &Gate, tool: &Tool, count: usize) {
    let (name, text) = (tool.file)(count);
    let path = gate.chain_directory().join(&name);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    gate.write(&name, text);
    if tool.name == "drizzle" {
        std::fs::create_dir_all(gate.chain_directory().join("meta")).expect("a folder");
        let entry = |at: usize| {
            let moment = 1_700_000_000_000 + at;
            format!(r#"{{"idx": {at}, "version": "7", "when": {moment}, "tag": "000{at}_t", "breakpoints": true}}"#)
        };
        let entries: Vec<String> = (1..=count).map(entry).collect();
        let journal = format!(r#"{{"version": "7", "dialect": "postgresql", "entries": [{}]}}"#, entries.join(", "));
        gate.write("meta/_journal.json", journal);
    }
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

        // From empty to head by lockgate: the tool finds nothing to do, and takes every checksum.
        let fresh = TestDatabase::new();
        gate.clone().env("LOCKGATE_DATABASE_URL", fresh.url()).with(["migrate"]).run().expect(0);
        succeeds(tool.name, (tool.up)(&place, gate.chain_directory(), &fresh));
    }
}
