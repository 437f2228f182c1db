use std::cell::Cell;

use ndarray::{Array1, Array2, Axis};
use novelty_core::{CheckFailure, Features, InputError, Score, check_scorer, ensure_finite};

/// A scorer with one deliberate fault.
struct Sum {
    fault: Fault,
    calls: Cell<u32>,
}

#[derive(Clone, Copy, PartialEq)]
enum Fault {
    None,
    Constant,
    Drifting,
    BatchMean,
    ByPosition,
    OneShort,
    NaN,
    AcceptsNaN,
    AnyWidth,
}

impl Score<Features<'_>> for Sum {
    type Error = InputError;

    fn score(&self, x: Features<'_>) -> Result<Array1<f32>, InputError> {
        self.calls.set(self.calls.get() + 1);
        if self.fault != Fault::AcceptsNaN {
            ensure_finite("x", &x)?;
        }
        if x.ncols() != 3 && self.fault != Fault::AnyWidth {
            return Err(InputError::Shape { place: "x", expected: vec![3], got: vec![x.ncols()] });
        }
        let mut scores = x.sum_axis(Axis(1)).mapv(|v| if v.is_finite() { v } else { 0.0 });
        match self.fault {
            Fault::Constant => scores.fill(1.0),
            Fault::Drifting => scores += self.calls.get() as f32,
            Fault::BatchMean => scores -= scores.mean().unwrap_or(0.0),
            Fault::ByPosition => scores.iter_mut().enumerate().for_each(|(i, v)| *v += i as f32),
            Fault::OneShort => scores = scores.iter().skip(1).copied().collect(),
            Fault::NaN => scores.iter_mut().take(1).for_each(|v| *v = f32::NAN),
            _ => {}
        }
        Ok(scores)
    }
}

fn check(fault: Fault) -> Result<(), CheckFailure> {
    let inputs = Array2::from_shape_fn((20, 3), |(i, j)| (i * i) as f32 + j as f32 * 0.25);
    check_scorer(&Sum { fault, calls: Cell::new(0) }, inputs.view())
}

#[test]
fn a_sound_scorer_passes() {
    check(Fault::None).unwrap();
}

#[test]
fn every_fault_is_found_and_named() {
    assert!(matches!(check(Fault::Constant), Err(CheckFailure::Collapsed { distinct: 1, .. })));
    assert!(matches!(check(Fault::Drifting), Err(CheckFailure::NotDeterministic { .. })));
    assert!(matches!(check(Fault::BatchMean), Err(CheckFailure::BatchDependent { .. })));
    assert!(matches!(check(Fault::ByPosition), Err(CheckFailure::BatchDependent { .. })));
    assert!(matches!(check(Fault::OneShort), Err(CheckFailure::Count { .. })));
    assert!(matches!(check(Fault::NaN), Err(CheckFailure::NotFinite { index: 0, .. })));
    assert!(matches!(check(Fault::AcceptsNaN), Err(CheckFailure::AcceptedBadInput(_))));
    assert!(matches!(check(Fault::AnyWidth), Err(CheckFailure::AcceptedBadInput(_))));
}

#[test]
fn equal_inputs_prove_nothing() {
    let inputs = Array2::ones((20, 3));
    let scorer = Sum { fault: Fault::None, calls: Cell::new(0) };
    let failure = check_scorer(&scorer, inputs.view()).unwrap_err();
    assert!(matches!(failure, CheckFailure::TooFewSamples(1)));
}
