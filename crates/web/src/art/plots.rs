//! Three drawn plots: the visit as a strip, the days of redness, the months until a result. The last two are
//! drawings of the usual course, and their captions say so: no axis carries a number nobody has measured.

use super::stipple::{Sheet, path_data, scatter};
use std::fmt::Write as _;

/// One phase for the strip: first minute, minutes, class of its dots.
pub type Phase = (u32, u32, &'static str);

/// Width of the strip's view box; its height is [`STRIP_HEIGHT`].
pub const STRIP_WIDTH: f64 = 1000.0;
/// Height of the strip's view box: the dots, then the minutes.
pub const STRIP_HEIGHT: f64 = 84.0;

/// The visit from left to right, dense where hands work, sparse where the patient rests.
pub fn strip(phases: &[Phase]) -> String {
    let total = phases.iter().map(|&(from, minutes, _)| from + minutes).max().unwrap_or(0);
    if total == 0 {
        return String::new();
    }
    let scale = STRIP_WIDTH / f64::from(total);
    let mut svg = String::new();
    for (index, &(from, minutes, class)) in phases.iter().enumerate() {
        let (left, width) = (f64::from(from) * scale, f64::from(minutes) * scale - 5.0);
        let gap = match class {
            "hands" => 7.0,
            "room" => 10.0,
            _ => 15.0,
        };
        let sheet = Sheet { width: STRIP_WIDTH, height: STRIP_HEIGHT, gap_min: gap, gap_max: gap };
        let dots = scatter(sheet, index as u64 + 40, |x, y| {
            (x > left + 2.0 && x < left + width - 2.0 && y > 4.0 && y < STRIP_HEIGHT - 4.0).then_some(gap)
        });
        let _ = write!(
            svg,
            r#"<rect class="strip-{class}" x="{left:.1}" y="0" width="{:.1}" height="{STRIP_HEIGHT}" rx="8"/><path class="dots dots-strip strip-dots-{class}" d="{}"/>"#,
            width.max(1.0),
            path_data(&dots)
        );
    }
    svg
}

/// Redness over two weeks, view box `0 0 400 236`. `usual_days` is when it is mostly gone after shallow work,
/// `long_days` the longest normal course.
pub fn recovery_curve(usual_days: f64, long_days: f64) -> String {
    const DAYS: f64 = 14.0;
    let (left, right, top, base) = (8.0, 392.0, 30.0, 196.0);
    // The first days matter most, so the axis is drawn wider there.
    let x = |day: f64| left + (right - left) * (day / DAYS).sqrt();
    let y = |red: f64| base - (base - top) * red;
    // Falls to a twentieth at the day named.
    let red = |day: f64, gone: f64| (-3.0 * (day / gone).powf(1.25)).exp();
    let sheet = Sheet { width: 400.0, height: 236.0, gap_min: 4.0, gap_max: 13.0 };
    let band = scatter(sheet, 60, |px, py| {
        let along = (px - left) / (right - left);
        let day = along * along * DAYS;
        if !(0.0..=1.0).contains(&along) || py > base - 3.0 {
            return None;
        }
        if py > y(red(day, usual_days)) {
            Some(4.4)
        } else if py > y(red(day, long_days)) {
            Some(9.0)
        } else {
            None
        }
    });
    let (dense, sparse): (Vec<_>, Vec<_>) = band.iter().copied().partition(|dot| dot.gap < 6.0);
    let mut svg = format!(
        r#"<path class="dots dots-m plot-accent" d="{}"/><path class="dots dots-s plot-accent" d="{}"/>"#,
        path_data(&dense),
        path_data(&sparse)
    );
    let _ = write!(svg, r#"<path class="plot-axis" d="M{left} {base}H{right}"/>"#);
    for day in [0.0, 1.0, 3.0, 7.0, 14.0] {
        let _ = write!(
            svg,
            r#"<path class="plot-axis" d="M{0:.1} {base}v6"/><text class="plot-text" x="{0:.1}" y="{1}" text-anchor="{3}">{2}</text>"#,
            x(day),
            base + 23.0,
            if day == 0.0 { "visit".to_owned() } else { format!("day {day}") },
            match day as u32 {
                0 => "start",
                14 => "end",
                _ => "middle",
            }
        );
    }
    let _ = write!(
        svg,
        r#"<text class="plot-text" x="104" y="{}">like sunburn</text><text class="plot-text" x="{}" y="{}">deeper work fades more slowly</text>"#,
        top + 12.0,
        x(4.4),
        y(0.48)
    );
    svg
}

/// Sessions and the months after them, view box `0 0 400 190`: dots gather as skin renews; the bracket marks when
/// the result is judged.
pub fn results(sessions: u32, interval_weeks: u32, seen_weeks: u32, judged_weeks: u32) -> String {
    let last = f64::from(sessions.saturating_sub(1) * interval_weeks);
    let total = last + f64::from(judged_weeks) + 2.0;
    let (left, right, base) = (14.0, 372.0, 128.0);
    let x = |week: f64| left + (right - left) * week / total;
    let seen = last + f64::from(seen_weeks);
    let sheet = Sheet { width: 400.0, height: 190.0, gap_min: 4.2, gap_max: 22.0 };
    let dots = scatter(sheet, 70, |px, py| {
        let week = (px - left) / (right - left) * total;
        let rise = ((week + 1.0) / (last + f64::from(judged_weeks))).clamp(0.0, 1.0);
        let height = 92.0 * (1.0 - (1.0 - rise).powi(2));
        (px > left && px < right && py < base - 4.0 && py > base - 4.0 - height)
            .then_some(17.0 - 12.4 * rise.powf(0.8))
    });
    let mut svg = super::stipple::paths(
        &dots,
        &[(6.0, "dots-m plot-good"), (10.0, "dots-s plot-good"), (22.0, "dots-xs plot-good")],
    );
    let _ = write!(svg, r#"<path class="plot-axis" d="M{left} {base}H{right}"/>"#);
    for session in 0..sessions {
        let at = x(f64::from(session * interval_weeks));
        let _ = write!(
            svg,
            r#"<circle class="plot-session" cx="{at:.1}" cy="{base}" r="8"/><text class="plot-number" x="{at:.1}" y="{}" text-anchor="middle">{}</text>"#,
            base + 4.5,
            session + 1
        );
    }
    for (week, lines) in [
        (last * 0.5, ["sessions", ""]),
        (seen, ["something", "may show"]),
        (last + f64::from(judged_weeks), ["we judge", "together"]),
    ] {
        let at = x(week);
        if week > last {
            let _ = write!(svg, r#"<path class="plot-axis" d="M{at:.1} {base}v9"/>"#);
        }
        for (line, text) in lines.iter().enumerate() {
            let anchor = if week > seen { "end" } else { "middle" };
            let at = if week > seen { right + 22.0 } else { at };
            let _ = write!(
                svg,
                r#"<text class="plot-text" x="{at:.1}" y="{}" text-anchor="{anchor}">{text}</text>"#,
                base + 27.0 + 17.0 * line as f64
            );
        }
    }
    svg
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strip_covers_its_width_in_order() {
        let svg = strip(&[(0, 10, "hands"), (10, 30, "rest")]);
        assert!(svg.contains(r#"x="0.0""#) && svg.contains(r#"x="250.0" y="0" width="745.0""#), "{svg}");
        assert_eq!(strip(&[]), "");
    }

    #[test]
    fn results_number_every_session() {
        let svg = results(4, 4, 6, 26);
        for number in 1..=4 {
            assert!(svg.contains(&format!(">{number}</text>")));
        }
        assert!(!svg.contains(">5</text>"));
    }
}
