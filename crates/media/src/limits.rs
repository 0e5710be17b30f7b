//! How large and how costly a picture may be.

use std::time::Duration;

const MIB: usize = 1 << 20;

/// What a picture may cost. The defaults take every ordinary photograph of a phone up to 24 megapixels and keep a
/// worker below 128 MiB, the file and the answer included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The largest file, in bytes.
    pub bytes: usize,
    /// The most pixels, width times height as stored in the file.
    pub pixels: u64,
    /// The longest side, in pixels.
    pub longest_side: u32,
    /// The shortest side, in pixels. What is smaller is no photograph.
    pub shortest_side: u32,
    /// Memory for decoding, in bytes, above what the process needed before it saw the file.
    pub memory: usize,
    /// From the first byte sent to the worker to its whole answer.
    pub time: Duration,
}

impl Limits {
    /// The largest colour profile, in bytes. Profiles of cameras and phones have one to four thousand.
    pub const PROFILE_BYTES: usize = MIB;

    /// The most scans in a JPEG. Encoders make about ten; each costs another walk over the whole picture.
    pub const JPEG_SCANS: usize = 64;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 20 * MIB,
            pixels: 25_000_000,
            longest_side: 16_384,
            shortest_side: 16,
            memory: 104 * MIB,
            time: Duration::from_millis(2_800),
        }
    }
}
