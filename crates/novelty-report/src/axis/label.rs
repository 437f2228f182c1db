use super::Kind;

/// Units for large numbers: the size, and the ending that stands for it.
const UNITS: [(f64, &str); 4] = [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")];

/// No axis needs more: the narrowest one has a width of 1e-9 of its values' size.
const MOST_DECIMALS: usize = 11;

/// Labels for ticks: as few digits as tell them apart.
///
/// From 10,000 on numbers end in k, M, G or T; beyond those, and below 0.001, they are written
/// like 2e−7.
pub(crate) fn labels(kind: Kind, ticks: &[f64]) -> Vec<String> {
    match kind {
        Kind::Linear => together(ticks, smallest_gap(ticks)),
        Kind::Log => ticks.iter().flat_map(|tick| together(&[*tick], tick.abs())).collect(),
    }
}

/// A number in three digits.
pub(crate) fn short(value: f64) -> String {
    // The largest number there is rounds to infinity.
    let rounded = format!("{value:.2e}").parse().ok().filter(|x: &f64| x.is_finite());
    let rounded = rounded.unwrap_or(value);
    together(&[rounded], 0.01 * rounded.abs()).concat()
}

/// The two ends of a range, in as few digits as tell a hundredth of it.
pub(crate) fn ends_in_words(ends: [f64; 2]) -> [String; 2] {
    let texts = labels(Kind::Linear, &ends);
    <[String; 2]>::try_from(texts).unwrap_or_default()
}

fn smallest_gap(ticks: &[f64]) -> f64 {
    let gaps = ticks.windows(2).map(|pair| (pair[1] - pair[0]).abs());
    gaps.min_by(f64::total_cmp).unwrap_or_else(|| ticks.first().map_or(1.0, |tick| tick.abs()))
}

/// Labels of one unit and as many decimals each.
fn together(ticks: &[f64], gap: f64) -> Vec<String> {
    let (size, ending) = unit(ticks.iter().fold(0.0, |largest, tick| tick.abs().max(largest)));
    let exact = |decimals: usize| {
        let power = 10f64.powi(decimals as i32);
        ticks
            .iter()
            .all(|t| ((t / size * power).round() / power - t / size).abs() <= 0.01 * gap / size)
    };
    let decimals = (0..MOST_DECIMALS).find(|decimals| exact(*decimals)).unwrap_or(MOST_DECIMALS);
    let write = |tick: &f64| {
        let digits = format!("{:.decimals$}", tick / size);
        if digits.trim_matches(['-', '0', '.']).is_empty() {
            return "0".to_owned();
        }
        format!("{digits}{ending}").replace('-', "\u{2212}")
    };
    ticks.iter().map(write).collect()
}

/// The unit numbers up to `largest` are written in, and its ending.
fn unit(largest: f64) -> (f64, String) {
    if largest == 0.0 || (1e-3..1e4).contains(&largest) {
        return (1.0, String::new());
    }
    let named = UNITS.iter().find(|(size, _)| largest >= *size && largest < 1e15);
    named.map_or_else(|| power_of_ten(largest), |(size, ending)| (*size, (*ending).to_owned()))
}

fn power_of_ten(largest: f64) -> (f64, String) {
    // Smaller powers cannot be divided by.
    let power = ((largest.log10() + 1e-9).floor() as i32).max(-307);
    (10f64.powi(power), format!("e{power}"))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;
    use crate::axis::{Extent, ticks};

    fn linear(ticks: &[f64]) -> Vec<String> {
        labels(Kind::Linear, ticks)
    }

    #[test]
    fn few_digits() {
        assert_eq!(linear(&[0.0, 0.2, 0.4]), ["0", "0.2", "0.4"]);
        assert_eq!(linear(&[0.0, 5000.0, 10_000.0]), ["0", "5k", "10k"]);
        assert_eq!(linear(&[2500.0, 5000.0]), ["2500", "5000"]);
        assert_eq!(linear(&[-1.0, 0.0, 1.0]), ["−1", "0", "1"]);
        assert_eq!(linear(&[0.002, 0.004]), ["0.002", "0.004"]);
        assert_eq!(linear(&[0.0, 2e-7, 4e-7]), ["0", "2e−7", "4e−7"]);
        assert_eq!(linear(&[0.0, 1.5e6, 3e6]), ["0", "1.5M", "3.0M"]);
        assert_eq!(linear(&[2e20, 3e20]), ["2e20", "3e20"]);
        assert_eq!(linear(&[]), [""; 0]);
    }

    #[test]
    fn numbers_in_words_have_three_digits() {
        let texts = [0.0, 0.012345, -1234.5, 56789.0, 1.0 / 3.0, 1e-300].map(short);
        assert_eq!(texts, ["0", "0.0123", "−1230", "56.8k", "0.333", "1e−300"]);
    }

    #[test]
    fn logarithmic_ones_stand_alone() {
        let ticks = [1e-5, 1e-3, 0.1, 1.0, 100.0, 1e4, 1e6];
        let expected = ["1e−5", "0.001", "0.1", "1", "100", "10k", "1M"];
        assert_eq!(labels(Kind::Log, &ticks), expected);
    }

    proptest! {
        #[test]
        fn tell_ticks_apart(low in -1e6..1e6f64, power in -2..7i32, target in 2usize..8) {
            let extent = Extent { low, high: low + 10f64.powi(power) };
            let ticks = ticks(Kind::Linear, extent, target);
            let texts = linear(&ticks);
            prop_assert_eq!(texts.iter().collect::<HashSet<_>>().len(), ticks.len(), "{:?}", &texts);
            prop_assert!(texts.iter().all(|text| text.chars().count() <= 12), "{:?}", &texts);
        }
    }
}
