//! Whether the session that holds the lock is ours alone.

use std::time::Duration;

use super::{Held, LockError};
use crate::connect::{Message, Observation, Observers, Row, Session, session_settings};

/// For an answer over the session in question: a pooler whose server sessions are all taken answers when one is free.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often a session that may be shared is asked whether it is.
const ROUNDS: u32 = 5;
/// The same, where what stands between passes the server's own cancel key on: address translation, a socket, a proxy that
/// copies bytes. A pooler that lets its server talk to a client at first is found by the first question, where nobody else asks.
const ROUNDS_WITH_KEY: u32 = 1;
const WHO: &str = "SELECT pg_catalog.pg_backend_pid()";
/// Tries to give a lock back that stayed in a pooler's session, and the pause between them.
const TRIES: u32 = 50;
const PAUSE: Duration = Duration::from_millis(100);

impl Held {
    /// Finds a transaction pooler before anything is written. A session whose other end is the server itself is ours alone.
    /// Else an observer asks, for which it is given a server session: if that is our backend, or ours has changed
    /// meanwhile, sessions are shared between clients. (The pid in BackendKeyData proves nothing: PgBouncer makes one up in
    /// session mode too, so where it is another's, more is asked.) Which session a pooler gives is luck while others ask too, hence some rounds. The observer keeps
    /// no transaction open: where the pool has one server session, ours would wait for it.
    ///
    /// A session that is ours alone gets our `settings` ([`session_settings::settings`]) at once, so that no timeout of the role ends the
    /// planning. Without an observer nothing is proved; then they wait for the first transaction, behind [`Held::guard`].
    ///
    /// Gives the `lock_timeout` that the role, the database or the server sets, where one does.
    ///
    /// # Errors
    /// [`LockError::SharedSession`].
    pub async fn make_ours(&self, observers: &Observers, settings: &str) -> Result<Option<Duration>, LockError> {
        let questions = [Message::own(Session::OTHER_END), Message::own(session_settings::LOCK_TIMEOUT)];
        let mut answers = self.session.ask(&questions).await.into_iter().map(Result::unwrap_or_default);
        let (seen, timeout) = (answers.next().unwrap_or_default(), answers.next().unwrap_or_default());
        if self.session.is_direct(&seen) || self.prove_unshared(observers).await? {
            // Not waited for: it is in force before whatever is sent next.
            let _ = self.session.send(&Message::control(settings)).await;
        }
        let text = timeout.first().and_then(|row| row.first()?.as_deref());
        let millis = text.and_then(|text| text.parse().ok()).filter(|millis| *millis > 0);
        Ok(millis.map(Duration::from_millis))
    }

    /// True where it is proved that the session is ours alone.
    async fn prove_unshared(&self, observers: &Observers) -> Result<bool, LockError> {
        let Some(observation) = observers.observe().await else { return Ok(false) };
        let rounds = if self.session.has_key_of(self.backend) { ROUNDS_WITH_KEY } else { ROUNDS };
        for _ in 0..rounds {
            // An observer that gets no session (a session pool that is used up) would get none the next time.
            let Some(observer) = pid(observation.ask(&Message::own(WHO)).await) else { return Ok(false) };
            let met = observer == self.backend;
            if met || self.has_moved().await || self.has_moved().await {
                self.give_back(&observation).await;
                return Err(self.shared(met));
            }
        }
        Ok(true)
    }

    /// True where another backend answers now. A pooler that gives sessions in turn shows another to one of two questions in a row.
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

    /// Gives the lock back where a pooler keeps the server session that holds it. Ending our connections does not end that
    /// one, and a lock that stays keeps every other gate waiting for as long as the pooler lives.
    pub async fn give_back_shared(&self, observers: &Observers) {
        if let Some(observation) = observers.observe().await {
            self.give_back(&observation).await;
        }
    }

    /// Two connections ask in turn; the pooler decides which server session they meet. One that neither meets is ended
    /// while it is idle, so in nobody's transaction: the pooler opens another.
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
