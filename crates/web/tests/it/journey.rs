//! The patient's way through real pages over a real demo clinic: what one page sends leads to the next, what is typed
//! comes back, and what was decided stays so whichever tab or button it is tried with again.

use axum::body::Body;
use axum::http::{Response, header};
use http_body_util::BodyExt;
use record::Role;
use std::time::Duration;
use tower::ServiceExt;

use crate::clinic::{Clinic, clinic};
use crate::shell::{OURS, request, text};
use crate::visit::{form, pairs};

pub(crate) const VISITOR: &str = "stipple-visitor=00112233445566778899aabbccddeeff";

/// What came back: the status, where it leads, the page.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) location: String,
    pub(crate) page: String,
}

async fn answer_of(response: Response<Body>) -> Answer {
    let location = response.headers().get(header::LOCATION).map_or("", |value| value.to_str().unwrap());
    let (status, location) = (response.status().as_u16(), location.to_owned());
    Answer { status, location, page: text(response).await }
}

impl Clinic {
    pub(crate) async fn look(&self, path: &str, cookie: &str) -> Answer {
        let asked = request("GET", path, &[OURS, ("cookie", cookie)], "");
        answer_of(self.router.clone().oneshot(asked).await.unwrap()).await
    }

    pub(crate) async fn ask(&self, path: &str, cookie: &str, fields: &[(&str, &str)]) -> Answer {
        let (status, location, _, page) = self.send(path, cookie, fields).await;
        Answer { status, location, page }
    }

    /// Takes the self-check with "none of these" everywhere but for `extra` fields on the last screen.
    pub(crate) async fn self_check(&self, extra: &[(&str, &str)]) {
        let prior = [("list-prior-treatments", "none")];
        let extra: Vec<_> = if extra.is_empty() { prior.to_vec() } else { extra.to_vec() };
        self.self_check_of(&["cheek"], &[], &extra).await;
    }

    /// Answers the first screen, which needs the token of the page.
    pub(crate) async fn begin_self_check(&self) {
        let token = hidden(&self.look("/self-check/1", VISITOR).await.page, "form_token");
        let you = [
            ("form_token", token.as_str()),
            ("concern", "acne-scars"),
            ("birth_day", "27"),
            ("birth_month", "3"),
            ("birth_year", "1990"),
        ];
        assert_eq!(self.ask("/self-check/1", VISITOR, &you).await.location, "/self-check/2");
    }

    /// Takes it for these zones, with "none of these" in every list that `answers` does not name.
    pub(crate) async fn self_check_of(
        &self,
        zones: &[&str],
        answers: &[(&str, &str)],
        extra: &[(&str, &str)],
    ) {
        self.begin_self_check().await;
        let zones: Vec<_> = zones.iter().map(|zone| ("zones", *zone)).collect();
        assert_eq!(self.ask("/self-check/2", VISITOR, &zones).await.location, "/self-check/3");
        let protocol = &self.web.env.protocol.protocol;
        let last = protocol.screens.len() + 2;
        for (place, screen) in protocol.screens.iter().enumerate() {
            let number = place + 3;
            let names: Vec<String> = screen.lists.iter().map(|list| format!("list-{}", list.id)).collect();
            let is_named = |name: &&String| answers.iter().any(|(list, _)| list == name);
            let none = names.iter().filter(|name| !is_named(name)).map(|name| (name.as_str(), "none"));
            let mut fields: Vec<(&str, &str)> = none.collect();
            let here = |name: &str| !name.starts_with("list-") || names.iter().any(|known| known == name);
            fields.extend(answers.iter().copied().filter(|(name, _)| here(name)));
            if number == last {
                fields.extend_from_slice(extra);
            }
            let next = self.ask(&format!("/self-check/{number}"), VISITOR, &fields).await;
            let expected = if number == last {
                "/self-check/answer".into()
            } else {
                format!("/self-check/{}", number + 1)
            };
            assert_eq!((next.status, next.location), (303, expected), "{}", next.page);
        }
    }

    /// Holds the first treatment time after the cut-off that has a free half hour behind it, and opens its form.
    pub(crate) async fn held(&self) -> (String, Answer) {
        for day in 30..60 {
            let date = "2026-11-23".parse::<jiff::civil::Date>().unwrap();
            let date = date.saturating_add(jiff::Span::new().days(day));
            let times = self.look(&format!("/appointments/new?visit=treatment&day={date}"), VISITOR).await;
            let Some(time) = value_after(&times.page, "name=\"time\" value=\"") else { continue };
            let fields = [("visit", "treatment"), ("with", ""), ("time", time.as_str())];
            let held = self.ask("/holds", VISITOR, &fields).await;
            assert_eq!(held.status, 303, "{}", held.page);
            let form = self.look(&held.location, VISITOR).await;
            return (held.location, form);
        }
        panic!("no day has a free time");
    }

    /// Fills the form in and sends it.
    pub(crate) async fn book(&self, form: &Answer, changes: &[(&str, &str)]) -> Answer {
        let mut fields: Vec<(String, String)> = ["form_token", "hold", "visit", "time", "with", "wish"]
            .iter()
            .map(|name| ((*name).to_owned(), hidden(&form.page, name)))
            .collect();
        for (name, value) in [
            ("name", "Ada Example"),
            ("email", "ada@example.org"),
            ("phone", ""),
            ("note", ""),
            ("agree", "yes"),
        ] {
            fields.push((name.to_owned(), value.to_owned()));
        }
        for (name, value) in changes {
            fields.retain(|(known, _)| known != name);
            fields.push(((*name).to_owned(), (*value).to_owned()));
        }
        let fields: Vec<(&str, &str)> =
            fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.ask("/appointments", VISITOR, &fields).await
    }

    pub(crate) fn wait(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// How many bookings the trail knows.
    pub(crate) fn visits_booked(&self) -> usize {
        let asked = app::audit::Asked { action: Some("appointment.book".into()), ..Default::default() };
        let system =
            app::Acting { actor: app::Actor::System, operation_id: vocab::OperationId::from_bits(0) };
        app::audit::find(&self.web.env, &system, &asked, 1_000).unwrap().events.len()
    }
}

pub(crate) fn value_after(page: &str, before: &str) -> Option<String> {
    let (_, rest) = page.split_once(before)?;
    Some(rest.split('"').next()?.to_owned())
}

pub(crate) fn hidden(page: &str, name: &str) -> String {
    value_after(page, &format!("name=\"{name}\" value=\"")).unwrap_or_default()
}

#[tokio::test]
async fn a_form_sent_twice_or_from_an_old_tab_books_once_and_loses_nothing() {
    let clinic = clinic();
    clinic.self_check(&[("list-prior-treatments", "none")]).await;
    let before = clinic.visits_booked();
    let (path, form) = clinic.held().await;
    let typed = [("note", "I come by bicycle"), ("email", "ada@")];

    clinic.wait(3);
    let wrong = clinic.book(&form, &typed).await;
    assert!(
        wrong.status == 422
            && wrong.page.contains("I come by bicycle")
            && wrong.page.contains("value=\"ada@\"")
    );
    assert_eq!(hidden(&wrong.page, "form_token"), hidden(&form.page, "form_token"), "no waiting anew");
    let trapped = clinic.book(&form, &[("website", "http://x.example")]).await;
    assert!(trapped.status == 422 && trapped.page.contains("Ada Example"));
    assert_eq!(clinic.visits_booked(), before, "nothing half-written");

    // Open since yesterday: the token is too old, the words are still there, and the page that comes back works.
    clinic.wait(13 * 3_600);
    let stale = clinic.book(&form, &[("note", "I come by bicycle")]).await;
    assert!(stale.status == 422 && stale.page.contains("open for a long time"), "{}", stale.page);
    assert!(stale.page.contains("I come by bicycle"));
    clinic.wait(3);
    let booked = clinic.book(&stale, &[]).await;
    assert_eq!(booked.status, 303, "{}", booked.page);
    let again = clinic.book(&stale, &[]).await;
    let place = |answer: &Answer| answer.location.split('?').next().unwrap_or_default().to_owned();
    assert_eq!(place(&again), place(&booked), "sent twice, booked once");
    assert_eq!(clinic.visits_booked(), before + 1);

    // Back to the form of the hold that became a visit: it says what to do and books nothing.
    let back = clinic.look(&path, VISITOR).await;
    assert_eq!(back.status, 409);
    assert!(
        back.page.contains("mailbox") && back.page.contains("href=\"/appointments/new\""),
        "{}",
        back.page
    );
}

#[tokio::test]
async fn a_visit_moves_over_its_own_time_by_the_pages_of_its_link() {
    let clinic = clinic();
    clinic.self_check(&[("list-prior-treatments", "none")]).await;
    let (_, details) = clinic.held().await;
    clinic.wait(3);
    let was: jiff::Timestamp = hidden(&details.page, "time").parse().unwrap();
    let booked = clinic.book(&details, &[]).await;
    let id: vocab::AppointmentId = booked.location.split('/').nth(2).unwrap().parse().unwrap();
    let link = format!("{VISITOR}; stipple-visit={}", clinic.web.env.link_key.secret(id).reveal());
    let about = ("appointment", &*id.to_string());
    assert_eq!(clinic.ask("/visit/confirm", &link, &[about]).await.status, 303);

    let day = was.to_zoned(jiff::tz::TimeZone::get("Europe/London").unwrap()).date();
    let visit = clinic.look("/visit", &link).await.page;
    assert!(visit.contains("After that, please call <a href=\"tel:"), "a number, on paper too: {visit}");
    let times = clinic.look(&format!("/visit/move?day={day}"), &link).await;
    assert!(times.page.contains("Micro-needling, cheek<br>"), "what is moved: {}", times.page);
    let way_back = times.page.split("href=\"/visit\"").nth(1).expect("a way back");
    assert!(way_back.split("</a>").next().unwrap().ends_with("Keep it as it is"), "{}", times.page);
    let starts: Vec<jiff::Timestamp> = times
        .page
        .split("name=\"time\" value=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap().parse().unwrap())
        .collect();
    let near = starts.iter().find(|start| {
        start.duration_since(was).abs() < jiff::SignedDuration::from_mins(90) && **start != was
    });
    let to = near
        .unwrap_or_else(|| panic!("a time that overlaps the present one is offered: {starts:?}"))
        .to_string();
    let held = clinic.ask("/visit/move/hold", &link, &[about, ("with", ""), ("time", &to)]).await;
    assert_eq!(held.status, 303, "{}", held.page);
    let question = clinic.look(&held.location, &link).await;
    assert!(question.page.contains("Move your visit?"));
    let fields = form(&question.page, "/visit/move");
    let moved = clinic.ask("/visit/move", &link, &pairs(&fields)).await;
    assert!(moved.status == 303 && moved.location.starts_with("/visit?news=moved&t="), "{}", moved.page);
    assert!(clinic.look(&moved.location, &link).await.page.contains("Your visit has been moved"));
    let forged = clinic.look("/visit?news=moved&t=x", &link).await;
    assert!(
        forged.status == 200 && !forged.page.contains("has been moved"),
        "news is not made by an address"
    );
    // The button pressed twice: the visit is there, and nothing else is said.
    let again = clinic.ask("/visit/move", &link, &pairs(&fields)).await;
    assert!(again.status == 303 && again.location.starts_with("/visit?news=moved&t="), "{}", again.page);
    // The same question in another tab, once the visit has gone elsewhere: the hold is used up, and the page says so.
    let back = [about, ("with", ""), ("time", &*was.to_string())];
    let held = clinic.ask("/visit/move/hold", &link, &back).await;
    let back = form(&clinic.look(&held.location, &link).await.page, "/visit/move");
    assert_eq!(clinic.ask("/visit/move", &link, &pairs(&back)).await.status, 303);
    let old = clinic.ask("/visit/move", &link, &pairs(&fields)).await;
    assert!(old.status == 409 && old.page.contains("no longer held"), "{}", old.page);
}

#[tokio::test]
async fn the_trail_is_filtered_by_who_what_about_what_and_when() {
    let clinic = clinic();
    let (id, _) = clinic.booked("Marker Person");
    let owner = clinic.signed_in(Role::Owner);
    clinic.look(&format!("/desk/appointments/{id}"), &clinic.signed_in(Role::FrontDesk)).await;
    let rows = |page: &str| page.matches("<tr><td><time").count();

    let all = clinic.look("/desk/audit?actor=&action=&about=&from=&to=", &owner).await;
    assert!(
        all.page.contains("The chain is whole") && all.page.contains("signed in"),
        "empty fields narrow nothing"
    );
    let booked = clinic.look("/desk/audit?action=appointment.book&actor=visitor", &owner).await;
    assert!(rows(&booked.page) >= 1 && !booked.page.contains("<td>signed in</td>"), "{}", booked.page);
    let about = clinic.look(&format!("/desk/audit?about={id}"), &owner).await;
    assert_eq!(about.page.matches("<td>booked</td>").count(), 1);
    assert!(
        about.page.contains("Who looked at this patient") && about.page.contains("looked at the appointment")
    );
    assert!(
        about.page.contains(">visit of Marker P., last set for "),
        "the page says whose visit it is, in short"
    );
    assert!(!about.page.contains("Marker Person"));
    let patient = value_after(&about.page, "<a href=\"/desk/audit?about=").filter(|found| *found != id);
    let patient = patient.expect("the way from a visit to all of its patient");
    let whole = clinic.look(&format!("/desk/audit?about={patient}"), &owner).await;
    assert_eq!(whole.page.matches("<td>booked</td>").count(), 1);
    let none = clinic.look("/desk/audit?from=2031-01-01", &owner).await;
    assert!(none.status == 200 && none.page.contains("Nothing fits this choice"));
    let today = clinic.look("/desk/audit?from=2026-11-23&to=2026-11-23&action=staff.sign-in", &owner).await;
    assert_eq!(rows(&today.page), 2, "both sign-ins of this test");

    for bad in [
        "from=soon",
        "to=2026-02-30",
        "from=2026-12-02&to=2026-12-01",
        "about=Marker",
        "actor=me",
        "action=x",
    ] {
        let wrong = clinic.look(&format!("/desk/audit?{bad}"), &owner).await;
        assert!(wrong.status == 422 && wrong.page.contains("error-summary"), "{bad}: {}", wrong.status);
    }
    assert!(clinic.look("/desk/audit?about=%3Cb%3E", &owner).await.page.contains("value=\"&#60;b&#62;\""));
    assert_eq!(clinic.look("/desk/audit", &clinic.signed_in(Role::FrontDesk)).await.status, 404);
}

#[tokio::test]
async fn public_pages_go_out_compressed_and_pages_of_one_person_do_not() {
    let clinic = clinic();
    let (_, link) = clinic.booked("Ada Example");
    let ask = |path: &'static str, cookie: String| {
        let headers = [OURS, ("accept-encoding", "gzip, br"), ("cookie", cookie.as_str())];
        let asked = request("GET", path, &headers, "");
        clinic.router.clone().oneshot(asked)
    };
    for path in ["/", "/treatments/micro-needling", "/self-check/1"] {
        let response = ask(path, VISITOR.into()).await.unwrap();
        assert_eq!(response.headers()[header::CONTENT_ENCODING], "gzip", "{path}");
        assert_eq!(response.headers()[header::VARY], "accept-encoding");
        let small = response.into_body().collect().await.unwrap().to_bytes();
        assert!(small.len() < 20_000, "{path}: {} bytes", small.len());
        let mut plain = String::new();
        std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&*small), &mut plain).unwrap();
        assert!(plain.contains("</html>"), "{path}: {plain}");
    }
    for (path, cookie) in [
        ("/visit", format!("stipple-visit={link}")),
        ("/desk", clinic.signed_in(Role::FrontDesk)),
        ("/healthz", String::new()),
        ("/api/days?visit=treatment", String::new()),
    ] {
        let response = ask(path, cookie).await.unwrap();
        assert!(!response.headers().contains_key(header::CONTENT_ENCODING), "{path}");
    }
}

#[tokio::test]
async fn a_form_of_the_desk_whose_session_has_ended_comes_back_to_be_sent_again() {
    let clinic = clinic();
    let typed = [("name", "Nora & <b>"), ("note", "by bicycle"), ("form_token", "abc")];
    let ended =
        clinic.ask("/desk/appointments", "stipple-staff=00112233445566778899aabbccddeeff", &typed).await;
    assert_eq!(ended.status, 401);
    assert!(ended.page.contains("action=\"/desk/appointments\"") && ended.page.contains("href=\"/sign-in\""));
    assert_eq!(hidden(&ended.page, "name"), "Nora &#38; &#60;b&#62;", "as typed, escaped");
    assert_eq!(hidden(&ended.page, "note"), "by bicycle");
    assert_eq!(hidden(&ended.page, "form_token"), "abc");
    // From elsewhere nothing is repeated.
    let foreign = [("sec-fetch-site", "cross-site"), ("content-type", "application/x-www-form-urlencoded")];
    let sent = request("POST", "/desk/appointments", &foreign, "name=Marker");
    let answer = answer_of(clinic.router.clone().oneshot(sent).await.unwrap()).await;
    assert!(answer.status == 403 && !answer.page.contains("Marker"));
    for line in clinic.log.all() {
        assert!(!line.contains("Nora") && !line.contains("bicycle"), "{line}");
    }
}
