use ndarray::{Array2, Array4, Axis, Slice};
use novelty_core::{Assign, Embed, Fit};
use novelty_data::CorruptionKind;
use novelty_drift::{
    CameraDiagnosis, CameraDiagnosisConfig, CameraExemplars, ProblemExemplars, Verdict,
    style_features,
};
use novelty_models::StyleVaeGan;
use serde::{Serialize, Serializer};

use super::{Digits, PROBLEMS, seen};
use crate::TaskBar;

/// Pictures looked at together.
const WINDOW: usize = 30;
/// Exemplars of each problem and severity.
const N_EXEMPLARS: usize = 80;
/// Added to the seed for the cameras that are diagnosed: not those that were learned from.
const OTHER_CAMERA: u64 = 1_000;

/// What was said of a window of pictures from a camera with a problem.
#[derive(Debug, Clone, Serialize)]
pub struct Diagnosed {
    /// The problem it has.
    #[serde(serialize_with = "name")]
    pub problem: CorruptionKind,
    /// Its severity.
    pub severity: u8,
    /// What the drift crate's diagnosis named by numbers that describe style.
    pub by_features: Option<(String, u8)>,
    /// The same by the style codes of the autoencoder.
    pub by_codes: Option<(String, u8)>,
    /// The style that most of the pictures have to the autoencoder, 0 the clean one.
    pub by_vote: usize,
}

fn name<S: Serializer>(problem: &CorruptionKind, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(problem.name())
}

/// All windows looked at.
#[derive(Debug, Clone, Serialize)]
pub struct Windows {
    /// Of cameras with problems.
    pub broken: Vec<Diagnosed>,
    /// Windows of the product from a sound camera, and how many of them were called a problem,
    /// by features and by codes.
    pub sound: [usize; 3],
    /// The same of other digits: new content, and no problem of the camera.
    pub content: [usize; 3],
}

/// Windows of test pictures through every problem at every severity, and sound ones.
///
/// # Errors
/// If the model fails.
pub fn diagnose(digits: &Digits, model: &StyleVaeGan, seed: u64) -> anyhow::Result<Windows> {
    let features = |images: &Array4<f32>| -> anyhow::Result<Array2<f32>> {
        Ok(style_features(images.view())?)
    };
    let codes = |images: &Array4<f32>| -> anyhow::Result<Array2<f32>> {
        let both = model.embed(images.view())?;
        let content = model.config().base.n_features;
        Ok(both.slice_axis(Axis(1), Slice::from(content..)).to_owned())
    };
    let by_features = learned(&digits.held_out, seed, &features)?;
    let by_codes = learned(&digits.held_out, seed, &codes)?;
    let named = |window: &Array4<f32>| -> anyhow::Result<[Option<(String, u8)>; 2]> {
        let name = |diagnosis: &CameraDiagnosis, rows: Array2<f32>| -> anyhow::Result<_> {
            Ok(match diagnosis.diagnose(rows.view())?.verdict {
                Verdict::CameraProblem { problem, severity } => Some((problem, severity)),
                _ => None,
            })
        };
        Ok([name(&by_features, features(window)?)?, name(&by_codes, codes(window)?)?])
    };
    let bar = TaskBar::new("naming problems", 5 * PROBLEMS.len());
    let mut broken = Vec::new();
    for problem in PROBLEMS {
        for severity in 1..=5 {
            // Another window and another camera every time.
            let window = window(&digits.normal, broken.len());
            let camera = seed + OTHER_CAMERA + broken.len() as u64;
            let window = seen(&window, problem, |_| severity, camera)?;
            let [by_features, by_codes] = named(&window)?;
            let by_vote = vote(&model.assign(window.view())?);
            broken.push(Diagnosed { problem, severity, by_features, by_codes, by_vote });
            bar.advance();
        }
    }
    let count = |images: &Array4<f32>| -> anyhow::Result<[usize; 3]> {
        let n = (images.len_of(Axis(0)) / WINDOW).max(1);
        let mut counts = [n, 0, 0];
        for i in 0..n {
            let [features, codes] = named(&window(images, i))?;
            counts[1] += usize::from(features.is_some());
            counts[2] += usize::from(codes.is_some());
        }
        Ok(counts)
    };
    Ok(Windows { broken, sound: count(&digits.normal)?, content: count(&digits.anomalous)? })
}

/// A diagnosis that has seen each problem at each severity.
fn learned(
    images: &Array4<f32>,
    seed: u64,
    describe: &impl Fn(&Array4<f32>) -> anyhow::Result<Array2<f32>>,
) -> anyhow::Result<CameraDiagnosis> {
    let n = images.len_of(Axis(0)).min(N_EXEMPLARS);
    let images = images.slice_axis(Axis(0), Slice::from(..n)).to_owned();
    let clean = describe(&images)?;
    let mut rows = Vec::new();
    for problem in PROBLEMS {
        for severity in 1..=5 {
            let camera = seed + u64::from(severity);
            rows.push((
                problem,
                severity,
                describe(&seen(&images, problem, |_| severity, camera)?)?,
            ));
        }
    }
    let problems: Vec<ProblemExemplars<'_>> = rows
        .iter()
        .map(|(problem, severity, features)| ProblemExemplars {
            problem: problem.name(),
            severity: *severity,
            features: features.view(),
        })
        .collect();
    let exemplars = CameraExemplars { clean: clean.view(), problems: &problems };
    Ok(CameraDiagnosisConfig::new().seed(seed).fit(exemplars)?)
}

/// The window number `i`, the images taken in a circle.
fn window(images: &Array4<f32>, i: usize) -> Array4<f32> {
    let n = images.len_of(Axis(0));
    let places: Vec<usize> = (0..WINDOW.min(n)).map(|k| (i * WINDOW + k) % n).collect();
    images.select(Axis(0), &places)
}

/// The style named most often.
fn vote(named: &[Option<usize>]) -> usize {
    let mut counts = [0_usize; 1 + PROBLEMS.len()];
    named.iter().flatten().for_each(|&style| counts[style] += 1);
    (0..counts.len()).max_by_key(|&style| counts[style]).unwrap_or_default()
}
