//! The clinic's own accent colour, made safe: whatever a clinic picks, words in it and on it keep the contrast that
//! WCAG 2.2 AA asks for, on the light and on the dark ground.

/// Red, green and blue, 0 to 255 each.
type Rgb = [f64; 3];

const LIGHT_GROUND: Rgb = [242.0, 236.0, 227.0];
const DARK_GROUND: Rgb = [32.0, 30.0, 27.0];
const ON_LIGHT_ACCENT: Rgb = [255.0, 250.0, 245.0];
const ON_DARK_ACCENT: Rgb = [42.0, 16.0, 10.0];
/// A little above the 4.5 asked for, because tags and washes tint the ground.
const CONTRAST_MIN: f64 = 5.2;

/// An accent for both grounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accent {
    light: String,
    dark: String,
}

/// The text is no colour like `#9c452f`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAColour;

impl Accent {
    /// Reads `#rrggbb` and moves it towards ink on the light ground, towards paper on the dark one, as far as the
    /// contrast needs.
    pub fn new(hex: &str) -> Result<Self, NotAColour> {
        let picked = parse(hex).ok_or(NotAColour)?;
        let light = step_towards(picked, [0.0; 3], |colour| {
            contrast(colour, LIGHT_GROUND) >= CONTRAST_MIN
                && contrast(colour, ON_LIGHT_ACCENT) >= CONTRAST_MIN
        });
        let dark = step_towards(picked, [255.0; 3], |colour| {
            contrast(colour, DARK_GROUND) >= CONTRAST_MIN && contrast(colour, ON_DARK_ACCENT) >= CONTRAST_MIN
        });
        Ok(Self { light: to_hex(light), dark: to_hex(dark) })
    }

    /// A style sheet that sets it, for both grounds.
    pub fn style_sheet(&self) -> String {
        let Self { light, dark } = self;
        format!(
            ":root{{--accent:{light}}}@supports (color:light-dark(#000,#fff)){{:root{{--accent:light-dark({light},{dark})}}}}\n"
        )
    }
}

fn parse(hex: &str) -> Option<Rgb> {
    let digits = hex.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.is_ascii())?;
    let part = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok().map(f64::from);
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(())?;
    Some([part(0)?, part(2)?, part(4)?])
}

fn to_hex([red, green, blue]: Rgb) -> String {
    format!("#{:02x}{:02x}{:02x}", red.round() as u8, green.round() as u8, blue.round() as u8)
}

/// Mixes in a twentieth of `end` at a time until `is_enough`; at the end it is `end` itself.
fn step_towards(from: Rgb, end: Rgb, is_enough: impl Fn(Rgb) -> bool) -> Rgb {
    (0..=20)
        .map(|step| {
            let share = f64::from(step) / 20.0;
            std::array::from_fn(|part| from[part] + (end[part] - from[part]) * share)
        })
        .find(|&colour| is_enough(colour))
        .unwrap_or(end)
}

/// The contrast ratio of WCAG 2.2, 1 to 21.
fn contrast(a: Rgb, b: Rgb) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

fn luminance(colour: Rgb) -> f64 {
    let [red, green, blue] = colour.map(|part| {
        let part = part / 255.0;
        if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_colour_becomes_readable_on_both_grounds() {
        for hex in ["#9c452f", "#ffff00", "#000000", "#ffffff", "#808080", "#00ff00", "#1234ff"] {
            let accent = Accent::new(hex).expect("a colour");
            let (light, dark) = (parse(&accent.light).unwrap(), parse(&accent.dark).unwrap());
            for (a, b) in
                [(light, LIGHT_GROUND), (light, ON_LIGHT_ACCENT), (dark, DARK_GROUND), (dark, ON_DARK_ACCENT)]
            {
                assert!(contrast(a, b) >= 4.5, "{hex} {accent:?}");
            }
        }
    }

    #[test]
    fn a_readable_colour_stays_as_picked() {
        assert_eq!(Accent::new("#9c452f").unwrap().light, "#9c452f");
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "9c452f", "#9c45", "#9c452g", "#+c452f", "#ééé", "red", "#000;}body{display:none"]
        {
            assert_eq!(Accent::new(text), Err(NotAColour), "{text}");
        }
    }

    #[test]
    fn contrast_is_that_of_the_standard() {
        assert!((contrast([0.0; 3], [255.0; 3]) - 21.0).abs() < 1e-9);
        assert!((contrast([118.0; 3], [255.0; 3]) - 4.54).abs() < 0.01);
    }
}
