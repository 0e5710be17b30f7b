//! Between holding a time and having it: the clinic changes its mind, the self-check is used up, booking closes. Nobody is
//! led in a circle, and nothing that was typed is lost.

use record::Role;

use crate::clinic::{Clinic, clinic};
use crate::journey::{Answer, VISITOR, hidden, value_after};
use crate::visit::{form, pairs};

/// The local day of a page's `time`.
fn day_of(page: &str) -> jiff::civil::Date {
    let at: jiff::Timestamp = hidden(page, "time").parse().unwrap();
    at.to_zoned(jiff::tz::TimeZone::get("Europe/London").unwrap()).date()
}

/// The desk notes that the therapist of a held time is away on its day.
async fn send_away(clinic: &Clinic, page: &str) {
    let who = hidden(page, "with");
    let away = [("resource", who.as_str()), ("from", ""), ("to", "")];
    let path = format!("/desk/day/{}/absences", day_of(page));
    assert_eq!(clinic.ask(&path, &clinic.signed_in(Role::FrontDesk), &away).await.status, 303);
}

/// Holds this time with this therapist, and opens its form.
async fn hold(clinic: &Clinic, time: &str, with: &str) -> Answer {
    let held = clinic.ask("/holds", VISITOR, &[("visit", "treatment"), ("with", with), ("time", time)]).await;
    assert_eq!(held.status, 303, "{}", held.page);
    clinic.look(&held.location, VISITOR).await
}

#[tokio::test]
async fn a_held_time_that_cannot_be_kept_is_given_up_and_the_wish_stays_as_it_was() {
    let clinic = clinic();
    clinic.self_check(&[]).await;
    for wants_somebody in [false, true] {
        let (_, anybody) = clinic.held().await;
        let lead = hidden(&anybody.page, "with");
        let wish = if wants_somebody { lead.as_str() } else { "" };
        let form = hold(&clinic, &hidden(&anybody.page, "time"), wish).await;
        assert_eq!(hidden(&form.page, "wish"), wish, "{}", form.page);
        send_away(&clinic, &form.page).await;
        clinic.wait(3);
        let refused = clinic.book(&form, &[("note", "I come by bicycle")]).await;
        assert_eq!(refused.status, 409);
        assert!(refused.page.contains("The time you held cannot be kept"), "{}", refused.page);
        assert!(!refused.page.contains("You hold a time"), "it leads nowhere: {}", refused.page);
        assert!(refused.page.contains("I come by bicycle"), "what was typed is kept");
        assert_eq!(
            hidden(&refused.page, "with"),
            wish,
            "whom they wanted to see, not whom they would have seen"
        );
    }
}

#[tokio::test]
async fn a_move_to_a_held_time_that_cannot_be_kept_leads_to_other_times() {
    let clinic = clinic();
    clinic.self_check(&[]).await;
    let (_, details) = clinic.held().await;
    clinic.wait(3);
    let booked = clinic.book(&details, &[]).await;
    let id: vocab::AppointmentId = booked.location.split('/').nth(2).unwrap().parse().unwrap();
    let link = format!("{VISITOR}; stipple-visit={}", clinic.web.env.link_key.secret(id).reveal());
    let day = day_of(&details.page).saturating_add(jiff::Span::new().days(7));
    let times = clinic.look(&format!("/visit/move?day={day}"), &link).await.page;
    let mut wanted = form(&times, "/visit/move/hold");
    wanted.push(("time".into(), value_after(&times, "name=\"time\" value=\"").unwrap()));
    let held = clinic.ask("/visit/move/hold", &link, &pairs(&wanted)).await;
    let question = clinic.look(&held.location, &link).await.page;
    send_away(&clinic, &question).await;
    let refused = clinic.ask("/visit/move", &link, &pairs(&form(&question, "/visit/move"))).await;
    assert_eq!(refused.status, 409);
    assert!(refused.page.contains("The time you held cannot be kept"), "{}", refused.page);
    assert!(refused.page.contains("Choose another time") && !refused.page.contains("You hold a time"));
}

#[tokio::test]
async fn a_second_time_asks_for_a_self_check_of_its_own_and_keeps_what_was_typed() {
    let clinic = clinic();
    clinic.self_check(&[]).await;
    let (_, first) = clinic.held().await;
    let later = day_of(&first.page).saturating_add(jiff::Span::new().days(7));
    let times = clinic.look(&format!("/appointments/new?visit=treatment&day={later}"), VISITOR).await.page;
    let second = hold(&clinic, &value_after(&times, "name=\"time\" value=\"").unwrap(), "").await;
    assert!(!second.page.contains("a self-check of its own"), "{}", second.page);
    clinic.wait(3);
    assert_eq!(clinic.book(&first, &[]).await.status, 303);

    let (path, words) = (format!("/holds/{}", hidden(&second.page, "hold")), "a self-check of its own");
    assert!(clinic.look(&path, VISITOR).await.page.contains(words), "said before anything is typed");
    let refused = clinic.book(&second, &[("note", "I come by bicycle")]).await;
    assert_eq!(refused.status, 409);
    for kept in ["Please take the self-check first", words, "I come by bicycle", "value=\"Ada Example\""] {
        assert!(refused.page.contains(kept), "{kept}: {}", refused.page);
    }
    clinic.self_check(&[]).await;
    let booked = clinic.book(&refused, &[("note", "I come by bicycle")]).await;
    assert_eq!(booked.status, 303, "{}", booked.page);
}

#[tokio::test]
async fn a_form_that_is_sent_after_booking_has_closed_comes_back_filled() {
    let mut clinic = clinic();
    clinic.self_check(&[]).await;
    let (_, form) = clinic.held().await;
    clinic.wait(3);
    clinic.unsign();
    let refused = clinic.book(&form, &[("note", "I come by bicycle")]).await;
    assert_eq!(refused.status, 409);
    for kept in ["Online booking is not open yet", "I come by bicycle", "value=\"Ada Example\""] {
        assert!(refused.page.contains(kept), "{kept}: {}", refused.page);
    }
}
