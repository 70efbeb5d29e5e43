//! Two definitions side by side, and the ways out.

use super::advice::{for_difference, ways_on};
use super::evidence::{Fit, Mismatch};
use super::judge::Judge;
use super::reason::Reason;
use super::ruling::Ruling;
use crate::expect::{Unit, Write};

/// A conflict with both definitions of the first key that differs.
pub fn conflict(judge: &Judge<'_>, unit: &Unit<'_>) -> Ruling {
    let differing = || unit.evident().filter(|write| !judge.evidence.fit(write.key(), &write.after).fits());
    let first = differing().find(|write| judge.difference(write).is_some()).or_else(|| differing().next());
    match first {
        Some(write) => conflict_of(judge, write),
        None => Ruling::conflict(Reason::NoPlace, None).offering(ways_on()),
    }
}

fn unexpected(judge: &Judge<'_>, write: &Write) -> Reason {
    let key = write.key().clone();
    match judge.evidence.fit(write.key(), &write.after) {
        Fit::No(Mismatch::Missing) => Reason::MissingMidway { key },
        Fit::No(Mismatch::Unwanted) => Reason::PresentMidway { key },
        _ => Reason::Unlike { key },
    }
}

pub fn conflict_of(judge: &Judge<'_>, write: &Write) -> Ruling {
    let difference = judge.difference(write);
    let reason = match difference {
        Some(_) => Reason::Different { key: write.key().clone() },
        None => unexpected(judge, write),
    };
    let ways = for_difference(judge, write, difference.as_ref());
    Ruling::conflict(reason, difference).offering(ways)
}
