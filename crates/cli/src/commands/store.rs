//! `facteur store check|backup`

use super::{Context, Outcome, status};
use crate::args::{StoreArguments, StoreCommand};

pub async fn run(context: &Context, options: &StoreArguments) -> Outcome {
    let talk = context.talk;
    let (_, store) = context.store().await?;
    match &options.command {
        StoreCommand::Backup { file } => {
            store.backup(file).await?;
            talk.note("store.backup", &[("file", &file.display().to_string())]);
            Ok(status(true))
        }
        StoreCommand::Check => {
            let health = store.check().await?;
            if talk.json() {
                let line = serde_json::json!({"healthy": health.problems.is_empty(), "invoices": health.invoices,
                    "documents": health.documents, "eliminated": health.eliminated, "lines": health.lines, "problems": health.problems,
                    "head": health.head.as_ref().map(ToString::to_string)});
                talk.data(&line.to_string());
            } else if health.problems.is_empty() {
                let counts = [health.invoices, health.documents, health.lines].map(|count| count.to_string());
                let args = [("invoices", counts[0].as_str()), ("documents", &counts[1]), ("lines", &counts[2])];
                talk.tell("store.healthy", &args);
            } else {
                talk.data(&talk.say("store.sick", &[]));
                health.problems.iter().for_each(|problem| talk.data(&format!("  {problem}")));
            }
            Ok(status(health.problems.is_empty()))
        }
    }
}
