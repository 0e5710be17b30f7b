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
        let (width, _) = self.upright_size();
        let mut rows = Rows::new(&self);
        let mut upright = vec![0; self.rgb.len()];
        for (y, row) in upright.chunks_exact_mut(3 * width).enumerate() {
            row.copy_from_slice(rows.row(y));
        }
        upright
    }
}

/// How many rows of a turned picture are read together. They are neighbours in memory where rows are not.
const BAND: usize = 16;

/// The upright picture as rows.
pub(crate) struct Rows<'a> {
    raster: &'a Raster,
    width: usize,
    height: usize,
    band: Vec<u8>,
    first: Option<usize>,
}

impl<'a> Rows<'a> {
    pub(crate) fn new(raster: &'a Raster) -> Self {
        let (width, height) = raster.upright_size();
        Self { raster, width, height, band: Vec::new(), first: None }
    }

    /// Width and height of the upright picture.
    pub(crate) fn size(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    /// Row `y`, three bytes a pixel.
    pub(crate) fn row(&mut self, y: usize) -> &[u8] {
        let line = 3 * self.width;
        let stored = match self.raster.orientation {
            Orientation::Upright => y,
            Orientation::Flipped => self.height - 1 - y,
            _ => {
                let first = y - y % BAND;
                if self.first != Some(first) {
                    self.fill(first);
                }
                return &self.band[(y - first) * line..][..line];
            }
        };
        &self.raster.rgb[stored * line..][..line]
    }

    fn fill(&mut self, first: usize) {
        let rows = BAND.min(self.height - first);
        let line = 3 * self.width;
        self.band.resize(BAND * line, 0);
        let (start, along, down) = self.steps();
        for x in 0..self.width {
            let mut from = start + along * x as isize + down * first as isize;
            for row in 0..rows {
                let pixel = &self.raster.rgb[3 * from as usize..][..3];
                self.band[row * line + 3 * x..][..3].copy_from_slice(pixel);
                from += down;
            }
        }
        self.first = Some(first);
    }

    /// Where the first upright pixel is stored, and how far from each other neighbours along a row and down a column
    /// are, in pixels.
    fn steps(&self) -> (isize, isize, isize) {
        let line = self.raster.width as isize;
        let (last_x, last_y) = (line - 1, (self.raster.height as isize - 1) * line);
        match self.raster.orientation {
            Orientation::Upright => (0, 1, line),
            Orientation::Mirrored => (last_x, -1, line),
            Orientation::HalfTurn => (last_y + last_x, -1, -line),
            Orientation::Flipped => (last_y, 1, -line),
            Orientation::Transposed => (0, line, 1),
            Orientation::TurnRight => (last_y, -line, 1),
            Orientation::Transversed => (last_y + last_x, -line, -1),
            Orientation::TurnLeft => (last_x, line, -1),
        }
    }
}
