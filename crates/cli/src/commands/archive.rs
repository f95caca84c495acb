//! `facteur archive schedule|propose|hold|release|eliminate`

use anyhow::anyhow;
use facteur_model::clock::{Clock as _, SystemClock};
use facteur_model::lifecycle::State;
use facteur_pipeline::archive::{self, Order, Proposal, Schedule, Which, write_list};
use facteur_pipeline::error::PipelineError;
use facteur_pipeline::seal;
use facteur_store::archive::{DossierFilter, Spared};
use serde_json::json;

use super::{Context, Outcome, days, status};
use crate::args::{Archive, ArchiveCommand, ArchiveSelection};
use crate::output::Talk;

pub async fn run(context: &Context, options: &Archive) -> Outcome {
    match &options.command {
        ArchiveCommand::Schedule => {
            let schedule = archive::schedule(&context.home()?)?;
            show_schedule(context.talk, &schedule);
            Ok(status(true))
        }
        ArchiveCommand::Propose { out } => propose(context, out.as_deref()).await,
        ArchiveCommand::Hold(selection) => hold(context, selection, true).await,
        ArchiveCommand::Release(selection) => hold(context, selection, false).await,
        ArchiveCommand::Eliminate { list, why } => eliminate(context, list, why).await,
    }
}

fn show_schedule(talk: Talk, schedule: &Schedule) {
    for class in schedule.classes() {
        if talk.json() {
            let line = json!({"schema": "facteur-retention/1", "version": schedule.version, "class": class.name,
                "roles": class.roles, "years": class.years, "sources": class.sources});
            talk.data(&line.to_string());
            continue;
        }
        let years = class.years.to_string();
        talk.tell("archive.class", &[("name", &class.name), ("years", &years)]);
        class.sources.iter().for_each(|source| talk.data(&format!("  {source}")));
    }
    if !talk.json() {
        talk.tell("archive.visa", &[("text", &schedule.visa)]);
    }
}

async fn propose(context: &Context, out: Option<&std::path::Path>) -> Outcome {
    let talk = context.talk;
    let (home, store) = context.store().await?;
    let schedule = archive::schedule(&home)?;
    let now = SystemClock.now();
    let proposal = archive::propose(&store, &schedule, now).await?;
    let siren = &home.configuration.legal_person.siren;
    let text = write_list(siren, &schedule.version, &now.rfc3339()[..10], &proposal.due);
    match out {
        Some(path) => {
            archive::write_new(path, &text)?;
            if talk.json() {
                talk.data(&told(&proposal).to_string());
            }
        }
        None if talk.json() => talk.data(&told(&proposal).to_string()),
        None => talk.data(&text),
    }
    let counts = [proposal.due.len() as u64, proposal.held, proposal.not_final].map(|count| count.to_string());
    let args = [("due", counts[0].as_str()), ("held", &counts[1]), ("open", &counts[2])];
    talk.note("archive.proposed", &args);
    if let Some(path) = out.filter(|_| !proposal.due.is_empty()) {
        talk.note("archive.next", &[("file", &path.display().to_string()), ("visa", &schedule.visa)]);
    }
    Ok(status(true))
}

fn told(proposal: &Proposal) -> serde_json::Value {
    let line = |proposed: &archive::Proposed| {
        let dossier = &proposed.dossier;
        json!({"id": dossier.id, "fingerprint": dossier.fingerprint(), "supplier": dossier.supplier,
            "number": dossier.number, "issued": dossier.issued, "received": dossier.received_at.rfc3339(),
            "state": dossier.state.as_str(), "documents": dossier.documents.len(), "bytes": dossier.size(),
            "end": proposed.end})
    };
    json!({"schema": "facteur-proposal/1", "due": proposal.due.iter().map(line).collect::<Vec<_>>(),
        "held": proposal.held, "not_final": proposal.not_final})
}

async fn hold(context: &Context, selection: &ArchiveSelection, begins: bool) -> Outcome {
    let talk = context.talk;
    let (_, store) = context.store().await?;
    let which = which(talk, selection)?;
    let reason = begins.then_some(selection.why.as_str());
    let changed = archive::hold(&store, &which, reason, &selection.why, SystemClock.now(), &context.actor()).await?;
    if talk.json() {
        let line = json!({"schema": "facteur-hold/1", "held": begins, "changed": changed});
        talk.data(&line.to_string());
    } else {
        let key = if begins { "archive.held" } else { "archive.released" };
        talk.tell(key, &[("count", &changed.len().to_string())]);
    }
    Ok(status(true))
}

fn which(talk: Talk, selection: &ArchiveSelection) -> anyhow::Result<Which> {
    if !selection.ids.is_empty() {
        return Ok(Which::Named(selection.ids.clone()));
    }
    let all = || State::ALL.iter().map(|state| state.as_str()).collect::<Vec<_>>().join(", ");
    let known = |name: &String| {
        let unknown = || anyhow!(talk.say("report.unknown_state", &[("name", name), ("known", &all())]));
        State::from_name(name).ok_or_else(unknown)
    };
    Ok(Which::Filter(DossierFilter {
        states: selection.state.iter().map(known).collect::<Result<_, _>>()?,
        supplier: selection.supplier.clone(),
        received_from: days::start(talk, selection.from.as_deref(), 0)?,
        received_before: days::start(talk, selection.to.as_deref(), 1)?,
    }))
}

async fn eliminate(context: &Context, list: &std::path::Path, why: &str) -> Outcome {
    let talk = context.talk;
    let (home, store) = context.store().await?;
    let at = SystemClock.now();
    let seal = seal::load(&home, at).transpose().map_err(|problem| PipelineError::Seal(problem.to_string()))?;
    let actor = context.actor();
    let order = Order { why, actor: &actor, at, identity: seal.as_ref() };
    let done = archive::eliminate(&home, &store, list, order).await?;
    let eliminated = &done.eliminated;
    let certificate = done.certificate.as_ref().map(|path| path.display().to_string());
    if talk.json() {
        let spared = |(id, why): &(String, Spared)| json!({"id": id, "why": word(*why)});
        let line = json!({"schema": "facteur-elimination/1", "dossiers": eliminated.dossiers,
            "documents": eliminated.documents.len(), "bytes": eliminated.documents.iter().map(|(_, size)| size).sum::<i64>(),
            "shared": eliminated.shared, "journal_payloads": eliminated.payloads,
            "spared": eliminated.spared.iter().map(spared).collect::<Vec<_>>(), "certificate": certificate});
        talk.data(&line.to_string());
    } else {
        let counts = [eliminated.dossiers.len(), eliminated.documents.len()].map(|count| count.to_string());
        talk.tell("archive.eliminated", &[("dossiers", &counts[0]), ("documents", &counts[1])]);
        for (id, why) in &eliminated.spared {
            talk.tell(&format!("archive.spared_{}", word(*why)), &[("id", id)]);
        }
        if let Some(path) = &certificate {
            talk.tell("archive.certificate", &[("file", path)]);
        }
    }
    Ok(status(eliminated.spared.is_empty()))
}

const fn word(why: Spared) -> &'static str {
    match why {
        Spared::Unknown => "unknown",
        Spared::Already => "already",
        Spared::Held => "held",
        Spared::Changed => "changed",
        Spared::NotFinal => "not_final",
        Spared::NotDue => "not_due",
    }
}
