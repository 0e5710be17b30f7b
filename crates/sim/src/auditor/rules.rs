//! The rules of a visit: hours, breaks, notice, caps, gaps, who is on call for how many, who is needed when.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Auditor,
    duty::off_duty,
    rows::{Owner, Piece, QUANTUM, Rows},
};

/// What each phase of the repository's protocol needs: its name, whether the lead, somebody on call, the room and the
/// device.
const NEEDS: [(&str, &str); 11] = [
    ("consultation", "lead room"),
    ("recheck", "lead room"),
    ("photos", "lead room"),
    ("cleanse", "lead room"),
    ("numbing-apply", "lead room"),
    ("numbing-wait", "call room"),
    ("prepare-skin", "lead room device"),
    ("needling", "lead room device"),
    ("calming", "hands room device"),
    ("discharge", "lead room device"),
    ("turnover", "hands room device"),
];

/// Where in time the phases of an appointment lie.
fn phases(owner: &Owner) -> Vec<(&str, i64, i64)> {
    let before: i64 =
        owner.phases.iter().take_while(|(_, _, there)| !there).map(|(_, minutes, _)| minutes).sum();
    let mut from = owner.start - before * 60_000_000;
    let mut placed = Vec::new();
    for (name, minutes, _) in &owner.phases {
        let to = from + minutes * 60_000_000;
        placed.push((name.as_str(), from, to));
        from = to;
    }
    placed
}

fn is_person(rows: &Rows, resource: &str) -> bool {
    rows.resources.get(resource).is_some_and(|one| one.kind == "practitioner" || one.kind == "assistant")
}

impl Auditor {
    pub(super) fn check_rules(&mut self, rows: &Rows) {
        let mut of_owner: BTreeMap<&str, Vec<&Piece>> = BTreeMap::new();
        for piece in &rows.pieces {
            of_owner.entry(&piece.owner).or_default().push(piece);
        }
        for owner in rows.owners.values() {
            let pieces = of_owner.get(owner.id.as_str()).map(Vec::as_slice).unwrap_or_default();
            if pieces.is_empty() {
                continue;
            }
            self.check_duty(rows, owner, pieces);
            self.check_offer(rows, owner, pieces);
            self.check_needs(rows, owner, pieces);
        }
        self.check_caps(rows);
        self.check_gaps(rows);
        self.check_on_call(rows);
        self.check_patients(rows);
    }

    /// On duty throughout, as it was known when the visit was planned.
    fn check_duty(&mut self, rows: &Rows, owner: &Owner, pieces: &[&Piece]) {
        let planned = planned(rows, owner).map_or(owner.created, |(at, _)| at);
        for piece in pieces {
            let Some(resource) = rows.resources.get(&piece.resource) else {
                self.add(format!("{} uses {}, which is not there", owner.id, piece.resource));
                continue;
            };
            let off = off_duty(rows, resource, (piece.from, piece.to), planned);
            if let Some((from, to)) = off.first() {
                let (from, to) = (rows.local(*from), rows.local(*to));
                self.add(format!("{} uses {} off duty, {from} to {to}", owner.id, piece.resource));
            }
        }
    }

    /// Notice and grid hold for visitors and patients; the desk may do more.
    fn check_offer(&mut self, rows: &Rows, owner: &Owner, pieces: &[&Piece]) {
        let Some((at, actor)) = planned(rows, owner) else {
            return self.add(format!("{} has no event that planned it", owner.id));
        };
        if actor == "staff" || actor == "system" {
            return;
        }
        let start = pieces.iter().map(|piece| piece.from).min().unwrap_or(owner.start);
        if start < at + rows.notice {
            self.add(format!("{} starts before its notice is over", owner.id));
        }
        let local = rows.local(start);
        if (i64::from(local.hour()) * 60 + i64::from(local.minute())) % rows.step != 0 {
            self.add(format!("{} starts off the offer grid, at {local}", owner.id));
        }
    }

    /// Each phase has whom and what it needs throughout: one room, one device, the lead's hands, somebody on call.
    fn check_needs(&mut self, rows: &Rows, owner: &Owner, pieces: &[&Piece]) {
        let kinds = |kind: &str| -> BTreeSet<&str> {
            let of_kind =
                |piece: &&&Piece| rows.resources.get(&piece.resource).is_some_and(|one| one.kind == kind);
            pieces.iter().filter(of_kind).map(|piece| piece.resource.as_str()).collect()
        };
        if kinds("room").len() != 1 || kinds("device").len() > 1 {
            self.add(format!("{} changes its room or device", owner.id));
        }
        if !owner.is_hold && phases(owner).last().is_none_or(|(_, _, to)| *to < owner.end) {
            self.add(format!("{} has phases that do not fill its time", owner.id));
        }
        for (name, from, to) in phases(owner) {
            let Some((_, needs)) = NEEDS.iter().find(|(phase, _)| *phase == name) else {
                self.add(format!("{} has a phase {name} that nobody knows", owner.id));
                continue;
            };
            for quantum in (from / QUANTUM)..(to / QUANTUM) {
                let at = quantum * QUANTUM;
                let here = pieces.iter().filter(|piece| piece.from <= at && at < piece.to);
                let here: Vec<&str> = here.map(|piece| piece.resource.as_str()).collect();
                let any = |fits: &dyn Fn(&str) -> bool| here.iter().any(|one| fits(one));
                let kind = |one: &str, kind: &str| rows.resources.get(one).is_some_and(|r| r.kind == kind);
                let missing = needs.split(' ').find(|need| match *need {
                    "lead" => !any(&|one| one == owner.lead),
                    "hands" => !any(&|one| is_person(rows, one)),
                    "call" => !any(&|one| {
                        is_person(rows, one) && rows.resources[one].skills.contains("numbing-watch")
                    }),
                    need => !any(&|one| kind(one, need)),
                });
                if let Some(need) = missing {
                    self.add(format!("{} lacks {need} in {name}", owner.id));
                    break;
                }
            }
        }
    }

    /// Nobody leads more visits on a local day than they want to.
    fn check_caps(&mut self, rows: &Rows) {
        let mut led: BTreeMap<(&str, String), u64> = BTreeMap::new();
        let keeping: BTreeSet<&str> = rows.pieces.iter().map(|piece| piece.owner.as_str()).collect();
        for owner in rows.owners.values().filter(|owner| keeping.contains(owner.id.as_str())) {
            let day = rows.local(owner.start).date().to_string();
            *led.entry((owner.lead.as_str(), day)).or_default() += 1;
        }
        for ((lead, day), count) in led {
            if rows.resources.get(lead).and_then(|one| one.cap).is_some_and(|cap| count > cap) {
                self.add(format!("{lead} leads {count} visits on {day}, too many"));
            }
        }
    }

    /// Between two owners' uses of a resource lies its gap.
    fn check_gaps(&mut self, rows: &Rows) {
        let mut by_resource: BTreeMap<&str, Vec<&Piece>> = BTreeMap::new();
        for piece in &rows.pieces {
            if rows.resources.get(&piece.resource).is_some_and(|one| one.gap > 0) {
                by_resource.entry(&piece.resource).or_default().push(piece);
            }
        }
        for (resource, mut pieces) in by_resource {
            pieces.sort_by_key(|piece| piece.from);
            let (gap, limit) = (rows.resources[resource].gap, rows.on_call_limit);
            for (index, piece) in pieces.iter().enumerate() {
                let later = pieces[index + 1..].iter().take_while(|other| other.from < piece.to + gap);
                // Somebody on call for several patients has them at the same time, on different seats.
                let clash = later.into_iter().find(|other| {
                    other.owner != piece.owner
                        && (!is_person(rows, resource) || limit == 1)
                        && !(rows.needling_counts && other.seat != piece.seat)
                });
                if let Some(other) = clash {
                    self.add(format!("{resource} has no gap between {} and {}", piece.owner, other.owner));
                }
            }
        }
    }

    /// Hands belong to one patient, and nobody is on call for more than the limit.
    fn check_on_call(&mut self, rows: &Rows) {
        let mut here: BTreeMap<(&str, i64), BTreeSet<&str>> = BTreeMap::new();
        for piece in rows.pieces.iter().filter(|piece| is_person(rows, &piece.resource)) {
            for quantum in piece.from / QUANTUM..piece.to / QUANTUM {
                here.entry((&piece.resource, quantum)).or_default().insert(&piece.owner);
            }
        }
        let timeline: BTreeMap<&str, Vec<(&str, i64, i64)>> =
            rows.owners.values().map(|owner| (owner.id.as_str(), phases(owner))).collect();
        for ((person, quantum), owners) in here.iter().filter(|(_, owners)| owners.len() > 1) {
            let at = quantum * QUANTUM;
            let timeline = |owner: &str| timeline.get(owner).map(Vec::as_slice).unwrap_or_default();
            let rests = |owner: &str| {
                let mut rest = timeline(owner).iter().filter(|(name, ..)| *name == "numbing-wait");
                rest.any(|(_, from, to)| *from <= at && at < *to)
            };
            // Whether the patient of a hold rests then, nothing tells.
            let unsaid = owners.iter().filter(|owner| timeline(owner).is_empty()).count();
            let working = owners.iter().filter(|owner| !timeline(owner).is_empty() && !rests(owner)).count();
            if working > 1 || (working == 1 && !rows.needling_counts) {
                self.add(format!("{person} works on one of {owners:?} while others need them"));
            }
            // At least so many rest: where hands may be on one beside them, that one may be whom a hold is for.
            let handled = if rows.needling_counts { working.max(unsaid.min(1)) } else { working };
            let on_call = owners.len() - handled;
            if on_call > rows.on_call_limit {
                self.add(format!("{person} is on call for {on_call}, too many"));
            }
        }
    }

    /// Nobody is treated in two places.
    fn check_patients(&mut self, rows: &Rows) {
        let mut of_patient: BTreeMap<&str, Vec<&Owner>> = BTreeMap::new();
        let keeping: BTreeSet<&str> = rows.pieces.iter().map(|piece| piece.owner.as_str()).collect();
        for owner in rows.owners.values().filter(|owner| keeping.contains(owner.id.as_str())) {
            if !owner.is_hold {
                of_patient.entry(&owner.patient).or_default().push(owner);
            }
        }
        for visits in of_patient.values_mut() {
            visits.sort_by_key(|visit| visit.start);
            for pair in visits.windows(2).filter(|pair| pair[1].start < pair[0].end) {
                self.add(format!("one patient is in two visits: {} and {}", pair[0].id, pair[1].id));
            }
        }
    }
}

/// When and by whom a visit was last planned.
fn planned<'r>(rows: &'r Rows, owner: &Owner) -> Option<(i64, &'r str)> {
    rows.plans.get(&owner.id).map(|(at, actor)| (*at, actor.as_str()))
}
