use std::ops::ControlFlow;

use ndarray::{Array1, Array3, Axis};
use novelty_core::{
    Dataset, ImageShape, Images, InputError, Sample, Score, ScoreDatasetError, score_dataset,
};

/// `len` images whose every pixel is their index; sample `bad` has another shape.
struct Ramp {
    len: usize,
    bad: Option<usize>,
}

impl Dataset for Ramp {
    type Error = InputError;

    fn len(&self) -> usize {
        self.len
    }

    fn image_shape(&self) -> ImageShape {
        ImageShape::new(1, 2, 2)
    }

    fn get(&self, index: usize) -> Result<Sample, InputError> {
        let width = if self.bad == Some(index) { 3 } else { 2 };
        Ok(Sample::new(Array3::from_elem((1, 2, width), index as f32)).is_anomalous(index == 1))
    }
}

struct FirstPixel;

impl Score<Images<'_>> for FirstPixel {
    type Error = InputError;

    fn score(&self, x: Images<'_>) -> Result<Array1<f32>, InputError> {
        Ok(x.axis_iter(Axis(0)).map(|image| image[[0, 0, 0]]).collect())
    }
}

#[test]
fn every_batch_size_gives_the_same_scores() {
    let data = Ramp { len: 10, bad: None };
    for batch_size in [1, 3, 10, usize::MAX] {
        let result = score_dataset(&FirstPixel, &data, batch_size, &mut ()).unwrap();
        assert_eq!(result.scores, Array1::from_iter((0..10).map(|i| i as f32)));
        assert_eq!(result.labels[..3], [Some(false), Some(true), Some(false)]);
    }
}

#[test]
fn an_empty_dataset_has_no_scores() {
    let data = Ramp { len: 0, bad: None };
    assert!(score_dataset(&FirstPixel, &data, 4, &mut ()).unwrap().scores.is_empty());
}

#[test]
fn faults_name_the_sample() {
    let data = Ramp { len: 10, bad: Some(7) };
    let error = score_dataset(&FirstPixel, &data, 4, &mut ()).unwrap_err();
    assert_eq!(error.to_string(), "sample 7 is 1x2x3, its dataset says 1x2x2");
    assert!(matches!(
        score_dataset(&FirstPixel, &data, 0, &mut ()),
        Err(ScoreDatasetError::Input(_))
    ));
}

#[test]
fn the_observer_can_stop_it() {
    let mut seen = Vec::new();
    let mut observer = |done: usize, total: usize| {
        seen.push((done, total));
        if done >= 8 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let data = Ramp { len: 10, bad: None };
    let error = score_dataset(&FirstPixel, &data, 4, &mut observer).unwrap_err();
    assert!(matches!(error, ScoreDatasetError::Cancelled { done: 8, total: 10 }));
    assert_eq!(seen, [(4, 10), (8, 10)]);
}
