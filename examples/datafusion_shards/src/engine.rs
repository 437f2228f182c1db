//! The engine's side: files of images in, columns of scores out.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, FixedSizeListArray, Float32Array};
use datafusion::arrow::datatypes::{DataType, Field, Float32Type};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::common::{DataFusionError, exec_err};
use datafusion::datasource::file_format::options::ArrowReadOptions;
use datafusion::logical_expr::{ColumnarValue, ScalarUDF, Volatility, create_udf};
use datafusion::prelude::{SessionConfig, SessionContext, col};
use futures::StreamExt;
use ndarray::{Array2, ArrayView2};

use crate::detector::{Detector, N_FEATURES, N_PIXELS};

/// A list of so many numbers, none of which is missing.
pub fn vector(len: usize) -> DataType {
    DataType::new_fixed_size_list(DataType::Float32, len as i32, false)
}

/// The rows of a matrix as a column.
pub fn column(rows: &Array2<f32>) -> Result<ArrayRef, DataFusionError> {
    let item = Arc::new(Field::new_list_field(DataType::Float32, false));
    let values = Float32Array::from_iter_values(rows.iter().copied());
    let lists = FixedSizeListArray::try_new(item, rows.ncols() as i32, Arc::new(values), None)?;
    Ok(Arc::new(lists))
}

/// A column of vectors as the rows of a matrix.
fn rows(column: &ArrayRef, width: usize) -> Result<ArrayView2<'_, f32>, DataFusionError> {
    let lists = column.as_fixed_size_list();
    let values = lists.values().as_primitive::<Float32Type>();
    if lists.null_count() + values.null_count() > 0 {
        return exec_err!("an image is missing");
    }
    let values = &values.values()[..lists.len() * width];
    ArrayView2::from_shape((lists.len(), width), values)
        .map_err(|error| DataFusionError::External(error.into()))
}

/// A function of one column of vectors.
fn function(
    name: &str,
    (width, result): (usize, DataType),
    of: impl Fn(ArrayView2<'_, f32>) -> Result<ArrayRef> + Send + Sync + 'static,
) -> ScalarUDF {
    let called = move |arguments: &[ColumnarValue]| {
        let columns = ColumnarValue::values_to_arrays(arguments)?;
        let [column] = &columns[..] else { return exec_err!("one column is expected") };
        let made = of(rows(column, width)?);
        Ok(ColumnarValue::Array(made.map_err(|error| DataFusionError::External(error.into()))?))
    };
    create_udf(name, vec![vector(width)], result, Volatility::Immutable, Arc::new(called))
}

/// `embed(image)`.
fn embed(detector: Arc<Detector>) -> ScalarUDF {
    function("embed", (N_PIXELS, vector(N_FEATURES)), move |images| {
        Ok(column(&detector.embed(images)?)?)
    })
}

/// `novelty(embedding)`.
fn novelty(detector: Arc<Detector>) -> ScalarUDF {
    function("novelty", (N_FEATURES, DataType::Float32), move |embeddings| {
        let scores = detector.score(embeddings)?;
        Ok(Arc::new(Float32Array::from_iter_values(scores)))
    })
}

/// Runs `SELECT id, embed(image) AS embedding, novelty(embedding) AS score` over a file, and
/// hands over what comes, batch by batch.
pub async fn select(
    file: &Path,
    detector: Arc<Detector>,
    mut each: impl FnMut(&RecordBatch, ArrayView2<'_, f32>) -> Result<()>,
) -> Result<()> {
    // One process a shard is what is parallel here.
    let config = SessionConfig::new().with_target_partitions(1).with_batch_size(512);
    let context = SessionContext::new_with_config(config);
    let (embed, novelty) = (embed(detector.clone()), novelty(detector));
    let file = file.to_str().context("the path is no text")?;
    let images = context.read_arrow(file, ArrowReadOptions::default()).await?;
    let embedded =
        images.select(vec![col("id"), embed.call(vec![col("image")]).alias("embedding")])?;
    let score = novelty.call(vec![col("embedding")]).alias("score");
    let scored = embedded.select(vec![col("id"), col("embedding"), score])?;
    let mut batches = scored.execute_stream().await?;
    while let Some(batch) = batches.next().await {
        let batch = batch?;
        let embeddings = batch.column_by_name("embedding").context("no embeddings")?.clone();
        each(&batch, rows(&embeddings, N_FEATURES)?)?;
    }
    Ok(())
}
