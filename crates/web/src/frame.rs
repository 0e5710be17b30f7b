//! What surrounds every public page: the clinic, the colours the reader chose, where in the site they are.

use crate::art::{evenness, plots};
use crate::prices::VisitPrice;
use crate::view::{ClinicView, TreatmentView};
use axum::extract::{FromRef, FromRequestParts};
use axum::http::header::COOKIE;
use axum::http::request::Parts;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, OnceLock};

/// What the content pages are written from. Made once, shared by all requests.
#[derive(Clone, Debug)]
pub struct Site {
    /// The clinic.
    pub clinic: ClinicView,
    /// Its treatments, the main one first.
    pub treatments: Vec<TreatmentView>,
    /// What a kind of visit costs, in the order of the clinic's list.
    pub prices_of_visits: BTreeMap<String, Vec<VisitPrice>>,
    drawings: OnceLock<Drawings>,
}

/// Drawings that depend on the clinic's data: drawn at the first page that needs one, then kept.
#[derive(Clone, Debug)]
pub struct Drawings {
    /// For each treatment, the visit as a strip.
    pub strips: Vec<String>,
    /// For each treatment, the months until a result.
    pub results: Vec<String>,
    /// For each of the team, their sign.
    pub signs: Vec<String>,
}

impl Site {
    /// A site of these data; the prices of each kind of visit are set afterwards.
    pub fn new(clinic: ClinicView, treatments: Vec<TreatmentView>) -> Self {
        Self { clinic, treatments, prices_of_visits: BTreeMap::new(), drawings: OnceLock::new() }
    }

    /// The drawings that belong to them.
    pub fn drawings(&self) -> &Drawings {
        self.drawings.get_or_init(|| Drawings {
            strips: self.treatments.iter().map(strip).collect(),
            results: self.treatments.iter().map(results).collect(),
            signs: self.clinic.team.iter().map(|person| evenness::sign(person.seed)).collect(),
        })
    }
}

fn strip(treatment: &TreatmentView) -> String {
    let phases = treatment.phases.iter();
    let phases: Vec<plots::Phase> =
        phases.map(|phase| (phase.from_minute, phase.minutes, phase.presence.class())).collect();
    plots::strip(&phases)
}

fn results(treatment: &TreatmentView) -> String {
    let plan = treatment.plan;
    plots::results(plan.sessions, plan.interval_weeks, plan.seen_weeks, plan.judged_weeks)
}

/// The frame of one page, for one request.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Clinic and treatments.
    pub site: Arc<Site>,
    /// `light` or `dark` when the reader chose, else empty: the device decides.
    pub theme: &'static str,
    /// The path asked for, to mark the place in the menu.
    pub path: String,
}

impl Frame {
    /// A frame for `path` in the colours of the device.
    pub fn new(site: Arc<Site>, path: &str) -> Self {
        Self { site, theme: "", path: path.into() }
    }

    /// The clinic, for short.
    pub fn clinic(&self) -> &ClinicView {
        &self.site.clinic
    }

    /// The address under which an asset is served now.
    pub fn asset(&self, name: &str) -> String {
        crate::assets::address(name)
    }

    /// `page` when this is the place, for `aria-current`; else empty.
    pub fn current(&self, path: &str) -> &'static str {
        if self.path == path { "page" } else { "" }
    }
}

impl<S> FromRequestParts<S> for Frame
where
    Arc<Site>: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let cookies = parts.headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        Ok(Self { theme: theme(cookies), ..Self::new(FromRef::from_ref(state), parts.uri.path()) })
    }
}

/// The chosen colours out of the cookie headers; anything unknown counts as no choice.
fn theme<'a>(headers: impl Iterator<Item = &'a str>) -> &'static str {
    let pairs = headers.flat_map(|header| header.split(';')).filter_map(|pair| pair.trim().split_once('='));
    match pairs.filter(|(name, _)| *name == "theme").map(|(_, value)| value).next() {
        Some("light") => "light",
        Some("dark") => "dark",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::theme;

    #[test]
    fn theme_is_one_of_two_words_or_nothing() {
        for (headers, expected) in [
            (&["theme=dark"][..], "dark"),
            (&["a=b; theme=light"], "light"),
            (&["a=b", "theme=dark; c=d"], "dark"),
            (&["theme=\"><script>"], ""),
            (&["xtheme=dark"], ""),
            (&[], ""),
        ] {
            assert_eq!(theme(headers.iter().copied()), expected, "{headers:?}");
        }
    }
}
