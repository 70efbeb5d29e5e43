//! Interprets parameters as a [`Target`]: meanings, defaults, and the password.

use std::path::{Path, PathBuf};
use std::time::Duration;

use zeroize::Zeroizing;

use super::super::error::ConfigError;
use super::super::{Secret, secret_file};
use super::account::Account;
use super::params::{Key, Params};
use super::passfile::{self, Wanted};
use super::{Host, Target, TargetSession, demands, hosts, tls};
use crate::files::{self, FileError};
use crate::pg::name::quote_ident;

/// libpq has no limit by default; a gate has other hosts to try.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const SHORTEST_CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// The rules of lockgate's own settings for every connection.
pub(super) struct Rules {
    /// True if a command provides the password.
    pub(super) ask_command: bool,
    pub(super) least_iterations: u32,
}

/// # Errors
/// All errors of the parameters.
pub(super) fn assemble(
    params: &Params,
    account: &Account,
    rules: &Rules,
    warnings: &mut Vec<String>,
) -> Result<Target, Vec<ConfigError>> {
    let mut errors = Vec::new();
    let hosts = hosts::read(params).map_err(|wrong| errors.extend(wrong)).ok();
    let mut note = Noted(&mut errors);
    let ssl_mode = note.value(tls::mode(params));
    let user = note.value(user(params, account));
    let dbname = note.value(name(params, Key::Dbname));
    let connect_timeout = note.value(connect_timeout(params));
    let target_session = note.value(target_session(params));
    let demands = note.value(demands::read(params, rules.least_iterations));
    let direct_tls = ssl_mode.and_then(|mode| note.value(tls::is_direct(params, mode)));
    note.value(gss(params));
    let tls = ssl_mode.and_then(|mode| note.value(tls::files(params, mode, account.home.as_deref())));
    let options = note.value(options(params));
    let (Some(hosts), Some(ssl_mode), Some(user), Some(dbname), Some(connect_timeout)) =
        (hosts, ssl_mode, user, dbname, connect_timeout)
    else {
        return Err(errors);
    };
    let (Some(target_session), Some(demands), Some(options), Some(direct_tls), Some(tls), true) =
        (target_session, demands, options, direct_tls, tls, errors.is_empty())
    else {
        return Err(errors);
    };
    let (hosts, addresses) = hosts.into_iter().unzip();
    let mut target = Target {
        hosts,
        addresses,
        dbname: dbname.unwrap_or_else(|| user.clone()),
        user,
        password: None,
        ssl_mode,
        direct_tls,
        tls,
        options,
        connect_timeout,
        target_session,
        demands,
    };
    target.password = password(params, account, &target, rules.ask_command, warnings);
    Ok(target)
}

/// Collects errors, so the next value is checked too.
struct Noted<'a>(&'a mut Vec<ConfigError>);

impl Noted<'_> {
    fn value<T>(&mut self, result: Result<T, ConfigError>) -> Option<T> {
        result.map_err(|error| self.0.push(error)).ok()
    }
}

/// A user or database. It is printed, so it must not be a connection string in the wrong place.
fn name(params: &Params, key: Key) -> Result<Option<String>, ConfigError> {
    match params.get(key) {
        Some(text) if text.contains("://") => Err(params.wrong(key, "is a URL, not a name")),
        text => Ok(text.map(str::to_owned)),
    }
}

fn user(params: &Params, account: &Account) -> Result<String, ConfigError> {
    let user = name(params, Key::User)?.or_else(|| account.user.clone());
    user.ok_or_else(|| ConfigError::setting("PGUSER", "is not set, and this process' account has no name"))
}

fn connect_timeout(params: &Params) -> Result<Duration, ConfigError> {
    let Some(text) = params.get(Key::ConnectTimeout) else { return Ok(CONNECT_TIMEOUT) };
    match text.trim().parse::<i32>() {
        Ok(seconds @ 1..) => Ok(Duration::from_secs(seconds.unsigned_abs().into()).max(SHORTEST_CONNECT_TIMEOUT)),
        Ok(_) => Ok(CONNECT_TIMEOUT),
        Err(_) => Err(params.wrong(Key::ConnectTimeout, "is not a whole number of seconds")),
    }
}

fn target_session(params: &Params) -> Result<TargetSession, ConfigError> {
    match params.get(Key::TargetSessionAttrs) {
        None | Some("any") => Ok(TargetSession::Any),
        Some("read-write") => Ok(TargetSession::ReadWrite),
        // The last two words are JDBC's.
        Some("primary" | "master" | "preferPrimary") => Ok(TargetSession::Primary),
        Some(
            "read-only" | "standby" | "prefer-standby" | "secondary" | "preferSecondary" | "slave" | "preferSlave",
        ) => Err(params.wrong(Key::TargetSessionAttrs, "must be any, read-write or primary: a gate writes")),
        Some(_) => Err(params.wrong(Key::TargetSessionAttrs, "is not one of any, read-write, primary")),
    }
}

/// The command-line options for the server, followed by the search_path of a driver's parameter: the last of two counts.
fn options(params: &Params) -> Result<Option<String>, ConfigError> {
    let path = match (params.get(Key::Schema), params.get(Key::SearchPath)) {
        (Some(schema), Some(path)) if path.trim() != schema && path.trim() != quote_ident(schema) => {
            return Err(params.wrong(Key::Schema, "and `search_path` (or `currentSchema`) name different schemas"));
        }
        // PgBouncer refuses `options`, and `public` is the default anyway.
        (Some("public"), _) if params.get(Key::PgBouncer) == Some("true") => None,
        (Some(schema), _) => Some(quote_ident(schema)),
        (None, path) => path.map(str::to_owned),
    };
    let given = params.get(Key::Options).map(str::to_owned);
    Ok(match (given, path.map(|path| format!("-csearch_path={}", escaped(&path)))) {
        (Some(given), Some(path)) => Some(format!("{given} {path}")),
        (given, path) => given.or(path),
    })
}

/// The value as one word of `options`, where the server splits at white space and a backslash escapes the next character
/// (`pg_split_opts` in PostgreSQL's postinit.c).
fn escaped(value: &str) -> String {
    let is_special = |c: char| c == '\\' || c.is_ascii_whitespace();
    value.chars().flat_map(|c| is_special(c).then_some('\\').into_iter().chain([c])).collect()
}

/// The first schema of the last search_path among options for the server.
pub(super) fn first_schema(options: &str) -> Option<String> {
    let (_, path) = options.rsplit_once("search_path=")?;
    let mut word = String::new();
    let mut letters = path.chars();
    while let Some(letter) = letters.next().filter(|letter| !letter.is_ascii_whitespace()) {
        word.extend(if letter == '\\' { letters.next() } else { Some(letter) });
    }
    let first = word.split(',').next().unwrap_or_default().trim();
    match first.strip_prefix('"').and_then(|name| name.strip_suffix('"')) {
        Some(name) => Some(name.replace("\"\"", "\"")),
        None => Some(first.to_lowercase()),
    }
}

/// Checks the GSS mode, of which only some values can be ignored.
fn gss(params: &Params) -> Result<(), ConfigError> {
    match params.get(Key::GssEncMode) {
        None | Some("disable" | "prefer") => Ok(()),
        Some("require") => Err(params.wrong(Key::GssEncMode, "is require, which is not supported")),
        Some(_) => Err(params.wrong(Key::GssEncMode, "is not one of disable, prefer, require")),
    }
}

/// The password of the parameters, otherwise of the password file. None if a command provides it.
fn password(
    params: &Params,
    account: &Account,
    target: &Target,
    ask_command: bool,
    warnings: &mut Vec<String>,
) -> Option<Secret> {
    match params.param(Key::Password) {
        Some(param) if ask_command => {
            let origin = &param.origin;
            warnings.push(format!("{origin}: the password is ignored: LOCKGATE_PASSWORD_COMMAND gives it"));
            None
        }
        Some(param) => Some(param.value.clone()),
        None if ask_command => None,
        None => from_file(params, account, target, warnings),
    }
}

fn from_file(params: &Params, account: &Account, target: &Target, warnings: &mut Vec<String>) -> Option<Secret> {
    let named = params.param(Key::PassFile);
    let path = match named {
        Some(param) => PathBuf::from(param.value.expose()),
        None => account.home.as_ref()?.join(".pgpass"),
    };
    let (text, open_to_others) = match read_passfile(&path) {
        Ok(file) => file,
        Err(error) => {
            // libpq is silent about a password file that it cannot read.
            warnings.extend(
                named.map(|param| format!("{}: {} cannot be read: {error}", param.origin, secret_file::shown(&path))),
            );
            return None;
        }
    };
    let password = target.hosts.iter().find_map(|host| passfile::password(&text, wanted(host, target)));
    // libpq refuses such a file. The mode of a mounted secret cannot be restricted, so it is accepted.
    if open_to_others && password.is_some() {
        warnings.push(format!("the password file {} can be read by others", secret_file::shown(&path)));
    }
    password
}

fn read_passfile(path: &Path) -> Result<(Zeroizing<String>, bool), FileError> {
    use std::os::unix::fs::PermissionsExt;
    let open_to_others = std::fs::metadata(path)?.permissions().mode() & 0o077 != 0;
    let content = Zeroizing::new(files::plain(path, secret_file::LARGEST_LIST)?);
    Ok((Zeroizing::new(String::from_utf8_lossy(&content).into_owned()), open_to_others))
}

/// The line of the password file for `host`. The default socket is `localhost` there, as in libpq.
fn wanted<'a>(host: &'a Host, target: &'a Target) -> Wanted<'a> {
    let (host, port) = match host {
        Host::Tcp { host, port } => (host.as_str(), *port),
        Host::Unix { directory, port } if directory == Path::new(hosts::SOCKET_DIRECTORY) => ("localhost", *port),
        Host::Unix { directory, port } => (directory.to_str().unwrap_or_default(), *port),
    };
    Wanted { host, port, dbname: &target.dbname, user: &target.user }
}
