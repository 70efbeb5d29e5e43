//! Several messages sent as one: the server answers each by itself, and both sides wake up for each answer.

use std::borrow::Cow;

use super::message::{Message, Part, Piece};
use crate::connect::ServerError;
use crate::sql::place;

/// The limit of bytes: joining copies a text.
const BYTES: usize = 16 << 10;

/// Joins every statement with the commands directly before it; with `with_end`, the end is joined too.
pub(super) fn join(messages: Vec<Message<'_>>, with_end: bool) -> Vec<Message<'_>> {
    let mut joined: Vec<Message<'_>> = Vec::with_capacity(messages.len());
    for message in messages {
        match joined.last_mut() {
            Some(last) if takes(last, &message, with_end) => append(last, message),
            _ => joined.push(message),
        }
    }
    joined
}

fn takes(last: &Message<'_>, next: &Message<'_>, with_end: bool) -> bool {
    let end = last.pieces.last().copied().unwrap_or_else(|| whole(last));
    !last.waits()
        && !next.waits()
        && [last, next].iter().all(|message| message.is_here())
        && last.size() + next.size() <= BYTES
        && match (end.part, next.part) {
            (Part::Opening, Part::Statement(_)) => true,
            (Part::Statement(before), Part::Statement(at)) => before == at && end.is_own,
            (Part::Opening | Part::Statement(_), Part::Closing) => with_end,
            _ => false,
        }
}

/// A message that is not joined, as a part.
fn whole(message: &Message<'_>) -> Piece {
    Piece {
        part: message.part,
        bytes: message.size(),
        statements: message.own.unwrap_or(1),
        is_own: message.own.is_some(),
    }
}

fn append<'a>(last: &mut Message<'a>, next: Message<'a>) {
    // A statement may end with a comment.
    const AND: &str = "\n;";
    if last.pieces.is_empty() {
        last.pieces.push(whole(last));
    }
    if let Some(end) = last.pieces.last_mut() {
        end.bytes += AND.len();
    }
    last.pieces.push(whole(&next));
    last.sql = Cow::Owned([&last.sql, AND, &next.sql].concat());
    if last.part == Part::Opening {
        last.part = next.part;
    }
}

/// The part that the server refused, and the error as if that part had been sent alone.
pub(super) fn refused(message: &Message<'_>, error: ServerError) -> (Part, ServerError) {
    let Some((last, before)) = message.pieces.split_last() else { return (message.part, error) };
    // The server parses a whole message before it runs any of it.
    let unparsed = error.position.filter(|_| error.after == 0);
    let at = unparsed.map(|at| place::char_offset_to_byte(&message.sql, at as usize));
    let (mut bytes, mut statements) = (0, 0);
    let is_here = |piece: &&Piece| {
        let is_here = match at {
            Some(at) => at < bytes + piece.bytes,
            None => error.after < statements + piece.statements,
        };
        if !is_here {
            bytes += piece.bytes;
            statements += piece.statements;
        }
        is_here
    };
    let part = before.iter().find(is_here).unwrap_or(last).part;
    let characters = message.sql[..bytes].chars().count();
    (part, error.behind(statements).moved(u32::try_from(characters).unwrap_or(0)))
}
