//! A clinic's own file: the example holds, and what is wrong is told with its line.

use clap::Parser;
use record::ClinicSettings;
use stipple::clinic_file::ClinicFile;
use vocab::SiteId;

const EXAMPLE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/operating/clinic.toml"));

fn protocol() -> protocol::Protocol {
    let shipped = stipple::protocols::shipped().expect("the protocol that ships");
    shipped.protocol
}

fn parse(text: &str) -> ClinicFile {
    ClinicFile::parse(text.to_owned()).expect("a file of the right form")
}

#[test]
fn the_example_shows_what_the_program_does_by_itself() {
    let followed = parse(EXAMPLE).followed(SiteId::from_bits(1), &protocol()).unwrap();
    assert_eq!(followed.settings, Some(ClinicSettings::default()), "every key at its default");
    let closures = followed.closures.unwrap();
    assert_eq!(closures.len(), 1);
    assert_eq!(closures[0].from_local.to_string(), "2026-12-25T00:00:00");
    assert_eq!(closures[0].to_local.to_string(), "2026-12-29T00:00:00", "the last day is closed too");
}

#[test]
fn a_file_without_the_tables_says_nothing() {
    let (before, rest) = EXAMPLE.split_once("\n[booking]").unwrap();
    let after = &rest[rest.find("\n[[resources]]").unwrap()..];
    let followed = parse(&format!("{before}{after}")).followed(SiteId::from_bits(1), &protocol()).unwrap();
    assert!(followed.settings.is_none() && followed.closures.is_none());
}

#[test]
fn every_bad_value_is_told_at_once_with_its_line_and_what_to_write() {
    let line_of = |text: &str, what: &str| text.lines().position(|line| line.contains(what)).unwrap() + 1;
    let bad = EXAMPLE
        .replace("min_notice_minutes = 1440 ", "min_notice_minutes = -1 ")
        .replace("offer_step_minutes = 15 ", "offer_step_minutes = 7 ")
        .replace("horizon_days = 90 ", "horizon_days = 366 ")
        .replace("cut_off_hours = 48 ", "cut_off_hours = 721 ")
        .replace("hold_minutes = 10 ", "hold_minutes = 0 ")
        .replace("confirm_minutes = 30 ", "confirm_minutes = 4 ")
        .replace("on_call_limit = 2 ", "on_call_limit = 0 ")
        .replace("last_day = \"2026-12-28\"", "last_day = \"2026-12-24\"")
        .replace("reason = \"Christmas\"", "reason = \" \"");
    let told = parse(&bad).followed(SiteId::from_bits(1), &protocol()).unwrap_err();
    for (what, hint) in [
        ("min_notice_minutes", "booking.min_notice_minutes: write a whole number from 0 to 43200"),
        ("offer_step_minutes", "booking.offer_step_minutes: write a multiple of 5, such as 15"),
        ("horizon_days", "booking.horizon_days: write a whole number from 1 to 365"),
        ("cut_off_hours", "booking.cut_off_hours: write a whole number from 0 to 720"),
        ("hold_minutes", "booking.hold_minutes: write a whole number from 2 to 60"),
        ("confirm_minutes", "booking.confirm_minutes: write a whole number from 5 to 1440"),
        ("on_call_limit", "booking.on_call_limit: write a whole number from 1 to 20"),
        ("last_day", "closures[0].last_day: write a day that is not before the first"),
        ("reason =", "closures[0].reason: write why on one line"),
    ] {
        let expected = format!("line {}: {hint}", line_of(&bad, what));
        assert!(told.contains(&expected), "{expected}\n{told}");
    }
    assert_eq!(told.lines().count(), 9, "{told}");
}

#[test]
fn closures_are_days_of_the_calendar_and_do_not_overlap() {
    let with = |first: &str, more: &str| {
        let text = EXAMPLE.replace("first_day = \"2026-12-25\"", &format!("first_day = \"{first}\""));
        let text =
            text.replace("[[resources]]\nname = \"Ada", &format!("{more}\n[[resources]]\nname = \"Ada"));
        parse(&text).followed(SiteId::from_bits(1), &protocol())
    };
    for bad in ["25 December", "2026-02-30", "1826-12-25", ""] {
        let told = with(bad, "").unwrap_err();
        assert!(told.contains("closures[0].first_day: write a day such as \"2026-12-25\""), "{told}");
    }
    let more = |day| format!("[[closures]]\nfirst_day = \"{day}\"\nreason = \"Stocktaking\"\n");
    assert_eq!(with("2026-12-25", &more("2026-12-29")).unwrap().closures.unwrap().len(), 2);
    let told = with("2026-12-25", &more("2026-12-28")).unwrap_err();
    assert!(told.contains("two of them cover 2026-12-28; make them one"), "{told}");
}

#[test]
fn a_misspelt_key_and_a_wrong_kind_of_value_do_not_vanish() {
    for (from, to, hint) in [
        ("hold_minutes", "hold_minuets", "unknown field `hold_minuets`"),
        ("cut_off_hours = 48", "cut_off_hours = \"two days\"", "expected i64"),
        ("first_day =", "day =", "unknown field `day`"),
    ] {
        let told = ClinicFile::parse(EXAMPLE.replace(from, to)).unwrap_err();
        assert!(told.contains(hint) && told.contains("line "), "{told}");
    }
}

#[test]
fn a_value_that_says_nothing_or_misleads_is_told_with_its_key() {
    let bad = EXAMPLE
        .replace("\nname = \"Your Clinic\"\njurisdiction", "\nname = \" \"\njurisdiction")
        .replace("contact_phone = \"020 7946 0100\"", "contact_phone = \"<script>\"")
        .replace("emergency_number = \"999\"", "emergency_number = \"call me\"")
        .replace("accent = \"#8a4b2f\"", "accent = \"brown\"")
        .replace("zones = [[\"cheek\", \"cheekbone\"], [\"forehead\"]]", "zones = [[\"lips\"]]")
        .replacen("visit = \"treatment\"", "visit = \"nope\"", 1)
        .replace("sign_in_name = \"desk\"", "sign_in_name = \"ADA\"")
        .replacen(
            "from = \"09:00\", to = \"18:00\" }]",
            "from = \"09:00\", to = \"18:00\" }, { days = [\"tue\"], from = \"17:00\", to = \"19:00\" }]",
            1,
        )
        .replace("name = \"Room 1\"", "name = \"ada example\"");
    let told = parse(&bad).followed(SiteId::from_bits(1), &protocol()).unwrap_err();
    for expected in [
        "name: write one line, not empty",
        "contact_phone: write the number patients ring, in digits such as 020 7946 0100",
        "words.emergency_number: write the number to call in an emergency, in digits such as 999",
        "words.accent: write a colour such as #8a4b2f",
        "words.prices[0].items[0].visit: there is no visit \"nope\"; write one of ",
        "words.prices[0].items[1].zones: \"lips\" is no zone that can be treated",
        "resources[0].hours: tue is covered twice",
        "resources[1].name: another resource is called so too",
        "staff[1].sign_in_name: somebody signs in with this name already",
    ] {
        assert!(told.lines().any(|line| line.starts_with(expected)), "{expected}\n{told}");
    }
    assert_eq!(told.lines().count(), 9, "{told}");
}

/// `stipple init`, as it is called.
#[derive(Debug, Parser)]
struct Called {
    #[command(flatten)]
    init: stipple::serve::Init,
}

#[test]
fn what_is_refused_leaves_no_half_a_clinic_behind() {
    let place = tempfile::tempdir().unwrap();
    let (file, data) = (place.path().join("clinic.toml"), place.path().join("data"));
    let init = || {
        let called = ["init", "--data", data.to_str().unwrap(), file.to_str().unwrap()];
        stipple::serve::init(&Called::try_parse_from(called).unwrap().init)
    };
    std::fs::write(&file, EXAMPLE.replace("sign_in_name = \"desk\"", "sign_in_name = \"ADA\"")).unwrap();
    let told = init().unwrap_err();
    assert!(told.contains("staff[1].sign_in_name: somebody signs in with this name already"), "{told}");
    std::fs::write(&file, EXAMPLE).unwrap();
    assert_eq!(init(), Ok(()), "the mended file is taken");
    assert!(init().unwrap_err().contains("there is a clinic in this database already"));
}
