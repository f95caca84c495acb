//! The written mandates by which a filing agent deposits what its suppliers gave it: added with their file, listed,
//! revoked; each journalled.

use std::path::Path;

use facteur_model::clock::Timestamp;
use facteur_model::date::Date;
use facteur_model::identifiers::Siren;
use facteur_store::document::{Packed, Role};
use facteur_store::draft::{Mandate, MandateChange};
use facteur_store::{Store, new_id};

use crate::archive::day;
use crate::error::PipelineError;

/// Largest file of a mandate.
pub const FILE_MAX: u64 = 10_000_000;

/// A mandate to be added.
#[derive(Debug, Clone, Copy)]
pub struct NewMandate<'a> {
    /// SIREN of the legal person who may file.
    pub siren: &'a str,
    /// SIREN of the supplier.
    pub supplier: &'a str,
    /// The signed mandate.
    pub file: &'a Path,
    /// First day, `YYYY-MM-DD`.
    pub from: &'a str,
    /// Last day, included.
    pub until: &'a str,
}

/// Why a mandate cannot be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MandateProblem {
    /// Not a SIREN.
    Supplier(String),
    /// Not a day.
    Day(String),
    /// It ends before it begins.
    Order,
    /// The file is empty, too large, or no file.
    File {
        /// Its size.
        size: u64,
    },
}

/// Where a mandate stands on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It counts.
    Valid,
    /// Not yet.
    Future,
    /// Not any more.
    Ended,
    /// The supplier, or the agent, ended it.
    Revoked,
}

impl Standing {
    /// Its one spelling in JSON, and of the key of its word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Future => "future",
            Self::Ended => "ended",
            Self::Revoked => "revoked",
        }
    }
}

/// Where a mandate stands at an instant.
#[must_use]
pub fn standing(mandate: &Mandate, now: Timestamp) -> Standing {
    let today = day(now);
    if mandate.revoked_at.is_some() {
        Standing::Revoked
    } else if today < mandate.from {
        Standing::Future
    } else if today > mandate.until {
        Standing::Ended
    } else {
        Standing::Valid
    }
}

/// Whether a mandate of that supplier counts now.
///
/// # Errors
/// The store cannot be read.
pub async fn counts(store: &Store, supplier: &str, now: Timestamp) -> Result<bool, PipelineError> {
    let mandates = store.mandates(Some(supplier)).await?;
    Ok(mandates.iter().any(|mandate| standing(mandate, now) == Standing::Valid))
}

/// Adds a mandate with its file.
///
/// # Errors
/// The outer error: the file or the store. The inner one: what is wrong with what was said.
pub async fn add(
    store: &Store,
    new: NewMandate<'_>,
    now: Timestamp,
    actor: &str,
) -> Result<Result<Mandate, MandateProblem>, PipelineError> {
    let Ok(supplier) = Siren::parse(new.supplier) else {
        return Ok(Err(MandateProblem::Supplier(new.supplier.to_owned())));
    };
    let mut days = Vec::new();
    for text in [new.from, new.until] {
        match Date::parse(text) {
            Ok(date) => days.push(date.to_string()),
            Err(_) => return Ok(Err(MandateProblem::Day(text.to_owned()))),
        }
    }
    if days[1] < days[0] {
        return Ok(Err(MandateProblem::Order));
    }
    let metadata = std::fs::metadata(new.file).map_err(PipelineError::file(new.file))?;
    if !metadata.is_file() || metadata.len() == 0 || metadata.len() > FILE_MAX {
        return Ok(Err(MandateProblem::File { size: metadata.len() }));
    }
    let bytes = std::fs::read(new.file).map_err(PipelineError::file(new.file))?;
    let document = Box::new(Packed::new(Role::Attachment, media_type(&bytes), &bytes));
    let mandate = Mandate {
        id: new_id(),
        supplier: supplier.to_string(),
        file: new.file.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        sha256: document.sha256.clone(),
        until: days.pop().unwrap_or_default(),
        from: days.pop().unwrap_or_default(),
        at: now,
        revoked_at: None,
    };
    let siren = new.siren.to_owned();
    let change = MandateChange::Add { siren, mandate: mandate.clone(), document, actor: actor.to_owned() };
    store.put_mandate(change).await?;
    Ok(Ok(mandate))
}

/// Revokes a mandate, named by its identity or the end of it that lists show; false where it was revoked before.
///
/// # Errors
/// There is no such mandate, or several.
pub async fn revoke(
    store: &Store,
    name: &str,
    why: Option<&str>,
    now: Timestamp,
    actor: &str,
) -> Result<(Mandate, bool), PipelineError> {
    let mut named: Vec<Mandate> = store.mandates(None).await?;
    named.retain(|mandate| mandate.id == name || (name.len() >= 4 && mandate.id.ends_with(name)));
    let mandate = match named.len() {
        1 => named.remove(0),
        0 => return Err(facteur_store::StoreError::Missing(name.to_owned()).into()),
        _ => return Err(facteur_store::StoreError::Ambiguous(name.to_owned()).into()),
    };
    let change =
        MandateChange::Revoke { id: mandate.id.clone(), why: why.map(str::to_owned), at: now, actor: actor.to_owned() };
    let changed = store.put_mandate(change).await?;
    Ok((mandate, changed))
}

fn media_type(bytes: &[u8]) -> &'static str {
    if facteur_parse::pdf::is_pdf(bytes) { "application/pdf" } else { "application/octet-stream" }
}
