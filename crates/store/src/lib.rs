//! The store: the only place that knows SQL and opens a database.
//!
//! One writer task takes typed [`change::Change`]s, writes many of them in one transaction and one fsync, and
//! acknowledges each only once it is durable. State change, its records and its journal line are one transaction.
//! Every write of a state compares the old one.
//!
//! # Two back ends
//! [`Store::open`] takes a file (SQLite, embedded) or the address of a PostgreSQL database. Both have the same tables
//! and columns (`migrations/sqlite`, `migrations/postgres`, the same numbers; a test compares them) and the same
//! functions. What both can do in the same words is written once, in `src/both/`; these files are compiled twice, as
//! modules of `src/sqlite/` and of `src/postgres/`, each with its own `Db`, `Pool`, `Connection` and `Row`
//! (`use super::{Db, Pool, Row}`). What differs has the same name in both: `text.rs` (words of orders on many rows),
//! `transaction.rs`, `journal.rs` (the end of the chain), `integrity.rs`, `connect.rs`, `pen.rs`.
//!
//! # Adding a query
//! 1. Write the function once, in `src/both/` (a question: `read.rs`, `report.rs` or a file of its own that both
//!    `mod.rs` name by `#[path]`; a change: `write/`, and a variant of [`change::Change`]).
//! 2. Call it in a method of [`Store`] as `ask!(self, report::page(selection, after, limit))`.
//! 3. In the words that both understand: `$1` or `push_bind`; `RETURNING`; `ON CONFLICT`; `IS NOT DISTINCT FROM`;
//!    `CAST(sum(x) AS BIGINT)`; `(SELECT count(*) …)` instead of `EXISTS` as a value; `NULLS FIRST` where an ordered
//!    column may be empty; `column` + `CONTAINS` + pattern + `ESCAPE '\\'` instead of `LIKE`; one statement an order;
//!    `GROUP BY` every column shown. Whole numbers are `i64`, truth is 0 or 1, texts are compared byte by byte.
//!    Several questions about one instant go through `snapshot(readers)`.
//! 4. A new column or table gets a migration of the same number in both folders (PostgreSQL: `TEXT COLLATE "C"`,
//!    `BIGINT`, `BYTEA`, `REFERENCES … DEFERRABLE`) and a line in both `connect.rs`.
//! 5. Where the words must differ: a constant or function of the same name in `sqlite/` and `postgres/`.

#![allow(clippy::duplicate_mod, reason = "both/ is compiled once for each database")]

pub mod archive;
mod backend;
pub mod change;
pub mod check;
pub mod claim;
mod clean;
pub mod copy;
pub mod document;
pub mod draft;
mod ear;
mod error;
pub mod journal;
pub mod killpoint;
pub mod location;
mod packing;
mod patience;
mod postgres;
pub mod record;
pub mod report;
mod sqlite;
mod writer;

use std::sync::Arc;

use facteur_model::clock::Timestamp;
use facteur_model::lifecycle::State;

use crate::backend::{Readers, ask};
use crate::change::{Change, Correction, Done, Intent, Process, Receive, ReceiveContainer, Step};
pub use crate::error::StoreError;
use crate::journal::Head;
use crate::location::Location;
use crate::record::{Delivery, Depth, Filter, GatewayEvent, Invoice, Version};
pub use crate::writer::Pending;

/// An open store. Cheap to clone; all clones share one writer and one pool of readers.
#[derive(Debug, Clone)]
pub struct Store {
    location: Arc<Location>,
    readers: Readers,
    writer: writer::Writer,
    ear: Arc<ear::Ear>,
}

/// Number of the newest migration: the version of the schema that this release works with.
pub const SCHEMA: i64 = sqlite::connect::MIGRATIONS[sqlite::connect::MIGRATIONS.len() - 1].0;

/// A new identity, ordered by time (UUID version 7).
#[must_use]
pub fn new_id() -> String {
    uuid::Uuid::now_v7().to_string()
}

impl Store {
    /// Opens the store where it is (a file, or a [`Location`]), makes it when it does not exist, and brings its schema
    /// up to date.
    ///
    /// # Errors
    /// [`StoreError::Open`], [`StoreError::NotWritable`], [`StoreError::Newer`]; on a server also
    /// [`StoreError::Address`], [`StoreError::Account`], [`StoreError::NoDatabase`], [`StoreError::Rights`],
    /// [`StoreError::Lost`], [`StoreError::Unsuitable`].
    pub async fn open(location: impl Into<Location>) -> Result<Self, StoreError> {
        let location = location.into();
        let (readers, pen) = backend::open(&location).await?;
        Ok(Self { location: Arc::new(location), readers, writer: writer::Writer::start(pen), ear: Arc::default() })
    }

    /// Where the store is.
    #[must_use]
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// Waits until everything given to the writer is durable, and closes.
    pub async fn close(self) {
        self.writer.stop().await;
        self.ear.close().await;
        self.readers.close().await;
    }

    /// Registers the legal person and a structure, once; a known structure gets its name and role anew.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn register(&self, structure: &Structure, at: Timestamp) -> Result<(), StoreError> {
        self.writer.register(structure.clone(), at).await
    }

    /// SIREN and name of a legal person, other than that one, which has invoices here.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn other_legal_person(&self, siren: &str) -> Result<Option<(String, String)>, StoreError> {
        ask!(self, read::other_legal_person(siren))
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

    /// Writes several changes as one: the intent for a flow of several invoices, or its outcome.
    ///
    /// # Errors
    /// That of the first change that fails; none of them is written then.
    pub async fn together(&self, changes: Vec<Change>) -> Result<(), StoreError> {
        self.writer.write(Change::Together(changes)).await.map(drop)
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
        ask!(self, read::invoice(name))
    }

    /// Invoices in the order in which they came in.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn invoices(&self, filter: &Filter) -> Result<Vec<Invoice>, StoreError> {
        ask!(self, read::invoices(filter))
    }

    /// How many invoices are in each state.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn summary(&self) -> Result<Vec<(State, i64)>, StoreError> {
        ask!(self, census::summary())
    }

    /// Invoices whose sender is dead: `depositing`, and the lease is over or its holder is one of `dead`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn leases(&self) -> Result<Vec<Invoice>, StoreError> {
        ask!(self, read::invoices(&Filter { states: vec![State::Depositing], ..Filter::default() }))
    }

    /// The versions of an invoice, oldest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn versions(&self, id: &str) -> Result<Vec<Version>, StoreError> {
        ask!(self, read::versions(id))
    }

    /// The findings of a version, as JSON.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn findings(&self, id: &str, n: i64) -> Result<Vec<String>, StoreError> {
        ask!(self, read::findings(id, n))
    }

    /// The deliveries of an invoice, oldest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn deliveries(&self, id: &str) -> Result<Vec<Delivery>, StoreError> {
        ask!(self, read::deliveries(id))
    }

    /// How many flows were begun since an instant, whatever became of them.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn flows_since(&self, since: Timestamp) -> Result<i64, StoreError> {
        ask!(self, read::flows_since(since))
    }

    /// The invoices of one supplier with that number, oldest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn invoices_of_number(
        &self,
        siren: &str,
        supplier_siren: &str,
        number: &str,
    ) -> Result<Vec<Invoice>, StoreError> {
        ask!(self, read::invoices_of_number(siren, supplier_siren, number))
    }

    /// How many invoices are in each of these states, and how many of them since before each of these instants.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn depths(&self, states: &[State], before: &[Timestamp]) -> Result<Vec<Depth>, StoreError> {
        ask!(self, read::depths(states, before))
    }

    /// What the gateway said of an invoice, in the order in which we heard it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn gateway_events(&self, id: &str) -> Result<Vec<GatewayEvent>, StoreError> {
        ask!(self, read::gateway_events(id))
    }

    /// A document's bytes.
    ///
    /// # Errors
    /// [`StoreError::Missing`], [`StoreError::Damaged`].
    pub async fn document(&self, siren: &str, sha256: &str) -> Result<Vec<u8>, StoreError> {
        ask!(self, read::document(siren, sha256))
    }

    /// The journal's lines about one subject.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn journal_of(&self, subject: &str) -> Result<Vec<journal::Line>, StoreError> {
        ask!(self, read::journal_of(subject))
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
        ask!(self, read::directory())
    }

    /// The draft of an invoice's present version.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn draft(&self, id: &str) -> Result<Option<draft::Stored>, StoreError> {
        ask!(self, draft::of_invoice(id))
    }

    /// Writes what a person made of a draft.
    ///
    /// # Errors
    /// [`StoreError::Moved`] when it is no draft any more, [`StoreError::DraftChanged`] when another person was first.
    pub async fn put_draft(&self, new: draft::DraftChange) -> Result<(), StoreError> {
        self.writer.write(Change::Draft(Box::new(new))).await.map(drop)
    }

    /// The mandates, those of one supplier where one is named, in the order in which they were added.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn mandates(&self, supplier: Option<&str>) -> Result<Vec<draft::Mandate>, StoreError> {
        ask!(self, draft::mandates(supplier))
    }

    /// Adds a mandate, or ends one; false where it had ended already.
    ///
    /// # Errors
    /// [`StoreError::Missing`] where there is none to end; or the store cannot be written.
    pub async fn put_mandate(&self, new: draft::MandateChange) -> Result<bool, StoreError> {
        Ok(self.writer.write(Change::Mandate(Box::new(new))).await? != Done::Unchanged)
    }

    /// Every SIRET of a buyer that an invoice names.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn buyers(&self) -> Result<Vec<String>, StoreError> {
        ask!(self, read::buyers())
    }

    /// The journal's head.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn head(&self) -> Result<Head, StoreError> {
        ask!(self, read::head())
    }

    /// At most `limit` lines of the journal after the one named, in order.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn journal_page(&self, after: i64, limit: i64) -> Result<Vec<journal::Line>, StoreError> {
        ask!(self, read::journal_after(after, limit))
    }

    /// The timestamps of heads, oldest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn timestamps(&self) -> Result<Vec<journal::Stamp>, StoreError> {
        ask!(self, read::timestamps())
    }

    /// Keeps a timestamp of the journal's head; one that is there already stays.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn put_timestamp(&self, stamp: journal::Stamp, actor: &str, at: Timestamp) -> Result<(), StoreError> {
        let new = change::HeadTimestamp { stamp, at, actor: actor.to_owned() };
        self.writer.write(Change::Timestamp(Box::new(new))).await.map(drop)
    }

    /// When the last line of the journal was written.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn last_journal_time(&self) -> Result<Option<Timestamp>, StoreError> {
        ask!(self, read::last_journal_time())
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
