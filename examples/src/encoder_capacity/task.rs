use std::path::Path;

use anyhow::Context;
use ndarray::{Array2, Array4, s};
use novelty_cluster::{ImagePca, PcaConfig};
use novelty_core::{Embed, Fit, ImageShape};
use novelty_data::{IdxDataset, Split};
use novelty_models::{
    ConvAutoencoder, ConvAutoencoderConfig, Device, TrainConfig, Trainer, set_threads,
};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::Separation;
use super::separation::Embedded;
use crate::{Run, TaskBar};

/// What is tried.
#[derive(Debug, Clone)]
pub struct Grid {
    /// Numbers of classes, at least 2.
    pub classes: Vec<usize>,
    /// Lengths of the embedding.
    pub sizes: Vec<usize>,
    /// How often, each time with other digits, images and weights.
    pub n_seeds: usize,
    /// Images to learn from, shared out among the classes.
    pub n_train: usize,
    /// Passes over them.
    pub epochs: usize,
    /// Where to train.
    pub device: Device,
}

/// Images of some digits, as many of each, and their classes counted from 0.
#[derive(Debug)]
pub struct Task {
    train: (Array4<f32>, Vec<usize>),
    test: (Array4<f32>, Vec<usize>),
}

/// What one embedding came to.
#[derive(Debug, Clone, Copy)]
pub struct Cell {
    /// Classes to hold apart.
    pub n_classes: usize,
    /// Length of the embedding.
    pub size: usize,
    /// Which repetition.
    pub repetition: usize,
    /// In the autoencoder's code.
    pub encoder: Separation,
    /// On as many principal components.
    pub pca: Separation,
}

/// The digits of both files.
#[derive(Debug)]
struct Digits {
    train: IdxDataset,
    test: IdxDataset,
}

impl Digits {
    fn read(folder: &Path) -> anyhow::Result<Self> {
        let open = |split| {
            IdxDataset::open_dir(folder, split)
                .with_context(|| format!("cannot read the digits in {}", folder.display()))
        };
        Ok(Self { train: open(Split::Train)?, test: open(Split::Test)? })
    }

    /// `n_train` images of the first `n_classes` digits in an order that the seed draws; half as
    /// many to test with.
    fn task(&self, n_classes: usize, n_train: usize, seed: u64) -> anyhow::Result<Task> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut digits: Vec<usize> = (0..=9).collect();
        digits.shuffle(&mut rng);
        anyhow::ensure!(
            (2..=digits.len()).contains(&n_classes),
            "{n_classes} classes were asked for; there are 2 to 10 digits to tell apart"
        );
        let mut draw = |data: &IdxDataset, n: usize| -> anyhow::Result<_> {
            let (mut indices, mut classes) = (Vec::new(), Vec::new());
            for (class, digit) in digits[..n_classes].iter().enumerate() {
                let of_digit = data.classes().iter().enumerate().filter(|(_, c)| *c == digit);
                let of_digit: Vec<usize> = of_digit.map(|(index, _)| index).collect();
                let drawn = of_digit.choose_multiple(&mut rng, n / n_classes);
                let before = indices.len();
                indices.extend(drawn);
                classes.extend(std::iter::repeat_n(class, indices.len() - before));
            }
            Ok((data.to_images(&indices)?, classes))
        };
        Ok(Task { train: draw(&self.train, n_train)?, test: draw(&self.test, n_train / 2)? })
    }
}

impl Grid {
    /// Trains and measures everything; the cells in a fixed order.
    ///
    /// Networks so small gain nothing from a second thread: each computes on one, and as many at
    /// once as there are threads, so that their number does not change a bit.
    ///
    /// # Errors
    /// If the digits are not there, or a setting is out of range.
    pub fn run(&self, folder: &Path, run: &Run) -> anyhow::Result<Vec<Cell>> {
        let digits = Digits::read(folder)?;
        let tasks: Vec<(usize, usize)> = (0..self.n_seeds)
            .flat_map(|repetition| self.classes.iter().map(move |&k| (repetition, k)))
            .collect();
        let bar = TaskBar::new("encoders", tasks.len() * self.sizes.len());
        let pool = rayon::ThreadPoolBuilder::new().num_threads(run.threads).build()?;
        let cells = pool.install(|| {
            tasks
                .par_iter()
                .map(|&(repetition, n_classes)| {
                    let seed = run.seed.wrapping_add(repetition as u64);
                    let task = digits.task(n_classes, self.n_train, seed)?;
                    self.embeddings_of(&task, n_classes, repetition, seed, &bar)
                })
                .collect::<anyhow::Result<Vec<_>>>()
        })?;
        Ok(cells.into_iter().flatten().collect())
    }

    fn embeddings_of(
        &self,
        task: &Task,
        n_classes: usize,
        repetition: usize,
        seed: u64,
        bar: &TaskBar,
    ) -> anyhow::Result<Vec<Cell>> {
        let largest = self.sizes.iter().copied().max().unwrap_or(1);
        let pca: ImagePca = PcaConfig::new(largest).fit(task.train.0.view())?;
        let components = task.embed(&pca)?;
        let cell = |&size: &usize| -> anyhow::Result<Cell> {
            let code = task.embed(&self.encoder(task, size, seed)?)?;
            let first = components.each_ref().map(|all| all.slice(s![.., ..size]).to_owned());
            bar.advance();
            Ok(Cell {
                n_classes,
                size,
                repetition,
                encoder: task.separation(code, n_classes, seed)?,
                pca: task.separation(first, n_classes, seed)?,
            })
        };
        self.sizes.iter().map(cell).collect()
    }

    fn encoder(&self, task: &Task, size: usize, seed: u64) -> anyhow::Result<ConvAutoencoder> {
        set_threads(1)?;
        let (_, channels, height, width) = task.train.0.dim();
        let shape = ImageShape { channels, height, width };
        let network = ConvAutoencoderConfig::new(shape).filters([8, 16]).n_features(size);
        let config = TrainConfig::new()
            .epochs(self.epochs)
            .batch_size(32)
            .learning_rate(2e-3)
            .seed(seed)
            .device(self.device);
        Ok(Trainer::new(network, config).fit(task.train.0.view())?)
    }

    /// Embeddings of ten digits in two numbers, for a picture: those of the test images and their
    /// digits' classes.
    ///
    /// # Errors
    /// If the digits are not there.
    pub fn picture(&self, folder: &Path, run: &Run) -> anyhow::Result<(Array2<f32>, Vec<usize>)> {
        let n_classes = self.classes.iter().copied().max().unwrap_or(10);
        let task = Digits::read(folder)?.task(n_classes, self.n_train, run.seed)?;
        let [_, unseen] = task.embed(&self.encoder(&task, 2, run.seed)?)?;
        Ok((unseen, task.test.1))
    }
}

impl Task {
    /// The embeddings of the images to learn from, and of the others.
    fn embed<M: Embed>(&self, model: &M) -> anyhow::Result<[Array2<f32>; 2]> {
        Ok([model.embed(self.train.0.view())?, model.embed(self.test.0.view())?])
    }

    fn separation(
        &self,
        [seen, unseen]: [Array2<f32>; 2],
        n_classes: usize,
        seed: u64,
    ) -> anyhow::Result<Separation> {
        let seen = Embedded { features: seen, classes: &self.train.1 };
        let unseen = Embedded { features: unseen, classes: &self.test.1 };
        Separation::measure(&seen, &unseen, n_classes, seed)
    }
}
