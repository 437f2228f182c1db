//! Learns one class, and tells it from the rest: ten tasks of one labelled dataset.
//!
//! Source: Lukas Ruff et al., *Deep One-Class Classification*, ICML 2018, and the authors'
//! PyTorch code. Data: MNIST, bundled; any MNIST-like folder; or folders of images such as
//! CIFAR-10. Time: a few minutes on two cores by default, when networks learn three of the ten
//! digits; `--classes` and `--seeds` decide, and with `--schedule full` a network takes minutes.
//!
//!     cargo run --release -p novelty-examples --example one_vs_rest
//!     cargo run --release -p novelty-examples --example one_vs_rest -- --dataset-dir CIFAR --methods svdd,edges

#![expect(clippy::print_stdout, reason = "the place of the report is the result")]

use std::path::PathBuf;

use clap::Parser;
use novelty_examples::one_vs_rest::{
    Classes, Length, Method, Metrics, Plan, Training, measure, write_report,
};
use novelty_examples::{CommonArguments, Output, bundled_mnist};

/// Calls one class of a labelled dataset normal and the others anomalous, class by class, and
/// compares Deep SVDD with methods that take seconds.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    common: CommonArguments,

    /// A folder with the four files of an MNIST-like set, or with train/<class> and test/<class>
    /// [default: --data, else bundled MNIST]
    #[arg(long, value_name = "FOLDER")]
    dataset_dir: Option<PathBuf>,

    /// Positions of the normal classes [default: all; networks learn every fourth only]
    #[arg(long, value_name = "N,N", value_delimiter = ',')]
    classes: Option<Vec<usize>>,

    /// Seeds of networks, counted from --seed
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=1000))]
    seeds: u64,

    /// Methods to compare
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = Method::ALL)]
    methods: Vec<Method>,

    /// How long Deep SVDD is trained
    #[arg(long, value_enum, default_value_t = Length::Cut)]
    schedule: Length,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let common = &arguments.common;
    let run = common.start()?;
    let output = Output::create(common.out_or("one_vs_rest"))?;
    let folder = arguments.dataset_dir.or(common.data.clone()).unwrap_or_else(bundled_mnist);
    let classes = Classes::open(&folder, run.smoke)?;

    let every = |step: usize| (0..classes.names.len()).step_by(step).collect::<Vec<_>>();
    let seeds: Vec<u64> = (0..arguments.seeds).map(|i| run.seed.wrapping_add(i)).collect();
    let plan = Plan {
        methods: arguments.methods,
        deep_classes: arguments.classes.clone().unwrap_or_else(|| every(4)),
        classes: arguments.classes.unwrap_or_else(|| every(1)),
        training: Training {
            length: arguments.schedule,
            is_smoke: run.smoke,
            seed: run.seed,
            device: common.device,
        },
        seeds,
    };
    let metrics = Metrics::new(&classes, arguments.schedule, &plan.seeds, run);
    let (metrics, scored) = measure(&plan, &classes, metrics, &output)?;
    write_report(&output, &classes, &metrics, &scored)?;
    println!("report: {}", output.path("report.html").display());
    Ok(())
}
