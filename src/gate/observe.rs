//! What an open gate asks again and again: where the history stands, and which indexes are INVALID.

use std::time::Duration;

use super::look::Look;
use super::{Gate, GateError};
use crate::chain;
use crate::config::Ahead;
use crate::connect::{Answer, ConnectError, Message, Row, Session, SessionError, Stage, message};
use crate::failure::Failure;
use crate::history::{self, Events, Read};
use crate::lock::Judgement;
use crate::pg::name::quote_array;

/// A server that takes a session and then says nothing is away too. How long a connection may take is the URL's to say.
const PATIENCE: Duration = Duration::from_secs(5);

const INVALID_INDEXES: &str = include_str!("invalid_indexes.sql");

/// What an open gate saw.
#[derive(Debug)]
pub enum Observed {
    /// A start would open.
    Holds,
    /// The database answered, and a start would not open for this.
    Refused(Failure),
    /// The database could not be asked.
    Unanswered(Failure),
}

impl Gate {
    /// One look, over a session that lasts as long as the question: an idle one for each pod would take the server's slots. At
    /// head it is one round trip. What was seen is in the progress, whatever is to be thought of it.
    pub async fn observe(&self) -> Observed {
        let session = match self.connector.connect().await {
            Ok(session) => session,
            Err(error) => return Observed::Unanswered(error.into()),
        };
        let looked = tokio::time::timeout(PATIENCE, self.ask_again(&session)).await;
        let address = session.address.clone();
        session.close().await;
        match looked {
            Err(_) => {
                Observed::Unanswered(ConnectError::TimedOut { address, after: PATIENCE, stage: Stage::Answer }.into())
            }
            Ok(Err(Judgement::Wait(error))) => Observed::Unanswered(error.into()),
            Ok(Err(Judgement::Refused(failure))) => Observed::Refused(failure),
            Ok(Ok(Look::Open { ahead, .. })) if ahead > 0 && self.config.policy.ahead == Ahead::Fail => {
                Observed::Refused(GateError::Ahead(ahead).into())
            }
            Ok(Ok(Look::Open { .. })) => Observed::Holds,
            Ok(Ok(Look::Work { pending, .. })) => Observed::Refused(GateError::LeftHead(pending.len()).into()),
        }
    }

    async fn ask_again(&self, session: &Session) -> Result<Look, Judgement> {
        let reads = [Read::Summary(self.chain.len())];
        let question = history::inquiry(&self.config.history_table, history::Look::Quick, &reads, None);
        let indexes = self.indexes.get_or_init(|| index_question(self.schemas()));
        let events = self.home().and_then(|home| Events::beside(&home, &self.config.policy.trusted_owners));
        let mut messages = vec![question, Message::along(indexes.as_str())];
        messages.extend(events.as_ref().map(|events| events.question(Some(Read::LastFailure))));
        let mut answers = session.answers(&messages).await.into_iter();
        let missing = || self.lost(SessionError::Lost("a message was not answered".to_owned()));
        let answer = answers.next().ok_or_else(missing)?;
        self.saw_indexes(answers.next().map(Answer::rows));
        if let Some((events, answer)) = events.and_then(|events| Some((events, answers.next()?))) {
            let failure = events.last_failure(answer).unwrap_or_default();
            self.progress.update(|known| known.last_failure = failure);
        }
        match self.judge(self.summary(session, Some(answer)).await)? {
            Some(look) => Ok(look),
            None => self.look_at_rows(session).await,
        }
    }

    /// The schemas that the chain names, and the history's.
    pub(super) fn schemas(&self) -> Vec<String> {
        let named = self.config.history_table.schema.clone();
        chain::schemas(&self.chain).into_iter().chain(named).collect()
    }

    /// Where the catalog gave no answer nothing is known of it.
    fn saw_indexes(&self, answer: Option<Result<Vec<Row>, SessionError>>) {
        let names = |rows: Vec<Row>| rows.into_iter().filter_map(|row| row.into_iter().next()?).collect::<Vec<_>>();
        let seen = answer.and_then(Result::ok).map(names);
        if seen.as_ref().is_some_and(|names| !names.is_empty())
            && self.progress.look(|known| known.invalid_indexes != seen)
        {
            let names = seen.iter().flatten().map(String::as_str).collect::<Vec<_>>().join(", ");
            tracing::warn!(
                "INVALID, and used by no query: {names}; DROP INDEX CONCURRENTLY, or REINDEX INDEX CONCURRENTLY"
            );
        }
        self.progress.update(|known| known.invalid_indexes = seen);
    }
}

/// Asks for the INVALID indexes in these schemas and in the path's; a row each.
pub(super) fn index_question(schemas: Vec<String>) -> String {
    INVALID_INDEXES
        .replace("{path}", &message::along("current_schemas(false)"))
        .replace("{schemas}", &quote_array(schemas.iter().map(String::as_str)))
}
