//! The files of one shard, and the process that scores it.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use datafusion::arrow::array::{ArrayRef, AsArray, UInt32Array};
use datafusion::arrow::datatypes::{DataType, Field, Float32Type, Schema, UInt32Type};
use datafusion::arrow::ipc::reader::FileReader;
use datafusion::arrow::ipc::writer::FileWriter;
use datafusion::arrow::record_batch::RecordBatch;
use ndarray::{Array2, ArrayView2, s};
use novelty_scoring::ScoreSummary;

use crate::detector::{Detector, N_PIXELS};
use crate::engine::{column, select, vector};

/// Images of a batch in a file.
const BATCH: usize = 700;

/// Where everything of a run lies.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn detector(&self) -> PathBuf {
        self.0.join("detector.json")
    }

    pub fn images(&self, shard: usize) -> PathBuf {
        self.0.join(format!("images-{shard}.arrow"))
    }

    pub fn scores(&self, shard: usize) -> PathBuf {
        self.0.join(format!("scores-{shard}.arrow"))
    }

    pub fn summary(&self, shard: usize) -> PathBuf {
        self.0.join(format!("summary-{shard}.json"))
    }
}

/// Writes images with their numbers, counted from `first`.
pub fn write_images(path: &Path, images: ArrayView2<'_, f32>, first: usize) -> Result<()> {
    let id = Field::new("id", DataType::UInt32, false);
    let schema = Schema::new(vec![id, Field::new("image", vector(N_PIXELS), false)]);
    let schema = Arc::new(schema);
    let mut file = FileWriter::try_new(File::create(path)?, &schema)?;
    for start in (0..images.nrows()).step_by(BATCH) {
        let part: Array2<f32> =
            images.slice(s![start..(start + BATCH).min(images.nrows()), ..]).to_owned();
        let ids = (first + start..).take(part.nrows()).map(|id| id as u32);
        let ids: ArrayRef = Arc::new(UInt32Array::from_iter_values(ids));
        file.write(&RecordBatch::try_new(schema.clone(), vec![ids, column(&part)?])?)?;
    }
    Ok(file.finish()?)
}

/// What one process does: reads the detector and a shard, writes scores and a summary.
pub async fn score_shard(folder: &Folder, shard: usize) -> Result<()> {
    let detector: Detector = serde_json::from_reader(File::open(folder.detector())?)?;
    let detector = Arc::new(detector);
    let mut summary = detector.summary()?;
    let id = Field::new("id", DataType::UInt32, false);
    let schema = Arc::new(Schema::new(vec![id, Field::new("score", DataType::Float32, true)]));
    let mut file = FileWriter::try_new(File::create(folder.scores(shard))?, &schema)?;
    select(&folder.images(shard), detector, |batch, embeddings| {
        let column = |name| batch.column_by_name(name).context("a column is missing").cloned();
        let (ids, scores) = (column("id")?, column("score")?);
        summary.update(scores.as_primitive::<Float32Type>().values())?;
        summary.update_embeddings(embeddings)?;
        Ok(file.write(&RecordBatch::try_new(schema.clone(), vec![ids, scores])?)?)
    })
    .await?;
    file.finish()?;
    Ok(serde_json::to_writer(File::create(folder.summary(shard))?, &summary)?)
}

/// Puts the scores of a shard into their places, and returns its summary.
pub fn collect(folder: &Folder, shard: usize, scores: &mut [f32]) -> Result<ScoreSummary> {
    for batch in FileReader::try_new(File::open(folder.scores(shard))?, None)? {
        let batch = batch?;
        let ids = batch.column(0).as_primitive::<UInt32Type>().values();
        let values = batch.column(1).as_primitive::<Float32Type>().values();
        for (&id, &value) in ids.iter().zip(values) {
            *scores.get_mut(id as usize).context("an id is out of range")? = value;
        }
    }
    Ok(serde_json::from_reader(File::open(folder.summary(shard))?)?)
}
