use std::io::{self, Read};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use crate::scene::escape;

/// The scheme a viewer prefers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

/// What a browser made of a page.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct PageCheck {
    /// The width it was given, in pixels.
    pub width: f64,
    /// The width its content takes: more than `width` makes a reader scroll sideways.
    pub content_width: f64,
    /// How many images there are.
    pub n_images: usize,
    /// How many of them did not load, or have no alternative text.
    pub n_bad_images: usize,
    /// How many drawings are visible.
    pub n_drawings: usize,
    /// The smallest text that is visible, in pixels on the screen.
    pub smallest_text: f64,
    /// How many resources were loaded from elsewhere.
    pub n_loads: usize,
    /// The colour of the ground, as CSS writes it.
    pub background: String,
    /// What the browser complained about.
    pub console: Vec<String>,
}

/// The smallest text that can be read without zooming, in pixels.
const READABLE: f64 = 12.0;
/// A page is there in a second; this is for a machine busy with other things.
const PATIENCE: Duration = Duration::from_secs(120);
const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];

impl PageCheck {
    /// What is wrong with the page, one line each; empty when nothing is.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let mut problems = self.console.clone();
        if self.content_width > self.width {
            problems.push(format!("{} pixels wide in {}", self.content_width, self.width));
        }
        if self.n_bad_images > 0 {
            problems.push(format!("{} of {} images are bad", self.n_bad_images, self.n_images));
        }
        if self.smallest_text < READABLE {
            problems.push(format!("text of {:.1} pixels", self.smallest_text));
        }
        if self.n_loads > 0 {
            problems.push(format!("{} resources loaded", self.n_loads));
        }
        problems
    }
}

/// Opens a page in a headless Chromium and measures it; `None` when none is on the `PATH`.
///
/// The page stands in a frame of the given width, so that a telephone's is possible, and a
/// script outside it does the measuring: the page itself is not touched.
///
/// # Errors
///
/// When the browser cannot be started, does not end within two minutes, or says nothing.
pub fn check_page(html: &str, width: u32, scheme: Scheme) -> io::Result<Option<PageCheck>> {
    let Some(browser) = find_browser() else { return Ok(None) };
    let folder = Folder::new()?;
    let page = folder.0.join("page.html");
    std::fs::write(&page, measuring_page(html, width))?;
    let child = Command::new(browser)
        // Its sandbox needs rights a container does not give; the page is ours.
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"])
        .args(["--enable-logging=stderr", "--virtual-time-budget=10000", "--dump-dom"])
        .arg(format!("--blink-settings=preferredColorScheme={}", u8::from(scheme == Scheme::Light)))
        .arg(format!("--window-size={},1000", width.max(500)))
        .arg(format!("--user-data-dir={}", folder.0.join("profile").display()))
        .arg(format!("file://{}", page.display()))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let (dom, log) = outputs(child)?;
    let mut check = read_result(&dom)
        .ok_or_else(|| io::Error::other(format!("the browser measured nothing: {log}")))?;
    check.console = log.lines().filter(|l| l.contains("CONSOLE")).map(str::to_owned).collect();
    Ok(Some(check))
}

fn find_browser() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let places = BROWSERS.iter().flat_map(|name| folders.iter().map(move |f| f.join(name)));
    places.into_iter().find(|place| place.is_file())
}

/// A folder of its own that goes when it is no longer needed.
struct Folder(PathBuf);

impl Folder {
    fn new() -> io::Result<Self> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("novelty-report-{}-{count}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder)?;
        Ok(Self(folder))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // The system clears what stays of its temporary files.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// All a process writes, if it ends in time.
fn outputs(mut child: Child) -> io::Result<(String, String)> {
    let (Some(mut stdout), Some(mut stderr)) = (child.stdout.take(), child.stderr.take()) else {
        return Err(io::Error::other("the browser has no output"));
    };
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || {
        let log = std::thread::spawn(move || {
            let mut log = Vec::new();
            let _ = stderr.read_to_end(&mut log);
            log
        });
        let mut dom = Vec::new();
        let _ = stdout.read_to_end(&mut dom);
        let _ = send.send((dom, log.join().unwrap_or_default()));
    });
    let outputs = receive.recv_timeout(PATIENCE);
    if outputs.is_err() {
        child.kill()?;
    }
    child.wait()?;
    let (dom, log) = outputs.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?;
    Ok((String::from_utf8_lossy(&dom).into_owned(), String::from_utf8_lossy(&log).into_owned()))
}

fn measuring_page(html: &str, width: u32) -> String {
    format!(
        "<!doctype html><meta charset=\"utf-8\"><body style=\"margin:0\">\
         <iframe style=\"border:0\" width=\"{width}\" height=\"1000\" srcdoc=\"{}\"></iframe>\
         <pre id=\"measured\"></pre><script>{}</script>",
        escape(html),
        include_str!("../templates/measure.js")
    )
}

fn read_result(dom: &str) -> Option<PageCheck> {
    let (_, rest) = dom.split_once("<pre id=\"measured\">")?;
    let (result, _) = rest.split_once("</pre>")?;
    let value = |name: &str| {
        let lines = result.lines().filter_map(|line| line.split_once('='));
        lines.into_iter().find(|(key, _)| *key == name).map(|(_, value)| value)
    };
    let number = |name: &str| value(name)?.parse::<f64>().ok();
    Some(PageCheck {
        width: number("width")?,
        content_width: number("content_width")?,
        n_images: number("n_images")? as usize,
        n_bad_images: number("n_bad_images")? as usize,
        n_drawings: number("n_drawings")? as usize,
        smallest_text: number("smallest_text")?,
        n_loads: number("n_loads")? as usize,
        background: value("background")?.to_owned(),
        console: Vec::new(),
    })
}
