//! The door: starts a worker process for each picture, gives it the file, takes the answer, and ends it in any case.
//!
//! A worker that hangs, crashes, runs out of memory or writes nonsense costs one refusal and nothing else. It gets an
//! empty environment, the root folder as its place, and its standard input and output; nothing of ours is open in it.

use std::{
    ffi::OsString,
    fmt, io,
    os::unix::process::{CommandExt, ExitStatusExt},
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Condvar, Mutex, PoisonError, mpsc},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::{
    Limits, Picture, Prepared, Refusal,
    decode::check_size,
    wire::{self, Found, Spent, Task},
};

/// How long a picture waits for its turn before it is refused as [`Refusal::Busy`].
const TURN: Duration = Duration::from_secs(10);

/// The way in for pictures of others.
#[derive(Debug)]
pub struct Door {
    program: PathBuf,
    arguments: Vec<OsString>,
    limits: Limits,
    places: Mutex<usize>,
    place_free: Condvar,
}

/// Why there is no picture.
#[derive(Debug)]
pub enum DoorError {
    /// It is not taken; the text is for the person who sent it.
    Refused(Refusal),
    /// The machine is at fault: a process could not be started, for example. The text is for the log.
    Fault(io::Error),
}

impl fmt::Display for DoorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => refusal.fmt(f),
            Self::Fault(fault) => write!(f, "the worker for pictures could not be run: {fault}"),
        }
    }
}

impl std::error::Error for DoorError {}

impl From<Refusal> for DoorError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl Door {
    /// A door whose workers are this program called with these arguments, at most `at_once` of them at a time.
    /// The program has to call [`crate::worker::run`] then and do nothing else.
    pub fn new(program: PathBuf, arguments: Vec<OsString>, at_once: usize, limits: Limits) -> Self {
        Self { program, arguments, limits, places: Mutex::new(at_once.max(1)), place_free: Condvar::new() }
    }

    /// Upright sRGB pixels. A picture of more than `most_pixels` is made smaller by taking the mean of the light under
    /// each new pixel; [`crate::Facts`] tell the size it had.
    pub fn open(&self, file: &[u8], most_pixels: u64) -> Result<Picture, DoorError> {
        match self.ask(file, Task::Pixels { most: most_pixels })?.0 {
            Found::Pixels(picture) => Ok(picture),
            Found::Copies(_) => Err(Refusal::Unreadable.into()),
        }
    }

    /// The copies that are shown, made anew from pixels.
    pub fn prepare(&self, file: &[u8]) -> Result<Prepared, DoorError> {
        self.prepare_metered(file).map(|(prepared, _)| prepared)
    }

    /// As [`Door::prepare`], with what it cost the worker.
    pub fn prepare_metered(&self, file: &[u8]) -> Result<(Prepared, Spent), DoorError> {
        match self.ask(file, Task::Copies)? {
            (Found::Copies(prepared), spent) => Ok((prepared, spent)),
            (Found::Pixels(_), _) => Err(Refusal::Unreadable.into()),
        }
    }

    fn ask(&self, file: &[u8], task: Task) -> Result<(Found, Spent), DoorError> {
        check_size(file.len(), &self.limits)?;
        let _place = self.take_place()?;
        let worker = self.start().map_err(DoorError::Fault)?;
        let (answer, end) = worker.converse(file, task, &self.limits);
        match answer {
            Some((found, spent)) => Ok((found?, spent)),
            None => Err(end.refusal().into()),
        }
    }

    fn take_place(&self) -> Result<Place<'_>, Refusal> {
        let free = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut free, _) = self
            .place_free
            .wait_timeout_while(free, TURN, |free| *free == 0)
            .unwrap_or_else(PoisonError::into_inner);
        if *free == 0 {
            return Err(Refusal::Busy);
        }
        *free -= 1;
        Ok(Place(self))
    }

    fn start(&self) -> io::Result<Worker> {
        let child = Command::new(&self.program)
            .args(&self.arguments)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            // A group of its own, so that whatever it might start ends with it.
            .process_group(0)
            .spawn()?;
        Ok(Worker { child })
    }
}

/// One of the places for workers, given back when it is dropped.
struct Place<'a>(&'a Door);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        *self.0.places.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.place_free.notify_one();
    }
}

/// A running worker. It is killed and waited for when this is dropped, whatever happened.
struct Worker {
    child: Child,
}

/// How a worker ended that gave no answer.
#[derive(Debug)]
struct End {
    overdue: bool,
    status: Option<ExitStatus>,
}

impl End {
    fn refusal(&self) -> Refusal {
        let signal = self.status.and_then(|status| status.signal()).and_then(Signal::from_named_raw);
        match signal {
            _ if self.overdue => Refusal::TooSlow,
            Some(Signal::XCPU) => Refusal::TooSlow,
            // An allocation beyond the limit ends the process so.
            Some(Signal::ABORT) => Refusal::TooHeavy,
            _ => Refusal::Unreadable,
        }
    }
}

type Answer = (Result<Found, Refusal>, Spent);

impl Worker {
    /// Sends the file, reads the answer, and sees to it that both are over at the deadline.
    fn converse(mut self, file: &[u8], task: Task, limits: &Limits) -> (Option<Answer>, End) {
        let deadline = Instant::now() + limits.time;
        let (Some(mut input), Some(mut output)) = (self.child.stdin.take(), self.child.stdout.take()) else {
            return (None, End { overdue: false, status: self.end() });
        };
        let group = self.group();
        let (over, waiting) = mpsc::channel::<()>();
        let (answer, overdue) = thread::scope(|scope| {
            let watch = scope.spawn(move || {
                let left = deadline.saturating_duration_since(Instant::now());
                let overdue = waiting.recv_timeout(left) == Err(mpsc::RecvTimeoutError::Timeout);
                if overdue {
                    kill(group);
                }
                overdue
            });
            // A worker that refuses early closes its end; what it refuses for is in the answer.
            scope.spawn(move || wire::write_request(&mut input, task, limits, file));
            let answer = wire::read_answer(&mut output, task, limits).ok();
            drop(output);
            if answer.is_some() {
                kill(group); // lets a stuck writer go
            }
            drop(over);
            (answer, watch.join().unwrap_or(true))
        });
        (answer, End { overdue, status: self.end() })
    }

    fn group(&self) -> Option<Pid> {
        i32::try_from(self.child.id()).ok().and_then(Pid::from_raw)
    }

    fn end(&mut self) -> Option<ExitStatus> {
        // How it ended by itself is worth knowing, and one that was waited for must not be killed: its number may
        // belong to somebody else by now.
        if let Ok(Some(status)) = self.child.try_wait() {
            return Some(status);
        }
        kill(self.group());
        self.child.wait().ok()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.end();
    }
}

/// Ends a whole group; one that has ended already is no fault. The leader has not been waited for yet, so its number
/// cannot belong to anybody else.
fn kill(group: Option<Pid>) {
    if let Some(group) = group {
        let _ = kill_process_group(group, Signal::KILL);
    }
}
