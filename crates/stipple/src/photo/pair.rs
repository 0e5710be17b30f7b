//! One pair: from two files to a registration and measured changes.

use std::{fs, io::Read, path::Path};

use media::{Door, DoorError, Limits, Picture};
use photo::{
    Photograph, PhotographFault, Registration,
    measure::{Change, MeasureRefusal, NamedZones, Repeats, Zones, face_zones, measure, skin_zone},
};

use super::table::Point;

/// Pictures are worked on at most at this size, px; larger ones are made smaller. Fine roughness is defined in px of
/// this size.
const PIXELS_MAX: u64 = 1_600_000;

/// Why there is no result.
#[derive(Debug)]
pub(super) enum Failure {
    /// Exit code 2: the command line or a file beside the pictures is wrong.
    Input(String),
    /// Exit code 3: these pictures are not compared, with a stable code and what to do.
    Refused { code: String, reason: String },
}

impl From<String> for Failure {
    fn from(fault: String) -> Self {
        Self::Input(fault)
    }
}

/// A photograph and the size it had before it was made smaller, upright.
pub(super) struct Loaded {
    pub(super) photograph: Photograph,
    full: (u32, u32),
}

impl Loaded {
    /// From px of the full picture to px of the photograph that is worked on, or back.
    fn inward(&self, x: f64, y: f64) -> (f64, f64) {
        let (across, down) = self.scale();
        ((x + 0.5) * across - 0.5, (y + 0.5) * down - 0.5)
    }

    fn outward(&self, x: f64, y: f64) -> (f64, f64) {
        let (across, down) = self.scale();
        ((x + 0.5) / across - 0.5, (y + 0.5) / down - 0.5)
    }

    fn scale(&self) -> (f64, f64) {
        let (width, height) = self.full;
        (
            self.photograph.width() as f64 / f64::from(width),
            self.photograph.height() as f64 / f64::from(height),
        )
    }
}

/// Reads a file. What it is called is not repeated: a photograph's name can be a person's.
fn bytes(path: &Path, what: &str) -> Result<Vec<u8>, String> {
    let most = Limits::default().bytes as u64;
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(|error| format!("{what}: {error}"))?;
    file.take(most + 1).read_to_end(&mut bytes).map_err(|error| format!("{what}: {error}"))?;
    Ok(bytes)
}

fn opened(door: &Door, path: &Path, what: &str, most: u64) -> Result<Picture, Failure> {
    let bytes = bytes(path, what)?;
    door.open(&bytes, most).map_err(|error| match error {
        DoorError::Refused(refusal) => {
            Failure::Refused { code: refusal.code().to_owned(), reason: format!("{what}: {refusal}") }
        }
        DoorError::Fault(fault) => {
            Failure::Input(format!("the reader of pictures could not be run: {fault}"))
        }
    })
}

/// Reads a photograph through the safe door; `what` it is goes into messages.
pub(super) fn load(door: &Door, path: &Path, what: &str) -> Result<Loaded, Failure> {
    let picture = opened(door, path, what, PIXELS_MAX)?;
    let (stored_width, stored_height) = (picture.facts.stored_width, picture.facts.stored_height);
    let turned = (stored_width > stored_height) != (picture.width > picture.height);
    let full = if turned { (stored_height, stored_width) } else { (stored_width, stored_height) };
    let photograph = Photograph::from_srgb8(picture.width as usize, picture.height as usize, picture.rgb);
    let photograph = photograph.map_err(|fault| {
        let (code, reason) = match fault {
            PhotographFault::TooSmall => {
                ("too_small", "one side is too short; send the photograph in its full size")
            }
            PhotographFault::TooLarge => {
                ("too_long", "one side is far longer than the other; cut it to the skin")
            }
            PhotographFault::Length => ("unreadable", "its pixels are not complete; send it again"),
        };
        Failure::Refused { code: code.to_owned(), reason: format!("{what}: {reason}") }
    })?;
    Ok(Loaded { photograph, full })
}

/// Reads a label image and brings it on to the grid that is worked on.
pub(super) fn load_zones(door: &Door, path: &Path, base: &Loaded) -> Result<Zones, Failure> {
    let wrong = |fault: String| Failure::Input(format!("zones: {fault}"));
    let picture = opened(door, path, "zones", Limits::default().pixels).map_err(|failure| match failure {
        Failure::Refused { reason, .. } => Failure::Input(reason),
        input => input,
    })?;
    let (width, height) = (picture.width as usize, picture.height as usize);
    let grid = (base.photograph.width(), base.photograph.height());
    let full = (base.full.0 as usize, base.full.1 as usize);
    if (width, height) != full && (width, height) != grid {
        return Err(wrong(format!(
            "{width} by {height} pixels, but the baseline has {} by {}; draw the zones on the baseline",
            full.0, full.1
        )));
    }
    if picture.rgb.chunks_exact(3).any(|pixel| pixel[0] != pixel[1] || pixel[1] != pixel[2]) {
        return Err(wrong("zones are grey levels from 1 to 255 on black, without colours".to_owned()));
    }
    let at = |to: usize, from: usize, size: usize| ((2 * to + 1) * from / (2 * size)).min(from - 1);
    let mut labels = Vec::with_capacity(grid.0 * grid.1);
    for y in 0..grid.1 {
        let row = at(y, height, grid.1) * width;
        labels.extend((0..grid.0).map(|x| picture.rgb[(row + at(x, width, grid.0)) * 3]));
    }
    let zones =
        Zones::from_labels(grid.0, grid.1, labels).ok_or_else(|| wrong("not a label image".to_owned()))?;
    if zones.present().is_empty() {
        return Err(wrong("no zone in it: every pixel is black".to_owned()));
    }
    Ok(zones)
}

/// A compared pair.
pub(super) struct Compared {
    pub(super) base: Loaded,
    pub(super) follow: Loaded,
    pub(super) registration: Registration,
    pub(super) zones: NamedZones,
    pub(super) change: Change,
}

/// Registers two photographs that are loaded.
pub(super) fn register(base: &Loaded, follow: &Loaded) -> Result<Registration, Failure> {
    photo::register(&base.photograph, &follow.photograph, &photo::Options::default()).map_err(|refusal| {
        Failure::Refused { code: refusal.code().replace('-', "_"), reason: refusal.to_string() }
    })
}

/// Registers and measures. `tell` is called before each step.
pub(super) fn compare(
    door: &Door,
    base: &Path,
    follow: &Path,
    zones: Option<&Path>,
    tell: &dyn Fn(&str),
) -> Result<Compared, Failure> {
    tell("reading the photographs");
    let (base, follow) = std::thread::scope(|scope| {
        let other = scope.spawn(|| load(door, follow, "follow-up"));
        let base = load(door, base, "baseline");
        let failed = || Failure::Input("the reader of pictures came to an end".to_owned());
        (base, other.join().unwrap_or_else(|_| Err(failed())))
    });
    let (base, follow) = (base?, follow?);
    let drawn = zones.map(|path| load_zones(door, path, &base)).transpose()?;
    tell("finding the same skin in both");
    let registration = register(&base, &follow)?;
    tell("measuring");
    let zones = match drawn {
        Some(zones) => NamedZones { names: numbered(&zones), zones },
        None => default_zones(&base, &registration).ok_or_else(no_zones)?,
    };
    let faces = registration.faces.as_ref();
    let (one, other) = (&base.photograph, &follow.photograph);
    let change = measure(one, other, &registration.map, &zones.zones, faces, &Repeats::default());
    let change = change.map_err(|refusal| match refusal {
        MeasureRefusal::TooLittleSkin => Failure::Refused {
            code: "too_little_skin".to_owned(),
            reason: "Both photographs show too little evenly lit skin to bring their colours together. Take in more \
                     skin around the treated place."
                .to_owned(),
        },
        MeasureRefusal::ZonesOfAnotherSize => Failure::Input("the zones are not on the baseline's grid".to_owned()),
    })?;
    Ok(Compared { base, follow, registration, zones, change })
}

fn no_zones() -> Failure {
    Failure::Refused {
        code: "no_skin".to_owned(),
        reason: "There is no skin to measure. Draw zones and give them with --zones.".to_owned(),
    }
}

fn numbered(zones: &Zones) -> Vec<String> {
    let last = zones.present().last().copied().unwrap_or(0);
    (1..=last).map(|label| format!("zone {label}")).collect()
}

fn default_zones(base: &Loaded, registration: &Registration) -> Option<NamedZones> {
    let photograph = &base.photograph;
    let of_face = registration
        .faces
        .as_ref()
        .and_then(|[face, _]| face_zones(face, photograph.width(), photograph.height()));
    of_face.or_else(|| skin_zone(&registration.map)).filter(|zones| !zones.zones.present().is_empty())
}

impl Compared {
    /// Places of points in the follow-up, px of the follow-up as it was given.
    pub(super) fn places(&self, points: &[Point]) -> Vec<(String, f64, f64)> {
        places(&self.base, &self.follow, &self.registration, points)
    }

    /// Name of a zone.
    pub(super) fn name(&self, zone: u8) -> &str {
        self.zones.names.get(usize::from(zone) - 1).map_or("", String::as_str)
    }
}

/// See [`Compared::places`].
pub(super) fn places(
    base: &Loaded,
    follow: &Loaded,
    registration: &Registration,
    points: &[Point],
) -> Vec<(String, f64, f64)> {
    points
        .iter()
        .map(|point| {
            let (x, y) = base.inward(point.x, point.y);
            let (x, y) = registration.map.at(x as f32, y as f32);
            let (x, y) = follow.outward(f64::from(x), f64::from(y));
            (point.id.clone(), x, y)
        })
        .collect()
}
