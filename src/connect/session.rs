//! A session: messages sent without waiting for one another, answered one by one.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use bytes::BytesMut;
use futures_util::TryStreamExt;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinHandle;
use tokio_postgres::types::{IsNull, Kind, ToSql, Type};
use tokio_postgres::{AsyncMessage, Client, Connection, SimpleQueryMessage, SimpleQueryStream};

use super::dial::Route;
use super::error::violation;
use super::frames::CancelKey;
use super::guard::Guard;
use super::notices::{Notice, Notices};
use super::socket::Socket;
use super::{Message, SessionError};
use crate::pg::version::ServerVersion;

/// A row as text, one item per column.
pub type Row = Vec<Option<String>>;

/// Moves the bytes of a session until either side ends it.
pub(super) async fn drive<T>(mut connection: Connection<Guard<Socket>, T>, notices: Notices, address: String)
where
    T: AsyncRead + AsyncWrite + Unpin + Send,
{
    while let Some(message) = std::future::poll_fn(|cx| connection.poll_message(cx)).await {
        match message {
            Ok(AsyncMessage::Notice(notice)) => notices.push(notice.severity(), notice.message(), notice.routine()),
            Ok(_) => {}
            // A caller that waits for an answer learns only that the connection broke; the reason is logged.
            Err(error) => {
                if let Some(violation) = violation(&error) {
                    tracing::error!("the session with {address} is ended: {violation}");
                }
                return;
            }
        }
    }
}

/// A connection to one server. Dropping it ends it, and with it every lock that it holds.
#[derive(Debug)]
pub struct Session {
    client: Client,
    driver: JoinHandle<()>,
    notices: Notices,
    /// The number of the next message's answer.
    next: AtomicU64,
    route: Arc<Route>,
    local: Option<SocketAddr>,
    pub server: ServerVersion,
    pub address: String,
    any_row: Arc<AtomicBool>,
    key: CancelKey,
}

/// The endpoints of a session.
pub(super) struct Place {
    pub local: Option<SocketAddr>,
    pub address: String,
    pub route: Arc<Route>,
    pub any_row: Arc<AtomicBool>,
    pub key: CancelKey,
}

/// A sent message without an answer yet.
pub struct Sent {
    stream: Result<std::pin::Pin<Box<SimpleQueryStream>>, tokio_postgres::Error>,
    /// The number among the answers of its session.
    pub number: u64,
}

/// The rows before the end of a message, and its result: of several statements in it, the first may have answered.
#[derive(Debug)]
pub struct Answer {
    pub rows: Vec<Row>,
    pub end: Result<(), SessionError>,
}

impl Answer {
    /// # Errors
    /// The server's error, or a broken connection.
    pub fn rows(self) -> Result<Vec<Row>, SessionError> {
        self.end.map(|()| self.rows)
    }
}

impl Sent {
    pub(super) fn new(stream: Result<SimpleQueryStream, tokio_postgres::Error>, number: u64) -> Self {
        Self { stream: stream.map(Box::pin), number }
    }

    /// Waits for the whole answer.
    pub async fn answer(self) -> Answer {
        let (mut rows, mut room) = (Vec::new(), Room::default());
        let end = self.each(|row| {
            room.take(&row)?;
            rows.push(row);
            Ok(())
        });
        let end = end.await.map(|_| ());
        Answer { rows, end }
    }

    /// Waits for the complete answer and returns its rows.
    ///
    /// # Errors
    /// The server's error, a broken connection, or an answer that exceeds the limit.
    pub async fn rows(self) -> Result<Vec<Row>, SessionError> {
        self.answer().await.rows()
    }

    /// Waits for the complete answer and passes on each row as it arrives; returns the number in the last command tag.
    ///
    /// # Errors
    /// The server's error, or a broken connection.
    pub async fn for_each(self, mut take: impl FnMut(Row)) -> Result<u64, SessionError> {
        self.each(|row| {
            take(row);
            Ok(())
        })
        .await
    }

    /// Waits for the complete answer and discards its rows, however many there are.
    ///
    /// # Errors
    /// The server's error, or a broken connection.
    pub async fn done(self) -> Result<u64, SessionError> {
        self.each(|_| Ok(())).await
    }

    async fn each(self, mut take: impl FnMut(Row) -> Result<(), SessionError>) -> Result<u64, SessionError> {
        let mut stream = self.stream?;
        let (mut affected, mut statements) = (0, 0);
        loop {
            match stream.try_next().await {
                Ok(Some(SimpleQueryMessage::Row(row))) => {
                    take((0..row.len()).map(|column| row.get(column).map(str::to_owned)).collect())?;
                }
                Ok(Some(SimpleQueryMessage::CommandComplete(count))) => {
                    affected = count;
                    statements += 1;
                }
                Ok(Some(_)) => {}
                Ok(None) => return Ok(affected),
                Err(error) => return Err(SessionError::from(error).after(statements)),
            }
        }
    }
}

/// Bytes that are already the binary form of a value.
#[derive(Debug)]
struct Binary<'v>(&'v [u8]);

impl ToSql for Binary<'_> {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        out.extend_from_slice(self.0);
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    tokio_postgres::types::to_sql_checked!();
}

/// The remaining bytes for one answer: a catalog of a hundred thousand objects needs a part of them.
struct Room(usize);

impl Default for Room {
    fn default() -> Self {
        Self(512 << 20)
    }
}

impl Room {
    fn take(&mut self, row: &Row) -> Result<(), SessionError> {
        let text = row.iter().flatten().map(String::len).sum::<usize>();
        let size = text + size_of::<Row>() + size_of_val(row.as_slice());
        let left = self.0.checked_sub(size);
        self.0 = left.ok_or_else(|| SessionError::Lost("the server's answer does not end".to_owned()))?;
        Ok(())
    }
}

impl Session {
    pub(super) fn new(
        client: Client,
        driver: JoinHandle<()>,
        notices: Notices,
        server: ServerVersion,
        place: Place,
    ) -> Self {
        let Place { local, address, route, any_row, key } = place;
        let next = notices.next_answer().into();
        Self { client, driver, notices, next, route, local, server, address, any_row, key }
    }

    /// Allows rows of any length from now on: a script may ask for them.
    pub fn take_any_row(&self) {
        self.any_row.store(true, Ordering::Release);
    }

    /// Sends one message without waiting: consecutive messages cost one round trip.
    pub async fn send(&self, message: &Message<'_>) -> Sent {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        Sent::new(self.client.simple_query_raw(&message.text(self.server)).await, number)
    }

    /// Sends every message, then collects the answers, with one round trip for all.
    pub async fn answers(&self, messages: &[Message<'_>]) -> Vec<Answer> {
        let mut sent = Vec::with_capacity(messages.len());
        for message in messages {
            sent.push(self.send(message).await);
        }
        let mut answers = Vec::with_capacity(sent.len());
        for one in sent {
            answers.push(one.answer().await);
        }
        answers
    }

    /// As [`Self::answers`], but a failed message has no rows.
    pub async fn ask(&self, messages: &[Message<'_>]) -> Vec<Result<Vec<Row>, SessionError>> {
        self.answers(messages).await.into_iter().map(Answer::rows).collect()
    }

    /// The server's text of a value in binary form, from its type's output function.
    ///
    /// # Errors
    /// The type does not exist or does not accept the value.
    pub async fn text_of(&self, type_oid: u32, value: &[u8]) -> Result<String, SessionError> {
        let kind = Type::from_oid(type_oid);
        let kind = kind.unwrap_or_else(|| Type::new(String::new(), type_oid, Kind::Simple, String::new()));
        let rows = self.client.query_typed("SELECT pg_catalog.format('%s', $1)", &[(&Binary(value), kind)]).await?;
        let text = rows.first().and_then(|row| row.try_get::<_, Option<String>>(0).ok()).flatten();
        text.ok_or_else(|| SessionError::Lost("the server gave no text".to_owned()))
    }

    /// The notices up to the answer of a message, and the number of notices that were dropped.
    pub fn notices(&self, number: u64) -> (Vec<Notice>, usize) {
        self.notices.take(number)
    }

    /// Asks for the client's address as the server sees it, for [`Session::is_direct`].
    pub const OTHER_END: &str = "SELECT host(inet_client_addr()), inet_client_port()";

    /// True if the server sees our own socket at the other end: nothing in between can share the session. Unknown behind address
    /// translation and over a Unix socket.
    pub fn is_direct(&self, seen: &[Row]) -> bool {
        let Some(local) = self.local else { return false };
        let Some([Some(ip), Some(port)]) = seen.first().map(Vec::as_slice) else { return false };
        let ip = ip.parse::<IpAddr>().map(|ip| ip.to_canonical());
        ip == Ok(local.ip().to_canonical()) && port.parse() == Ok(local.port())
    }

    /// True if the session's cancel key belongs to this backend. Most poolers send an invented key.
    pub fn has_key_of(&self, backend: i32) -> bool {
        self.key.backend() == Some(backend)
    }

    /// A handle that can cancel the session's running statement.
    pub fn canceller(&self) -> Canceller {
        Canceller { token: self.client.cancel_token(), route: Arc::clone(&self.route) }
    }

    /// Ends the session, and waits for the server to be told, one second at most.
    pub async fn close(self) {
        drop(self.client);
        // The message is a courtesy: the server also notices a closed socket.
        let _ = tokio::time::timeout(Duration::from_secs(1), self.driver).await;
    }

    /// The parts that a connection pool keeps.
    pub(super) fn into_parts(self) -> (Client, JoinHandle<()>) {
        (self.client, self.driver)
    }
}

/// Cancels a session's running statement.
#[derive(Clone)]
pub struct Canceller {
    token: tokio_postgres::CancelToken,
    route: Arc<Route>,
}

impl Canceller {
    /// # Errors
    /// The reason why the request could not be sent. A sent request may still be too late.
    pub async fn cancel(&self) -> Result<(), String> {
        self.route.cancel(self.token.clone()).await
    }
}
