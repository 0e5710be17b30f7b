//! Where a face is: a single-shot detector for faces near the camera, on a square of 128 px.
//!
//! The network answers, for 896 anchors, a score and 16 numbers: the middle and the size of a box and six points, in px
//! of the square, places counted from the anchor. Anchors lie in the middle of the cells of a 16 x 16 grid, two each,
//! and of an 8 x 8 grid, six each.

use super::crop::{Crop, Source};
use super::net::Net;

const EDGE: usize = 128;
/// Cells along an edge, and anchors in a cell; in the order in which the network answers.
const GRIDS: [(usize, usize); 2] = [(16, 2), (8, 6)];
/// Numbers of an anchor: box, then right eye, left eye, nose, mouth, right ear, left ear.
const NUMBERS: usize = 16;
/// Score above which a box is taken for a face; 0 to 1.
const SCORE_MIN: f32 = 0.5;
/// The landmark model sees the box widened by this.
const MARGIN: f32 = 1.5;

/// The square around the most certain face that the landmark model should look at, upright by the eyes.
pub(super) fn detect(net: &Net, source: &Source<'_>) -> Option<Crop> {
    let whole = Crop::whole(source.photograph);
    // A face that fills the picture, or a small one, is found in a wider or narrower square.
    [1.0, 1.5, 0.6].iter().find_map(|zoom| detect_in(net, source, Crop { side: whole.side * zoom, ..whole }))
}

fn detect_in(net: &Net, source: &Source<'_>, square: Crop) -> Option<Crop> {
    let results = net.run(square.pixels(source, EDGE, -1.0, 1.0));
    let (boxes, scores) = results.split_at(GRIDS.len());
    let mut best: Option<(f32, [f32; 2], &[f32])> = None;
    for ((grid, boxes), scores) in GRIDS.iter().zip(boxes).zip(scores) {
        let &(cells, anchors) = grid;
        for (at, (numbers, score)) in boxes.data.chunks_exact(NUMBERS).zip(&scores.data).enumerate() {
            if best.is_none_or(|(most, ..)| *score > most) {
                let cell = at / anchors;
                let middle = |along: usize| (along as f32 + 0.5) / cells as f32;
                best = Some((*score, [middle(cell % cells), middle(cell / cells)], numbers));
            }
        }
    }
    let (score, anchor, numbers) = best?;
    (1.0 / (1.0 + (-score).exp()) >= SCORE_MIN).then(|| {
        let at = |number: usize| numbers[number] / EDGE as f32;
        let place = |number: usize| square.place(anchor[0] + at(number), anchor[1] + at(number + 1));
        let (right_eye, left_eye) = (place(4), place(6));
        Crop {
            centre: place(0),
            side: at(2).max(at(3)) * square.side * MARGIN,
            angle: (left_eye[1] - right_eye[1]).atan2(left_eye[0] - right_eye[0]),
        }
    })
}
