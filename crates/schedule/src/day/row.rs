//! A day in a few words: one bit a quantum, as a board has it for each resource.

/// Words of a row: 448 quanta, a day of 25 hours and more than six hours of the next.
pub(super) const WORDS: usize = 7;

/// A row: bit i is the i-th quantum of the board.
pub(super) type Row = [u64; WORDS];

pub(super) const NOTHING: Row = [0; WORDS];
pub(super) const EVERYTHING: Row = [u64::MAX; WORDS];

/// `row >> ahead`: bit i is bit i + ahead of `row`; nothing lies beyond the end.
pub(super) fn ahead(row: &Row, ahead: usize) -> Row {
    let (words, bits) = (ahead / 64, ahead % 64);
    let mut to = NOTHING;
    for (at, to) in to.iter_mut().enumerate() {
        let low = row.get(at + words).copied().unwrap_or(0);
        let high = row.get(at + words + 1).copied().unwrap_or(0);
        *to = if bits == 0 { low } else { low >> bits | high << (64 - bits) };
    }
    to
}

pub(super) fn and(to: &mut Row, with: &Row) {
    to.iter_mut().zip(with).for_each(|(to, with)| *to &= with);
}

pub(super) fn or(to: &mut Row, with: &Row) {
    to.iter_mut().zip(with).for_each(|(to, with)| *to |= with);
}

pub(super) fn eroded(mut row: Row, mut have: usize, want: usize) -> Row {
    while have < want {
        let step = have.min(want - have);
        let later = ahead(&row, step);
        and(&mut row, &later);
        have += step;
    }
    row
}

/// Whether any bit is set.
pub(super) fn any(row: &Row) -> bool {
    row.iter().any(|word| *word != 0)
}

/// Whether the bit at a place is set.
pub(super) fn has(row: &Row, at: usize) -> bool {
    row.get(at / 64).is_some_and(|word| word >> (at % 64) & 1 == 1)
}

/// The places of the bits set.
pub(super) fn ones(row: &Row) -> impl Iterator<Item = usize> + '_ {
    row.iter().enumerate().flat_map(|(at, word)| {
        std::iter::successors((*word != 0).then_some(*word), |word| {
            let rest = word & (word - 1);
            (rest != 0).then_some(rest)
        })
        .map(move |word| at * 64 + word.trailing_zeros() as usize)
    })
}

/// The place of the last bit set.
pub(super) fn last(row: &Row) -> Option<usize> {
    row.iter().rposition(|word| *word != 0).map(|at| at * 64 + 63 - row[at].leading_zeros() as usize)
}

pub(super) fn mask(from: usize, to: usize) -> Row {
    let mut row = NOTHING;
    for (at, word) in row.iter_mut().enumerate() {
        let (low, high) =
            (from.clamp(at * 64, at * 64 + 64) - at * 64, to.clamp(at * 64, at * 64 + 64) - at * 64);
        if low < high {
            *word = (u64::MAX << low) & (u64::MAX >> (64 - high));
        }
    }
    row
}

/// Copies words of a longer row; what is not there is zero.
pub(super) fn cut(words: &[u64]) -> Row {
    let mut row = NOTHING;
    row.iter_mut().zip(words).for_each(|(to, from)| *to = *from);
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_shift_mask_and_erode() {
        for (from, to) in [(0, 1), (60, 70), (64, 128), (3, 448), (10, 10)] {
            let row = mask(from, to);
            assert_eq!(ones(&row).collect::<Vec<_>>(), (from..to).collect::<Vec<_>>());
            for by in [0, 1, 63, 64, 100, 447, 500] {
                let expected: Vec<_> = (from..to).filter_map(|bit| bit.checked_sub(by)).collect();
                assert_eq!(ones(&ahead(&row, by)).collect::<Vec<_>>(), expected, "{from}..{to} by {by}");
            }
            for length in 1..20 {
                let expected: Vec<_> = (from..to).filter(|bit| bit + length <= to).collect();
                assert_eq!(
                    ones(&eroded(row, 1, length)).collect::<Vec<_>>(),
                    expected,
                    "{from}..{to} for {length}"
                );
            }
        }
    }
}
