//! A folder with three small wheels, a stand-in for `python3 -m pip` that copies them, and
//! the real C compiler.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};
use tempfile::TempDir;
use xtask::Tools;
use xtask::libtorch::{Recipe, Take, Wheel};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// The wheels, in download order, with the libraries in them.
const WHEELS: [(&str, &[&str]); 3] = [
    ("runtime", &["nvidia/lib/libcudart.so.13"]),
    ("cupti", &["nvidia/lib/libcupti.so.13"]),
    ("torch", &["torch/lib/libtorch_cpu.so", "torch/lib/libc10.so", "torch/lib/libgomp.so.1"]),
];

/// What the stand-in does, once, to the process that called it.
pub(crate) enum Trouble {
    /// pip writes half a wheel, then its caller is killed.
    KillWhileDownloading(&'static str),
    /// The caller is killed when it links.
    KillWhileLinking,
    /// pip hands out a wheel with other bytes.
    WrongBytes(&'static str),
    /// pip fails, however often it is asked.
    NoNetwork,
}

pub(crate) struct Fixture {
    folder: PathBuf,
    _owned: Option<TempDir>,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        let owned = tempfile::tempdir().unwrap();
        let fixture = Self { folder: owned.path().to_owned(), _owned: Some(owned) };
        fs::create_dir(fixture.root()).unwrap();
        for (name, libraries) in WHEELS {
            fixture.write_wheel(name, libraries);
        }
        fixture.write_script("python3", PYTHON);
        fixture.write_script("cc", CC);
        fixture
    }

    /// The same folder, from the process that is to be killed.
    pub(crate) fn reopen(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), _owned: None }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The stand-in for the workspace.
    pub(crate) fn root(&self) -> PathBuf {
        self.folder.join("root")
    }

    pub(crate) fn libtorch(&self) -> PathBuf {
        self.root().join(".libtorch")
    }

    pub(crate) fn tools(&self) -> Tools {
        Tools {
            python: self.folder.join("python3"),
            cc: self.folder.join("cc"),
            cxx: self.folder.join("cc"),
        }
    }

    pub(crate) fn recipe(&self) -> Recipe {
        let wheels = WHEELS.iter().map(|(name, libraries)| {
            let bytes = fs::read(self.wheel(name)).unwrap();
            let sha256 = Sha256::digest(&bytes).iter().map(|b| format!("{b:02x}")).collect();
            let mut take: Vec<_> =
                libraries.iter().map(|&library| Take::Library(library.to_owned())).collect();
            let (from, to) = ("torch/include/".to_owned(), "include".to_owned());
            take.push(Take::Tree { from, to });
            Wheel { name: (*name).to_owned(), version: "1.0".to_owned(), sha256, take }
        });
        Recipe { version: "1.0+cpu".to_owned(), wheels: wheels.collect(), disk_bytes: 1_000_000 }
    }

    pub(crate) fn install(&self) -> anyhow::Result<()> {
        xtask::libtorch::install(&self.root(), &self.recipe(), &self.tools())
    }

    pub(crate) fn arrange(&self, trouble: &Trouble) {
        let (file, content) = match trouble {
            Trouble::KillWhileDownloading(wheel) => ("kill-pip", *wheel),
            Trouble::KillWhileLinking => ("kill-cc", ""),
            Trouble::WrongBytes(wheel) => ("wrong-bytes", *wheel),
            Trouble::NoNetwork => ("no-network", ""),
        };
        fs::write(self.folder.join(file), content).unwrap();
    }

    pub(crate) fn end_trouble(&self) {
        fs::remove_file(self.folder.join("no-network")).unwrap();
    }

    /// What pip was asked for, in order.
    pub(crate) fn downloads(&self) -> Vec<String> {
        let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        log.lines().map(str::to_owned).collect()
    }

    /// What lies in the root, sorted.
    pub(crate) fn entries(&self) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(self.root())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    fn wheel(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}-1.0-py3-none-any.whl"))
    }

    fn write_wheel(&self, name: &str, libraries: &[&str]) {
        let mut zip = ZipWriter::new(File::create(self.wheel(name)).unwrap());
        let mut add = |entry: &str, content: &[u8]| {
            zip.start_file(entry, SimpleFileOptions::default()).unwrap();
            zip.write_all(content).unwrap();
        };
        for library in libraries {
            add(library, &self.shared_library());
        }
        add(&format!("{name}/__init__.py"), b"import this");
        if name == "torch" {
            add("torch/include/c10/Half.h", b"#pragma once\n");
            add("torch/include/../../escaped.h", b"#error\n");
            add("torch/lib/libtorch_cuda.so", b"large");
        }
        zip.finish().unwrap();
    }

    fn shared_library(&self) -> Vec<u8> {
        let path = self.folder.join("library.so");
        let status = Command::new("cc")
            .args(["-shared", "-x", "c", "/dev/null", "-o"])
            .arg(&path)
            .status()
            .expect("these tests need a C compiler, as everything on libtorch does");
        assert!(status.success());
        fs::read(path).unwrap()
    }

    fn write_script(&self, name: &str, text: &str) {
        let path = self.folder.join(name);
        fs::write(&path, text.replace("@FOLDER@", &self.folder.to_string_lossy())).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
}

const CC: &str = r#"#!/bin/sh
if [ "$1" = -shared ] && [ -e "@FOLDER@/kill-cc" ]; then
    rm "@FOLDER@/kill-cc"
    kill -9 $PPID
    exit 1
fi
exec cc "$@"
"#;

const PYTHON: &str = r#"#!/bin/sh
cd "@FOLDER@"
case "$*" in
--version) echo "Python 3.12"; exit ;;
"-m pip --version") echo "pip 1"; exit ;;
"-m pip download --help") echo "no options"; exit ;;
"-m pip download "*) ;;
*) echo "unexpected: $*" >&2; exit 2 ;;
esac
while [ $# -gt 0 ]; do
    case "$1" in
    --dest) dest=$2; shift ;;
    --requirement) requirement=$2; shift ;;
    esac
    shift
done
name=$(sed 's/==.*//' "$requirement")
echo "$name" >> log
if [ -e no-network ]; then exit 1; fi
wheel=$name-1.0-py3-none-any.whl
if [ -e kill-pip ] && [ "$(cat kill-pip)" = "$name" ]; then
    rm kill-pip
    head -c 100 "$wheel" > "$dest/$wheel"
    kill -9 $PPID
    exit 1
fi
cp "$wheel" "$dest"
if [ -e wrong-bytes ] && [ "$(cat wrong-bytes)" = "$name" ]; then
    rm wrong-bytes
    echo more >> "$dest/$wheel"
fi
"#;
