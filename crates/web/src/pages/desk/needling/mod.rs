//! Needling plans at the desk: choose, look, keep; and the pens the clinic entered.

pub mod pens;
pub mod plan;
pub mod show;

mod drawing;
mod map;

pub(crate) use drawing::legend;
pub use drawing::{DrawingView, FigureView, PictureView};
pub use map::{MapView, ShapeView, maps};
