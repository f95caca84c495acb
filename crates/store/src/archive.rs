//! Archives: what is kept of an invoice, until when, what may not be touched, and what was eliminated.
//!
//! A *dossier* is everything that is kept of one invoice. Eliminating it erases the bytes of its documents, the
//! payloads of its journal lines, its findings, what the gateway said, and every name; the digests stay, so that the
//! journal still verifies and says what was eliminated, when and by which list.

use facteur_model::clock::Timestamp;
use facteur_model::lifecycle::State;

use crate::Store;
use crate::backend::ask;
use crate::change::{Actor, Change, Done};
use crate::document::sha256_hex;
use crate::error::StoreError;

/// A document of a dossier.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kept {
    /// SHA-256 of its bytes.
    pub sha256: String,
    /// What it is (`original`, `seal`, `gateway_payload`…).
    pub role: String,
    /// Its size in bytes.
    pub size: i64,
    /// Whether its bytes were eliminated.
    pub eliminated: bool,
}

/// Everything that is kept of one invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Dossier {
    pub id: String,
    pub state: State,
    pub number: Option<String>,
    pub supplier: Option<String>,
    pub issued: Option<String>,
    pub received_at: Timestamp,
    /// The end date written down when it was processed, `YYYY-MM-DD`.
    pub retention_end: Option<String>,
    /// Why it may not be eliminated, where somebody said so.
    pub hold: Option<String>,
    /// By which elimination it was eliminated.
    pub eliminated: Option<String>,
    /// Its documents, by digest.
    pub documents: Vec<Kept>,
}

impl Dossier {
    /// SHA-256 over what a list approves: the identity, the state, and each document. A dossier that has changed since
    /// has another one.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let mut text = format!("facteur-dossier/1\n{}\n{}\n", self.id, self.state);
        for document in &self.documents {
            text.push_str(&format!("{} {}\n", document.sha256, document.role));
        }
        sha256_hex(text.as_bytes())
    }

    /// The size of its documents together.
    #[must_use]
    pub fn size(&self) -> i64 {
        self.documents.iter().map(|document| document.size).sum()
    }
}

/// Which dossiers to look at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DossierFilter {
    /// In one of these states; any when empty.
    pub states: Vec<State>,
    /// Part of the supplier's name, or its SIREN or SIRET.
    pub supplier: Option<String>,
    /// Received before this instant.
    pub received_before: Option<Timestamp>,
    /// Received at or after this instant.
    pub received_from: Option<Timestamp>,
}

/// An elimination that was begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Elimination {
    /// Its identity.
    pub id: String,
    /// SHA-256 of the approved list.
    pub list: String,
    /// When it began.
    pub at: Timestamp,
}

/// A legal hold on one dossier, or its end.
#[derive(Debug, Clone)]
pub struct HoldChange {
    /// Which invoice.
    pub id: String,
    /// Why; `None` ends the hold.
    pub reason: Option<String>,
    /// Why it ends, or more words, for the journal.
    pub note: Option<String>,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
}

/// The elimination of dossiers that an approved list names.
#[derive(Debug, Clone)]
pub struct Eliminate {
    /// Identity of the elimination; several changes may belong to one.
    pub elimination: String,
    /// SIREN of the legal person.
    pub siren: String,
    /// SHA-256 of the approved list.
    pub list: String,
    /// Identity and fingerprint of each dossier, as the list has them.
    pub dossiers: Vec<(String, String)>,
    /// States in which a dossier may be eliminated.
    pub states: Vec<State>,
    /// Why, and who approved.
    pub why: String,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
}

/// Why a dossier was left as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spared {
    /// No such dossier.
    Unknown,
    /// It was eliminated before.
    Already,
    /// Somebody put it on hold.
    Held,
    /// It is not what the list approved: another state, another document.
    Changed,
    /// Its state is not a final one.
    NotFinal,
    /// It must be kept longer.
    NotDue,
}

/// What an elimination did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Eliminated {
    /// Dossiers that were eliminated.
    pub dossiers: Vec<String>,
    /// Dossiers that were left, and why.
    pub spared: Vec<(String, Spared)>,
    /// SHA-256 and size of the documents whose bytes were erased.
    pub documents: Vec<(String, i64)>,
    /// Documents that another dossier still needs.
    pub shared: u64,
    /// Payloads of journal lines that were erased.
    pub payloads: u64,
}

impl Store {
    /// Identities of the dossiers that a filter names and that were not eliminated, after the identity given.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn dossier_ids(
        &self,
        filter: &DossierFilter,
        after: &str,
        limit: i64,
    ) -> Result<Vec<String>, StoreError> {
        ask!(self, archive::ids(filter, after, limit))
    }

    /// One dossier, by the identity of its invoice.
    ///
    /// # Errors
    /// [`StoreError::Missing`].
    pub async fn dossier(&self, id: &str) -> Result<Dossier, StoreError> {
        ask!(self, archive::dossier(id))
    }

    /// An elimination.
    ///
    /// # Errors
    /// [`StoreError::Missing`].
    pub async fn elimination(&self, id: &str) -> Result<Elimination, StoreError> {
        ask!(self, archive::elimination(id))
    }

    /// Puts a dossier on hold, or ends its hold; true when that changed something.
    ///
    /// # Errors
    /// [`StoreError::Missing`]; or the store cannot be written.
    pub async fn hold(&self, hold: HoldChange) -> Result<bool, StoreError> {
        let done = self.writer.write(Change::Hold(Box::new(hold))).await?;
        Ok(matches!(done, Done::Written))
    }

    /// Eliminates the dossiers of an approved list that may be, whole or not at all.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn eliminate(&self, eliminate: Eliminate) -> Result<Eliminated, StoreError> {
        match self.writer.write(Change::Eliminate(Box::new(eliminate))).await? {
            Done::Eliminated(eliminated) => Ok(*eliminated),
            _ => Err(StoreError::Closed),
        }
    }
}
