use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Recipe;

/// The manifest's name in the folder it describes.
pub const MANIFEST: &str = "manifest.json";

/// What a finished set-up wrote: the proof that it finished, and what to compare with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The content of `build-version`.
    pub version: String,
    /// The SHA-256 of each wheel it came from, by name.
    pub wheels: BTreeMap<String, String>,
    /// Every file, by its path with `/`.
    pub files: BTreeMap<String, FileRecord>,
}

/// One file of a [`Manifest`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRecord {
    /// Its length.
    pub bytes: u64,
    /// Its SHA-256, in hexadecimal.
    pub sha256: String,
}

impl Manifest {
    pub(crate) fn new(recipe: &Recipe) -> Self {
        let pin = |w: &super::Wheel| (w.name.clone(), w.sha256.clone());
        Self {
            version: recipe.version.clone(),
            wheels: recipe.wheels.iter().map(pin).collect(),
            files: BTreeMap::new(),
        }
    }

    /// Reads the manifest of a folder.
    ///
    /// # Errors
    /// When there is none, or it is not one.
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(MANIFEST);
        let text =
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        serde_json::from_str(&text).with_context(|| format!("{} is damaged", path.display()))
    }

    pub(crate) fn write(&self, folder: &Path) -> Result<()> {
        let path = folder.join(MANIFEST);
        let text = serde_json::to_vec_pretty(self)?;
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
    }

    /// Whether the folder came from this recipe.
    pub fn is_of(&self, recipe: &Recipe) -> bool {
        let expected = Self::new(recipe);
        self.version == expected.version && self.wheels == expected.wheels
    }

    /// Checks that every file is there with its length. Takes milliseconds.
    ///
    /// # Errors
    /// Naming the first file that is not.
    pub fn check_lengths(&self, folder: &Path) -> Result<()> {
        for (name, record) in &self.files {
            let found =
                fs::metadata(folder.join(name)).with_context(|| format!("{name} is missing"))?;
            if found.len() != record.bytes {
                bail!("{name} has {} bytes, expected {}", found.len(), record.bytes);
            }
        }
        Ok(())
    }

    /// Checks that every file holds what was written.
    ///
    /// # Errors
    /// Naming the first file that does not.
    pub fn check_hashes(&self, folder: &Path) -> Result<()> {
        self.check_lengths(folder)?;
        for (name, record) in &self.files {
            if sha256_of(&folder.join(name))? != record.sha256 {
                bail!("{name} has another SHA-256 than when it was written");
            }
        }
        Ok(())
    }
}

/// The SHA-256 of a file, in hexadecimal.
pub(crate) fn sha256_of(path: &Path) -> Result<String> {
    let context = || format!("cannot read {}", path.display());
    let mut file = File::open(path).with_context(context)?;
    let mut sink = Hashing::new(io::sink());
    io::copy(&mut file, &mut sink).with_context(context)?;
    Ok(sink.finish().sha256)
}

/// Writes a file and says what was written.
pub(crate) fn write_hashed(path: &PathBuf, mut content: impl Read) -> Result<FileRecord> {
    let context = || format!("cannot write {}", path.display());
    let mut file = Hashing::new(File::create(path).with_context(context)?);
    io::copy(&mut content, &mut file).with_context(context)?;
    Ok(file.finish())
}

struct Hashing<W> {
    inner: W,
    hash: Sha256,
    bytes: u64,
}

impl<W> Hashing<W> {
    fn new(inner: W) -> Self {
        Self { inner, hash: Sha256::new(), bytes: 0 }
    }

    fn finish(self) -> FileRecord {
        let sha256 = self.hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        FileRecord { bytes: self.bytes, sha256 }
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(buffer)?;
        self.hash.update(&buffer[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder_with_manifest() -> (tempfile::TempDir, Manifest) {
        let folder = tempfile::tempdir().unwrap();
        let mut manifest = Manifest::new(&Recipe::pinned());
        let record = write_hashed(&folder.path().join("a.so"), "abc".as_bytes()).unwrap();
        manifest.files.insert("a.so".to_owned(), record);
        manifest.write(folder.path()).unwrap();
        (folder, manifest)
    }

    #[test]
    fn a_written_file_has_the_known_hash() {
        let (folder, manifest) = folder_with_manifest();
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(manifest.files["a.so"], FileRecord { bytes: 3, sha256: expected.to_owned() });
        assert_eq!(sha256_of(&folder.path().join("a.so")).unwrap(), expected);
    }

    #[test]
    fn a_manifest_comes_back_as_written() {
        let (folder, manifest) = folder_with_manifest();
        let read = Manifest::read(folder.path()).unwrap();
        assert_eq!(read, manifest);
        assert!(read.is_of(&Recipe::pinned()));
        let newer = Recipe { version: "2.14.0+cpu".to_owned(), ..Recipe::pinned() };
        assert!(!read.is_of(&newer));
    }

    #[test]
    fn damage_is_found_and_named() {
        let (folder, manifest) = folder_with_manifest();
        manifest.check_hashes(folder.path()).unwrap();

        fs::write(folder.path().join("a.so"), "abd").unwrap();
        manifest.check_lengths(folder.path()).unwrap();
        let error = manifest.check_hashes(folder.path()).unwrap_err();
        assert_eq!(error.to_string(), "a.so has another SHA-256 than when it was written");

        fs::write(folder.path().join("a.so"), "ab").unwrap();
        let error = manifest.check_lengths(folder.path()).unwrap_err();
        assert_eq!(error.to_string(), "a.so has 2 bytes, expected 3");

        fs::remove_file(folder.path().join("a.so")).unwrap();
        let error = manifest.check_lengths(folder.path()).unwrap_err();
        assert_eq!(error.to_string(), "a.so is missing");
    }

    #[test]
    fn a_torn_manifest_is_an_error() {
        let (folder, _) = folder_with_manifest();
        fs::write(folder.path().join(MANIFEST), "{\"version\": \"2.1").unwrap();
        assert!(Manifest::read(folder.path()).unwrap_err().to_string().contains("is damaged"));
    }
}
