//! The self-check and the places of the body that its answers are about.

use crate::clinic::clinic;
use crate::journey::VISITOR;

#[tokio::test]
async fn a_tattoo_on_one_place_leaves_the_other_to_be_treated() {
    let clinic = clinic();
    let prior = [("list-prior-treatments", "none")];
    let tattoo = ("list-skin-now", "SCR-TATTOO");
    let places = ["cheek", "forehead"];

    // Without a place it counts for both, and a consultation is what is left.
    clinic.self_check_of(&places, &[tattoo], &prior).await;
    let answer = clinic.look("/self-check/answer", VISITOR).await.page;
    assert!(answer.contains("A clinician should decide with you"), "{answer}");
    assert!(!answer.contains("You can book"), "nothing is promised that cannot be had");

    clinic.self_check_of(&places, &[tattoo, ("where-SCR-TATTOO", "forehead")], &prior).await;
    let again = clinic.look("/self-check/4", VISITOR).await.page;
    assert!(again.contains("name=\"where-SCR-TATTOO\" value=\"forehead\" checked"), "{again}");
    assert!(again.contains("name=\"where-SCR-TATTOO\" value=\"cheek\">"), "{again}");
    let answer = clinic.look("/self-check/answer", VISITOR).await.page;
    assert!(answer.contains("You can book, but not for every zone"), "{answer}");
    assert!(answer.contains("We leave out: forehead."), "{answer}");

    let (_, form) = clinic.held().await;
    let told = &form.page;
    assert!(told.contains("£160") && !told.contains("orehead"), "the form says what will be booked: {told}");
    clinic.wait(3);
    let booked = clinic.book(&form, &[]).await;
    let page = clinic.look(&booked.location, VISITOR).await.page;
    assert!(page.contains("Cheek") && !page.contains("orehead"), "only what is left is booked: {page}");

    // One place has no other to be told from.
    clinic.self_check(&[]).await;
    assert!(!clinic.look("/self-check/4", VISITOR).await.page.contains("where-SCR-TATTOO"));
}

#[tokio::test]
async fn only_places_of_the_concern_can_be_asked_for() {
    let clinic = clinic();
    clinic.begin_self_check().await;
    assert_eq!(clinic.ask("/self-check/2", VISITOR, &[("zones", "scalp")]).await.status, 422);
}

#[tokio::test]
async fn a_place_added_later_inherits_no_none_of_these() {
    let clinic = clinic();
    let prior = [("list-prior-treatments", "none")];
    clinic.self_check_of(&["cheek"], &[], &prior).await;
    let zones = [("zones", "cheek"), ("zones", "chin")];
    assert_eq!(clinic.ask("/self-check/2", VISITOR, &zones).await.status, 303);
    let skin = clinic.look("/self-check/4", VISITOR).await.page;
    assert!(!skin.contains("value=\"none\" checked"), "a no about the cheek: {skin}");
    let last = clinic.web.env.protocol.protocol.screens.len() + 2;
    let fields = [("list-recent", "none"), prior[0]];
    assert_eq!(clinic.ask(&format!("/self-check/{last}"), VISITOR, &fields).await.status, 303);
    let answer = clinic.look("/self-check/answer", VISITOR).await.page;
    assert!(answer.contains("A clinician should decide with you"), "{answer}");
}

#[tokio::test]
async fn a_place_that_is_added_later_is_not_taken_for_clear() {
    let clinic = clinic();
    let prior = [("list-prior-treatments", "none")];
    let tattoo = [("list-skin-now", "SCR-TATTOO"), ("where-SCR-TATTOO", "forehead")];
    clinic.self_check_of(&["cheek", "forehead"], &tattoo, &prior).await;
    let zones = [("zones", "cheek"), ("zones", "chin")];
    assert_eq!(clinic.ask("/self-check/2", VISITOR, &zones).await.status, 303);
    let last = clinic.web.env.protocol.protocol.screens.len() + 2;
    let fields = [("list-recent", "none"), prior[0]];
    assert_eq!(clinic.ask(&format!("/self-check/{last}"), VISITOR, &fields).await.status, 303);
    let answer = clinic.look("/self-check/answer", VISITOR).await.page;
    assert!(answer.contains("A clinician should decide with you"), "{answer}");
}
