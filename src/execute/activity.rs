//! An observer's view of the locked session: its wait, its blockers, its progress.

use crate::connect::Row;
use crate::pg::name::quote_literal;
use crate::pg::version::ServerVersion;
use crate::progress::Session;

const WAIT: &str = include_str!("sql/wait.sql");
const COPY: &str = include_str!("sql/copy.sql");

/// The query of another role's session in pg_stat_activity (`pgstatfuncs.c` of PostgreSQL).
const HIDDEN: &str = "<insufficient privilege>";

/// One observation of a backend.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sight {
    pub wait: Wait,
    pub blockers: Vec<Session>,
    pub work: Option<Work>,
}

/// The event for which a backend waits (PostgreSQL documentation 27.2.3, `wait_event`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Wait {
    /// It computes.
    #[default]
    Nothing,
    Lock(String),
    /// COMMIT, until a standby confirms it; with `synchronous_standby_names`.
    Standby(String),
    Disk(String),
    /// Another session's pin of a page.
    Page,
    Extension(String),
    /// Any other wait inside the server: its kind and its name.
    Other(String, String),
}

/// The progress that a command reports.
#[derive(Clone, Debug, PartialEq)]
pub struct Work {
    pub phase: String,
    /// From 0 to 1; none if the total is unknown.
    pub ratio: Option<f64>,
}

/// The query for a backend's activity.
pub fn question(backend: i32, server: ServerVersion) -> String {
    // pg_stat_progress_copy exists since 14.
    let copy = if server.major() >= 14 { COPY } else { "" };
    [WAIT, copy].concat().replace("{backend}", &backend.to_string()).replace("{hidden}", &quote_literal(HIDDEN))
}

/// Reads the answer to [`question`].
pub fn read(rows: Vec<Row>) -> Sight {
    let mut sight = Sight::default();
    for row in rows {
        let mut columns = row.into_iter();
        match columns.next().flatten().as_deref() {
            Some("event") => sight.wait = wait(columns),
            Some("session") => sight.blockers.extend(session(columns)),
            Some("prepared") => sight.blockers.extend(prepared(columns)),
            Some("progress") => sight.work = work(columns),
            _ => {}
        }
    }
    sight
}

fn wait(mut columns: impl Iterator<Item = Option<String>>) -> Wait {
    let mut next = || columns.next().flatten().unwrap_or_default();
    let (kind, event, standbys) = (next(), next(), next());
    match (kind.as_str(), event.as_str()) {
        // It waits for us, or for nothing.
        ("" | "Client" | "Activity", _) => Wait::Nothing,
        ("Lock", _) => Wait::Lock(event),
        (_, "SyncRep") => Wait::Standby(standbys),
        ("IO", _) => Wait::Disk(event),
        ("BufferPin" | "Buffer", _) => Wait::Page,
        ("Extension", _) => Wait::Extension(event),
        _ => Wait::Other(kind, event),
    }
}

fn session(mut columns: impl Iterator<Item = Option<String>>) -> Option<Session> {
    Some(Session {
        pid: columns.next()??.parse().ok()?,
        user: columns.next()?,
        application: columns.next()?,
        client: columns.next()?,
        state: columns.next()?,
        age_seconds: columns.next()?.and_then(|age| age.parse().ok()),
        query: columns.next()?.map(|query| crate::sql::without_literals(&query)),
        hidden_from: columns.next()?,
        prepared: None,
    })
}

/// A prepared transaction: its name as a literal, its owner, and the time of its preparation.
fn prepared(mut columns: impl Iterator<Item = Option<String>>) -> Option<Session> {
    let (gid, user, since) = (columns.next()??, columns.next()?, columns.next()??);
    Some(Session { user, prepared: Some((gid, since)), ..Session::default() })
}

fn work(mut columns: impl Iterator<Item = Option<String>>) -> Option<Work> {
    let phase = columns.next()??;
    let mut number = || columns.next().flatten().and_then(|text| text.parse::<f64>().ok());
    let (done, total) = (number()?, number()?);
    Some(Work { phase, ratio: (total > 0.0).then(|| (done / total).clamp(0.0, 1.0)) })
}

impl Sight {
    /// The object of the wait in words, without the queries of others; none if it computes.
    pub fn waits_for(&self) -> Option<String> {
        let unasked = |session: &Session| describe(&Session { query: None, hidden_from: None, ..session.clone() });
        self.waits(unasked)
    }

    /// The same with their queries, for the log.
    pub fn waits_in_full(&self) -> Option<String> {
        self.waits(describe)
    }

    fn waits(&self, describe: impl Fn(&Session) -> String) -> Option<String> {
        if !self.blockers.is_empty() {
            return Some(self.blockers.iter().map(describe).collect::<Vec<_>>().join("; "));
        }
        match &self.wait {
            Wait::Nothing => None,
            Wait::Lock(what) => Some(format!("a lock ({what})")),
            Wait::Standby(names) => Some(format!(
                "a synchronous standby to confirm the commit: synchronous_standby_names = {}, and none has confirmed yet",
                quote_literal(names)
            )),
            Wait::Disk(event) => Some(format!("the disk (IO: {event})")),
            Wait::Page => Some("another session to let go of a page (BufferPin)".to_owned()),
            Wait::Extension(event) => Some(format!("an extension ({event})")),
            Wait::Other(kind, event) if kind == "Timeout" => Some(format!("its own pause to end ({event})")),
            Wait::Other(kind, event) => Some(format!("the server itself ({kind}: {event})")),
        }
    }

    /// True if another session, or a missing standby, has to act first. Other waits end by themselves.
    pub fn is_held_up(&self) -> bool {
        !self.blockers.is_empty() || matches!(self.wait, Wait::Lock(_) | Wait::Standby(_))
    }

    /// The identity of the cause, to distinguish a new one from the same.
    pub fn cause(&self) -> String {
        let who = |session: &Session| match &session.prepared {
            Some((gid, _)) => gid.clone(),
            None => session.pid.to_string(),
        };
        let kind = match &self.wait {
            Wait::Lock(_) => "lock",
            Wait::Standby(_) => "standby",
            _ => "",
        };
        let who: Vec<String> = self.blockers.iter().map(who).collect();
        format!("{kind} {}", who.join(","))
    }
}

/// A session, or a prepared transaction, for a line of the log.
pub fn describe(session: &Session) -> String {
    let mut text = match &session.prepared {
        Some((gid, since)) => format!("prepared transaction {gid}, since {since}"),
        None => format!("pid {}", session.pid),
    };
    let mut add = |name: &str, value: &Option<String>| {
        if let Some(value) = value {
            text.push_str(&format!(", {name}{value}"));
        }
    };
    add("role ", &session.user);
    add("", &session.application);
    add("from ", &session.client);
    add("", &session.state);
    if let Some(age) = session.age_seconds {
        text.push_str(&format!(", transaction open for {age:.0} s"));
    }
    if let Some(query) = &session.query {
        text.push_str(&format!(": {query}"));
    }
    if let Some(role) = &session.hidden_from {
        text.push_str(&format!("; to see more: GRANT pg_read_all_stats TO {role}"));
    }
    text
}

/// The SQL that ends it.
pub fn end_of(session: &Session) -> String {
    match &session.prepared {
        Some((gid, _)) => format!("COMMIT PREPARED {gid} or ROLLBACK PREPARED {gid}"),
        None => format!("SELECT pg_terminate_backend({})", session.pid),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(columns: &[&str]) -> Row {
        columns.iter().map(|&column| (!column.is_empty()).then(|| column.to_owned())).chain(vec![None; 9]).collect()
    }

    #[test]
    fn each_wait_is_told_by_what_it_is() {
        let waits = |kind: &str, event: &str| read(vec![row(&["event", kind, event, "*"])]).waits_for();
        for (kind, event, words) in [
            ("Lock", "relation", "a lock (relation)"),
            (
                "IPC",
                "SyncRep",
                "a synchronous standby to confirm the commit: synchronous_standby_names = '*', and none has confirmed yet",
            ),
            ("IO", "DataFileRead", "the disk (IO: DataFileRead)"),
            ("BufferPin", "BufferPin", "another session to let go of a page (BufferPin)"),
            ("Extension", "Extension", "an extension (Extension)"),
            ("Timeout", "PgSleep", "its own pause to end (PgSleep)"),
            ("LWLock", "WALWrite", "the server itself (LWLock: WALWrite)"),
        ] {
            assert_eq!(waits(kind, event).as_deref(), Some(words));
        }
        assert_eq!((waits("", ""), waits("Client", "ClientRead")), (None, None));
    }

    #[test]
    fn progress_has_a_ratio_where_the_total_is_known() {
        let work = |done: &str, total: &str| read(vec![row(&["progress", "building index", done, total])]).work;
        let phase = "building index".to_owned();
        assert_eq!(work("1", "4"), Some(Work { phase: phase.clone(), ratio: Some(0.25) }));
        assert_eq!(work("0", "0"), Some(Work { phase, ratio: None }));
    }
}
