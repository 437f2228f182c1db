use std::collections::BTreeMap;
use std::time::Instant;

use novelty_metrics::{Interval, aupro, pixel_roc_auc, roc_auc, roc_auc_interval};
use serde::Serialize;

use super::category::{Category, maps_at};
use super::methods::{Detector, Judged, Method, Training};
use super::rehearsal::Rehearsal;
use crate::{Comparison, Run, TaskBar};

/// The largest false-positive rate of the overlap curve, as MVTec AD's benchmark has it.
const MAX_FPR: f64 = 0.3;

/// How good one method is at one category.
#[derive(Debug, Clone, Copy)]
pub struct Quality {
    /// Area under the ROC curve of images.
    pub image_roc_auc: f64,
    /// Of pixels; `None` without masks.
    pub pixel_roc_auc: Option<f64>,
    /// Area under the per-region overlap curve; `None` without masks.
    pub aupro: Option<f64>,
    /// Seconds to learn from all training images; of an ensemble, those of its members.
    pub seconds_fit: f64,
    /// Seconds to judge an image.
    pub seconds_image: f64,
}

/// What came out for one category.
#[derive(Debug)]
pub struct Inspected {
    /// The images.
    pub category: Category,
    /// The choice of the method, made before the test images were judged.
    pub rehearsal: Rehearsal,
    /// How good each method is.
    pub quality: BTreeMap<Method, Quality>,
    /// The 95 % confidence interval of the named method's area.
    pub interval: Interval,
    /// What the named method says of the test images; maps at the size of the masks.
    pub named: Judged,
}

impl Inspected {
    /// Chooses a method on the training images, lets all learn from all of them, and judges the
    /// test images.
    ///
    /// # Errors
    /// If a method fails, or the test images are all of one kind.
    pub fn new(category: Category, training: Training) -> anyhow::Result<Self> {
        let bar = TaskBar::new("steps", Rehearsal::STEPS + Method::BASE.len());
        let rehearsal = Rehearsal::run(category.train.view(), training, &bar)?;
        let side = category.masks.dim().1;
        let (mut judged, mut seconds) = (BTreeMap::new(), BTreeMap::new());
        for method in Method::BASE {
            bar.begin(&format!("{} on {}", method.name(), category.name));
            let start = Instant::now();
            let detector = Detector::fit(method, category.train.view(), training)?;
            let fitted = start.elapsed().as_secs_f64();
            judged.insert(method, detector.judge(category.test.view())?);
            let all = start.elapsed().as_secs_f64();
            seconds.insert(method, (fitted, (all - fitted) / category.labels.len() as f64));
            bar.advance();
        }
        let mut quality = BTreeMap::new();
        for method in Method::ALL {
            let members =
                if method.members().is_empty() { vec![method] } else { method.members().to_vec() };
            if !judged.contains_key(&method) {
                judged.insert(method, rehearsal.together(method, &judged)?);
            }
            let mut of = quality_of(&judged[&method], &category)?;
            of.seconds_fit = members.iter().map(|member| seconds[member].0).sum();
            of.seconds_image = members.iter().map(|member| seconds[member].1).sum();
            quality.insert(method, of);
        }
        let named = &judged[&rehearsal.named];
        let interval = roc_auc_interval(&named.scores, &category.labels, 0.95)?;
        let named = Judged { scores: named.scores.clone(), maps: maps_at(&named.maps, side)? };
        Ok(Self { category, rehearsal, quality, interval, named })
    }
}

fn quality_of(judged: &Judged, category: &Category) -> anyhow::Result<Quality> {
    let maps = maps_at(&judged.maps, category.masks.dim().1)?;
    let has_masks = category.masks.iter().any(|&marked| marked);
    let masked = || has_masks.then(|| (maps.view(), category.masks.view()));
    let pixel_roc_auc = masked().map(|(maps, masks)| pixel_roc_auc(maps, masks)).transpose()?;
    let overlap = masked().map(|(maps, masks)| aupro(maps, masks, MAX_FPR)).transpose()?;
    Ok(Quality {
        image_roc_auc: roc_auc(&judged.scores, &category.labels)?,
        pixel_roc_auc,
        aupro: overlap.map(|overlap| overlap.value),
        seconds_fit: 0.0,
        seconds_image: 0.0,
    })
}

/// A number for each method and category.
type Numbers<T> = BTreeMap<&'static str, BTreeMap<String, T>>;

/// What `metrics.json` holds.
#[derive(Debug, Serialize)]
pub struct Metrics {
    /// By method and category.
    pub image_roc_auc: Numbers<f64>,
    /// By method and category; `null` without masks.
    pub pixel_roc_auc: Numbers<Option<f64>>,
    /// By method and category, to a false-positive rate of 0.3; `null` without masks.
    pub aupro: Numbers<Option<f64>>,
    /// By method and category: area under the ROC curve on training images with drawn defects.
    pub rehearsal_roc_auc: Numbers<f64>,
    /// By method and category: seconds to learn from all training images.
    pub seconds_fit: Numbers<f64>,
    /// By method and category: seconds to judge an image.
    pub seconds_image: Numbers<f64>,
    /// By category: the method that was best in the rehearsal.
    pub named: BTreeMap<String, &'static str>,
    /// By category: that method's area under the ROC curve of the test images.
    pub named_image_roc_auc: BTreeMap<String, f64>,
    /// By category: the 95 % confidence interval of that area (`DeLong`).
    pub named_interval: BTreeMap<String, [f64; 2]>,
    /// Seed, threads, and whether it is a smoke run.
    #[serde(flatten)]
    pub run: Run,
    /// Epochs of the autoencoder.
    pub epochs: usize,
    /// Seconds of the whole run.
    pub seconds: f64,
    /// A pretrained method, the named one and principal components.
    pub comparison: Comparison,
}

impl Metrics {
    /// The numbers of all categories.
    #[must_use]
    pub fn new(inspected: &[Inspected], training: Training, run: Run) -> Self {
        let by_category = |of: &dyn Fn(&Inspected) -> f64| {
            inspected.iter().map(|i| (i.category.name.clone(), of(i))).collect()
        };
        let named = |i: &Inspected| (i.category.name.clone(), i.rehearsal.named.key());
        let interval =
            |i: &Inspected| (i.category.name.clone(), [i.interval.lower, i.interval.upper]);
        Self {
            image_roc_auc: numbers(inspected, |i, method| i.quality[&method].image_roc_auc),
            pixel_roc_auc: numbers(inspected, |i, method| i.quality[&method].pixel_roc_auc),
            aupro: numbers(inspected, |i, method| i.quality[&method].aupro),
            rehearsal_roc_auc: numbers(inspected, |i, method| i.rehearsal.roc_auc(method)),
            seconds_fit: numbers(inspected, |i, method| i.quality[&method].seconds_fit),
            seconds_image: numbers(inspected, |i, method| i.quality[&method].seconds_image),
            named: inspected.iter().map(named).collect(),
            named_image_roc_auc: by_category(&|i| i.quality[&i.rehearsal.named].image_roc_auc),
            named_interval: inspected.iter().map(interval).collect(),
            run,
            epochs: training.epochs,
            seconds: run.seconds(),
            comparison: comparison(inspected),
        }
    }
}

/// Image ROC-AUC of PaDiM on a pretrained Wide ResNet-50, as anomalib reports it.
const PUBLISHED: [(&str, f64); 4] =
    [("bottle", 0.999), ("transistor", 0.976), ("hazelnut", 0.964), ("screw", 0.845)];

fn comparison(inspected: &[Inspected]) -> Comparison {
    let figure = |value: Option<f64>| value.map_or_else(String::new, |value| format!("{value:.4}"));
    inspected.iter().fold(Comparison::new(["principal components"]), |rows, of| {
        let name = &of.category.name;
        let published = PUBLISHED.iter().find(|(category, _)| category == name);
        let (ours, baseline) = (&of.quality[&of.rehearsal.named], &of.quality[&Method::Components]);
        let row = |rows: Comparison, what: &str, published, part: fn(&Quality) -> Option<f64>| {
            let what = format!("{name}, {what}");
            rows.row(what, published, figure(part(ours)), [figure(part(baseline))])
        };
        let area = figure(published.map(|(_, area)| *area));
        let rows = row(rows, "image ROC-AUC", area, |quality| Some(quality.image_roc_auc));
        let rows = row(rows, "pixel ROC-AUC", String::new(), |quality| quality.pixel_roc_auc);
        row(rows, "AUPRO to 0.3", String::new(), |quality| quality.aupro)
    })
}

fn numbers<T>(inspected: &[Inspected], of: impl Fn(&Inspected, Method) -> T) -> Numbers<T> {
    let row = |method: Method| {
        let cell = |i: &Inspected| (i.category.name.clone(), of(i, method));
        (method.key(), inspected.iter().map(cell).collect())
    };
    Method::ALL.into_iter().map(row).collect()
}
