//! `lockgate exec --serve -- CMD`: the gate stays CMD's parent, passes signals on, and reaps orphans.

use std::io::{self, IsTerminal};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use rustix::process::{Pid, Signal, WaitOptions, WaitStatus, getpid, kill_process, waitpid};
use rustix::termios::{tcgetpgrp, tcsetpgrp};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

/// Every signal with which a program may be controlled; the signals of program errors are not passed on.
const PASSED_ON: [(SignalKind, Signal); 9] = [
    (SignalKind::hangup(), Signal::HUP),
    (SignalKind::interrupt(), Signal::INT),
    (SignalKind::quit(), Signal::QUIT),
    (SignalKind::terminate(), Signal::TERM),
    (SignalKind::user_defined1(), Signal::USR1),
    (SignalKind::user_defined2(), Signal::USR2),
    (SignalKind::window_change(), Signal::WINCH),
    (SignalKind::alarm(), Signal::ALARM),
    (SignalKind::from_raw(rustix::process::Signal::CONT.as_raw()), Signal::CONT),
];

/// The events that the supervisor handles.
enum Event {
    Signal(Signal),
    ChildChanged,
}

/// Runs CMD in a process group of its own until it ends, and gives its exit code, or 128 + the signal that ended it.
///
/// `stopping` is called when SIGTERM or SIGINT is passed on.
///
/// # Errors
/// CMD cannot be started, or signals cannot be listened to.
pub async fn supervise(mut command: Command, stopping: impl Fn()) -> io::Result<u8> {
    let mut events = listen()?;
    command.process_group(0);
    let terminal = Terminal::give_to_child(&mut command);
    let child = Pid::from_child(&command.spawn()?);
    loop {
        match events.recv().await {
            Some(Event::Signal(signal)) => {
                if matches!(signal, Signal::TERM | Signal::INT) {
                    stopping();
                }
                // A signal to a child that has just ended is lost; its status comes next.
                let _ = kill_process(child, signal);
            }
            Some(Event::ChildChanged) | None => {
                if let Some((_, status)) = waitpid(Some(child), WaitOptions::NOHANG)? {
                    drop(terminal);
                    reap_orphans(child);
                    return Ok(exit_code(status));
                }
                reap_orphans(child);
            }
        }
    }
}

/// Listens before CMD is started, so no signal and no exit is missed.
fn listen() -> io::Result<mpsc::UnboundedReceiver<Event>> {
    let (sender, receiver) = mpsc::unbounded_channel();
    let mut children = signal(SignalKind::child())?;
    let for_children = sender.clone();
    tokio::spawn(
        async move { while children.recv().await.is_some() && for_children.send(Event::ChildChanged).is_ok() {} },
    );
    for (kind, passed_on) in PASSED_ON {
        let mut signals = signal(kind)?;
        let sender = sender.clone();
        tokio::spawn(async move {
            while signals.recv().await.is_some() && sender.send(Event::Signal(passed_on)).is_ok() {}
        });
    }
    Ok(receiver)
}

fn exit_code(status: WaitStatus) -> u8 {
    let code = match (status.exit_status(), status.terminating_signal()) {
        (Some(code), _) => code,
        (None, Some(signal)) => 128 + signal,
        (None, None) => 1,
    };
    u8::try_from(code & 0xff).unwrap_or(u8::MAX)
}

/// As PID 1, this process inherits every orphan of the container. A process that this program started itself (the password
/// command) shares its process group and is reaped elsewhere; no descendant of CMD shares it.
fn reap_orphans(child: Pid) {
    if getpid() != Pid::INIT {
        return;
    }
    let (us, ours) = (getpid().as_raw_nonzero().get(), our_group());
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()).and_then(Pid::from_raw) else {
            continue;
        };
        match parent_and_group(&entry.path().join("stat")) {
            Some((parent, group)) if parent == us && group != ours && pid != child => {
                // It has not ended, or was reaped already: nothing to do.
                let _ = waitpid(Some(pid), WaitOptions::NOHANG);
            }
            _ => {}
        }
    }
}

/// 0 if the group's leader is outside our PID namespace, as for `getpgrp(2)`.
fn our_group() -> i32 {
    parent_and_group(Path::new("/proc/self/stat")).map_or(0, |(_, group)| group)
}

/// Parses `pid (name) state ppid pgrp …` (proc(5)); the name may contain any character, also brackets.
fn parent_and_group(stat: &Path) -> Option<(i32, i32)> {
    let stat = std::fs::read_to_string(stat).ok()?;
    let (_, rest) = stat.rsplit_once(") ")?;
    let mut fields = rest.split(' ').skip(1);
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}

/// The terminal while CMD runs: its keys reach CMD's group.
struct Terminal(Option<Pid>);

impl Terminal {
    /// If our group is in the foreground, the child makes its own group the foreground one before it becomes CMD, so CMD never
    /// reads too early.
    fn give_to_child(command: &mut Command) -> Self {
        let stdin = io::stdin();
        let before =
            tcgetpgrp(&stdin).ok().filter(|&group| stdin.is_terminal() && group.as_raw_nonzero().get() == our_group());
        if before.is_some() {
            // SAFETY: between fork and exec only system calls are made, all of them async-signal-safe; nothing is allocated.
            unsafe {
                command.pre_exec(|| {
                    // On failure, CMD is stopped when it reads; the shell handles that.
                    take_terminal(getpid());
                    Ok(())
                });
            }
        }
        Self(before)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if let Some(before) = self.0 {
            take_terminal(before);
        }
    }
}

/// Makes a group the foreground one from the background. SIGTTOU would stop us, so it is blocked meanwhile.
fn take_terminal(group: Pid) {
    // SAFETY: a signal set is plain data, made by sigemptyset before it is read; the pointers are to locals.
    unsafe {
        let (mut blocked, mut before): (libc::sigset_t, libc::sigset_t) = (std::mem::zeroed(), std::mem::zeroed());
        libc::sigemptyset(&raw mut blocked);
        libc::sigaddset(&raw mut blocked, libc::SIGTTOU);
        libc::pthread_sigmask(libc::SIG_BLOCK, &raw const blocked, &raw mut before);
        let _ = tcsetpgrp(std::os::fd::BorrowedFd::borrow_raw(libc::STDIN_FILENO), group);
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const before, std::ptr::null_mut());
    }
}
