//! Verification of the schema: the snapshot beside the chain, and its comparison with the database.

mod apart;
mod drift;
mod error;
mod fingerprint;
mod ignore;
mod lines;
mod names;
mod places;
mod read;
mod renames;
mod snapshot;

pub use apart::{Apart, Renamed};
pub use drift::{Line, LineKind, Property, Report, apart, drift};
pub use error::VerifyError;
pub use fingerprint::{Mark, catalogs, fingerprint};
pub use ignore::Ignored;
pub use lines::Lines;
pub use names::Named;
pub use places::Places;
pub use read::{Facts, Look, Unread, read, sift};
pub use snapshot::{FILE, Snapshot};
