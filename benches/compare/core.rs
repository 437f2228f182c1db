//! `novelty-core` against numpy and PyTorch.

use std::process::ExitCode;

use ndarray::Array1;
use novelty_benches::compare::{Peer, Run, Task, TaskError, serve};
use novelty_core::{InputError, ensure_finite};

/// 400 MB: far beyond any cache, as images are.
const N_VALUES: usize = 100_000_000;

const PEERS: [Peer<'static>; 2] = [Peer::Python("numpy"), Peer::Python("torch")];

fn main() -> ExitCode {
    let task = |name, description, ours| Task {
        name,
        description,
        rtol: 0.0,
        atol: 0.0,
        ours,
        peers: &PEERS,
    };
    serve(&[
        task("ensure_finite", "100 M values, all finite", || Ok(prepare(true))),
        task("ensure_finite_last_nan", "100 M values, the last is NaN", || Ok(prepare(false))),
    ])
}

fn prepare(clean: bool) -> Run {
    let mut values: Array1<f32> = (0..N_VALUES).map(|i| i as f32).collect();
    if !clean {
        values[N_VALUES - 1] = f32::NAN;
    }
    Box::new(move || Ok(vec![first_not_finite(&values)?]))
}

/// The position of the first value that is not finite, or -1.
fn first_not_finite(values: &Array1<f32>) -> Result<f64, TaskError> {
    match ensure_finite("values", values) {
        Ok(()) => Ok(-1.0),
        Err(InputError::NotFinite { index, .. }) => Ok(index as f64),
        Err(other) => Err(other.into()),
    }
}
