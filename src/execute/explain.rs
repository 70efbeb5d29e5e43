//! Explains a failure by existing rows: the rows, and the SQL that would help.
//!
//! The questions are asked in the transaction of the refused statement, rolled back to the savepoint before it, so they see the
//! same state. A question that fails, takes long, or would run an untrusted object costs only the explanation.

use std::time::Duration;

use super::Context;
use crate::connect::{Message, ServerError, Session};
use crate::rows::{self, Explanation, Kind, Manner, Probe};
use crate::sql;
use crate::statement::{self, Demand};

/// The state of the session when the questions are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Within {
    /// The refused transaction of a pipeline, with [`SAVEPOINT`] before the statement. The pipeline's retry ends it.
    Pipeline,
    /// No transaction: the statement ran outside of any.
    Nothing,
}

/// Precedes each statement of a pipeline that rows can make fail.
pub const SAVEPOINT: &str = "SAVEPOINT lockgate_statement";
pub const RELEASE: &str = "RELEASE SAVEPOINT lockgate_statement";

/// The transaction keeps its locks while the questions are asked, so they have to be short.
const SHORT: &str = "SET LOCAL statement_timeout = '3s'; SET LOCAL lock_timeout = '1s'";
const IN_ALL: Duration = Duration::from_secs(6);

/// Finds the rows that made a statement fail; none if they did not, or cannot be found.
pub(super) async fn explain(
    session: &Session,
    cx: &Context<'_>,
    statement: &str,
    error: &ServerError,
    within: Within,
) -> Option<Explanation> {
    let kind = Kind::of(&error.sqlstate)?;
    let demands = sql::with_room(|| statement::demands(statement));
    let mut probe = Probe::new(session, Manner::After);
    let question = Question { kind, demands: &demands, error, within };
    let asking = tokio::time::timeout(IN_ALL, ask(&mut probe, question, cx.trusted_owners));
    let asked = cx.stop.cancelling(&session.canceller(), cx.patience.grace, asking).await;
    if within == Within::Nothing {
        let _ = session.ask(&[Message::control("ROLLBACK")]).await;
    }
    asked.ok()?.ok()?
}

/// The failure to be explained.
struct Question<'a> {
    kind: Kind,
    demands: &'a [Demand],
    error: &'a ServerError,
    within: Within,
}

async fn ask(probe: &mut Probe<'_>, question: Question<'_>, owners: &[String]) -> Option<Explanation> {
    let Question { kind, demands, error, within } = question;
    let open = match within {
        Within::Pipeline => "ROLLBACK TO SAVEPOINT lockgate_statement",
        Within::Nothing => "BEGIN",
    };
    probe.open(&format!("{open}; {SHORT}"), owners).await.ok()?;
    rows::explain(probe, kind, demands, error).await.ok()?
}
