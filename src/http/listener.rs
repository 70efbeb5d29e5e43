//! The listening socket. It is bound before the database is touched, so a port in use fails at once.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpListener;

use crate::failure::{Code, Coded};

/// The number of connections that the kernel queues: a burst of probes and scrapes, with room.
const BACKLOG: i32 = 1024;

/// The error of an address that cannot be bound.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}")]
pub struct BindError {
    pub address: SocketAddr,
    #[source]
    pub source: io::Error,
}

impl Coded for BindError {
    fn code(&self) -> Code {
        Code::BIND
    }
}

/// Listens on `address`; port 0 means a free one. `[::]` includes IPv4, and means `0.0.0.0` without IPv6. It has to be called
/// inside a tokio runtime.
///
/// # Errors
/// The address is in use or not ours, or this user may not bind the port.
pub fn bind(address: SocketAddr) -> Result<TcpListener, BindError> {
    let every_address = address.is_ipv6() && address.ip().is_unspecified();
    let mut listening = listen(address);
    if every_address && listening.as_ref().is_err_and(lacks_ipv6) {
        listening = listen(SocketAddr::from((Ipv4Addr::UNSPECIFIED, address.port())));
    }
    listening.map_err(|source| BindError { address, source })
}

/// True if the kernel has no IPv6, or it is disabled (`net.ipv6.conf.all.disable_ipv6`).
fn lacks_ipv6(error: &io::Error) -> bool {
    let code = error.raw_os_error().map(rustix::io::Errno::from_raw_os_error);
    matches!(code, Some(rustix::io::Errno::AFNOSUPPORT | rustix::io::Errno::ADDRNOTAVAIL))
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // A restarted sidecar must not wait for its predecessor's connections to time out, nor `exec`'s command for ours.
    socket.set_reuse_address(true)?;
    if address.is_ipv6() && address.ip().is_unspecified() {
        socket.set_only_v6(false)?;
    }
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    TcpListener::from_std(socket.into())
}
