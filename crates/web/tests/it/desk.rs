//! The desk, page by page: what the front desk types, what it is shown, and what it may do.

use record::Role;

use crate::clinic::{Clinic, clinic};

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

#[tokio::test]
async fn zones_are_ticked_checked_and_kept() {
    let clinic = clinic();
    let desk = Desk::new(&clinic).await;
    let (_, form) = clinic.page("/desk/appointments/new", &desk.cookies).await;
    let treated = clinic.web.env.protocol.protocol.treatable_zones().count();
    assert_eq!(form.matches("name=\"zones\"").count(), treated, "a tick for each place that is treated");
    let rita = [("name", "Rita Rings"), ("phone", "020 7946 0999"), ("zones", "neck"), ("zones", "cheek")];
    for bad in ["eyelid", "no zone", "moon"] {
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
    let told = [rita[0], rita[1], rita[2], ("tell_patient", "yes")];
    let (status, _, page) = desk.book("09:00", &told).await;
    assert_eq!(status, 422);
    assert!(page.contains("There is no e-mail address") && page.contains("020 7946 0999"), "{page}");
    assert!(!page.contains("Squeeze it in"), "nothing is double-booked here");
    let (status, location, page) = desk.book("09:00", &rita).await;
    assert_eq!(status, 303, "{page}");
    let (_, page) = clinic.page(&location, &desk.cookies).await;
    assert!(page.contains("Rita Rings") && !page.contains("mailto:\""), "{page}");
    let id = location.split("open=").nth(1).and_then(|rest| rest.split(['&', '#']).next()).unwrap();
    let cancel = [("reason", "clinic"), ("note", "typed"), ("tell_patient", "yes"), ("sequence", "0")];
    let (status, _, _, page) =
        clinic.send(&format!("/desk/appointments/{id}/cancel"), &desk.cookies, &cancel).await;
    assert_eq!(status, 422);
    assert!(page.contains("There is no e-mail address") && page.contains("typed"), "{page}");
}
