//! Somebody cannot come that day, or comes after all; both lead to the day planned anew.

use super::plan::{Again, draw};
use crate::fields::{Fields, Segment, shown};
use crate::frame::Frame;
use crate::shell::{ConfirmedStaff, Context, Problem, guard::AnyStaff};
use crate::state::{Web, problem};
use app::day_plan::AwayFrom;
use app::{Failure, FormErrors};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::civil::{Date, DateTime, Time};
use vocab::ResourceId;

/// `POST /desk/day/{date}/absences`: notes that somebody cannot come, and plans the day anew.
pub async fn note(
    State(web): State<Web>,
    context: Context,
    frame: Frame,
    staff: ConfirmedStaff<AnyStaff>,
    Segment(date): Segment<Date>,
    fields: Fields,
) -> Result<Response, Problem> {
    fields.only(&["resource", "from", "to"])?;
    let resource_id: ResourceId = fields.parsed("resource")?;
    let mut errors = FormErrors::default();
    let mut time = |name: &'static str, otherwise: DateTime| match fields.one(name) {
        "" => Some(otherwise),
        text => {
            let time = text.parse::<Time>().map(|time| date.to_datetime(time)).ok();
            if time.is_none() {
                errors.add(name, "Give the time as 10:00, or leave it empty for the whole day.");
            }
            time
        }
    };
    let next = date.tomorrow().map_err(|_| Problem::not_found())?.at(0, 0, 0, 0);
    let (from, to) = (time("from", date.at(0, 0, 0, 0)), time("to", next));
    let noted = match (from, to) {
        (Some(from_local), Some(to_local)) => {
            let away = AwayFrom { resource_id, from_local, to_local };
            let noted = web.run_as_staff(&context, &staff, move |env, acting| {
                app::day_plan::note_absence(env, acting, away)
            });
            noted.await?
        }
        _ => Err(errors.into()),
    };
    match noted {
        Ok(()) => Ok(Redirect::to(&format!("/desk/day/{date}/plan")).into_response()),
        Err(Failure::Form(errors)) => {
            let again = Again::with(shown(&errors));
            draw(&web, &context, &frame, &staff, date, again, StatusCode::UNPROCESSABLE_ENTITY).await
        }
        Err(failure) => Err(problem(failure)),
    }
}

/// `POST /desk/day/{date}/absences/remove`: somebody comes after all.
pub async fn take_back(
    State(web): State<Web>,
    context: Context,
    staff: ConfirmedStaff<AnyStaff>,
    Segment(date): Segment<Date>,
    fields: Fields,
) -> Result<Response, Problem> {
    fields.only(&["resource", "from"])?;
    let (resource, from): (ResourceId, DateTime) = (fields.parsed("resource")?, fields.parsed("from")?);
    web.run_as_staff(&context, &staff, move |env, acting| {
        app::day_plan::take_absence_back(env, acting, resource, from)
    })
    .await?
    .map_err(problem)?;
    Ok(Redirect::to(&format!("/desk/day/{date}/plan")).into_response())
}
