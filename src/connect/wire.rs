//! A connection that is only encrypted and otherwise unused: for a relay, whose program sends the rest.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};

use super::dial::{Route, Way, ways};
use super::socket::Socket;
use super::stage::Track;
use super::{ConnectError, address, tls};
use crate::config::Target;

/// A stream to a server.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// A stream to a server, and a flag for encryption.
pub struct Wire {
    pub stream: Box<dyn Stream>,
    pub is_encrypted: bool,
}

/// The request for TLS (PostgreSQL documentation, 55.7: SSLRequest).
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

/// A stream to the target's first host, by the first transport of its sslmode.
pub async fn wire(target: &Target, track: &Track) -> Result<Wire, ConnectError> {
    let host = target.hosts.first().ok_or_else(|| ConnectError::no_host(target))?;
    let ip = target.addresses.first().copied().flatten();
    let way = ways(target.ssl_mode, host).first().copied().unwrap_or(Way::Plain);
    let route = Route { target: target.clone(), host: host.clone(), ip, way };
    let after = target.connect_timeout;
    let cut = |_| ConnectError::TimedOut { address: address(host), after, stage: track.stage() };
    tokio::time::timeout(after, route.wire(track)).await.map_err(cut)?
}

impl Route {
    async fn wire(&self, track: &Track) -> Result<Wire, ConnectError> {
        let mut socket = self.socket(track).await?;
        let lost = |source| ConnectError::Unreachable { address: address(&self.host), source };
        if self.way == Way::Plain {
            return Ok(Wire { stream: Box::new(socket), is_encrypted: false });
        }
        if !self.target.direct_tls {
            socket.write_all(&SSL_REQUEST).await.map_err(lost)?;
            match socket.read_u8().await.map_err(lost)? {
                b'S' => {}
                _ if self.way == Way::TlsIfOffered => {
                    return Ok(Wire { stream: Box::new(socket), is_encrypted: false });
                }
                _ => return Err(ConnectError::NoTls { address: address(&self.host) }),
            }
        }
        let failed = |source: String| ConnectError::Tls { address: address(&self.host), source: source.into() };
        let mut maker = tls::connector(&self.target, &Arc::new(AtomicBool::new(false)))?;
        let connect = MakeTlsConnect::<Socket>::make_tls_connect(&mut maker, self.hostname());
        let connect = connect.map_err(|error| failed(error.to_string()))?;
        let stream = connect.connect(socket).await.map_err(|error| failed(error.to_string()))?;
        Ok(Wire { stream: Box::new(stream), is_encrypted: true })
    }
}
