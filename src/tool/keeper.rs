//! The process between the gate and the runner's command. It outlives a killed gate long enough to end the command, with all
//! processes in its process group: nothing may migrate without the lock.
//!
//! Its stdin carries the gate's words: `T` passes SIGTERM on, `K` and the end of the stream SIGKILL.

use std::ffi::OsString;
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitStatus, Stdio};

use super::child;
use crate::process;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

/// The name of the hidden command, which only a gate calls.
pub const COMMAND: &str = "keep-runner";

/// The gate's words.
pub const TERMINATE: u8 = b'T';
pub const KILL: u8 = b'K';

/// The keeper's exit code if the command cannot be started, as in shells.
pub const CANNOT_RUN: u8 = 126;

/// Runs the command to its end and returns its exit code, or 128 + the signal that ended it.
pub fn keep(words: &[OsString]) -> u8 {
    let Some((program, arguments)) = words.split_first() else { return CANNOT_RUN };
    process::ignore_signals();
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).process_group(0);
    process::die_with_us(&mut command, Signal::KILL);
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => {
            eprintln!("{}: {error}", program.display());
            return CANNOT_RUN;
        }
    };
    let group = Pid::from_child(&child);
    std::thread::spawn(move || obey(group));
    // The process id stays reserved until it is reaped, so no other group is killed.
    let _ = waitid(WaitId::Pid(group), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT);
    let _ = kill_process_group(group, Signal::KILL);
    child.wait().map_or(CANNOT_RUN, code)
}

/// Carries out the gate's words until the stream ends.
fn obey(group: Pid) {
    let mut word = [0_u8];
    loop {
        let signal = match std::io::stdin().read(&mut word) {
            Ok(1) if word[0] == TERMINATE => Signal::TERM,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            _ => Signal::KILL,
        };
        // A signal to a group that has just ended is lost.
        let _ = kill_process_group(group, signal);
        if signal == Signal::KILL {
            return;
        }
    }
}

fn code(status: ExitStatus) -> u8 {
    u8::try_from(child::code(status) & 0xff).unwrap_or(u8::MAX)
}
