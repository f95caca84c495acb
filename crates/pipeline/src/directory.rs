//! The copy of the directory of recipients: fetched from the gateway, read from a file, asked by SIRET.

use std::collections::BTreeMap;
use std::path::Path;

use facteur_model::clock::{Clock as _, SystemClock, Timestamp};
use facteur_model::date::Date;
use facteur_model::directory::{Directory, DirectoryError, Extent, Recipient};
use facteur_model::identifiers::Siret;
use facteur_store::Store;
use facteur_store::change::DirectoryEntries;
use facteur_validate::chorus_pro::Demands;

use crate::deposit::Dispatcher;
use crate::error::PipelineError;

/// Largest file of recipients that is read: all of France is below.
const FILE_BYTES_MAX: u64 = 256 << 20;

/// Stands in place of a SIRET where the store says that a copy is whole.
const WHOLE: &str = "*";
/// After so long the copy of a whole directory no longer tells that somebody is not in it: recipients come every week.
const WHOLE_MILLIS_MAX: i64 = 31 * 24 * 3_600_000;

/// A file is the whole directory, of that day where it is not today's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WholeAsOf(pub Option<Date>);

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

/// What a copy of the directory is.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Whole {
    /// Recipients that it held.
    pub recipients: u64,
    /// The day that it is of, where it is older than its import (`YYYY-MM-DD`).
    #[serde(default)]
    pub as_of: Option<Date>,
}

/// The copy of the directory in the store.
#[derive(Debug, Clone, Default)]
pub struct DirectoryCopy {
    /// Its entries, by SIRET.
    pub entries: BTreeMap<String, Entry>,
    /// The import of the whole directory that it rests on, with its source and time; `None` where it is of a part.
    pub whole: Option<(Whole, String, Timestamp)>,
}

/// A copy of the directory as the checks ask it.
#[derive(Debug, Clone, Default)]
pub struct Known {
    recipients: BTreeMap<String, Recipient>,
    extent: Extent,
}

impl DirectoryCopy {
    /// How much of the directory it holds at an instant.
    #[must_use]
    pub fn extent(&self, now: Timestamp) -> Extent {
        match &self.whole {
            None => Extent::Part,
            Some((whole, _, at)) => {
                let of = whole.as_of.and_then(midnight).unwrap_or(*at);
                if now.0 - of.0 <= WHOLE_MILLIS_MAX { Extent::Whole } else { Extent::Old }
            }
        }
    }

    /// For the checks, at an instant.
    #[must_use]
    pub fn known(self, now: Timestamp) -> Known {
        let extent = self.extent(now);
        let recipients = self.entries.into_iter().map(|(siret, entry)| (siret, entry.recipient)).collect();
        Known { recipients, extent }
    }
}

impl Known {
    /// Whether it says anything at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.recipients.is_empty()
    }

    /// The entry of a SIRET.
    #[must_use]
    pub fn get(&self, siret: &str) -> Option<&Recipient> {
        self.recipients.get(siret)
    }
}

impl Directory for Known {
    fn recipient(&self, siret: &str) -> Result<Option<Recipient>, DirectoryError> {
        Ok(self.recipients.get(siret).cloned())
    }

    fn extent(&self) -> Extent {
        self.extent
    }
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
    write(&dispatcher.store, siren, dispatcher.gateway.name(), &dispatcher.actor, &recipients, None).await?;
    match failure {
        Some(error) => Err(error.into()),
        None => Ok(synced),
    }
}

/// Reads recipients from a file, one JSON object a line, all or none. Answers how many. Where the file is `whole`, who
/// is not in it receives no invoices: what was known before counts no longer.
///
/// # Errors
/// The file cannot be read, a line is no recipient (it is named), or a whole directory is empty.
pub async fn import(
    store: &Store,
    siren: &str,
    actor: &str,
    file: &Path,
    whole: Option<WholeAsOf>,
) -> Result<u64, PipelineError> {
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
    let count = recipients.len() as u64;
    let whole = whole.map(|WholeAsOf(as_of)| Whole { recipients: count, as_of });
    if whole.is_some() && count == 0 {
        return Err(wrong(file, 0, "0".to_owned()));
    }
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    write(store, siren, &name, actor, &recipients, whole.as_ref()).await?;
    Ok(count)
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
    whole: Option<&Whole>,
) -> Result<(), PipelineError> {
    if recipients.is_empty() {
        return Ok(());
    }
    let body = |recipient: &Recipient| serde_json::to_string(recipient).unwrap_or_default();
    let marker = whole.map(|whole| (WHOLE.to_owned(), serde_json::to_string(whole).unwrap_or_default()));
    let entries = recipients.iter().map(|recipient| (recipient.siret.clone(), body(recipient))).chain(marker).collect();
    let (siren, source, actor) = (siren.to_owned(), source.to_owned(), actor.to_owned());
    Ok(store.put_directory(DirectoryEntries { siren, entries, source, at: SystemClock.now(), actor }).await?)
}

/// The copy of the directory. An entry that cannot be read any more is left out, and so is not known; so is one from
/// before the last import of the whole directory that was not in it.
///
/// # Errors
/// The store cannot be read.
pub async fn copy(store: &Store) -> Result<DirectoryCopy, PipelineError> {
    let mut copy = DirectoryCopy::default();
    for (body, source, at) in store.directory().await? {
        if let Ok(recipient) = serde_json::from_str::<Recipient>(&body) {
            copy.entries.insert(recipient.siret.clone(), Entry { recipient, source, at });
        } else if let Ok(whole) = serde_json::from_str::<Whole>(&body) {
            copy.whole = Some((whole, source, at));
        }
    }
    if let Some((_, _, since)) = copy.whole {
        copy.entries.retain(|_, entry| entry.at >= since);
    }
    Ok(copy)
}

/// The first instant of a day, in UTC.
fn midnight(day: Date) -> Option<Timestamp> {
    let format = time::macros::format_description!("[year]-[month]-[day]");
    let day = time::Date::parse(&day.to_string(), &format).ok()?;
    Some(Timestamp(day.midnight().assume_utc().unix_timestamp() * 1000))
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const DAY: i64 = 24 * 3_600_000;

    fn whole(as_of: Option<&str>) -> DirectoryCopy {
        let whole = Whole { recipients: 1, as_of: as_of.map(|day| Date::parse(day).unwrap()) };
        DirectoryCopy {
            whole: Some((whole, "annuaire.jsonl".to_owned(), Timestamp(100 * DAY))),
            ..DirectoryCopy::default()
        }
    }

    #[test]
    fn a_whole_directory_is_whole_for_a_month() {
        assert_eq!(DirectoryCopy::default().extent(Timestamp(0)), Extent::Part);
        assert_eq!(whole(None).extent(Timestamp(100 * DAY)), Extent::Whole);
        assert_eq!(whole(None).extent(Timestamp(131 * DAY)), Extent::Whole);
        assert_eq!(whole(None).extent(Timestamp(131 * DAY + 1)), Extent::Old);
        // 100 days after 1970 is 11 April; a file of February was old when it came.
        assert_eq!(whole(Some("1970-02-01")).extent(Timestamp(100 * DAY)), Extent::Old);
    }

    #[test]
    fn the_marker_of_a_whole_directory_is_no_recipient() {
        let marker = serde_json::to_string(&Whole { recipients: 3, as_of: None }).unwrap();
        assert!(serde_json::from_str::<Recipient>(&marker).is_err(), "{marker}");
    }
}
