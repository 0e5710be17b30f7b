//! A treatment protocol as data: reads and validates it, and answers from it who can be treated, what to do
//! before a visit and what a visit is made of.
//!
//! Pure after loading: no clock, no storage, no web. [`load_dir`] is the only input; everything else is a
//! function over values. The files of a protocol are read into a spanned tree, so that every error of every
//! file comes at once, each with file, line, column and a hint.
//!
//! # How an answer becomes a finding
//!
//! Each rule (`SCR-…`) has clauses. A clause says *when* it holds (a small closed vocabulary, [`Condition`]) and
//! what follows. Every clause that holds gives one [`Finding`]; the strictest finding leads the [`Assessment`].
//! Five readings deserve their reasons:
//!
//! * **Not sure, or not answered, is never a no.** The engine asks what a yes would have led to. If to anything,
//!   a clinician decides, and whatever a yes would have barred (zones, numbing products) stays barred meanwhile.
//! * **A bare yes where a date matters** is read as *today*: that is the longest wait the answer allows. Where
//!   the condition still goes on (a cold sore now), no date can be known, so the wait is open and shows its
//!   condition in words. Where a clinician decides anyway, no date is made up.
//! * **A bare yes to a condition of the skin** does not say where. All zones asked for are held back, because
//!   leaving one out would be a guess. An answer that names zones ([`Answer::In`], [`Answer::InDaysAgo`]) holds back only those.
//! * **`until` is a promise**: from this day, time alone no longer speaks against it. So it is given only when
//!   every finding of the leading outcome has a date, and it is the latest of them.
//! * **A device is not among the facts.** Where the reference says "exclude on one device's label, else a
//!   clinician decides", a clinician decides, since choosing a device is part of that decision.

mod cases;
mod condition;
mod cream;
mod load;
mod lookup;
mod model;
mod outcome;
mod parse;
mod preparation;
mod problem;
mod screen;
mod sign_off;
mod tree;
mod wording;

pub use cases::{Case, CaseFailure, run_cases};
pub use condition::{AnswerIs, Condition};
pub use cream::{Cream, cream_left};
pub use load::{LoadError, load_dir, read_dir};
pub use model::*;
pub use outcome::{Outcome, Tag};
pub use preparation::{DatedTask, preparation};
pub use problem::Problem;
pub use screen::{
    Answer, Assessment, FactPlace, FactProblem, Finding, Offer, Refusal, ScreeningFacts, screen,
};
pub use sign_off::{SignOffItem, sign_off_list};
