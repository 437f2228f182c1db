use novelty_core::InputError;

use crate::DriftError;
use crate::error::ensure_at_least;

/// A checked copy in ascending order.
pub(crate) fn sorted(place: &'static str, values: &[f32]) -> Result<Vec<f32>, DriftError> {
    ensure_at_least(place, 2, values.len())?;
    if let Some((index, &value)) = values.iter().enumerate().find(|(_, x)| !x.is_finite()) {
        return Err(InputError::NotFinite { place, index, value }.into());
    }
    let mut values = values.to_vec();
    values.sort_unstable_by(f32::total_cmp);
    Ok(values)
}

/// The distinct values of two sorted samples together, each with how many of either sample it
/// is. Zero and minus zero are one value.
pub(super) struct Steps<'a> {
    reference: &'a [f32],
    window: &'a [f32],
}

/// One distinct value of two samples.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Step {
    pub(super) value: f32,
    pub(super) n_reference: usize,
    pub(super) n_window: usize,
}

impl<'a> Steps<'a> {
    pub(super) fn new(reference: &'a [f32], window: &'a [f32]) -> Self {
        Self { reference, window }
    }
}

impl Iterator for Steps<'_> {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        let value = match (self.reference.first(), self.window.first()) {
            (Some(&r), Some(&w)) => r.min(w),
            (Some(&value), None) | (None, Some(&value)) => value,
            (None, None) => return None,
        };
        let n_reference = take_up_to(&mut self.reference, value);
        let n_window = take_up_to(&mut self.window, value);
        Some(Step { value, n_reference, n_window })
    }
}

fn take_up_to(values: &mut &[f32], limit: f32) -> usize {
    let n = values.iter().take_while(|&&value| value <= limit).count();
    *values = &values[n..];
    n
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_across_samples_are_one_step() {
        let steps: Vec<_> = Steps::new(&[-0.0, 1.0, 1.0], &[0.0, 1.0, 2.0])
            .map(|step| (step.n_reference, step.n_window))
            .collect();
        assert_eq!(steps, [(1, 1), (2, 1), (0, 1)]);
    }

    #[test]
    fn bad_samples_are_named() {
        assert_eq!(
            sorted("window", &[1.0]).unwrap_err().to_string(),
            "window has 1 samples; the test needs at least 2"
        );
        assert!(sorted("window", &[1.0, f32::NAN]).unwrap_err().to_string().contains("position 1"));
    }
}
