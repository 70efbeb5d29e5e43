//! The process between the gate and the runner's command. It outlives a gate that is killed for long enough to end the command, with all
//! that the command started in its process group: nothing may migrate without the lock.
//!
//! Its stdin is the gate's word: `T` passes SIGTERM on, `K` and the end of the stream SIGKILL.

use std::ffi::OsString;
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitStatus, Stdio};

use super::child;
use crate::process;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

/// The name of the hidden command, which only a gate calls.
pub const COMMAND: &str = "keep-runner";

/// The words of the gate to it.
pub const TERMINATE: u8 = b'T';
pub const KILL: u8 = b'K';

/// Its exit code where the command cannot be started, as shells have it.
pub const CANNOT_RUN: u8 = 126;

/// Runs the command to its end and gives its exit code, or 128 + the signal that ended it.
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
    // Its number stays its own until it is waited for, so nobody else's group is met.
    let _ = waitid(WaitId::Pid(group), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT);
    let _ = kill_process_group(group, Signal::KILL);
    child.wait().map_or(CANNOT_RUN, code)
}

/// Carries out what the gate says, until it says no more.
fn obey(group: Pid) {
    let mut word = [0_u8];
    loop {
        let signal = match std::io::stdin().read(&mut word) {
            Ok(1) if word[0] == TERMINATE => Signal::TERM,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            _ => Signal::KILL,
        };
        // A group that has just ended is told nothing any more.
        let _ = kill_process_group(group, signal);
        if signal == Signal::KILL {
            return;
        }
    }
}

fn code(status: ExitStatus) -> u8 {
    u8::try_from(child::code(status) & 0xff).unwrap_or(u8::MAX)
}
