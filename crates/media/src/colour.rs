//! Colours to sRGB, whatever profile the file carries.

use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};

use crate::{Damage, Format, Limits, Refusal, decode::Decoded};

/// Where the colours of a picture came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Colours {
    /// The file says nothing, and sRGB was taken for granted, as every browser does.
    Assumed,
    /// The file says sRGB, in words or by a profile that comes to the same.
    Srgb,
    /// The file has other colours, such as Display P3, and they were converted.
    Converted,
}

/// What a file says about its colours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Nothing.
    Silent,
    /// sRGB, in words.
    Srgb,
    /// Display P3, in words.
    DisplayP3,
    /// An ICC profile.
    Icc(Vec<u8>),
}

/// Brings the pixels to sRGB in place.
pub(crate) fn to_srgb(decoded: &mut Decoded, format: Format) -> Result<Colours, Refusal> {
    let damaged = Refusal::Damaged(format, Damage::Profile);
    let profile = match &decoded.profile {
        Profile::Silent if decoded.exif.adobe_rgb => ColorProfile::new_adobe_rgb(),
        Profile::Silent => return Ok(Colours::Assumed),
        Profile::Srgb => return Ok(Colours::Srgb),
        Profile::DisplayP3 => ColorProfile::new_display_p3(),
        Profile::Icc(bytes) if bytes.len() > Limits::PROFILE_BYTES => return Err(damaged),
        Profile::Icc(bytes) => ColorProfile::new_from_slice(bytes).map_err(|_| damaged)?,
    };
    let layout = match profile.color_space {
        DataColorSpace::Rgb => Layout::Rgb,
        DataColorSpace::Gray => Layout::Gray,
        _ => return Err(Refusal::Colours),
    };
    let srgb = ColorProfile::new_srgb();
    let transform = profile
        .create_transform_8bit(layout, &srgb, Layout::Rgb, TransformOptions::default())
        .map_err(|_| damaged)?;
    let mut converted = vec![0; 3 * decoded.width];
    let mut source = vec![0; 3 * decoded.width];
    if layout == Layout::Gray {
        source.truncate(decoded.width);
    }
    let mut convert = |row: &mut [u8]| {
        match layout {
            Layout::Gray => {
                source.iter_mut().zip(row.chunks_exact(3)).for_each(|(one, pixel)| *one = pixel[0])
            }
            _ => source.copy_from_slice(row),
        }
        let done = transform.transform(&source, &mut converted);
        row.copy_from_slice(&converted);
        done.map_err(|_| damaged)
    };
    if layout == Layout::Rgb && is_srgb(&*transform).map_err(|_| damaged)? {
        return Ok(Colours::Srgb);
    }
    decoded.rgb.chunks_exact_mut(3 * decoded.width).try_for_each(&mut convert)?;
    Ok(Colours::Converted)
}

/// Whether a conversion changes no channel of a lattice of colours by more than one step of 255. Then the profile is
/// sRGB by another name, and leaving the pixels alone is exacter than rounding them twice.
fn is_srgb(transform: &moxcms::Transform8BitExecutor) -> Result<bool, moxcms::CmsError> {
    const STEPS: [u8; 9] = [0, 12, 32, 64, 96, 128, 170, 213, 255];
    let mut lattice = Vec::with_capacity(3 * STEPS.len().pow(3));
    for red in STEPS {
        for green in STEPS {
            STEPS.iter().for_each(|blue| lattice.extend([red, green, *blue]));
        }
    }
    let mut seen = vec![0; lattice.len()];
    transform.transform(&lattice, &mut seen)?;
    Ok(lattice.iter().zip(&seen).all(|(before, after)| before.abs_diff(*after) <= 1))
}
