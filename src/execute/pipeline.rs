//! One revision as one pipeline: messages are sent before the first answer is read, and each is answered separately.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::ops::Range;
use std::rc::Rc;

use super::budget::Budget;
use super::interruption::Interruption;
use super::joined;
use super::message::{Condition, Message, Part};
use super::send_limit::{self, Ahead};
use super::several::{self, Refused};
use super::unexpected::Unexpected;
use super::{Context, ExecuteError, Table, There, Trouble, Worker, explain, framing, shown};
use crate::assess::{Action, Reason, is_only_written_down};
use crate::catalog::{self, CatalogError, Taken};
use crate::chain::compiled::{Answered, Expectation};
use crate::chain::directive::StatementDirective;
use crate::chain::text::Changed;
use crate::connect::{self, Notice, Row, ServerError, SessionError, message};
use crate::history;
use crate::lock::Held;
use crate::plan::{Named, Planned, Step};
use crate::statement::Statement;

/// The messages of a revision, in order.
pub struct Pipeline<'a> {
    messages: Vec<Message<'a>>,
    planned: &'a Planned,
    cx: &'a Context<'a>,
    /// The number of statements of the last message that precede those of the history.
    settling: usize,
    is_unconfirmed: Cell<bool>,
    pub(super) commit: Commit,
    /// The number of notices that were passed on.
    notices: Cell<usize>,
    /// The statement that the server last refused, of several that were sent together.
    refused: RefCell<Option<Rc<Refused>>>,
}

/// The messages around the statements of a pipeline.
pub(super) struct Frame<'a> {
    /// The check of the tool's history.
    pub guard: Option<String>,
    /// SQL that runs before the statements.
    pub prelude: &'a [&'a str],
    /// The row of the history, written after the statements.
    pub record: String,
    /// True for the revision's last transaction.
    pub is_done: bool,
    /// The statement before it that ran outside a transaction.
    pub ran: Option<usize>,
    pub link: Link<'a>,
}

/// The relations to the pipelines before and after it that are sent without waiting for an answer.
#[derive(Clone, Copy, Default)]
pub(super) struct Link<'a> {
    /// The revision that must be recorded as done.
    pub after: Option<&'a str>,
    /// True if nothing may write until the next pipeline's BEGIN.
    pub is_followed: bool,
    pub commit: Commit,
    /// True if it leaves nothing in the session.
    pub is_quiet: bool,
    /// True if neither it nor what precedes it in the session can have changed what the session has prepared: then it uses that,
    /// and nothing guards it against its own statements.
    pub is_prepared: bool,
}

/// The wait of a commit for the disk and for synchronous standbys.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Commit {
    #[default]
    Waits,
    /// A later commit waits instead.
    Later,
    /// The server has nothing that a commit waits for.
    AtOnce,
}

/// The number of notices of a revision that are shown; more are not read.
const MOST_NOTICES: usize = 200;

/// The end of a pipeline that succeeded or can be repeated in another session.
#[derive(Debug)]
pub enum Landing {
    Committed,
    Interrupted(Interruption),
    /// Rows refuse an optional statement: the revision continues without it.
    Without {
        step: usize,
        reason: Reason,
    },
}

impl<'a> Pipeline<'a> {
    pub(super) fn new(worker: &Worker<'a>, planned: &'a Planned, range: Range<usize>, frame: Frame<'_>) -> Self {
        let cx = worker.cx;
        let Frame { guard, prelude, record, is_done, ran, link } = frame;
        let Named { text, abridged, .. } = planned.script(cx.chain);
        let mut messages = Vec::with_capacity(range.len() + prelude.len() + 2);
        let mut before = framing::opening(worker, &planned.steps[range.clone()], link);
        if let Some(sql) = opening(&worker.table) {
            messages.push(Message::own(Part::Opening, std::mem::take(&mut before)));
            messages.push(Message::own(Part::History, vec![sql]));
        }
        if let Some(sql) = guard {
            if !before.is_empty() {
                messages.push(Message::own(Part::Opening, std::mem::take(&mut before)));
            }
            messages.push(Message::own(Part::Beside, vec![message::inside(&sql)]));
        }
        if !link.is_prepared {
            before.push(framing::MARK.to_owned());
        }
        before.extend(prelude.iter().map(|&sql| sql.to_owned()));
        let mut is_opening = true;
        let mut budget = Budget::new(cx.patience.ddl_lock_timeout.value.as_millis());
        let mut taken: Vec<&Taken> = ran.map_or(&[][..], |at| planned.steps[at].verdict.taken()).iter().collect();
        let mut bears_savepoint = true;
        for at in range.clone() {
            let Step { statement, verdict, .. } = &planned.steps[at];
            if *verdict.action() == Action::Nothing || statement.isolation.is_some() {
                continue;
            }
            if !is_only_written_down(&statement.effect) {
                messages.extend(look_at(&mut taken));
            }
            before.extend(budget.before(statement, at + 1 == range.end));
            let meets_rows = (statement.meets_rows || *verdict.action() != Action::AsWritten) && bears_savepoint;
            bears_savepoint = !statement.bears_no_savepoint_behind_it();
            if meets_rows {
                before.push(explain::SAVEPOINT.to_owned());
            }
            if !before.is_empty() {
                let part = if is_opening { Part::Opening } else { Part::Statement(at) };
                is_opening = false;
                messages.push(Message::own(part, std::mem::take(&mut before)));
            }
            let sent: Vec<&'a str> = match verdict.action() {
                Action::Nothing => Vec::new(),
                Action::AsWritten => vec![statement.sql(text)],
                Action::Instead(statements) => statements.iter().map(String::as_str).collect(),
            };
            let mut condition = check_of(at, statement).map(Box::new);
            let is_as_written = *verdict.action() == Action::AsWritten;
            let left = abridged.filter(|_| is_as_written).and_then(|script| Some((script, script.left(statement)?)));
            messages.extend(sent.into_iter().map(|sql| Message {
                sql: sql.into(),
                part: Part::Statement(at),
                own: None,
                pieces: Vec::new(),
                condition: condition.take(),
                expects: if is_as_written { statement.expectations().collect() } else { Vec::new() },
                left,
            }));
            taken.extend(verdict.taken());
            // After the last statement, it is released with the transaction's mark.
            if meets_rows && (at + 1 < range.end || link.is_prepared) {
                before.push(explain::RELEASE.to_owned());
            }
        }
        if !before.is_empty() {
            messages.push(Message::own(Part::Opening, before));
        }
        messages.extend(look_at(&mut taken));
        let (closing, settling) = closing(worker, planned, record, is_done, link);
        messages.extend(closing);
        let commit = link.commit;
        if link.is_prepared {
            messages = joined::join(messages, commit != Commit::Waits);
        }
        let (is_unconfirmed, notices, refused) = (Cell::new(false), Cell::new(0), RefCell::default());
        Self { messages, planned, cx, settling, is_unconfirmed, commit, notices, refused }
    }

    /// Sends ahead, and reads every answer. After the first error the server refuses everything that follows, including COMMIT,
    /// so unsent messages are not sent. Before a message with a condition, and after one with an expectation, everything is
    /// answered first.
    pub(super) async fn fly(&self, held: &Held) -> Result<(), Trouble> {
        let mut rest = self.messages.as_slice();
        while let Some(first) = rest.first() {
            if let Some(condition) = &first.condition {
                self.hold(condition, held).await?;
            }
            let goes_on = |pair: &&[Message<'_>]| pair[0].expects.is_empty() && pair[1].condition.is_none();
            let end = 1 + rest.windows(2).take_while(goes_on).count();
            let (leg, after) = rest.split_at(end);
            self.answered(leg, Ahead::default(), held).await?;
            rest = after;
        }
        Ok(())
    }

    /// Sends as much as allowed without waiting. Only a pipeline without conditions is sent this way.
    pub(super) async fn send(&self, held: &Held) -> Ahead {
        debug_assert!(self.messages.iter().all(|message| !message.waits()), "a condition waits for answers");
        let mut ahead = Ahead::default();
        // The rest is tried again when the answers are read, and an error is reported then.
        let _ = ahead.fill(&self.messages, held).await;
        ahead
    }

    /// True if all of it is sent.
    pub(super) fn is_sent(&self, ahead: &Ahead) -> bool {
        ahead.is_all_of(&self.messages)
    }

    /// True if all of it may be sent ahead.
    pub(super) fn is_sent_at_once(&self) -> bool {
        send_limit::takes_at_once(&self.messages)
    }

    /// Sends the rest, and reads every answer of a pipeline that was sent.
    pub(super) async fn land(&self, ahead: Ahead, held: &Held) -> Result<(), Trouble> {
        self.answered(&self.messages, ahead, held).await
    }

    async fn answered(&self, messages: &[Message<'_>], mut ahead: Ahead, held: &Held) -> Result<(), Trouble> {
        let mut trouble = None;
        let last = messages.len().saturating_sub(1);
        for (at, message) in messages.iter().enumerate() {
            if trouble.is_none() {
                let changed = ahead.fill(messages, held).await.err();
                trouble = changed.map(|changed| Trouble::Refused(self.changed(changed)));
                self.show(message.part, at == last);
            }
            let Some(sent) = ahead.take() else { break };
            let number = sent.number;
            let mut answer = Answered::default();
            let done = match message.expects.as_slice() {
                [] => sent.done().await,
                _ => sent.for_each(|row| answer.rows.take(row.iter().map(Option::as_deref))).await,
            };
            match done {
                Ok(affected) => {
                    answer.affected = affected;
                    trouble = trouble.or_else(|| self.broken(message, &answer));
                }
                Err(SessionError::Lost(text)) => return Err(trouble.unwrap_or(Trouble::Lost(text))),
                Err(SessionError::Server(error)) => {
                    trouble = trouble.or_else(|| Some(self.server_trouble(message, error)));
                }
            }
            self.pass_on_notices(held, number);
        }
        trouble.map_or(Ok(()), Err)
    }

    fn server_trouble(&self, message: &Message<'_>, error: ServerError) -> Trouble {
        let (part, error) = joined::refused(message, error);
        let Part::Statement(step) = part else { return Trouble::Server { part, error } };
        match several::refused(self.script(), (step, &self.planned.steps[step].statement), error) {
            Ok((refused, error)) => {
                self.refused.replace(refused.map(Rc::new));
                Trouble::Server { part, error }
            }
            Err(changed) => Trouble::Refused(self.changed(changed)),
        }
    }

    fn changed(&self, changed: Changed) -> ExecuteError {
        ExecuteError::Changed { file: self.script().file.to_owned(), changed }
    }

    /// The expectation that a statement's answer violates.
    fn broken(&self, message: &Message<'_>, answer: &Answered) -> Option<Trouble> {
        let Part::Statement(step) = message.part else { return None };
        let broken = |expectation: &&Expectation| Some((expectation.to_string(), expectation.broken_by(answer)?));
        let (expected, found) = message.expects.iter().find_map(broken)?;
        let error = Unexpected::new(self.script(), self.planned.class, &self.statement(step), expected, found);
        Some(Trouble::Refused(ExecuteError::Unexpected(Box::new(error))))
    }

    async fn hold(&self, condition: &Condition<'_>, held: &Held) -> Result<(), Trouble> {
        match *condition {
            Condition::Check { step, name, sql } => {
                self.show(Part::Statement(step), false);
                match held.session().send(&connect::Message::users(sql)).await.rows().await {
                    Ok(rows) if holds(&rows) => Ok(()),
                    Ok(rows) => {
                        Err(Trouble::Refused(ExecuteError::check(self.script(), &self.statement(step), name, &rows)))
                    }
                    Err(SessionError::Lost(text)) => Err(Trouble::Lost(text)),
                    Err(SessionError::Server(error)) => Err(Trouble::Server { part: Part::Statement(step), error }),
                }
            }
            Condition::Proof(proof) => match proof.differences(held.session()).await {
                Ok(lines) if lines.is_empty() => Ok(()),
                Ok(lines) => {
                    Err(Trouble::Refused(ExecuteError::NotEqual { file: self.script().file.to_owned(), lines }))
                }
                Err(CatalogError::Lost(text)) => Err(Trouble::Lost(text)),
                Err(CatalogError::Locked(error) | CatalogError::Server(error)) => {
                    Err(Trouble::Server { part: Part::Settling, error })
                }
                Err(CatalogError::Answer(text)) => Err(Trouble::Lost(text)),
            },
        }
    }

    /// The statement of a step; of several that were sent together, the refused one.
    pub fn statement(&self, step: usize) -> Cow<'a, Statement> {
        match self.refused(step) {
            Some(refused) => Cow::Owned(refused.statement.clone()),
            None => Cow::Borrowed(&self.planned.steps[step].statement),
        }
    }

    /// The refused statement of a step that was sent for several.
    pub(super) fn refused(&self, step: usize) -> Option<Rc<Refused>> {
        self.refused.borrow().clone().filter(|refused| refused.step == step)
    }

    /// The line of the script that sets statement_timeout for a statement, or for those before it.
    pub fn own_timeout(&self, step: usize) -> Option<usize> {
        self.planned.own_timeout(step)
    }

    /// The SQL that was sent for a statement; the last one of several in its place.
    pub fn sent(&self, step: usize) -> Cow<'_, str> {
        let Step { statement, verdict, .. } = &self.planned.steps[step];
        let text = self.script().text;
        match (verdict.action(), self.refused(step)) {
            (Action::Instead(statements), _) => statements.last().map_or("", String::as_str).into(),
            (Action::AsWritten | Action::Nothing, Some(refused)) => refused.sql(text).to_owned().into(),
            (Action::AsWritten | Action::Nothing, None) => statement.sql(text).into(),
        }
    }

    pub fn script(&self) -> Named<'_> {
        self.planned.script(self.cx.chain)
    }

    fn show(&self, part: Part, is_last: bool) {
        match part {
            Part::Statement(step) => shown::statement(self.cx.chain, self.cx.progress, self.planned, step),
            // A standby may have to confirm it, which may take long.
            Part::Closing if is_last => shown::commit(self.cx.chain, self.cx.progress, self.planned),
            Part::Opening | Part::History | Part::Beside | Part::Taken | Part::Settling | Part::Closing => {}
        }
    }

    /// True if an error of a message comes from a statement on the history, or from COMMIT itself.
    pub fn is_of_history(&self, part: Part, error: &ServerError) -> bool {
        match part {
            Part::History => true,
            Part::Closing => error.after >= self.settling,
            Part::Opening | Part::Beside | Part::Statement(_) | Part::Taken | Part::Settling => false,
        }
    }

    /// True if it is committed, but no synchronous standby has confirmed it.
    pub fn is_unconfirmed(&self) -> bool {
        self.is_unconfirmed.get()
    }

    /// The number of bytes that it sends.
    pub(super) fn size(&self) -> usize {
        self.messages.iter().map(Message::size).sum()
    }

    fn pass_on_notices(&self, held: &Held, number: u64) {
        let (notices, more) = held.session().notices(number);
        let shown = MOST_NOTICES.saturating_sub(self.notices.get());
        self.notices.set(self.notices.get() + notices.len() + more);
        for (at, notice) in notices.iter().enumerate() {
            if is_unconfirmed(notice) {
                self.is_unconfirmed.set(true);
            }
            if at < shown {
                tracing::info!(file = self.script().file, severity = notice.severity, "server: {}", notice.message);
            }
        }
    }

    /// Logs the number of notices that were not shown, at its end.
    pub(super) fn say_more_notices(&self) {
        let more = self.notices.take().saturating_sub(MOST_NOTICES);
        if more > 0 {
            tracing::info!(file = self.script().file, "server: {more} more notices, not shown");
        }
    }
}

/// The messages after the statements, and the number of statements of the last one that precede those of the history.
fn closing<'a>(
    worker: &Worker<'a>,
    planned: &'a Planned,
    record: String,
    is_done: bool,
    link: Link<'_>,
) -> (Vec<Message<'a>>, usize) {
    // One message, so nothing of it takes effect if the mark is missing. It is parsed with the settings at its arrival, including
    // a script's: every literal in it is ASCII and reads the same with any of them.
    let settle = framing::settling(worker, link).join("; ");
    let commit = framing::closing(planned.script(worker.cx.chain).id, &record, link);
    if is_done && !planned.proof.is_empty() {
        let condition = Some(Box::new(Condition::Proof(&planned.proof)));
        let settle = Message::own(Part::Settling, vec![settle]);
        return (vec![settle, Message { condition, ..Message::own(Part::Closing, vec![commit]) }], 0);
    }
    if settle.is_empty() {
        return (vec![Message::own(Part::Closing, vec![commit])], 0);
    }
    // No literal in it contains a semicolon.
    let statements = settle.matches(';').count() + 1;
    (vec![Message::own(Part::Closing, vec![settle, commit])], statements)
}

/// True if the wait for a synchronous standby was cancelled (`syncrep.c` of PostgreSQL).
pub(super) fn is_unconfirmed(notice: &Notice) -> bool {
    notice.routine.as_deref() == Some("SyncRepWaitForLSN")
}

/// A check of the objects that the statements used, before any code of them may run.
fn look_at<'a>(taken: &mut Vec<&Taken>) -> Option<Message<'a>> {
    let sql = (!taken.is_empty()).then(|| message::inside(&catalog::guard(taken.drain(..))))?;
    Some(Message::own(Part::Taken, vec![sql]))
}

/// The statement about the history that has to precede a revision's statements.
pub(super) fn opening(table: &Table) -> Option<String> {
    match table.there {
        There::Nothing => Some(message::inside(&history::create(&table.name, false))),
        There::Schema => Some(message::inside(&history::create(&table.name, true))),
        There::Watched => Some(message::inside(&history::watched(&table.name))),
        There::Table => None,
    }
}

/// True if the first value of the first row is true: the check holds.
fn holds(rows: &[Row]) -> bool {
    rows.first().and_then(|row| row.first()).is_some_and(|value| value.as_deref() == Some("t"))
}

fn check_of(step: usize, statement: &Statement) -> Option<Condition<'_>> {
    statement.directives.iter().find_map(|directive| match directive {
        StatementDirective::Check { name, sql } => Some(Condition::Check { step, name, sql }),
        _ => None,
    })
}
