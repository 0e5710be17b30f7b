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
pub use photograph::{LONG_EDGE_MAX, Photograph, PhotographFault, SHORT_EDGE_MIN};
pub use plane::Plane;
pub use refusal::{Refusal, Which};
pub use register::{Options, Registration, Start, register};
pub use sample::{bicubic, bilinear};
