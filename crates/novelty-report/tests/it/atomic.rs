use std::process::{Command, Stdio};

use novelty_report::{Figure, ReportError, write_atomic};

use crate::samples;

#[test]
fn figures_are_saved_whole() {
    let dir = tempfile::tempdir().unwrap();
    let (png, svg) = (dir.path().join("a.png"), dir.path().join("a.svg"));
    samples::roc_plot().save_png(&png).unwrap();
    samples::roc_plot().save_svg(&svg).unwrap();
    assert_eq!(std::fs::read(&png).unwrap(), samples::roc_plot().to_png().unwrap());
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 2);
}

#[test]
fn folders_that_cannot_be_written_are_errors() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    write_atomic(&file, "x").unwrap();
    let below_a_file = write_atomic(file.join("inside"), "y").unwrap_err();
    assert!(matches!(below_a_file, ReportError::Write { .. }));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "x");
    if cfg!(target_os = "linux") {
        // No user may make files there, not even root.
        let error = write_atomic("/proc/novelty-report.html", "x").unwrap_err();
        assert!(error.to_string().contains("/proc/novelty-report.html"), "{error}");
    }
}

const KILLED: &str = "NOVELTY_REPORT_TEST_WRITE_UNTIL_KILLED";

/// Not a test of its own: what the next one runs, and kills.
#[test]
fn writes_until_killed() {
    let Some(path) = std::env::var_os(KILLED) else { return };
    for round in 0u32.. {
        let letter = if round % 2 == 0 { b'a' } else { b'b' };
        write_atomic(&path, vec![letter; 2_000_000]).unwrap();
    }
}

#[test]
fn a_killed_writer_leaves_a_whole_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("report.html");
    for _ in 0..5 {
        write_atomic(&path, vec![b'a'; 2_000_000]).unwrap();
        let mut writer = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "atomic::writes_until_killed"])
            .env(KILLED, &path)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        // Killed once it has written, at whatever moment that is.
        while std::fs::read(&path).unwrap()[0] == b'a' {
            assert!(writer.try_wait().unwrap().is_none(), "the writer ended by itself");
        }
        writer.kill().unwrap();
        writer.wait().unwrap();
        let content = std::fs::read(&path).unwrap();
        assert_eq!(content.len(), 2_000_000);
        assert!(content.iter().all(|byte| *byte == content[0]));
    }
}
