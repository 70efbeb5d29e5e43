//! Numbers in sentences.

use std::fmt::Display;

/// `1 revision`, `3 revisions`.
pub fn counted(count: impl Display, what: &str) -> String {
    let count = count.to_string();
    let ending = if count == "1" { "" } else { "s" };
    format!("{count} {what}{ending}")
}

/// The verb after [`counted`].
pub fn is_are(count: usize) -> &'static str {
    if count == 1 { "is" } else { "are" }
}
