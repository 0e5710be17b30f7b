//! Numbing cream that is barred: what patients, the desk and those who treat read of it.

use record::Role;

use crate::clinic::clinic;
use crate::journey::{VISITOR, value_after};

#[tokio::test]
async fn who_reacts_to_numbing_cream_is_promised_none_and_who_treats_reads_it_first() {
    let clinic = clinic();
    let prior = [("list-prior-treatments", "none")];
    clinic.self_check_of(&["cheek"], &[("list-allergies", "SCR-ALL-LIDO")], &prior).await;
    let answer = clinic.look("/self-check/answer", VISITOR).await.page;
    assert!(answer.contains("We work without numbing cream"), "{answer}");
    let choose = clinic.look("/appointments/new?visit=treatment", VISITOR).await.page;
    let (_, form) = clinic.held().await;
    clinic.wait(3);
    let booked = clinic.book(&form, &[]).await;
    let done = clinic.look(&booked.location, VISITOR).await.page;
    for page in [&choose, &form.page, &done] {
        assert!(page.contains("No numbing cream is used for you"), "{page}");
        assert!(!page.contains("with numbing cream") && !page.contains("while the cream works"), "{page}");
    }

    let id = booked.location.split('/').nth(2).unwrap().to_owned();
    let path = format!("/desk/appointments/{id}");
    let outcome = "<dd>no numbing cream, answered 23 November 2026, protocol ";
    for role in [Role::Practitioner, Role::ClinicalLead] {
        let seen = clinic.look(&path, &clinic.signed_in(role)).await.page;
        let flags = seen.find("No numbing cream").expect("the flag is there");
        assert!(flags < seen.find("class=\"panel-actions\"").unwrap(), "flags come first: {seen}");
        assert!(seen.contains("lidocaine, prilocaine") && seen.contains("none is used"), "{seen}");
        assert!(seen.contains(outcome), "{seen}");
        assert!(is_free_of_cream(&seen), "{seen}");
    }
    for role in [Role::FrontDesk, Role::Owner] {
        let seen = clinic.look(&path, &clinic.signed_in(role)).await.page;
        assert!(
            seen.contains(outcome) && !seen.contains("lidocaine"),
            "answers are not for the {role}: {seen}"
        );
        assert!(is_free_of_cream(&seen), "whoever prepares the room reads no other: {seen}");
    }
    let date = value_after(&done, "<time datetime=\"").unwrap();
    let day = clinic.look(&format!("/desk/day/{date}"), &clinic.signed_in(Role::FrontDesk)).await.page;
    assert!(day.contains(">no numbing cream</span>"), "the day says where to look: {day}");
    assert!(!day.contains(">numbing cream</span>"), "and not the opposite: {day}");
}

/// Whether nothing on the page tells that cream is put on, waited for or taken off.
fn is_free_of_cream(page: &str) -> bool {
    let used =
        ["put on the numbing cream", "cream works", "trace of cream", "We apply it", "with numbing cream"];
    !used.iter().any(|words| page.contains(words))
}

#[tokio::test]
async fn the_plan_of_who_reacts_to_numbing_cream_speaks_of_none() {
    let prior = [("list-prior-treatments", "none")];
    for (rule, is_barred) in [("SCR-ALL-LIDO", true), ("none", false)] {
        let clinic = clinic();
        clinic.self_check_of(&["cheek"], &[("list-allergies", rule)], &prior).await;
        let (_, form) = clinic.held().await;
        clinic.wait(3);
        let booked = clinic.book(&form, &[]).await;
        let id = booked.location.split('/').nth(2).unwrap().parse().unwrap();
        let link = clinic.web.env.link(id);
        let secret = link.rsplit('/').next().unwrap();
        let visit = clinic.look("/visit", &format!("{VISITOR}; stipple-visit={secret}")).await.page;
        assert_eq!(is_free_of_cream(&visit), is_barred, "{visit}");
        let words = "No cream for you: your therapist talks with you about comfort.";
        assert_eq!(visit.contains(words), is_barred, "{visit}");
        assert!(visit.contains("Do not put on any numbing cream at home"), "{visit}");
    }
}

#[tokio::test]
async fn barred_cream_is_flagged_beside_a_stricter_answer_and_under_an_older_protocol() {
    let clinic = clinic();
    let prior = [("list-prior-treatments", "none")];
    // An ester allergy leaves other creams.
    clinic.self_check_of(&["cheek"], &[("list-allergies", "SCR-ALL-ESTER")], &prior).await;
    let (_, form) = clinic.held().await;
    clinic.wait(3);
    let booked = clinic.book(&form, &[]).await;
    let done = clinic.look(&booked.location, VISITOR).await.page;
    let date = value_after(&done, "<time datetime=\"").unwrap();
    let path = format!("/desk/day/{date}");
    let desk = clinic.signed_in(Role::FrontDesk);
    assert!(clinic.look(&path, &desk).await.page.contains(">cream with care</span>"));

    let change = |set: &str| {
        let last = "(SELECT response_id FROM appointment WHERE response_id IS NOT NULL)";
        let sql = format!("UPDATE questionnaire_response SET {set} WHERE response_id IN {last}");
        clinic.place.raw().execute(&sql).unwrap();
    };
    change("outcome = 'clinician_decides'");
    let day = clinic.look(&path, &desk).await.page;
    assert!(day.contains(">cream with care</span></span><span class=\"flag\">"), "both: {day}");
    assert!(day.contains(">a clinician decides</span>"), "{day}");

    change("outcome = 'not_this_product', protocol_sha256 = 'older'");
    assert!(clinic.look(&path, &desk).await.page.contains(">cream with care</span>"));
}
