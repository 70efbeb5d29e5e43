//! What a program and a server said to one another: statements with their parameters and answers, in the order in which they were sent.

use std::sync::Arc;

use crate::chain::compiled::RowDigest;

/// A recording under way or ended, of all connections.
#[derive(Debug, Default)]
pub struct Trace {
    pub sent: Vec<Sent>,
    /// Bytes that are held.
    held: usize,
    /// Why the recording is not whole; the first reason is kept.
    pub broken: Option<String>,
}

/// The most that a recording holds: far above the SQL of any chain. The rows of answers in text form are not held.
const MOST: usize = 256 << 20;

/// One text or one execution that was sent.
#[derive(Debug, Default)]
pub struct Sent {
    /// The number of the connection, from 0.
    pub connection: usize,
    /// As it was sent; several statements where the simple protocol took them.
    pub sql: Arc<str>,
    pub parameters: Vec<Parameter>,
    /// True where it was sent inside a transaction.
    pub in_transaction: bool,
    /// One for each statement that ended well, in order.
    pub answers: Vec<Answer>,
    pub error: Option<Refusal>,
    /// The data of COPY FROM STDIN.
    pub copied: Vec<u8>,
}

/// A value that was bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// The type that the program declared; 0 where it left it to the server.
    pub declared: u32,
    /// The type that the server said it is; 0 where nobody asked.
    pub described: u32,
    pub is_binary: bool,
    /// None is NULL.
    pub value: Option<Vec<u8>>,
}

/// What the server refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub sqlstate: String,
    pub message: String,
}

/// What the program was told of one statement.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// `UPDATE 3`; empty for an empty statement.
    pub tag: String,
    /// None where the statement has no rows to give.
    pub rows: Option<Rows>,
    /// Not all of its rows were asked for.
    pub is_partial: bool,
}

/// The rows of an answer.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    pub(super) digest: RowDigest,
    /// Rows of which a column came in binary: their text form is the server's to say.
    pub binary: Option<Binary>,
}

/// Rows as they came.
#[derive(Clone, Debug, Default)]
pub struct Binary {
    /// The type of each column, and whether it came in binary.
    pub columns: Vec<(u32, bool)>,
    pub rows: Vec<Vec<Option<Vec<u8>>>>,
}

impl Rows {
    pub fn count(&self) -> u64 {
        self.binary.as_ref().map_or(self.digest.count(), |binary| binary.rows.len() as u64)
    }

    /// The SHA-256 over the rows' text form, in hex; none where it is not known without the server.
    pub fn sha256(&self) -> Option<String> {
        self.binary.is_none().then(|| self.digest.sha256())
    }

    /// Takes one more row; false where a value of it is no text of UTF-8.
    pub fn take(&mut self, row: Vec<Option<&[u8]>>) -> bool {
        if let Some(binary) = &mut self.binary {
            binary.rows.push(row.into_iter().map(|value| value.map(<[u8]>::to_vec)).collect());
            return true;
        }
        let texts = row.into_iter().map(|value| value.map(std::str::from_utf8).transpose());
        let Ok(texts) = texts.collect::<Result<Vec<_>, _>>() else { return false };
        self.digest.take(texts);
        true
    }
}

impl Trace {
    /// Takes a statement, and gives its number.
    pub fn send(&mut self, sent: Sent) -> usize {
        let parameters = sent.parameters.iter().filter_map(|it| it.value.as_ref()).map(Vec::len).sum::<usize>();
        self.hold(size_of::<Sent>() + sent.sql.len() + parameters);
        self.sent.push(sent);
        self.sent.len() - 1
    }

    /// The last answer of an execution, where more of its rows may come.
    pub fn partial(&mut self, number: usize) -> Option<&mut Answer> {
        self.sent.get_mut(number)?.answers.last_mut().filter(|answer| answer.is_partial)
    }

    /// Counts what is held; true where there is room for it.
    pub fn hold(&mut self, bytes: usize) -> bool {
        self.held += bytes;
        if self.held > MOST {
            self.breaks(format!("it holds more than {} MiB", MOST >> 20));
        }
        self.held <= MOST
    }

    /// The recording cannot be used.
    pub fn breaks(&mut self, why: String) {
        self.broken.get_or_insert(why);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_that_holds_too_much_is_broken() {
        let mut trace = Trace::default();
        assert!(trace.hold(MOST) && trace.broken.is_none());
        assert!(!trace.hold(1) && trace.broken.is_some());
    }
}
