//! Writes a course as the file it could have been read from, so that it can be kept and asked again.

use std::fmt::Write;

use crate::{
    course::{Course, TipRotation},
    polygon::Polygon,
};

impl Course {
    /// The course as TOML; reading it gives the same course. Numbers are written with all their digits.
    pub fn to_toml(&self) -> String {
        let mut text = format!("seed = {}\nhands = {}\n", self.seed, self.hands);
        let device = &self.device;
        let needles: Vec<String> = device.needles_mm.iter().map(|[x, y]| format!("[{x:?}, {y:?}]")).collect();
        let _ = write!(
            text,
            "\n[device]\nneedles_mm = [{}]\nstrokes_per_s = {:?}\ndepth_mm_max = {:?}\n",
            needles.join(", "),
            device.strokes_per_s,
            device.depth_mm_max
        );
        let hand = &self.hand;
        let turning = match hand.tip_rotation {
            TipRotation::Fixed => "fixed",
            TipRotation::Random => "random",
        };
        let _ = write!(
            text,
            "\n[hand]\nspeed_cv = {:?}\nspacing_sd_mm = {:?}\nangle_sd_deg = {:?}\ntip_rotation = \"{turning}\"\n",
            hand.speed_cv, hand.spacing_sd_mm, hand.angle_sd_deg
        );
        if let Some(target) = &self.target {
            let _ = write!(
                text,
                "\n[target]\ndensity_per_cm2 = {:?}\nwindow_mm = {:?}\n",
                target.density_per_cm2, target.window_mm
            );
            if let Some(cv_max) = target.cv_max {
                let _ = writeln!(text, "cv_max = {cv_max:?}");
            }
        }
        if let Some(limits) = &self.limits {
            let _ = write!(
                text,
                "\n[limits]\npasses_max = {}\nspacing_mm = {:?}\nspeed_mm_per_s = {:?}\nseconds_max = {:?}\n",
                limits.passes_max, limits.spacing_mm, limits.speed_mm_per_s, limits.seconds_max
            );
        }
        for zone in &self.zones {
            let exclusions: Vec<String> = zone.exclusions.iter().map(corners).collect();
            let _ = write!(
                text,
                "\n[[zone]]\nid = {}\npolygon_mm = {}\nexclusions_mm = [{}]\ndepth_mm = {:?}\ndepth_mm_max = {:?}\n",
                quoted(&zone.id),
                corners(&zone.polygon),
                exclusions.join(", "),
                zone.depth_mm,
                zone.depth_mm_max
            );
            for pass in &zone.passes {
                let _ = write!(
                    text,
                    "\n[[zone.pass]]\ndirection_deg = {:?}\nspacing_mm = {:?}\nspeed_mm_per_s = {:?}\noffset_mm = {:?}\n",
                    pass.direction_deg, pass.spacing_mm, pass.speed_mm_per_s, pass.offset_mm
                );
            }
        }
        text
    }
}

fn corners(polygon: &Polygon) -> String {
    let points: Vec<String> = polygon.points().iter().map(|[x, y]| format!("[{x:?}, {y:?}]")).collect();
    format!("[{}]", points.join(", "))
}

/// A zone's id holds no control characters, so these two are all that need care.
fn quoted(id: &str) -> String {
    format!("\"{}\"", id.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use crate::{Course, Purpose, draw};

    #[test]
    fn what_is_written_reads_back_the_same() {
        let cheek = Course::parse(include_str!("../cheek.toml"), Purpose::Check).unwrap();
        let mut odd = cheek.clone();
        odd.zones[0].id = "a \"b\\c\" ü".into();
        odd.zones[0].depth_mm = 0.1 + 0.2;
        odd.limits = None;
        for course in [cheek, odd, draw::example(draw::ExampleHand::Uneven).unwrap()] {
            assert_eq!(Course::parse(&course.to_toml(), Purpose::Simulate).as_ref(), Ok(&course));
        }
    }
}
