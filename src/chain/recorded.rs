//! A row of the history.

use std::fmt;

/// One row of the history, as far as it concerns the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    pub id: String,
    pub depth: i64,
    pub checksum: String,
    /// The progress of a revision of which only some segments are done.
    pub begun: Option<Begun>,
    pub origin: Origin,
}

/// The origin of a row. `Display` is `applied as "add fax" on 2026-11-28 11:30:33+00 by app (lockgate/shop-1)`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The words of the file's name.
    pub description: String,
    /// `applied` or `stamped`.
    pub kind: String,
    /// With seconds, in the server's time zone.
    pub started_at: String,
    pub finished_at: Option<String>,
    pub applied_by: String,
    pub application: String,
    /// The time of its end, otherwise of its beginning, in a form in which texts compare as times do.
    pub moment: String,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { description, kind, started_at, finished_at, applied_by, application, .. } = self;
        let at = finished_at.as_ref().unwrap_or(started_at);
        write!(f, "{kind} as {description:?} on {at} by {applied_by} ({application})")
    }
}

/// The progress of a revision that runs in segments.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Begun {
    /// The number of committed segments.
    pub segments: usize,
    /// True if the next one, which runs outside a transaction, was started; it is unknown whether it ran.
    pub started: bool,
    /// The checksum of the script up to the end of the committed or started part.
    pub prefix: String,
    /// True if it is being rolled back.
    #[serde(default)]
    pub down: bool,
    /// The oids of the table's indexes before the start of a CREATE INDEX CONCURRENTLY without a name.
    #[serde(default)]
    pub indexes_before: Vec<u32>,
    /// The checksum of the script up to the end of the committed part, if a further statement is started. An earlier version did
    /// not record it.
    #[serde(default)]
    pub committed: Option<String>,
    /// The evidence in the catalog that the started statement ran: for a script that no longer contains it.
    #[serde(default)]
    pub trace: Option<serde_json::Value>,
}

impl Recorded {
    pub fn is_done(&self) -> bool {
        self.begun.is_none()
    }
}
