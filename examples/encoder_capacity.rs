//! Asks how many classes one encoder can hold apart, and how long its code must be.
//!
//! Source: the open question of uncleDecart, *data_drift*, 2021. Data: MNIST, bundled. Time:
//! 90 small networks of 7 s of one core each (AMD EPYC); `--n-train 10000 --epochs 20 --seeds 5` is a
//! longer setting.
//!
//!     cargo run --release -p novelty-examples --example encoder_capacity

#![expect(clippy::print_stdout, reason = "the place of the report is the result")]

use clap::Parser;
use novelty_examples::encoder_capacity::{Grid, Metrics, write_report};
use novelty_examples::{CommonArguments, Output, bundled_mnist};

/// Trains autoencoders on 2 to 10 kinds of digits, with codes of 2 to 64 numbers, and measures how
/// well the digits lie apart in the code.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    common: CommonArguments,

    /// Numbers of classes to try, 2 to 10
    #[arg(long, value_delimiter = ',', default_value = "2,3,5,7,10", value_name = "N,...")]
    classes: Vec<usize>,

    /// Lengths of the embedding to try
    #[arg(long, value_delimiter = ',', default_value = "2,4,8,16,32,64", value_name = "N,...")]
    sizes: Vec<usize>,

    /// Repetitions, each with other digits, images and weights
    #[arg(long, default_value_t = 3, value_name = "N")]
    seeds: usize,

    /// Images to learn from, shared out among the classes
    #[arg(long, default_value_t = 3000, value_name = "N")]
    n_train: usize,
}

fn main() -> anyhow::Result<()> {
    let Arguments { common, mut classes, mut sizes, seeds, n_train } = Arguments::parse();
    let run = common.start()?;
    let output = Output::create(common.out_or("encoder_capacity"))?;
    let folder = common.data.clone().unwrap_or_else(bundled_mnist);
    for tried in [&mut classes, &mut sizes] {
        tried.sort_unstable();
        tried.dedup();
    }
    let (epochs, device) = (common.epochs_or(10), common.device);
    let grid = if common.smoke {
        let (classes, sizes) = (vec![2, 3], vec![2, 8, 32]);
        Grid { classes, sizes, n_seeds: 2, n_train: 240, epochs, device }
    } else {
        Grid { classes, sizes, n_seeds: seeds, n_train, epochs, device }
    };

    let cells = grid.run(&folder, &run)?;
    let metrics = Metrics::new(&grid, &cells, run);
    output.write_metrics(&metrics)?;
    write_report(&output, &metrics, &grid.picture(&folder, &run)?)?;
    println!("report: {}", output.path("report.html").display());
    Ok(())
}
