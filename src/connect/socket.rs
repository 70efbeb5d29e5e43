//! The byte stream under a session: TCP with keepalives, or a Unix socket.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};

#[derive(Debug)]
pub struct Socket(Stream);

#[derive(Debug)]
enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
    Failed(io::ErrorKind, String),
}

impl Socket {
    /// A failed stream: it answers every call with this error.
    pub fn failed(kind: io::ErrorKind, text: String) -> Self {
        Self(Stream::Failed(kind, text))
    }

    /// Connects to the first address of the host that accepts. The next one is tried after a refusal, or in parallel after
    /// [`STAGGER`], alternating the address families (RFC 8305, 4 and 5): a dead first address costs little.
    ///
    /// # Errors
    /// The error of the last address.
    pub async fn tcp(addresses: impl IntoIterator<Item = SocketAddr>) -> io::Result<Self> {
        let mut last = io::Error::new(io::ErrorKind::NotFound, "the host name has no address");
        let mut rest = in_turn(addresses).into_iter();
        let mut attempts = FuturesUnordered::new();
        loop {
            attempts.extend(rest.next().map(TcpStream::connect));
            if attempts.is_empty() {
                return Err(last);
            }
            tokio::select! {
                Some(done) = attempts.next() => match done {
                    Ok(stream) => return Self::of(stream),
                    Err(error) => last = error,
                },
                () = tokio::time::sleep(STAGGER), if rest.len() > 0 => {}
            }
        }
    }

    fn of(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        let socket = SockRef::from(&stream);
        socket.set_tcp_keepalive(&keepalive())?;
        // No keepalive is sent while data waits for its acknowledgement (tcp(7), TCP_USER_TIMEOUT).
        #[cfg(target_os = "linux")]
        socket.set_tcp_user_timeout(Some(GONE))?;
        Ok(Self(Stream::Tcp(stream)))
    }

    /// The remote address of a TCP connection.
    pub fn peer(&self) -> Option<SocketAddr> {
        match &self.0 {
            Stream::Tcp(stream) => stream.peer_addr().ok(),
            Stream::Unix(_) | Stream::Failed(..) => None,
        }
    }

    /// The local address of a TCP connection.
    pub fn local(&self) -> Option<SocketAddr> {
        match &self.0 {
            Stream::Tcp(stream) => stream.local_addr().ok(),
            Stream::Unix(_) | Stream::Failed(..) => None,
        }
    }

    pub async fn unix(path: &Path) -> io::Result<Self> {
        Ok(Self(Stream::Unix(UnixStream::connect(path).await?)))
    }

    /// The account of the peer at a Unix socket (SO_PEERCRED, unix(7)).
    pub fn peer_account(&self) -> Option<io::Result<u32>> {
        match &self.0 {
            Stream::Unix(stream) => Some(stream.peer_cred().map(|account| account.uid())),
            Stream::Tcp(_) | Stream::Failed(..) => None,
        }
    }
}

/// The wait for a silent address before the next one is tried in parallel.
const STAGGER: Duration = Duration::from_millis(250);

/// The resolver's order (RFC 6724), with alternating address families.
fn in_turn(addresses: impl IntoIterator<Item = SocketAddr>) -> Vec<SocketAddr> {
    let all: Vec<SocketAddr> = addresses.into_iter().collect();
    let of_first_family = |address: &SocketAddr| Some(address.is_ipv6()) == all.first().map(SocketAddr::is_ipv6);
    let (first, second): (Vec<SocketAddr>, Vec<SocketAddr>) = all.iter().partition(|address| of_first_family(address));
    let (mut first, mut second) = (first.into_iter(), second.into_iter());
    let mut mixed = Vec::with_capacity(all.len());
    while mixed.len() < all.len() {
        mixed.extend(first.next().into_iter().chain(second.next()));
    }
    mixed
}

/// The time after which a vanished peer (a node that lost power) is noticed, instead of the kernel's two hours on an idle
/// connection, or a quarter of an hour on a busy one.
#[cfg(target_os = "linux")]
const GONE: Duration = Duration::from_secs(30);

fn keepalive() -> TcpKeepalive {
    TcpKeepalive::new().with_time(Duration::from_secs(15)).with_interval(Duration::from_secs(5)).with_retries(3)
}

macro_rules! either {
    ($self:ident, $stream:ident => $call:expr) => {
        match &mut $self.get_mut().0 {
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
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        either!(self, stream => stream.poll_read(cx, buf))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_families_are_tried_in_turn() {
        let parse = |text: &str| text.split(' ').map(|one| one.parse().unwrap()).collect::<Vec<SocketAddr>>();
        let given = parse("[::1]:1 [::2]:1 [::3]:1 1.1.1.1:1 2.2.2.2:1");
        assert_eq!(in_turn(given), parse("[::1]:1 1.1.1.1:1 [::2]:1 2.2.2.2:1 [::3]:1"));
        assert_eq!(in_turn(parse("1.1.1.1:1 [::1]:1")), parse("1.1.1.1:1 [::1]:1"));
        assert_eq!(in_turn([]), []);
    }
}
