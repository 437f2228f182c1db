//! Structural similarity, of Wang, Bovik, Sheikh and Simoncelli, 2004.
//!
//! With `s = x + y` and `d = x - y`, and means and variances under a Gaussian window,
//! `1 - l = m_d^2 / (m_x^2 + m_y^2 + C1)` and `1 - cs = v_d / (v_x + v_y + C2)`, where
//! `m_x^2 + m_y^2 = (m_s^2 + m_d^2) / 2` and likewise for the variances. So four images are
//! blurred instead of five, and nearly equal images do not cancel.

use pulp::Arch;

/// The Gaussian of standard deviation 1.5, cut at 3.5 of them.
pub(super) const RADIUS: usize = 5;
pub(super) const WINDOW: usize = 2 * RADIUS + 1;
const SIGMA: f64 = 1.5;
/// `(0.01 L)^2` and `(0.03 L)^2` for a data range `L` of 1.
const C1: f64 = 0.01 * 0.01;
const C2: f64 = 0.03 * 0.03;
/// `s`, `d` and their squares.
const FIELDS: usize = 4;
/// Rows that are kept: a power of two above the window.
const RING: usize = 16;

/// How far each pixel's neighbourhood is from equal, in brightness and in structure.
pub(super) struct Deficits {
    /// `1 - l` of each pixel.
    pub(super) luminance: Vec<f32>,
    /// `1 - cs` of each pixel.
    pub(super) structure: Vec<f32>,
}

impl Deficits {
    /// `1 - l cs` of a pixel.
    pub(super) fn at(&self, index: usize) -> f32 {
        let (l, cs) = (self.luminance[index], self.structure[index]);
        l + cs - l * cs
    }
}

/// Compares two planes, each side of which is at least [`WINDOW`].
pub(super) fn deficits(x: &[f32], y: &[f32], width: usize) -> Deficits {
    let mut deficits = Deficits { luminance: vec![0.0; x.len()], structure: vec![0.0; x.len()] };
    Arch::new().dispatch(
        #[inline(always)]
        || fill(x, y, width, &mut deficits),
    );
    deficits
}

/// `k[i]` is the weight of a pixel `i` away.
fn kernel() -> [f64; RADIUS + 1] {
    let mut kernel = [0.0; RADIUS + 1];
    for (i, weight) in kernel.iter_mut().enumerate() {
        *weight = (-((i * i) as f64) / (2.0 * SIGMA * SIGMA)).exp();
    }
    let total = kernel[0] + 2.0 * kernel[1..].iter().sum::<f64>();
    kernel.map(|weight| weight / total)
}

/// The blurred rows that the rows being compared still need, `FIELDS * width` values each.
struct Ring {
    rows: Vec<f64>,
    stride: usize,
}

impl Ring {
    #[inline(always)]
    fn row(&self, row: usize, field: usize, width: usize) -> &[f64] {
        let start = (row % RING) * self.stride + field * width;
        &self.rows[start..start + width]
    }
}

#[inline(always)]
fn fill(x: &[f32], y: &[f32], width: usize, out: &mut Deficits) {
    let height = x.len() / width;
    let kernel = kernel();
    let mut ring = Ring { rows: vec![0.0; RING * FIELDS * width], stride: FIELDS * width };
    let mut padded = vec![0.0; FIELDS * (width + 2 * RADIUS)];
    let mut blurred = vec![0.0; FIELDS * width];
    for row in 0..height + RADIUS {
        if row < height {
            let range = row * width..(row + 1) * width;
            pad(&x[range.clone()], &y[range], &mut padded);
            let start = (row % RING) * ring.stride;
            across(&padded, width, &kernel, &mut ring.rows[start..start + FIELDS * width]);
        }
        if let Some(centre) = row.checked_sub(RADIUS) {
            down(&ring, (centre, height), width, &kernel, &mut blurred);
            let range = centre * width..(centre + 1) * width;
            compare(&blurred, &mut out.luminance[range.clone()], &mut out.structure[range]);
        }
    }
}

/// The four fields of a row, mirrored at its ends with the edge pixel repeated.
#[inline(always)]
fn pad(x: &[f32], y: &[f32], padded: &mut [f64]) {
    let width = x.len();
    let stride = width + 2 * RADIUS;
    for i in 0..width {
        let (x, y) = (f64::from(x[i]), f64::from(y[i]));
        let (s, d) = (x + y, x - y);
        padded[RADIUS + i] = s;
        padded[stride + RADIUS + i] = d;
        padded[2 * stride + RADIUS + i] = s * s;
        padded[3 * stride + RADIUS + i] = d * d;
    }
    for field in padded.chunks_exact_mut(stride) {
        for i in 0..RADIUS {
            field[RADIUS - 1 - i] = field[RADIUS + i];
            field[RADIUS + width + i] = field[RADIUS + width - 1 - i];
        }
    }
}

#[inline(always)]
fn across(padded: &[f64], width: usize, kernel: &[f64; RADIUS + 1], out: &mut [f64]) {
    let stride = width + 2 * RADIUS;
    for (field, out) in padded.chunks_exact(stride).zip(out.chunks_exact_mut(width)) {
        let taps: [&[f64]; WINDOW] = std::array::from_fn(|i| &field[i..i + width]);
        weigh(&taps, kernel, out);
    }
}

#[inline(always)]
fn down(
    ring: &Ring,
    (centre, height): (usize, usize),
    width: usize,
    kernel: &[f64; RADIUS + 1],
    out: &mut [f64],
) {
    for (field, out) in out.chunks_exact_mut(width).enumerate() {
        let taps: [&[f64]; WINDOW] =
            std::array::from_fn(|i| ring.row(mirror(centre + i, height), field, width));
        weigh(&taps, kernel, out);
    }
}

/// The row `shifted - RADIUS`, mirrored where it lies outside.
#[inline(always)]
fn mirror(shifted: usize, height: usize) -> usize {
    if shifted < RADIUS {
        RADIUS - 1 - shifted
    } else if shifted - RADIUS < height {
        shifted - RADIUS
    } else {
        2 * height - 1 - (shifted - RADIUS)
    }
}

/// The symmetric weighted sum of eleven rows.
#[inline(always)]
fn weigh(taps: &[&[f64]; WINDOW], kernel: &[f64; RADIUS + 1], out: &mut [f64]) {
    let width = out.len();
    let taps: [&[f64]; WINDOW] = std::array::from_fn(|i| &taps[i][..width]);
    for i in 0..width {
        let mut sum = kernel[0] * taps[RADIUS][i];
        for k in 1..=RADIUS {
            sum += kernel[k] * (taps[RADIUS - k][i] + taps[RADIUS + k][i]);
        }
        out[i] = sum;
    }
}

#[inline(always)]
fn compare(blurred: &[f64], luminance: &mut [f32], structure: &mut [f32]) {
    let width = luminance.len();
    let structure = &mut structure[..width];
    let (s, rest) = blurred.split_at(width);
    let (d, rest) = rest.split_at(width);
    let (ss, dd) = rest.split_at(width);
    let dd = &dd[..width];
    for i in 0..width {
        let (mean_s, mean_d) = (s[i] * s[i], d[i] * d[i]);
        // Rounding may leave a variance of a flat window just below zero.
        let (var_s, var_d) = ((ss[i] - mean_s).max(0.0), (dd[i] - mean_d).max(0.0));
        luminance[i] = (mean_d / (0.5 * (mean_s + mean_d) + C1)) as f32;
        structure[i] = (var_d / (0.5 * (var_s + var_d) + C2)) as f32;
    }
}

/// The mean of `1 - SSIM` over the pixels whose whole window lies inside.
pub(super) fn mean_inside(height: usize, width: usize, deficit: impl Fn(usize) -> f32) -> f64 {
    let mut sum = 0.0;
    for row in RADIUS..height - RADIUS {
        let pixels = row * width + RADIUS..(row + 1) * width - RADIUS;
        sum += pixels.map(|i| f64::from(deficit(i))).sum::<f64>();
    }
    sum / ((height - 2 * RADIUS) * (width - 2 * RADIUS)) as f64
}
