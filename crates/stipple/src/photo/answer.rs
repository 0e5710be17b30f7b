//! A comparison as JSON, as text, and as rows of a CSV file.

use std::fmt::Write as _;

use photo::{
    Start,
    measure::{CardUse, Delta, Metric},
};
use serde_json::{Value, json};

use super::pair::Compared;

/// Header of the file of changes.
pub(super) const DELTAS_HEADER: &str = "zone,metric,delta,mdc\n";

/// Rows of the file of changes, each after `prefix`. A declined zone has none.
pub(super) fn delta_rows(text: &mut String, prefix: &str, compared: &Compared) {
    for zone in &compared.change.zones {
        for delta in zone.deltas.iter().flatten() {
            // Writing to a String does not fail.
            let _ = writeln!(
                text,
                "{prefix}{},{},{:.5},{:.5}",
                zone.zone,
                delta.metric.name(),
                delta.delta,
                delta.mdc
            );
        }
    }
}

fn card(card: CardUse) -> &'static str {
    match card {
        CardUse::Both => "both",
        CardUse::BaseOnly => "baseline_only",
        CardUse::FollowOnly => "follow_up_only",
        CardUse::None => "none",
    }
}

fn delta(delta: &Delta) -> Value {
    json!({
        "metric": delta.metric.name(),
        "base": round(delta.base),
        "delta": round(delta.delta),
        "mdc": round(delta.mdc),
        "change": delta.is_change(),
    })
}

/// Four decimals say all that is known.
fn round(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

/// The answer in JSON.
pub(super) fn json(compared: &Compared, places: Option<&[(String, f64, f64)]>) -> Value {
    let change = &compared.change;
    let zones: Vec<Value> = change
        .zones
        .iter()
        .map(|zone| {
            let mut told = json!({
                "zone": zone.zone,
                "name": compared.name(zone.zone),
                "pixels": zone.pixels,
                "seen": round(zone.seen),
                "strain": round(zone.strain),
            });
            match &zone.deltas {
                Ok(deltas) => told["deltas"] = deltas.iter().map(delta).collect(),
                Err(declined) => {
                    told["declined"] = json!({ "code": declined.code(), "reason": declined.advice() });
                }
            }
            told
        })
        .collect();
    let start = match compared.registration.start {
        Start::Landmarks => "landmarks",
        Start::Features => "features",
    };
    let mut answer = json!({
        "registration": { "start": start, "agreement": round(f64::from(compared.registration.agreement)) },
        "card": card(change.card),
        "skin": { "ita_deg": round(change.ita), "tone": change.tone.name(), "widening": change.tone.widening() },
        "sharpness": { "blur_px2": round(change.sharpness.blur), "noise": round(change.sharpness.noise) },
        "notes": change.notes.iter().map(|note| json!({ "code": note.code(), "text": note.text() })).collect::<Value>(),
        "zones": zones,
    });
    if let Some(places) = places {
        answer["points"] =
            places.iter().map(|(id, x, y)| json!({ "id": id, "x": round(*x), "y": round(*y) })).collect();
    }
    answer
}

/// What a change comes to, in words.
pub(super) fn verdict(delta: &Delta) -> &'static str {
    if !delta.is_change() {
        return "no change that this set-up could see";
    }
    let up = delta.delta > 0.0;
    match (delta.metric, up) {
        (Metric::Lightness | Metric::Ita, true) => "lighter",
        (Metric::Lightness | Metric::Ita, false) | (Metric::Melanin, true) => "darker",
        (Metric::Melanin, false) => "lighter",
        (Metric::A | Metric::Erythema, true) => "redder",
        (Metric::A | Metric::Erythema, false) => "less red",
        (Metric::B, true) => "yellower",
        (Metric::B, false) => "less yellow",
        (Metric::RoughFine | Metric::RoughCoarse, true) => "rougher",
        (Metric::RoughFine | Metric::RoughCoarse, false) => "smoother",
        (Metric::Dark, true) => "more dark spots",
        (Metric::Dark, false) => "fewer dark spots",
    }
}

/// What a measure is called for people, with its unit.
pub(super) fn title(metric: Metric) -> &'static str {
    match metric {
        Metric::Lightness => "Lightness L*",
        Metric::A => "Redness a*",
        Metric::B => "Yellowness b*",
        Metric::Ita => "Typology angle ITA, deg",
        Metric::Erythema => "Erythema index",
        Metric::Melanin => "Melanin index",
        Metric::RoughFine => "Fine roughness, log2",
        Metric::RoughCoarse => "Coarse roughness, log2",
        Metric::Dark => "Dark spots, % of area",
    }
}

/// The answer as text for a terminal.
pub(super) fn text(compared: &Compared) -> String {
    let change = &compared.change;
    let mut text = String::new();
    // Writing to a String does not fail.
    for zone in &change.zones {
        let _ = writeln!(text, "{}", compared.name(zone.zone));
        match &zone.deltas {
            Ok(deltas) => {
                for delta in deltas {
                    let _ = writeln!(
                        text,
                        "  {:<24} {:>8.2} +- {:<6.2} {}",
                        title(delta.metric),
                        delta.delta,
                        delta.mdc,
                        verdict(delta)
                    );
                }
            }
            Err(declined) => {
                let _ = writeln!(text, "  not measured: {}", declined.advice());
            }
        }
    }
    for note in &change.notes {
        let _ = writeln!(text, "{}", note.text());
    }
    text
}
