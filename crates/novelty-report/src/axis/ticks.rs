use super::{Extent, Kind};

/// The steps ticks may take within a power of ten.
const NICE: [f64; 4] = [1.0, 2.0, 5.0, 10.0];

/// Round values inside an extent, rising, near `target` of them.
pub(crate) fn ticks(kind: Kind, extent: Extent, target: usize) -> Vec<f64> {
    let target = target.max(2);
    match kind {
        Kind::Linear => linear(extent, target),
        Kind::Log => log(extent, target),
    }
}

/// A linear extent moved out to round values.
pub(crate) fn rounded_out(extent: Extent, target: usize) -> Extent {
    let step = step(extent, target);
    let low = (extent.low / step).floor() * step;
    let high = (extent.high / step).ceil() * step;
    if low.is_finite() && high.is_finite() {
        Extent { low: low.min(extent.low), high: high.max(extent.high) }
    } else {
        extent
    }
}

/// The smallest round step that needs at most `target` intervals.
fn step(extent: Extent, target: usize) -> f64 {
    let rough = 2.0 * (extent.half_width() / target as f64);
    let power = 10f64.powf(rough.log10().floor());
    let step = NICE.iter().map(|nice| nice * power).find(|step| *step >= rough * (1.0 - 1e-9));
    step.filter(|step| step.is_normal()).unwrap_or(rough)
}

/// A few intervals may hold but one round value: then smaller ones are tried.
fn linear(extent: Extent, target: usize) -> Vec<f64> {
    let tried = [target, 2 * target, 4 * target].map(|target| multiples(extent, target));
    tried.into_iter().find(|ticks| ticks.len() >= 2).unwrap_or_default()
}

fn multiples(extent: Extent, target: usize) -> Vec<f64> {
    let step = step(extent, target);
    // A breath of slack: 0.3 / 0.1 is a little below 3.
    let first = (extent.low / step - 1e-9).ceil();
    let slack = step * 1e-9;
    let inside = extent.low - slack..=extent.high + slack;
    let ticks = (0..=target + 1).map(|i| multiple(first + i as f64, step));
    ticks.filter(|tick| tick.is_finite() && inside.contains(tick)).collect()
}

/// `count * step`, as the number a person writes: 0.3, not 0.30000000000000004.
fn multiple(count: f64, step: f64) -> f64 {
    let per_unit = (1.0 / step).round();
    if step < 1.0 && (per_unit * step - 1.0).abs() < 1e-9 { count / per_unit } else { count * step }
}

fn log(extent: Extent, target: usize) -> Vec<f64> {
    let (first, last) = (extent.low.log10(), extent.high.log10());
    let (first, last) = ((first - 1e-9).ceil() as i32, (last + 1e-9).floor() as i32);
    if last > first {
        let stride = ((last - first) as usize).div_ceil(target).max(1);
        return (first..=last).step_by(stride).map(|power| 10f64.powi(power)).collect();
    }
    let fine: Vec<f64> = (first - 1..=last + 1)
        .flat_map(|power| [1.0, 2.0, 5.0].map(|nice| nice * 10f64.powi(power)))
        .filter(|tick| extent.contains(*tick))
        .collect();
    if fine.len() >= 2 { fine } else { linear(extent, target) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn linear_ticks(low: f64, high: f64) -> Vec<f64> {
        ticks(Kind::Linear, Extent { low, high }, 5)
    }

    #[test]
    fn are_round_and_exact() {
        assert_eq!(linear_ticks(0.0, 1.0), [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]);
        assert_eq!(linear_ticks(-0.05, 0.31), [0.0, 0.1, 0.2, 0.3]);
        assert_eq!(linear_ticks(1.0, 20.0), [5.0, 10.0, 15.0, 20.0]);
        assert_eq!(linear_ticks(0.0011, 0.0049), [0.002, 0.003, 0.004]);
    }

    #[test]
    fn logarithmic_ones_are_decades_or_1_2_5() {
        let log = |low, high| ticks(Kind::Log, Extent { low, high }, 5);
        assert_eq!(log(0.5, 2000.0), [1.0, 10.0, 100.0, 1000.0]);
        assert_eq!(log(1.5, 30.0), [2.0, 5.0, 10.0, 20.0]);
        assert_eq!(log(1e-9, 1e9).len(), 5);
        assert!(log(3.1, 3.9).len() >= 2);
    }

    #[test]
    fn rounding_out_keeps_the_range_inside() {
        let out = rounded_out(Extent { low: 0.013, high: 0.97 }, 5);
        assert_eq!((out.low, out.high), (0.0, 1.0));
    }

    /// Ends of any size and sign, down to none and up to the largest.
    fn end() -> impl Strategy<Value = f64> {
        prop_oneof![
            -1e3..1e3f64,
            (-300i32..300, -9.9..9.9f64).prop_map(|(power, x)| x * 10f64.powi(power)),
            Just(0.0),
            Just(f64::MAX),
            Just(f64::MIN),
        ]
    }

    proptest! {
        #[test]
        fn linear_ones_rise_inside_and_are_few(a in end(), b in end(), target in 2usize..9) {
            let extent = Extent { low: a.min(b), high: a.max(b) }.widened();
            let found = ticks(Kind::Linear, extent, target);
            prop_assert!(found.len() >= 2 && found.len() <= 2 * target + 1, "{extent:?} {found:?}");
            prop_assert!(found.windows(2).all(|pair| pair[0] < pair[1]), "{extent:?} {found:?}");
            let room = 1e-6 * extent.half_width();
            prop_assert!(found.iter().all(|t| *t >= extent.low - room && *t <= extent.high + room));
        }

        #[test]
        fn logarithmic_ones_rise_inside_and_are_few(p in -290f64..290.0, decades in 0.0..400f64) {
            let low = 10f64.powf(p);
            let extent = Extent { low, high: (low * 10f64.powf(decades.min(307.0 - p))).max(low) }.padded_log(0.05);
            let found = ticks(Kind::Log, extent, 5);
            prop_assert!(!found.is_empty() && found.len() <= 8, "{extent:?} {found:?}");
            prop_assert!(found.windows(2).all(|pair| pair[0] < pair[1]), "{extent:?} {found:?}");
            prop_assert!(found.iter().all(|t| *t > 0.0 && *t >= extent.low * 0.999 && *t <= extent.high * 1.001));
        }
    }
}
