//! What the command and the web's endpoint say in JSON: one place for the names of the fields.

use serde_json::{Map, Value, json};

use crate::{
    check::Breach,
    course::{Course, Pass, Zone},
    plan::{Plan, Refusal},
    simulate::{Estimate, Figures, WINDOW_SIDES_MM},
};

/// `{"zones": [{"id", figures …}]}`: every figure is `{"mean", "lo", "hi"}`, or null where it has no meaning.
pub fn simulation(course: &Course, figures: &[Figures]) -> Value {
    let zones = course.zones().iter().zip(figures).map(|(zone, figures)| Value::Object(named(zone, figures)));
    json!({ "zones": zones.collect::<Vec<_>>() })
}

/// `{"zones": [{"id", "passes", figures …} or {"id", "refusal": {"limit", "allowed", "needed", "message"}}]}`.
pub fn plans(course: &Course, plans: &[Result<Plan, Refusal>]) -> Value {
    let zones = course.zones().iter().zip(plans).map(|(zone, plan)| match plan {
        Ok(plan) => {
            let mut row = named(zone, &plan.figures);
            row.insert("passes".to_owned(), plan.passes.iter().map(pass).collect());
            Value::Object(row)
        }
        Err(Refusal { limit, allowed, needed, message }) => json!({
            "id": zone.id,
            "refusal": { "limit": limit, "allowed": allowed, "needed": needed, "message": message },
        }),
    });
    json!({ "zones": zones.collect::<Vec<_>>() })
}

/// `{"breaches": [{"zone", "limit", "allowed", "found", "message"}]}`, the zone by its id.
pub fn breaches(course: &Course, breaches: &[Breach]) -> Value {
    let rows = breaches.iter().map(|Breach { zone, limit, allowed, found, message }| {
        let id = course.zones().get(*zone).map(|zone| zone.id.as_str());
        json!({ "zone": id, "limit": limit, "allowed": allowed, "found": found, "message": message })
    });
    json!({ "breaches": rows.collect::<Vec<_>>() })
}

fn named(zone: &Zone, figures: &Figures) -> Map<String, Value> {
    let area = Estimate { mean: figures.area_cm2, lo: figures.area_cm2, hi: figures.area_cm2 };
    let cv: Map<String, Value> =
        WINDOW_SIDES_MM.iter().zip(figures.cv).map(|(side, cv)| (side.to_string(), estimate(cv))).collect();
    let mut row = Map::new();
    row.insert("id".to_owned(), Value::from(zone.id.as_str()));
    row.insert("area_cm2".to_owned(), estimate(Some(area)));
    row.insert("cv".to_owned(), Value::Object(cv));
    let fields = [
        ("seconds", figures.seconds),
        ("punctures", figures.punctures),
        ("density_per_cm2", figures.density_per_cm2),
        ("cv_target", figures.cv_target),
        ("share_under_half", figures.share_under_half),
        ("share_over_double", figures.share_over_double),
        ("gap_mm", figures.gap_mm),
        ("streak", figures.streak),
    ];
    row.extend(fields.map(|(field, value)| (field.to_owned(), estimate(value))));
    row
}

fn estimate(value: Option<Estimate>) -> Value {
    value.map_or(Value::Null, |Estimate { mean, lo, hi }| json!({ "mean": mean, "lo": lo, "hi": hi }))
}

fn pass(pass: &Pass) -> Value {
    json!({
        "direction_deg": pass.direction_deg,
        "spacing_mm": pass.spacing_mm,
        "speed_mm_per_s": pass.speed_mm_per_s,
        "offset_mm": pass.offset_mm,
    })
}
