//! The latch file: a sidecar that opened once opens at once when it is restarted, and checks after.
//!
//! The kubelet counts a restartable init container that has not `started` as not ready, so a sidecar that restarts while the
//! database is away would take its pod out of service. The file lives on an emptyDir: as long as the pod does.

use std::io;
use std::path::PathBuf;

use crate::config::HistoryTable;
use crate::files;

/// A mark is a line.
const LARGEST: u64 = 4 << 10;

pub struct Latch {
    file: PathBuf,
    /// What was open: this chain, by this history.
    mark: String,
}

impl Latch {
    /// `chain` is its digest.
    pub fn new(file: PathBuf, chain: &str, history: &HistoryTable) -> Self {
        Self { file, mark: format!("{chain} {history}\n") }
    }

    /// True where the same was open before.
    pub fn is_set(&self) -> bool {
        files::plain(&self.file, LARGEST).is_ok_and(|content| content == self.mark.as_bytes())
    }

    /// # Errors
    /// The file cannot be written; then the next start waits for the database like the first.
    pub fn set(&self) -> io::Result<()> {
        let beside = self.file.with_extension("tmp");
        std::fs::write(&beside, &self.mark)?;
        std::fs::rename(&beside, &self.file)
    }
}
