//! Pixels as decoded, and how to read them upright, row by row, without a second copy of the picture.

/// Which way is up, as EXIF numbers it: how the stored picture has to be turned to be seen right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Orientation {
    /// 1: as stored.
    #[default]
    Upright,
    /// 2: left and right swapped.
    Mirrored,
    /// 3: by half a turn.
    HalfTurn,
    /// 4: top and bottom swapped.
    Flipped,
    /// 5: rows become columns.
    Transposed,
    /// 6: by a quarter turn to the right.
    TurnRight,
    /// 7: rows become columns, from the other corner.
    Transversed,
    /// 8: by a quarter turn to the left.
    TurnLeft,
}

impl Orientation {
    const ALL: [Self; 8] = [
        Self::Upright,
        Self::Mirrored,
        Self::HalfTurn,
        Self::Flipped,
        Self::Transposed,
        Self::TurnRight,
        Self::Transversed,
        Self::TurnLeft,
    ];

    /// The orientation with this EXIF number, 1 to 8.
    pub fn from_exif(number: u16) -> Option<Self> {
        Self::ALL.get(usize::from(number).checked_sub(1)?).copied()
    }

    /// The number EXIF has for it, 1 to 8.
    pub fn exif(self) -> u16 {
        1 + self as u16
    }

    /// Whether width and height change places.
    pub fn swaps_sides(self) -> bool {
        self.exif() >= 5
    }
}

/// Decoded pixels as stored: 8 bits each of red, green and blue, rows from top to bottom without gaps.
#[derive(Debug)]
pub(crate) struct Raster {
    pub(crate) width: usize,
    pub(crate) height: usize,
    /// `3 * width * height` bytes.
    pub(crate) rgb: Vec<u8>,
    pub(crate) orientation: Orientation,
}

impl Raster {
    /// Width and height once turned upright.
    pub(crate) fn upright_size(&self) -> (usize, usize) {
        match self.orientation.swaps_sides() {
            true => (self.height, self.width),
            false => (self.width, self.height),
        }
    }

    /// Writes row `y` of the upright picture into `row`, which is three times the upright width long.
    pub(crate) fn read_row(&self, y: usize, row: &mut [u8]) {
        let (width, height) = (self.width, self.height);
        // Where the row starts in the stored picture, and how far apart its pixels lie there.
        let (last_x, last_y, line) = (width - 1, height - 1, width as isize);
        let (start, step) = match self.orientation {
            Orientation::Upright => (y * width, 1),
            Orientation::Mirrored => (y * width + last_x, -1),
            Orientation::HalfTurn => ((last_y - y) * width + last_x, -1),
            Orientation::Flipped => ((last_y - y) * width, 1),
            Orientation::Transposed => (y, line),
            Orientation::TurnRight => (last_y * width + y, -line),
            Orientation::Transversed => (last_y * width + last_x - y, -line),
            Orientation::TurnLeft => (last_x - y, line),
        };
        if step == 1 {
            row.copy_from_slice(&self.rgb[3 * start..][..row.len()]);
            return;
        }
        let mut at = start as isize;
        for pixel in row.chunks_exact_mut(3) {
            pixel.copy_from_slice(&self.rgb[3 * at as usize..][..3]);
            at += step;
        }
    }

    /// The whole upright picture, in place where the turn allows it.
    pub(crate) fn into_upright(mut self) -> Vec<u8> {
        match self.orientation {
            Orientation::Upright => return self.rgb,
            Orientation::HalfTurn => {
                // Reversed bytes are reversed pixels with red and blue swapped.
                self.rgb.reverse();
                self.rgb.chunks_exact_mut(3).for_each(|pixel| pixel.swap(0, 2));
                return self.rgb;
            }
            _ => {}
        }
        let (width, height) = self.upright_size();
        let mut upright = vec![0; self.rgb.len()];
        for (y, row) in upright.chunks_exact_mut(3 * width).enumerate().take(height) {
            self.read_row(y, row);
        }
        upright
    }
}
