//! Everything that happened to one invoice, in words, in the order in which it happened: who did what, when.

use facteur_model::clock::Timestamp;
use facteur_model::lifecycle::State;
use facteur_store::Store;
use facteur_store::journal::Line;
use facteur_store::record::{Delivery, GatewayEvent, Invoice};
use facteur_store::report::Entry;
use facteur_texts::{printable, say};
use serde_json::Value;

use super::{Query, ReportError, linked};
use crate::document::{Cell, Kind, Report, Section};
use crate::status::{gateway_word, reason_sentences};
use crate::vocabulary::vocabulary;
use crate::wording::{clock_time_in, day, sum};

/// Something that happened.
struct Happening {
    at: Timestamp,
    told: String,
    who: String,
    proof: String,
}

pub(super) async fn build(store: &Store, query: &Query) -> Result<Report, ReportError> {
    let subject = query.subject.as_deref().ok_or(ReportError::NoSubject)?;
    let invoice = store.invoice(subject).await?;
    let mut all = Vec::new();
    for line in store.journal_of(&invoice.id).await? {
        all.push(of_line(query, &line));
    }
    for event in store.gateway_events(&invoice.id).await?.iter().filter(|event| event.subject == "invoice") {
        all.push(of_event(query, event));
    }
    for delivery in store.deliveries(&invoice.id).await? {
        all.push(of_delivery(query, &delivery));
    }
    // What happened at the same instant stays in the order of the journal.
    all.sort_by_key(|happening| happening.at);
    let mut report = query.report();
    report.notes.push(query.sentence("audit_rule", &[("zone", query.zone.as_str())]));
    let own = store.report_entries(std::slice::from_ref(&invoice.id)).await?;
    report.sections = vec![identity(query, &invoice, own.first()), happenings(query, &all)];
    let relatives = store.report_family(&invoice.id).await?;
    if !relatives.is_empty() {
        report.sections.insert(1, linked::family(query, &relatives));
    }
    if let Some(reason) = &invoice.reason {
        let (message, advice) = reason_sentences(query.language, reason);
        report.notes.extend([message, advice].into_iter().filter(|text| !text.is_empty()));
    }
    Ok(report)
}

fn identity(query: &Query, invoice: &Invoice, own: Option<&Entry>) -> Section {
    let columns = vec![query.column("figure", Kind::Text), query.column("value", Kind::Text)];
    let mut section = Section::new("identity", query.section_title("identity"), columns);
    let total = invoice.total.as_deref().and_then(|text| text.parse().ok()).map(|total| sum(query.language, total));
    let text = |value: &Option<String>| Cell::maybe(value.as_deref());
    section.rows = vec![
        query.figure("id", Cell::text(&invoice.id)),
        query.figure("number", text(&invoice.number)),
        query.figure("supplier", text(&invoice.supplier)),
        query.figure("recipient", text(&invoice.buyer)),
        query.figure("total", Cell::maybe(total.as_deref())),
        query.figure("currency", text(&invoice.currency)),
        query.figure("state", Cell::Text(facteur_texts::state(query.language, invoice.state))),
        query.figure("file", Cell::text(&invoice.file)),
        query.figure("sha256", Cell::text(&invoice.sha256)),
    ]
    .into();
    let known =
        own.map(|own| [("service", &own.service), ("commitment", &own.commitment), ("preceding", &own.preceding)]);
    for (key, value) in known.into_iter().flatten().filter(|(_, value)| value.is_some()) {
        section.rows.push(query.figure(key, text(value)));
    }
    section
}

fn happenings(query: &Query, all: &[Happening]) -> Section {
    let columns = vec![
        query.column("when", Kind::Text),
        query.column("what", Kind::Text),
        query.column("who", Kind::Text),
        query.column("proof", Kind::Text),
    ];
    let mut section = Section::new("events", query.section_title("events"), columns);
    let when = |at| clock_time_in(query.zone, query.language, at);
    let row = |one: &Happening| {
        vec![Cell::Text(when(one.at)), Cell::text(&one.told), Cell::text(&one.who), Cell::text(&one.proof)]
    };
    section.rows = all.iter().map(row).collect();
    section
}

fn of_line(query: &Query, line: &Line) -> Happening {
    let payload: Value = line.payload.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let states = payload["states"].as_array().cloned().unwrap_or_default();
    let heard = line.kind == "step" && states.len() == 1;
    let known = if heard { "journal_kind.heard".to_owned() } else { format!("journal_kind.{}", line.kind) };
    let is_known = facteur_texts::knows(query.language, &known);
    let mut told = if is_known { say(query.language, &known, &[]) } else { printable(&line.kind) };
    let states: Vec<String> = states
        .iter()
        .filter_map(|name| State::from_name(name.as_str()?))
        .map(|state| facteur_texts::state(query.language, state))
        .collect();
    if !states.is_empty() && !heard {
        told.push_str(&format!(" : {}", states.join(" → ")));
    }
    if let Some(note) = payload["note"].as_str() {
        told.push_str(&format!(" — {}", printable(note)));
    }
    let who = payload["actor"].as_str().map(printable).unwrap_or_default();
    Happening { at: Timestamp(line.at), told, who, proof: format!("{} {:.12}", line.seq, line.hash) }
}

/// What the gateway says happened: by whom is in the word, when is as the gateway tells it.
fn of_event(query: &Query, event: &GatewayEvent) -> Happening {
    let language = query.language;
    let status = vocabulary().of_chorus(&event.code);
    let mut told = status.map_or_else(|| gateway_word(language, &event.code), |status| status.told(language));
    let happened = event.happened.as_deref().and_then(|text| query.zone.day_of_text(text));
    if let Some(paid) = status.filter(|status| status.paid).and(happened) {
        told.push_str(&format!(" ({})", say(language, "status_word.paid", &[("date", &day(language, paid))])));
    }
    if let Some(comment) = &event.comment {
        told.push_str(&format!(" — {}", printable(comment)));
    }
    let who = status.map(|status| say(language, &format!("who.{}", status.who), &[])).unwrap_or_default();
    let at = event.happened.as_deref().and_then(instant).unwrap_or(event.seen_at);
    Happening { at, told, who, proof: printable(&event.code) }
}

fn instant(text: &str) -> Option<Timestamp> {
    let moment = time::OffsetDateTime::parse(text.trim(), &time::format_description::well_known::Rfc3339).ok()?;
    i64::try_from(moment.unix_timestamp_nanos() / 1_000_000).ok().map(Timestamp)
}

fn of_delivery(query: &Query, delivery: &Delivery) -> Happening {
    let outcome = say(query.language, &format!("delivery.{}", delivery.outcome), &[]);
    let number = delivery.number.as_deref().map_or_else(|| "—".to_owned(), printable);
    let file = printable(&delivery.file_name);
    let args = [("file", file.as_str()), ("outcome", outcome.as_str()), ("number", number.as_str())];
    let at = delivery.ended_at.unwrap_or(delivery.began_at);
    let proof = format!("sha256 {:.12}", delivery.sha256);
    Happening { at, told: query.sentence("delivery", &args), who: say(query.language, "who.facteur", &[]), proof }
}
