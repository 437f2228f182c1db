use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// The variables by which the libraries of both sides learn how many threads to use.
const THREADS: [&str; 5] = [
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "RAYON_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
];

/// Where our side may leave inputs for its peer.
const SHARED: &str = "NOVELTY_COMPARE_DIR";

/// One run: its time, taken inside the process, and what came out.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Answer {
    pub(super) ms: f64,
    pub(super) answer: Vec<f64>,
}

/// What a side says at the end.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Farewell {
    pub(super) peak_mb: Option<f64>,
    pub(super) version: String,
}

/// A process that has prepared its data and waits to run, once per line it is sent.
#[derive(Debug)]
pub(super) struct Side {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl Side {
    /// Starts it and waits until it has prepared its data.
    pub(super) fn start(mut command: Command, threads: usize, shared: &Path) -> Result<Self> {
        for name in THREADS {
            command.env(name, threads.to_string());
        }
        command.env(SHARED, shared).stdin(Stdio::piped()).stdout(Stdio::piped());
        let context = || format!("cannot start {}", command.get_program().display());
        let context = context();
        let mut child = command.spawn().context(context)?;
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            bail!("the process has no standard input or output");
        };
        let mut side = Self { child, stdin, stdout: BufReader::new(stdout) };
        #[derive(Deserialize)]
        struct Ready {
            ready: bool,
        }
        if !side.read::<Ready>()?.ready {
            bail!("the process is not ready");
        }
        Ok(side)
    }

    /// One timed run.
    pub(super) fn run(&mut self) -> Result<Answer> {
        self.ask("run")
    }

    /// Ends the process.
    pub(super) fn quit(mut self) -> Result<Farewell> {
        let farewell = self.ask("quit")?;
        let status = self.child.wait().context("cannot wait for the process")?;
        if !status.success() {
            bail!("the process ended with {status}");
        }
        Ok(farewell)
    }

    fn ask<T: DeserializeOwned>(&mut self, line: &str) -> Result<T> {
        writeln!(self.stdin, "{line}")
            .and_then(|()| self.stdin.flush())
            .with_context(|| format!("the process no longer takes `{line}`"))?;
        self.read()
    }

    fn read<T: DeserializeOwned>(&mut self) -> Result<T> {
        let mut line = String::new();
        if self.stdout.read_line(&mut line).context("cannot read from the process")? == 0 {
            bail!("the process ended without an answer; what it said is above");
        }
        serde_json::from_str(&line)
            .with_context(|| format!("the process answered `{}`", line.trim_end()))
    }
}

impl Drop for Side {
    /// An error on the other side must not leave this one computing.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn script(text: &str) -> Result<Side> {
        let mut command = Command::new("sh");
        command.args(["-c", text]);
        Side::start(command, 3, Path::new("/shared"))
    }

    #[test]
    fn a_process_answers_line_by_line() {
        let mut side = script(
            r#"echo '{"ready": true}'
            read line; echo "{\"ms\": 1.5, \"answer\": [$OMP_NUM_THREADS, $RAYON_NUM_THREADS]}"
            read line; echo "{\"peak_mb\": null, \"version\": \"$line in $NOVELTY_COMPARE_DIR\"}""#,
        )
        .unwrap();
        assert_eq!(side.run().unwrap(), Answer { ms: 1.5, answer: vec![3.0, 3.0] });
        let farewell = side.quit().unwrap();
        assert_eq!(farewell, Farewell { peak_mb: None, version: "quit in /shared".to_owned() });
    }

    #[test]
    fn a_process_that_dies_or_babbles_is_an_error() {
        let message = |text| script(text).unwrap_err().to_string();
        assert!(message("exit 3").contains("ended without an answer"));
        assert!(message("echo hello").contains("answered `hello`"));
        let mut side =
            script(r#"echo '{"ready": true}'; read line; echo '{"ms": 1, "answer": [null]}'"#)
                .unwrap();
        assert!(side.run().unwrap_err().to_string().contains("answered"));
    }
}
