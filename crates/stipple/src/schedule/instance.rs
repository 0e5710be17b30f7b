//! Instances as they are written, turned into facts.

use std::{collections::HashSet, sync::Arc};

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use schedule::{
    Busy, Claim, LocalSpan, OnDuty, Phase, Resource, ResourceKey, Role, SiteFacts, Takes, VisitType, Weekly,
};

use super::{
    limits,
    node::{Errors, Node},
};

/// A clinic with a question.
pub(super) struct Instance {
    pub(super) id: String,
    pub(super) site: Arc<SiteFacts>,
    pub(super) first_day: Date,
    pub(super) days: u16,
    pub(super) now: Option<Timestamp>,
    pub(super) busy: Vec<Busy>,
    pub(super) client_busy: Vec<(Timestamp, Timestamp)>,
    pub(super) visits: Vec<VisitType>,
    pub(super) ask: Ask,
}

/// A question. Visits are places in [`Instance::visits`].
pub(super) enum Ask {
    Starts {
        visit: usize,
        limits: Limits,
    },
    Month {
        visit: usize,
        limits: Limits,
    },
    Course {
        visits: Vec<usize>,
        gap_days: (u16, u16),
        limits: Limits,
    },
    Pack {
        day: Date,
        on_grid: bool,
        requests: Vec<Request>,
    },
    Repair {
        day: Date,
        on_grid: bool,
        requests: Vec<Request>,
        away: Vec<(ResourceKey, Timestamp, Timestamp)>,
        terms: Terms,
    },
}

/// Who and when.
#[derive(Default)]
pub(super) struct Limits {
    pub(super) lead: Option<ResourceKey>,
    pub(super) window: Option<(u16, u16)>,
}

/// A visit that is wanted on a day.
pub(super) struct Request {
    pub(super) id: String,
    pub(super) visit: usize,
    pub(super) limits: Limits,
    /// What it is worth: in a pack.
    pub(super) weight: u64,
    /// What it was booked as: in a repair.
    pub(super) booked: Option<(Timestamp, ResourceKey)>,
}

/// What a repair costs.
pub(super) struct Terms {
    pub(super) most_minutes: u32,
    pub(super) cancel: u64,
    pub(super) change_lead: u64,
    pub(super) per_five_minutes: u64,
}

/// The ids of resources.
type Keys = HashSet<ResourceKey>;

/// The names an instance defines.
struct Names<'a> {
    resources: &'a Keys,
    visits: &'a [VisitType],
}

/// The most visits of a course, and the most phases of a visit.
const MOST_VISITS: usize = 100;

/// The most that a cost or a weight may be.
const MOST_COST: u64 = 1_000_000_000;

/// Reads an instance; `None` only if errors were added.
pub(super) fn parse(node: &Node<'_>, errors: &mut Errors) -> Option<Instance> {
    let id = node.field("id", errors).and_then(|id| id.text(errors));
    let clinic = node.field("clinic", errors);
    let zone = clinic.as_ref().and_then(|clinic| parse_zone(clinic, errors));
    let horizon = node.field("horizon", errors);
    let first_day = horizon.as_ref().and_then(|horizon| horizon.field("first_day", errors)?.date(errors));
    let days = horizon.as_ref().and_then(|horizon| horizon.field("days", errors)?.whole(1, 800, errors));
    let rules = node.field("rules", errors);
    let step = rules.as_ref().and_then(|rules| rules.field("offer_step_min", errors)?.whole(1, 1440, errors));
    let notice = rules
        .as_ref()
        .and_then(|rules| rules.optional("min_notice_min", errors)?.whole(0, 10_000_000, errors))
        .unwrap_or(0);
    let listed = node.field("resources", errors).map(|list| list.list(errors)).unwrap_or_default();
    let resources: Vec<Resource> =
        listed.iter().filter_map(|resource| parse_resource(resource, errors)).collect();
    let closures = parse_spans(&node.items("closures", errors), errors);
    let keys = &resources.iter().map(|resource| resource.key.clone()).collect::<Keys>();
    let visits: Vec<VisitType> = node
        .field("visits", errors)
        .map(|visits| visits.entries(errors))
        .unwrap_or_default()
        .into_iter()
        .filter_map(|(name, visit)| parse_visit(name, &visit, keys, errors))
        .collect();
    let busy = node.items("busy", errors).iter().filter_map(|busy| parse_busy(busy, keys, errors)).collect();
    let client_busy = node.items("client_busy", errors);
    let client_busy = client_busy.iter().filter_map(|busy| parse_span(busy, errors)).collect();
    let now = node.optional("now", errors).and_then(|now| now.instant(errors));
    let names = Names { resources: keys, visits: &visits };
    let ask = node.field("ask", errors).and_then(|ask| parse_ask(&ask, &names, errors));
    let site = SiteFacts {
        zone: zone?,
        resources,
        closures,
        min_notice_minutes: u32::try_from(notice).ok()?,
        offer_step_minutes: u32::try_from(step?).ok()?,
    };
    let (id, first_day, days) = (id?.to_owned(), first_day?, u16::try_from(days?).ok()?);
    let instance =
        Instance { id, site: Arc::new(site), first_day, days, now, busy, client_busy, visits, ask: ask? };
    limits::assess(node, &instance, errors);
    Some(instance)
}

fn parse_zone(clinic: &Node<'_>, errors: &mut Errors) -> Option<TimeZone> {
    if let Some(quantum) = clinic.optional("quantum_min", errors) {
        quantum.whole(5, 5, errors);
    }
    let node = clinic.field("zone", errors)?;
    let zone = TimeZone::get(node.text(errors)?).ok();
    if zone.is_none() {
        errors.add(&node.path, "is not a time zone of the IANA database, such as Europe/London");
    }
    zone
}

/// The texts of a list that may be left out.
fn texts(node: &Node<'_>, name: &str, errors: &mut Errors) -> Vec<Arc<str>> {
    let items = node.items(name, errors);
    items.iter().filter_map(|item| item.text(errors)).map(Arc::from).collect()
}

fn parse_resource(node: &Node<'_>, errors: &mut Errors) -> Option<Resource> {
    let id = node.field("id", errors).and_then(|id| id.text(errors));
    let kind = node.field("kind", errors).and_then(|kind| kind.text(errors));
    let hours = node.field("hours", errors).map(|hours| hours.list(errors)).unwrap_or_default();
    let hours = hours.iter().flat_map(|hours| parse_weekly(hours, errors)).collect();
    let breaks = node.items("breaks", errors);
    let breaks = breaks.iter().flat_map(|rest| parse_weekly(rest, errors)).collect();
    let special = node.items("special_days", errors);
    let special_days = special.iter().filter_map(|day| parse_special(day, errors)).collect();
    let away = parse_spans(&node.items("away", errors), errors);
    let mut number =
        |name, least, most| node.optional(name, errors).map(|value| value.whole(least, most, errors));
    let seats = number("seats", 1, 1000).unwrap_or(Some(1));
    let gap = number("gap_min", 0, 1440).unwrap_or(Some(0));
    let cap = number("daily_cap", 0, 10_000).flatten();
    Some(Resource {
        key: id?.into(),
        kind: kind?.into(),
        skills: texts(node, "skills", errors),
        seats: u16::try_from(seats?).ok()?,
        gap_minutes: u32::try_from(gap?).ok()?,
        daily_cap: cap.and_then(|cap| u16::try_from(cap).ok()),
        hours,
        breaks,
        special_days,
        away,
    })
}

/// Minutes of the day from and to.
fn parse_window(node: &Node<'_>, errors: &mut Errors) -> Option<(u16, u16)> {
    let from = node.field("from", errors).and_then(|from| from.minute(errors));
    let to = node.field("to", errors).and_then(|to| to.minute(errors));
    let (from, to) = (from?, to?);
    if from >= to {
        errors.add(&node.path, "must end after it begins; split it at midnight");
        return None;
    }
    Some((from, to))
}

/// `mon` to `sun`, or `*` for each of them.
fn parse_weekly(node: &Node<'_>, errors: &mut Errors) -> Vec<Weekly> {
    const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let day = node.field("weekday", errors);
    let text = day.as_ref().and_then(|day| day.text(errors));
    let named = (1..).zip(DAYS).filter(|(_, name)| text == Some(name) || text == Some("*"));
    let weekdays: Vec<u8> = named.map(|(number, _)| number).collect();
    if let (Some(day), Some(_), true) = (day, text, weekdays.is_empty()) {
        errors.add(&day.path, "expected mon, tue, wed, thu, fri, sat, sun or *");
    }
    let Some((from, to)) = parse_window(node, errors) else { return Vec::new() };
    weekdays.into_iter().map(|weekday| Weekly { weekday, from, to }).collect()
}

fn parse_special(node: &Node<'_>, errors: &mut Errors) -> Option<(Date, Vec<(u16, u16)>)> {
    let day = node.field("day", errors).and_then(|day| day.date(errors));
    let hours = node.field("hours", errors).map(|hours| hours.list(errors)).unwrap_or_default();
    let hours = hours.iter().filter_map(|hours| parse_window(hours, errors)).collect();
    Some((day?, hours))
}

fn parse_spans(nodes: &[Node<'_>], errors: &mut Errors) -> Vec<LocalSpan> {
    let mut spans = Vec::with_capacity(nodes.len());
    for node in nodes {
        let from = node.field("from", errors).and_then(|from| from.wall(errors));
        let to = node.field("to", errors).and_then(|to| to.wall(errors));
        match (from, to) {
            (Some(from), Some(to)) if from < to => spans.push(LocalSpan { from, to }),
            (Some(_), Some(_)) => errors.add(&node.path, "must end after it begins"),
            _ => {}
        }
    }
    spans
}

/// Instants from and to.
fn parse_span(node: &Node<'_>, errors: &mut Errors) -> Option<(Timestamp, Timestamp)> {
    let from = node.field("from", errors).and_then(|from| from.place(errors));
    let to = node.field("to", errors).and_then(|to| to.place(errors));
    let (from, to) = (from?, to?);
    if from >= to {
        errors.add(&node.path, "must end after it begins");
        return None;
    }
    Some((from, to))
}

fn parse_key(node: &Node<'_>, resources: &Keys, errors: &mut Errors) -> Option<ResourceKey> {
    let key = ResourceKey::from(node.text(errors)?);
    if !resources.contains(&key) {
        errors.add(&node.path, "is not the id of a resource of this instance");
    }
    Some(key)
}

fn parse_busy(node: &Node<'_>, resources: &Keys, errors: &mut Errors) -> Option<Busy> {
    let key = node.field("resource", errors).and_then(|key| parse_key(&key, resources, errors));
    let span = parse_span(node, errors);
    let leads = node.optional("lead", errors).and_then(|lead| lead.flag(errors)).unwrap_or(false);
    let (from, to) = span?;
    Some(Busy { key: key?, from, to, leads })
}

fn parse_visit(name: &str, node: &Node<'_>, resources: &Keys, errors: &mut Errors) -> Option<VisitType> {
    let roles_node = node.field("roles", errors)?;
    let entries = roles_node.entries(errors);
    let roles: Vec<Role> =
        entries.iter().filter_map(|(name, role)| parse_role(name, role, resources, errors)).collect();
    if !roles.iter().any(|role| &*role.name == "lead") {
        errors.add(&roles_node.path, "needs a role called lead");
    }
    let names: Vec<&str> = entries.iter().map(|(name, _)| *name).collect();
    let phases_node = node.field("phases", errors)?;
    let phases = phases_node.list(errors);
    if phases.is_empty() {
        errors.add(&phases_node.path, "needs at least one phase");
    }
    if phases.len() > MOST_VISITS || entries.len() > MOST_VISITS {
        errors.add(&node.path, &format!("has more than {MOST_VISITS} phases or roles"));
    }
    let phases = phases.iter().filter_map(|phase| parse_phase(phase, &names, errors)).collect();
    Some(VisitType { name: name.into(), roles, phases })
}

fn parse_role(name: &str, node: &Node<'_>, resources: &Keys, errors: &mut Errors) -> Option<Role> {
    let kind = node.field("kind", errors)?;
    let kinds: Vec<Arc<str>> = if kind.is_list() {
        kind.list(errors).iter().filter_map(|kind| kind.text(errors)).map(Arc::from).collect()
    } else {
        kind.text(errors).into_iter().map(Arc::from).collect()
    };
    let keys = |field: &str, errors: &mut Errors| -> Vec<ResourceKey> {
        let items = node.items(field, errors);
        items.iter().filter_map(|item| parse_key(item, resources, errors)).collect()
    };
    let (only, not) = (keys("only", errors), keys("not", errors));
    let keep = node.optional("keep", errors).and_then(|keep| keep.flag(errors)).unwrap_or(false);
    Some(Role {
        name: name.into(),
        kinds,
        skills: texts(node, "skills", errors),
        only,
        not,
        keep: keep || name == "lead",
    })
}

fn parse_phase(node: &Node<'_>, roles: &[&str], errors: &mut Errors) -> Option<Phase> {
    let name = node.field("name", errors).and_then(|name| name.text(errors));
    let min = node.field("min", errors).and_then(|min| min.fives(1440, errors));
    let max = node.field("max", errors).and_then(|max| max.fives(1440, errors));
    if let (Some(min), Some(max)) = (min, max)
        && min > max
    {
        errors.add(&node.path, "has a min above its max");
    }
    let mut claims = Vec::new();
    for claim in node.items("claims", errors) {
        let mut places = Vec::new();
        for role in claim.list(errors) {
            let Some(text) = role.text(errors) else { continue };
            match roles.iter().position(|name| *name == text) {
                Some(place) => places.push(place),
                None => errors.add(&role.path, "is not a role of this visit"),
            }
        }
        claims.push(Claim { roles: places, takes: Takes::OneSeat });
    }
    let client = node.optional("client", errors).and_then(|client| client.flag(errors)).unwrap_or(false);
    let on_duty = node.optional("on_duty", errors).and_then(|rule| {
        let skill = rule.field("skill", errors).and_then(|skill| skill.text(errors));
        let unless = rule.optional("unless_lead_skill", errors).and_then(|skill| skill.text(errors));
        Some(OnDuty { skill: skill?.into(), unless_lead_skill: unless.map(Arc::from) })
    });
    Some(Phase { name: name?.into(), min_minutes: min?, max_minutes: max?, claims, client, on_duty })
}

impl Names<'_> {
    fn visit(&self, node: &Node<'_>, errors: &mut Errors) -> Option<usize> {
        let text = node.text(errors)?;
        let place = self.visits.iter().position(|visit| &*visit.name == text);
        if place.is_none() {
            errors.add(&node.path, "is not a visit of this instance");
        }
        place
    }

    fn limits(&self, node: &Node<'_>, errors: &mut Errors) -> Limits {
        let lead = node.optional("lead", errors).and_then(|lead| parse_key(&lead, self.resources, errors));
        let window = node.optional("window", errors).and_then(|window| parse_window(&window, errors));
        Limits { lead, window }
    }
}

fn parse_ask(node: &Node<'_>, names: &Names<'_>, errors: &mut Errors) -> Option<Ask> {
    let kind = node.field("kind", errors)?;
    let limits = |errors: &mut Errors| names.limits(node, errors);
    let visit =
        |errors: &mut Errors| node.field("visit", errors).and_then(|visit| names.visit(&visit, errors));
    let day = |errors: &mut Errors| node.field("day", errors).and_then(|day| day.date(errors));
    match kind.text(errors)? {
        "starts" => {
            let (visit, limits) = (visit(errors), limits(errors));
            Some(Ask::Starts { visit: visit?, limits })
        }
        "month" => {
            let (visit, limits) = (visit(errors), limits(errors));
            Some(Ask::Month { visit: visit?, limits })
        }
        "course" => {
            let listed = node.field("visits", errors).map(|visits| visits.list(errors)).unwrap_or_default();
            if listed.is_empty() || listed.len() > MOST_VISITS {
                errors.add(&node.path, &format!("needs from 1 to {MOST_VISITS} visits"));
            }
            let visits = listed.iter().filter_map(|visit| names.visit(visit, errors)).collect();
            let gap_days = parse_gap(node, errors);
            let limits = limits(errors);
            Some(Ask::Course { visits, gap_days: gap_days?, limits })
        }
        "pack" => {
            let (day, on_grid) = (day(errors), parse_grid(node, true, errors));
            let requests = parse_requests(node, names, false, errors);
            Some(Ask::Pack { day: day?, on_grid, requests })
        }
        "repair" => {
            let (day, on_grid) = (day(errors), parse_grid(node, false, errors));
            let requests = parse_requests(node, names, true, errors);
            let mut away = Vec::new();
            for node in node.field("away", errors).map(|away| away.list(errors)).unwrap_or_default() {
                let key =
                    node.field("resource", errors).and_then(|key| parse_key(&key, names.resources, errors));
                if let (Some(key), Some((from, to))) = (key, parse_span(&node, errors)) {
                    away.push((key, from, to));
                }
            }
            let terms = parse_terms(node, errors);
            Some(Ask::Repair { day: day?, on_grid, requests, away, terms: terms? })
        }
        _ => {
            errors.add(&kind.path, "expected starts, month, course, pack or repair");
            None
        }
    }
}

fn parse_gap(node: &Node<'_>, errors: &mut Errors) -> Option<(u16, u16)> {
    let gap = node.field("gap_days", errors)?;
    let days: Vec<u64> = gap.list(errors).iter().filter_map(|day| day.whole(0, 800, errors)).collect();
    match days.as_slice() {
        [least, most] if least <= most => Some((u16::try_from(*least).ok()?, u16::try_from(*most).ok()?)),
        _ => {
            errors.add(&gap.path, "expected two numbers of days, the lesser first");
            None
        }
    }
}

fn parse_grid(node: &Node<'_>, offer: bool, errors: &mut Errors) -> bool {
    let Some(grid) = node.optional("grid", errors) else { return offer };
    match grid.text(errors) {
        Some("offer") => true,
        Some("quantum") => false,
        Some(_) => {
            errors.add(&grid.path, "expected offer or quantum");
            offer
        }
        None => offer,
    }
}

fn parse_requests(node: &Node<'_>, names: &Names<'_>, booked: bool, errors: &mut Errors) -> Vec<Request> {
    let listed = node.field("requests", errors).map(|list| list.list(errors)).unwrap_or_default();
    let mut requests = Vec::with_capacity(listed.len());
    for node in listed {
        let id = node.field("id", errors).and_then(|id| id.text(errors));
        let visit = node.field("visit", errors).and_then(|visit| names.visit(&visit, errors));
        let mut request =
            Request { id: String::new(), visit: 0, limits: Limits::default(), weight: 0, booked: None };
        if booked {
            let start = node.field("start", errors).and_then(|start| start.place(errors));
            let lead = node.field("lead", errors).and_then(|lead| parse_key(&lead, names.resources, errors));
            request.booked = start.zip(lead);
        } else {
            request.limits = names.limits(&node, errors);
            request.weight = node
                .field("weight", errors)
                .and_then(|weight| weight.whole(0, MOST_COST, errors))
                .unwrap_or(0);
        }
        if let (Some(id), Some(visit)) = (id, visit) {
            requests.push(Request { id: id.to_owned(), visit, ..request });
        }
    }
    requests
}

fn parse_terms(node: &Node<'_>, errors: &mut Errors) -> Option<Terms> {
    let most = node.field("max_move_min", errors).and_then(|most| most.whole(0, 100_000, errors));
    let costs = node.field("costs", errors);
    let mut cost =
        |name| costs.as_ref().and_then(|costs| costs.field(name, errors)?.whole(0, MOST_COST, errors));
    let (cancel, change_lead, per_five) = (cost("cancel"), cost("change_lead"), cost("per_5min_move"));
    Some(Terms {
        most_minutes: u32::try_from(most?).ok()?,
        cancel: cancel?,
        change_lead: change_lead?,
        per_five_minutes: per_five?,
    })
}
