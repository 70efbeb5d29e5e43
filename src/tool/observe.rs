//! The question that an open gate asks again and again.

use super::ToolGate;
use crate::gate::{Observed, flow};

impl ToolGate {
    /// One look.
    pub async fn observe(&self) -> Observed {
        flow::observe(&self.connector, self.config.policy.ahead, async |session| {
            Ok(self.judge(self.whole(session, None).await)?.stand())
        })
        .await
    }
}
