//! The book that changes are made in: what is in use, seat by seat, and the plan of a visit on top of it.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use jiff::{Span, Timestamp, civil::Date, tz::TimeZone};
use record::{AppointmentPhase, Occupation, Owner, ResourceKind, Site, WeeklyKind};
use schedule::{Busy, Calendar, Decision, LocalSpan, Query, ResourceKey, SiteFacts, Weekly};
use store::{StoreError, Tx, diary::Change};
use vocab::{ClinicId, ResourceId, VisitTypeId};

use super::{Diary, Rules};
use crate::{
    Failure, Refusal,
    failure::{Fault, bad_data},
    protocols::ProtocolInForce,
    visit_types,
};

/// So many days before today are kept in the calendar; it is built anew before they run out.
const DAYS_BACK: i64 = 8;
/// So many days ahead staff can book, at least.
const DAYS_AHEAD_MIN: u32 = 200;

/// When one seat of a resource is in use: from when and which, until when, and whether a visit it leads begins then.
type InUse = BTreeMap<(Timestamp, u16), (Timestamp, bool)>;

/// A seat of the schedule's that is in use: which, from, to, and whether a visit it leads begins then.
type Near = (ResourceKey, u16, Timestamp, Timestamp, bool);

/// The diary as changes see it. Only reached inside a transaction.
#[derive(Debug, Default)]
pub struct Book {
    diary: Option<Diary>,
    in_use: HashMap<ResourceKey, InUse>,
    undo: Vec<(bool, Occupation, bool)>,
}

/// A visit that was decided and checked, ready to be written.
#[derive(Debug, Clone)]
pub struct Planned {
    /// The therapist.
    pub lead_id: ResourceId,
    /// When the patient comes.
    pub start_at: Timestamp,
    /// When the patient leaves.
    pub end_at: Timestamp,
    /// The parts of the visit.
    pub phases: Vec<AppointmentPhase>,
    /// What it occupies.
    pub occupations: Vec<Occupation>,
}

impl Book {
    /// What is known, if it is newer than a snapshot of the database with this version.
    pub(super) fn newer_than(&self, version: i64) -> Option<&Diary> {
        self.diary.as_ref().filter(|diary| diary.version > version)
    }

    /// Nothing is known any more: the next look loads everything.
    pub(super) fn forget(&mut self) {
        self.diary = None;
        self.undo.clear();
    }

    /// What is known, up to date with the database, whose diary has this version.
    pub(super) fn catch_up(
        &mut self,
        tx: &mut Tx<'_>,
        clinic: ClinicId,
        protocol: &ProtocolInForce,
        version: i64,
        now: Timestamp,
    ) -> Result<&Diary, Failure> {
        let is_fresh = self.diary.as_ref().is_some_and(|diary| {
            let (first_day, _) = diary.calendar.horizon();
            diary.version == version
                && diary.rules.date_at(now) < first_day.saturating_add(Span::new().days(DAYS_BACK))
        });
        if !is_fresh && !self.follow(tx, clinic, version, now)? {
            self.load(tx, clinic, protocol, version, now)?;
        }
        self.diary.as_ref().ok_or_else(|| bad_data("the diary was loaded and is not there"))
    }

    /// Loads only what changed since; `false` if everything must be loaded.
    fn follow(
        &mut self,
        tx: &mut Tx<'_>,
        clinic: ClinicId,
        version: i64,
        now: Timestamp,
    ) -> Result<bool, Failure> {
        let Some(diary) = &self.diary else { return Ok(false) };
        let (first_day, _) = diary.calendar.horizon();
        if diary.rules.date_at(now) >= first_day.saturating_add(Span::new().days(DAYS_BACK)) {
            return Ok(false);
        }
        let Some(changes) = store::diary::changes_since(tx, clinic, diary.version)? else { return Ok(false) };
        for change in changes {
            let Change::Window { from_at, to_at } = change else { return Ok(false) };
            let here = store::diary::occupations_between(tx, clinic, from_at, to_at)?;
            self.replace_window(from_at, to_at, &here);
        }
        self.settle(version)?;
        Ok(true)
    }

    fn replace_window(&mut self, from: Timestamp, to: Timestamp, now_there: &[(Owner, Occupation)]) {
        let Some(diary) = &mut self.diary else { return };
        for (key, in_use) in &mut self.in_use {
            let gone: Vec<(Timestamp, u16)> = in_use
                .range(..(to, 0))
                .rev()
                .take_while(|((start, _), _)| {
                    from.duration_since(*start).as_secs() <= record::OCCUPATION_SECONDS_MAX
                })
                .filter(|(_, (end, _))| *end > from)
                .map(|(place, _)| *place)
                .collect();
            for place in gone {
                if let Some((end, leads)) = in_use.remove(&place) {
                    diary.calendar.release(&Busy { key: key.clone(), from: place.0, to: end, leads });
                }
            }
        }
        for (_, occupation) in now_there {
            self.put(occupation, self.leads(occupation));
        }
    }

    /// Whether a visit that this resource leads begins with this occupation.
    fn leads(&self, occupation: &Occupation) -> bool {
        self.diary.as_ref().is_some_and(|diary| leads(&diary.rules, occupation))
    }

    /// The schedule's resource.
    fn key(&self, occupation: &Occupation) -> Option<ResourceKey> {
        Some(scheduled(&self.diary.as_ref()?.rules, occupation)?.0)
    }

    fn put(&mut self, occupation: &Occupation, leads: bool) {
        let Some(key) = self.key(occupation) else { return };
        let Some(diary) = &mut self.diary else { return };
        let (from, to) = (occupation.from_at, occupation.to_at);
        diary.calendar.occupy(&Busy { key: key.clone(), from, to, leads });
        self.in_use.entry(key).or_default().insert((from, occupation.seat), (to, leads));
    }

    fn drop(&mut self, occupation: &Occupation) -> bool {
        let Some(key) = self.key(occupation) else { return false };
        let Some(diary) = &mut self.diary else { return false };
        let place = (occupation.from_at, occupation.seat);
        let Some((to, leads)) = self.in_use.get_mut(&key).and_then(|in_use| in_use.remove(&place)) else {
            return false;
        };
        diary.calendar.release(&Busy { key, from: occupation.from_at, to, leads });
        leads
    }

    /// Notes that these are occupied now; taken back if the transaction fails.
    pub(crate) fn occupy(&mut self, occupations: &[Occupation]) {
        for occupation in occupations {
            let leads = self.leads(occupation);
            self.put(occupation, leads);
            self.undo.push((true, occupation.clone(), leads));
        }
    }

    /// Notes that these are free now; taken back if the transaction fails.
    pub(crate) fn free(&mut self, occupations: &[Occupation]) {
        for occupation in occupations {
            let leads = self.drop(occupation);
            self.undo.push((false, occupation.clone(), leads));
        }
    }

    /// Takes back what was noted since the diary had this version, which is what the database has again.
    pub(super) fn take_back(&mut self, version: i64) {
        if self.diary.as_ref().is_some_and(|diary| diary.version != version) {
            self.forget();
        }
        while let Some((was_put, occupation, leads)) = self.undo.pop() {
            if was_put {
                self.drop(&occupation);
            } else {
                self.put(&occupation, leads);
            }
        }
    }

    pub(super) fn settle(&mut self, version: i64) -> Result<&Diary, Failure> {
        self.undo.clear();
        let diary = self.diary.as_mut().ok_or_else(|| bad_data("there is no diary to settle"))?;
        diary.version = version;
        Ok(diary)
    }

    /// What changes seldom.
    pub(crate) fn rules(&self) -> Result<Arc<Rules>, Failure> {
        self.diary.as_ref().map(|diary| diary.rules.clone()).ok_or_else(|| bad_data("there is no diary"))
    }

    /// When a visit of this kind can start, earliest first.
    pub(crate) fn starts(&self, visit: &VisitTypeId, query: &Query<'_>) -> Result<Vec<Timestamp>, Failure> {
        let diary = self.diary.as_ref().ok_or_else(|| bad_data("there is no diary"))?;
        let visit = diary.rules.visits.get(visit).ok_or(Failure::NotFound)?;
        Ok(diary.calendar.starts(visit, query).into_iter().map(|start| start.at).collect())
    }

    /// Decides how a visit that starts at `at` can be had, has the decision checked, and finds its seats.
    pub(crate) fn plan(
        &self,
        visit: &VisitTypeId,
        query: &Query<'_>,
        at: Timestamp,
    ) -> Result<Planned, Failure> {
        let diary = self.diary.as_ref().ok_or_else(|| bad_data("there is no diary"))?;
        let visit = diary.rules.visits.get(visit).ok_or(Failure::NotFound)?;
        let decision = diary
            .calendar
            .decide(visit, query, at)
            .map_err(|refusal| Failure::Refused(Refusal::NoSuchTime(refusal)))?;
        let near = self.near(&decision);
        checked(diary.calendar.site(), visit, query, &decision, near)
    }

    /// Decides how a visit can be had with a therapist who is booked already, on an extra seat of theirs. Everything
    /// else (hours, rooms, devices, who is on call) is decided and checked as for any other visit.
    pub(crate) fn plan_extra(
        &self,
        visit: &VisitTypeId,
        query: &Query<'_>,
        at: Timestamp,
        lead: ResourceId,
    ) -> Result<Planned, Failure> {
        let diary = self.diary.as_ref().ok_or_else(|| bad_data("there is no diary"))?;
        let visit = diary.rules.visits.get(visit).ok_or(Failure::NotFound)?;
        let (site, visit, key) =
            visit_types::with_extra(diary.calendar.site(), visit, lead).ok_or(Failure::NotFound)?;
        let date = diary.rules.date_at(at);
        let near = self.around(site.resources.iter().map(|one| &one.key), at, at);
        let calendar = Calendar::build(Arc::new(site.clone()), date, 2, &busy_of(&near))
            .map_err(|error| bad_data(format!("the calendar of a day: {error}")))?;
        let query = Query { lead: Some(&key), ..query.clone() };
        let decision = calendar
            .decide(&visit, &query, at)
            .map_err(|refusal| Failure::Refused(Refusal::NoSuchTime(refusal)))?;
        checked(&site, &visit, &query, &decision, near)
    }

    /// As [`Self::plan`], with the room, the device and, if it does not matter, the therapist that leave the day most whole.
    pub(crate) fn plan_whole(
        &self,
        visit: &VisitTypeId,
        query: &Query<'_>,
        at: Timestamp,
    ) -> Result<Planned, Failure> {
        let diary = self.diary()?;
        let kind = diary.rules.visits.get(visit).ok_or(Failure::NotFound)?;
        let Some(decision) = diary.calendar.place(kind, query, at) else {
            return self.plan(visit, query, at);
        };
        let near = self.near(&decision);
        checked(diary.calendar.site(), kind, query, &decision, near)
    }

    /// The diary as it is now.
    pub(crate) fn diary(&self) -> Result<&Diary, Failure> {
        self.diary.as_ref().ok_or_else(|| bad_data("there is no diary"))
    }

    /// What is in use around the decision's time, of the resources it uses.
    fn near(&self, decision: &Decision) -> Vec<Near> {
        let (Some(first), Some(last)) = (decision.phases.first(), decision.phases.last()) else {
            return Vec::new();
        };
        let mut keys: Vec<&ResourceKey> =
            decision.phases.iter().flat_map(|phase| phase.uses.iter().map(|one| &one.key)).collect();
        keys.sort_unstable();
        keys.dedup();
        self.around(keys.into_iter(), first.from, last.to)
    }

    /// What of these is in use from a day before until a day after.
    fn around<'k>(
        &self,
        keys: impl Iterator<Item = &'k ResourceKey>,
        from: Timestamp,
        to: Timestamp,
    ) -> Vec<Near> {
        let day = Span::new().hours(26);
        let from = from.saturating_sub(day).unwrap_or(Timestamp::MIN);
        let to = to.saturating_add(day).unwrap_or(Timestamp::MAX);
        let mut near = Vec::new();
        for key in keys {
            for ((start, seat), (end, leads)) in
                self.in_use.get(key).into_iter().flat_map(|in_use| in_use.range((from, 0)..(to, 0)))
            {
                let seat = visit_types::seat_of(key, *seat);
                near.push((key.clone(), seat, *start, *end, *leads));
            }
        }
        near
    }

    fn load(
        &mut self,
        tx: &mut Tx<'_>,
        clinic: ClinicId,
        protocol: &ProtocolInForce,
        version: i64,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let rules = load_rules(tx, clinic, protocol)?;
        let today = rules.date_at(now);
        let first_day = today.saturating_sub(Span::new().days(DAYS_BACK - 1));
        let ahead = rules.clinic.settings.horizon_days.max(DAYS_AHEAD_MIN);
        let days = u16::try_from(ahead + DAYS_BACK as u32 + 1).unwrap_or(u16::MAX);
        let last_day = first_day.saturating_add(Span::new().days(i64::from(days)));
        let site = load_site_facts(tx, clinic, &rules, first_day, last_day)?;
        let calendar = Calendar::build(Arc::new(site), first_day, days, &[])
            .map_err(|error| bad_data(format!("the calendar: {error}")))?;
        let from = rules.day(first_day)?.0;
        let to = rules.day(last_day)?.1;
        let rules = Arc::new(rules);
        self.diary = Some(Diary { version, rules, calendar });
        self.in_use.clear();
        self.undo.clear();
        for (_, occupation) in store::diary::occupations_between(tx, clinic, from, to)? {
            let leads = self.leads(&occupation);
            self.put(&occupation, leads);
        }
        Ok(())
    }
}

/// The schedule's resource that an occupation uses, and which of its seats.
pub(crate) fn scheduled(rules: &Rules, occupation: &Occupation) -> Option<(ResourceKey, u16)> {
    let resource = rules.resource(occupation.resource_id)?;
    let is_person = matches!(resource.kind, ResourceKind::Practitioner | ResourceKind::Assistant);
    let settings = &rules.clinic.settings;
    Some(visit_types::schedule_seat(occupation.resource_id, occupation.seat, is_person, settings))
}

/// Whether a visit that the resource leads begins with this occupation.
pub(crate) fn leads(rules: &Rules, occupation: &Occupation) -> bool {
    let resource = rules.resource(occupation.resource_id);
    occupation.phase == 0
        && occupation.seat == 0
        && resource.is_some_and(|resource| resource.kind == ResourceKind::Practitioner)
}

fn busy_of(near: &[Near]) -> Vec<Busy> {
    near.iter()
        .map(|(key, _, from, to, leads)| Busy { key: key.clone(), from: *from, to: *to, leads: *leads })
        .collect()
}

/// Has a decision checked beside what is in use, and finds its seats.
fn checked(
    site: &SiteFacts,
    visit: &schedule::VisitType,
    query: &Query<'_>,
    decision: &Decision,
    near: Vec<Near>,
) -> Result<Planned, Failure> {
    let violations = schedule::check(site, &busy_of(&near), visit, query, decision);
    if let Some(violation) = violations.first() {
        return Err(Failure::Fault(Fault::CheckFailed(format!("{violation:?}"))));
    }
    let taken: Vec<_> = near.into_iter().map(|(key, seat, from, to, _)| (key, seat, from, to)).collect();
    planned(decision, site, &taken)
}

/// A checked decision with its seats, beside what is taken.
pub(crate) fn planned(
    decision: &Decision,
    site: &SiteFacts,
    taken: &[(ResourceKey, u16, Timestamp, Timestamp)],
) -> Result<Planned, Failure> {
    let seats = schedule::seats(taken, site, decision)
        .map_err(|error| Failure::Fault(Fault::CheckFailed(format!("{error:?}"))))?;
    let mut occupations: Vec<Occupation> = Vec::new();
    for seat in seats {
        let (resource_id, number) = visit_types::stored_seat(&seat.key, seat.seat)
            .ok_or_else(|| bad_data("a resource of the calendar is not one of the clinic's"))?;
        let last = occupations
            .iter_mut()
            .rfind(|last| last.resource_id == resource_id && last.seat == number && last.to_at == seat.from);
        // One use that runs on through several phases is one interval.
        if let Some(last) = last {
            last.to_at = seat.to;
            continue;
        }
        occupations.push(Occupation {
            resource_id,
            seat: number,
            from_at: seat.from,
            to_at: seat.to,
            phase: u16::try_from(seat.phase).unwrap_or(u16::MAX),
            phase_name: decision.phases[seat.phase].name.to_string(),
        });
    }
    let there = || decision.phases.iter().filter(|phase| phase.client);
    let (Some(first), Some(last)) = (there().next(), there().next_back()) else {
        return Err(bad_data("a visit without the patient"));
    };
    let phases = decision.phases.iter().map(|phase| AppointmentPhase {
        name: phase.name.to_string(),
        minutes: u16::try_from(phase.to.duration_since(phase.from).as_secs() / 60).unwrap_or(u16::MAX),
        patient_present: phase.client,
    });
    let (lead_id, _) = visit_types::stored_seat(&decision.lead, 0)
        .ok_or_else(|| bad_data("a therapist is not one of the clinic's"))?;
    Ok(Planned { lead_id, start_at: first.from, end_at: last.to, phases: phases.collect(), occupations })
}

/// The site that is booked here, and its zone.
pub(crate) fn site(tx: &mut Tx<'_>, clinic: ClinicId) -> Result<(Site, TimeZone), Failure> {
    let site = store::clinics::sites(tx, clinic)?.into_iter().next().ok_or_else(|| bad_data("no site"))?;
    let zone = TimeZone::get(&site.zone).map_err(|_| bad_data("the site's time zone is unknown"))?;
    Ok((site, zone))
}

fn load_rules(tx: &mut Tx<'_>, clinic: ClinicId, protocol: &ProtocolInForce) -> Result<Rules, Failure> {
    let clinic = store::clinics::load(tx, clinic)?.ok_or_else(|| bad_data("the clinic is not there"))?;
    let (site, zone) = site(tx, clinic.id)?;
    let resources = store::resources::list(tx, clinic.id)?;
    let resources = resources.into_iter().filter(|one| one.active && one.site_id == site.id).collect();
    let visits = protocol.protocol.visits.iter();
    let visits =
        visits.map(|visit| (visit.id.clone(), visit_types::for_schedule(visit, &clinic.settings))).collect();
    Ok(Rules { clinic, site, zone, resources, visits })
}

fn load_site_facts(
    tx: &mut Tx<'_>,
    clinic: ClinicId,
    rules: &Rules,
    first_day: Date,
    last_day: Date,
) -> Result<SiteFacts, StoreError> {
    let weekly = store::hours::weekly(tx, clinic)?;
    let special_days = store::hours::special_days(tx, clinic, first_day, last_day)?;
    let absences = store::hours::absences(tx, clinic, first_day, last_day)?;
    let closures = store::hours::closures(tx, clinic, rules.site.id, first_day, last_day)?;
    let settings = &rules.clinic.settings;
    let resources = rules.resources.iter().flat_map(|resource| {
        let of_kind = |kind| {
            let mine = weekly.iter().filter(move |rule| rule.resource_id == resource.id && rule.kind == kind);
            mine.map(|rule| Weekly { weekday: rule.weekday, from: rule.from_local, to: rule.to_local })
                .collect()
        };
        let special = special_days.iter().filter(|day| day.resource_id == resource.id);
        let away = absences.iter().filter(|absence| absence.resource_id == resource.id);
        let plain = schedule::Resource {
            key: visit_types::key_of(resource.id),
            kind: resource.kind.as_str().into(),
            skills: resource.skills.iter().map(|skill| skill.as_str().into()).collect(),
            seats: resource.seats.max(1),
            gap_minutes: u32::from(resource.gap_minutes),
            daily_cap: resource.daily_cap,
            hours: of_kind(WeeklyKind::Hours),
            breaks: of_kind(WeeklyKind::Break),
            special_days: special.map(|day| (day.on, day.hours.clone())).collect(),
            away: away.map(|absence| LocalSpan { from: absence.from_local, to: absence.to_local }).collect(),
        };
        visit_types::resources_for_schedule(resource, settings, plain)
    });
    Ok(SiteFacts {
        zone: rules.zone.clone(),
        resources: resources.collect(),
        closures: closures.iter().map(|one| LocalSpan { from: one.from_local, to: one.to_local }).collect(),
        min_notice_minutes: settings.min_notice_minutes,
        offer_step_minutes: settings.offer_step_minutes,
    })
}
