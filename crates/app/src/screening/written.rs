//! Answers as they are kept: a JSON object by rule, with dates instead of numbers of days.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use vocab::{PriorTreatmentId, RuleId, ZoneId};

use super::{Given, PriorTreatments};

/// Under this key the answers say what was tried before; no rule has such an id.
const PRIOR: &str = "prior_treatments";

pub(crate) fn write_answers(answers: &BTreeMap<RuleId, Given>, prior: Option<&PriorTreatments>) -> String {
    let entry = |(rule, given): (&RuleId, &Given)| {
        let value = match given {
            Given::No => Value::from("no"),
            Given::Yes => Value::from("yes"),
            Given::Unsure => Value::from("unsure"),
            Given::On(date) => serde_json::json!({ "on": date.to_string() }),
            Given::In { zones, on } => {
                let zones: Vec<&str> = zones.iter().map(ZoneId::as_str).collect();
                match on {
                    None => serde_json::json!({ "zones": zones }),
                    Some(date) => serde_json::json!({ "zones": zones, "on": date.to_string() }),
                }
            }
        };
        (rule.to_string(), value)
    };
    let mut object: Map<String, Value> = answers.iter().map(entry).collect();
    if let Some(prior) = prior {
        let tried: Vec<&str> = prior.tried.iter().map(PriorTreatmentId::as_str).collect();
        object.insert(PRIOR.to_owned(), serde_json::json!({ "tried": tried, "unsure": prior.is_unsure }));
    }
    Value::Object(object).to_string()
}

pub(super) fn read_answers(text: &str) -> Option<(BTreeMap<RuleId, Given>, Option<PriorTreatments>)> {
    let mut object: Map<String, Value> = serde_json::from_str(text).ok()?;
    let prior = match object.remove(PRIOR) {
        Some(prior) => Some(read_prior(&prior)?),
        None => None,
    };
    let entry = |(rule, value): (String, Value)| {
        let given = match &value {
            Value::String(word) => match word.as_str() {
                "no" => Given::No,
                "yes" => Given::Yes,
                "unsure" => Given::Unsure,
                _ => return None,
            },
            Value::Object(object) => {
                let date = |on: &Value| on.as_str()?.parse().ok();
                match (object.get("on"), object.get("zones")) {
                    (Some(on), None) => Given::On(date(on)?),
                    (on, Some(zones)) => {
                        let zones = zones.as_array()?.iter();
                        let zones =
                            zones.map(|zone| ZoneId::new(zone.as_str()?).ok()).collect::<Option<_>>()?;
                        let on = match on {
                            None => None,
                            Some(on) => Some(date(on)?),
                        };
                        Given::In { zones, on }
                    }
                    (None, None) => return None,
                }
            }
            _ => return None,
        };
        Some((RuleId::new(&rule).ok()?, given))
    };
    let answers: Option<_> = object.into_iter().map(entry).collect();
    Some((answers?, prior))
}

fn read_prior(value: &Value) -> Option<PriorTreatments> {
    let tried = value.get("tried")?.as_array()?.iter();
    let tried = tried.map(|one| PriorTreatmentId::new(one.as_str()?).ok()).collect::<Option<_>>()?;
    Some(PriorTreatments { tried, is_unsure: value.get("unsure")?.as_bool()? })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn answers_are_read_as_written() {
        let rule = |id: &str| RuleId::new(id).unwrap();
        let zones: BTreeSet<_> = [ZoneId::new("cheek").unwrap()].into();
        let on = jiff::civil::date(2026, 11, 1);
        let answers = BTreeMap::from([
            (rule("SCR-A"), Given::No),
            (rule("SCR-B"), Given::Yes),
            (rule("SCR-C"), Given::Unsure),
            (rule("SCR-D"), Given::On(on)),
            (rule("SCR-E"), Given::In { zones: zones.clone(), on: None }),
            (rule("SCR-F"), Given::In { zones, on: Some(on) }),
        ]);
        assert_eq!(read_answers(&write_answers(&answers, None)), Some((answers.clone(), None)));
        for tried in [&[][..], &["home-roller"], &["home-peel", "laser"]] {
            let tried = tried.iter().map(|id| PriorTreatmentId::new(id).unwrap()).collect();
            let prior = PriorTreatments { tried, is_unsure: true };
            let written = write_answers(&answers, Some(&prior));
            assert_eq!(read_answers(&written), Some((answers.clone(), Some(prior))));
        }
        for bad in [
            "",
            "[]",
            r#"{"SCR-A":"maybe"}"#,
            r#"{"SCR-A":{"on":"soon"}}"#,
            r#"{"SCR-A":{"on":"soon","zones":["cheek"]}}"#,
            r#"{"SCR-A":{}}"#,
            r#"{"a b":"no"}"#,
            r#"{"SCR-A":3}"#,
            r#"{"prior_treatments":["home-roller"]}"#,
            r#"{"prior_treatments":{"tried":["a b"],"unsure":false}}"#,
            r#"{"prior_treatments":{"tried":["home-roller"]}}"#,
        ] {
            assert_eq!(read_answers(bad), None, "{bad}");
        }
    }
}
