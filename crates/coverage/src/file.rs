//! Reads a course from TOML. Every field that is missing, mistyped or unknown is named by its path.

use toml::{Table, Value};

use crate::{
    course::{
        Course, CourseFacts, Device, Fault, HANDS_DEFAULT, Hand, Limits, Pass, Purpose, Target, TipRotation,
        ZoneFacts,
    },
    polygon::Point,
};

/// The largest file that is read, in bytes.
pub const FILE_BYTES_MAX: usize = 8 << 20;

/// The most faults listed; more would not help anyone.
const FAULTS_MAX: usize = 50;

/// The side of the squares for evenness unless said otherwise, in millimetres.
const WINDOW_MM_DEFAULT: f64 = 2.0;

impl Course {
    /// Reads a course file and looks it over; all faults at once, the first fifty of them.
    pub fn parse(text: &str, purpose: Purpose) -> Result<Self, Vec<Fault>> {
        if text.len() > FILE_BYTES_MAX {
            let message = format!("the file has {} bytes; at most {FILE_BYTES_MAX} are read", text.len());
            return Err(vec![Fault { path: String::new(), message }]);
        }
        let table: Table = text.parse().map_err(|error: toml::de::Error| {
            let line =
                error.span().map_or(0, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
            let message = format!("line {line} is not TOML: {}", error.message());
            vec![Fault { path: String::new(), message }]
        })?;
        let mut faults = Vec::new();
        let facts = course_facts(&mut Fields::new("", &table, &mut faults));
        let looked = if faults.is_empty() { Self::new(facts, purpose) } else { Err(faults) };
        looked.map_err(|mut faults| {
            faults.truncate(FAULTS_MAX);
            faults
        })
    }
}

/// One table of the file: hands out its fields, and at the end names those nobody asked for.
struct Fields<'a, 'f> {
    path: String,
    table: &'a Table,
    asked: Vec<&'static str>,
    faults: &'f mut Vec<Fault>,
}

impl<'a, 'f> Fields<'a, 'f> {
    /// `name`, `source` and `note` may stand in any table, for the people who read the file.
    fn new(path: &str, table: &'a Table, faults: &'f mut Vec<Fault>) -> Self {
        Self { path: path.to_owned(), table, asked: vec!["name", "source", "note"], faults }
    }

    fn path(&self, field: &str) -> String {
        if self.path.is_empty() { field.to_owned() } else { format!("{}.{field}", self.path) }
    }

    fn fault(&mut self, path: String, message: &str) {
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(Fault { path, message: message.to_owned() });
        }
    }

    fn value(&mut self, field: &'static str) -> Option<&'a Value> {
        self.asked.push(field);
        self.table.get(field)
    }

    fn needed(&mut self, field: &'static str) -> Option<&'a Value> {
        let value = self.value(field);
        if value.is_none() {
            self.fault(self.path(field), "is missing");
        }
        value
    }

    fn read_number(&mut self, path: String, value: &Value) -> f64 {
        match value {
            Value::Float(number) => *number,
            Value::Integer(number) => *number as f64,
            _ => {
                self.fault(path, "must be a number");
                0.0
            }
        }
    }

    fn number(&mut self, field: &'static str) -> f64 {
        self.needed(field).map_or(0.0, |value| self.read_number(self.path(field), value))
    }

    fn number_or(&mut self, field: &'static str, default: f64) -> f64 {
        self.value(field).map_or(default, |value| self.read_number(self.path(field), value))
    }

    fn count(&mut self, field: &'static str, value: Option<&Value>, max: i64) -> Option<u64> {
        match value? {
            Value::Integer(number) if (0..=max).contains(number) => Some(number.unsigned_abs()),
            _ => {
                self.fault(self.path(field), &format!("must be a whole number from 0 to {max}"));
                None
            }
        }
    }

    fn pair(&mut self, path: &str, value: &Value) -> [f64; 2] {
        match value.as_array().map(Vec::as_slice) {
            Some([a, b]) => {
                [self.read_number(format!("{path}[0]"), a), self.read_number(format!("{path}[1]"), b)]
            }
            _ => {
                self.fault(path.to_owned(), "must be a list of two numbers");
                [0.0; 2]
            }
        }
    }

    fn points(&mut self, path: &str, value: &Value) -> Vec<Point> {
        let Some(list) = value.as_array() else {
            self.fault(path.to_owned(), "must be a list of points, each [x, y]");
            return Vec::new();
        };
        list.iter().enumerate().map(|(index, value)| self.pair(&format!("{path}[{index}]"), value)).collect()
    }

    /// The table under a field, and what is read from it.
    fn table<T>(&mut self, field: &'static str, read: impl FnOnce(&mut Fields<'a, '_>) -> T) -> Option<T> {
        let path = self.path(field);
        match self.value(field)? {
            Value::Table(table) => Some(read(&mut Fields::new(&path, table, self.faults))),
            _ => {
                self.fault(path, "must be a table");
                None
            }
        }
    }

    /// The tables listed under a field.
    fn tables<T>(&mut self, field: &'static str, mut read: impl FnMut(&mut Fields<'a, '_>) -> T) -> Vec<T> {
        let path = self.path(field);
        let list = match self.value(field) {
            None => return Vec::new(),
            Some(Value::Array(list)) => list,
            Some(_) => {
                self.fault(path, "must be a list of tables, each under a heading in double brackets");
                return Vec::new();
            }
        };
        let mut rows = Vec::new();
        for (index, value) in list.iter().enumerate() {
            let path = format!("{path}[{index}]");
            match value {
                Value::Table(table) => rows.push(read(&mut Fields::new(&path, table, self.faults))),
                _ => self.fault(path, "must be a table"),
            }
        }
        rows
    }

    /// Names every field of the table that nothing asked for: most often a slip of the pen.
    fn close(&mut self) {
        let table = self.table;
        for field in table.keys().filter(|field| !self.asked.contains(&field.as_str())).collect::<Vec<_>>() {
            let shown: String = field.chars().filter(|letter| !letter.is_control()).take(64).collect();
            self.fault(self.path(&shown), "is not a field of this table");
        }
    }
}

fn course_facts(fields: &mut Fields<'_, '_>) -> CourseFacts {
    let seed = fields.value("seed");
    let seed = fields.count("seed", seed, i64::MAX).unwrap_or(0);
    let hands = fields.value("hands");
    let hands = fields.count("hands", hands, 10_000).unwrap_or(u64::from(HANDS_DEFAULT)) as u32;
    let device = fields.table("device", device);
    if device.is_none() {
        fields.fault("device".into(), "is missing");
    }
    let device = device.unwrap_or(Device { needles_mm: Vec::new(), strokes_per_s: 0.0, depth_mm_max: 0.0 });
    let hand = fields.table("hand", hand).unwrap_or_default();
    let target = fields.table("target", target);
    let limits = fields.table("limits", limits);
    let zones = fields.tables("zone", zone);
    fields.close();
    CourseFacts { seed, hands, device, hand, target, limits, zones }
}

fn device(fields: &mut Fields<'_, '_>) -> Device {
    let path = fields.path("needles_mm");
    let needles_mm = fields.needed("needles_mm").map(|value| fields.points(&path, value)).unwrap_or_default();
    let strokes_per_s = fields.number("strokes_per_s");
    let depth_mm_max = fields.number("depth_mm_max");
    fields.close();
    Device { needles_mm, strokes_per_s, depth_mm_max }
}

fn hand(fields: &mut Fields<'_, '_>) -> Hand {
    let speed_cv = fields.number_or("speed_cv", 0.0);
    let spacing_sd_mm = fields.number_or("spacing_sd_mm", 0.0);
    let angle_sd_deg = fields.number_or("angle_sd_deg", 0.0);
    let tip_rotation = match fields.value("tip_rotation").map(Value::as_str) {
        None | Some(Some("fixed")) => TipRotation::Fixed,
        Some(Some("random")) => TipRotation::Random,
        Some(_) => {
            fields.fault(fields.path("tip_rotation"), "must be \"fixed\" or \"random\"");
            TipRotation::Fixed
        }
    };
    fields.close();
    Hand { speed_cv, spacing_sd_mm, angle_sd_deg, tip_rotation }
}

fn target(fields: &mut Fields<'_, '_>) -> Target {
    let density_per_cm2 = fields.number("density_per_cm2");
    let window_mm = fields.number_or("window_mm", WINDOW_MM_DEFAULT);
    let cv_max = fields.value("cv_max").map(|value| fields.read_number(fields.path("cv_max"), value));
    fields.close();
    Target { density_per_cm2, window_mm, cv_max }
}

fn limits(fields: &mut Fields<'_, '_>) -> Limits {
    let passes = fields.needed("passes_max");
    let passes_max = fields.count("passes_max", passes, 1_000).unwrap_or(1) as usize;
    let mut pair = |field| {
        let path = fields.path(field);
        fields.needed(field).map_or([0.0; 2], |value| fields.pair(&path, value))
    };
    let spacing_mm = pair("spacing_mm");
    let speed_mm_per_s = pair("speed_mm_per_s");
    let seconds_max = fields.number("seconds_max");
    fields.close();
    Limits { passes_max, spacing_mm, speed_mm_per_s, seconds_max }
}

fn zone(fields: &mut Fields<'_, '_>) -> ZoneFacts {
    let id = match fields.needed("id") {
        Some(Value::String(id)) => id.clone(),
        Some(_) => {
            fields.fault(fields.path("id"), "must be a text");
            String::new()
        }
        None => String::new(),
    };
    let path = fields.path("polygon_mm");
    let polygon_mm = fields.needed("polygon_mm").map(|value| fields.points(&path, value)).unwrap_or_default();
    let path = fields.path("exclusions_mm");
    let exclusions_mm = match fields.value("exclusions_mm") {
        None => Vec::new(),
        Some(Value::Array(list)) => list
            .iter()
            .enumerate()
            .map(|(index, value)| fields.points(&format!("{path}[{index}]"), value))
            .collect(),
        Some(_) => {
            fields.fault(path, "must be a list of outlines, each a list of points");
            Vec::new()
        }
    };
    let depth_mm = fields.number("depth_mm");
    let depth_mm_max = fields.number("depth_mm_max");
    let passes = fields.tables("pass", pass);
    fields.close();
    ZoneFacts { id, polygon_mm, exclusions_mm, depth_mm, depth_mm_max, passes }
}

fn pass(fields: &mut Fields<'_, '_>) -> Pass {
    let pass = Pass {
        direction_deg: fields.number("direction_deg"),
        spacing_mm: fields.number("spacing_mm"),
        speed_mm_per_s: fields.number("speed_mm_per_s"),
        offset_mm: fields.number_or("offset_mm", 0.0),
    };
    fields.close();
    pass
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
        seed = 5
        [device]
        name = "an example"
        needles_mm = [[0, 0], [0.5, 0.5]]
        strokes_per_s = 100
        depth_mm_max = 2.5
        [hand]
        tip_rotation = "random"
        [target]
        density_per_cm2 = 275
        cv_max = 0.3
        [[zone]]
        id = "cheek"
        polygon_mm = [[0, 0], [20, 0], [20, 20.0]]
        depth_mm = 1
        depth_mm_max = 1.5
        [[zone.pass]]
        direction_deg = 0
        spacing_mm = 1
        speed_mm_per_s = 20
    "#;

    #[test]
    fn a_good_file_is_read_with_its_defaults() {
        let course = Course::parse(GOOD, Purpose::Simulate).unwrap();
        assert_eq!((course.seed, course.hands()), (5, HANDS_DEFAULT));
        assert_eq!(course.target().unwrap().window_mm, WINDOW_MM_DEFAULT);
        assert_eq!(course.hand().tip_rotation, TipRotation::Random);
        assert_eq!(course.zones()[0].passes[0].offset_mm, 0.0);
        assert_eq!(course.zones()[0].area_mm2, 200.0);
    }

    #[test]
    fn every_slip_is_named_by_its_path() {
        let cases = [
            ("seed = 5", "seed = -5", "seed: must be a whole number"),
            ("[device]", "[devise]", "device: is missing"),
            ("[0.5, 0.5]", "[0.5, nan]", "device.needles_mm[1][1]: must be from -20 to 20"),
            ("[0.5, 0.5]", "[0.5]", "device.needles_mm[1]: must be a list of two numbers"),
            ("strokes_per_s = 100", "strokes_per_s = \"fast\"", "device.strokes_per_s: must be a number"),
            ("strokes_per_s = 100", "", "device.strokes_per_s: is missing"),
            ("strokes_per_s = 100", "strokes_per_s = inf", "device.strokes_per_s: must be from 0.1 to 1000"),
            ("\"random\"", "\"sometimes\"", "hand.tip_rotation: must be"),
            ("cv_max = 0.3", "cv_maxi = 0.3", "target.cv_maxi: is not a field"),
            ("[20, 20.0]", "[20, \"x\"]", "zone[0].polygon_mm[2][1]: must be a number"),
            ("[20, 20.0]", "[20, inf]", "zone[0].polygon_mm[2][1]: must be a number of millimetres"),
            ("id = \"cheek\"", "id = 3", "zone[0].id: must be a text"),
            ("spacing_mm = 1", "spacing_mm = 0", "zone[0].pass[0].spacing_mm: must be from 0.01"),
            ("depth_mm = 1", "exclusions_mm = 3\ndepth_mm = 1", "zone[0].exclusions_mm: must be a list"),
            ("seed = 5", "seed = = 5", "line 2 is not TOML"),
        ];
        for (from, to, expected) in cases {
            let faults = Course::parse(&GOOD.replacen(from, to, 1), Purpose::Simulate).unwrap_err();
            let texts: Vec<String> = faults.iter().map(ToString::to_string).collect();
            assert!(texts.iter().any(|text| text.starts_with(expected)), "{to}: {texts:?}");
        }
    }
}
