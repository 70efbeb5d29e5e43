//! The messages of a pipeline, each with the part to which it belongs.

use std::borrow::Cow;
use std::ops::Range;

use crate::assess::Proof;
use crate::chain::compiled::Expectation;
use crate::chain::text::Changed;
use crate::connect;
use crate::statement::Abridged;

/// One message, with the part to which it belongs.
pub(super) struct Message<'a> {
    pub(super) sql: Cow<'a, str>,
    pub(super) part: Part,
    /// The number of statements if all are ours; none for the script's.
    pub(super) own: Option<usize>,
    /// The parts if it was joined of several messages.
    pub(super) pieces: Vec<Piece>,
    /// The condition for sending it: everything before it is answered first.
    pub(super) condition: Option<Box<Condition<'a>>>,
    /// The expected answers before any later message is sent.
    pub(super) expects: Vec<&'a Expectation>,
    /// The bytes of the statement in its file, if it is still there.
    pub(super) left: Option<(&'a Abridged, &'a Range<usize>)>,
}

/// A part of a joined message.
#[derive(Clone, Copy)]
pub(super) struct Piece {
    pub part: Part,
    pub bytes: usize,
    pub statements: usize,
    /// True for commands of ours, false for a statement of the script.
    pub is_own: bool,
}

/// A condition that stops a pipeline.
pub(super) enum Condition<'a> {
    /// A `lockgate:check` of a statement.
    Check { step: usize, name: &'a str, sql: &'a str },
    /// The catalog is as the plan promised.
    Proof(&'a Proof),
}

/// The part of a pipeline to which a message belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// BEGIN, the guard, the first SETs, the script's earlier settings.
    Opening,
    /// The creation of the history table.
    History,
    /// The lock on the tool's history.
    Beside,
    Statement(usize),
    /// A check of the existing objects that statements used.
    Taken,
    /// Session state of the script is undone, and its result is proved.
    Settling,
    /// The row of the history, and COMMIT; with the settling before them if nothing has to be proved.
    Closing,
}

impl Message<'_> {
    pub(super) fn own(part: Part, sql: Vec<String>) -> Self {
        let (own, sql) = (Some(sql.len()), sql.join("; ").into());
        Self { sql, part, own, pieces: Vec::new(), condition: None, expects: Vec::new(), left: None }
    }

    pub(super) fn waits(&self) -> bool {
        self.condition.is_some() || !self.expects.is_empty()
    }

    /// True if its text is in memory.
    pub(super) fn is_here(&self) -> bool {
        self.left.is_none()
    }

    pub(super) fn size(&self) -> usize {
        self.left.map_or(self.sql.len(), |(_, file)| file.len())
    }

    /// The text that is sent; it may have to be read from its file.
    pub(super) fn text(&self) -> Result<Cow<'_, str>, Changed> {
        match self.left {
            Some((script, file)) => script.read(file).map(Cow::Owned),
            None => Ok(Cow::Borrowed(&self.sql)),
        }
    }

    pub(super) fn send<'t>(&self, text: &'t str) -> connect::Message<'t> {
        match self.part {
            _ if !self.pieces.is_empty() => connect::Message::around(text),
            Part::Statement(_) => connect::Message::users(text),
            Part::Opening | Part::History | Part::Beside | Part::Taken | Part::Settling | Part::Closing => {
                connect::Message::control(text)
            }
        }
    }
}
