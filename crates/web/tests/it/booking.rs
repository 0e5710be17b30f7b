//! What the pages around a booking say once things have gone another way: the visit is off, its file is downloaded, the
//! hold has run out, the time is somebody else's.

use crate::clinic::{Clinic, clinic};
use crate::journey::{Answer, VISITOR, hidden, value_after};
use crate::visit::{form, pairs};

/// Held and filled in, and what came back of it.
async fn booked(clinic: &Clinic) -> (Answer, Answer) {
    clinic.self_check(&[("list-prior-treatments", "none")]).await;
    let (_, form) = clinic.held().await;
    clinic.wait(3);
    let booked = clinic.book(&form, &[]).await;
    assert_eq!(booked.status, 303, "{}", booked.page);
    (form, booked)
}

/// The cookies of whoever opened the link of the e-mail about this booking.
fn with_link_of(clinic: &Clinic, booked: &Answer) -> String {
    let id = booked.location.split('/').nth(2).unwrap().parse().unwrap();
    format!("{VISITOR}; stipple-visit={}", clinic.web.env.link_key.secret(id).reveal())
}

#[tokio::test]
async fn a_form_whose_visit_is_off_again_says_so_and_leads_to_the_times() {
    let clinic = clinic();
    let (sent, booked) = booked(&clinic).await;
    let before = clinic.look(&booked.location, VISITOR).await.page;
    assert!(before.contains("One click left") && before.contains("until 09:30"), "{before}");
    let link = with_link_of(&clinic, &booked);
    let cancel = form(&clinic.look("/visit/cancel", &link).await.page, "/visit/cancel");
    assert_eq!(clinic.ask("/visit/cancel", &link, &pairs(&cancel)).await.status, 303);

    let again = clinic.book(&sent, &[]).await;
    assert_eq!(again.status, 303);
    for path in [&booked.location, &again.location] {
        let page = clinic.look(path, VISITOR).await.page;
        assert!(page.contains("<h1>This visit is cancelled</h1>"), "{page}");
        assert!(page.contains("href=\"/appointments/new?visit=treatment\""), "{page}");
        assert!(!page.contains("We look forward") && !page.contains("<dt>Price</dt>"), "{page}");
    }
}

#[tokio::test]
async fn the_booked_page_of_a_visit_nobody_confirmed_says_that_it_lapsed() {
    let clinic = clinic();
    let (_, booked) = booked(&clinic).await;
    clinic.monday.pass(31 * 60);
    let page = clinic.look(&booked.location, VISITOR).await.page;
    assert!(page.contains("<h1>This visit was not confirmed in time</h1>"), "{page}");
    assert!(page.contains("href=\"/appointments/new?visit=treatment\""), "{page}");
}

#[tokio::test]
async fn the_calendar_file_says_how_the_visit_stands() {
    let clinic = clinic();
    let (_, booked) = booked(&clinic).await;
    let link = with_link_of(&clinic, &booked);
    let file = async || clinic.look("/visit/calendar.ics", &link).await.page;
    let says = |file: &str, lines: [&str; 3]| {
        for line in lines {
            assert!(file.lines().any(|found| found == line), "{line}: {file}");
        }
    };
    says(&file().await, ["METHOD:PUBLISH", "STATUS:TENTATIVE", "SEQUENCE:0"]);
    let visit = clinic.look("/visit", &link).await.page;
    let confirm = form(&visit, "/visit/confirm");
    assert_eq!(clinic.ask("/visit/confirm", &link, &pairs(&confirm)).await.status, 303);
    says(&file().await, ["METHOD:PUBLISH", "STATUS:CONFIRMED", "SEQUENCE:0"]);
    let cancel = form(&clinic.look("/visit/cancel", &link).await.page, "/visit/cancel");
    assert_eq!(clinic.ask("/visit/cancel", &link, &pairs(&cancel)).await.status, 303);
    says(&file().await, ["METHOD:CANCEL", "STATUS:CANCELLED", "SEQUENCE:1"]);
}

#[tokio::test]
async fn a_visit_that_lapsed_is_taken_out_of_the_calendar_that_has_it() {
    let clinic = clinic();
    let (_, booked) = booked(&clinic).await;
    clinic.monday.pass(31 * 60);
    let file = clinic.look("/visit/calendar.ics", &with_link_of(&clinic, &booked)).await.page;
    assert!(file.contains("STATUS:CANCELLED") && file.contains("SEQUENCE:1"), "{file}");
}

#[tokio::test]
async fn a_form_whose_hold_has_run_out_says_that_the_time_is_free_again() {
    let clinic = clinic();
    clinic.self_check(&[("list-prior-treatments", "none")]).await;
    let (_, form) = clinic.held().await;
    assert!(form.page.contains("We hold this time for you until"), "{}", form.page);
    clinic.monday.pass(11 * 60);
    clinic.wait(3);
    let wrong = clinic.book(&form, &[("email", "ada@")]).await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.page.contains("The time is free again. Send the form anyway"), "{}", wrong.page);
    assert!(!wrong.page.contains("We hold this time") && !wrong.page.contains("data-seconds-left"));
    let right = clinic.book(&wrong, &[]).await;
    assert_eq!(right.status, 303, "nobody took it: {}", right.page);
}

#[tokio::test]
async fn what_was_typed_for_a_time_that_was_taken_comes_along_to_another() {
    let clinic = clinic();
    clinic.self_check(&[("list-prior-treatments", "none")]).await;
    let (_, slow) = clinic.held().await;
    clinic.monday.pass(11 * 60);
    // Every therapist of that time is booked by somebody quicker.
    for quick in ["Bea Example", "Cleo Example", "Dan Example", "Eve Example", "Fay Example"] {
        let (_, form) = clinic.held().await;
        if hidden(&form.page, "time") != hidden(&slow.page, "time") {
            break;
        }
        clinic.wait(3);
        let booked = clinic.book(&form, &[("name", quick), ("email", "quick@example.org")]).await;
        assert_eq!(booked.status, 303, "{}", booked.page);
        clinic.self_check(&[("list-prior-treatments", "none")]).await;
    }
    clinic.wait(3);
    let typed = [("note", "I come by bicycle"), ("phone", "+44 20 7946 0111")];
    let taken = clinic.book(&slow, &typed).await;
    assert_eq!(taken.status, 409, "{}", taken.page);
    assert!(taken.page.contains("What you typed is kept"), "{}", taken.page);

    // From there to another day and back, without an address that says who asks.
    let to = crate::journey::value_after(&taken.page, "form=\"go-on\" name=\"to\" value=\"").unwrap();
    let mut way = form(&taken.page, "/appointments/new#times");
    way.push(("to".into(), to.replace("&#38;", "&")));
    let elsewhere = clinic.ask("/appointments/new", VISITOR, &pairs(&way)).await;
    assert_eq!(elsewhere.status, 200, "{}", elsewhere.page);
    assert!(
        elsewhere.page.contains("What you typed is kept") && elsewhere.page.contains("I come by bicycle")
    );
    assert!(!elsewhere.page.contains("role=\"alert\""), "said once: {}", elsewhere.page);

    let mut choice = form(&taken.page, "/holds");
    choice.push(("time".into(), crate::journey::value_after(&taken.page, "name=\"time\" value=\"").unwrap()));
    let filled = clinic.ask("/holds", VISITOR, &pairs(&choice)).await;
    assert_eq!((filled.status, filled.location.as_str()), (200, ""), "no address holds what was typed");
    for kept in [
        "value=\"Ada Example\"",
        "value=\"ada@example.org\"",
        "bicycle",
        "7946 0111",
        "value=\"yes\" checked",
    ] {
        assert!(filled.page.contains(kept), "{kept}: {}", filled.page);
    }
    clinic.wait(3);
    assert_eq!(clinic.book(&filled, &typed).await.status, 303);
}

#[tokio::test]
async fn what_was_typed_for_a_time_that_is_given_up_comes_along_to_another() {
    let clinic = clinic();
    clinic.self_check(&[("list-prior-treatments", "none")]).await;
    let (path, page) = clinic.held().await;
    let release = format!("{path}/release");
    assert!(page.page.contains(&format!("formaction=\"{release}\"")), "one form, two ways: {}", page.page);
    let mut fields = form(&page.page, "/appointments");
    fields.extend([("name".into(), "Ada Example".into()), ("note".into(), "I come by bicycle".into())]);
    let times = clinic.ask(&release, VISITOR, &pairs(&fields)).await;
    assert_eq!((times.status, times.location.as_str()), (200, ""), "no address holds what was typed");
    assert!(times.page.contains("What you typed is kept") && !times.page.contains("You hold a time"));
    let mut choice = form(&times.page, "/holds");
    choice.push(("time".into(), crate::journey::value_after(&times.page, "name=\"time\" value=\"").unwrap()));
    let filled = clinic.ask("/holds", VISITOR, &pairs(&choice)).await.page;
    assert!(filled.contains("value=\"Ada Example\"") && filled.contains("bicycle"), "{filled}");
    // Also when the hold had run out by then.
    let late = clinic.ask(&release, VISITOR, &pairs(&fields)).await;
    assert!(late.status == 200 && late.page.contains("I come by bicycle"), "{}", late.page);
    // Whoever has typed nothing finds an address to come back to.
    let (path, page) = clinic.held().await;
    let empty = form(&page.page, "/appointments");
    let times = clinic.ask(&format!("{path}/release"), VISITOR, &pairs(&empty)).await;
    assert!(times.location.starts_with("/appointments/new?visit=treatment&day="), "{}", times.location);
}

#[tokio::test]
async fn what_is_wrong_with_the_form_stands_right_under_its_heading() {
    let clinic = clinic();
    clinic.self_check(&[("list-prior-treatments", "none")]).await;
    let (_, form) = clinic.held().await;
    clinic.wait(3);
    let page = clinic.book(&form, &[("email", "ada@")]).await.page;
    let after = page.split("<h1>Your details</h1>").nth(1).unwrap().trim_start();
    assert!(after.starts_with("<div class=\"error-summary\""), "{page}");
}

#[tokio::test]
async fn a_question_sent_twice_is_one_and_another_one_from_the_same_form_is_kept_too() {
    let clinic = clinic();
    let token = hidden(&clinic.look("/contact", VISITOR).await.page, "form_token");
    clinic.wait(3);
    let ask = async |question: &str| {
        let fields = [
            ("form_token", token.as_str()),
            ("topic", "other"),
            ("name", "Ada Example"),
            ("email", "ada@example.org"),
            ("phone", ""),
            ("question", question),
        ];
        let sent = clinic.ask("/enquiries", VISITOR, &fields).await;
        assert_eq!((sent.status, sent.location.as_str()), (303, "/contact?sent=yes"), "{}", sent.page);
    };
    for question in ["Does it hurt?", "Does it hurt?", "Is there parking?", "Is there parking?"] {
        ask(question).await;
    }
    let seen = clinic.look("/desk/enquiries", &clinic.signed_in(record::Role::FrontDesk)).await.page;
    for question in ["Does it hurt?", "Is there parking?"] {
        assert_eq!(seen.matches(question).count(), 1, "{question}: {seen}");
    }
}

#[tokio::test]
async fn the_wait_list_asks_only_for_days_on_which_somebody_works() {
    let clinic = clinic();
    let page = clinic.look("/wait-list/new?visit=consultation", VISITOR).await.page;
    let offers = |day: u8| page.contains(&format!("name=\"weekday\" value=\"{day}\""));
    assert!((1..=6).all(offers) && !offers(7), "nobody works on Sundays: {page}");
}

#[tokio::test]
async fn the_day_of_the_visit_is_told_by_the_clock() {
    let clinic = clinic();
    let (_, booked) = booked(&clinic).await;
    let page = clinic.look("/visit", &with_link_of(&clinic, &booked)).await.page;
    let begins = value_of_visit(&page);
    assert!(
        page.contains(&format!("<span class=\"timeline-at figures\">{begins}</span>")),
        "{begins}: {page}"
    );
    assert!(!page.contains("figures\">0:"), "{page}");
    assert!(!page.contains("since last time"), "it may be the first: {page}");
}

/// When a visit begins, as its card says.
fn value_of_visit(page: &str) -> String {
    let (_, rest) = page.split_once("<p class=\"visit-time display\">").unwrap();
    rest.split('–').next().unwrap().to_owned()
}

#[tokio::test]
async fn the_treatment_page_says_each_thing_once_and_only_of_what_is_offered() {
    let clinic = clinic();
    let page = clinic.look("/treatments/micro-needling", VISITOR).await.page;
    for words in
        ["<dd>3 to 6, usually 3</dd>", "<dd>every 2 to 6 weeks, usually 4</dd>", "<dd>every 4 weeks</dd>"]
    {
        assert!(page.contains(words), "{words}");
    }
    assert!(page.contains("About three months after the start. Judged about five months after the start."));
    let given = page.split("If yours was given by a doctor, ask that doctor first.").nth(1).unwrap();
    assert!(!given.trim_start().starts_with("If a doctor"), "said twice");
    assert!(page.contains("Pattern hair loss") && page.contains("We do not offer this."));
    assert!(!page.contains(">Scalp<"), "nothing that is offered is treated there");
    let home = clinic.look("/", VISITOR).await.page;
    assert!(home.contains("<b>3 to 6 sessions</b>"), "{home}");
}

#[tokio::test]
async fn what_a_page_speaks_of_is_there_to_be_found() {
    let clinic = clinic();
    clinic.self_check(&[("list-prior-treatments", "none")]).await;
    let places = clinic.look("/self-check/2", VISITOR).await.page;
    assert!(places.contains("<span>Back</span>") && places.contains("Previous screen</button>"), "{places}");

    let (_, form) = clinic.held().await;
    assert!(
        form.page.contains("href=\"/privacy\" target=\"_blank\""),
        "nothing typed is lost: {}",
        form.page
    );
    assert!(form.page.contains("(opens in a new tab)"), "{}", form.page);

    let months = ["2026-11", "2026-12", "2027-01", "2027-02", "2027-03"];
    let mut ends = 0;
    for month in months {
        let path = format!("/appointments/new?visit=consultation&month={month}");
        let page = clinic.look(&path, VISITOR).await.page;
        ends += page.matches("You can book until ").count();
        if page.contains("You can book until ") {
            assert!(!page.contains("Month after"), "the last month that can be booked");
        }
    }
    assert!(ends > 0, "the window ends in one of them");
}

#[tokio::test]
async fn nobody_agrees_to_a_term_that_has_run_out() {
    let clinic = clinic();
    let terms = async |day: &str| {
        let times =
            clinic.look(&format!("/appointments/new?visit=consultation&day={day}"), VISITOR).await.page;
        let time = value_after(&times, "name=\"time\" value=\"")?;
        let fields = [("visit", "consultation"), ("with", ""), ("time", time.as_str())];
        let held = clinic.ask("/holds", VISITOR, &fields).await;
        Some((time, clinic.look(&held.location, VISITOR).await.page))
    };
    let (_, soon) = terms("2026-11-24").await.expect("tomorrow has a time");
    assert!(soon.contains("This visit is within 48 hours: to change it, please call 020 "), "{soon}");
    assert!(!soon.contains("free of charge"), "{soon}");
    let (time, later) = terms("2026-12-10").await.expect("that day has a time");
    let time = &time[11..16];
    assert!(later.contains(&format!("free of charge until Tuesday 8 December, {time}.")), "{later}");
    assert!(!later.contains("to change it, please call"), "{later}");
}

#[tokio::test]
async fn how_to_read_the_squares_stands_under_the_squares() {
    let page = clinic().look("/why-even-matters", VISITOR).await.page;
    let at = |words: &str| page.find(words).unwrap_or_else(|| panic!("{words}: {page}"));
    assert!(at("density-legend") < at("How to read the squares"));
    assert!(at("How to read the squares") < at("Twice over is not the same as across"));
}

#[tokio::test]
async fn whoever_is_worried_reads_to_call_before_a_form() {
    let page = clinic().look("/contact", VISITOR).await.page;
    let urgent = page.find("After a treatment and worried?").unwrap();
    assert!(urgent < page.find("<form class=\"form\"").unwrap(), "{page}");
}
