//! What the door and its worker say to each other over two pipes: a request with its limits, then the file; back comes
//! a refusal or an answer.
//!
//! Numbers are little-endian. Both ends are the same program, so a first byte that differs is a fault, not another
//! version. The door trusts no length in an answer: whoever took over a worker through a picture would write it.

use std::io::{self, Read, Write};

use crate::{
    Colours, Copy, Damage, Facts, Foreign, Format, Limits, Orientation, Picture, Prepared, Refusal, Size,
};

const MARK: u8 = 0xd7;

/// What the worker is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Task {
    /// Upright pixels, made smaller if there are more than this.
    Pixels {
        /// The most pixels in the answer.
        most: u64,
    },
    /// The copies that are shown.
    Copies,
}

/// What decoding cost the worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spent {
    /// The most memory the process held above what it held before it saw the file, in bytes.
    pub memory: u64,
    /// Processor time in all, in microseconds.
    pub cpu_us: u64,
}

pub(crate) fn write_request(to: &mut impl Write, task: Task, limits: &Limits, file: &[u8]) -> io::Result<()> {
    let (kind, most) = match task {
        Task::Pixels { most } => (0, most),
        Task::Copies => (1, 0),
    };
    to.write_all(&[MARK, kind])?;
    let numbers = [
        most,
        limits.bytes as u64,
        limits.pixels,
        limits.longest_side.into(),
        limits.shortest_side.into(),
        limits.memory as u64,
        limits.time.as_millis() as u64,
        file.len() as u64,
    ];
    for number in numbers {
        to.write_all(&number.to_le_bytes())?;
    }
    to.write_all(file)?;
    to.flush()
}

/// The request without the file, of which the length is given.
pub(crate) fn read_request(from: &mut impl Read) -> io::Result<(Task, Limits, usize)> {
    let [mark, kind] = read_array(from)?;
    let mut number = || read_array(from).map(u64::from_le_bytes);
    let most = number()?;
    let limits = Limits {
        bytes: number()? as usize,
        pixels: number()?,
        longest_side: number()? as u32,
        shortest_side: number()? as u32,
        memory: number()? as usize,
        time: std::time::Duration::from_millis(number()?),
    };
    let length = number()? as usize;
    match (mark, kind) {
        (MARK, 0) => Ok((Task::Pixels { most }, limits, length)),
        (MARK, 1) => Ok((Task::Copies, limits, length)),
        _ => Err(garbled()),
    }
}

/// What a worker found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    Pixels(Picture),
    Copies(Prepared),
}

pub(crate) fn write_refusal(to: &mut impl Write, refusal: Refusal, spent: Spent) -> io::Result<()> {
    to.write_all(&[MARK, 1])?;
    to.write_all(&code_refusal(refusal))?;
    write_spent(to, spent)
}

pub(crate) fn write_facts(to: &mut impl Write, facts: Facts) -> io::Result<()> {
    to.write_all(&[
        MARK,
        0,
        place(&FORMATS, facts.format),
        facts.orientation.exif() as u8,
        place(&COLOURS, facts.colours),
    ])?;
    write_sides(to, facts.stored_width, facts.stored_height)
}

pub(crate) fn write_sides(to: &mut impl Write, width: u32, height: u32) -> io::Result<()> {
    to.write_all(&width.to_le_bytes())?;
    to.write_all(&height.to_le_bytes())
}

pub(crate) fn write_copies(to: &mut impl Write, copies: &[Copy]) -> io::Result<()> {
    for copy in copies {
        write_sides(to, copy.width, copy.height)?;
        to.write_all(&(copy.jpeg.len() as u64).to_le_bytes())?;
        to.write_all(&copy.jpeg)?;
    }
    Ok(())
}

pub(crate) fn write_spent(to: &mut impl Write, spent: Spent) -> io::Result<()> {
    to.write_all(&spent.memory.to_le_bytes())?;
    to.write_all(&spent.cpu_us.to_le_bytes())?;
    to.write_all(&[MARK])?;
    to.flush()
}

/// The whole answer to a task.
pub(crate) fn read_answer(
    from: &mut impl Read,
    task: Task,
    limits: &Limits,
) -> io::Result<(Result<Found, Refusal>, Spent)> {
    let [mark, status] = read_array(from)?;
    let found = match (mark, status, task) {
        (MARK, 1, _) => Err(read_refusal(read_array(from)?).ok_or_else(garbled)?),
        (MARK, 0, Task::Pixels { most }) => Ok(Found::Pixels(read_picture(from, most.min(limits.pixels))?)),
        (MARK, 0, Task::Copies) => Ok(Found::Copies(read_prepared(from, limits)?)),
        _ => return Err(garbled()),
    };
    let spent = Spent {
        memory: u64::from_le_bytes(read_array(from)?),
        cpu_us: u64::from_le_bytes(read_array(from)?),
    };
    match read_array(from)? {
        [MARK] => Ok((found, spent)),
        _ => Err(garbled()),
    }
}

fn read_picture(from: &mut impl Read, most: u64) -> io::Result<Picture> {
    let facts = read_facts(from)?;
    let (width, height) = read_sides(from)?;
    if u64::from(width) * u64::from(height) > most || width == 0 || height == 0 {
        return Err(garbled());
    }
    let rgb = read_vec(from, 3 * width as usize * height as usize)?;
    Ok(Picture { width, height, rgb, facts })
}

fn read_prepared(from: &mut impl Read, limits: &Limits) -> io::Result<Prepared> {
    let facts = read_facts(from)?;
    let mut copies = Vec::with_capacity(Size::ALL.len());
    for size in Size::ALL {
        let (width, height) = read_sides(from)?;
        let length = u64::from_le_bytes(read_array(from)?);
        let fits = (1..=size.longest_side()).contains(&width) && (1..=size.longest_side()).contains(&height);
        if !fits || length > limits.memory as u64 {
            return Err(garbled());
        }
        copies.push(Copy { size, width, height, jpeg: read_vec(from, length as usize)? });
    }
    Ok(Prepared { facts, copies })
}

fn read_facts(from: &mut impl Read) -> io::Result<Facts> {
    let [format, orientation, colours] = read_array(from)?;
    let (stored_width, stored_height) = read_sides(from)?;
    Ok(Facts {
        format: *FORMATS.get(usize::from(format)).ok_or_else(garbled)?,
        stored_width,
        stored_height,
        orientation: Orientation::from_exif(orientation.into()).ok_or_else(garbled)?,
        colours: *COLOURS.get(usize::from(colours)).ok_or_else(garbled)?,
    })
}

fn read_sides(from: &mut impl Read) -> io::Result<(u32, u32)> {
    Ok((u32::from_le_bytes(read_array(from)?), u32::from_le_bytes(read_array(from)?)))
}

fn read_array<const N: usize>(from: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    from.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// Grows with what really arrives, so that a stated length alone takes no memory.
fn read_vec(from: &mut impl Read, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(length).map_err(|_| io::Error::from(io::ErrorKind::OutOfMemory))?;
    from.take(length as u64).read_to_end(&mut bytes)?;
    if bytes.len() == length { Ok(bytes) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

fn garbled() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the worker for pictures wrote what it never writes")
}

const FORMATS: [Format; 3] = [Format::Jpeg, Format::Png, Format::Webp];
const COLOURS: [Colours; 3] = [Colours::Assumed, Colours::Srgb, Colours::Converted];
const FOREIGN: [Foreign; 12] = [
    Foreign::Heic,
    Foreign::Avif,
    Foreign::Gif,
    Foreign::Tiff,
    Foreign::Bmp,
    Foreign::JpegXl,
    Foreign::Jpeg2000,
    Foreign::Photoshop,
    Foreign::Markup,
    Foreign::Pdf,
    Foreign::Film,
    Foreign::Archive,
];
const DAMAGES: [Damage; 4] = [Damage::Cut, Damage::Structure, Damage::Pixels, Damage::Profile];

fn place<T: PartialEq>(all: &[T], one: T) -> u8 {
    all.iter().position(|other| *other == one).map_or(u8::MAX, |place| place as u8)
}

/// A refusal as a number, two small numbers, and up to three large ones.
fn code_refusal(refusal: Refusal) -> [u8; 19] {
    let (code, small, sides, most) = match refusal {
        Refusal::Empty => (0, [0; 2], [0; 2], 0),
        Refusal::TooManyBytes { most } => (1, [0; 2], [0; 2], most),
        Refusal::Foreign(foreign) => (2, [place(&FOREIGN, foreign), 0], [0; 2], 0),
        Refusal::Unknown => (3, [0; 2], [0; 2], 0),
        Refusal::TooManyPixels { width, height, most } => (4, [0; 2], [width, height], most),
        Refusal::TooLong { most } => (5, [0; 2], [0; 2], most.into()),
        Refusal::TooSmall { least } => (6, [0; 2], [0; 2], least.into()),
        Refusal::Animated => (7, [0; 2], [0; 2], 0),
        Refusal::Colours => (8, [0; 2], [0; 2], 0),
        Refusal::Rare(format) => (9, [place(&FORMATS, format), 0], [0; 2], 0),
        Refusal::Damaged(format, damage) => {
            (10, [place(&FORMATS, format), place(&DAMAGES, damage)], [0; 2], 0)
        }
        Refusal::TooHeavy => (11, [0; 2], [0; 2], 0),
        Refusal::TooSlow => (12, [0; 2], [0; 2], 0),
        Refusal::Unreadable => (13, [0; 2], [0; 2], 0),
        Refusal::Busy => (14, [0; 2], [0; 2], 0),
    };
    let mut bytes = [0; 19];
    bytes[0] = code;
    bytes[1..3].copy_from_slice(&small);
    bytes[3..7].copy_from_slice(&sides[0].to_le_bytes());
    bytes[7..11].copy_from_slice(&sides[1].to_le_bytes());
    bytes[11..].copy_from_slice(&most.to_le_bytes());
    bytes
}

fn read_refusal(bytes: [u8; 19]) -> Option<Refusal> {
    let four = |at: usize| Some(u32::from_le_bytes(bytes[at..at + 4].try_into().ok()?));
    let most = u64::from_le_bytes(bytes[11..].try_into().ok()?);
    let [code, first, second] = [bytes[0], bytes[1], bytes[2]];
    Some(match code {
        0 => Refusal::Empty,
        1 => Refusal::TooManyBytes { most },
        2 => Refusal::Foreign(*FOREIGN.get(usize::from(first))?),
        3 => Refusal::Unknown,
        4 => Refusal::TooManyPixels { width: four(3)?, height: four(7)?, most },
        5 => Refusal::TooLong { most: u32::try_from(most).ok()? },
        6 => Refusal::TooSmall { least: u32::try_from(most).ok()? },
        7 => Refusal::Animated,
        8 => Refusal::Colours,
        9 => Refusal::Rare(*FORMATS.get(usize::from(first))?),
        10 => Refusal::Damaged(*FORMATS.get(usize::from(first))?, *DAMAGES.get(usize::from(second))?),
        11 => Refusal::TooHeavy,
        12 => Refusal::TooSlow,
        13 => Refusal::Unreadable,
        14 => Refusal::Busy,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_comes_back_as_it_went() {
        let mut all = vec![
            Refusal::Empty,
            Refusal::TooManyBytes { most: 20 << 20 },
            Refusal::Unknown,
            Refusal::TooManyPixels { width: 70_000, height: 3, most: 25_000_000 },
            Refusal::TooLong { most: 16_384 },
            Refusal::TooSmall { least: 16 },
            Refusal::Animated,
            Refusal::Colours,
            Refusal::TooHeavy,
            Refusal::TooSlow,
            Refusal::Unreadable,
            Refusal::Busy,
        ];
        all.extend(FOREIGN.map(Refusal::Foreign));
        all.extend(FORMATS.map(Refusal::Rare));
        all.extend(FORMATS.iter().flat_map(|format| DAMAGES.map(|damage| Refusal::Damaged(*format, damage))));
        for refusal in all {
            assert_eq!(read_refusal(code_refusal(refusal)), Some(refusal));
        }
        assert_eq!(read_refusal([200; 19]), None);
    }
}
