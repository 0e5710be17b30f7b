//! Other times beside a refusal at the desk, each a button of the same form: those of the therapist who was asked for
//! first, then those of anybody.

use crate::state::Web;
use crate::words;
use app::appointments::{OfferedTime, TimesAsked};
use app::diary::Rules;
use app::{Acting, Refusal};
use jiff::civil::Date;
use jiff::{Span, Timestamp};
use vocab::{ResourceId, VisitTypeId};

/// So many other times are offered beside a refusal.
const OFFERS: usize = 6;

/// So many of them, at most, are the therapist's who was asked for.
const OF_WISHED: usize = 3;

/// Another time.
#[derive(Debug)]
pub struct OfferView {
    /// Sent as `offer`.
    pub value: String,
    /// "10:30–12:35, Lea Brandt", with the day before it if it is another.
    pub label: String,
}

/// A time that was offered beside a refusal: the start and who leads it.
pub(super) fn offer_of(offer: &str, with: Option<ResourceId>) -> Option<(Timestamp, Option<ResourceId>)> {
    let (start, lead) = offer.split_once('~')?;
    Some((start.parse().ok()?, lead.parse().ok().or(with)))
}

/// Whether another time would help.
fn is_about_the_time(refusal: &Refusal) -> bool {
    use Refusal::{ChangedMeanwhile, FormUsed, ProtocolNotSigned, WrongState};
    !matches!(refusal, ChangedMeanwhile | FormUsed | ProtocolNotSigned | WrongState(_))
}

/// Times near the one that was refused, from now on, as staff may book them; none where another time would not help.
pub(super) fn offers(
    web: &Web,
    acting: &Acting,
    rules: &Rules,
    visit_type: &VisitTypeId,
    (near, wished): (Timestamp, Option<ResourceId>),
    refusal: &Refusal,
) -> Vec<OfferView> {
    if !is_about_the_time(refusal) {
        return Vec::new();
    }
    let asked = |with| TimesAsked { visit_type: visit_type.clone(), practitioner: with, not_before: None };
    let mut offered: Vec<Offered> = Vec::new();
    if wished.is_some() {
        offered.extend(nearest(web, acting, rules, &asked(wished), near, OF_WISHED));
    }
    let of_anybody = nearest(web, acting, rules, &asked(None), near, OFFERS + offered.len());
    for other in of_anybody {
        if offered.len() < OFFERS && !offered.contains(&other) {
            offered.push(other);
        }
    }
    offered.iter().filter_map(|offer| view(rules, rules.date_at(near), offer)).collect()
}

/// A time and who would lead it.
#[derive(PartialEq, Eq)]
struct Offered {
    start_at: Timestamp,
    end_at: Timestamp,
    lead_id: ResourceId,
}

/// The times nearest to `near`, at most so many, by their beginning: of that day, and if it has too few, of the days after
/// it as far ahead as visitors can book.
fn nearest(
    web: &Web,
    acting: &Acting,
    rules: &Rules,
    asked: &TimesAsked,
    near: Timestamp,
    most: usize,
) -> Vec<Offered> {
    let first = rules.date_at(near).max(rules.date_at(web.env.clock.now()));
    let days = usize::try_from(rules.clinic.settings.horizon_days).unwrap_or(usize::MAX);
    let mut times: Vec<OfferedTime> = Vec::new();
    for day in first.series(Span::new().days(1)).take(days) {
        times.extend(app::appointments::day_times(&web.env, acting, asked, day).unwrap_or_default());
        if times.len() >= most {
            break;
        }
    }
    times.sort_by_key(|time| time.start_at.duration_since(near).abs());
    times.truncate(most);
    times.sort_by_key(|time| time.start_at);
    let led = |time: &OfferedTime| {
        let lead_id = asked.practitioner.or_else(|| time.practitioners.first().copied())?;
        Some(Offered { start_at: time.start_at, end_at: time.end_at, lead_id })
    };
    times.iter().filter_map(led).collect()
}

fn view(rules: &Rules, day: Date, offer: &Offered) -> Option<OfferView> {
    let name = &rules.resource(offer.lead_id)?.name;
    let start = words::local(offer.start_at, rules);
    let other_day =
        if start.date() == day { String::new() } else { start.strftime("%a %-d %b, ").to_string() };
    let (from, to) = (words::clock(offer.start_at, rules), words::clock(offer.end_at, rules));
    Some(OfferView {
        value: format!("{}~{}", offer.start_at, offer.lead_id),
        label: format!("{other_day}{from}–{to}, {name}"),
    })
}
