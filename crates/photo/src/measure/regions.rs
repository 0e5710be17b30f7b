//! Zones to measure when nobody has drawn any: parts of a face by its landmarks, or all skin as one.

use super::Zones;
use crate::landmarks::Face;
use crate::map::Map;

/// A zone's name (left and right are the patient's) and its outline as landmarks of the canonical face.
type Region = (&'static str, &'static [usize]);

/// In the order of their labels, from 1.
const REGIONS: [Region; 5] = [
    ("forehead", &[103, 67, 109, 10, 338, 297, 332, 334, 296, 336, 9, 107, 66, 105]),
    ("right cheek", &[116, 117, 118, 119, 100, 36, 205, 187, 147, 123]),
    ("left cheek", &[345, 346, 347, 348, 329, 266, 425, 411, 376, 352]),
    ("nose", &[193, 417, 420, 279, 4, 49, 198]),
    ("chin", &[201, 421, 428, 262, 369, 396, 175, 171, 140, 32, 208]),
];

/// How far each outline is drawn in towards its middle, away from brows, lids and lips.
const SHRINK: f32 = 0.86;

/// Zones with their names; label n has the name n - 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedZones {
    /// The label image.
    pub zones: Zones,
    /// Names of the labels from 1.
    pub names: Vec<String>,
}

/// Forehead, cheeks, nose and chin of a face on the baseline.
pub fn face_zones(face: &Face, width: usize, height: usize) -> Option<NamedZones> {
    let mut labels = vec![0u8; width * height];
    for (label, (_, outline)) in (1u8..).zip(REGIONS) {
        let corners: Vec<[f32; 2]> = outline.iter().filter_map(|&at| face.points.get(at).copied()).collect();
        let share = 1.0 / corners.len().max(1) as f32;
        let middle = [0, 1].map(|axis| corners.iter().map(|corner| corner[axis]).sum::<f32>() * share);
        let drawn: Vec<[f32; 2]> = corners
            .iter()
            .map(|corner| [0, 1].map(|axis| middle[axis] + SHRINK * (corner[axis] - middle[axis])))
            .collect();
        fill(&mut labels, width, height, &drawn, label);
    }
    let names = REGIONS.iter().map(|(name, _)| (*name).to_owned()).collect();
    Some(NamedZones { zones: Zones::from_labels(width, height, labels)?, names })
}

/// All skin that both photographs show, as one zone.
pub fn skin_zone(map: &Map) -> Option<NamedZones> {
    let labels = map.skin.data.iter().map(|&skin| u8::from(skin >= 0.5)).collect();
    let zones = Zones::from_labels(map.skin.width, map.skin.height, labels)?;
    Some(NamedZones { zones, names: vec!["skin".to_owned()] })
}

/// Labels the pixels whose centres lie inside an outline (even-odd rule).
fn fill(labels: &mut [u8], width: usize, height: usize, outline: &[[f32; 2]], label: u8) {
    for y in 0..height {
        let line = y as f32;
        let mut crossings: Vec<f32> = Vec::new();
        for (at, one) in outline.iter().enumerate() {
            let other = outline[(at + 1) % outline.len()];
            if (one[1] <= line) != (other[1] <= line) {
                crossings.push(one[0] + (line - one[1]) / (other[1] - one[1]) * (other[0] - one[0]));
            }
        }
        crossings.sort_by(f32::total_cmp);
        for pair in crossings.chunks_exact(2) {
            let first = pair[0].ceil().clamp(0.0, width as f32) as usize;
            let end = (pair[1].floor() + 1.0).clamp(0.0, width as f32) as usize;
            if first < end {
                labels[y * width + first..y * width + end].fill(label);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outline_is_filled_to_its_pixel_centres() {
        let mut labels = vec![0; 50];
        fill(&mut labels, 10, 5, &[[1.5, 0.5], [6.5, 0.5], [6.5, 3.5], [1.5, 3.5]], 3);
        assert_eq!(labels.iter().filter(|&&label| label == 3).count(), 15);
        assert_eq!((labels[12], labels[11], labels[16], labels[17]), (3, 0, 3, 0));
        // What lies outside the picture is cut off.
        fill(&mut labels, 10, 5, &[[-9.0, -9.0], [99.0, -9.0], [99.0, 99.0], [-9.0, 99.0]], 4);
        assert!(labels.iter().all(|&label| label == 4));
    }
}
