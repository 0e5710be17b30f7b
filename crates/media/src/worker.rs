//! The worker: a process that decodes one picture and ends.
//!
//! It limits itself before it reads a byte of the file: memory above what it already holds, processor time, no files,
//! no core dump, no new rights, and it dies with the process that started it. What a decoder does wrong ends here.

use std::{
    fs::File,
    io::{self, BufWriter, Read, Seek, Write},
    os::fd::AsFd,
};

use rustix::{
    process::{Resource, Rlimit, Signal, set_parent_process_death_signal, setrlimit},
    thread::set_no_new_privs,
    time::{ClockId, clock_gettime},
};

use crate::{
    Facts, Limits, Refusal,
    copies::prepare,
    decode::{check_size, decode},
    raster::Raster,
    scale::{Scaled, within_pixels},
    wire::{self, Spent, Task},
};

/// Answers one request on standard input to standard output. An error is one of the pipes, never of the picture.
///
/// Meant for a process of its own: the limits it sets hold until the process ends.
pub fn run() -> io::Result<()> {
    let mut from = File::from(io::stdin().as_fd().try_clone_to_owned()?);
    let mut to = BufWriter::new(File::from(io::stdout().as_fd().try_clone_to_owned()?));
    let (task, limits, length) = wire::read_request(&mut from)?;
    let meter = Meter::start()?;
    limit_process(&limits)?;
    let answer = read_file(&mut from, length, &limits)?.and_then(|file| decode(file, &limits));
    match answer {
        Ok((raster, facts)) => match task {
            Task::Pixels { most } => write_pixels(&mut to, &raster, facts, most)?,
            Task::Copies => match prepare(&raster, facts) {
                Ok(prepared) => {
                    wire::write_facts(&mut to, facts)?;
                    wire::write_copies(&mut to, &prepared.copies)?;
                }
                Err(refusal) => return wire::write_refusal(&mut to, refusal, meter.spent()?),
            },
        },
        Err(refusal) => return wire::write_refusal(&mut to, refusal, meter.spent()?),
    }
    wire::write_spent(&mut to, meter.spent()?)
}

fn read_file(from: &mut File, length: usize, limits: &Limits) -> io::Result<Result<Vec<u8>, Refusal>> {
    if let Err(refusal) = check_size(length, limits) {
        return Ok(Err(refusal));
    }
    let mut file = vec![0; length];
    from.read_exact(&mut file)?;
    Ok(Ok(file))
}

fn write_pixels(to: &mut impl Write, raster: &Raster, facts: Facts, most: u64) -> io::Result<()> {
    let size = within_pixels(raster.upright_size(), most);
    wire::write_facts(to, facts)?;
    wire::write_sides(to, size.0 as u32, size.1 as u32)?;
    let mut scaled = Scaled::new(raster, size);
    let mut row = vec![0; 3 * size.0];
    for _ in 0..size.1 {
        scaled.next_row(&mut row);
        to.write_all(&row)?;
    }
    Ok(())
}

/// What the process may do from now on.
fn limit_process(limits: &Limits) -> io::Result<()> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    set_no_new_privs(true)?;
    let set = |resource, most| setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) });
    // The limit counts address space, of which a program holds much that is not memory; so what it holds already is
    // added to what it may have.
    let held = statm(0)? * rustix::param::page_size() as u64;
    set(Resource::As, held + limits.memory as u64)?;
    set(Resource::Cpu, limits.time.as_secs() + 1)?;
    set(Resource::Core, 0)?;
    set(Resource::Fsize, 0)?;
    set(Resource::Nproc, 0)?;
    set(Resource::Nofile, 0)?;
    Ok(())
}

/// A number of `/proc/self/statm`, in pages: 0 is address space, 1 is resident memory.
fn statm(nth: usize) -> io::Result<u64> {
    let text = std::fs::read_to_string("/proc/self/statm")?;
    let number = text.split(' ').nth(nth).and_then(|number| number.parse().ok());
    number.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))
}

/// What the work costs. The file is opened before files are forbidden, and read again at the end.
struct Meter {
    status: File,
    before: u64,
}

impl Meter {
    fn start() -> io::Result<Self> {
        let before = statm(1)? * rustix::param::page_size() as u64;
        Ok(Self { status: File::open("/proc/self/status")?, before })
    }

    fn spent(&self) -> io::Result<Spent> {
        let mut text = String::new();
        let mut status = &self.status;
        status.rewind()?;
        status.read_to_string(&mut text)?;
        let peak_kib = text.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
        let peak_kib: u64 = peak_kib.and_then(|number| number.trim().parse().ok()).unwrap_or_default();
        let cpu = clock_gettime(ClockId::ProcessCPUTime);
        Ok(Spent {
            memory: (peak_kib * 1024).saturating_sub(self.before),
            cpu_us: cpu.tv_sec as u64 * 1_000_000 + cpu.tv_nsec as u64 / 1_000,
        })
    }
}
