//! Colour: brings the follow-up's colours to those of the baseline.
//!
//! With v an encoded value from 0 to 1, lin the sRGB decoding, (x, y) a place in the follow-up from -1 to 1 along each
//! edge, and (u, v) that of the card:
//!
//! ```text
//! light   = M lin(v + v (1 - v) (a + b (2 v - 1)))                      curve and matrix
//! fall    = k + c1 x + c2 y + c3 x^2 + c4 x y + c5 y^2                  level and fall of the light, log
//! tint_R  = t_R + d_Rx (x - u) + d_Ry (y - v), tint_B alike, tint_G = 0  log
//! colour  = light * exp(fall + tint)
//! ```
//!
//! With a card in both pictures a, b and M (3x3) are fitted to its patches (`tone`, `chart`): to their published values
//! where the baseline shows those, else to what the baseline shows. Then t is held within the card's reading error, the
//! fall and the fall of the tint are fitted on skin, and an overall change of a* and b* is fitted beside them and left
//! in the result (`field`). Without a card a, b, a saturation in the place of M, and t are fitted on skin too.
//!
//! Skin is taken in cells of about 1/170 of the longest edge (`cells`). Cells are weighted by Tukey's biweight, and in
//! later rounds regions whose mean residual of a* or b* stands out are left out: they are what may have changed.
//!
//! Limits: one light with a smooth fall. Two lamps with a hard edge between them on the skin, mixed daylight from the
//! side, or a picture filter that works locally are not undone; they show as wide error bars.

pub(crate) mod card;
pub(crate) mod cells;
pub(crate) mod chart;
pub(crate) mod cholesky;
pub(crate) mod field;
pub(crate) mod grid;
pub(crate) mod lab;
mod render;
pub(crate) mod tone;

pub use card::{Card, find_card};
pub use field::Correction;
