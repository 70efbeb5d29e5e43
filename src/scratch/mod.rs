//! A scratch server, on which a chain runs on an empty database: one of this machine for the lifetime of a command, or a separate
//! database on a given server. Neither leaves anything behind.

mod cluster;
mod error;
mod given;
pub mod keeper;
mod own;
mod programs;
mod user;

pub use cluster::touches_cluster;
pub use error::ScratchError;
pub use given::keeper as database_keeper;

use std::ffi::OsString;
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use crate::chain::hex::hex;
use crate::config::{Config, ConfigErrors, Database, Secret};
use crate::connect::{Connector, Message, Session};
use crate::pg::name::{quote_array, quote_ident};
use crate::progress::Progress;
use crate::telemetry::metrics::Metrics;

/// A server with an empty database. Dropping it removes everything.
#[derive(Debug)]
pub enum Scratch {
    /// A server that was created for the command.
    Own(own::Server),
    /// A given server, on which only one database is ours.
    Given(given::Given),
}

/// The demands of a chain on its server.
#[derive(Debug, Default)]
pub struct Demands {
    /// Roles that it names and does not create.
    pub roles: Vec<String>,
    /// Its first statement that affects more than its database, by place.
    pub cluster: Option<String>,
}

impl Scratch {
    /// Starts the server that the settings name, or one from the installed programs.
    ///
    /// # Errors
    /// There is none, or the chain would change more of a given server than its database.
    pub async fn start(config: &Config, demands: &Demands) -> Result<Self, ScratchError> {
        let scratch = match &config.scratch.url {
            None => Self::Own(own::Server::start(config.scratch.bin.as_deref()).await?),
            Some(url) => Self::given(url, config.scratch.is_mine, demands).await?,
        };
        let database = scratch.database()?;
        let session = session(&database).await?;
        let missing = missing_roles(&session, &demands.roles).await?;
        match (&scratch, missing.is_empty()) {
            (_, true) => {}
            (Self::Given(_), false) if !config.scratch.is_mine => return Err(ScratchError::NoRoles(missing)),
            (Self::Own(_) | Self::Given(_), false) => make_roles(&session, &missing).await?,
        }
        session.close().await;
        Ok(scratch)
    }

    async fn given(url: &Secret, is_mine: bool, demands: &Demands) -> Result<Self, ScratchError> {
        if let Some(place) = demands.cluster.as_ref().filter(|_| !is_mine) {
            return Err(ScratchError::Cluster(place.clone()));
        }
        Ok(Self::Given(given::Given::start(url).await?))
    }

    /// The same server with another, empty database.
    ///
    /// # Errors
    /// The server does not answer, or refuses.
    pub async fn emptied(self, config: &Config) -> Result<Self, ScratchError> {
        match (self, &config.scratch.url) {
            (Self::Own(server), _) => server.emptied().await.map(Self::Own),
            (Self::Given(_), Some(url)) => given::Given::start(url).await.map(Self::Given),
            (given @ Self::Given(_), None) => Ok(given),
        }
    }

    fn database(&self) -> Result<Database, ScratchError> {
        match self {
            Self::Own(server) => server.database(),
            Self::Given(given) => Ok(given.database.clone()),
        }
    }

    /// The settings of a command, with this server's database instead of the given one.
    ///
    /// # Errors
    /// A bug: our own address is always valid.
    pub fn config(&self, config: &Config) -> Result<Config, ScratchError> {
        Ok(Config { database: self.database()?, ..config.clone() })
    }

    /// A session in its database.
    ///
    /// # Errors
    /// The server does not answer.
    pub async fn session(&self) -> Result<Session, ScratchError> {
        session(&self.database()?).await
    }
}

/// The process behind a server or a database. Dropping it waits for its end, after which nothing is left.
#[derive(Debug)]
struct Keeper(Child);

impl Keeper {
    /// Runs a hidden command of this program with these words.
    fn start(command: &str, words: &[OsString]) -> std::io::Result<Self> {
        // The addresses and passwords of this process must not reach the other.
        let kept = ["PATH", "LD_LIBRARY_PATH"].into_iter().filter_map(|name| Some((name, std::env::var_os(name)?)));
        let mut program = Command::new("/proc/self/exe");
        program.arg0("lockgate").args([command, "--"]).args(words).env_clear().envs(kept);
        program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).process_group(0);
        program.spawn().map(Self)
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

/// The settings of a database that only a URL names.
fn database_at(url: &str) -> Result<Database, ConfigErrors> {
    Ok(Config::load([], vec![("LOCKGATE_DATABASE_URL".to_owned(), url.to_owned())])?.database)
}

async fn session(database: &Database) -> Result<Session, ScratchError> {
    let connector = Connector::new(database.clone(), "lockgate/scratch", Progress::new(Metrics::new()));
    connector.connect().await.map_err(|error| ScratchError::Connect(Box::new(error)))
}

async fn missing_roles(session: &Session, names: &[String]) -> Result<Vec<String>, ScratchError> {
    let sql = format!(
        "SELECT n FROM unnest({}) AS n WHERE NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = n::name)",
        quote_array(names.iter().map(String::as_str))
    );
    let rows = session.send(&Message::own(sql)).await.rows().await.map_err(ScratchError::Refused)?;
    Ok(rows.into_iter().filter_map(|row| row.into_iter().next().flatten()).collect())
}

async fn make_roles(session: &Session, names: &[String]) -> Result<(), ScratchError> {
    for name in names {
        let made = Message::own(format!("CREATE ROLE {} NOLOGIN", quote_ident(name)));
        let made = session.send(&made).await.rows().await;
        made.map_err(|source| ScratchError::Role { name: name.clone(), source })?;
    }
    Ok(())
}

/// 32 unpredictable digits.
pub fn random() -> String {
    let mut bytes = [0_u8; 16];
    // The kernel always has them; otherwise the directory is still closed to others.
    if let Ok(mut file) = std::fs::File::open("/dev/urandom") {
        let _ = file.read_exact(&mut bytes);
    }
    hex(&bytes)
}
