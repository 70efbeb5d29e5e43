//! One revision as one flight: every message is sent before the first answer is read, and each answers for itself.

use std::borrow::Cow;
use std::cell::Cell;
use std::ops::Range;
use std::time::Instant;

use super::{Context, ExecuteError, Table, There, Trouble, Worker, explain, words};
use crate::assess::{Action, Proof};
use crate::catalog::CatalogError;
use crate::chain::directive::StatementDirective;
use crate::connect::{self, Row, ServerError, SessionError, message};
use crate::history;
use crate::lock::Held;
use crate::plan::{Named, Planned, Step};
use crate::progress::Running;
use crate::sql::{LockUse, Statement};

/// The messages of a revision, in order.
pub struct Flight<'a> {
    messages: Vec<Message<'a>>,
    planned: &'a Planned,
    cx: &'a Context<'a>,
    /// How many statements of the last message stand before those of the history.
    settling: usize,
    is_unconfirmed: Cell<bool>,
}

/// One message, and whose it is.
struct Message<'a> {
    sql: Cow<'a, str>,
    part: Part,
    /// What must hold before it is sent: everything before it is answered first.
    condition: Option<Condition<'a>>,
}

/// What a flight stops for.
#[derive(Clone, Copy)]
enum Condition<'a> {
    /// A `lockgate:check` of a statement.
    Check { step: usize, name: &'a str, sql: &'a str },
    /// The catalog holds what the plan promised.
    Proof(&'a Proof),
}

/// The part of a flight that a message belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// BEGIN, the guard, the first SETs, what the script set before.
    Opening,
    /// The history table is made.
    History,
    Statement(usize),
    /// What the script may have left is undone, and what it leaves is proved.
    Settling,
    /// The row of the history, and COMMIT; the settling before them, where nothing is to be proved.
    Closing,
}

/// How a flight ended, where it ended well or can be flown again in another session.
#[derive(Debug)]
pub enum Landing {
    Committed,
    Interrupted(String),
    /// Rows refuse an optional statement: it goes without it.
    Without {
        step: usize,
        reason: String,
    },
}

impl<'a> Flight<'a> {
    /// `prelude` is run before the statements of `range`, `record` after them; `is_done`: it is the revision's last transaction.
    pub(super) fn new(
        worker: &Worker<'a>,
        planned: &'a Planned,
        range: Range<usize>,
        prelude: &[&'a str],
        record: String,
        is_done: bool,
    ) -> Self {
        let cx = worker.cx;
        let text = planned.script(cx.chain).text;
        let mut messages = Vec::with_capacity(range.len() + prelude.len() + 2);
        let own = |part: Part, sql: String| Message { sql: sql.into(), part, condition: None };
        let mut before = vec![words::BEGIN.to_owned(), worker.held.guard().to_owned()];
        if !worker.is_set_up {
            // The session is known to be ours alone only once the guard has passed, so the first SETs stand behind it.
            before.push(worker.settings.clone());
        }
        if let Some(sql) = opening(&worker.table) {
            messages.push(own(Part::Opening, before.join("; ")));
            before.clear();
            messages.push(own(Part::History, sql));
        }
        before.push(words::MARK.to_owned());
        before.extend(prelude.iter().map(|&sql| sql.to_owned()));
        let mut is_opening = true;
        let mut budget = Budget::new(cx.patience.ddl_lock_timeout.as_millis());
        for at in range.clone() {
            let Step { statement, verdict } = &planned.steps[at];
            if *verdict.action() == Action::Nothing {
                continue;
            }
            before.extend(budget.before(statement, at + 1 == range.end));
            let meets_rows = statement.meets_rows || *verdict.action() != Action::AsWritten;
            if meets_rows {
                before.push(explain::SAVEPOINT.to_owned());
            }
            if !before.is_empty() {
                let part = if is_opening { Part::Opening } else { Part::Statement(at) };
                is_opening = false;
                messages.push(own(part, before.join("; ")));
                before.clear();
            }
            let sent: Vec<&'a str> = match verdict.action() {
                Action::Nothing => Vec::new(),
                Action::AsWritten => vec![&text[statement.range.clone()]],
                Action::Instead(statements) => statements.iter().map(String::as_str).collect(),
            };
            let mut condition = check_of(at, statement);
            messages.extend(sent.into_iter().map(|sql| Message {
                sql: sql.into(),
                part: Part::Statement(at),
                condition: condition.take(),
            }));
            // After the last statement it goes with the mark of the transaction.
            if meets_rows && at + 1 < range.end {
                before.push(explain::RELEASE.to_owned());
            }
        }
        if !before.is_empty() {
            messages.push(own(Part::Opening, before.join("; ")));
        }
        // One message, so that nothing of it takes effect where the mark is gone. It is read with the settings that stand
        // when it arrives, a script's among them: every literal in it is ASCII and reads the same under any.
        let settle = [words::TAKE_MARK, words::SETTLE, &worker.settings].join("; ");
        // Every literal in it is without one.
        let statements = settle.matches(';').count() + 1;
        let is_alone = is_done && !planned.proof.is_empty();
        let settling = if is_alone { 0 } else { statements };
        let commit = [message::PATH, &record, words::COMMIT].join("; ");
        if !is_alone {
            messages.push(own(Part::Closing, [settle, commit].join("; ")));
        } else {
            messages.push(own(Part::Settling, settle));
            let condition = Some(Condition::Proof(&planned.proof));
            messages.push(Message { sql: commit.into(), part: Part::Closing, condition });
        }
        Self { messages, planned, cx, settling, is_unconfirmed: Cell::new(false) }
    }

    /// Sends all, then reads every answer. After the first error the server refuses what follows it, COMMIT among it. Before
    /// a message with a condition everything is answered.
    pub(super) async fn fly(&self, held: &Held) -> Result<(), Trouble> {
        let mut rest = self.messages.as_slice();
        while let Some(first) = rest.first() {
            if let Some(condition) = first.condition {
                self.hold(condition, held).await?;
            }
            let end = 1 + rest[1..].iter().take_while(|message| message.condition.is_none()).count();
            self.fly_leg(&rest[..end], held).await?;
            rest = &rest[end..];
        }
        Ok(())
    }

    async fn fly_leg(&self, messages: &[Message<'_>], held: &Held) -> Result<(), Trouble> {
        let session = held.session();
        let mut sent = Vec::with_capacity(messages.len());
        for message in messages {
            sent.push(session.send(&message.send()).await);
        }
        let mut trouble = None;
        let last = messages.len().saturating_sub(1);
        for (at, (message, sent)) in messages.iter().zip(sent).enumerate() {
            if trouble.is_none() {
                self.show(message.part, at == last);
            }
            match sent.done().await {
                Ok(_) => {}
                Err(SessionError::Lost(text)) => return Err(trouble.unwrap_or(Trouble::Lost(text))),
                Err(SessionError::Server(error)) => {
                    trouble = trouble.or(Some(Trouble::Server { part: message.part, error }));
                }
            }
            self.pass_on_notices(held);
        }
        trouble.map_or(Ok(()), Err)
    }

    async fn hold(&self, condition: Condition<'_>, held: &Held) -> Result<(), Trouble> {
        match condition {
            Condition::Check { step, name, sql } => {
                self.show(Part::Statement(step), false);
                match held.session().send(&connect::Message::users(sql)).await.rows().await {
                    Ok(rows) if holds(&rows) => Ok(()),
                    Ok(rows) => {
                        Err(Trouble::Refused(ExecuteError::check(self.script(), self.statement(step), name, &rows)))
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

    pub fn statement(&self, step: usize) -> &Statement {
        &self.planned.steps[step].statement
    }

    /// The line of the script that sets statement_timeout for a statement, or for those before it.
    pub fn own_timeout(&self, step: usize) -> Option<usize> {
        self.planned.own_timeout(step)
    }

    /// What was sent for a statement; where several stand in its place, the last.
    pub fn sent(&self, step: usize) -> &str {
        let Step { statement, verdict } = &self.planned.steps[step];
        match verdict.action() {
            Action::Instead(statements) => statements.last().map_or("", String::as_str),
            Action::AsWritten | Action::Nothing => &self.script().text[statement.range.clone()],
        }
    }

    pub fn script(&self) -> Named<'_> {
        self.planned.script(self.cx.chain)
    }

    fn show(&self, part: Part, is_last: bool) {
        match part {
            Part::Statement(step) => show(self.cx, self.planned, step),
            // A standby may have to confirm it, and that may take long.
            Part::Closing if is_last => show_commit(self.cx, self.planned),
            Part::Opening | Part::History | Part::Settling | Part::Closing => {}
        }
    }

    /// Whether an error of a message came of a statement that writes to the history, or of COMMIT itself.
    pub fn is_of_history(&self, part: Part, error: &ServerError) -> bool {
        match part {
            Part::History => true,
            Part::Closing => error.after >= self.settling,
            Part::Opening | Part::Statement(_) | Part::Settling => false,
        }
    }

    /// Whether it is committed, and the wait for a synchronous standby was cancelled (`syncrep.c` of PostgreSQL).
    pub fn is_unconfirmed(&self) -> bool {
        self.is_unconfirmed.get()
    }

    /// Answers come in bunches, so a notice may be read before the answer that it belongs to: the file is certain, the
    /// statement is not.
    fn pass_on_notices(&self, held: &Held) {
        for notice in held.session().notices() {
            if notice.routine.as_deref() == Some("SyncRepWaitForLSN") {
                self.is_unconfirmed.set(true);
            }
            tracing::info!(file = self.script().file, severity = notice.severity, "server: {}", notice.message);
        }
    }
}

impl Message<'_> {
    fn send(&self) -> connect::Message<'_> {
        match self.part {
            Part::Statement(_) => connect::Message::users(self.sql.as_ref()),
            Part::Opening | Part::History | Part::Settling | Part::Closing => {
                connect::Message::control(self.sql.as_ref())
            }
        }
    }
}

/// What has to be done about the history before a revision's statements.
pub(super) fn opening(table: &Table) -> Option<String> {
    match table.there {
        There::Nothing => Some(message::inside(&history::create(&table.name, false))),
        There::Schema => Some(message::inside(&history::create(&table.name, true))),
        There::Watched => Some(message::inside(&history::watched(&table.name))),
        There::Table => None,
    }
}

/// A check holds where the first value of its first row is true.
fn holds(rows: &[Row]) -> bool {
    rows.first().and_then(|row| row.first()).is_some_and(|value| value.as_deref() == Some("t"))
}

fn check_of(step: usize, statement: &Statement) -> Option<Condition<'_>> {
    statement.directives.iter().find_map(|directive| match directive {
        StatementDirective::Check { name, sql } => Some(Condition::Check { step, name, sql }),
        _ => None,
    })
}

/// Says in the progress which statement runs.
pub(super) fn show(cx: &Context<'_>, planned: &Planned, step: usize) {
    let (script, statement) = (planned.script(cx.chain), &planned.steps[step].statement);
    let running = Running {
        revision: script.id.to_owned(),
        file: script.file.to_owned(),
        line: statement.line,
        text: statement.shown.clone(),
        command: statement.tag.clone(),
        place: (step + 1, planned.steps.len()),
        since: Instant::now(),
        waits_for: None,
        progress: None,
    };
    cx.progress.update(|known| known.running = Some(running));
}

fn show_commit(cx: &Context<'_>, planned: &Planned) {
    let (script, count) = (planned.script(cx.chain), planned.steps.len());
    let commit = || words::COMMIT.to_owned();
    let running = Running {
        revision: script.id.to_owned(),
        file: script.file.to_owned(),
        line: planned.steps.last().map_or(0, |step| step.statement.line),
        text: commit(),
        command: commit(),
        place: (count, count),
        since: Instant::now(),
        waits_for: None,
        progress: None,
    };
    cx.progress.update(|known| known.running = Some(running));
}

/// The lock budget of a transaction: how long, in all, its statements may queue for locks on tables. While one of them holds
/// a strong lock, readers queue behind the wait for the next, so what the first used up is taken from the others
/// (engine rules, "lock_timeout is per lock").
struct Budget {
    whole_ms: u128,
    spending: bool,
    /// The script sets `lock_timeout` itself: its word stands.
    own: bool,
}

/// A transaction that has queued for its whole budget still gets this much for each further lock: enough for a lock that is
/// free, or held for a moment.
const LEAST_MS: u32 = 50;

impl Budget {
    fn new(whole_ms: u128) -> Self {
        Self { whole_ms, spending: false, own: whole_ms == 0 }
    }

    /// What sets the timeout for a statement, where that is needed.
    fn before(&mut self, statement: &Statement, is_last: bool) -> Option<String> {
        self.own |= statement.sets_lock_timeout;
        if self.own {
            return None;
        }
        // It runs under the path of the script, so every operator has its schema.
        let now = "pg_catalog.date_part('epoch'::pg_catalog.text, pg_catalog.clock_timestamp())";
        if self.spending {
            return Some(format!(
                "SELECT pg_catalog.set_config('lock_timeout', least({whole}::pg_catalog.float8, greatest({LEAST_MS}::pg_catalog.float8, \
                 {whole}::pg_catalog.float8 OPERATOR(pg_catalog.-) (1000::pg_catalog.float8 OPERATOR(pg_catalog.*) ({now} \
                 OPERATOR(pg_catalog.-) pg_catalog.current_setting('lockgate.queuing_since')::pg_catalog.float8))))\
                 ::pg_catalog.int4::pg_catalog.text, true)",
                whole = self.whole_ms
            ));
        }
        if statement.lock == LockUse::None {
            return None;
        }
        if is_last {
            // Nothing comes after it that would need to know what it used up.
            return Some(format!("SET LOCAL lock_timeout = {}", self.whole_ms));
        }
        self.spending = true;
        Some(format!(
            "SELECT pg_catalog.set_config('lock_timeout', '{}', true), \
             pg_catalog.set_config('lockgate.queuing_since', {now}::pg_catalog.text, true)",
            self.whole_ms
        ))
    }
}
