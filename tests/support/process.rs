//! Free ports, children without root, and a watchdog that cleans up after a run that was killed.

use std::io::Write;
use std::net::{Ipv6Addr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};

/// Below the ports that Linux gives to outgoing connections, so that a port stays free until it is taken.
const PORTS: std::ops::Range<u16> = 20_000..32_000;

/// A TCP port that is free on every address, and that no other test of this run was given.
pub fn free_port() -> u16 {
    static TAKEN: AtomicU16 = AtomicU16::new(0);
    let start = (std::process::id().wrapping_mul(131)) as u16;
    loop {
        let offset = start.wrapping_add(TAKEN.fetch_add(1, Ordering::Relaxed)) % (PORTS.end - PORTS.start);
        let port = PORTS.start + offset;
        let free_v4 = TcpListener::bind(("127.0.0.1", port)).is_ok() && TcpListener::bind(("0.0.0.0", port)).is_ok();
        let free_v6 = match TcpListener::bind((Ipv6Addr::UNSPECIFIED, port)) {
            Ok(_) => true,
            Err(error) => error.kind() != std::io::ErrorKind::AddrInUse,
        };
        if free_v4 && free_v6 {
            return port;
        }
    }
}

/// The user that servers run as: PostgreSQL and PgBouncer refuse root, so the user `nobody` runs them for root.
#[derive(Clone, Copy, Debug)]
pub struct Unprivileged(Option<(u32, u32)>);

impl Unprivileged {
    pub fn find() -> Self {
        if !rustix::process::geteuid().is_root() {
            return Self(None);
        }
        let users = std::fs::read_to_string("/etc/passwd").expect("/etc/passwd");
        let nobody = users.lines().find(|line| line.starts_with("nobody:")).expect("a user `nobody`");
        let mut ids = nobody.split(':').skip(2).map(|id| id.parse().expect("a number"));
        Self(Some((ids.next().expect("uid"), ids.next().expect("gid"))))
    }

    /// The user that runs the tests, even if it is root: for work that no other user may do.
    pub fn ourselves() -> Self {
        Self(None)
    }

    /// The uid and the gid, where they are not our own.
    pub fn ids(self) -> Option<(u32, u32)> {
        self.0
    }

    /// A command that runs as this user.
    pub fn command(self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        if let Some((uid, gid)) = self.0 {
            command.uid(uid).gid(gid);
        }
        command.env_clear().env("PATH", "/usr/bin:/bin").stdin(Stdio::null());
        command
    }

    /// Gives a file or directory to this user.
    pub fn own(self, path: &Path) {
        if let Some((uid, gid)) = self.0 {
            std::os::unix::fs::chown(path, Some(uid), Some(gid)).expect("chown");
        }
    }

    pub fn write(self, path: &Path, content: impl AsRef<[u8]>) {
        use std::os::unix::fs::OpenOptionsExt;
        let mut options = std::fs::OpenOptions::new();
        let file = options.write(true).create(true).truncate(true).mode(0o600).open(path);
        file.and_then(|mut file| file.write_all(content.as_ref())).expect("write");
        self.own(path);
    }
}

/// Runs to the end; fails the test, with the output, when the program does.
#[track_caller]
pub fn must(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let shown = [&output.stdout[..], &output.stderr[..]].concat();
    assert!(output.status.success(), "{command:?}: {}\n{}", output.status, String::from_utf8_lossy(&shown));
    output
}

/// A child that waits for the end of this process, however it comes (return, panic, Ctrl-C, SIGKILL), and then
/// runs a shell script. It notices by a pipe that only this process holds open.
#[derive(Debug)]
pub struct Watchdog(Child);

impl Watchdog {
    pub fn start(user: Unprivileged, script: &str, arguments: &[&Path]) -> Self {
        let mut command = user.command("/bin/sh");
        command.arg("-c").arg(format!("while read -r _; do :; done\n{script}")).arg("watchdog").args(arguments);
        // A group of its own: Ctrl-C on a terminal goes to every process of the test's.
        command.current_dir("/").stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        Self(command.spawn().expect("sh"))
    }
}

impl Drop for Watchdog {
    /// Closes the pipe and waits until the script has cleaned up.
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}
