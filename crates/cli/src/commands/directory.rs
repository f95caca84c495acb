//! `facteur directory sync|import|show`

use facteur_pipeline::directory::{self, Entry};
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
        DirectoryCommand::Import { file } => {
            let (home, store) = context.store().await?;
            let siren = &home.configuration.legal_person.siren;
            let count = directory::import(&store, siren, &context.actor(), file).await?;
            talk.note("directory.imported", &[("count", &count.to_string())]);
            Ok(status(true))
        }
        DirectoryCommand::Show { siret } => {
            let (_, store) = context.store().await?;
            match directory::entries(&store).await?.get(siret) {
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
