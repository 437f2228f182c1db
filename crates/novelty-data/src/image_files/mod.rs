mod config;
mod dataset;
mod decode;
mod fault;
mod manifest;
mod mvtec;
mod raster;
mod resize;
mod walk;

pub use config::{BadImages, Colour, Filter, ImageReadConfig};
pub use dataset::ImageFileDataset;
pub(crate) use decode::decode_bytes;
pub use decode::read_image;
pub use fault::ImageFault;
pub use manifest::ManifestConfig;
pub(crate) use manifest::csv_error;
pub use mvtec::MvtecDataset;
pub(crate) use resize::resize_plane;
