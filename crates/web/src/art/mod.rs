//! Drawings made by our own code: dots, charts and maps as SVG markup. Knows no page and no clinic.
//!
//! Every function gives the inside of an `<svg>`; the template writes the element itself with its view box, title
//! and text equivalent. Nothing here carries a style: classes only, because the pages forbid inline style.

pub mod evenness;
pub mod face;
pub mod plots;
pub mod profile;
pub mod skin;
pub mod stipple;
