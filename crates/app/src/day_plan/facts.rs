//! What a day's plan is made from: the site's facts, what is in use and not to be moved, and the visits that may be.

use std::{collections::BTreeSet, sync::Arc};

use jiff::{Span, Timestamp, civil::Date};
use record::{Appointment, AppointmentStatus, Owner};
use schedule::{Booked, Busy, Calendar, Decision, Query, ResourceKey, SiteFacts, Violation, VisitType, Wish};
use store::Tx;
use vocab::{AppointmentId, VisitTypeId};

use super::{Exact, check_failed};
use crate::{
    Env, Failure,
    appointments::Day,
    diary::{
        Diary, Planned, Rules,
        book::{leads, planned, scheduled},
        phase_times,
    },
    failure::bad_data,
    visit_types::{self, EXTRA_SEATS_FROM},
};

/// One day: its rules, and what is in use by whatever the plan does not touch.
pub(super) struct DayFacts {
    pub(super) calendar: Calendar,
    site: Arc<SiteFacts>,
    busy: Vec<Busy>,
    taken: Vec<(ResourceKey, u16, Timestamp, Timestamp)>,
}

impl DayFacts {
    /// The day without the visits that the plan may move.
    pub(super) fn load(
        tx: &mut Tx<'_>,
        env: &Env,
        diary: &Diary,
        date: Date,
        without: &BTreeSet<AppointmentId>,
    ) -> Result<Self, Failure> {
        let (from, to) = diary.rules.day(date)?;
        let day = Span::new().hours(24);
        let from = from.saturating_sub(day).unwrap_or(Timestamp::MIN);
        let to = to.saturating_add(day).unwrap_or(Timestamp::MAX);
        let (mut busy, mut taken) = (Vec::new(), Vec::new());
        for (owner, occupation) in store::diary::occupations_between(tx, env.clinic_id, from, to)? {
            if matches!(owner, Owner::Appointment(id) if without.contains(&id)) {
                continue;
            }
            let Some((key, seat)) = scheduled(&diary.rules, &occupation) else { continue };
            let leads = leads(&diary.rules, &occupation);
            taken.push((key.clone(), seat, occupation.from_at, occupation.to_at));
            busy.push(Busy { key, from: occupation.from_at, to: occupation.to_at, leads });
        }
        let site = diary.calendar.site().clone();
        let calendar = Calendar::build(site.clone(), date, 2, &busy)
            .map_err(|error| bad_data(format!("the calendar of a day: {error}")))?;
        Ok(Self { calendar, site, busy, taken })
    }

    /// Has every decision of a plan checked beside all others, and finds its seats; `None` where a wish has no place.
    pub(super) fn planned(
        &self,
        wishes: &[Wish<'_>],
        decisions: &[Option<Decision>],
    ) -> Result<Vec<Option<(Decision, Planned)>>, Failure> {
        let decisions = self.tightened(wishes, decisions);
        let placed: Vec<_> = wishes
            .iter()
            .zip(&decisions)
            .filter_map(|(wish, one)| Some((wish.visit, &wish.query, one.as_ref()?)))
            .collect();
        let mut seated = match self.seated(&placed)? {
            Ok(seated) => seated.into_iter(),
            Err(violation) => return Err(check_failed(format!("in the plan of a day: {violation:?}"))),
        };
        let with_seats = |one: &Option<Decision>| one.clone().and_then(|one| Some((one, seated.next()?)));
        Ok(decisions.iter().map(with_seats).collect())
    }

    /// Finds the seats of decisions that can be had beside each other and beside all that is in use, or what is wrong with
    /// them.
    pub(super) fn seated(
        &self,
        plan: &[(&VisitType, &Query<'_>, &Decision)],
    ) -> Result<Result<Vec<Planned>, Violation>, Failure> {
        if let Some((_, violation)) = schedule::check_plan(&self.site, &self.busy, plan).into_iter().next() {
            return Ok(Err(violation));
        }
        let mut taken = self.taken.clone();
        let mut made = Vec::with_capacity(plan.len());
        for (_, _, decision) in plan {
            let seats = schedule::seats(&taken, &self.site, decision)
                .map_err(|error| check_failed(format!("in the plan of a day: {error:?}")))?;
            made.push(planned(decision, &self.site, &taken)?);
            taken.extend(seats.into_iter().map(|one| (one.key, one.seat, one.from, one.to)));
        }
        Ok(Ok(made))
    }

    /// The same plan with every visit as short as it can be beside the others. The planner tries longer rests by chance, and a
    /// patient is not to wait for that.
    fn tightened(&self, wishes: &[Wish<'_>], decisions: &[Option<Decision>]) -> Vec<Option<Decision>> {
        let mut calendar = self.calendar.clone();
        let mut tight: Vec<Option<Decision>> = decisions.to_vec();
        tight.iter().flatten().flat_map(|one| one.busy(&self.site)).for_each(|one| calendar.occupy(&one));
        for (wish, decision) in wishes.iter().zip(&mut tight) {
            let Some(before) = decision.as_ref() else { continue };
            let Some((at, _)) = before.span() else { continue };
            before.busy(&self.site).iter().for_each(|one| calendar.release(one));
            let query = Query { lead: Some(&before.lead), ..wish.query.clone() };
            if let Ok(shorter) = calendar.decide(wish.visit, &query, at) {
                *decision = Some(shorter);
            }
            let now = decision.as_ref().map(|one| one.busy(&self.site)).unwrap_or_default();
            now.iter().for_each(|one| calendar.occupy(one));
        }
        tight
    }
}

/// A visit that may be moved.
#[derive(Clone)]
pub(super) struct Movable {
    pub(super) id: AppointmentId,
    pub(super) visit_type: VisitTypeId,
    /// When its first phase begins.
    at: Timestamp,
    lead: ResourceKey,
    date: Date,
    elsewhere: Vec<(Timestamp, Timestamp)>,
    on_grid: bool,
    /// By how many minutes at most; 0 pins it to its time.
    most_minutes: u32,
    /// Whether its therapist is away for any of it.
    pub(super) is_stranded: bool,
}

/// The visits of a day that have not begun and that nothing binds to an extra seat.
pub(super) fn movable(diary: &Diary, day: &Day, now: Timestamp) -> Vec<Movable> {
    let mut all = Vec::new();
    for (appointment, _) in &day.appointments {
        let may_move = matches!(appointment.status, AppointmentStatus::Booked | AppointmentStatus::Pending);
        if !may_move || appointment.start_at <= now || diary.rules.date_at(appointment.start_at) != day.date {
            continue;
        }
        let owner = Owner::Appointment(appointment.id);
        let mine = || day.occupations.iter().filter(move |(whose, _)| *whose == owner).map(|(_, one)| one);
        let duty = diary.duty(appointment.lead_id, day.date);
        let is_stranded = mine()
            .filter(|one| one.resource_id == appointment.lead_id)
            .any(|one| !duty.iter().any(|(from, to)| *from <= one.from_at && one.to_at <= *to));
        if mine().any(|one| one.seat >= EXTRA_SEATS_FROM) && !is_stranded {
            continue;
        }
        let others = day.appointments.iter().filter(|(other, _)| {
            other.id != appointment.id
                && other.patient_id == appointment.patient_id
                && other.status.keeps_time()
        });
        let elsewhere = others.map(|(other, _)| (other.start_at, other.end_at)).collect();
        all.push(Movable { is_stranded, ..Movable::new(&diary.rules, appointment, elsewhere) });
    }
    all
}

impl Movable {
    pub(super) fn new(
        rules: &Rules,
        appointment: &Appointment,
        elsewhere: Vec<(Timestamp, Timestamp)>,
    ) -> Self {
        let at = phase_times(appointment).first().map_or(appointment.start_at, |(_, from, _)| *from);
        let local = at.to_zoned(rules.zone.clone());
        let step = rules.clinic.settings.offer_step_minutes.max(5);
        let minute = u32::try_from(i32::from(local.hour()) * 60 + i32::from(local.minute())).unwrap_or(0);
        Self {
            id: appointment.id,
            visit_type: appointment.visit_type.clone(),
            at,
            lead: visit_types::key_of(appointment.lead_id),
            date: local.date(),
            // Somebody who is here twice that day keeps both times.
            most_minutes: if elsewhere.is_empty() { u32::MAX } else { 0 },
            elsewhere,
            on_grid: minute.is_multiple_of(step),
            is_stranded: false,
        }
    }

    /// The same at exactly this time and with this therapist.
    pub(super) fn exactly(&self, (lead, start_at): Exact, was: &Appointment) -> Self {
        let mut exact = self.clone();
        let before = was.start_at.duration_since(self.at);
        exact.at = start_at.saturating_sub(before).unwrap_or(start_at);
        exact.lead = visit_types::key_of(lead);
        exact.most_minutes = 0;
        exact.on_grid = false;
        exact
    }

    /// What the planner is asked, at the clinic's costs.
    pub(super) fn wish<'w>(&'w self, rules: &'w Rules) -> Result<Wish<'w>, Failure> {
        let costs = rules.clinic.settings.plan_costs;
        let query =
            Query { client_busy: &self.elsewhere, on_grid: self.on_grid, ..Query::all(self.date, self.date) };
        Ok(Wish {
            visit: rules.visits.get(&self.visit_type).ok_or(Failure::NotFound)?,
            query,
            // Whoever is not concerned loses nothing so that somebody else is kept.
            drop_cost: u64::from(costs.drop) * if self.is_stranded { 1 } else { 10 },
            booked: Some(Booked {
                at: self.at,
                lead: &self.lead,
                most_minutes: self.most_minutes.min(costs.move_minutes_max),
                change_lead_cost: u64::from(costs.change_lead),
                move_cost: u64::from(costs.move_minute) * 5,
            }),
        })
    }

    /// The same without a choice: at this time and with this therapist, or not at all.
    pub(super) fn wish_exactly<'w>(&'w self, rules: &'w Rules) -> Result<Wish<'w>, Failure> {
        let wish = self.wish(rules)?;
        Ok(Wish { query: Query { lead: Some(&self.lead), ..wish.query.clone() }, drop_cost: 1, ..wish })
    }
}
