//! Scripts into which a tool puts values.

use std::ops::Range;

use super::tree::Content;
use crate::chain::Text;
use crate::chain::written::Filling;
use crate::source::Problem;

/// A value for a placeholder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    pub text: String,
    pub from: Origin,
}

/// The source of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The environment or the tool's settings: it may be a secret, and is never shown.
    Settings,
    /// The connection, or the script's own name.
    Surroundings,
}

impl Value {
    pub fn given(text: impl Into<String>) -> Self {
        Self { text: text.into(), from: Origin::Settings }
    }

    pub fn known(text: impl Into<String>) -> Self {
        Self { text: text.into(), from: Origin::Surroundings }
    }
}

/// A placeholder's bytes in a script, with its value or the reason why there is none.
pub type Found = (Range<usize>, Result<Value, String>);

/// The text that runs, from values for parts of a text in order.
pub fn with(text: &str, values: impl IntoIterator<Item = (Range<usize>, Value)>) -> Text {
    let mut filling = Filling::new(text);
    for (range, Value { text, from }) in values {
        filling.put(range, &text, from == Origin::Settings);
    }
    Text::filled(filling)
}

/// The text that runs, from a script's placeholders in order; those without a value are added to `problems`.
pub fn filled(content: &Content, found: impl IntoIterator<Item = Found>, problems: &mut Vec<Problem>) -> Text {
    let values = found.into_iter().filter_map(|(range, value)| {
        let line = 1 + memchr::memchr_iter(b'\n', &content.text.as_bytes()[..range.start]).count();
        let told = |message| problems.push(Problem::Line { file: content.file.clone(), line, message });
        Some((range, value.map_err(told).ok()?))
    });
    with(&content.text, values)
}
