//! Checks that the session with the lock is exclusive.

use std::time::Duration;

use super::{Held, LockError};
use crate::connect::{Message, Observation, Observers, Row, Session, session_settings};

/// The time limit of an answer over the tested session: a pooler whose server sessions are all busy answers when one is free.
const PATIENCE: Duration = Duration::from_secs(2);
/// The number of checks of a session that may be shared.
const ROUNDS: u32 = 5;
/// The number of checks if the cancel key is the server's own, passed on by address translation, a socket or a proxy that copies
/// bytes. A pooler that passes the server's first messages on to a client is detected by the first question, unless other clients
/// ask too.
const ROUNDS_WITH_KEY: u32 = 1;
const WHO: &str = "SELECT pg_catalog.pg_backend_pid()";
/// The number of attempts to release a lock that stayed in a pooler's session, and the pause between them.
const TRIES: u32 = 50;
const PAUSE: Duration = Duration::from_millis(100);

impl Held {
    /// Detects a transaction pooler before anything is written. A session whose peer is the server itself is exclusive. Otherwise
    /// an observer queries, for which it gets a server session: if that is our backend, or ours has changed meanwhile, sessions
    /// are shared between clients. (Another pid in BackendKeyData proves nothing, because PgBouncer invents one in session mode
    /// too: then there are more checks.) The session that a pooler assigns is random while others query too, hence several
    /// rounds. The observer keeps no transaction open: with one server session in the pool, ours would wait for it.
    ///
    /// An exclusive session gets our `settings` ([`session_settings::settings`]) at once, so no timeout of the role ends the
    /// planning. Without an observer nothing is proved; the settings then wait for the first transaction, after [`Held::guard`].
    ///
    /// Returns the `lock_timeout` that the role, the database or the server sets, if any.
    ///
    /// # Errors
    /// [`LockError::SharedSession`].
    pub async fn make_ours(&self, observers: &Observers, settings: &str) -> Result<Option<Duration>, LockError> {
        let questions = [Message::own(Session::OTHER_END), Message::own(session_settings::LOCK_TIMEOUT)];
        let mut answers = self.session.ask(&questions).await.into_iter().map(Result::unwrap_or_default);
        let (seen, timeout) = (answers.next().unwrap_or_default(), answers.next().unwrap_or_default());
        if self.session.is_direct(&seen) || self.prove_unshared(observers).await? {
            // Needs no wait: the settings are in force before the next message.
            let _ = self.session.send(&Message::control(settings)).await;
        }
        let text = timeout.first().and_then(|row| row.first()?.as_deref());
        let millis = text.and_then(|text| text.parse().ok()).filter(|millis| *millis > 0);
        Ok(millis.map(Duration::from_millis))
    }

    /// True if the session is proved to be exclusive.
    async fn prove_unshared(&self, observers: &Observers) -> Result<bool, LockError> {
        let Some(observation) = observers.observe().await else { return Ok(false) };
        let rounds = if self.session.has_key_of(self.backend) { ROUNDS_WITH_KEY } else { ROUNDS };
        for _ in 0..rounds {
            // An observer without a session (an exhausted session pool) would get none the next time either.
            let Some(observer) = pid(observation.ask(&Message::own(WHO)).await) else { return Ok(false) };
            let met = observer == self.backend;
            if met || self.has_moved().await || self.has_moved().await {
                self.give_back(&observation).await;
                return Err(self.shared(met));
            }
        }
        Ok(true)
    }

    /// True if another backend answers now. A pooler that alternates sessions assigns another one to one of two consecutive
    /// queries.
    async fn has_moved(&self) -> bool {
        pid(self.ask(Message::own(WHO)).await).is_some_and(|ours| ours != self.backend)
    }

    fn shared(&self, met: bool) -> LockError {
        let evidence = if met {
            "another connection was given the same server session: a transaction pooler stands between"
        } else {
            "the server session changed between two statements: a transaction pooler stands between"
        };
        LockError::SharedSession { address: self.session.address.clone(), evidence }
    }

    /// Releases the lock if a pooler keeps the server session that holds it. Ending our connections does not end that session,
    /// and a remaining lock would make every other gate wait for the lifetime of the pooler.
    pub async fn give_back_shared(&self, observers: &Observers) {
        if let Some(observation) = observers.observe().await {
            self.give_back(&observation).await;
        }
    }

    /// Two connections query in turn; the pooler decides which server session they get. A session that neither gets is ended
    /// while it is idle, so in no transaction: the pooler opens another.
    async fn give_back(&self, observation: &Observation) {
        let (release, evict) = (self.key.release(self.backend), Message::own(self.key.evict(self.backend)));
        for _ in 0..TRIES {
            self.ask(Message::own(release.as_str())).await;
            if observation.ask(&evict).await.is_some_and(|left| left.is_empty()) {
                return;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn ask(&self, message: Message<'_>) -> Option<Vec<Row>> {
        tokio::time::timeout(PATIENCE, self.session.ask(&[message])).await.ok()?.pop()?.ok()
    }
}

fn pid(rows: Option<Vec<Row>>) -> Option<i32> {
    rows?.first()?.first()?.as_deref()?.parse().ok()
}
