//! The byte stream under a session: TCP with keepalives, or a Unix socket.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};

#[derive(Debug)]
pub struct Socket {
    stream: Stream,
    first: FirstByte,
}

/// The first byte that came out of a socket, once one did. It tells PostgreSQL from what is not.
#[derive(Clone, Debug, Default)]
pub struct FirstByte(Arc<OnceLock<u8>>);

impl FirstByte {
    pub fn get(&self) -> Option<u8> {
        self.0.get().copied()
    }
}

#[derive(Debug)]
enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
    Failed(io::ErrorKind, String),
}

impl Socket {
    fn new(stream: Stream) -> Self {
        Self { stream, first: FirstByte::default() }
    }

    /// A stream that never was: it answers every call with this error.
    pub fn failed(kind: io::ErrorKind, text: String) -> Self {
        Self::new(Stream::Failed(kind, text))
    }

    pub fn first_byte(&self) -> FirstByte {
        self.first.clone()
    }

    /// Every address of the host in turn.
    ///
    /// # Errors
    /// What the last address said.
    pub async fn tcp(addresses: impl Iterator<Item = SocketAddr>) -> io::Result<Self> {
        let mut last = io::Error::new(io::ErrorKind::NotFound, "the host name has no address");
        for address in addresses {
            match TcpStream::connect(address).await {
                Ok(stream) => {
                    stream.set_nodelay(true)?;
                    SockRef::from(&stream).set_tcp_keepalive(&keepalive())?;
                    return Ok(Self::new(Stream::Tcp(stream)));
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// Our end of a TCP connection.
    pub fn local(&self) -> Option<SocketAddr> {
        match &self.stream {
            Stream::Tcp(stream) => stream.local_addr().ok(),
            Stream::Unix(_) | Stream::Failed(..) => None,
        }
    }

    pub async fn unix(path: &Path) -> io::Result<Self> {
        Ok(Self::new(Stream::Unix(UnixStream::connect(path).await?)))
    }
}

/// A peer that went away without a word (a node that lost power) is noticed after 30 s instead of the kernel's two hours.
fn keepalive() -> TcpKeepalive {
    TcpKeepalive::new().with_time(Duration::from_secs(15)).with_interval(Duration::from_secs(5)).with_retries(3)
}

macro_rules! either {
    ($self:ident, $stream:ident => $call:expr) => {
        match &mut $self.get_mut().stream {
            Stream::Tcp($stream) => {
                let $stream = Pin::new($stream);
                $call
            }
            Stream::Unix($stream) => {
                let $stream = Pin::new($stream);
                $call
            }
            Stream::Failed(kind, text) => Poll::Ready(Err(io::Error::new(*kind, text.clone()))),
        }
    };
}

impl AsyncRead for Socket {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let socket = self.as_mut();
        let polled = either!(socket, stream => stream.poll_read(cx, buf));
        if let Some(&byte) = buf.filled().get(before) {
            self.first.0.get_or_init(|| byte);
        }
        polled
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        either!(self, stream => stream.poll_write(cx, buf))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self, stream => stream.poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self, stream => stream.poll_shutdown(cx))
    }
}
