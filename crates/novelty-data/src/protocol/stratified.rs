use novelty_core::InputError;

use super::split::{TrainValidation, second_part};
use crate::DataError;
use crate::random::{Purpose, generator, shuffle};

/// Splits samples at random so that every class has, as nearly as whole samples allow, the same
/// share in both parts; the seed decides.
///
/// `ceil(n * validation_share)` samples are for validation, as in
/// [`train_validation_split`](crate::train_validation_split). Each class gives the whole part of
/// its share, and the classes with the largest remainders one more.
///
/// # Errors
/// If the share is not between 0 and 1, a part would be empty, or a class has one sample only,
/// which cannot be in both parts.
///
/// ```
/// let classes = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1];
/// let split = novelty_data::stratified_split(&classes, 0.25, 42)?;
/// assert_eq!(split.validation.iter().filter(|&&i| classes[i] == 1).count(), 1);
/// assert_eq!(split.validation.len(), 3);
/// # Ok::<(), novelty_data::DataError>(())
/// ```
pub fn stratified_split(
    classes: &[usize],
    validation_share: f64,
    seed: u64,
) -> Result<TrainValidation, DataError> {
    let n_validation = second_part(classes.len(), validation_share, "validation")?;
    let mut rng = generator(seed, Purpose::StratifiedSplit, 0);
    let mut members = by_class(classes);
    if let Some((class, _)) = members.iter().find(|(_, members)| members.len() < 2) {
        return Err(DataError::ClassSize { class: *class, needed: 2, available: 1 });
    }
    let counts = apportion(&members, n_validation, classes.len());
    let (mut train, mut validation) = (Vec::new(), Vec::new());
    for ((_, members), count) in members.iter_mut().zip(counts) {
        shuffle(&mut rng, members);
        validation.extend(&members[..count]);
        train.extend(&members[count..]);
    }
    shuffle(&mut rng, &mut train);
    shuffle(&mut rng, &mut validation);
    Ok(TrainValidation { train, validation })
}

/// The classes in order, each with the positions of its samples.
fn by_class(classes: &[usize]) -> Vec<(usize, Vec<usize>)> {
    let mut order: Vec<usize> = (0..classes.len()).collect();
    order.sort_by_key(|&index| classes[index]);
    let groups = order.chunk_by(|&a, &b| classes[a] == classes[b]);
    groups.map(|members| (classes[members[0]], members.to_vec())).collect()
}

/// Hamilton's method, in whole numbers.
fn apportion(members: &[(usize, Vec<usize>)], n_seats: usize, n: usize) -> Vec<usize> {
    let product = |members: &Vec<usize>| members.len() as u128 * n_seats as u128;
    let mut counts: Vec<usize> =
        members.iter().map(|(_, members)| (product(members) / n as u128) as usize).collect();
    let mut order: Vec<usize> = (0..members.len()).collect();
    order.sort_by_key(|&at| std::cmp::Reverse(product(&members[at].1) % n as u128));
    let n_left = n_seats - counts.iter().sum::<usize>();
    order.iter().take(n_left).for_each(|&at| counts[at] += 1);
    counts
}

/// The class of every sample of a dataset, as [`stratified_split`] needs them.
///
/// # Errors
/// If a sample has no class.
pub fn classes_of<D: crate::LabelledDataset>(dataset: &D) -> Result<Vec<usize>, InputError> {
    let class = |index| {
        dataset.class(index).ok_or_else(|| {
            InputError::setting("class", format!("missing for sample {index}"), "known")
        })
    };
    (0..dataset.len()).map(class).collect()
}
