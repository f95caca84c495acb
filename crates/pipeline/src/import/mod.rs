//! Import: files, folders, archives and the inbox, each document recorded and durable before it is processed.
//!
//! Two commits a document: *received*, *processed*. One bad file never stops a batch; a store that cannot be written
//! stops it before anything is acknowledged.

mod archive;
mod inbox;
mod sources;
mod summary;
mod turns;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use facteur_model::finding::{Actor, Finding, Layer};
use facteur_model::lifecycle::State;
use facteur_store::change::{Change, Done, Receive};
use facteur_store::document::{Packed, Role};
use facteur_store::record::Filter;
use facteur_store::{StoreError, killpoint, new_id};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinSet;

pub use self::inbox::{Look, look};
pub use self::sources::Source;
pub use self::summary::{ImportSummary, NotTaken};
use self::turns::{Turn, Turns};
use crate::engine::{Engine, Ready};
use crate::error::PipelineError;
use crate::large::{LARGE_BYTES, Large};
use crate::lock::Lock;
use crate::row::Row;

/// Largest single document that is taken. Chorus Pro takes flows of at most 30 MB.
pub const DOCUMENT_BYTES_MAX: u64 = 30_000_000;
/// Largest archive that is taken.
pub const ARCHIVE_BYTES_MAX: u64 = 1 << 30;
/// Documents on their way at the same time, and the bytes that they may hold together, in KiB.
const IN_FLIGHT: usize = 256;
const IN_FLIGHT_KIB: u32 = 24 * 1024;

/// Who is told how far the import is.
pub trait Progress: Send + Sync {
    /// So many files were found.
    fn found(&self, files: u64);
    /// One more file or member is done.
    fn done(&self, name: &str);
}

/// Imports the paths given; without any, the inbox.
///
/// # Errors
/// Another import is running, or the store cannot be used. What is wrong with a document is in the summary.
pub async fn import(
    engine: &Arc<Engine>,
    paths: &[PathBuf],
    progress: &Arc<dyn Progress>,
) -> Result<ImportSummary, PipelineError> {
    let _lock = Lock::take(&engine.home.root.join("import.lock"))?;
    let mut summary = ImportSummary::default();
    resume(engine, &mut summary).await?;
    let (sources, not_taken) = if paths.is_empty() { inbox::claim(engine)? } else { sources::gather(engine, paths)? };
    not_taken.into_iter().for_each(|refusal| summary.not_taken(refusal));
    progress.found(sources.len() as u64);
    let work = Work {
        engine: engine.clone(),
        progress: progress.clone(),
        places: Arc::new(Semaphore::new(IN_FLIGHT)),
        weight: Arc::new(Semaphore::new(IN_FLIGHT_KIB as usize)),
        large: Arc::new(Large::start()),
    };
    let (reports, mut inbox) = mpsc::unbounded_channel();
    let mut running = JoinSet::new();
    let turns = Turns::new();
    for source in sources {
        let place = work.place().await?;
        if let Some(error) = drain(&mut inbox, &mut summary) {
            return Err(error);
        }
        while let Some(ended) = running.try_join_next() {
            ended.map_err(crashed)?;
        }
        let (work, reports, turn) = (work.clone(), reports.clone(), turns.next());
        running.spawn(async move { work.file(source, place, turn, &reports).await });
    }
    while let Some(ended) = running.join_next().await {
        ended.map_err(crashed)?;
    }
    drop(reports);
    match drain(&mut inbox, &mut summary) {
        Some(error) => Err(error),
        None => Ok(summary.in_order()),
    }
}

/// A task that ended without saying what became of its document: its file stays in `work` for the next run.
fn crashed(error: tokio::task::JoinError) -> PipelineError {
    StoreError::Damaged(error.to_string()).into()
}

/// One document's fate, on its way to the summary.
type Report = Result<Told, PipelineError>;

enum Told {
    Document(Box<Row>),
    /// A document of an interrupted run that was processed already.
    Known,
    Archive,
    NotTaken(Box<NotTaken>),
}

fn drain(inbox: &mut mpsc::UnboundedReceiver<Report>, summary: &mut ImportSummary) -> Option<PipelineError> {
    while let Ok(report) = inbox.try_recv() {
        match report {
            Ok(Told::Document(row)) => summary.document(*row),
            Ok(Told::Known) => {}
            Ok(Told::Archive) => summary.archives += 1,
            Ok(Told::NotTaken(refusal)) => summary.not_taken(*refusal),
            Err(error) => return Some(error),
        }
    }
    None
}

/// Documents that were received and not processed when an earlier run was cut off.
async fn resume(engine: &Arc<Engine>, summary: &mut ImportSummary) -> Result<(), PipelineError> {
    let filter = Filter { states: vec![State::Received], ..Filter::default() };
    for invoice in engine.store.invoices(&filter).await? {
        let bytes = engine.store.document(&invoice.siren, &invoice.sha256).await?;
        let row = engine.process(&invoice.id, &invoice.file, &bytes).await?;
        summary.resumed += 1;
        summary.document(row);
    }
    Ok(())
}

/// A document in memory, with where it came from.
struct Leaf {
    arrival: String,
    path: String,
    member: Option<String>,
    container: Option<String>,
    name: String,
    bytes: Vec<u8>,
}

#[derive(Clone)]
struct Work {
    engine: Arc<Engine>,
    progress: Arc<dyn Progress>,
    places: Arc<Semaphore>,
    weight: Arc<Semaphore>,
    large: Arc<Large>,
}

/// A place among the documents on their way.
struct Place(#[allow(dead_code)] OwnedSemaphorePermit);

impl Work {
    async fn place(&self) -> Result<Place, PipelineError> {
        Ok(Place(self.places.clone().acquire_owned().await.map_err(|_| StoreError::Closed)?))
    }

    /// Waits until so many bytes may be held; what is heavier than everything takes everything.
    async fn room(&self, bytes: u64) -> Result<OwnedSemaphorePermit, PipelineError> {
        let kib = u32::try_from(bytes / 1024 + 1).unwrap_or(IN_FLIGHT_KIB).min(IN_FLIGHT_KIB);
        Ok(self.weight.clone().acquire_many_owned(kib).await.map_err(|_| StoreError::Closed)?)
    }

    /// Looks at a document, on the thread for large ones if it is one.
    async fn prepare(&self, invoice: &str, name: String, bytes: Vec<u8>) -> Result<Ready, PipelineError> {
        if bytes.len() < LARGE_BYTES {
            return Ok(self.engine.prepare(invoice, &name, &bytes).await);
        }
        let (engine, invoice) = (self.engine.clone(), invoice.to_owned());
        self.large.run(async move { engine.prepare(&invoice, &name, &bytes).await }).await
    }

    async fn file(&self, source: Source, place: Place, turn: Turn, reports: &mpsc::UnboundedSender<Report>) {
        let _place = place;
        let outcome = self.take(&source, turn, reports).await;
        let kept_for_later = outcome.is_err();
        let refused = match &outcome {
            Ok(Told::Document(row)) => row.state == State::Quarantined,
            Ok(Told::NotTaken(_)) => true,
            _ => false,
        };
        let _ = reports.send(outcome);
        if !kept_for_later && let Err(error) = inbox::put_away(&self.engine, &source, refused) {
            let _ = reports.send(Err(error));
        }
        self.progress.done(&source.name);
    }

    async fn take(&self, source: &Source, mut turn: Turn, reports: &mpsc::UnboundedSender<Report>) -> Report {
        let opened = match sources::open(source) {
            Ok(opened) => opened,
            Err(refusal) => return Ok(Told::NotTaken(refusal)),
        };
        if let Some(kind) = opened.archive {
            turn.whole().await;
            return archive::take(self, source, opened, kind, reports).await;
        }
        turn.to_room().await;
        let _room = self.room(opened.size).await?;
        turn.has_room();
        let bytes = match opened.read() {
            Ok(bytes) => bytes,
            Err(refusal) => return Ok(Told::NotTaken(refusal)),
        };
        let arrival = source.arrival.clone().unwrap_or_else(new_id);
        let path = source.path.display().to_string();
        let leaf = Leaf { arrival, path, member: None, container: None, name: source.name.clone(), bytes };
        self.document(leaf, turn).await
    }

    /// The two commits of one document.
    async fn document(&self, leaf: Leaf, mut turn: Turn) -> Report {
        let Leaf { arrival, path, member, container, name, bytes } = leaf;
        let engine = &self.engine;
        let media_type = media_type(&bytes);
        let mut receive = Receive {
            arrival,
            invoice: String::new(),
            siren: engine.home.configuration.legal_person.siren.clone(),
            siret: engine.home.configuration.structure.siret.clone(),
            path,
            member,
            container,
            file: name.clone(),
            document: Packed::new(Role::Original, media_type, &bytes),
            at: engine.clock.now(),
            actor: engine.actor.clone(),
        };
        killpoint::reach("import.before_received");
        turn.to_receive().await;
        // Identity and time in the order of the turns, so that every list is in the order in which files were found.
        receive.invoice = new_id();
        receive.at = engine.clock.now();
        let pending = engine.store.submit(Change::Receive(Box::new(receive))).await?;
        turn.received();
        let done = pending.done().await?;
        killpoint::reach("import.after_received");
        let Done::Received { invoice, state, duplicate_of, resumed } = done else {
            return Err(StoreError::Closed.into());
        };
        match state {
            State::Received => {}
            _ if resumed => return Ok(Told::Known),
            _ => return Ok(Told::Document(Box::new(engine.row(&invoice, duplicate_of).await?))),
        }
        let ready = self.prepare(&invoice, name, bytes).await?;
        turn.to_process().await;
        let pending = engine.store.submit(Change::Process(Box::new(ready.process.clone()))).await?;
        drop(turn);
        let row = engine.finish(ready, pending.done().await?).await?;
        killpoint::reach("import.after_processed");
        Ok(Told::Document(Box::new(row)))
    }
}

fn media_type(bytes: &[u8]) -> &'static str {
    let head = &bytes[..bytes.len().min(1024)];
    if head.windows(5).any(|window| window == b"%PDF-") { "application/pdf" } else { "application/xml" }
}

/// A file that could not even be recorded.
pub(crate) fn refusal(rule: &str, path: &Path) -> Finding {
    Finding::fatal(Layer::Syntax, rule).actor(Actor::Service).arg("file", path.display().to_string())
}
