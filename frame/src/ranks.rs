//! Ranked ids: which objects or materials a pixel shows, and in how many of its samples.
//!
//! A pixel has [`RANKS`] pairs of an id's bits and a count, the highest count first, equal counts by ascending id, unused pairs zero. Counts are
//! whole numbers, which f32 adds exactly. Two lists become one by adding the counts of equal ids and keeping the first [`RANKS`]; what
//! is dropped is in no list, so the counts of a crowded pixel sum to less than its hits. Dropping makes the
//! result depend on the order of merging, so lists are only ever merged along the summation tree ([`crate::blocks`]): each of its nodes
//! then has one list, whoever made it.

/// Ids that a pixel keeps.
pub const RANKS: usize = 8;
/// Values of a pixel: an id's bits and its count, by rank.
pub const RANK_VALUES: usize = 2 * RANKS;

/// The list of some samples' ids; 0 is nothing and is not listed.
pub fn rank(ids: impl IntoIterator<Item = u32>) -> [f32; RANK_VALUES] {
    let mut counts: Vec<(u32, f32)> = Vec::new();
    for id in ids.into_iter().filter(|&id| id != 0) {
        match counts.iter_mut().find(|(known, _)| *known == id) {
            Some((_, count)) => *count += 1.0,
            None => counts.push((id, 1.0)),
        }
    }
    let mut values = [0.0; RANK_VALUES];
    write(&mut values, &mut counts);
    values
}

/// Adds the right neighbour's list to the left one. Both hold [`RANK_VALUES`] values.
pub(crate) fn merge(left: &mut [f32], right: &[f32]) {
    let mut counts = [(0, 0.0); RANK_VALUES];
    let mut used = 0;
    for (id, count) in pairs(left).chain(pairs(right)) {
        match counts[..used].iter_mut().find(|(known, _)| *known == id) {
            Some((_, sum)) => *sum += count,
            None => {
                counts[used] = (id, count);
                used += 1;
            }
        }
    }
    write(left, &mut counts[..used]);
}

/// The used pairs of one pixel: id and count, by rank.
pub fn pairs(values: &[f32]) -> impl Iterator<Item = (u32, f32)> {
    values.chunks_exact(2).map(|pair| (pair[0].to_bits(), pair[1])).take_while(|&(id, _)| id != 0)
}

/// Whether this can be the list of a pixel that was hit `hits` times: ranked, each id once, whole counts that are not too many.
pub fn is_possible(values: &[f32], hits: f32) -> bool {
    let used = pairs(values).count();
    let (listed, unused) = values.split_at(2 * used);
    let is_count = |count: f32| count >= 1.0 && count.fract() == 0.0;
    let ranked = listed.chunks_exact(2).zip(listed.chunks_exact(2).skip(1)).all(|(higher, lower)| {
        higher[1] > lower[1] || (higher[1] == lower[1] && higher[0].to_bits() < lower[0].to_bits())
    });
    let once = pairs(values)
        .enumerate()
        .all(|(at, (id, _))| pairs(values).skip(at + 1).all(|(other, _)| other != id));
    let sum: f32 = pairs(values).map(|(_, count)| count).sum();
    unused.iter().all(|value| value.to_bits() == 0)
        && pairs(values).all(|(_, count)| is_count(count))
        && ranked
        && once
        && sum <= hits
}

fn write(values: &mut [f32], counts: &mut [(u32, f32)]) {
    counts.sort_unstable_by(|(a, more), (b, less)| less.total_cmp(more).then(a.cmp(b)));
    values.fill(0.0);
    for (pair, (id, count)) in values.chunks_exact_mut(2).zip(counts) {
        pair.copy_from_slice(&[f32::from_bits(*id), *count]);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn few_ids_are_counted_exactly_however_they_are_merged(
            ids in prop::collection::vec(0u32..=RANKS as u32, 0..64), cut in 0usize..64,
        ) {
            let (left, right) = ids.split_at(cut.min(ids.len()));
            let mut merged = rank(left.iter().copied());
            merge(&mut merged, &rank(right.iter().copied()));
            prop_assert_eq!(merged.map(f32::to_bits), rank(ids.iter().copied()).map(f32::to_bits));
            let hits = ids.iter().filter(|&&id| id != 0).count() as f32;
            prop_assert_eq!(pairs(&merged).map(|(_, count)| count).sum::<f32>(), hits);
            prop_assert!(is_possible(&merged, hits));
        }

        #[test]
        fn a_crowd_keeps_its_largest_and_stays_possible(ids in prop::collection::vec(1u32..40, 0..64)) {
            let (left, right) = ids.split_at(ids.len() / 2);
            let mut merged = rank(left.iter().copied());
            merge(&mut merged, &rank(right.iter().copied()));
            prop_assert!(is_possible(&merged, ids.len() as f32));
            let distinct: std::collections::BTreeSet<_> = left.iter().collect();
            if distinct.len() > RANKS {
                prop_assert_eq!(pairs(&rank(left.iter().copied())).count(), RANKS);
            }
        }
    }

    #[test]
    fn equal_counts_rank_by_id() {
        let ranked: Vec<_> = pairs(&rank([9, 4, 4, 7, 0, 9, 2])).collect();
        assert_eq!(ranked, [(4, 2.0), (9, 2.0), (2, 1.0), (7, 1.0)]);
    }

    #[test]
    fn impossible_lists_are_told() {
        let list = |pairs: &[(u32, f32)]| {
            let mut values = [0.0; RANK_VALUES];
            for (pair, &(id, count)) in values.chunks_exact_mut(2).zip(pairs) {
                pair.copy_from_slice(&[f32::from_bits(id), count]);
            }
            values
        };
        assert!(is_possible(&list(&[]), 0.0));
        assert!(is_possible(&list(&[(5, 3.0), (2, 1.0), (3, 1.0)]), 5.0));
        for (why, bad) in [
            ("more than was hit", &[(5, 6.0)][..]),
            ("half a sample", &[(5, 1.5)]),
            ("no sample", &[(5, 0.0)]),
            ("less than nothing", &[(5, -1.0)]),
            ("not a number", &[(5, f32::NAN)]),
            ("not ranked", &[(5, 1.0), (4, 2.0)]),
            ("not ranked by id", &[(5, 1.0), (4, 1.0)]),
            ("twice", &[(5, 2.0), (5, 1.0)]),
            ("a gap", &[(0, 0.0), (5, 1.0)]),
            ("a count of nothing", &[(0, 1.0)]),
        ] {
            assert!(!is_possible(&list(bad), 5.0), "{why}");
        }
    }
}
