//! The two edges where wall clock exists: local hours become quanta of the horizon, and quanta become local days and
//! minutes of the day. Inside the horizon a place is the number of quanta since its first local midnight.

use jiff::{
    Timestamp, ToSpan,
    civil::{Date, DateTime, Time},
    tz::TimeZone,
};

use crate::{
    bits,
    model::{LocalSpan, MinuteOfDay, QUANTUM_SECONDS},
};

/// The longest horizon, in days: two years and a bit.
pub(crate) const MOST_DAYS: u16 = 800;

/// Local days laid out on quanta.
#[derive(Debug)]
pub(crate) struct Wall {
    zone: TimeZone,
    /// The UTC second of place 0.
    origin: i64,
    /// How many quanta the horizon has.
    pub(crate) length: usize,
    pub(crate) days: Vec<Day>,
    /// Stretches of one offset: the first place and the offset in seconds.
    offsets: Vec<(usize, i64)>,
}

/// One local day of the horizon.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Day {
    pub(crate) date: Date,
    /// Its first place.
    pub(crate) from: usize,
    /// The first place of the day after.
    pub(crate) to: usize,
    /// Whether its clock runs through from midnight to midnight.
    plain: bool,
}

impl Wall {
    /// Lays out `days` local days; `None` if the dates leave what the calendar can hold.
    pub(crate) fn new(zone: &TimeZone, first: Date, days: u16) -> Option<Self> {
        let midnight = |offset: i32| {
            let date = first.checked_add(offset.days()).ok()?;
            instant(zone, date.to_datetime(Time::midnight()))
        };
        let origin = midnight(0)?.as_second();
        let end = midnight(i32::from(days))?;
        let place =
            |at: Timestamp| usize::try_from((at.as_second() - origin).div_euclid(QUANTUM_SECONDS)).ok();
        let mut offsets = vec![(0, i64::from(zone.to_offset(midnight(0)?).seconds()))];
        for change in zone.following(midnight(0)?).take_while(|change| change.timestamp() < end) {
            offsets.push((place(change.timestamp())?, i64::from(change.offset().seconds())));
        }
        let mut laid = Vec::with_capacity(usize::from(days));
        for index in 0..i32::from(days) {
            let (from, to) = (place(midnight(index)?)?, place(midnight(index + 1)?)?);
            let plain = to - from == 288 && !offsets.iter().any(|(at, _)| *at > from && *at <= to);
            laid.push(Day { date: first.checked_add(index.days()).ok()?, from, to, plain });
        }
        Some(Self { zone: zone.clone(), origin, length: place(end)?, days: laid, offsets })
    }

    /// The words of a row. One bit more than the horizon, for a visit may end where it ends.
    pub(crate) const fn words(&self) -> usize {
        bits::words_for(self.length + 1)
    }

    /// Where an instant lies, rounded down; before the horizon it is negative.
    fn signed(&self, at: Timestamp) -> i64 {
        (at.as_second() - self.origin).div_euclid(QUANTUM_SECONDS)
    }

    /// The instant of a place.
    pub(crate) fn at(&self, place: usize) -> Timestamp {
        let seconds = self.origin + i64::try_from(place).unwrap_or(i64::MAX / 512) * QUANTUM_SECONDS;
        Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX)
    }

    /// The place of an instant that lies on the five-minute grain and inside the horizon.
    pub(crate) fn place(&self, at: Timestamp) -> Option<usize> {
        let exact = at.subsec_nanosecond() == 0 && (at.as_second() - self.origin) % QUANTUM_SECONDS == 0;
        usize::try_from(self.signed(at)).ok().filter(|place| exact && *place < self.length)
    }

    /// The first place that is not before an instant.
    pub(crate) fn not_before(&self, at: Timestamp) -> usize {
        let down = self.signed(at);
        let late = self.origin + down * QUANTUM_SECONDS < at.as_second() || at.subsec_nanosecond() > 0;
        usize::try_from(down + i64::from(late)).unwrap_or(0).min(self.length)
    }

    /// The places an interval touches, cut to the horizon and widened by `around` quanta on both sides.
    pub(crate) fn touched(&self, from: Timestamp, to: Timestamp, around: i64) -> (usize, usize) {
        let down = self.signed(to);
        let is_within = self.origin + down * QUANTUM_SECONDS < to.as_second() || to.subsec_nanosecond() > 0;
        let up = down + i64::from(is_within);
        let cut = |place: i64| usize::try_from(place).unwrap_or(0).min(self.length);
        (cut(self.signed(from) - around), cut(up + around))
    }

    /// The places of a local span: those wholly inside, or with `outward` all it touches.
    pub(crate) fn span(&self, span: &LocalSpan, outward: bool) -> (usize, usize) {
        match (instant(&self.zone, span.from), instant(&self.zone, span.to)) {
            (Some(from), Some(to)) if from >= to => (0, 0),
            (Some(from), Some(to)) if outward => self.touched(from, to, 0),
            (Some(from), Some(to)) => {
                let end = usize::try_from(self.signed(to)).unwrap_or(0).min(self.length);
                (self.not_before(from).min(end), end)
            }
            _ => (0, 0),
        }
    }

    /// The places of a day from one minute until another; see [`Wall::span`].
    pub(crate) fn of_day(
        &self,
        day: &Day,
        from: MinuteOfDay,
        to: MinuteOfDay,
        outward: bool,
    ) -> (usize, usize) {
        if day.plain {
            let (from, to) = (usize::from(from), usize::from(to));
            return if outward {
                (day.from + from / 5, day.from + to.div_ceil(5))
            } else {
                (day.from + from.div_ceil(5), day.from + to / 5)
            };
        }
        match (civil(day.date, from), civil(day.date, to)) {
            (Some(from), Some(to)) => self.span(&LocalSpan { from, to }, outward),
            _ => (0, 0),
        }
    }

    /// The local seconds since midnight at a place.
    pub(crate) fn second_of_day(&self, place: usize) -> i64 {
        let stretch = self.offsets.partition_point(|(from, _)| *from <= place).saturating_sub(1);
        let offset = self.offsets.get(stretch).map_or(0, |(_, offset)| *offset);
        let utc = self.origin + i64::try_from(place).unwrap_or(0) * QUANTUM_SECONDS;
        (utc + offset).rem_euclid(86_400)
    }

    /// The number of the day that a place lies in.
    pub(crate) fn day_of(&self, place: usize) -> usize {
        self.days.partition_point(|day| day.to <= place).min(self.days.len().saturating_sub(1))
    }

    /// The numbers of the days of the horizon between two dates, both included.
    pub(crate) fn days_between(&self, (first, last): (Date, Date)) -> std::ops::Range<usize> {
        let from = self.days.partition_point(|day| day.date < first);
        let to = self.days.partition_point(|day| day.date <= last);
        from..to.max(from)
    }

    /// The bits of the starts on offer: wall-clock minutes of the day divisible by `step`.
    pub(crate) fn offer_grid(&self, step: u32) -> Vec<u64> {
        let mut row = vec![0; self.words()];
        let step = i64::from(step.max(1)) * 60;
        for (index, (from, offset)) in self.offsets.iter().enumerate() {
            let to = self.offsets.get(index + 1).map_or(self.length, |(next, _)| *next);
            let mut local = (self.origin + i64::try_from(*from).unwrap_or(0) * QUANTUM_SECONDS + offset)
                .rem_euclid(86_400);
            for place in *from..to {
                if local % step == 0 {
                    bits::set(&mut row, place, place + 1);
                }
                local = (local + QUANTUM_SECONDS) % 86_400;
            }
        }
        row
    }

    /// The places of a day whose wall clock shows a minute from `from` until just before `to`, as ranges.
    pub(crate) fn window(&self, day: &Day, (from, to): (MinuteOfDay, MinuteOfDay)) -> Vec<(usize, usize)> {
        if day.plain {
            let cut = |minute: MinuteOfDay| (day.from + usize::from(minute).div_ceil(5)).min(day.to);
            return vec![(cut(from), cut(to))];
        }
        let (from, to) = (i64::from(from) * 60, i64::from(to) * 60);
        let inside = |place: &usize| (from..to).contains(&self.second_of_day(*place));
        (day.from..day.to).filter(inside).map(|place| (place, place + 1)).collect()
    }
}

/// A wall time as an instant: RFC 5545's rule.
fn instant(zone: &TimeZone, wall: DateTime) -> Option<Timestamp> {
    zone.to_ambiguous_timestamp(wall).compatible().ok()
}

/// A minute of a date as a wall time; minute 1440 is the next midnight.
fn civil(date: Date, minute: MinuteOfDay) -> Option<DateTime> {
    date.to_datetime(Time::midnight()).checked_add(i32::from(minute).minutes()).ok()
}
