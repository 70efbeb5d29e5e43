//! The reasons of rulings and the doubts about a plan: each a stable code, typed parts, and its prose, all in one place.
//!
//! Rules make a reason and compare reasons as values. Nothing reads the prose but a person.

mod doubt;
mod line;
mod parts;
mod table;

pub use doubt::Doubt;
pub use line::Documented;
pub use parts::{Harm, InputDoubt, List, Refusing, Rows, Withheld};
pub use table::{Reason, Said};

/// All reasons: that of a doubt has the doubt's code.
pub fn documented() -> impl Iterator<Item = Documented> {
    table::ALL.iter().filter(|one| one.code != table::OF_DOUBT).chain(doubt::ALL).copied()
}
