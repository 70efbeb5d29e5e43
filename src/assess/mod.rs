//! Model, place, verdict: decides the treatment of each pending statement.
//!
//! The model is the chain's expected state, the place is the database's position in the pending part, and a verdict follows from
//! both, over all pending revisions at once.

mod advice;
mod all_or_nothing;
mod ambiguous_names;
mod as_is;
mod assessment;
mod conflict;
mod converge;
mod data;
mod definition;
mod ensure;
mod evidence;
mod first_contact;
mod fix;
mod in_place;
mod judge;
mod labels;
mod lookup;
mod nearest;
mod needs;
mod out_of_order;
mod owners;
mod partition_index;
mod place;
mod presence;
mod proof;
mod provisional;
mod published;
mod reason;
mod replaced;
mod replacement;
mod request;
mod reused;
mod revisions;
mod rows;
mod ruling;
mod statement;
mod survey;
mod temporary;
mod trust;
mod unmanaged;
mod verdict;

pub use assessment::Assessment;
pub use ensure::ensured;
pub use first_contact::{Contact, Evident, Part, Sign};
pub use needs::missing::Missing;
pub use needs::report::Lack;
pub use needs::rights::Right;
pub use place::Place;
pub use proof::Proof;
pub use provisional::Provisional;
pub use reason::{Documented, Reason, Refusing, documented};
pub use request::{Script, Survey};
pub use reused::is_only_written_down;
pub use statement::Finding;
pub use survey::survey;
pub use verdict::{Action, Decision, Verdict, committed, refused, skipped};
