//! The words: as committed, plain, the same in both forms, and silent about health.

use std::{fs, path::PathBuf};

use ical::{CalendarError, Method};
use notify::{Loss, Occasion, Standing, calendar_download, compose};

use crate::letters::{SECRET, booked, letter, message, messages, occasions};

const NOTHING_CHANGES: &str = "Opening the link changes nothing.";

/// With `STIPPLE_BLESS=1` the files are written anew first; look at the difference before you commit it.
#[test]
fn words_are_as_committed() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testdata");
    for (name, message) in messages() {
        let text = format!("Subject: {}\n\n{}", message.subject, message.text);
        for (ending, made) in [("txt", &text), ("html", &message.html)] {
            let path = folder.join(format!("{name}.{ending}"));
            if std::env::var_os("STIPPLE_BLESS").is_some() {
                fs::write(&path, made).unwrap();
            }
            let kept =
                fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            assert_eq!(
                made, &kept,
                "{name}.{ending}; if that is meant: STIPPLE_BLESS=1 cargo test -p notify"
            );
        }
    }
}

#[test]
fn both_forms_have_the_same_words() {
    for (name, message) in messages() {
        let from_text: Vec<String> = message
            .text
            .split_whitespace()
            .filter(|word| !word.starts_with("https://") && *word != "--")
            .map(|word| word.trim_end_matches(':').to_owned())
            .collect();
        let start = message.html.find("<body").unwrap();
        let from_html: Vec<String> = without_tags(&message.html[start..])
            .split_whitespace()
            .map(|word| word.trim_end_matches(':').to_owned())
            .collect();
        assert_eq!(from_text, from_html, "{name}");
    }
}

/// Plain means a short way to the full stop and short words: the Flesch-Kincaid grade of twelve-year-olds is six.
#[test]
fn words_are_plain() {
    for (name, message) in messages() {
        // Facts, links and the clinic's own lines are no prose.
        let prose: Vec<&str> = message
            .text
            .split("\n-- \n")
            .next()
            .unwrap()
            .lines()
            .filter(|line| line.ends_with(['.', '?']))
            .flat_map(|line| line.split_inclusive(['.', '?']))
            .collect();
        let (mut words, mut syllables) = (0, 0);
        for sentence in &prose {
            let in_sentence: Vec<&str> = sentence.split_whitespace().collect();
            assert!(in_sentence.len() <= 17, "{name}: too long: {sentence}");
            words += in_sentence.len();
            syllables += in_sentence.iter().map(|word| count_syllables(word)).sum::<usize>();
        }
        let grade = 0.39 * words as f64 / prose.len() as f64 + 11.8 * syllables as f64 / words as f64 - 15.59;
        assert!(grade <= 6.0, "{name}: reads at grade {grade:.1}");
    }
}

#[test]
fn links_that_act_say_that_reading_changes_nothing() {
    for (name, message) in messages() {
        let acts = message.text.contains(SECRET);
        assert_eq!(acts, message.text.contains(NOTHING_CHANGES), "{name}");
        assert_eq!(acts, message.html.contains(NOTHING_CHANGES), "{name}");
        assert_eq!(acts, !["cancelled", "enquiry-received", "new-enquiry"].contains(&name), "{name}");
    }
}

#[test]
fn times_and_terms_are_told() {
    for (name, expected) in [
        ("confirm-address", "When: Tuesday 24 November 2026, 10:00–12:05"),
        (
            "confirm-address",
            "We keep it for you until 14:35 on Monday 2 November 2026. After that, others can book it.",
        ),
        ("booked", "You can move or cancel there until 10:00 on Sunday 22 November 2026."),
        ("booked-by-telephone", "To move or cancel, please call us: 0131 496 0000."),
        ("moved", "Old time: Monday 23 November 2026, 15:00–17:05"),
        ("reminder", "Has anything changed since you answered our questions?"),
    ] {
        assert!(message(name).text.contains(expected), "{name}");
    }
}

#[test]
fn subjects_and_calendars_are_silent_about_health() {
    let telling = [
        "needl", "scar", "acne", "skin", "wrinkle", "stretch", "pigment", "treat", "therap", "medic",
        "cream", "numb", "health", "pregnan", "consult",
    ];
    for (name, message) in messages() {
        let calendar = message.calendar.as_ref().map_or("", |file| &file.ics).replace("\r\n ", "");
        let mut outside = format!("{}\n{calendar}", message.subject).to_lowercase();
        if name == "new-enquiry" {
            outside += &message.text.to_lowercase();
            assert!(!message.text.contains("patient.example"));
        }
        for word in telling {
            assert!(!outside.contains(word), "{name}: {word}");
        }
        assert!(!outside.contains("my-visit"), "{name}: the secret link is in the calendar");
        let debug = format!("{message:?}");
        assert!(!debug.contains("example") && !debug.contains("appointment"), "{debug}");
    }
}

#[test]
fn calendar_files_follow_one_visit() {
    for (name, expected) in [
        ("confirm-address", None),
        ("booked", Some((Method::Request, "SEQUENCE:0", "STATUS:CONFIRMED"))),
        ("moved", Some((Method::Request, "SEQUENCE:1", "STATUS:CONFIRMED"))),
        ("cancelled", Some((Method::Cancel, "SEQUENCE:2", "STATUS:CANCELLED"))),
        ("reminder", None),
        ("enquiry-received", None),
        ("new-enquiry", None),
    ] {
        let file = message(name).calendar;
        assert_eq!(file.as_ref().map(|file| file.method), expected.map(|(method, ..)| method), "{name}");
        let (Some(file), Some((method, sequence, status))) = (file, expected) else { continue };
        let method = format!("METHOD:{}", method.word());
        let uid = "UID:00000000000000000000000001@clinic.example";
        let start = "DTSTART;TZID=Europe/London:20261124T100000";
        for line in [&method, sequence, status, uid, start, "SUMMARY:Visit at Harbour Clinic"] {
            assert!(file.ics.lines().any(|found| found == line), "{name}: {line}\n{}", file.ics);
        }
    }
}

#[test]
fn the_download_is_the_same_event_without_anybody_asked() {
    let Occasion::Booked { visit, .. } = booked() else { unreachable!("booked() is booked") };
    let letter = letter(booked());
    let file = |standing| calendar_download(&letter.clinic, &visit, standing, letter.at).unwrap();
    let download = file(Standing::Booked);
    let mailed = message("booked").calendar.unwrap();
    let shared = |ics: &str| {
        let whole = ics.replace("\r\n ", "");
        let differs = |line: &&str| !line.starts_with("METHOD") && !line.starts_with("ATTENDEE");
        whole.lines().filter(differs).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(shared(&download.ics), shared(&mailed.ics));
    assert_eq!(download.method, Method::Publish);
    assert!(!download.ics.contains("ATTENDEE") && mailed.ics.contains("ATTENDEE"));
    for (standing, method, status) in [
        (Standing::Unconfirmed, Method::Publish, "STATUS:TENTATIVE"),
        (Standing::Booked, Method::Publish, "STATUS:CONFIRMED"),
        (Standing::Off, Method::Cancel, "STATUS:CANCELLED"),
    ] {
        let file = file(standing);
        assert!(file.method == method && file.ics.contains(&format!("METHOD:{}\r\n", method.word())));
        assert!(file.ics.contains(status) && !file.ics.contains("ATTENDEE"), "{}", file.ics);
    }
}

#[test]
fn a_calendar_file_that_cannot_be_made_does_not_eat_the_message() {
    for (name, occasion) in occasions() {
        let mut letter = letter(occasion);
        let (whole, _) = compose(&letter);
        letter.clinic.uid_domain = "not a domain".to_owned();
        let (message, losses) = compose(&letter);
        let expected: &[Loss] = match whole.calendar {
            Some(_) => &[Loss::CalendarFile(CalendarError::NotADomain)],
            None => &[],
        };
        assert_eq!(losses, expected, "{name}");
        assert_eq!(message.calendar, None);
        assert_eq!(message.subject, whole.subject);
        assert!(!message.text.contains("attached") && !message.html.contains("attached"), "{name}");
        if matches!(letter.occasion, Occasion::Booked { .. }) {
            assert!(message.text.contains(SECRET));
        }
    }
}

#[test]
fn a_late_message_promises_no_more_time_than_there_is() {
    let (_, occasion) = occasions().swap_remove(0);
    for at in ["2026-11-02T14:05:00Z", "2026-11-02T14:20:30Z", "2026-11-02T15:00:00Z"] {
        let late = notify::Letter { at: at.parse().unwrap(), ..letter(occasion.clone()) };
        let text = compose(&late).0.text;
        assert!(text.contains("until 14:35 on Monday 2 November 2026") && !text.contains("minutes"), "{at}");
    }
}

#[test]
fn the_button_is_named_as_it_stands_on_the_page() {
    for (name, message) in messages() {
        let named = message.text.contains("press “Yes, confirm my visit” there");
        assert_eq!(named, name == "confirm-address", "{name}: only there is anything to press");
        assert!(!message.text.to_lowercase().contains("appointment"), "{name}: to patients it is a visit");
    }
}

#[test]
fn a_term_that_has_run_out_is_not_offered() {
    for (name, occasion) in occasions() {
        // The reminder of the day before, when moving by link ended two days before.
        let day_before = notify::Letter { at: "2026-11-23T09:00:00Z".parse().unwrap(), ..letter(occasion) };
        let text = compose(&day_before).0.text;
        assert!(!text.contains("there until") && !text.contains("plan, move"), "{name}");
        if ["booked", "moved", "reminder"].contains(&name) {
            assert!(text.contains("To move or cancel, please call us: 0131 496 0000."), "{name}");
        }
    }
}

#[test]
fn a_plan_is_promised_only_where_there_is_one() {
    for (name, mut occasion) in occasions() {
        let with = compose(&letter(occasion.clone())).0;
        if let Occasion::ConfirmAddress { visit, .. }
        | Occasion::Booked { visit, .. }
        | Occasion::Moved { visit, .. }
        | Occasion::Cancelled { visit, .. }
        | Occasion::Reminder { visit, .. } = &mut occasion
        {
            visit.has_plan = false;
        }
        let (without, losses) = compose(&letter(occasion));
        assert_eq!(losses, [], "{name}");
        let calendar = without.calendar.map_or(String::new(), |file| file.ics.replace("\r\n ", ""));
        for words in [&without.text, &without.html, &calendar] {
            assert!(!words.contains("plan") && !words.contains("prepare"), "{name}: {words}");
        }
        let promised = ["booked", "booked-by-telephone", "moved", "reminder"].contains(&name);
        assert_eq!(with.text.contains("plan"), promised, "{name}");
    }
}

#[test]
fn hostile_words_stay_words() {
    let attack = "Clinic\r\nBcc: x@y.example\r\n\r\n<script>\u{2028}alert(1)</script>\0";
    let mut letter = letter(booked());
    letter.clinic.name = attack.to_owned();
    letter.clinic.address = attack.to_owned();
    letter.clinic.telephone = attack.to_owned();
    let (message, losses) = compose(&letter);
    assert_eq!(losses, []);
    let one_line = "Clinic Bcc: x@y.example <script> alert(1)</script>";
    assert_eq!(message.subject, format!("Your visit at {one_line} is booked"));
    assert!(!message.html.contains("<script"), "{}", message.html);
    assert!(message.text.lines().all(|line| !line.starts_with("Bcc")), "{}", message.text);
    assert!(message.calendar.unwrap().ics.lines().all(|line| !line.starts_with("Bcc")));
}

fn without_tags(html: &str) -> String {
    let mut text = String::new();
    let mut within = false;
    for c in html.chars() {
        match c {
            '<' => within = true,
            '>' => {
                within = false;
                text.push(' ');
            }
            _ if !within => text.push(c),
            _ => {}
        }
    }
    text.replace("&#39;", "'").replace("&quot;", "\"").replace("&lt;", "<").replace("&amp;", "&")
}

/// Groups of vowels, without a silent e at the end: good enough to tell "use" from "utilisation".
fn count_syllables(word: &str) -> usize {
    let word: String = word.to_lowercase().chars().filter(|c| c.is_alphabetic()).collect();
    let stem = if word.ends_with("le") { &word } else { word.strip_suffix('e').unwrap_or(&word) };
    let is_vowel = |c: char| "aeiouy".contains(c);
    let groups = stem.split(|c| !is_vowel(c)).filter(|group| !group.is_empty()).count();
    groups.max(1)
}
