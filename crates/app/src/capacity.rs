//! What if: how many visits a day could hold with other numbers of therapists and rooms, for the clinic's own visit, hours and
//! on-call rule. Ceilings for one kind of visit and punctual patients.

use jiff::{SignedDuration, civil::Weekday};
use protocol::StaffNeed;
use record::{PlanCosts, ResourceKind};
use schedule::{Minutes, OnCall, Scheme, Table};

use crate::{
    Acting, Action, Env, Failure, FormErrors, audit,
    diary::{self, Rules},
};

/// Numbers to ask about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WhatIf {
    /// From opening to closing, in minutes.
    pub open_minutes: u16,
    /// Therapists on duty all day.
    pub therapists: u16,
    /// The table has columns for 1 to so many rooms.
    pub rooms_max: u16,
    /// How many can rest in a lounge.
    pub lounge_seats: u16,
}

/// Visits a day for one way to work, by the number of rooms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CapacityRow {
    /// The way to work.
    pub scheme: Scheme,
    /// Visits a day with 1, 2, 3 … rooms.
    pub visits: Vec<usize>,
}

/// The clinic's answer.
#[derive(Debug, Clone)]
pub struct Capacity {
    /// What was asked.
    pub asked: WhatIf,
    /// The parts of the clinic's treatment.
    pub minutes: Minutes,
    /// The clinic's rule.
    pub on_call: OnCall,
    /// How many rooms the clinic has.
    pub rooms: u16,
    /// How many therapists.
    pub therapists: u16,
    /// Each way to work.
    pub rows: Vec<CapacityRow>,
    /// What the changes of a planned day cost.
    pub costs: PlanCosts,
    /// For how many minutes a freed time is offered.
    pub wait_offer_minutes: u32,
}

/// The most rooms and therapists that can be asked about; more would take too long.
pub const ROOMS_MAX: u16 = 8;
/// See [`ROOMS_MAX`].
pub const THERAPISTS_MAX: u16 = 6;

/// So many tries for each number at most: days of ten visits come within one of their best in a few dozen …
const TRIES: u64 = 60;
/// … and no longer than this for each, so that a whole page answers in two or three seconds on a slow machine.
const BUDGET: SignedDuration = SignedDuration::from_millis(50);

/// The clinic's own numbers, to begin with.
pub fn own(env: &Env, acting: &Acting) -> Result<WhatIf, Failure> {
    acting.require(Action::PlanClinic)?;
    let diary = diary::current(env)?;
    let rules = &diary.rules;
    let count = |kind| rules.resources.iter().filter(|one| one.kind == kind).count();
    let therapists = u16::try_from(count(ResourceKind::Practitioner)).unwrap_or(1);
    let rooms = u16::try_from(count(ResourceKind::Room)).unwrap_or(1);
    let lounge = rules.resources.iter().filter(|one| one.kind == ResourceKind::Lounge);
    let seats = lounge.map(|one| one.seats).sum::<u16>();
    let mut day = rules.date_at(env.clock.now());
    while day.weekday() != Weekday::Wednesday {
        day = day.tomorrow().map_err(|_| Failure::NotFound)?;
    }
    let longest = rules.practitioners().filter_map(|one| {
        let duty = diary.duty(one.id, day);
        let minutes = duty.last()?.1.duration_since(duty.first()?.0).as_mins();
        u16::try_from(minutes).ok()
    });
    Ok(WhatIf {
        open_minutes: longest.max().unwrap_or(8 * 60),
        therapists: therapists.clamp(1, THERAPISTS_MAX),
        rooms_max: (rooms + 2).clamp(1, ROOMS_MAX),
        lounge_seats: if seats == 0 { 3 } else { seats },
    })
}

/// Answers for the clinic's own visit and rule.
pub fn answer(env: &Env, acting: &Acting, asked: WhatIf) -> Result<Capacity, Failure> {
    acting.require(Action::PlanClinic)?;
    let rules = diary::current(env)?.rules.clone();
    let settings = &rules.clinic.settings;
    let minutes = minutes(env)?;
    let on_call = OnCall {
        limit: u16::try_from(settings.on_call_limit.max(1)).unwrap_or(u16::MAX),
        while_hands_on: settings.needling_counts_as_on_call,
    };
    let table = Table {
        open_minutes: asked.open_minutes,
        minutes,
        therapists: asked.therapists,
        rooms_max: asked.rooms_max,
        lounge_seats: asked.lounge_seats,
        on_call: Some(on_call),
    };
    let mut began = env.clock.now();
    let rows = schedule::capacities(&table, &mut |tried| {
        if tried == 1 {
            began = env.clock.now();
        }
        tried < TRIES && env.clock.now().duration_since(began) < BUDGET
    });
    let count = |kind| rules.resources.iter().filter(|one| one.kind == kind).count();
    Ok(Capacity {
        asked,
        minutes,
        on_call,
        rooms: u16::try_from(count(ResourceKind::Room)).unwrap_or(0),
        therapists: u16::try_from(count(ResourceKind::Practitioner)).unwrap_or(0),
        rows: rows.into_iter().map(|(scheme, visits)| CapacityRow { scheme, visits }).collect(),
        costs: settings.plan_costs,
        wait_offer_minutes: settings.wait_offer_minutes,
    })
}

/// The parts of the clinic's treatment, as the what-if knows them: what comes before the cream is on with the therapist, the
/// rest with cream, needling, what follows in the room, the discharge, and making the room ready.
fn minutes(env: &Env) -> Result<Minutes, Failure> {
    let visits = &env.protocol.protocol.visits;
    let treats = |visit: &&protocol::VisitType| visit.phases.iter().any(|phase| phase.needs_device);
    let visit = visits.iter().find(treats).ok_or(Failure::NotFound)?;
    let quanta = |minutes: u32| u16::try_from(minutes.div_ceil(5) * 5).unwrap_or(u16::MAX);
    let rest = visit.phases.iter().position(|phase| phase.staff == StaffNeed::OnCall);
    let rest = rest.ok_or(Failure::NotFound)?;
    let needling = visit.phases.iter().position(|phase| phase.id == "needling").unwrap_or(rest + 1);
    let (before, after) = (&visit.phases[..rest], &visit.phases[needling + 1..]);
    let there: Vec<_> = after.iter().filter(|phase| phase.patient_present).collect();
    let sum =
        |phases: &[&protocol::Phase]| phases.iter().map(|phase| quanta(phase.minutes.usual)).sum::<u16>();
    let before: Vec<_> = before.iter().collect();
    let (calming, photo) = there.split_at(there.len().saturating_sub(1));
    let (consult, cleanse) = before.split_at(1.min(before.len()));
    let numbing = &visit.phases[rest].minutes;
    let stretch = numbing.most.min(numbing.usual + crate::visit_types::REST_STRETCH_MINUTES);
    Ok(Minutes {
        consult: sum(consult),
        cleanse: sum(cleanse),
        numbing: (quanta(numbing.usual), quanta(stretch)),
        needling: sum(&visit.phases[rest + 1..=needling].iter().collect::<Vec<_>>()),
        calming: sum(calming),
        photo: sum(photo),
        clean_down: quanta(
            after.iter().filter(|phase| !phase.patient_present).map(|phase| phase.minutes.usual).sum(),
        ),
    })
}

/// Changes what counts when a day is planned anew, and for how long a freed time is offered.
pub fn set_costs(
    env: &Env,
    acting: &Acting,
    costs: PlanCosts,
    wait_offer_minutes: u32,
) -> Result<(), Failure> {
    acting.require(Action::PlanClinic)?;
    check(costs, wait_offer_minutes)?;
    let (inside, acting) = (env.clone(), acting.clone());
    env.store.write(move |tx| {
        let env = &inside;
        let mut clinic = store::clinics::load(tx, env.clinic_id)?.ok_or(Failure::NotFound)?;
        clinic.settings.plan_costs = costs;
        clinic.settings.wait_offer_minutes = wait_offer_minutes;
        store::clinics::update(tx, &clinic)?;
        let detail = format!(
            "plan_drop_cost {} plan_change_lead_cost {} plan_move_cost {} plan_move_minutes_max {} \
             wait_offer_minutes {wait_offer_minutes}",
            costs.drop, costs.change_lead, costs.move_minute, costs.move_minutes_max
        );
        audit::note(tx, env, &acting, "clinic.plan-costs", "clinic", &env.clinic_id.to_string(), &detail)
    })?;
    diary::refresh(env)?;
    Ok(())
}

fn check(costs: PlanCosts, wait_offer_minutes: u32) -> Result<(), FormErrors> {
    let mut errors = FormErrors::default();
    let fields =
        [("drop", costs.drop), ("change_lead", costs.change_lead), ("move_minute", costs.move_minute)];
    for (field, cost) in fields {
        if cost > 1_000_000 {
            errors.add(field, "Give a number from 0 to 1,000,000.");
        }
    }
    if costs.drop == 0 {
        errors.add("drop", "A visit that is lost must cost something, or every plan would lose them all.");
    }
    if costs.move_minutes_max > 600 {
        errors.add("move_minutes_max", "Give a number of minutes from 0 to 600.");
    }
    if !(10..=2_880).contains(&wait_offer_minutes) {
        errors.add("wait_offer_minutes", "Give a number of minutes from 10 to 2,880, which is two days.");
    }
    errors.into_result()
}

/// How the clinic's rules read beside the numbers.
pub fn rule_words(rules: &Rules) -> String {
    let settings = &rules.clinic.settings;
    let people = if settings.on_call_limit == 1 { "patient" } else { "patients" };
    let while_needling = if settings.needling_counts_as_on_call { "may" } else { "may not" };
    format!(
        "One person is on call for at most {} resting {people}, and {while_needling} needle somebody else meanwhile.",
        settings.on_call_limit
    )
}
