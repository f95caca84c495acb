//! The directory of recipients: who can be sent an invoice, and what they demand of it.
//!
//! Chorus Pro's directory says of each public structure whether it is active, which service codes it has, and whether
//! a service code or a commitment number is mandatory. Checks ask a local copy of it through [`Directory`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A copy of the directory, asked by SIRET.
pub trait Directory: Send + Sync {
    /// The entry of that SIRET (fourteen digits); `None` where the copy has none.
    ///
    /// # Errors
    /// The copy cannot be read: nothing is known then, not even that there is no entry.
    fn recipient(&self, siret: &str) -> Result<Option<Recipient>, DirectoryError>;

    /// How much of the directory the copy holds.
    fn extent(&self) -> Extent {
        Extent::Part
    }
}

/// How much of the directory a copy holds: what it means that it has no entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Extent {
    /// Some recipients: an absent entry says nothing.
    #[default]
    Part,
    /// All of them, lately: who is absent receives no invoices.
    Whole,
    /// All of them, too long ago: who is absent may have come since.
    Old,
}

/// Why a copy of the directory does not answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the directory cannot be read: {0}")]
pub struct DirectoryError(pub String);

/// A public structure that receives invoices.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Recipient {
    /// Its SIRET.
    pub siret: String,
    /// Its name.
    #[serde(default)]
    pub name: Option<String>,
    /// Whether it receives invoices now.
    pub active: bool,
    /// A service code is mandatory.
    #[serde(default)]
    pub service_required: bool,
    /// A commitment number is mandatory.
    #[serde(default)]
    pub commitment_required: bool,
    /// One of the two is mandatory.
    #[serde(default)]
    pub either_required: bool,
    /// Its services.
    #[serde(default)]
    pub services: Vec<RecipientService>,
}

/// A service of a recipient.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RecipientService {
    /// Its code (*code service exécutant*).
    pub code: String,
    /// Its name.
    #[serde(default)]
    pub name: Option<String>,
    /// Whether it receives invoices now.
    pub active: bool,
    /// A commitment number is mandatory for this service, whatever holds for the structure.
    #[serde(default)]
    pub commitment_required: bool,
}

impl Recipient {
    /// The service of that code.
    #[must_use]
    pub fn service(&self, code: &str) -> Option<&RecipientService> {
        self.services.iter().find(|service| service.code == code)
    }
}

/// A part of the directory held in memory, by SIRET.
impl Directory for BTreeMap<String, Recipient> {
    fn recipient(&self, siret: &str) -> Result<Option<Recipient>, DirectoryError> {
        Ok(self.get(siret).cloned())
    }
}

/// The whole directory held in memory, by SIRET.
#[derive(Debug, Clone, Default)]
pub struct WholeDirectory(pub BTreeMap<String, Recipient>);

impl Directory for WholeDirectory {
    fn recipient(&self, siret: &str) -> Result<Option<Recipient>, DirectoryError> {
        self.0.recipient(siret)
    }

    fn extent(&self) -> Extent {
        Extent::Whole
    }
}
