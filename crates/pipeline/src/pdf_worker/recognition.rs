//! Text on scanned pages, by programs of the machine: `pdftoppm` (poppler) paints the pages where it is installed, else
//! their own images are taken; `tesseract` with French recognises the words.
//!
//! Both programs read bytes from outside. Each is started without an environment, in a group of its own, and limited
//! (memory, processor time, files) before the first byte is written to it; it gets its input and gives its output
//! through pipes, and is killed when its time is over.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use facteur_parse::pdf::PdfPages;
use facteur_parse::pdf::fields::template::Template;
use facteur_parse::pdf::scan::{RecognisedPage, Scan, ScanError, ScanPage, read_recognised};
use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process_group, prlimit};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

use super::start_bare;

/// The language of the invoices, as tesseract names it.
const LANGUAGE: &str = "fra";
/// Longer side of a painted page in pixels: 200 dots an inch on A4, whatever size a page says it has.
const LONGER_SIDE: &str = "2339";
/// Address space of a program.
const MEMORY_MAX: u64 = 1 << 30;
/// Processor time of a program, in seconds.
const CPU_MAX: u64 = 25;
/// Files that a program may have open: its libraries, fonts and language data.
const DESCRIPTORS_MAX: u64 = 64;
/// How long one program may take for one page. A page takes about a second.
const PAGE_TIME: Duration = Duration::from_secs(30);
/// How long a program may take to say which languages it has.
const QUESTION_TIME: Duration = Duration::from_secs(5);
/// Largest image of a page, and largest table of words.
const IMAGE_MAX: u64 = 32 << 20;
const TABLE_MAX: u64 = 8 << 20;

/// The programs of this machine that read scanned pages.
#[derive(Debug, Clone)]
pub struct Recogniser {
    tesseract: PathBuf,
    pdftoppm: Option<PathBuf>,
}

impl Recogniser {
    /// The programs on the `PATH`; `None` where there is no tesseract that reads French.
    pub async fn find() -> Option<Self> {
        let path = std::env::var_os("PATH")?;
        let found = |name: &str| {
            let mut places = std::env::split_paths(&path).filter(|folder| folder.is_absolute());
            places.find_map(|folder| Some(folder.join(name)).filter(|program| program.is_file()))
        };
        let (tesseract, pdftoppm) = (found("tesseract")?, found("pdftoppm"));
        let listed = run(&tesseract, ["--list-langs"], &[], TABLE_MAX, QUESTION_TIME).await.ok()?;
        let listed = String::from_utf8_lossy(&listed);
        listed.lines().any(|line| line.trim() == LANGUAGE).then_some(Self { tesseract, pdftoppm })
    }

    /// Whether pages are painted; if not, their own images are needed.
    #[must_use]
    pub const fn paints(&self) -> bool {
        self.pdftoppm.is_some()
    }

    /// What the pages of a scan say.
    pub(super) async fn read(&self, pdf: &[u8], scan: Scan, templates: &[Template]) -> Result<PdfPages, ScanError> {
        let mut pages = Vec::new();
        let mut failed = None;
        for page in scan.pages {
            match self.page(pdf, &page).await {
                Ok(table) => pages.push(RecognisedPage {
                    number: page.number,
                    width: page.width,
                    height: page.height,
                    table: String::from_utf8_lossy(&table).into_owned(),
                }),
                Err(error) => failed = Some(format!("{}: {error}", page.number)),
            }
        }
        match failed {
            Some(detail) if pages.is_empty() => Err(ScanError::Failed(detail)),
            _ => Ok(read_recognised(&pages, scan.of, templates)),
        }
    }

    async fn page(&self, pdf: &[u8], page: &ScanPage) -> io::Result<Vec<u8>> {
        let painted;
        let image = match &self.pdftoppm {
            Some(program) => {
                let number = page.number.to_string();
                let arguments = ["-f", &number, "-l", &number, "-scale-to", LONGER_SIDE, "-gray", "-q", "-"];
                painted = run(program, arguments, pdf, IMAGE_MAX, PAGE_TIME).await?;
                &painted
            }
            None => &page.image,
        };
        if image.is_empty() {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "no image"));
        }
        let arguments = ["stdin", "stdout", "-l", LANGUAGE, "--psm", "3", "tsv"];
        run(&self.tesseract, arguments, image, TABLE_MAX, PAGE_TIME).await
    }
}

/// Runs a program with these bytes on its standard input; what it writes to its standard output, if it ends well and in
/// time.
async fn run(
    program: &Path,
    arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
    input: &[u8],
    output_max: u64,
    time: Duration,
) -> io::Result<Vec<u8>> {
    let (mut child, mut stdin, stdout) = start_bare(program, arguments, Some(("OMP_THREAD_LIMIT", "1")))?;
    let group = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    limit(group)?;
    let write = async move {
        // A program that has seen enough closes its end.
        stdin.write_all(input).await.ok();
        drop(stdin);
    };
    let mut output = Vec::new();
    let mut stdout = stdout.take(output_max + 1);
    let exchange = async {
        let (_, read) = tokio::join!(write, stdout.read_to_end(&mut output));
        read?;
        if output.len() as u64 > output_max {
            return Err(io::Error::other("too much output"));
        }
        child.wait().await
    };
    let outcome = timeout(time, exchange).await;
    if !matches!(outcome, Ok(Ok(_)))
        && let Some(group) = group
    {
        // Not reaped yet, so the number is still the child's.
        kill_process_group(group, Signal::KILL).ok();
    }
    let name = program.file_name().unwrap_or_default().to_string_lossy().into_owned();
    match outcome {
        Ok(Ok(status)) if status.success() => Ok(output),
        Ok(Ok(status)) => Err(io::Error::other(format!("{name}: {status}"))),
        Ok(Err(error)) => Err(error),
        Err(_elapsed) => Err(io::Error::new(io::ErrorKind::TimedOut, format!("{name}: {} s", time.as_secs()))),
    }
}

/// Limits a process that has read nothing yet.
fn limit(process: Option<Pid>) -> io::Result<()> {
    let lower = |resource, limit| {
        prlimit(process, resource, Rlimit { current: Some(limit), maximum: Some(limit) })?;
        Ok(())
    };
    if process.is_none() {
        return Err(io::Error::other("the process has no number"));
    }
    let limits = [
        (Resource::Core, 0),
        (Resource::Fsize, 0),
        (Resource::Nofile, DESCRIPTORS_MAX),
        (Resource::Cpu, CPU_MAX),
        (Resource::As, MEMORY_MAX),
    ];
    limits.into_iter().try_for_each(|(resource, limit)| lower(resource, limit))
}
