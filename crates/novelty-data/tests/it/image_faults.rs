use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::Path;

use image::{GrayImage, ImageFormat, Luma};
use novelty_core::Dataset;
use novelty_data::{
    BadImages, DataError, ImageFault, ImageFileDataset, ImageReadConfig, MvtecDataset, Split,
    read_image,
};
use tempfile::tempdir;

use crate::allocation::peak_bytes;
use crate::files::write;

fn png(path: &Path, width: u32, height: u32) {
    GrayImage::from_pixel(width, height, Luma([9])).save(path).unwrap();
}

fn encoded(format: ImageFormat) -> Vec<u8> {
    let image = GrayImage::from_fn(20, 10, |x, y| Luma([(x * 7 + y * 11) as u8]));
    let mut bytes = std::io::Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn read(bytes: &[u8]) -> Result<ndarray::Array3<f32>, ImageFault> {
    let dir = tempdir().unwrap();
    let path = write(dir.path(), "image.png", bytes);
    match read_image(&path, &ImageReadConfig::new()) {
        Ok(image) => Ok(image),
        Err(DataError::Image { path: named, fault }) => {
            assert_eq!(named, path);
            Err(fault)
        }
        Err(error) => panic!("{error}"),
    }
}

/// A PNG whose header claims these sizes.
fn claiming(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = encoded(ImageFormat::Png);
    bytes[16..20].copy_from_slice(&width.to_be_bytes());
    bytes[20..24].copy_from_slice(&height.to_be_bytes());
    let mut crc = flate2::Crc::new();
    crc.update(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&crc.sum().to_be_bytes());
    bytes
}

#[test]
fn claims_are_checked_before_memory_is_taken() {
    for (width, height) in [(60_000, 60_000), (u32::MAX >> 1, u32::MAX >> 1)] {
        let (fault, peak) = peak_bytes(|| read(&claiming(width, height)).unwrap_err());
        assert!(
            matches!(&fault, ImageFault::TooManyPixels { .. } | ImageFault::Decode(_)),
            "{fault}"
        );
        assert!(peak < 1 << 20, "{peak} bytes for {fault}");
    }
    let (fault, peak) = peak_bytes(|| read(&claiming(8000, 8000)).unwrap_err());
    assert!(matches!(&fault, ImageFault::BeyondCompression { width: 8000, .. }), "{fault}");
    assert!(peak < 1 << 20, "{peak} bytes for {fault}");
    let fault = read(&claiming(0, 10)).unwrap_err();
    assert!(matches!(fault, ImageFault::NoPixels { .. } | ImageFault::Decode(_)), "{fault}");
}

#[test]
fn a_bomb_within_the_ratio_of_deflate_is_stopped_by_the_pixel_limit() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("white.png");
    png(&path, 4000, 4000);
    assert!(fs::metadata(&path).unwrap().len() < 100_000);
    let config = ImageReadConfig::new().max_pixels(1 << 20);
    let error = read_image(&path, &config).unwrap_err();
    let message = format!(
        "{}: claims 4000 x 4000 pixels, more than the 1048576 that are allowed",
        path.display()
    );
    assert_eq!(error.to_string(), message);
    assert!(read_image(&path, &ImageReadConfig::new()).is_ok());
}

#[test]
fn damaged_files_of_every_format_are_errors() {
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Bmp, ImageFormat::Tiff] {
        let good = encoded(format);
        let channels = if format == ImageFormat::Bmp { 3 } else { 1 };
        assert_eq!(read(&good).unwrap().dim(), (channels, 10, 20), "{format:?}");
        for len in 0..good.len() {
            // A decoder may make do with a file that only lacks its end; it must not panic.
            if let Ok(image) = read(&good[..len]) {
                assert!(image.iter().all(|x| (0.0..=1.0).contains(x)));
            }
        }
        assert!(read(&good[..good.len() / 4]).is_err(), "{format:?}");
    }
    assert!(matches!(read(b"no image at all").unwrap_err(), ImageFault::Format { .. }));
    assert!(matches!(read(b"").unwrap_err(), ImageFault::Format { .. }));
    assert!(matches!(read(b"GIF89a,,,,,,,,,,").unwrap_err(), ImageFault::Format { .. }));
}

#[test]
fn what_is_no_file_is_not_read() {
    let dir = tempdir().unwrap();
    let read = |path: &Path| read_image(path, &ImageReadConfig::new()).unwrap_err();
    assert!(matches!(read(dir.path()), DataError::Image { fault: ImageFault::NotAFile, .. }));
    assert!(matches!(read(&dir.path().join("missing.png")), DataError::Io { .. }));
    assert!(matches!(
        read(Path::new("/dev/zero")),
        DataError::Image { fault: ImageFault::NotAFile, .. }
    ));
}

#[test]
fn a_file_that_vanishes_after_listing_is_named() {
    let dir = tempdir().unwrap();
    png(&dir.path().join("a.png"), 3, 2);
    png(&dir.path().join("b.png"), 3, 2);
    let data = ImageFileDataset::open_flat(dir.path(), &ImageReadConfig::new()).unwrap();
    fs::remove_file(dir.path().join("b.png")).unwrap();
    assert!(data.get(0).is_ok());
    let error = data.get(1).unwrap_err();
    assert!(matches!(&error, DataError::Io { path, .. } if path.ends_with("b.png")), "{error}");
}

#[test]
fn bad_images_stop_or_are_skipped_and_counted() {
    let dir = tempdir().unwrap();
    write(dir.path(), "a.png", b"damaged");
    png(&dir.path().join("b.png"), 3, 2);
    png(&dir.path().join("c.png"), 4, 4);
    png(&dir.path().join("d.png"), 3, 2);
    let stop = ImageReadConfig::new();
    let error = ImageFileDataset::open_flat(dir.path(), &stop).unwrap_err();
    assert!(matches!(&error, DataError::Image { path, .. } if path.ends_with("a.png")), "{error}");
    let skip = stop.bad_images(BadImages::Skip);
    let data = ImageFileDataset::open_flat(dir.path(), &skip).unwrap();
    assert_eq!((data.len(), data.skipped().len()), (2, 2));
    assert_eq!(data.path(1), Some(dir.path().join("d.png").as_path()));
    let reason = data.skipped()[1].to_string();
    assert!(reason.contains("c.png: is 1x4x4, the dataset 1x2x3"), "{reason}");
    let sized = ImageFileDataset::open_flat(dir.path(), &skip.size(5, 6)).unwrap();
    assert_eq!((sized.len(), sized.skipped().len()), (3, 1));
    assert_eq!(sized.get(1).unwrap().image.dim(), (1, 5, 6));
}

#[test]
fn link_loops_and_names_that_are_not_utf8_are_named() {
    let dir = tempdir().unwrap();
    png(&dir.path().join("a.png"), 3, 2);
    symlink(dir.path(), dir.path().join("loop")).unwrap();
    let error = ImageFileDataset::open_flat(dir.path(), &ImageReadConfig::new()).unwrap_err();
    assert!(
        matches!(&error, DataError::LinkLoop { path, .. } if path.ends_with("loop")),
        "{error}"
    );
    fs::remove_file(dir.path().join("loop")).unwrap();
    png(&dir.path().join(std::ffi::OsStr::from_bytes(b"\xff.png")), 3, 2);
    let error = ImageFileDataset::open_flat(dir.path(), &ImageReadConfig::new()).unwrap_err();
    assert!(matches!(error, DataError::NotUtf8 { .. }), "{error}");
}

#[test]
fn folders_without_images_are_named() {
    let dir = tempdir().unwrap();
    write(dir.path(), "notes.txt", b"");
    let error = ImageFileDataset::open_flat(dir.path(), &ImageReadConfig::new()).unwrap_err();
    assert!(matches!(&error, DataError::NoImages { dir: named } if named == dir.path()), "{error}");
    fs::create_dir_all(dir.path().join("screw/train")).unwrap();
    let error = MvtecDataset::open(dir.path(), "screw", Split::Test).unwrap_err();
    assert!(matches!(error, DataError::NoImages { .. }), "{error}");
    let error = MvtecDataset::open(dir.path().join("none"), "screw", Split::Test).unwrap_err();
    assert!(matches!(error, DataError::Io { .. }), "{error}");
}

#[test]
fn impossible_settings_are_refused() {
    let dir = tempdir().unwrap();
    png(&dir.path().join("a.png"), 3, 2);
    for config in [
        ImageReadConfig::new().size(0, 5),
        ImageReadConfig::new().size(usize::MAX, 2),
        ImageReadConfig::new().max_pixels(0),
    ] {
        let error = ImageFileDataset::open_flat(dir.path(), &config).unwrap_err();
        assert!(matches!(error, DataError::Input(_)), "{error}");
    }
}
