//! `LOCKGATE_READINESS=live`: an open gate is ready only while the database answers.

use std::time::Duration;

use crate::connect::{Connector, Message};
use crate::progress::Progress;

/// Half of the kubelet's default period between probes.
const EVERY: Duration = Duration::from_secs(5);

/// A server that takes a session and then says nothing is away too. How long a connection may take is the URL's to say.
const PATIENCE: Duration = Duration::from_secs(5);

/// Asks for ever, over a connection that lasts as long as the question.
pub async fn watch(connector: Connector, progress: Progress) {
    loop {
        tokio::time::sleep(EVERY).await;
        let answered = answers(&connector).await;
        let was_away = progress.look(|known| known.database_away);
        if was_away == answered {
            let news = if answered { "the database answers again: ready" } else { "the database is away: not ready" };
            tracing::warn!("{news}");
            progress.update(|known| known.database_away = !answered);
        }
    }
}

async fn answers(connector: &Connector) -> bool {
    let Ok(session) = connector.connect().await else { return false };
    let answers = tokio::time::timeout(PATIENCE, session.ask(&[Message::own("SELECT 1")])).await;
    session.close().await;
    answers.is_ok_and(|answers| answers.iter().all(Result::is_ok))
}
