//! Where each pixel of the baseline lies in the follow-up, and how well that is known.

use crate::plane::Plane;
use crate::sample::{bicubic, bilinear};

/// A dense map from the baseline to the follow-up. All four planes have the size of the baseline.
#[derive(Debug, Clone)]
pub struct Map {
    /// Abscissa in the follow-up of each baseline pixel, px.
    pub x: Plane,
    /// Ordinate in the follow-up of each baseline pixel, px.
    pub y: Plane,
    /// Expected distance from the true place (root mean square), px of the follow-up.
    pub error: Plane,
    /// How far a pixel is skin that both photographs show, 0 to 1. Where it is below one half, nothing should be
    /// measured: the map is only carried on from the skin around.
    pub skin: Plane,
}

impl Map {
    /// The map of a photograph to itself.
    pub fn identity(width: usize, height: usize) -> Self {
        Self {
            x: Plane::from_fn(width, height, |x, _| x as f32),
            y: Plane::from_fn(width, height, |_, y| y as f32),
            error: Plane::filled(width, height, 0.0),
            skin: Plane::filled(width, height, 1.0),
        }
    }

    /// Where a place of the baseline lies in the follow-up, px. Between centres the map is interpolated bilinearly;
    /// beyond the border it goes on as it does at the border.
    pub fn at(&self, x: f32, y: f32) -> (f32, f32) {
        let inner_x = x.clamp(0.0, self.x.width as f32 - 1.0);
        let inner_y = y.clamp(0.0, self.x.height as f32 - 1.0);
        (
            bilinear(&self.x, inner_x, inner_y) + (x - inner_x),
            bilinear(&self.y, inner_x, inner_y) + (y - inner_y),
        )
    }

    /// Expected error at a place of the baseline, px of the follow-up.
    pub fn error_at(&self, x: f32, y: f32) -> f32 {
        bilinear(&self.error, x, y)
    }

    /// A channel of the follow-up brought on to the baseline's grid (bicubic).
    #[must_use]
    pub fn warp(&self, follow: &Plane) -> Plane {
        let width = self.x.width;
        Plane::from_fn(width, self.x.height, |x, y| {
            bicubic(follow, self.x.data[y * width + x], self.y.data[y * width + x])
        })
    }

    /// Area in the follow-up of a baseline pixel, px² (1 where nothing was stretched, negative where the map folds).
    pub fn area_at(&self, x: usize, y: usize) -> f32 {
        let (left, right) = (x.saturating_sub(1), (x + 1).min(self.x.width - 1));
        let (top, below) = (y.saturating_sub(1), (y + 1).min(self.x.height - 1));
        let (across, down) = ((right - left) as f32, (below - top) as f32);
        let xx = (self.x.at(right, y) - self.x.at(left, y)) / across;
        let yx = (self.y.at(right, y) - self.y.at(left, y)) / across;
        let xy = (self.x.at(x, below) - self.x.at(x, top)) / down;
        let yy = (self.y.at(x, below) - self.y.at(x, top)) / down;
        xx * yy - xy * yx
    }
}
