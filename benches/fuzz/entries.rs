// What lockgate reads from outside, each as a function of bytes that must neither panic nor break what it promises. Shared by
// `make fuzz`, which looks for such bytes by coverage, and by `make test`, which throws random ones for a moment.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::ffi::OsStringExt;
use std::sync::OnceLock;
use std::time::Duration;

use lockgate::catalog::Surroundings;
use lockgate::chain::{checksum, directive, scan};
use lockgate::config::{Config, Layout};
use lockgate::expect::Timeline;
use lockgate::failure::Failure;
use lockgate::progress::Progress;
use lockgate::statement::change::{Effect, question};
use lockgate::telemetry::metrics::Metrics;
use lockgate::verify::{Apart, Ignored, Lines, Snapshot, apart, drift};
use lockgate::{http, object, repair, source, sql, statement};

/// Stands where a password stands; what is shown of a connection string must not hold it.
pub const SECRET: &str = "hunter2";

pub fn connection_string(data: &[u8]) {
    // No variable holds a NUL.
    let text: Vec<u8> = data.iter().copied().filter(|&byte| byte != 0).collect();
    let variables = [(OsString::from("LOCKGATE_DATABASE_URL"), OsString::from_vec(text))];
    match Config::load(variables, Vec::new()) {
        Err(errors) => {
            let failure = Failure::from(errors);
            hides_the_secret(&format!("{failure} {:?}", failure.details));
        }
        Ok(config) => {
            let Ok(target) = config.database.resolve() else { return };
            if target.password.as_ref().is_some_and(|password| password.expose() == SECRET) && is_alone(data) {
                let warnings = config.warnings.join("\n");
                hides_the_secret(&format!("{config:?} {target:?} {} {warnings}", config.database.describe()));
            }
        }
    }
}

fn is_alone(data: &[u8]) -> bool {
    String::from_utf8_lossy(data).matches(SECRET).count() == 1
}

fn hides_the_secret(shown: &str) {
    assert!(!shown.contains(SECRET), "a password is shown: {shown}");
}

/// The files of a directory: a name to the end of the line, then the content, to the next byte 1.
pub fn chain(data: &[u8]) {
    let directory = tempfile::tempdir().expect("a directory");
    for file in data.split(|&byte| byte == 1).take(16) {
        let end = file.iter().position(|&byte| byte == b'\n').unwrap_or(file.len());
        let name: Vec<u8> = file[..end].iter().copied().filter(|&byte| byte != 0 && byte != b'/').take(200).collect();
        if name.is_empty() || name == b"." || name == b".." {
            continue;
        }
        // A file system may know names that are none.
        let _ =
            std::fs::write(directory.path().join(OsString::from_vec(name)), file.get(end + 1..).unwrap_or_default());
    }
    match source::read(directory.path(), Layout::Auto) {
        Err(error) => {
            let failure = Failure::from(error);
            assert!(!failure.details.is_empty(), "a chain is refused for nothing: {failure}");
        }
        Ok(chain) => {
            let again = source::read(directory.path(), Layout::Auto).expect("the same directory");
            let ids = |chain: &lockgate::chain::Chain| {
                chain.revisions().iter().map(|one| one.id.to_string()).collect::<Vec<_>>()
            };
            assert_eq!(ids(&chain), ids(&again));
            assert_eq!(chain.target("head", 0), Ok(chain.len()));
            for (at, revision) in chain.revisions().iter().enumerate() {
                assert_eq!(chain.target(revision.id.as_str(), 0), Ok(at + 1));
                script(revision.text.as_bytes());
            }
            let _ = chain.target(&String::from_utf8_lossy(data), chain.len());
        }
    }
}

pub fn directives(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let lines = text.lines().count().max(1);
    match directive::read(text) {
        Ok(found) => {
            for placed in &found.statements {
                assert!((1..=lines).contains(&placed.line) && text[placed.offset..].starts_with("--"));
            }
        }
        Err(errors) => assert!(!errors.is_empty() && errors.iter().all(|error| (1..=lines).contains(&error.line))),
    }
}

pub fn fingerprint(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut at = 0;
    for piece in scan::scan(text) {
        assert!(piece.range.start == at && piece.range.end > at && text.is_char_boundary(piece.range.end));
        at = piece.range.end;
    }
    assert_eq!(at, text.len());
    let sum = checksum::checksum(text);
    assert_eq!(sum, checksum::checksum(text));
    if !text.starts_with('\u{feff}') {
        assert_eq!(sum, checksum::checksum(&format!("\u{feff}{text}")));
        assert_eq!(sum, checksum::checksum(&format!("-- said before\r\n /* and /* nested */ */ {text}")));
    }
}

pub fn script(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(directives) = directive::read(text) else { return };
    match statement::read(text, &directives) {
        Ok(script) => {
            let mut at = 0;
            for statement in &script.statements {
                let range = &statement.range;
                assert!(at <= range.start && range.start < range.end && range.end <= text.len());
                assert!(!text[range.clone()].is_empty());
                at = range.end;
            }
        }
        Err(errors) => assert!(!errors.is_empty() && errors.iter().all(|error| error.line > 0 && error.column > 0)),
    }
}

/// A script as a chain, its first half applied: the model carries it to its end, and every question that is made of it is a
/// statement.
pub fn engine(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(directives) = directive::read(text) else { return };
    let Ok(script) = statement::read(text, &directives) else { return };
    let effects: Vec<&Effect> = script.statements.iter().map(|statement| &statement.effect).collect();
    let (applied, pending) = effects.split_at(effects.len() / 2);
    let surroundings = Surroundings { path: vec!["public".to_owned()], ..Surroundings::default() };
    sql::with_room(|| {
        let timeline = Timeline::build(&[applied.to_vec()], &[pending.to_vec()], &surroundings);
        for (key, versions) in timeline.all() {
            assert!(versions[0].from == 0, "{key} begins later than place 0");
            assert!(versions.windows(2).all(|pair| pair[0].from < pair[1].from), "{key} goes back");
            assert!(versions.iter().all(|version| version.from <= timeline.units.len()), "{key} goes on past the end");
        }
    });
    for statement in &script.statements {
        let sql = &text[statement.range.clone()];
        statement::impact::impact(sql, &|_| false);
        statement::excerpt("0001_a.sql", text, statement, Some(data.len() % 64));
        let Effect::Data(asked) = &statement.effect else { continue };
        let ask = [question::would_change, question::rows_picked, question::rows_present, question::row_count];
        for question in ask.iter().filter_map(|ask| ask(asked)) {
            if let Err(errors) = statement::read(&question, &directive::read("").expect("no directive"))
                // A sanitizer's frames are large.
                && !errors.iter().any(|error| error.message.contains("stack depth limit"))
            {
                panic!("no statement: {errors:?}: {question}\nmade of: {sql}");
            }
        }
    }
}

/// A snapshot's file: it reads back as it was written, it is equal to itself, and the way from one half of it to the other is planned.
pub fn snapshot(data: &[u8]) {
    let Ok(snapshot) = Snapshot::parse(data) else { return };
    let text = snapshot.text();
    let again = Snapshot::parse(text.as_bytes()).expect("what it wrote itself");
    assert_eq!(again.text(), text);
    Lines::of(text).expect("what it wrote itself");
    let _ = Lines::of(String::from_utf8_lossy(data).into_owned());
    sql::with_room(|| {
        let (server, nothing) = (snapshot.server, Ignored::default());
        let report = drift(&snapshot, again.clone().into_facts(), server, &nothing, false);
        assert_eq!(report.differences(), 0, "it is not equal to itself: {report:?}");
        let half = snapshot.facts.iter().step_by(2).cloned().collect();
        let found = Snapshot { facts: half, ..again };
        let (wanted, there) = (object::Around::new(&snapshot.facts, server), object::Around::new(&found.facts, server));
        let apart: Apart = apart(&snapshot, found.clone().into_facts(), server, &nothing);
        let request = repair::Request { user: "app", drops: true, large: &std::collections::BTreeSet::new() };
        let plan = repair::plan(&wanted, &there, &apart, request);
        repair::text(&plan, &snapshot.head, None);
        object::script(&wanted);
    });
}

/// A `.lockgateignore`, held against a few objects.
pub fn ignore(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match Ignored::parse(text) {
        Ok(ignored) => {
            for identity in [
                "table a.b",
                "column a.b.\"c d\"",
                "index ab",
                "event trigger e",
                "constraint aaaaaaaaaaaaaaaaaaaaaaaa.b",
            ] {
                let fact = object::Fact::of_line(identity, []).expect("a fact");
                let line = ignored.rule(&fact);
                assert!(line.is_none_or(|line| (1..=text.lines().count()).contains(&line)));
            }
            ignored.partitions_of("a.b");
        }
        Err((line, why)) => assert!((1..=text.lines().count()).contains(&line) && !why.is_empty()),
    }
}

/// The bytes of a connection to the gate's port; another connection is answered all the same.
pub fn request(data: &[u8]) {
    static SERVER: OnceLock<SocketAddr> = OnceLock::new();
    let address = *SERVER.get_or_init(serve);
    let answer = exchange(address, data, true);
    assert!(answer.is_empty() || answer.starts_with(b"HTTP/1."), "{:?}", String::from_utf8_lossy(&answer));
    let alive = exchange(address, b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", false);
    assert!(alive.starts_with(b"HTTP/1.1 200 "), "{:?}", String::from_utf8_lossy(&alive));
}

fn serve() -> SocketAddr {
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let listener = http::bind(([127, 0, 0, 1], 0).into()).expect("a port");
            sender.send(listener.local_addr().expect("an address")).expect("a listener");
            http::serve(listener, Progress::new(Metrics::new()), std::future::pending::<()>()).await;
        });
    });
    receiver.recv().expect("an address")
}

/// `and_no_more`: the server is told that nothing comes any more, so that it need not wait for it.
fn exchange(address: SocketAddr, data: &[u8], and_no_more: bool) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a timeout");
    // The server may have answered and closed before it has read everything.
    let _ = stream.write_all(data);
    if and_no_more {
        let _ = stream.shutdown(std::net::Shutdown::Write);
    }
    let mut answer = Vec::new();
    if let Err(error) = stream.read_to_end(&mut answer) {
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset, "the connection was left open");
    }
    answer
}
