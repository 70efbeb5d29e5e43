//! The place of the database, and the credentials for it.
//!
//! ```text
//! variables ─ pairs (url, keyvalue) ─ params ─ service file ─ PG* ─ target (hosts, tls, password file)
//! ```

mod account;
pub mod demands;
mod hosts;
mod keyvalue;
mod pairs;
mod params;
mod passfile;
mod service;
mod sources;
mod target;
mod tls;
mod url;

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::Secret;
use super::error::ConfigError;
use super::variables::Variables;
pub use demands::Demands;
use sources::Sources;
use target::Rules;

/// The sources of the connection settings, which are read again at every attempt ([`Database::resolve`]), because secrets rotate.
#[derive(Clone)]
pub struct Database {
    sources: Sources,
    /// At least one word.
    password_command: Option<Vec<String>>,
    /// `LOCKGATE_SCRAM_MIN_ITERATIONS`.
    least_iterations: u32,
    /// Overrides the database name of the sources.
    dbname: Option<String>,
}

impl Database {
    pub(super) fn new(variables: &Variables, password_command: Option<Vec<String>>, least_iterations: u32) -> Self {
        Self { sources: Sources::new(variables), password_command, least_iterations, dbname: None }
    }

    /// Another database of the same server, by the same role.
    #[must_use]
    pub fn in_database(&self, name: String) -> Self {
        Self { dbname: Some(name), ..self.clone() }
    }

    /// Reads every source in its current state.
    ///
    /// # Errors
    /// [`ConfigError::NoDatabase`] if none is named, otherwise the first error.
    pub fn resolve(&self) -> Result<Target, ConfigError> {
        self.require()?;
        let (target, _) = self.read();
        // The list of errors is never empty; "no database" would be the least wrong reading of it.
        target.map_err(|errors| errors.into_iter().next().unwrap_or(ConfigError::NoDatabase))
    }

    /// Checks that a database is named.
    ///
    /// # Errors
    /// [`ConfigError::NoDatabase`].
    pub fn require(&self) -> Result<(), ConfigError> {
        if self.sources.name_a_database() { Ok(()) } else { Err(ConfigError::NoDatabase) }
    }

    /// The words of `LOCKGATE_PASSWORD_COMMAND`, which runs without a shell at every attempt; if it is set, [`Target::password`]
    /// is `None`.
    pub fn password_command(&self) -> Option<&[String]> {
        self.password_command.as_deref()
    }

    /// Database, hosts, ports and user for a message; never a secret. Reads the sources.
    pub fn describe(&self) -> String {
        match self.resolve() {
            Ok(target) => target.describe(),
            Err(ConfigError::NoDatabase) => "no database".to_owned(),
            Err(_) => "a database whose settings cannot be read".to_owned(),
        }
    }

    /// The warnings and all errors of the sources; empty if no database is named.
    pub(super) fn check(&self) -> (Vec<String>, Vec<ConfigError>) {
        if self.require().is_err() {
            return (Vec::new(), Vec::new());
        }
        let (target, warnings) = self.read();
        (warnings, target.err().unwrap_or_default())
    }

    fn read(&self) -> (Result<Target, Vec<ConfigError>>, Vec<String>) {
        let (mut warnings, mut errors) = (Vec::new(), Vec::new());
        let params = self.sources.params(&mut warnings, &mut errors);
        let rules = Rules { ask_command: self.password_command.is_some(), least_iterations: self.least_iterations };
        let target = params.map(|params| target::assemble(&params, &self.sources.account, &rules, &mut warnings));
        match target {
            Some(Ok(target)) if errors.is_empty() => {
                let dbname = self.dbname.clone().unwrap_or_else(|| target.dbname.clone());
                return (Ok(Target { dbname, ..target }), warnings);
            }
            Some(Err(wrong)) => errors.extend(wrong),
            Some(Ok(_)) | None => {}
        }
        (Err(errors), warnings)
    }
}

/// Shows only which sources exist: a connection string or a command may contain a secret at any position.
impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let command = self.password_command.as_ref().map(|_| "[command]");
        f.debug_struct("Database").field("sources", &self.sources).field("password_command", &command).finish()
    }
}

/// One attempt's connection settings: every source read, every default filled in.
#[derive(Clone, Debug)]
pub struct Target {
    /// At least one host.
    pub hosts: Vec<Host>,
    /// `hostaddr`: for each host, the address to connect to instead of resolving the name. The certificate is still checked
    /// against the name.
    pub addresses: Vec<Option<IpAddr>>,
    pub user: String,
    /// The password for every host; from a password file, that of the first host that has one.
    pub password: Option<Secret>,
    pub dbname: String,
    pub ssl_mode: SslMode,
    /// `sslnegotiation=direct`: TLS begins at once, without a request (PostgreSQL 17 and later).
    pub direct_tls: bool,
    pub tls: TlsFiles,
    /// `options`: command-line options for the server.
    pub options: Option<String>,
    /// The limit of one attempt at one host (DNS, TCP, TLS and authentication together); at least 2 s, 10 s by default.
    pub connect_timeout: Duration,
    pub target_session: TargetSession,
    pub demands: Demands,
}

impl Target {
    /// The first schema of the search_path among the options for the server; none if they say none.
    pub fn first_schema(&self) -> Option<String> {
        target::first_schema(self.options.as_deref()?)
    }

    /// `shop on db:5432 as app`, for a message; never contains a secret.
    pub fn describe(&self) -> String {
        let hosts: Vec<_> = self.hosts.iter().map(ToString::to_string).collect();
        format!("{} on {} as {}", self.dbname, hosts.join(", "), self.user)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    Tcp {
        host: String,
        port: u16,
    },
    /// The directory of a Unix socket.
    Unix {
        directory: PathBuf,
        port: u16,
    },
}

/// `db:5432`, `[::1]:5432`, or the socket's file.
impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "{host}:{port}"),
            Self::Unix { directory, port } => write!(f, "{}/.s.PGSQL.{port}", directory.display()),
        }
    }
}

/// libpq's six (PostgreSQL documentation 34.19).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SslMode {
    Disable,
    Allow,
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
}

#[derive(Clone, Debug, Default)]
pub struct TlsFiles {
    /// `sslrootcert`; [`RootCert::System`] also for `verify-full` without a file.
    pub root: Option<RootCert>,
    /// The client's certificate, which has a key.
    pub cert: Option<PathBuf>,
    pub key: Option<PathBuf>,
    /// `sslcrl`: lists of revoked certificates.
    pub revoked: Option<PathBuf>,
    /// `sslcrldir`.
    pub revoked_directory: Option<PathBuf>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RootCert {
    System,
    File(PathBuf),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetSession {
    Any,
    ReadWrite,
    Primary,
}

#[cfg(test)]
mod tests;
