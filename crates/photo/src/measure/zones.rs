//! The zones to measure: a label for each pixel of the baseline.

/// A label image on the baseline's grid; 0 is no zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zones {
    width: usize,
    height: usize,
    labels: Vec<u8>,
}

impl Zones {
    /// Zones from one label a pixel, row by row from the top. `None` if the number of labels is not width times
    /// height.
    pub fn from_labels(width: usize, height: usize, labels: Vec<u8>) -> Option<Self> {
        (labels.len() == width * height).then_some(Self { width, height, labels })
    }

    /// Pixels in a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Number of rows.
    pub fn height(&self) -> usize {
        self.height
    }

    /// All labels, row by row.
    pub fn labels(&self) -> &[u8] {
        &self.labels
    }

    /// The labels there are, ascending, without 0.
    pub fn present(&self) -> Vec<u8> {
        let mut seen = [false; 256];
        for &label in &self.labels {
            seen[usize::from(label)] = true;
        }
        (1..=255).filter(|&label| seen[usize::from(label)]).collect()
    }
}
