//! Looking for our invoice at the gateway, taking over what is found there, and handing a case to a person.

use facteur_model::gateway::{GatewayError, GatewayInvoice, Search};
use facteur_model::lifecycle::{Event, State, next};
use facteur_store::change::{Field, Reason, Step, Value};
use facteur_store::record::Invoice;

use super::matching::find;
use super::{Dispatcher, ended, heard};
use crate::error::PipelineError;

/// What the search said of one uncertain invoice; `None` when there is nothing to search by.
pub(super) async fn look(dispatcher: &Dispatcher, invoice: &Invoice) -> Result<Option<GatewayInvoice>, GatewayError> {
    let (Some(number), Some(issued)) = (&invoice.number, &invoice.issued) else { return Ok(None) };
    let rows = dispatcher.gateway.search(Search { number, issued }).await?;
    Ok(find(invoice, &rows).cloned())
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
    Ok(events.iter().try_fold(from, |state, event| next(state, *event)).unwrap_or(from))
}

/// A person must decide.
pub(super) async fn hold(
    dispatcher: &Dispatcher,
    invoice: &Invoice,
    from: State,
    reason: Reason,
) -> Result<State, PipelineError> {
    let step = Step::new(&invoice.id, from, &[Event::Hold], dispatcher.now(), &dispatcher.actor).because(reason);
    dispatcher.store.step(step).await?;
    Ok(State::Held)
}
