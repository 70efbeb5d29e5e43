//! Missing numbers in a chain of consecutive numbers.

use std::fmt;

use super::{Chain, Id};

/// Numbers without a file, between two numbers that have one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hole {
    pub from: String,
    pub to: String,
    pub before: Id,
    pub behind: Id,
}

impl fmt::Display for Hole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, to, before, behind } = self;
        if from == to {
            write!(f, "{from} is missing between {before} and {behind}")
        } else {
            write!(f, "{from} to {to} are missing between {before} and {behind}")
        }
    }
}

/// A longer number is a date or a time: no chain has so many revisions.
const COUNTED: usize = 5;

/// The holes of a chain whose ids are all numbers, and nearly all consecutive. Dates, times and steps of ten are spaced
/// deliberately: they have no holes.
pub fn holes(chain: &Chain) -> Vec<Hole> {
    let number =
        |id: &Id| id.number().filter(|digits| digits.len() <= COUNTED).map(|digits| digits.parse().unwrap_or(0));
    let ids = chain.revisions().iter().map(|revision| &revision.id);
    let Some(mut numbers) = ids.map(|id| Some((number(id)?, id))).collect::<Option<Vec<(u32, &Id)>>>() else {
        return Vec::new();
    };
    numbers.sort_by_key(|(number, _)| *number);
    let holes: Vec<_> = numbers.windows(2).filter(|pair| pair[1].0 - pair[0].0 > 1).collect();
    let missing: u32 = holes.iter().map(|pair| pair[1].0 - pair[0].0 - 1).sum();
    let is_counted =
        holes.len() * 2 < numbers.len() && usize::try_from(missing).is_ok_and(|missing| missing < numbers.len());
    if !is_counted {
        return Vec::new();
    }
    let hole = |pair: &&[(u32, &Id)]| {
        let (before, behind) = (pair[0].1, pair[1].1);
        let named = |number: u32| format!("{number:0width$}", width = before.as_str().len());
        Hole { from: named(pair[0].0 + 1), to: named(pair[1].0 - 1), before: before.clone(), behind: behind.clone() }
    };
    holes.iter().map(hole).collect()
}

#[cfg(test)]
mod tests {
    use super::super::{Manner, Revision, order};
    use super::*;
    use proptest::prelude::*;

    fn said(ids: impl IntoIterator<Item = impl Into<String>>) -> Vec<String> {
        let revision = |id: String| Revision {
            id: Id::new(id.clone()),
            description: String::new(),
            file: format!("{id}_x.sql"),
            text: String::new().into(),
            bytes: String::new(),
            after: None,
            down: None,
            manner: Manner::default(),
            moment: None,
        };
        let chain = order(ids.into_iter().map(|id| revision(id.into())).collect()).unwrap();
        holes(&chain).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_missing_number_is_named_with_its_neighbours() {
        assert_eq!(said(["0001", "0002", "0004"]), ["0003 is missing between 0002 and 0004"]);
        assert_eq!(said(["7", "8", "9", "10", "13"]), ["11 to 12 are missing between 10 and 13"]);
    }

    #[test]
    fn what_does_not_count_by_one_has_no_holes() {
        let chains: [&[&str]; 6] = [
            &["0001"],
            &["0010", "0020", "0030"],
            &["1", "3"],
            &["0001", "0002", "0003", "0100"],
            &["20240101", "20240102", "20240104"],
            &["20240101120000", "20240101120001", "20240101120003"],
        ];
        for ids in chains {
            assert_eq!(said(ids.iter().copied()), [""; 0], "{ids:?}");
        }
    }

    proptest! {
        #[test]
        fn the_numbers_that_were_left_out_are_named_and_no_others(
            first in 1..2000u32,
            length in 10..60u32,
            left_out in proptest::collection::btree_set(1..58u32, 0..3),
            width in 1..5usize,
        ) {
            let left_out: Vec<u32> = left_out.into_iter().filter(|at| *at + 1 < length).map(|at| first + at).collect();
            let written = |number: u32| format!("{number:0width$}");
            let ids = (first..first + length).filter(|number| !left_out.contains(number)).map(written);
            let said = said(ids);
            let named: Vec<u32> = said
                .iter()
                .flat_map(|hole| {
                    let mut words = hole.split(' ').filter_map(|word| word.parse::<u32>().ok());
                    let from = words.next().expect("a number");
                    from..=if hole.contains("are") { words.next().expect("a number") } else { from }
                })
                .collect();
            prop_assert_eq!(named, left_out);
        }
    }
}
