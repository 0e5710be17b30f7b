//! Every address, a line each, with who is let in. A route cannot be added without saying so.

use std::sync::Arc;

use axum::{http::header::CONTENT_TYPE, response::IntoResponse};

use crate::{
    assets,
    pages::{
        appointments, demo, desk, enquiries, guides, home, prices, privacy, self_check, team, treatments,
        wait_list,
    },
    shell::{Access, Purpose, Routes, Shell, guard::Role, refuse_path},
    state::Web,
};

/// All routes of the site. `is_demo` adds the page that shows the mail nobody gets.
pub fn all(shell: Arc<Shell>, is_demo: bool) -> Routes<Web> {
    let routes = public(Routes::new(shell));
    let routes = booking(routes);
    let routes = waiting(routes);
    let routes = needling(staff(routes));
    let routes = planning(routes);
    if is_demo { routes.get("/demo/mail", Access::ANYONE, demo::mail::show) } else { routes }
}

fn public(routes: Routes<Web>) -> Routes<Web> {
    routes
        .get("/", Access::ANYONE, home::show::show)
        .get("/treatments/{id}", Access::ANYONE, treatments::show::show)
        .get("/pen-or-roller", Access::ANYONE, guides::pen_or_roller::show)
        .get("/why-even-matters", Access::ANYONE, guides::why_even_matters::show)
        .get("/honest-answers", Access::ANYONE, guides::honest_answers::show)
        .get("/prices", Access::ANYONE, prices::show::show)
        .get("/team", Access::ANYONE, team::show::show)
        .get("/privacy", Access::ANYONE, privacy::show::show)
        .get("/contact", Access::ANYONE, enquiries::ask::show)
        // It counts what is well formed against its limit by itself, as do the other forms that come back filled.
        .post("/enquiries", Access::ANYONE, enquiries::ask::send)
        .get("/assets/{name}", Access::ANYONE, assets::show)
        .get("/clinic.css", Access::ANYONE, assets::clinic_style)
        .get("/robots.txt", Access::ANYONE, assets::robots)
        .get("/healthz", Access::ANYONE, health)
}

fn booking(routes: Routes<Web>) -> Routes<Web> {
    use appointments::{booked, cancel, choose, hold, kept, move_to, show, times};
    routes
        .get("/self-check", Access::ANYONE, self_check::ask::begin)
        .get("/self-check/answer", Access::ANYONE, self_check::answer::show)
        .get("/self-check/{number}", Access::ANYONE, self_check::ask::show)
        .post("/self-check/{number}", Access::ANYONE.limited(Purpose::SelfCheck), self_check::ask::answer)
        .get("/api/times", Access::ANYONE.json(), times::day)
        .get("/api/days", Access::ANYONE.json(), times::days)
        .get("/appointments/new", Access::ANYONE, choose::show)
        .post("/appointments/new", Access::ANYONE, kept::go_on)
        .post("/holds", Access::ANYONE.limited(Purpose::Hold), hold::place)
        .get("/holds/{id}", Access::ANYONE, hold::details)
        .post("/holds/{id}/release", Access::ANYONE, hold::release)
        .post("/holds/{id}/leave", Access::ANYONE, hold::leave)
        .post("/holds/{id}/return", Access::ANYONE, hold::come_back)
        .post("/appointments", Access::ANYONE, hold::book)
        .get("/appointments/{id}/booked", Access::ANYONE, booked::show)
        .get("/visit/open/{secret}", Access::ANYONE.limited(Purpose::Confirm), show::open)
        .get("/visit", Access::LINK_HOLDER, show::show)
        .get("/visit/calendar.ics", Access::LINK_HOLDER, show::calendar)
        .post("/visit/confirm", Access::LINK_HOLDER.limited(Purpose::Confirm), show::confirm)
        .get("/visit/move", Access::LINK_HOLDER, move_to::choose)
        .post("/visit/move", Access::LINK_HOLDER.limited(Purpose::Booking), move_to::apply)
        .post("/visit/move/hold", Access::LINK_HOLDER.limited(Purpose::Hold), move_to::hold)
        .post("/visit/move/keep", Access::LINK_HOLDER, move_to::keep)
        .get("/visit/move/{hold}", Access::LINK_HOLDER, move_to::ask)
        .get("/visit/cancel", Access::LINK_HOLDER, cancel::ask)
        .post("/visit/cancel", Access::LINK_HOLDER.limited(Purpose::Booking), cancel::apply)
}

fn waiting(routes: Routes<Web>) -> Routes<Web> {
    use wait_list::{join, place};
    routes
        .get("/wait-list/new", Access::ANYONE, join::show)
        .post("/wait-list", Access::ANYONE, join::join)
        .get("/wait-list/open/{secret}", Access::ANYONE.limited(Purpose::Confirm), place::open)
        .get("/wait-list", Access::ANYONE, place::show)
        .post("/wait-list/take", Access::ANYONE.limited(Purpose::Booking), place::take)
        .post("/wait-list/answers", Access::ANYONE.limited(Purpose::Booking), place::answer_again)
        .get("/wait-list/leave", Access::ANYONE, place::ask_to_leave)
        .post("/wait-list/leave", Access::ANYONE.limited(Purpose::Booking), place::leave)
}

fn planning(routes: Routes<Web>) -> Routes<Web> {
    use desk::{absence, capacity, fill, plan, wait_list};
    routes
        .get("/desk/wait-list", Access::STAFF, wait_list::show)
        .get("/desk/wait-list/{id}/remove", Access::STAFF, wait_list::ask)
        .post("/desk/wait-list/{id}/remove", Access::STAFF, wait_list::remove)
        .get("/desk/day/{date}/plan", Access::STAFF, plan::show)
        .post("/desk/day/{date}/plan", Access::STAFF, plan::accept)
        .post("/desk/day/{date}/absences", Access::STAFF, absence::note)
        .post("/desk/day/{date}/absences/remove", Access::STAFF, absence::take_back)
        .get("/desk/day/{date}/fill", Access::STAFF, fill::show)
        .post("/desk/day/{date}/fill", Access::STAFF, fill::accept)
        .get("/desk/capacity", capacity::Planner::ACCESS, capacity::show)
        .post("/desk/capacity/costs", capacity::Planner::ACCESS, capacity::set_costs)
}

fn staff(routes: Routes<Web>) -> Routes<Web> {
    use desk::{appointment, audit, book, cancel, day, enquiries, move_to, sign_in};
    routes
        .get("/sign-in", Access::ANYONE, sign_in::show)
        .post("/sign-in", Access::ANYONE, sign_in::sign_in)
        .post("/desk/sign-out", Access::STAFF, sign_in::sign_out)
        .get("/desk", Access::STAFF, day::today)
        .get("/desk/day/{date}", Access::STAFF, day::show)
        .get("/desk/appointments/new", Access::STAFF, book::show)
        .post("/desk/appointments", Access::STAFF, book::book)
        .get("/desk/appointments/{id}", Access::STAFF, appointment::show)
        .get("/desk/appointments/{id}/move", Access::STAFF, move_to::show)
        .post("/desk/appointments/{id}/move", Access::STAFF, move_to::apply)
        .get("/desk/appointments/{id}/cancel", Access::STAFF, cancel::show)
        .post("/desk/appointments/{id}/cancel", Access::STAFF, cancel::apply)
        .get("/desk/enquiries", enquiries::Answerer::ACCESS, enquiries::show)
        .post("/desk/enquiries/{id}/answered", enquiries::Answerer::ACCESS, enquiries::answered)
        .post("/desk/enquiries/{id}/open", enquiries::Answerer::ACCESS, enquiries::reopen)
        .get("/desk/audit", audit::Auditor::ACCESS, audit::show)
        // What is not there, in the frame of the desk for those who work at it.
        .get("/desk/{*rest}", Access::STAFF, refuse_path)
}

fn needling(routes: Routes<Web>) -> Routes<Web> {
    use desk::needling::{pens, plan, show};
    routes
        .get("/desk/needling-plans/new", Access::STAFF, plan::new)
        .get("/desk/needling-plans/drawing", Access::STAFF.json(), plan::drawing)
        .post("/desk/needling-plans", Access::STAFF, plan::save)
        .get("/desk/needling-plans/{id}", Access::STAFF, show::show)
        .get("/desk/pens", Access::STAFF, pens::show)
        .post("/desk/pens", pens::PenKeeper::ACCESS, pens::enter)
}

/// `GET /healthz`: the server answers.
async fn health() -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/plain; charset=utf-8")], "ok\n")
}
