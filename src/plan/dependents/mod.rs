//! Objects that block a pending statement: PostgreSQL does not drop an object on which another depends, and does not change the
//! type of a column that a view uses. On a fresh database no script meets such an object, so something else created it, or a
//! later statement ran too early.
//!
//! A statement's text shows the objects that it removes ([`crate::statement::losing`]), pg_depend their dependents, and the
//! earlier statements which of those are gone by then.

mod gather;
mod look;

use gather::Standing;
use look::Dependent;

use crate::assess::{Assessment, Finding, Reason, Script, refused};
use crate::catalog::CatalogError;
use crate::connect::Session;
use crate::failure::counted;
use crate::plan::roots::with_cause;

/// Refuses the statements that others' objects block, and marks undecided ones as provisional.
///
/// # Errors
/// The connection broke. If the catalog cannot be queried for another reason, the verdicts are provisional.
pub(super) async fn refuse(
    session: &Session,
    pending: &[Script<'_>],
    assessment: &mut Assessment,
) -> Result<(), CatalogError> {
    let gathered = gather::gather(pending, &assessment.verdicts);
    if !gathered.asks() {
        return Ok(());
    }
    let dependents = match look::look(session, &gathered.roots).await {
        Ok(dependents) => dependents,
        Err(CatalogError::Lost(because)) => return Err(CatalogError::Lost(because)),
        Err(error) => {
            for group in &gathered.groups {
                let provisional =
                    &mut assessment.outlooks.entry((group.script, group.statement)).or_default().provisional;
                provisional.push(Reason::DependentsUnknown { error: with_cause(&error) });
            }
            return Ok(());
        }
    };
    for (at, group) in gathered.groups.iter().enumerate() {
        let place = (group.script, group.statement);
        let standing = |wanted| {
            let is_it = |one: &&Dependent| one.group == at && gathered.standing(group, one) == wanted;
            dependents.iter().filter(is_it).collect::<Vec<_>>()
        };
        let (held, doubtful) = (standing(Standing::There), standing(Standing::Unknown));
        if let Some(obstacle) = Obstacle::of(group.is_conversion, &held) {
            let verdict = refused(Reason::Dependents { why: obstacle.reason() });
            assessment.refusals.push(Finding {
                script: place.0,
                statement: place.1,
                decision: verdict.decision(),
                reason: verdict.reason(),
                code: verdict.code(),
                difference: None,
                next: obstacle.ways_on(),
            });
            assessment.verdicts[place.0][place.1] = verdict;
        } else if let Some(obstacle) = Obstacle::of(group.is_conversion, &doubtful) {
            let why = Reason::DependentsMayGo { why: obstacle.reason() };
            assessment.outlooks.entry(place).or_default().provisional.push(why);
        }
    }
    Ok(())
}

/// The reason why PostgreSQL would refuse a statement.
#[derive(Debug)]
enum Obstacle<'a> {
    /// The object is of another kind than the statement names.
    OtherKind(Vec<&'a Dependent>),
    /// The object is a part of others.
    Part(Vec<&'a Dependent>),
    /// Others use the column that gets another type.
    Used(Vec<&'a Dependent>),
    /// Others depend on the object.
    Needed(Vec<&'a Dependent>),
}

impl<'a> Obstacle<'a> {
    fn of(is_conversion: bool, held: &[&'a Dependent]) -> Option<Self> {
        let those = |is_it: fn(&Dependent) -> bool| held.iter().copied().filter(|one| is_it(one)).collect::<Vec<_>>();
        let (other, owners) = (those(|one| one.is_other_kind), those(|one| one.is_owner));
        if !other.is_empty() {
            return Some(Self::OtherKind(other));
        }
        if !owners.is_empty() {
            return Some(Self::Part(owners));
        }
        let all = held.to_vec();
        match (all.is_empty(), is_conversion) {
            (true, _) => None,
            (false, true) => Some(Self::Used(all)),
            (false, false) => Some(Self::Needed(all)),
        }
    }

    /// The reason in words; each ends with the SQLSTATE, if all major versions have the same.
    fn reason(&self) -> String {
        const REFUSED: &str = "PostgreSQL would refuse the statement";
        let said = |all: &[&Dependent], one: &str, several: &str| {
            format!("{} {}: {REFUSED}", list(all), if all.len() == 1 { one } else { several })
        };
        match self {
            Self::OtherKind(all) => said(all, "is of another kind", "are of another kind") + " (42809)",
            Self::Part(all) => said(all, "needs it", "need it") + " (2BP01)",
            Self::Used(all) => said(all, "uses the column", "use the column"),
            Self::Needed(all) => said(all, "depends on it", "depend on it") + " (2BP01)",
        }
    }

    fn ways_on(&self) -> Vec<String> {
        match self {
            Self::OtherKind(_) => vec!["the right kind in the statement, if that object is meant".to_owned()],
            Self::Part(all) => vec![format!("a statement that drops {} instead", list(all))],
            Self::Used(all) => without_them(all),
            Self::Needed(all) => {
                let mut ways = without_them(all);
                ways.push("CASCADE in the statement, where all that depends on it may go".to_owned());
                ways
            }
        }
    }
}

fn without_them(all: &[&Dependent]) -> Vec<String> {
    let drops: Option<Vec<&str>> = all.iter().map(|one| one.drop.as_deref()).collect();
    let Some(drops) = drops else { return vec![format!("drop or change by hand: {}", list(all))] };
    let those = match all {
        [one] => one.described.clone(),
        all => format!("these {}", counted(all.len(), "object")),
    };
    let again = if all.len() == 1 { "it" } else { "them" };
    vec![
        format!("{};", drops.join("; ")),
        format!("drop {those} in the script before the statement, and create {again} again behind it"),
    ]
}

/// The number of dependents that are named.
const NAMED: usize = 5;

fn list(all: &[&Dependent]) -> String {
    let mut names: Vec<&str> = all.iter().take(NAMED).map(|one| one.described.as_str()).collect();
    let more = all.len().saturating_sub(NAMED);
    let more = (more > 0).then(|| format!("{more} more"));
    names.extend(more.as_deref());
    names.join(", ")
}
