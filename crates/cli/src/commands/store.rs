//! `facteur store check|migrate|backup|restore|move`

use std::path::Path;

use facteur_pipeline::store_place::migrate;
use facteur_store::check::Health;
use facteur_store::copy::Copied;
use serde_json::json;

use super::{Context, Outcome, status};
use crate::args::{StoreArguments, StoreCommand};
use crate::output::Talk;

pub async fn run(context: &Context, options: &StoreArguments) -> Outcome {
    match &options.command {
        StoreCommand::Check => check(context).await,
        StoreCommand::Migrate => up_to_date(context).await,
        StoreCommand::Backup { file } => {
            let (_, store) = context.store().await?;
            store.backup(file).await?;
            context.talk.note("store.backup", &[("file", &file.display().to_string())]);
            Ok(status(true))
        }
        StoreCommand::Restore { file } => restore(context, file).await,
        StoreCommand::Move { to, password } => move_store(context, to, password.as_deref()).await,
    }
}

async fn check(context: &Context) -> Outcome {
    let (_, store) = context.store().await?;
    let health = store.check().await?;
    show(context.talk, &health);
    Ok(status(health.problems.is_empty()))
}

fn show(talk: Talk, health: &Health) {
    if talk.json() {
        let line = json!({"healthy": health.problems.is_empty(), "invoices": health.invoices,
            "documents": health.documents, "eliminated": health.eliminated, "lines": health.lines,
            "problems": health.problems, "head": health.head.as_ref().map(ToString::to_string)});
        talk.data(&line.to_string());
    } else if health.problems.is_empty() {
        let counts = [health.invoices, health.documents, health.lines].map(|count| count.to_string());
        let args = [("invoices", counts[0].as_str()), ("documents", &counts[1]), ("lines", &counts[2])];
        talk.tell("store.healthy", &args);
    } else {
        talk.data(&talk.say("store.sick", &[]));
        health.problems.iter().for_each(|problem| talk.data(&format!("  {problem}")));
    }
}

async fn up_to_date(context: &Context) -> Outcome {
    let (store, number) = migrate(&context.home()?).await?;
    let (place, head) = (store.location().to_string(), store.head().await?.to_string());
    if context.talk.json() {
        context.talk.data(&json!({"schema": number, "place": place, "head": head}).to_string());
    } else {
        context.talk.tell("store.migrated", &[("number", &number.to_string()), ("place", &place), ("head", &head)]);
    }
    Ok(status(true))
}

async fn restore(context: &Context, file: &Path) -> Outcome {
    let copied = context.home()?.restore(file).await?;
    if context.talk.json() {
        context.talk.data(&described(&copied).to_string());
    } else {
        let (invoices, head) = (copied.invoices.to_string(), copied.head.to_string());
        context.talk.tell("store.restored", &[("invoices", &invoices), ("head", &head)]);
    }
    Ok(status(true))
}

async fn move_store(context: &Context, to: &str, password: Option<&str>) -> Outcome {
    let moved = context.home()?.move_store(to, password).await?;
    let old = moved.old.as_ref().map(|old| old.display().to_string());
    if context.talk.json() {
        let mut line = described(&moved.copied);
        line["from"] = json!(moved.from.to_string());
        line["to"] = json!(moved.to.to_string());
        line["old"] = json!(old);
        context.talk.data(&line.to_string());
        return Ok(status(true));
    }
    let (invoices, head) = (moved.copied.invoices.to_string(), moved.copied.head.to_string());
    let args = [("to", moved.to.to_string()), ("invoices", invoices), ("head", head)];
    let args: Vec<(&str, &str)> = args.iter().map(|(name, value)| (*name, value.as_str())).collect();
    context.talk.tell("store.moved", &args);
    if let Some(old) = old {
        context.talk.note("store.moved_old", &[("old", &old)]);
    }
    Ok(status(true))
}

fn described(copied: &Copied) -> serde_json::Value {
    json!({"invoices": copied.invoices, "head": copied.head.to_string()})
}
