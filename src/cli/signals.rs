//! SIGTERM and SIGINT become a request to stop. As PID 1 a process without a handler would not even die of them.

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
    tokio::spawn(async move {
        let which = tokio::select! {
            _ = terminate.recv() => Signal::Terminate,
            _ = interrupt.recv() => Signal::Interrupt,
        };
        sender.send_replace(Some(which));
        sender.closed().await;
    });
    Ok(Stop::new(receiver))
}

/// Gives SIGTERM and SIGINT their default action back: they end this process.
pub fn give_back() {
    for signal in [libc::SIGTERM, libc::SIGINT] {
        // SAFETY: SIG_DFL runs no code of ours, and no other thread sets the action of these signals.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
}
