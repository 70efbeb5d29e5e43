//! What the statements of a script mean: the objects that they change, the rows that they ask for, what they lose and lock. Pure.

mod alike;
mod blocks;
pub mod change;
mod command_tag;
mod condition;
mod copy;
mod demand;
mod excerpt;
mod facts;
pub mod heard;
pub mod impact;
mod kind;
mod lock_use;
pub mod losing;
mod lower;
mod object_words;
mod portions;
mod presence;
mod read;
mod roles;
pub mod script;
mod secrecy;
mod together;
mod trace;
mod transaction;
mod values;

pub use demand::{Demand, PARENT_STAND_IN, Part, STAND_IN, demands, excluded};
pub use excerpt::excerpt;
pub use facts::{Nature, Statement};
pub use heard::{Control, Copying, Heard, Setting, heard};
pub use kind::{Kind, LockUse, TransactionUse};
pub use portions::{Passes, data_of};
pub use presence::{Presence, SCHEMA};
pub use read::body_of;
pub use script::{Script, ScriptError, read, read_definitions, read_together};
pub use trace::{Scope, Trace};
