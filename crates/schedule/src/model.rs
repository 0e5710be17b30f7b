//! The facts a search needs: resources with their hours, visits with their phases, what is busy.

use std::{fmt, sync::Arc};

use jiff::{
    Timestamp,
    civil::{Date, DateTime},
    tz::TimeZone,
};

/// The grain of all planning: five minutes, in seconds.
pub const QUANTUM_SECONDS: i64 = 300;

/// A number of five-minute pieces of UTC since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quantum(pub i64);

/// What a resource is called by whoever asks: an id as text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceKey(pub Arc<str>);

/// Wall-clock minutes since local midnight, 0 to 1440.
pub type MinuteOfDay = u16;

/// A site: its zone, its resources and its rules.
#[derive(Debug, Clone)]
pub struct SiteFacts {
    /// Where wall-clock times are meant.
    pub zone: TimeZone,
    /// Everything that can be booked. At most 4,096; keys are unique.
    pub resources: Vec<Resource>,
    /// When the whole site is closed. Half-open, local.
    pub closures: Vec<LocalSpan>,
    /// The earliest start lies this many real minutes after now.
    pub min_notice_minutes: u32,
    /// Starts are multiples of this many wall-clock minutes since local midnight.
    pub offer_step_minutes: u32,
}

/// From one local wall time until just before another. Each end is turned into an instant by itself, by RFC 5545's
/// rule: a skipped time is read with the offset before the jump, a repeated one means the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalSpan {
    /// The first moment inside.
    pub from: DateTime,
    /// The first moment no longer inside.
    pub to: DateTime,
}

/// Anything that can be booked.
#[derive(Debug, Clone)]
pub struct Resource {
    /// Its name, unique in the site.
    pub key: ResourceKey,
    /// `therapist`, `assistant`, `room`, `pen`, `photo`, `lounge`: whatever roles ask for.
    pub kind: Arc<str>,
    /// What it is trained in or equipped for.
    pub skills: Vec<Arc<str>>,
    /// How many can use it at once; at least 1.
    pub seats: u16,
    /// Minutes that stay free before and after each use.
    pub gap_minutes: u32,
    /// The most visits it can lead on one local day.
    pub daily_cap: Option<u16>,
    /// When it is on duty each week.
    pub hours: Vec<Weekly>,
    /// When it is off duty inside its hours each week.
    pub breaks: Vec<Weekly>,
    /// The hours of single dates, instead of the week's.
    pub special_days: Vec<(Date, Vec<(MinuteOfDay, MinuteOfDay)>)>,
    /// When it is away.
    pub away: Vec<LocalSpan>,
}

/// Every week on this weekday, from one minute of the day until just before another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weekly {
    /// ISO 8601: Monday is 1, Sunday is 7.
    pub weekday: u8,
    /// The first minute inside.
    pub from: MinuteOfDay,
    /// The first minute no longer inside; up to 1440.
    pub to: MinuteOfDay,
}

/// One seat of a resource is in use. Half-open; both ends are multiples of five minutes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Busy {
    /// Which resource.
    pub key: ResourceKey,
    /// The first moment.
    pub from: Timestamp,
    /// The first moment no longer in use.
    pub to: Timestamp,
    /// Whether this is the beginning of a visit that the resource leads: it counts toward its daily cap.
    pub leads: bool,
}

/// A kind of visit.
#[derive(Debug, Clone)]
pub struct VisitType {
    /// `treatment`.
    pub name: Arc<str>,
    /// Who and what takes part. The role called `lead` is the therapist the patient is told; it is always kept.
    pub roles: Vec<Role>,
    /// In order, each following the one before without a gap. At least one.
    pub phases: Vec<Phase>,
}

/// A part that a resource can play in a visit.
#[derive(Debug, Clone)]
pub struct Role {
    /// `lead`, `room`, `pen`, `watch`.
    pub name: Arc<str>,
    /// A resource of any of these kinds can fill it.
    pub kinds: Vec<Arc<str>>,
    /// It needs all of these.
    pub skills: Vec<Arc<str>>,
    /// Only these can fill it, if any are named.
    pub only: Vec<ResourceKey>,
    /// These cannot.
    pub not: Vec<ResourceKey>,
    /// The same resource wherever the role is named in the visit.
    pub keep: bool,
}

/// A part of a visit.
#[derive(Debug, Clone)]
pub struct Phase {
    /// `numbing`.
    pub name: Arc<str>,
    /// The least minutes, a multiple of five; 0 if it can be left out.
    pub min_minutes: u16,
    /// The most minutes, a multiple of five.
    pub max_minutes: u16,
    /// What it needs, all of it, from different resources or seats.
    pub claims: Vec<Claim>,
    /// Whether the patient is there.
    pub client: bool,
    /// Somebody with this skill must be on duty (inside hours, not away; busy is fine) for the whole phase.
    pub on_duty: Option<OnDuty>,
}

/// A need of a phase.
#[derive(Debug, Clone)]
pub struct Claim {
    /// Places in [`VisitType::roles`], best first: one of them is filled.
    pub roles: Vec<usize>,
    /// How much of the resource.
    pub takes: Takes,
}

/// How much of a resource a claim takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// One seat: a place in a lounge, one patient more for somebody on call.
    OneSeat,
    /// Every seat: hands on one patient, for nobody else.
    Whole,
}

/// Supervision.
#[derive(Debug, Clone)]
pub struct OnDuty {
    /// Somebody has this skill …
    pub skill: Arc<str>,
    /// … unless the lead has this one.
    pub unless_lead_skill: Option<Arc<str>>,
}

/// What is asked. [`Query::all`] asks for everything in the horizon.
#[derive(Debug, Clone)]
pub struct Query<'a> {
    /// Only this therapist.
    pub lead: Option<&'a ResourceKey>,
    /// Only starts on these local dates, both included.
    pub days: (Date, Date),
    /// Only starts at these wall-clock minutes of the day, each from the first until just before the second, in any order; any
    /// if there are none.
    pub windows: &'a [(MinuteOfDay, MinuteOfDay)],
    /// Now: with it, starts closer than the minimum notice are left out. Staff ask without.
    pub now: Option<Timestamp>,
    /// When the patient is elsewhere; half-open.
    pub client_busy: &'a [(Timestamp, Timestamp)],
    /// Whether starts lie on the offer grid; staff may leave it.
    pub on_grid: bool,
}

impl fmt::Display for ResourceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl From<&str> for ResourceKey {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl Query<'_> {
    /// Everything from `first` to `last`: any therapist, any time of day, on the grid, without regard to now.
    pub const fn all(first: Date, last: Date) -> Self {
        Self { lead: None, days: (first, last), windows: &[], now: None, client_busy: &[], on_grid: true }
    }
}
