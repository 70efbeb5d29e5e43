//! A database on a given server. A keeper process creates it, and drops it when this process ends for any reason.

use std::io::{BufRead, BufReader, Read, Write};
use std::time::Duration;

use super::{Keeper, ScratchError, database_at, random, session};
use crate::config::{Database, Secret};
use crate::connect::{Message, jittered};
use crate::failure::Failure;
use crate::pg::name::quote_ident;

/// The keeper's word for a created database; any other is the reason for a failure.
const MADE: &str = "made";

/// A database for this process alone. Dropping the value drops it on the server.
#[derive(Debug)]
pub struct Given {
    keeper: Keeper,
    pub(super) database: Database,
}

impl Given {
    /// # Errors
    /// The URL is invalid, the server does not answer, or the role may not create databases.
    pub async fn start(url: &Secret) -> Result<Self, ScratchError> {
        let server = database_at(url.expose()).map_err(|errors| ScratchError::Given(errors.to_string()))?;
        let name = format!("lockgate_scratch_{}", random());
        let mut keeper = Keeper::start(keeper::COMMAND, &[name.as_str().into()]).map_err(ScratchError::Keeper)?;
        // The address is passed by stdin: arguments and environments are readable from outside.
        if let Some(stdin) = &mut keeper.0.stdin {
            writeln!(stdin, "{}", url.expose()).map_err(ScratchError::Keeper)?;
        }
        let given = Self { database: server.in_database(name), keeper };
        given.made().await
    }

    /// Waits for the keeper's word. Reading it blocks a thread, for which a signal need not wait.
    async fn made(mut self) -> Result<Self, ScratchError> {
        let Some(stdout) = self.keeper.0.stdout.take() else { return Ok(self) };
        let word = tokio::task::spawn_blocking(move || {
            let mut word = String::new();
            BufReader::new(stdout).read_line(&mut word).map(|_| word)
        });
        let word = word.await.map_err(std::io::Error::other).and_then(|word| word).map_err(ScratchError::Keeper)?;
        match word.trim_end() {
            MADE => Ok(self),
            why => Err(ScratchError::Given(why.to_owned())),
        }
    }
}

/// The process between a command and its database on a given server.
pub mod keeper {
    use super::{BufRead, Database, Duration, MADE, Message, Read, ScratchError, Write};
    use super::{Failure, database_at, jittered, quote_ident, session};
    use crate::process;

    /// The name of the hidden command.
    pub const COMMAND: &str = "keep-scratch-database";

    /// The number of attempts to drop the database on a lost server, with a pause between them.
    const ATTEMPTS: usize = 20;
    const PAUSE: Duration = Duration::from_secs(1);

    /// Creates the database, reports it, and drops it when stdin ends, as it does when the command ends.
    pub fn keep(name: &str) -> u8 {
        process::ignore_signals();
        let mut url = String::new();
        let mut stdin = std::io::stdin().lock();
        if stdin.read_line(&mut url).is_err() {
            return 1;
        }
        let Ok(database) = database_at(url.trim_end()) else { return 1 };
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return 1 };
        let made = format!("CREATE DATABASE {} TEMPLATE template0", quote_ident(name));
        let made = runtime.block_on(run(&database, &made));
        let attempts = if made.is_ok() { ATTEMPTS } else { 1 };
        let word = made.map_or_else(why, |()| MADE.to_owned());
        let _ = writeln!(std::io::stdout(), "{word}");
        // The command writes nothing more: this is its end.
        let _ = stdin.read_to_end(&mut Vec::new());
        let drop = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", quote_ident(name));
        u8::from(!runtime.block_on(run_again(&database, &drop, attempts)))
    }

    /// The error in one line.
    fn why(error: ScratchError) -> String {
        let failure = Failure::from(error);
        failure.causes.first().cloned().unwrap_or(failure.message).replace('\n', " ")
    }

    async fn run_again(database: &Database, sql: &str, attempts: usize) -> bool {
        for _ in 0..attempts {
            if run(database, sql).await.is_ok() {
                return true;
            }
            tokio::time::sleep(jittered(PAUSE)).await;
        }
        false
    }

    async fn run(database: &Database, sql: &str) -> Result<(), ScratchError> {
        let session = session(database).await?;
        // CREATE DATABASE cannot run in a transaction.
        session.send(&Message::control(sql)).await.rows().await.map_err(ScratchError::Refused)?;
        session.close().await;
        Ok(())
    }
}
