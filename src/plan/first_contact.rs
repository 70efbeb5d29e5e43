//! The first contact: the history is empty, but objects of the chain exist, so something else created them. Changes of data
//! outside the history leave no trace, so nothing is assumed about them.

use serde::Serialize;

use super::adopt;
use super::judge::{place_of, script};
use super::{Judging, PlanError, Reading};
use crate::assess::{Contact, Evident, Script};
use crate::chain::Chain;
use crate::config::FirstContact;
use crate::connect::Session;
use crate::failure::counted;

/// The parameters for judging a first contact.
#[derive(Clone, Copy, Debug)]
pub struct First<'a> {
    pub policy: FirstContact,
    /// The empty history.
    pub history: &'a str,
    /// Other histories with revisions of this chain.
    pub elsewhere: &'a [String],
}

/// The state in which the database was found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Found {
    pub history: String,
    /// The number of tables that the chain has at its end, and the number of those that exist.
    pub tables: usize,
    pub tables_found: usize,
    /// The last revision for which the definitions of all revisions up to it exist.
    pub stands_at: Option<String>,
    /// Later revisions of which a part exists.
    pub in_part: Vec<String>,
    /// Statements that may have run, but that the catalog does not prove: a line each, with the differences.
    pub unproved: Vec<String>,
    /// True if a definition is missing or different, as opposed to data that is merely unknown.
    pub differs: bool,
    pub elsewhere: Vec<String>,
    /// The command that records the proved revisions; none if none is proved.
    pub adopt: Option<String>,
    /// True if it refuses the run.
    pub refused: bool,
}

impl Found {
    /// `holds 13 of this chain's 13 tables`.
    pub fn holds(&self) -> String {
        match self.tables_found {
            0 => "holds objects of this chain".to_owned(),
            found => format!("holds {found} of this chain's {}", counted(self.tables, "table")),
        }
    }

    /// The database's place, and the reasons why it is uncertain.
    pub fn lines(&self) -> Vec<String> {
        const MOST: usize = 40;
        let mut lines = vec![match &self.stands_at {
            Some(id) => format!("by the catalog it stands at {id}"),
            None => "by the catalog no revision is there as a whole".to_owned(),
        }];
        if !self.in_part.is_empty() {
            lines.push(format!("there in part: {}", self.in_part.join(", ")));
        }
        lines.extend(self.unproved.iter().take(MOST).cloned());
        if self.unproved.len() > MOST {
            lines.push(format!("and {} lines more", self.unproved.len() - MOST));
        }
        lines.extend(self.elsewhere.iter().cloned());
        lines
    }

    pub fn next(&self) -> String {
        let migrate = "LOCKGATE_FIRST_CONTACT=migrate judges each statement by the rules of a begun chain";
        let settle = if self.differs { "settle the differences that are listed, and " } else { "" };
        let by_catalog = self.adopt.iter().map(|command| {
            format!("`{command}` records what is there, runs nothing, and `--dry-run` shows it first; or ")
        });
        let by_catalog: String = by_catalog.collect();
        match &self.stands_at {
            Some(id) => format!(
                "{by_catalog}{settle}record the revision at which the data stands, `lockgate stamp {id}` or another (it is checked \
                 against the catalog, and runs nothing); then `lockgate migrate`; {migrate}"
            ),
            None => format!("{by_catalog}complete the first revisions by hand, or take back what is there; {migrate}"),
        }
    }
}

/// Derives the findings from the evidence for each statement; none if no object of the chain exists.
pub(super) fn found(first: First<'_>, ids: &[&str], scripts: &[Script<'_>], contact: &Contact) -> Option<Found> {
    let all: Vec<(usize, usize, &Evident)> = contact
        .statements
        .iter()
        .enumerate()
        .flat_map(|(script, shown)| shown.iter().enumerate().map(move |(at, evident)| (script, at, evident)))
        .collect();
    let last = all.iter().rposition(|(_, _, evident)| evident.is_there())?;
    // Up to the first definition that certainly did not run, a statement on data may have run.
    let end = all[last..].iter().position(|(_, _, evident)| is_to_come(evident)).map_or(all.len(), |at| last + at);
    let unproved: Vec<&(usize, usize, &Evident)> =
        all[..end].iter().filter(|(_, _, evident)| !is_proved(evident)).collect();
    let differs = unproved.iter().any(|(_, _, evident)| **evident != Evident::Untold);
    let whole = whole(contact).min(all[last].0 + 1);
    let is_in_part = |script: &usize| contact.statements[*script].iter().any(Evident::is_there);
    Some(Found {
        history: first.history.to_owned(),
        tables: contact.tables,
        tables_found: contact.tables_found,
        stands_at: whole.checked_sub(1).map(|script| ids[script].to_owned()),
        in_part: (whole..scripts.len()).filter(is_in_part).map(|script| ids[script].to_owned()).collect(),
        unproved: unproved.iter().flat_map(|&&(script, at, evident)| told(scripts, script, at, evident)).collect(),
        differs,
        elsewhere: first.elsewhere.to_vec(),
        adopt: adopt::command(ids, contact),
        refused: match first.policy {
            FirstContact::Prove => !unproved.is_empty(),
            FirstContact::Refuse => true,
            FirstContact::Migrate => false,
        },
    })
}

fn is_proved(evident: &Evident) -> bool {
    match evident {
        Evident::Nothing | Evident::InForce { .. } => true,
        Evident::Alike
        | Evident::Passing { .. }
        | Evident::Untold
        | Evident::Absent
        | Evident::Renamed { .. }
        | Evident::Differs { .. }
        | Evident::OfOthers { .. } => false,
    }
}

/// True if it is certainly not in force, or can be created again without a loss.
fn is_to_come(evident: &Evident) -> bool {
    matches!(evident, Evident::Absent | Evident::Alike | Evident::Passing { doubt: None })
}

/// The number of revisions, from the first on, with all their definitions.
fn whole(contact: &Contact) -> usize {
    let lacks_one = |shown: &Vec<Evident>| shown.iter().any(is_to_come);
    contact.statements.iter().position(lacks_one).unwrap_or(contact.statements.len())
}

/// A statement whose run the catalog does not prove, with the differences.
fn told(scripts: &[Script<'_>], script: usize, at: usize, evident: &Evident) -> Vec<String> {
    let (place, shown) = place_of(scripts, script, at);
    match evident {
        Evident::Nothing | Evident::InForce { .. } => Vec::new(),
        Evident::Untold => vec![format!("{place}: the catalog cannot show whether it ran: {shown}")],
        Evident::Absent | Evident::Alike | Evident::Passing { doubt: None } => {
            vec![format!("{place}: its effect is missing: {shown}")]
        }
        Evident::Renamed { reason } | Evident::Passing { doubt: Some(reason) } => {
            vec![format!("{place}: {reason}: {shown}")]
        }
        Evident::Differs { reason, difference, .. } => {
            let mut lines = vec![format!("{place}: {reason}: {shown}")];
            lines.extend(difference.iter().flat_map(|difference| {
                [format!("  the chain: {}", difference.wanted), format!("  the database: {}", difference.found)]
            }));
            lines
        }
        Evident::OfOthers { reason, next } => {
            let mut lines = vec![format!("{place}: {reason}: {shown}")];
            lines.extend((!next.is_empty()).then(|| format!("  choose: {}", next.join("; or: "))));
            lines
        }
    }
}

/// Compares the definitions of the readings with the catalog; returns a line for each that is missing or different, for scripts
/// that tell what they create. The caller vouches for statements on data.
///
/// # Errors
/// The catalog could not be read.
pub async fn differences(
    session: &Session,
    judging: Judging<'_>,
    readings: &[Reading],
    is_told: impl Fn(&Reading) -> bool,
) -> Result<Vec<String>, PlanError> {
    let (_, assessment) = super::judge::assess(session, judging, readings).await?;
    let scripts: Vec<Script<'_>> = readings.iter().map(|reading| script(judging.chain, reading)).collect();
    let contact = assessment.contact.unwrap_or_default();
    let is_word = |evident: &Evident| is_proved(evident) || *evident == Evident::Untold;
    let told_of = contact.statements.iter().enumerate().filter(|(script, _)| is_told(&readings[*script]));
    let all = told_of.flat_map(|(script, shown)| {
        shown
            .iter()
            .enumerate()
            .filter(|(_, evident)| !is_word(evident))
            .map(move |(at, evident)| (script, at, evident))
    });
    Ok(all.flat_map(|(script, at, evident)| told(&scripts, script, at, evident)).collect())
}

/// The ids of the readings' revisions.
pub(super) fn ids<'a>(chain: &'a Chain, readings: &[Reading]) -> Vec<&'a str> {
    readings.iter().map(|reading| chain.revisions()[reading.at].id.as_str()).collect()
}
