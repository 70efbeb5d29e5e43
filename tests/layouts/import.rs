//! Chains of other tools, written as lockgate's own.

use std::collections::HashSet;
use std::fmt::Write;
use std::path::Path;

use lockgate::chain::{Chain, Revision};
use lockgate::config::{Layout, Tool};
use lockgate::source;

use super::read::all_cases;
use crate::support::{Gate, Outcome, TestDatabase};

fn import(chain: &Path, layout: Layout, to: &Path) -> Outcome {
    let gate = Gate::without_database().env("LOCKGATE_MIGRATIONS", chain).env("LOCKGATE_LOG_FORMAT", "text");
    let gate = match layout {
        Layout::Tool(tool) => gate.env("LOCKGATE_LAYOUT", tool.word()),
        _ => gate,
    };
    gate.with(["import", "--to", to.to_str().expect("a path")]).run()
}

/// Ids, and the lines of both ways that are neither empty nor comments.
fn content(directory: &Path, chain: &Chain) -> String {
    let mut text = String::new();
    let code = |script: &str| -> String {
        let lines = script.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("--"));
        // The semicolon that closes a block of goose's may come from a comment line.
        lines.map(|line| line.split("--").next().unwrap_or_default().trim().to_owned() + "\n").collect()
    };
    for revision in chain.revisions() {
        let _ = writeln!(text, "{}\n{}", revision.id, code(&revision.text));
        if let Some(down) = &revision.down {
            let _ = writeln!(text, "<\n{}", code(&source::read_down(directory, down).expect("a way back")));
        }
    }
    text
}

#[test]
fn each_tools_chain_is_the_same_as_lockgates_own() {
    let (mut imported, mut wrong) = (HashSet::new(), String::new());
    for case in all_cases() {
        let outer = tempfile::tempdir().expect("a directory");
        let directory = case.lay_out(outer.path());
        let Ok(chain) = source::read(&directory, case.layout) else { continue };
        if chain.layout().is_none() {
            continue;
        }
        let to = outer.path().join("lockgates/own");
        let outcome = import(&directory, case.layout, &to);
        if chain.revisions().iter().any(|one| one.manner.repeats) {
            assert!(outcome.stderr.contains("runs again whenever it changes"), "{outcome}");
            continue;
        }
        let is_filled = |one: &Revision| {
            let back = one.down.as_ref().and_then(|down| down.text.as_ref());
            [Some(&one.text), back].into_iter().flatten().any(|text| text.written().is_some())
        };
        if chain.revisions().iter().any(is_filled) {
            assert!(
                outcome.stderr.contains("before it runs, and a revision of lockgate's own runs as it is written"),
                "{outcome}"
            );
            continue;
        }
        if outcome.stderr.contains("error[LG0203]") {
            // Its SQL is none.
            continue;
        }
        let outcome = outcome.expect(0);
        imported.extend(chain.layout());
        let own = source::read(&to, Layout::Auto).unwrap_or_else(|error| panic!("{error}; {outcome}"));
        let (before, now) = (content(&directory, &chain), content(&to, &own));
        if before != now || own.layout().is_some() {
            let _ = writeln!(
                wrong,
                "{}: {}\n--- before\n{before}\n--- now\n{now}",
                chain.layout().expect("a tool").word(),
                case.name
            );
        }
        let marks = std::fs::read_dir(&to).expect("files").filter(|entry| {
            let text = std::fs::read_to_string(entry.as_ref().expect("a file").path()).expect("a script");
            text.contains("lockgate:no-transaction")
        });
        let alone = chain.revisions().iter().filter(|one| !one.manner.in_transaction && one.text.contains("DO $$"));
        assert!(marks.count() >= alone.count(), "{}", case.name);
    }
    assert!(wrong.is_empty(), "{wrong}");
    let tools: Vec<_> = Tool::ALL.iter().filter(|tool| !imported.contains(tool)).collect();
    assert!(tools.is_empty(), "no chain of {tools:?}");
}

#[test]
fn a_database_goes_on_with_the_imported_chain_where_it_stood() {
    let database = TestDatabase::new();
    let files = [
        ("00001_t.sql", "-- +goose Up\nCREATE TABLE t (id int);\n-- +goose Down\nDROP TABLE t;\n"),
        (
            "00002_rows.sql",
            "-- +goose NO TRANSACTION\n-- +goose Up\n-- +goose StatementBegin\nDO $$ BEGIN INSERT INTO t VALUES (1); COMMIT; \
             INSERT INTO t VALUES (2); END $$;\n-- +goose StatementEnd\n",
        ),
    ];
    let gate = Gate::new(&database).env("LOCKGATE_LOG_FORMAT", "text").chain(&files);
    gate.with(["migrate", "00001"]).run().expect(0);
    let own = tempfile::tempdir().expect("a directory");
    let to = own.path().join("own");
    gate.with(["import", "--to", to.to_str().expect("a path")]).run().expect(0);
    let imported = gate.env("LOCKGATE_MIGRATIONS", &to);

    imported.with(["migrate"]).run().expect(0);
    assert_eq!(database.query_text("SELECT id FROM t ORDER BY id"), [["1"], ["2"]]);
    imported.with(["down", "base", "--yes"]).run().expect(65);
    let refused = imported.with(["import", "--to", "/nowhere/else"]).run().expect(78);
    assert!(refused.stderr.contains("lockgate's own already"), "{refused}");
}

#[test]
fn nothing_is_written_over_what_is_there_and_nothing_is_left_of_what_is_refused() {
    let own = tempfile::tempdir().expect("a directory");
    let gate = Gate::without_database().env("LOCKGATE_LOG_FORMAT", "text");
    let gate =
        gate.chain(&[("V1__a.sql", "CREATE TABLE t ()"), ("R__v.sql", "CREATE OR REPLACE VIEW v AS SELECT 1 AS a")]);
    let to = own.path().join("own");
    let words = ["import", "--to", to.to_str().expect("a path")];
    let repeats = gate.with(words).run().expect(78);
    assert!(repeats.stderr.contains("R__v.sql runs again whenever it changes") && !to.exists(), "{repeats}");
    std::fs::remove_file(gate.chain_directory().join("R__v.sql")).expect("removed");
    gate.with(words).run().expect(0);
    let again = gate.with(words).run().expect(64);
    assert!(again.stderr.contains("is not empty"), "{again}");
    assert_eq!(std::fs::read_to_string(to.join("1_a.sql")).expect("the file"), "CREATE TABLE t ()\n");
}

#[test]
fn a_database_that_the_tool_brought_up_is_adopted_by_the_imported_chain() {
    let database = TestDatabase::new();
    database.sql(
        "CREATE TABLE goose_db_version (id serial PRIMARY KEY, version_id bigint NOT NULL, is_applied boolean NOT NULL, \
         tstamp timestamp NOT NULL DEFAULT now()); INSERT INTO goose_db_version (version_id, is_applied) VALUES (0, true), (1, true); \
         CREATE TABLE t (id int)",
    );
    let gate = Gate::new(&database).env("LOCKGATE_LOG_FORMAT", "text");
    let gate = gate.chain(&[
        ("00001_t.sql", "-- +goose Up\nCREATE TABLE t (id int);\n"),
        ("00002_more.sql", "-- +goose Up\nCREATE TABLE more (id int);\n"),
    ]);
    let own = tempfile::tempdir().expect("a directory");
    let to = own.path().join("own");
    let told = gate.with(["import", "--to", to.to_str().expect("a path")]).run().expect(0);
    assert!(told.stdout.contains("lockgate adopt --from goose"), "{told}");
    let imported = gate.env("LOCKGATE_MIGRATIONS", &to);

    imported.with(["adopt", "--from", "goose"]).run().expect(0);
    let outcome = imported.with(["migrate"]).run().expect(0);
    assert!(outcome.stderr.contains("1 revision applied"), "{outcome}");
}
