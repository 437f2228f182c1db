use ndarray::{Array1, Axis};
use novelty_core::{Fit, Images, InputError, Score, SelectThreshold, Threshold};

use super::MonitorError;
use crate::error::ensure_at_least;

/// A known class: what scores its images low, and where foreign begins.
#[derive(Debug, Clone, PartialEq)]
pub struct ClassModel<S> {
    name: String,
    scorer: S,
    threshold: Threshold,
}

impl<S> ClassModel<S> {
    /// A class of a name. Scores must not be negative and the threshold above 0, as those of
    /// reconstruction errors and distances are.
    ///
    /// # Errors
    /// If the threshold is not above 0.
    pub fn new(
        name: impl Into<String>,
        scorer: S,
        threshold: Threshold,
    ) -> Result<Self, MonitorError> {
        let (class, value) = (name.into(), threshold.value);
        if !(value > 0.0 && value.is_finite()) {
            return Err(MonitorError::BadThreshold { class, value });
        }
        Ok(Self { name: class, scorer, threshold })
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The scorer.
    pub fn scorer(&self) -> &S {
        &self.scorer
    }

    /// The threshold.
    pub fn threshold(&self) -> &Threshold {
        &self.threshold
    }
}

/// Scores with `scorer`, and checks that there is one finite score an image.
fn scores<S>(class: &str, scorer: &S, images: Images<'_>) -> Result<Array1<f32>, MonitorError>
where
    S: for<'a> Score<Images<'a>>,
{
    let n = images.len_of(Axis(0));
    let scores = scorer.score(images).map_err(|source| MonitorError::Score {
        class: class.to_owned(),
        source: Box::new(source),
    })?;
    if scores.len() != n || scores.iter().any(|score| !score.is_finite()) {
        return Err(MonitorError::BadScores { class: class.to_owned() });
    }
    Ok(scores)
}

/// The class that explains an image best.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Explained {
    /// Its position in the bank.
    pub class: usize,
    /// The image's score over the class's threshold; above 1 it is not explained.
    pub ratio: f64,
}

/// The known classes. An image is explained by the class with the smallest score in units of its
/// threshold, if that is at most 1.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelBank<S> {
    models: Vec<ClassModel<S>>,
}

impl<S> ModelBank<S> {
    /// A bank of some classes.
    ///
    /// # Errors
    /// If there is none, or two have one name.
    pub fn new(models: Vec<ClassModel<S>>) -> Result<Self, MonitorError> {
        if models.is_empty() {
            return Err(InputError::Empty { place: "bank" }.into());
        }
        let mut bank = Self { models: Vec::new() };
        models.into_iter().try_for_each(|model| bank.add(model))?;
        Ok(bank)
    }

    /// Adds a class.
    ///
    /// # Errors
    /// If there is one of that name.
    pub fn add(&mut self, model: ClassModel<S>) -> Result<(), MonitorError> {
        if self.models.iter().any(|known| known.name == model.name) {
            return Err(MonitorError::DuplicateClass(model.name));
        }
        self.models.push(model);
        Ok(())
    }

    /// The classes.
    pub fn models(&self) -> &[ClassModel<S>] {
        &self.models
    }
}

impl<S: for<'a> Score<Images<'a>>> ModelBank<S> {
    /// The class that explains each image best; the first of equals.
    ///
    /// # Errors
    /// If a model fails, or gives bad scores.
    pub fn explain(&self, images: Images<'_>) -> Result<Vec<Explained>, MonitorError> {
        let nothing = Explained { class: 0, ratio: f64::INFINITY };
        let mut best = vec![nothing; images.len_of(Axis(0))];
        for (class, model) in self.models.iter().enumerate() {
            let threshold = f64::from(model.threshold.value);
            let scores = scores(&model.name, &model.scorer, images)?;
            for (best, &score) in best.iter_mut().zip(&scores) {
                let ratio = f64::from(score) / threshold;
                if ratio < best.ratio {
                    *best = Explained { class, ratio };
                }
            }
        }
        Ok(best)
    }
}

/// Trains a model of a class, and sets its threshold from the scores of images that the model
/// which scored them was not trained on: image `i` is left out in fold `i % folds`. The model kept
/// is trained on all.
///
/// # Errors
/// If `folds` is below 2 or there are fewer than two images a fold; if training, scoring or the
/// choice of the threshold fails; if the threshold is not above 0.
pub fn train_class<F, S, T>(
    name: &str,
    fit: &F,
    select: &T,
    images: Images<'_>,
    folds: usize,
) -> Result<ClassModel<S>, MonitorError>
where
    F: for<'a> Fit<Images<'a>, Fitted = S>,
    S: for<'a> Score<Images<'a>>,
    T: SelectThreshold,
{
    if folds < 2 {
        return Err(InputError::setting("folds", folds, "at least 2").into());
    }
    let n = images.len_of(Axis(0));
    ensure_at_least("images", folds.saturating_mul(2), n)?;
    let train = |images: Images<'_>| {
        fit.fit(images).map_err(|source| MonitorError::Train {
            class: name.to_owned(),
            source: Box::new(source),
        })
    };
    let mut left_out = vec![0.0; n];
    for fold in 0..folds {
        let (test, rest): (Vec<usize>, Vec<usize>) = (0..n).partition(|i| i % folds == fold);
        let scorer = train(images.select(Axis(0), &rest).view())?;
        let of_fold = scores(name, &scorer, images.select(Axis(0), &test).view())?;
        test.iter().zip(&of_fold).for_each(|(&i, &score)| left_out[i] = score);
    }
    let threshold = select.select(&left_out, None).map_err(|source| MonitorError::Train {
        class: name.to_owned(),
        source: Box::new(source),
    })?;
    ClassModel::new(name, train(images)?, threshold)
}
