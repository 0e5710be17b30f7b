//! A protocol of the clinic's own: what a clinician edits and checks is what she signs and what is used.

use std::{collections::BTreeMap, fs, path::Path};

use app::{
    Acting, Actor, Env, Failure, Refusal, Secret,
    appointments::{HoldTime, TimesAsked, day_times, hold},
    screening::{Given, SelfCheck, assess},
};
use vocab::{ConcernId, OperationId, RuleId, VisitTypeId, ZoneId};

use crate::real::Real;

/// Somebody who was sunburnt the day before waits until then.
fn sunburnt_until(env: &Env) -> String {
    let asked = env.protocol.protocol.self_check().into_iter().flat_map(|(_, rules)| rules);
    let mut answers: BTreeMap<_, _> = asked.map(|rule| (rule.id.clone(), Given::No)).collect();
    let sunburn = RuleId::new("SCR-SUNBURN").unwrap();
    answers.insert(sunburn, Given::On("2026-11-22".parse().unwrap()));
    let check = SelfCheck {
        concern: Some(ConcernId::new("acne-scars").unwrap()),
        zones: vec![ZoneId::new("cheek").unwrap()],
        birth_on: Some("1990-03-27".parse().unwrap()),
        answers,
        answered_on: None,
        prior: None,
        is_complete: true,
    };
    assess(env, &check).unwrap().until.unwrap().to_string()
}

/// Keeps a time for a consultation.
fn keep(env: &Env) -> Result<(), Failure> {
    let visitor = Acting { actor: Actor::Visitor, operation_id: OperationId::from_bits(1) };
    let visit_type = VisitTypeId::new("consultation").unwrap();
    let asked = TimesAsked { visit_type: visit_type.clone(), practitioner: None, not_before: None };
    let start_at = day_times(env, &visitor, &asked, "2026-12-02".parse().unwrap()).unwrap()[0].start_at;
    let wanted =
        HoldTime { visit_type, start_at, practitioner: None, visitor: Secret::from_bits(1), response: None };
    hold(env, &visitor, wanted).map(|_| ())
}

/// A wait of three weeks after a sunburn instead of two, with its cases, as a clinician would write it.
fn lengthen(folder: &Path) {
    let file = folder.join("screening.toml");
    let text = fs::read_to_string(&file).unwrap();
    let (before, rest) = text.split_once("id = \"SCR-SUNBURN\"").unwrap();
    let (rule, after) = rest.split_once("[[rule]]").unwrap();
    let longer = rule
        .replace("within_days = 14", "within_days = 21")
        .replace("range_days = [0, 14]", "range_days = [0, 21]")
        .replace("2026-12-07", "2026-12-14")
        .replace("days_ago = 13", "days_ago = 20")
        .replace("days_ago = 14", "days_ago = 21")
        .replace("days_ago = 15", "days_ago = 22");
    fs::write(file, format!("{before}id = \"SCR-SUNBURN\"{longer}[[rule]]{after}")).unwrap();
    let file = folder.join("protocol.toml");
    let text = fs::read_to_string(&file).unwrap();
    let (before, after) = text.split_once("version = \"").unwrap();
    let (_, after) = after.split_once('"').unwrap();
    fs::write(file, format!("{before}version = \"our own 1\"{after}")).unwrap();
}

#[test]
fn a_clinics_own_protocol_is_what_is_signed_and_what_answers() {
    let real = Real::new("protocol = \"rules\"");
    let told = real.run("protocol export rules").unwrap();
    assert!(told.contains("files in rules"), "{told}");
    assert!(real.run("protocol export rules").unwrap_err().contains("nothing is written over"));
    let told = real.run("init clinic.toml").unwrap();
    assert!(told.contains("stipple sign-off clinic.toml --by NAME"), "{told}");
    real.run("sign-off clinic.toml --by ada --yes").unwrap();
    {
        let (env, told) = real.serve(&[]).unwrap();
        assert_eq!(told, None);
        assert_eq!(sunburnt_until(&env), "2026-12-06");
        keep(&env).unwrap();
    }

    lengthen(&real.path("rules"));
    {
        let (env, told) = real.serve(&[]).unwrap();
        let told = told.unwrap();
        assert!(told.contains("no clinical lead has signed protocol our own 1"), "{told}");
        assert!(told.contains("`stipple sign-off ") && told.contains("clinic.toml --by NAME"), "{told}");
        let refused = keep(&env).unwrap_err();
        assert!(matches!(refused, Failure::Refused(Refusal::ProtocolNotSigned)));
        // Beside it nothing can be signed; the error says what to do.
        let told = real.run("sign-off clinic.toml --by ada --yes").unwrap_err();
        assert!(told.contains("stop it first"), "{told}");
    }

    let listed = real.run("sign-off clinic.toml --by ada").unwrap();
    let signed = real.run("sign-off clinic.toml --by ada --yes").unwrap();
    for told in [listed, signed] {
        let mut lines = told.lines();
        assert_eq!(lines.next(), Some("protocol  micro-needling our own 1"));
        assert_eq!(lines.next().map(str::len), Some("SHA-256   ".len() + 64), "{told}");
        assert_eq!(lines.next(), Some("folder    rules"), "{told}");
    }
    let (env, told) = real.serve(&[]).unwrap();
    assert_eq!(told, None);
    assert_eq!(sunburnt_until(&env), "2026-12-13", "the clinician's three weeks");
    keep(&env).unwrap();
}

#[test]
fn the_flag_comes_before_the_file_and_what_pages_cannot_show_is_refused() {
    let real = Real::new("protocol = \"nowhere\"");
    let told = real.run("init clinic.toml").unwrap_err();
    assert!(told.contains("nowhere cannot be used"), "{told}");
    assert!(!real.path("data").exists(), "nothing was made");
    real.run("protocol export rules").unwrap();
    real.run("init clinic.toml --protocol rules").unwrap();
    let phases = real.path("rules/phases.toml");
    let text = fs::read_to_string(&phases).unwrap();
    fs::write(&phases, text.replace("id = \"consultation\"\ntitle", "id = \"talk\"\ntitle")).unwrap();
    let rules = real.path("rules");
    let told = real.serve(&["--protocol", rules.to_str().unwrap()]).map(|_| ()).unwrap_err();
    assert!(told.contains("there is no visit `consultation`"), "{told}");
    let told = real.run("sign-off clinic.toml --by ada --yes --protocol rules").unwrap_err();
    assert!(told.contains("there is no visit `consultation`"), "{told}");
    fs::write(&phases, text).unwrap();
    for file in ["rules/jurisdictions.toml", "rules/screening.toml"] {
        let text = fs::read_to_string(real.path(file)).unwrap();
        fs::write(real.path(file), text.replace("\"GB-ENG\"", "\"GB-XYZ\"")).unwrap();
    }
    let told = real.run("sign-off clinic.toml --by ada --yes --protocol rules").unwrap_err();
    assert!(told.contains("the protocol has no rules for GB-ENG, where the clinic is"), "{told}");
}
