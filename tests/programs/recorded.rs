//! Tools that cannot be had here: commands that write the history as theirs do.

use crate::support::{Gate, TestDatabase, says};

/// The layout, the files of the release or its list, the history as the tool makes it, and the rows of the two releases.
struct Case {
    layout: &'static str,
    files: [&'static str; 2],
    history: &'static str,
    table: &'static str,
    column: &'static str,
    ids: [&'static str; 2],
}

const CASES: &[Case] = &[
    Case {
        layout: "rails",
        files: ["001_create_users.rb", "20240102030405_add_name.rb"],
        history: "CREATE TABLE schema_migrations (version varchar NOT NULL PRIMARY KEY)",
        table: "schema_migrations",
        column: "version",
        ids: ["1", "20240102030405"],
    },
    Case {
        layout: "ecto",
        files: ["20240101000000_a.exs", "20240102000000_b.exs"],
        history: "CREATE TABLE schema_migrations (version bigint PRIMARY KEY, inserted_at timestamp(0))",
        table: "schema_migrations",
        column: "version",
        ids: ["20240101000000", "20240102000000"],
    },
    Case {
        layout: "listed",
        files: ["", ""],
        history: "CREATE TABLE \"__History\" (\"MigrationId\" varchar(150) PRIMARY KEY, \"ProductVersion\" varchar(32))",
        table: "\"__History\"",
        column: "\"MigrationId\"",
        ids: ["20240101_A", "20240102_B"],
    },
];

impl Case {
    /// A gate before this many revisions, and a command that records them one after another.
    fn gate(&self, database: &TestDatabase, count: usize) -> Gate {
        let gate = Gate::new(database).args(["migrate"]).env("LOCKGATE_LAYOUT", self.layout);
        let gate = gate.env("LOCKGATE_LOG_FORMAT", "text");
        let gate = if self.layout == "listed" {
            gate.write("list.txt", self.ids[..count].join("\n"));
            let list = gate.chain_directory().join("list.txt");
            let table = format!("{}({})", self.table, self.column);
            gate.env("LOCKGATE_MIGRATIONS", list).env("LOCKGATE_RUNNER_TABLE", table)
        } else {
            self.files[..count].iter().for_each(|file| gate.write(file, "x"));
            gate
        };
        let mut sql = self.history.replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS");
        for id in &self.ids[..count] {
            sql += &format!(
                "; INSERT INTO {0} ({1}) SELECT '{id}' WHERE NOT EXISTS (SELECT FROM {0} WHERE {1} = '{id}'); CREATE TABLE IF NOT EXISTS \"t{id}\" ()",
                self.table, self.column
            );
        }
        std::fs::write(gate.file("work.sql"), sql).expect("a file");
        let psql = std::path::Path::new(&std::env::var_os("PG_BIN").expect("PG_BIN")).join("psql");
        let runner = format!("{} -X -q -v ON_ERROR_STOP=1 -f {}", psql.display(), gate.file("work.sql").display());
        gate.env("LOCKGATE_RUNNER", runner)
    }
}

#[test]
fn the_history_of_any_tool_decides_and_its_command_runs_once() {
    for case in CASES {
        println!("{}", case.layout);
        let database = TestDatabase::new();
        let first = case.gate(&database, 1);
        let lies = first.clone().env("LOCKGATE_RUNNER", "true").run().expect(65);
        says(&lies, &["error[LG0607]"]);
        says(&first.run().expect(0), &[&format!("open: at head {}, 1 revision applied", case.ids[0])]);
        says(&first.clone().env("LOCKGATE_RUNNER", "/nowhere/x").run().expect(0), &["nothing to do"]);
        first.with(["wait"]).run().expect(0);

        let second = case.gate(&database, 2);
        says(&second.with(["status", "--check"]).run().expect(3), &[&format!("pending   {}", case.ids[1])]);
        let running: Vec<_> = (0..4).map(|_| second.spawn()).collect();
        let outcomes: Vec<_> =
            running.into_iter().map(|gate| gate.wait(std::time::Duration::from_secs(60)).expect(0)).collect();
        let started = outcomes.iter().filter(|one| one.stderr.contains("starting the runner's command")).count();
        assert_eq!(started, 1, "{}", case.layout);
        says(&first.run().expect(0), &["ahead"]);
        says(&second.with(["migrate", case.ids[0]]).run().expect(64), &["brings the database to head"]);
    }
}

#[test]
fn a_listed_chain_without_its_history_is_refused() {
    let database = TestDatabase::new();
    let gate = Gate::new(&database).args(["migrate"]).env("LOCKGATE_LAYOUT", "listed").env("LOCKGATE_RUNNER", "true");
    let gate = gate.env("LOCKGATE_LOG_FORMAT", "text");
    says(&gate.run().expect(78), &["error[LG0206]", "LOCKGATE_RUNNER_TABLE"]);
    let wrong = gate.env("LOCKGATE_RUNNER_TABLE", "migrations").run().expect(78);
    says(&wrong, &["LOCKGATE_RUNNER_TABLE", "is not TABLE(COLUMN)"]);
}
