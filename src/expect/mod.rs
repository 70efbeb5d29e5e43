//! The expected state of the chain at every place: the state of a fresh run, computed in memory from definitions, never from the
//! database. Pure.

mod alter;
mod cascade;
mod create;
mod drop;
mod family;
mod guarded;
mod identity;
mod like;
mod mentions;
mod model;
mod names;
mod opaque;
mod order;
mod publication;
mod query;
mod rename;
mod renamed_inside;
mod resolve;
mod rights;
mod state;
mod table;
mod timeline;
mod trace;
mod types;

pub use model::{Model, Need, Reading};
pub use state::{Expected, State};
pub use timeline::{Naming, Timeline, Unit, UnitKind, Version, Write};
pub use trace::Trace;
