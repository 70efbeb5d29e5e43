//! Malicious servers, files and texts, and the traces of the process that others see.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::{Command, Stdio};

use rustix::fs::{CWD, FileType, Mode, mknodat};

use crate::support::fake::message;
use crate::support::process::Unprivileged;
use crate::support::{Fake, Gate, Outcome, Running, TestDatabase, eventually, eventually_some};

const CHAIN: &[(&str, &str)] = &[("0001_base.sql", "CREATE TABLE t (id int)")];

/// A question about who we are.
fn question(code: u32, body: &[u8]) -> Vec<u8> {
    message(b'R', &[&code.to_be_bytes(), body].concat())
}

/// A header without its message.
fn header(tag: u8, length: u32) -> Vec<u8> {
    [&[tag][..], &length.to_be_bytes()].concat()
}

fn before(server: &Fake, parameters: &str) -> Gate {
    let url = format!("postgresql://app:hunter2@127.0.0.1:{}/shop?sslmode=disable{parameters}", server.port());
    let gate = Gate::at(&url).chain(CHAIN).args(["migrate"]);
    gate.env("LOCKGATE_WAIT_TIMEOUT", "100ms").env("LOCKGATE_AUTH_RETRY_FOR", "0")
}

/// The most memory that a process had, in MiB, without the pages of its executable, of which a debug build has many.
fn peak(pid: i32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let kilobytes = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().trim_end_matches(" kB").parse::<u64>().ok()
    };
    Some(kilobytes("VmHWM:")?.saturating_sub(kilobytes("RssFile:")?) / 1024)
}

/// The most memory that a process had until it ended.
fn highest(mut running: Running) -> (u64, Outcome) {
    let mut most = 0;
    while !running.has_ended() {
        most = most.max(peak(running.pid()).unwrap_or(0));
    }
    (most, running.wait_patiently())
}

#[test]
fn no_server_fills_the_memory() {
    let let_in = || question(0, b"");
    let notice = || message(b'N', format!("SNOTICE\0C00000\0M{}\0\0", "x".repeat(20_000)).as_bytes());
    let parameter = message(b'S', format!("name\0{}\0", "x".repeat(20_000)).as_bytes());
    let usual = highest(before(&Fake::silent(), "").spawn()).0;
    for (what, first, again) in [
        ("a message of 2 GB", header(b'R', 2_000_000_000), vec![0; 1 << 20]),
        ("an error of 100 MB", header(b'E', 100_000_000), vec![b'x'; 1 << 20]),
        ("notices before", vec![], notice()),
        ("parameters for ever", let_in(), parameter),
        ("notices for ever", let_in(), notice()),
        ("a notice of 1 GB", let_in(), [header(b'N', 1 << 30), vec![b'x'; 1 << 20]].concat()),
    ] {
        let is_let_in = first == let_in();
        let server = Fake::flooding(first, again);
        let (most, outcome) = highest(before(&server, "").spawn());
        outcome.fails(75, "LG0306");
        assert!(most <= usual + 16, "{what}: {most} MiB, and {usual} MiB before a silent server");
        assert!(most <= 32 || is_let_in, "{what}: {most} MiB before authentication");
    }
}

#[test]
fn a_password_goes_out_only_as_it_may() {
    let scram = question(10, b"SCRAM-SHA-256\0\0");
    for (what, server, parameters, says) in [
        ("clear text", question(3, b""), "&require_auth=scram-sha-256", "clear text"),
        ("MD5", question(5, b"salt"), "&require_auth=!password,!md5", "MD5"),
        ("nothing", question(0, b""), "&require_auth=!none", "no authentication"),
        ("SCRAM", scram.clone(), "&require_auth=none", "SCRAM"),
        ("an old way", question(2, b""), "&require_auth=scram-sha-256", "unknown way"),
        ("no certificate", question(0, b""), "&sslcertmode=require&sslcert=/c&sslkey=/k", "sslcertmode"),
    ] {
        let server = Fake::answering(server);
        let failed = before(&server, parameters).run().fails(77, "LG0319");
        assert!(failed.causes.contains(says), "{what}: {failed:?}");
        assert_eq!(server.heard(), b"", "{what}");
    }
    // Without a demand the server is answered, as by libpq.
    let server = Fake::answering(question(3, b""));
    before(&server, "").run();
    assert!(server.heard().windows(7).any(|bytes| bytes == b"hunter2"));
}

#[test]
fn a_proof_of_the_password_takes_enough_iterations() {
    let database = TestDatabase::new();
    let role = database.cluster().role("LOGIN PASSWORD 'right' IN ROLE secret");
    database.sql(&format!("GRANT ALL ON SCHEMA public TO {role}"));
    let gate = Gate::at(&database.url_as(&role, Some("right"))).chain(CHAIN).args(["migrate"]);
    let strict = gate.clone().env("LOCKGATE_SCRAM_MIN_ITERATIONS", "10000").env("LOCKGATE_AUTH_RETRY_FOR", "0");
    let failed = strict.run().fails(77, "LG0319");
    assert!(failed.causes.contains("4096 iterations"), "{failed:?}");
    gate.run().expect(0);
    let none = gate.env("LOCKGATE_SCRAM_MIN_ITERATIONS", "0").run().expect(78);
    assert!(none.stderr.contains("LOCKGATE_SCRAM_MIN_ITERATIONS"), "{none}");
}

#[test]
fn the_server_at_a_socket_is_the_account_that_was_demanded() {
    let database = TestDatabase::new();
    let cluster = database.cluster();
    let with = |peer: &str| {
        let (host, port) = (cluster.socket_directory().display(), cluster.port());
        let url = format!("host={host} port={port} user=app dbname={} requirepeer={peer}", database.name());
        Gate::at(&url).chain(CHAIN).args(["migrate"]).env("LOCKGATE_AUTH_RETRY_FOR", "0").run()
    };
    let server = std::fs::metadata(cluster.socket_directory().join("data")).expect("a directory");
    let uid = std::os::unix::fs::MetadataExt::uid(&server);
    let failed = with(&(uid + 1).to_string()).fails(77, "LG0319");
    assert!(failed.message.contains(&format!("uid {uid}")), "{failed:?}");
    with(&uid.to_string()).expect(0);
}

#[test]
fn an_answer_that_is_none_ends_the_attempt_before_anything_is_sent_in_the_clear() {
    for (answer, code) in [(&b"E"[..], "LG0301"), (b"X", "LG0306")] {
        let server = Fake::saying(answer);
        let gate = before(&server, "").env(
            "LOCKGATE_DATABASE_URL",
            format!("postgresql://app:hunter2@127.0.0.1:{}/shop?sslmode=prefer", server.port()),
        );
        gate.run().fails(75, code);
        assert_eq!(server.heard(), b"", "{answer:?}");
    }
}

#[test]
fn what_is_no_script_is_named_at_once_and_never_read() {
    let gate = Gate::without_database().env("LOCKGATE_DATABASE_URL", "postgres://app@127.0.0.1:1/shop").chain(CHAIN);
    let chain = gate.chain_directory();
    let fifo = |path: &std::path::Path| mknodat(CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).expect("a fifo");
    fifo(&chain.join("0002_pipe.sql"));
    fifo(&gate.file("elsewhere"));
    let _socket = std::os::unix::net::UnixListener::bind(chain.join("0003_socket.sql")).expect("a socket");
    symlink("/dev/zero", chain.join("0004_device.sql")).expect("a link");
    symlink("/etc/passwd", chain.join("0005_out.sql")).expect("a link");
    symlink("../elsewhere", chain.join("0006_up.sql")).expect("a link");
    symlink("0007_b.sql", chain.join("0007_a.sql")).expect("a link");
    symlink("0007_a.sql", chain.join("0007_b.sql")).expect("a link");
    std::fs::create_dir(chain.join("0008_directory.sql")).expect("a directory");
    let sparse = std::fs::File::create(chain.join("0009_sparse.sql")).expect("a file");
    sparse.set_len(3 << 30).expect("a length");
    std::fs::write(chain.join("0010_red\u{1b}[31m\nFAKE.sql"), "SELECT 1").expect("a file");
    let text = gate.clone().env("LOCKGATE_LOG_FORMAT", "text");
    for command in ["migrate", "plan"] {
        let outcome = text.with([command]).run().expect(65);
        for line in [
            "0002_pipe.sql: cannot be read: it is a pipe, and no file",
            "0003_socket.sql: cannot be read: it is a socket, and no file",
            "0004_device.sql: cannot be read: it is a link that leads out of the directory",
            "0005_out.sql: cannot be read: it is a link that leads out of the directory",
            "0006_up.sql: cannot be read: it is a link that leads out of the directory",
            "0007_a.sql: cannot be read: Too many levels of symbolic links (os error 40)",
            "0008_directory.sql",
            "0009_sparse.sql: cannot be read: it is larger than 64 MiB, the most that is read of one file",
            r"0010_red\u{1b}[31m\nFAKE.sql: the name holds a character that cannot be seen",
        ] {
            assert!(outcome.stderr.lines().any(|told| told.trim_start().starts_with(line)), "{line}: {outcome}");
        }
        assert!(!outcome.stderr.contains('\u{1b}') && !outcome.stderr.contains("root:"), "{outcome}");
    }
}

#[test]
fn a_config_maps_links_and_a_directory_that_is_a_link_are_a_chain() {
    let database = TestDatabase::new();
    let gate = Gate::new(&database);
    let mounted = gate.file("mounted");
    std::fs::create_dir_all(mounted.join("..2026_11_28")).expect("a directory");
    std::fs::write(mounted.join("..2026_11_28/0001_base.sql"), CHAIN[0].1).expect("a file");
    symlink("..2026_11_28", mounted.join("..data")).expect("a link");
    symlink("..data/0001_base.sql", mounted.join("0001_base.sql")).expect("a link");
    symlink(&mounted, gate.file("link")).expect("a link");
    let link = gate.file("link");
    gate.env("LOCKGATE_MIGRATIONS", link).args(["migrate"]).run().expect(0);
    assert_eq!(database.value("SELECT to_regclass('t') IS NOT NULL"), "t");
}

#[test]
fn a_secret_may_come_out_of_a_pipe_and_a_signal_ends_the_wait_for_it() {
    let database = TestDatabase::new();
    let gate = Gate::without_database().chain(CHAIN).args(["migrate"]);
    let pipe = gate.file("pipe");
    mknodat(CWD, &pipe, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).expect("a fifo");
    let gate = gate.env("LOCKGATE_DATABASE_URL_FILE", &pipe);
    for (signal, code, told) in
        [(rustix::process::Signal::TERM, 143, "LG0801"), (rustix::process::Signal::INT, 130, "LG0802")]
    {
        let running = gate.spawn();
        // It has opened the pipe once a writer gets through.
        eventually("the pipe is being read", || {
            let flags = rustix::fs::OFlags::WRONLY | rustix::fs::OFlags::NONBLOCK;
            rustix::fs::open(&pipe, flags, Mode::empty()).map(std::mem::forget).is_ok()
        });
        running.signal(signal);
        let outcome = running.wait_patiently().expect(code);
        assert!(outcome.stderr.contains(told), "{outcome}");
    }
    // As `LOCKGATE_DATABASE_URL_FILE=<(…)` of a shell: it can be read once.
    let script = format!("exec {0} migrate 63< <(printf %s '{1}')", env!("CARGO_BIN_EXE_lockgate"), database.url());
    let gate = gate.env("LOCKGATE_DATABASE_URL_FILE", "/dev/fd/63").program("bash").args(["-c", &script]);
    gate.run().expect(0);
}

#[test]
fn the_words_of_a_server_cannot_move_the_terminal_or_forge_a_line() {
    let hostile = format!("\u{1b}[31mRED\u{7}\nFAKE LINE\u{9b}\u{202e} {}", "x".repeat(20_000));
    let server = Fake::refusing(&[("28P01", &hostile)]);
    let gate = before(&server, "").env("LOCKGATE_LOG_FORMAT", "text");
    let outcome = gate.run().expect(77);
    let is_hidden = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
    for said in [&outcome.stderr, &outcome.termination_log] {
        assert!(!said.contains(is_hidden), "{outcome}");
        assert!(said.lines().all(|line| !line.starts_with("FAKE")), "{outcome}");
    }
    assert!(outcome.stderr.len() < 20_000 && outcome.stderr.contains("bytes more)"), "{}", outcome.stderr.len());

    let database = TestDatabase::new();
    let name = "c\u{1b}[31mRED\nFAKE LINE\u{202e}";
    let notice = format!(
        "DO $$ BEGIN RAISE NOTICE 'a%FAKE LINE%', chr(10), chr(27); END $$; CREATE TABLE t (id int CONSTRAINT \"{name}\" CHECK (id > 0)); INSERT INTO t VALUES (0)"
    );
    let gate = Gate::new(&database).chain(&[("0001_a.sql", &notice)]).env("LOCKGATE_LOG_FORMAT", "text");
    for command in ["plan", "migrate"] {
        let outcome = gate.with([command]).run();
        assert!(!outcome.stderr.contains(is_hidden) && !outcome.stdout.contains(is_hidden), "{command}: {outcome}");
        assert!(outcome.stderr.lines().all(|line| !line.starts_with("FAKE")), "{command}: {outcome}");
    }
}

#[test]
fn a_log_that_nobody_reads_stops_neither_the_work_nor_the_end() {
    let database = TestDatabase::new();
    let gate = Gate::new(&database).chain(CHAIN).env("LOCKGATE_LOG", "debug");
    // The second run waits for a table that this session holds.
    let held = database.session();
    held.sql("CREATE TABLE held (id int)");
    held.sql("BEGIN; LOCK TABLE held");
    for (file, script, ends) in
        [("0002_b.sql", "SELECT 1", Some(0)), ("0003_c.sql", "ALTER TABLE held ADD b int", None)]
    {
        gate.write(file, script);
        let (reader, writer) = std::io::pipe().expect("a pipe");
        let full = writer.try_clone().expect("a descriptor");
        rustix::fs::fcntl_setfl(&full, rustix::fs::OFlags::NONBLOCK).expect("flags");
        while std::io::Write::write(&mut &full, &[b'x'; 4096]).is_ok() {}
        rustix::fs::fcntl_setfl(&full, rustix::fs::OFlags::empty()).expect("flags");
        let mut command = Command::new(env!("CARGO_BIN_EXE_lockgate"));
        command.arg("migrate").env("LOCKGATE_MIGRATIONS", gate.chain_directory()).env("LOCKGATE_LOG", "debug");
        command.env("LOCKGATE_DATABASE_URL", database.url()).stdin(Stdio::null()).stderr(writer);
        let mut child = command.spawn().expect("lockgate");
        if ends.is_none() {
            let waits = "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
            eventually("the gate waits for the table", || database.value(waits) == "t");
            let pid = rustix::process::Pid::from_child(&child);
            rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("a signal");
        }
        let status = eventually_some("the end", || child.try_wait().expect("wait"));
        assert_eq!(status.code(), ends.or(Some(143)));
        drop(reader);
    }
}

#[test]
fn the_app_beside_the_gate_cannot_look_into_it() {
    let database = TestDatabase::new();
    let gate = Gate::new(&database).chain(CHAIN);
    // Read by another account below.
    for path in [gate.chain_directory(), gate.chain_directory().parent().expect("a directory")] {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).expect("permissions");
    }
    // A process of the same account that hides nothing can be looked into: the script could tell.
    let script = "sleep 60 & other=$!; cat /proc/$other/environ >/dev/null && echo readable; kill $other
        for file in environ maps mem; do head -c 1 /proc/$PPID/$file 2>&1; done; true";
    let as_nobody =
        gate.with(["exec", "--serve", "--", "sh", "-c", script]).env("LOCKGATE_TERMINATION_LOG", "/dev/null");
    let as_nobody = Unprivileged::find().ids().map_or(as_nobody.clone(), |(uid, gid)| {
        let ids = [format!("--reuid={uid}"), format!("--regid={gid}"), "--clear-groups".to_owned()];
        let words = ids.into_iter().chain([env!("CARGO_BIN_EXE_lockgate").to_owned()]);
        let rest = ["exec", "--serve", "--", "sh", "-c", script].map(str::to_owned);
        as_nobody.listening().program("setpriv").args(words.chain(rest).collect::<Vec<_>>())
    });
    let outcome = as_nobody.run().expect(0);
    assert_eq!(outcome.stdout.matches("Permission denied").count(), 3, "{outcome}");
    assert!(outcome.stdout.contains("readable"), "{outcome}");
}
