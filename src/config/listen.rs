//! The address to serve on.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The default of `LOCKGATE_LISTEN`: every address, IPv4 included.
pub const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V6(Ipv6Addr::UNSPECIFIED), 9321);

/// Reads `:9321`, `9321`, `0.0.0.0:9321`, `[::]:9321` or `localhost:9321`. Without a host it is `[::]`.
///
/// # Errors
/// The error in a sentence.
pub(super) fn parse(text: &str) -> Result<SocketAddr, String> {
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    let (host, port) = text.rsplit_once(':').unwrap_or(("", text));
    let port: u16 = port.parse().map_err(|_| "has no port from 0 to 65535 at its end".to_owned())?;
    let ip: IpAddr = match host {
        "" | "*" => Ipv6Addr::UNSPECIFIED.into(),
        "localhost" => Ipv4Addr::LOCALHOST.into(),
        _ => return Err("must be an IP address and a port, as in 0.0.0.0:9321, [::]:9321 or :9321".to_owned()),
    };
    Ok(SocketAddr::new(ip, port))
}

/// `text` with every `$NAME` and `${NAME}` replaced. There is no shell to do it.
///
/// # Errors
/// A sentence that names the variable which is not set, or says where a name is missing.
pub(super) fn expand<'a>(text: &str, lookup: impl Fn(&str) -> Option<&'a str>) -> Result<String, String> {
    let mut expanded = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        expanded.push_str(&rest[..at]);
        let (name, after) = take_name(&rest[at + 1..])?;
        expanded.push_str(lookup(name).ok_or_else(|| format!("names ${name}, which is not set"))?);
        rest = after;
    }
    Ok(expanded + rest)
}

fn take_name(text: &str) -> Result<(&str, &str), String> {
    let is_name = |text: &str| {
        !text.is_empty()
            && !text.starts_with(|c: char| c.is_ascii_digit())
            && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let (name, after) = match text.strip_prefix('{') {
        Some(braced) => braced.split_once('}').ok_or_else(|| "has a ${ without }".to_owned())?,
        None => {
            let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
            text.split_at(end)
        }
    };
    if is_name(name) { Ok((name, after)) } else { Err("has a $ without a name behind it".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_an_address_is_read() {
        for (text, address) in [
            (":9321", "[::]:9321"),
            ("9321", "[::]:9321"),
            ("*:9321", "[::]:9321"),
            ("0.0.0.0:9321", "0.0.0.0:9321"),
            ("[::]:9321", "[::]:9321"),
            ("[::1]:80", "[::1]:80"),
            ("localhost:9321", "127.0.0.1:9321"),
        ] {
            assert_eq!(parse(text), Ok(address.parse().unwrap()), "{text}");
        }
        for bad in ["", ":", "x", ":70000", "example.com:80", "0.0.0.0", "::1", "-1"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn variables_in_the_address_are_replaced() {
        let lookup = |name: &str| (name == "PORT").then_some("8080");
        assert_eq!(expand(":$PORT", lookup).unwrap(), ":8080");
        assert_eq!(expand("[::]:${PORT}", lookup).unwrap(), "[::]:8080");
        assert_eq!(expand(":$WEB_PORT", lookup).unwrap_err(), "names $WEB_PORT, which is not set");
        for bad in [":$", ":${PORT", ":${}", ":$1"] {
            assert!(expand(bad, lookup).is_err(), "{bad}");
        }
    }
}
