//! A throw-away PgBouncer before a cluster.

use std::path::PathBuf;
use std::process::{Child, Stdio};

use super::cluster::{ADMIN, Cluster};
use super::eventually::eventually;
use super::process::{Unprivileged, Watchdog, free_port};

#[derive(Clone, Copy, Debug)]
pub enum PoolMode {
    Session,
    Transaction,
    Statement,
}

/// Stopped with the value. Clients come in as the administrator, without a password.
#[derive(Debug)]
pub struct Pooler {
    child: Child,
    port: u16,
    _watchdog: Watchdog,
}

impl Pooler {
    /// With one server connection per database, so that several clients always share it.
    pub fn start(cluster: &Cluster, mode: PoolMode) -> Self {
        Self::start_with(cluster, mode, &[("default_pool_size", "1")])
    }

    pub fn start_with(cluster: &Cluster, mode: PoolMode, settings: &[(&str, &str)]) -> Self {
        let user = Unprivileged::find();
        let directory = tempfile::Builder::new().prefix("lockgate-pool-").tempdir().expect("a directory").keep();
        user.own(&directory);
        let port = free_port();
        let mode = match mode {
            PoolMode::Session => "session",
            PoolMode::Transaction => "transaction",
            PoolMode::Statement => "statement",
        };
        let users = directory.join("users");
        user.write(&users, format!("\"{ADMIN}\" \"\"\n"));
        let mut text = format!(
            "[databases]\n* = host=127.0.0.1 port={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
             unix_socket_dir =\nauth_type = trust\nauth_file = {}\npool_mode = {mode}\nlogfile = {}\n\
             ignore_startup_parameters = extra_float_digits\n",
            cluster.port(),
            users.display(),
            directory.join("log").display(),
        );
        settings.iter().for_each(|(name, value)| text.push_str(&format!("{name} = {value}\n")));
        let file = directory.join("pgbouncer.ini");
        user.write(&file, text);
        let mut command = user.command(program());
        command.arg(&file).current_dir(&directory).stdout(Stdio::null()).stderr(Stdio::null());
        if let Some(libraries) = std::env::var_os("PGBOUNCER_LIBRARIES") {
            command.env("LD_LIBRARY_PATH", libraries);
        }
        let child = command.spawn().expect("pgbouncer");
        let pid = PathBuf::from(child.id().to_string());
        let clean_up = "kill -INT \"$1\" 2>/dev/null; rm -rf \"$2\"";
        let watchdog = Watchdog::start(user, clean_up, &[&pid, &directory]);
        let mut pooler = Self { child, port, _watchdog: watchdog };
        eventually("PgBouncer listens", || {
            let ended = pooler.child.try_wait().expect("wait");
            let log = || std::fs::read_to_string(directory.join("log")).unwrap_or_default();
            assert!(ended.is_none(), "PgBouncer does not start: {}", log());
            std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        pooler
    }

    /// For `db.url_at(pooler.port())`.
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `PGBOUNCER`, or where distributions put it.
fn program() -> PathBuf {
    if let Some(told) = std::env::var_os("PGBOUNCER") {
        return told.into();
    }
    let places = ["/usr/sbin/pgbouncer", "/usr/local/bin/pgbouncer", "/usr/bin/pgbouncer"].map(PathBuf::from);
    let found = places.into_iter().find(|place| place.exists());
    found.expect("no PgBouncer found: `make test` installs one, PGBOUNCER names one")
}
