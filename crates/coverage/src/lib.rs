//! How evenly an area is needled: simulated, planned, checked and drawn.
//!
//! Pure: no clock, no files, no network; chance comes from a seed. Knows nothing of patients, records or the web.
//! Everything here describes *where* a pen strikes when it is moved so. It says nothing about what skin does then.
//!
//! The command `stipple coverage` reads a course from TOML; `cheek.toml` beside this crate is an example with every
//! field.
//!
//! # Units and frame
//!
//! Millimetres, seconds, degrees; densities per cm². x points to the patient's left, y up, angles run anticlockwise
//! from x. A cartridge is a set of needle offsets from the tip's centre; it does not turn with the glide.
//!
//! # The pass
//!
//! The zone is turned by minus the pass's direction; u runs along its lines, v across. `min_u`, `max_u`, `min_v` and
//! `max_v` bound the turned outline (exclusions play no part in this).
//!
//! - Line k = 0, 1, … lies at `v = min_v + offset_mm + k * spacing_mm`, as long as that is at most `max_v`.
//! - Strike n = 0, 1, … on it lies at `u = min_u + n * step_mm`, at most `max_u`, with
//!   `step_mm = speed_mm_per_s / strokes_per_s`. Alternate lines are glided back over the same places, which changes
//!   the order only, and no figure depends on the order.
//! - The pen strikes if the tip's centre lies inside the zone and no needle would fall into an exclusion. Of a strike,
//!   the needles that fall inside the zone's outline count as punctures.
//!
//! # Borders
//!
//! A place exactly on a border belongs to what lies *ahead* in the pass, first across and then along: the usual
//! half-open even-odd rule in the turned frame. Places are tested 1e-9 mm further across and 1e-11 mm further along,
//! so that rounding never decides. The first strike at `min_u` on a straight near edge is inside, one at `max_u` on
//! the far edge is outside, for zones and exclusions alike; zones laid side by side share no puncture, a square of
//! 10 mm gets 10 by 10 strikes at 1 mm and not 11 by 11. A corner in which the smallest u and the smallest v meet at
//! less than a right angle is not inside. At multiples of 90 degrees sine and cosine are exact.
//!
//! # The hand
//!
//! - `speed_cv`: from strike to strike the step is multiplied by a lognormal factor of mean 1 and this coefficient of
//!   variation; places add up from `min_u`.
//! - `spacing_sd_mm`: each line is shifted across by a normal amount; shifts do not add up, because a hand sees its
//!   last line.
//! - `angle_sd_deg`: each line is turned by a normal angle about its middle (half-way from `min_u` to `max_u`).
//! - `tip_rotation = "random"`: at every strike the cartridge is turned by any angle, each alike.
//!
//! Chance: xoshiro256++ seeded by SplitMix64 from `(seed, zone index, hand index)`, so results do not depend on the
//! number of threads. A hand without noise is simulated once.
//!
//! # Figures
//!
//! - `area_cm2`: of the outline, less the union of the exclusions (exact).
//! - `seconds`: strikes / `strokes_per_s`: how long the pen strikes, not counting turns or lifts.
//! - `punctures`; `density_per_cm2 = punctures / area_cm2`. In the open, away from borders, this is
//!   `needles * strokes_per_s * time / area`, for one pass `100 * needles / (spacing_mm * step_mm)`.
//! - `cv`: standard deviation (population form: divided by n) over mean of the counts in squares of 1, 2 and 5 mm,
//!   laid from the smallest x and y of the unturned outline, that lie wholly inside the zone. A square owns its left
//!   and lower side (with 1e-9 mm for rounding). It may share a border with the outline or an exclusion, but an
//!   exclusion that reaches into it takes it out. Independent random punctures at density d give
//!   `1 / sqrt(d * side^2 / 100)`. `cv_target` is the same in squares of `target.window_mm`.
//! - `share_under_half`, `share_over_double`: of the 2 mm squares, those with fewer than half (more than double) the
//!   punctures that the target means for them; exactly half or double is neither.
//! - `gap_mm`: diameter of the largest disc without a puncture whose centre lies inside the zone and in no exclusion;
//!   the disc may reach out. Within 0.05 mm.
//! - `streak`: see the formula in the `streak` module: strips 1 mm wide along the passes' directions and every
//!   15 degrees, over the 1 mm squares that lie wholly inside; the worst direction counts. About 1 for independent
//!   random punctures, below 1 for a lattice, far above for lines left apart. A second pass the same way doubles it,
//!   a crossing one halves it.
//!
//! Over hands each figure has its mean and its 2.5th and 97.5th percentile: the middle 95 % of hands, not the
//! uncertainty of the mean.
//!
//! # Limits of the model
//!
//! Skin is flat and does not stretch; every stroke reaches; the pen lifts in no time. Device facts come from the
//! clinic's manual. Densities of 250 to 300 per cm² are a practice paper's [PRIME-2015]; no published figure for hand
//! speed or steadiness was found.

mod chance;
mod check;
mod course;
pub mod draw;
mod file;
mod gap;
mod glide;
mod ground;
mod look;
mod plan;
mod polygon;
mod raster;
pub mod report;
mod simulate;
mod streak;
mod tally;
mod write;

pub use chance::Chance;
pub use check::{Breach, DENSITY_TOLERANCE, check};
pub use course::*;
pub use file::FILE_BYTES_MAX;
pub use plan::{PLAN_DENSITY_TOLERANCE, Plan, Refusal, plan};
pub use polygon::{COORDINATE_MM_MAX, Point, Polygon, PolygonFault, VERTICES_MAX};
pub use simulate::{Estimate, Figures, Stippling, WINDOW_SIDES_MM, density_map, simulate, stipple};
