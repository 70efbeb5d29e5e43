//! The latch file: a restarted sidecar that was open before opens at once, and checks afterwards.
//!
//! The kubelet counts a restartable init container as not ready until it has `started`, so a sidecar that restarts while the
//! database is away would take its pod out of service. The file is on an emptyDir: it exists as long as the pod.

use std::io;
use std::path::PathBuf;

use crate::config::HistoryTable;
use crate::files;

/// A mark is one line.
const LARGEST: u64 = 4 << 10;

pub struct Latch {
    file: PathBuf,
    /// The state that was open: this chain, with this history.
    mark: String,
}

impl Latch {
    /// `chain` is its digest.
    pub fn new(file: PathBuf, chain: &str, history: &HistoryTable) -> Self {
        Self { file, mark: format!("{chain} {history}\n") }
    }

    /// True if the same state was open before.
    pub fn is_set(&self) -> bool {
        files::plain(&self.file, LARGEST).is_ok_and(|content| content == self.mark.as_bytes())
    }

    /// # Errors
    /// The file cannot be written; the next start then waits for the database like the first.
    pub fn set(&self) -> io::Result<()> {
        let beside = self.file.with_extension("tmp");
        std::fs::write(&beside, &self.mark)?;
        std::fs::rename(&beside, &self.file)
    }
}
