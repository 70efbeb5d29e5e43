//! The gate's answers over HTTP, all of them from memory.

mod accept;
mod health;
mod listener;
mod metrics;
mod page;
mod router;
mod status;
#[cfg(test)]
mod tests;

pub use accept::serve;
pub use listener::{BindError, bind};
