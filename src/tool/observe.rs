//! What an open gate asks again and again.

use std::time::Duration;

use super::ToolGate;
use super::look::Look;
use crate::config::Ahead;
use crate::connect::{ConnectError, Stage};
use crate::gate::{GateError, Observed};
use crate::lock::Judgement;

/// A server that takes a session and then says nothing is away too.
const PATIENCE: Duration = Duration::from_secs(5);

impl ToolGate {
    /// One look, over a session that lasts as long as the question.
    pub async fn observe(&self) -> Observed {
        let session = match self.connector.connect().await {
            Ok(session) => session,
            Err(error) => return Observed::Unanswered(error.into()),
        };
        let asked = tokio::time::timeout(PATIENCE, self.whole(&session, None)).await;
        let address = session.address.clone();
        session.close().await;
        let looked = match asked {
            Err(_) => {
                let late = ConnectError::TimedOut { address, after: PATIENCE, stage: Stage::Answer };
                return Observed::Unanswered(late.into());
            }
            Ok(answer) => self.judge(answer),
        };
        match looked {
            Err(Judgement::Wait(error)) => Observed::Unanswered(error.into()),
            Err(Judgement::Refused(failure)) => Observed::Refused(failure),
            Ok(Look::Open { ahead }) if ahead > 0 && self.config.policy.ahead == Ahead::Fail => {
                Observed::Refused(GateError::Ahead(ahead).into())
            }
            Ok(Look::Open { .. }) => Observed::Holds,
            Ok(Look::Work { pending, .. }) => Observed::Refused(GateError::LeftHead(pending.len()).into()),
        }
    }
}
