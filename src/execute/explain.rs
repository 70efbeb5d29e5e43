//! Why the rows that are there refuse a statement: which they are, and the SQL that would help.
//!
//! The questions are asked in the transaction of the refused statement, rolled back to the savepoint before it, so they see
//! what the statement saw. A question that fails, takes long, or would run what belongs to a role that is not trusted costs nothing
//! but the explanation.

use std::time::Duration;

use super::Context;
use crate::connect::{Message, ServerError, Session};
use crate::rows::{self, Explanation, Kind, Manner, Probe};
use crate::sql;
use crate::statement::{self, Demand};

/// What the session stands in when the questions are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Within {
    /// The refused transaction of a pipeline, with [`SAVEPOINT`] before the statement. The pipeline's retry ends it.
    Pipeline,
    /// No transaction: the statement ran outside of any.
    Nothing,
}

/// Before each statement of a pipeline that rows can make fail.
pub const SAVEPOINT: &str = "SAVEPOINT lockgate_statement";
pub const RELEASE: &str = "RELEASE SAVEPOINT lockgate_statement";

/// Locks that the transaction holds are held on while the questions are asked, so they are short.
const SHORT: &str = "SET LOCAL statement_timeout = '3s'; SET LOCAL lock_timeout = '1s'";
const IN_ALL: Duration = Duration::from_secs(6);

/// Asks which rows refused a statement; none where they did not, or nothing can be learnt.
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

/// The failure that is to be explained.
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
