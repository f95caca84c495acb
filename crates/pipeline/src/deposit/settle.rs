//! Unanswered deposits: search, wait, and at the end either once more or a person.

use std::sync::atomic::AtomicU32;

use facteur_model::gateway::{GatewayError, GatewayInvoice, Search};
use facteur_model::lifecycle::{Event, State};
use facteur_store::change::{Field, Reason, Step, Value};
use facteur_store::record::Invoice;

use super::matching::find;
use super::{Dispatcher, ended, heard, patience, payload};
use crate::error::PipelineError;

/// How often an unanswered deposit is sent again, each time after the whole waiting time, before a person must look.
const RESENDS_MAX: usize = 5;

/// What the search said of one uncertain invoice; `None` when there is nothing to search by.
async fn look(dispatcher: &Dispatcher, invoice: &Invoice) -> Result<Option<GatewayInvoice>, GatewayError> {
    let (Some(number), Some(issued)) = (&invoice.number, &invoice.issued) else { return Ok(None) };
    let rows = dispatcher.gateway.search(Search { number, issued }).await?;
    Ok(find(invoice, &rows).cloned())
}

/// Settles one `uncertain` invoice as far as can be now. Answers the state it is in then.
pub(super) async fn settle(dispatcher: &Dispatcher, invoice: &Invoice) -> Result<State, PipelineError> {
    match look(dispatcher, invoice).await {
        Ok(Some(found)) => adopt(dispatcher, invoice, State::Uncertain, &found, &[Event::Accepted]).await,
        Ok(None) => not_found(dispatcher, invoice).await,
        Err(error) if error.is_transient() => ask_again(dispatcher, invoice, None).await,
        Err(GatewayError::Refused { code, label }) => {
            let reason = Reason::new("SEARCH-REFUSED").arg("text", format!("{code} {label}"));
            hold(dispatcher, invoice, State::Uncertain, reason).await
        }
        Err(error) => Err(error.into()),
    }
}

/// The gateway has it: our flow number is the one that it shows.
pub(super) async fn adopt(
    dispatcher: &Dispatcher,
    invoice: &Invoice,
    from: State,
    found: &GatewayInvoice,
    events: &[Event],
) -> Result<State, PipelineError> {
    let now = dispatcher.now();
    let mut step = Step::new(&invoice.id, from, events, now, &dispatcher.actor)
        .set(Field::GatewayId, Value::Text(found.id.clone()))
        .set(Field::InvoiceState, Value::Text(found.status.clone()))
        .set(Field::Attempts, Value::Int(0))
        .set(Field::NextAt, Value::Int(now.0))
        .set(Field::UncertainSince, Value::Null)
        .reason_gone()
        .heard(heard("search", format!("found:{}", found.id), "FOUND", None, found.flow.as_deref()));
    if let Some(flow) = &found.flow {
        step = step.set(Field::Flow, Value::Text(flow.clone()));
    }
    let deliveries = dispatcher.store.deliveries(&invoice.id).await?;
    if let Some(delivery) = deliveries.iter().rev().find(|delivery| delivery.outcome == "unknown") {
        step = step.ends(ended(&delivery.flow, "accepted", None, found.flow.as_deref()));
    }
    dispatcher.store.step(step).await?;
    Ok(events.iter().try_fold(from, |state, event| facteur_model::lifecycle::next(state, *event)).unwrap_or(from))
}

/// Absent proves nothing yet: the search lists integrated invoices only.
async fn not_found(dispatcher: &Dispatcher, invoice: &Invoice) -> Result<State, PipelineError> {
    let now = dispatcher.now();
    let since = invoice.uncertain_since.unwrap_or(invoice.since);
    let wait = i64::try_from(dispatcher.patience.settle_after_seconds.saturating_mul(1000)).unwrap_or(i64::MAX);
    let end = since.plus_millis(wait);
    if now < end {
        return ask_again(dispatcher, invoice, Some(end)).await;
    }
    if invoice.key_exempt {
        // S3 and A9 are exempt from the gateway's duplicate rule: nothing would stop a second one.
        return hold(dispatcher, invoice, State::Uncertain, Reason::new("UNCERTAIN-EXEMPT")).await;
    }
    if invoice.number.is_none() || invoice.issued.is_none() || invoice.supplier_siren.is_none() {
        return hold(dispatcher, invoice, State::Uncertain, Reason::new("UNCERTAIN-NO-KEY")).await;
    }
    let deliveries = dispatcher.store.deliveries(&invoice.id).await?;
    if deliveries.iter().filter(|delivery| delivery.outcome == "unknown").count() > RESENDS_MAX {
        return hold(dispatcher, invoice, State::Uncertain, Reason::new("UNCERTAIN-AGAIN")).await;
    }
    let state = super::send::deposit(dispatcher, invoice, State::Uncertain, &AtomicU32::new(0)).await?;
    Ok(state.unwrap_or(State::Uncertain))
}

/// The next question, at the latest when the waiting time ends.
async fn ask_again(
    dispatcher: &Dispatcher,
    invoice: &Invoice,
    latest: Option<facteur_model::clock::Timestamp>,
) -> Result<State, PipelineError> {
    let (now, patience) = (dispatcher.now(), &dispatcher.patience);
    let (first, ceiling) = (patience.poll_first_seconds, patience.poll_max_seconds);
    let next = patience::next_at(now, invoice.attempts, first, ceiling, &invoice.id);
    let next = latest.map_or(next, |latest| next.min(latest));
    let step = Step::new(&invoice.id, State::Uncertain, &[], now, &dispatcher.actor)
        .set(Field::NextAt, Value::Int(next.0))
        .set(Field::Attempts, Value::Int(invoice.attempts + 1));
    dispatcher.store.step(step).await?;
    Ok(State::Uncertain)
}

async fn hold(dispatcher: &Dispatcher, invoice: &Invoice, from: State, reason: Reason) -> Result<State, PipelineError> {
    let step = Step::new(&invoice.id, from, &[Event::Hold], dispatcher.now(), &dispatcher.actor).because(reason);
    dispatcher.store.step(step).await?;
    Ok(State::Held)
}

/// The gateway says that it has the invoice already. A hint: it confirms only when an own earlier delivery has no
/// answer and the search finds number, supplier, date and total equal. Otherwise a person looks.
pub(super) async fn duplicate_answer(
    dispatcher: &Dispatcher,
    invoice: &Invoice,
    flow: &str,
    reason: &str,
    raw: &str,
) -> Result<State, PipelineError> {
    let earlier = dispatcher.store.deliveries(&invoice.id).await?;
    let own_unknown = earlier.iter().any(|delivery| delivery.flow != flow && delivery.outcome == "unknown");
    let found = if own_unknown { look(dispatcher, invoice).await.ok().flatten() } else { None };
    let now = dispatcher.now();
    let said = heard("deposit", flow.to_owned(), "DUPLICATE", Some(reason), Some(flow));
    if let Some(found) = found {
        let note = Step::new(&invoice.id, State::Depositing, &[], now, &dispatcher.actor)
            .heard(said)
            .ends(ended(flow, "duplicate", Some(reason), None))
            .payload(payload(raw));
        dispatcher.store.step(note).await?;
        return adopt(dispatcher, invoice, State::Depositing, &found, &[Event::Accepted]).await;
    }
    let step = Step::new(&invoice.id, State::Depositing, &[Event::Hold], now, &dispatcher.actor)
        .because(Reason::new("ALREADY-AT-GATEWAY").arg("text", reason))
        .heard(said)
        .ends(ended(flow, "duplicate", Some(reason), None))
        .payload(payload(raw));
    dispatcher.store.step(step).await?;
    Ok(State::Held)
}
