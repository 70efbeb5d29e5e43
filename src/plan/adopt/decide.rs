//! Decides on a word for each revision of a chain whose history is lost, and on the number of revisions to be recorded. Pure.

use serde::Serialize;

use crate::assess::{Evident, Sign};

/// The conclusion about one revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Word {
    /// Everything that it left is in force.
    Proved,
    /// Later revisions removed everything that it created.
    Superseded,
    /// It left no trace, but a later revision ran, or the user says that it did.
    Implied,
    /// It ran, and a part of it is different or missing.
    Differs,
    /// It is unknown whether it ran.
    Unknown,
    /// A part of it exists.
    Half,
    /// It did not run.
    Pending,
}

impl Word {
    pub fn word(self) -> &'static str {
        match self {
            Self::Proved => "proved",
            Self::Superseded => "superseded",
            Self::Implied => "implied",
            Self::Differs => "differs",
            Self::Unknown => "unknown",
            Self::Half => "half",
            Self::Pending => "pending",
        }
    }
}

/// The combined evidence of a revision's statements.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Signs {
    /// An effect is in force that only the chain explains.
    pub proof: bool,
    /// An effect is in force that may have another cause.
    pub weak: bool,
    /// Its objects are gone again.
    pub taken: bool,
    /// The catalog cannot show if a statement ran.
    pub untold: bool,
    /// An effect is missing.
    pub absent: bool,
    /// An effect exists and differs, or its object belongs to an untrusted role.
    pub differs: bool,
    /// It is repeatable and has changed, or the history records that only a part of it is done.
    pub stays: bool,
}

impl Signs {
    pub fn of(shown: &[Evident], stays: bool) -> Self {
        let mut signs = Self { stays, ..Self::default() };
        for evident in shown {
            match evident {
                Evident::Nothing | Evident::Alike => {}
                Evident::InForce { sign: Sign::Own | Sign::Shown, .. } | Evident::Renamed { .. } => signs.proof = true,
                Evident::InForce { sign: Sign::Weak, .. } => signs.weak = true,
                Evident::InForce { sign: Sign::Taken, .. } | Evident::Passing { .. } => signs.taken = true,
                Evident::Untold => signs.untold = true,
                Evident::Absent => signs.absent = true,
                Evident::Differs { .. } | Evident::OfOthers { .. } => signs.differs = true,
            }
        }
        signs
    }

    fn is_there(self) -> bool {
        self.proof || self.differs
    }

    /// True if the evidence shows that it ran to its end.
    fn is_whole(self) -> bool {
        self.proof && !self.absent && !self.stays
    }

    /// True if it cannot count as run.
    fn stops(self) -> bool {
        self.stays || self.absent
    }
}

/// The conclusions about a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// A word for each revision.
    pub words: Vec<Word>,
    /// The number of revisions, from the first on, that can be recorded.
    pub record: usize,
    /// Revisions that are undecided and need the user's word.
    pub open: Vec<usize>,
    /// Revisions for which the catalog contradicts the claim.
    pub against: Vec<usize>,
}

/// Decides in the chain's order, in which the revisions were applied. `told`: the number of revisions that ran, as claimed by the
/// user or by another tool's history.
pub fn decide(signs: &[Signs], told: Option<usize>) -> Decided {
    let count = signs.len();
    let told = told.map(|told| told.min(count));
    let last_proof = |up_to: usize| (0..up_to).rfind(|&at| signs[at].is_whole()).map_or(0, |last| last + 1);
    // A revision without a trace ends the prefix, unless the user says that it ran and a later one proves it.
    let nothing = (0..count).find(|&at| signs[at].stays || signs[at].absent && !signs[at].is_there());
    let stop = nothing.unwrap_or(count);
    let proved = last_proof(told.unwrap_or(stop));
    let record = told.unwrap_or(proved);
    let mut against: Vec<usize> = (proved..record).filter(|&at| signs[at].stops()).collect();
    against.extend((0..proved.min(record)).filter(|&at| signs[at].stays));
    against
        .extend(told.iter().flat_map(|&told| (told..count).filter(|&at| signs[at].is_whole() && !signs[at].differs)));
    against.sort_unstable();
    let beyond = (record..count).find(|&at| signs[at].stops()).unwrap_or(count);
    let later_proof = last_proof(count);
    let is_open = |at: usize| {
        let sign = signs[at];
        let tells_nothing = sign.untold && !sign.is_there() && !sign.stops();
        let only_differs = sign.differs && !sign.proof && !sign.stops();
        told.is_none() && (at < beyond && (tells_nothing || only_differs) || at < later_proof && tells_nothing)
    };
    let open: Vec<usize> = (record..count).filter(|&at| is_open(at)).collect();
    let word = |at: usize| {
        let sign = signs[at];
        match at < record {
            true if sign.differs || sign.absent => Word::Differs,
            true if sign.proof || sign.weak => Word::Proved,
            true if sign.taken => Word::Superseded,
            true => Word::Implied,
            false if open.contains(&at) && !sign.differs => Word::Unknown,
            false if sign.absent && sign.is_there() => Word::Half,
            false if sign.differs => Word::Differs,
            false if sign.is_whole() => Word::Proved,
            false => Word::Pending,
        }
    };
    Decided { words: (0..count).map(word).collect(), record, open, against }
}

#[cfg(test)]
mod tests {
    use super::Word::{Differs, Half, Implied, Pending, Proved, Superseded, Unknown};
    use super::*;

    /// `p`roof, `w`eak, `t`aken, `u`ntold, `a`bsent, `d`iffers, `s`tays; a word for each revision.
    fn signs(text: &str) -> Vec<Signs> {
        let one = |word: &str| Signs {
            proof: word.contains('p'),
            weak: word.contains('w'),
            taken: word.contains('t'),
            untold: word.contains('u'),
            absent: word.contains('a'),
            differs: word.contains('d'),
            stays: word.contains('s'),
        };
        text.split(' ').map(one).collect()
    }

    /// The revisions, the claim, the words, the number to be recorded, the undecided revisions, and the contradictions.
    type Case = (&'static str, Option<usize>, &'static [Word], usize, &'static [usize], &'static [usize]);

    const CASES: &[Case] = &[
        // Up to the last proved revision, before the first missing one.
        ("p p a a", None, &[Proved, Proved, Pending, Pending], 2, &[], &[]),
        ("p p", None, &[Proved, Proved], 2, &[], &[]),
        ("a a", None, &[Pending, Pending], 0, &[], &[]),
        // An untraceable revision before a proved one: it ran, because the order was kept.
        ("p u p a", None, &[Proved, Implied, Proved, Pending], 3, &[], &[]),
        ("p t p tu p", None, &[Proved, Superseded, Proved, Superseded, Proved], 5, &[], &[]),
        ("pu w - p", None, &[Proved, Proved, Implied, Proved], 4, &[], &[]),
        // Untraceable revisions after the last proved one are undecided.
        ("p u", None, &[Proved, Unknown], 1, &[1], &[]),
        ("p u u a u", None, &[Proved, Unknown, Unknown, Pending, Pending], 1, &[1, 2], &[]),
        ("u", None, &[Unknown], 0, &[0], &[]),
        ("p u", Some(2), &[Proved, Implied], 2, &[], &[]),
        ("p u", Some(1), &[Proved, Pending], 1, &[], &[]),
        // A harmless revision without a trace is pending.
        ("p w t", None, &[Proved, Pending, Pending], 1, &[], &[]),
        // Begun and not done: the engine completes it. Later revisions did not run.
        ("p pa u", None, &[Proved, Half, Pending], 1, &[], &[]),
        ("p da a", None, &[Proved, Half, Pending], 1, &[], &[]),
        ("pa a", None, &[Half, Pending], 0, &[], &[]),
        // A part is missing, but later revisions are proved: it ran, and something was dropped.
        ("pa u p a", None, &[Differs, Implied, Proved, Pending], 3, &[], &[]),
        ("pd p", None, &[Differs, Proved], 2, &[], &[]),
        // All its existing parts differ, and no later revision is proved.
        ("p d", None, &[Proved, Differs], 1, &[1], &[]),
        ("p d", Some(2), &[Proved, Differs], 2, &[], &[]),
        // A revision without a trace before others that exist: data revisions between them are undecided.
        ("p a u p", None, &[Proved, Pending, Unknown, Proved], 1, &[2], &[]),
        ("p a p a", None, &[Proved, Pending, Proved, Pending], 1, &[], &[]),
        ("p a u p", Some(4), &[Proved, Differs, Implied, Proved], 4, &[], &[]),
        // The catalog contradicts the claim.
        ("p a", Some(2), &[Proved, Differs], 2, &[], &[1]),
        ("p pa", Some(2), &[Proved, Differs], 2, &[], &[1]),
        ("p p", Some(1), &[Proved, Proved], 1, &[], &[1]),
        ("p pd", Some(1), &[Proved, Differs], 1, &[], &[]),
        ("p pa", Some(1), &[Proved, Half], 1, &[], &[]),
        ("p p", Some(0), &[Proved, Proved], 0, &[], &[0, 1]),
        // A revision that the history records as begun is completed by its own run.
        ("p ps p", None, &[Proved, Pending, Proved], 1, &[], &[]),
        ("p ps p", Some(3), &[Proved, Proved, Proved], 3, &[], &[1]),
        // A repeatable script.
        ("p u s", Some(2), &[Proved, Implied, Pending], 2, &[], &[]),
    ];

    #[test]
    fn each_revision_gets_its_word_and_the_longest_prefix_is_found() {
        for (revisions, told, words, record, open, against) in CASES {
            let wanted =
                Decided { words: words.to_vec(), record: *record, open: open.to_vec(), against: against.to_vec() };
            assert_eq!(decide(&signs(revisions), *told), wanted, "{revisions} {told:?}");
        }
    }
}
