//! What the public pages are written from: the clinic's own words (a TOML file), the protocol, and what the store
//! keeps about the clinic.

mod check;
pub mod shown;

use std::collections::BTreeMap;

use app::{diary::Rules, screening::Cream};
use protocol::{Protocol, StaffNeed, Tag, WhoAgrees};
use record::Appointment;
use serde::Deserialize;
use vocab::ZoneId;

use crate::{
    art::colour::Accent,
    frame::Site,
    prices::VisitPrice,
    view::{
        Basis, ClinicView, ConcernView, Grade, HoursView, PhaseView, PlanView, PractitionerView,
        PreparationView, Presence, PriceGroupView, PriceView, RecoveryView, RiskView, SourceView,
        TreatmentView, ZoneView,
    },
};

pub use check::is_number;

/// The words of the demo clinic.
pub const DEMO_WORDS: &str = include_str!("../content/demo-site.toml");

/// The words beside the numbers of the protocol `micro-needling`.
const MICRO_NEEDLING_WORDS: &str = include_str!("../content/micro-needling.toml");

/// What a clinic says about itself. Unknown keys are refused, so that a misspelt one does not vanish.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClinicWords {
    tagline: String,
    town: String,
    emergency_number: String,
    /// The clinic's own accent colour, `#rrggbb`.
    accent: Option<String>,
    #[serde(default)]
    hours: Vec<Hours>,
    #[serde(default)]
    team: Vec<Member>,
    #[serde(default)]
    prices: Vec<PriceGroup>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Hours {
    days: String,
    times: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Member {
    name: String,
    role: String,
    training: String,
    words: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct PriceGroup {
    title: String,
    items: Vec<Price>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Price {
    name: String,
    detail: String,
    amount: String,
    /// The kind of visit whose booking pages show this price.
    visit: Option<String>,
    /// The parts of the body it is the price of, each a list of zones; none for any zones.
    #[serde(default)]
    zones: Vec<Vec<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TreatmentWords {
    name: String,
    redness: String,
    label_words: String,
    recovery: Vec<Recovery>,
    risks: Vec<Risk>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Recovery {
    when: String,
    expect: String,
    advice: String,
    basis: BasisWord,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Risk {
    how_often: String,
    title: String,
    words: String,
    basis: BasisWord,
    sources: Vec<String>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum BasisWord {
    Evidence,
    Label,
    Habit,
}

impl From<BasisWord> for Basis {
    fn from(word: BasisWord) -> Self {
        match word {
            BasisWord::Evidence => Self::Evidence,
            BasisWord::Label => Self::Label,
            BasisWord::Habit => Self::Habit,
        }
    }
}

impl ClinicWords {
    /// Reads the clinic's file; the error says where and what.
    pub fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| error.to_string())
    }
}

/// The site of one clinic. The error says what is missing.
pub fn site(words: &ClinicWords, rules: &Rules, protocol: &Protocol) -> Result<Site, String> {
    shown::check(protocol)?;
    let treatment_words: TreatmentWords =
        toml::from_str(MICRO_NEEDLING_WORDS).map_err(|error| error.to_string())?;
    let accent = words.accent.as_deref().map(Accent::new).transpose();
    let accent = accent.map_err(|_| "accent: write a colour such as #8a4b2f")?;
    let mut site = Site::new(clinic(words, rules, accent), vec![treatment(protocol, &treatment_words)]);
    site.prices_of_visits = prices_of_visits(words, protocol)?;
    Ok(site)
}

/// The prices that belong to a kind of visit. A zone that the protocol does not have is refused: its price would never
/// be shown.
fn prices_of_visits(
    words: &ClinicWords,
    protocol: &Protocol,
) -> Result<BTreeMap<String, Vec<VisitPrice>>, String> {
    let mut prices: BTreeMap<String, Vec<VisitPrice>> = BTreeMap::new();
    let zone = |name: &String| {
        let id = ZoneId::new(name).ok().filter(|id| protocol.zone(id).is_some());
        id.ok_or_else(|| {
            format!("prices: there is no zone {name:?}; the protocol's zones.toml names them all")
        })
    };
    for price in words.prices.iter().flat_map(|group| &group.items) {
        let Some(visit) = &price.visit else { continue };
        let parts = price.zones.iter().map(|part| part.iter().map(zone).collect());
        let parts = parts.collect::<Result<_, String>>()?;
        prices.entry(visit.clone()).or_default().push(VisitPrice { amount: price.amount.clone(), parts });
    }
    Ok(prices)
}

fn clinic(words: &ClinicWords, rules: &Rules, accent: Option<Accent>) -> ClinicView {
    let settings = &rules.clinic.settings;
    let team = words.team.iter().zip(1..).map(|(member, seed)| PractitionerView {
        name: member.name.clone(),
        role: member.role.clone(),
        training: member.training.clone(),
        words: member.words.clone(),
        seed,
    });
    let prices = words.prices.iter().map(|group| PriceGroupView {
        title: group.title.clone(),
        items: group
            .items
            .iter()
            .map(|price| PriceView {
                name: price.name.clone(),
                detail: price.detail.clone(),
                amount: price.amount.clone(),
            })
            .collect(),
    });
    ClinicView {
        name: rules.clinic.name.clone(),
        tagline: words.tagline.clone(),
        town: words.town.clone(),
        phone: settings.contact_phone.clone(),
        phone_href: settings
            .contact_phone
            .chars()
            .filter(|letter| letter.is_ascii_digit() || *letter == '+')
            .collect(),
        email: settings.contact_email.clone(),
        address: rules.site.address.lines().map(str::to_owned).collect(),
        hours: words
            .hours
            .iter()
            .map(|hours| HoursView { days: hours.days.clone(), times: hours.times.clone() })
            .collect(),
        currency: rules.clinic.currency.code().to_owned(),
        emergency_number: words.emergency_number.clone(),
        team: team.collect(),
        prices: prices.collect(),
        accent,
        cut_off: format!("{} hours before", settings.cut_off_hours),
        is_demo: rules.clinic.is_demo,
    }
}

fn treatment(protocol: &Protocol, words: &TreatmentWords) -> TreatmentView {
    let phases = phases(protocol, "treatment");
    let minutes: u32 = phases.iter().map(|phase| phase.minutes).sum();
    let longest =
        |presence| phases.iter().filter(|phase| phase.presence == presence).map(|phase| phase.minutes).max();
    let main = protocol.concerns.iter().find(|concern| concern.is_offered);
    let plan = main.map_or(
        PlanView { sessions: 4, interval_weeks: 4, seen_weeks: 8, judged_weeks: 26 },
        |concern| PlanView {
            sessions: concern.sessions.usual,
            interval_weeks: concern.interval_weeks.usual,
            seen_weeks: 8,
            judged_weeks: concern.judged_after_days / 7,
        },
    );
    TreatmentView {
        id: protocol.id.clone(),
        name: words.name.clone(),
        visit_length: about(minutes),
        rest_length: about(longest(Presence::OnCall).unwrap_or(0)),
        active_length: about(longest(Presence::HandsOn).unwrap_or(0)),
        sessions: main.map(|concern| span(concern.sessions)).unwrap_or_default(),
        interval: main.map(|concern| format!("{} weeks", concern.interval_weeks.usual)).unwrap_or_default(),
        redness: words.redness.clone(),
        plan,
        concerns: protocol.concerns.iter().map(|concern| self::concern(protocol, concern)).collect(),
        zones: protocol.treatable_zones().filter(|zone| is_treated(protocol, zone)).map(zone).collect(),
        phases,
        preparation: preparation(protocol),
        recovery: words
            .recovery
            .iter()
            .map(|row| RecoveryView {
                when: row.when.clone(),
                expect: row.expect.clone(),
                advice: row.advice.clone(),
                basis: row.basis.into(),
            })
            .collect(),
        risks: words
            .risks
            .iter()
            .map(|risk| RiskView {
                title: risk.title.clone(),
                words: risk.words.clone(),
                how_often: risk.how_often.clone(),
                basis: risk.basis.into(),
                sources: risk.sources.iter().map(|key| source(protocol, key)).collect(),
            })
            .collect(),
        label_words: words.label_words.clone(),
        protocol_version: protocol.version.clone(),
    }
}

/// Whether something this clinic offers is treated there.
fn is_treated(protocol: &Protocol, zone: &protocol::Zone) -> bool {
    protocol.concerns.iter().any(|concern| concern.is_offered && concern.zones.contains(&zone.id))
}

/// A zone as a choice.
pub(crate) fn zone(zone: &protocol::Zone) -> ZoneView {
    ZoneView { id: zone.id.to_string(), name: zone.label.clone(), hint: String::new() }
}

/// The phases of a visit that its patient sees, minutes counted from arrival.
pub(crate) fn phases(protocol: &Protocol, visit: &str) -> Vec<PhaseView> {
    let visit = protocol.visits.iter().find(|known| known.id.as_str() == visit);
    let mut from_minute = 0;
    let mut phases = Vec::new();
    for phase in visit.into_iter().flat_map(|visit| &visit.phases).filter(|phase| phase.patient_present) {
        phases.push(PhaseView {
            title: phase.title.clone(),
            words: phase.text.clone(),
            from_minute,
            clock: String::new(),
            minutes: phase.minutes.usual,
            presence: presence(phase.staff),
            basis: basis(phase.evidence.tag),
        });
        from_minute += phase.minutes.usual;
    }
    phases
}

/// The phases of a booked visit that can have this numbing cream, by the clock, each with whether its patient is there.
pub(crate) fn booked_phases(
    protocol: &Protocol,
    rules: &Rules,
    appointment: &Appointment,
    cream: Cream,
) -> Vec<(bool, PhaseView)> {
    let visit = protocol.visit(&appointment.visit_type);
    let mut from_minute = 0;
    let phases = app::diary::phase_times(appointment).into_iter().map(|(phase, from, _)| {
        // What another version of the protocol named is shown by its name.
        let known = visit.and_then(|visit| visit.phases.iter().find(|known| known.id == phase.name));
        let (title, words) = known.map_or((phase.name.as_str(), ""), |known| known.words(cream));
        let view = PhaseView {
            title: title.to_owned(),
            words: words.to_owned(),
            from_minute,
            clock: crate::words::clock(from, rules),
            minutes: phase.minutes.into(),
            presence: presence(known.map_or(StaffNeed::None, |known| known.staff)),
            basis: known.map_or(Basis::Habit, |known| basis(known.evidence.tag)),
        };
        from_minute += u32::from(phase.minutes);
        (phase.patient_present, view)
    });
    phases.collect()
}

/// What the therapist does meanwhile.
pub(crate) fn presence(staff: StaffNeed) -> Presence {
    match staff {
        StaffNeed::HandsOn => Presence::HandsOn,
        StaffNeed::InRoom => Presence::InRoom,
        StaffNeed::OnCall | StaffNeed::None => Presence::OnCall,
    }
}

fn preparation(protocol: &Protocol) -> Vec<PreparationView> {
    let mut items: Vec<_> = protocol.preparation.iter().filter(|item| item.only_if.is_empty()).collect();
    items.sort_by_key(|item| std::cmp::Reverse(item.days_before.usual));
    items
        .into_iter()
        .map(|item| PreparationView {
            when: match item.days_before.usual {
                0 => "On the day".into(),
                1 => "The day before".into(),
                days if days % 7 == 0 && days > 7 => format!("{} weeks before", days / 7),
                7 => "A week before".into(),
                days => format!("{days} days before"),
            },
            title: item.item.clone(),
            words: agreed(&item.text, item.who_agrees),
            basis: basis(item.evidence.tag),
        })
        .collect()
}

/// The words of a preparation step, with whom to ask first.
pub(crate) fn agreed(text: &str, who: WhoAgrees) -> String {
    match who {
        WhoAgrees::Nobody => text.to_owned(),
        // Some say it themselves.
        _ if ["prescribed", "doctor"].iter().any(|word| text.to_lowercase().contains(word)) => {
            text.to_owned()
        }
        _ => format!("{text} If a doctor prescribed it, ask them first."),
    }
}

fn concern(protocol: &Protocol, concern: &protocol::Concern) -> ConcernView {
    let sources = concern.evidence.sources.iter();
    ConcernView {
        id: concern.id.to_string(),
        name: concern.label.clone(),
        words: concern.summary.clone(),
        evidence: concern.evidence_words.clone(),
        grade: match concern.grade.chars().next() {
            Some('A') => Grade::A,
            Some('B') => Grade::B,
            Some('C') => Grade::C,
            _ => Grade::D,
        },
        sessions: if concern.is_offered { range(concern.sessions) } else { String::new() },
        interval: if concern.is_offered { every(concern.interval_weeks) } else { String::new() },
        seen: concern.results_seen.clone(),
        judged: concern.results_judged.clone(),
        is_offered: concern.is_offered,
        sources: sources.map(|key| source(protocol, key)).collect(),
    }
}

/// A source the reader can look up.
pub(crate) fn source(protocol: &Protocol, key: &str) -> SourceView {
    let title = protocol.sources.get(key).map_or_else(|| key.to_owned(), |source| source.title.clone());
    SourceView { key: key.to_owned(), title }
}

/// "3 to 6", or "4".
fn span(range: protocol::Range) -> String {
    match range.least == range.most {
        true => range.usual.to_string(),
        false => format!("{} to {}", range.least, range.most),
    }
}

/// "3 to 6, usually 3", or "4".
fn range(range: protocol::Range) -> String {
    match range.least == range.most {
        true => span(range),
        false => format!("{}, usually {}", span(range), range.usual),
    }
}

/// "every 2 to 6 weeks, usually 4", or "every 4 weeks".
fn every(weeks: protocol::Range) -> String {
    match weeks.least == weeks.most {
        true => format!("every {} weeks", weeks.usual),
        false => format!("every {} weeks, usually {}", span(weeks), weeks.usual),
    }
}

fn basis(tag: Tag) -> Basis {
    match tag {
        Tag::V | Tag::S => Basis::Evidence,
        Tag::C | Tag::K | Tag::E => Basis::Habit,
    }
}

/// Minutes as people say them.
pub(crate) fn about(minutes: u32) -> String {
    match minutes {
        0..=24 => format!("about {minutes} minutes"),
        25..=35 => "about half an hour".into(),
        36..=52 => "about three quarters of an hour".into(),
        53..=67 => "about an hour".into(),
        68..=104 => "about an hour and a half".into(),
        105..=134 => "about two hours".into(),
        135..=164 => "about two and a half hours".into(),
        _ => format!("about {} hours", (minutes + 30) / 60),
    }
}
