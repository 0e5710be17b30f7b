//! What is written is read back the same, on both engines.

use jiff::civil::{date, datetime};
use record::{
    Absence, Closure, Enquiry, EnquiryState, Patient, ProtocolSignOff, QuestionnaireResponse, ResponseState,
    Role, Session, SpecialDay, Staff, StaffState, WeeklyKind, WeeklyRule,
};
use store::{StoreError, clinics, diary, enquiries, hours, patients, protocols, resources, responses, staff};
use testkit::{SmallClinic, at, id};
use vocab::{ConcernId, ZoneId};

#[test]
fn clinics_sites_and_resources() {
    for test in testkit::stores() {
        let small = SmallClinic::write(&test);
        let mut clinic = small.clinic_record();
        assert_eq!(test.read(|tx| clinics::load(tx, small.clinic)).unwrap().as_ref(), Some(&clinic));
        clinic.settings.on_call_limit = 3;
        clinic.settings.needling_counts_as_on_call = true;
        clinic.is_demo = false;
        let before = test.read(|tx| diary::version(tx, small.clinic)).unwrap();
        let changed = clinic.clone();
        assert!(test.write(move |tx| clinics::update(tx, &changed)).unwrap());
        assert_eq!(test.read(|tx| clinics::load(tx, small.clinic)).unwrap(), Some(clinic));
        let changes = test.read(|tx| diary::changes_since(tx, small.clinic, before)).unwrap();
        assert_eq!(changes, Some(vec![diary::Change::Rules]), "{}", test.engine);

        let site = test.read(|tx| clinics::site(tx, small.clinic, small.site)).unwrap().unwrap();
        assert_eq!(
            (site.zone.as_str(), site.address.as_str()),
            ("Europe/Berlin", "1 Mill Lane\nExampletown")
        );
        assert_eq!(test.read(|tx| clinics::sites(tx, small.clinic)).unwrap(), vec![site]);

        let mut room = test.read(|tx| resources::load(tx, small.clinic, small.room)).unwrap().unwrap();
        room.daily_cap = Some(4);
        room.seats = 3;
        room.active = false;
        let changed = room.clone();
        test.write(move |tx| resources::save(tx, small.clinic, &changed)).unwrap();
        assert_eq!(test.read(|tx| resources::load(tx, small.clinic, small.room)).unwrap(), Some(room));
        let all = test.read(|tx| resources::list(tx, small.clinic)).unwrap();
        assert_eq!(all.len(), 5);
        assert_eq!(all[0].skills.len(), 2, "{}", test.engine);
    }
}

#[test]
fn hours_and_days_off() {
    for test in testkit::stores() {
        let small = SmallClinic::write(&test);
        let weekly = vec![
            WeeklyRule {
                resource_id: small.practitioner,
                kind: WeeklyKind::Break,
                weekday: 1,
                from_local: 720,
                to_local: 765,
            },
            WeeklyRule {
                resource_id: small.practitioner,
                kind: WeeklyKind::Hours,
                weekday: 1,
                from_local: 540,
                to_local: 1440,
            },
        ];
        let special = SpecialDay {
            resource_id: small.room,
            on: date(2026, 12, 24),
            hours: vec![(540, 720), (780, 840)],
        };
        let off = SpecialDay { resource_id: small.room, on: date(2026, 12, 25), hours: vec![] };
        let absence = Absence {
            resource_id: small.practitioner,
            from_local: datetime(2026, 12, 1, 9, 0, 0, 0),
            to_local: datetime(2026, 12, 3, 12, 30, 0, 0),
            reason: "leave".into(),
        };
        let closure = Closure {
            site_id: small.site,
            from_local: datetime(2026, 12, 31, 0, 0, 0, 0),
            to_local: datetime(2027, 1, 2, 0, 0, 0, 0),
            reason: "public holiday".into(),
        };
        let (rules, days) = (weekly.clone(), [special.clone(), off.clone()]);
        let (away, closed) = (absence.clone(), closure.clone());
        let written: Result<(), StoreError> = test.write(move |tx| {
            hours::replace_weekly(tx, small.clinic, small.practitioner, &rules)?;
            hours::replace_weekly(tx, small.clinic, small.practitioner, &rules)?;
            for day in &days {
                hours::save_special_day(tx, small.clinic, day)?;
            }
            hours::save_absence(tx, small.clinic, &away)?;
            hours::save_closure(tx, small.clinic, &closed)
        });
        written.unwrap();
        assert_eq!(test.read(|tx| hours::weekly(tx, small.clinic)).unwrap(), weekly, "{}", test.engine);
        let special_days =
            |from, to| test.read(move |tx| hours::special_days(tx, small.clinic, from, to)).unwrap();
        assert_eq!(special_days(date(2026, 12, 24), date(2026, 12, 26)), vec![special, off.clone()]);
        assert_eq!(special_days(date(2026, 12, 25), date(2027, 1, 1)), vec![off]);
        let absences = |from, to| test.read(move |tx| hours::absences(tx, small.clinic, from, to)).unwrap();
        assert_eq!(absences(date(2026, 12, 3), date(2026, 12, 4)), vec![absence]);
        assert_eq!(absences(date(2026, 12, 4), date(2026, 12, 9)), vec![]);
        let longest = absences(date(2026, 12, 3), date(2026, 12, 4)).remove(0);
        let shorter = Absence { to_local: longest.from_local.date().at(23, 59, 0, 0), ..longest.clone() };
        test.write(move |tx| hours::save_absence(tx, small.clinic, &shorter)).unwrap();
        assert_eq!(absences(date(2026, 12, 3), date(2026, 12, 4)), vec![longest], "the later end stays");
        assert_eq!(absences(date(2026, 11, 1), date(2026, 12, 1)), vec![]);
        let closures =
            |from, to| test.read(move |tx| hours::closures(tx, small.clinic, small.site, from, to)).unwrap();
        assert_eq!(closures(date(2027, 1, 1), date(2027, 1, 2)), vec![closure]);
        assert_eq!(closures(date(2027, 1, 2), date(2027, 1, 3)), vec![], "half-open");
    }
}

#[test]
fn staff_and_sessions() {
    for test in testkit::stores() {
        let small = SmallClinic::write(&test);
        let mut member = Staff {
            id: id(7000),
            sign_in_name: "lead".into(),
            name: "Lead Example".into(),
            role: Role::ClinicalLead,
            state: StaffState::Active,
            password_hash: "$argon2id$x".into(),
            resource_id: Some(small.practitioner),
        };
        let session = Session {
            id: id(7001),
            staff_id: member.id,
            created_at: at(0),
            seen_at: at(0),
            expires_at: at(60),
        };
        let (new_member, new_session) = (member.clone(), session.clone());
        let written: Result<(), StoreError> = test.write(move |tx| {
            staff::save(tx, small.clinic, &new_member)?;
            staff::insert_session(tx, small.clinic, &new_session, &[3; 32])
        });
        written.unwrap();
        let by_name = |name| test.read(move |tx| staff::by_sign_in_name(tx, small.clinic, name)).unwrap();
        assert_eq!(by_name("lead"), Some(member.clone()));
        assert_eq!(by_name("nobody"), None);
        let find =
            |hash, now| test.read(move |tx| staff::session(tx, small.clinic, &[hash; 32], at(now))).unwrap();
        assert_eq!(find(3, 59), Some((session, member.clone())), "{}", test.engine);
        assert_eq!((find(3, 60), find(4, 0)), (None, None));
        test.write(move |tx| staff::touch_session(tx, small.clinic, id(7001), at(30))).unwrap();
        assert_eq!(find(3, 31).unwrap().0.seen_at, at(30));
        member.state = StaffState::Disabled;
        let disabled = member.clone();
        test.write(move |tx| staff::save(tx, small.clinic, &disabled)).unwrap();
        assert_eq!(find(3, 31), None, "{}: who is disabled is out at once", test.engine);
        let ended = test.write(move |tx| staff::end_sessions_of(tx, small.clinic, id(7000))).unwrap();
        assert_eq!(ended, 1);
        let mut twin = member.clone();
        twin.id = id(7002);
        let duplicate = test.write(move |tx| staff::save(tx, small.clinic, &twin));
        assert!(matches!(duplicate, Err(StoreError::Duplicate)), "{}", test.engine);
        assert_eq!(test.read(|tx| staff::list(tx, small.clinic)).unwrap(), vec![member]);
    }
}

#[test]
fn whoever_rings_is_known_by_telephone_and_name() {
    for test in testkit::stores() {
        let small = SmallClinic::write(&test);
        let mut rings = small.patient_record();
        (rings.id, rings.name, rings.email, rings.phone) =
            (id(8100), "Rita Müller".into(), String::new(), "040 / 77-1".into());
        let mut abroad = rings.clone();
        (abroad.id, abroad.name, abroad.phone) = (id(8102), "Jo de la Mer".into(), "020 7946 0999".into());
        let written = [rings.clone(), abroad];
        test.write(move |tx| written.iter().try_for_each(|one| patients::add(tx, small.clinic, one)))
            .unwrap();
        let by_phone = |phone, name| {
            let found = test.read(|tx| patients::by_phone(tx, small.clinic, phone, name)).unwrap();
            found.map(|patient| patient.id)
        };
        for keys in ["due", "written"] {
            assert_eq!(by_phone("040771", "rita muller"), Some(id(8100)), "{}: keys {keys}", test.engine);
            assert_eq!(by_phone("040771", "Otto Müller"), None, "{}", test.engine);
            assert_eq!(by_phone("04077", "Rita Müller"), None, "{}", test.engine);
            assert_eq!(by_phone("", "Rita Müller"), None, "{}", test.engine);
            for number in ["020 79460999", "+44 20 7946 0999", "0044 20 7946 0999"] {
                assert_eq!(by_phone(number, "jo de la mer"), Some(id(8102)), "{}: {number}", test.engine);
            }
            assert_eq!(by_phone("+44 20 7946 0998", "Jo de la Mer"), None, "{}", test.engine);
            assert_eq!(by_phone("+44 20 7946 0999", "Jo Mer"), None, "{}", test.engine);
            test.write(move |tx| patients::write_due_keys(tx, small.clinic, 10)).unwrap();
        }
        let birth_on = rings.birth_on;
        let by_nothing =
            test.read(|tx| patients::by_email(tx, small.clinic, " ", "Rita Müller", birth_on)).unwrap();
        assert_eq!(by_nothing, None, "{}: an empty address is nobody's", test.engine);
        rings.id = id(8101);
        test.write(move |tx| patients::add(tx, small.clinic, &rings)).unwrap();
        assert_eq!(by_phone("040771", "Rita Müller"), None, "{}: which of the two?", test.engine);
    }
}

#[test]
fn patients_are_found_by_beginnings() {
    for test in testkit::stores() {
        let small = SmallClinic::write(&test);
        let first = small.patient_record();
        let mut second = first.clone();
        second.id = id(8000);
        second.name = "Tested Ößbeck".into();
        second.email = "other@example.org".into();
        second.phone = "040 999".into();
        let written = second.clone();
        test.write(move |tx| patients::save(tx, small.clinic, &written)).unwrap();
        for (text, found) in [
            ("test", vec![id(8000), small.patient]),
            ("MOELLER", vec![]),
            ("moll", vec![small.patient]),
            ("exa tes", vec![small.patient]),
            ("ossb", vec![id(8000)]),
            ("+49 30", vec![small.patient]),
            ("040", vec![id(8000)]),
            ("TESTA@example", vec![small.patient]),
            ("%", vec![]),
            ("", vec![]),
            ("nobody", vec![]),
        ] {
            let mut ids: Vec<_> = test
                .read(move |tx| patients::search(tx, small.clinic, text, 10))
                .unwrap()
                .iter()
                .map(|patient| patient.id)
                .collect();
            let mut found = found;
            ids.sort_unstable();
            found.sort_unstable();
            assert_eq!(ids, found, "{}: {text}", test.engine);
        }
        // One who has just booked is found before their keys are written, and after.
        let mut third = second.clone();
        (third.id, third.name, third.email) = (id(8001), "Quite New".into(), "new@example.org".into());
        test.write(move |tx| patients::add(tx, small.clinic, &third)).unwrap();
        let found = || {
            ["quite", "NEW@example.org", "new qui", "040"].map(|text| {
                let found = test.read(|tx| patients::search(tx, small.clinic, text, 10)).unwrap();
                found.iter().filter(|patient| patient.id == id(8001)).count()
            })
        };
        let has_due = || test.read(|tx| patients::has_due_keys(tx, small.clinic)).unwrap();
        assert_eq!((found(), has_due()), ([1; 4], true), "{}", test.engine);
        assert_eq!(test.write(move |tx| patients::write_due_keys(tx, small.clinic, 10)).unwrap(), 1);
        assert_eq!((found(), has_due()), ([1; 4], false), "{}", test.engine);
        assert_eq!(test.write(move |tx| patients::write_due_keys(tx, small.clinic, 10)).unwrap(), 0);
        // A changed name is found, the old one is not.
        let mut renamed = second.clone();
        renamed.name = "Newname".into();
        test.write(move |tx| patients::save(tx, small.clinic, &renamed)).unwrap();
        let search = |text| test.read(move |tx| patients::search(tx, small.clinic, text, 10)).unwrap().len();
        assert_eq!((search("ossb"), search("newn")), (0, 1));
    }
}

#[test]
fn a_returning_patient_is_known_by_address_and_name() {
    for test in testkit::stores() {
        let small = SmallClinic::write(&test);
        let first = small.patient_record();
        let by_email = |email: &str, name: &str, birth_on| {
            test.read(|tx| patients::by_email(tx, small.clinic, email, name, birth_on)).unwrap()
        };
        let spaced = format!(" {} ", first.name.to_uppercase().replace(' ', "  "));
        for (name, birth_on) in [(&first.name, first.birth_on), (&first.name, None), (&spaced, None)] {
            assert_eq!(by_email(" Testa@EXAMPLE.org", name, birth_on), Some(first.clone()), "{name}");
        }
        assert_eq!(
            by_email("testa@example.org", "Somebody Else", first.birth_on),
            None,
            "a family's address"
        );
        let younger = Patient {
            id: id(8210),
            birth_on: first.birth_on.map(|on| on.saturating_add(jiff::Span::new().years(30))),
            ..first.clone()
        };
        let written = younger.clone();
        test.write(move |tx| patients::add(tx, small.clinic, &written)).unwrap();
        for (birth_on, found) in
            [(first.birth_on, Some(first.id)), (younger.birth_on, Some(younger.id)), (None, None)]
        {
            let one = by_email("testa@example.org", &first.name, birth_on).map(|patient| patient.id);
            assert_eq!(one, found, "{}: which of the two?", test.engine);
        }
        let undated = Patient { id: id(8211), birth_on: None, ..first.clone() };
        test.write(move |tx| patients::add(tx, small.clinic, &undated)).unwrap();
        let one = by_email("testa@example.org", &first.name, None).map(|patient| patient.id);
        assert_eq!(one, Some(id(8211)), "{}: the one without a date", test.engine);
        let other_day = first.birth_on.map(|on| on.tomorrow().unwrap());
        assert_eq!(by_email("testa@example.org", &first.name, other_day), None, "of two with one name");
        assert_eq!(by_email("testa@example", &first.name, first.birth_on), None);
        let long = |end: &str| Patient {
            id: id(if end == "a" { 8200 } else { 8201 }),
            email: format!("{}@{end}.example", "x".repeat(64)),
            ..first.clone()
        };
        for one in [long("a"), long("b")] {
            test.write(move |tx| patients::add(tx, small.clinic, &one)).unwrap();
        }
        let found = by_email(&long("b").email, &first.name, None).map(|patient| patient.id);
        assert_eq!(found, Some(id(8201)), "{}: all of an address counts", test.engine);
    }
}

#[test]
fn responses_are_kept_while_they_are_needed() {
    for test in testkit::stores() {
        let small = SmallClinic::write(&test);
        let mut response = QuestionnaireResponse {
            id: id(9000),
            protocol_sha256: "ab".repeat(32),
            state: ResponseState::InProgress,
            concern: None,
            zones: vec![],
            birth_on: None,
            answers: "{}".into(),
            outcome: None,
            until_on: None,
            created_at: at(0),
            expires_at: at(100),
        };
        let new = response.clone();
        test.write(move |tx| responses::insert(tx, small.clinic, &new, &[5; 32])).unwrap();
        response.state = ResponseState::Completed;
        response.concern = Some(ConcernId::new("acne-scars").unwrap());
        response.zones = vec![ZoneId::new("cheek").unwrap(), ZoneId::new("chin").unwrap()];
        response.birth_on = Some(date(1990, 4, 5));
        response.answers = r#"{"SCR-PREG":"no","note":"ä 🙂"}"#.into();
        response.outcome = Some("wait".into());
        response.until_on = Some(date(2027, 1, 1));
        let changed = response.clone();
        assert!(test.write(move |tx| responses::update(tx, small.clinic, &changed)).unwrap());
        let by_token = |hash, now| {
            test.read(move |tx| responses::by_token(tx, small.clinic, &[hash; 32], at(now))).unwrap()
        };
        assert_eq!(by_token(5, 99).as_ref(), Some(&response), "{}", test.engine);
        assert_eq!((by_token(5, 100), by_token(6, 0)), (None, None));
        let mut appointment = small.appointment(9001, 0);
        appointment.response_id = Some(response.id);
        test.write(move |tx| store::appointments::insert(tx, small.clinic, &appointment, &small.visit(0)))
            .unwrap();
        let forget =
            |now| test.write(move |tx| responses::forget_expired(tx, small.clinic, at(now))).unwrap();
        assert_eq!(forget(200), 0, "{}: a visit refers to it", test.engine);
        test.raw().execute("UPDATE appointment SET response_id = NULL").unwrap();
        assert_eq!((forget(99), forget(100)), (0, 1));
        assert_eq!(test.read(|tx| responses::load(tx, small.clinic, id(9000))).unwrap(), None);
    }
}

#[test]
fn enquiries_and_protocols() {
    for test in testkit::stores() {
        let small = SmallClinic::write(&test);
        let enquiry = Enquiry {
            id: id(9100),
            name: "Asking Example".into(),
            email: "asking@example.org".into(),
            phone: String::new(),
            text: "Is it for me?".into(),
            state: EnquiryState::Open,
            created_at: at(0),
        };
        let new = enquiry.clone();
        let again = enquiry.clone();
        assert!(test.write(move |tx| enquiries::insert(tx, small.clinic, &new)).unwrap());
        assert!(!test.write(move |tx| enquiries::insert(tx, small.clinic, &again)).unwrap(), "sent twice");
        assert_eq!(test.read(|tx| enquiries::newest(tx, small.clinic, 10)).unwrap(), vec![enquiry]);
        let answered =
            test.write(move |tx| enquiries::set_state(tx, small.clinic, id(9100), EnquiryState::Answered));
        assert!(answered.unwrap());
        let found = test.read(|tx| enquiries::newest(tx, small.clinic, 10)).unwrap();
        assert_eq!(found[0].state, EnquiryState::Answered);

        let content = b"the protocol \0 \xff".to_vec();
        let (first, second) = test
            .write({
                let content = content.clone();
                move |tx| -> Result<_, StoreError> {
                    let first = protocols::keep_text(tx, small.clinic, &content)?;
                    Ok((first, protocols::keep_text(tx, small.clinic, &content)?))
                }
            })
            .unwrap();
        assert_eq!(first, second);
        let sha256 = first.clone();
        let kept = test.read(|tx| protocols::text(tx, small.clinic, &sha256)).unwrap();
        assert_eq!(kept, Some(content), "{}", test.engine);
        let sign_off = ProtocolSignOff {
            protocol_sha256: first.clone(),
            staff_id: id(9200),
            signed_name: "Lead Example".into(),
            signed_at: at(1),
        };
        let written = sign_off.clone();
        let result: Result<(), StoreError> = test.write(move |tx| {
            let lead = Staff {
                id: id(9200),
                sign_in_name: "lead".into(),
                name: "Lead Example".into(),
                role: Role::ClinicalLead,
                state: StaffState::Active,
                password_hash: String::new(),
                resource_id: None,
            };
            staff::save(tx, small.clinic, &lead)?;
            protocols::sign_off(tx, small.clinic, &written)
        });
        result.unwrap();
        let sign_offs = test.read(|tx| protocols::sign_offs(tx, small.clinic, &first)).unwrap();
        assert_eq!(sign_offs, vec![sign_off]);
    }
}
