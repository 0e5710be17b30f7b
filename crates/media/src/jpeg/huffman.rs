//! The bits of a scan and the codes in them (ITU-T T.81, annexes C and F).

use crate::Refusal;

use super::{PIXELS, STRUCTURE};

/// How many bits of a code are looked up at once.
const FAST: u32 = 9;

/// A code table.
pub(super) struct Table {
    /// For the next nine bits: length of the code and its symbol; a length of zero sends to the slow way.
    fast: Box<[(u8, u8); 1 << FAST]>,
    /// For each length, the codes of that length are below this number, shifted to sixteen bits.
    below: [u32; 17],
    /// For each length, what to add to a code to get its place among the symbols.
    offset: [i32; 17],
    symbols: Vec<u8>,
}

impl Table {
    /// Reads one table at the start of `content`; gives it with its class and number, and how long it was.
    pub(super) fn parse(content: &[u8]) -> Result<(u8, Self, usize), Refusal> {
        let (head, rest) = content.split_first().ok_or(STRUCTURE)?;
        let counts = rest.get(..16).ok_or(STRUCTURE)?;
        let total: usize = counts.iter().map(|count| usize::from(*count)).sum();
        let symbols = rest.get(16..16 + total).ok_or(STRUCTURE)?.to_vec();
        if total == 0 || total > 256 || head & 0x0f > 3 || head >> 4 > 1 {
            return Err(STRUCTURE);
        }
        let mut table =
            Self { fast: Box::new([(0, 0); 1 << FAST]), below: [0; 17], offset: [0; 17], symbols };
        let (mut code, mut place) = (0_u32, 0_i32);
        for length in 1..=16_u32 {
            let count = u32::from(counts[length as usize - 1]);
            table.offset[length as usize] = place - code as i32;
            for nth in 0..count {
                if length <= FAST {
                    let first = ((code + nth) << (FAST - length)) as usize;
                    let symbol = table.symbols[place as usize + nth as usize];
                    let places = table.fast.get_mut(first..first + (1 << (FAST - length)));
                    places.ok_or(STRUCTURE)?.fill((length as u8, symbol));
                }
            }
            code += count;
            place += count as i32;
            // More codes than there is room for contradict each other.
            if code > 1 << length {
                return Err(STRUCTURE);
            }
            table.below[length as usize] = code << (16 - length);
            code <<= 1;
        }
        Ok((*head, table, 17 + total))
    }
}

/// The bits of entropy-coded data, up to the next marker.
pub(super) struct Bits<'a> {
    data: &'a [u8],
    at: usize,
    /// The next bits, the first of them the highest.
    window: u64,
    /// How many bits of the window are real.
    filled: u32,
}

impl<'a> Bits<'a> {
    pub(super) fn new(data: &'a [u8], at: usize) -> Self {
        Self { data, at, window: 0, filled: 0 }
    }

    /// Fills the window to at least 48 bits, or with all there are.
    fn fill(&mut self) {
        while self.filled <= 56 {
            let Some(byte) = self.data.get(self.at) else { return };
            if *byte == 0xff {
                if self.data.get(self.at + 1) != Some(&0) {
                    return;
                }
                self.at += 1;
            }
            self.at += 1;
            self.window |= u64::from(*byte) << (56 - self.filled);
            self.filled += 8;
        }
    }

    /// Takes `count` bits, at most sixteen.
    #[inline]
    pub(super) fn take(&mut self, count: u32) -> Result<u32, Refusal> {
        if count == 0 {
            return Ok(0);
        }
        if self.filled < count {
            self.fill();
            if self.filled < count {
                return Err(PIXELS);
            }
        }
        let bits = (self.window >> (64 - count)) as u32;
        self.window <<= count;
        self.filled -= count;
        Ok(bits)
    }

    /// Takes one code and gives its symbol.
    #[inline]
    pub(super) fn symbol(&mut self, table: &Table) -> Result<u8, Refusal> {
        if self.filled < 16 {
            self.fill();
        }
        let next = (self.window >> 48) as u32;
        let (length, symbol) = table.fast[(next >> (16 - FAST)) as usize];
        if length > 0 {
            self.take(length.into())?;
            return Ok(symbol);
        }
        let length = (1..=16).find(|length| next < table.below[*length as usize]).ok_or(PIXELS)?;
        let code = self.take(length)?;
        let place = code as i32 + table.offset[length as usize];
        table.symbols.get(place as usize).copied().ok_or(PIXELS)
    }

    /// Ends a stretch of data: less than a byte may be left, and the answer is where the marker stands.
    pub(super) fn end(&mut self) -> Result<usize, Refusal> {
        self.fill();
        if self.filled >= 8 || self.data.get(self.at) != Some(&0xff) {
            return Err(PIXELS);
        }
        Ok(self.at)
    }
}
