//! Reads a database whose history is lost: the revisions that the catalog proves, the differences, and the decisions that need a
//! person.

mod decide;

pub use decide::{Decided, Signs, Word, decide};

use serde::Serialize;
use serde_json::json;

use super::judge::{assess, pending, place_of};
use super::{Judging, PlanError, Reading};
use crate::assess::{Contact, Evident, Part, Script};
use crate::catalog::Difference;
use crate::connect::Session;
use crate::progress::Note;
use crate::statement::change::{self, Effect};

/// The word for a difference in the history's verdicts.
pub const DIFFERS: &str = "differs";

/// A difference from the effect of a recorded revision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Drift {
    pub revision: String,
    /// `FILE:LINE:COLUMN`.
    pub place: String,
    #[serde(skip)]
    pub line: usize,
    /// The object, or the one that the statement creates.
    pub what: String,
    /// A sentence that names it.
    pub reason: String,
    pub chain: Option<String>,
    pub database: Option<String>,
    pub is_missing: bool,
    /// True if an untrusted role owns the object: that is never accepted.
    pub of_others: bool,
    /// The advice.
    pub choices: Vec<String>,
}

impl Drift {
    /// The difference as recorded, if it could not be checked.
    pub fn unseen(note: &Note, why: &str) -> Self {
        let Note { revision, line, what, reason, .. } = note.clone();
        Self {
            place: format!("{revision}, line {line}"),
            revision,
            line,
            what,
            reason: format!("{reason} (as it was adopted; nobody could look again: {why})"),
            chain: None,
            database: None,
            is_missing: false,
            of_others: false,
            choices: Vec::new(),
        }
    }

    /// `column age of users is different: the chain has text, the database varchar(80)`.
    pub fn told(&self) -> String {
        let value =
            |words: &str, value: &Option<String>| value.as_ref().map(|value| format!("{words} {}", one_line(value)));
        let values = [value("the chain has", &self.chain), value("the database", &self.database)];
        let values: Vec<String> = values.into_iter().flatten().collect();
        if values.is_empty() { self.reason.clone() } else { format!("{}: {}", self.reason, values.join(", ")) }
    }
}

/// A definition in one line.
pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// One revision as it was read.
#[derive(Clone, Debug, Serialize)]
pub struct ReadRevision {
    pub revision: String,
    pub file: String,
    pub word: Word,
    pub recorded: bool,
    /// The first statement for which the catalog cannot show if it ran.
    pub untold: Option<String>,
    /// For a revision of which a part exists: that part, and the missing one.
    pub there: Vec<String>,
    pub missing: Vec<String>,
    pub drift: Vec<Drift>,
    #[serde(skip)]
    counts: [usize; 3],
}

impl ReadRevision {
    /// The verdicts for the history.
    pub fn verdicts(&self) -> serde_json::Value {
        let [proved, implied, differs] = self.counts;
        let mut counts = serde_json::Map::new();
        for (word, count) in [("proved", proved), ("implied", implied), (DIFFERS, differs)] {
            if count > 0 {
                counts.insert(word.to_owned(), json!(count));
            }
        }
        let note = |drift: &Drift| Note {
            revision: drift.revision.clone(),
            line: drift.line,
            verdict: DIFFERS.to_owned(),
            what: drift.what.clone(),
            reason: drift.reason.clone(),
        };
        match self.drift.is_empty() {
            true => json!({ "counts": counts }),
            false => json!({ "counts": counts, "notes": self.drift.iter().map(note).collect::<Vec<_>>() }),
        }
    }
}

/// The reading of a chain's pending part.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Adoption {
    pub revisions: Vec<ReadRevision>,
    /// The number of revisions that can be recorded.
    #[serde(skip)]
    pub record: usize,
    /// Ids of revisions for which the user has to say if they ran.
    pub undecided: Vec<String>,
    /// Ids of revisions for which the catalog contradicts the claim.
    pub against: Vec<String>,
    /// The number of existing definitions that could not be compared: that needs a session that may write.
    pub uncompared: usize,
}

impl Adoption {
    /// The differences that would remain after recording.
    pub fn drift(&self) -> impl Iterator<Item = &Drift> {
        self.revisions[..self.record].iter().flat_map(|revision| &revision.drift)
    }

    /// True if a revision stays pending although a part of it exists.
    pub fn is_begun_beyond(&self) -> bool {
        self.revisions[self.record..].iter().any(|it| matches!(it.word, Word::Half | Word::Differs))
    }
}

/// Finds the database's place in the readings, which are all that the history lacks. `told`: the number of revisions that ran, as
/// the user claims.
///
/// # Errors
/// The catalog could not be read.
pub async fn adoption(
    session: &Session,
    judging: Judging<'_>,
    readings: &[Reading],
    told: Option<usize>,
) -> Result<Adoption, PlanError> {
    let (contact, scripts) = read(session, judging, readings).await?;
    let stays = |at: usize| {
        let begun = judging.begun.is_some_and(|(begun, _)| begun == readings[at].at);
        begun || judging.chain.revisions()[readings[at].at].manner.repeats
    };
    let shown = |at: usize| contact.statements[at].as_slice();
    let signs: Vec<Signs> = (0..readings.len()).map(|at| Signs::of(shown(at), stays(at))).collect();
    let Decided { words, record, open, against } = decide(&signs, told);
    let id = |at: usize| judging.chain.revisions()[readings[at].at].id.to_string();
    let ids = |all: Vec<usize>| all.into_iter().map(id).collect();
    let revisions = words.iter().enumerate().map(|(at, &word)| {
        let missing = |shown: &Evident| *shown == Evident::Absent;
        let there = |shown: &Evident| shown.is_there() && !matches!(shown, Evident::Passing { .. });
        let (there, missing) = match word {
            Word::Half => (named(&scripts, &contact, at, there), named(&scripts, &contact, at, missing)),
            _ => (Vec::new(), Vec::new()),
        };
        ReadRevision {
            revision: id(at),
            file: scripts[at].file.to_owned(),
            word,
            recorded: at < record,
            untold: shown(at)
                .iter()
                .position(|it| *it == Evident::Untold)
                .map(|statement| told_at(&scripts, at, statement)),
            there,
            missing,
            drift: drift_of(&scripts, &contact, at, &id(at)),
            counts: counts(shown(at)),
        }
    });
    let uncompared = contact.statements[..record].iter().flatten();
    let uncompared = uncompared.filter(|it| matches!(it, Evident::InForce { is_compared: false, .. })).count();
    Ok(Adoption { revisions: revisions.collect(), record, undecided: ids(open), against: ids(against), uncompared })
}

/// The command that records the revisions that the evidence proves, of those with these ids; none if none is proved.
pub(super) fn command(ids: &[&str], contact: &Contact) -> Option<String> {
    let signs: Vec<Signs> = contact.statements.iter().map(|shown| Signs::of(shown, false)).collect();
    let Decided { words, record, open, .. } = decide(&signs, None);
    // The user has to say for consecutive undecided revisions if they ran.
    let asked = open.iter().enumerate().take_while(|(count, at)| **at == record + count).last();
    let target = asked.map(|(_, at)| format!(" {}", ids[*at])).unwrap_or_default();
    let accept = if words[..record].contains(&Word::Differs) { " --accept-drift" } else { "" };
    (record > 0 || asked.is_some()).then(|| format!("lockgate adopt{target}{accept}"))
}

/// The recorded differences that still exist: neither repaired by hand nor accepted by a later revision. The readings are those
/// of the recorded revisions, in order.
///
/// # Errors
/// The catalog could not be read.
pub async fn drift(
    session: &Session,
    judging: Judging<'_>,
    readings: &[Reading],
    noted: &[Note],
) -> Result<Vec<Drift>, PlanError> {
    let (contact, scripts) = read(session, judging, readings).await?;
    let id = |at: usize| judging.chain.revisions()[readings[at].at].id.as_str();
    let all = (0..readings.len()).flat_map(|at| drift_of(&scripts, &contact, at, id(at)));
    let is_noted = |drift: &Drift| noted.iter().any(|note| note.revision == drift.revision && note.line == drift.line);
    Ok(all.filter(is_noted).collect())
}

/// The facts that the model of the readings states about a database, and the statements that it cannot state.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Stated {
    #[serde(rename = "lines")]
    pub differences: Vec<Drift>,
    /// Statements of unread code, or with an effect unknown to the model: their objects are not compared.
    #[serde(rename = "unstated")]
    pub unread: Vec<String>,
    /// The number of statements whose objects were compared with the catalog, and the number of those that a read-only session
    /// found equal as far as it can compare.
    pub statements: usize,
    pub uncompared: usize,
}

/// Compares the effects of the readings, in order, with the catalog.
///
/// # Errors
/// The catalog could not be read.
pub async fn stated(session: &Session, judging: Judging<'_>, readings: &[Reading]) -> Result<Stated, PlanError> {
    let (contact, scripts) = read(session, judging, readings).await?;
    let id = |at: usize| judging.chain.revisions()[readings[at].at].id.as_str();
    let mut stated = Stated::default();
    for (at, shown) in contact.statements.iter().enumerate() {
        stated.differences.extend(drift_of(&scripts, &contact, at, id(at)));
        for (statement, evident) in shown.iter().enumerate() {
            let is_unread = matches!(scripts[at].statements[statement].effect, Effect::Opaque(_) | Effect::Unjudged(_));
            if *evident == Evident::Untold && is_unread {
                stated.unread.push(told_at(&scripts, at, statement));
            }
            if let Evident::InForce { is_compared, .. } = evident {
                stated.uncompared += usize::from(!is_compared);
            }
            stated.statements += usize::from(!matches!(evident, Evident::Nothing | Evident::Untold));
        }
    }
    Ok(stated)
}

/// The evidence for each statement of each reading; empty for scripts that run as they are and are not judged.
async fn read<'a>(
    session: &Session,
    judging: Judging<'a>,
    readings: &'a [Reading],
) -> Result<(Contact, Vec<Script<'a>>), PlanError> {
    let judging = Judging { shows_contact: true, ..judging };
    let (cuts, assessment) = assess(session, judging, readings).await?;
    let scripts = pending(judging, readings, &cuts);
    let untold = || scripts.iter().map(|script| vec![Evident::Untold; script.statements.len()]).collect();
    let contact = assessment.contact.unwrap_or_else(|| Contact { statements: untold(), ..Contact::default() });
    Ok((contact, scripts))
}

fn told_at(scripts: &[Script<'_>], script: usize, statement: usize) -> String {
    let (place, shown) = place_of(scripts, script, statement);
    format!("{place}: {shown}")
}

/// The objects of the statements with such evidence.
fn named(scripts: &[Script<'_>], contact: &Contact, script: usize, is_it: impl Fn(&Evident) -> bool) -> Vec<String> {
    let shown = contact.statements[script].iter().enumerate();
    shown.filter(|(_, evident)| is_it(evident)).map(|(at, _)| made(&scripts[script], at)).collect()
}

fn made(script: &Script<'_>, at: usize) -> String {
    let statement = &script.statements[at];
    change::made(&statement.effect).unwrap_or_else(|| statement.tag.clone())
}

fn drift_of(scripts: &[Script<'_>], contact: &Contact, script: usize, id: &str) -> Vec<Drift> {
    let shown = contact.statements[script].iter().enumerate();
    shown.flat_map(|(at, evident)| drift_at(scripts, (script, at), id, evident)).collect()
}

/// The differences of one statement.
fn drift_at(scripts: &[Script<'_>], (script, at): (usize, usize), id: &str, evident: &Evident) -> Vec<Drift> {
    let made = made(&scripts[script], at);
    let drift = |what: &str, reason: String, difference: Option<&Difference>| Drift {
        revision: id.to_owned(),
        place: place_of(scripts, script, at).0,
        line: scripts[script].statements[at].line,
        what: what.to_owned(),
        reason,
        chain: difference.map(|difference| difference.wanted.clone()),
        database: difference.map(|difference| difference.found.clone()),
        is_missing: false,
        of_others: false,
        choices: Vec::new(),
    };
    let part = |Part { object, is_missing, difference }: &Part| {
        let is = if *is_missing { "is missing" } else { "is different" };
        Drift { is_missing: *is_missing, ..drift(object, format!("{object} {is}"), difference.as_ref()) }
    };
    match evident {
        Evident::Differs { reason, difference, parts } if parts.is_empty() => {
            vec![drift(&made, reason.clone(), difference.as_ref())]
        }
        Evident::Differs { parts, .. } => parts.iter().map(part).collect(),
        Evident::OfOthers { reason, next } => {
            vec![Drift { of_others: true, choices: next.clone(), ..drift(&made, reason.clone(), None) }]
        }
        Evident::Absent => vec![Drift { is_missing: true, ..drift(&made, format!("{made} is missing"), None) }],
        Evident::Nothing
        | Evident::InForce { .. }
        | Evident::Renamed { .. }
        | Evident::Alike
        | Evident::Passing { .. }
        | Evident::Untold => Vec::new(),
    }
}

/// The numbers of statements that are proved, that leave no trace, and that differ.
fn counts(shown: &[Evident]) -> [usize; 3] {
    let mut counts = [0; 3];
    for evident in shown {
        let place = match evident {
            Evident::InForce { .. } | Evident::Renamed { .. } => 0,
            Evident::Nothing | Evident::Alike | Evident::Passing { .. } | Evident::Untold => 1,
            Evident::Absent | Evident::Differs { .. } | Evident::OfOthers { .. } => 2,
        };
        counts[place] += 1;
    }
    counts
}

#[cfg(test)]
impl Adoption {
    /// An adoption with one revision that can be recorded, with these differences, and a half one after it.
    pub fn example(drift: &[Drift]) -> Self {
        let revision = |id: &str, word, recorded, drift: &[Drift]| ReadRevision {
            revision: id.to_owned(),
            file: format!("{id}_a.sql"),
            word,
            recorded,
            untold: None,
            there: Vec::new(),
            missing: Vec::new(),
            drift: drift.to_vec(),
            counts: [1, 0, drift.len()],
        };
        let revisions = vec![revision("1", Word::Differs, true, drift), revision("2", Word::Half, false, &[])];
        Self { revisions, record: 1, ..Self::default() }
    }
}
