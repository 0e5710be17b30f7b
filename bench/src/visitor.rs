//! A visitor: a browser's cookie and forms, and the bookings made with them.

use std::{collections::HashMap, net::SocketAddr};

use jiff::{Timestamp, civil::Date};

use crate::{
    Outcome, at,
    http::{Connection, get, post},
};

/// What a form needs to be believed.
#[derive(Debug, Clone)]
pub struct Form {
    /// The visitor's cookie, `name=value`.
    pub cookie: String,
    /// The form's token, different each time a form is shown.
    pub token: String,
}

/// A free time with somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FreeTime {
    /// When it begins, as the server wrote it.
    pub start: String,
    /// Who has it free, as the server wrote them.
    pub practitioners: Vec<String>,
}

/// Opens a page with a form in it; keeps the cookie if there is one already.
pub fn open_form(connection: &mut Connection, server: SocketAddr, path: &str, cookie: &str) -> Outcome<Form> {
    let page = connection.send(&get(server, path, cookie)).map_err(at("a page with a form"))?;
    if page.status != 200 {
        return Err(format!("{path} answered {}", page.status));
    }
    let token =
        between(page.text(), "name=\"form_token\" value=\"", "\"").ok_or("the page has no form token")?;
    let cookie = match page.header("set-cookie").and_then(|line| line.split(';').next()) {
        Some(fresh) => fresh.to_owned(),
        None => cookie.to_owned(),
    };
    Ok(Form { cookie, token: token.to_owned() })
}

/// A booking of a consultation by an invented person.
pub fn booking(server: SocketAddr, form: &Form, start: &str, with: &str, person: usize) -> Vec<u8> {
    let name = format!("Bench Person {person}");
    let email = format!("bench.{person}@example.org");
    let fields = [
        ("visit", "consultation"),
        ("time", start),
        ("with", with),
        ("name", &name),
        ("email", &email),
        ("phone", "020 7946 0001"),
        ("agree", "on"),
        ("form_token", &form.token),
    ];
    post(server, "/appointments", &form.cookie, &fields)
}

/// The free times of a day, as the server's JSON has them.
pub fn free_times(
    connection: &mut Connection,
    server: SocketAddr,
    visit: &str,
    day: Date,
) -> Outcome<Vec<FreeTime>> {
    let path = format!("/api/times?visit={visit}&day={day}");
    let answer = connection.send(&get(server, &path, "")).map_err(at("free times"))?;
    if answer.status != 200 {
        return Err(format!("{path} answered {}", answer.status));
    }
    Ok(parse_times(answer.text()))
}

fn parse_times(json: &str) -> Vec<FreeTime> {
    let times = json.split("{\"start\":\"").skip(1).map(|part| {
        let start = part.split('"').next().unwrap_or("").to_owned();
        let list = between(part, "\"practitioners\":[", "]").unwrap_or("");
        let names = list.split(',').map(|name| name.trim_matches('"').to_owned());
        FreeTime { start, practitioners: names.filter(|name| !name.is_empty()).collect() }
    });
    times.collect()
}

/// A free half hour of one therapist, which no other of the list touches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// When it begins, as the server wrote it.
    pub start: String,
    /// Whose it is, as the server wrote it.
    pub practitioner: String,
    /// Different for each.
    pub number: usize,
}

/// All free half hours of these days that can be booked beside each other, latest first.
pub fn free_slots(connection: &mut Connection, server: SocketAddr, days: &[Date]) -> Outcome<Vec<Slot>> {
    let mut slots = Vec::new();
    for day in days {
        let times = free_times(connection, server, "consultation", *day)?;
        apart(&times, &mut slots)?;
    }
    slots.reverse();
    Ok(slots)
}

/// Of each therapist's free times those that leave half an hour between their beginnings.
fn apart(times: &[FreeTime], slots: &mut Vec<Slot>) -> Outcome {
    let mut last: HashMap<&str, Timestamp> = HashMap::new();
    for time in times {
        let at: Timestamp = time.start.parse().map_err(at("a free time"))?;
        for practitioner in &time.practitioners {
            let is_clear =
                last.get(practitioner.as_str()).is_none_or(|last| at.duration_since(*last).as_mins() >= 30);
            if is_clear {
                last.insert(practitioner, at);
                let number = slots.len();
                slots.push(Slot { start: time.start.clone(), practitioner: practitioner.clone(), number });
            }
        }
    }
    Ok(())
}

/// The text between `before` and the next `after`.
pub fn between<'t>(text: &'t str, before: &str, after: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(after).map(|(inside, _)| inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_of_one_therapist_do_not_touch() {
        let time = |start: &str, who: &[&str]| FreeTime {
            start: format!("2026-12-08T{start}:00Z"),
            practitioners: who.iter().map(|who| (*who).to_owned()).collect(),
        };
        let times =
            [time("09:00", &["a"]), time("09:15", &["a", "b"]), time("09:30", &["a"]), time("10:15", &["a"])];
        let mut slots = Vec::new();
        apart(&times, &mut slots).unwrap();
        let found: Vec<(&str, &str)> =
            slots.iter().map(|slot| (&slot.start[11..16], slot.practitioner.as_str())).collect();
        assert_eq!(found, [("09:00", "a"), ("09:15", "b"), ("09:30", "a"), ("10:15", "a")]);
    }

    #[test]
    fn times_are_read_from_json() {
        let json = r#"{"day":"2026-12-08","zone":"Europe/London","times":[{"start":"2026-12-08T09:00:00Z","end":
            "2026-12-08T09:30:00Z","practitioners":["a","b"]},{"start":"2026-12-08T09:15:00Z","practitioners":[]}]}"#;
        let times = parse_times(json);
        assert_eq!(times.len(), 2);
        assert_eq!((times[0].start.as_str(), times[0].practitioners.len()), ("2026-12-08T09:00:00Z", 2));
        assert!(times[1].practitioners.is_empty());
    }
}
