//! Registration on drawn skin, where the truth is known.

mod drawn;
mod faces;
mod refused;
mod registered;
