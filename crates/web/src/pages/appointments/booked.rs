//! Booked: what was booked, and that the e-mail still needs a click. Says so too once the visit is off again.

use super::VisitView;
use super::show::{VisitState, standing};
use crate::fields::Segment;
use crate::frame::Frame;
use crate::pages::page;
use crate::prices::Cost;
use crate::shell::token::TokenPurpose;
use crate::shell::{Context, Problem};
use crate::state::{Web, problem};
use crate::words::VisitWords;
use app::appointments::Booked;
use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use std::time::Duration;
use vocab::AppointmentId;

/// The page can be opened for so long by the browser that booked.
const BOOKED_AGE: (Duration, Duration) = (Duration::ZERO, Duration::from_secs(24 * 3_600));

/// The page after booking.
#[derive(Debug, Template)]
#[template(path = "pages/appointments/booked.html")]
pub struct BookedPage<'a> {
    /// What surrounds it.
    pub frame: &'a Frame,
    /// What was booked.
    pub visit: VisitView,
    /// How it stands now: the page may be opened again, or the form sent again, after it was called off.
    pub state: VisitState,
    /// The address written to, masked: "m•••@example.org".
    pub email_masked: String,
    /// Where another time is booked, should this one be off.
    pub again_href: String,
}

/// The page after booking, which only the browser that booked can open.
pub(super) fn booked_href(context: &Context, booked: &Booked) -> String {
    let id = booked.appointment.id;
    let holder = format!("{} booked {id}", context.visitor());
    let token = context.shell().signer().issue(
        TokenPurpose::Link,
        &holder,
        context.received_at(),
        context.shell().random_bits(),
    );
    format!("/appointments/{id}/booked?t={token}")
}

/// What the booked page is opened with.
#[derive(Debug, Deserialize)]
pub struct BookedToken {
    t: String,
}

/// `GET /appointments/{id}/booked`: what was booked, and that the e-mail needs a click; or that it is off again.
pub async fn show(
    State(web): State<Web>,
    context: Context,
    frame: Frame,
    Segment(id): Segment<AppointmentId>,
    Query(BookedToken { t }): Query<BookedToken>,
) -> Result<Response, Problem> {
    let holder = format!("{} booked {id}", context.visitor());
    let signer = context.shell().signer();
    signer
        .check(TokenPurpose::Link, &holder, &t, context.received_at(), BOOKED_AGE)
        .map_err(|_| Problem::not_found())?;
    let acting = web.holder(&context, id);
    let details =
        web.run(&context, move |env| app::appointments::show(env, &acting, id)).await?.map_err(problem)?;
    let diary = app::diary::current(&web.env).map_err(problem)?;
    let (state, _) = standing(&web, &diary.rules, &details.appointment);
    let mut visit =
        VisitWords::of_details(&details).view(&web.env.protocol.protocol, &diary.rules, &web.site);
    if state.is_off() {
        visit.cost = Cost::Unsaid;
    }
    let booked = BookedPage {
        frame: &frame,
        visit,
        state,
        email_masked: masked(&details.patient.email),
        again_href: format!("/appointments/new?visit={}", details.appointment.visit_type),
    };
    Ok(page(StatusCode::OK, &booked))
}

/// "m•••@example.org": enough to notice a slip, too little to tell anybody.
fn masked(email: &str) -> String {
    match (email.chars().next(), email.rsplit_once('@')) {
        (Some(first), Some((_, domain))) => format!("{first}•••@{domain}"),
        _ => "your address".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn an_address_is_masked() {
        for (email, expected) in [
            ("mira@example.org", "m•••@example.org"),
            ("ö@b.example", "ö•••@b.example"),
            ("", "your address"),
        ] {
            assert_eq!(masked(email), expected);
        }
    }
}
