//! `lockgate healthcheck`: asks a running gate's `/ready`, for Compose, ECS and Docker, in images without curl.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

use crate::config::{Config, DEFAULT_LISTEN};
use crate::failure::{Code, Coded, Exit, Failure};

#[derive(Debug, thiserror::Error)]
enum HealthError {
    #[error("no gate answers at {address}")]
    NoAnswer { address: SocketAddr, source: std::io::Error },
    #[error("the gate at {address} is not ready: {status}")]
    NotReady { address: SocketAddr, status: String },
}

impl Coded for HealthError {
    fn code(&self) -> Code {
        Code::NOT_READY
    }
}

/// As long as the kubelet waits for a probe.
const PATIENCE: Duration = Duration::from_secs(1);

pub fn run(config: &Config) -> Result<Exit, Failure> {
    let address = reachable(config.serve.listen.unwrap_or(DEFAULT_LISTEN));
    let status = ask(address).map_err(|source| HealthError::NoAnswer { address, source })?;
    if status.split(' ').nth(1) == Some("200") {
        return Ok(Exit::Open);
    }
    Err(HealthError::NotReady { address, status }.into())
}

/// An address to listen on everywhere is reached at the loopback.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V6(ip) if ip.is_unspecified() && !std::path::Path::new("/proc/net/if_inet6").exists() => {
            Ipv4Addr::LOCALHOST.into()
        }
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

/// The status line of `/ready`.
fn ask(address: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(format!("GET /ready HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").as_bytes())?;
    let mut answer = Vec::new();
    stream.take(4096).read_to_end(&mut answer)?;
    let text = String::from_utf8_lossy(&answer);
    Ok(text.lines().next().unwrap_or_default().to_owned())
}
