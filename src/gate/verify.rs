//! The phase between head and open, once for each head and snapshot.

use super::{Gate, Goal, schema};
use crate::chain::digest;
use crate::connect::{Message, Session};
use crate::failure::Failure;
use crate::history;
use crate::pg::name::QualifiedName;
use crate::verify::{FILE, LineKind, Mark, Snapshot, VerifyError};

impl Gate {
    /// True if a head has to be verified before the gate opens.
    pub(super) fn verifies(&self) -> bool {
        self.goal == Goal::Head && schema::policy(&self.config).is_some()
    }

    /// The snapshot for comparison, if it is this chain's.
    pub(super) fn expected(&self) -> Result<Option<&(Snapshot, String)>, VerifyError> {
        if self.goal != Goal::Head {
            return Ok(None);
        }
        let chain = || format!("2:{}", digest::of_checksums(self.chain.revisions(), 0));
        self.expected.of(&self.config, chain, self.chain.head().id.as_str())
    }

    /// Compares the schema with the snapshot, unless the history records that this head was equal to it before.
    pub(super) async fn verify(
        &self,
        session: &Session,
        history: &QualifiedName,
        ahead: usize,
        verified: Option<String>,
    ) -> Result<(), VerifyError> {
        // A newer release creates objects that this snapshot does not know.
        if !self.verifies() || ahead > 0 || self.is_marked(verified.as_deref()) {
            return Ok(());
        }
        let Some((snapshot, digest)) = self.expected()? else { return Ok(()) };
        let report = schema::compare(session, snapshot, &history.name, (&self.config, &self.progress)).await?;
        schema::judge(&report, &self.config, !self.left_out().is_empty())?;
        if report.grave().next().is_none() && report.unread.is_empty() {
            // A later check may report "unchanged" only for a schema without any difference.
            let notes = report.count(LineKind::Note);
            let print = schema::fingerprint(&self.progress).filter(|_| report.lines.len() == notes);
            self.mark(session, history, digest, print.as_deref().map(|print| (print, notes))).await;
        }
        Ok(())
    }

    /// Checks an open gate for drift; false without a snapshot for comparison. A newer release creates objects that this snapshot
    /// does not know.
    ///
    /// # Errors
    /// The snapshot cannot be used, or the database could not be asked.
    pub async fn look_for_drift(&self) -> Result<bool, Failure> {
        if self.progress.look(|known| !known.ahead.is_empty()) {
            return Ok(true);
        }
        let Some((snapshot, _)) = self.expected()? else { return Ok(false) };
        let history = &self.config.chain.history_table.name;
        schema::look_again(&self.connector, snapshot, history, (&self.config, &self.progress)).await?;
        Ok(true)
    }

    /// The digest of a file is known without parsing it as a snapshot.
    fn is_marked(&self, verified: Option<&str>) -> bool {
        let file = self.config.chain.migrations.join(FILE);
        verified.is_some_and(|verified| Snapshot::digest(&file) == Some(Mark::read(verified).snapshot))
    }

    /// Records the result. A read-only role or a standby cannot: then the next start verifies again.
    async fn mark(&self, session: &Session, history: &QualifiedName, digest: &str, seen: Option<(&str, usize)>) {
        let id = self.chain.head().id.as_str();
        let sql = format!(
            "SET LOCAL lock_timeout = '1s'; {}; {}",
            history::watched(history),
            history::mark(history, id, digest, seen)
        );
        match session.send(&Message::own(sql)).await.rows().await {
            Ok(_) => tracing::info!(head = id, "the schema is verified"),
            Err(error) => tracing::info!(head = id, "the schema is verified, and the history does not say so: {error}"),
        }
    }
}
