//! Simulates hands, and says with what certainty they come out how.

use std::{num::NonZeroUsize, thread};

use crate::{
    chance::Chance,
    course::{Course, Pass},
    gap::gap_mm,
    glide::{Sink, glide},
    ground::Ground,
    polygon::Point,
    streak::Ruler,
    tally::{Counts, Places, Windows, shares, variation},
};

/// The sides in millimetres of the squares for which evenness is always told.
pub const WINDOW_SIDES_MM: [usize; 3] = [1, 2, 5];

/// The side of the squares compared with the target, in millimetres.
const SHARE_SIDE_MM: usize = 2;

/// A figure over all hands: its mean, and from where to where the middle 95 % of the hands lie (the 2.5th and 97.5th
/// percentile, linear between ranks). For a hand that never errs all three are the same.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The mean over hands.
    pub mean: f64,
    /// The 2.5th percentile.
    pub lo: f64,
    /// The 97.5th percentile.
    pub hi: f64,
}

impl Estimate {
    /// Of one value per hand; `None` without values.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let (first, last) = (*values.first()?, *values.last()?);
        let percentile = |share: f64| {
            let rank = share * (values.len() - 1) as f64;
            let (below, part) = (rank.floor() as usize, rank.fract());
            let above = (below + 1).min(values.len() - 1);
            values[below] + (values[above] - values[below]) * part
        };
        // Clamped, because a sum may round a mean of equal values off them.
        let mean = (values.iter().sum::<f64>() / values.len() as f64).clamp(first, last);
        Some(Self { mean, lo: percentile(0.025), hi: percentile(0.975) })
    }
}

/// What comes of the passes over one zone. A figure is `None` when it has no meaning: evenness without a square
/// wholly inside the zone, a gap without punctures, a share without a target.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    /// The area without exclusions, in square centimetres.
    pub area_cm2: f64,
    /// How long the pen strikes: strikes by strokes per second.
    pub seconds: Option<Estimate>,
    /// Punctures inside the zone.
    pub punctures: Option<Estimate>,
    /// Punctures per square centimetre of the area without exclusions.
    pub density_per_cm2: Option<Estimate>,
    /// Coefficient of variation of the counts in squares of [`WINDOW_SIDES_MM`].
    pub cv: [Option<Estimate>; 3],
    /// The same in squares of the target's `window_mm`.
    pub cv_target: Option<Estimate>,
    /// The share of 2 mm squares with less than half the target.
    pub share_under_half: Option<Estimate>,
    /// The share of 2 mm squares with more than double the target.
    pub share_over_double: Option<Estimate>,
    /// The diameter of the largest disc without a puncture, centred on treated skin, in millimetres.
    pub gap_mm: Option<Estimate>,
    /// The variance of line sums in the worst direction, by that of chance alone.
    pub streak: Option<Estimate>,
}

/// One hand's punctures.
#[derive(Debug, Clone, PartialEq)]
pub struct Stippling {
    /// Every puncture inside the zone, in millimetres in the zone's frame, in the order they are simulated.
    pub punctures: Vec<Point>,
    /// How often the pen struck.
    pub strikes: u64,
}

impl Sink for Vec<Point> {
    fn take(&mut self, place: Point) {
        self.push(place);
    }
}

/// One zone laid out for simulating any passes over it.
pub(crate) struct Layout<'a> {
    course: &'a Course,
    zone: usize,
    pub(crate) ground: Ground<'a>,
    windows: [Windows; 3],
    target: Option<Windows>,
}

/// How one hand came out, as far as a plan asks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Glance {
    pub(crate) seconds: f64,
    pub(crate) density_per_cm2: f64,
    pub(crate) cv: Option<f64>,
}

#[derive(Debug, Clone, Copy, Default)]
struct OneHand {
    strikes: u64,
    punctures: u64,
    cv: [Option<f64>; 3],
    cv_target: Option<f64>,
    shares: Option<(f64, f64)>,
    gap_mm: Option<f64>,
    streak: Option<f64>,
}

impl<'a> Layout<'a> {
    pub(crate) fn new(course: &'a Course, zone: usize) -> Self {
        let shape = &course.zones[zone];
        let ground = Ground::new(&shape.polygon, &shape.exclusions, course.device.reach_mm());
        let windows = WINDOW_SIDES_MM.map(|side| Windows::new(&ground, side as f64));
        let target = course.target.map(|target| Windows::new(&ground, target.window_mm));
        Self { course, zone, ground, windows, target }
    }

    pub(crate) fn run(&self, passes: &[Pass], hand: u32, sink: &mut impl Sink) -> u64 {
        let Course { seed, device, hand: steadiness, .. } = self.course;
        let mut chance = Chance::of(*seed, self.zone as u64, u64::from(hand));
        passes.iter().map(|pass| glide(&self.ground, device, steadiness, pass, &mut chance, sink)).sum()
    }

    fn area_cm2(&self) -> f64 {
        self.course.zones[self.zone].area_mm2 / 100.0
    }

    /// Whether any of the target's squares lies wholly inside.
    pub(crate) fn can_judge(&self) -> bool {
        self.target.as_ref().is_some_and(|windows| windows.whole.contains(&true))
    }

    /// Density and evenness in the target's squares alone: what a plan weighs.
    pub(crate) fn glance(&self, passes: &[Pass], hand: u32) -> Glance {
        let grid = self.target.as_ref().map_or(self.ground.grid, |windows| windows.grid);
        let mut counts = Counts::over(grid);
        let strikes = self.run(passes, hand, &mut counts);
        Glance {
            seconds: strikes as f64 / self.course.device.strokes_per_s,
            density_per_cm2: counts.total as f64 / self.area_cm2(),
            cv: self.target.as_ref().and_then(|windows| variation(windows.of_whole(&counts.counts))),
        }
    }

    fn one_hand(&self, passes: &[Pass], hand: u32, ruler: &Ruler) -> OneHand {
        // The target's squares are made of whole square millimetres where they can be, and counted apart elsewhere.
        let whole = self.target.as_ref().filter(|windows| windows.grid.side.fract() == 0.0);
        let apart = self.target.as_ref().filter(|_| whole.is_none());
        let mut places = Places::over(self.ground.grid, apart.map(|windows| windows.grid));
        let strikes = self.run(passes, hand, &mut places);
        let mut outcome = OneHand { strikes, punctures: places.counts.total, ..OneHand::default() };
        for (slot, (windows, side)) in self.windows.iter().zip(WINDOW_SIDES_MM).enumerate() {
            let counts = places.counts.gathered(windows, side);
            outcome.cv[slot] = variation(windows.of_whole(&counts));
            if let Some(target) = self.course.target.filter(|_| side == SHARE_SIDE_MM) {
                let expected = target.density_per_cm2 * (SHARE_SIDE_MM * SHARE_SIDE_MM) as f64 / 100.0;
                outcome.shares = shares(windows.of_whole(&counts), expected);
            }
        }
        if let Some(windows) = whole {
            let counts = places.counts.gathered(windows, windows.grid.side as usize);
            outcome.cv_target = variation(windows.of_whole(&counts));
        }
        if let (Some(windows), Some(counts)) = (apart, &places.apart) {
            outcome.cv_target = variation(windows.of_whole(&counts.counts));
        }
        let (starts, sorted) = places.by_square();
        outcome.gap_mm = gap_mm(&self.ground, &starts, &sorted);
        outcome.streak = ruler.streak(&starts, &sorted);
        outcome
    }

    /// All figures of these passes over all hands.
    pub(crate) fn figures(&self, passes: &[Pass], threads: NonZeroUsize) -> Figures {
        let ruler = Ruler::new(&self.ground, passes.iter().map(|pass| pass.direction_deg));
        let hands = over_hands(self.course.hands(), threads, |hand| self.one_hand(passes, hand, &ruler));
        let over = |value: &dyn Fn(&OneHand) -> Option<f64>| Estimate::of(hands.iter().filter_map(value));
        let area_cm2 = self.area_cm2();
        Figures {
            area_cm2,
            seconds: over(&|hand| Some(hand.strikes as f64 / self.course.device.strokes_per_s)),
            punctures: over(&|hand| Some(hand.punctures as f64)),
            density_per_cm2: over(&|hand| Some(hand.punctures as f64 / area_cm2)),
            cv: std::array::from_fn(|slot| over(&|hand| hand.cv[slot])),
            cv_target: over(&|hand| hand.cv_target),
            share_under_half: over(&|hand| hand.shares.map(|shares| shares.0)),
            share_over_double: over(&|hand| hand.shares.map(|shares| shares.1)),
            gap_mm: over(&|hand| hand.gap_mm),
            streak: over(&|hand| hand.streak),
        }
    }
}

/// Does the same for every hand, on so many threads; the results come in order of the hands, whatever the threads.
pub(crate) fn over_hands<T: Send>(
    hands: u32,
    threads: NonZeroUsize,
    run: impl Fn(u32) -> T + Sync,
) -> Vec<T> {
    let threads = threads.get().min(hands as usize).max(1);
    if threads == 1 {
        return (0..hands).map(run).collect();
    }
    let run = &run;
    let mut shares: Vec<std::vec::IntoIter<T>> = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|first| {
                scope.spawn(move || (first as u32..hands).step_by(threads).map(run).collect::<Vec<T>>())
            })
            .collect();
        let join = |worker: thread::ScopedJoinHandle<'_, Vec<T>>| {
            worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)).into_iter()
        };
        workers.into_iter().map(join).collect()
    });
    (0..hands as usize).filter_map(|hand| shares[hand % threads].next()).collect()
}

/// The figures of every zone's passes, in order of the zones; the threads change nothing but the time.
pub fn simulate(course: &Course, threads: NonZeroUsize) -> Vec<Figures> {
    let zones = course.zones.iter().enumerate();
    zones.map(|(index, zone)| Layout::new(course, index).figures(&zone.passes, threads)).collect()
}

/// One hand's punctures over a zone: the same that [`simulate`] counts. `None` when there is no such zone.
pub fn stipple(course: &Course, zone: usize, hand: u32) -> Option<Stippling> {
    let passes = &course.zones.get(zone)?.passes;
    let mut punctures = Vec::new();
    let strikes = Layout::new(course, zone).run(passes, hand, &mut punctures);
    Some(Stippling { punctures, strikes })
}

/// A density map of one hand and nothing else: the number of punctures, and the counts in squares of a millimetre in
/// rows from the zone's lower left, one square of margin on every side. `None` when there is no such zone.
pub fn density_map(course: &Course, zone: usize, hand: u32) -> Option<(u64, Vec<u32>)> {
    let passes = &course.zones.get(zone)?.passes;
    let layout = Layout::new(course, zone);
    let mut counts = Counts::over(layout.ground.grid);
    layout.run(passes, hand, &mut counts);
    Some((counts.total, counts.counts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_linear_between_ranks() {
        assert_eq!(Estimate::of([]), None);
        assert_eq!(Estimate::of([3.0]), Some(Estimate { mean: 3.0, lo: 3.0, hi: 3.0 }));
        let forty = Estimate::of((0..=40).rev().map(f64::from)).unwrap();
        assert_eq!((forty.mean, forty.lo, forty.hi), (20.0, 1.0, 39.0));
        let equal = Estimate::of([0.1; 7]).unwrap();
        assert_eq!((equal.mean, equal.lo, equal.hi), (0.1, 0.1, 0.1));
    }

    #[test]
    fn hands_come_in_order_whatever_the_threads() {
        for threads in 1..6 {
            let threads = NonZeroUsize::new(threads).unwrap();
            for hands in [0, 1, 2, 7] {
                assert_eq!(over_hands(hands, threads, |hand| hand), (0..hands).collect::<Vec<_>>());
            }
        }
    }
}
