//! SIGTERM, SIGINT and SIGHUP end this process: at once before any work begins, and as a request to stop afterwards. As PID 1, a
//! process without a handler would ignore them.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::config::LogFormat;
use crate::execute::{Signal, Stop};

/// A log line that is built at compile time: a signal handler must not allocate.
macro_rules! line {
    ($code:literal, $exit:literal, $message:literal) => {
        concat!(
            r#"{"level":"ERROR","message":""#,
            $message,
            r#"","code":""#,
            $code,
            r#"","class":"stopped","exit":"#,
            $exit,
            r#","target":"lockgate"}"#,
            "\n"
        )
    };
}

/// True if a command handles signals and ends by itself.
static LISTENS: AtomicBool = AtomicBool::new(false);

/// From now on a signal ends this process at once, even during a read that blocks.
pub fn end_at_once() {
    LISTENS.store(false, Ordering::Release);
    static HANDLED: std::sync::Once = std::sync::Once::new();
    HANDLED.call_once(|| {
        for signal in [libc::SIGTERM, libc::SIGINT, libc::SIGHUP].into_iter().filter(|&signal| !is_ignored(signal)) {
            let handler: extern "C" fn(libc::c_int) = at_once;
            // SAFETY: the handler makes only calls that are async-signal-safe, and no other thread runs yet.
            unsafe { libc::signal(signal, handler as libc::sighandler_t) };
        }
    });
}

/// The handler; a handler that tokio installs later calls it too.
extern "C" fn at_once(signal: libc::c_int) {
    if LISTENS.load(Ordering::Acquire) {
        return;
    }
    // SIGHUP counts as SIGTERM.
    let (code, text, json) = match signal {
        libc::SIGINT => (130, "error[LG0802]: stopped by SIGINT\n", line!("LG0802", "130", "stopped by SIGINT")),
        _ => (143, "error[LG0801]: stopped by SIGTERM\n", line!("LG0801", "143", "stopped by SIGTERM")),
    };
    let words = if IS_JSON.load(Ordering::Acquire) { json } else { text };
    let mut stderr = libc::pollfd { fd: libc::STDERR_FILENO, events: libc::POLLOUT, revents: 0 };
    // SAFETY: poll, write and _exit are async-signal-safe (signal-safety(7)), the pointers are to what lives as long as the
    // calls, and nothing of ours is to be run after the last.
    unsafe {
        if libc::poll(&raw mut stderr, 1, 0) == 1 {
            libc::write(libc::STDERR_FILENO, words.as_ptr().cast(), words.len());
        }
        libc::_exit(code)
    }
}

/// True if the last log line is JSON.
static IS_JSON: AtomicBool = AtomicBool::new(false);

pub fn speak(format: LogFormat) {
    IS_JSON.store(format == LogFormat::Json, Ordering::Release);
}

/// Handles signals from now on.
///
/// # Errors
/// The handlers cannot be installed.
pub fn listen() -> std::io::Result<Stop> {
    let (sender, receiver) = watch::channel(None);
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    // `nohup` ignores it; that remains.
    let mut hangup = if is_ignored(libc::SIGHUP) { None } else { Some(signal(SignalKind::hangup())?) };
    LISTENS.store(true, Ordering::Release);
    tokio::spawn(async move {
        let which = tokio::select! {
            _ = terminate.recv() => Signal::Terminate,
            _ = interrupt.recv() => Signal::Interrupt,
            () = received(&mut hangup) => {
                tracing::warn!("SIGHUP: ending, as SIGTERM would have it");
                Signal::Terminate
            }
        };
        sender.send_replace(Some(which));
        sender.closed().await;
    });
    Ok(Stop::new(receiver))
}

async fn received(signal: &mut Option<tokio::signal::unix::Signal>) {
    match signal {
        Some(signal) => _ = signal.recv().await,
        None => std::future::pending().await,
    }
}

fn is_ignored(signal: libc::c_int) -> bool {
    // SAFETY: without a new action sigaction only writes the present one, into a struct that is plain data.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        libc::sigaction(signal, std::ptr::null(), &raw mut action) == 0 && action.sa_sigaction == libc::SIG_IGN
    }
}

/// Restores the signals' default action, which ends the process.
pub fn give_back() {
    for signal in [libc::SIGTERM, libc::SIGINT, libc::SIGHUP].into_iter().filter(|&signal| !is_ignored(signal)) {
        // SAFETY: SIG_DFL runs no code of ours, and no other thread sets the action of these signals.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
}
