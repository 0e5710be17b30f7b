//! The wait list and the plans of a day, page by page.

use std::sync::Mutex;

use app::jobs::{Outlet, run_due};
use record::Role;

use crate::{
    clinic::{Clinic, clinic},
    journey::VISITOR,
};

/// Keeps what leaves: address and text.
#[derive(Default)]
struct Sink(Mutex<Vec<(String, String)>>);

impl Outlet for Sink {
    fn send(&self, message: &notify::Message) -> Result<(), notify::SendError> {
        self.0.lock().unwrap().push((message.to.to_string(), message.text.clone()));
        Ok(())
    }
}

impl Sink {
    fn settle(&self, clinic: &Clinic) {
        while run_due(&clinic.web.env, self).unwrap() {}
    }

    /// The path of the newest link to the list in a letter to this address.
    fn link(&self, to: &str) -> String {
        let letters = self.0.lock().unwrap();
        let text = &letters.iter().rfind(|(address, _)| address == to).expect("a letter").1;
        let line = text.lines().find(|line| line.contains("/wait-list/open/")).expect("a link");
        line.trim().trim_start_matches("http://127.0.0.1:8080").to_owned()
    }
}

/// The value of the first field of this name in a page.
fn value_of<'p>(page: &'p str, name: &str) -> Option<&'p str> {
    let rest = page.split(&format!("name=\"{name}\" value=\"")).nth(1)?;
    rest.split('"').next()
}

/// Joins the list for a consultation with one therapist; the cookie of their place.
async fn joined(clinic: &Clinic, sink: &Sink, who: &str, practitioner: &str) -> String {
    let (status, cookies, page) = clinic.open("/wait-list/new?visit=consultation", "").await;
    assert_eq!(status, 200);
    let token = value_of(&page, "form_token").unwrap();
    let email = format!("{who}@example.org");
    let mut fields = vec![("form_token", token), ("visit", "consultation"), ("name", who), ("email", "none")];
    let (status, _, _, page) = clinic.send("/wait-list", &cookies, &fields).await;
    assert_eq!(status, 422);
    for words in ["Tick at least one day", "Tick at least one part", "e-mail address such as", who] {
        assert!(page.contains(words), "{words}");
    }
    fields[3].1 = &email;
    fields.push(("practitioner", practitioner));
    fields.extend(["1", "2", "3", "4", "5", "6", "7"].map(|day| ("weekday", day)));
    fields.extend(["morning", "afternoon", "evening"].map(|part| ("part", part)));
    let (status, location, _, page) = clinic.send("/wait-list", &cookies, &fields).await;
    assert_eq!((status, location.as_str()), (303, "/wait-list/new?visit=consultation&joined=yes"), "{page}");
    assert!(clinic.page(&location, &cookies).await.1.contains("Look at your mail"));
    // Sent again as it was, it is the same wish; with something else in it, it is said that it was not taken.
    assert_eq!(clinic.send("/wait-list", &cookies, &fields).await.0, 303);
    let typo = format!("{who}.corrected@example.org");
    let mut corrected = fields.clone();
    corrected[3].1 = &typo;
    let (status, _, _, page) = clinic.send("/wait-list", &cookies, &corrected).await;
    assert!(status == 409 && page.contains("This form was sent before") && page.contains(&typo), "{page}");
    sink.settle(clinic);
    let (status, cookie, _) = clinic.open(&sink.link(&email), "").await;
    assert_eq!(status, 303);
    assert!(cookie.starts_with("stipple-wait="));
    cookie
}

#[tokio::test]
async fn a_cancelled_time_is_offered_and_the_first_to_press_has_it() {
    let (clinic, sink) = (clinic(), Sink::default());
    let desk = clinic.signed_in(Role::FrontDesk);
    let (_, list) = clinic.page("/desk/wait-list", &desk).await;
    for remove in list.split("href=\"/desk/wait-list/").skip(1).filter_map(|rest| rest.split('"').next()) {
        let (status, location, ..) = clinic.send(&format!("/desk/wait-list/{remove}"), &desk, &[]).await;
        assert_eq!((status, location.as_str()), (303, "/desk/wait-list?news=removed"));
    }
    assert!(clinic.page("/desk/wait-list", &desk).await.1.contains("Nobody waits"));
    let (id, link) = clinic.booked("Ada Example");
    let visit = format!("stipple-visit={link}");
    assert_eq!(clinic.send("/visit/confirm", &visit, &[("appointment", &id)]).await.0, 303);
    let details = app::appointments::show(
        &clinic.web.env,
        &app::Acting { actor: app::Actor::LinkHolder(id.parse().unwrap()), ..clinic.visitor() },
        id.parse().unwrap(),
    );
    let lead = details.unwrap().appointment.lead_id.to_string();
    let (wanda, willa) =
        (joined(&clinic, &sink, "wanda", &lead).await, joined(&clinic, &sink, "willa", &lead).await);
    assert!(clinic.page("/desk/wait-list", &desk).await.1.contains("wanda@example.org"));
    let cancel = [("reason", "patient"), ("note", ""), ("tell_patient", "no"), ("sequence", "0")];
    assert_eq!(clinic.send(&format!("/desk/appointments/{id}/cancel"), &desk, &cancel).await.0, 303);
    clinic.monday.pass(119);
    sink.settle(&clinic);
    assert!(!clinic.page("/wait-list", &wanda).await.1.contains("Take this time"), "the undo window");
    clinic.monday.pass(1);
    sink.settle(&clinic);
    for _ in 0..3 {
        assert!(clinic.page("/wait-list", &wanda).await.1.contains("Take this time"), "a look takes nothing");
    }
    let (_, page) = clinic.page("/wait-list", &willa).await;
    let (mine, hers) = (value_of(&page, "offer").unwrap().to_owned(), {
        let (_, page) = clinic.page("/wait-list", &wanda).await;
        value_of(&page, "offer").unwrap().to_owned()
    });
    let place = |page: &str| value_of(page, "entry").unwrap().to_owned();
    let (hers_at, mine_at) = (place(&clinic.page("/wait-list", &wanda).await.1), place(&page));
    let taken = [("entry", hers_at.as_str()), ("offer", mine.as_str())];
    assert_eq!(clinic.send("/wait-list/take", &wanda, &taken).await.0, 404, "not hers");
    // Another place on the list was opened in another tab meanwhile: its cookie is not what the button was about.
    for (path, fields) in [
        ("/wait-list/take", &[("entry", mine_at.as_str()), ("offer", &hers)][..]),
        ("/wait-list/leave", &[("entry", &mine_at)]),
    ] {
        let (status, _, _, page) = clinic.send(path, &wanda, fields).await;
        assert!(status == 409 && page.contains("another place on the list meanwhile"), "{path}: {page}");
    }
    let (status, location, cookies, _) =
        clinic.send("/wait-list/take", &wanda, &[("entry", &hers_at), ("offer", &hers)]).await;
    assert!(status == 303 && location.starts_with("/visit?news=taken&t="), "{location}");
    assert!(clinic.page("/visit", &cookies).await.1.contains("My visit"));
    let (status, _, _, page) =
        clinic.send("/wait-list/take", &willa, &[("entry", &mine_at), ("offer", &mine)]).await;
    assert_eq!(status, 409);
    assert!(page.contains("It is gone") && page.contains("You stay on the list"), "{page}");
    assert!(clinic.page("/wait-list", &willa).await.1.contains("You are on the list"));
    let (_, question) = clinic.page("/wait-list/leave", &willa).await;
    assert!(question.contains("Leave the list?") && value_of(&question, "entry") == Some(mine_at.as_str()));
    assert!(clinic.page("/wait-list", &willa).await.1.contains("You are on the list"), "asked, not done");
    assert_eq!(clinic.send("/wait-list/leave", &willa, &[("entry", &mine_at)]).await.0, 303);
    assert!(clinic.page("/wait-list", &willa).await.1.contains("You are off the list"));
    assert_eq!(clinic.page("/wait-list", "").await.0, 404, "nobody's place");
}

/// A day on which somebody leads two visits, and whose id that is.
async fn busy_day(clinic: &Clinic, desk: &str) -> (String, String) {
    for day in
        ["2026-11-26", "2026-11-27", "2026-11-30", "2026-12-01", "2026-12-02", "2026-12-03", "2026-12-04"]
    {
        let (_, page) = clinic.page(&format!("/desk/day/{day}/plan"), desk).await;
        let people = page.split("<option value=\"").skip(1).filter_map(|rest| rest.split('"').next());
        for who in people.take(3) {
            let away = [("resource", who), ("from", ""), ("to", "")];
            let noted = clinic.send(&format!("/desk/day/{day}/absences"), desk, &away).await;
            assert_eq!((noted.0, noted.1), (303, format!("/desk/day/{day}/plan")));
            let (_, page) = clinic.page(&format!("/desk/day/{day}/plan"), desk).await;
            if page.contains("name=\"move\"") {
                return (day.to_owned(), who.to_owned());
            }
            let from = value_of(&page, "from").unwrap().to_owned();
            let back = [("resource", who), ("from", from.as_str())];
            let back = clinic.send(&format!("/desk/day/{day}/absences/remove"), desk, &back).await;
            assert_eq!(back.0, 303);
        }
    }
    panic!("the demo has busy days");
}

#[tokio::test]
async fn a_day_is_planned_around_an_absence_and_a_part_is_accepted() {
    let clinic = clinic();
    let desk = clinic.signed_in(Role::FrontDesk);
    let (_, page) = clinic.page("/desk/day/2026-11-26/plan", &desk).await;
    assert!(page.contains("The day stands as it is"));
    let (day, who) = busy_day(&clinic, &desk).await;
    let owner = clinic.signed_in(Role::Owner);
    let (_, trail) = clinic.page("/desk/audit?action=absence.note", &owner).await;
    let rules = app::diary::current(&clinic.web.env).unwrap().rules.clone();
    let name = &rules.resource(who.parse().unwrap()).unwrap().name;
    assert!(trail.contains(name.as_str()) && !trail.contains(">resource "), "{trail}");
    let path = format!("/desk/day/{day}/plan");
    let (_, page) = clinic.page(&path, &desk).await;
    for words in ["As it stands", "As it would be", "Tell the patients?", "Comes after all", "was "] {
        assert!(page.contains(words), "{words}");
    }
    assert!(!page.contains(" style="), "places are classes");
    let change = value_of(&page, "move").unwrap();
    let patient = page.split("plan-who\"><b>").nth(1).and_then(|rest| rest.split('<').next()).unwrap();
    let (seal, tries) = (value_of(&page, "plan").unwrap(), value_of(&page, "tries").unwrap());
    let which = [("plan", seal), ("tries", tries)];
    let with = |more: &[(&'static str, &str)]| -> Vec<(&str, String)> {
        which.iter().chain(more).map(|(name, value)| (*name, (*value).to_owned())).collect()
    };
    let send = async |fields: Vec<(&str, String)>| {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        clinic.send(&path, &desk, &fields).await
    };
    let (status, _, _, again) = send(with(&[("move", change)])).await;
    assert_eq!(status, 422);
    assert!(
        again.contains("Choose whether the patient is told")
            && again.contains(&format!("{change}\" checked"))
    );
    let (status, _, _, again) = send(with(&[("tell_patient", "no")])).await;
    assert_eq!(status, 422, "nothing was ticked");
    assert!(again.contains("Tick at least one change"));
    for bad in ["x", "a~b~c~d"] {
        assert_eq!(send(with(&[("move", bad), ("tell_patient", "no")])).await.0, 404);
    }
    let chosen = [("move", change), ("tell_patient", "no")];
    let (status, location, ..) = send(with(&chosen)).await;
    assert_eq!((status, location), (303, format!("/desk/day/{day}?news=planned")));
    assert!(clinic.page(&format!("/desk/day/{day}"), &desk).await.1.contains(patient));
    let (status, _, _, page) = send(with(&chosen)).await;
    assert_eq!(status, 409, "sent twice");
    assert!(page.contains("changed meanwhile"), "{page}");
    let odd = [("resource", "x"), ("from", "25:00"), ("to", "")];
    assert_eq!(clinic.send(&format!("/desk/day/{day}/absences"), &desk, &odd).await.0, 404);
}

#[tokio::test]
async fn gaps_are_filled_from_the_list() {
    let clinic = clinic();
    let desk = clinic.signed_in(Role::FrontDesk);
    let path = "/desk/day/2026-12-01/fill";
    let (status, page) = clinic.page(path, &desk).await;
    assert_eq!(status, 200);
    let entry = value_of(&page, "entry").expect("somebody fits");
    let (status, _, _, again) = clinic.send(path, &desk, &[("entry", entry)]).await;
    assert_eq!(status, 422);
    assert!(again.contains("Choose what becomes of those"));
    let booked = clinic.send(path, &desk, &[("entry", entry), ("how", "book")]).await;
    assert_eq!((booked.0, booked.1.as_str()), (303, "/desk/day/2026-12-01?news=filled"));
    assert_eq!(clinic.send(path, &desk, &[("entry", entry), ("how", "book")]).await.0, 409, "sent twice");
    let (_, page) = clinic.page(path, &desk).await;
    let next = value_of(&page, "entry").expect("somebody else fits");
    let asked = clinic.send(path, &desk, &[("entry", next), ("how", "offer")]).await;
    assert_eq!((asked.0, asked.1.as_str()), (303, "/desk/wait-list?news=offered"));
    assert!(clinic.page("/desk/wait-list", &desk).await.1.contains("open until"));
}

#[tokio::test]
async fn a_busy_therapist_is_booked_again_only_with_a_reason() {
    let clinic = clinic();
    let desk = clinic.signed_in(Role::FrontDesk);
    let (id, _) = clinic.booked("Ada Example");
    let (_, page) = clinic.page(&format!("/desk/appointments/{id}"), &desk).await;
    let date = page.split("datetime=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let details = app::appointments::show(
        &clinic.web.env,
        &app::Acting { actor: app::Actor::LinkHolder(id.parse().unwrap()), ..clinic.visitor() },
        id.parse().unwrap(),
    );
    let taken = details.unwrap().appointment;
    let rules = app::diary::current(&clinic.web.env).unwrap().rules.clone();
    let time = taken.start_at.to_zoned(rules.zone.clone()).strftime("%H:%M").to_string();
    let lead = taken.lead_id.to_string();
    let (_, cookies, page) = clinic.open("/desk/appointments/new", &desk).await;
    let cookies = format!("{desk}; {cookies}");
    let fields = |token: &'static str| {
        vec![
            ("form_token", token.to_owned()),
            ("visit_type", "consultation".to_owned()),
            ("practitioner", lead.clone()),
            ("date", date.to_owned()),
            ("time", time.clone()),
            ("name", "Bea Beside".to_owned()),
            ("email", "bea@example.org".to_owned()),
            ("phone", String::new()),
            ("note", String::new()),
        ]
    };
    let token: &'static str = Box::leak(value_of(&page, "form_token").unwrap().to_owned().into_boxed_str());
    let send = async |extra: &[(&str, &str)]| {
        let fields = fields(token);
        let mut fields: Vec<(&str, &str)> =
            fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        fields.extend(extra);
        clinic.send("/desk/appointments", &cookies, &fields).await
    };
    let (status, _, _, page) = send(&[]).await;
    assert_eq!(status, 409);
    assert!(page.contains("Book on an extra seat"), "{page}");
    let (status, _, _, page) = send(&[("overbook", "yes"), ("overbook_reason", " ")]).await;
    assert_eq!(status, 422);
    assert!(page.contains("Say why this is worth it") && page.contains("Bea Beside"));
    let (status, location, ..) =
        send(&[("overbook", "yes"), ("overbook_reason", "comes from far away")]).await;
    assert_eq!(status, 303);
    assert!(location.ends_with("&news=squeezed"), "{location}");
    let (_, page) = clinic.page(&location, &desk).await;
    for words in ["squeezed in", "squeezed in on an extra seat: comes from far away"] {
        assert!(page.contains(words), "{words}");
    }
}

#[tokio::test]
async fn the_owner_asks_what_if_and_sets_the_costs() {
    let clinic = clinic();
    let owner = clinic.signed_in(Role::Owner);
    let (status, page) = clinic.page("/desk/capacity?hours=8&therapists=1&rooms=2&lounge=1", &owner).await;
    assert_eq!(status, 200);
    for words in
        ["Visits a day with 1 therapist, 8 hours", "on call for at most 2 resting patients", "And a lounge"]
    {
        assert!(page.contains(words), "{words}");
    }
    let (status, page) = clinic.page("/desk/capacity?rooms=99&therapists=1&hours=8&lounge=1", &owner).await;
    assert_eq!(status, 422);
    assert!(page.contains("Give a whole number from 1 to 8"));
    let costs = |drop| {
        [
            ("drop", drop),
            ("change_lead", "7"),
            ("move_minute", "2"),
            ("move_minutes_max", "45"),
            ("wait_offer_minutes", "90"),
        ]
    };
    let (status, _, _, page) = clinic.send("/desk/capacity/costs", &owner, &costs("0")).await;
    assert_eq!(status, 422);
    assert!(page.contains("must cost something") && page.contains("value=\"45\""));
    let (status, location, ..) = clinic.send("/desk/capacity/costs", &owner, &costs("800")).await;
    assert_eq!((status, location.as_str()), (303, "/desk/capacity?news=costs"));
    let settings = &app::diary::current(&clinic.web.env).unwrap().rules.clinic.settings.clone();
    assert_eq!((settings.plan_costs.drop, settings.wait_offer_minutes), (800, 90));
    let desk = clinic.signed_in(Role::FrontDesk);
    assert_eq!(clinic.page("/desk/capacity", &desk).await.0, 404);
}

#[tokio::test]
async fn a_few_times_are_shown_first_and_all_on_request() {
    let clinic = clinic();
    let count = async |path: &str| {
        let (status, page) = clinic.page(path, "").await;
        assert_eq!(status, 200);
        (page.matches("class=\"time\"").count(), page)
    };
    let path = "/appointments/new?visit=consultation&day=2026-12-01";
    let (few, page) = count(path).await;
    assert_eq!(few, 6);
    for part in ["Morning", "Afternoon"] {
        assert!(page.contains(&format!("<h3 class=\"part-title\">{part}</h3>")), "{part}");
    }
    let (all, page) = count(&format!("{path}&all=yes")).await;
    assert!(all > 12, "{all}");
    assert!(!page.contains("Show all"));
}

#[tokio::test]
async fn whoever_waits_is_told_when_the_self_check_is_to_be_answered_again() {
    let (clinic, sink) = (clinic(), Sink::default());
    let desk = clinic.signed_in(Role::FrontDesk);
    clinic.self_check(&[]).await;
    let wish = app::wait_list::JoinWaitList {
        visit_type: vocab::VisitTypeId::new("treatment").unwrap(),
        practitioner: None,
        weekdays: vec![1, 2, 3, 4, 5],
        parts: record::DayPart::ALL.to_vec(),
        contact: app::people::Contact {
            name: "Wanda".into(),
            email: Some("wanda@example.org".parse().unwrap()),
            phone: String::new(),
        },
        response: Some(app::Secret::from_bits(0x0011_2233_4455_6677_8899_aabb_ccdd_eeff)),
        idempotency_key: "joinwanda".into(),
    };
    app::wait_list::join(&clinic.web.env, &clinic.visitor(), wish).unwrap();
    sink.settle(&clinic);
    let (_, place, _) = clinic.open(&sink.link("wanda@example.org"), "").await;
    let both = format!("{VISITOR}; {place}");
    let mark = "Self-check to be answered again";
    assert!(clinic.page("/wait-list", &both).await.1.contains("Nothing is free for you just now"));
    assert!(!clinic.page("/desk/wait-list", &desk).await.1.contains(mark));
    let older = "UPDATE questionnaire_response SET protocol_sha256 = 'an older one'";
    clinic.place.raw().execute(older).unwrap();
    let (_, page) = clinic.page("/wait-list", &both).await;
    assert!(page.contains("Our questions have changed since you answered"), "{page}");
    assert!(page.contains("href=\"/self-check\"") && !page.contains("We write as soon"), "{page}");
    assert!(clinic.page("/desk/wait-list", &desk).await.1.contains(mark));
    let (_, leaving) = clinic.page("/wait-list/leave", &both).await;
    let entry = value_of(&leaving, "entry").unwrap().to_owned();
    let send = async || clinic.send("/wait-list/answers", &both, &[("entry", &entry)]).await;
    assert_eq!(send().await.0, 409, "not answered again yet");
    clinic.self_check(&[]).await;
    assert!(clinic.page("/wait-list", &both).await.1.contains("Use my new answers"));
    assert!(clinic.page("/wait-list", &place).await.1.contains("Answer the self-check again"), "elsewhere");
    let (status, location, ..) = send().await;
    assert_eq!((status, location.as_str()), (303, "/wait-list"));
    assert!(clinic.page("/wait-list", &both).await.1.contains("Nothing is free for you just now"));
    let (_, list) = clinic.page("/desk/wait-list", &desk).await;
    let hers = list.split("<li class=\"wait-row\">").find(|row| row.contains("wanda@example.org"));
    assert!(hers.is_some_and(|row| !row.contains(mark)), "{list}");
}
