//! The summary of a night to whoever should read it: by mail, by webhook. What could not be delivered is marked in the
//! night's folder, journalled, and tried again the next night or by `facteur nightly --mail-only`.

use std::path::Path;

use facteur_model::clock::{Clock as _, SystemClock};
use facteur_report::night::{Night, Outcome, Step, StepName, subject, text};
use facteur_store::{Store, killpoint};
use facteur_transmit::mail::{Attachment, Letter, Mailer};
use facteur_transmit::webhook::Webhook;

use super::{Nightly, Words, counted, failed, lock, reports, settings};
use crate::error::PipelineError;
use crate::home::Home;

/// Most attached in bytes; what does not fit stays in the night's folder, which the text names.
const ATTACHED_MAX: usize = 8_000_000;
/// Most earlier nights that are caught up in one go: older ones stay marked.
const CAUGHT_UP_MAX: usize = 30;
/// Between the two languages of a mail.
const RULE: &str = "\n────────────────────────────────────────\n\n";

const CHANNELS: [StepName; 2] = [StepName::Mail, StepName::Webhook];

fn is_configured(settings: &Nightly, channel: StepName) -> bool {
    match channel {
        StepName::Mail => settings.mail.is_some(),
        _ => settings.webhook.is_some(),
    }
}

fn marker(channel: StepName) -> String {
    format!("undelivered-{}", channel.as_str())
}

/// Delivers a night by every channel that is configured, then what earlier nights could not deliver.
///
/// # Errors
/// The journal cannot be written. A delivery that failed is a step of the night.
pub(super) async fn deliver(
    home: &Home,
    settings: &Nightly,
    store: &Store,
    words: &dyn Words,
    night: &mut Night,
) -> Result<(), PipelineError> {
    let mut steps = Vec::new();
    // Owed until it is delivered: a night that is cut off here is told by the next one.
    for channel in CHANNELS.into_iter().filter(|channel| is_configured(settings, *channel)) {
        let _ = reports::put(&reports::folder(home, &night.id).join(marker(channel)), b"");
    }
    killpoint::reach("nightly.before_delivery");
    for channel in CHANNELS.into_iter().filter(|channel| is_configured(settings, *channel)) {
        let delivered = one(home, settings, store, channel, night).await?;
        let caught_up =
            if delivered.is_ok() { earlier(home, settings, store, channel, &night.id).await? } else { (0, 0) };
        let outcome = delivered.as_ref().map_or_else(|error| failed(words, error), |()| Outcome::Done);
        let counts = counted([("sent", u64::from(delivered.is_ok())), ("earlier", caught_up.0)]);
        steps.push(Step { name: channel, outcome, counts, attention: caught_up.1 });
    }
    night.steps.append(&mut steps);
    Ok(())
}

/// Delivers what earlier nights could not, and nothing else. Answers what was delivered and what failed, each by the
/// night's name.
///
/// # Errors
/// Another night is at work, or the store cannot be used.
pub async fn deliver_again(home: &Home) -> Result<Vec<(String, StepName, Result<(), PipelineError>)>, PipelineError> {
    let _lock = lock(home)?;
    let settings = settings(home)?;
    let store = home.store().await?;
    let mut told = Vec::new();
    for channel in CHANNELS.into_iter().filter(|channel| is_configured(settings, *channel)) {
        for id in undelivered(home, channel) {
            let night = reports::read(home, &id)?;
            let delivered = one(home, settings, &store, channel, &night).await?;
            told.push((id, channel, delivered));
        }
    }
    Ok(told)
}

/// The nights that a channel still owes, the oldest first.
pub(super) fn undelivered(home: &Home, channel: StepName) -> Vec<String> {
    let owed = |id: &String| reports::folder(home, id).join(marker(channel)).is_file();
    reports::nights(home).into_iter().filter(owed).take(CAUGHT_UP_MAX).collect()
}

async fn earlier(
    home: &Home,
    settings: &Nightly,
    store: &Store,
    channel: StepName,
    this: &str,
) -> Result<(u64, u64), PipelineError> {
    let (mut delivered, mut failed) = (0, 0);
    for id in undelivered(home, channel).into_iter().filter(|id| id != this) {
        let done = match reports::read(home, &id) {
            Ok(night) => one(home, settings, store, channel, &night).await?.is_ok(),
            Err(_) => false,
        };
        *if done { &mut delivered } else { &mut failed } += 1;
    }
    Ok((delivered, failed))
}

/// One night by one channel, journalled however it ends; the outer error is the journal's.
async fn one(
    home: &Home,
    settings: &Nightly,
    store: &Store,
    channel: StepName,
    night: &Night,
) -> Result<Result<(), PipelineError>, PipelineError> {
    let delivered = match channel {
        StepName::Mail => mail(home, settings, night).await,
        _ => webhook(home, settings, night).await,
    };
    let marker = reports::folder(home, &night.id).join(marker(channel));
    let outcome = match &delivered {
        Ok(()) => {
            killpoint::reach("nightly.after_delivery");
            let _ = std::fs::remove_file(&marker);
            "delivered".to_owned()
        }
        Err(error) => {
            // Without the folder there is nothing to send again, and the summary says that too.
            let _ = reports::put(&marker, b"");
            error.to_string()
        }
    };
    let siren = &home.configuration.legal_person.siren;
    let line = serde_json::json!({"actor": super::ACTOR, "night": night.id, "channel": channel, "outcome": outcome});
    store.note("delivery", siren, line.to_string(), SystemClock.now()).await?;
    Ok(delivered)
}

/// Sets every channel up that is configured, and sends nothing.
pub(super) fn ready(home: &Home, settings: &Nightly) -> Result<(), PipelineError> {
    mailer(home, settings)?;
    hook(home, settings).map(drop)
}

fn mailer(home: &Home, settings: &Nightly) -> Result<Option<Mailer>, PipelineError> {
    let Some(configuration) = settings.mail.clone() else { return Ok(None) };
    if home.configuration.demo && !configuration.is_loopback() {
        return Err(PipelineError::DemoGateway);
    }
    Mailer::new(configuration, &home.root).map(Some).map_err(PipelineError::delivery)
}

fn hook(home: &Home, settings: &Nightly) -> Result<Option<Webhook>, PipelineError> {
    let Some(configuration) = &settings.webhook else { return Ok(None) };
    if home.configuration.demo && !configuration.is_loopback() {
        return Err(PipelineError::DemoGateway);
    }
    Webhook::new(configuration, &home.root).map(Some).map_err(PipelineError::delivery)
}

async fn mail(home: &Home, settings: &Nightly, night: &Night) -> Result<(), PipelineError> {
    let Some(mailer) = mailer(home, settings)? else { return Ok(()) };
    mailer.send(&letter(home, settings, night)).await.map_err(PipelineError::Mail)
}

async fn webhook(home: &Home, settings: &Nightly, night: &Night) -> Result<(), PipelineError> {
    let Some(webhook) = hook(home, settings)? else { return Ok(()) };
    webhook.post(night.json()).await.map_err(PipelineError::Webhook)
}

/// The letter of a night: in each language of the settings, with its reports.
pub(super) fn letter(home: &Home, settings: &Nightly, night: &Night) -> Letter {
    let languages = settings.language.languages();
    let texts: Vec<String> = languages.iter().map(|language| text(*language, night)).collect();
    let folder = reports::folder(home, &night.id);
    let mut room = ATTACHED_MAX;
    let mut attachments = Vec::new();
    for name in &night.files {
        let Some(attachment) = attached(&folder, name, room) else { continue };
        room = room.saturating_sub(attachment.bytes.len());
        attachments.push(attachment);
    }
    let first = languages.first().copied().unwrap_or_default();
    Letter { id: night.id.clone(), subject: subject(first, night), text: texts.join(RULE), attachments }
}

/// A report of a night, by its name in the night's own folder, where there is room for it; what is too large is not read.
fn attached(folder: &Path, name: &str, room: usize) -> Option<Attachment> {
    let media_type = match Path::new(name).extension()?.to_str()? {
        "html" => "text/html; charset=utf-8",
        "csv" => "text/csv; charset=utf-8",
        "json" => "application/json",
        "txt" => "text/plain; charset=utf-8",
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        _ => return None,
    };
    let plain = Path::new(name).components().count() == 1 && !name.contains("..");
    let path = plain.then(|| folder.join(name))?;
    let fits = std::fs::metadata(&path).is_ok_and(|file| file.len() <= room as u64);
    let bytes = fits.then(|| std::fs::read(&path).ok()).flatten()?;
    Some(Attachment { name: name.to_owned(), media_type: media_type.to_owned(), bytes })
}
