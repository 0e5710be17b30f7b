//! What the desk reads when something cannot be done: what has changed, who has to act, which times help; and what it is
//! asked before something is gone for good.

use record::Role;
use vocab::AppointmentId;

use crate::clinic::{Clinic, clinic};
use crate::journey::{Answer, VISITOR, hidden};
use crate::visit::{form, pairs};

/// Opens a form of the desk and sends it with these fields beside what it carries.
async fn send(
    clinic: &Clinic,
    desk: &str,
    form: &[(String, String)],
    path: &str,
    typed: &[(&str, &str)],
) -> Answer {
    let fields: Vec<(&str, &str)> = pairs(form).into_iter().chain(typed.iter().copied()).collect();
    clinic.ask(path, desk, &fields).await
}

/// Moves a visit by a day at the desk, past the form that is open.
fn moved_meanwhile(clinic: &Clinic, id: &str) {
    let (id, env) = (id.parse::<AppointmentId>().unwrap(), &clinic.web.env);
    let holder = app::Acting { actor: app::Actor::LinkHolder(id), ..clinic.visitor() };
    let visit = app::appointments::show(env, &holder, id).unwrap().appointment;
    let asked =
        app::appointments::TimesAsked { visit_type: visit.visit_type, practitioner: None, not_before: None };
    let day = "2026-12-09".parse().unwrap();
    let times = app::appointments::day_times(env, &clinic.visitor(), &asked, day).unwrap();
    let command = app::appointments::MoveAppointment {
        id,
        seen_sequence: visit.sequence,
        start_at: times[0].start_at,
        practitioner: None,
        hold: None,
        tell_patient: false,
    };
    app::appointments::move_to(env, &holder, command).unwrap();
}

#[tokio::test]
async fn a_cancel_form_that_is_older_than_the_visit_says_what_changed_and_keeps_the_remark() {
    let clinic = clinic();
    let desk = clinic.signed_in(Role::FrontDesk);
    let (id, _) = clinic.booked("Rita Rings");
    let path = format!("/desk/appointments/{id}/cancel");
    let opened = form(&clinic.look(&path, &desk).await.page, &path);
    moved_meanwhile(&clinic, &id);
    let typed = [("note", "she rang at noon"), ("tell_patient", "no")];
    let unsaid = send(&clinic, &desk, &opened, &path, &typed).await;
    assert_eq!(unsaid.status, 422);
    assert!(
        unsaid.page.contains("has changed since you opened the form"),
        "the slip hides nothing: {}",
        unsaid.page
    );
    let whole: Vec<_> = typed.into_iter().chain([("reason", "patient")]).collect();
    let stale = send(&clinic, &desk, &opened, &path, &whole).await;
    assert_eq!(stale.status, 409);
    for words in
        ["a patient by link: moved", "9 December", "value=\"she rang at noon\"", "value=\"patient\" checked"]
    {
        assert!(stale.page.contains(words), "{words}: {}", stale.page);
    }
    let done = send(&clinic, &desk, &form(&stale.page, &path), &path, &whole).await;
    assert_eq!((done.status, done.location.as_str()), (303, "/desk/day/2026-12-09?news=cancelled"));
}

#[tokio::test]
async fn a_move_form_that_is_older_than_the_visit_says_what_changed() {
    let clinic = clinic();
    let desk = clinic.signed_in(Role::FrontDesk);
    let (id, _) = clinic.booked("Rita Rings");
    let path = format!("/desk/appointments/{id}/move");
    let opened = form(&clinic.look(&path, &desk).await.page, &path);
    moved_meanwhile(&clinic, &id);
    let typed = [("date", "2026-12-10"), ("time", "11:00"), ("practitioner", ""), ("tell_patient", "no")];
    let stale = send(&clinic, &desk, &opened, &path, &typed).await;
    assert_eq!(stale.status, 409);
    for words in ["a patient by link: moved", "Now Wednesday 9 December", "value=\"2026-12-10\""] {
        assert!(stale.page.contains(words), "{words}: {}", stale.page);
    }
    assert!(
        !stale.page.contains("Reload the page") && !stale.page.contains("name=\"offer\""),
        "{}",
        stale.page
    );
    let unsaid = send(&clinic, &desk, &opened, &path, &typed[..3]).await;
    assert!(unsaid.status == 422 && unsaid.page.contains("has changed since you opened the form"));
}

#[tokio::test]
async fn a_cancelled_visit_has_nothing_to_move_or_cancel() {
    let clinic = clinic();
    let desk = clinic.signed_in(Role::FrontDesk);
    let (id, _) = clinic.booked("Rita Rings");
    let path = format!("/desk/appointments/{id}");
    let forms = ["move", "cancel"].map(|step| format!("{path}/{step}"));
    let open = clinic.look(&forms[0], &desk).await.page;
    let cancel = [("reason", "patient"), ("note", ""), ("tell_patient", "no"), ("sequence", "0")];
    assert_eq!(clinic.ask(&forms[1], &desk, &cancel).await.status, 303);
    for path in &forms {
        let page = clinic.look(path, &desk).await.page;
        assert!(
            page.contains("This visit is cancelled") && !page.contains(&format!("action=\"{path}\"")),
            "{page}"
        );
        assert!(page.contains(&format!("?open={id}#appointment\">Back to the appointment")), "{page}");
    }
    let typed = [("date", "2026-12-10"), ("time", "11:00"), ("practitioner", ""), ("tell_patient", "no")];
    let late = send(&clinic, &desk, &form(&open, &forms[0]), &forms[0], &typed).await;
    assert!(late.status == 409 && late.page.contains("This visit is cancelled"), "{}", late.page);
}

/// The fields of a consultation at the desk on Tuesday 1 December.
fn booking<'f>(token: &'f str, time: &'f str, with: &'f str) -> [(&'f str, &'f str); 8] {
    [
        ("form_token", token),
        ("visit_type", "consultation"),
        ("practitioner", with),
        ("date", "2026-12-01"),
        ("time", time),
        ("name", "Rita Rings"),
        ("phone", "020 7946 0999"),
        ("note", "by bicycle"),
    ]
}

#[tokio::test]
async fn the_desk_of_a_clinic_without_a_sign_off_is_told_who_signs_and_where() {
    let mut clinic = clinic();
    clinic.unsign();
    let desk = format!("{VISITOR}; {}", clinic.signed_in(Role::FrontDesk));
    let token = hidden(&clinic.look("/desk/appointments/new", &desk).await.page, "form_token");
    let mut fields = booking(&token, "10:00", "");
    let refused = clinic.ask("/desk/appointments", &desk, &fields).await;
    fields[5].1 = "";
    let mistyped = clinic.ask("/desk/appointments", &desk, &fields).await;
    assert_eq!((refused.status, mistyped.status), (409, 422));
    for page in [&refused.page, &mistyped.page] {
        assert!(
            page.contains("The clinical lead has to sign") && page.contains("stipple sign-off"),
            "{page}"
        );
        assert!(!page.contains("ring the clinic") && !page.contains("name=\"offer\""), "{page}");
        assert!(page.contains("by bicycle"), "{page}");
    }
}

#[tokio::test]
async fn other_times_begin_with_those_of_the_therapist_who_was_asked_for() {
    let clinic = clinic();
    let desk = format!("{VISITOR}; {}", clinic.signed_in(Role::FrontDesk));
    let rules = app::diary::current(&clinic.web.env).unwrap().rules.clone();
    let wished = rules.practitioners().last().unwrap();
    let token = hidden(&clinic.look("/desk/appointments/new", &desk).await.page, "form_token");
    let id = wished.id.to_string();
    let refused = clinic.ask("/desk/appointments", &desk, &booking(&token, "07:00", &id)).await;
    assert_eq!(refused.status, 409, "{}", refused.page);
    let offers =
        refused.page.split("name=\"offer\"").skip(1).map(|rest| rest.split("</button>").next().unwrap());
    let offers: Vec<&str> = offers.collect();
    assert_eq!(offers.len(), 6, "{}", refused.page);
    assert!(offers[..3].iter().all(|offer| offer.ends_with(&wished.name)), "{offers:?}");
    let times: std::collections::BTreeSet<&str> = offers.iter().copied().collect();
    assert_eq!(times.len(), 6, "none twice: {offers:?}");
}

#[tokio::test]
async fn a_therapist_who_is_away_is_said_to_be_away_and_not_squeezed_in() {
    let clinic = clinic();
    let desk = format!("{VISITOR}; {}", clinic.signed_in(Role::FrontDesk));
    let rules = app::diary::current(&clinic.web.env).unwrap().rules.clone();
    let who = rules.practitioners().next().unwrap().id.to_string();
    let away = [("resource", who.as_str()), ("from", ""), ("to", "")];
    assert_eq!(clinic.ask("/desk/day/2026-12-01/absences", &desk, &away).await.status, 303);
    let token = hidden(&clinic.look("/desk/appointments/new", &desk).await.page, "form_token");
    let refused = clinic.ask("/desk/appointments", &desk, &booking(&token, "10:00", &who)).await;
    assert_eq!(refused.status, 409);
    assert!(refused.page.contains("away or off duty at that time"), "{}", refused.page);
    assert!(!refused.page.contains("Book on an extra seat"), "hours hold as ever: {}", refused.page);
}

#[tokio::test]
async fn what_is_taken_is_named_at_the_desk() {
    let clinic = clinic();
    let desk = format!("{VISITOR}; {}", clinic.signed_in(Role::FrontDesk));
    let rules = app::diary::current(&clinic.web.env).unwrap().rules.clone();
    let asked = app::appointments::TimesAsked {
        visit_type: vocab::VisitTypeId::new("treatment").unwrap(),
        practitioner: None,
        not_before: None,
    };
    let day: jiff::civil::Date = "2026-12-01".parse().unwrap();
    let free = day.series(jiff::Span::new().days(1)).take(30).find_map(|day| {
        let times = app::appointments::day_times(&clinic.web.env, &clinic.visitor(), &asked, day).unwrap();
        Some((day.to_string(), times.first()?.start_at.to_zoned(rules.zone.clone())))
    });
    let (day, start) = free.unwrap();
    for device in rules.resources.iter().filter(|one| one.kind == record::ResourceKind::Device) {
        let (id, path) = (device.id.to_string(), format!("/desk/day/{day}/absences"));
        let away = [("resource", id.as_str()), ("from", ""), ("to", "")];
        assert_eq!(clinic.ask(&path, &desk, &away).await.status, 303, "at the mender's");
    }
    let token = hidden(&clinic.look("/desk/appointments/new", &desk).await.page, "form_token");
    let time = start.strftime("%H:%M").to_string();
    let mut fields = booking(&token, &time, "");
    (fields[1].1, fields[3].1) = ("treatment", &day);
    let refused = clinic.ask("/desk/appointments", &desk, &fields).await;
    assert!(refused.status == 409 && refused.page.contains("No device is free"), "{}", refused.page);
}

#[tokio::test]
async fn somebody_is_taken_off_the_list_only_after_a_question() {
    let clinic = clinic();
    let desk = clinic.signed_in(Role::FrontDesk);
    let list = clinic.look("/desk/wait-list", &desk).await.page;
    let path = list.split("href=\"").find(|rest| rest.starts_with("/desk/wait-list/")).unwrap();
    let path = path.split('"').next().unwrap();
    let before = list.matches("class=\"wait-row\"").count();
    let question = clinic.look(path, &desk).await;
    assert!(question.status == 200 && question.page.contains("Take off the list: "), "{}", question.page);
    let count =
        async || clinic.look("/desk/wait-list", &desk).await.page.matches("class=\"wait-row\"").count();
    assert_eq!(count().await, before, "asked, not done");
    let done = clinic.ask(path, &desk, &pairs(&form(&question.page, path))).await;
    assert_eq!((done.status, done.location.as_str()), (303, "/desk/wait-list?news=removed"));
    assert_eq!(count().await, before - 1);
    let again = clinic.look(path, &desk).await;
    assert_eq!((again.status, again.location.as_str()), (303, "/desk/wait-list"), "off it already");
}

#[tokio::test]
async fn whoever_cancels_at_the_desk_reads_that_the_time_is_offered_on() {
    let clinic = clinic();
    let desk = clinic.signed_in(Role::FrontDesk);
    let (id, _) = clinic.booked("Rita Rings");
    for step in ["move", "cancel"] {
        let page = clinic.look(&format!("/desk/appointments/{id}/{step}"), &desk).await.page;
        assert!(page.contains("offered to the first three on the wait list"), "{page}");
    }
}

#[tokio::test]
async fn the_history_of_a_shared_desk_names_no_patient() {
    let clinic = clinic();
    let (id, _) = clinic.booked("Rita Rings");
    let page =
        clinic.look(&format!("/desk/appointments/{id}"), &clinic.signed_in(Role::FrontDesk)).await.page;
    let title = page.split("<title>").nth(1).and_then(|rest| rest.split(" · ").next());
    assert_eq!(title, Some("Appointment"));
    clinic.self_check(&[]).await;
    let answer = clinic.look("/self-check/answer", VISITOR).await.page;
    assert!(answer.contains("<title>Your answer"), "{answer}");
}

#[tokio::test]
async fn the_words_around_the_desk_are_those_of_the_people_at_it() {
    let clinic = clinic();
    let page = clinic.look("/desk", &clinic.signed_in(Role::Practitioner)).await;
    let page = if page.status == 303 {
        clinic.look(&page.location, &clinic.signed_in(Role::Practitioner)).await.page
    } else {
        page.page
    };
    assert!(page.contains("<small>therapist</small>"), "{page}");
    let nowhere = clinic.look("/desk/nothing", &clinic.signed_in(Role::FrontDesk)).await;
    assert!(nowhere.status == 404 && !nowhere.page.contains("ring the clinic"), "{}", nowhere.page);
    for (name, password, words) in [
        ("", "x", &["Write the name you sign in with."][..]),
        ("ada", "", &["Write your password."]),
        (" ", "", &["Write the name you sign in with.", "Write your password."]),
    ] {
        let page =
            clinic.ask("/sign-in", VISITOR, &[("name", name), ("password", password), ("next", "")]).await;
        assert_eq!(page.status, 422);
        assert!(words.iter().all(|words| page.page.contains(words)), "{words:?}: {}", page.page);
        assert!(!page.page.contains("do not belong together"), "{}", page.page);
    }
}
