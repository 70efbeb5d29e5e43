//! Where a run stands and what is known of it: stages write, HTTP and the summary read.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::watch;

use crate::failure::Failure;
use crate::telemetry::metrics::{Metrics, Scrape};

/// The states of the gate, in logs, metrics, `/status` and the termination message alike.
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

/// The statement that runs, as `/status` shows it. `text` has no secret in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Running {
    pub revision: String,
    pub file: String,
    pub line: usize,
    pub text: String,
    /// `CREATE INDEX`.
    pub command: String,
    /// Which of its revision's statements it is, and how many there are; from 1.
    pub place: (usize, usize),
    pub since: Instant,
    /// What it waited for when it was last looked at, in words; none where it computes.
    pub waits_for: Option<String>,
    /// From 0 to 1, where the server counts it.
    pub progress: Option<f64>,
}

/// Another session that this run waits for: the holder of the gate's lock, or one that blocks a statement.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Session {
    pub pid: i32,
    pub user: Option<String>,
    pub application: Option<String>,
    pub client: Option<String>,
    pub state: Option<String>,
    /// Seconds since its transaction (for the lock: its session) began.
    pub age_seconds: Option<f64>,
    /// Its query with every literal replaced. Only for logs and `status`, never over HTTP.
    pub query: Option<String>,
    /// The role of ours that may not see the rest of it.
    pub hidden_from: Option<String>,
    /// Of a prepared transaction, which has no process (its pid is 0): its name as a literal, and since when it stands.
    pub prepared: Option<(String, String)>,
}

/// A statement that was not run as written, and why. `text` of scripts only: nothing of what stands in tables.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Note {
    #[serde(default)]
    pub revision: String,
    pub line: usize,
    pub verdict: String,
    /// What it makes, in a word or two.
    #[serde(default)]
    pub what: String,
    pub reason: String,
}

/// Something that happened to the database and stands in no row of the history. It shows nothing of what stands in tables.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Event {
    /// `failed`, `down` or `stamped`.
    pub what: String,
    /// The last time, to the second, in the server's time zone.
    pub at: String,
    pub first_at: String,
    /// How often: the same failure of the same revision, within an hour of the time before.
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
    /// When, so that texts compare as times do.
    #[serde(skip)]
    pub moment: String,
}

/// What fails: the whole run, or of an open gate its last check.
#[derive(Clone, Debug)]
pub struct Trouble {
    pub failure: Failure,
    /// Since when it fails for this cause without a success between.
    pub since: SystemTime,
}

/// Where the history stands, in ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// The newest revision that the history records.
    pub current: Option<String>,
    /// How many revisions the history records.
    pub applied: usize,
    /// Those of the chain that it does not record.
    pub pending: Vec<String>,
    /// Those that it has after this chain's head.
    pub ahead: Vec<String>,
}

/// How the schema stood to the snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schema {
    pub at: SystemTime,
    /// Differences by the kind of object, every kind among them.
    pub drift: BTreeMap<&'static str, usize>,
    pub missing: usize,
    pub different: usize,
    pub unexpected: usize,
    pub unproved: usize,
    /// The relations that could not be looked at.
    pub unread: Vec<String>,
    /// The first of the differences, without values.
    pub objects: Vec<String>,
    /// The catalogs' contents just before; none where a part could not be looked at.
    pub fingerprint: Option<String>,
}

/// All that is known of the run.
#[derive(Clone, Debug)]
pub struct Known {
    pub phase: Phase,
    pub phase_since: Instant,
    pub started: Instant,
    /// Why the run waits, in words: `connection refused`.
    pub waiting_for: Option<String>,
    pub head: Option<String>,
    pub current: Option<String>,
    pub applied: usize,
    pub pending: Vec<String>,
    /// The revisions that the history has after this chain's head.
    pub ahead: Vec<String>,
    /// When the history was last seen: what is said of it is as of then. Before it was, nothing is.
    pub as_of: Option<SystemTime>,
    /// The INVALID indexes in the schemas of the chain; none where the catalog has not been asked.
    pub invalid_indexes: Option<Vec<String>>,
    pub running: Option<Running>,
    pub lock_holder: Option<Session>,
    pub blockers: Vec<Session>,
    /// How many statements got which verdict in this run.
    pub verdicts: BTreeMap<&'static str, u64>,
    /// The same for each revision of this run.
    pub revisions: BTreeMap<String, BTreeMap<&'static str, u64>>,
    /// What this run did otherwise than as written.
    pub notes: Vec<Note>,
    /// Optional statements that the history records as skipped.
    pub skipped: Vec<Note>,
    /// How the schema stood to the snapshot when this run held it against that.
    pub schema: Option<Schema>,
    pub opened_at: Option<SystemTime>,
    pub trouble: Option<Trouble>,
    /// The newest failure of any run over this history, as an open gate last saw it.
    pub last_failure: Option<Event>,
    /// A signal asked the gate to end: it is not ready any more.
    pub stopping: bool,
    /// `LOCKGATE_READINESS=live`: an open gate in trouble is not ready.
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

    /// An open gate's check fails. Gives whether that is news.
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

    /// An open gate's check holds. Gives whether one had failed before.
    pub fn untroubled(&self) -> bool {
        let mut was_troubled = false;
        self.update(|known| was_troubled = known.trouble.take().is_some());
        was_troubled
    }

    /// The history was seen. Gives whether it had moved since it was last.
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

    /// Counts so many statements under a verdict, here and in `lockgate_statements_total`.
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

    /// True where the gate is open and not being ended: what `/ready` answers.
    pub fn ready(&self) -> bool {
        self.look(Known::ready)
    }

    /// Reads without a copy. Stages wait while `reader` runs, so it does no more than read.
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

    /// What the metrics show of it.
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
