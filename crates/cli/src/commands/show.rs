//! `facteur show ID`

use facteur_model::finding::{Finding, LayerResult, LayerStatus, Verdict};
use facteur_pipeline::archive::{self, Retention};
use facteur_report::status::{gateway_word, line, reason_sentences, short};
use facteur_store::Store;
use facteur_store::record::{Invoice, Version};
use facteur_texts::{amount, printable};
use serde_json::{Value, json};

use super::{Context, Outcome, name_candidates};
use crate::args::Show;
use crate::output::{Talk, wrapped};

pub async fn run(context: &Context, options: &Show) -> Outcome {
    let (home, store) = context.store().await?;
    let invoice = match store.invoice(&options.id).await {
        Ok(invoice) => invoice,
        Err(error) => {
            name_candidates(context.talk, &store, &error).await;
            return Err(error.into());
        }
    };
    let retention = archive::retention(&home, &store, &invoice.id).await?;
    if context.talk.json() {
        let mut whole = as_json(&store, &invoice).await?;
        let eliminated = retention.eliminated.as_ref();
        let eliminated = eliminated.map(|one| json!({"at": one.at.rfc3339(), "list_sha256": one.list}));
        whole["retention"] = json!({"end": retention.end, "hold": retention.hold, "eliminated": eliminated});
        context.talk.data(&whole.to_string());
    } else {
        as_text(context.talk, &store, &invoice, home.configuration.demo, &retention).await?;
    }
    Ok(super::status(true))
}

async fn as_json(store: &Store, invoice: &Invoice) -> anyhow::Result<Value> {
    let mut whole = line(invoice);
    let findings = store.findings(&invoice.id, invoice.version).await?;
    let findings: Vec<Value> = findings.iter().filter_map(|body| serde_json::from_str(body).ok()).collect();
    let deliveries = store.deliveries(&invoice.id).await?;
    let events = store.gateway_events(&invoice.id).await?;
    let journal = store.journal_of(&invoice.id).await?;
    whole["schema"] = json!("facteur-show/1");
    whole["findings"] = json!(findings);
    whole["deliveries"] = deliveries
        .iter()
        .map(|one| {
            json!({"flow": one.number, "file_name": one.file_name, "sha256": one.sha256, "outcome": one.outcome,
            "reason": one.reason, "began_at": one.began_at.rfc3339(), "ended_at": one.ended_at.map(|at| at.rfc3339())})
        })
        .collect();
    whole["gateway_events"] = events
        .iter()
        .map(|one| {
            json!({"subject": one.subject, "code": one.code, "happened": one.happened, "comment": one.comment,
            "flow": one.flow, "seen_at": one.seen_at.rfc3339()})
        })
        .collect();
    whole["journal"] = journal
        .iter()
        .map(|one| {
            json!({"seq": one.seq, "at": one.at, "kind": one.kind, "hash": one.hash,
            "payload": one.payload.as_deref().and_then(|text| serde_json::from_str::<Value>(text).ok())})
        })
        .collect();
    Ok(whole)
}

async fn as_text(
    talk: Talk,
    store: &Store,
    invoice: &Invoice,
    demo: bool,
    retention: &Retention,
) -> anyhow::Result<()> {
    let versions = store.versions(&invoice.id).await?;
    heading(talk, invoice, versions.last(), demo);
    kept(talk, retention);
    let findings = store.findings(&invoice.id, invoice.version).await?;
    if !findings.is_empty() {
        talk.data(&format!("\n{}", talk.say("show.findings", &[])));
        for finding in findings.iter().filter_map(|body| serde_json::from_str::<Finding>(body).ok()) {
            talk.data(&talk.finding(&finding));
        }
    }
    let deliveries = store.deliveries(&invoice.id).await?;
    if !deliveries.is_empty() {
        talk.data(&format!("\n{}", talk.say("show.deliveries", &[])));
        for one in &deliveries {
            let number = one.number.as_deref().unwrap_or("—");
            talk.data(&format!(
                "  {}  {}  {}  {}",
                one.began_at.rfc3339(),
                printable(&one.file_name),
                talk.say(&format!("delivery.{}", one.outcome), &[]),
                printable(number)
            ));
        }
    }
    let events = store.gateway_events(&invoice.id).await?;
    if !events.is_empty() {
        talk.data(&format!("\n{}", talk.say("show.history", &[])));
        for one in &events {
            let when = one.happened.clone().unwrap_or_else(|| one.seen_at.rfc3339());
            let comment = one.comment.as_deref().map(|text| format!(" — {}", printable(text))).unwrap_or_default();
            let line = format!("  {}  {}{comment}", printable(&when), gateway_word(talk.language, &one.code));
            talk.data(&wrapped("", "    ", &line));
        }
    }
    talk.data(&format!("\n{}", talk.say("show.journal", &[])));
    for one in store.journal_of(&invoice.id).await? {
        let told = one.payload.as_deref().map(told).unwrap_or_default();
        let at = facteur_model::clock::Timestamp(one.at).rfc3339();
        talk.data(&wrapped("", "          ", &format!("  {:>6}  {at}  {}  {told}", one.seq, one.kind)));
    }
    Ok(())
}

/// Until when it is kept, or that it was eliminated.
fn kept(talk: Talk, retention: &Retention) {
    let text = match (&retention.eliminated, &retention.hold) {
        (Some(one), _) => talk.say("archive.shown", &[("at", &one.at.rfc3339()), ("list", short(&one.list))]),
        (None, Some(reason)) => talk.say("archive.on_hold", &[("end", &retention.end), ("reason", &printable(reason))]),
        (None, None) => talk.say("archive.until", &[("end", &retention.end)]),
    };
    talk.data(&format!("  {:<16} {text}", talk.say("show.retention", &[])));
}

fn heading(talk: Talk, invoice: &Invoice, version: Option<&Version>, demo: bool) {
    let known = |value: &Option<String>| value.as_deref().map_or_else(|| "—".to_owned(), printable);
    let title = [("number", known(&invoice.number)), ("supplier", known(&invoice.supplier))];
    talk.data(&talk.say("show.title", &title.each_ref().map(|(name, value)| (*name, value.as_str()))));
    let field = |key: &str, value: &str| {
        let name = format!("  {:<16} ", talk.say(&format!("show.{key}"), &[]));
        talk.data(&wrapped(&name, &" ".repeat(19), value));
    };
    field("file", &format!("{} ({}, {})", printable(&invoice.file), invoice.kind, short(&invoice.id)));
    let since = talk.say("show.since", &[("since", &invoice.since.rfc3339())]);
    field("state", &format!("{} {since}", facteur_texts::state(talk.language, invoice.state)));
    if let Some(reason) = &invoice.reason {
        let (message, advice) = reason_sentences(talk.language, reason);
        field("reason", &message);
        field("advice", &advice);
    }
    if !invoice.state.exits().is_empty() {
        let exits: Vec<String> = invoice.state.exits().iter().map(|verb| format!("facteur {verb}")).collect();
        field("exits", &exits.join(", "));
    }
    if let Some(total) = &invoice.total {
        field("total", &format!("{} {}", amount(talk.language, total), known(&invoice.currency)));
    }
    field("issued", &known(&invoice.issued));
    field("buyer", &format!("{} {}", known(&invoice.buyer), known(&invoice.buyer_siret)));
    if let Some(other) = &invoice.duplicate_of {
        field("duplicate", short(other));
    }
    let Some(version) = version else { return };
    let verdict = version.verdict.as_deref().and_then(Verdict::from_name);
    let word = verdict.map_or_else(|| "—".to_owned(), |verdict| facteur_texts::verdict(talk.language, verdict));
    field("verdict", &format!("{word}{}", not_checked(talk, version)));
    if let Some(seal) = version.seal.as_ref().or(version.transmitted.as_ref()) {
        let key = if demo { "show.demo_seal" } else { "show.sealed" };
        field("seal", &talk.say(key, &[("sha256", &seal[..16.min(seal.len())])]));
    }
}

/// The layers that should have run and could not.
fn not_checked(talk: Talk, version: &Version) -> String {
    let layers: Vec<LayerResult> =
        version.layers.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let missing = layers.iter().filter(|layer| layer.status == LayerStatus::NotEvaluable);
    let names: Vec<String> =
        missing.map(|layer| talk.say(&format!("layer.name_{}", layer.layer.as_str()), &[])).collect();
    if names.is_empty() {
        return String::new();
    }
    format!(" ; {}", talk.say("layer.rules_not_checked", &[("layers", &names.join(", "))]))
}

/// What a line of the journal tells: the states, who, and why where a person said so.
fn told(payload: &str) -> String {
    let payload: Value = serde_json::from_str(payload).unwrap_or_default();
    let states = payload["states"].as_array().cloned().unwrap_or_default();
    let mut told = states.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" → ");
    if let Some(actor) = payload["actor"].as_str() {
        told.push_str(&format!("  ({})", printable(actor)));
    }
    if let Some(note) = payload["note"].as_str() {
        told.push_str(&format!(" : {}", printable(note)));
    }
    told
}
