use ndarray::{Array4, Axis, s};
use novelty_core::{Dataset, ImageShape, Sample};
use novelty_data::{DataError, InMemoryDataset, LabelledDataset, OneClass, Subset};

fn ramp(n: usize) -> InMemoryDataset {
    let images =
        Array4::from_shape_fn((n, 2, 3, 4), |(i, c, y, x)| (i * 24 + c * 12 + y * 4 + x) as f32);
    InMemoryDataset::new(images).unwrap()
}

#[test]
fn images_from_memory_come_back_as_they_are() {
    let labels = vec![false, true, false];
    let data = ramp(3).classes(vec![4, 5, 6]).unwrap().is_anomalous(labels).unwrap();
    let sample = data.get(1).unwrap();
    assert_eq!(sample.image, data.images().slice(s![1, .., .., ..]));
    assert_eq!((sample.class, sample.is_anomalous), (Some(5), Some(true)));
    assert_eq!((data.len(), data.image_shape().to_string()), (3, "2x3x4".into()));
    assert_eq!(ramp(3).get(0).unwrap().class, None);
    assert!(matches!(data.get(3), Err(DataError::Index { index: 3, len: 3 })));
}

#[test]
fn images_from_memory_have_to_be_finite_and_labelled_throughout() {
    let mut images = Array4::zeros((2, 1, 1, 2));
    images[[1, 0, 0, 1]] = f32::INFINITY;
    let error = InMemoryDataset::new(images).unwrap_err().to_string();
    assert_eq!(error, "images holds inf at position 3; every value must be finite");
    let error = ramp(3).classes(vec![1]).unwrap_err().to_string();
    assert_eq!(error, "classes has 1 entries, images has 3; they must be equal");
}

#[test]
fn subsets_of_subsets_reach_the_bottom() {
    let data = ramp(5).classes(vec![0, 1, 0, 1, 0]).unwrap();
    let outer = Subset::new(&data, vec![4, 3, 3]).unwrap();
    let inner = Subset::new(OneClass::new(&outer, 1), vec![2, 0]).unwrap();
    assert_eq!(inner.get(0).unwrap().image, data.get(3).unwrap().image);
    assert_eq!(
        (inner.is_anomalous(0), inner.is_anomalous(1), inner.is_anomalous(2)),
        (Some(false), Some(true), None)
    );
    assert!(matches!(inner.get(2), Err(DataError::Index { index: 2, len: 2 })));
    assert!(matches!(Subset::new(&data, vec![5]), Err(DataError::Index { index: 5, len: 5 })));
}

/// Says that its images are of another shape than they are.
struct Lying(InMemoryDataset);

impl Dataset for Lying {
    type Error = DataError;

    fn len(&self) -> usize {
        self.0.len()
    }

    fn image_shape(&self) -> ImageShape {
        ImageShape::new(1, 3, 4)
    }

    fn get(&self, index: usize) -> Result<Sample, DataError> {
        self.0.get(index)
    }
}

impl LabelledDataset for Lying {
    fn class(&self, index: usize) -> Option<usize> {
        LabelledDataset::class(&self.0, index)
    }

    fn is_anomalous(&self, index: usize) -> Option<bool> {
        LabelledDataset::is_anomalous(&self.0, index)
    }
}

#[test]
fn a_whole_dataset_is_read_with_the_labels_that_all_have() {
    let data = ramp(5).classes(vec![0, 1, 0, 1, 0]).unwrap();
    let read = InMemoryDataset::read(&Subset::new(&data, vec![4, 1]).unwrap()).unwrap();
    assert_eq!(read.images(), data.images().select(Axis(0), &[4, 1]));
    assert_eq!((LabelledDataset::class(&read, 1), read.labels()), (Some(1), None));
    let labelled = InMemoryDataset::read(&OneClass::new(&data, 1)).unwrap();
    assert_eq!(labelled.labels(), Some(&[true, false, true, false, true][..]));

    let error = InMemoryDataset::read(&Lying(ramp(2))).unwrap_err().to_string();
    assert_eq!(error, "image has shape [2, 3, 4], expected [1, 3, 4]");
}
