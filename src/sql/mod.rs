//! A script's text becomes statements. Pure; the only module that names the parser crate.

mod alone;
mod blocks;
pub mod bound;
pub mod change;
#[cfg(test)]
mod checksum_tests;
mod condition;
mod copy;
#[cfg(test)]
mod corpus;
mod demand;
pub mod equality;
mod excerpt;
mod fallible;
pub mod heard;
pub mod impact;
pub mod likeness;
mod literals;
pub mod losing;
mod lower;
mod mask;
mod meaning;
mod nature;
mod outside;
mod parse;
pub mod partition_key;
pub mod place;
mod presence;
mod qualifier;
mod relation_lock;
mod roles;
pub mod script;
mod secret;
pub mod shape;
mod shown;
pub mod statement;
mod tag;
mod values;
mod walk;

pub use alone::{Named, Scope, Trace};
pub use change::body_of;
pub use demand::{Demand, PARENT_STAND_IN, Part, STAND_IN};
pub use excerpt::excerpt;
pub use fallible::{demands, excluded, written};
pub use heard::{Control, Copying, Heard, Setting, heard};
pub use literals::{strings_in, without_literals};
pub use lower::data_of;
pub use meaning::Names;
pub use parse::{with_room, with_room_each};
pub use presence::{Presence, SCHEMA};
pub use script::{Script, ScriptError, read, read_definitions};
pub use secret::Secrecy;
pub use shape::{operators_in, places_of_calls};
pub use shown::{context_without_literals, scrubbed, without_secrets};
pub use statement::{Kind, LockUse, Nature, Statement, TransactionUse, holds};
