//! The process itself: its memory, its signals, and the end of the processes between a gate and the programs that it starts.

use std::os::unix::process::CommandExt;
use std::process::Command;

const IGNORED: [libc::c_int; 3] = [libc::SIGTERM, libc::SIGINT, libc::SIGHUP];

/// Ignores signals: one to every process of a service (systemd, a terminal) is meant for the gate and its programs; a keeper
/// learns of it through its stdin. It has to be called before another thread runs.
pub fn ignore_signals() {
    for signal in IGNORED {
        // SAFETY: SIG_IGN runs no code of ours, and no other thread runs yet.
        unsafe { libc::signal(signal, libc::SIG_IGN) };
    }
}

/// Makes all threads take their memory from one arena. The GNU C library gives each thread its own, and one does not reuse what
/// another has freed: the threads that read scripts and judge them work in turns, so a long chain took a tenth more memory. It has
/// to be called before another thread runs.
pub fn share_memory() {
    #[cfg(target_env = "gnu")]
    // SAFETY: no other thread runs yet, and the call only sets a number. If it is refused, nothing changes.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 1);
    }
}

/// Lets the program handle signals as usual, and sends it one if its keeper is killed.
pub fn die_with_us(command: &mut Command, signal: rustix::process::Signal) {
    let keeper = rustix::process::getpid();
    // SAFETY: between fork and exec only system calls are made, all of them async-signal-safe; nothing is allocated.
    unsafe {
        command.pre_exec(move || {
            for ignored in IGNORED {
                libc::signal(ignored, libc::SIG_DFL);
            }
            libc::prctl(libc::PR_SET_PDEATHSIG, signal.as_raw());
            // The keeper may be gone already.
            if libc::getppid() == keeper.as_raw_nonzero().get() {
                Ok(())
            } else {
                Err(std::io::Error::from_raw_os_error(libc::ESRCH))
            }
        });
    }
}
