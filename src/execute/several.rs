//! Statements that are sent in one message: finds the one that the server refused.

use crate::connect::ServerError;
use crate::sql::place;
use crate::statement::Statement;

/// The refused statement as if it had been sent alone, and its error; none for a single statement.
pub(super) fn refused(several: &Statement, text: &str, error: ServerError) -> (Option<Statement>, ServerError) {
    if several.count == 1 {
        return (None, error);
    }
    let (parts, start) = (several.parts(text), several.range.start);
    // The server parses a whole message before it runs any of it.
    let at = error.position.map(|at| start + place::char_offset_to_byte(&text[several.range.clone()], at as usize));
    let by_place = at.and_then(|at| parts.iter().rposition(|part| part.start <= at));
    let Some(part) = parts.get(by_place.unwrap_or(error.after)) else { return (None, error) };
    let before = text[start..part.start].chars().count();
    (Some(several.part(text, part.clone())), error.moved(u32::try_from(before).unwrap_or(0)))
}
