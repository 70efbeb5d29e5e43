//! The hosts of a connection: `host`, `hostaddr` and `port` are lists that belong together.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use super::super::error::ConfigError;
use super::Host;
use super::params::{Key, Params};

const DEFAULT_PORT: u16 = 5432;

/// The socket directory of Debian's and the official image's server.
pub(super) const SOCKET_DIRECTORY: &str = "/var/run/postgresql";

/// Every host with its port, and the address to use instead of resolving the name, if given.
///
/// # Errors
/// All errors of the three lists.
pub(super) fn read(params: &Params) -> Result<Vec<(Host, Option<IpAddr>)>, Vec<ConfigError>> {
    let names = list(params, Key::Host);
    let addresses = list(params, Key::HostAddr);
    let count = names.len().max(addresses.len()).max(1);
    let mut errors = Vec::new();
    if !names.is_empty() && !addresses.is_empty() && names.len() != addresses.len() {
        errors.push(params.wrong(Key::HostAddr, "does not have as many entries as `host`"));
    }
    let addresses = collect(addresses.iter().map(|text| address(params, text)), &mut errors);
    let ports = collect(list(params, Key::Port).iter().map(|text| port(params, text)), &mut errors);
    let port_of = |at: usize| match ports.as_slice() {
        [] => DEFAULT_PORT,
        [one] => *one,
        many => many.get(at).copied().unwrap_or(DEFAULT_PORT),
    };
    let listed = list(params, Key::Port).len();
    if listed > 1 && listed != count {
        errors.push(params.wrong(Key::Port, "has several entries, but not as many as there are hosts"));
    }
    let host_of = |at: usize| {
        let address = addresses.get(at).copied().flatten();
        let host = host(params, names.get(at).copied().unwrap_or_default(), address, port_of(at))?;
        Ok((host, address))
    };
    let hosts = collect((0..count).map(host_of), &mut errors);
    if errors.is_empty() { Ok(hosts) } else { Err(errors) }
}

fn list(params: &Params, key: Key) -> Vec<&str> {
    params.get(key).map(|text| text.split(',').map(str::trim).collect()).unwrap_or_default()
}

fn collect<T>(items: impl Iterator<Item = Result<T, ConfigError>>, errors: &mut Vec<ConfigError>) -> Vec<T> {
    items.filter_map(|item| item.map_err(|error| errors.push(error)).ok()).collect()
}

fn port(params: &Params, text: &str) -> Result<u16, ConfigError> {
    match text.parse() {
        _ if text.is_empty() => Ok(DEFAULT_PORT),
        Ok(port) if port > 0 => Ok(port),
        _ => Err(params.wrong(Key::Port, "is not a number from 1 to 65535")),
    }
}

fn address(params: &Params, text: &str) -> Result<Option<IpAddr>, ConfigError> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| params.wrong(Key::HostAddr, "is not an IP address"))
}

fn host(params: &Params, name: &str, address: Option<IpAddr>, port: u16) -> Result<Host, ConfigError> {
    let name = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    let tcp = |host: String| Ok(Host::Tcp { host, port });
    match (name, address) {
        ("", Some(address)) => tcp(address.to_string()),
        ("", None) => Ok(default_host(port)),
        _ if name.starts_with('/') => Ok(Host::Unix { directory: PathBuf::from(name), port }),
        _ if name.starts_with('@') => Err(params.wrong(Key::Host, "is an abstract socket, which is not supported")),
        _ if is_host_name(name) => tcp(name.to_owned()),
        _ if name.contains(':') => {
            Err(params.wrong(Key::Host, "is not a host name or address: the port has a parameter of its own"))
        }
        _ => Err(params.wrong(Key::Host, "is not a host name, an address or a socket's directory")),
    }
}

fn default_host(port: u16) -> Host {
    let directory = Path::new(SOCKET_DIRECTORY);
    if directory.is_dir() {
        Host::Unix { directory: directory.to_owned(), port }
    } else {
        Host::Tcp { host: "localhost".to_owned(), port }
    }
}

fn is_host_name(name: &str) -> bool {
    let address = name.split_once('%').map_or(name, |(address, _zone)| address);
    address.parse::<IpAddr>().is_ok() || name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))
}
