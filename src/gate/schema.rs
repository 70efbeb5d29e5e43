//! Compares the schema of a database at head with the snapshot beside its chain, for any runner of the chain.

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use super::restarts::BREAKS;
use crate::config::{Config, Verify};
use crate::connect::{ConnectError, Connector, Session, Stage};
use crate::failure::{Class, Coded, Failure};
use crate::object::KINDS;
use crate::progress::{Phase, Progress, Schema};
use crate::sql;
use crate::verify::{self, FILE, Ignored, Line, LineKind, Look, Report, Snapshot, VerifyError};

/// The snapshot beside the chain and the digest of its file, after it was searched for.
#[derive(Default)]
pub struct Expected(OnceLock<Option<(Snapshot, String)>>);

/// The number of differences that are reported; `lockgate verify` has them all.
const TOLD: usize = 20;

/// The verification policy; none means no verification.
pub fn policy(config: &Config) -> Option<Verify> {
    match config.policy.verify {
        Some(Verify::Off) => None,
        Some(policy) => Some(policy),
        None => config.chain.migrations.join(FILE).exists().then_some(Verify::Enforce),
    }
}

impl Expected {
    /// The snapshot for comparison, if it belongs to the chain with this digest and head.
    ///
    /// # Errors
    /// It is unreadable, missing, or of another chain, and the policy enforces it.
    pub fn of(
        &self,
        config: &Config,
        chain: impl FnOnce() -> String,
        head: &str,
    ) -> Result<Option<&(Snapshot, String)>, VerifyError> {
        let Some(policy) = policy(config) else { return Ok(None) };
        if self.0.get().is_none() {
            let _ = self.0.set(read(config, policy, chain, head)?);
        }
        Ok(self.0.get().and_then(Option::as_ref))
    }
}

fn read(
    config: &Config,
    policy: Verify,
    chain: impl FnOnce() -> String,
    head: &str,
) -> Result<Option<(Snapshot, String)>, VerifyError> {
    let path = config.chain.migrations.join(FILE);
    let found = Snapshot::find(&path)?;
    let unfit = match &found {
        None => Some(VerifyError::NoSnapshot { path }),
        Some((snapshot, _)) if snapshot.chain != chain() => {
            Some(VerifyError::Stale { path, of: snapshot.head.clone(), head: head.to_owned() })
        }
        Some(_) => None,
    };
    match (unfit, policy) {
        (None, _) => Ok(found),
        (Some(error), Verify::Enforce) => Err(error),
        (Some(error), Verify::Warn | Verify::Off) => {
            tracing::warn!("{error}; the schema is not verified");
            Ok(None)
        }
    }
}

/// Reads the schema and compares it with a snapshot; `history` is the name of lockgate's own table.
///
/// # Errors
/// The schema or the ignore file cannot be read.
pub async fn compare(
    session: &Session,
    snapshot: &Snapshot,
    history: &str,
    (config, progress): (&Config, &Progress),
) -> Result<Report, VerifyError> {
    progress.enter(Phase::Verifying);
    look(session, snapshot, history, (config, progress)).await
}

async fn look(
    session: &Session,
    snapshot: &Snapshot,
    history: &str,
    (config, progress): (&Config, &Progress),
) -> Result<Report, VerifyError> {
    let look =
        Look { schemas: Some(snapshot.schemas.clone()), history: history.to_owned(), privileges: snapshot.privileges };
    let ignored = Ignored::read(&config.chain.migrations)?;
    // The fingerprint comes first: a change in between gives another one the next time.
    let fingerprint = verify::fingerprint(session, history, &ignored).await?;
    let facts = verify::read(session, &look).await?;
    let major = session.server.major();
    let report = sql::with_room(|| verify::drift(snapshot, facts, major, &ignored, false));
    progress.update(|known| known.schema = Some(schema(&report, fingerprint)));
    Ok(report)
}

/// The fingerprint of the last complete comparison.
pub(super) fn fingerprint(progress: &Progress) -> Option<String> {
    progress.look(|known| known.schema.as_ref().and_then(|it| it.fingerprint.clone()))
}

/// True if the catalogs are as they were at the last comparison: its report is still valid.
async fn is_unchanged(
    session: &Session,
    history: &str,
    (config, progress): (&Config, &Progress),
) -> Result<bool, VerifyError> {
    let Some(before) = fingerprint(progress) else {
        return Ok(false);
    };
    let now = verify::fingerprint(session, history, &Ignored::read(&config.chain.migrations)?).await?;
    if now == before {
        progress.update(|known| known.schema.iter_mut().for_each(|schema| schema.at = SystemTime::now()));
    }
    Ok(now == before)
}

/// The time limit for one comparison of an open gate.
const LOOK_WITHIN: Duration = Duration::from_secs(60);

/// Checks an open gate for drift, over a session for this check only. The result is shown and closes nothing; a change of it is
/// logged once.
///
/// # Errors
/// The database could not be asked: the previous result is still shown.
pub async fn look_again(
    connector: &Connector,
    snapshot: &Snapshot,
    history: &str,
    (config, progress): (&Config, &Progress),
) -> Result<(), Failure> {
    let before = progress.look(|known| known.schema.as_ref().map(|schema| schema.objects.clone()));
    let session = connector.connect().await?;
    let looked = tokio::time::timeout(LOOK_WITHIN, async {
        match is_unchanged(&session, history, (config, progress)).await? {
            true => Ok(None),
            false => look(&session, snapshot, history, (config, progress)).await.map(Some),
        }
    });
    let looked = looked.await;
    let address = session.address.clone();
    session.close().await;
    let late = |_| ConnectError::TimedOut { address, after: LOOK_WITHIN, stage: Stage::Answer };
    let Some(report) = looked.map_err(late)?? else { return Ok(()) };
    let objects = progress.look(|known| known.schema.as_ref().map(|schema| schema.objects.clone())).unwrap_or_default();
    let before = before.unwrap_or_default();
    if objects != before {
        match report.differences() {
            0 => tracing::info!("the schema is the chain's again"),
            count => {
                let new: Vec<&str> = objects.iter().filter(|it| !before.contains(it)).map(String::as_str).collect();
                tracing::warn!(differences = count, "drift: {}", new.join(", "));
            }
        }
    }
    Ok(())
}

fn schema(report: &Report, fingerprint: String) -> Schema {
    let found = report.by_kind();
    let kinds = KINDS.iter().map(|kind| (kind.word, found.get(kind.word).copied().unwrap_or(0)));
    let count = |what| report.count(what);
    Schema {
        at: SystemTime::now(),
        drift: kinds.collect::<BTreeMap<_, _>>(),
        missing: count(LineKind::Missing),
        different: count(LineKind::Different),
        unexpected: count(LineKind::Unexpected),
        unproved: count(LineKind::Unproved),
        unread: report.unread.iter().map(|unread| unread.relation.clone()).collect(),
        objects: report.lines.iter().filter(|line| line.what <= LineKind::Unexpected).take(TOLD).map(named).collect(),
        fingerprint: report.unread.is_empty().then_some(fingerprint),
    }
}

/// Refuses, or logs. Skipped optional statements leave the schema unchanged.
///
/// # Errors
/// The schema is not the chain's, or a part of it could not be read, and the policy enforces it.
pub fn judge(report: &Report, config: &Config, leaves_out: bool) -> Result<(), VerifyError> {
    let grave: Vec<String> = report.grave().map(told).collect();
    let is_enforced = policy(config) == Some(Verify::Enforce) && !leaves_out;
    for line in report.lines.iter().filter(|line| line.what == LineKind::Unexpected).take(TOLD) {
        tracing::warn!("not of this chain: {}", told(line));
    }
    if is_enforced && !grave.is_empty() {
        return Err(VerifyError::Drift { lines: grave });
    }
    if is_enforced && !report.unread.is_empty() {
        return Err(VerifyError::Unread { unread: report.unread.clone() });
    }
    grave.iter().take(TOLD).for_each(|line| tracing::warn!("{line}"));
    report.unread.iter().for_each(|unread| tracing::warn!("not verified: {unread}"));
    if leaves_out && !grave.is_empty() {
        tracing::warn!(
            "the schema is not the chain's, and optional statements are left out: it is opened all the same"
        );
    }
    Ok(())
}

/// True if the connection broke while the schema was read: then it is read again.
///
/// # Errors
/// Any other error, or one break too many.
pub fn is_lost(checked: Result<(), VerifyError>, breaks: &mut usize, progress: &Progress) -> Result<bool, Failure> {
    match checked {
        Ok(()) => Ok(false),
        Err(VerifyError::Connect(error)) if error.code().entry().class == Class::Retry && *breaks < BREAKS => {
            *breaks += 1;
            tracing::warn!("{error}; back to waiting");
            progress.enter(Phase::Waiting);
            Ok(true)
        }
        Err(error) => Err(error.into()),
    }
}

fn named(line: &Line) -> String {
    format!("{} {}", line.what.word(), line.object)
}

/// The difference with its values, for the log and the terminal.
fn told(line: &Line) -> String {
    let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
    let properties: Vec<String> = line
        .properties
        .iter()
        .map(|it| format!("{}: snapshot {}, database {}", it.property, value(&it.snapshot), value(&it.database)))
        .collect();
    let why = if line.why.is_empty() { Vec::new() } else { vec![line.why.clone()] };
    let said = [why, properties].concat().join("; ");
    if said.is_empty() { named(line) } else { format!("{}: {said}", named(line)) }
}
