//! The process between a command and its scratch server. It creates the data directory and runs the server. When its stdin ends,
//! as it does when the command ends for any reason, it stops the server and removes everything.

use std::ffi::OsString;
use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use crate::process;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group, waitid};

/// The name of the hidden command.
pub const COMMAND: &str = "keep-scratch";

/// The file of the superuser's password, in the server's directory.
pub const PASSWORD: &str = "password";

/// The wait for the server to release its shared memory, before it is killed.
const PATIENCE: Duration = Duration::from_secs(5);

/// Settings of a server whose data is disposable.
const SETTINGS: &[&str] = &[
    "listen_addresses=",
    "fsync=off",
    "full_page_writes=off",
    "synchronous_commit=off",
    "autovacuum=off",
    // A chain may contain publications, and create slots.
    "wal_level=logical",
    "shared_buffers=64MB",
    "max_connections=20",
    "max_locks_per_transaction=1024",
    "max_prepared_transactions=5",
    "dynamic_shared_memory_type=mmap",
];

struct Order {
    directory: PathBuf,
    bin: PathBuf,
    role: OsString,
    ids: Option<(u32, u32)>,
}

impl Order {
    fn read(words: &[OsString]) -> Option<Self> {
        let [directory, bin, role, ids @ ..] = words else { return None };
        let number = |word: &OsString| word.to_str()?.parse().ok();
        let ids = match ids {
            [] => None,
            [uid, gid] => Some((number(uid)?, number(gid)?)),
            _ => return None,
        };
        Some(Self { directory: directory.into(), bin: bin.into(), role: role.clone(), ids })
    }
}

/// The state that two threads share: one listens to the command, the other waits for the programs.
#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    is_told: bool,
    program: Option<Pid>,
}

/// Runs the server until it is told to stop, or until it ends by itself: then its last output goes to stdout.
pub fn keep(words: &[OsString]) -> u8 {
    let Some(order) = Order::read(words) else { return 64 };
    process::ignore_signals();
    let shared = Arc::new(Shared::default());
    let listening = Arc::clone(&shared);
    std::thread::spawn(move || listen(&listening));
    let data = order.directory.join("data");
    let mut making = order.program("initdb");
    making.args(["--no-sync", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "-U"]).arg(&order.role);
    making.arg("--pwfile").arg(order.directory.join(PASSWORD)).arg("-D").arg(&data);
    let mut serving = order.program("postgres");
    serving.arg("-D").arg(&data).arg("-k").arg(&order.directory);
    SETTINGS.iter().for_each(|setting| _ = serving.args(["-c", setting]));
    let is_whole = run(&shared, &mut making) && run(&shared, &mut serving);
    let is_told = shared.state.lock().unwrap_or_else(PoisonError::into_inner).is_told;
    if !is_told && !is_whole {
        let log = std::fs::read_to_string(order.directory.join("log")).unwrap_or_default();
        let last: Vec<&str> = log.lines().rev().take(10).collect();
        // The reader may be gone.
        last.iter().rev().for_each(|line| _ = writeln!(std::io::stdout(), "{line}"));
    }
    let _ = std::fs::remove_dir_all(&order.directory);
    u8::from(!is_told)
}

impl Order {
    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.bin.join(name));
        let log = || File::options().create(true).append(true).open(self.directory.join("log")).ok();
        let output = || log().map_or_else(Stdio::null, Stdio::from);
        command.current_dir(&self.directory).env("LC_ALL", "C").stdin(Stdio::null()).stdout(output()).stderr(output());
        command.process_group(0);
        if let Some((uid, gid)) = self.ids {
            command.uid(uid).gid(gid);
        }
        // On this signal, a server releases its shared memory.
        process::die_with_us(&mut command, Signal::QUIT);
        command
    }
}

/// Runs one program to its end; true if it succeeded and no stop was requested.
fn run(shared: &Shared, command: &mut Command) -> bool {
    let mut child = {
        let mut state = shared.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.is_told {
            return false;
        }
        let Ok(child) = command.spawn() else {
            let _ = writeln!(std::io::stdout(), "{} cannot be run", Path::new(command.get_program()).display());
            return false;
        };
        state.program = Some(Pid::from_child(&child));
        child
    };
    // The process id stays reserved until it is reaped.
    let _ = waitid(WaitId::Pid(Pid::from_child(&child)), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT);
    let mut state = shared.state.lock().unwrap_or_else(PoisonError::into_inner);
    let _ = kill_process_group(Pid::from_child(&child), Signal::KILL);
    state.program = None;
    shared.changed.notify_all();
    let is_told = state.is_told;
    child.wait().is_ok_and(|status| status.success()) && !is_told
}

/// Waits for the end of stdin, then ends the running program: a server releases its shared memory on SIGQUIT.
fn listen(shared: &Shared) {
    let mut word = [0_u8];
    loop {
        match std::io::stdin().read(&mut word) {
            Ok(1) => {}
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            _ => break,
        }
    }
    let mut state = shared.state.lock().unwrap_or_else(PoisonError::into_inner);
    state.is_told = true;
    let Some(program) = state.program else { return };
    let _ = kill_process(program, Signal::QUIT);
    let ended = shared.changed.wait_timeout_while(state, PATIENCE, |state| state.program.is_some());
    let (state, _) = ended.unwrap_or_else(PoisonError::into_inner);
    if let Some(program) = state.program {
        let _ = kill_process_group(program, Signal::KILL);
    }
}
