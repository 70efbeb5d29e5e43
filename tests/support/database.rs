//! A database per test, and sessions in it.

use std::sync::OnceLock;

use tokio::runtime::Runtime;
use tokio_postgres::{Client, Error, NoTls, SimpleQueryMessage};

use super::cluster::{ADMIN, Cluster, unique};
use super::proxy::Proxy;

/// A database of its own, dropped with the value, even if sessions are still connected.
#[derive(Debug)]
pub struct TestDatabase {
    cluster: Cluster,
    name: String,
    /// The length of the server's log before the database was created.
    logged: u64,
}

impl TestDatabase {
    /// In the shared cluster.
    pub fn new() -> Self {
        Self::on(&Cluster::shared())
    }

    /// A database in which these statements ran.
    pub fn with(statements: &[&str]) -> Self {
        let database = Self::new();
        database.sql(&statements.join(";\n"));
        database
    }

    pub fn on(cluster: &Cluster) -> Self {
        let (name, logged) = (unique("test"), cluster.log_length());
        // The other strategy of 15 writes each page to the log.
        let copied = if cluster.version() < 15 { "" } else { " STRATEGY FILE_COPY" };
        cluster.session("postgres").sql(&format!("CREATE DATABASE {name}{copied}"));
        Self { cluster: cluster.clone(), name, logged }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// The server's log since the database was created.
    pub fn log(&self) -> String {
        self.cluster.log_behind(self.logged)
    }

    /// The administrator's, over TCP without TLS.
    pub fn url(&self) -> String {
        self.cluster.url(&self.name)
    }

    /// `db.url_with("sslmode=require")`.
    pub fn url_with(&self, parameters: &str) -> String {
        self.url().replace("sslmode=disable", parameters)
    }

    /// `db.url_as("role_1", Some("password"))`.
    pub fn url_as(&self, role: &str, password: Option<&str>) -> String {
        let user = password.map_or(role.to_owned(), |password| format!("{role}:{password}"));
        self.url().replacen(&format!("//{ADMIN}@"), &format!("//{user}@"), 1)
    }

    /// Through a proxy, or anything else that listens on this port.
    pub fn url_via(&self, proxy: &Proxy) -> String {
        self.url_at(proxy.port())
    }

    pub fn url_at(&self, port: u16) -> String {
        self.url().replacen(&format!(":{}/", self.cluster.port()), &format!(":{port}/"), 1)
    }

    /// A session that stays open: to hold a lock, to be blocked, to be killed.
    pub fn session(&self) -> Session {
        self.cluster.session(&self.name)
    }

    /// Runs SQL, any number of statements.
    #[track_caller]
    pub fn sql(&self, sql: &str) {
        self.session().sql(sql);
    }

    #[track_caller]
    pub fn query_text(&self, sql: &str) -> Vec<Vec<String>> {
        self.session().query_text(sql)
    }

    /// The only value of the only row.
    #[track_caller]
    pub fn value(&self, sql: &str) -> String {
        self.session().value(sql)
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        // A private cluster may be down by now; then the database goes with its directory.
        if let Ok(session) = Session::try_open(&self.cluster, "postgres") {
            let _ = session.try_sql(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
        }
    }
}

/// A connection to the server, closed with the value.
#[derive(Debug)]
pub struct Session {
    client: Client,
}

impl Session {
    /// From a connection string without TLS.
    #[track_caller]
    pub fn open(connection: &str) -> Self {
        connect(connection).unwrap_or_else(|error| panic!("cannot connect ({connection}): {}", told(&error)))
    }

    /// As a client that copes with a refusal would.
    ///
    /// # Errors
    /// The server is away, full, or refuses the role.
    pub fn attempt(connection: &str) -> Result<Self, Error> {
        connect(connection)
    }

    pub(super) fn try_open(cluster: &Cluster, database: &str) -> Result<Self, Error> {
        let host = cluster.socket_directory().display();
        connect(&format!("host='{host}' port={} user={ADMIN} dbname={database}", cluster.port()))
    }

    #[track_caller]
    pub fn sql(&self, sql: &str) {
        self.try_sql(sql).unwrap_or_else(|error| panic!("{}\n{sql}", told(&error)));
    }

    pub fn try_sql(&self, sql: &str) -> Result<(), Error> {
        runtime().block_on(self.client.batch_execute(sql))
    }

    /// The rows of every statement; a NULL is none.
    pub fn rows(&self, sql: &str) -> Vec<Vec<Option<String>>> {
        let messages =
            runtime().block_on(self.client.simple_query(sql)).unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        let row = |message| match message {
            SimpleQueryMessage::Row(row) => Some((0..row.len()).map(|at| row.get(at).map(str::to_owned)).collect()),
            _ => None,
        };
        messages.into_iter().filter_map(row).collect()
    }

    /// Every row as text, NULL as `NULL`; of several statements, the rows of all.
    #[track_caller]
    pub fn query_text(&self, sql: &str) -> Vec<Vec<String>> {
        let messages = runtime().block_on(self.client.simple_query(sql));
        let messages = messages.unwrap_or_else(|error| panic!("{}\n{sql}", told(&error)));
        let rows = messages.iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        });
        rows.map(|row| (0..row.len()).map(|at| row.get(at).unwrap_or("NULL").to_owned()).collect()).collect()
    }

    #[track_caller]
    pub fn value(&self, sql: &str) -> String {
        match self.query_text(sql).as_slice() {
            [row] if row.len() == 1 => row[0].clone(),
            rows => panic!("not one value: {rows:?}\n{sql}"),
        }
    }

    pub fn pid(&self) -> i32 {
        self.value("SELECT pg_backend_pid()").parse().expect("a number")
    }

    /// True if the server, or a proxy in between, has closed it.
    pub fn is_closed(&self) -> bool {
        self.client.is_closed()
    }
}

fn connect(connection: &str) -> Result<Session, Error> {
    runtime().block_on(async {
        let (client, connection) = tokio_postgres::connect(connection, NoTls).await?;
        tokio::spawn(connection);
        Ok(Session { client })
    })
}

/// `Display` of the error says only "db error".
fn told(error: &Error) -> String {
    error.as_db_error().map_or_else(|| format!("{error:?}"), |error| format!("{error} ({})", error.code().code()))
}

/// One thread drives the connections of all tests; each test blocks on its own.
fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime")
    })
}
