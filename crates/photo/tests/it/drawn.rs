//! Pictures of skin that a formula draws, so that the truth between two of them is known to a thousandth of a pixel.

use photo::Photograph;

/// A number from 0 to 1 that looks like chance, for a place of a lattice.
fn chance(x: i64, y: i64, seed: u64) -> f32 {
    let mut mixed = seed
        ^ (x as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)
        ^ (y as u64).wrapping_mul(0xc2b2_ae3d_27d4_eb4f);
    for _ in 0..2 {
        mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    }
    ((mixed >> 40) as f32) / (1u64 << 24) as f32
}

/// Smooth noise from -1 to 1 whose hills are about `size` px apart.
pub(crate) fn noise(x: f64, y: f64, size: f64, seed: u64) -> f32 {
    let (x, y) = (x / size, y / size);
    let (left, top) = (x.floor(), y.floor());
    let ease = |t: f64| (t * t * t * (t * (6.0 * t - 15.0) + 10.0)) as f32;
    let (along, down) = (ease(x - left), ease(y - top));
    let at = |i: i64, j: i64| chance(left as i64 + i, top as i64 + j, seed);
    let upper = at(0, 0) + along * (at(1, 0) - at(0, 0));
    let lower = at(0, 1) + along * (at(1, 1) - at(0, 1));
    2.0 * (upper + down * (lower - upper)) - 1.0
}

/// How a picture was taken.
#[derive(Clone, Copy)]
pub(crate) struct Camera {
    /// Brightness, and how much more of it the right border gets than the left.
    pub(crate) gain: f32,
    pub(crate) slope: f32,
    /// Standard deviation of noise, grey levels.
    pub(crate) noise: f32,
    pub(crate) seed: u64,
}

pub(crate) const PLAIN: Camera = Camera { gain: 1.0, slope: 0.0, noise: 0.0, seed: 1 };
pub(crate) const OTHER: Camera = Camera { gain: 0.85, slope: 0.3, noise: 1.5, seed: 2 };

/// Skin: pores, lines and blotches that belong to `person`; `fresh` of the finest texture is of today alone.
#[derive(Clone, Copy)]
pub(crate) struct Skin {
    pub(crate) person: u64,
    pub(crate) fresh: f32,
    pub(crate) today: u64,
    /// How far apart the parts of the face stand, 1 for the usual.
    pub(crate) build: f64,
}

impl Skin {
    pub(crate) fn of(person: u64) -> Self {
        Self { person, fresh: 0.0, today: 0, build: 1.0 }
    }

    /// Red, green and blue, 0 to 255, at a place of the skin.
    fn colour(&self, x: f64, y: f64) -> [f32; 3] {
        let fine = |seed: u64| 5.0 * noise(x, y, 3.1, seed) + 5.0 * noise(x, y, 5.3, seed + 1);
        let kept = (1.0 - self.fresh * self.fresh).sqrt();
        let pores = kept * fine(self.person) + self.fresh * fine(self.today ^ 0x5eed);
        let lines = -9.0 * (1.0 - 6.0 * noise(x, y, 31.0, self.person + 2).abs()).max(0.0);
        let spots = -30.0 * (noise(x, y, 14.0, self.person + 3) - 0.62).max(0.0);
        let blotches = 9.0 * noise(x, y, 60.0, self.person + 4) + 10.0 * noise(x, y, 170.0, self.person + 5);
        let red = 5.0 * noise(x, y, 45.0, self.person + 6);
        let light = pores + lines + spots + blotches;
        [186.0 + light + red, 138.0 + light - red, 112.0 + 0.9 * light - 0.6 * red]
    }
}

/// A displacement of skin between two pictures: a turn, a size and a shift about the middle, and hills of `bend` px.
#[derive(Clone, Copy)]
pub(crate) struct Motion {
    pub(crate) degrees: f64,
    pub(crate) size: f64,
    pub(crate) shift: [f64; 2],
    pub(crate) bend: f64,
}

pub(crate) const STILL: Motion = Motion { degrees: 0.0, size: 1.0, shift: [0.0, 0.0], bend: 0.0 };

impl Motion {
    /// The place of the baseline that a place of the follow-up shows.
    fn back(&self, [x, y]: [f64; 2], [width, height]: [f64; 2]) -> [f64; 2] {
        let (middle_x, middle_y) = (0.5 * width, 0.5 * height);
        let (x, y) = (x - middle_x - self.shift[0], y - middle_y - self.shift[1]);
        let (sine, cosine) = self.degrees.to_radians().sin_cos();
        let (x, y) = ((cosine * x + sine * y) / self.size, (cosine * y - sine * x) / self.size);
        let bend = |u: f64, v: f64| self.bend * (u / 75.0).sin() * (v / 95.0).cos();
        [x + middle_x + bend(x, y), y + middle_y + bend(y + 40.0, x)]
    }

    /// The place of the follow-up that shows a place of the baseline.
    pub(crate) fn there(&self, place: [f64; 2], size: [f64; 2]) -> [f64; 2] {
        let mut found = place;
        for _ in 0..60 {
            let [x, y] = self.back(found, size);
            found = [found[0] + 0.8 * (place[0] - x), found[1] + 0.8 * (place[1] - y)];
        }
        found
    }
}

/// What a camera sees after a motion: `colour` is asked with the place of the baseline and that of the picture.
fn seen(
    [width, height]: [usize; 2],
    motion: Motion,
    camera: Camera,
    colour: impl Fn([f64; 2], [f64; 2]) -> [f32; 3],
) -> Photograph {
    let mut rgb = Vec::with_capacity(width * height * 3);
    for y in 0..height {
        for x in 0..width {
            let place = [x as f64, y as f64];
            let colour = colour(motion.back(place, [width as f64, height as f64]), place);
            let light = camera.gain * (1.0 + camera.slope * (x as f32 / width as f32 - 0.5));
            for (channel, value) in colour.into_iter().enumerate() {
                let grain: f32 = (0..3)
                    .map(|at| chance((x * 3 + channel) as i64, (y * 5 + at) as i64, camera.seed) - 0.5)
                    .sum();
                rgb.push((light * value + 2.0 * camera.noise * grain).round().clamp(0.0, 255.0) as u8);
            }
        }
    }
    Photograph::from_srgb8(width, height, rgb).expect("a size that can be compared")
}

/// Cloth around `middle`, woven at places of the picture and not of the skin.
fn cloth(middle: [f32; 3], [x, y]: [f64; 2], shift: f64) -> [f32; 3] {
    let thread = 45.0 * noise(x + shift, y - shift, 7.0, 99);
    middle.map(|value| value + thread)
}

/// Skin after a motion. With `beside`, what lies left of a line is cloth that has moved by that much on its own.
pub(crate) fn picture(
    size: [usize; 2],
    skin: Skin,
    motion: Motion,
    camera: Camera,
    beside: Option<f64>,
) -> Photograph {
    seen(size, motion, camera, |from, place| {
        let border = 0.16 * size[0] as f64 + 12.0 * (from[1] / 60.0).sin();
        match beside {
            Some(shift) if from[0] < border => cloth([70.0, 95.0, 150.0], place, shift),
            _ => skin.colour(from[0], from[1]),
        }
    })
}

/// Size of a drawn face's picture, and where its pupils are.
pub(crate) const FACE: [usize; 2] = [560, 680];
pub(crate) const PUPILS: [[f64; 2]; 2] = [[212.0, 275.0], [348.0, 275.0]];

/// Parts of a face, painted one over the other on both sides of the middle: distance of the centre from the middle,
/// its height, half axes, softness of the edge, colour, how much it covers.
type Part = (f64, f64, f64, f64, f64, [f32; 3], f32);
const PARTS: [Part; 16] = [
    (0.0, 400.0, 165.0, 200.0, 60.0, [190.0, 138.0, 114.0], 0.25),
    (68.0, 268.0, 46.0, 24.0, 18.0, [165.0, 115.0, 95.0], 0.6),
    (68.0, 232.0, 44.0, 9.0, 5.0, [70.0, 48.0, 36.0], 0.9),
    (68.0, 275.0, 34.0, 15.0, 3.0, [240.0, 236.0, 230.0], 1.0),
    (68.0, 275.0, 14.0, 14.0, 2.0, [80.0, 60.0, 45.0], 1.0),
    (68.0, 275.0, 6.0, 6.0, 2.0, [10.0, 8.0, 8.0], 1.0),
    (68.0, 262.0, 36.0, 5.0, 3.0, [60.0, 40.0, 32.0], 0.9),
    (17.0, 386.0, 10.0, 6.0, 4.0, [90.0, 55.0, 48.0], 0.9),
    (26.0, 370.0, 12.0, 20.0, 10.0, [165.0, 118.0, 98.0], 0.6),
    (100.0, 380.0, 45.0, 60.0, 50.0, [220.0, 150.0, 132.0], 0.3),
    (0.0, 330.0, 14.0, 60.0, 14.0, [222.0, 176.0, 152.0], 0.7),
    (0.0, 372.0, 24.0, 16.0, 14.0, [222.0, 176.0, 152.0], 0.7),
    (0.0, 398.0, 34.0, 7.0, 8.0, [165.0, 112.0, 94.0], 0.6),
    (0.0, 446.0, 58.0, 20.0, 5.0, [185.0, 95.0, 92.0], 0.9),
    (0.0, 444.0, 56.0, 3.0, 3.0, [110.0, 50.0, 50.0], 0.9),
    (0.0, 482.0, 40.0, 8.0, 10.0, [170.0, 120.0, 100.0], 0.5),
];

fn ellipse([x, y]: [f64; 2], centre: [f64; 2], axes: [f64; 2], soft: f64) -> f32 {
    let far = ((x - centre[0]) / axes[0]).hypot((y - centre[1]) / axes[1]);
    ((1.0 - far) * axes[0].min(axes[1]) / soft + 0.5).clamp(0.0, 1.0) as f32
}

fn cover(under: &mut [f32; 3], over: [f32; 3], share: f32) {
    for (under, over) in under.iter_mut().zip(over) {
        *under += share * (over - *under);
    }
}

/// A face with hair before a wall; hair and wall have moved by `shift` px on their own.
pub(crate) fn face(skin: Skin, motion: Motion, camera: Camera, shift: f64) -> Photograph {
    seen(FACE, motion, camera, |from, place| {
        let middle = 0.5 * FACE[0] as f64;
        let mut colour = cloth([150.0, 150.0, 155.0], place, shift);
        let hair = cloth([60.0, 40.0, 30.0], [2.0 * place[0], place[1]], shift).map(|value| value.max(20.0));
        cover(&mut colour, hair, ellipse(from, [middle, 300.0], [205.0, 260.0], 4.0));
        let tone = skin.colour(from[0], from[1]);
        cover(&mut colour, tone, ellipse(from, [middle, 640.0], [110.0, 140.0], 8.0));
        let face = ellipse(from, [middle, 345.0], [165.0, 225.0], 5.0);
        let texture = [0, 1, 2].map(|channel| tone[channel] - [186.0, 138.0, 112.0][channel]);
        let mut front = [205.0, 155.0, 130.0];
        for (aside, height, wide, tall, soft, paint, share) in PARTS {
            let (aside, height) = (aside * skin.build, 275.0 + (height - 275.0) * (2.0 - skin.build));
            let right = ellipse(from, [middle - aside, height], [wide, tall], soft);
            let left = ellipse(from, [middle + aside, height], [wide, tall], soft);
            cover(&mut front, paint, share * right.max(left));
        }
        cover(&mut colour, [0, 1, 2].map(|channel| front[channel] + texture[channel]), face);
        colour
    })
}
