//! Reads through the entropy-coded data of a JPEG without making pixels: is every block there, and nothing else?
//!
//! JPEG has no checksum. But a code that loses its place soon meets something impossible, or runs out of data, or has
//! some left; and a file of which a part was cut out, or in which bytes were changed, loses its place almost surely.
//! A changed bit that only makes one block lighter cannot be told from a photograph.

use crate::Refusal;

use super::{
    Frame, PIXELS, STRUCTURE,
    huffman::{Bits, Table},
};

/// Checks the file that the walk has cleaned.
pub(super) fn check(clean: &[u8], frame: &Frame) -> Result<(), Refusal> {
    let mut reader = Reader::new(frame);
    let mut at = 2;
    loop {
        let marker = clean[at + 1];
        if marker == 0xd9 {
            return reader.check_complete();
        }
        let length = usize::from(u16::from_be_bytes([clean[at + 2], clean[at + 3]]));
        let content = &clean[at + 4..at + 2 + length];
        at += 2 + length;
        match marker {
            0xc4 => reader.learn_tables(content)?,
            0xdd => {
                reader.interval = usize::from(u16::from_be_bytes(content.try_into().map_err(|_| STRUCTURE)?))
            }
            0xda => at = reader.read_scan(&Scan::parse(content, frame)?, clean, at)?,
            _ => {}
        }
    }
}

/// A component's blocks and how far its coefficients are known.
struct Blocks {
    across: usize,
    down: usize,
    /// Blocks side by side and one above the other when the component has a scan of its own.
    alone: (usize, usize),
    /// Blocks side by side as stored, with those that only fill the last unit.
    stride: usize,
    /// For each block of a progressive file, which coefficients are not zero: bit n is number n in zigzag order.
    known: Vec<u64>,
    /// For each coefficient, the lowest bit that a scan has given so far.
    lowest: [Option<u8>; 64],
}

/// The header of a scan.
struct Scan {
    /// Of each component: its place in the frame, and its tables for DC and AC.
    components: Vec<(usize, usize, usize)>,
    first: usize,
    last: usize,
    high: u8,
    low: u8,
}

impl Scan {
    fn parse(content: &[u8], frame: &Frame) -> Result<Self, Refusal> {
        let (count, rest) = content.split_first().ok_or(STRUCTURE)?;
        let count = usize::from(*count);
        if rest.len() != 2 * count + 3 || !(1..=frame.components.len()).contains(&count) {
            return Err(STRUCTURE);
        }
        let mut components = Vec::with_capacity(count);
        for one in rest[..2 * count].chunks_exact(2) {
            let place =
                frame.components.iter().position(|component| component.id == one[0]).ok_or(STRUCTURE)?;
            let (dc, ac) = (usize::from(one[1] >> 4), usize::from(one[1] & 15));
            if dc > 3 || ac > 3 || components.iter().any(|(other, _, _)| *other == place) {
                return Err(STRUCTURE);
            }
            components.push((place, dc, ac));
        }
        let [first, last, bits] = rest[2 * count..] else { return Err(STRUCTURE) };
        let (first, last) = (usize::from(first), usize::from(last));
        let scan = Self { components, first, last, high: bits >> 4, low: bits & 15 };
        let fine = match frame.progressive {
            false => (scan.first, scan.last, scan.high, scan.low) == (0, 63, 0, 0),
            true if first == 0 => last == 0,
            true => first <= last && last <= 63 && count == 1,
        };
        let next = scan.high == 0 || scan.high == scan.low + 1;
        if fine && next && scan.low <= 13 { Ok(scan) } else { Err(STRUCTURE) }
    }
}

struct Reader {
    progressive: bool,
    blocks: Vec<Blocks>,
    /// Units of an interleaved scan, across and down.
    units: (usize, usize),
    dc: [Option<Table>; 4],
    ac: [Option<Table>; 4],
    /// Units between restarts; zero for none.
    interval: usize,
}

impl Reader {
    fn new(frame: &Frame) -> Self {
        let across = frame.components.iter().map(|one| one.across).max().unwrap_or(1);
        let down = frame.components.iter().map(|one| one.down).max().unwrap_or(1);
        let units = (frame.width.div_ceil(8 * across), frame.height.div_ceil(8 * down));
        let of = |one: &super::Component| {
            let stride = units.0 * one.across;
            let known = if frame.progressive { stride * units.1 * one.down } else { 0 };
            Blocks {
                across: one.across,
                down: one.down,
                alone: (
                    (frame.width * one.across).div_ceil(across).div_ceil(8),
                    (frame.height * one.down).div_ceil(down).div_ceil(8),
                ),
                stride,
                known: vec![0; known],
                lowest: [None; 64],
            }
        };
        let blocks = frame.components.iter().map(of).collect();
        Self {
            progressive: frame.progressive,
            blocks,
            units,
            dc: [const { None }; 4],
            ac: [const { None }; 4],
            interval: 0,
        }
    }

    fn learn_tables(&mut self, mut content: &[u8]) -> Result<(), Refusal> {
        while !content.is_empty() {
            let (head, table, length) = Table::parse(content)?;
            let tables = if head >> 4 == 0 { &mut self.dc } else { &mut self.ac };
            tables[usize::from(head & 3)] = Some(table);
            content = &content[length..];
        }
        Ok(())
    }

    /// Whether the scans together gave every coefficient of every component to its last bit.
    fn check_complete(&self) -> Result<(), Refusal> {
        let complete = |blocks: &Blocks| blocks.lowest.iter().all(|lowest| *lowest == Some(0));
        if self.blocks.iter().all(complete) { Ok(()) } else { Err(PIXELS) }
    }

    /// Notes what the scan gives, and refuses one that gives something twice or in the wrong order.
    fn note(&mut self, scan: &Scan) -> Result<(), Refusal> {
        for (place, _, _) in &scan.components {
            for lowest in &mut self.blocks[*place].lowest[scan.first..=scan.last] {
                let follows = match lowest {
                    None => scan.high == 0,
                    Some(low) => scan.high == *low && scan.high > 0,
                };
                if !follows {
                    return Err(STRUCTURE);
                }
                *lowest = Some(scan.low);
            }
        }
        Ok(())
    }

    /// Reads the data of a scan that begin at `at`; the answer is where the next marker stands.
    fn read_scan(&mut self, scan: &Scan, clean: &[u8], at: usize) -> Result<usize, Refusal> {
        self.note(scan)?;
        let single = scan.components.len() == 1;
        let (across, down) = match single {
            true => self.blocks[scan.components[0].0].alone,
            false => self.units,
        };
        let mut bits = Bits::new(clean, at);
        let (mut left, mut restarts, mut run) = (self.interval, 0_u8, 0_u32);
        for y in 0..down {
            for x in 0..across {
                if self.interval > 0 && left == 0 {
                    let marker = bits.end()?;
                    if run > 0 || clean[marker + 1] != 0xd0 + restarts % 8 {
                        return Err(PIXELS);
                    }
                    bits = Bits::new(clean, marker + 2);
                    (left, restarts) = (self.interval, restarts.wrapping_add(1));
                }
                left = left.wrapping_sub(1);
                for component in &scan.components {
                    let (inner_across, inner_down) = match single {
                        true => (1, 1),
                        false => (self.blocks[component.0].across, self.blocks[component.0].down),
                    };
                    for inner_y in 0..inner_down {
                        for inner_x in 0..inner_across {
                            let block = (y * inner_down + inner_y) * self.blocks[component.0].stride
                                + x * inner_across
                                + inner_x;
                            self.read_block(scan, *component, block, &mut bits, &mut run)?;
                        }
                    }
                }
            }
        }
        // A run of empty blocks must not lead beyond the last one.
        if run > 0 { Err(PIXELS) } else { bits.end() }
    }

    #[inline]
    fn read_block(
        &mut self,
        scan: &Scan,
        (place, dc, ac): (usize, usize, usize),
        block: usize,
        bits: &mut Bits<'_>,
        run: &mut u32,
    ) -> Result<(), Refusal> {
        if scan.first == 0 {
            match scan.high {
                0 => read_dc(self.dc[dc].as_ref().ok_or(STRUCTURE)?, bits)?,
                _ => {
                    bits.take(1)?;
                }
            }
        }
        if scan.last == 0 {
            return Ok(());
        }
        let table = self.ac[ac].as_ref().ok_or(STRUCTURE)?;
        match (self.progressive, scan.high) {
            (false, _) => read_ac(table, bits),
            (true, 0) => read_ac_first(table, scan, bits, &mut self.blocks[place].known[block], run),
            (true, _) => read_ac_again(table, scan, bits, &mut self.blocks[place].known[block], run),
        }
    }
}

fn read_dc(table: &Table, bits: &mut Bits<'_>) -> Result<(), Refusal> {
    let size = bits.symbol(table)?;
    if size > 11 {
        return Err(PIXELS);
    }
    bits.take(size.into()).map(|_| ())
}

/// The other 63 coefficients of a block in a sequential file.
fn read_ac(table: &Table, bits: &mut Bits<'_>) -> Result<(), Refusal> {
    let mut at = 1;
    while at <= 63 {
        let symbol = bits.symbol(table)?;
        let (zeros, size) = (usize::from(symbol >> 4), u32::from(symbol & 15));
        match (zeros, size) {
            (15, 0) => at += 16,
            (0, 0) => return Ok(()),
            (_, 0 | 11..) => return Err(PIXELS),
            _ => {
                at += zeros + 1;
                bits.take(size)?;
            }
        }
    }
    // The last coefficient has number 63, so the one after it would be 64.
    if at == 64 { Ok(()) } else { Err(PIXELS) }
}

/// A band of coefficients for the first time (annex G.1.2.2).
fn read_ac_first(
    table: &Table,
    scan: &Scan,
    bits: &mut Bits<'_>,
    known: &mut u64,
    run: &mut u32,
) -> Result<(), Refusal> {
    if *run > 0 {
        *run -= 1;
        return Ok(());
    }
    let mut at = scan.first;
    while at <= scan.last {
        let symbol = bits.symbol(table)?;
        let (zeros, size) = (usize::from(symbol >> 4), u32::from(symbol & 15));
        match (zeros, size) {
            (15, 0) => at += 16,
            (_, 0) => {
                *run = (1 << zeros) - 1 + bits.take(zeros as u32)?;
                return Ok(());
            }
            (_, 11..) => return Err(PIXELS),
            _ => {
                at += zeros;
                if at > scan.last {
                    return Err(PIXELS);
                }
                bits.take(size)?;
                *known |= 1 << at;
                at += 1;
            }
        }
    }
    if at == scan.last + 1 { Ok(()) } else { Err(PIXELS) }
}

/// One more bit for a band of coefficients (annex G.1.2.3): those that are known get a bit each, new ones appear.
fn read_ac_again(
    table: &Table,
    scan: &Scan,
    bits: &mut Bits<'_>,
    known: &mut u64,
    run: &mut u32,
) -> Result<(), Refusal> {
    let mut at = scan.first;
    while *run == 0 && at <= scan.last {
        let symbol = bits.symbol(table)?;
        let (mut zeros, size) = (u32::from(symbol >> 4), symbol & 15);
        match (zeros, size) {
            (15, 0) => {}
            (_, 0) => {
                *run = (1 << zeros) + bits.take(zeros)?;
                break;
            }
            (_, 1) => {
                bits.take(1)?;
            }
            _ => return Err(PIXELS),
        }
        // Over the known ones, which get their bit, and over as many unknown ones as the symbol says.
        while at <= scan.last {
            if *known >> at & 1 == 1 {
                bits.take(1)?;
            } else if zeros == 0 {
                break;
            } else {
                zeros -= 1;
            }
            at += 1;
        }
        if size == 1 {
            if at > scan.last {
                return Err(PIXELS);
            }
            *known |= 1 << at;
        }
        at += 1;
    }
    if *run > 0 {
        for rest in at..=scan.last {
            bits.take((*known >> rest & 1) as u32)?;
        }
        *run -= 1;
    }
    Ok(())
}
