//! Records the statements that a program sends to a server, and converts them to a chain of SQL.
//!
//! ```text
//! program ─ relay ─ server        statements and answers, cut at the writes to the version table ─ classes ─ files ─ proof
//! ```

mod class;
mod compare;
mod compile;
mod conversation;
mod cut;
mod error;
mod frames;
mod relay;
mod role;
mod run;
mod secret;
mod spoken;
mod text;
mod trace;
mod values;
mod write;

pub use compile::{Compiled, Recording, Request, apply, compile, record};
pub use error::{RecordError, Refused, Why};
