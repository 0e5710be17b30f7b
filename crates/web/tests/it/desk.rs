//! The desk, page by page: what the front desk types, what it is shown, and what it may do.

use std::net::SocketAddr;

use record::Role;
use tower::ServiceExt;
use web::shell::{Limits, Peer};

use crate::clinic::{Clinic, clinic, clinic_limited};
use crate::shell::{OURS, request, text};

/// The value of the first field of this name in a page.
fn value_of<'p>(page: &'p str, name: &str) -> Option<&'p str> {
    let rest = page.split(&format!("name=\"{name}\" value=\"")).nth(1)?;
    rest.split('"').next()
}

/// A member of staff with an open booking form.
struct Desk<'a> {
    clinic: &'a Clinic,
    cookies: String,
    token: String,
}

impl<'a> Desk<'a> {
    async fn new(clinic: &'a Clinic) -> Self {
        let desk = clinic.signed_in(Role::FrontDesk);
        let (_, cookies, page) = clinic.open("/desk/appointments/new", &desk).await;
        let token = value_of(&page, "form_token").unwrap().to_owned();
        Self { clinic, cookies: format!("{desk}; {cookies}"), token }
    }

    /// Sends a consultation on Tuesday 1 December with these fields beside; status, where it leads, the page.
    async fn book(&self, time: &str, extra: &[(&str, &str)]) -> (u16, String, String) {
        let mut fields = vec![
            ("form_token", self.token.as_str()),
            ("visit_type", "consultation"),
            ("practitioner", ""),
            ("date", "2026-12-01"),
            ("time", time),
            ("note", ""),
        ];
        fields.extend(extra);
        let (status, location, _, page) =
            self.clinic.send("/desk/appointments", &self.cookies, &fields).await;
        (status, location, page)
    }
}

/// Jonas signs in from this address: status and page.
async fn sign_in_page(clinic: &Clinic, from: &str, password: &str) -> (u16, String) {
    let form = ("content-type", "application/x-www-form-urlencoded");
    let body = format!("name=jonas&password={password}");
    let mut asked = request("POST", "/sign-in", &[OURS, form], &body);
    asked.extensions_mut().insert(Peer(SocketAddr::new(from.parse().unwrap(), 4_000)));
    let response = clinic.router.clone().oneshot(asked).await.unwrap();
    (response.status().as_u16(), text(response).await)
}

#[tokio::test]
async fn wrong_guesses_elsewhere_do_not_lock_a_member_of_staff_out() {
    let clinic = clinic_limited(Limits::default());
    let sign_in = async |from: &str, password: &str| sign_in_page(&clinic, from, password).await.0;
    for _ in 0..5 {
        assert_eq!(sign_in("127.0.0.2", "wrong").await, 422);
    }
    let (status, page) = sign_in_page(&clinic, "127.0.0.2", "wrong").await;
    assert_eq!(status, 429);
    assert!(page.contains("Please try again in") && page.contains("value=\"jonas\""), "{page}");
    assert_eq!(sign_in("127.0.0.3", "even+small+dots").await, 303, "the owner, elsewhere");
}

#[tokio::test]
async fn a_visit_tells_where_it_is_and_who_did_what() {
    let clinic = clinic();
    let (desk, owner) = (Desk::new(&clinic).await, clinic.signed_in(Role::Owner));
    let rita = [("name", "Rita Mary Rings"), ("phone", "020 7946 0999")];
    let (status, location, page) = desk.book("09:00", &rita).await;
    assert_eq!(status, 303, "{page}");
    let id = location.split("open=").nth(1).and_then(|rest| rest.split('&').next()).unwrap();
    let (_, day) = clinic.page(&location, &desk.cookies).await;
    let (_, alone) = clinic.page(&format!("/desk/appointments/{id}"), &desk.cookies).await;
    for page in [&day, &alone] {
        let place = page.split("<dt>Place</dt><dd>").nth(1).and_then(|rest| rest.split('<').next());
        assert!(place.is_some_and(|place| place.starts_with("Room ")), "{place:?}");
        assert!(page.contains("<b>Sam Okafor</b> booked"), "{page}");
    }
    assert!(day.contains(&format!("open={id}#appointment")), "the link leads to the panel");
    let block = day.split("block-on\"").nth(1).and_then(|rest| rest.split("</a>").next()).unwrap();
    let (time, name) = (block.find(">09:00<"), block.find("<b>Rita Mary Rings</b>"));
    assert!(time.is_some() && time < name, "when it begins, then who comes: {block}");
    assert!(day.contains("id=\"appointment\" tabindex=\"-1\""));
    let (_, trail) = clinic.page("/desk/audit", &owner).await;
    assert!(trail.contains(">visit of Rita R., last set for 1 Dec 09:00</a>"), "{trail}");
    assert!(trail.contains("staff Sam Okafor"), "who signed in");
    let looks = app::audit::Asked { about: Some(id.to_owned()), ..app::audit::Asked::default() };
    let system = app::Acting { actor: app::Actor::System, ..clinic.visitor() };
    let looks = app::audit::find(&clinic.web.env, &system, &looks, 100).unwrap().looks;
    assert!(looks.iter().any(|look| look.page == "audit"), "the trail showed a patient");
}

#[tokio::test]
async fn a_refusal_on_a_full_day_offers_the_days_after_it() {
    let clinic = clinic();
    let desk = Desk::new(&clinic).await;
    let rita = [("name", "Rita Rings"), ("phone", "020 7946 0999"), ("date", "2026-11-29")];
    let mut fields = vec![("form_token", desk.token.as_str()), ("visit_type", "consultation")];
    fields.extend([("practitioner", ""), ("time", "10:00"), ("note", "")]);
    fields.extend(rita);
    let (status, _, _, page) = clinic.send("/desk/appointments", &desk.cookies, &fields).await;
    assert_eq!(status, 409, "nobody works on a Sunday: {page}");
    assert!(page.contains("The clinic is closed on Sundays"), "{page}");
    assert_eq!(page.matches("name=\"offer\"").count(), 6, "{page}");
    assert!(page.contains(">Mon 30 Nov, "), "{page}");
    let offer = value_of(&page, "offer").unwrap().to_owned();
    fields.push(("offer", &offer));
    let (status, location, ..) = clinic.send("/desk/appointments", &desk.cookies, &fields).await;
    assert_eq!(status, 303);
    assert!(location.starts_with("/desk/day/2026-11-30?"), "{location}");
}

#[tokio::test]
async fn for_a_day_that_is_over_times_from_now_on_are_offered() {
    let clinic = clinic();
    let desk = Desk::new(&clinic).await;
    clinic.monday.pass(3_000);
    let rita = [("name", "Rita Rings"), ("phone", "020 7946 0999"), ("date", "2026-11-22")];
    let mut fields = vec![("form_token", desk.token.as_str()), ("visit_type", "consultation")];
    fields.extend([("practitioner", ""), ("time", "10:00"), ("note", "")]);
    fields.extend(rita);
    let (status, _, _, page) = clinic.send("/desk/appointments", &desk.cookies, &fields).await;
    assert_eq!(status, 409);
    assert!(page.contains("This time is over"), "{page}");
    assert_eq!(page.matches("name=\"offer\"").count(), 6, "{page}");
    let early = |offer: &str| offer < "2026-11-23T09:50";
    assert!(!page.split("name=\"offer\" value=\"").skip(1).any(early), "{page}");
    assert!(page.contains(">Mon 23 Nov, "), "{page}");
    let (_, past) = clinic.page("/desk/day/2026-11-21", &desk.cookies).await;
    assert!(!past.contains("data-slot"), "nothing to book on a day that is over: {past}");
    let (_, ahead) = clinic.page("/desk/day/2026-11-24", &desk.cookies).await;
    assert!(ahead.contains("data-slot"), "{ahead}");
}

#[tokio::test]
async fn zones_are_ticked_checked_and_kept() {
    let clinic = clinic();
    let desk = Desk::new(&clinic).await;
    let (_, form) = clinic.page("/desk/appointments/new", &desk.cookies).await;
    let treated = clinic.web.env.protocol.protocol.offered_zones().count();
    assert_eq!(form.matches("name=\"zones\"").count(), treated, "a tick for each place that is treated");
    assert!(!form.contains("value=\"scalp\""), "treated for hair loss alone, which is not on offer");
    let rita = [("name", "Rita Rings"), ("phone", "020 7946 0999"), ("zones", "neck"), ("zones", "cheek")];
    for bad in ["eyelid", "scalp", "no zone", "moon"] {
        let fields: Vec<_> = rita.iter().copied().chain([("zones", bad)]).collect();
        let (status, _, page) = desk.book("09:00", &fields).await;
        assert_eq!(status, 422, "{bad}");
        assert!(page.contains("Choose from the places"), "{page}");
        assert!(page.contains("value=\"neck\" checked") && page.contains("value=\"cheek\" checked"));
    }
    let (status, location, page) = desk.book("09:00", &rita).await;
    assert_eq!(status, 303, "{page}");
    let (_, page) = clinic.page(&location, &desk.cookies).await;
    assert!(page.contains("<br>Cheek, Neck"), "{page}");
}

#[tokio::test]
async fn a_caller_without_an_address_is_booked_by_telephone() {
    let clinic = clinic();
    let desk = Desk::new(&clinic).await;
    let rita = [("name", "Rita Rings"), ("phone", "020 7946 0999"), ("email", "")];
    let (status, _, page) = desk.book("09:00", &[("name", "Rita Rings")]).await;
    assert_eq!(status, 422);
    assert!(page.contains("one of them is needed") && page.contains("Rita Rings"), "{page}");
    let (status, _, page) = desk.book("07:00", &[("name", ""), rita[1]]).await;
    assert_eq!(status, 422);
    assert!(page.contains("Write your name."), "{page}");
    assert!(
        page.contains("the clinic opens at 09:00"),
        "what is wrong with the time is said with the rest: {page}"
    );
    let told = [rita[0], rita[1], rita[2], ("tell_patient", "yes")];
    let (status, location, page) = desk.book("09:00", &told).await;
    assert_eq!(status, 303, "{page}");
    let (_, page) = clinic.page(&location, &desk.cookies).await;
    assert!(page.contains("No letter is sent: there is no e-mail address"), "{page}");
    assert!(page.contains("Rita Rings") && !page.contains("mailto:\""), "{page}");
    let id = location.split("open=").nth(1).and_then(|rest| rest.split(['&', '#']).next()).unwrap();
    for step in ["move", "cancel"] {
        let (_, page) = clinic.page(&format!("/desk/appointments/{id}/{step}"), &desk.cookies).await;
        assert!(page.contains("There is no e-mail address") && !page.contains("Yes, by e-mail"), "{page}");
    }
    let cancel = [("reason", "clinic"), ("note", "typed"), ("sequence", "0")];
    let (status, _, _, page) =
        clinic.send(&format!("/desk/appointments/{id}/cancel"), &desk.cookies, &cancel).await;
    assert_eq!(status, 303, "{page}");
}

#[tokio::test]
async fn a_treatment_nobody_asked_about_is_flagged_and_a_consultation_is_not() {
    let clinic = clinic();
    let desk = Desk::new(&clinic).await;
    let rita = [("name", "Rita Rings"), ("phone", "020 7946 0999")];
    let (_, talk, _) = desk.book("09:00", &rita).await;
    let desk = Desk::new(&clinic).await;
    let tess = [("name", "Tess Treated"), ("phone", "020 7946 0998")];
    let mut fields = vec![("form_token", desk.token.as_str()), ("visit_type", "treatment")];
    fields.extend([("practitioner", ""), ("date", "2026-12-02"), ("time", "07:00"), ("note", "")]);
    fields.extend(tess);
    let (.., page) = clinic.send("/desk/appointments", &desk.cookies, &fields).await;
    fields.push(("offer", value_of(&page, "offer").unwrap()));
    let (status, treatment, ..) = clinic.send("/desk/appointments", &desk.cookies, &fields).await;
    assert_eq!(status, 303);
    for (location, flags) in [(talk, 0), (treatment, 2)] {
        let (_, page) = clinic.page(&location, &desk.cookies).await;
        let block = page.split("block-on\"").nth(1).and_then(|rest| rest.split("</a>").next()).unwrap();
        let panel = page.split("id=\"appointment\"").nth(1).unwrap();
        let found = [block, panel].iter().filter(|part| part.contains("no self-check")).count();
        assert_eq!(found, flags, "{block} {panel}");
    }
}

#[tokio::test]
async fn whoever_is_on_call_for_somebody_elses_patient_is_not_drawn_as_free() {
    let clinic = clinic();
    let desk = clinic.signed_in(Role::FrontDesk);
    let rules = app::diary::current(&clinic.web.env).unwrap().rules.clone();
    let id = vocab::StaffId::from_bits(1);
    let lead = app::StaffActor { id, name: String::new(), role: Role::ClinicalLead, resource_id: None };
    let lead = app::Acting { actor: app::Actor::Staff(lead), operation_id: vocab::OperationId::from_bits(1) };
    let first: jiff::civil::Date = "2026-11-24".parse().unwrap();
    let mut called = 0;
    for date in first.series(jiff::Span::new().days(1)).take(14) {
        let (_, page) = clinic.page(&format!("/desk/day/{date}"), &desk).await;
        called += page.matches("on call: ").count();
        for (_, one) in app::appointments::day(&clinic.web.env, &lead, date).unwrap().occupations {
            // The half hours that it touches.
            let half = 30 * 60;
            for second in (one.from_at.as_second() / half * half..one.to_at.as_second()).step_by(1800) {
                let at = jiff::Timestamp::from_second(second).unwrap().to_zoned(rules.zone.clone());
                let offered = format!("time={}&#38;with={}", at.strftime("%H:%M"), one.resource_id);
                assert!(!page.contains(&offered), "{date}: {offered} is taken for {}", one.phase_name);
            }
        }
    }
    assert!(called > 0, "the demo has somebody on call");
}

#[tokio::test]
async fn a_day_that_is_typed_is_gone_to() {
    let clinic = clinic();
    let desk = clinic.signed_in(Role::FrontDesk);
    for (typed, day) in [("2026-12-09", "2026-12-09"), ("", "2026-11-23"), ("soon", "2026-11-23")] {
        let gone = clinic.look(&format!("/desk?date={typed}"), &desk).await;
        assert_eq!(gone.location, format!("/desk/day/{day}"), "{typed}");
    }
}

#[tokio::test]
async fn the_line_of_now_is_drawn_while_the_clinic_is_open() {
    let clinic = clinic();
    let mut drawn = Vec::new();
    // 15:00, 21:00, 03:00, 09:00.
    for _ in 0..4 {
        clinic.monday.pass(6 * 60 * 60);
        let today = clinic.web.env.clock.now().to_string()[..10].to_owned();
        let desk = clinic.signed_in(Role::FrontDesk);
        let (status, page) = clinic.page(&format!("/desk/day/{today}"), &desk).await;
        assert_eq!(status, 200, "{page}");
        drawn.push(page.contains("now-label"));
    }
    assert_eq!(drawn, [true, false, false, true]);
}

#[tokio::test]
async fn a_page_that_is_not_there_keeps_the_desk_around_it() {
    let clinic = clinic();
    let nowhere = format!("/desk/appointments/{}", vocab::AppointmentId::from_bits(1));
    let (status, page) = clinic.page(&nowhere, &clinic.signed_in(Role::FrontDesk)).await;
    assert_eq!(status, 404);
    assert!(page.contains("href=\"/desk/wait-list\"") && page.contains("Sign out"), "{page}");
    assert!(!page.contains("href=\"/desk/audit\""), "not for the front desk");
    for unknown in ["/desk/nothing", "/desk/day/2026-11-26/nothing"] {
        let (status, page) = clinic.page(unknown, &clinic.signed_in(Role::FrontDesk)).await;
        assert!(status == 404 && page.contains("href=\"/desk/enquiries\""), "{unknown}: {page}");
    }
    let (status, _) = clinic.page("/desk/enquiries/", &clinic.signed_in(Role::FrontDesk)).await;
    assert_eq!(status, 308, "a slash too many at the end is forgiven");
    let (status, page) = clinic.page("/desk/audit", &clinic.signed_in(Role::FrontDesk)).await;
    assert!(status == 404 && page.contains("href=\"/desk/enquiries\""), "{page}");
    let (status, page) = clinic.page("/treatments/nothing", &clinic.signed_in(Role::FrontDesk)).await;
    assert!(status == 404 && !page.contains("/desk/wait-list"), "a public page stays public");
}

#[tokio::test]
async fn what_was_typed_comes_back_however_long() {
    let clinic = clinic();
    let desk = Desk::new(&clinic).await;
    let long = "abc ".repeat(120);
    let fields = [("name", long.as_str()), ("phone", "020 7946 0999 \r\n call after six")];
    let (status, _, page) = desk.book("09:00", &fields).await;
    assert_eq!(status, 422);
    assert!(page.contains(&long) && page.contains("call after six"), "{page}");
    let rita = [("name", "Rita Rings"), ("phone", "020 7946 0999")];
    let (_, location, _) = desk.book("09:00", &rita).await;
    let id = location.split("open=").nth(1).and_then(|rest| rest.split(['&', '#']).next()).unwrap();
    let cancel = [("reason", "clinic"), ("note", long.as_str()), ("sequence", "0")];
    let (status, _, _, page) =
        clinic.send(&format!("/desk/appointments/{id}/cancel"), &desk.cookies, &cancel).await;
    assert!(status == 422 && page.contains(&long), "{page}");
}

#[tokio::test]
async fn an_enquiry_is_answered_and_stands_apart() {
    let clinic = clinic();
    let desk = clinic.signed_in(Role::FrontDesk);
    let mut errors = app::FormErrors::default();
    let contact = app::people::Contact::parse("Nell Asks", "nell@example.org", "", &mut errors).unwrap();
    app::enquiries::send(&clinic.web.env, &clinic.visitor(), 77, contact, "Does it hurt?".into()).unwrap();
    let action = format!("/desk/enquiries/{}/answered", vocab::EnquiryId::from_bits(77));
    let (_, page) = clinic.page("/desk/enquiries", &desk).await;
    let waits = |page: &str| {
        let open = page.split("<h2>Answered</h2>").next().unwrap_or_default();
        (open.contains("Nell Asks"), page.contains("Nell Asks"))
    };
    assert!(waits(&page) == (true, true) && page.contains(&format!("action=\"{action}\"")), "{page}");
    for _ in 0..2 {
        let (status, location, ..) = clinic.send(&action, &desk, &[]).await;
        assert_eq!((status, location.as_str()), (303, "/desk/enquiries?news=enquiry-answered"));
    }
    let (_, page) = clinic.page("/desk/enquiries", &desk).await;
    assert_eq!(waits(&page), (false, true), "{page}");
    let owner = clinic.signed_in(Role::Owner);
    let (_, trail) = clinic.page("/desk/audit?action=enquiry.answer", &owner).await;
    assert_eq!(trail.matches("<td>answered an enquiry</td>").count(), 1, "pressed twice, done once");
    assert!(trail.contains("<td>Sam Okafor</td>") && !trail.contains("Nell"));
    let (status, ..) = clinic.send(&action.replace("/answered", "/open"), &desk, &[]).await;
    assert_eq!(status, 303);
    assert_eq!(
        waits(&clinic.page("/desk/enquiries", &desk).await.1),
        (true, true),
        "a wrong press is undone"
    );
    let therapist = clinic.signed_in(Role::Practitioner);
    assert_eq!(clinic.send(&action, &therapist, &[]).await.0, 404);
}

/// A mail server that does not know the patient's address.
struct Refusing;

impl app::jobs::Outlet for Refusing {
    fn send(&self, _: &notify::Message) -> Result<(), notify::SendError> {
        Err(notify::SendError::Permanent(notify::Reason::Answered(550)))
    }
}

#[tokio::test]
async fn the_desk_sees_that_an_email_has_not_left_and_what_it_says() {
    let clinic = clinic();
    let desk = clinic.signed_in(Role::FrontDesk);
    let (id, _) = clinic.booked("Rita Mary Rings");
    let told =
        "The e-mail to the patient has not left: the mail server refuses this address or this message (550).";
    let (_, before) = clinic.page(&format!("/desk/appointments/{id}"), &desk).await;
    assert!(!before.contains("has not left"), "nothing was tried yet");
    while app::jobs::run_due(&clinic.web.env, &Refusing).unwrap() {}
    let (_, page) = clinic.page(&format!("/desk/appointments/{id}"), &desk).await;
    assert!(page.contains(told) && page.contains("It is not tried again."), "{page}");
    assert!(page.contains("<summary>What it says</summary>"), "{page}");
}
