//! The environment of the runner's command: the gate's own, without its settings, and with the server that it chose.

use std::ffi::OsString;
use std::time::Duration;

use crate::config::{Host, RootCert, Target};
use crate::pg::name::MAX_IDENTIFIER;
use crate::pg::version::ServerVersion;

/// The properties of the command's connections.
pub struct Wanted<'a> {
    pub target: &'a Target,
    /// The index of the target's host that accepted the gate.
    pub host: usize,
    pub server: ServerVersion,
    pub application: &'a str,
    /// The limit of each wait for a lock; none means the role's own.
    pub lock_timeout: Option<Duration>,
}

/// Variables that would lead elsewhere, or that are only for the gate.
pub fn removed(names: impl Iterator<Item = String>) -> Vec<String> {
    const ELSEWHERE: [&str; 5] =
        ["PGSERVICE", "PGSERVICEFILE", "PGTARGETSESSIONATTRS", "PGHOSTADDR", "PGLOADBALANCEHOSTS"];
    names.filter(|name| name.starts_with("LOCKGATE_") || ELSEWHERE.contains(&name.as_str())).collect()
}

/// The variables that override the gate's own, which `there` returns.
pub fn set(wanted: &Wanted<'_>, there: impl Fn(&str) -> Option<String>) -> Vec<(String, OsString)> {
    let Wanted { target, host, application, .. } = wanted;
    let mut set: Vec<(String, OsString)> = Vec::new();
    let mut put = |name: &str, value: OsString| set.push((name.to_owned(), value));
    match &target.hosts[*host] {
        Host::Tcp { host, port } => {
            put("PGHOST", host.into());
            put("PGPORT", port.to_string().into());
        }
        Host::Unix { directory, port } => {
            put("PGHOST", directory.into());
            put("PGPORT", port.to_string().into());
        }
    }
    if let Some(address) = target.addresses.get(*host).copied().flatten() {
        put("PGHOSTADDR", address.to_string().into());
    }
    put("PGUSER", target.user.clone().into());
    put("PGDATABASE", target.dbname.clone().into());
    if let Some(password) = &target.password {
        put("PGPASSWORD", password.expose().into());
    }
    put("PGSSLMODE", target.ssl_mode.word().into());
    match &target.tls.root {
        Some(RootCert::File(path)) => put("PGSSLROOTCERT", path.into()),
        Some(RootCert::System) => put("PGSSLROOTCERT", "system".into()),
        None => {}
    }
    for (name, path) in
        [("PGSSLCERT", &target.tls.cert), ("PGSSLKEY", &target.tls.key), ("PGSSLCRL", &target.tls.revoked)]
    {
        if let Some(path) = path {
            put(name, path.into());
        }
    }
    put("PGAPPNAME", (*application).into());
    put("PGOPTIONS", options(wanted, there("PGOPTIONS")).into());
    if there("DATABASE_URL").is_none_or(|url| url.is_empty()) {
        put("DATABASE_URL", url(target, &target.hosts[*host]).into());
    }
    set
}

fn options(wanted: &Wanted<'_>, there: Option<String>) -> String {
    let mut options = wanted.target.options.clone().or(there).unwrap_or_default();
    let mut add = |name: &str, value: String| {
        if !options.contains(name) {
            let space = if options.is_empty() { "" } else { " " };
            options.push_str(&format!("{space}-c {name}={value}"));
        }
    };
    // A backend whose client is gone ends its statement (PostgreSQL 14 and later).
    if wanted.server.major() >= 14 {
        add("client_connection_check_interval", "1s".to_owned());
    }
    if let Some(timeout) = wanted.lock_timeout {
        add("lock_timeout", format!("{}ms", timeout.as_millis()));
    }
    options
}

/// The connection as a URL that SQLAlchemy and libpq read alike.
fn url(target: &Target, host: &Host) -> String {
    match host {
        Host::Tcp { .. } => format!("postgresql://{}?sslmode={}", authority(target, host), target.ssl_mode.word()),
        Host::Unix { directory, port } => {
            let directory = encoded(&directory.to_string_lossy());
            format!("postgresql://{}?host={directory}&port={port}", authority(target, host))
        }
    }
}

/// The part of a URL from the user to the database; a socket directory cannot be part of it.
pub fn authority(target: &Target, host: &Host) -> String {
    let user = encoded(&target.user);
    let password =
        target.password.as_ref().map(|password| format!(":{}", encoded(password.expose()))).unwrap_or_default();
    let place = match host {
        Host::Tcp { host, port } if host.contains(':') => format!("[{host}]:{port}"),
        Host::Tcp { host, port } => format!("{host}:{port}"),
        Host::Unix { .. } => String::new(),
    };
    format!("{user}{password}@{place}/{}", encoded(&target.dbname))
}

fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// The application name of the command's sessions. Its suffix is unique to this run, so no other session is ended.
pub fn application(pod: &str) -> String {
    const PREFIX: &str = "lockgate-runner/";
    let own = format!(":{:08x}", fastrand::u32(..));
    let printable: String = pod.chars().map(|c| if c.is_ascii_graphic() { c } else { '?' }).collect();
    let start = printable.len().saturating_sub(MAX_IDENTIFIER - PREFIX.len() - own.len());
    format!("{PREFIX}{}{own}", &printable[start..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn target(url: &str) -> Target {
        let variables = [("LOCKGATE_DATABASE_URL".into(), url.into())];
        Config::load(variables, Vec::new()).unwrap().database.resolve().unwrap()
    }

    fn set_for(
        url: &str,
        version: u32,
        lock_timeout: Option<Duration>,
        there: &[(&str, &str)],
    ) -> Vec<(String, String)> {
        let target = target(url);
        let server = ServerVersion(version);
        let wanted = Wanted { target: &target, host: target.hosts.len() - 1, server, application: "x", lock_timeout };
        let there = |name: &str| there.iter().find(|(other, _)| *other == name).map(|(_, value)| (*value).to_owned());
        let set = set(&wanted, there);
        set.into_iter().map(|(name, value)| (name, value.to_string_lossy().into_owned())).collect()
    }

    fn value(set: &[(String, String)], name: &str) -> Option<String> {
        set.iter().find(|(other, _)| other == name).map(|(_, value)| value.clone())
    }

    #[test]
    fn the_server_that_was_chosen_is_the_commands_too() {
        let url = "postgres://me:p%40ss@one:1,two:2/my%20db?sslmode=disable";
        let set = set_for(url, 150_000, None, &[]);
        for (name, wanted) in [
            ("PGHOST", "two"),
            ("PGPORT", "2"),
            ("PGUSER", "me"),
            ("PGPASSWORD", "p@ss"),
            ("PGDATABASE", "my db"),
            ("PGSSLMODE", "disable"),
            ("PGAPPNAME", "x"),
            ("PGOPTIONS", "-c client_connection_check_interval=1s"),
            ("DATABASE_URL", "postgresql://me:p%40ss@two:2/my%20db?sslmode=disable"),
        ] {
            assert_eq!(value(&set, name).as_deref(), Some(wanted), "{name}");
        }
        assert_eq!(value(&set_for(url, 150_000, None, &[("DATABASE_URL", "its own")]), "DATABASE_URL"), None);
    }

    #[test]
    fn options_are_added_to_those_that_are_there_and_an_own_timeout_stays() {
        let timeout = Some(Duration::from_secs(2));
        let options = |version, there: &[(&str, &str)]| {
            value(&set_for("postgres://me@h/d?sslmode=disable", version, timeout, there), "PGOPTIONS").unwrap()
        };
        assert_eq!(options(130_000, &[]), "-c lock_timeout=2000ms");
        let own = [("PGOPTIONS", "-c lock_timeout=9s")];
        assert_eq!(options(140_000, &own), "-c lock_timeout=9s -c client_connection_check_interval=1s");
    }

    #[test]
    fn what_leads_elsewhere_and_what_is_the_gates_is_taken_away() {
        let names = ["LOCKGATE_DATABASE_URL", "PGSERVICE", "PATH", "PGHOST"].map(str::to_owned);
        assert_eq!(removed(names.into_iter()), ["LOCKGATE_DATABASE_URL", "PGSERVICE"]);
    }

    #[test]
    fn each_run_has_a_name_of_its_own_that_the_server_keeps_whole() {
        let (one, other) = (application(&"pod-".repeat(30)), application("pod"));
        assert!(one.len() == MAX_IDENTIFIER && other.starts_with("lockgate-runner/pod:") && one != other);
    }
}
