//! The map of treated zones: a face and a body of a few quiet lines, each zone a patch of dots. Left and right are
//! the patient's; zones that come in pairs are drawn on both sides.

use super::stipple::{Sheet, path_data, scatter};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::LazyLock;

/// A patch: centre, radii and turn in degrees, in the face's view box `0 0 320 420` or the body's `0 0 320 560`.
type Patch = (f64, f64, f64, f64, f64);

const FACE: &[(&str, &[Patch])] = &[
    ("forehead", &[(160.0, 96.0, 74.0, 34.0, 0.0)]),
    ("glabella", &[(160.0, 150.0, 14.0, 13.0, 0.0)]),
    ("periorbital", &[(80.0, 178.0, 10.0, 17.0, 0.0), (240.0, 178.0, 10.0, 17.0, 0.0)]),
    ("nose", &[(160.0, 206.0, 14.0, 32.0, 0.0)]),
    ("cheekbone", &[(106.0, 212.0, 28.0, 10.0, 14.0), (214.0, 212.0, 28.0, 10.0, -14.0)]),
    ("cheek", &[(109.0, 256.0, 25.0, 28.0, 14.0), (211.0, 256.0, 25.0, 28.0, -14.0)]),
    ("upper-lip", &[(160.0, 264.0, 26.0, 8.0, 0.0)]),
    ("perioral", &[(126.0, 300.0, 9.0, 12.0, -12.0), (194.0, 300.0, 9.0, 12.0, 12.0)]),
    ("chin", &[(160.0, 332.0, 26.0, 17.0, 0.0)]),
    ("jaw", &[(116.0, 322.0, 22.0, 8.0, 50.0), (204.0, 322.0, 22.0, 8.0, -50.0)]),
    ("neck", &[(160.0, 398.0, 40.0, 16.0, 0.0)]),
];

/// The quiet lines of the face.
pub(crate) const FACE_LINES: &str = "M160 38C96 38 62 90 62 158C62 230 84 300 126 344Q160 372 194 344C236 300 258 230 258 158C258 90 224 38 160 38ZM96 160Q114 148 138 156M182 156Q206 148 224 160M98 182Q117 170 136 183Q117 192 98 182ZM184 183Q203 170 222 182Q203 192 184 183ZM148 240Q160 250 172 240M132 288Q148 280 160 284Q172 280 188 288Q160 306 132 288ZM132 288Q160 292 188 288M112 348C114 380 104 400 74 414M208 348C206 380 216 400 246 414";

const BODY: &[(&str, &[Patch])] = &[
    ("decollete", &[(160.0, 122.0, 44.0, 15.0, 0.0)]),
    ("abdomen", &[(160.0, 246.0, 36.0, 36.0, 0.0)]),
    ("thighs", &[(130.0, 372.0, 18.0, 50.0, 3.0), (190.0, 372.0, 18.0, 50.0, -3.0)]),
];

const BACK: &[(&str, &[Patch])] = &[("back", &[(160.0, 182.0, 36.0, 66.0, 0.0)])];

/// The quiet lines that are seen only from behind.
const BACK_LINES: &str = "M136 128Q148 148 138 172M184 128Q172 148 182 172";

/// The quiet lines of the body.
pub(crate) const BODY_LINES: &str = "M160 16C138 16 132 34 134 52C136 70 148 80 160 80C172 80 184 70 186 52C188 34 182 16 160 16ZM148 76V94Q112 104 96 116C84 130 78 170 74 216C72 240 68 266 62 290M172 76V94Q208 104 224 116C236 130 242 170 246 216C248 240 252 266 258 290M112 150C114 190 116 220 110 252C104 280 106 330 112 372C116 420 118 470 120 540M208 150C206 190 204 220 210 252C216 280 214 330 208 372C204 420 202 470 200 540M158 318C156 400 150 470 146 540M162 318C164 400 170 470 174 540M112 150C108 200 98 250 88 296M208 150C212 200 222 250 232 296";

/// The face with its zones; view box `0 0 320 420`.
pub fn face_map() -> &'static str {
    static DRAWN: LazyLock<String> = LazyLock::new(|| draw(FACE, FACE_LINES, 420.0, 80));
    &DRAWN
}

/// The body with its zones; view box `0 0 320 560`.
pub fn body_map() -> &'static str {
    static DRAWN: LazyLock<String> = LazyLock::new(|| draw(BODY, BODY_LINES, 560.0, 81));
    &DRAWN
}

/// A drawn figure with some of its zones.
#[derive(Debug)]
pub struct ZoneMap {
    /// Its view box.
    pub view_box: &'static str,
    /// Width and height of the view box.
    pub size: (u32, u32),
    /// What is drawn.
    pub svg: String,
}

/// The figures that have any of these zones, with the dots of these zones alone.
pub fn maps_of(offered: &[&str]) -> Vec<ZoneMap> {
    static BEHIND: LazyLock<String> =
        LazyLock::new(|| draw(BACK, &format!("{BODY_LINES}{BACK_LINES}"), 560.0, 82));
    let figures = [
        (FACE, face_map(), "0 0 320 420", 420),
        (BODY, body_map(), "0 0 320 560", 560),
        (BACK, BEHIND.as_str(), "0 0 320 560", 560),
    ];
    let is_offered = |id: &str| offered.contains(&id);
    let shown = figures.into_iter().filter(|(zones, ..)| zones.iter().any(|(id, _)| is_offered(id)));
    let map = |(zones, whole, view_box, height): (&[(&'static str, _)], &str, _, _)| {
        // A patch is one path, so what is not on offer is left out whole.
        let hidden = |path: &&str| {
            zones.iter().any(|(id, _)| !is_offered(id) && path.contains(&format!("map-{id}\"")))
        };
        let svg = whole.split_inclusive("/>").filter(|path| !hidden(path)).collect();
        ZoneMap { view_box, size: (320, height), svg }
    };
    shown.map(map).collect()
}

/// The zones a map knows, by their ids in the protocol.
pub fn drawn_zones() -> impl Iterator<Item = &'static str> {
    FACE.iter().chain(BODY).map(|&(id, _)| id)
}

fn draw(zones: &[(&'static str, &[Patch])], lines: &str, height: f64, seed: u64) -> String {
    let sheet = Sheet { width: 320.0, height, gap_min: 4.6, gap_max: 7.0 };
    let mut dots_of: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    let zone_at = |x: f64, y: f64| {
        zones.iter().find(|(_, patches)| patches.iter().any(|patch| inside(*patch, x, y))).map(|&(id, _)| id)
    };
    for dot in scatter(sheet, seed, |x, y| zone_at(x, y).map(|_| 5.0)) {
        if let Some(id) = zone_at(dot.x, dot.y) {
            dots_of.entry(id).or_default().push(dot);
        }
    }
    let mut svg = format!(r#"<path class="map-line" d="{lines}"/>"#);
    for (id, dots) in dots_of {
        let _ = write!(svg, r#"<path class="dots map-zone map-{id}" d="{}"/>"#, path_data(&dots));
    }
    svg
}

fn inside((cx, cy, rx, ry, turn): Patch, x: f64, y: f64) -> bool {
    let (sin, cos) = turn.to_radians().sin_cos();
    let (dx, dy) = (x - cx, y - cy);
    ((dx * cos + dy * sin) / rx).powi(2) + ((dy * cos - dx * sin) / ry).powi(2) < 1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_zone_is_drawn() {
        let both = format!("{}{}", face_map(), body_map());
        for zone in drawn_zones() {
            assert!(both.contains(&format!("map-{zone}\"")), "{zone}");
        }
    }

    #[test]
    fn a_choice_draws_what_is_on_offer_and_nothing_else() {
        let maps = maps_of(&["cheek", "cheekbone", "back", "scalp"]);
        let drawn: String = maps.iter().map(|map| map.svg.as_str()).collect();
        for (zone, is_drawn) in [("cheek", true), ("cheekbone", true), ("back", true), ("chin", false)] {
            assert_eq!(drawn.contains(&format!("map-{zone}\"")), is_drawn, "{zone}");
        }
        assert!(
            !drawn.contains("map-abdomen") && maps.len() == 2,
            "no front of a body for a face and a back"
        );
        assert!(maps.iter().all(|map| map.svg.contains("map-line")));
    }
}
