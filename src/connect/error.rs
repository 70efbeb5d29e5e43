//! Failures between a setting and a session, each cause with its code and the patience for it.

use std::error::Error;
use std::fmt;
use std::io;
use std::ops::Deref;
use std::time::Duration;

use tokio_postgres::error::{DbError, ErrorPosition};

use super::guard::Violation;
use super::stage::Stage;
use super::tls;
use crate::config::ConfigError;
use crate::failure::text::cut;
use crate::failure::{Class, Code, Coded, Failure};
use crate::pg::sqlstate::{self, Refusal};
use crate::pg::version::ServerVersion;

/// The complete error of the server: tokio-postgres's own `Display` shows only "db error".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerError(Box<Said>);

/// The fields of an ErrorResponse (PostgreSQL documentation 55.8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    pub sqlstate: String,
    pub message: String,
    pub detail: Option<String>,
    pub hint: Option<String>,
    pub context: Option<String>,
    /// The server's function that raised it; none for errors of a pooler or proxy.
    pub routine: Option<String>,
    /// Characters from the start of the sent message, from 1.
    pub position: Option<u32>,
    pub schema: Option<String>,
    pub table: Option<String>,
    pub column: Option<String>,
    pub constraint: Option<String>,
    /// The number of statements of the same message that succeeded before it.
    pub after: usize,
}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (SQLSTATE {})", self.message, self.sqlstate)
    }
}

impl Error for ServerError {}

impl ServerError {
    /// The same error for a message that begins `by` characters later.
    pub fn moved(mut self, by: u32) -> Self {
        self.0.position = self.0.position.map(|position| position.saturating_sub(by));
        self
    }

    /// The same error for a message without its first statements.
    pub fn behind(mut self, statements: usize) -> Self {
        self.0.after = self.0.after.saturating_sub(statements);
        self
    }

    /// The same error with all its texts mapped.
    pub fn map_texts(mut self, change: impl Fn(&str) -> String) -> Self {
        let said = &mut self.0;
        said.message = change(&said.message);
        for text in [&mut said.detail, &mut said.hint, &mut said.context].into_iter().flatten() {
            *text = change(text);
        }
        self
    }

    /// The message, unless the server's text may contain a value of a row.
    pub fn public(&self) -> Option<String> {
        // A function may raise any SQLSTATE, with any text in any field.
        let is_raised = self.context.as_deref().is_some_and(|context| context.contains("RAISE"));
        if !is_raised && !sqlstate::quotes_values(&self.sqlstate) {
            return None;
        }
        let mut text = format!("{} (SQLSTATE {})", sqlstate::condition(&self.sqlstate), self.sqlstate);
        for (what, name) in [("constraint", &self.constraint), ("table", &self.table), ("column", &self.column)] {
            if let Some(name) = name.as_ref().filter(|_| !is_raised) {
                text.push_str(&format!(", {what} {name}"));
            }
        }
        text.push_str("; the log has the server's words");
        Some(text)
    }
}

impl Deref for ServerError {
    type Target = Said;
    fn deref(&self) -> &Said {
        &self.0
    }
}

/// The longest kept text of the server, in bytes: more than people read.
pub(super) const LONGEST: usize = 4 << 10;

impl From<&DbError> for ServerError {
    fn from(error: &DbError) -> Self {
        let own = |text: Option<&str>| text.map(|text| cut(text, LONGEST).into_owned());
        Self(Box::new(Said {
            sqlstate: cut(error.code().code(), LONGEST).into_owned(),
            message: cut(error.message(), LONGEST).into_owned(),
            detail: own(error.detail()),
            hint: own(error.hint()),
            context: own(error.where_()),
            routine: own(error.routine()),
            position: match error.position() {
                Some(ErrorPosition::Original(position)) => Some(*position),
                Some(ErrorPosition::Internal { .. }) | None => None,
            },
            schema: own(error.schema()),
            table: own(error.table()),
            column: own(error.column()),
            constraint: own(error.constraint()),
            after: 0,
        }))
    }
}

/// The error of a session instead of rows.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SessionError {
    #[error(transparent)]
    Server(ServerError),
    /// The connection broke, and with it the session's locks.
    #[error("the connection broke: {0}")]
    Lost(String),
}

impl SessionError {
    /// The same error, for a message of which `statements` succeeded.
    pub(super) fn after(mut self, statements: usize) -> Self {
        if let Self::Server(error) = &mut self {
            error.0.after = statements;
        }
        self
    }
}

impl From<tokio_postgres::Error> for SessionError {
    fn from(error: tokio_postgres::Error) -> Self {
        match error.as_db_error() {
            Some(server) => Self::Server(server.into()),
            None => Self::Lost(innermost(&error)),
        }
    }
}

/// Reasons why an attempt returned no usable session.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    #[error(transparent)]
    Settings(#[from] ConfigError),
    #[error("the host {host} is unknown")]
    HostUnknown { host: String, source: io::Error },
    #[error("{address} cannot be reached")]
    Unreachable { address: String, source: io::Error },
    #[error("{address} did not answer within {} s: {stage}", .after.as_secs_f32().round())]
    TimedOut { address: String, after: Duration, stage: Stage },
    #[error("{what} at {address}")]
    Refused { address: String, what: String, refusal: Refusal, source: ServerError },
    #[error("the certificate of {address} is not trusted")]
    Certificate { address: String, source: Box<dyn Error + Send + Sync> },
    #[error("the certificate file {file} cannot be used")]
    CertificateFile { file: String, source: Box<dyn Error + Send + Sync> },
    #[error("{address} does not offer TLS")]
    NoTls { address: String },
    #[error("the TLS handshake with {address} failed")]
    Tls { address: String, source: Box<dyn Error + Send + Sync> },
    #[error("{address} and this program have no TLS in common")]
    TlsMismatch { address: String, source: Box<dyn Error + Send + Sync> },
    #[error("{address} does not answer as PostgreSQL does")]
    NotPostgres { address: String, source: Box<dyn Error + Send + Sync> },
    #[error("{address} does not do what the connection demands")]
    Demand { address: String, source: Violation },
    #[error("the server at {address} runs as another account than requirepeer={wanted}: uid {found}")]
    Peer { address: String, wanted: String, found: u32 },
    #[error("{address} asks for an authentication that is not possible here")]
    Authentication { address: String, source: Box<dyn Error + Send + Sync> },
    #[error("{address} is a standby or read-only")]
    Standby { address: String },
    #[error("{product} is not supported")]
    Unsupported { product: String },
    #[error("{}", lost(address, source))]
    Lost { address: String, source: SessionError },
    /// The connection did not break: the same query would be refused again.
    #[error("{address} refuses a question of lockgate's own")]
    OwnQuestion { address: String, source: ServerError },
    #[error("the password command failed")]
    PasswordCommand { source: Box<dyn Error + Send + Sync> },
}

/// A server that answers with an error has not broken the connection.
fn lost(address: &str, source: &SessionError) -> String {
    match source {
        SessionError::Lost(_) => format!("the connection to {address} broke"),
        SessionError::Server(_) => format!("{address} refused a question of lockgate's own"),
    }
}

/// The time that a cause is worth waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Worth {
    /// `LOCKGATE_WAIT_TIMEOUT`.
    Waiting,
    /// `LOCKGATE_AUTH_RETRY_FOR`: secrets rotate, and databases and roles may still be created.
    AuthRetry,
    Nothing,
}

impl ConnectError {
    /// Reads the error of a session's start.
    pub(super) fn from_start(error: &tokio_postgres::Error, address: &str, target: &crate::config::Target) -> Self {
        let address = address.to_owned();
        if let Some(server) = error.as_db_error() {
            return Self::refused(server.into(), address, target);
        }
        if let Some(violation) = violation(error) {
            return Self::violated(address, violation);
        }
        if let Some(io) = find::<io::Error>(error) {
            if let Some(tls) = io.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
                let source = tls.clone().into();
                return match tls {
                    rustls::Error::InvalidCertificate(_) => Self::Certificate { address, source },
                    // The `S` that seemed to accept TLS was the beginning of something else: `SSH-2.0-…`.
                    rustls::Error::InvalidMessage(_) => Self::NotPostgres { address, source },
                    _ if tls::never_heals(tls) => Self::TlsMismatch { address, source },
                    _ => Self::Tls { address, source },
                };
            }
            let source = io::Error::new(io.kind(), io.to_string());
            return match io.kind() {
                io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => {
                    Self::NotPostgres { address, source: source.into() }
                }
                // tokio-util's error for a stream that ends within a message: text that was read as a length.
                _ if source.to_string() == "bytes remaining on stream" => {
                    Self::NotPostgres { address, source: "it ended within a message".into() }
                }
                _ => Self::Unreachable { address, source },
            };
        }
        let text = innermost(error);
        match error.to_string().as_str() {
            _ if text.contains("server does not support TLS") => Self::NoTls { address },
            // A configuration is invalid only during the handshake: the server asks for a password, and there is none.
            shown if shown.starts_with("authentication error") || shown.starts_with("invalid configuration") => {
                Self::Authentication { address, source: text.into() }
            }
            shown if shown.starts_with("error performing TLS handshake") => Self::Tls { address, source: text.into() },
            shown if shown.contains("unexpected message") || shown.contains("error parsing") => {
                Self::NotPostgres { address, source: text.into() }
            }
            _ => Self::Unreachable { address, source: io::Error::other(text) },
        }
    }

    fn violated(address: String, violation: Violation) -> Self {
        match violation {
            violation if violation.is_demand() => Self::Demand { address, source: violation },
            // A server that is starting or full may answer before it has read the request for TLS.
            Violation::TlsAnswer(b'E') => Self::Unreachable { address, source: io::Error::other(violation) },
            violation => Self::NotPostgres { address, source: violation.into() },
        }
    }

    fn refused(source: ServerError, address: String, target: &crate::config::Target) -> Self {
        let routine = source.routine.as_deref();
        let refusal = sqlstate::refusal(&source.sqlstate, &source.message, routine, &target.user);
        let what = match refusal {
            Refusal::Starting => "the server is starting or stopping".to_owned(),
            Refusal::Full => "no free connection".to_owned(),
            Refusal::ReadOnly => "the server is read-only".to_owned(),
            Refusal::Password => format!("the password of role \"{}\" is refused", target.user),
            Refusal::Directory => format!("the password or token of role \"{}\" is refused", target.user),
            Refusal::Role
            | Refusal::Entry
            | Refusal::ClientCertificate
            | Refusal::Account
            | Refusal::Method
            | Refusal::Tenant => format!("role \"{}\" is refused", target.user),
            Refusal::Parameter => "a parameter of the connection is refused".to_owned(),
            Refusal::Closed => format!("database \"{}\" takes no connections", target.dbname),
            Refusal::Library => "the server cannot load what the session is to have".to_owned(),
            Refusal::DatabaseMissing => format!("database \"{}\" does not exist", target.dbname),
            Refusal::Privilege => format!("role \"{}\" may not connect to database \"{}\"", target.user, target.dbname),
            Refusal::Other => "the connection is refused".to_owned(),
        };
        Self::Refused { address, what, refusal, source }
    }

    /// The error of a query that was sent and not answered.
    pub fn unanswered(address: String, source: SessionError) -> Self {
        match source {
            // data_exception, syntax_error_or_access_rule_violation, and internal_error.
            SessionError::Server(source)
                if ["22", "42", "XX"].iter().any(|class| source.sqlstate.starts_with(class)) =>
            {
                Self::OwnQuestion { address, source }
            }
            source => Self::Lost { address, source },
        }
    }

    /// A server that answers, but whose version is not supported.
    pub fn unsupported_version(version: ServerVersion) -> Self {
        Self::Unsupported { product: format!("PostgreSQL {version} (older than {})", ServerVersion::OLDEST.major()) }
    }

    pub fn worth(&self) -> Worth {
        match self {
            Self::HostUnknown { .. }
            | Self::Unreachable { .. }
            | Self::TimedOut { .. }
            | Self::NotPostgres { .. }
            | Self::Standby { .. }
            | Self::Tls { .. }
            | Self::Lost { .. } => Worth::Waiting,
            Self::Refused { refusal, .. } => match refusal {
                Refusal::Starting | Refusal::Full | Refusal::ReadOnly | Refusal::Other => Worth::Waiting,
                Refusal::Password
                | Refusal::Directory
                | Refusal::Role
                | Refusal::Entry
                | Refusal::ClientCertificate
                | Refusal::Account
                | Refusal::Method
                | Refusal::Closed
                | Refusal::DatabaseMissing => Worth::AuthRetry,
                Refusal::Privilege | Refusal::Tenant | Refusal::Parameter | Refusal::Library => Worth::Nothing,
            },
            Self::NoTls { .. }
            | Self::PasswordCommand { .. }
            | Self::Authentication { .. }
            | Self::Demand { .. }
            | Self::Peer { .. } => Worth::AuthRetry,
            // A secret's file may be in the middle of its rotation.
            Self::Settings(error) if error.code() == Code::SECRET_UNREADABLE => Worth::AuthRetry,
            Self::Settings(_)
            | Self::Certificate { .. }
            | Self::CertificateFile { .. }
            | Self::TlsMismatch { .. }
            | Self::Unsupported { .. }
            | Self::OwnQuestion { .. } => Worth::Nothing,
        }
    }

    /// True if the next host must not be tried: it would give the same answer, or a password would be shown to many hosts.
    pub(super) fn ends_attempt(&self) -> bool {
        match self {
            Self::Refused { refusal, .. } => matches!(refusal, Refusal::Password),
            Self::Settings(_) | Self::CertificateFile { .. } | Self::PasswordCommand { .. } => true,
            _ => false,
        }
    }

    /// True if TLS failed.
    pub(super) fn is_of_tls(&self) -> bool {
        matches!(self, Self::Tls { .. } | Self::TlsMismatch { .. })
    }

    /// The cause in a few words, equal for equal causes: a change is logged.
    pub fn words(&self) -> String {
        let failure_of = |source: &dyn Error| format!("{self}: {}", innermost(source));
        match self {
            Self::HostUnknown { source, .. } | Self::Unreachable { source, .. } => failure_of(source),
            Self::Refused { source, .. } => failure_of(source),
            Self::Demand { source, .. } => failure_of(source),
            Self::Tls { source, .. }
            | Self::TlsMismatch { source, .. }
            | Self::NotPostgres { source, .. }
            | Self::Authentication { source, .. } => failure_of(source.as_ref()),
            _ => self.to_string(),
        }
    }
}

impl Coded for ConnectError {
    fn code(&self) -> Code {
        match self {
            Self::Settings(error) => error.code(),
            Self::HostUnknown { .. } | Self::TimedOut { stage: Stage::Name, .. } => Code::HOST_UNKNOWN,
            Self::TlsMismatch { .. } => Code::TLS_MISMATCH,
            Self::Unreachable { .. } | Self::TimedOut { .. } | Self::Tls { .. } => Code::UNREACHABLE,
            Self::Refused { refusal, .. } => match refusal {
                Refusal::Starting => Code::STARTING,
                Refusal::Full => Code::FULL,
                Refusal::ReadOnly => Code::STANDBY,
                Refusal::Password | Refusal::Directory => Code::PASSWORD,
                Refusal::Role
                | Refusal::Entry
                | Refusal::ClientCertificate
                | Refusal::Account
                | Refusal::Method
                | Refusal::Tenant => Code::ROLE,
                Refusal::Parameter => Code::PARAMETER_REFUSED,
                Refusal::Closed | Refusal::Library => Code::NOT_ADMITTED,
                Refusal::DatabaseMissing => Code::DATABASE_MISSING,
                Refusal::Privilege => Code::PRIVILEGE,
                Refusal::Other => Code::UNREACHABLE,
            },
            Self::Authentication { .. } => Code::PASSWORD,
            Self::Demand { .. } | Self::Peer { .. } => Code::DEMAND,
            Self::Certificate { .. } => Code::CERTIFICATE,
            Self::CertificateFile { .. } => Code::CERTIFICATE_FILE,
            Self::NoTls { .. } => Code::NO_TLS,
            Self::NotPostgres { .. } => Code::NOT_POSTGRES,
            Self::Standby { .. } => Code::STANDBY,
            Self::Unsupported { .. } => Code::UNSUPPORTED,
            Self::Lost { .. } => Code::CONNECTION_LOST,
            Self::OwnQuestion { source, .. } if source.sqlstate == "42501" => Code::PRIVILEGE,
            Self::OwnQuestion { .. } => Code::BUG,
            Self::PasswordCommand { .. } => Code::SECRET_UNREADABLE,
        }
    }

    fn details(&self) -> Vec<String> {
        match self {
            Self::Settings(error) => error.details(),
            Self::Refused { source, .. } => {
                let lines = [("detail", &source.detail), ("hint", &source.hint)];
                lines.iter().filter_map(|(name, text)| text.as_ref().map(|text| format!("{name}: {text}"))).collect()
            }
            _ => Vec::new(),
        }
    }

    fn next(&self) -> Option<String> {
        match self {
            Self::Settings(error) => error.next(),
            Self::Refused { refusal, .. } => refusal.advice().map(str::to_owned),
            Self::Certificate { source, .. } => source.downcast_ref().and_then(tls::advice).map(str::to_owned),
            Self::TimedOut { stage: Stage::Name, .. } => Some(
                "check the resolver (/etc/resolv.conf), and that network policies let DNS (port 53) pass".to_owned(),
            ),
            _ => None,
        }
    }
}

impl ConnectError {
    /// The failure with which the wait ends.
    pub fn give_up(self, waited: Duration) -> Failure {
        let mut failure = Failure::from(self);
        if failure.class() == Class::Retry || waited > Duration::from_secs(1) {
            failure.details.push(format!("waited {:.0} s", waited.as_secs_f32()));
        }
        failure
    }
}

/// The text at the end of the chain of causes, which is the specific one.
fn innermost(error: &dyn Error) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}

/// The violation that the connection's guard found.
pub(super) fn violation(error: &tokio_postgres::Error) -> Option<Violation> {
    let io = find::<io::Error>(error)?;
    io.get_ref()?.downcast_ref::<Violation>().cloned()
}

fn find<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        next = error.source();
    }
    None
}
