//! The times that a visitor keeps for themselves just now, each with the way on and the way out: whoever goes elsewhere
//! in the middle of a booking finds it here again, and two forgotten ones do not stand in the way of a third.

use crate::fields::hidden;
use crate::shell::{Context, Problem, csrf::FORM_TOKEN_FIELD};
use crate::state::{Web, problem, visitor_secret};
use crate::view::HiddenView;
use crate::words;
use app::{appointments::promised_until, screening::Cream};

use super::hold::{held_view, hold_path};
use super::times::Asked;

/// A time that is held.
#[derive(Debug)]
pub struct HeldView {
    /// "Micro-needling".
    pub title: String,
    /// `2026-12-08`.
    pub date: String,
    /// "Tuesday 8 December 2026".
    pub day: String,
    /// "10:00–12:05".
    pub times: String,
    /// "10:42".
    pub until: String,
    /// The address of the hold, below which a script says whether the page is left.
    pub hold_path: String,
    /// Where it goes on.
    pub finish_href: String,
    /// Where "let it go" is sent.
    pub release_action: String,
    /// Tokens, and the times to come back to.
    pub hidden: Vec<HiddenView>,
}

/// The visitor's holds, oldest first, on a page of times that was asked for so. For a move, going on is the question
/// whether the visit moves there.
pub(super) async fn held(
    web: &Web,
    context: &Context,
    asked: &Asked,
    is_move: bool,
) -> Result<Vec<HeldView>, Problem> {
    // Who comes for the first time holds nothing.
    if !context.knows_visitor() {
        return Ok(Vec::new());
    }
    let (acting, visitor) = (web.visitor(context), visitor_secret(context));
    let holds = web.run(context, move |env| app::appointments::held(env, &acting, &visitor)).await?;
    let holds = holds.map_err(problem)?;
    if holds.is_empty() {
        return Ok(Vec::new());
    }
    let diary = app::diary::current(&web.env).map_err(problem)?;
    let back = vec![
        hidden(FORM_TOKEN_FIELD, context.form_token()),
        hidden("back", if is_move { "move" } else { "new" }),
        hidden("visit", asked.visit.clone().unwrap_or_default()),
        hidden("day", asked.day.map(|day| day.to_string()).unwrap_or_default()),
        hidden("with", asked.with.clone().unwrap_or_default()),
    ];
    let views = holds.iter().map(|hold| {
        let visit = held_view(web, &diary.rules, hold, &[], Cream::Any);
        let moves = is_move && asked.visit.as_deref() == Some(hold.visit_type.as_str());
        HeldView {
            title: visit.title,
            date: visit.date,
            day: visit.day,
            times: visit.times,
            until: words::clock(promised_until(&diary.rules, hold), &diary.rules),
            hold_path: hold_path(hold.id),
            finish_href: format!("{}/{}", if moves { "/visit/move" } else { "/holds" }, hold.id),
            release_action: format!("{}/release", hold_path(hold.id)),
            hidden: back.clone(),
        }
    });
    Ok(views.collect())
}
