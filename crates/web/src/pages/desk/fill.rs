//! Filling the gaps of a day from the wait list: who fits, when, and what becomes of them.

use super::DeskFrame;
use super::day::{BlockView, DayPage, FlagView, lay_out};
use super::draw::Drawn;
use super::{StateView, clock};
use crate::fields::{Fields, Segment, hidden, shown};
use crate::frame::Frame;
use crate::pages::page;
use crate::pages::wait_list::place::wish_words;
use crate::shell::{ConfirmedStaff, Context, Problem, csrf::FORM_TOKEN_FIELD, guard::AnyStaff};
use crate::state::{Web, problem};
use crate::view::{ChoiceView, FormErrorsView, HiddenView};
use crate::words;
use app::day_plan::{AcceptFill, Filling, Found, HowToFill};
use app::diary::Rules;
use app::{Failure, FormErrors};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::Timestamp;
use jiff::civil::Date;
use vocab::{ResourceId, WaitEntryId};

/// The page.
#[derive(Debug, Template)]
#[template(path = "pages/desk/fill.html")]
pub struct FillPage<'a> {
    /// What surrounds it.
    pub desk: &'a DeskFrame,
    /// "Tuesday 8 December 2026".
    pub title: String,
    /// Back to the day.
    pub day_href: String,
    /// The same for the day before and after.
    pub previous: String,
    /// See above.
    pub next: String,
    /// Where the choice is sent.
    pub action: String,
    /// Tokens.
    pub hidden: Vec<HiddenView>,
    /// "3 of 5 who wait for such a day fit in.", and whether some were not tried.
    pub counts: String,
    /// Who fits, by time.
    pub found: Vec<FoundView>,
    /// Field `how`.
    pub how: Vec<ChoiceView>,
    /// The day as it stands.
    pub before: DayPage<'a>,
    /// The day with everybody who fits.
    pub after: DayPage<'a>,
    /// What is wrong with the form.
    pub errors: FormErrorsView,
    /// Why nothing was done; empty if nothing was refused.
    pub refusal: String,
}

/// Somebody who fits.
#[derive(Debug)]
pub struct FoundView {
    /// What the box sends.
    pub value: String,
    /// Ticked.
    pub is_chosen: bool,
    /// Who.
    pub name: String,
    /// Their telephone number.
    pub phone: String,
    /// "Micro-needling".
    pub visit: String,
    /// "Monday to Friday, morning".
    pub wish: String,
    /// "10:00–12:05, Imani Reyes".
    pub when: String,
}

const HOW: [(&str, &str); 3] = [
    ("offer", "Send the offers"),
    ("book-tell", "Book the visits and write to them"),
    ("book", "Book the visits, no letter"),
];

/// What a form that comes back remembers.
#[derive(Default)]
struct Again {
    chosen: Option<Vec<String>>,
    errors: FormErrorsView,
    refusal: String,
}

/// `GET /desk/day/{date}/fill`: who of the list fits into the day.
pub async fn show(
    State(web): State<Web>,
    context: Context,
    frame: Frame,
    staff: ConfirmedStaff<AnyStaff>,
    Segment(date): Segment<Date>,
) -> Result<Response, Problem> {
    draw(&web, &context, &frame, &staff, date, Again::default(), StatusCode::OK).await
}

async fn draw(
    web: &Web,
    context: &Context,
    frame: &Frame,
    staff: &ConfirmedStaff<AnyStaff>,
    date: Date,
    again: Again,
    status: StatusCode,
) -> Result<Response, Problem> {
    let (filling, acting) = web
        .run_as_staff(context, staff, move |env, acting| {
            Ok((app::day_plan::propose_fill(env, acting, date, false)?, acting.clone()))
        })
        .await?
        .map_err(problem)?;
    let desk = DeskFrame::new(web, context, frame, &acting, "wait-list", "");
    let rules = &*filling.day.rules;
    let (before, after) = boards(web, &desk, &filling);
    let href = |day: Option<Date>| day.map(|day| format!("/desk/day/{day}/fill")).unwrap_or_default();
    let fill = FillPage {
        desk: &desk,
        title: words::day_long(date),
        day_href: format!("/desk/day/{date}"),
        previous: href(date.yesterday().ok()),
        next: href(date.tomorrow().ok()),
        action: format!("/desk/day/{date}/fill"),
        hidden: vec![hidden(FORM_TOKEN_FIELD, context.form_token())],
        counts: counts(filling.found.len(), filling.left_out, filling.not_tried),
        found: filling.found.iter().map(|one| found_view(web, rules, one, again.chosen.as_deref())).collect(),
        how: HOW.map(|(value, label)| ChoiceView::new(value, label)).into(),
        before,
        after,
        errors: again.errors,
        refusal: again.refusal,
    };
    Ok(page(status, &fill))
}

/// How many fit in, of how many; and of whom it is not known.
fn counts(found: usize, left_out: usize, not_tried: usize) -> String {
    let tried = found + left_out;
    if not_tried > 0 {
        return format!(
            "{} wait for such a day. The {tried} who wait longest were tried, and {found} of them fit in.",
            tried + not_tried
        );
    }
    match (found, left_out) {
        (0, 0) => "Nobody waits for such a day.".into(),
        (0, left) => format!("{left} wait for such a day; nobody fits in."),
        (found, 0) => format!("All {found} who wait for such a day fit in."),
        (found, _) => format!("{found} of {tried} who wait for such a day fit in."),
    }
}

fn found_view(web: &Web, rules: &Rules, one: &Found, chosen: Option<&[String]>) -> FoundView {
    let (entry, planned) = (&one.entry, &one.planned);
    let with = entry.practitioner_id.and_then(|id| rules.resource(id)).map(|one| one.name.as_str());
    let value = format!("{}~{}~{}", entry.id, planned.start_at, planned.lead_id);
    FoundView {
        is_chosen: chosen.is_none_or(|chosen| chosen.contains(&value)),
        value,
        name: entry.name.clone(),
        phone: entry.phone.clone(),
        visit: words::visit_title(&web.env.protocol.protocol, &entry.visit_type, &web.site),
        wish: wish_words(entry, with),
        when: format!(
            "{}–{}, {}",
            words::clock(planned.start_at, rules),
            words::clock(planned.end_at, rules),
            rules.resource(planned.lead_id).map(|one| one.name.as_str()).unwrap_or_default()
        ),
    }
}

/// The day as it stands, and with everybody who fits.
fn boards<'d>(web: &Web, desk: &'d DeskFrame, filling: &Filling) -> (DayPage<'d>, DayPage<'d>) {
    let (date, rules) = (filling.day.date, &*filling.day.rules);
    let drawn = || Drawn { web, day: &filling.day, now: web.env.clock.now(), open: None }.page(desk, None);
    let (mut before, mut after) = (drawn(), drawn());
    let leads: Vec<ResourceId> = rules.practitioners().map(|one| one.id).collect();
    for one in &filling.found {
        let planned = &one.planned;
        let column = leads.iter().position(|lead| *lead == planned.lead_id);
        let Some(column) = column.and_then(|place| after.columns.get_mut(place)) else { continue };
        let rooms = super::places(rules, planned.occupations.iter().map(|one| one.resource_id));
        column.blocks.push(BlockView {
            href: "/desk/wait-list".into(),
            from: clock::minute(planned.start_at, date, rules),
            to: clock::minute(planned.end_at, date, rules),
            lane: None,
            times: format!(
                "{}–{}",
                words::clock(planned.start_at, rules),
                words::clock(planned.end_at, rules)
            ),
            patient: one.entry.name.clone(),
            title: String::new(),
            room: rooms.join(", "),
            state: StateView::Held,
            phases: Vec::new(),
            flags: vec![FlagView { icon: "plus", word: "from the list".into() }],
            is_selected: true,
        });
    }
    for board in [&mut before, &mut after] {
        for column in &mut board.columns {
            column.slots.clear();
            column.blocks.retain(|block| block.state != StateView::Cancelled);
            column.lanes = lay_out(&mut column.blocks);
        }
    }
    (before, after)
}

/// `POST /desk/day/{date}/fill`: asks or books those who were ticked, all or none.
pub async fn accept(
    State(web): State<Web>,
    context: Context,
    frame: Frame,
    staff: ConfirmedStaff<AnyStaff>,
    Segment(date): Segment<Date>,
    fields: Fields,
) -> Result<Response, Problem> {
    fields.only(&["entry", "how"])?;
    let mut errors = FormErrors::default();
    let chosen: Option<Vec<_>> = fields.all("entry").map(parse).collect();
    let chosen = chosen.ok_or_else(Problem::not_found)?;
    if chosen.is_empty() {
        errors.add("entry", "Tick at least one.");
    }
    let how = match fields.one("how") {
        "offer" => Some(HowToFill::Offer),
        "book" => Some(HowToFill::Book { tell_patients: false }),
        "book-tell" => Some(HowToFill::Book { tell_patients: true }),
        _ => None,
    };
    if how.is_none() {
        errors.add("how", "Choose what becomes of those you ticked.");
    }
    let again = |errors, refusal| Again {
        chosen: Some(fields.all("entry").map(str::to_owned).collect()),
        errors,
        refusal,
    };
    let (Some(how), true) = (how, errors.is_empty()) else {
        let again = again(shown(&errors), String::new());
        return draw(&web, &context, &frame, &staff, date, again, StatusCode::UNPROCESSABLE_ENTITY).await;
    };
    let command = AcceptFill { date, chosen, how };
    let done = web
        .run_as_staff(&context, &staff, move |env, acting| app::day_plan::accept_fill(env, acting, command))
        .await?;
    match done {
        Ok(_) if how == HowToFill::Offer => Ok(Redirect::to("/desk/wait-list?news=offered").into_response()),
        Ok(_) => Ok(Redirect::to(&format!("/desk/day/{date}?news=filled")).into_response()),
        Err(Failure::Form(errors)) => {
            let again = again(shown(&errors), String::new());
            draw(&web, &context, &frame, &staff, date, again, StatusCode::UNPROCESSABLE_ENTITY).await
        }
        Err(Failure::Refused(refusal)) => {
            let again = again(FormErrorsView::default(), super::book::refused(&refusal));
            draw(&web, &context, &frame, &staff, date, again, StatusCode::CONFLICT).await
        }
        Err(failure) => Err(problem(failure)),
    }
}

fn parse(value: &str) -> Option<(WaitEntryId, Timestamp, ResourceId)> {
    let mut parts = value.split('~');
    let one = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    parts.next().is_none().then_some(one)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_says_how_many_fit_in_and_of_how_many() {
        for (numbers, words) in [
            ((0, 0, 0), "Nobody waits for such a day."),
            ((0, 2, 0), "2 wait for such a day; nobody fits in."),
            ((3, 0, 0), "All 3 who wait for such a day fit in."),
            ((3, 2, 0), "3 of 5 who wait for such a day fit in."),
            (
                (7, 53, 23),
                "83 wait for such a day. The 60 who wait longest were tried, and 7 of them fit in.",
            ),
        ] {
            assert_eq!(counts(numbers.0, numbers.1, numbers.2), words);
        }
    }
}
