//! The progress of a run and its known facts: stages write them, HTTP and the summary read them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::watch;

use crate::failure::Failure;
use crate::telemetry::metrics::{Metrics, Scrape};

/// The states of the gate, with the same words in logs, metrics, `/status` and the termination message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Starting,
    Waiting,
    Locking,
    Planning,
    Migrating,
    Verifying,
    Open,
    Failed,
}

impl Phase {
    pub const ALL: [Self; 8] = [
        Self::Starting,
        Self::Waiting,
        Self::Locking,
        Self::Planning,
        Self::Migrating,
        Self::Verifying,
        Self::Open,
        Self::Failed,
    ];

    pub fn word(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Waiting => "waiting",
            Self::Locking => "locking",
            Self::Planning => "planning",
            Self::Migrating => "migrating",
            Self::Verifying => "verifying",
            Self::Open => "open",
            Self::Failed => "failed",
        }
    }
}

/// The running statement for `/status`. `text` contains no secret.
#[derive(Clone, Debug, PartialEq)]
pub struct Running {
    pub revision: String,
    pub file: String,
    pub line: usize,
    pub text: String,
    /// `CREATE INDEX`.
    pub command: String,
    /// The index of the statement in its revision, from 1, and the number of the revision's statements.
    pub place: (usize, usize),
    pub since: Instant,
    /// The object of its wait at the last look, in words; none if it computes.
    pub waits_for: Option<String>,
    /// From 0 to 1; none if the server does not report it.
    pub progress: Option<f64>,
}

/// Another session for which this run waits: the holder of the gate's lock, or one that blocks a statement.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Session {
    pub pid: i32,
    pub user: Option<String>,
    pub application: Option<String>,
    pub client: Option<String>,
    pub state: Option<String>,
    /// Seconds since the start of its transaction (for the lock: of its session).
    pub age_seconds: Option<f64>,
    /// Its query with every literal replaced. Only for logs and `status`, never over HTTP.
    pub query: Option<String>,
    /// Our role, if it may not see the other fields.
    pub hidden_from: Option<String>,
    /// For a prepared transaction, which has no process (its pid is 0): its name as a literal, and the time of its preparation.
    pub prepared: Option<(String, String)>,
}

/// A statement that was not run as written, with the reason. `text` comes from scripts only and contains no data from tables.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Note {
    #[serde(default)]
    pub revision: String,
    pub line: usize,
    pub verdict: String,
    /// The object that it creates, in a word or two.
    #[serde(default)]
    pub what: String,
    pub reason: String,
}

/// An event of the database that is in no row of the history. It contains no data from tables.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Event {
    /// `failed`, `down` or `stamped`.
    pub what: String,
    /// The time of the last occurrence, with seconds, in the server's time zone.
    pub at: String,
    pub first_at: String,
    /// The number of occurrences: the same failure of the same revision, each within an hour of the previous one.
    pub count: u64,
    pub revision: Option<String>,
    pub code: Option<String>,
    pub sqlstate: Option<String>,
    pub message: String,
    pub details: Vec<String>,
    pub by: String,
    pub application: String,
    /// The version of lockgate that wrote it.
    pub version: String,
    /// The time in a form in which texts compare as times do.
    #[serde(skip)]
    pub moment: String,
}

/// A failure: of the whole run, or of an open gate's last check.
#[derive(Clone, Debug)]
pub struct Trouble {
    pub failure: Failure,
    /// The time since which it fails for this cause without a success in between.
    pub since: SystemTime,
}

/// The place of the history, in ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// The newest revision in the history.
    pub current: Option<String>,
    /// The number of revisions in the history.
    pub applied: usize,
    /// The revisions of the chain that the history lacks.
    pub pending: Vec<String>,
    /// The revisions of the history after this chain's head.
    pub ahead: Vec<String>,
}

/// The result of comparing the schema with the snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schema {
    pub at: SystemTime,
    /// Differences by the kind of object, including kinds without a difference.
    pub drift: BTreeMap<&'static str, usize>,
    pub missing: usize,
    pub different: usize,
    pub unexpected: usize,
    pub unproved: usize,
    /// The relations that could not be read.
    pub unread: Vec<String>,
    /// The first of the differences, without values.
    pub objects: Vec<String>,
    /// The fingerprint of the catalogs just before; none if a part could not be read.
    pub fingerprint: Option<String>,
}

/// The known facts of the run.
#[derive(Clone, Debug)]
pub struct Known {
    pub phase: Phase,
    pub phase_since: Instant,
    pub started: Instant,
    /// The reason why the run waits, in words: `connection refused`.
    pub waiting_for: Option<String>,
    pub head: Option<String>,
    pub current: Option<String>,
    pub applied: usize,
    pub pending: Vec<String>,
    /// The revisions of the history after this chain's head.
    pub ahead: Vec<String>,
    /// The time at which the history was last read, to which its facts refer; none before that.
    pub as_of: Option<SystemTime>,
    /// The INVALID indexes in the schemas of the chain; none if the catalog has not been read.
    pub invalid_indexes: Option<Vec<String>>,
    pub running: Option<Running>,
    pub lock_holder: Option<Session>,
    pub blockers: Vec<Session>,
    /// The number of statements with each verdict in this run.
    pub verdicts: BTreeMap<&'static str, u64>,
    /// The same for each revision of this run.
    pub revisions: BTreeMap<String, BTreeMap<&'static str, u64>>,
    /// The actions of this run that differ from the script.
    pub notes: Vec<Note>,
    /// Optional statements that the history records as skipped.
    pub skipped: Vec<Note>,
    /// The result of comparing the schema with the snapshot in this run.
    pub schema: Option<Schema>,
    pub opened_at: Option<SystemTime>,
    pub trouble: Option<Trouble>,
    /// The newest failure of any run on this history, as an open gate last read it.
    pub last_failure: Option<Event>,
    /// True after a signal asked the gate to stop: it is no longer ready.
    pub stopping: bool,
    /// True for `LOCKGATE_READINESS=live`: an open gate in trouble is not ready.
    pub is_live: bool,
}

/// The one handle to [`Known`] and the metrics. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Progress {
    known: Arc<watch::Sender<Known>>,
    pub metrics: Metrics,
}

impl Progress {
    pub fn new(metrics: Metrics) -> Self {
        let now = Instant::now();
        let known = Known {
            phase: Phase::Starting,
            phase_since: now,
            started: now,
            waiting_for: None,
            head: None,
            current: None,
            applied: 0,
            pending: Vec::new(),
            ahead: Vec::new(),
            as_of: None,
            invalid_indexes: None,
            running: None,
            lock_holder: None,
            blockers: Vec::new(),
            verdicts: BTreeMap::new(),
            revisions: BTreeMap::new(),
            notes: Vec::new(),
            skipped: Vec::new(),
            schema: None,
            opened_at: None,
            trouble: None,
            last_failure: None,
            stopping: false,
            is_live: false,
        };
        Self { known: Arc::new(watch::Sender::new(known)), metrics }
    }

    /// Enters a phase. `open` and `failed` are final.
    pub fn enter(&self, phase: Phase) {
        self.update(|known| {
            if known.phase == phase || matches!(known.phase, Phase::Open | Phase::Failed) {
                return;
            }
            known.phase = phase;
            known.phase_since = Instant::now();
            match phase {
                Phase::Open => {
                    known.opened_at = Some(SystemTime::now());
                    known.running = None;
                    known.lock_holder = None;
                    known.waiting_for = None;
                }
                Phase::Waiting => known.running = None,
                _ => known.waiting_for = None,
            }
            tracing::debug!(phase = phase.word(), "phase");
        });
    }

    pub fn update(&self, change: impl FnOnce(&mut Known)) {
        self.known.send_modify(change);
    }

    pub fn fail(&self, failure: &Failure) {
        self.metrics.failed(failure.class());
        self.update(|known| known.trouble = Some(Trouble { failure: failure.clone(), since: SystemTime::now() }));
        self.enter(Phase::Failed);
    }

    /// Records that an open gate's check failed. Returns true if that is new.
    pub fn troubled(&self, failure: Failure) -> bool {
        let mut is_news = true;
        self.update(|known| {
            let before = known.trouble.take().filter(|before| before.failure.code == failure.code);
            is_news = before.as_ref().is_none_or(|before| before.failure.message != failure.message);
            let since = before.map_or_else(SystemTime::now, |before| before.since);
            known.trouble = Some(Trouble { failure, since });
        });
        is_news
    }

    /// Records that an open gate's check succeeded. Returns true if one had failed before.
    pub fn untroubled(&self) -> bool {
        let mut was_troubled = false;
        self.update(|known| was_troubled = known.trouble.take().is_some());
        was_troubled
    }

    /// Records the history's place. Returns true if it changed since the last time.
    pub fn saw(&self, seen: Seen) -> bool {
        let mut has_moved = false;
        self.update(|known| {
            let Seen { current, applied, pending, ahead } = seen;
            has_moved = known.as_of.replace(SystemTime::now()).is_some()
                && (&known.current, &known.pending, &known.ahead) != (&current, &pending, &ahead);
            known.current = current;
            known.applied = applied;
            known.pending = pending;
            known.ahead = ahead;
        });
        has_moved
    }

    /// Counts statements with a verdict, here and in `lockgate_statements_total`.
    pub fn verdicts(&self, word: &'static str, count: u64) {
        self.metrics.statements(word, count);
        self.update(|known| *known.verdicts.entry(word).or_default() += count);
    }

    pub fn read(&self) -> Known {
        self.known.borrow().clone()
    }

    pub fn phase(&self) -> Phase {
        self.known.borrow().phase
    }

    /// True if the gate is open and not stopping: the answer of `/ready`.
    pub fn ready(&self) -> bool {
        self.look(Known::ready)
    }

    /// Reads without a copy. Stages wait while `reader` runs, so it should only read.
    pub fn look<T>(&self, reader: impl FnOnce(&Known) -> T) -> T {
        reader(&self.known.borrow())
    }

    pub fn subscribe(&self) -> watch::Receiver<Known> {
        self.known.subscribe()
    }
}

impl Known {
    pub fn phase_age(&self) -> Duration {
        self.phase_since.elapsed()
    }

    pub fn ready(&self) -> bool {
        self.phase == Phase::Open && !self.stopping && !(self.is_live && self.trouble.is_some())
    }

    /// The facts for the metrics.
    pub fn scrape(&self) -> Scrape {
        Scrape {
            phases: Phase::ALL.map(|phase| (phase.word(), phase == self.phase)),
            ready: self.ready(),
            revisions: self.as_of.map(|_| [self.applied, self.pending.len(), self.ahead.len()]),
            skipped: self.as_of.map(|_| self.skipped.len()),
            invalid_indexes: self.invalid_indexes.as_ref().map(Vec::len),
            drift: self.schema.as_ref().map(|schema| schema.drift.clone()),
            as_of: self.as_of,
            head: self.head.clone(),
            current: self.current.clone(),
            trouble: self.trouble.as_ref().map(|trouble| {
                let failure = &trouble.failure;
                (failure.code.to_string(), failure.class().word())
            }),
        }
    }
}
