//! Creates sessions from settings: dialling, TLS, waiting by cause, and the observers.

mod application;
mod backoff;
mod dial;
mod error;
mod frames;
mod guard;
pub mod message;
mod notices;
mod observer;
mod session;
pub mod session_settings;
mod socket;
mod stage;
mod tls;
mod waiting;
mod wire;

pub use application::{PREFIX as APPLICATION_PREFIX, application_name};
pub use backoff::{Pauses, jittered, jittered_by, pause_beside};
pub use error::{ConnectError, ServerError, SessionError};
pub use message::Message;
pub use notices::Notice;
pub use observer::{Observation, Observers};
pub use session::{Answer, Canceller, Row, Sent, Session};
pub use stage::Stage;
pub use waiting::Waiting;
pub use wire::{Stream, Wire};

use std::sync::Arc;

use crate::config::{Database, Host, Target};
use crate::failure::Coded;
use crate::progress::Progress;

/// Creates sessions. The settings are read again for every session, because secrets rotate.
#[derive(Clone, Debug)]
pub struct Connector {
    database: Arc<Database>,
    application: Arc<str>,
    progress: Progress,
    track: stage::Track,
}

impl Connector {
    pub fn new(database: Database, application: &str, progress: Progress) -> Self {
        Self { database: Arc::new(database), application: application.into(), progress, track: stage::Track::default() }
    }

    /// Makes one attempt: each host in turn, until one accepts. A refused password ends it at once, as in libpq (PostgreSQL
    /// documentation 34.1.1.3).
    ///
    /// # Errors
    /// The error of the last host that was tried.
    pub async fn connect(&self) -> Result<Session, ConnectError> {
        let result = self.try_hosts().await;
        self.progress.metrics.connect_attempt(match &result {
            Ok(_) => "connected",
            Err(error) => error.code().entry().class.word(),
        });
        result
    }

    async fn try_hosts(&self) -> Result<Session, ConnectError> {
        let target = dial::resolve(&self.database).await?;
        let mut last = None;
        for at in 0..target.hosts.len() {
            match dial::dial(&target, at, &self.application, &self.track).await {
                Ok(session) => return Ok(session),
                Err(error) if error.ends_attempt() => return Err(error),
                Err(error) => last = Some(error),
            }
        }
        Err(last.unwrap_or_else(|| ConnectError::no_host(&target)))
    }

    /// The target for another program's connections, with its password: every source is read again.
    ///
    /// # Errors
    /// A source cannot be read.
    pub async fn target(&self) -> Result<Target, ConnectError> {
        dial::resolve(&self.database).await
    }

    /// A connection for another program: to the server's first host, encrypted, and otherwise unused.
    ///
    /// # Errors
    /// The host cannot be reached, or does not satisfy sslmode.
    pub async fn wire(&self, target: &Target) -> Result<Wire, ConnectError> {
        wire::wire(target, &self.track).await
    }

    /// The current stage of the attempt in progress.
    pub fn stage(&self) -> Stage {
        self.track.stage()
    }

    /// The target of the connections, without a secret.
    pub fn describe(&self) -> String {
        self.database.describe()
    }
}

/// `host:port`, or the path of the socket.
fn address(host: &Host) -> String {
    match host {
        Host::Tcp { host, port } if host.contains(':') => format!("[{host}]:{port}"),
        Host::Tcp { host, port } => format!("{host}:{port}"),
        Host::Unix { directory, port } => format!("{}/.s.PGSQL.{port}", directory.display()),
    }
}

impl ConnectError {
    fn no_host(target: &Target) -> Self {
        Self::Unreachable { address: target.dbname.clone(), source: std::io::Error::other("no host is named") }
    }
}
