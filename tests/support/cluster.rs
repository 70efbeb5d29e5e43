//! A throw-away PostgreSQL: one that all tests share, private ones, standbys.

use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

use super::database::Session;
use super::process::{Unprivileged, Watchdog, free_port, must};
use super::tls::{CERTIFIED_ROLE, Tls};

/// The superuser of every cluster; trusted over the socket and over TCP.
pub const ADMIN: &str = "app";

/// The settings of a test server: fast, because its data is disposable, and quiet, because only tests act on it.
const SETTINGS: &[(&str, &str)] = &[
    ("max_connections", "200"),
    ("max_prepared_transactions", "10"),
    ("shared_buffers", "64MB"),
    ("fsync", "off"),
    ("full_page_writes", "off"),
    ("autovacuum", "off"),
    ("wal_keep_size", "512MB"),
    ("listen_addresses", "127.0.0.1"),
    ("ssl", "on"),
    ("ssl_cert_file", "../server.crt"),
    ("ssl_key_file", "../server.key"),
    ("ssl_ca_file", "../authority.crt"),
    ("password_encryption", "scram-sha-256"),
    ("log_line_prefix", "%m [%p] %a %d "),
];

/// Groups choose how a role must come in: `CREATE ROLE … IN ROLE secret`. Superusers are members of none.
const GROUPS: &[&str] = &["secret", "tls_only", "certificate", "barred"];

/// Owns nothing. A case may name it and make no role of its own: roles are the cluster's. A predefined role cannot give away
/// what it owns.
const WRITER: &str = "app_writer";

const HBA: &str = "\
local   all         +secret      scram-sha-256
local   all         all          trust
host    all         +barred      127.0.0.1/32  reject
host    all         +secret      127.0.0.1/32  scram-sha-256
hostssl all         +certificate 127.0.0.1/32  cert
hostssl all         +tls_only    127.0.0.1/32  trust
host    all         +tls_only,+certificate 127.0.0.1/32  reject
host    all         all          127.0.0.1/32  trust
host    replication all          127.0.0.1/32  trust
";

/// Stops the server as fast as it dies and removes every trace. `pg_ctl` finds no server where a test stopped it.
const CLEAN_UP: &str = r#""$1/pg_ctl" -D "$2/data" -m immediate -w stop; rm -rf "$2""#;

#[derive(Clone, Copy, Debug)]
pub enum Shutdown {
    /// Sessions may end by themselves; returns once they have.
    Smart,
    /// Sessions are ended with 57P01.
    Fast,
    /// As if it had crashed.
    Immediate,
}

/// A handle; the server stops, and is removed, with the last one.
#[derive(Clone, Debug)]
pub struct Cluster(Arc<Server>);

#[derive(Debug)]
struct Server {
    directory: PathBuf,
    port: u16,
    user: Unprivileged,
    tls: Tls,
    running: Mutex<bool>,
    _watchdog: Watchdog,
}

impl Cluster {
    /// The one that the tests of this run share. Nobody stops it.
    pub fn shared() -> Self {
        static SHARED: OnceLock<Cluster> = OnceLock::new();
        SHARED
            .get_or_init(|| {
                let cluster = Self::start_private(&[]);
                if super::traps::are_wanted() {
                    super::traps::plant(&cluster);
                }
                cluster
            })
            .clone()
    }

    /// One that is this test's alone, with settings over the usual ones.
    pub fn start_private(settings: &[(&str, &str)]) -> Self {
        let cluster = Self::prepare_private(settings);
        cluster.start();
        cluster
    }

    /// The same, not started yet. Its port is fixed, and closed.
    pub fn prepare_private(settings: &[(&str, &str)]) -> Self {
        let cluster = Self::allocate();
        let data = cluster.data();
        must(
            cluster
                .program("initdb")
                .args(["--no-sync", "--auth=trust", "--encoding=UTF8", "--locale=C", "-U", ADMIN, "-D"])
                .arg(&data),
        );
        cluster.configure(settings);
        cluster
    }

    /// A hot standby of this cluster, streaming. The primary restarts once to be copied.
    pub fn standby(&self) -> Self {
        let standby = Self::allocate();
        self.stop(Shutdown::Fast);
        must(standby.0.user.command("cp").arg("-a").arg(self.data()).arg(standby.data()));
        self.start();
        let primary = format!("host=127.0.0.1 port={} user={ADMIN}", self.port());
        standby.0.user.write(&standby.data().join("standby.signal"), "");
        standby.configure(&[("primary_conninfo", &primary)]);
        standby.start();
        standby
    }

    pub fn start(&self) {
        let mut running = self.0.running.lock().expect("lock");
        let mut command = self.program("pg_ctl");
        command.args(["-w", "-t", "120", "-D"]).arg(self.data()).arg("-l").arg(self.log_file()).arg("start");
        let output = command.output().expect("pg_ctl");
        assert!(output.status.success(), "PostgreSQL does not start:\n{}", self.log());
        if !std::mem::replace(&mut *running, true) && !self.data().join("groups.made").exists() {
            self.make_groups();
            // The server then writes the file that spares each copy's first session a scan of its catalogs.
            drop(self.session("template1"));
        }
    }

    pub fn stop(&self, how: Shutdown) {
        let mode = match how {
            Shutdown::Smart => "smart",
            Shutdown::Fast => "fast",
            Shutdown::Immediate => "immediate",
        };
        must(self.program("pg_ctl").args(["-w", "-t", "120", "-m", mode, "-D"]).arg(self.data()).arg("stop"));
        *self.0.running.lock().expect("lock") = false;
    }

    /// A standby becomes a primary.
    pub fn promote(&self) {
        must(self.program("pg_ctl").args(["-w", "-D"]).arg(self.data()).arg("promote"));
    }

    pub fn port(&self) -> u16 {
        self.0.port
    }

    pub fn address(&self) -> std::net::SocketAddr {
        ([127, 0, 0, 1], self.port()).into()
    }

    /// For `host=` of a URL that goes over the Unix socket.
    pub fn socket_directory(&self) -> &Path {
        &self.0.directory
    }

    pub fn tls(&self) -> &Tls {
        &self.0.tls
    }

    /// Without TLS, so that a proxy can read along; `?sslmode=…` of a test's own replaces it.
    pub fn url(&self, database: &str) -> String {
        format!("postgresql://{ADMIN}@127.0.0.1:{}/{database}?sslmode=disable", self.port())
    }

    /// A session of the administrator's, over the socket: no proxy and no TLS in between.
    pub fn session(&self, database: &str) -> Session {
        let host = self.socket_directory().display();
        Session::open(&format!("host='{host}' port={} user={ADMIN} dbname='{database}'", self.port()))
    }

    /// The same, where there may be none: the server is down or full, or has no such database.
    pub fn try_session(&self, database: &str) -> Result<Session, tokio_postgres::Error> {
        Session::try_open(self, database)
    }

    /// Makes a role with a name of its own and returns the name: `cluster.role("LOGIN PASSWORD 'x' IN ROLE secret")`.
    pub fn role(&self, options: &str) -> String {
        let name = unique("role");
        self.session("postgres").sql(&format!("CREATE ROLE {name} {options}"));
        name
    }

    /// The major version: 15.
    pub fn version(&self) -> u32 {
        let version = std::fs::read_to_string(self.data().join("PG_VERSION")).expect("PG_VERSION");
        version.trim().parse().expect("a number")
    }

    /// The server's log so far.
    pub fn log(&self) -> String {
        self.log_behind(0)
    }

    /// The same without its first bytes: the log of all tests of a run is long.
    pub fn log_behind(&self, bytes: u64) -> String {
        let mut text = Vec::new();
        if let Ok(mut file) = std::fs::File::open(self.log_file()) {
            let read = file.seek(SeekFrom::Start(bytes)).and_then(|_| file.read_to_end(&mut text));
            read.expect("the server's log");
        }
        String::from_utf8_lossy(&text).into_owned()
    }

    /// The bytes that the server has logged so far.
    pub fn log_length(&self) -> u64 {
        std::fs::metadata(self.log_file()).map_or(0, |file| file.len())
    }

    fn allocate() -> Self {
        let user = Unprivileged::find();
        let directory =
            tempfile::Builder::new().prefix("lockgate-test-").tempdir_in(place()).expect("a directory").keep();
        user.own(&directory);
        let watchdog = Watchdog::start(user, CLEAN_UP, &[binaries(), &directory]);
        let tls = Tls::create(&directory, user);
        let port = free_port();
        Self(Arc::new(Server { directory, port, user, tls, running: Mutex::new(false), _watchdog: watchdog }))
    }

    /// Appends settings: later ones in postgresql.conf win.
    fn configure(&self, settings: &[(&str, &str)]) {
        let file = self.data().join("postgresql.conf");
        let mut text = std::fs::read_to_string(&file).expect("postgresql.conf");
        let place = [
            ("port", self.port().to_string()),
            ("unix_socket_directories", self.socket_directory().display().to_string()),
        ];
        let place = place.iter().map(|(name, value)| (*name, value.as_str()));
        for (name, value) in SETTINGS.iter().copied().chain(place).chain(settings.iter().copied()) {
            text.push_str(&format!("{name} = '{}'\n", value.replace('\'', "''")));
        }
        self.0.user.write(&file, text);
        self.0.user.write(&self.data().join("pg_hba.conf"), HBA);
    }

    fn make_groups(&self) {
        let session = self.session("postgres");
        for role in GROUPS.iter().chain([&WRITER]) {
            session.sql(&format!("CREATE ROLE {role}"));
        }
        session.sql(&format!("CREATE ROLE {CERTIFIED_ROLE} LOGIN IN ROLE certificate"));
        self.0.user.write(&self.data().join("groups.made"), "");
    }

    fn data(&self) -> PathBuf {
        self.0.directory.join("data")
    }

    fn log_file(&self) -> PathBuf {
        self.0.directory.join("log")
    }

    fn program(&self, name: &str) -> std::process::Command {
        let mut command = self.0.user.command(binaries().join(name));
        command.current_dir(&self.0.directory);
        command
    }
}

/// Memory where there is plenty: each database is 300 files, and a disk makes that the half of a test.
fn place() -> PathBuf {
    const MEMORY: &str = "/dev/shm";
    const PLENTY: u64 = 6 << 30;
    let size =
        |kilobytes: &str| kilobytes.trim().trim_end_matches(" kB").parse().map_or(0, |kilobytes: u64| kilobytes << 10);
    let memory = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let available = memory.lines().find_map(|line| line.strip_prefix("MemAvailable:")).map_or(0, size);
    let file_system = rustix::fs::statvfs(MEMORY).map_or(0, |told| told.f_bavail * told.f_frsize);
    if available.min(file_system) >= PLENTY { MEMORY.into() } else { std::env::temp_dir() }
}

/// A name that no other call of this run gets, and no run beside it.
pub fn unique(prefix: &str) -> String {
    static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    let count = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    format!("{prefix}_{}_{count}", std::process::id())
}

/// The directory of `initdb`, `pg_ctl` and `postgres`: `PG_BIN`, or the newest installed one.
fn binaries() -> &'static Path {
    static BINARIES: OnceLock<PathBuf> = OnceLock::new();
    BINARIES.get_or_init(|| {
        if let Some(told) = std::env::var_os("PG_BIN") {
            return told.into();
        }
        let mut versions: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
            .into_iter()
            .flatten()
            .filter_map(|entry| entry.ok())
            .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
            .collect();
        versions.sort_unstable_by_key(|(version, _)| std::cmp::Reverse(*version));
        let path = std::env::var_os("PATH").unwrap_or_default();
        let places = std::env::split_paths(&path).chain(versions.into_iter().map(|(_, place)| place));
        places
            .chain([PathBuf::from("/usr/local/pgsql/bin")])
            .find(|place| place.join("initdb").exists() && place.join("postgres").exists())
            .expect("no PostgreSQL server found: `make test` installs one, PG_BIN names one")
    })
}
