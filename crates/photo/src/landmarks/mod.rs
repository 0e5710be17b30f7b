//! Landmarks of a face: a detector and a model of 468 points, both networks of others with the pass written here.
//!
//! The weights (`models/face-detector.net`, `models/face-landmarks.net`) are those of MediaPipe Face Mesh,
//! Apache-2.0; `models/NOTICE` says whose they are and `models/convert.py` makes the files again. Points are good to a
//! few pixels: enough to start from, not to measure with.

mod crop;
mod detector;
mod net;

use crate::photograph::{Blocks, Photograph};
use crop::{Crop, Source};
use net::Net;
use rayon::prelude::*;
use std::sync::LazyLock;

/// Number of landmarks of a face.
pub const LANDMARKS: usize = 468;

const EDGE: usize = 192;
/// The square of the second look is this much wider than the points of the first.
const MARGIN: f32 = 1.5;
/// Certainty that there is a face in the square, below which its points do not count; 0 to 1.
const CERTAINTY_MIN: f32 = 0.5;
/// Share of the landmarks that must lie on the photograph: on a piece of a cheek the model guesses the rest.
const INSIDE_MIN: f32 = 0.8;
/// Outer corners of the right and the left eye among the landmarks.
const EYE_CORNERS: [usize; 2] = [33, 263];
/// Looks whose points are averaged: turn in radians, and size. The model's error changes with how the face lies on its
/// grid, and a mean over looks makes it smaller.
const LOOKS: [(f32, f32); 2] = [(-0.04, 1.04), (0.04, 0.96)];

static DETECTOR: LazyLock<Option<Net>> =
    LazyLock::new(|| Net::parse(include_bytes!("../../models/face-detector.net")));
static MODEL: LazyLock<Option<Net>> =
    LazyLock::new(|| Net::parse(include_bytes!("../../models/face-landmarks.net")));

/// A face as landmarks.
#[derive(Debug, Clone, PartialEq)]
pub struct Face {
    /// [`LANDMARKS`] places, px of the photograph, in the order of MediaPipe's canonical face.
    pub points: Vec<[f32; 2]>,
}

impl Face {
    /// Share of the landmarks that lie on the photograph.
    fn share_inside(&self, photograph: &Photograph) -> f32 {
        let (width, height) = (photograph.width() as f32, photograph.height() as f32);
        let inside = |[x, y]: &&[f32; 2]| (0.0..width).contains(x) && (0.0..height).contains(y);
        self.points.iter().filter(inside).count() as f32 / LANDMARKS as f32
    }
}

/// The landmarks of the most certain face of a photograph, if there is one.
pub fn face(photograph: &Photograph) -> Option<Face> {
    find_face(photograph, &Blocks::of(photograph))
}

/// The same for a photograph whose blocks are there already.
pub(crate) fn find_face(photograph: &Photograph, blocks: &Blocks) -> Option<Face> {
    let model = MODEL.as_ref()?;
    let source = Source { photograph, blocks };
    let found = detector::detect(DETECTOR.as_ref()?, &source)?;
    let first = look(model, &source, found)?;
    let square = around(&first);
    let looks: Vec<_> = LOOKS
        .par_iter()
        .map(|(turn, zoom)| {
            let turned = Crop { angle: square.angle + turn, side: square.side * zoom, ..square };
            look(model, &source, turned)
        })
        .collect::<Option<_>>()?;
    let mean = |at: usize| {
        [0, 1].map(|axis| looks.iter().map(|points| points[at][axis]).sum::<f32>() / LOOKS.len() as f32)
    };
    let face = Face { points: (0..LANDMARKS).map(mean).collect() };
    (face.share_inside(photograph) >= INSIDE_MIN).then_some(face)
}

/// The points of one look at a square, or nothing if the model sees no face there.
fn look(model: &Net, source: &Source<'_>, square: Crop) -> Option<Vec<[f32; 2]>> {
    let results = model.run(square.pixels(source, EDGE, 0.0, 1.0));
    let certainty = 1.0 / (1.0 + (-results[1].data[0]).exp());
    let place = |point: &[f32]| square.place(point[0] / EDGE as f32, point[1] / EDGE as f32);
    (certainty >= CERTAINTY_MIN).then(|| results[0].data.chunks_exact(3).map(place).collect())
}

/// The upright square around points that the model should look at next.
fn around(points: &[[f32; 2]]) -> Crop {
    let [right, left] = EYE_CORNERS.map(|corner| points[corner]);
    let angle = (left[1] - right[1]).atan2(left[0] - right[0]);
    let (sine, cosine) = angle.sin_cos();
    let (mut low, mut high) = ([f32::MAX; 2], [f32::MIN; 2]);
    for [x, y] in points {
        for (axis, along) in [cosine * x + sine * y, cosine * y - sine * x].into_iter().enumerate() {
            low[axis] = low[axis].min(along);
            high[axis] = high[axis].max(along);
        }
    }
    let [x, y] = [0, 1].map(|axis| 0.5 * (low[axis] + high[axis]));
    let side = MARGIN * (high[0] - low[0]).max(high[1] - low[1]);
    Crop { centre: [cosine * x - sine * y, sine * x + cosine * y], side, angle }
}
