//! The self-check from its first screen to what those who treat read of it.

use record::Role;

use crate::clinic::clinic;
use crate::journey::{VISITOR, hidden, value_after};

#[tokio::test]
async fn what_was_tried_before_is_kept_for_those_who_treat() {
    let clinic = clinic();
    let lists = [("list-prior-treatments", "home-roller"), ("list-prior-treatments", "unsure")];
    clinic.self_check(&lists).await;
    let answer = clinic.look("/self-check/answer", VISITOR).await;
    assert!(answer.page.contains("Nothing you answered speaks against booking"), "it changes no answer");
    let last = format!("/self-check/{}", clinic.web.env.protocol.protocol.screens.len() + 2);
    let again = clinic.look(&last, VISITOR).await;
    assert!(again.page.contains("value=\"home-roller\" checked"), "it is still there on the way back");

    let (_, form) = clinic.held().await;
    clinic.wait(3);
    let booked = clinic.book(&form, &[]).await;
    let id = booked.location.split('/').nth(2).unwrap().to_owned();
    let path = format!("/desk/appointments/{id}");
    let seen = clinic.look(&path, &clinic.signed_in(Role::Practitioner)).await;
    let told = "a roller or pen with needles at home; does not remember the rest";
    assert!(seen.page.contains(told), "{}", seen.page);
    for role in [Role::FrontDesk, Role::Owner] {
        let seen = clinic.look(&path, &clinic.signed_in(role)).await;
        assert!(seen.status == 200 && !seen.page.contains("roller"), "answers are not for the {role}");
    }
}

#[tokio::test]
async fn a_list_without_an_answer_or_with_two_that_contradict_comes_back_as_it_was() {
    let clinic = clinic();
    clinic.begin_self_check().await;
    clinic.ask("/self-check/2", VISITOR, &[("zones", "cheek")]).await;
    let half = clinic.ask("/self-check/3", VISITOR, &[("list-now", "SCR-PREG"), ("list-now", "none")]).await;
    assert_eq!(half.status, 422);
    assert!(
        half.page.contains("href=\"#list-now\"") && half.page.contains("href=\"#list-sun\""),
        "both are named"
    );
    assert!(half.page.contains("value=\"SCR-PREG\" checked") && half.page.contains("Which is right?"));
    let names = |field: &str, title: &str| half.page.contains(&format!("<a href=\"#{field}\">{title} "));
    assert!(names("list-now", "How are you right now?") && names("list-sun", "Has your skin seen sun?"));
    let jumped = clinic.look("/self-check/answer", VISITOR).await;
    assert_eq!((jumped.status, jumped.location.as_str()), (303, "/self-check/3"), "nothing was decided");
    for bad in [
        &[("concern", "hair-loss"), ("birth_day", "27"), ("birth_month", "3"), ("birth_year", "1990")],
        &[("concern", "acne-scars"), ("birth_day", "31"), ("birth_month", "2"), ("birth_year", "1990")],
        &[("concern", "acne-scars"), ("birth_day", "1"), ("birth_month", "1"), ("birth_year", "2031")],
        &[("concern", "acne-scars"), ("birth_day", "x"), ("birth_month", "<b>"), ("birth_year", "-1")],
    ] {
        let answer = clinic.ask("/self-check/1", VISITOR, bad).await;
        assert_eq!(answer.status, 422, "{bad:?}");
        assert!(!answer.page.contains("<b>"), "what was typed is text");
        let year = format!(
            "name=\"birth_year\" inputmode=\"numeric\" autocomplete=\"bday-year\" maxlength=\"4\" value=\"{}\"",
            bad[3].1
        );
        assert!(answer.page.contains(&year), "what was typed is still there");
    }
    let forged = clinic.ask("/self-check/3", VISITOR, &[("role", "owner")]).await;
    assert_eq!(forged.status, 422, "a field that the page does not have");
    assert_eq!(clinic.look("/self-check/99", VISITOR).await.status, 404);
}

#[tokio::test]
async fn who_goes_back_keeps_what_is_ticked_and_is_led_on_to_what_is_open() {
    let clinic = clinic();
    clinic.begin_self_check().await;
    clinic.ask("/self-check/2", VISITOR, &[("zones", "cheek")]).await;
    let back = ("go", "back");
    let ticked = |page: &str, value: &str| page.contains(&format!("value=\"{value}\" checked"));

    // A first pass: one list has a tick, the other nothing yet.
    let gone = clinic.ask("/self-check/3", VISITOR, &[("list-now", "SCR-BF"), back]).await;
    assert_eq!((gone.status, gone.location.as_str()), (303, "/self-check/2"), "{}", gone.page);
    let again = clinic.look("/self-check/3", VISITOR).await.page;
    assert!(ticked(&again, "SCR-BF") && again.matches(" checked").count() == 1, "{again}");
    for path in ["/self-check/answer", "/appointments/new", "/wait-list/new"] {
        let led = clinic.look(path, VISITOR).await;
        assert_eq!((led.status, led.location.as_str()), (303, "/self-check/3"), "{path}");
    }

    // "None of these" becomes a tick.
    clinic.self_check(&[("list-prior-treatments", "none")]).await;
    let screen = clinic
        .web
        .env
        .protocol
        .protocol
        .screens
        .iter()
        .position(|screen| screen.lists.iter().any(|list| list.id == "health"));
    let path = format!("/self-check/{}", screen.unwrap() + 3);
    let changed = clinic.ask(&path, VISITOR, &[("list-health", "SCR-DIAB"), back]).await;
    assert_eq!(changed.location, format!("/self-check/{}", screen.unwrap() + 2));
    assert!(ticked(&clinic.look(&path, VISITOR).await.page, "SCR-DIAB"));

    // Unticked is unanswered, and never a no; two that contradict keep the tick alone.
    clinic.ask(&path, VISITOR, &[back]).await;
    let list = clinic.look(&path, VISITOR).await.page;
    assert!(!list.contains("name=\"list-health\" value=\"none\" checked"), "{list}");
    let both = [("list-health", "SCR-DIAB"), ("list-health", "none"), back];
    clinic.ask(&path, VISITOR, &both).await;
    let list = clinic.look(&path, VISITOR).await.page;
    assert!(ticked(&list, "SCR-DIAB") && !list.contains("name=\"list-health\" value=\"none\" checked"));
    assert_eq!(clinic.look("/self-check/answer", VISITOR).await.location, path);

    // Places are not lost with their last tick, and a look back undoes nothing.
    assert_eq!(clinic.ask("/self-check/2", VISITOR, &[back]).await.location, "/self-check/1");
    let places = clinic.look("/self-check/2", VISITOR).await.page;
    assert!(places.contains("value=\"cheek\" class=\"pick-cheek\" checked"), "{places}");
    clinic.self_check(&[("list-prior-treatments", "none")]).await;
    let last = format!("/self-check/{}", clinic.web.env.protocol.protocol.screens.len() + 2);
    let same = [("list-recent", "none"), ("list-prior-treatments", "none"), back];
    assert_eq!(clinic.ask(&last, VISITOR, &same).await.status, 303);
    assert_eq!(clinic.look("/self-check/answer", VISITOR).await.status, 200, "still complete");
}

#[tokio::test]
async fn after_a_booking_the_next_person_at_the_browser_starts_with_a_blank_self_check() {
    let clinic = clinic();
    clinic.self_check(&[("list-prior-treatments", "none")]).await;
    let (_, form) = clinic.held().await;
    clinic.wait(3);
    assert_eq!(clinic.book(&form, &[]).await.status, 303);
    let first = clinic.look("/self-check/1", VISITOR).await.page;
    assert!(!first.contains(" checked") && !first.contains("value=\"1990\""), "{first}");
    let answer = clinic.look("/self-check/answer", VISITOR).await;
    assert_eq!((answer.status, answer.location.as_str()), (303, "/self-check/1"));
    clinic.self_check(&[("list-prior-treatments", "none")]).await;
    assert_eq!(clinic.look("/self-check/answer", VISITOR).await.status, 200);
}

#[tokio::test]
async fn what_is_not_over_has_no_day_it_ends() {
    let clinic = clinic();
    clinic.begin_self_check().await;
    clinic.ask("/self-check/2", VISITOR, &[("zones", "cheek")]).await;
    let asked = clinic.look("/self-check/3", VISITOR).await.page;
    let since = asked.split("id=\"when-SCR-HSV-NOW\"").nth(1).unwrap().split("</select>").next().unwrap();
    assert!(since.contains("It is not over yet") && !since.contains("still goes on"), "{since}");
    let prior = [("list-prior-treatments", "none")];
    let sore = [("list-now", "SCR-HSV-NOW"), ("when-SCR-HSV-NOW", "unsure")];
    clinic.self_check_of(&["cheek"], &sore, &prior).await;
    let answer = clinic.look("/self-check/answer", VISITOR).await.page;
    assert!(answer.contains("until two weeks after it has fully healed"), "{answer}");
    assert!(!answer.contains("/appointments/new?visit=treatment"), "no day can be promised: {answer}");
}

#[tokio::test]
async fn whoever_cannot_be_treated_asks_first_and_books_no_consultation() {
    let clinic = clinic();
    let prior = [("list-prior-treatments", "none")];
    let times = clinic.look("/appointments/new?visit=consultation&day=2026-12-10", VISITOR).await.page;
    let time = value_after(&times, "name=\"time\" value=\"").unwrap();
    clinic.self_check_of(&["cheek"], &[("list-now", "SCR-PREG")], &prior).await;
    let chosen = clinic.look("/appointments/new?visit=consultation", VISITOR).await;
    assert_eq!((chosen.status, chosen.location.as_str()), (303, "/self-check/answer"));
    let fields = [("visit", "consultation"), ("with", ""), ("time", time.as_str())];
    let held = clinic.ask("/holds", VISITOR, &fields).await;
    assert_eq!((held.status, held.location.as_str()), (303, "/self-check/answer"));
    let answer = clinic.look("/self-check/answer", VISITOR).await.page;
    assert!(answer.contains("href=\"/contact\"") && !answer.contains("visit=consultation"), "{answer}");
}

/// What the answer says of a condition that ends: a sentence that is read, so it is spelt out here.
const ENDS: [(&str, &str); 11] = [
    ("SCR-PREG", "not suitable until after the pregnancy"),
    ("SCR-BF", "a clinician decides while you breastfeed"),
    ("SCR-CHEMO", "not suitable until your treatment is over and a clinician says yes"),
    ("SCR-RADIO", "not suitable until your radiotherapy is over and a clinician says yes"),
    ("SCR-FEVER", "wait until two weeks after you are well again"),
    ("SCR-ECZ", "leave out a zone until two weeks after the patches have cleared"),
    ("SCR-ACNE", "wait until there are no inflamed spots in the area"),
    ("SCR-WOUND", "wait until the skin has healed"),
    ("SCR-INFECT", "not suitable until it has been treated and is clear"),
    ("SCR-HSV-NOW", "wait until two weeks after it has fully healed"),
    ("SCR-CANCER", "not suitable until a doctor has looked at it and it is clear"),
];

#[tokio::test]
async fn every_condition_that_ends_is_a_sentence_that_says_when() {
    let clinic = clinic();
    let rules = &clinic.web.env.protocol.protocol.rules;
    let ends = rules.iter().filter(|rule| rule.clauses.iter().any(|clause| clause.until_words.is_some()));
    for rule in ends {
        let Some(list) = &rule.list else {
            assert_eq!(rule.id.as_str(), "SCR-U18", "asked in no list: read its words and name it here");
            continue;
        };
        let (_, sentence) = ENDS.iter().find(|(id, _)| *id == rule.id.as_str()).expect("read it and add it");
        let list = format!("list-{list}");
        // Radiotherapy that is going on is told by its day; for the others a plain yes is enough.
        let answers = [(list.as_str(), rule.id.as_str()), ("when-SCR-RADIO", "0")];
        clinic.self_check_of(&["cheek"], &answers, &[("list-prior-treatments", "none")]).await;
        let page = clinic.look("/self-check/answer", VISITOR).await.page;
        assert!(page.contains(&format!("<span>{sentence}</span>")), "{}: {page}", rule.id);
    }
}

#[tokio::test]
async fn what_ends_is_not_now_and_what_does_not_is_not_for_you() {
    let clinic = clinic();
    let prior = [("list-prior-treatments", "none")];
    let answer = async |answers: &[(&str, &str)]| {
        clinic.self_check_of(&["cheek"], answers, &prior).await;
        clinic.look("/self-check/answer", VISITOR).await.page
    };
    let headline = |words: &str| format!("<h1>{words}</h1>");
    let until = |page: &str| {
        let (_, rest) = page.split_once("<p class=\"outcome-until\">")?;
        let (line, _) = rest.split_once("</p>")?;
        Some(line.rsplit("</svg>").next()?.to_owned())
    };

    let pregnant = answer(&[("list-now", "SCR-PREG")]).await;
    assert!(pregnant.contains(&headline("Not now")), "{pregnant}");
    assert_eq!(until(&pregnant).as_deref(), Some("until after the pregnancy"));

    let mole = ("list-skin-now", "SCR-CANCER");
    let changed = answer(&[mole]).await;
    assert!(changed.contains(&headline("Not now")), "{changed}");
    let first = changed.find("Please show the mole or patch to a doctor first.").unwrap();
    for later in ["outcome-until", "As things stand", "Ask us a question", ">Why<"] {
        assert!(first < changed.find(later).unwrap(), "{later}: {changed}");
    }
    let both = answer(&[("list-now", "SCR-PREG"), mole]).await;
    let ends = "until a doctor has looked at it and it is clear, and until after the pregnancy";
    assert_eq!(until(&both).as_deref(), Some(ends));

    // What does not end outweighs what does, but not what is to be done first.
    let bleeds = ("list-health", "SCR-BLEED");
    let forever = answer(&[bleeds]).await;
    assert!(forever.contains(&headline("This treatment is not for you")), "{forever}");
    assert_eq!(until(&forever), None);
    let both = answer(&[bleeds, mole]).await;
    assert!(both.contains(&headline("This treatment is not for you")), "{both}");
    assert!(both.find("to a doctor first.").unwrap() < both.find("As things stand").unwrap(), "{both}");
    let ill = answer(&[("list-now", "SCR-FEVER")]).await;
    assert_eq!(until(&ill).as_deref(), Some("until two weeks after you are well again"));
    // Nothing more can be booked than before.
    for page in [pregnant, changed, forever] {
        assert!(page.contains("href=\"/contact\"") && !page.contains("/appointments/new"), "{page}");
    }
}

#[tokio::test]
async fn who_must_wait_is_led_on_and_can_change_the_answers_by_one_small_link() {
    let clinic = clinic();
    let prior = [("list-prior-treatments", "none")];
    clinic.self_check_of(&["cheek"], &[("list-now", "SCR-FEVER")], &prior).await;
    let page = clinic.look("/self-check/answer", VISITOR).await.page;
    let main = value_after(&page, "<a class=\"button\" href=\"").unwrap();
    assert_eq!(main, "/appointments/new?visit=consultation", "{page}");
    assert_eq!(page.matches("Change my answers").count(), 1, "{page}");
}

#[tokio::test]
async fn a_clinician_who_is_to_decide_reads_what_about() {
    let clinic = clinic();
    let prior = [("list-prior-treatments", "none")];
    clinic.self_check_of(&["cheek"], &[("list-health", "unsure")], &prior).await;
    let answer = clinic.look("/self-check/answer", VISITOR).await.page;
    assert!(answer.contains("<h3>You were not sure about one of these</h3>"), "{answer}");
    assert!(!answer.contains("<h3>I have"), "nobody has said so: {answer}");
    assert!(answer.matches("<h3>").count() <= 2, "one tick is not nine findings: {answer}");

    let times = clinic.look("/appointments/new?visit=consultation&day=2026-12-10", VISITOR).await.page;
    let time = value_after(&times, "name=\"time\" value=\"").unwrap();
    let fields = [("visit", "consultation"), ("with", ""), ("time", time.as_str())];
    let held = clinic.ask("/holds", VISITOR, &fields).await;
    let form = clinic.look(&held.location, VISITOR).await;
    clinic.wait(3);
    let booked = clinic.book(&form, &[]).await;
    let path = format!("/desk/appointments/{}", booked.location.split('/').nth(2).unwrap());
    let seen = clinic.look(&path, &clinic.signed_in(Role::ClinicalLead)).await.page;
    assert!(seen.contains("a clinician decides, answered 23 November 2026"), "{seen}");
    assert!(seen.contains("Not sure: ") && seen.contains("epilepsy"), "{seen}");
    let seen = clinic.look(&path, &clinic.signed_in(Role::FrontDesk)).await.page;
    assert!(seen.contains("a clinician decides, answered") && !seen.contains("epilepsy"), "{seen}");
}

#[tokio::test]
async fn a_machine_leaves_no_rows_and_a_browser_without_cookies_is_told() {
    let clinic = clinic();
    let kept = || testkit::Raw::open(&clinic.place.location).count("questionnaire_response");
    let before = kept();
    let you = [("concern", "acne-scars"), ("birth_day", "27"), ("birth_month", "3"), ("birth_year", "1990")];
    for cookie in ["", "stipple-visitor=", VISITOR] {
        let sent = clinic.ask("/self-check/1", cookie, &you).await;
        assert_eq!(sent.status, 422, "no page of ours was sent: {}", sent.page);
        assert!(
            sent.page.contains("value=\"1990\"") && sent.page.contains("checked"),
            "nothing typed is lost"
        );
        assert_eq!(sent.page.contains("allow cookies"), cookie != VISITOR, "{}", sent.page);
    }
    let token = hidden(&clinic.look("/self-check/1", VISITOR).await.page, "form_token");
    let trapped = [&you[..], &[("form_token", token.as_str()), ("website", "https://example.org")]].concat();
    assert_eq!(clinic.ask("/self-check/1", VISITOR, &trapped).await.status, 422);
    for number in [2, 3, 8] {
        let ahead = clinic.ask(&format!("/self-check/{number}"), VISITOR, &[("zones", "cheek")]).await;
        assert_eq!((ahead.status, ahead.location.as_str()), (303, "/self-check/1"));
    }
    assert_eq!(kept(), before, "nothing was answered, so nothing is kept");

    let whole = [&you[..], &[("form_token", token.as_str())]].concat();
    assert_eq!(clinic.ask("/self-check/1", VISITOR, &whole).await.location, "/self-check/2");
    assert_eq!(kept(), before + 1);
    let trapped = [("zones", "cheek"), ("website", "https://example.org")];
    assert_eq!(clinic.ask("/self-check/2", VISITOR, &trapped).await.status, 422);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_screens_sent_at_once_are_both_kept() {
    let clinic = clinic();
    clinic.self_check(&[]).await;
    let screens = &clinic.web.env.protocol.protocol.screens;
    let names = |screen: &protocol::Screen| -> Vec<String> {
        screen.lists.iter().map(|list| format!("list-{}", list.id)).collect()
    };
    let (now, last) = (names(&screens[0]), names(screens.last().unwrap()));
    let answers = |names: &'_ [String], pregnant: bool| -> Vec<(String, &str)> {
        let given = |name: &str| if pregnant && name == "list-now" { "SCR-PREG" } else { "none" };
        names.iter().map(|name| (name.clone(), given(name))).collect()
    };
    let send = async |path: &str, fields: Vec<(String, &str)>| {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), *value)).collect();
        clinic.ask(path, VISITOR, &fields).await.status
    };
    let (path, mut closing) = (format!("/self-check/{}", screens.len() + 2), answers(&last, false));
    closing.push(("list-prior-treatments".into(), "none"));
    for _ in 0..20 {
        assert_eq!(send("/self-check/3", answers(&now, false)).await, 303);
        let both = tokio::join!(send("/self-check/3", answers(&now, true)), send(&path, closing.clone()));
        assert_eq!(both, (303, 303));
        assert_eq!(send(&path, closing.clone()).await, 303);
        let answer = clinic.look("/self-check/answer", VISITOR).await.page;
        assert!(answer.contains("SCR-PREG"), "it was said: {answer}");
    }
}
