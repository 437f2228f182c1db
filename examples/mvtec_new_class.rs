//! A model of one kind of part meets kinds it does not know.
//!
//! Source: uncleDecart, *data_drift*, 2021: autoencoders of bottles, clusters of their codes, and
//! a run over a stream. Data: any tree in the layout of MVTec AD, or else parts that are drawn and
//! a bundled digit. Time: two minutes of one core (AMD EPYC).
//!
//!     cargo run --release -p novelty-examples --example mvtec_new_class
//!     cargo run --release -p novelty-examples --example mvtec_new_class -- \
//!         --data MVTEC --category bottle transistor

#![expect(clippy::print_stdout, reason = "the place of the report is the result")]

use clap::Parser;
use novelty_examples::mvtec_new_class::{
    Judged, Known, Labelled, Learner, Metrics, Shown, Stream, Training, part_kinds, write_report,
};
use novelty_examples::{CommonArguments, Output};
use novelty_models::DriftDecoder;

/// Learns one kind of part by three networks and principal components, clusters the codes of it
/// and of other kinds, and watches the others arrive.
#[derive(Parser)]
struct Arguments {
    /// Categories, the one to learn first [default: all there are]; drawn ones make them four
    #[arg(long, value_name = "NAME", num_args = 1..)]
    category: Vec<String>,

    /// Rows and columns of the images; the notebook's are 150
    #[arg(long, default_value_t = 64)]
    side: usize,

    /// The notebook's decoder instead of the slim one: ten times the work
    #[arg(long)]
    published: bool,

    #[command(flatten)]
    common: CommonArguments,
}

fn main() -> anyhow::Result<()> {
    let Arguments { category, side, published, common } = Arguments::parse();
    let run = common.start()?;
    let output = Output::create(common.out_or("mvtec_new_class"))?;
    let side = if common.smoke { 40 } else { side };
    let parts = part_kinds(common.data.as_deref(), &category, side, common.smoke)?;
    let decoder = if published { DriftDecoder::Published } else { DriftDecoder::Slim };
    let (epochs, device, seed) = (common.epochs_or(60), common.device, common.seed);
    let training = Training { epochs, decoder, device, seed };

    let (known, labelled) = (Known::split(&parts[0]), Labelled::new(&parts)?);
    let judge = |learner| Judged::new(learner, &known, &parts, &labelled, training, common.smoke);
    let judged = Learner::ALL.into_iter().map(judge).collect::<anyhow::Result<Vec<_>>>()?;
    let big = judged.iter().find(|of| of.model.learner == Learner::Big).unwrap_or(&judged[0]);
    let stream = Stream::run(&big.model, known.held.view(), &parts, seed)?;

    let metrics = Metrics::new(&parts, &labelled, &judged, &stream, training, run);
    output.write_metrics(&metrics)?;
    let shown = Shown {
        parts: &parts,
        labelled: &labelled,
        judged: &judged,
        stream: &stream,
        metrics: &metrics,
    };
    write_report(&output, &shown)?;
    println!("report: {}", output.path("report.html").display());
    Ok(())
}
