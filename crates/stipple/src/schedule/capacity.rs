//! `stipple schedule capacity`: visits a day by rooms, therapists and ways to work, for numbers from the command line or for a
//! clinic's own.

use std::{fmt::Write as _, path::PathBuf, sync::Arc};

use app::{Acting, Actor, capacity::WhatIf};
use clap::Args;
use schedule::{Minutes, OnCall, Scheme};
use store::Store;
use vocab::OperationId;

use crate::{
    machine::Machine,
    protocols,
    server::{self, clinic_in, location},
};

/// What can be asked.
#[derive(Debug, Clone, Args)]
pub struct Capacity {
    /// Hours from opening to closing
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=23))]
    hours: Option<u16>,
    /// Tables for 1 to so many therapists on duty all day; with a clinic, the table for just so many
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=6))]
    therapists: Option<u16>,
    /// Columns for 1 to so many rooms
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=8))]
    rooms: Option<u16>,
    /// Seats in the lounge
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=12))]
    lounge: Option<u16>,
    /// Minutes of talk, cleansing, rest (least-most), needling, calming, discharge, making ready
    #[arg(long, default_value = "15,10,45-60,30,15,5,10", value_parser = parse_minutes)]
    minutes: Minutes,
    /// One person on call for at most so many resting patients; without it nobody need be
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=20))]
    on_call: Option<u16>,
    /// Whoever needles somebody counts as on call
    #[arg(long, requires = "on_call")]
    while_needling: bool,
    /// How long to look for each number: more tries can only raise it
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    tries: u64,
    /// The visit, hours, people and on-call rule of the clinic in this data folder
    #[arg(long, conflicts_with_all = ["minutes", "on_call", "while_needling", "tries"])]
    data: Option<PathBuf>,
    /// The clinic in a PostgreSQL server instead: postgres://user@host/database
    #[arg(long, requires = "data")]
    database: Option<String>,
    /// One JSON object instead of tables
    #[arg(long)]
    json: bool,
}

/// Numbers for so many therapists: for each way to work, visits with 1, 2, 3 … rooms.
struct Table {
    therapists: u16,
    rows: Vec<(Scheme, Vec<usize>)>,
}

/// Everything that was worked out.
struct Answer {
    open_minutes: u16,
    minutes: Minutes,
    on_call: Option<OnCall>,
    tables: Vec<Table>,
}

/// The tables or the JSON object.
///
/// # Errors
/// If there is no clinic where one was named.
pub(super) fn answer(asked: &Capacity) -> Result<String, String> {
    let found = match &asked.data {
        None => from_numbers(asked),
        Some(data) => of_clinic(asked, data)?,
    };
    Ok(if asked.json { found.json() } else { found.tables() })
}

fn parse_minutes(text: &str) -> Result<Minutes, String> {
    let wrong = || {
        "give seven lengths of five-minute steps with commas between, the third as least-most: \
         15,10,45-60,30,15,5,10"
            .to_owned()
    };
    let length = |text: &str| {
        let minutes: u16 = text.trim().parse().ok()?;
        (minutes.is_multiple_of(5) && minutes <= 240).then_some(minutes)
    };
    let parts: Vec<&str> = text.split(',').collect();
    let [consult, cleanse, rest, needling, calming, photo, clean_down] = parts.as_slice() else {
        return Err(wrong());
    };
    let (least, most) = rest.split_once('-').unwrap_or((rest, rest));
    let minutes = || {
        Some(Minutes {
            consult: length(consult)?,
            cleanse: length(cleanse)?,
            numbing: (length(least)?, length(most)?),
            needling: length(needling)?,
            calming: length(calming)?,
            photo: length(photo)?,
            clean_down: length(clean_down)?,
        })
    };
    minutes().filter(|minutes| minutes.numbing.0 <= minutes.numbing.1).ok_or_else(wrong)
}

fn from_numbers(asked: &Capacity) -> Answer {
    let open_minutes = asked.hours.unwrap_or(8) * 60;
    let on_call = asked.on_call.map(|limit| OnCall { limit, while_hands_on: asked.while_needling });
    let table = |therapists| {
        let whole = schedule::Table {
            open_minutes,
            minutes: asked.minutes,
            therapists,
            rooms_max: asked.rooms.unwrap_or(6),
            lounge_seats: asked.lounge.unwrap_or(3),
            on_call,
        };
        Table { therapists, rows: schedule::capacities(&whole, &mut |tried| tried < asked.tries) }
    };
    let tables = (1..=asked.therapists.unwrap_or(3)).map(table).collect();
    Answer { open_minutes, minutes: asked.minutes, on_call, tables }
}

/// Beside a running server: nothing is locked and nothing written.
fn of_clinic(asked: &Capacity, data: &std::path::Path) -> Result<Answer, String> {
    if asked.database.is_none() && !data.join("stipple.sqlite").exists() {
        return Err(format!("{} holds no database: name the data folder with --data", data.display()));
    }
    let store = Store::open_to_read(&location(data, asked.database.as_deref()))
        .map_err(|error| format!("the database cannot be opened: {error}"))?;
    let clinic = clinic_in(&store)?.ok_or("there is no clinic in this database")?;
    let env = server::env(
        store,
        clinic,
        protocols::shipped()?,
        Arc::new(Machine::new()),
        // Nothing is written and no link is made.
        [0; 32],
        "http://127.0.0.1",
    );
    let acting = Acting { actor: Actor::Operator, operation_id: OperationId::from_bits(0) };
    let said = |failure: app::Failure| server::said(&failure);
    let own = app::capacity::own(&env, &acting).map_err(said)?;
    let what_if = WhatIf {
        open_minutes: asked.hours.map_or(own.open_minutes, |hours| hours * 60),
        therapists: asked.therapists.unwrap_or(own.therapists),
        rooms_max: asked.rooms.unwrap_or(own.rooms_max),
        lounge_seats: asked.lounge.unwrap_or(own.lounge_seats),
    };
    let found = app::capacity::answer(&env, &acting, what_if).map_err(said)?;
    let rows = found.rows.into_iter().map(|row| (row.scheme, row.visits)).collect();
    Ok(Answer {
        open_minutes: what_if.open_minutes,
        minutes: found.minutes,
        on_call: Some(found.on_call),
        tables: vec![Table { therapists: what_if.therapists, rows }],
    })
}

impl Answer {
    fn tables(&self) -> String {
        let mut text = String::new();
        let rule = match self.on_call {
            None => "nobody need be on call".to_owned(),
            Some(rule) => format!(
                "one on call for at most {}, {}",
                rule.limit,
                if rule.while_hands_on { "needling counts" } else { "needling does not count" }
            ),
        };
        let _ = writeln!(
            text,
            "Visits a day, at most: {}:{:02} hours open, {rule}",
            self.open_minutes / 60,
            self.open_minutes % 60
        );
        for table in &self.tables {
            let rooms = table.rows.first().map_or(0, |(_, visits)| visits.len());
            let _ = write!(text, "\n{:<24}", format!("{} therapists", table.therapists));
            for rooms in 1..=rooms {
                let _ = write!(text, "{:>9}", format!("{rooms} rooms"));
            }
            text.push('\n');
            for (scheme, visits) in &table.rows {
                let _ = write!(text, "{:<24}", title(*scheme));
                for visits in visits {
                    let _ = write!(text, "{visits:>9}");
                }
                text.push('\n');
            }
        }
        text
    }

    fn json(&self) -> String {
        let minutes = &self.minutes;
        let on_call = match self.on_call {
            None => serde_json::Value::Null,
            Some(rule) => serde_json::json!({ "limit": rule.limit, "while_needling": rule.while_hands_on }),
        };
        let rows = self.tables.iter().flat_map(|table| {
            table.rows.iter().map(|(scheme, visits)| {
                serde_json::json!({
                    "therapists": table.therapists, "scheme": word(*scheme), "visits_by_rooms": visits,
                })
            })
        });
        let object = serde_json::json!({
            "open_minutes": self.open_minutes,
            "minutes": {
                "consult": minutes.consult, "cleanse": minutes.cleanse,
                "numbing": [minutes.numbing.0, minutes.numbing.1], "needling": minutes.needling,
                "calming": minutes.calming, "photo": minutes.photo, "clean_down": minutes.clean_down,
            },
            "on_call": on_call,
            "rows": rows.collect::<Vec<_>>(),
        });
        format!("{object}\n")
    }
}

fn title(scheme: Scheme) -> String {
    match scheme {
        Scheme::Held => "held".into(),
        Scheme::Gap => "gap".into(),
        Scheme::Phases => "phases".into(),
        Scheme::Assistant => "phases, assistant".into(),
        Scheme::Lounge { seats } => format!("assistant, lounge of {seats}"),
    }
}

const fn word(scheme: Scheme) -> &'static str {
    match scheme {
        Scheme::Held => "held",
        Scheme::Gap => "gap",
        Scheme::Phases => "phases",
        Scheme::Assistant => "assistant",
        Scheme::Lounge { .. } => "lounge",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        asked: Capacity,
    }

    fn asked(line: &[&str]) -> Result<Capacity, clap::Error> {
        Line::try_parse_from(std::iter::once(&"capacity").chain(line)).map(|line| line.asked)
    }

    #[test]
    fn the_table_has_the_ceilings() {
        let small = asked(&["--therapists", "2", "--rooms", "3", "--tries", "60"]).unwrap();
        let text = answer(&small).unwrap();
        let row = |text: &str, at: usize| {
            text.lines().nth(at).unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
        };
        assert_eq!(row(&text, 2), "1 therapists 1 rooms 2 rooms 3 rooms", "{text}");
        assert_eq!(row(&text, 3), "held 3 4 4", "{text}");
        assert_eq!(row(&text, 5), "phases 3 5 5", "{text}");
        assert_eq!(row(&text, 10), "held 3 6 7", "{text}");
        let json = answer(&Capacity { json: true, ..small }).unwrap();
        assert!(json.contains(r#""scheme":"held""#) && json.ends_with("}\n"), "{json}");
    }

    #[test]
    fn the_on_call_rule_counts() {
        let line = ["--therapists", "1", "--rooms", "3", "--tries", "60", "--on-call", "2"];
        let strict = answer(&asked(&line).unwrap()).unwrap();
        let loose: Vec<&str> = line.iter().copied().chain(["--while-needling"]).collect();
        let loose = answer(&asked(&loose).unwrap()).unwrap();
        let phases = |text: &str| text.lines().nth(5).unwrap().split_whitespace().last().unwrap().to_owned();
        assert_eq!((phases(&strict).as_str(), phases(&loose).as_str()), ("4", "5"), "{strict}{loose}");
    }

    #[test]
    fn wrong_numbers_are_refused_with_what_to_do() {
        for line in [
            &["--minutes", "15,10,60-45,30,15,5,10"][..],
            &["--minutes", "15,10"],
            &["--minutes", "12,10,45-60,30,15,5,10"],
            &["--rooms", "0"],
            &["--hours", "24"],
            &["--while-needling"],
            &["--data", "x", "--on-call", "2"],
        ] {
            assert!(asked(line).is_err(), "{line:?}");
        }
        assert!(answer(&asked(&["--data", "no-such-folder"]).unwrap()).unwrap_err().contains("--data"));
    }
}
