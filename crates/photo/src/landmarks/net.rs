//! A small feed-forward network: read from a `.net` file (the layout stands in `models/convert.py`) and run.
//!
//! Activations lie as height x width x channels, f32. The weights are 16-bit floats in the file and widened once.

/// One step of a network.
struct Step {
    kind: Kind,
    first: usize,
    output: usize,
}

enum Kind {
    /// Kernel [height][width][in][out] and bias [out].
    Convolution {
        window: Window,
        outputs: usize,
        kernel: Vec<f32>,
        bias: Vec<f32>,
    },
    /// Kernel [height][width][channel] and bias [channel].
    Depthwise {
        window: Window,
        kernel: Vec<f32>,
        bias: Vec<f32>,
    },
    /// Negative values times a slope for each channel.
    Prelu(Vec<f32>),
    Relu,
    Add {
        second: usize,
    },
    /// Channels of zeros behind those there are.
    Widen {
        channels: usize,
    },
    /// The largest of two by two.
    MaxPool,
}

#[derive(Clone, Copy)]
struct Window {
    height: usize,
    width: usize,
    stride: usize,
    same: bool,
}

impl Window {
    /// Length of an output edge, and how far the first window reaches over the border.
    fn along(self, input: usize, kernel: usize) -> (usize, usize) {
        if !self.same {
            return ((input - kernel) / self.stride + 1, 0);
        }
        let output = input.div_ceil(self.stride);
        (output, ((output - 1) * self.stride + kernel).saturating_sub(input) / 2)
    }
}

/// Values of a layer: height x width x channels.
#[derive(Clone, Default)]
pub(super) struct Activation {
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) channels: usize,
    pub(super) data: Vec<f32>,
}

impl Activation {
    fn of_size(height: usize, width: usize, channels: usize) -> Self {
        Self { height, width, channels, data: vec![0.0; height * width * channels] }
    }
}

/// A network with its weights.
pub(super) struct Net {
    /// Height, width and channels of the input.
    pub(super) input: [usize; 3],
    values: usize,
    results: Vec<usize>,
    steps: Vec<Step>,
}

/// Reads numbers from the front of a file; `None` at its end.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn number(&mut self) -> Option<usize> {
        let (head, rest) = self.0.split_first_chunk::<4>()?;
        self.0 = rest;
        usize::try_from(u32::from_le_bytes(*head)).ok()
    }

    fn halves(&mut self, count: usize) -> Option<Vec<f32>> {
        let (head, rest) = self.0.split_at_checked(count.checked_mul(2)?)?;
        self.0 = rest;
        Some(head.chunks_exact(2).map(|pair| widen(u16::from_le_bytes([pair[0], pair[1]]))).collect())
    }
}

/// The value of a 16-bit float (IEEE 754 binary16).
fn widen(half: u16) -> f32 {
    let sign = if half & 0x8000 == 0 { 1.0 } else { -1.0 };
    let (exponent, fraction) = (i32::from(half >> 10 & 0x1f), f32::from(half & 0x3ff));
    match exponent {
        0 => sign * fraction * (-24f32).exp2(),
        31 => f32::NAN,
        _ => sign * (1024.0 + fraction) * ((exponent - 25) as f32).exp2(),
    }
}

impl Net {
    /// Reads a `.net` file; `None` if it is not one, is cut short, or has a step that this module does not know.
    pub(super) fn parse(file: &[u8]) -> Option<Self> {
        let mut reader = Reader(file.strip_prefix(b"STPLNET1")?);
        let mut take = || reader.number();
        let input = [take()?, take()?, take()?];
        let (values, count, answers) = (take()?, take()?, take()?);
        let results: Vec<usize> = (0..answers).map(|_| take()).collect::<Option<_>>()?;
        let rows: Vec<[usize; 10]> = (0..count)
            .map(|_| {
                let mut row = [0; 10];
                for field in &mut row {
                    *field = take()?;
                }
                Some(row)
            })
            .collect::<Option<_>>()?;
        let steps = rows.iter().map(|row| Self::step(row, &mut reader)).collect::<Option<Vec<_>>>()?;
        let known = |value: &usize| *value < values;
        let whole = reader.0.is_empty() && results.iter().all(known);
        whole.then_some(Self { input, values, results, steps })
    }

    fn step(row: &[usize; 10], reader: &mut Reader<'_>) -> Option<Step> {
        let &[kind, first, second, output, height, width, inputs, outputs, stride, same] = row;
        let window = Window { height, width, stride, same: same == 1 };
        let kind = match kind {
            0 => Kind::Convolution {
                window,
                outputs,
                kernel: reader.halves(height * width * inputs * outputs)?,
                bias: reader.halves(outputs)?,
            },
            1 => Kind::Depthwise {
                window,
                kernel: reader.halves(height * width * inputs)?,
                bias: reader.halves(inputs)?,
            },
            2 => Kind::Prelu(reader.halves(inputs)?),
            3 => Kind::Relu,
            4 => Kind::Add { second },
            5 => Kind::Widen { channels: outputs },
            6 => Kind::MaxPool,
            _ => return None,
        };
        Some(Step { kind, first, output })
    }

    /// The results for an input of the size [`Net::input`].
    pub(super) fn run(&self, input: Vec<f32>) -> Vec<Activation> {
        let [height, width, channels] = self.input;
        let mut values = vec![Activation::default(); self.values];
        values[0] = Activation { height, width, channels, data: input };
        for step in &self.steps {
            let from = &values[step.first];
            let to = match &step.kind {
                Kind::Convolution { window, outputs, kernel, bias } => {
                    convolution(from, *window, *outputs, kernel, bias)
                }
                Kind::Depthwise { window, kernel, bias } => depthwise(from, *window, kernel, bias),
                Kind::Prelu(slopes) => prelu(from, slopes),
                Kind::Relu => mapped(from, |value| value.max(0.0)),
                Kind::Add { second } => add(from, &values[*second]),
                Kind::Widen { channels } => widened(from, *channels),
                Kind::MaxPool => max_pool(from),
            };
            values[step.output] = to;
        }
        self.results.iter().map(|&result| values[result].clone()).collect()
    }
}

fn mapped(from: &Activation, change: impl Fn(f32) -> f32) -> Activation {
    Activation { data: from.data.iter().map(|&value| change(value)).collect(), ..*from }
}

fn prelu(from: &Activation, slopes: &[f32]) -> Activation {
    let mut to = from.clone();
    for pixel in to.data.chunks_exact_mut(from.channels) {
        for (value, slope) in pixel.iter_mut().zip(slopes) {
            *value = value.max(0.0) + slope * value.min(0.0);
        }
    }
    to
}

fn add(one: &Activation, other: &Activation) -> Activation {
    let data = one.data.iter().zip(&other.data).map(|(one, other)| one + other).collect();
    Activation { data, ..*one }
}

fn widened(from: &Activation, channels: usize) -> Activation {
    let mut to = Activation::of_size(from.height, from.width, channels);
    for (wide, pixel) in to.data.chunks_exact_mut(channels).zip(from.data.chunks_exact(from.channels)) {
        wide[..from.channels].copy_from_slice(pixel);
    }
    to
}

fn max_pool(from: &Activation) -> Activation {
    let (width, channels) = (from.width / 2, from.channels);
    let mut to = Activation::of_size(from.height / 2, width, channels);
    for (y, row) in to.data.chunks_exact_mut(width * channels).enumerate() {
        for (x, pixel) in row.chunks_exact_mut(channels).enumerate() {
            pixel.fill(f32::NEG_INFINITY);
            for (j, i) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
                let at = ((2 * y + j) * from.width + 2 * x + i) * channels;
                for (out, value) in pixel.iter_mut().zip(&from.data[at..at + channels]) {
                    *out = out.max(*value);
                }
            }
        }
    }
    to
}

/// Calls `visit(output pixel, kernel place, input offset)` for each place of each window that lies on the input.
fn each_window(
    from: &Activation,
    window: Window,
    to: &mut Activation,
    visit: impl Fn(&mut [f32], usize, &[f32]),
) {
    let (_, over_top) = window.along(from.height, window.height);
    let (_, over_left) = window.along(from.width, window.width);
    let (width, channels) = (to.width, to.channels);
    for (y, row) in to.data.chunks_exact_mut(width * channels).enumerate() {
        for (x, pixel) in row.chunks_exact_mut(channels).enumerate() {
            for j in 0..window.height {
                let Some(from_y) = (y * window.stride + j).checked_sub(over_top) else { continue };
                for i in 0..window.width {
                    let Some(from_x) = (x * window.stride + i).checked_sub(over_left) else { continue };
                    if from_y < from.height && from_x < from.width {
                        let at = (from_y * from.width + from_x) * from.channels;
                        visit(pixel, j * window.width + i, &from.data[at..at + from.channels]);
                    }
                }
            }
        }
    }
}

fn sized(from: &Activation, window: Window, channels: usize, bias: &[f32]) -> Activation {
    let (height, _) = window.along(from.height, window.height);
    let (width, _) = window.along(from.width, window.width);
    let mut to = Activation::of_size(height, width, channels);
    for pixel in to.data.chunks_exact_mut(channels) {
        pixel.copy_from_slice(bias);
    }
    to
}

fn depthwise(from: &Activation, window: Window, kernel: &[f32], bias: &[f32]) -> Activation {
    let mut to = sized(from, window, from.channels, bias);
    each_window(from, window, &mut to, |pixel, place, values| {
        let weights = &kernel[place * values.len()..];
        for ((out, value), weight) in pixel.iter_mut().zip(values).zip(weights) {
            *out += value * weight;
        }
    });
    to
}

fn convolution(
    from: &Activation,
    window: Window,
    outputs: usize,
    kernel: &[f32],
    bias: &[f32],
) -> Activation {
    let mut to = sized(from, window, outputs, bias);
    each_window(from, window, &mut to, |pixel, place, values| {
        let weights = &kernel[place * values.len() * outputs..][..values.len() * outputs];
        multiply(pixel, values, weights);
    });
    to
}

/// Adds `values` times the matrix `weights` to `sums`. Sixteen sums at a time stay in registers.
fn multiply(sums: &mut [f32], values: &[f32], weights: &[f32]) {
    const WIDE: usize = 16;
    let outputs = sums.len();
    let mut parts = sums.chunks_exact_mut(WIDE);
    let mut first = 0;
    for part in &mut parts {
        let mut kept = [0.0f32; WIDE];
        for (value, row) in values.iter().zip(weights.chunks_exact(outputs)) {
            for (sum, weight) in kept.iter_mut().zip(&row[first..first + WIDE]) {
                *sum += value * weight;
            }
        }
        for (out, sum) in part.iter_mut().zip(kept) {
            *out += sum;
        }
        first += WIDE;
    }
    for (at, out) in (first..).zip(parts.into_remainder()) {
        *out +=
            values.iter().zip(weights.chunks_exact(outputs)).map(|(value, row)| value * row[at]).sum::<f32>();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What both networks were shown by the reference runtime (LiteRT 2.3.0) and here.
    fn pattern(edge: usize, low: f32, high: f32) -> Vec<f32> {
        let value = |at: usize| {
            let (channel, x, y) = (at % 3, at / 3 % edge, at / 3 / edge);
            let whole = ((7 * x + 13 * y + 29 * channel) * ((x * y) % 11 + 1)) % 251;
            low + (high - low) * whole as f32 / 250.0
        };
        (0..edge * edge * 3).map(value).collect()
    }

    fn close(found: f32, expected: f32) {
        assert!((found - expected).abs() <= 1e-3 * expected.abs().max(1.0), "{found}, not {expected}");
    }

    #[test]
    fn the_landmark_model_answers_as_its_reference() {
        let net = Net::parse(include_bytes!("../../models/face-landmarks.net")).expect("a whole file");
        let results = net.run(pattern(192, 0.0, 1.0));
        let points = &results[0].data;
        assert_eq!((results.len(), points.len(), results[1].data.len()), (2, 1404, 1));
        for (at, expected) in [(0, 99.720_695), (1, 114.971_375), (2, -11.389_367), (1401, 136.940_3)] {
            close(points[at], expected);
        }
        close(points.iter().sum(), 90_766.37);
        close(results[1].data[0], -9.974_988);
    }

    #[test]
    fn the_detector_answers_as_its_reference() {
        let net = Net::parse(include_bytes!("../../models/face-detector.net")).expect("a whole file");
        let results = net.run(pattern(128, -1.0, 1.0));
        let lengths: Vec<usize> = results.iter().map(|result| result.data.len()).collect();
        assert_eq!(lengths, [8192, 6144, 512, 384]);
        for (at, expected) in [(0, -0.130_413), (2, 26.838_78), (5, -4.476_564)] {
            close(results[0].data[at], expected);
        }
        close(results[1].data[6143], -10.860_023);
        close(results[0].data.iter().chain(&results[1].data).sum(), 78_322.47);
        for (at, expected) in [(0, -4.506_465), (3, -3.421_505)] {
            close(results[2].data[at], expected);
        }
        close(results[3].data[383], -54.147_46);
    }

    #[test]
    fn a_cut_or_changed_file_is_none() {
        let file = include_bytes!("../../models/face-detector.net");
        for length in [0, 7, 8, 31, 600, file.len() / 2, file.len() - 1] {
            assert!(Net::parse(&file[..length]).is_none(), "{length} bytes");
        }
        let mut longer = file.to_vec();
        longer.push(0);
        assert!(Net::parse(&longer).is_none());
        let mut unknown = file.to_vec();
        unknown[8 + 24 + 16] = 9;
        assert!(Net::parse(&unknown).is_none());
    }

    #[test]
    fn halves_are_widened_exactly() {
        let cases =
            [(0x0000, 0.0), (0x3c00, 1.0), (0xc000, -2.0), (0x3555, 0.333_251_95), (0x0001, 5.960_464_5e-8)];
        for (half, expected) in cases {
            assert_eq!(widen(half), expected);
        }
    }
}
