//! The Rust side of a comparison: a small server that prepares one task and runs it on request.

use std::error::Error;
use std::io::{self, BufRead, Write};
use std::process::ExitCode;
use std::time::Instant;
use std::{env, fs};

use serde::Serialize;

/// Any error of a task; it is only shown.
pub type TaskError = Box<dyn Error + Send + Sync>;

/// One run of a prepared task: what is timed. It returns its answer.
pub type Run = Box<dyn FnMut() -> Result<Vec<f64>, TaskError>>;

/// Makes the data and whatever else is not to be timed.
pub type Prepare = fn() -> Result<Run, TaskError>;

/// Something we do, and others do too.
#[derive(Debug, Clone, Copy)]
pub struct Task<'a> {
    /// Its name on the command line.
    pub name: &'a str,
    /// What is done to how much data, in a few words for the table.
    pub description: &'a str,
    /// The answers agree when `|ours - theirs| <= atol + rtol * |theirs|` everywhere.
    pub rtol: f64,
    /// See `rtol`.
    pub atol: f64,
    /// Our way.
    pub ours: Prepare,
    /// The others.
    pub peers: &'a [Peer<'a>],
}

/// Another way to do a [`Task`].
#[derive(Debug, Clone, Copy)]
pub enum Peer<'a> {
    /// In `peers/<area>.py`, under this name.
    Python(&'a str),
    /// In Rust, right here.
    Rust {
        /// Its name.
        name: &'a str,
        /// The version of the crate.
        version: &'a str,
        /// Its way.
        prepare: Prepare,
    },
}

/// The whole of a comparison's `main`: answers `--list`, or serves one task until told to quit.
pub fn serve(tasks: &[Task<'_>]) -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let served = match arguments[..] {
        ["--list"] => list(tasks),
        [task] => find(tasks, task, None).and_then(serve_one),
        [task, "--peer", peer] => find(tasks, task, Some(peer)).and_then(serve_one),
        _ => Err("usage: --list | TASK [--peer PEER]".into()),
    };
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing is left to do where even this cannot be written.
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

type Chosen<'a> = (Prepare, &'a str);

fn find<'a>(tasks: &[Task<'a>], name: &str, peer: Option<&str>) -> Result<Chosen<'a>, TaskError> {
    let task = tasks.iter().find(|task| task.name == name);
    let task = task.ok_or_else(|| format!("there is no task {name}"))?;
    let Some(wanted) = peer else { return Ok((task.ours, env!("CARGO_PKG_VERSION"))) };
    let peer = task.peers.iter().find_map(|peer| match *peer {
        Peer::Rust { name, version, prepare } if name == wanted => Some((prepare, version)),
        _ => None,
    });
    peer.ok_or_else(|| format!("task {name} has no peer {wanted} in Rust").into())
}

fn list(tasks: &[Task<'_>]) -> Result<(), TaskError> {
    say(&tasks.iter().map(Listed::of).collect::<Vec<_>>())
}

#[derive(Serialize)]
struct Listed<'a> {
    name: &'a str,
    description: &'a str,
    rtol: f64,
    atol: f64,
    peers: Vec<ListedPeer<'a>>,
}

#[derive(Serialize)]
struct ListedPeer<'a> {
    name: &'a str,
    side: &'static str,
}

impl<'a> Listed<'a> {
    fn of(task: &Task<'a>) -> Self {
        let Task { name, description, rtol, atol, peers, .. } = *task;
        Self { name, description, rtol, atol, peers: peers.iter().map(ListedPeer::of).collect() }
    }
}

impl<'a> ListedPeer<'a> {
    fn of(peer: &Peer<'a>) -> Self {
        match *peer {
            Peer::Python(name) => Self { name, side: "python" },
            Peer::Rust { name, .. } => Self { name, side: "rust" },
        }
    }
}

fn serve_one((prepare, version): Chosen<'_>) -> Result<(), TaskError> {
    #[derive(Serialize)]
    struct Ready {
        ready: bool,
    }
    #[derive(Serialize)]
    struct Answer {
        ms: f64,
        answer: Vec<f64>,
    }
    #[derive(Serialize)]
    struct Farewell<'a> {
        peak_mb: Option<f64>,
        version: &'a str,
    }
    let mut run = prepare()?;
    say(&Ready { ready: true })?;
    for line in io::stdin().lock().lines() {
        match line?.trim() {
            "run" => {
                let start = Instant::now();
                let answer = run()?;
                let ms = start.elapsed().as_secs_f64() * 1e3;
                say(&Answer { ms, answer })?;
            }
            "quit" => return say(&Farewell { peak_mb: peak_mb(), version }),
            other => return Err(format!("neither run nor quit: {other}").into()),
        }
    }
    Ok(())
}

fn say(message: &impl Serialize) -> Result<(), TaskError> {
    let mut stdout = io::stdout().lock();
    serde_json::to_writer(&mut stdout, message)?;
    writeln!(stdout)?;
    Ok(stdout.flush()?)
}

/// The most memory this process ever held, in MB; `None` where the system does not say.
fn peak_mb() -> Option<f64> {
    peak_in(&fs::read_to_string("/proc/self/status").ok()?)
}

fn peak_in(status: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: f64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kib * 1024.0 / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TASKS: [Task<'static>; 1] = [Task {
        name: "one",
        description: "",
        rtol: 0.0,
        atol: 0.0,
        ours: || Ok(Box::new(|| Ok(vec![1.0]))),
        peers: &[
            Peer::Python("theirs"),
            Peer::Rust { name: "rust", version: "7", prepare: || Ok(Box::new(|| Ok(vec![2.0]))) },
        ],
    }];

    fn answer(peer: Option<&str>) -> Result<(Vec<f64>, &'static str), String> {
        let (prepare, version) = find(&TASKS, "one", peer).map_err(|error| error.to_string())?;
        let answer = prepare().and_then(|mut run| run()).map_err(|error| error.to_string())?;
        Ok((answer, version))
    }

    #[test]
    fn ours_and_rust_peers_are_found() {
        assert_eq!(answer(None), Ok((vec![1.0], env!("CARGO_PKG_VERSION"))));
        assert_eq!(answer(Some("rust")), Ok((vec![2.0], "7")));
    }

    #[test]
    fn a_python_peer_or_an_unknown_one_is_not_served_here() {
        let says = |peer| answer(Some(peer)).unwrap_err();
        assert_eq!(says("theirs"), "task one has no peer theirs in Rust");
        assert_eq!(find(&TASKS, "two", None).unwrap_err().to_string(), "there is no task two");
    }

    #[test]
    fn peak_memory_is_read_in_mb() {
        assert_eq!(peak_in("VmPeak:\t 1 kB\nVmHWM:\t    2000000 kB\n"), Some(2048.0));
        assert_eq!(peak_in("VmPeak:\t 1 kB\n"), None);
    }
}
