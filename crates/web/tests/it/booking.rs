//! What the pages around a booking say once things have gone another way: the visit is off, its file is downloaded, the
//! hold has run out, the time is somebody else's.

use crate::clinic::{Clinic, clinic};
use crate::journey::{Answer, VISITOR, hidden};
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
