//! What a server may send: how much, and which questions about us before it has let us in.
//!
//! The driver takes messages of any length and answers any way of authentication that it knows. So the bytes pass through here
//! first: over a plain connection right behind the socket, else right behind TLS.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{ChannelBinding, TlsStream};

use super::frames::{Frames, SHORT, TooMuch};
use super::notices::Notices;
use crate::config::{Demands, Method};

/// What a server did that ends an attempt.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Violation {
    #[error("it answered the question for TLS with {}", answer(*.0))]
    TlsAnswer(u8),
    #[error(transparent)]
    TooMuch(#[from] TooMuch),
    #[error("it {}, which require_auth does not allow", asked(*.0))]
    Method(Option<Method>),
    #[error("its SCRAM has {}, and LOCKGATE_SCRAM_MIN_ITERATIONS is {least}", crate::failure::counted(usize::try_from(*.count).unwrap_or(usize::MAX), "iteration"))]
    Iterations { count: u64, least: u32 },
    #[error("it did not ask for the client's certificate, which sslcertmode=require demands")]
    CertificateNotAsked,
}

impl Violation {
    /// It speaks the protocol, and does less than was demanded.
    pub fn is_demand(&self) -> bool {
        match self {
            Self::TlsAnswer(_) | Self::TooMuch(_) => false,
            Self::Method(_) | Self::Iterations { .. } | Self::CertificateNotAsked => true,
        }
    }
}

fn answer(byte: u8) -> String {
    if byte == b'E' { "an error".to_owned() } else { format!("byte {byte:#04x}") }
}

fn asked(method: Option<Method>) -> &'static str {
    match method {
        Some(Method::Password) => "asks for the password in clear text",
        Some(Method::Md5) => "asks for the password by MD5",
        Some(Method::Gss) => "asks for GSSAPI",
        Some(Method::Sspi) => "asks for SSPI",
        Some(Method::Scram) => "asks for the password by SCRAM",
        Some(Method::Oauth) => "asks for OAuth",
        Some(Method::None) => "asks for no authentication",
        None => "asks for an unknown way of authentication",
    }
}

/// What the server of one attempt is held to.
#[derive(Clone, Debug)]
pub struct Rules {
    pub demands: Demands,
    /// Whether it has asked for the client's certificate.
    pub certificate_asked: Arc<AtomicBool>,
    /// Whether its rows may be as long as PostgreSQL has them: those of a script, and not those of our questions.
    pub any_row: Arc<AtomicBool>,
    pub notices: Notices,
}

impl Rules {
    pub fn new(demands: Demands) -> Self {
        Self { demands, certificate_asked: Arc::default(), any_row: Arc::default(), notices: Notices::default() }
    }
}

/// How a stream begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begin {
    /// With the answer to the question for TLS.
    Answer,
    /// With TLS itself.
    Tls,
    /// With the server's messages.
    Messages,
}

#[derive(Debug)]
enum Phase {
    Answer,
    /// The bytes are TLS.
    Opaque,
    /// Until the server lets us in: each message is held back until it is whole and allowed.
    Admission(Admission),
    Open(Frames),
}

#[derive(Debug, Default)]
struct Admission {
    held: Vec<u8>,
    has_asked: bool,
}

/// A stream that gives the driver what the server may send.
#[derive(Debug)]
pub struct Guard<S> {
    stream: S,
    rules: Rules,
    phase: Phase,
    /// Allowed, and not taken yet.
    ready: Vec<u8>,
}

impl<S> Guard<S> {
    pub fn new(stream: S, rules: Rules, begin: Begin) -> Self {
        let phase = match begin {
            Begin::Answer => Phase::Answer,
            Begin::Tls => Phase::Opaque,
            Begin::Messages => Phase::Admission(Admission::default()),
        };
        Self { stream, rules, phase, ready: Vec::new() }
    }

    pub fn stream(&self) -> &S {
        &self.stream
    }

    /// Bytes as they came, for all phases but the open one, whose bytes never come here.
    fn take(&mut self, bytes: &[u8]) -> Result<(), Violation> {
        match (&mut self.phase, bytes) {
            (Phase::Answer, [b'S', ..]) => self.phase = Phase::Opaque,
            (Phase::Answer, [b'N', ..]) => self.phase = Phase::Admission(Admission::default()),
            (Phase::Answer, [other, ..]) => return Err(Violation::TlsAnswer(*other)),
            (Phase::Admission(admission), _) => {
                if let Some(frames) = admission.sift(bytes, &self.rules, &mut self.ready)? {
                    self.phase = Phase::Open(frames);
                }
                return Ok(());
            }
            (Phase::Answer | Phase::Opaque | Phase::Open(_), _) => {}
        }
        self.ready.extend_from_slice(bytes);
        Ok(())
    }

    /// How much is read at once; the answer for TLS is one byte, and what follows is another's to read.
    fn room(&self) -> usize {
        if matches!(self.phase, Phase::Answer) { 1 } else { 8 << 10 }
    }
}

impl Admission {
    /// Moves what is whole and allowed to `ready`. Gives the rules for what follows, once the server has let us in.
    fn sift(&mut self, bytes: &[u8], rules: &Rules, ready: &mut Vec<u8>) -> Result<Option<Frames>, Violation> {
        // The end within a message is the driver's to see.
        if bytes.is_empty() {
            ready.append(&mut self.held);
            return Ok(None);
        }
        self.held.extend_from_slice(bytes);
        while let Some((&[tag, a, b, c, d], _)) = self.held.split_first_chunk() {
            let length = u32::from_be_bytes([a, b, c, d]);
            // libpq's bounds (PQconnectPoll): 8 to 2,000 for a question, 30,000 for an error.
            let most = if tag == b'R' { 2_000 } else { SHORT };
            if length > most || length < if tag == b'R' { 8 } else { 4 } {
                return Err(TooMuch::Message { tag: tag.into(), length }.into());
            }
            let whole = length as usize + 1;
            let Some(body) = self.held.get(5..whole) else { break };
            let is_in = tag == b'R' && question(body, rules, &mut self.has_asked)?;
            ready.extend(self.held.drain(..whole));
            if is_in {
                let mut frames = Frames::new(Arc::clone(&rules.any_row), rules.notices.clone());
                frames.pass(&self.held)?;
                ready.append(&mut self.held);
                return Ok(Some(frames));
            }
        }
        Ok(None)
    }
}

/// A question about who we are (PostgreSQL documentation 55.7, `Authentication…`), or that there is no more.
fn question(body: &[u8], rules: &Rules, has_asked: &mut bool) -> Result<bool, Violation> {
    let Some((code, body)) = body.split_first_chunk() else { return Ok(false) };
    let demands = &rules.demands;
    let method = match u32::from_be_bytes(*code) {
        0 if demands.asks_certificate && !rules.certificate_asked.load(Ordering::Acquire) => {
            return Err(Violation::CertificateNotAsked);
        }
        0 if *has_asked => return Ok(true),
        0 => Some(Method::None),
        3 => Some(Method::Password),
        5 => Some(Method::Md5),
        7 => Some(Method::Gss),
        9 => Some(Method::Sspi),
        10 => of_mechanisms(body),
        11 => {
            return match iterations(body) {
                Some(count) if count < u64::from(demands.least_iterations) => {
                    Err(Violation::Iterations { count, least: demands.least_iterations })
                }
                _ => Ok(false),
            };
        }
        // What goes on with a way that was asked for.
        8 | 12 => return Ok(false),
        _ => None,
    };
    let is_in = method == Some(Method::None);
    *has_asked |= !is_in;
    let is_allowed = |methods: &crate::config::Methods| method.is_some_and(|method| methods.allows(method));
    if demands.methods.as_ref().is_none_or(is_allowed) { Ok(is_in) } else { Err(Violation::Method(method)) }
}

/// The mechanisms of SASL end with a NUL each, and the list with one more.
fn of_mechanisms(body: &[u8]) -> Option<Method> {
    let has = |start: &[u8]| body.split(|&byte| byte == 0).any(|name| name.starts_with(start));
    if has(b"SCRAM-SHA-256") {
        return Some(Method::Scram);
    }
    has(b"OAUTHBEARER").then_some(Method::Oauth)
}

/// `r=…,s=…,i=4096` (RFC 5802, 7). A count that is no number is the driver's to refuse.
fn iterations(body: &[u8]) -> Option<u64> {
    let count = body.split(|&byte| byte == b',').find_map(|part| part.strip_prefix(b"i="))?;
    std::str::from_utf8(count).ok()?.parse().ok()
}

fn refused(violation: impl Into<Violation>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, violation.into())
}

impl<S: AsyncRead + Unpin> AsyncRead for Guard<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            if !this.ready.is_empty() {
                let given = this.ready.len().min(buf.remaining());
                buf.put_slice(&this.ready[..given]);
                this.ready.drain(..given);
                return Poll::Ready(Ok(()));
            }
            let before = buf.filled().len();
            match &mut this.phase {
                Phase::Opaque => return Pin::new(&mut this.stream).poll_read(cx, buf),
                Phase::Open(frames) => {
                    ready!(Pin::new(&mut this.stream).poll_read(cx, buf))?;
                    let passed = frames.pass(&buf.filled()[before..]);
                    return Poll::Ready(passed.map_err(|error| {
                        buf.set_filled(before);
                        refused(error)
                    }));
                }
                Phase::Answer | Phase::Admission(_) => {
                    let mut chunk = [0; 8 << 10];
                    let mut chunk = ReadBuf::new(&mut chunk[..this.room()]);
                    ready!(Pin::new(&mut this.stream).poll_read(cx, &mut chunk))?;
                    this.take(chunk.filled()).map_err(refused)?;
                    if chunk.filled().is_empty() && this.ready.is_empty() {
                        return Poll::Ready(Ok(()));
                    }
                }
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Guard<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}

impl<S: TlsStream + Unpin> TlsStream for Guard<S> {
    fn channel_binding(&self) -> ChannelBinding {
        self.stream.channel_binding()
    }
}

#[cfg(test)]
mod tests;
