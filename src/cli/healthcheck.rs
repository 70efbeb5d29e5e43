//! `lockgate healthcheck`: asks a running gate's `/ready`, for Compose, ECS and Docker, in images without curl.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

use crate::config::{Config, DEFAULT_LISTEN};
use crate::failure::{Code, Coded, Exit, Failure};

#[derive(Debug, thiserror::Error)]
enum HealthError {
    #[error("no gate answers at {failed}")]
    NoAnswer { failed: String },
    #[error("the gate at {address} is not ready: {status}")]
    NotReady { address: SocketAddr, status: String },
}

impl Coded for HealthError {
    fn code(&self) -> Code {
        Code::NOT_READY
    }
}

/// The kubelet's default timeout for a probe.
const PATIENCE: Duration = Duration::from_secs(1);

pub fn run(config: &Config) -> Result<Exit, Failure> {
    let (address, status) = first_answer(&reachable(config.serve.listen.unwrap_or(DEFAULT_LISTEN)))?;
    if status.split(' ').nth(1) == Some("200") {
        return Ok(Exit::Open);
    }
    Err(HealthError::NotReady { address, status }.into())
}

/// A gate that listens on every address is reached through a loopback address: IPv4's if the container has no IPv6, or if a flag
/// that this command does not know made the gate listen on IPv4.
fn reachable(listen: SocketAddr) -> Vec<SocketAddr> {
    let loopbacks: &[IpAddr] = match listen.ip() {
        IpAddr::V6(ip) if ip.is_unspecified() => &[IpAddr::V6(Ipv6Addr::LOCALHOST), IpAddr::V4(Ipv4Addr::LOCALHOST)],
        IpAddr::V4(ip) if ip.is_unspecified() => &[IpAddr::V4(Ipv4Addr::LOCALHOST)],
        ip => return vec![SocketAddr::new(ip, listen.port())],
    };
    loopbacks.iter().map(|ip| SocketAddr::new(*ip, listen.port())).collect()
}

/// Asks each address until one answers.
fn first_answer(addresses: &[SocketAddr]) -> Result<(SocketAddr, String), HealthError> {
    let mut failed = Vec::new();
    for &address in addresses {
        match ask(address) {
            Ok(status) => return Ok((address, status)),
            Err(source) => failed.push(format!("{address}: {source}")),
        }
    }
    Err(HealthError::NoAnswer { failed: failed.join("; ") })
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
