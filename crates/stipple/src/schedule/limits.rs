//! Instances that are sound and still too large for anybody to try through: told with the path of what makes them so.

use schedule::{Calendar, MOST_BINDINGS};

use super::{
    PLACINGS,
    instance::{Ask, Instance},
    node::{Errors, Node},
};

/// The most resources times days of an instance: a thousand resources for a year.
const MOST_RESOURCE_DAYS: usize = 400_000;

/// Looks for facts that contradict themselves, and for what nobody could search through.
pub(super) fn assess(node: &Node<'_>, instance: &Instance, errors: &mut Errors) {
    if instance.site.resources.len() * usize::from(instance.days) > MOST_RESOURCE_DAYS {
        return errors
            .add(&node.path, &format!("has more than {MOST_RESOURCE_DAYS} resources times days: split it"));
    }
    match Calendar::build(instance.site.clone(), instance.first_day, instance.days, &[]) {
        Ok(calendar) => assess_search(node, instance, &calendar, errors),
        Err(error) => errors.add(&node.path, &error.to_string()),
    }
}

fn assess_search(node: &Node<'_>, instance: &Instance, calendar: &Calendar, errors: &mut Errors) {
    let ways: Vec<Option<u64>> = instance.visits.iter().map(|visit| calendar.ways(visit)).collect();
    let most = if let Ask::Pack { .. } | Ask::Repair { .. } = instance.ask {
        MOST_BINDINGS as u64
    } else {
        u64::MAX
    };
    for (visit, ways) in instance.visits.iter().zip(&ways) {
        if ways.is_none_or(|ways| ways > most) {
            let path = format!("{}.visits.{}", node.path, visit.name);
            errors.add(&path, "ties so many roles together that not every way can be tried: keep fewer");
        }
    }
    if let Ask::Pack { requests, .. } | Ask::Repair { requests, .. } = &instance.ask {
        let all = requests.iter().filter_map(|request| ways[request.visit]).fold(0, u64::saturating_add);
        if all > PLACINGS {
            errors.add(&format!("{}.ask.requests", node.path), "are too many for one day: ask for fewer");
        }
    }
}
