//! The progress of an attempt, for messages about one without an answer.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, Once, PoisonError};

use tokio_postgres::tls::TlsConnect;

use super::guard::{Begin, Guard, Rules};
use super::socket::Socket;

/// The event for which an attempt waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stage {
    #[default]
    Name,
    Tcp,
    Tls,
    Answer,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Name => "the name lookup (DNS) got no answer",
            Self::Tcp => "no TCP connection came about",
            Self::Tls => "the TCP connection stands, but the TLS handshake does not end",
            Self::Answer => "the TCP connection stands, but the server says nothing",
        })
    }
}

/// The stages of one connector's attempts, and the messages already logged about them. Clones share the state.
#[derive(Clone, Debug, Default)]
pub struct Track(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    stage: Mutex<Stage>,
    plain: Once,
}

impl Default for Inner {
    fn default() -> Self {
        Self { stage: Mutex::default(), plain: Once::new() }
    }
}

impl Track {
    pub fn enter(&self, stage: Stage) {
        *self.0.stage.lock().unwrap_or_else(PoisonError::into_inner) = stage;
    }

    pub fn stage(&self) -> Stage {
        *self.0.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Logs once that sessions are not encrypted.
    pub fn plain(&self, say: impl FnOnce()) {
        self.0.plain.call_once(say);
    }
}

/// A TLS handshake that records its beginning and its end, and guards the resulting stream.
pub(super) struct Tracked<T> {
    pub tls: T,
    pub track: Track,
    pub rules: Rules,
}

impl<T> TlsConnect<Guard<Socket>> for Tracked<T>
where
    T: TlsConnect<Guard<Socket>>,
    T::Future: Send + 'static,
{
    type Stream = Guard<T::Stream>;
    type Error = T::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Stream, T::Error>> + Send>>;

    fn connect(self, stream: Guard<Socket>) -> Self::Future {
        self.track.enter(Stage::Tls);
        let (handshake, track, rules) = (self.tls.connect(stream), self.track, self.rules);
        Box::pin(async move {
            let done = handshake.await;
            track.enter(Stage::Answer);
            done.map(|stream| Guard::new(stream, rules, Begin::Messages))
        })
    }
}
