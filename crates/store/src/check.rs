//! Is everything still there, and is it still what it was? And a copy to keep elsewhere.

use std::path::Path;

use crate::Store;
use crate::backend::{Readers, ask};
use crate::error::StoreError;
use crate::journal::Head;
use crate::sqlite;

/// What a check of the store found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Health {
    /// Invoices looked at.
    pub invoices: u64,
    /// Documents whose digest was computed again.
    pub documents: u64,
    /// Lines of the journal.
    pub lines: u64,
    /// The journal's head, when it verifies.
    pub head: Option<Head>,
    /// What is wrong, in technical words; empty when all is well.
    pub problems: Vec<String>,
}

impl Store {
    /// Verifies the whole journal, against a head kept elsewhere where one is given.
    ///
    /// # Errors
    /// [`StoreError::Journal`] naming the first line that does not fit.
    pub async fn verify_journal(&self, kept: Option<Head>) -> Result<Head, StoreError> {
        ask!(self, check::journal(kept.clone()))
    }

    /// Checks everything: the database itself, every document's digest, the journal, every state against the journal.
    ///
    /// # Errors
    /// When the store cannot be read at all; what is wrong inside is in the [`Health`].
    pub async fn check(&self) -> Result<Health, StoreError> {
        ask!(self, check::everything())
    }

    /// Writes a consistent copy while the store is in use.
    ///
    /// # Errors
    /// When the target exists or cannot be written.
    pub async fn backup(&self, target: &Path) -> Result<(), StoreError> {
        match &self.readers {
            Readers::Sqlite(pool) => sqlite::integrity::backup(pool, target).await,
            Readers::Postgres(_) => crate::copy::backup(self.location(), target).await.map(drop),
        }
    }
}
