//! The reasons of rulings and the doubts about a plan: each a stable code, typed parts, and its prose, all in one place.
//!
//! Rules make a reason and compare reasons as values. Only people read the prose.

mod doubt;
mod line;
mod parts;
mod table;

pub use doubt::Doubt;
pub use line::Documented;
pub use parts::{Harm, InputDoubt, List, Refusing, Rows, Withheld};
pub use table::{Reason, Said};

/// All reasons. A reason that is a doubt has the code of the doubt.
pub fn documented() -> impl Iterator<Item = Documented> {
    table::ALL.iter().filter(|one| one.code != table::OF_DOUBT).chain(doubt::ALL).copied()
}
