use std::env;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use flate2::read::MultiGzDecoder;
use sha2::{Digest, Sha256};

use crate::{Failure, Workspace};

/// Something the readers of novelty-data read.
struct Source {
    name: &'static str,
    what: &'static str,
    licence: &'static str,
    size: &'static str,
    how: &'static str,
    /// Where the files of `files` are; empty where they cannot be had without asking.
    url: &'static str,
    files: &'static [FileOf],
}

/// A compressed file, known by its content: mirrors compress it anew.
struct FileOf {
    name: &'static str,
    /// Bytes of the content.
    len: u64,
    /// SHA-256 of the content.
    sha256: &'static str,
}

const fn file(name: &'static str, len: u64, sha256: &'static str) -> FileOf {
    FileOf { name, len, sha256 }
}

const SOURCES: [Source; 8] = [
    Source {
        name: "mnist",
        what: "70,000 digits 28x28, IDX",
        licence: "CC BY-SA 3.0",
        size: "11 MB",
        how: "bundled in datasets/mnist; `cargo xtask data get mnist` fetches it again",
        url: "https://ossci-datasets.s3.amazonaws.com/mnist",
        files: &[
            file(
                "train-images-idx3-ubyte.gz",
                47_040_016,
                "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            ),
            file(
                "train-labels-idx1-ubyte.gz",
                60_008,
                "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            ),
            file(
                "t10k-images-idx3-ubyte.gz",
                7_840_016,
                "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            ),
            file(
                "t10k-labels-idx1-ubyte.gz",
                10_008,
                "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
            ),
        ],
    },
    Source {
        name: "fashion-mnist",
        what: "70,000 pictures of clothes 28x28, IDX",
        licence: "MIT",
        size: "30 MB",
        how: "`cargo xtask data get fashion-mnist`, or Debian's package dataset-fashion-mnist",
        url: "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
        files: &[
            file(
                "train-images-idx3-ubyte.gz",
                47_040_016,
                "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
            ),
            file(
                "train-labels-idx1-ubyte.gz",
                60_008,
                "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
            ),
            file(
                "t10k-images-idx3-ubyte.gz",
                7_840_016,
                "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
            ),
            file(
                "t10k-labels-idx1-ubyte.gz",
                10_008,
                "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
            ),
        ],
    },
    Source {
        name: "kmnist",
        what: "70,000 Kuzushiji characters 28x28, IDX",
        licence: "CC BY-SA 4.0",
        size: "21 MB",
        how: "codh.rois.ac.jp/kmnist; open with IdxDataset",
        url: "",
        files: &[],
    },
    Source {
        name: "emnist",
        what: "up to 814,255 letters and digits 28x28, IDX",
        licence: "public domain (NIST)",
        size: "540 MB",
        how: "nist.gov, EMNIST; open with IdxDataset and .transposed()",
        url: "",
        files: &[],
    },
    Source {
        name: "notmnist",
        what: "letters A to J 28x28, IDX",
        licence: "none stated; free for research",
        size: "3 MB and up",
        how: "notMNIST-to-MNIST on GitHub; open with IdxDataset",
        url: "",
        files: &[],
    },
    Source {
        name: "cifar-10",
        what: "60,000 pictures 32x32 of ten classes",
        licence: "none stated; free for research",
        size: "170 MB",
        how: "cs.toronto.edu/~kriz; as folders of images, ImageFileDataset::open_classes",
        url: "",
        files: &[],
    },
    Source {
        name: "mvtec-ad",
        what: "5,354 pictures of 15 products, with masks",
        licence: "CC BY-NC-SA 4.0",
        size: "4.9 GB",
        how: "mvtec.com, after a form; MvtecDataset. Other data in this layout works too",
        url: "",
        files: &[],
    },
    Source {
        name: "inspection",
        what: "synthetic: two objects, a texture, 15 defects with masks",
        licence: "MIT or Apache-2.0",
        size: "any",
        how: "made by novelty_data::InspectionConfig, no download",
        url: "",
        files: &[],
    },
];

/// The data the readers understand: what there is, under which licence, and how to get it.
#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct DataArgs {
    /// Show every source with its licence, size and where to get it
    #[arg(long)]
    list: bool,
    #[command(subcommand)]
    command: Option<DataCommand>,
}

#[derive(Debug, Subcommand)]
enum DataCommand {
    /// Download a source and check its SHA-256
    Get(GetArgs),
}

#[derive(Debug, Args)]
struct GetArgs {
    /// A name from `cargo xtask data --list`
    name: String,
    /// Where to put it [default: target/novelty/data/NAME]
    #[arg(long, value_name = "FOLDER")]
    to: Option<PathBuf>,
    /// Take the files from a folder that has them already, and only check them
    #[arg(long, value_name = "FOLDER")]
    from: Option<PathBuf>,
}

impl DataArgs {
    pub(crate) fn run(&self, workspace: &Workspace) -> Result<()> {
        if self.list {
            print!("{}", listing());
        }
        match &self.command {
            Some(DataCommand::Get(args)) => get(workspace, args),
            None => Ok(()),
        }
    }
}

fn listing() -> String {
    let mut text = String::new();
    for source in &SOURCES {
        let Source { name, what, licence, size, how, .. } = source;
        text.push_str(&format!("{name}\n  {what}\n  licence {licence}, {size}\n  {how}\n"));
    }
    text
}

fn get(workspace: &Workspace, args: &GetArgs) -> Result<()> {
    let Some(source) = SOURCES.iter().find(|source| source.name == args.name) else {
        let names: Vec<_> = SOURCES.iter().map(|source| source.name).collect();
        let help = format!("the sources are {}", names.join(", "));
        return Err(Failure::new(format!("there is no source {}", args.name), help).into());
    };
    if source.files.is_empty() {
        let message = format!("{} cannot be downloaded by this command", source.name);
        return Err(Failure::new(message, source.how).into());
    }
    // What a person gives is relative to where they are.
    let here = env::current_dir().context("cannot tell the current folder")?;
    let default = workspace.root().join("target/novelty/data").join(source.name);
    let to = args.to.as_ref().map_or(default, |to| here.join(to));
    fs::create_dir_all(&to).with_context(|| format!("cannot create {}", to.display()))?;
    for file in source.files {
        get_file(source, file, args.from.as_ref().map(|from| here.join(from)).as_deref(), &to)?;
    }
    println!("{}", to.display());
    Ok(())
}

/// Checked beside its place, so that a file with its name is a whole one.
fn get_file(source: &Source, file: &FileOf, from: Option<&Path>, to: &Path) -> Result<()> {
    let path = to.join(file.name);
    if path.is_file() && check(&path, file).is_ok() {
        eprintln!("data: {} is there already", path.display());
        return Ok(());
    }
    let mut partial = tempfile::NamedTempFile::new_in(to)
        .with_context(|| format!("cannot write to {}", to.display()))?;
    match from {
        Some(from) => {
            let from = from.join(file.name);
            let mut input =
                File::open(&from).with_context(|| format!("cannot open {}", from.display()))?;
            io::copy(&mut input, &mut partial)
                .with_context(|| format!("cannot copy {}", from.display()))?;
        }
        None => download(source, &format!("{}/{}", source.url, file.name), partial.path())?,
    }
    partial.flush().with_context(|| format!("cannot write to {}", to.display()))?;
    check(partial.path(), file)?;
    partial.persist(&path).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(())
}

fn download(source: &Source, url: &str, to: &Path) -> Result<()> {
    eprintln!("data: downloading {url}");
    let mut command = Command::new("curl");
    command.args(["--fail", "--location", "--silent", "--show-error", "--connect-timeout", "20"]);
    command.args(["--retry", "3", "--output"]).arg(to).arg(url).stdin(Stdio::null());
    let outcome = command.status();
    if outcome.as_ref().is_ok_and(std::process::ExitStatus::success) {
        return Ok(());
    }
    let message = match outcome {
        Ok(_) => format!("{url} could not be downloaded"),
        Err(error) => format!("curl could not be started ({error})"),
    };
    let help = format!(
        "check the network and the proxy (https_proxy), or get the files elsewhere ({}) and run \
         `cargo xtask data get {} --from FOLDER`; what is downloaded already is kept",
        source.how, source.name
    );
    Err(Failure::new(message, help).into())
}

/// Decompresses no more than the file should hold.
fn check(path: &Path, file: &FileOf) -> Result<()> {
    let input = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    let mut content = MultiGzDecoder::new(input).take(file.len + 1);
    let (mut hash, mut len, mut buffer) = (Sha256::new(), 0, vec![0; 1 << 16]);
    loop {
        let n = content
            .read(&mut buffer)
            .with_context(|| format!("{} is no whole gzip file", file.name))?;
        if n == 0 {
            break;
        }
        hash.update(&buffer[..n]);
        len += n as u64;
    }
    let found = format!("{:x}", hash.finalize());
    if len != file.len || found != file.sha256 {
        bail!(
            "{} has a content of {len} bytes with SHA-256 {found}, expected {} with {}",
            file.name,
            file.len,
            file.sha256
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bundled() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets/mnist")
    }

    #[test]
    fn every_source_is_listed_with_its_licence() {
        let text = listing();
        for source in &SOURCES {
            assert!(text.contains(source.name) && text.contains(source.licence));
        }
    }

    #[test]
    fn bundled_files_are_taken_and_checked() {
        let dir = tempfile::tempdir().unwrap();
        let source = &SOURCES[0];
        let labels = &source.files[3];
        get_file(source, labels, Some(&bundled()), dir.path()).unwrap();
        assert!(dir.path().join(labels.name).is_file());
        // Again: it is there already, wherever it would come from.
        get_file(source, labels, Some(Path::new("/no/such/folder")), dir.path()).unwrap();
    }

    #[test]
    fn a_file_of_another_content_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let from = tempfile::tempdir().unwrap();
        let labels = &SOURCES[0].files[3];
        fs::copy(bundled().join("train-labels-idx1-ubyte.gz"), from.path().join(labels.name))
            .unwrap();
        let error = get_file(&SOURCES[0], labels, Some(from.path()), dir.path()).unwrap_err();
        assert!(error.to_string().contains("expected 10008 with"), "{error}");
        fs::write(from.path().join(labels.name), b"no gzip").unwrap();
        assert!(get_file(&SOURCES[0], labels, Some(from.path()), dir.path()).is_err());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_cannot_be_had_says_where_it_is() {
        let workspace = Workspace::locate().unwrap();
        let ask = |name: &str| {
            let args = GetArgs { name: name.to_owned(), to: None, from: None };
            crate::render_error(&get(&workspace, &args).unwrap_err())
        };
        assert!(ask("mvtec-ad").contains("help: mvtec.com, after a form"));
        assert!(ask("imagenet").contains("help: the sources are mnist, fashion-mnist"));
    }
}
