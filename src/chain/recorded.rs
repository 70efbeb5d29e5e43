//! A row of the history.

use std::fmt;

/// One row of the history, as far as the chain is concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    pub id: String,
    pub depth: i64,
    pub checksum: String,
    /// How far a revision is of which only some segments are done.
    pub begun: Option<Begun>,
    pub origin: Origin,
}

/// Where a row comes from. `Display` is `applied as "add fax" on 2026-11-28 11:30:33+00 by app (lockgate/shop-1)`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The words of the file's name.
    pub description: String,
    /// `applied` or `stamped`.
    pub kind: String,
    /// To the second, in the server's time zone.
    pub started_at: String,
    pub finished_at: Option<String>,
    pub applied_by: String,
    pub application: String,
    /// When it ended, or else began, so that texts compare as times do.
    pub moment: String,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { description, kind, started_at, finished_at, applied_by, application, .. } = self;
        let at = finished_at.as_ref().unwrap_or(started_at);
        write!(f, "{kind} as {description:?} on {at} by {applied_by} ({application})")
    }
}

/// How far a revision is that runs in segments.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Begun {
    /// How many segments are committed.
    pub segments: usize,
    /// Whether the next one, which runs outside a transaction, was started; nobody knows yet whether it ran.
    pub started: bool,
    /// The checksum of the script up to the end of what is committed or started.
    pub prefix: String,
    /// True where it is being taken back.
    #[serde(default)]
    pub down: bool,
    /// The indexes that the table had before a CREATE INDEX CONCURRENTLY without a name was started, by oid.
    #[serde(default)]
    pub indexes_before: Vec<u32>,
    /// The checksum of the script up to the end of what is committed, where more than that is started. An earlier version did not
    /// record it.
    #[serde(default)]
    pub committed: Option<String>,
    /// How the catalog shows whether the started statement ran: for a script in which it is not found any more.
    #[serde(default)]
    pub trace: Option<serde_json::Value>,
}

impl Recorded {
    pub fn is_done(&self) -> bool {
        self.begun.is_none()
    }
}
