//! The places at which an expectation fits, as stretches along the pending chain.

/// From one place to another, both among them.
pub type Stretch = (usize, usize);

/// Joins stretches that follow each other without a gap; they come in order.
pub fn joined(stretches: impl IntoIterator<Item = Stretch>) -> Vec<Stretch> {
    let mut all: Vec<Stretch> = Vec::new();
    for (from, to) in stretches {
        match all.last_mut() {
            Some(last) if from <= last.1 + 1 => last.1 = last.1.max(to),
            _ => all.push((from, to)),
        }
    }
    all
}

/// The places that lie in both.
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

/// On which side of a unit the database stands, by the places that fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// All places that fit lie after the unit: it is in force.
    After,
    /// All of them lie before it.
    Before,
    /// The places before and after it fit without a gap: it changes nothing that can be seen.
    Either,
    /// Some before it, some after it, and none between.
    Torn,
    /// None fits.
    Nowhere,
}

/// Unit `unit` leads from the place of its number to the next.
pub fn side(stretches: &[Stretch], unit: usize) -> Side {
    let before = stretches.iter().any(|&(from, _)| from <= unit);
    let after = stretches.iter().any(|&(_, to)| to > unit);
    let across = stretches.iter().any(|&(from, to)| from <= unit && to > unit);
    match (before, after, across) {
        (_, _, true) => Side::Either,
        (true, true, false) => Side::Torn,
        (true, false, _) => Side::Before,
        (false, true, _) => Side::After,
        (false, false, _) => Side::Nowhere,
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
    fn the_side_of_a_unit_follows_from_the_places_that_fit() {
        assert_eq!(side(&[(0, 2)], 2), Side::Before);
        assert_eq!(side(&[(3, 5)], 2), Side::After);
        assert_eq!(side(&[(0, 5)], 2), Side::Either);
        assert_eq!(side(&[(0, 1), (4, 5)], 2), Side::Torn);
        assert_eq!(side(&[], 2), Side::Nowhere);
    }
}
