//! `facteur directory sync|import|show`

use anyhow::Context as _;
use facteur_model::clock::{Clock as _, SystemClock};
use facteur_model::date::Date;
use facteur_model::directory::Extent;
use facteur_pipeline::directory::{self, DirectoryCopy, Entry, WholeAsOf};
use facteur_texts::printable;
use serde_json::json;

use super::{Context, Outcome, status};
use crate::args::{Directory, DirectoryCommand};
use crate::output::Talk;

pub async fn run(context: &Context, options: &Directory) -> Outcome {
    let talk = context.talk;
    match &options.command {
        DirectoryCommand::Sync { sirets } => {
            let home = context.home()?;
            let dispatcher = context.dispatcher("directory").await?;
            let synced = directory::sync(&dispatcher, &home.configuration.legal_person.siren, sirets).await?;
            if talk.json() {
                talk.data(&serde_json::to_string(&synced)?);
            } else {
                let counts = [synced.asked, synced.written].map(|count| count.to_string());
                talk.data(&talk.say("directory.synced", &[("asked", &counts[0]), ("written", &counts[1])]));
                for siret in &synced.unknown {
                    talk.data(&talk.say("directory.unknown", &[("siret", siret)]));
                }
            }
            Ok(status(synced.unknown.is_empty()))
        }
        DirectoryCommand::Import { file, complete, as_of } => {
            let (home, store) = context.store().await?;
            let siren = &home.configuration.legal_person.siren;
            let day = as_of.as_deref().map(|day| Date::parse(day).with_context(|| day.to_owned())).transpose()?;
            let whole = complete.then_some(WholeAsOf(day));
            let count = directory::import(&store, siren, &context.actor(), file, whole).await?;
            let key = if *complete { "directory.imported_whole" } else { "directory.imported" };
            talk.note(key, &[("count", &count.to_string())]);
            Ok(status(true))
        }
        DirectoryCommand::Show { siret: None } => {
            let (_, store) = context.store().await?;
            let copy = directory::copy(&store).await?;
            let extent = copy.extent(SystemClock.now());
            show_copy(talk, &copy, extent);
            Ok(status(extent != Extent::Old))
        }
        DirectoryCommand::Show { siret: Some(siret) } => {
            let (_, store) = context.store().await?;
            match directory::copy(&store).await?.entries.get(siret) {
                Some(entry) => {
                    show(talk, entry);
                    Ok(status(true))
                }
                None => {
                    talk.note("directory.none", &[("siret", siret)]);
                    Ok(status(false))
                }
            }
        }
    }
}

/// How many recipients, whether that is all of them, from where and of when.
fn show_copy(talk: Talk, copy: &DirectoryCopy, extent: Extent) {
    let (key, extent) = match extent {
        Extent::Part => ("directory.part", "part"),
        Extent::Whole => ("directory.whole", "whole"),
        Extent::Old => ("directory.old", "old"),
    };
    let whole = copy.whole.as_ref();
    let day = whole.map(|(whole, _, at)| whole.as_of.map_or_else(|| at.rfc3339(), |day| day.to_string()));
    let source = whole.map(|(_, source, _)| source);
    let recipients = copy.entries.len();
    if talk.json() {
        let line = json!({"schema": "facteur-directory-copy/1", "recipients": recipients, "extent": extent,
            "source": source, "as_of": day});
        return talk.data(&line.to_string());
    }
    let source = printable(source.map_or("—", String::as_str));
    let day = day.unwrap_or_else(|| "—".to_owned());
    talk.data(&talk.say(key, &[("count", &recipients.to_string()), ("source", &source), ("at", &day)]));
}

fn show(talk: Talk, entry: &Entry) {
    let recipient = &entry.recipient;
    if talk.json() {
        let line = json!({"schema": "facteur-directory/1", "recipient": recipient, "source": entry.source,
            "at": entry.at.rfc3339()});
        return talk.data(&line.to_string());
    }
    let name = printable(recipient.name.as_deref().unwrap_or("—"));
    let state = talk.say(if recipient.active { "directory.active" } else { "directory.inactive" }, &[]);
    talk.data(&format!("{} — {name} ({state})", printable(&recipient.siret)));
    let demands = [
        (recipient.service_required, "directory.service_required"),
        (recipient.commitment_required, "directory.commitment_required"),
        (recipient.either_required, "directory.either_required"),
    ];
    for (_, key) in demands.iter().filter(|(demanded, _)| *demanded) {
        talk.data(&format!("  {}", talk.say(key, &[])));
    }
    for service in &recipient.services {
        let state = talk.say(if service.active { "directory.active" } else { "directory.inactive" }, &[]);
        let name = printable(service.name.as_deref().unwrap_or("—"));
        talk.data(&format!("  {}  {name} ({state})", printable(&service.code)));
    }
    talk.data(&talk.say("directory.source", &[("source", &printable(&entry.source)), ("at", &entry.at.rfc3339())]));
}
