use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, anyhow, bail};
use flate2::read::MultiGzDecoder;
use sha2::{Digest, Sha256};

use super::sources::FileOf;
use crate::whole_folder::lock;

/// A transfer that breaks goes on where it was.
const ATTEMPTS: usize = 5;

/// Where files come from.
#[derive(Debug, Clone, Copy)]
pub(super) enum Origin<'a> {
    Folder(&'a Path),
    /// Of the folder that holds the file.
    Url(&'a str),
}

/// Puts a file into the folder `to`. What has its name is whole and checked: it arrives under
/// another, under which a part of it stays for the next attempt.
pub(super) fn fetch(origin: Origin<'_>, file: &FileOf, to: &Path) -> Result<()> {
    let path = to.join(file.name);
    let _lock = lock(&to.join(".lock"))?;
    if path.is_file() && check(&path, file).is_ok() {
        eprintln!("data: {} is there already", path.display());
        return Ok(());
    }
    let part = to.join(format!(".{}.part", file.name));
    match origin {
        Origin::Folder(from) => {
            let from = from.join(file.name);
            fs::copy(&from, &part).with_context(|| format!("cannot copy {}", from.display()))?;
            check_or_remove(&part, file)?;
        }
        Origin::Url(url) => download(&format!("{url}/{}", file.name), file, &part)?,
    }
    fs::rename(&part, &path).with_context(|| format!("cannot write {}", path.display()))
}

fn download(url: &str, file: &FileOf, part: &Path) -> Result<()> {
    for _ in 0..ATTEMPTS {
        let before = len_of(part);
        match transfer(url, part, before)? {
            Transfer::Done => match check_or_remove(part, file) {
                // What was there before may have been a part of something else.
                Err(_) if before > 0 => {}
                outcome => return outcome,
            },
            // The part is the whole, or the server only sends wholes.
            Transfer::NotResumed if check_or_remove(part, file).is_ok() => return Ok(()),
            Transfer::Broken if len_of(part) == before => break,
            Transfer::NotResumed | Transfer::Broken => {}
        }
    }
    bail!("{url} could not be downloaded")
}

enum Transfer {
    Done,
    Broken,
    NotResumed,
}

/// Appends to the part what is missing of it.
fn transfer(url: &str, part: &Path, from: u64) -> Result<Transfer> {
    eprintln!("data: downloading {url} from byte {from} on");
    let mut command = Command::new("curl");
    command.args(["--fail", "--location", "--silent", "--show-error", "--connect-timeout", "20"]);
    // A proxy does not know this machine.
    command.args(["--noproxy", "localhost,127.0.0.1", "--write-out", "%{http_code}"]);
    command.args(["--continue-at", "-", "--output"]).arg(part).arg(url);
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    let output = output.map_err(|error| anyhow!("curl could not be started ({error})"))?;
    Ok(match (output.status.code(), output.stdout.as_slice()) {
        (Some(0), _) => Transfer::Done,
        // The server ignores ranges, or has nothing beyond the part.
        (Some(33), _) | (_, b"416") => Transfer::NotResumed,
        _ => Transfer::Broken,
    })
}

fn len_of(part: &Path) -> u64 {
    fs::metadata(part).map_or(0, |metadata| metadata.len())
}

fn check_or_remove(part: &Path, file: &FileOf) -> Result<()> {
    check(part, file).inspect_err(|_| {
        if let Err(error) = fs::remove_file(part) {
            eprintln!("data: cannot remove {} ({error})", part.display());
        }
    })
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
    if len == file.len && found == file.sha256 {
        return Ok(());
    }
    bail!(
        "{} has a content of {len} bytes with SHA-256 {found}, expected {} with {}",
        file.name,
        file.len,
        file.sha256
    )
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::net::{TcpListener, TcpStream};
    use std::path::PathBuf;
    use std::thread;

    use super::super::sources::SOURCES;
    use super::*;

    /// The labels of MNIST's test images.
    fn labels() -> (&'static FileOf, PathBuf) {
        let bundled = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets/mnist");
        (&SOURCES[0].files[3], bundled)
    }

    fn names(dir: &Path) -> Vec<String> {
        let entries = fs::read_dir(dir).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn has_curl() -> bool {
        let found = Command::new("curl").arg("--version").output().is_ok();
        if !found {
            println!("skipped: there is no curl");
        }
        found
    }

    /// What a server does with one request after the other.
    #[derive(Clone, Copy)]
    enum Reply {
        /// Sends what is asked for.
        Rest,
        /// Ends the connection after so many bytes of what is asked for.
        Cut(usize),
        /// Sends everything, whatever range is asked for.
        Whole,
    }

    /// Serves `content` once for each reply; its address, and the ranges it was asked for.
    fn serve(content: Vec<u8>, replies: Vec<Reply>) -> (String, thread::JoinHandle<Vec<u64>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = thread::spawn(move || {
            let answer = |reply| respond(listener.accept().unwrap().0, &content, reply);
            replies.into_iter().map(answer).collect()
        });
        (url, server)
    }

    fn respond(mut stream: TcpStream, content: &[u8], reply: Reply) -> u64 {
        let lines = BufReader::new(stream.try_clone().unwrap()).lines().map(Result::unwrap);
        let request: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
        let range = request.iter().find_map(|line| line.strip_prefix("Range: bytes="));
        let asked = range.map_or(0, |range| range.trim_end_matches('-').parse().unwrap());
        let (from, sent) = match reply {
            Reply::Rest => (asked, content.len() - asked.min(content.len())),
            Reply::Cut(n) => (asked, n),
            Reply::Whole => (0, content.len()),
        };
        let len = content.len();
        let status = match from {
            0 => "200 OK".to_owned(),
            from if from >= len => "416 Range Not Satisfiable".to_owned(),
            from => format!("206 Partial Content\r\nContent-Range: bytes {from}-{}/{len}", len - 1),
        };
        let rest = &content[from.min(len)..];
        write!(
            stream,
            "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            rest.len()
        )
        .unwrap();
        // A client that goes away early has seen what it needs.
        let _ = stream.write_all(&rest[..sent.min(rest.len())]);
        asked as u64
    }

    #[test]
    fn bundled_files_are_taken_and_checked() {
        let dir = tempfile::tempdir().unwrap();
        let (labels, bundled) = labels();
        fetch(Origin::Folder(&bundled), labels, dir.path()).unwrap();
        assert_eq!(names(dir.path()), [".lock", labels.name]);
        // Again: it is there already, wherever it would come from.
        fetch(Origin::Folder(Path::new("/no/such/folder")), labels, dir.path()).unwrap();
    }

    #[test]
    fn a_file_of_another_content_leaves_nothing() {
        let (dir, from) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (labels, bundled) = labels();
        let other = bundled.join("train-labels-idx1-ubyte.gz");
        fs::copy(other, from.path().join(labels.name)).unwrap();
        let error = fetch(Origin::Folder(from.path()), labels, dir.path()).unwrap_err();
        assert!(error.to_string().contains("expected 10008 with"), "{error}");
        fs::write(from.path().join(labels.name), b"no gzip").unwrap();
        assert!(fetch(Origin::Folder(from.path()), labels, dir.path()).is_err());
        assert_eq!(names(dir.path()), [".lock"]);
    }

    #[test]
    fn a_transfer_that_breaks_goes_on_where_it_was() {
        if !has_curl() {
            return;
        }
        let dir = tempfile::tempdir().unwrap();
        let (labels, bundled) = labels();
        let content = fs::read(bundled.join(labels.name)).unwrap();
        let (url, server) =
            serve(content.clone(), vec![Reply::Cut(1000), Reply::Cut(500), Reply::Rest]);
        fetch(Origin::Url(&url), labels, dir.path()).unwrap();
        assert_eq!(server.join().unwrap(), [0, 1000, 1500]);
        assert_eq!(names(dir.path()), [".lock", labels.name]);
        assert_eq!(fs::read(dir.path().join(labels.name)).unwrap(), content);
    }

    #[test]
    fn a_part_is_kept_and_one_of_something_else_is_not_built_on() {
        if !has_curl() {
            return;
        }
        let dir = tempfile::tempdir().unwrap();
        let (labels, bundled) = labels();
        let content = fs::read(bundled.join(labels.name)).unwrap();
        let part = format!(".{}.part", labels.name);
        let (url, server) = serve(content.clone(), vec![Reply::Cut(1000), Reply::Cut(0)]);
        let error = fetch(Origin::Url(&url), labels, dir.path()).unwrap_err().to_string();
        assert!(error.ends_with("could not be downloaded"), "{error}");
        assert_eq!(server.join().unwrap(), [0, 1000]);
        assert_eq!(names(dir.path()), [".lock", &part]);

        fs::write(dir.path().join(&part), vec![7; 1000]).unwrap();
        let (url, server) = serve(content, vec![Reply::Rest, Reply::Rest]);
        fetch(Origin::Url(&url), labels, dir.path()).unwrap();
        assert_eq!(server.join().unwrap(), [1000, 0]);
    }

    #[test]
    fn servers_without_ranges_and_whole_parts_do() {
        if !has_curl() {
            return;
        }
        let (labels, bundled) = labels();
        let content = fs::read(bundled.join(labels.name)).unwrap();
        let part = format!(".{}.part", labels.name);
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(&part), &content[..100]).unwrap();
        let (url, server) = serve(content.clone(), vec![Reply::Whole, Reply::Whole]);
        fetch(Origin::Url(&url), labels, dir.path()).unwrap();
        assert_eq!(server.join().unwrap(), [100, 0]);

        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(&part), &content).unwrap();
        let (url, server) = serve(content.clone(), vec![Reply::Rest]);
        fetch(Origin::Url(&url), labels, dir.path()).unwrap();
        assert_eq!(server.join().unwrap(), [content.len() as u64]);
    }
}
