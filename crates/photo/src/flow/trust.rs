//! How far a field can be trusted: what the pixels say, and whether the way back leads home.

use super::field::Field;

/// The field that leads back: at each node the displacement from the follow-up to the baseline. `size` is that of the
/// follow-up. The map must not fold (its slope stays below 1), else the answer there means nothing.
pub(crate) fn inverted(field: &Field, size: (usize, usize), step: f32) -> Field {
    // A fixed point: the place p of the baseline with p + u(p) = q. The error shrinks by the slope of u each time,
    // which is at most about a third.
    const ROUNDS: usize = 12;
    Field::from_fn(size, step, |x, y| {
        let mut back = [0.0f32; 2];
        for _ in 0..ROUNDS {
            let [along, down] = field.at(x + back[0], y + back[1]);
            back = [-along, -down];
        }
        back
    })
}

/// Distance between each node and where the way there and back ends, px.
pub(crate) fn way_home(there: &Field, back: &Field) -> Vec<f32> {
    (0..there.x.len())
        .map(|node| {
            let (dx, dy) = (there.x[node], there.y[node]);
            let [x, y] = [there.place(node % there.columns) + dx, there.place(node / there.columns) + dy];
            let [back_x, back_y] = back.at(x, y);
            (dx + back_x).hypot(dy + back_y)
        })
        .collect()
}

/// Error of a place where there and back meet exactly, px. This and the next were read off photographs whose true
/// displacement is known, by the distance of their way home; `tests/it` holds them to drawn skin.
const ERROR_LEAST: f32 = 0.09;
/// Error, squared, for each px by which the way home misses: both ways are led astray by the same light, so the miss
/// shows only a part of the error.
const ERROR_A_MISS: f32 = 0.4;
/// Error, px, that is added where there is no skin to hold on to.
const ERROR_UNSEEN: f32 = 1.5;

/// Noise over signal, as a root, of the photographs that the above was read off: `sqrt((1 - r) / r)` at a correlation r
/// of 0.89.
const NOISE_USUAL: f32 = 0.35;
/// Most by which noisier photographs make every error larger.
const NOISE_FACTOR_MAX: f32 = 3.0;

/// Expected error (root mean square) at each node, px of the follow-up. `home` is [`way_home`], `skin` the share of
/// skin seen around each node, `agreement` the median correlation: the error of a displacement grows as the noise does,
/// and heavy JPEG misleads both ways alike, so that the way home does not show it.
pub(crate) fn errors(field: &Field, home: &[f32], skin: &[f32], agreement: f32) -> Vec<f32> {
    let (columns, rows) = (field.columns, field.rows);
    let agreement = agreement.clamp(0.05, 1.0);
    let noise = (((1.0 - agreement) / agreement).sqrt() / NOISE_USUAL).clamp(1.0, NOISE_FACTOR_MAX);
    (0..home.len())
        .map(|at| {
            let (i, j) = (at % columns, at / columns);
            let (mut sum, mut count) = (0.0, 0.0);
            for y in j.saturating_sub(1)..(j + 2).min(rows) {
                for x in i.saturating_sub(1)..(i + 2).min(columns) {
                    sum += home[y * columns + x];
                    count += 1.0;
                }
            }
            let miss = sum / count;
            let unseen = ERROR_UNSEEN * (1.0 - skin[at]);
            let told = ERROR_LEAST * ERROR_LEAST + ERROR_A_MISS * miss + miss * miss;
            (noise * noise * told + unseen * unseen).sqrt()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there() -> Field {
        Field::from_fn((300, 260), 8.0, |x, y| {
            [0.12 * x - 0.1 * y + 9.0, 0.1 * x + 3.0 * (y / 40.0).sin() - 14.0]
        })
    }

    #[test]
    fn the_inverse_leads_home() {
        let there = there();
        let back = inverted(&there, (380, 300), 4.0);
        let home = way_home(&there, &back);
        for j in 3..there.rows - 3 {
            for i in 3..there.columns - 3 {
                let miss = home[j * there.columns + i];
                assert!(miss < 0.15, "node {i} {j}: {miss}");
            }
        }
    }

    #[test]
    fn error_grows_with_the_miss_and_without_skin() {
        let there = there();
        let nodes = there.x.len();
        let told =
            |miss: f32, skin: f32| errors(&there, &vec![miss; nodes], &vec![skin; nodes], 0.95)[nodes / 2];
        assert!((told(0.0, 1.0) - 0.09).abs() < 1e-6);
        assert!(told(0.05, 1.0) > 0.15 && told(0.05, 1.0) < 0.2);
        assert!(told(2.0, 1.0) > 2.0);
        assert!(told(0.0, 0.0) > 1.4);
        let noisy = errors(&there, &vec![0.05; nodes], &vec![1.0; nodes], 0.6)[0];
        assert!(noisy > 2.0 * told(0.05, 1.0) && noisy < 3.0 * told(0.05, 1.0));
    }
}
