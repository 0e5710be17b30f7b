//! An invented clinic, and the treatment as the protocol's first version tells it.

use web::frame::Site;
use web::view::*;

/// The sample site.
pub(crate) fn site() -> Site {
    Site::new(clinic(), vec![treatment()])
}

fn clinic() -> ClinicView {
    ClinicView {
        name: "Atelier Lindenhof".into(),
        tagline: "Skin mends itself, dot by dot.".into(),
        town: "Lindenhof".into(),
        phone: "030 555 01 20".into(),
        phone_href: "+49305550120".into(),
        email: "hello@lindenhof.example".into(),
        address: vec!["Lindenhof 4".into(), "10999 Berlin".into()],
        hours: [("Monday to Thursday", "09:00–19:00"), ("Friday", "09:00–16:00"), ("Weekend", "closed")]
            .map(|(days, times)| HoursView { days: days.into(), times: times.into() })
            .into(),
        currency: "EUR".into(),
        emergency_number: "112".into(),
        team: team(),
        prices: prices(),
        cut_off: "48 hours before".into(),
        accent: None,
        is_demo: true,
    }
}

fn team() -> Vec<PractitionerView> {
    [
        ("Dr Mira Halvorsen", "Doctor, clinical lead", "Specialist in skin medicine", "Decides what is safe, signs every rule this clinic works by, and decides wherever your answers need a clinician."),
        ("Jonas Weidt", "Therapist", "State-registered beautician, 9 years with the pen", "Works mostly on acne scars. Patient, exact, fond of good light."),
        ("Amara Osei", "Therapist", "Nurse, trained in wound care", "Knows scars after surgery and injury. Will tell you when waiting is the better plan."),
        ("Lea Brandt", "Therapist", "State-registered beautician, 5 years with the pen", "Stretch marks and the fine lines around eyes and mouth."),
        ("Tomás Rivero", "Assistant", "Trained in first aid and numbing safety", "Looks after you during the hour of rest. Knows where the good magazines are."),
    ]
    .into_iter()
    .zip(1..)
    .map(|((name, role, training, words), seed)| PractitionerView {
        name: name.into(),
        role: role.into(),
        training: training.into(),
        words: words.into(),
        seed,
    })
    .collect()
}

fn prices() -> Vec<PriceGroupView> {
    let group = |title: &str, items: &[(&str, &str, &str)]| PriceGroupView {
        title: title.into(),
        items: items
            .iter()
            .map(|(name, detail, amount)| PriceView {
                name: (*name).into(),
                detail: (*detail).into(),
                amount: (*amount).into(),
            })
            .collect(),
    };
    vec![
        group(
            "Before",
            &[
                ("Self-check", "on this site, two minutes", "free"),
                (
                    "Consultation",
                    "30 minutes with a therapist; a doctor joins if your answers need one",
                    "€45",
                ),
            ],
        ),
        group(
            "Micro-needling, one session",
            &[
                ("Full face", "about two hours with photographs, rest and calming", "€240"),
                ("One part of the face", "cheeks, forehead or around the mouth", "€180"),
                ("Neck or décolleté", "about 90 minutes", "€190"),
                ("Abdomen or thighs", "about two hours", "€280"),
            ],
        ),
        group("Course of four", &[("Full face", "one session free; unused sessions are paid back", "€720")]),
    ]
}

fn treatment() -> TreatmentView {
    TreatmentView {
        id: "micro-needling".into(),
        name: "Micro-needling".into(),
        visit_length: "about two hours".into(),
        rest_length: "about an hour".into(),
        active_length: "about half an hour".into(),
        sessions: "3–4".into(),
        interval: "4 weeks".into(),
        redness: "1–3 days".into(),
        plan: PlanView { sessions: 4, interval_weeks: 4, seen_weeks: 8, judged_weeks: 26 },
        concerns: concerns(),
        zones: zones(),
        phases: phases(),
        preparation: preparation(),
        recovery: recovery(),
        risks: risks(),
        label_words: "In the USA the regulator has cleared certain pens for the look of acne scars and wrinkles on the face and of scars on the abdomen, for people of 22 and over, some only for certain skin types. Cleared is not approved, and each country rules for itself.".into(),
        protocol_version: "2026.1".into(),
    }
}

fn source(title: &&str) -> SourceView {
    SourceView { key: (*title).into(), title: (*title).into() }
}

fn concerns() -> Vec<ConcernView> {
    let concern = |id: &str,
                   name: &str,
                   grade,
                   sessions: &str,
                   interval: &str,
                   seen: &str,
                   words: &str,
                   sources: &[&str]| ConcernView {
        id: id.into(),
        name: name.into(),
        words: words.into(),
        grade,
        evidence: String::new(),
        sessions: sessions.into(),
        interval: interval.into(),
        seen: seen.into(),
        judged: "Judged six months after the last session.".into(),
        is_offered: true,
        sources: sources.iter().map(source).collect(),
    };
    let mut list = vec![
        concern(
            "acne-scars",
            "Acne scars",
            Grade::A,
            "3–4, up to 6",
            "4 weeks apart",
            "some after 1–3 months, judged at 6",
            "Shallow and rolling scars often soften over several sessions. Narrow, deep pits hardly change with needling alone.",
            &[
                "Review of methods: Harris 2015",
                "Pooled trials: 12 trials, 414 people, 2022",
                "Blinded half-face trial: Alam, JAMA Dermatology 2014",
                "By shape of scar: Garg",
                "Caution: Cochrane review 2016",
            ],
        ),
        concern(
            "scars",
            "Other scars",
            Grade::B,
            "1–6",
            "4 weeks or more",
            "after 3–12 months",
            "Scars from surgery, injury, chickenpox or burns can become flatter and softer. How many sessions it takes differs a lot.",
            &["Juhasz and Cohen, CCID 2020: 58 studies", "Review of raised scars, 2019"],
        ),
        concern(
            "stretch-marks",
            "Stretch marks",
            Grade::B,
            "4–5, up to 6",
            "4 weeks apart",
            "1–6 months after the last",
            "They can become finer and closer to the colour of the skin around. They do not vanish.",
            &[
                "Pooled studies: Aesthetic Plastic Surgery 2024",
                "Trial against a laser: Dermatologic Therapy 2022",
            ],
        ),
        concern(
            "wrinkles",
            "Fine lines",
            Grade::B,
            "4, from 3 to 6",
            "4 weeks apart",
            "after 3–5 months",
            "Fine lines of face and neck can soften and the skin feel firmer.",
            &["Ablon, JCAD 2018: 48 people, no comparison group"],
        ),
        concern(
            "rejuvenation",
            "Tired, uneven skin",
            Grade::C,
            "3–6",
            "4 weeks apart",
            "1–6 months",
            "Texture can become smoother. The gain needs repeats to last. Sun protection goes with it.",
            &[
                "El-Domyati, Int J Dermatology 2015: 10 people",
                "Aust, Plast Reconstr Surg 2008: 480 people, looking back",
            ],
        ),
        concern(
            "pigmentation",
            "Dark patches",
            Grade::B,
            "3–6",
            "2–4 weeks apart",
            "from 4 weeks, best at 12–24",
            "Only together with a doctor’s cream, and the patches often come back. Reviews disagree. A clinician decides first.",
            &["Bailey, JAAD 2022: 12 studies", "Review of 16 trials: better at 4 weeks only"],
        ),
    ];
    let mut hair = concern(
        "hair-loss",
        "Hair loss",
        Grade::A,
        "",
        "",
        "",
        "Together with the usual lotion, trials found more hair than with the lotion alone, but they differ widely. Needling alone ranks below the lotion.",
        &["Ahmed, Arch Dermatol Res 2025: 12 trials", "Gupta, network analysis 2023"],
    );
    hair.is_offered = false;
    list.push(hair);
    list
}

fn zones() -> Vec<ZoneView> {
    [
        ("forehead", "Forehead", ""),
        ("glabella", "Between the eyebrows", ""),
        ("periorbital", "Around the eyes", "outside the bony rim only"),
        ("nose", "Nose", ""),
        ("cheekbone", "Cheekbones", ""),
        ("cheek", "Cheeks", ""),
        ("upper-lip", "Upper lip", ""),
        ("perioral", "Around the mouth", ""),
        ("chin", "Chin", ""),
        ("jaw", "Jaw line", ""),
        ("neck", "Neck", ""),
        ("decollete", "Décolleté", ""),
        ("abdomen", "Abdomen", ""),
        ("thighs", "Thighs", ""),
        ("back", "Back", ""),
        ("scar", "A single scar", "anywhere; a clinician looks first"),
    ]
    .map(|(id, name, hint)| ZoneView { id: id.into(), name: name.into(), hint: hint.into() })
    .into()
}

/// The phases of a visit of two hours and five minutes.
pub(crate) fn phases() -> Vec<PhaseView> {
    use Presence::{HandsOn, InRoom, OnCall};
    let rows: [(&str, &str, u32, Presence); 9] = [
        (
            "Welcome and questions",
            "We ask whether anything has changed since you answered our questions, and go through your consent.",
            10,
            HandsOn,
        ),
        (
            "Photographs",
            "Your clean, bare skin, before any cream: the cream itself changes its colour.",
            5,
            HandsOn,
        ),
        ("Cleansing", "Gently, without alcohol.", 5, HandsOn),
        ("Numbing cream goes on", "We note the time and the amount.", 5, HandsOn),
        (
            "Rest",
            "Read, listen, doze. Somebody trained stays within call. If your lips tingle or you feel dizzy, say so at once.",
            40,
            OnCall,
        ),
        (
            "Cream off, skin disinfected",
            "Every trace comes off. You see the new tip being opened.",
            5,
            HandsOn,
        ),
        (
            "Needling",
            "Zone by zone, the same passes in each direction. Say stop whenever you like.",
            30,
            HandsOn,
        ),
        ("Calming", "Cool, sterile compresses. Small drops of blood stop within minutes.", 15, InRoom),
        ("What now?", "Photographs, what to do at home in writing, your next date.", 10, HandsOn),
    ];
    let mut at = 0;
    rows.into_iter()
        .map(|(title, words, minutes, presence)| {
            let phase = PhaseView {
                title: title.into(),
                words: words.into(),
                from_minute: at,
                clock: String::new(),
                minutes,
                presence,
                basis: Basis::Habit,
            };
            at += minutes;
            phase
        })
        .collect()
}

fn preparation() -> Vec<PreparationView> {
    [
        ("2 weeks before", "Stay out of strong sun", "Sunbeds and tanning too. Cover up, use sun cream.", Basis::Habit),
        ("1 week before", "Prescribed vitamin A cream? Ask", "Ask the doctor who prescribed it what to do around your visit. Until you know, go on as prescribed and tell us.", Basis::Habit),
        ("1 week before", "No waxing, no hair removal cream", "On the area we treat.", Basis::Habit),
        ("3 days before", "Pause strong skin care", "Retinol, acids and scrubs you bought yourself.", Basis::Habit),
        ("3 days before", "Painkillers you bought yourself", "Some clinics prefer that you leave out ibuprofen. No trial settles it. If a doctor told you to take it, keep taking it.", Basis::Habit),
        ("Always", "Keep taking blood thinners and prescribed aspirin", "Guidelines say to go on with them. Tell us about them in the check.", Basis::Evidence),
        ("The day before", "No alcohol", "And a good night’s sleep.", Basis::Habit),
        ("On the day", "Come with bare skin, and eat something", "No make-up, no sun cream, no numbing cream from home: too much of it is dangerous.", Basis::Evidence),
    ]
    .map(|(when, title, words, basis)| PreparationView { when: when.into(), title: title.into(), words: words.into(), basis })
    .into()
}

fn recovery() -> Vec<RecoveryView> {
    [
        (
            "First hours",
            "Red, warm and tight, perhaps tiny crusts.",
            "Cool it. Hands off. No make-up, no sun cream yet, so stay in the shade.",
            Basis::Habit,
        ),
        (
            "To 24 hours",
            "Like sunburn.",
            "Lukewarm water and the gel we give you. No sport, pool, sauna or alcohol.",
            Basis::Habit,
        ),
        (
            "Day 1 to 2",
            "The red fades; office work is usually fine.",
            "A mild cleanser, moisturiser, then mineral sun cream of factor 30 or more.",
            Basis::Habit,
        ),
        (
            "Day 2 to 3",
            "Dry and rough.",
            "Make-up again after one to three days: the deeper the work, the later.",
            Basis::Evidence,
        ),
        ("Day 5 to 7", "Flaking ends.", "Strong skin care may start again from day 7.", Basis::Habit),
        (
            "Two weeks",
            "Looks normal.",
            "Sun cream every day. Send us a picture of any mark you are unsure about.",
            Basis::Habit,
        ),
    ]
    .map(|(when, expect, advice, basis)| RecoveryView {
        when: when.into(),
        expect: expect.into(),
        advice: advice.into(),
        basis,
    })
    .into()
}

fn risks() -> Vec<RiskView> {
    [
        ("Nearly everyone", "Redness, warmth, tight skin", "Passes in one to three days, up to a week after deep work. Worse after day 3, or still red on day 7? Call us."),
        ("Many", "Dryness, flaking, small bruises", "From day 2 to day 7; a bruise up to ten days."),
        ("Some", "Swelling, tender glands", "One or two days, glands up to a week. One-sided or later swelling: call us."),
        ("Uncommon", "Dark marks", "More likely in darker skin or after sun. Five of 36 people with darker skin had them in one study with rollers. That is why we go more gently and ask about sun."),
        ("Rare", "Infection or cold sores", "Pus, growing pain, blisters: call us the same day. With fever, see a doctor at once."),
        ("Rare", "Fine lines or hard bumps that last", "Lines came mostly from rollers pressed over bone. Bumps came from serums pushed into open skin, so nothing goes on it here but sterile gel."),
    ]
    .map(|(how_often, title, words)| RiskView {
        how_often: how_often.into(),
        title: title.into(),
        words: words.into(),
        basis: Basis::Evidence,
        sources: Vec::new(),
    })
    .into()
}
