//! Real Knex and sequelize-cli under the gate.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{sessions, sleeps};
use crate::support::{Gate, TestDatabase, eventually, says};

struct Tool {
    layout: &'static str,
    /// Its settings, and the command's words behind the folder of programs.
    settings: (&'static str, &'static str),
    command: &'static str,
    /// A migration that runs SQL.
    migration: fn(&str) -> String,
}

const TOOLS: &[Tool] = &[
    Tool {
        layout: "knex",
        settings: (
            "knexfile.js",
            "module.exports = { client: 'pg', connection: {}, migrations: { directory: './migrations' } }",
        ),
        command: "knex migrate:latest",
        migration: |sql| format!("exports.up = knex => knex.raw(`{sql}`)\nexports.down = async () => {{}}\n"),
    },
    Tool {
        layout: "sequelize",
        settings: (
            "config.js",
            "const env = process.env\nmodule.exports = { development: { dialect: 'postgres', host: env.PGHOST, port: env.PGPORT, \
             username: env.PGUSER, database: env.PGDATABASE, dialectOptions: { application_name: env.PGAPPNAME, options: env.PGOPTIONS } } }",
        ),
        command: "sequelize-cli db:migrate --config config.js --migrations-path migrations",
        migration: |sql| {
            format!("module.exports = {{ up: q => q.sequelize.query(`{sql}`), down: async () => {{}} }}\n")
        },
    },
];

/// The directory of its packages.
fn packages(tool: &Tool) -> Option<PathBuf> {
    let place = std::env::var_os("LOCKGATE_TEST_TOOLS").map(|place| PathBuf::from(place).join("node_modules"));
    let needs = if tool.layout == "knex" { "knex" } else { "sequelize-cli" };
    let place = place.filter(|place| place.join(needs).exists());
    if place.is_none() {
        eprintln!("skipped: no {needs} here; .ci/setup installs it where there is npm (LOCKGATE_TEST_TOOLS)");
    }
    place
}

/// A project around the gate's directory of migrations.
fn project(tool: &Tool, packages: &Path, database: &TestDatabase) -> Gate {
    let gate =
        Gate::new(database).args(["migrate"]).env("LOCKGATE_LOG_FORMAT", "text").env("LOCKGATE_LAYOUT", tool.layout);
    std::os::unix::fs::symlink(packages, gate.file("node_modules")).expect("a link");
    std::fs::write(gate.file(tool.settings.0), tool.settings.1).expect("a file");
    let migrations = gate.chain_directory().file_name().expect("a name").to_string_lossy().into_owned();
    let command = tool.command.replace("path migrations", &format!("path {migrations}"));
    let settings = tool.settings.1.replace("./migrations", &format!("./{migrations}"));
    std::fs::write(gate.file(tool.settings.0), settings).expect("a file");
    let directory = gate.file("");
    std::fs::write(gate.file("run.sh"), format!("cd {} && exec node_modules/.bin/{command}\n", directory.display()))
        .expect("a file");
    let runner = format!("sh {}", gate.file("run.sh").display());
    gate.env("LOCKGATE_RUNNER", runner)
}

#[test]
fn eight_gates_run_the_tool_once_a_restart_needs_no_node_and_a_signal_ends_it() {
    for tool in TOOLS {
        let Some(packages) = packages(tool) else { continue };
        println!("{}", tool.layout);
        let database = TestDatabase::new();
        let gate = project(tool, &packages, &database);
        gate.write("20240101000000_a.js", (tool.migration)("CREATE TABLE a ()"));
        gate.write("20240102000000_b.js", (tool.migration)("CREATE TABLE b ()"));
        let running: Vec<_> = (0..8).map(|_| gate.spawn()).collect();
        let ended: Vec<_> = running.into_iter().map(|gate| gate.wait(Duration::from_secs(90)).expect(0)).collect();
        let started = ended.iter().filter(|one| one.stderr.contains("starting the runner's command")).count();
        assert_eq!(started, 1, "{}", tool.layout);
        let winner = ended.iter().find(|one| one.stderr.contains("applied: ")).expect("one that applied");
        says(winner, &["open: at head 20240102000000_b.js, 2 revisions applied"]);
        says(&gate.clone().env("LOCKGATE_RUNNER", "/nowhere/node").run().expect(0), &["nothing to do"]);
        says(&gate.with(["status"]).run().expect(0), &["at head"]);

        gate.write("20240103000000_c.js", (tool.migration)("SELECT pg_sleep(30)"));
        says(
            &gate.clone().env("LOCKGATE_RUNNER", "true").run().expect(65),
            &["error[LG0607]", "pending: 20240103000000_c.js"],
        );
        let stopped = gate.spawn();
        sleeps(&database);
        stopped.terminate();
        stopped.wait(Duration::from_secs(30)).expect(143);
        assert_eq!(sessions(&database), "0");
        let killed = project_again(tool, &gate, &database);
        sleeps(&database);
        killed.kill();
        eventually("no session of the command is left", || sessions(&database) == "0");
    }
}

/// Starts the gate again; a lock of Knex' own that its killed run left is freed as Knex does.
fn project_again(tool: &Tool, gate: &Gate, database: &TestDatabase) -> crate::support::Running {
    if tool.layout == "knex" {
        database.sql("UPDATE knex_migrations_lock SET is_locked = 0");
    }
    gate.spawn()
}
