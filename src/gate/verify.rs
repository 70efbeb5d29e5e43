//! The phase between head and open: the schema against the snapshot beside the chain, once for each head and snapshot.

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::time::SystemTime;

use super::{BREAKS, Gate, Goal};
use crate::chain::digest;
use crate::config::Verify;
use crate::connect::{Message, Session};
use crate::failure::{Class, Coded, Failure};
use crate::history;
use crate::object::KINDS;
use crate::pg::name::QualifiedName;
use crate::progress::{Phase, Schema};
use crate::sql;
use crate::verify::{self, FILE, Ignored, Line, LineKind, Look, Report, Snapshot, VerifyError};

/// The snapshot beside the chain and the digest of its file, once it was looked for.
#[derive(Default)]
pub(super) struct Expected(OnceLock<Option<(Snapshot, String)>>);

/// How many differences are told; `lockgate verify` has them all.
const TOLD: usize = 20;

impl Gate {
    /// True where a head has to be verified before it opens.
    pub(super) fn verifies(&self) -> bool {
        self.goal == Goal::Head && self.policy().is_some()
    }

    /// None: nothing is verified.
    fn policy(&self) -> Option<Verify> {
        match self.config.policy.verify {
            Some(Verify::Off) => None,
            Some(policy) => Some(policy),
            None => self.config.migrations.join(FILE).exists().then_some(Verify::Enforce),
        }
    }

    /// The snapshot that the database will be held against, where it is this chain's.
    pub(super) fn expected(&self) -> Result<Option<&(Snapshot, String)>, VerifyError> {
        let Some(policy) = self.policy().filter(|_| self.goal == Goal::Head) else { return Ok(None) };
        if self.expected.0.get().is_none() {
            let _ = self.expected.0.set(self.read_expected(policy)?);
        }
        Ok(self.expected.0.get().and_then(Option::as_ref))
    }

    fn read_expected(&self, policy: Verify) -> Result<Option<(Snapshot, String)>, VerifyError> {
        let path = self.config.migrations.join(FILE);
        let found = Snapshot::find(&path)?;
        let chain = || format!("2:{}", digest::of_checksums(self.chain.revisions(), 0));
        let unfit = match &found {
            None => Some(VerifyError::NoSnapshot { path }),
            Some((snapshot, _)) if snapshot.chain != chain() => {
                let head = self.chain.head().id.to_string();
                Some(VerifyError::Stale { path, of: snapshot.head.clone(), head })
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

    /// Holds the schema against the snapshot, unless the history says that this head was found equal to it before.
    pub(super) async fn verify(
        &self,
        session: &Session,
        history: &QualifiedName,
        ahead: usize,
        verified: Option<String>,
    ) -> Result<(), VerifyError> {
        // A newer release made what this snapshot does not know.
        if !self.verifies() || ahead > 0 || self.is_marked(verified.as_deref()) {
            return Ok(());
        }
        let Some((snapshot, digest)) = self.expected()? else { return Ok(()) };
        self.progress.enter(Phase::Verifying);
        let look = Look {
            schemas: Some(snapshot.schemas.clone()),
            history: history.name.clone(),
            privileges: snapshot.privileges,
        };
        let ignored = Ignored::read(&self.config.migrations)?;
        let facts = verify::read(session, &look).await?;
        let major = session.server.major();
        let report = sql::with_room(|| verify::drift(snapshot, facts, major, &ignored, false));
        self.saw_schema(&report);
        self.judge_schema(&report)?;
        if report.grave().next().is_none() && report.unread.is_empty() {
            self.mark(session, history, digest).await;
        }
        Ok(())
    }

    /// True where the connection broke while the schema was read: then it is looked at again.
    pub(super) fn is_lost(&self, checked: Result<(), VerifyError>, breaks: &mut usize) -> Result<bool, Failure> {
        match checked {
            Ok(()) => Ok(false),
            Err(VerifyError::Connect(error)) if error.code().entry().class == Class::Retry && *breaks < BREAKS => {
                *breaks += 1;
                tracing::warn!("{error}; back to waiting");
                self.progress.enter(Phase::Waiting);
                Ok(true)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The digest of a file is told without reading it as a snapshot.
    fn is_marked(&self, verified: Option<&str>) -> bool {
        let file = self.config.migrations.join(FILE);
        verified.is_some_and(|verified| Snapshot::digest(&file).as_deref() == Some(verified))
    }

    fn saw_schema(&self, report: &Report) {
        let found = report.by_kind();
        let kinds = KINDS.iter().map(|kind| (kind.word, found.get(kind.word).copied().unwrap_or(0)));
        let count = |what| report.count(what);
        let schema = Schema {
            at: SystemTime::now(),
            drift: kinds.collect::<BTreeMap<_, _>>(),
            missing: count(LineKind::Missing),
            different: count(LineKind::Different),
            unexpected: count(LineKind::Unexpected),
            unproved: count(LineKind::Unproved),
            unread: report.unread.iter().map(|unread| unread.relation.clone()).collect(),
            objects: report
                .lines
                .iter()
                .filter(|line| line.what <= LineKind::Unexpected)
                .take(TOLD)
                .map(named)
                .collect(),
        };
        self.progress.update(|known| known.schema = Some(schema));
    }

    /// Refuses, or says in the log.
    fn judge_schema(&self, report: &Report) -> Result<(), VerifyError> {
        let grave: Vec<String> = report.grave().map(told).collect();
        let skipped = self.left_out();
        let is_enforced = self.policy() == Some(Verify::Enforce) && skipped.is_empty();
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
        if !skipped.is_empty() && !grave.is_empty() {
            tracing::warn!(
                "the schema is not the chain's, and optional statements are left out: it is opened all the same"
            );
        }
        Ok(())
    }

    /// A role that may only read, a standby: then the next start verifies again.
    async fn mark(&self, session: &Session, history: &QualifiedName, digest: &str) {
        let id = self.chain.head().id.as_str();
        let sql = format!(
            "SET LOCAL lock_timeout = '1s'; {}; {}",
            history::watched(history),
            history::mark(history, id, digest)
        );
        match session.send(&Message::own(sql)).await.rows().await {
            Ok(_) => tracing::info!(head = id, "the schema is verified"),
            Err(error) => tracing::info!(head = id, "the schema is verified, and the history does not say so: {error}"),
        }
    }
}

fn named(line: &Line) -> String {
    format!("{} {}", line.what.word(), line.object)
}

/// With the values, for the log and the terminal.
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
