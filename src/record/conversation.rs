//! Reads the messages of one connection as statements and answers. Pure: it observes and does not interfere.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::BytesMut;
use fallible_iterator::FallibleIterator;
use postgres_protocol::message::backend::{self, DataRowBody, ErrorResponseBody, Message, RowDescriptionBody};

use super::frames::{Asked, Frame, asked};
use super::trace::{Answer, Binary, Parameter, Refusal, Rows, Sent, Trace};

/// A trace that several connections write.
pub type Shared = Arc<Mutex<Trace>>;

/// Locks a trace, which is consistent even after a panic.
pub fn locked(trace: &Shared) -> MutexGuard<'_, Trace> {
    trace.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The answers that are still expected.
#[derive(Debug)]
enum Awaited {
    /// ParseComplete, with the statement's text; BindComplete, CloseComplete.
    Done(Arc<str>),
    /// The statement's parameters, then its columns.
    Description(Arc<Mutex<Prepared>>),
    /// The columns of a portal.
    Columns(String),
    /// The end of a simple query's statements, marked by ReadyForQuery.
    Query(usize),
    /// The rows and the end of one execution, by its number in the trace.
    Execution { portal: String, number: usize },
    /// ReadyForQuery.
    Ready,
}

#[derive(Debug, Default)]
struct Prepared {
    sql: Arc<str>,
    declared: Vec<u32>,
    described: Vec<u32>,
    columns: Option<Vec<u32>>,
}

#[derive(Debug, Default)]
struct Portal {
    statement: Arc<Mutex<Prepared>>,
    parameters: Vec<(bool, Option<Vec<u8>>)>,
    results: Vec<i16>,
    columns: Option<Vec<u32>>,
    /// The number of an execution that has more rows.
    suspended: Option<usize>,
}

/// The state of an observed connection.
#[derive(Debug)]
pub struct Conversation {
    number: usize,
    trace: Shared,
    awaited: VecDeque<Awaited>,
    statements: HashMap<String, Arc<Mutex<Prepared>>>,
    portals: HashMap<String, Portal>,
    in_transaction: bool,
    /// True after the server accepted the connection.
    is_open: bool,
    /// The columns of the current answer: their types, and true for binary ones.
    columns: Vec<(u32, bool)>,
    rows: Option<Rows>,
}

impl Conversation {
    pub fn new(number: usize, trace: Shared) -> Self {
        Self {
            number,
            trace,
            awaited: VecDeque::new(),
            statements: HashMap::new(),
            portals: HashMap::new(),
            in_transaction: false,
            is_open: false,
            columns: Vec::new(),
            rows: None,
        }
    }

    fn breaks(&self, why: &str) {
        locked(&self.trace).breaks(why.to_owned());
    }

    /// Observes a message from the program.
    pub fn program(&mut self, frame: Frame) {
        let message = match frame {
            Frame::Whole(message) => message,
            Frame::TooLong(_) => return self.breaks("the program sent a message of more than 64 MiB"),
            Frame::Broken => return self.breaks("the program sent what is no message"),
        };
        if !self.is_open {
            return;
        }
        match asked(&message) {
            Some(asked) => self.asks(asked),
            None => self.breaks("the program sent a message that cannot be read, or text that is not UTF-8"),
        }
    }

    fn asks(&mut self, asked: Asked) {
        match asked {
            Asked::Query(sql) => {
                let number = self.send(Sent { sql: sql.into(), ..Sent::default() });
                self.awaited.push_back(Awaited::Query(number));
            }
            Asked::Parse { name, sql, types } => {
                let sql: Arc<str> = sql.into();
                let prepared = Prepared { sql: Arc::clone(&sql), declared: types, ..Prepared::default() };
                self.statements.insert(name, Arc::new(Mutex::new(prepared)));
                self.awaited.push_back(Awaited::Done(sql));
            }
            Asked::Bind { portal, statement, formats, values, results } => {
                let statement = self.statements.get(&statement).cloned().unwrap_or_default();
                let parameters = values.into_iter().enumerate().map(|(at, value)| (is_binary(&formats, at), value));
                let sql = Arc::clone(&prepared(&statement).sql);
                let bound = Portal { statement, parameters: parameters.collect(), results, ..Portal::default() };
                self.portals.insert(portal, bound);
                self.awaited.push_back(Awaited::Done(sql));
            }
            Asked::DescribeStatement(name) => {
                let statement = self.statements.get(&name).cloned().unwrap_or_default();
                self.awaited.push_back(Awaited::Description(statement));
            }
            Asked::DescribePortal(name) => self.awaited.push_back(Awaited::Columns(name)),
            Asked::Execute { portal } => self.executes(portal),
            Asked::CloseStatement(name) => {
                self.statements.remove(&name);
                self.awaited.push_back(Awaited::Done("".into()));
            }
            Asked::ClosePortal(name) => {
                self.portals.remove(&name);
                self.awaited.push_back(Awaited::Done("".into()));
            }
            Asked::Sync => self.awaited.push_back(Awaited::Ready),
            Asked::CopyData(data) => {
                if let Some(Awaited::Query(number) | Awaited::Execution { number, .. }) = self.awaited.front() {
                    let mut trace = locked(&self.trace);
                    if trace.hold(data.len())
                        && let Some(sent) = trace.sent.get_mut(*number)
                    {
                        sent.copied.extend_from_slice(&data);
                    }
                }
            }
            Asked::FunctionCall => self.breaks("the program called a function by the protocol's FunctionCall"),
            Asked::CopyEnd | Asked::Other => {}
        }
    }

    fn send(&self, sent: Sent) -> usize {
        locked(&self.trace).send(Sent { connection: self.number, in_transaction: self.in_transaction, ..sent })
    }

    fn executes(&mut self, name: String) {
        let Some(portal) = self.portals.get(&name) else {
            // The server will refuse it.
            return self.awaited.push_back(Awaited::Execution { portal: name, number: usize::MAX });
        };
        let number = match portal.suspended {
            Some(number) => number,
            None => {
                let statement = prepared(&portal.statement);
                let parameter = |(at, (is_binary, value)): (usize, &(bool, Option<Vec<u8>>))| Parameter {
                    declared: statement.declared.get(at).copied().unwrap_or_default(),
                    described: statement.described.get(at).copied().unwrap_or_default(),
                    is_binary: *is_binary,
                    value: value.clone(),
                };
                let parameters = portal.parameters.iter().enumerate().map(parameter).collect();
                let sql = Arc::clone(&statement.sql);
                self.send(Sent { sql, parameters, ..Sent::default() })
            }
        };
        self.awaited.push_back(Awaited::Execution { portal: name, number });
    }

    /// Observes a message from the server.
    pub fn server(&mut self, frame: Frame) {
        let mut message = match frame {
            Frame::Whole(message) => message,
            Frame::TooLong(b'd') => return,
            Frame::TooLong(_) => return self.breaks("the server sent a message of more than 64 MiB"),
            Frame::Broken => return self.breaks("the server sent what is no message"),
        };
        let tag = message[0];
        if !self.is_open && tag != backend::READY_FOR_QUERY_TAG {
            return;
        }
        // Notices, notifications, parameters and the rows of COPY TO are not part of a statement's answer.
        if b"NASKdcv".contains(&tag) {
            return;
        }
        match read(&mut message) {
            Some(message) => self.answers(message),
            None => self.breaks("the server sent a message that cannot be read"),
        }
    }

    fn answers(&mut self, message: Message) {
        match message {
            Message::ParseComplete | Message::BindComplete | Message::CloseComplete => _ = self.awaited.pop_front(),
            Message::ParameterDescription(body) => {
                if let Some(Awaited::Description(statement)) = self.awaited.front() {
                    let types = body.parameters().collect().unwrap_or_default();
                    prepared(statement).described = types;
                }
            }
            Message::RowDescription(body) => self.describes(&body),
            Message::NoData => _ = self.awaited.pop_front(),
            Message::DataRow(body) => self.row(&body),
            Message::CommandComplete(body) => {
                let tag = body.tag().unwrap_or_default().to_owned();
                self.ends(Answer { tag, ..Answer::default() });
            }
            Message::EmptyQueryResponse => self.ends(Answer::default()),
            Message::PortalSuspended => self.suspends(),
            Message::ErrorResponse(body) => self.refuses(&body),
            Message::ReadyForQuery(body) => {
                self.is_open = true;
                self.in_transaction = body.status() != b'I';
                // Removes the expectations of a simple query, and those that an error skipped.
                while let Some(awaited) = self.awaited.pop_front() {
                    if matches!(awaited, Awaited::Query(_) | Awaited::Ready) {
                        break;
                    }
                }
                self.rows = None;
            }
            _ => {}
        }
    }

    fn describes(&mut self, body: &RowDescriptionBody) {
        let columns: Vec<(u32, bool)> =
            body.fields().map(|field| Ok((field.type_oid(), field.format() == 1))).collect().unwrap_or_default();
        let types = || columns.iter().map(|(oid, _)| *oid).collect::<Vec<u32>>();
        match self.awaited.front() {
            Some(Awaited::Query(_)) => {
                self.columns = columns;
                self.begin_rows();
            }
            Some(Awaited::Description(statement)) => {
                prepared(statement).columns = Some(types());
                self.awaited.pop_front();
            }
            Some(Awaited::Columns(name)) => {
                if let Some(portal) = self.portals.get_mut(name) {
                    portal.columns = Some(types());
                }
                self.awaited.pop_front();
            }
            _ => {}
        }
    }

    fn begin_rows(&mut self) {
        let is_binary = self.columns.iter().any(|(_, is_binary)| *is_binary);
        let binary = is_binary.then(|| Binary { columns: self.columns.clone(), rows: Vec::new() });
        self.rows = Some(Rows { binary, ..Rows::default() });
    }

    /// Starts the columns of the current execution, from its description; a type that was not described is 0.
    fn begin_execution(&mut self, columns: usize) {
        let Some(Awaited::Execution { portal, number }) = self.awaited.front() else { return };
        let Some(portal) = self.portals.get(portal) else { return };
        let of_statement = prepared(&portal.statement).columns.clone();
        let types = portal.columns.clone().or(of_statement).unwrap_or_default();
        let of = |at: usize| (types.get(at).copied().unwrap_or_default(), is_binary(&portal.results, at));
        self.columns = (0..columns).map(of).collect();
        let number = *number;
        self.begin_rows();
        // These rows continue a suspended portal.
        if let Some(answer) = locked(&self.trace).partial(number) {
            self.rows = answer.rows.take().or(self.rows.take());
        }
    }

    fn row(&mut self, body: &DataRowBody) {
        let ranges: Vec<_> = body.ranges().collect().unwrap_or_default();
        if self.rows.is_none() {
            self.begin_execution(ranges.len());
        }
        let Some(rows) = &mut self.rows else { return };
        let is_held = rows.binary.is_some();
        let row = ranges.into_iter().map(|range| range.map(|range| &body.buffer()[range])).collect();
        let is_read = rows.take(row);
        if is_held {
            locked(&self.trace).hold(body.buffer().len() + 64);
        }
        if !is_read {
            self.breaks("the server sent text that is not UTF-8");
        }
    }

    fn ends(&mut self, mut answer: Answer) {
        let rows = self.rows.take();
        let (number, is_over) = match self.awaited.front() {
            Some(Awaited::Query(number)) => (*number, false),
            Some(Awaited::Execution { portal, number }) => {
                let number = *number;
                if let Some(portal) = self.portals.get_mut(portal) {
                    portal.suspended = None;
                    // Without a row no columns arrived: the description has them.
                    let statement = prepared(&portal.statement);
                    if rows.is_none() && (portal.columns.is_some() || statement.columns.is_some()) {
                        answer.rows = Some(Rows::default());
                    }
                }
                (number, true)
            }
            _ => return,
        };
        answer.rows = rows.or(answer.rows);
        self.answered(number, answer);
        if is_over {
            self.awaited.pop_front();
        }
    }

    fn answered(&self, number: usize, answer: Answer) {
        let mut trace = locked(&self.trace);
        if let Some(last) = trace.partial(number) {
            let rows = answer.rows.or(last.rows.take());
            *last = Answer { rows, ..answer };
        } else if let Some(sent) = trace.sent.get_mut(number) {
            sent.answers.push(answer);
        }
    }

    fn suspends(&mut self) {
        let rows = self.rows.take();
        let Some(Awaited::Execution { portal, number }) = self.awaited.pop_front() else { return };
        if let Some(portal) = self.portals.get_mut(&portal) {
            portal.suspended = Some(number);
        }
        self.answered(number, Answer { tag: String::new(), rows, is_partial: true });
    }

    fn refuses(&mut self, body: &ErrorResponseBody) {
        let mut refusal = Refusal { sqlstate: String::new(), message: String::new() };
        let mut fields = body.fields();
        while let Ok(Some(field)) = fields.next() {
            let value = String::from_utf8_lossy(field.value_bytes()).into_owned();
            match field.type_() {
                b'C' => refusal.sqlstate = value,
                b'M' => refusal.message = value,
                _ => {}
            }
        }
        self.rows = None;
        let number = match self.awaited.front() {
            Some(Awaited::Query(number) | Awaited::Execution { number, .. }) => *number,
            // The parse or bind of a statement was refused, so the statement is not yet in the trace.
            Some(Awaited::Done(sql)) => self.send(Sent { sql: Arc::clone(sql), ..Sent::default() }),
            _ => self.send(Sent::default()),
        };
        if let Some(sent) = locked(&self.trace).sent.get_mut(number) {
            sent.error = Some(refusal);
        }
        // A simple query ends with ReadyForQuery; otherwise the server skips everything up to Sync.
        if !matches!(self.awaited.front(), Some(Awaited::Query(_))) {
            while !matches!(self.awaited.front(), None | Some(Awaited::Ready)) {
                self.awaited.pop_front();
            }
        }
    }
}

fn prepared(statement: &Mutex<Prepared>) -> MutexGuard<'_, Prepared> {
    statement.lock().unwrap_or_else(PoisonError::into_inner)
}

/// True if a list of formats marks a value as binary; the list has one for all, one for each, or none for text.
fn is_binary(formats: &[i16], at: usize) -> bool {
    match formats {
        [] => false,
        [all] => *all == 1,
        each => each.get(at) == Some(&1),
    }
}

/// The message; the parser's errors say only that it is malformed.
fn read(message: &mut BytesMut) -> Option<Message> {
    Message::parse(message).ok().flatten()
}

#[cfg(test)]
#[path = "conversation_tests.rs"]
mod tests;
