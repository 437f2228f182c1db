mod cached;
mod concat;
mod map;

pub use cached::Cached;
pub use concat::Concat;
pub use map::Map;
