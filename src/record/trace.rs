//! The conversation of a program with a server: statements with their parameters and answers, in the order in which they were
//! sent.

use std::sync::Arc;

use crate::chain::compiled::RowDigest;

/// A recording of all connections, in progress or complete.
#[derive(Debug, Default)]
pub struct Trace {
    pub sent: Vec<Sent>,
    /// The number of bytes in memory.
    held: usize,
    /// The reason why the recording is incomplete; the first one is kept.
    pub broken: Option<String>,
}

/// The largest recording, in bytes: far above the SQL of any chain. The rows of answers in text format are not kept.
const MOST: usize = 256 << 20;

/// One query text or one execution that was sent.
#[derive(Debug, Default)]
pub struct Sent {
    /// The number of the connection, from 0.
    pub connection: usize,
    /// The text as sent; several statements in the simple protocol.
    pub sql: Arc<str>,
    pub parameters: Vec<Parameter>,
    /// True if it was sent inside a transaction.
    pub in_transaction: bool,
    /// One answer for each successful statement, in order.
    pub answers: Vec<Answer>,
    pub error: Option<Refusal>,
    /// The data of COPY FROM STDIN.
    pub copied: Vec<u8>,
}

/// A bound value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// The type that the program declared; 0 if it left it to the server.
    pub declared: u32,
    /// The type that the server described; 0 if it was not asked.
    pub described: u32,
    pub is_binary: bool,
    /// None is NULL.
    pub value: Option<Vec<u8>>,
}

/// The error of a refused statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub sqlstate: String,
    pub message: String,
}

/// The answer to one statement, as the program received it.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// `UPDATE 3`; empty for an empty statement.
    pub tag: String,
    /// None if the statement returns no rows.
    pub rows: Option<Rows>,
    /// True if only some of its rows were fetched.
    pub is_partial: bool,
}

/// The rows of an answer.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    pub(super) digest: RowDigest,
    /// The rows, if a column arrived in binary: only the server knows their text.
    pub binary: Option<Binary>,
}

/// Rows as they arrived.
#[derive(Clone, Debug, Default)]
pub struct Binary {
    /// The type of each column, and true if it arrived in binary.
    pub columns: Vec<(u32, bool)>,
    pub rows: Vec<Vec<Option<Vec<u8>>>>,
}

impl Rows {
    pub fn count(&self) -> u64 {
        self.binary.as_ref().map_or(self.digest.count(), |binary| binary.rows.len() as u64)
    }

    /// The SHA-256 of the rows' text, in hex; none if only the server knows it.
    pub fn sha256(&self) -> Option<String> {
        self.binary.is_none().then(|| self.digest.sha256())
    }

    /// Adds one more row; false if one of its values is not UTF-8.
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
    /// Adds a statement, and returns its number.
    pub fn send(&mut self, sent: Sent) -> usize {
        let parameters = sent.parameters.iter().filter_map(|it| it.value.as_ref()).map(Vec::len).sum::<usize>();
        self.hold(size_of::<Sent>() + sent.sql.len() + parameters);
        self.sent.push(sent);
        self.sent.len() - 1
    }

    /// The last answer of an execution that may return more rows.
    pub fn partial(&mut self, number: usize) -> Option<&mut Answer> {
        self.sent.get_mut(number)?.answers.last_mut().filter(|answer| answer.is_partial)
    }

    /// Counts bytes in memory; true if they fit.
    pub fn hold(&mut self, bytes: usize) -> bool {
        self.held += bytes;
        if self.held > MOST {
            self.breaks(format!("it holds more than {} MiB", MOST >> 20));
        }
        self.held <= MOST
    }

    /// Marks the recording as unusable.
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
