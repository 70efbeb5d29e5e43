//! The metrics of a run. One struct, one registry, prefix `lockgate_`.
//!
//! Counters of the stages are kept here. The facts in [`crate::progress`] (the phase, the revisions) are not stored twice: a
//! [`Scrape`] carries them in when they are requested.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use prometheus::core::Collector;
use prometheus::process_collector::ProcessCollector;
use prometheus::proto::MetricFamily;
use prometheus::{Gauge, GaugeVec, Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts};
use prometheus::{Registry, TextEncoder};

use crate::failure::Class;

/// The content type of the text that [`Metrics::encode`] returns.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The verdicts; each is exported as 0 before its first statement.
const VERDICTS: [&str; 8] = ["apply", "satisfied", "converge", "conflict", "blocked", "spent", "run", "skipped"];

/// The outcomes of connection attempts: connected, or [`Class::word`] of the error.
const OUTCOMES: [&str; 3] = ["connected", "retry", "refuse"];

/// Seconds. A small table takes some ten milliseconds, an index on a big one an hour.
const BUCKETS: [f64; 12] = [0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 1800.0, 3600.0];

/// The facts of the progress at the time of a scrape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scrape {
    /// Every phase by its word; true for the present one.
    pub phases: [(&'static str, bool); 8],
    /// The answer of `/ready`.
    pub ready: bool,
    /// The numbers of applied, pending and ahead revisions, after the history was read.
    pub revisions: Option<[usize; 3]>,
    /// The number of optional statements that the history records as skipped, after it was read.
    pub skipped: Option<usize>,
    /// The number of INVALID indexes in the chain's schemas, after the catalog was read.
    pub invalid_indexes: Option<usize>,
    /// Differences from the snapshot by the kind of object, after the schema was compared.
    pub drift: Option<BTreeMap<&'static str, usize>>,
    /// The time at which the history was last read.
    pub as_of: Option<SystemTime>,
    /// The chain's head, after the chain was read.
    pub head: Option<String>,
    /// The newest revision in the history, if there is one.
    pub current: Option<String>,
    /// The present failure: its code and class.
    pub trouble: Option<(String, &'static str)>,
}

/// The one handle to the metrics. Cloning copies a pointer.
#[derive(Clone, Debug)]
pub struct Metrics(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    families: Families,
    /// Created by the first scrape: a one-shot command that is not scraped need not read `/proc`.
    registry: OnceLock<Registry>,
    /// Held while a scrape is written to the gauges and read back, so two scrapes never mix.
    scraping: Mutex<()>,
}

/// A kind of family that can be created from its options.
trait Family: Sized {
    fn make(opts: Opts, labels: &[&str]) -> prometheus::Result<Self>;
}

macro_rules! kinds {
    ($($plain:ty)*; $($labelled:ty)*) => {
        $(impl Family for $plain {
            fn make(opts: Opts, _: &[&str]) -> prometheus::Result<Self> {
                Self::with_opts(opts)
            }
        })*
        $(impl Family for $labelled {
            fn make(opts: Opts, labels: &[&str]) -> prometheus::Result<Self> {
                Self::new(opts, labels)
            }
        })*
    };
}

kinds!(IntCounter IntGauge Gauge; IntCounterVec IntGaugeVec GaugeVec);

impl Family for Histogram {
    fn make(opts: Opts, _: &[&str]) -> prometheus::Result<Self> {
        Self::with_opts(HistogramOpts::from(opts).buckets(BUCKETS.to_vec()))
    }
}

/// Defines the struct, its constructor and its registration from one list, each field with its HELP. `from` reads a gauge without
/// labels from the progress; an unknown value omits the gauge, because a 0 would be a claim.
macro_rules! families {
    ($($field:ident: $kind:ident [$($label:ident),*] = $help:literal $(from $from:expr)?;)*) => {
        #[derive(Debug)]
        struct Families {
            $($field: $kind,)*
        }

        impl Families {
            fn make() -> prometheus::Result<Self> {
                Ok(Self {
                    $($field: Family::make(
                        Opts::new(stringify!($field), $help).namespace("lockgate"),
                        &[$(stringify!($label)),*],
                    )?,)*
                })
            }

            fn collectors(&self) -> Vec<Box<dyn Collector>> {
                vec![$(Box::new(self.$field.clone()),)*]
            }

            fn lay_in_known(&self, state: &Scrape) {
                $($(
                    let known: fn(&Scrape) -> Option<f64> = $from;
                    self.$field.reset();
                    if let Some(value) = known(state) {
                        self.$field.with_label_values::<&str>(&[]).set(value);
                    }
                )?)*
            }
        }
    };
}

families! {
    build_info: IntGaugeVec [version, os, arch] = "Always 1; the labels say which build of lockgate this is.";
    phase: IntGaugeVec [phase] = "1 for the phase that the gate is in, 0 for every other.";
    ready: IntGauge [] = "1 while /ready answers 200, else 0.";
    revisions: IntGaugeVec [state] = "Revisions by state: applied, pending, or ahead (in the history after the head of this chain).";
    head_info: IntGaugeVec [revision] = "Always 1; the label is the head of this chain.";
    current_info: IntGaugeVec [revision] = "Always 1; the label is the newest revision that the history records.";
    statements_total: IntCounterVec [verdict] = "Statements judged in this run, by verdict.";
    statements_skipped: GaugeVec [] = "Optional statements that were skipped and are still to apply."
        from |state| state.skipped.map(|count| count as f64);
    migrations_applied_total: IntCounter [] = "Revisions applied and recorded in this run.";
    migration_duration_seconds: Histogram [] = "How long applying one revision took.";
    connect_attempts_total: IntCounterVec [outcome] = "Attempts to connect to the database, by outcome.";
    wait_seconds: Gauge [] = "Time this run spent waiting for the database to accept it.";
    lock_wait_seconds: Gauge [] = "Time this run spent waiting for another gate to release the lock.";
    ddl_lock_timeouts_total: IntCounter [] = "Attempts at a revision that gave up waiting for a lock on a table.";
    invalid_indexes: GaugeVec [] = "INVALID indexes in the schemas of the chain, as an open gate last saw them."
        from |state| state.invalid_indexes.map(|count| count as f64);
    drifted: GaugeVec [] = "1 while the schema differs from the snapshot, 0 while it is equal, as it was last held against it."
        from |state| state.drift.as_ref().map(|drift| f64::from(drift.values().any(|count| *count > 0)));
    drift_objects: IntGaugeVec [kind] = "Objects that differ from the snapshot, by kind, as this run found them before it opened.";
    last_look_timestamp_seconds: GaugeVec [] = "When the history was last seen, in seconds since the epoch: the revisions are as of then."
        from |state| state.as_of.map(since_epoch);
    failure_info: IntGaugeVec [code, class] = "Always 1; the labels say what fails now: the gate, or the last check of an open one.";
    last_success_timestamp_seconds: GaugeVec [] = "When this run last reached head, in seconds since the epoch.";
    failures_total: IntCounterVec [class] = "Failures of this run, by the kind of help they need.";
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    pub fn new() -> Self {
        let families = Families::make().expect("names and labels are constants that the tests encode");
        let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
        families.build_info.with_label_values(&[env!("CARGO_PKG_VERSION"), os, arch]).set(1);
        for verdict in VERDICTS {
            families.statements_total.with_label_values(&[verdict]);
        }
        for outcome in OUTCOMES {
            families.connect_attempts_total.with_label_values(&[outcome]);
        }
        for class in Class::ALL {
            families.failures_total.with_label_values(&[class.word()]);
        }
        Self(Arc::new(Inner { families, registry: OnceLock::new(), scraping: Mutex::new(()) }))
    }

    /// Counts a failure that ended or interrupted the run.
    pub fn failed(&self, class: Class) {
        self.0.families.failures_total.with_label_values(&[class.word()]).inc();
    }

    /// Counts statements with a verdict.
    pub fn statements(&self, verdict: &'static str, count: u64) {
        self.0.families.statements_total.with_label_values(&[verdict]).inc_by(count);
    }

    /// Counts an attempt to connect; `outcome` is `connected` or the word of the error's [`Class`].
    pub fn connect_attempt(&self, outcome: &'static str) {
        self.0.families.connect_attempts_total.with_label_values(&[outcome]).inc();
    }

    /// Counts a revision that is committed and recorded, with its duration.
    pub fn migration_applied(&self, took: Duration) {
        self.0.families.migrations_applied_total.inc();
        self.0.families.migration_duration_seconds.observe(took.as_secs_f64());
    }

    /// Counts an attempt that gave up after `LOCKGATE_DDL_LOCK_TIMEOUT`.
    pub fn ddl_lock_timeout(&self) {
        self.0.families.ddl_lock_timeouts_total.inc();
    }

    /// Adds time spent waiting for the database.
    pub fn add_wait(&self, waited: Duration) {
        self.0.families.wait_seconds.add(waited.as_secs_f64());
    }

    /// Adds time spent waiting for the gate's own lock.
    pub fn add_lock_wait(&self, waited: Duration) {
        self.0.families.lock_wait_seconds.add(waited.as_secs_f64());
    }

    /// Records that the run reached head.
    pub fn succeeded(&self, at: SystemTime) {
        self.0.families.last_success_timestamp_seconds.with_label_values::<&str>(&[]).set(since_epoch(at));
    }

    /// All metrics in the text format 0.0.4, including the process metrics.
    pub fn encode(&self, state: &Scrape) -> String {
        text(&self.gather(state))
    }

    /// Writes the metrics for node_exporter's textfile collector, atomically by a rename.
    ///
    /// The process metrics are omitted: node_exporter has families of the same names, and a series from two sources makes its
    /// whole scrape fail.
    ///
    /// # Errors
    /// The file cannot be written beside `path` or renamed to it.
    pub fn write_textfile(&self, path: &Path, state: &Scrape) -> io::Result<()> {
        let mut families = self.gather(state);
        families.retain(|family| family.name().starts_with("lockgate_"));
        let name = path.file_name().ok_or_else(|| io::Error::other("the path names no file"))?;
        // The collector reads `*.prom`, so a half-written file must not have this ending.
        let half = path.with_file_name(format!(".{}.{}.tmp", name.to_string_lossy(), std::process::id()));
        let written = fs::File::create(&half)
            .and_then(|mut file| file.write_all(text(&families).as_bytes()))
            .and_then(|()| fs::rename(&half, path));
        if written.is_err() {
            // The first error is the one to report; the leftover may not exist.
            let _ = fs::remove_file(&half);
        }
        written
    }

    fn gather(&self, state: &Scrape) -> Vec<MetricFamily> {
        let _one_at_a_time = self.0.scraping.lock().unwrap_or_else(PoisonError::into_inner);
        self.0.families.lay_in(state);
        self.0.registry.get_or_init(|| self.0.families.register()).gather()
    }
}

impl Families {
    fn register(&self) -> Registry {
        let registry = Registry::new();
        let process: Box<dyn Collector> = Box::new(ProcessCollector::for_self());
        for collector in self.collectors().into_iter().chain([process]) {
            registry.register(collector).expect("every family is registered once, under a name of its own");
        }
        registry
    }

    fn lay_in(&self, state: &Scrape) {
        for (word, present) in state.phases {
            self.phase.with_label_values(&[word]).set(i64::from(present));
        }
        self.ready.set(i64::from(state.ready));
        self.lay_in_known(state);
        // Unknown values are omitted: a 0 would be a claim.
        for (word, count) in ["applied", "pending", "ahead"].into_iter().zip(state.revisions.into_iter().flatten()) {
            self.revisions.with_label_values(&[word]).set(whole(count));
        }
        self.drift_objects.reset();
        for (kind, count) in state.drift.iter().flatten() {
            self.drift_objects.with_label_values(&[kind]).set(whole(*count));
        }
        self.failure_info.reset();
        if let Some((code, class)) = &state.trouble {
            self.failure_info.with_label_values(&[code.as_str(), class]).set(1);
        }
        for (family, revision) in [(&self.head_info, &state.head), (&self.current_info, &state.current)] {
            family.reset();
            if let Some(revision) = revision {
                family.with_label_values(&[revision]).set(1);
            }
        }
    }
}

fn text(families: &[MetricFamily]) -> String {
    let mut text = String::with_capacity(16 * 1024);
    TextEncoder::new().encode_utf8(families, &mut text).expect("gathered families have names and samples");
    text
}

/// A clock before 1970 counts as 0.
fn since_epoch(at: SystemTime) -> f64 {
    at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}

fn whole(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    const PHASES: [&str; 8] =
        ["starting", "waiting", "locking", "planning", "migrating", "verifying", "open", "failed"];

    fn scrape(phase: &str) -> Scrape {
        Scrape {
            phases: PHASES.map(|word| (word, word == phase)),
            ready: phase == "open",
            revisions: (phase != "starting").then(|| [5, usize::from(phase == "migrating"), 0]),
            skipped: (phase != "starting").then_some(0),
            invalid_indexes: (phase == "open").then_some(1),
            drift: (phase == "open").then(|| BTreeMap::from([("index", 1), ("table", 0)])),
            as_of: (phase != "starting").then(|| UNIX_EPOCH + Duration::from_secs(9)),
            head: (phase != "starting").then(|| "0006".to_owned()),
            current: Some("a\"b\\c\nd".to_owned()),
            trouble: (phase == "failed").then(|| ("LG0601".to_owned(), "refuse")),
        }
    }

    fn busy() -> Metrics {
        let metrics = Metrics::new();
        metrics.statements("apply", 1);
        metrics.connect_attempt("retry");
        metrics.migration_applied(Duration::from_millis(20));
        metrics.ddl_lock_timeout();
        metrics.add_wait(Duration::from_secs(2));
        metrics.add_lock_wait(Duration::from_millis(500));
        metrics.failed(Class::Retry);
        metrics.succeeded(UNIX_EPOCH + Duration::from_secs(7));
        metrics
    }

    #[test]
    fn known_label_sets_start_at_zero() {
        let text = Metrics::new().encode(&scrape("waiting"));
        for line in [
            "lockgate_failures_total{class=\"refuse\"} 0",
            "lockgate_statements_total{verdict=\"satisfied\"} 0",
            "lockgate_connect_attempts_total{outcome=\"connected\"} 0",
            "lockgate_migrations_applied_total 0",
            "lockgate_phase{phase=\"waiting\"} 1",
            "lockgate_phase{phase=\"open\"} 0",
            "lockgate_ready 0",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} in\n{text}");
        }
    }

    #[test]
    fn what_stages_report_is_what_a_scrape_shows() {
        let text = busy().encode(&scrape("migrating"));
        for line in [
            "lockgate_migration_duration_seconds_bucket{le=\"0.05\"} 1",
            "lockgate_migration_duration_seconds_bucket{le=\"3600\"} 1",
            "lockgate_wait_seconds 2",
            "lockgate_lock_wait_seconds 0.5",
            "lockgate_last_success_timestamp_seconds 7",
            "lockgate_revisions{state=\"pending\"} 1",
            "lockgate_current_info{revision=\"a\\\"b\\\\c\\nd\"} 1",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} in\n{text}");
        }
    }

    #[test]
    fn what_is_not_known_is_absent_and_not_0() {
        let metrics = Metrics::new();
        let families = [
            "revisions{",
            "statements_skipped",
            "invalid_indexes",
            "drifted 1",
            "drift_objects{",
            "last_look_timestamp_seconds",
            "failure_info",
        ];
        let shown = |phase| {
            let text = metrics.encode(&scrape(phase));
            families.map(|family| text.lines().any(|line| line.starts_with(&format!("lockgate_{family}"))))
        };
        assert_eq!(shown("starting"), [false; 7]);
        assert_eq!(shown("open"), [true, true, true, true, true, true, false]);
        assert_eq!(shown("failed"), [true, true, false, false, false, true, true]);
    }

    #[test]
    fn a_new_head_takes_the_place_of_the_old_one() {
        let metrics = Metrics::new();
        metrics.encode(&scrape("migrating"));
        let text = metrics.encode(&Scrape { head: Some("0007".to_owned()), ..scrape("migrating") });
        let heads: Vec<_> = text.lines().filter(|line| line.starts_with("lockgate_head_info{")).collect();
        assert_eq!(heads, ["lockgate_head_info{revision=\"0007\"} 1"]);
    }

    #[test]
    fn promtool_finds_nothing_to_say() {
        for phase in ["starting", "waiting", "migrating", "open", "failed"] {
            for metrics in [Metrics::new(), busy()] {
                let mut tool = Command::new("promtool");
                tool.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
                let Ok(mut child) = tool.spawn() else {
                    return eprintln!("promtool is not installed here");
                };
                child.stdin.take().unwrap().write_all(metrics.encode(&scrape(phase)).as_bytes()).unwrap();
                let output = child.wait_with_output().unwrap();
                let said = [output.stdout, output.stderr].concat();
                assert!(output.status.success() && said.is_empty(), "{phase}: {}", String::from_utf8_lossy(&said));
            }
        }
    }

    #[test]
    fn the_textfile_is_whole_and_leaves_node_exporters_names_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("lockgate.prom");
        busy().write_textfile(&path, &scrape("open")).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains("lockgate_ready 1") && !text.contains("process_"), "{text}");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
        assert!(busy().write_textfile(&directory.path().join("no/lockgate.prom"), &scrape("open")).is_err());
    }

    /// `cargo test --lib -- --ignored --nocapture cost`: the cost for a one-shot command.
    #[test]
    #[ignore = "prints a time, proves nothing"]
    fn the_cost_of_making_them() {
        let started = std::time::Instant::now();
        for _ in 0..1000 {
            std::hint::black_box(Metrics::new());
        }
        eprintln!("{:?} each", started.elapsed() / 1000);
    }
}
