//! The shared part of commands on the history: its rows, read with or without the lock, unless a signal comes first.

use std::convert::Infallible;

use super::{Gate, GateError};
use crate::chain::status::Recorded;
use crate::connect::{Answer, ConnectError, Session};
use crate::failure::Failure;
use crate::history::{Read, Told};
use crate::lock::{self, Held, Judged, Judgement, Round};

impl Gate {
    /// The result of the work, or a failure if a signal comes first; `doing` names the work in it.
    pub(super) async fn unless_stopped<T>(
        &self,
        doing: &'static str,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        tokio::select! {
            biased;
            result = work => result,
            signal = self.stop.requested() => Err(GateError::Stopped(doing, signal, None).into()),
        }
    }

    /// A session, and the history's rows as it sees them.
    ///
    /// # Errors
    /// The database cannot be asked, or the history is not trusted.
    pub(super) async fn rows(&self) -> Result<(Session, Told, Vec<Recorded>), Failure> {
        let (session, _) = self.connect().await?;
        let answer = session.send(&self.question(&[Read::Rows])).await.answer().await;
        let (told, rows) = self.told_and_rows(answer).map_err(Failure::from)?;
        Ok((session, told, rows))
    }

    /// The lock and the history's rows under it, on a server that accepts writes.
    ///
    /// # Errors
    /// As [`Gate::rows`], or the lock is not available.
    pub(super) async fn rows_under_lock(&self) -> Result<(Box<Held>, Told, Vec<Recorded>), Failure> {
        let question = self.question(&[Read::Rows]);
        let (session, _) = self.connect().await?;
        let told = self.told(session.send(&question).await.answer().await).map_err(Failure::from)?;
        let ask = self.ask(&told.state.history);
        let judge = |answer: Answer| {
            let (told, rows) = self.told_and_rows(answer)?;
            if told.state.read_only {
                return Err(Judgement::Wait(ConnectError::Standby { address: self.connector.describe() }));
            }
            Ok(Judged::Work((told, rows)))
        };
        // Another gate does not do this work: there is nothing to prepare while waiting.
        let round: Round<Infallible, _> = lock::acquire(Some(session), &ask, &question, judge, |_| Ok(())).await?;
        match round {
            Round::Done(never) => match never {},
            Round::Held(held, (told, rows)) => Ok((held, told, rows)),
        }
    }
}
