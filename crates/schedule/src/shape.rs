//! A visit made ready for a search: lengths in quanta, roles as lists of resources, and the claims of each phase
//! grouped into parts that cannot stand in each other's way.

use std::sync::Arc;

use crate::{
    calendar::Calendar,
    lane::Need,
    model::{Claim, Resource, ResourceKey, Role, VisitType},
};

/// What is left out on purpose, to learn what stands in the way.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Relaxed {
    /// One bit for each role: claims that such a role can fill count as met. Roles past the 64th are never left out.
    pub(crate) roles: u64,
    /// Nobody needs to supervise.
    pub(crate) supervision: bool,
    /// Nobody has led too many.
    pub(crate) caps: bool,
}

/// A visit against the resources of one site.
#[derive(Debug)]
pub(crate) struct Shape {
    /// The resources that can fill each role.
    pub(crate) pools: Vec<Vec<u32>>,
    /// The role called `lead`.
    pub(crate) lead: usize,
    /// The kept roles that some claim names, without the lead.
    pub(crate) others: Vec<usize>,
    /// Which roles are kept.
    pub(crate) kept: Vec<bool>,
    pub(crate) phases: Vec<PhaseShape>,
}

/// One phase, in quanta.
#[derive(Debug)]
pub(crate) struct PhaseShape {
    pub(crate) min: usize,
    pub(crate) max: usize,
    pub(crate) client: bool,
    pub(crate) parts: Vec<Part>,
    pub(crate) watch: Option<Watch>,
}

/// Claims of one phase that share resources, directly or through others.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) claims: Vec<ClaimShape>,
    /// The kept roles that the claims name.
    pub(crate) kept: Vec<usize>,
}

#[derive(Debug, Clone)]
pub(crate) struct ClaimShape {
    /// Its place in the phase.
    pub(crate) place: usize,
    pub(crate) roles: Vec<usize>,
    pub(crate) need: Need,
}

/// A supervision rule.
#[derive(Debug)]
pub(crate) struct Watch {
    /// Who can supervise.
    pub(crate) watchers: Vec<u32>,
    /// Leads who need nobody.
    pub(crate) free: Vec<u32>,
    /// Whether the rule depends on the lead at all.
    pub(crate) by_lead: bool,
}

impl Part {
    /// The one role, if the part is one claim that only one kept role can fill.
    pub(crate) fn pure(&self) -> Option<(usize, Need)> {
        match (self.claims.as_slice(), self.kept.as_slice()) {
            ([claim], [role]) if claim.roles.iter().all(|other| other == role) => Some((*role, claim.need)),
            _ => None,
        }
    }
}

impl Shape {
    /// `None` if the visit has no role called `lead`, or a phase whose most is less than its least.
    pub(crate) fn new(
        calendar: &Calendar,
        visit: &VisitType,
        lead_key: Option<&ResourceKey>,
        relaxed: Relaxed,
    ) -> Option<Self> {
        let resources = &calendar.site().resources;
        let lead = visit.roles.iter().position(|role| &*role.name == "lead")?;
        let mut pools: Vec<Vec<u32>> = visit.roles.iter().map(|role| pool(resources, role)).collect();
        if let Some(key) = lead_key {
            pools[lead].retain(|index| resources[*index as usize].key == *key);
        }
        let kept: Vec<bool> =
            visit.roles.iter().enumerate().map(|(index, role)| role.keep || index == lead).collect();
        let mut phases = Vec::with_capacity(visit.phases.len());
        for phase in &visit.phases {
            let (min, max) = (usize::from(phase.min_minutes).div_ceil(5), usize::from(phase.max_minutes) / 5);
            let watch = phase.on_duty.as_ref().filter(|_| !relaxed.supervision).map(|rule| Watch {
                watchers: with_skill(resources, &rule.skill),
                free: rule
                    .unless_lead_skill
                    .as_ref()
                    .map_or_else(Vec::new, |skill| with_skill(resources, skill)),
                by_lead: rule.unless_lead_skill.is_some(),
            });
            let parts = parts(&phase.claims, &pools, &kept, relaxed.roles, resources.len());
            phases.push(PhaseShape { min, max, client: phase.client, parts, watch });
        }
        let named =
            |role: &usize| phases.iter().flat_map(|phase| &phase.parts).any(|part| part.kept.contains(role));
        let others = (0..kept.len()).filter(|role| *role != lead && kept[*role]).filter(named).collect();
        phases.iter().all(|phase| phase.min <= phase.max).then_some(())?;
        Some(Self { pools, lead, others, kept, phases })
    }

    /// The most quanta a visit can last.
    pub(crate) fn longest(&self) -> usize {
        self.phases.iter().map(|phase| phase.max).sum()
    }

    /// The fewest quanta a visit can last.
    pub(crate) fn shortest(&self) -> usize {
        self.phases.iter().map(|phase| phase.min).sum()
    }

    /// Whether it needs something open from its first moment to its last.
    pub(crate) fn is_dense(&self) -> bool {
        let claims = |phase: &PhaseShape| phase.max == 0 || !phase.parts.is_empty();
        self.shortest() > 0 && self.phases.iter().all(claims)
    }

    /// The resources that can fill a role of a claim under a binding of the kept roles.
    pub(crate) fn options<'a>(&'a self, role: usize, binding: &'a [Option<u32>]) -> &'a [u32] {
        if self.kept[role] { binding[role].as_slice() } else { &self.pools[role] }
    }
}

/// The resources that can fill a role, in the site's order.
fn pool(resources: &[Resource], role: &Role) -> Vec<u32> {
    let fits = |resource: &Resource| {
        role.kinds.contains(&resource.kind)
            && role.skills.iter().all(|skill| resource.skills.contains(skill))
            && (role.only.is_empty() || role.only.contains(&resource.key))
            && !role.not.contains(&resource.key)
    };
    (0..).zip(resources).filter(|(_, resource)| fits(resource)).map(|(index, _)| index).collect()
}

fn with_skill(resources: &[Resource], skill: &Arc<str>) -> Vec<u32> {
    (0..)
        .zip(resources)
        .filter(|(_, resource)| resource.skills.contains(skill))
        .map(|(index, _)| index)
        .collect()
}

/// Groups the claims of a phase: two belong together if some resource could fill both.
fn parts(claims: &[Claim], pools: &[Vec<u32>], kept: &[bool], dropped: u64, resources: usize) -> Vec<Part> {
    let mut parts: Vec<(Vec<u64>, Part)> = Vec::with_capacity(claims.len());
    for (place, claim) in claims.iter().enumerate() {
        if claim.roles.iter().any(|role| *role < 64 && dropped >> role & 1 == 1) {
            continue;
        }
        let roles: Vec<usize> = claim.roles.iter().copied().filter(|role| *role < pools.len()).collect();
        let mut reach = vec![0u64; resources.div_ceil(64)];
        for index in roles.iter().flat_map(|role| &pools[*role]) {
            reach[*index as usize / 64] |= 1 << (index % 64);
        }
        let names = roles.iter().copied().filter(|role| kept[*role]).collect();
        let mut part =
            Part { claims: vec![ClaimShape { place, roles, need: claim.takes.into() }], kept: names };
        let mut rest = Vec::with_capacity(parts.len() + 1);
        for (other_reach, other) in parts {
            if other_reach.iter().zip(&reach).any(|(a, b)| a & b != 0) {
                reach.iter_mut().zip(&other_reach).for_each(|(word, other)| *word |= other);
                part.claims.extend(other.claims);
                part.kept.extend(other.kept);
            } else {
                rest.push((other_reach, other));
            }
        }
        part.claims.sort_by_key(|claim| claim.place);
        part.kept.sort_unstable();
        part.kept.dedup();
        rest.push((reach, part));
        parts = rest;
    }
    parts.into_iter().map(|(_, part)| part).collect()
}
