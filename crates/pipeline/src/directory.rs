//! The copy of the directory of recipients: fetched from the gateway, read from a file, asked by SIRET.

use std::collections::BTreeMap;
use std::path::Path;

use facteur_model::clock::{Clock as _, SystemClock, Timestamp};
use facteur_model::directory::Recipient;
use facteur_model::identifiers::Siret;
use facteur_store::Store;
use facteur_store::change::DirectoryEntries;
use facteur_validate::chorus_pro::Demands;

use crate::deposit::Dispatcher;
use crate::error::PipelineError;

/// Largest file of recipients that is read: all of France is below.
const FILE_BYTES_MAX: u64 = 256 << 20;

/// What a fetch from the gateway came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Synced {
    /// Recipients asked about.
    pub asked: u64,
    /// Entries written.
    pub written: u64,
    /// SIRET that the gateway's directory does not know.
    pub unknown: Vec<String>,
}

/// An entry with where it comes from.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Entry {
    /// The recipient.
    pub recipient: Recipient,
    /// `chorus-pro`, or the name of a file.
    pub source: String,
    /// When it was written.
    pub at: Timestamp,
}

/// Asks the gateway about the recipients given; without any, about every buyer that an invoice of the store names.
///
/// # Errors
/// The gateway does not answer or refuses us; what was fetched before is kept.
pub async fn sync(dispatcher: &Dispatcher, siren: &str, sirets: &[String]) -> Result<Synced, PipelineError> {
    let asked = if sirets.is_empty() { dispatcher.store.buyers().await? } else { sirets.to_vec() };
    let mut synced = Synced { asked: asked.len() as u64, ..Synced::default() };
    let mut recipients = Vec::new();
    let mut failure = None;
    for siret in &asked {
        match dispatcher.gateway.recipient(siret).await {
            Ok(Some(recipient)) => recipients.push(recipient),
            Ok(None) => synced.unknown.push(siret.clone()),
            Err(error) => {
                failure = Some(error);
                break;
            }
        }
    }
    synced.written = recipients.len() as u64;
    write(&dispatcher.store, siren, dispatcher.gateway.name(), &dispatcher.actor, &recipients).await?;
    match failure {
        Some(error) => Err(error.into()),
        None => Ok(synced),
    }
}

/// Reads recipients from a file, one JSON object a line, all or none. Answers how many.
///
/// # Errors
/// The file cannot be read, or a line is no recipient: it is named.
pub async fn import(store: &Store, siren: &str, actor: &str, file: &Path) -> Result<u64, PipelineError> {
    let size = std::fs::metadata(file).map_err(PipelineError::file(file))?.len();
    if size > FILE_BYTES_MAX {
        return Err(wrong(file, 0, format!("{size} > {FILE_BYTES_MAX}")));
    }
    let text = std::fs::read_to_string(file).map_err(PipelineError::file(file))?;
    let mut recipients = Vec::new();
    for (number, line) in (1_u64..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        let recipient: Recipient =
            serde_json::from_str(line).map_err(|error| wrong(file, number, error.to_string()))?;
        let digits = recipient.siret.len() == 14 && recipient.siret.bytes().all(|byte| byte.is_ascii_digit());
        if !digits && Siret::parse(&recipient.siret).is_err() {
            return Err(wrong(file, number, recipient.siret));
        }
        recipients.push(recipient);
    }
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    write(store, siren, &name, actor, &recipients).await?;
    Ok(recipients.len() as u64)
}

fn wrong(file: &Path, line: u64, what: String) -> PipelineError {
    let source = std::io::Error::other(format!("{line}: {what}"));
    PipelineError::File { path: file.to_owned(), source }
}

async fn write(
    store: &Store,
    siren: &str,
    source: &str,
    actor: &str,
    recipients: &[Recipient],
) -> Result<(), PipelineError> {
    if recipients.is_empty() {
        return Ok(());
    }
    let body = |recipient: &Recipient| serde_json::to_string(recipient).unwrap_or_default();
    let entries = recipients.iter().map(|recipient| (recipient.siret.clone(), body(recipient))).collect();
    let (siren, source, actor) = (siren.to_owned(), source.to_owned(), actor.to_owned());
    Ok(store.put_directory(DirectoryEntries { siren, entries, source, at: SystemClock.now(), actor }).await?)
}

/// Every entry of the copy, by SIRET. An entry that cannot be read any more is left out, and so is not known.
///
/// # Errors
/// The store cannot be read.
pub async fn entries(store: &Store) -> Result<BTreeMap<String, Entry>, PipelineError> {
    let rows = store.directory().await?;
    let read = |(body, source, at): (String, String, Timestamp)| {
        let recipient: Recipient = serde_json::from_str(&body).ok()?;
        Some((recipient.siret.clone(), Entry { recipient, source, at }))
    };
    Ok(rows.into_iter().filter_map(read).collect())
}

/// What a recipient demands, added to what the configuration demands; a service may demand more than its structure.
#[must_use]
pub fn demands(configured: Demands, recipient: Option<&Recipient>, service: Option<&str>) -> Demands {
    let Some(recipient) = recipient else { return configured };
    let of_service =
        service.and_then(|code| recipient.service(code)).is_some_and(|service| service.commitment_required);
    Demands {
        service_code: configured.service_code || recipient.service_required,
        commitment_number: configured.commitment_number || recipient.commitment_required || of_service,
        either: configured.either || recipient.either_required,
    }
}
