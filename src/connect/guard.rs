//! Limits what a server may send: the amount, and the authentication requests before the login.
//!
//! The driver accepts messages of any length and answers any authentication method that it knows. All bytes therefore pass
//! through this guard first: on a plain connection directly after the socket, otherwise directly after TLS.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{ChannelBinding, TlsStream};

use super::frames::{CancelKey, Frames, SHORT, TooMuch};
use super::notices::Notices;
use crate::config::{Demands, Method};

/// An action of the server that ends an attempt.
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
    /// True if the server speaks the protocol but does not meet a demand.
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

/// The rules for the server of one attempt.
#[derive(Clone, Debug)]
pub struct Rules {
    pub demands: Demands,
    /// True after the server requested the client's certificate.
    pub certificate_asked: Arc<AtomicBool>,
    /// True if rows may have PostgreSQL's maximum length: for a script's queries, not for our own.
    pub any_row: Arc<AtomicBool>,
    pub notices: Notices,
    pub key: CancelKey,
}

impl Rules {
    pub fn new(demands: Demands) -> Self {
        let (certificate_asked, any_row) = (Arc::default(), Arc::default());
        Self { demands, certificate_asked, any_row, notices: Notices::default(), key: CancelKey::default() }
    }
}

/// The first data of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begin {
    /// The answer to the request for TLS.
    Answer,
    /// TLS itself.
    Tls,
    /// The server's messages.
    Messages,
}

#[derive(Debug)]
enum Phase {
    Answer,
    /// The bytes are TLS.
    Opaque,
    /// Before the login succeeds: each message is held back until it is complete and allowed.
    Admission(Admission),
    Open(Frames),
}

#[derive(Debug, Default)]
struct Admission {
    held: Vec<u8>,
    has_asked: bool,
}

/// A stream that passes only allowed data to the driver.
#[derive(Debug)]
pub struct Guard<S> {
    stream: S,
    rules: Rules,
    phase: Phase,
    /// Allowed bytes that were not yet read.
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

    /// Handles received bytes in every phase except the open one, whose bytes bypass it.
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

    /// The number of bytes to read at once. The answer to a TLS request is one byte; the following bytes belong to another
    /// reader.
    fn room(&self) -> usize {
        if matches!(self.phase, Phase::Answer) { 1 } else { 8 << 10 }
    }
}

impl Admission {
    /// Moves complete and allowed messages to `ready`. Returns the rules for the rest once the login succeeded.
    fn sift(&mut self, bytes: &[u8], rules: &Rules, ready: &mut Vec<u8>) -> Result<Option<Frames>, Violation> {
        // The driver handles an end within a message.
        if bytes.is_empty() {
            ready.append(&mut self.held);
            return Ok(None);
        }
        self.held.extend_from_slice(bytes);
        while let Some((&[tag, a, b, c, d], _)) = self.held.split_first_chunk() {
            let length = u32::from_be_bytes([a, b, c, d]);
            // libpq's limits (PQconnectPoll): 8 to 2,000 for an authentication request, 30,000 for an error.
            let most = if tag == b'R' { 2_000 } else { SHORT };
            if length > most || length < if tag == b'R' { 8 } else { 4 } {
                return Err(TooMuch::Message { tag: tag.into(), length }.into());
            }
            let whole = length as usize + 1;
            let Some(body) = self.held.get(5..whole) else { break };
            let is_in = tag == b'R' && question(body, rules, &mut self.has_asked)?;
            ready.extend(self.held.drain(..whole));
            if is_in {
                let mut frames = Frames::new(Arc::clone(&rules.any_row), rules.notices.clone(), rules.key.clone());
                frames.pass(&self.held)?;
                ready.append(&mut self.held);
                return Ok(Some(frames));
            }
        }
        Ok(None)
    }
}

/// Checks an authentication request (PostgreSQL documentation 55.7, `Authentication…`); true for the last one.
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
        // Continuations of a method that was requested before.
        8 | 12 => return Ok(false),
        _ => None,
    };
    let is_in = method == Some(Method::None);
    *has_asked |= !is_in;
    let is_allowed = |methods: &crate::config::Methods| method.is_some_and(|method| methods.allows(method));
    if demands.methods.as_ref().is_none_or(is_allowed) { Ok(is_in) } else { Err(Violation::Method(method)) }
}

/// The method of a SASL request, from its list of NUL-terminated mechanisms.
fn of_mechanisms(body: &[u8]) -> Option<Method> {
    let has = |start: &[u8]| body.split(|&byte| byte == 0).any(|name| name.starts_with(start));
    if has(b"SCRAM-SHA-256") {
        return Some(Method::Scram);
    }
    has(b"OAUTHBEARER").then_some(Method::Oauth)
}

/// The count in `r=…,s=…,i=4096` (RFC 5802, 7). The driver refuses an invalid count.
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
