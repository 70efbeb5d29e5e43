//! The repeated question of an open gate.

use super::ToolGate;
use crate::gate::{Observed, flow};

impl ToolGate {
    /// Checks once.
    pub async fn observe(&self) -> Observed {
        flow::observe(&self.connector, self.config.policy.ahead, async |session| {
            Ok(self.judge(self.whole(session, None).await)?.stand())
        })
        .await
    }
}
