//! Drafts of plain PDFs, and the mandates by which a filing agent may deposit them.

use facteur_model::clock::Timestamp;

use crate::change::Actor;
use crate::document::Packed;

/// A draft as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// What is proposed and what a person gave, as JSON.
    pub body: String,
    /// How often a person changed it.
    pub revision: i64,
    /// When it was written last.
    pub at: Timestamp,
}

/// What a person made of a draft: compare-and-set on the revision, so that nobody overwrites another's work unseen.
#[derive(Debug, Clone)]
pub struct DraftChange {
    /// Which invoice; it must be a `draft`.
    pub id: String,
    /// The revision that the person saw; 0 for a proposal, kept or not.
    pub revision: i64,
    /// The whole draft as it is then, JSON.
    pub body: String,
    /// What changed, JSON, for the journal's payload.
    pub changed: String,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
}

/// A supplier's written mandate to file its invoices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mandate {
    /// Its identity.
    pub id: String,
    /// SIREN of the supplier.
    pub supplier: String,
    /// Name of the file.
    pub file: String,
    /// SHA-256 of the file.
    pub sha256: String,
    /// First day of its validity, `YYYY-MM-DD`.
    pub from: String,
    /// Last day of its validity, included.
    pub until: String,
    /// When it was added.
    pub at: Timestamp,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// A mandate, or its end.
#[derive(Debug, Clone)]
pub enum MandateChange {
    /// A new one with its file.
    Add {
        /// SIREN of the legal person who may file.
        siren: String,
        /// The mandate.
        mandate: Mandate,
        /// Its file.
        document: Box<Packed>,
        /// Who.
        actor: Actor,
    },
    /// It does not count any more.
    Revoke {
        /// Which.
        id: String,
        /// Why, for the journal.
        why: Option<String>,
        /// When.
        at: Timestamp,
        /// Who.
        actor: Actor,
    },
}
