//! Model, place, verdict: what is to be done with each pending statement.
//!
//! The model is the chain's expected state, the place is where the database stands in the pending part, and a verdict follows
//! from both, over all pending revisions at once.

mod advice;
mod as_is;
mod asker;
mod by_hand;
mod contact;
mod converge;
mod data;
mod doubt;
mod ensure;
mod evidence;
mod fix;
mod judge;
mod labels;
mod lack;
mod mentioned;
mod motion;
mod nearest;
mod outlook;
mod owners;
mod partition_index;
mod place;
mod preflight;
mod presence;
mod proof;
mod revisions;
mod rights;
mod rows;
mod ruling;
mod statement;
mod strangers;
mod survey;
mod taken;
mod temporary;
mod trust;
mod verdict;
mod whole;

pub use contact::{Contact, Evident, Part, Sign};
pub use ensure::ensured;
pub use judge::Place;
pub use lack::Lack;
pub use outlook::Outlook;
pub use preflight::Missing;
pub use proof::Proof;
pub use rights::Right;
pub use statement::Finding;
pub use survey::{Assessment, Script, Survey, survey};
pub use taken::is_only_written_down;
pub use verdict::{Action, Decision, Verdict, committed, skipped};
