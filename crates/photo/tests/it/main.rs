//! Registration and measures on drawn skin, where the truth is known.

mod drawn;
mod faces;
mod measured;
mod painted;
mod refused;
mod registered;
