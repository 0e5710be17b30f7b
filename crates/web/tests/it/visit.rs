//! The pages behind the link of a letter, and the forms before there is one: what a button does in another tab, what a
//! visit that is off still offers, what is held, what it costs, and what comes back of what was typed.

use std::sync::Arc;

use crate::clinic::{Clinic, clinic, clinic_limited};
use crate::journey::{VISITOR, hidden, value_after};
use crate::shell::{OURS, request, text};
use record::Role;
use tower::ServiceExt;
use web::shell::Limits;

/// The fields of the first form on a page that is sent to `action`.
pub(crate) fn form(page: &str, action: &str) -> Vec<(String, String)> {
    let (_, rest) =
        page.split_once(&format!("action=\"{action}\"")).unwrap_or_else(|| panic!("{action}: {page}"));
    let form = rest.split("</form>").next().unwrap();
    let fields = form.split("type=\"hidden\" name=\"").skip(1);
    fields
        .map(|field| {
            let (name, rest) = field.split_once("\" value=\"").unwrap();
            (name.to_owned(), rest.split('"').next().unwrap().to_owned())
        })
        .collect()
}

pub(crate) fn pairs(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

fn with_link(link: &str) -> String {
    format!("{VISITOR}; stipple-visit={link}")
}

/// The first free time of a consultation some weeks ahead, and its day.
async fn free_time(clinic: &Clinic, from: i64) -> (String, String) {
    for day in from..from + 20 {
        let date = "2026-11-23".parse::<jiff::civil::Date>().unwrap();
        let date = date.saturating_add(jiff::Span::new().days(day));
        let page =
            clinic.look(&format!("/appointments/new?visit=consultation&day={date}"), VISITOR).await.page;
        if let Some(time) = value_after(&page, "name=\"time\" value=\"") {
            return (time, date.to_string());
        }
    }
    panic!("no day has a free time");
}

#[tokio::test]
async fn a_button_in_one_tab_leaves_the_visit_of_another_tab_alone() {
    let clinic = clinic();
    let (first, second) =
        (with_link(&clinic.booked("Ada Example").1), with_link(&clinic.booked("Bea Example").1));
    let visit = clinic.look("/visit", &first).await.page;
    let confirm = form(&visit, "/visit/confirm");
    let refused = clinic.ask("/visit/confirm", &second, &pairs(&confirm)).await;
    assert_eq!(refused.status, 409);
    assert!(refused.page.contains("You have opened another visit meanwhile"), "{}", refused.page);
    assert!(refused.page.contains("Open the link in your e-mail"), "{}", refused.page);
    assert!(clinic.look("/visit", &second).await.page.contains("confirm my visit"), "neither was confirmed");
    assert_eq!(clinic.ask("/visit/confirm", &first, &pairs(&confirm)).await.status, 303);

    // To move: choosing a time, and the question after it.
    let (_, day) = free_time(&clinic, 20).await;
    let times = clinic.look(&format!("/visit/move?day={day}"), &first).await.page;
    let mut wanted = form(&times, "/visit/move/hold");
    wanted.push(("time".into(), value_after(&times, "name=\"time\" value=\"").unwrap()));
    assert_eq!(clinic.ask("/visit/move/hold", &second, &pairs(&wanted)).await.status, 409);
    let held = clinic.ask("/visit/move/hold", &first, &pairs(&wanted)).await;
    assert_eq!(held.status, 303, "{}", held.page);
    let question = clinic.look(&held.location, &first).await.page;
    let moves = form(&question, "/visit/move");
    let refused = clinic.ask("/visit/move", &second, &pairs(&moves)).await;
    assert!(refused.status == 409 && refused.page.contains("another visit meanwhile"), "{}", refused.page);

    // To cancel: the worst of them.
    let asked = clinic.look("/visit/cancel", &first).await.page;
    let cancel = form(&asked, "/visit/cancel");
    let refused = clinic.ask("/visit/cancel", &second, &pairs(&cancel)).await;
    assert!(refused.status == 409 && refused.page.contains("another visit meanwhile"), "{}", refused.page);
    for link in [&first, &second] {
        assert!(!clinic.look("/visit", link).await.page.contains("This visit is cancelled"));
    }
    let done = clinic.ask("/visit/cancel", &first, &pairs(&cancel)).await;
    assert!(done.status == 303 && done.location.starts_with("/visit?news=cancelled&t="), "{}", done.page);
    assert!(clinic.look("/visit", &first).await.page.contains("This visit is cancelled"));
    assert!(!clinic.look("/visit", &second).await.page.contains("This visit is cancelled"));
    // Nor does the news go with the address to another visit.
    assert!(!clinic.look(&done.location, &second).await.page.contains("We wrote you an e-mail"));
}

#[tokio::test]
async fn a_visit_that_is_off_is_not_asked_about_again_and_says_why_once() {
    let clinic = clinic();
    let called_off = with_link(&clinic.booked("Ada Example").1);
    let cancel = form(&clinic.look("/visit/cancel", &called_off).await.page, "/visit/cancel");
    assert!(clinic.look("/visit", &called_off).await.page.contains("<dt>Price</dt>"));
    let done = clinic.ask("/visit/cancel", &called_off, &pairs(&cancel)).await;
    let page = clinic.look(&done.location, &called_off).await.page;
    assert_eq!(page.matches("class=\"notice").count(), 1, "one notice, not two: {page}");
    assert!(page.contains("This visit is cancelled.") && page.contains("We wrote you an e-mail about it."));
    for gone in ["<dt>Price</dt>", "On the day", "Calendar file"] {
        assert!(!page.contains(gone), "{gone}");
    }

    let lapsed = with_link(&clinic.booked("Bea Example").1);
    clinic.monday.pass(31 * 60);
    let before = clinic.look("/visit", &lapsed).await.page;
    // The next writer frees it; the page says the same before and after.
    clinic.booked("Cleo Example");
    let after = clinic.look("/visit", &lapsed).await.page;
    for page in [before, after] {
        assert!(page.contains("not confirmed in time") && !page.contains("is cancelled"), "{page}");
        assert!(
            page.contains("href=\"/appointments/new?visit=consultation\"")
                && !page.contains("<dt>Price</dt>")
        );
    }
    for link in [&called_off, &lapsed] {
        for path in ["/visit/cancel", "/visit/move"] {
            let asked = clinic.look(path, link).await;
            assert_eq!((asked.status, asked.location.as_str()), (303, "/visit"), "{path}");
        }
    }
}

#[tokio::test]
async fn times_that_are_held_are_listed_with_the_way_on_and_the_way_out() {
    let clinic = clinic();
    let mut last = None;
    for from in [20, 25, 30] {
        let (time, day) = free_time(&clinic, from).await;
        let fields = [("visit", "consultation"), ("with", ""), ("time", time.as_str())];
        last = Some((clinic.ask("/holds", VISITOR, &fields).await, day));
    }
    let (third, day) = last.unwrap();
    assert_eq!(third.status, 409);
    assert!(third.page.contains("already holding two times") && third.page.contains("You hold 2 times"));
    let on = value_after(&third.page, "class=\"button button-small\" href=\"/holds/").unwrap();
    assert_eq!(clinic.look(&format!("/holds/{on}"), VISITOR).await.status, 200, "the form is found again");
    let release = format!("/holds/{on}/release");
    let gone = clinic.ask(&release, VISITOR, &pairs(&form(&third.page, &release))).await;
    assert_eq!(gone.location, format!("/appointments/new?visit=consultation&day={day}"), "{}", gone.page);
    let again = clinic.look(&gone.location, VISITOR).await.page;
    assert!(again.contains("You hold a time") && !again.contains(&release), "one is left");
    let forged = [("back", "new"), ("visit", "//evil.example"), ("day", "x"), ("with", "y")];
    assert_eq!(clinic.ask(&release, VISITOR, &forged).await.location, "/appointments/new?");
}

#[tokio::test]
async fn a_page_that_is_left_says_so_and_shows_the_same_end_when_it_is_back() {
    let clinic = clinic();
    let (time, _) = free_time(&clinic, 20).await;
    let fields = [("visit", "consultation"), ("with", ""), ("time", time.as_str())];
    let path = clinic.ask("/holds", VISITOR, &fields).await.location;
    let shown = clinic.look(&path, VISITOR).await.page;
    assert!(shown.contains(&format!("data-hold=\"{path}\"")), "the script knows whose page it is");
    let until = |page: &str| value_after(page, "until <strong>").map(|rest| rest[..5].to_owned());
    let say = async |what: &str, who| clinic.ask(&format!("{path}/{what}"), who, &[]).await.status;
    assert_eq!(say("leave", VISITOR).await, 204);
    clinic.monday.pass(50);
    let again = clinic.look(&path, VISITOR).await.page;
    assert_eq!(until(&again), until(&shown), "what was promised stays promised");
    assert_eq!(say("return", VISITOR).await, 204);
    clinic.monday.pass(30);
    assert_eq!(clinic.look(&path, VISITOR).await.status, 200, "somebody is there");
    assert_eq!(say("leave", VISITOR).await, 204);
    clinic.monday.pass(61);
    assert_eq!(clinic.look(&path, VISITOR).await.status, 409, "nobody is");
    for what in ["leave", "return"] {
        assert_eq!(say(what, VISITOR).await, 204, "{what}: too late, and no harm");
    }
}

#[tokio::test]
async fn the_price_is_that_of_the_zones() {
    let clinic = clinic();
    clinic.self_check(&[("list-prior-treatments", "none")]).await;
    let (_, form) = clinic.held().await;
    assert!(form.page.contains("£160, paid at the clinic") && !form.page.contains("£220"), "{}", form.page);
    clinic.wait(3);
    let wrong = clinic.book(&form, &[("email", "ada@")]).await;
    assert!(wrong.status == 422 && wrong.page.contains("£160"), "the form that comes back says the same");
    let booked = clinic.book(&form, &[]).await;
    assert!(clinic.look(&booked.location, VISITOR).await.page.contains("£160"), "booked");
    let id: vocab::AppointmentId = booked.location.split('/').nth(2).unwrap().parse().unwrap();
    let link = with_link(&clinic.web.env.link_key.secret(id).reveal());
    for path in ["/visit", "/visit/cancel"] {
        assert!(clinic.look(path, &link).await.page.contains("£160, paid at the clinic"), "{path}");
    }
    let consultation = with_link(&clinic.booked("Bea Example").1);
    assert!(clinic.look("/visit", &consultation).await.page.contains("£40, paid at the clinic"));
}

#[tokio::test]
async fn what_a_line_cannot_hold_comes_back_all_the_same() {
    let clinic = clinic();
    clinic.self_check(&[("list-prior-treatments", "none")]).await;
    let (_, form) = clinic.held().await;
    clinic.wait(3);
    let long = "ä".repeat(500);
    let wrong = clinic.book(&form, &[("name", "Ada\tExample\nof Islington"), ("email", &long)]).await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.page.contains("value=\"Ada Example of Islington\""), "{}", wrong.page);
    assert!(wrong.page.contains(&format!("value=\"{long}\"")));
    let asked = [("name", "Ada\tExample"), ("email", long.as_str()), ("question", "How long?")];
    let enquiry = clinic.ask("/enquiries", VISITOR, &asked).await;
    assert!(enquiry.status == 422 && enquiry.page.contains("value=\"Ada Example\""), "{}", enquiry.page);
    assert!(enquiry.page.contains(&format!("value=\"{long}\"")));
}

#[tokio::test]
async fn only_what_is_well_formed_counts_and_too_often_loses_nothing() {
    let clinic = clinic_limited(Limits::default());
    let send = async |email: &str| {
        let token = hidden(&clinic.look("/contact", VISITOR).await.page, "form_token");
        let fields = [
            ("form_token", token.as_str()),
            ("name", "Ada Example"),
            ("email", email),
            ("topic", "visit"),
            ("question", "How long does it take?"),
        ];
        let body =
            fields.map(|(name, value)| format!("{name}={}", value.replace(' ', "+").replace('@', "%40")));
        let kind = ("content-type", "application/x-www-form-urlencoded");
        let asked = request("POST", "/enquiries", &[OURS, kind, ("cookie", VISITOR)], &body.join("&"));
        clinic.router.clone().oneshot(asked).await.unwrap()
    };
    for _ in 0..7 {
        assert_eq!(send("ada").await.status(), 422, "a slip is no letter");
    }
    for sent in 1..=5 {
        assert_eq!(send("ada@example.org").await.status(), 303, "{sent}");
    }
    let often = send("ada@example.org").await;
    assert_eq!(often.status(), 429);
    assert!(often.headers()["retry-after"].to_str().unwrap().parse::<u64>().unwrap() > 1);
    let page = text(often).await;
    for typed in ["a little too often", "value=\"Ada Example\"", "ada@example.org", "How long does it take?"]
    {
        assert!(page.contains(typed), "{typed}: {page}");
    }
}

#[tokio::test]
async fn a_booking_too_many_comes_back_filled() {
    let clinic = clinic_limited(Limits::default());
    clinic.self_check(&[("list-prior-treatments", "none")]).await;
    let (_, form) = clinic.held().await;
    clinic.wait(3);
    // The same form again and again is one booking, and every try counts.
    for _ in 0..10 {
        assert_eq!(clinic.book(&form, &[]).await.status, 303);
    }
    let often = clinic.book(&form, &[("note", "I come by bicycle")]).await;
    assert_eq!(often.status, 429);
    assert!(
        often.page.contains("I come by bicycle") && often.page.contains("a little too often"),
        "{}",
        often.page
    );
}

#[tokio::test]
async fn a_form_sent_again_for_somebody_else_books_nothing_and_says_so() {
    let clinic = clinic();
    clinic.self_check(&[("list-prior-treatments", "none")]).await;
    let (_, form) = clinic.held().await;
    clinic.wait(3);
    assert_eq!(clinic.book(&form, &[]).await.status, 303);
    let before = clinic.visits_booked();
    for other in [("name", "Marker Person"), ("email", "marker@example.org")] {
        let again = clinic.book(&form, &[other, ("note", "I come by bicycle")]).await;
        assert_eq!(again.status, 409);
        assert!(
            again.page.contains("booked with this form already") && again.page.contains("I come by bicycle")
        );
        assert!(again.page.contains(other.1), "what was typed is still there");
    }
    assert_eq!(clinic.visits_booked(), before);
    let same = clinic.book(&form, &[("name", "ada example")]).await;
    assert_eq!(same.status, 303, "the same person's form sent twice is one booking");
}

#[tokio::test]
async fn a_clinic_without_a_sign_off_shows_no_times_and_keeps_none() {
    let mut clinic = clinic();
    let (time, _) = free_time(&clinic, 20).await;
    clinic.unsign();
    let page = clinic.look("/appointments/new?visit=consultation", VISITOR).await;
    assert_eq!(page.status, 200);
    assert!(page.page.contains("Online booking is not open yet") && page.page.contains("href=\"tel:"));
    assert!(!page.page.contains("month-table"), "no times");
    let fields = [("visit", "consultation"), ("with", ""), ("time", time.as_str())];
    let held = clinic.ask("/holds", VISITOR, &fields).await;
    assert!(held.page.contains("Online booking is not open yet") && held.status == 409, "{}", held.status);
    assert!(clinic.look("/wait-list/new?visit=consultation", VISITOR).await.page.contains("is not open yet"));
    for path in ["/api/times?visit=consultation", "/api/days?visit=consultation"] {
        let told = clinic.look(path, VISITOR).await;
        assert!(told.status == 409 && told.page.contains("protocol-not-signed"), "{path}: {}", told.page);
    }
}

#[tokio::test]
async fn a_program_is_told_which_parameter_is_wrong() {
    let clinic = clinic();
    for path in
        ["/api/days?month=2026-12", "/api/days?month=2026-12-01", "/api/days?visit=consultation&month="]
    {
        let told = clinic.look(path, VISITOR).await;
        assert!(told.status == 200 && told.page.contains("\"days\":["), "{path}: {}", told.page);
    }
    for (path, status, words) in [
        ("/api/days?month=december", 400, "Write month once, as 2026-12"),
        ("/api/times?day=tomorrow", 400, "Write day once, as a date such as 2026-12-08"),
        ("/api/times?with=me", 400, "Write with once"),
        ("/api/times?colour=red", 400, "Only visit, day, month, with and all"),
        ("/api/times?visit=haircut", 404, "Write visit as one of: consultation"),
    ] {
        let told = clinic.look(path, VISITOR).await;
        assert!(told.status == status && told.page.contains(words), "{path}: {} {}", told.status, told.page);
    }
}

#[tokio::test]
async fn a_link_from_elsewhere_may_carry_names_of_its_own() {
    let clinic = clinic();
    for path in [
        "/",
        "/contact",
        "/prices",
        "/self-check",
        "/self-check/1",
        "/treatments/micro-needling",
        "/appointments/new?visit=consultation",
        "/wait-list/new?visit=consultation",
    ] {
        let joint = if path.contains('?') { '&' } else { '?' };
        let (plain, tagged) = (
            clinic.look(path, VISITOR).await.status,
            clinic.look(&format!("{path}{joint}fbclid=x&utm_source=y"), VISITOR).await.status,
        );
        assert!(plain == tagged && plain < 400, "{path}: {plain}, {tagged}");
    }
}

#[tokio::test]
async fn whoever_signs_in_goes_on_to_the_page_they_were_sent_from() {
    let clinic = Arc::new(clinic());
    let sent = clinic.look("/desk/day/2026-11-26?open=x", "").await;
    assert_eq!(sent.status, 303);
    let page = clinic.look(&sent.location, VISITOR).await.page;
    assert_eq!(hidden(&page, "next"), "/desk/day/2026-11-26?open=x");
    let (name, password) = clinic.sign_in_of(Role::FrontDesk);
    let sign_in = async |password: &str, next: &str| {
        clinic.ask("/sign-in", VISITOR, &[("name", &name), ("password", password), ("next", next)]).await
    };
    let wrong = sign_in("not this", "/desk/audit").await;
    assert!(wrong.status == 422 && hidden(&wrong.page, "next") == "/desk/audit", "kept for the next try");
    assert_eq!(
        sign_in(&password, "/desk/day/2026-11-26?open=x").await.location,
        "/desk/day/2026-11-26?open=x"
    );
    for elsewhere in ["//evil.example", "https://evil.example", "/\\evil.example", ""] {
        assert_eq!(sign_in(&password, elsewhere).await.location, "/desk", "{elsewhere}");
    }
}
