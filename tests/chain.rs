//! The directory of the chain. A directory that is no chain is refused before the database is touched, with all problems at once;
//! a directory that is one runs, however odd it looks.

use std::time::Duration;

use crate::support::{Gate, Outcome, TestDatabase};

/// A directory that is no chain, and the required texts of the refusal.
struct Bad {
    name: &'static str,
    files: &'static [(&'static str, &'static str)],
    says: &'static [&'static str],
}

const BAD: &[Bad] = &[
    Bad {
        name: "an id used twice",
        files: &[("0001_a.sql", "SELECT 1"), ("0001_b.sql", "SELECT 2")],
        says: &["0001_a.sql, 0001_b.sql: the id 0001 is used more than once"],
    },
    Bad {
        name: "a number written in two ways",
        files: &[("7_a.sql", "SELECT 1"), ("0007_b.sql", "SELECT 2")],
        says: &["0007_b.sql, 7_a.sql: the id 0007 is used more than once"],
    },
    Bad {
        name: "a parent that is not there",
        files: &[("0001_a.sql", "SELECT 1"), ("0002_b.sql", "-- lockgate:after gone\nSELECT 2")],
        says: &["0002_b.sql: lockgate:after names gone, which is not there"],
    },
    Bad {
        name: "its own parent",
        files: &[("0001_a.sql", "SELECT 1"), ("b_b.sql", "-- lockgate:after b\nSELECT 2")],
        says: &["b_b.sql: lockgate:after names the revision itself"],
    },
    Bad {
        name: "a cycle",
        files: &[
            ("a_a.sql", "SELECT 1"),
            ("b_b.sql", "-- lockgate:after a, c\nSELECT 2"),
            ("c_c.sql", "-- lockgate:after b\nSELECT 3"),
        ],
        says: &["b_b.sql, c_c.sql: each comes after another of them"],
    },
    Bad {
        name: "two heads",
        files: &[
            ("a_a.sql", "SELECT 1"),
            ("b_b.sql", "-- lockgate:after a\nSELECT 2"),
            ("c_c.sql", "-- lockgate:after a\nSELECT 3"),
        ],
        says: &["b_b.sql, c_c.sql: more than one head"],
    },
    Bad {
        name: "two bases",
        files: &[("a_a.sql", "SELECT 1"), ("b_b.sql", "SELECT 2"), ("c_c.sql", "-- lockgate:after a, b\nSELECT 3")],
        says: &["a_a.sql, b_b.sql: more than one base"],
    },
    Bad { name: "no file", files: &[], says: &["there is no revision: name the first one 0001_NAME.sql"] },
    Bad { name: "an empty file", files: &[("0001_a.sql", "\u{feff} \n")], says: &["0001_a.sql: the file is empty"] },
    Bad {
        name: "a file that nothing explains",
        files: &[("0001_a.sql", "SELECT 1"), ("notes.txt", "x"), ("0002_b.sql.bak", "x")],
        says: &["notes.txt: not a revision", "0002_b.sql.bak: not a revision"],
    },
    Bad {
        name: "files of one of two tools",
        files: &[("0001_a.up.sql", "SELECT 1")],
        says: &["LOCKGATE_LAYOUT=golang-migrate or LOCKGATE_LAYOUT=sqlx"],
    },
    Bad {
        name: "an id with a blank",
        files: &[("my id_a.sql", "SELECT 1")],
        says: &["my id_a.sql: the id \"my id\" holds ' '"],
    },
    Bad {
        name: "a way back from nowhere",
        files: &[("0001_a.sql", "SELECT 1"), ("0002_b.down.sql", "SELECT 2")],
        says: &["0002_b.down.sql: the way back has no revision: there is no 0002_b.sql"],
    },
    Bad {
        name: "an unknown directive",
        files: &[("0001_a.sql", "SELECT 1;\n-- lockgate:optinal\nSELECT 2")],
        says: &["0001_a.sql:2: unknown directive `lockgate:optinal`; did you mean `lockgate:optional`?"],
    },
    Bad {
        name: "a directive with no statement below it",
        files: &[("0001_a.sql", "SELECT 1;\n-- lockgate:run-as-is\n")],
        says: &["0001_a.sql:2: `lockgate:run-as-is` speaks for the statement that follows it, and none follows"],
    },
    Bad {
        name: "a directive at the end of a line",
        files: &[("0001_a.sql", "SELECT 1; -- lockgate:accept destructive\nDROP TABLE t")],
        says: &["0001_a.sql:1: `lockgate:accept` must stand on a line of its own"],
    },
    Bad {
        name: "much at once",
        files: &[
            ("0001_a.sql", ""),
            ("0002_b.sql", "-- lockgate:wat\nSELECT 1;\n-- lockgate:accept"),
            ("0003_c.down.sql", "SELECT 1"),
            ("Makefile", "all:"),
        ],
        says: &["5 problems", "0001_a.sql: ", "0002_b.sql:1: ", "0002_b.sql:3: ", "0003_c.down.sql: ", "Makefile: "],
    },
    Bad {
        name: "much that is wrong with the order",
        files: &[
            ("a_a.sql", "SELECT 1"),
            ("b_b.sql", "SELECT 1"),
            ("c_c.sql", "-- lockgate:after gone\nSELECT 1"),
            ("d_d.sql", "-- lockgate:after d\nSELECT 1"),
        ],
        says: &["4 problems", "names gone", "names the revision itself", "more than one base", "more than one head"],
    },
];

fn text(gate: Gate) -> Gate {
    gate.env("LOCKGATE_LOG_FORMAT", "text")
}

#[track_caller]
fn says(outcome: &Outcome, code: &str, lines: &[&str]) {
    for line in [code].iter().chain(lines) {
        assert!(outcome.stderr.contains(line), "it does not say {line:?}; {outcome}");
    }
}

/// The database contains nothing beyond a new one.
#[track_caller]
fn is_untouched(database: &TestDatabase) {
    assert_eq!(database.value("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"), "0");
}

#[track_caller]
fn applied(database: &TestDatabase) -> String {
    database.value("SELECT string_agg(revision, ' ' ORDER BY depth) FROM lockgate_history")
}

#[test]
fn what_is_no_chain_is_refused_with_everything_that_is_wrong() {
    let database = TestDatabase::new();
    for bad in BAD {
        println!("{}", bad.name); // shown where the test fails
        let outcome = text(Gate::new(&database)).chain(bad.files).args(["migrate"]).run().expect(65);
        says(&outcome, "LG0202", bad.says);
        is_untouched(&database);
    }
}

#[test]
fn a_broken_chain_is_refused_while_the_database_is_away() {
    let gate = text(Gate::at("postgres://app@127.0.0.1:1/x")).chain(&[("notes.txt", "")]).args(["migrate"]);
    says(&gate.run().expect(65), "LG0202", &["notes.txt"]);
}

#[test]
fn a_directory_that_is_not_there_is_a_wrong_setting() {
    let database = TestDatabase::new();
    let gate = text(Gate::new(&database)).migrations("/nowhere/migrations").args(["migrate"]);
    says(&gate.run().expect(78), "LG0201", &["/nowhere/migrations", "LOCKGATE_MIGRATIONS"]);
    is_untouched(&database);
}

#[test]
fn a_directory_among_the_revisions_is_refused() {
    let database = TestDatabase::new();
    let gate = text(Gate::new(&database)).chain(&[("0001_a.sql", "SELECT 1")]).args(["migrate"]);
    std::fs::create_dir(gate.chain_directory().join("old")).expect("a directory");
    says(&gate.run().expect(65), "LG0202", &["old: a directory: only revisions belong here"]);
    is_untouched(&database);
}

#[test]
fn a_file_that_is_not_utf8_is_refused_by_its_byte() {
    let database = TestDatabase::new();
    let gate = text(Gate::new(&database)).args(["migrate"]);
    gate.write("0001_a.sql", b"SELECT '\xe9'");
    says(&gate.run().expect(65), "LG0202", &["0001_a.sql: byte 9 is not UTF-8"]);
    is_untouched(&database);
}

#[test]
fn a_file_of_comments_alone_is_a_revision_that_does_nothing() {
    let database = TestDatabase::new();
    let gate = text(Gate::new(&database)).args(["migrate"]);
    let gate = gate.chain(&[("0001_a.sql", "SELECT 1"), ("0002_b.sql", "-- later\n/* or never */\n")]);
    gate.run().expect(0);
    let recorded = database.query_text("SELECT revision FROM public.lockgate_history ORDER BY depth");
    assert_eq!(recorded, [["0001"], ["0002"]]);
    gate.run().expect(0);
}

#[test]
fn a_bom_and_crlf_are_read_as_if_they_were_not_there() {
    let database = TestDatabase::new();
    let gate = Gate::new(&database).args(["migrate"]);
    let gate =
        gate.chain(&[("0001_a.sql", "\u{feff}-- first\r\nCREATE TABLE t (id int);\r\nINSERT INTO t VALUES (1);\r\n")]);
    gate.run().expect(0);
    assert_eq!(database.value("SELECT id FROM t"), "1");
}

#[test]
fn a_script_is_of_the_text_that_it_was_compiled_from() {
    let database = TestDatabase::new();
    let gate = text(Gate::new(&database)).args(["migrate"]);
    let source = gate.file("a.py");
    std::fs::write(&source, "x = 1\n").expect("a file");
    let from = |digest: &str| format!("-- lockgate:from a.py sha256:{digest}\nSELECT 1");
    gate.write("0001_a.sql", from(&"0".repeat(64)));
    says(
        &gate.run().expect(65),
        "LG0202",
        &["0001_a.sql: compiled from another text of a.py: `lockgate import alembic`"],
    );
    is_untouched(&database);
    // Without the source file, the image has no Python.
    std::fs::remove_file(&source).expect("a file");
    gate.run().expect(0);
    std::fs::write(&source, "").expect("a file");
    gate.write("0001_a.sql", from("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
    gate.run().expect(0);
}

#[test]
fn hidden_files_and_documentation_are_left_alone() {
    let database = TestDatabase::new();
    let gate = Gate::new(&database).args(["migrate"]);
    let gate = gate.chain(&[(".gitkeep", ""), ("README.md", "# chain"), ("0001_a.sql", "SELECT 1")]);
    gate.run().expect(0);
    assert_eq!(applied(&database), "0001");
}

#[test]
fn a_configmap_volume_is_a_chain() {
    let database = TestDatabase::new();
    let gate = Gate::new(&database).args(["migrate"]);
    let volume = gate.chain_directory();
    // As the kubelet lays it out: files through `..data`, which points to the version that is current.
    std::fs::create_dir(volume.join("..2024_05_01")).expect("a directory");
    std::fs::write(volume.join("..2024_05_01/0001_a.sql"), "CREATE TABLE t ()").expect("a file");
    std::os::unix::fs::symlink("..2024_05_01", volume.join("..data")).expect("a link");
    std::os::unix::fs::symlink("..data/0001_a.sql", volume.join("0001_a.sql")).expect("a link");
    gate.run().expect(0);
    assert_eq!(applied(&database), "0001");
}

#[test]
fn a_link_to_nowhere_is_refused() {
    let database = TestDatabase::new();
    let gate = text(Gate::new(&database)).args(["migrate"]);
    std::os::unix::fs::symlink("gone.sql", gate.chain_directory().join("0001_a.sql")).expect("a link");
    says(&gate.run().expect(65), "LG0202", &["0001_a.sql: cannot be read: No such file"]);
}

#[test]
fn a_file_of_ten_megabytes_runs() {
    let database = TestDatabase::new();
    let gate = Gate::new(&database).args(["migrate"]);
    let row = format!("INSERT INTO t VALUES ('{}');\n", "x".repeat(1000));
    gate.write("0001_big.sql", format!("CREATE TABLE t (word text);\n{}", row.repeat(10_000)));
    gate.spawn().wait(Duration::from_secs(180)).expect(0);
    assert_eq!(database.value("SELECT count(*) FROM t"), "10000");
}

#[test]
fn ten_thousand_files_run_and_are_at_head_again_at_once() {
    const MANY: usize = 10_000;
    let database = TestDatabase::new();
    let gate = Gate::new(&database).args(["migrate"]);
    for number in 1..=MANY {
        gate.write(&format!("{number:05}_step.sql"), format!("SELECT {number}"));
    }
    gate.spawn().wait(Duration::from_secs(240)).expect(0);
    assert_eq!(database.value("SELECT count(*) || ' ' || max(depth) FROM lockgate_history"), "10000 10000");
    let again = gate.run().expect(0);
    assert!(again.stderr.contains("nothing to do"), "{again}");
}

#[test]
fn numbers_timestamps_and_hashes_stand_in_one_chain() {
    let database = TestDatabase::new();
    let gate = Gate::new(&database).args(["migrate"]).chain(&[
        ("0009_a.sql", "SELECT 1"),
        ("10_b.sql", "SELECT 2"),
        ("28e1ce4c3187_c.sql", "-- lockgate:after 10\nSELECT 3"),
        ("v1.2-rc_d.sql", "-- lockgate:after 28e1ce4c3187\nSELECT 4"),
        ("20240101120000_e.sql", "-- lockgate:after v1.2-rc\nSELECT 5"),
        ("20240102120000_f.sql", "SELECT 6"),
    ]);
    gate.run().expect(0);
    assert_eq!(applied(&database), "0009 10 28e1ce4c3187 v1.2-rc 20240101120000 20240102120000");
}

#[test]
fn a_merge_revision_comes_after_all_that_it_names() {
    let database = TestDatabase::new();
    let gate = Gate::new(&database).args(["migrate"]).chain(&[
        ("a_base.sql", "CREATE TABLE t (id int)"),
        ("c_left.sql", "-- lockgate:after a\nALTER TABLE t ADD left_side int"),
        ("b_right.sql", "-- lockgate:after a\nALTER TABLE t ADD right_side int"),
        ("0_merge.sql", "-- lockgate:after b, c\nINSERT INTO t VALUES (1, 2, 3)"),
    ]);
    gate.run().expect(0);
    assert_eq!(applied(&database), "a b c 0");
}
