//! The repeated questions of an open gate: the place of the history, and the INVALID indexes.

use super::Gate;
use super::flow::{self, Observed};
use super::inspect::Look;
use crate::chain;
use crate::connect::{Answer, Message, Row, Session, SessionError, message};
use crate::history::{self, Events, Read};
use crate::lock::Judgement;
use crate::pg::name::quote_array;

const INVALID_INDEXES: &str = include_str!("invalid_indexes.sql");

impl Gate {
    /// Checks once. At head it costs one round trip. The progress records the state, whatever the result.
    pub async fn observe(&self) -> Observed {
        flow::observe(&self.connector, self.config.policy.ahead, async |session| {
            Ok(self.ask_again(session).await?.stand())
        })
        .await
    }

    async fn ask_again(&self, session: &Session) -> Result<Look, Judgement> {
        if self.config.chain.coexist.is_some() {
            return self.look_beside(session).await;
        }
        let reads = [Read::Summary(self.chain.len())];
        let question = history::inquiry(&self.config.chain.history_table, history::Look::Quick, &reads, None);
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
        let named = self.config.chain.history_table.schema.clone();
        chain::schemas(&self.chain).into_iter().chain(named).collect()
    }

    /// Records the INVALID indexes; unknown if the catalog gave no answer.
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

/// The query for the INVALID indexes in these schemas and in the path's, one row each.
pub(super) fn index_question(schemas: Vec<String>) -> String {
    INVALID_INDEXES
        .replace("{path}", &message::along("current_schemas(false)"))
        .replace("{schemas}", &quote_array(schemas.iter().map(String::as_str)))
}
