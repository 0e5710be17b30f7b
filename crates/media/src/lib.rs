//! Pictures from outside: a safe door, copies without side data, and an encrypted shelf for each patient.
//!
//! A file that somebody sends is hostile until shown otherwise. It is recognised by its content, checked from its
//! first byte to its last, decoded under limits, turned upright, brought to sRGB, and only its pixels go on. Cut and
//! damaged files are refused whole: half a photograph of skin is worse than none, because somebody will measure it.
//!
//! [`open`] does this in the calling process and suits files of one's own. A server, and everything that takes files
//! from others, goes through a [`Door`], which starts a [`worker`] process for each: same results, same refusals.
//!
//! Knows nothing about records, HTTP, SQL, or who may see a picture. Time limits are of the monotonic clock.

mod colour;
mod copies;
mod decode;
mod door;
mod durable;
mod exif;
mod format;
mod jpeg;
mod kept;
mod keys;
mod limits;
mod objects;
mod png;
mod raster;
mod refusal;
mod scale;
mod seal;
mod shelf;
mod webp;
mod wire;
pub mod worker;

pub use colour::Colours;
pub use copies::{Copy, Prepared, Size, page_of};
pub use decode::{Facts, Picture, open};
pub use door::{Door, DoorError};
pub use format::{Foreign, Format};
pub use kept::Kept;
pub use keys::{KeyRing, MasterKey, MasterKeyError, Rewrapped};
pub use limits::Limits;
pub use raster::Orientation;
pub use refusal::{Damage, Refusal};
pub use seal::Chance;
pub use shelf::{Place, Shelf, ShelfError, Swept};
pub use wire::Spent;
