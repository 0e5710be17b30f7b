//! `--report DIR`: a page with slider, heat maps and table, in one folder that needs nothing else.
//!
//! Without scripts the two photographs stand side by side; with them they lie on each other under a slider. Nothing is
//! inline, so that the page keeps to `default-src 'none'` with styles, script and pictures from its own folder.

use std::{fmt::Write as _, fs, path::Path};

use photo::measure::{Delta, Heat, ZoneChange};

use super::{
    answer,
    pair::{Compared, Failure},
    table,
};

const STYLE: &str = include_str!("report/report.css");
const SCRIPT: &str = include_str!("report/report.js");

/// Shades of a heat map on each side.
const SHADES: f32 = 4.0;

/// Writes the folder: index.html, report.css, report.js, base.jpg, follow.jpg.
pub(super) fn write(folder: &Path, compared: &Compared) -> Result<(), Failure> {
    fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let (width, height) = (compared.base.photograph.width(), compared.base.photograph.height());
    let jpeg = |rgb: Vec<u8>| {
        let told = |refusal: media::Refusal| format!("the report's picture: {refusal}");
        media::page_of(width, height, rgb).map(|copy| copy.jpeg).map_err(told)
    };
    let follow = compared.change.correction.render(&compared.follow.photograph, &compared.registration.map);
    table::write(&folder.join("base.jpg"), &jpeg(compared.base.photograph.rgb().to_vec())?)?;
    table::write(&folder.join("follow.jpg"), &jpeg(follow)?)?;
    table::write(&folder.join("report.css"), STYLE.as_bytes())?;
    table::write(&folder.join("report.js"), SCRIPT.as_bytes())?;
    // The page comes last: where it stands, all it needs stands too.
    table::write(&folder.join("index.html"), page(compared).as_bytes())?;
    Ok(())
}

fn page(compared: &Compared) -> String {
    let (width, height) = (compared.base.photograph.width(), compared.base.photograph.height());
    let heat = &compared.change.heat;
    let outlines = outlines(compared);
    let redness = heat_map(compared, &heat.a, heat.mdc[0], ["less red", "redder"], &outlines, "a");
    let lightness = heat_map(compared, &heat.lightness, heat.mdc[1], ["darker", "lighter"], &outlines, "l");
    let tables: String = compared.change.zones.iter().map(|zone| zone_table(compared, zone)).collect();
    let notes: String = compared
        .change
        .notes
        .iter()
        .fold(String::new(), |text, note| text + "<li>" + &escape(note.text()) + "</li>\n");
    format!(
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src 'self' file:; style-src 'self' file:; script-src 'self' file:">
<title>What changed between two photographs</title>
<link rel="stylesheet" href="report.css">
<script src="report.js" defer></script>
</head>
<body>
<main>
<header>
<h1>What changed</h1>
<p class="lead">The follow-up is laid on the baseline and brought to its colours. Every number carries the smallest change that this set-up could have seen.</p>
</header>
<section class="pair" id="pair" aria-label="Baseline and follow-up">
<figure><img src="base.jpg" width="{width}" height="{height}" alt="Baseline photograph"><figcaption>Baseline</figcaption></figure>
<figure class="over"><img src="follow.jpg" width="{width}" height="{height}" alt="Follow-up photograph, registered to the baseline"><figcaption>Follow-up</figcaption></figure>
<p class="slide" hidden><label for="cut">Baseline <span aria-hidden="true">◂ ▸</span> Follow-up</label><input id="cut" type="range" min="0" max="100" value="50"></p>
</section>
<section>
<h2>Where</h2>
<p>Only what lies beyond the error bar is coloured. Outlines are the zones.</p>
<div class="maps">{redness}{lightness}</div>
</section>
<section>
<h2>How much</h2>
{tables}</section>
<section>
<h2>What to know with it</h2>
<ul>
{notes}<li>The skin of the baseline has an ITA of {ita:.0}°, {tone}.</li>
</ul>
</section>
</main>
</body>
</html>
"#,
        ita = compared.change.ita,
        tone = compared.change.tone.name(),
    )
}

fn zone_table(compared: &Compared, zone: &ZoneChange) -> String {
    let name = escape(compared.name(zone.zone));
    match &zone.deltas {
        Err(declined) => {
            format!(
                "<h3>{name}</h3>\n<p class=\"declined\">Not measured. {}</p>\n",
                escape(declined.advice())
            )
        }
        Ok(deltas) => {
            let rows: String = deltas.iter().map(row).collect();
            format!(
                "<div class=\"scroll\"><table>\n<caption>{name}</caption>\n<thead><tr><th scope=\"col\">measure</th>\
                 <th scope=\"col\">baseline</th><th scope=\"col\">change</th><th scope=\"col\">smallest seen</th>\
                 <th scope=\"col\">which means</th></tr></thead>\n<tbody>\n{rows}</tbody></table></div>\n"
            )
        }
    }
}

fn row(delta: &Delta) -> String {
    format!(
        "<tr class=\"{}\"><th scope=\"row\">{}</th><td>{:.2}</td><td>{:+.2}</td><td>± {:.2}</td><td>{}</td></tr>\n",
        if delta.is_change() { "change" } else { "same" },
        answer::title(delta.metric),
        delta.base,
        delta.delta,
        delta.mdc,
        answer::verdict(delta)
    )
}

/// A photograph under the cells that changed. Beyond the error bar there are four shades, each as wide as half of it.
fn heat_map(
    compared: &Compared,
    values: &[Option<f32>],
    mdc: f32,
    [down, up]: [&str; 2],
    outlines: &str,
    kind: &str,
) -> String {
    let Heat { width, side, .. } = compared.change.heat;
    let shade = |value: Option<f32>| -> Option<(bool, u8)> {
        let value = value.filter(|value| value.abs() > mdc)?;
        let step = ((value.abs() / mdc - 1.0) * 2.0).min(SHADES - 1.0);
        Some((value > 0.0, step as u8))
    };
    let mut cells = String::new();
    let mut any = false;
    for (y, row) in values.chunks_exact(width.max(1)).enumerate() {
        let mut x = 0;
        while x < row.len() {
            let start = x;
            let here = shade(row[x]);
            while x < row.len() && shade(row[x]) == here {
                x += 1;
            }
            if let Some((rises, step)) = here {
                any = true;
                let way = if rises { "up" } else { "down" };
                // Writing to a String does not fail.
                let _ = writeln!(
                    cells,
                    "<rect class=\"{kind}-{way} s{step}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{side}\"/>",
                    start * side,
                    y * side,
                    (x - start) * side
                );
            }
        }
    }
    let (across, down_px) = (compared.base.photograph.width(), compared.base.photograph.height());
    let legend = if any {
        format!("<span class=\"key {kind}-down\"></span>{down} <span class=\"key {kind}-up\"></span>{up}")
    } else {
        "no change that this set-up could see".to_owned()
    };
    let title = if kind == "a" { "Redness a*" } else { "Lightness L*" };
    format!(
        "<figure><svg viewBox=\"0 0 {across} {down_px}\" role=\"img\" aria-label=\"Map of changes of {title}: {down} or {up}\">\
         <image href=\"base.jpg\" width=\"{across}\" height=\"{down_px}\"/>\n{cells}{outlines}</svg>\
         <figcaption>{title}, beyond ± {mdc:.2}: {legend}</figcaption></figure>\n"
    )
}

/// Borders of the zones, drawn on every fourth pixel, as one path.
fn outlines(compared: &Compared) -> String {
    const STEP: usize = 4;
    let zones = &compared.zones.zones;
    let label = |x: usize, y: usize| zones.labels()[y * zones.width() + x];
    let mut path = String::new();
    for y in (STEP..zones.height()).step_by(STEP) {
        for x in (STEP..zones.width()).step_by(STEP) {
            // Writing to a String does not fail.
            if label(x, y) != label(x - STEP, y) {
                let _ = write!(path, "M{x} {y}v{STEP}");
            }
            if label(x, y) != label(x, y - STEP) {
                let _ = write!(path, "M{x} {y}h{STEP}");
            }
        }
    }
    format!("<path class=\"zone\" d=\"{path}\"/>\n")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
