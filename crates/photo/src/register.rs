//! From two photographs to a map, or a refusal with its reason.

use crate::features;
use crate::flow::field::Field;
use crate::flow::trust::{errors, inverted, way_home};
use crate::flow::{Pass, Prepared, agreement, refine, shared_skin};
use crate::landmarks::{Face, find_face};
use crate::map::Map;
use crate::photograph::{Blocks, Photograph};
use crate::plane::Plane;
use crate::prepare::prepare;
use crate::refusal::{Refusal, Which, check_detail, check_skin, check_tone};
use crate::sample::bilinear;
use crate::scattered::{Match, fit};
use rayon::prelude::*;

/// What registration may assume.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Use this start alone instead of the better one.
    pub only: Option<Start>,
}

/// Where the registration started from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// Landmarks of a face in both photographs.
    Landmarks,
    /// Points of skin matched one by one.
    Features,
}

/// A map that agrees with the photographs.
#[derive(Debug, Clone)]
pub struct Registration {
    /// Baseline to follow-up.
    pub map: Map,
    /// Which start led to it.
    pub start: Start,
    /// Median correlation of locally normalised brightness over the skin, at half size, -1 to 1. Pictures of
    /// different people were found at 0.1 to 0.3, of one person on one day at 0.6 to 0.95.
    pub agreement: f32,
    /// Landmarks of the face in the baseline and in the follow-up, if both show one.
    pub faces: Option<[Face; 2]>,
}

/// From the start to the level on which starts are compared.
const COARSE: [Pass; 2] = [
    Pass { level: 3, steps: 10, reach: 4.0, rounds: 60, floor: 0.5, gated: false },
    Pass { level: 2, steps: 8, reach: 5.0, rounds: 60, floor: 0.5, gated: true },
];
/// On to full size.
const FINE: [Pass; 2] = [
    Pass { level: 1, steps: 4, reach: 8.0, rounds: 40, floor: 0.3, gated: true },
    Pass { level: 0, steps: 3, reach: 10.0, rounds: 30, floor: 0.2, gated: true },
];
/// The way back, from the inverse of what the coarse levels found.
const BACK: [Pass; 3] = [
    Pass { level: 2, steps: 3, reach: 5.0, rounds: 40, floor: 0.5, gated: true },
    Pass { level: 1, steps: 3, reach: 8.0, rounds: 30, floor: 0.3, gated: true },
    Pass { level: 0, steps: 2, reach: 10.0, rounds: 20, floor: 0.2, gated: true },
];
/// Level on which starts are compared, and the one whose agreement decides.
const COMPARED: usize = 2;
const DECIDING: usize = 1;
/// Correlation on the coarse levels from which a start is so good that the other is not tried.
const SURE: f32 = 0.6;
/// Correlation below which there is no map, and the miss of the way home, px, above which there is none either.
const AGREEMENT_MIN: f32 = 0.42;
const MISS_MAX: f32 = 1.5;

/// A photograph with its blocks and what face there is.
struct Looked<'a> {
    photograph: &'a Photograph,
    blocks: Blocks,
    face: Option<Face>,
}

impl<'a> Looked<'a> {
    fn at(photograph: &'a Photograph, which: Which) -> Result<Self, Refusal> {
        let blocks = Blocks::of(photograph);
        check_tone(&blocks, which)?;
        let face = find_face(photograph, &blocks);
        Ok(Self { photograph, blocks, face })
    }

    fn prepared(&self, start: Start) -> Prepared {
        let face = self.face.as_ref().filter(|_| start == Start::Landmarks);
        prepare(self.photograph, &self.blocks, face)
    }
}

/// A start refined on the coarse levels.
struct Candidate {
    base: Prepared,
    follow: Prepared,
    field: Field,
    start: Start,
    agreement: f32,
}

impl Candidate {
    /// What a start leads to; `None` if there is no such start, and a refusal if a photograph has no skin or detail.
    fn of(base: &Looked<'_>, follow: &Looked<'_>, start: Start) -> Result<Option<Self>, Refusal> {
        if start == Start::Landmarks && (base.face.is_none() || follow.face.is_none()) {
            return Ok(None);
        }
        let ready = |looked: &Looked<'_>, which| {
            let prepared = looked.prepared(start);
            check_skin(&prepared.skin[COMPARED], which)?;
            check_detail(looked.photograph, &prepared.skin[0], which)?;
            Ok(prepared)
        };
        let (one, other) = rayon::join(|| ready(base, Which::Base), || ready(follow, Which::Follow));
        let (one, other) = (one?, other?);
        let matches = match (start, &base.face, &follow.face) {
            (Start::Landmarks, Some(base), Some(follow)) => {
                let both = base.points.iter().zip(&follow.points);
                Some(both.map(|(&base, &follow)| Match { base, follow }).collect())
            }
            _ => features::matches(&one, &other),
        };
        // Landmarks err together, a wrong match errs alone.
        let width = if start == Start::Landmarks { 8.0 } else { 4.0 };
        let Some(field) = matches.and_then(|matches| fit(&matches, one.size(), 64.0, width)) else {
            return Ok(None);
        };
        let field = refine(&one, &other, &field, &COARSE);
        let agreement = agreement_of(&one, &other, &field, COMPARED);
        Ok(Some(Self { base: one, follow: other, field, start, agreement }))
    }
}

/// Median correlation over the skin that both photographs show.
fn agreement_of(base: &Prepared, follow: &Prepared, field: &Field, level: usize) -> f32 {
    median(agreement(base, follow, field, level).into_iter().flatten().collect())
}

/// Finds where each pixel of `base` lies in `follow`.
///
/// # Errors
///
/// A [`Refusal`] if the photographs cannot be compared; never a map that does not agree with them.
pub fn register(base: &Photograph, follow: &Photograph, options: &Options) -> Result<Registration, Refusal> {
    let (base, follow) = rayon::join(|| Looked::at(base, Which::Base), || Looked::at(follow, Which::Follow));
    let (base, follow) = (base?, follow?);
    let allowed = |start| options.only.is_none_or(|only| only == start);
    let mut best =
        if allowed(Start::Landmarks) { Candidate::of(&base, &follow, Start::Landmarks)? } else { None };
    let sure = best.as_ref().is_some_and(|best| best.agreement >= SURE);
    if allowed(Start::Features) && !sure {
        let other = match Candidate::of(&base, &follow, Start::Features) {
            // Without the face's outline there may be no skin to be seen; that does not undo the other start.
            Err(refusal) if best.is_none() => return Err(refusal),
            other => other.ok().flatten(),
        };
        if let Some(other) = other
            && best.as_ref().is_none_or(|best| other.agreement > best.agreement)
        {
            best = Some(other);
        }
    }
    let Candidate { base: one, follow: other, field: coarse, start, .. } =
        best.ok_or(Refusal::NoAgreement { agreement: 0.0 })?;
    let back = || refine(&other, &one, &inverted(&coarse, other.size(), coarse.step), &BACK);
    let (field, back) = rayon::join(|| refine(&one, &other, &coarse, &FINE), back);
    let agreement = agreement_of(&one, &other, &field, DECIDING);
    let home = way_home(&field, &back);
    let skin = shared_skin(&one, &other, &field);
    let seen = home.iter().zip(&skin).filter(|(_, skin)| **skin > 0.5).map(|(home, _)| *home).collect();
    // No skin in both photographs is no agreement, whatever the medians of nothing say.
    if agreement < AGREEMENT_MIN || median(seen) > MISS_MAX {
        return Err(Refusal::NoAgreement { agreement });
    }
    let error = errors(&field, &home, &skin, agreement);
    let faces = base.face.zip(follow.face).map(|(base, follow)| [base, follow]);
    Ok(Registration { map: dense(&one, &other, &field, error), start, agreement, faces })
}

/// The middle value; 0 of none.
pub(crate) fn median(mut values: Vec<f32>) -> f32 {
    if values.is_empty() {
        return 0.0;
    }
    let middle = values.len() / 2;
    *values.select_nth_unstable_by(middle, f32::total_cmp).1
}

/// The field at every pixel.
fn dense(base: &Prepared, follow: &Prepared, field: &Field, error: Vec<f32>) -> Map {
    let (width, height) = base.size();
    let (follow_width, follow_height) = follow.size();
    let mut x = field.spread(&field.x, width, height);
    let mut y = field.spread(&field.y, width, height);
    x.data
        .par_chunks_mut(width)
        .for_each(|row| row.iter_mut().enumerate().for_each(|(at, x)| *x += at as f32));
    y.data
        .par_chunks_mut(width)
        .enumerate()
        .for_each(|(at, row)| row.iter_mut().for_each(|y| *y += at as f32));
    let mut error = field.spread(&error, width, height);
    error.data.iter_mut().for_each(|error| *error = error.max(0.0));
    let small = &follow.skin[COMPARED];
    let over = 1.0 / (1 << COMPARED) as f32;
    let skin = Plane::from_fn(width, height, |column, row| {
        let (x, y) = (x.at(column, row), y.at(column, row));
        let inside =
            x >= 0.0 && y >= 0.0 && x <= (follow_width - 1) as f32 && y <= (follow_height - 1) as f32;
        let own = base.skin[0].at(column, row);
        if inside && own > 0.0 {
            own * bilinear(small, (x + 0.5) * over - 0.5, (y + 0.5) * over - 0.5)
        } else {
            0.0
        }
    });
    Map { x, y, error, skin }
}
