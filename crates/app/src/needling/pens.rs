//! Pens: those the clinic entered from its manuals, and invented ones to try the page with.

use coverage::Device;
use record::Pen;

use crate::{Acting, Action, Actor, Env, Failure, FormErrors, audit, people::parse_line};

/// A pen that can be chosen.
#[derive(Debug, Clone, PartialEq)]
pub struct PenChoice {
    /// An id of a pen, or `example-…`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Where its numbers were read; empty for an example.
    pub source: String,
    /// Its facts.
    pub device: Device,
}

impl PenChoice {
    /// Whether it is invented, so that nothing it says is any maker's.
    pub fn is_example(&self) -> bool {
        self.source.is_empty()
    }
}

/// A pen as it is entered: all text, as typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EnterPen {
    /// Model and cartridge.
    pub name: String,
    /// One needle a line, x and y in millimetres from the tip's centre.
    pub needles: String,
    /// Strokes per second.
    pub strokes_per_s: String,
    /// The deepest setting in millimetres.
    pub depth_mm_max: String,
    /// Manual and page.
    pub source: String,
}

/// So many needles in a ring of this radius, the first at this turn.
fn ring(needles: u32, radius_mm: f64, turn: f64) -> impl Iterator<Item = [f64; 2]> {
    (0..needles).map(move |needle| {
        let (sine, cosine) =
            (turn + f64::from(needle) * std::f64::consts::TAU / f64::from(needles)).sin_cos();
        [radius_mm * cosine, radius_mm * sine].map(|value| (value * 1000.0).round() / 1000.0)
    })
}

pub(super) fn examples() -> [PenChoice; 2] {
    let example = |id: &str, name: &str, needles_mm, strokes_per_s| PenChoice {
        id: id.to_owned(),
        name: name.to_owned(),
        source: String::new(),
        device: Device { needles_mm, strokes_per_s, depth_mm_max: 2.5 },
    };
    [
        example("example-6", "Example: 6 needles in a ring, 50 strokes/s", ring(6, 0.8, 0.0).collect(), 50.0),
        example(
            "example-12",
            "Example: 12 needles in two rings, 90 strokes/s",
            ring(8, 1.0, 0.0).chain(ring(4, 0.45, 0.4)).collect(),
            90.0,
        ),
    ]
}

/// The clinic's own pens by name, then the examples.
pub fn pens(env: &Env, acting: &Acting) -> Result<Vec<PenChoice>, Failure> {
    acting.require(Action::PlanNeedling)?;
    let own = env.store.read(|tx| store::needling::pens(tx, env.clinic_id))?;
    Ok(own.into_iter().map(choice).chain(examples()).collect())
}

fn choice(pen: Pen) -> PenChoice {
    let thousandth = |value: i32| f64::from(value) / 1000.0;
    PenChoice {
        id: pen.id.to_string(),
        name: pen.name,
        source: pen.source,
        device: Device {
            needles_mm: pen.needles_um.iter().map(|needle| needle.map(thousandth)).collect(),
            strokes_per_s: f64::from(pen.strokes_per_min) / 60.0,
            depth_mm_max: f64::from(pen.depth_um_max) / 1000.0,
        },
    }
}

/// Enters a pen from its manual. It is not changed later: a pen with other numbers is another pen.
pub fn enter_pen(env: &Env, acting: &Acting, typed: &EnterPen) -> Result<(), Failure> {
    acting.require(Action::EnterPens)?;
    let Actor::Staff(staff) = &acting.actor else { return Err(Failure::NotFound) };
    let pen =
        parse(typed, |id| Pen { id: env.new_id(), created_by: staff.id, created_at: env.clock.now(), ..id })?;
    let (inside, acting) = (env.clone(), acting.clone());
    env.store.write(move |tx| {
        store::needling::insert_pen(tx, inside.clinic_id, &pen)?;
        audit::note(tx, &inside, &acting, "pen.enter", "pen", &pen.id.to_string(), "")
    })
}

fn parse(typed: &EnterPen, entered: impl FnOnce(Pen) -> Pen) -> Result<Pen, FormErrors> {
    let mut errors = FormErrors::default();
    let mut line = |field: &'static str, text: &str, message: &str| {
        let line = parse_line(text, 120).filter(|line| !line.is_empty());
        if line.is_none() {
            errors.add(field, message);
        }
        line.unwrap_or_default()
    };
    let name = line("name", &typed.name, "Write model and cartridge on one line, in at most 120 letters.");
    let source = line(
        "source",
        &typed.source,
        "Write the manual and the page you read it on, in at most 120 letters.",
    );
    let needles: Option<Vec<[i32; 2]>> = parse_needles(&typed.needles);
    if needles.is_none() {
        errors.add(
            "needles",
            "Write one needle a line as two numbers of millimetres from the tip’s centre, such as 0.8 -0.4; 1 to 200 \
             needles, none further than 20 mm.",
        );
    }
    let mut number = |field: &'static str, what: &str, text: &str, [from, to, unit]: [f64; 3]| {
        let number = parse_number(text).filter(|number| (from..=to).contains(number));
        if number.is_none() {
            errors.add(field, format!("{what}: write a number from {from} to {to}."));
        }
        number.map_or(0, |number| (number * unit).round() as u32)
    };
    let strokes_per_min =
        number("strokes_per_s", "Strokes per second", &typed.strokes_per_s, [1.0, 500.0, 60.0]);
    let depth_um_max = number("depth_mm_max", "Deepest setting", &typed.depth_mm_max, [0.1, 5.0, 1000.0]);
    errors.into_result()?;
    Ok(entered(Pen {
        id: vocab::PenId::from_bits(0),
        name,
        needles_um: needles.unwrap_or_default(),
        strokes_per_min,
        depth_um_max,
        source,
        created_by: vocab::StaffId::from_bits(0),
        created_at: jiff::Timestamp::UNIX_EPOCH,
    }))
}

/// A number as people write it, with a point or a comma.
pub(super) fn parse_number(text: &str) -> Option<f64> {
    let text = text.trim();
    let plain = text.len() <= 12 && text.bytes().all(|byte| byte.is_ascii_digit() || b".,-".contains(&byte));
    text.replace(',', ".").parse().ok().filter(|number: &f64| plain && number.is_finite())
}

fn parse_needles(text: &str) -> Option<Vec<[i32; 2]>> {
    let needle = |line: &str| -> Option<[i32; 2]> {
        let mut words = line.split_whitespace();
        let (x, y) = (parse_number(words.next()?)?, parse_number(words.next()?)?);
        let near = words.next().is_none() && x.abs() <= 20.0 && y.abs() <= 20.0;
        near.then(|| [x, y].map(|value| (value * 1000.0).round() as i32))
    };
    if text.len() > 8_000 {
        return None;
    }
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let needles: Vec<[i32; 2]> = lines.map(needle).collect::<Option<_>>()?;
    (1..=200).contains(&needles.len()).then_some(needles)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed() -> EnterPen {
        EnterPen {
            name: "Pen A with 2 needles".into(),
            needles: "0.8 -0.4\r\n\r\n-0,8  0,4\n".into(),
            strokes_per_s: "116.7".into(),
            depth_mm_max: "2,5".into(),
            source: "Manual A, page 20".into(),
        }
    }

    #[test]
    fn a_pen_is_read_as_people_write_it() {
        let pen = parse(&typed(), |pen| pen).unwrap();
        assert_eq!(pen.needles_um, [[800, -400], [-800, 400]]);
        assert_eq!((pen.strokes_per_min, pen.depth_um_max), (7002, 2500));
        assert_eq!(choice(pen).device.needles_mm[1], [-0.8, 0.4]);
    }

    #[test]
    fn every_slip_is_told_by_its_field() {
        type Change = fn(&mut EnterPen);
        let cases: [(Change, &str); 10] = [
            (|pen| pen.name.clear(), "name"),
            (|pen| pen.source = "two\nlines".into(), "source"),
            (|pen| pen.needles.clear(), "needles"),
            (|pen| pen.needles = "1 2 3".into(), "needles"),
            (|pen| pen.needles = "NaN 1".into(), "needles"),
            (|pen| pen.needles = "0 0\n".repeat(201), "needles"),
            (|pen| pen.needles = "0 21".into(), "needles"),
            (|pen| pen.strokes_per_s = "inf".into(), "strokes_per_s"),
            (|pen| pen.strokes_per_s = "0".into(), "strokes_per_s"),
            (|pen| pen.depth_mm_max = "1e3".into(), "depth_mm_max"),
        ];
        for (change, field) in cases {
            let mut pen = typed();
            change(&mut pen);
            let errors = parse(&pen, |pen| pen).unwrap_err();
            assert_eq!(errors.iter().map(|(field, _)| field).collect::<Vec<_>>(), [field]);
        }
    }
}
