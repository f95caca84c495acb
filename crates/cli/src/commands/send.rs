//! `facteur send`

use facteur_model::lifecycle::State;
use facteur_pipeline::deposit::Dispatcher;
use facteur_pipeline::deposit::send::{SendSummary, send};
use facteur_store::record::Filter;

use super::{Context, Outcome, status};
use crate::args::Send;
use crate::output::{Talk, wrapped};

pub async fn run(context: &Context, options: &Send) -> Outcome {
    let dispatcher = context.dispatcher("send").await?;
    if options.dry_run {
        return dry_run(context.talk, &dispatcher).await;
    }
    let summary = send(&dispatcher, &options.ids).await?;
    show(context.talk, &summary);
    Ok(status(summary.all_good()))
}

async fn dry_run(talk: Talk, dispatcher: &Dispatcher) -> Outcome {
    let states = vec![State::Queued, State::Deferred];
    let invoices = dispatcher.store.invoices(&Filter { states, ..Filter::default() }).await?;
    talk.note("send.dry", &[("count", &invoices.len().to_string())]);
    super::status::show(talk, &invoices);
    Ok(status(true))
}

pub fn show(talk: Talk, summary: &SendSummary) {
    if talk.json() {
        return talk.data(&serde_json::to_string(summary).unwrap_or_default());
    }
    if summary.due == 0 {
        return talk.note("send.nothing", &[]);
    }
    let args = [
        ("due", summary.due),
        ("deposited", summary.deposited),
        ("rejected", summary.rejected),
        ("deferred", summary.deferred),
        ("uncertain", summary.uncertain),
        ("held", summary.held),
        ("left", summary.left),
    ]
    .map(|(name, count)| (name, count.to_string()));
    talk.tell("send.summary", &args.each_ref().map(|(name, value)| (*name, value.as_str())));
    if summary.waiting > 0 {
        talk.tell("send.waiting", &[("count", &summary.waiting.to_string())]);
    }
    if let Some(text) = summary.stopped.as_deref().and_then(|code| facteur_texts::finding_text(talk.language, code)) {
        talk.data(&wrapped("  ", "  ", &text.message));
        talk.data(&wrapped("  → ", "    ", &text.advice));
    }
}
