//! Reading of PDFs in child processes that limit themselves, so that a hostile file takes nothing down with it.
//!
//! The child is the same executable with a hidden argument, which calls [`child_main`] before anything else. It
//! confines itself before it reads its first byte, answers one request after the other, and is replaced after 50 PDFs,
//! after 5 seconds of processor time, after every error and after every overrun. A stack overflow or an exhausted
//! memory, which no code can catch, ends that child and one document's reading, not the batch.

mod carry;
mod child;
mod protocol;
mod recognition;

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use facteur_parse::pdf::fields::template::{Learnt, Template};
use facteur_parse::pdf::scan::{Scan, ScanError};
use facteur_parse::pdf::{PdfContent, PdfError, PdfLimits, PdfPages, is_pdf};
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::{OnceCell, Semaphore};
use tokio::time::timeout;

pub use carry::{ARGUMENT as CARRY_ARGUMENT, carry_main};
pub use child::child_main;
pub use facteur_parse::pdf::fields::{Field, FieldName, Method, Reading};
pub use facteur_parse::pdf::text::Place;
use protocol::{Answer, Asked, Question, Task};
pub use recognition::Recogniser;

/// How long one file may take, from the request to the last byte of the answer.
pub const TIME_LIMIT: Duration = Duration::from_secs(10);
/// How long a child that closed its end is given to be seen ending.
const END_GRACE: Duration = Duration::from_secs(1);

/// Children that read PDFs; at most `size` at a time.
#[derive(Debug)]
pub struct PdfWorkerPool {
    program: PathBuf,
    arguments: Vec<OsString>,
    limits: PdfLimits,
    time_limit: Duration,
    templates: Vec<Template>,
    recogniser: OnceCell<Option<Recogniser>>,
    slots: Semaphore,
    idle: Mutex<Vec<Worker>>,
}

impl PdfWorkerPool {
    /// A pool of up to `size` children, each `program` with `arguments` (`facteur worker-pdf`). None is started yet.
    ///
    /// # Errors
    /// The path of the program cannot be made absolute.
    pub fn new(
        program: impl Into<PathBuf>,
        arguments: impl IntoIterator<Item = impl Into<OsString>>,
        size: usize,
    ) -> io::Result<Self> {
        Ok(Self {
            program: std::path::absolute(program.into())?,
            arguments: arguments.into_iter().map(Into::into).collect(),
            limits: PdfLimits::default(),
            time_limit: TIME_LIMIT,
            templates: Vec::new(),
            recogniser: OnceCell::new(),
            slots: Semaphore::new(size.max(1)),
            idle: Mutex::new(Vec::new()),
        })
    }

    /// The same pool with other limits.
    #[must_use]
    pub fn with_limits(mut self, limits: PdfLimits) -> Self {
        self.limits = limits;
        self
    }

    /// The same pool with another time for each file.
    #[must_use]
    pub fn with_time_limit(mut self, time_limit: Duration) -> Self {
        self.time_limit = time_limit;
        self
    }

    /// The same pool with what is known of suppliers.
    #[must_use]
    pub fn with_templates(mut self, templates: Vec<Template>) -> Self {
        self.templates = templates;
        self
    }

    /// The same pool with this recogniser of text on scanned pages, or none; otherwise it looks for one when the first
    /// scan comes.
    #[must_use]
    pub fn with_recogniser(mut self, recogniser: Option<Recogniser>) -> Self {
        self.recogniser = OnceCell::new_with(Some(recogniser));
        self
    }

    /// Reads the attachments of one PDF in a child.
    ///
    /// # Errors
    /// What the reader says of the document; [`PdfError::TooSlow`] or [`PdfError::WorkerDied`] when it ended without an
    /// answer; [`PdfError::WorkerUnavailable`] when no child could be started, which says nothing of the document.
    pub async fn extract(&self, bytes: &[u8]) -> Result<PdfContent, PdfError> {
        self.in_a_child(Task::Attachments, bytes).await
    }

    /// Reads in a child what the pages of one PDF say, with the templates of the pool.
    ///
    /// # Errors
    /// As [`PdfWorkerPool::extract`].
    pub async fn read_pages(&self, bytes: &[u8]) -> Result<PdfPages, PdfError> {
        self.in_a_child(Task::Pages(self.templates.clone()), bytes).await
    }

    /// What the pages say; of a scan, what is recognised on them, or why nothing is.
    ///
    /// # Errors
    /// As [`PdfWorkerPool::extract`].
    pub async fn read_or_recognise(&self, bytes: &[u8]) -> Result<(PdfPages, Option<ScanError>), PdfError> {
        let pages = self.read_pages(bytes).await?;
        if !(pages.empty && pages.images) {
            return Ok((pages, None));
        }
        match self.recognise(bytes).await? {
            Ok(recognised) => Ok((recognised, None)),
            Err(error) => Ok((pages, Some(error))),
        }
    }

    /// Learns in a child a template from one PDF and the values that a person made of it; `None` where nothing on its
    /// pages names the supplier.
    ///
    /// # Errors
    /// As [`PdfWorkerPool::extract`].
    pub async fn learn(&self, bytes: &[u8], values: BTreeMap<FieldName, String>) -> Result<Option<Learnt>, PdfError> {
        self.in_a_child(Task::Learn(values), bytes).await
    }

    /// What the pages of a scan say, recognised on their images. The images are taken out, or painted, by processes
    /// that are limited as the children are.
    ///
    /// # Errors
    /// The outer error as [`PdfWorkerPool::extract`]; the inner one: nothing recognises text here, or it failed.
    pub async fn recognise(&self, bytes: &[u8]) -> Result<Result<PdfPages, ScanError>, PdfError> {
        let found = self.recogniser.get_or_init(Recogniser::find).await;
        let Some(recogniser) = found else { return Ok(Err(ScanError::NotInstalled)) };
        let scan: Scan = self.in_a_child(Task::Scan(!recogniser.paints()), bytes).await?;
        let _slot = self.slots.acquire().await.map_err(unavailable)?;
        Ok(recogniser.read(bytes, scan, &self.templates).await)
    }

    async fn in_a_child<T: Asked>(&self, task: Task, bytes: &[u8]) -> Result<T, PdfError> {
        let question = Question { task, limits: self.limits };
        if bytes.len() > self.limits.max_file_bytes {
            return Err(PdfError::FileTooLarge { found: bytes.len(), limit: self.limits.max_file_bytes });
        }
        if !is_pdf(bytes) {
            return Err(PdfError::NotPdf);
        }
        let _slot = self.slots.acquire().await.map_err(unavailable)?;
        // A child that served others may have been spent by them: only a fresh one proves a document guilty.
        if let Some(worker) = self.take_idle() {
            match self.ask(worker, &question, bytes).await {
                Err(PdfError::WorkerDied { .. } | PdfError::WorkerUnavailable { .. }) => {}
                outcome => return outcome,
            }
        }
        self.ask(self.start()?, &question, bytes).await
    }

    /// Has a child make a PDF carry an invoice's XML.
    ///
    /// # Errors
    /// Why it cannot: protected, with attachments of its own, damaged.
    pub async fn carry(
        &self,
        pdf: &[u8],
        xml: &[u8],
        level: facteur_render::factur_x::Level,
    ) -> Result<Vec<u8>, String> {
        carry::carry(&self.program, pdf, xml, level).await
    }

    fn start(&self) -> Result<Worker, PdfError> {
        let (child, input, output) = start_bare(&self.program, &self.arguments, None).map_err(unavailable)?;
        Ok(Worker { child, input, output })
    }

    async fn ask<T: Asked>(&self, mut worker: Worker, question: &Question, bytes: &[u8]) -> Result<T, PdfError> {
        let exchange = async {
            protocol::write_request(&mut worker.input, question, bytes).await?;
            T::read(&mut worker.output, &self.limits).await
        };
        match timeout(self.time_limit, exchange).await {
            Ok(Ok(Answer { result: Ok(content), last: false })) => {
                self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(worker);
                Ok(content)
            }
            Ok(Ok(Answer { result, .. })) => {
                worker.end().await;
                result
            }
            Ok(Err(error)) => Err(worker.post_mortem(&error).await),
            Err(_elapsed) => {
                worker.end().await;
                Err(PdfError::TooSlow { seconds: self.time_limit.as_secs() })
            }
        }
    }

    fn take_idle(&self) -> Option<Worker> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }
}

/// A running child. Dropped half-way (a cancelled import), it is killed.
#[derive(Debug)]
struct Worker {
    child: Child,
    input: ChildStdin,
    output: ChildStdout,
}

impl Worker {
    /// Kills the child with its process group, and reaps it.
    async fn end(mut self) -> Option<ExitStatus> {
        // The id is there as long as the child was not reaped, so it cannot be another process's.
        if let Some(group) = self.child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw) {
            kill_process_group(group, Signal::KILL).ok();
        }
        self.child.wait().await.ok()
    }

    /// Why the conversation broke off.
    async fn post_mortem(mut self, error: &io::Error) -> PdfError {
        let Ok(Ok(status)) = timeout(END_GRACE, self.child.wait()).await else {
            self.end().await;
            return PdfError::WorkerDied { detail: error.to_string() };
        };
        if status.code() == Some(child::EXIT_NOT_CONFINED) {
            return unavailable("the process could not limit itself");
        }
        PdfError::WorkerDied { detail: describe(status) }
    }
}

/// Starts a program that inherits nothing: no environment but `variable`, no folder, no terminal; in a process group of
/// its own, killed when it is dropped. Its standard input and output are pipes.
fn start_bare(
    program: &Path,
    arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
    variable: Option<(&str, &str)>,
) -> io::Result<(Child, ChildStdin, ChildStdout)> {
    let mut child = Command::new(program)
        .args(arguments)
        .env_clear()
        .envs(variable)
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()?;
    match (child.stdin.take(), child.stdout.take()) {
        (Some(input), Some(output)) => Ok((child, input, output)),
        _ => Err(io::Error::other("no pipe to the process")),
    }
}

fn unavailable(reason: impl ToString) -> PdfError {
    PdfError::WorkerUnavailable { detail: reason.to_string() }
}

fn describe(status: ExitStatus) -> String {
    match status.signal() {
        Some(signal) => Signal::from_named_raw(signal).map_or_else(|| format!("signal {signal}"), |s| format!("{s:?}")),
        None => format!("status {}", status.code().unwrap_or_default()),
    }
}
