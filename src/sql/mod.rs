//! A script's text becomes statements. Pure; the only module that names the parser crate.

mod alone;
pub mod change;
#[cfg(test)]
mod checksum_tests;
mod condition;
mod excerpt;
mod fallible;
pub mod impact;
mod literals;
pub mod losing;
mod mask;
mod nature;
mod outside;
mod parse;
pub mod place;
mod relation_lock;
pub mod script;
mod secret;
pub mod shape;
mod shown;
pub mod statement;
mod tag;
mod walk;

pub use alone::{Named, Scope, Trace};
pub use excerpt::excerpt;
pub use fallible::{Demand, Part, STAND_IN, demands, excluded, written};
pub use literals::without_literals;
pub use parse::with_room;
pub use script::{Script, ScriptError, read};
pub use secret::Secrecy;
pub use shape::{operators_in, places_of_calls};
pub use shown::{context_without_literals, scrubbed, without_secrets};
pub use statement::{Kind, LockUse, Statement, TransactionUse};
