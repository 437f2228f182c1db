use std::path::{Path, PathBuf};

use ndarray::Array3;
use novelty_data::{Colour, ImageReadConfig, read_image};

fn golden() -> Vec<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/png");
    let mut files: Vec<_> =
        std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "png"));
    files.sort();
    assert_eq!(files.len(), 17);
    files
}

/// `(channels, height, width)`, as `png.py` stored them.
fn stored(path: &Path) -> Array3<u16> {
    let bytes = std::fs::read(path).unwrap();
    let dim = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    let values = bytes[12..].as_chunks::<2>().0.iter().map(|&v| u16::from_le_bytes(v)).collect();
    let pixels = Array3::from_shape_vec((dim(0), dim(4), dim(8)), values).unwrap();
    pixels.permuted_axes([2, 0, 1]).as_standard_layout().into_owned()
}

fn bits(image: &Array3<f32>) -> Vec<u32> {
    image.iter().map(|x| x.to_bits()).collect()
}

#[test]
fn pixels_are_those_pillow_reads() {
    for path in golden() {
        let image = read_image(&path, &ImageReadConfig::new()).unwrap();
        let expected = stored(&path.with_extension("raw"));
        let name = path.file_stem().unwrap().to_str().unwrap();
        assert_eq!(image.dim(), expected.dim(), "{name}");
        if name == "gray16" {
            assert_eq!(bits(&image), bits(&expected.mapv(|v| f32::from(v) / 65535.0)), "{name}");
        } else if name.ends_with("16") {
            // Pillow keeps the upper byte of 16-bit colours and of gray with alpha.
            let upper = image.mapv(|x| (x * 65535.0).round() as u16 >> 8);
            assert_eq!(upper, expected, "{name}");
        } else {
            assert_eq!(bits(&image), bits(&expected.mapv(|v| f32::from(v) / 255.0)), "{name}");
        }
    }
}

#[test]
fn gray_is_pillows() {
    let config = ImageReadConfig::new().colour(Colour::Gray);
    let mut n_compared = 0;
    for path in golden() {
        let name = path.file_stem().unwrap().to_str().unwrap();
        if name.ends_with("16") {
            continue;
        }
        let expected = stored(&path.with_extension("gray")).mapv(|v| f32::from(v) / 255.0);
        assert_eq!(bits(&read_image(&path, &config).unwrap()), bits(&expected), "{name}");
        n_compared += 1;
    }
    assert_eq!(n_compared, 13);
}

#[test]
fn gray_files_become_three_equal_channels() {
    let path = golden().into_iter().find(|path| path.ends_with("gray16.png")).unwrap();
    let gray = read_image(&path, &ImageReadConfig::new()).unwrap();
    let rgb = read_image(&path, &ImageReadConfig::new().colour(Colour::Rgb)).unwrap();
    assert_eq!(rgb.dim(), (3, 7, 11));
    assert!(rgb.outer_iter().all(|channel| channel == gray.index_axis(ndarray::Axis(0), 0)));
}
