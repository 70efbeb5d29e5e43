//! The phase between head and open. The tool's version table has no room for a mark, so each start at head verifies.

use super::{ToolGate, digest};
use crate::connect::Session;
use crate::failure::Failure;
use crate::gate::schema;
use crate::verify::{Snapshot, VerifyError};

impl ToolGate {
    /// True if a head has to be verified before the gate opens.
    pub(super) fn verifies(&self) -> bool {
        self.aimed.is_none() && schema::policy(&self.config).is_some()
    }

    /// The snapshot for comparison, if it is this chain's.
    pub(super) fn expected(&self) -> Result<Option<&Snapshot>, VerifyError> {
        if !self.verifies() {
            return Ok(None);
        }
        let expected = self.expected.of(&self.config, || digest(&self.graph, self.table.tool), &self.graph.head())?;
        Ok(expected.map(|(snapshot, _)| snapshot))
    }

    /// Checks an open gate for drift; false without a snapshot for comparison.
    ///
    /// # Errors
    /// The snapshot cannot be used, or the database could not be asked.
    pub async fn look_for_drift(&self) -> Result<bool, Failure> {
        if self.progress.look(|known| !known.ahead.is_empty()) {
            return Ok(true);
        }
        let Some(snapshot) = self.expected()? else { return Ok(false) };
        let history = &self.config.chain.history_table.name;
        schema::look_again(&self.connector, snapshot, history, (&self.config, &self.progress)).await?;
        Ok(true)
    }

    /// Compares the schema with the snapshot. A newer release creates objects that this snapshot does not know.
    pub(super) async fn verify(&self, session: &Session, ahead: usize) -> Result<(), VerifyError> {
        let Some(snapshot) = self.expected()?.filter(|_| ahead == 0) else { return Ok(()) };
        let history = &self.config.chain.history_table.name;
        let report = schema::compare(session, snapshot, history, (&self.config, &self.progress)).await?;
        schema::judge(&report, &self.config, false)
    }
}
