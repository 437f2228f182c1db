//! Finds defects of parts in photographs, and says where they are.
//!
//! Source: none published in this form; the data set and its measures are those of Bergmann et
//! al., *The MVTec Anomaly Detection Dataset*, IJCV 2021. Data: any tree in its layout, or else
//! the synthetic inspection set. Time: two
//! to three minutes of one core for each of the three synthetic parts (AMD EPYC), ten for a
//! category of 256x256 photographs.
//!
//!     cargo run --release -p novelty-examples --example mvtec_inspect
//!     cargo run --release -p novelty-examples --example mvtec_inspect -- \
//!         --data MVTEC --category bottle transistor

#![expect(clippy::print_stdout, reason = "the place of the report is the result")]

use clap::Parser;
use novelty_examples::mvtec_inspect::{
    Category, Inspected, Metrics, Training, categories, images_root, write_report,
};
use novelty_examples::{CommonArguments, Output};

/// Learns from good images of a part, names the best of eight methods by defects drawn on some of
/// them, and judges the test images with all eight.
#[derive(Parser)]
struct Arguments {
    /// Categories to inspect [default: all there are]
    #[arg(long, value_name = "NAME", num_args = 1..)]
    category: Vec<String>,

    #[command(flatten)]
    common: CommonArguments,
}

fn main() -> anyhow::Result<()> {
    let Arguments { category, common } = Arguments::parse();
    let run = common.start()?;
    let output = Output::create(common.out_or("mvtec_inspect"))?;
    let root = images_root(common.data.as_deref(), &output, common.smoke)?;
    let training =
        Training { epochs: common.epochs_or(30), device: common.device, seed: common.seed };

    let mut inspected = Vec::new();
    for name in categories(&root, &category, common.smoke)? {
        let images = Category::read(&root, &name, common.smoke)?;
        let of = Inspected::new(images, training)?;
        let named = of.rehearsal.named;
        let area = of.quality[&named].image_roc_auc;
        println!("{name}: {}, image ROC-AUC {area:.4}", named.name());
        inspected.push(of);
    }

    let metrics = Metrics::new(&inspected, training, run);
    output.write_metrics(&metrics)?;
    write_report(&output, &inspected, &metrics)?;
    println!("report: {}", output.path("report.html").display());
    Ok(())
}
