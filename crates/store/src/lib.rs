//! The store: the only place that knows SQL and opens a database.
//!
//! One writer task takes typed [`change::Change`]s, writes many of them in one transaction and one fsync, and
//! acknowledges each only once it is durable. State change, its records and its journal line are one transaction.
//! Every write of a state compares the old one.

pub mod change;
pub mod check;
pub mod document;
mod error;
pub mod journal;
pub mod killpoint;
pub mod record;
pub mod report;
mod sqlite;
mod writer;

use std::path::{Path, PathBuf};

use facteur_model::clock::Timestamp;
use facteur_model::lifecycle::State;

use crate::change::{Change, Correction, Done, Intent, Process, Receive, ReceiveContainer, Step};
pub use crate::error::StoreError;
use crate::journal::Head;
use crate::record::{Delivery, Filter, GatewayEvent, Invoice, Version};
pub use crate::writer::Pending;

/// An open store. Cheap to clone; all clones share one writer and one pool of readers.
#[derive(Debug, Clone)]
pub struct Store {
    path: PathBuf,
    readers: sqlx::SqlitePool,
    writer: writer::Writer,
}

/// A new identity, ordered by time (UUID version 7).
#[must_use]
pub fn new_id() -> String {
    uuid::Uuid::now_v7().to_string()
}

impl Store {
    /// Opens the store, makes it when it does not exist, and brings its schema up to date.
    ///
    /// # Errors
    /// [`StoreError::Open`], [`StoreError::NotWritable`], [`StoreError::Newer`].
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        let writing = sqlite::connect::writer(path).await?;
        let readers = sqlite::connect::readers(path).await?;
        Ok(Self { path: path.to_owned(), readers, writer: writer::Writer::start(writing) })
    }

    /// Where the store is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Waits until everything given to the writer is durable, and closes.
    pub async fn close(self) {
        self.writer.stop().await;
        self.readers.close().await;
    }

    /// Registers the legal person and a structure, once; a known structure gets its name and role anew.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn register(&self, structure: &Structure, at: Timestamp) -> Result<(), StoreError> {
        self.writer.register(structure.clone(), at).await
    }

    /// Records a document, durably.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn receive(&self, receive: Receive) -> Result<Done, StoreError> {
        self.writer.write(Change::Receive(Box::new(receive))).await
    }

    /// Records an archive, durably.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn receive_container(&self, receive: ReceiveContainer) -> Result<(), StoreError> {
        self.writer.write(Change::ReceiveContainer(Box::new(receive))).await.map(drop)
    }

    /// Says what became of an arrival.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn arrival_outcome(&self, arrival: &str, outcome: &str) -> Result<(), StoreError> {
        let (arrival, outcome) = (arrival.to_owned(), outcome.to_owned());
        self.writer.write(Change::ArrivalOutcome { arrival, outcome }).await.map(drop)
    }

    /// Writes what processing found out.
    ///
    /// # Errors
    /// [`StoreError::Moved`] when the invoice is no longer `received`; or the store cannot be written.
    pub async fn process(&self, process: Process) -> Result<Done, StoreError> {
        self.writer.write(Change::Process(Box::new(process))).await
    }

    /// Gives a change to the writer without waiting for its end: what is given first is written first.
    ///
    /// # Errors
    /// When the store has been closed.
    pub async fn submit(&self, change: Change) -> Result<Pending, StoreError> {
        self.writer.submit(change).await
    }

    /// Takes one step.
    ///
    /// # Errors
    /// [`StoreError::Moved`], [`StoreError::NotAllowed`]; or the store cannot be written.
    pub async fn step(&self, step: Step) -> Result<(), StoreError> {
        self.writer.write(Change::Step(Box::new(step))).await.map(drop)
    }

    /// Commits the intent to deposit.
    ///
    /// # Errors
    /// [`StoreError::Moved`] when another sender was first.
    pub async fn intend(&self, intent: Intent) -> Result<(), StoreError> {
        self.writer.write(Change::Intent(Box::new(intent))).await.map(drop)
    }

    /// Takes a corrected file.
    ///
    /// # Errors
    /// [`StoreError::Moved`], [`StoreError::NotAllowed`].
    pub async fn correct(&self, correction: Correction) -> Result<Done, StoreError> {
        self.writer.write(Change::Correct(Box::new(correction))).await
    }

    /// Writes a journal line about the installation.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn note(&self, kind: &str, subject: &str, payload: String, at: Timestamp) -> Result<(), StoreError> {
        let (kind, subject) = (kind.to_owned(), subject.to_owned());
        self.writer.write(Change::Note { kind, subject, payload, at }).await.map(drop)
    }

    /// One invoice, by its identity or an unambiguous beginning of it, or by its exact number.
    ///
    /// # Errors
    /// [`StoreError::Missing`], [`StoreError::Ambiguous`].
    pub async fn invoice(&self, name: &str) -> Result<Invoice, StoreError> {
        sqlite::read::invoice(&self.readers, name).await
    }

    /// Invoices in the order in which they came in.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn invoices(&self, filter: &Filter) -> Result<Vec<Invoice>, StoreError> {
        sqlite::read::invoices(&self.readers, filter).await
    }

    /// How many invoices are in each state.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn summary(&self) -> Result<Vec<(State, i64)>, StoreError> {
        sqlite::read::summary(&self.readers).await
    }

    /// Invoices whose sender is dead: `depositing`, and the lease is over or its holder is one of `dead`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn leases(&self) -> Result<Vec<Invoice>, StoreError> {
        sqlite::read::invoices(&self.readers, &Filter { states: vec![State::Depositing], ..Filter::default() }).await
    }

    /// The versions of an invoice, oldest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn versions(&self, id: &str) -> Result<Vec<Version>, StoreError> {
        sqlite::read::versions(&self.readers, id).await
    }

    /// The findings of a version, as JSON.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn findings(&self, id: &str, n: i64) -> Result<Vec<String>, StoreError> {
        sqlite::read::findings(&self.readers, id, n).await
    }

    /// The deliveries of an invoice, oldest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn deliveries(&self, id: &str) -> Result<Vec<Delivery>, StoreError> {
        sqlite::read::deliveries(&self.readers, id).await
    }

    /// What the gateway said of an invoice, in the order in which we heard it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn gateway_events(&self, id: &str) -> Result<Vec<GatewayEvent>, StoreError> {
        sqlite::read::gateway_events(&self.readers, id).await
    }

    /// A document's bytes.
    ///
    /// # Errors
    /// [`StoreError::Missing`], [`StoreError::Damaged`].
    pub async fn document(&self, siren: &str, sha256: &str) -> Result<Vec<u8>, StoreError> {
        sqlite::read::document(&self.readers, siren, sha256).await
    }

    /// The journal's lines about one subject.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn journal_of(&self, subject: &str) -> Result<Vec<journal::Line>, StoreError> {
        sqlite::read::journal_of(&self.readers, subject).await
    }

    /// Writes entries of the directory of recipients.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn put_directory(&self, entries: change::DirectoryEntries) -> Result<(), StoreError> {
        self.writer.write(Change::Directory(Box::new(entries))).await.map(drop)
    }

    /// The copy of the directory: entry (JSON), source and time of each recipient, by SIRET.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn directory(&self) -> Result<Vec<(String, String, Timestamp)>, StoreError> {
        sqlite::read::directory(&self.readers).await
    }

    /// Every SIRET of a buyer that an invoice names.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn buyers(&self) -> Result<Vec<String>, StoreError> {
        sqlite::read::buyers(&self.readers).await
    }

    /// The journal's head.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn head(&self) -> Result<Head, StoreError> {
        sqlite::read::head(&self.readers).await
    }

    /// When the last line of the journal was written.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn last_journal_time(&self) -> Result<Option<Timestamp>, StoreError> {
        sqlite::read::last_journal_time(&self.readers).await
    }

    /// Verifies the whole journal, against a head kept elsewhere where one is given.
    ///
    /// # Errors
    /// [`StoreError::Journal`] naming the first line that does not fit.
    pub async fn verify_journal(&self, kept: Option<Head>) -> Result<Head, StoreError> {
        check::journal(&self.readers, kept).await
    }

    /// Checks everything: the file itself, every document's digest, the journal, every state against the journal.
    ///
    /// # Errors
    /// When the store cannot be read at all; what is wrong inside is in the [`check::Health`].
    pub async fn check(&self) -> Result<check::Health, StoreError> {
        check::everything(&self.readers).await
    }

    /// Writes a consistent copy while the store is in use.
    ///
    /// # Errors
    /// When the target exists or cannot be written.
    pub async fn backup(&self, target: &Path) -> Result<(), StoreError> {
        check::backup(&self.readers, target).await
    }
}

/// A structure (SIRET) of the legal person whose store this is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Structure {
    /// SIREN of the legal person.
    pub siren: String,
    /// SIRET.
    pub siret: String,
    /// Name.
    pub name: String,
    /// `issuer`, `filing_agent` or `recipient`.
    pub role: String,
    /// The gateway it uses.
    pub gateway: Option<String>,
}
