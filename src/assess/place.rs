//! The places at which an expectation fits, as ranges of the pending chain.

use crate::catalog::Key;

/// The place of the database in the pending chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// All known facts fit this place, and no earlier one.
    At(usize),
    /// No single place fits: each object is judged separately.
    Scattered,
}

/// From one place to another, both included.
pub type Stretch = (usize, usize);

/// The fitting places of each key, in the order of the keys.
pub struct Places<'a>(Vec<(&'a Key, Vec<Stretch>)>);

impl<'a> Places<'a> {
    /// The keys have to be sorted.
    pub fn new(sorted: impl Iterator<Item = (&'a Key, Vec<Stretch>)>) -> Self {
        let all: Vec<_> = sorted.collect();
        debug_assert!(all.is_sorted_by_key(|(key, _)| key), "the keys are looked up by their order");
        Self(all)
    }

    pub fn of(&self, key: &Key) -> Option<&[Stretch]> {
        Some(&self.0[self.find(key)?].1)
    }

    pub fn of_mut(&mut self, key: &Key) -> Option<&mut Vec<Stretch>> {
        let at = self.find(key)?;
        Some(&mut self.0[at].1)
    }

    pub fn all(&self) -> impl Iterator<Item = &[Stretch]> {
        self.0.iter().map(|(_, stretches)| stretches.as_slice())
    }

    fn find(&self, key: &Key) -> Option<usize> {
        self.0.binary_search_by_key(&key, |(key, _)| key).ok()
    }
}

/// Joins adjacent ranges, which have to be sorted.
pub fn joined(stretches: impl IntoIterator<Item = Stretch>) -> Vec<Stretch> {
    // Most keys have one range, and there are many keys.
    let mut all: Vec<Stretch> = Vec::with_capacity(1);
    for (from, to) in stretches {
        match all.last_mut() {
            Some(last) if from <= last.1 + 1 => last.1 = last.1.max(to),
            _ => all.push((from, to)),
        }
    }
    all
}

/// The places in both lists.
pub fn both(a: &[Stretch], b: &[Stretch]) -> Vec<Stretch> {
    let (mut i, mut j) = (0, 0);
    let mut all = Vec::new();
    while i < a.len() && j < b.len() {
        let (from, to) = (a[i].0.max(b[j].0), a[i].1.min(b[j].1));
        if from <= to {
            all.push((from, to));
        }
        if a[i].1 < b[j].1 { i += 1 } else { j += 1 }
    }
    all
}

/// The places of `0..=last` that are in all lists. The gaps are merged: intersecting one list after another would take quadratic
/// time if each cuts the chain at a different point.
pub fn common<'a>(lists: impl IntoIterator<Item = &'a [Stretch]>, last: usize) -> Vec<Stretch> {
    let mut missing: Vec<Stretch> = lists.into_iter().flat_map(|list| gaps(list, last)).collect();
    missing.sort_unstable();
    gaps(&joined(missing), last)
}

/// The places of `0..=last` that are in none of the ranges, which have to be sorted.
fn gaps(stretches: &[Stretch], last: usize) -> Vec<Stretch> {
    let from = std::iter::once(0).chain(stretches.iter().map(|&(_, to)| to + 1));
    let to = stretches.iter().map(|&(from, _)| from.checked_sub(1)).chain(std::iter::once(Some(last)));
    from.zip(to).filter_map(|(from, to)| Some((from, to?))).filter(|(from, to)| from <= to).collect()
}

/// The side of a unit on which the database is, by the fitting places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// All fitting places are after the unit: it is in force.
    After,
    /// All fitting places are before it.
    Before,
    /// The places directly before and after it fit: its effect is invisible.
    Either,
    /// Some fitting places are before it, some after it, and none directly at it.
    Torn,
    /// No place fits.
    Nowhere,
}

/// The side of unit `unit`, which leads from the place of its number to the next; fitting places are in all lists.
pub fn side(lists: &[&[Stretch]], unit: usize) -> Side {
    let before = last_up_to(lists, unit);
    let after = first_from(lists, unit + 1);
    match (before, after) {
        // Ranges have gaps between them: two adjacent places are in one range.
        (Some(before), Some(after)) if before + 1 == after => Side::Either,
        (Some(_), Some(_)) => Side::Torn,
        (Some(_), None) => Side::Before,
        (None, Some(_)) => Side::After,
        (None, None) => Side::Nowhere,
    }
}

/// The last place up to `place` that is in all lists.
fn last_up_to(lists: &[&[Stretch]], mut place: usize) -> Option<usize> {
    let up_to = |list: &[Stretch], place| {
        list[..list.partition_point(|&(from, _)| from <= place)].last().map(|last| last.1.min(place))
    };
    loop {
        let lowest =
            lists.iter().map(|list| up_to(list, place)).try_fold(place, |lowest, last| Some(lowest.min(last?)))?;
        if lowest == place {
            return Some(place);
        }
        place = lowest;
    }
}

/// The first place from `place` on that is in all lists.
fn first_from(lists: &[&[Stretch]], mut place: usize) -> Option<usize> {
    let from =
        |list: &[Stretch], place| list.get(list.partition_point(|&(_, to)| to < place)).map(|first| first.0.max(place));
    loop {
        let highest =
            lists.iter().map(|list| from(list, place)).try_fold(place, |highest, first| Some(highest.max(first?)))?;
        if highest == place {
            return Some(place);
        }
        place = highest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_are_joined_and_cut() {
        assert_eq!(joined([(0, 2), (3, 4), (7, 7)]), [(0, 4), (7, 7)]);
        assert_eq!(both(&[(0, 4), (7, 9)], &[(3, 8)]), [(3, 4), (7, 8)]);
        assert_eq!(both(&[(0, 1)], &[(2, 3)]), []);
    }

    #[test]
    fn the_common_places_are_those_of_each_after_the_other() {
        let lists: [&[Stretch]; 4] = [&[(0, 4), (7, 9)], &[(3, 8)], &[(0, 3), (7, 9)], &[(0, 9)]];
        assert_eq!(common(lists, 9), [(3, 3), (7, 8)]);
        assert_eq!(common(lists, 9), lists.iter().fold(vec![(0, 9)], |all, list| both(&all, list)));
        assert_eq!(common([], 9), [(0, 9)]);
        assert_eq!(common([&[(0, 1)][..], &[(2, 9)]], 9), []);
        assert_eq!(common([&[][..]], 9), []);
    }

    #[test]
    fn the_side_of_a_unit_follows_from_the_places_that_fit() {
        assert_eq!(side(&[&[(0, 2)]], 2), Side::Before);
        assert_eq!(side(&[&[(3, 5)]], 2), Side::After);
        assert_eq!(side(&[&[(0, 5)]], 2), Side::Either);
        assert_eq!(side(&[&[(0, 1), (4, 5)]], 2), Side::Torn);
        assert_eq!(side(&[&[]], 2), Side::Nowhere);
        assert_eq!(side(&[&[(0, 5)], &[(0, 1), (4, 5)]], 2), Side::Torn);
        assert_eq!(side(&[&[(0, 1), (3, 5)], &[(2, 5)]], 2), Side::After);
        assert_eq!(side(&[&[(0, 1), (3, 3)], &[(2, 2), (4, 5)]], 2), Side::Nowhere);
    }
}
