//! SIGTERM, SIGINT and SIGHUP become a request to stop. As PID 1 a process without a handler would not even die of them.

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::execute::{Signal, Stop};

/// Listens from now on.
///
/// # Errors
/// The handlers cannot be installed.
pub fn listen() -> std::io::Result<Stop> {
    let (sender, receiver) = watch::channel(None);
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    // `nohup` has it ignored, and that stays.
    let mut hangup = if is_ignored(libc::SIGHUP) { None } else { Some(signal(SignalKind::hangup())?) };
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

/// Gives the signals their default action back: they end this process.
pub fn give_back() {
    for signal in [libc::SIGTERM, libc::SIGINT, libc::SIGHUP].into_iter().filter(|&signal| !is_ignored(signal)) {
        // SAFETY: SIG_DFL runs no code of ours, and no other thread sets the action of these signals.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
}
