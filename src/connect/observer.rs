//! The observers: at most two connections beside the locked session, opened for the first query and closed after the last. They
//! only read.

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
/// An observer without an answer is not worth waiting for: the report does without it.
const PATIENCE: Duration = Duration::from_secs(5);

/// The pool of observers, created for the first query: a start at head needs none.
#[derive(Clone, Debug)]
pub struct Observers {
    connector: Connector,
    pool: Arc<OnceLock<Pool>>,
}

/// Some queries over one connection, which ends with them.
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

    /// A connection for queries, or none if it is unavailable now.
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
    // The only error is a timeout without a runtime, and the runtime is set just above.
    pool.expect("the pool's runtime is set")
}

impl Observation {
    /// The rows of one message, or none if it fails.
    pub async fn ask(&self, message: &Message<'_>) -> Option<Vec<Row>> {
        // The version is unknown here; only a timeout of newer versions is omitted.
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
    /// The connection returns to the pool a moment after this, so the pool is told to keep none.
    fn drop(&mut self) {
        let pool = self.pool.clone();
        tokio::spawn(async move {
            tokio::task::yield_now().await;
            pool.retain(|_, _| false);
        });
    }
}

/// Lets deadpool use our own dialling.
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

/// tokio-postgres has no constructor for its error; a failing stream produces one with our text in it.
async fn as_postgres_error(text: &str) -> tokio_postgres::Error {
    let socket = Socket::failed(io::ErrorKind::NotConnected, text.to_owned());
    match tokio_postgres::Config::new().user("observer").connect_raw(socket, NoTls).await {
        Err(error) => error,
        Ok(_) => unreachable!("a stream that only fails has no session"),
    }
}
