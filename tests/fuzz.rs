//! The readers of external input accept any bytes: random ones, for a moment each, through the entries of `make fuzz`.
//!
//! The seed is printed; `LOCKGATE_TEST_SEED=SEED` repeats the same bytes.

use std::path::Path;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};

#[path = "../benches/fuzz/entries.rs"]
mod entries;

/// For each entry.
const TIME: Duration = Duration::from_secs(2);

/// Throws until the time is over; proptest makes bytes that fail shorter before it shows them.
fn throw(what: &str, bytes: impl Strategy<Value = Vec<u8>>, entry: fn(&[u8])) {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    let told = std::env::var("LOCKGATE_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed: u64 = told.unwrap_or(now.as_nanos() as u64);
    eprintln!("{what}: LOCKGATE_TEST_SEED={seed} throws the same again");
    let mut whole = [0; 32];
    whole[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config { cases: 16, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &whole));
    let began = Instant::now();
    while began.elapsed() < TIME {
        let run = runner.run(&bytes, |bytes| {
            entry(&bytes);
            Ok(())
        });
        match run {
            Ok(()) => {}
            Err(TestError::Fail(why, bytes)) => {
                panic!("{what}, LOCKGATE_TEST_SEED={seed}: {why}\n{:?}", String::from_utf8_lossy(&bytes))
            }
            Err(TestError::Abort(why)) => panic!("{what}, LOCKGATE_TEST_SEED={seed}: {why}"),
        }
    }
}

/// Words of a language in any order, with any bytes between them.
fn words(words: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
    let word = prop_oneof![
        8 => prop::sample::select(words).prop_map(|word| word.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..4),
        1 => any::<char>().prop_map(|letter| letter.to_string().into_bytes()),
    ];
    prop::collection::vec(word, 0..40).prop_map(|words| words.concat())
}

#[test]
fn any_connection_string_is_read_or_refused_and_shows_no_password() {
    let parts = words(&[
        "postgres://",
        "postgresql+asyncpg://",
        "jdbc:postgresql://",
        "u",
        ":",
        "@",
        "h",
        "[::1]",
        ",",
        "/",
        "?",
        "&",
        "=",
        "%20",
        "%zz",
        "%",
        "sslmode",
        "require",
        "host=",
        "port=5432",
        "5432",
        "99999",
        "dbname=",
        "password=hunter2",
        "user=u",
        "'",
        "\\",
        " ",
        "u:hunter2@h",
        "target_session_attrs",
        "read-write",
        "options",
        "connect_timeout=1",
        "#",
    ]);
    throw("connection strings", parts, entries::connection_string);
}

#[test]
fn a_password_is_never_shown_whatever_is_wrong_around_it() {
    let before = prop::sample::select(vec![
        "postgres://u:",
        "postgresql+x://u:",
        "jdbc:postgresql://u:",
        "postgres:/u:",
        "host=h password=",
    ]);
    let after = "[a-z@:/?&=%,\\[\\]#' 0-9]{0,24}";
    let text = (before, after).prop_map(|(before, after)| format!("{before}{}{after}", entries::SECRET).into_bytes());
    throw("passwords", text, entries::connection_string);
}

#[test]
fn any_directory_is_a_chain_or_is_refused_with_reasons() {
    let parts = words(&[
        "0001",
        "0002",
        "0003",
        "a1b2",
        "_",
        "base",
        "x",
        ".sql",
        ".down.sql",
        ".up.sql",
        ".md",
        "\n",
        "\u{1}",
        "\u{1}0001_a.sql\n",
        "\u{1}0002_b.sql\n",
        "-- lockgate:after 0001\n",
        "-- lockgate:after a1b2\n",
        "SELECT 1",
        ";",
        "\u{feff}",
        "\r\n",
        "\u{1}a1b2_c.sql\n",
    ]);
    throw("chains", parts, entries::chain);
}

#[test]
fn any_comment_is_a_directive_or_is_none_or_is_refused() {
    let parts = words(&[
        "-- ",
        "--",
        "lockgate:",
        "after",
        "requires",
        "optional",
        "check",
        "unless",
        "run-as-is",
        "accept destructive",
        " ",
        "\n",
        "\r\n",
        "users(id, email)",
        "\"",
        "'",
        "$$",
        "/*",
        "*/",
        "SELECT 1",
        ";",
        "0001",
        ",",
        "(",
        ")",
        "\n--   ",
    ]);
    throw("directives", parts, entries::directives);
}

#[test]
fn any_text_has_a_checksum_that_comments_do_not_change() {
    let parts = words(&[
        "SELECT", "'", "''", "E'", "\\'", "\"", "$$", "$a$", "$", "--", "/*", "*/", "\n", "\r\n", "\r", " ", "\t", ";",
        "U&'", "é", "\u{feff}", "\u{0}",
    ]);
    throw("checksums", parts, entries::fingerprint);
}

#[test]
fn any_text_is_a_script_or_is_refused_at_a_place() {
    let parts = words(&[
        "SELECT 1",
        "CREATE TABLE t (id int)",
        "BEGIN",
        "COMMIT",
        "COPY t FROM STDIN",
        "\\.",
        "\\i x",
        "INSERT INTO t VALUES ('",
        "')",
        "$$",
        "DO $$ BEGIN END $$",
        "VACUUM",
        "CREATE INDEX CONCURRENTLY i ON t (id)",
        "-- lockgate:run-as-is\n",
        "-- lockgate:optional\n",
        ";",
        " ",
        "\n",
        "(",
        ")",
        "'",
        "\"",
        "/*",
        "*/",
        "é",
        "ALTER ROLE r PASSWORD 'x'",
        "ALTER TABLE t ",
        "ADD c int DEFAULT (1) REFERENCES u",
        ", ",
        "ADD CHECK (a > 0) NOT VALID",
        "ALTER c TYPE text COLLATE x USING c::text",
        "CREATE VIEW v AS ",
        "UPDATE t SET (a, b) = ",
        "INSERT INTO t (a) ",
        " WHERE a = ",
        "\u{0}",
    ]);
    throw("scripts", parts, entries::script);
}

/// Statements of the engine's cases in any order, cut and spliced.
fn mutated_statements() -> impl Strategy<Value = Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/engine");
    let kinds = std::fs::read_dir(folder).expect("the cases").map(|kind| kind.expect("a folder").path());
    let files = kinds.filter(|kind| kind.is_dir()).flat_map(|kind| std::fs::read_dir(kind).expect("its cases"));
    let mut texts: Vec<_> = files.map(|file| file.expect("a case").path()).collect();
    texts.sort();
    let lines = texts.iter().flat_map(|path| {
        let text = std::fs::read_to_string(path).expect("a case");
        text.lines().filter(|line| !line.starts_with("--") && !line.is_empty()).map(str::to_owned).collect::<Vec<_>>()
    });
    let lines: Vec<String> = lines.collect();
    let edit = (any::<prop::sample::Index>(), 0..6usize, "[;'\"$(),a-c. \n-]|NULL|AS |u\\.");
    let edits = prop::collection::vec(edit, 0..4);
    (prop::collection::vec(prop::sample::select(lines), 1..12), edits).prop_map(|(lines, edits)| {
        let mut letters: Vec<char> = lines.join("\n").chars().collect();
        for (at, cut, insert) in edits {
            let at = at.index(letters.len() + 1);
            let end = letters.len().min(at + cut);
            letters.splice(at..end, insert.chars());
        }
        letters.into_iter().collect::<String>().into_bytes()
    })
}

#[test]
fn any_chain_of_statements_is_modelled_and_asked_about() {
    throw("statements", mutated_statements(), entries::engine);
}

#[test]
fn what_reads_or_inherits_itself_is_modelled_to_an_end() {
    for script in [
        "CREATE VIEW v AS SELECT * FROM w; CREATE VIEW w AS SELECT * FROM v; DROP VIEW v CASCADE",
        "CREATE TABLE a () INHERITS (b); CREATE TABLE b () INHERITS (a); DROP TABLE a",
        "CREATE TABLE a () INHERITS (a); ALTER TABLE a ADD COLUMN c int; DROP TABLE a CASCADE",
        "CREATE TABLE t (n int, a int GENERATED ALWAYS AS (a(n)) STORED); DROP FUNCTION a(int) CASCADE",
        "CREATE TABLE t (n int, a int GENERATED ALWAYS AS (b(n)) STORED, b int GENERATED ALWAYS AS (a(n)) STORED); \
         ALTER TABLE t DROP COLUMN n CASCADE",
        "CREATE TABLE t (n int); CREATE VIEW v AS SELECT n FROM t, v, w; CREATE VIEW w AS SELECT n FROM v; \
         ALTER TABLE t DROP COLUMN n CASCADE; DROP SCHEMA public CASCADE",
        "CREATE TABLE t OF t; CREATE TYPE t AS (n int); DROP TYPE t CASCADE; DROP TYPE t CASCADE",
    ] {
        entries::engine(script.as_bytes());
    }
}

#[test]
fn any_bytes_on_the_port_leave_the_gate_answering() {
    let parts = words(&[
        "GET",
        "HEAD",
        "POST",
        " ",
        "/ready",
        "/metrics",
        "/",
        "/%00",
        "?a=b",
        "HTTP/1.1",
        "HTTP/1.0",
        "HTTP/2",
        "\r\n",
        "\r\n\r\n",
        "\n",
        "Host: x",
        "Content-Length: 5",
        "Content-Length: 99999999999999999999",
        "Transfer-Encoding: chunked",
        "Connection: keep-alive",
        "Expect: 100-continue",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "GET /ready HTTP/1.1\r\nHost: x\r\n\r\n",
        "5\r\nhello\r\n0\r\n\r\n",
        "Upgrade: h2c",
        ":",
        "x",
    ]);
    throw("requests", parts, entries::request);
}

#[test]
fn any_snapshot_is_read_or_refused_and_is_equal_to_itself() {
    let parts = words(&[
        "[\"table t\",{}],\n",
        "[\"table s.u\",{\"of\":\"t\",\"bound\":\"DEFAULT\"}],\n",
        "[\"column t.a\",{\"type\":\"text\",\"default\":\"'x'::text\"}],\n",
        "[\"column t.\\\"b c\\\"\",{\"type\":\"numeric(1,2)[]\",\"not null\":\"yes\"}],\n",
        "[\"constraint t.c\",{\"check\":\"(a > 0)\"}],\n",
        "[\"constraint t.k\",{\"unique\":[\"a\"],\"auto\":true}],\n",
        "[\"constraint t.f\",{\"foreign key\":[\"a\"],\"references\":\"s.u\",\"to\":[\"b\"]}],\n",
        "[\"index i\",{\"on\":\"t\",\"keys\":[\"a\",\"lower(b)\"]}],\n",
        "[\"index i\",{\"on\":7}],\n",
        "[\"view v\",{\"as\":\" SELECT a FROM t;\"}],\n",
        "[\"view w\",{\"as\":\" SELECT (\"}],\n",
        "[\"type m\",{\"labels\":[\"a\",\"b\"]}],\n",
        "[\"type r\",{\"range\":\"date\",\"multirange\":\"x.y\"}],\n",
        "[\"function f(integer)\",{\"arguments\":\"a integer\",\"returns\":\"int\",\"source\":\"SELECT 1\"}],\n",
        "[\"function f\",{}],\n",
        "[\"sequence q\",{\"owned by\":\"t.a\"}],\n",
        "[\"sequence q\",{\"owned by\":\"\"}],\n",
        "[\"operator + (integer, none)\",{}],\n",
        "[\"cast (a AS b)\",{}],\n",
        "[\"publication p\",{\"tables\":[\"t\"]}],\n",
        "[\"partitions t\",{\"runtime\":true}],\n",
        "[\"rule t.r\",{\"as\":\"CREATE RULE\"}],\n",
        "[\"policy t.p\",{\"to\":[\"x\"],\"using\":\"true\"}],\n",
        "[\"\",{}],\n",
        "[\"column \",{}],\n",
        ",",
        "]",
        "{",
    ]);
    let file = parts.prop_map(|facts| {
        let mut file = b"{\"lockgate\":1,\"chain\":\"2:a\",\"head\":\"0001\",\"server\":15,\n\"facts\":[\n".to_vec();
        let facts = facts.strip_suffix(b",\n").map(<[u8]>::to_vec).unwrap_or(facts);
        file.extend(facts);
        file.extend(b"\n]}\n");
        file
    });
    throw("snapshots", file, entries::snapshot);
}

#[test]
fn any_ignore_file_is_read_or_refused_with_its_line() {
    let parts = words(&[
        "table ",
        "index ",
        "event trigger ",
        "* ",
        "*",
        "?",
        "a",
        "b.",
        "partitions ",
        "#",
        "\n",
        " ",
        "\"c d\"",
        "widget ",
    ]);
    throw("ignore files", parts, entries::ignore);
}
