//! A server for one command, from the installed programs of this machine.
//!
//! It listens only on a Unix socket in a private directory, with a password. A keeper process stops it and removes the directory
//! when this process ends for any reason.

use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::user::User;
use super::{Keeper, ScratchError, database_at, keeper, programs, random, session};
use crate::config::Database;
use crate::connect::{Message, jittered};

/// The server's superuser.
const ROLE: &str = "lockgate";

/// The wait for its start: creating a data directory writes some forty megabytes.
const PATIENCE: Duration = Duration::from_secs(120);

/// A running server. Dropping it stops the server and removes everything.
#[derive(Debug)]
pub struct Server {
    keeper: Keeper,
    directory: PathBuf,
    password: String,
    /// The number of earlier databases.
    before: usize,
}

impl Server {
    /// Starts a server from the programs in `bin`, or from those that are found, and waits until it answers.
    ///
    /// # Errors
    /// The programs are missing or fail; their last output is reported.
    pub async fn start(bin: Option<&Path>) -> Result<Self, ScratchError> {
        let bin = programs::find(bin)?;
        let user = User::find();
        let directory = make_directory(user)?;
        let password = random();
        let mut scratch = Self::spawn(&bin, user, directory, password)?;
        scratch.answering().await?;
        Ok(scratch)
    }

    fn spawn(bin: &Path, user: User, directory: PathBuf, password: String) -> Result<Self, ScratchError> {
        let failed = |source| ScratchError::Start { program: bin.to_owned(), source };
        let file = directory.join(keeper::PASSWORD);
        let mut options = std::fs::OpenOptions::new();
        let written = options.write(true).create_new(true).mode(0o600).open(&file);
        written.and_then(|mut file| file.write_all(password.as_bytes())).map_err(failed)?;
        user.own(&file).map_err(failed)?;
        let mut words = vec![directory.clone().into_os_string(), bin.into(), ROLE.into()];
        if let Some((uid, gid)) = user.ids() {
            words.extend([uid.to_string().into(), gid.to_string().into()]);
        }
        let keeper = Keeper::start(keeper::COMMAND, &words).map_err(failed)?;
        Ok(Self { keeper, directory, password, before: 0 })
    }

    /// The settings of its database.
    ///
    /// # Errors
    /// A bug: our own URL is always valid.
    pub fn database(&self) -> Result<Database, ScratchError> {
        let host = self.directory.display().to_string().replace('%', "%25").replace('/', "%2F");
        let name = if self.before == 0 { "postgres".to_owned() } else { format!("scratch_{}", self.before) };
        let url = format!("postgresql://{ROLE}:{}@{host}/{name}", self.password);
        database_at(&url).map_err(|errors| ScratchError::Url(errors.to_string()))
    }

    /// The server with another, empty database.
    pub async fn emptied(mut self) -> Result<Self, ScratchError> {
        let session = session(&self.database()?).await?;
        self.before += 1;
        let made = format!("CREATE DATABASE scratch_{} TEMPLATE template0", self.before);
        // The statement cannot run in a transaction.
        session.send(&Message::control(made)).await.rows().await.map_err(ScratchError::Refused)?;
        session.close().await;
        Ok(self)
    }

    /// Waits until it accepts sessions.
    async fn answering(&mut self) -> Result<(), ScratchError> {
        let deadline = Instant::now() + PATIENCE;
        let database = self.database()?;
        loop {
            if self.socket_is_there()
                && let Ok(session) = session(&database).await
            {
                session.close().await;
                return Ok(());
            }
            if self.is_over() || Instant::now() > deadline {
                return Err(ScratchError::Ended { words: self.words() });
            }
            tokio::time::sleep(jittered(Duration::from_millis(30))).await;
        }
    }

    fn socket_is_there(&self) -> bool {
        self.directory.join(".s.PGSQL.5432").exists()
    }

    /// True if the keeper has removed the directory, which it does at its end.
    fn is_over(&self) -> bool {
        !self.directory.exists()
    }

    /// The last output of the programs, if they ended by themselves.
    fn words(&mut self) -> Vec<String> {
        let mut text = String::new();
        if self.is_over()
            && let Some(stdout) = &mut self.keeper.0.stdout
        {
            // Without the output, the end itself is still reported.
            let _ = stdout.read_to_string(&mut text);
        }
        text.lines().map(str::to_owned).collect()
    }
}

/// Creates a directory that other users cannot read.
fn make_directory(user: User) -> Result<PathBuf, ScratchError> {
    let place = std::env::temp_dir();
    let name = format!("lockgate-scratch-{}", &random()[..12]);
    let directory = place.join(name);
    let made = std::fs::DirBuilder::new().mode(0o700).create(&directory).and_then(|()| user.own(&directory));
    made.map(|()| directory).map_err(|source| ScratchError::Directory { place, source })
}
