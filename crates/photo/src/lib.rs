//! Follow-up photographs: register to the baseline, normalise colour, measure change.
//!
//! Pure: pixels come in as [`Photograph`]s, results go out as values; no file is opened or decoded here, and the same
//! input gives the same output on any number of threads. Knows nothing of patients, visits or the web.
//!
//! # Units and frame
//!
//! Pixels; x to the right, y down, and **an integer coordinate is the centre of a pixel**, so a picture of width w
//! reaches from -0.5 to w - 0.5. "Baseline" (`base`) is the earlier photograph, "follow-up" (`follow`) the later one.
//! A [`Map`] says for each pixel of the baseline where the same place of skin lies in the follow-up.
//!
//! # Registration
//!
//! [`register`] looks for the map W of the baseline to the follow-up in three steps.
//!
//! **A start.** Where both photographs show a face, a detector and a model of 468 [`landmarks`] find it in both. Where
//! not, or where that agrees badly, corners of skin are matched one by one. A smooth field goes through the pairs, with
//! weights `1 / (1 + miss² / width²)` so that wrong ones lose. Skin is what has the colour of the middle of this face, or
//! the commonest of the colours that skin can have.
//!
//! **The field.** Displacements u lie at the nodes of a grid of 8 by 8 pixels, linear in between. With the baseline B and
//! the follow-up F as locally normalised brightness (less the local mean, over the local standard deviation) they
//! minimise
//!
//! ```text
//! Σ w(x) ρ(B(x) - F(x + u(x))) / (σ²(x) + floor)  +  λ Σ (u_xx² + 2 u_xy² + u_yy²)  +  small · Σ |u - start|²
//! ```
//!
//! w being skin in both photographs, ρ Cauchy's function, σ² the residual variance around a cell, and λ such that a cell
//! of usual contrast is smoothed over a few cells and one without is carried by its neighbours. Gauss-Newton steps from
//! an eighth of the size to full size, each solved by conjugate gradients. The last term holds only where there is no
//! skin. The window of the normalisation shrinks to 3 px at full size: shading changes with the light, pores do not.
//!
//! **Trust.** A second field leads from the follow-up back. How far a pixel comes home from itself, with a floor of 0.09
//! px, gives the [`Map::error`]. The median correlation over the skin and the median miss decide whether there is a map
//! at all ([`Refusal`]).
//!
//! Limits: without a face, turns up to 12 degrees and sizes from 0.85 to 1.15 are promised (drawn skin was found at 40
//! degrees and refused at sizes of 0.72 and 1.35); both photographs with details of a few pixels; brightness only, so
//! colour may change as it likes.

mod colour;
mod features;
mod filter;
mod flow;
pub mod landmarks;
mod map;
pub mod measure;
mod photograph;
mod plane;
mod prepare;
mod pyramid;
mod refusal;
mod register;
mod sample;
mod scattered;
mod skin;

pub use colour::{Card, Correction, find_card};
pub use filter::{gaussian, local_normalise};
pub use map::Map;
pub use photograph::{LONG_EDGE_MAX, PIXELS_MAX, Photograph, PhotographFault, SHORT_EDGE_MIN};
pub use plane::Plane;
pub use refusal::{Refusal, Which};
pub use register::{Options, Registration, Start, register};
pub use sample::{bicubic, bilinear};
