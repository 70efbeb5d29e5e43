//! The URL form: `//user:password@host:port,host:port/dbname?name=value&…`.
//!
//! More forgiving than libpq for a password that was not percent-encoded, and stricter where such a password would become a host,
//! a database or a parameter, which are printed.

use super::pairs::Pair;
use super::params;

/// Parses the text after `postgres://`.
///
/// # Errors
/// The error in a sentence that contains no part of the text.
pub(super) fn parse(text: &str) -> Result<Vec<Pair>, String> {
    let mut pairs = Vec::new();
    let (userinfo, rest) = split_userinfo(text);
    if let Some(userinfo) = userinfo {
        let (user, password) = userinfo.split_once(':').unwrap_or((userinfo, ""));
        pairs.push(Pair::new("user", decode(user, "the user name")?));
        pairs.push(Pair::new("password", decode(password, "the password")?));
    }
    let (hosts, rest) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    pairs.extend(authority(hosts)?);
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    if path.contains('@') {
        return Err(stray_at());
    }
    pairs.push(Pair::new("dbname", decode(path.strip_prefix('/').unwrap_or(path), "the database name")?));
    let items = query.split('&').filter(|item| !item.is_empty());
    let mut parameters = hosts_with_ports(items.map(parameter).collect::<Result<Vec<_>, _>>()?);
    Pair::mark_spill(&mut parameters);
    pairs.extend(parameters);
    pairs.retain(|pair| !pair.value().is_empty() || pair.name() == "ssl");
    Ok(pairs)
}

/// The last `@` before the first `/` ends the user and password. libpq takes the first; but a host never contains an `@`, and a
/// password often does.
fn split_userinfo(text: &str) -> (Option<&str>, &str) {
    let head = &text[..text.find('/').unwrap_or(text.len())];
    let Some(at) = head.rfind('@') else { return (None, text) };
    let user = head[..at].split(':').next().unwrap_or_default();
    // A `?` in place of the user begins the query: `postgres://db?user=me@tenant`.
    if user.contains('?') { (None, text) } else { (Some(&head[..at]), &text[at + 1..]) }
}

fn stray_at() -> String {
    "has an `@` behind the host's place: in a user name or password write / as %2F, ? as %3F, @ as %40".to_owned()
}

fn authority(text: &str) -> Result<Vec<Pair>, String> {
    let mut hosts = Vec::new();
    let mut ports = Vec::new();
    for item in text.split(',') {
        let (host, port) = host_and_port(item)?;
        hosts.push(decode(host, "the host")?);
        ports.push(decode(port, "the port")?);
    }
    // A list of empty items is unset: the environment fills it.
    let pair =
        |name, list: Vec<String>| list.iter().any(|item| !item.is_empty()).then(|| Pair::new(name, list.join(",")));
    Ok([pair("host", hosts), pair("port", ports)].into_iter().flatten().collect())
}

fn host_and_port(item: &str) -> Result<(&str, &str), String> {
    let Some(bracketed) = item.strip_prefix('[') else {
        return Ok(item.split_once(':').unwrap_or((item, "")));
    };
    let (host, rest) = bracketed.split_once(']').ok_or("has a [ without ] in the host's place")?;
    match rest.strip_prefix(':') {
        Some(port) => Ok((host, port)),
        None if rest.is_empty() => Ok((host, "")),
        None => Err("has something other than a port behind the ] of the host".to_owned()),
    }
}

fn parameter(item: &str) -> Result<Pair, String> {
    let (raw, value) = match item.split_once('=') {
        Some((name, value)) => (name, value),
        // JDBC's `?ssl` is `ssl=true`.
        None if item == "ssl" => (item, ""),
        None => return Err("has a parameter without `=` in its query".to_owned()),
    };
    if raw.is_empty() {
        return Err("has an `=` without a parameter's name before it".to_owned());
    }
    let name = decode(raw, "a parameter's name")?;
    match params::known_word(&name) {
        Some(word) => Ok(Pair::new(name, decode(value, &format!("the parameter `{word}`"))?)),
        None if item.contains('@') => Err(stray_at()),
        // An ignored parameter need not be well-formed.
        None => Ok(Pair::new(name, value)),
    }
}

/// SQLAlchemy's `?host=a:5432&host=b:5433`, as `host=a,b&port=5432,5433`.
fn hosts_with_ports(parameters: Vec<Pair>) -> Vec<Pair> {
    let (hosts, mut rest): (Vec<_>, Vec<_>) = parameters.into_iter().partition(|pair| pair.name() == "host");
    let items = hosts.iter().flat_map(|pair| pair.value().split(','));
    let (names, ports): (Vec<&str>, Vec<&str>) = items.map(split_port).unzip();
    // Inserted first: pairs after a password may be pieces of it.
    if !hosts.is_empty() {
        rest.insert(0, Pair::new("host", names.join(",")));
    }
    if ports.iter().any(|port| !port.is_empty()) {
        rest.insert(1, Pair::new("port", ports.join(",")));
    }
    rest
}

/// A host and its port, if it has one: an IPv6 address needs brackets, and a socket directory has no port.
fn split_port(item: &str) -> (&str, &str) {
    match item.rsplit_once(':') {
        Some((host, port))
            if !item.starts_with('/')
                && (!host.contains(':') || host.ends_with(']'))
                && !port.is_empty()
                && port.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            (host, port)
        }
        _ => (item, ""),
    }
}

/// `text` with its percent escapes decoded (RFC 3986, 2.1); `+` is not a space, as in libpq.
fn decode(text: &str, place: &str) -> Result<String, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        if *first != b'%' {
            bytes.push(*first);
            rest = after;
            continue;
        }
        let digit = |at: usize| after.get(at).and_then(|&b| char::from(b).to_digit(16));
        match (digit(0), digit(1)) {
            (Some(0), Some(0)) => return Err(format!("has a %00 in {place}")),
            // Two hexadecimal digits are below 256.
            (Some(high), Some(low)) => bytes.push((high * 16 + low) as u8),
            _ => return Err(format!("has a % without two hexadecimal digits in {place}: write % as %25")),
        }
        rest = &after[2..];
    }
    String::from_utf8(bytes).map_err(|_| format!("has percent escapes that are not UTF-8 in {place}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_is_found_and_decoded() {
        for (text, pairs) in [
            ("", &[][..]),
            ("db", &[("host", "db")]),
            ("/shop", &[("dbname", "shop")]),
            ("u@db/", &[("user", "u"), ("host", "db")]),
            (
                "u:p%40@db:1/s%20p",
                &[("user", "u"), ("password", "p@"), ("host", "db"), ("port", "1"), ("dbname", "s p")],
            ),
            ("a:1,b:2,c/s", &[("host", "a,b,c"), ("port", "1,2,"), ("dbname", "s")]),
            ("[::1]:5/s", &[("host", "::1"), ("port", "5"), ("dbname", "s")]),
            ("[::1],b", &[("host", "::1,b")]),
            (":5433/s", &[("port", "5433"), ("dbname", "s")]),
            ("%2Frun%2Fpg/s", &[("host", "/run/pg"), ("dbname", "s")]),
            ("/s?host=/run/pg&user=me@x", &[("dbname", "s"), ("host", "/run/pg"), ("user", "me@x")]),
            ("?user=me@x", &[("user", "me@x")]),
            ("db?sslmode=require", &[("host", "db"), ("sslmode", "require")]),
            ("u:p@w@db", &[("user", "u"), ("password", "p@w"), ("host", "db")]),
            ("u:p?w#:@db", &[("user", "u"), ("password", "p?w#:"), ("host", "db")]),
            ("db?sslmode=", &[("host", "db")]),
            ("/s?host=a:1&host=b:2", &[("dbname", "s"), ("host", "a,b"), ("port", "1,2")]),
            ("/s?host=a&host=b:2", &[("dbname", "s"), ("host", "a,b"), ("port", ",2")]),
            ("/s?host=[::1]:1,::2", &[("dbname", "s"), ("host", "[::1],::2"), ("port", "1,")]),
            ("/s?host=/cloudsql/p:r:1", &[("dbname", "s"), ("host", "/cloudsql/p:r:1")]),
        ] {
            let pairs: Vec<_> = pairs.iter().map(|&(name, value)| Pair::new(name, value)).collect();
            let found = parse(text).unwrap();
            let shown: Vec<_> = found.iter().map(|pair| (pair.name(), pair.value())).collect();
            assert!(found == pairs, "{text}: {shown:?}");
        }
    }

    #[test]
    fn what_is_not_well_formed_is_refused() {
        for bad in [
            "u:%zz@db",
            "u:%2@db",
            "u:%00@db",
            "u:%ff@db",
            "[::1",
            "[::1]x",
            "db?a",
            "db?=a",
            "u:a/b@db",
            "u:1/x?y=@db",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
