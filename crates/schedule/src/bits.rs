//! Rows of bits: bit `i` of word `i / 64` is one quantum. Looking `k` quanta ahead is a shift by `k`; whatever lies
//! beyond the end of a row is 0, for time outside the horizon does not exist.

/// Words that hold `bits` bits.
pub(crate) const fn words_for(bits: usize) -> usize {
    bits.div_ceil(64)
}

/// One word of `row >> (whole * 64 + part)`, read with care for the end.
#[inline]
fn word_ahead(row: &[u64], index: usize, whole: usize, part: u32) -> u64 {
    let low = row.get(index + whole).copied().unwrap_or(0);
    let high = row.get(index + whole + 1).copied().unwrap_or(0);
    (low >> part) | ((high << 1) << (63 - part))
}

#[inline]
const fn split(ahead: usize) -> (usize, u32) {
    (ahead / 64, (ahead % 64) as u32)
}

/// How many leading words can be read ahead without passing the end.
#[inline]
const fn safe(words: usize, whole: usize) -> usize {
    words.saturating_sub(whole + 1)
}

/// `row &= row >> ahead`, in place: each word is read before it or any later word is written.
fn and_self_ahead(row: &mut [u64], ahead: usize) {
    let (whole, part) = split(ahead);
    let words = row.len();
    let safe = safe(words, whole);
    if whole == 0 {
        for index in 0..safe {
            let high = row[index + 1];
            row[index] &= (row[index] >> part) | ((high << 1) << (63 - part));
        }
    } else {
        for index in 0..safe {
            row[index] &= word_ahead(row, index, whole, part);
        }
    }
    for index in safe..words {
        row[index] &= word_ahead(row, index, whole, part);
    }
}

/// `target &= row >> ahead`.
pub(crate) fn and_ahead(target: &mut [u64], row: &[u64], ahead: usize) {
    let (whole, part) = split(ahead);
    let words = target.len().min(row.len());
    let safe = safe(words, whole);
    if safe > 0 {
        let ahead = &row[whole..=whole + safe];
        for (word, pair) in target.iter_mut().zip(ahead.windows(2)) {
            *word &= (pair[0] >> part) | ((pair[1] << 1) << (63 - part));
        }
    }
    for (index, word) in target.iter_mut().enumerate().skip(safe) {
        *word &= word_ahead(row, index, whole, part);
    }
}

/// `target |= gate & (row >> ahead)`.
pub(crate) fn or_gated_ahead(target: &mut [u64], gate: &[u64], row: &[u64], ahead: usize) {
    let (whole, part) = split(ahead);
    let words = target.len().min(row.len());
    let safe = safe(words, whole);
    if safe > 0 {
        let ahead = &row[whole..=whole + safe];
        for ((word, gate), pair) in target.iter_mut().zip(gate).zip(ahead.windows(2)) {
            *word |= gate & ((pair[0] >> part) | ((pair[1] << 1) << (63 - part)));
        }
    }
    for (index, (word, gate)) in target.iter_mut().zip(gate).enumerate().skip(safe) {
        *word |= gate & word_ahead(row, index, whole, part);
    }
}

/// `target |= row`.
pub(crate) fn or(target: &mut [u64], row: &[u64]) {
    for (word, other) in target.iter_mut().zip(row) {
        *word |= other;
    }
}

/// `target &= row`.
pub(crate) fn and(target: &mut [u64], row: &[u64]) {
    for (word, other) in target.iter_mut().zip(row) {
        *word &= other;
    }
}

/// From the bits where `have` ones stand in a row to the bits where `want` do, by doubling. `have` is at least 1.
pub(crate) fn erode(row: &mut [u64], mut have: usize, want: usize) {
    while have < want {
        let step = have.min(want - have);
        and_self_ahead(row, step);
        have += step;
    }
}

/// Whether any bit is set.
pub(crate) fn any(row: &[u64]) -> bool {
    row.iter().any(|word| *word != 0)
}

/// The mask of bits `from..to` inside word `index`.
#[inline]
fn mask_in(index: usize, from: usize, to: usize) -> u64 {
    let (low, high) = (from.max(index * 64) - index * 64, to.min(index * 64 + 64) - index * 64);
    (u64::MAX << low) & (u64::MAX >> (64 - high))
}

/// The words that `from..to` touches, with the mask in each. Cut to the row.
fn touched(words: usize, from: usize, to: usize) -> impl Iterator<Item = (usize, u64)> {
    let to = to.min(words * 64);
    let range = if from < to { from / 64..to.div_ceil(64) } else { 0..0 };
    range.map(move |index| (index, mask_in(index, from, to)))
}

/// Sets bits `from..to`.
pub(crate) fn set(row: &mut [u64], from: usize, to: usize) {
    for (index, mask) in touched(row.len(), from, to) {
        row[index] |= mask;
    }
}

/// Clears bits `from..to`.
pub(crate) fn clear(row: &mut [u64], from: usize, to: usize) {
    for (index, mask) in touched(row.len(), from, to) {
        row[index] &= !mask;
    }
}

/// Whether bits `from..to` are all set; beyond the row they are not.
pub(crate) fn all_set(row: &[u64], from: usize, to: usize) -> bool {
    to <= row.len() * 64 && touched(row.len(), from, to).all(|(index, mask)| row[index] & mask == mask)
}

/// Whether any of the bits `from..to` is set.
pub(crate) fn any_set(row: &[u64], from: usize, to: usize) -> bool {
    touched(row.len(), from, to).any(|(index, mask)| row[index] & mask != 0)
}

/// How many of the bits `from..to` are set.
pub(crate) fn count(row: &[u64], from: usize, to: usize) -> u32 {
    touched(row.len(), from, to).map(|(index, mask)| (row[index] & mask).count_ones()).sum()
}

/// The first bit that is set, from a place on.
pub(crate) fn next_one(row: &[u64], from: usize) -> Option<usize> {
    let first = row.get(from / 64)? & (u64::MAX << (from % 64));
    let rest = row.iter().copied().enumerate().skip(from / 64 + 1);
    let found = std::iter::once((from / 64, first)).chain(rest).find(|(_, word)| *word != 0);
    found.map(|(index, word)| index * 64 + word.trailing_zeros() as usize)
}

/// The first bit that is not set, from a place on; the end of the row if there is none.
pub(crate) fn next_zero(row: &[u64], from: usize) -> usize {
    let Some(first) = row.get(from / 64) else { return row.len() * 64 };
    let first = !first & (u64::MAX << (from % 64));
    let rest = row.iter().map(|word| !word).enumerate().skip(from / 64 + 1);
    let found = std::iter::once((from / 64, first)).chain(rest).find(|(_, word)| *word != 0);
    found.map_or(row.len() * 64, |(index, word)| index * 64 + word.trailing_zeros() as usize)
}

/// Sets `count` bits from `at` on to those of another row from `from` on. The target's are 0 so far; what lies beyond
/// either row is left out.
pub(crate) fn copy(target: &mut [u64], at: usize, row: &[u64], from: usize, count: usize) {
    let mut done = 0;
    while done < count {
        let (whole, part) = split(from + done);
        let some = (count - done).min(64);
        let word = word_ahead(row, 0, whole, part) & (u64::MAX >> (64 - some));
        let (index, bit) = split(at + done);
        if let Some(low) = target.get_mut(index) {
            *low |= word << bit;
        }
        if let Some(high) = target.get_mut(index + 1) {
            *high |= (word >> 1) >> (63 - bit);
        }
        done += some;
    }
}

/// The places of the bits that are set, in order.
pub(crate) fn ones(row: &[u64]) -> impl Iterator<Item = usize> + '_ {
    row.iter().enumerate().flat_map(|(index, word)| {
        let mut rest = *word;
        std::iter::from_fn(move || {
            (rest != 0).then(|| {
                let bit = rest.trailing_zeros() as usize;
                rest &= rest - 1;
                index * 64 + bit
            })
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A row with a pattern that has runs of many lengths across word borders.
    fn sample() -> Vec<u64> {
        let mut row = vec![0; 5];
        let mut from = 1;
        for length in [3, 40, 70, 1, 64, 9, 30] {
            set(&mut row, from, from + length);
            from += length + 2;
        }
        row
    }

    #[test]
    fn eroding_equals_looking_at_every_bit() {
        let row = sample();
        for want in 1..150 {
            let mut eroded = row.clone();
            erode(&mut eroded, 1, want);
            for bit in 0..row.len() * 64 {
                assert_eq!(
                    all_set(&eroded, bit, bit + 1),
                    all_set(&row, bit, bit + want),
                    "{bit} for {want}"
                );
            }
        }
    }

    #[test]
    fn looking_ahead_equals_reading_the_later_bit() {
        let row = sample();
        let gate = vec![u64::MAX; row.len()];
        for ahead in 0..200 {
            let (mut both, mut either) = (gate.clone(), vec![0; row.len()]);
            and_ahead(&mut both, &row, ahead);
            or_gated_ahead(&mut either, &gate, &row, ahead);
            for bit in 0..row.len() * 64 {
                let later = all_set(&row, bit + ahead, bit + ahead + 1);
                assert_eq!(all_set(&both, bit, bit + 1), later, "{bit} ahead {ahead}");
                assert_eq!(all_set(&either, bit, bit + 1), later, "{bit} ahead {ahead}");
            }
        }
    }

    #[test]
    fn copying_and_finding_equal_looking_at_every_bit() {
        let row = sample();
        let bit = |row: &[u64], at: usize| all_set(row, at, at + 1);
        for (at, from, count) in
            [(0, 0, 320), (3, 60, 70), (63, 1, 1), (64, 127, 130), (190, 5, 0), (7, 250, 70)]
        {
            let mut target = vec![0; 5];
            copy(&mut target, at, &row, from, count);
            for place in 0..320 {
                let expected = (at..at + count).contains(&place) && bit(&row, from + place - at);
                assert_eq!(bit(&target, place), expected, "{place} of {count} from {from} to {at}");
            }
        }
        for from in 0..330 {
            let one = (from..320).find(|place| bit(&row, *place));
            let zero = (from..320).find(|place| !bit(&row, *place)).unwrap_or(320);
            assert_eq!((next_one(&row, from), next_zero(&row, from)), (one, zero), "{from}");
        }
    }

    #[test]
    fn ranges_are_set_counted_and_cleared() {
        let mut row = vec![0; 3];
        set(&mut row, 60, 130);
        assert_eq!(count(&row, 0, 192), 70);
        clear(&mut row, 64, 128);
        assert_eq!(ones(&row).collect::<Vec<_>>(), [60, 61, 62, 63, 128, 129]);
        assert!(any_set(&row, 0, 61) && !any_set(&row, 64, 128));
    }
}
