//! Questions other rooms ask a protocol: zones by any of their names, tick-lists with their rules, law in force on a day.

use jiff::civil::Date;
use vocab::{ConcernId, Jurisdiction, RuleId, VisitTypeId, ZoneId};

use crate::model::{
    AskedBy, Concern, JurisdictionRules, LegalRule, Protocol, Rule, TickList, VisitType, Zone,
};

impl Protocol {
    /// The zone of this id.
    pub fn zone(&self, id: &ZoneId) -> Option<&Zone> {
        self.zones.iter().find(|zone| zone.id == *id)
    }

    /// The zone somebody means by a word: its id or an alias, capital letters and what stands between words forgiven.
    pub fn zone_meant(&self, word: &str) -> Option<&Zone> {
        let plain = plain_word(word);
        let is_meant = |zone: &&Zone| {
            zone.id.as_str() == plain || zone.aliases.iter().any(|alias| plain_word(alias) == plain)
        };
        self.zones.iter().find(is_meant)
    }

    /// The zones that can be treated.
    pub fn treatable_zones(&self) -> impl Iterator<Item = &Zone> {
        self.zones.iter().filter(|zone| zone.never.is_none())
    }

    /// The zones that can be treated for something that is offered.
    pub fn offered_zones(&self) -> impl Iterator<Item = &Zone> {
        let offered = |zone: &&Zone| {
            self.concerns.iter().any(|concern| concern.is_offered && concern.zones.contains(&zone.id))
        };
        self.treatable_zones().filter(offered)
    }

    /// The concern of this id.
    pub fn concern(&self, id: &ConcernId) -> Option<&Concern> {
        self.concerns.iter().find(|concern| concern.id == *id)
    }

    /// The rule of this id.
    pub fn rule(&self, id: &RuleId) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.id == *id)
    }

    /// The place of this id.
    pub fn jurisdiction(&self, id: &Jurisdiction) -> Option<&JurisdictionRules> {
        self.jurisdictions.iter().find(|place| place.id == *id)
    }

    /// The kind of visit of this id.
    pub fn visit(&self, id: &VisitTypeId) -> Option<&VisitType> {
        self.visits.iter().find(|visit| visit.id == *id)
    }

    /// The tick-lists of the self-check with their rules, in the order they are shown.
    pub fn self_check(&self) -> Vec<(&TickList, Vec<&Rule>)> {
        let lists = self.screens.iter().flat_map(|screen| &screen.lists);
        lists.map(|list| (list, self.rules_in(list))).collect()
    }

    /// The rules of a tick-list, in the order of the file.
    pub fn rules_in(&self, list: &TickList) -> Vec<&Rule> {
        self.rules.iter().filter(|rule| rule.list.as_deref() == Some(list.id.as_str())).collect()
    }

    /// The rules somebody of this kind answers, in the order of the file.
    pub fn rules_asked_by(&self, asked_by: AskedBy) -> impl Iterator<Item = &Rule> {
        self.rules.iter().filter(move |rule| rule.asked_by == asked_by)
    }

    /// The legal rules in force in a place on a day: its own and those of the wider places it is part of.
    pub fn legal_rules(&self, place: &Jurisdiction, on: Date) -> Vec<&LegalRule> {
        let mut rules = Vec::new();
        let mut next = self.jurisdiction(place);
        // A chain is at most as long as the list; the loader refuses circles, this only keeps the loop finite.
        for _ in 0..self.jurisdictions.len() {
            let Some(place) = next else { break };
            rules.extend(place.legal_rules.iter().filter(|rule| rule.in_force_from <= on));
            next = place.part_of.as_ref().and_then(|wider| self.jurisdiction(wider));
        }
        rules
    }

    /// Whether `place` is `wanted` or a part of it.
    pub(crate) fn is_within(&self, place: &Jurisdiction, wanted: &Jurisdiction) -> bool {
        let mut next = Some(place);
        for _ in 0..=self.jurisdictions.len() {
            match next {
                Some(id) if id == wanted => return true,
                Some(id) => next = self.jurisdiction(id).and_then(|place| place.part_of.as_ref()),
                None => break,
            }
        }
        false
    }

    /// Whether a zone is one of these, or lies in a region of these.
    pub(crate) fn zone_is_in(&self, zone: &ZoneId, names: &[ZoneId]) -> bool {
        names.contains(zone) || self.zone(zone).is_some_and(|zone| names.contains(&zone.region))
    }
}

/// Small letters and digits, whatever stands between words as one `-`: "Chin / Jaw" is `chin-jaw`.
fn plain_word(word: &str) -> String {
    let small = word.to_lowercase();
    let parts = small.split(|letter: char| !letter.is_alphanumeric()).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("-")
}
