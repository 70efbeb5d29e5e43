//! The observers: at most two connections beside the locked session, opened when something is asked and closed when nobody
//! will ask more. They look; they never write.

use std::io;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use deadpool_postgres::{Connect, Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::task::JoinHandle;
use tokio_postgres::{Client, NoTls};

use super::session::Sent;
use super::socket::Socket;
use super::{Connector, Message, Row};
use crate::pg::version::ServerVersion;

const MOST: usize = 2;
/// An observer that is not answered is no reason to wait: what it would say is told without it.
const PATIENCE: Duration = Duration::from_secs(5);

/// The pool of observers, made when the first one is asked for: a start at head needs none.
#[derive(Clone, Debug)]
pub struct Observers {
    connector: Connector,
    pool: Arc<OnceLock<Pool>>,
}

/// Some questions in a row over one connection, which ends with them.
pub struct Observation {
    client: deadpool_postgres::Object,
    pool: Pool,
}

impl Observers {
    pub fn new(connector: Connector) -> Self {
        Self { connector, pool: Arc::default() }
    }

    fn pool(&self) -> &Pool {
        self.pool.get_or_init(|| make_pool(self.connector.clone()))
    }

    /// A connection to ask over, or nothing where none can be had now.
    pub async fn observe(&self) -> Option<Observation> {
        match self.pool().get().await {
            Ok(client) => Some(Observation { client, pool: self.pool().clone() }),
            Err(error) => {
                tracing::debug!(%error, "no observer");
                None
            }
        }
    }
}

fn make_pool(connector: Connector) -> Pool {
    let config = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let manager = Manager::from_connect(tokio_postgres::Config::new(), Dial(connector), config);
    let pool = Pool::builder(manager)
        .max_size(MOST)
        .wait_timeout(Some(PATIENCE))
        .create_timeout(Some(PATIENCE))
        .runtime(Runtime::Tokio1)
        .build();
    // The only error is a timeout without a runtime, and the runtime is named just above.
    pool.expect("the pool's runtime is set")
}

impl Observation {
    /// The rows of one message, or nothing where it fails.
    pub async fn ask(&self, message: &Message<'_>) -> Option<Vec<Row>> {
        // A pool does not tell the version; only a timeout of newer ones is left out.
        let sql = message.text(ServerVersion::OLDEST);
        let answer = async { Sent::new(self.client.simple_query_raw(&sql).await, 0).rows().await };
        match tokio::time::timeout(PATIENCE, answer).await {
            Ok(Ok(rows)) => Some(rows),
            Ok(Err(error)) => {
                tracing::debug!(%error, "an observer was not answered");
                None
            }
            Err(_) => None,
        }
    }
}

impl Drop for Observation {
    /// The connection goes back to the pool a moment after this, so it is the pool that is told to keep none.
    fn drop(&mut self) {
        let pool = self.pool.clone();
        tokio::spawn(async move {
            tokio::task::yield_now().await;
            pool.retain(|_, _| false);
        });
    }
}

/// deadpool's way to our own dialling.
struct Dial(Connector);

impl Connect for Dial {
    fn connect(
        &self,
        _: &tokio_postgres::Config,
    ) -> BoxFuture<'_, Result<(Client, JoinHandle<()>), tokio_postgres::Error>> {
        async move {
            match self.0.connect().await {
                Ok(session) => Ok(session.into_parts()),
                Err(error) => Err(as_postgres_error(&error.words()).await),
            }
        }
        .boxed()
    }
}

/// tokio-postgres gives no way to make its error; a stream that only fails makes one with our text in it.
async fn as_postgres_error(text: &str) -> tokio_postgres::Error {
    let socket = Socket::failed(io::ErrorKind::NotConnected, text.to_owned());
    match tokio_postgres::Config::new().user("observer").connect_raw(socket, NoTls).await {
        Err(error) => error,
        Ok(_) => unreachable!("a stream that only fails has no session"),
    }
}
