//! Needling plans at the desk, in process: the form, its answer for the script, keeping, pens; and what hostile input gets.

use record::Role;
use serde_json::Value;
use tower::ServiceExt;

use crate::clinic::{Clinic, clinic};
use crate::shell::{OURS, request, text};

impl Clinic {
    async fn post(&self, path: &str, cookie: &str, body: &str) -> (u16, String, String) {
        let form = ("content-type", "application/x-www-form-urlencoded");
        let asked = request("POST", path, &[OURS, form, ("cookie", cookie)], body);
        let response = self.router.clone().oneshot(asked).await.unwrap();
        let status = response.status().as_u16();
        let place = response.headers().get("location").map(|value| value.to_str().unwrap().to_owned());
        (status, place.unwrap_or_default(), text(response).await)
    }
}

const DRAWING: &str = "/desk/needling-plans/drawing";
const CHIN: &str = "zone=chin&pen=example-6&passes=2&spacing_mm=2&speed_mm_per_s=100&hand=exact";

#[tokio::test]
async fn a_plan_is_drawn_kept_shown_and_stands_with_its_appointment() {
    let clinic = clinic();
    let (id, _) = clinic.booked("Ada Example");
    let desk = clinic.signed_in(Role::FrontDesk);
    let form = format!("/desk/needling-plans/new?appointment={id}");
    let (status, page) = clinic.page(&form, &desk).await;
    assert_eq!(status, 200);
    assert!(page.contains("Ada Example") && page.contains("Keep with the appointment"));
    assert!(page.matches("h0").count() > 1_000, "dots are drawn without a script");
    assert!(!page.contains(" style="));

    let (status, place, _) =
        clinic.post("/desk/needling-plans", &desk, &format!("appointment={id}&{CHIN}")).await;
    assert_eq!((status, place), (303, format!("/desk/appointments/{id}#needling")));
    let (_, page) = clinic.page(&format!("/desk/appointments/{id}"), &desk).await;
    assert!(page.contains("Chin") && page.contains("2 passes,") && page.contains("planned the needling"));
    let plan = page.split("href=\"/desk/needling-plans/").find_map(|rest| {
        let id = rest.split('"').next().unwrap();
        (id.len() == 26).then(|| id.to_owned())
    });
    let (status, page) = clinic.page(&format!("/desk/needling-plans/{}", plan.unwrap()), &desk).await;
    assert_eq!(status, 200);
    assert!(page.contains("Planned by") && page.contains("90°") && page.contains("Ada Example"));
}

#[tokio::test]
async fn a_plan_opens_on_the_visits_zone_and_warns_of_another() {
    let clinic = clinic();
    let (talk, _) = clinic.booked("Ada Example");
    let desk = clinic.signed_in(Role::FrontDesk);
    let (_, page) = clinic.page(&format!("/desk/appointments/{talk}"), &desk).await;
    assert!(!page.contains("Plan a zone"), "nobody is needled at a consultation");
    clinic
        .place
        .raw()
        .execute("UPDATE appointment SET zones = 'chin scar', visit_type = 'treatment'")
        .unwrap();
    let (_, page) = clinic.page(&format!("/desk/appointments/{talk}"), &desk).await;
    assert!(page.contains("Plan a zone"));
    let form = format!("/desk/needling-plans/new?appointment={talk}");
    let (_, page) = clinic.page(&form, &desk).await;
    assert!(
        page.contains("name=\"zone\" value=\"chin\" checked") && !page.contains("another place"),
        "{page}"
    );
    let (_, page) = clinic.page(&format!("{form}&zone=forehead"), &desk).await;
    assert!(
        page.contains("The visit is for another place: chin, a surgical or burn scar elsewhere. This plan is for: forehead."),
        "{page}"
    );
    // What is kept for another place says so wherever it is read, and never that all is well.
    let kept = format!("appointment={talk}&{CHIN}").replace("zone=chin", "zone=forehead");
    let (status, location, _) = clinic.post("/desk/needling-plans", &desk, &kept).await;
    assert_eq!(status, 303);
    let (_, visit) = clinic.page(&format!("/desk/appointments/{talk}"), &desk).await;
    assert!(visit.contains("not a place of this visit"), "{visit}");
    let plan = visit.split("href=\"/desk/needling-plans/").filter(|rest| !rest.starts_with("new")).nth(1);
    let plan = format!("/desk/needling-plans/{}", plan.unwrap().split('"').next().unwrap());
    let (_, printed) = clinic.page(&plan, &desk).await;
    assert!(
        printed.contains("The visit is not for this place") && !printed.contains("Every limit is kept"),
        "{location}: {printed}"
    );
    let drawn = format!("{DRAWING}?{CHIN}&appointment={talk}&visit_zones=");
    let (_, answer) = clinic.page(&format!("{drawn}neck"), &desk).await;
    assert!(answer.contains("another place: neck"), "{answer}");
    let (_, answer) = clinic.page(&format!("{drawn}scar"), &desk).await;
    assert!(answer.contains("a place that is on no map"), "{answer}");
    let (_, answer) = clinic.page(&format!("{drawn}chin"), &desk).await;
    assert!(!answer.contains("The visit is for"), "{answer}");
}

#[tokio::test]
async fn the_answer_for_the_script_says_what_the_page_says() {
    let clinic = clinic();
    let desk = clinic.signed_in(Role::Practitioner);
    let (status, answer) = clinic.page(&format!("{DRAWING}?{CHIN}"), &desk).await;
    assert_eq!(status, 200, "{answer}");
    let answer: Value = serde_json::from_str(&answer).unwrap();
    let (_, page) = clinic.page(&format!("/desk/needling-plans/new?{CHIN}"), &desk).await;
    assert!(page.contains(answer["html"].as_str().unwrap().trim()));
    let density = answer["zones"][0]["density_per_cm2"]["mean"].as_f64().unwrap();
    assert!((200.0..300.0).contains(&density), "{density}");
    // A proposal moves the sliders, or says why not.
    let (_, proposed) = clinic.page(&format!("{DRAWING}?{CHIN}&propose=yes"), &desk).await;
    let proposed: Value = serde_json::from_str(&proposed).unwrap();
    assert_eq!(proposed["refusal"], "");
    assert_ne!(proposed["speed_mm_per_s"], answer["speed_mm_per_s"]);
    let (_, refused) = clinic.page(&format!("{DRAWING}?{CHIN}&depth_mm=2&propose=yes"), &desk).await;
    assert!(refused.contains("depth_mm_max allows"), "{refused}");
}

#[tokio::test]
async fn hostile_settings_get_a_word_at_their_field_and_cost_nothing() {
    let clinic = clinic();
    let desk = clinic.signed_in(Role::Owner);
    let cases = [
        ("zone=eyelid", "zone"),
        ("pen=%3Cscript%3E", "pen"),
        ("speed_mm_per_s=NaN", "speed_mm_per_s"),
        ("spacing_mm=0", "spacing_mm"),
        ("passes=1e9", "passes"),
        ("density_per_cm2=inf", "density_per_cm2"),
        ("hand=shaky", "hand"),
        ("zone=abdomen&passes=6&spacing_mm=0.5&speed_mm_per_s=5", "speed_mm_per_s"),
    ];
    for (query, field) in cases {
        let (status, answer) = clinic.page(&format!("{DRAWING}?{query}"), &desk).await;
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert_eq!((status, answer["errors"][0]["field"].as_str()), (422, Some(field)), "{query}");
        let (status, page) = clinic.page(&format!("/desk/needling-plans/new?{query}"), &desk).await;
        assert_eq!(status, 422);
        assert!(page.contains(&format!("id=\"{field}\"")) && !page.contains("<script>"), "{query}");
    }
    let (status, _) = clinic.page(&format!("{DRAWING}?colour=red"), &desk).await;
    assert_eq!(status, 422);
    let (status, _) = clinic.page("/desk/needling-plans/new?appointment=nobody", &desk).await;
    assert_eq!(status, 404);
    let (status, ..) = clinic.post("/desk/needling-plans", &desk, CHIN).await;
    assert_eq!(status, 404, "a plan needs an appointment");
}

#[tokio::test]
async fn pens_are_entered_by_those_who_treat_and_offered_first() {
    let clinic = clinic();
    let therapist = clinic.signed_in(Role::Practitioner);
    let good = "name=Pen+A&needles=0.8+0%0D%0A-0.8+0&strokes_per_s=100&depth_mm_max=2.5&source=Manual+A";
    let (status, _, page) = clinic.post("/desk/pens", &therapist, &good.replace("100", "fast")).await;
    assert_eq!(status, 422);
    assert!(page.contains("value=\"fast\"") && page.contains("Manual A"), "nothing typed is lost");
    let (status, place, _) = clinic.post("/desk/pens", &therapist, good).await;
    assert_eq!((status, place.as_str()), (303, "/desk/pens"));
    let desk = clinic.signed_in(Role::FrontDesk);
    let (_, page) = clinic.page("/desk/pens", &desk).await;
    assert!(page.contains("2 needles, 100 strokes a second, to 2.5 mm") && !page.contains("Enter the pen"));
    let (_, page) = clinic.page("/desk/needling-plans/new", &desk).await;
    assert!(page.find("Pen A").unwrap() < page.find("Example:").unwrap());
    let (status, ..) = clinic.post("/desk/pens", &desk, good).await;
    assert_eq!(status, 404);
}
