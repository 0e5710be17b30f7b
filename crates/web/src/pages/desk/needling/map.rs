//! The map on which a zone is chosen: the house's drawing of a face and a body with every outline as a shape.

use std::fmt::Write as _;

use app::needling::{BodyMap, OUTLINES, Outline};

use crate::art::face;

/// One of the two maps.
#[derive(Debug)]
pub struct MapView {
    /// Its view box.
    pub view_box: String,
    /// The quiet lines of the drawing.
    pub lines: &'static str,
    /// The outlines, those in front last.
    pub shapes: Vec<ShapeView>,
}

/// An outline on a map.
#[derive(Debug)]
pub struct ShapeView {
    /// The value of its radio button.
    pub id: &'static str,
    /// Path data.
    pub path: String,
}

/// Both maps, the face first.
pub fn maps() -> [MapView; 2] {
    let map = |which: BodyMap, lines, top: f64, height: f64| MapView {
        view_box: format!("40 {top} 240 {height}"),
        lines,
        shapes: OUTLINES
            .iter()
            .filter(|outline| outline.map == which)
            .map(|outline| ShapeView { id: outline.id, path: path(outline) })
            .collect(),
    };
    [map(BodyMap::Face, face::FACE_LINES, 26.0, 394.0), map(BodyMap::Body, face::BODY_LINES, 4.0, 440.0)]
}

fn path(outline: &Outline) -> String {
    let mut path = String::new();
    for (index, [x, y]) in outline.on_map().into_iter().enumerate() {
        let _ = write!(path, "{}{x:.1} {y:.1}", if index == 0 { 'M' } else { 'L' });
    }
    path.push('z');
    path
}
