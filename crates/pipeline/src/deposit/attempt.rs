//! One attempt at a deposit: the intent committed for every invoice of the flow, the bytes sent, the outcome written
//! down for every one of them.

use std::time::Instant;

use facteur_model::clock::Timestamp;
use facteur_model::gateway::{Deposit, DepositOutcome};
use facteur_model::lifecycle::{Event, State};
use facteur_store::change::{Change, Intent};
use facteur_store::record::Invoice;
use facteur_store::{StoreError, killpoint};
use tracing::Instrument as _;

use super::control::Door;
use super::lot::{FlowFile, Load};
use super::parcel::Parcel;
use super::policy::{self, Ticket};
use super::{Dispatcher, outcome};
use crate::error::PipelineError;
use crate::lease;

/// An invoice and the state that it reached; `None` when another sender was first.
pub(super) type Reached = (Invoice, Option<State>);

/// Deposits one load with the permission of the breaker. Every invoice of it is `queued` or `deferred` for a first
/// try, or `uncertain` for the resend after the waiting time.
pub(super) async fn deposit(
    dispatcher: &Dispatcher,
    load: Load,
    ticket: Ticket,
) -> Result<Vec<Reached>, PipelineError> {
    let flow = Dispatcher::new_flow();
    let span = match load.parcels.as_slice() {
        [alone] => tracing::info_span!("deposit", %flow, invoice = %alone.invoice.id),
        several => tracing::info_span!("deposit", %flow, lot = several.len()),
    };
    attempt(dispatcher, load, &flow, ticket).instrument(span).await
}

async fn attempt(
    dispatcher: &Dispatcher,
    load: Load,
    flow: &str,
    ticket: Ticket,
) -> Result<Vec<Reached>, PipelineError> {
    let Some(syntax) = load.syntax() else { return Ok(Vec::new()) };
    let file = load.file(flow).map_err(PipelineError::file(flow))?;
    killpoint::reach("send.before_intent");
    let intents = intents(dispatcher, &load, flow, &file);
    match dispatcher.store.together(intents).await {
        Ok(()) => {}
        Err(StoreError::Moved { .. }) => {
            give_back(dispatcher, ticket);
            return Ok(load.parcels.into_iter().map(|parcel| (parcel.invoice, None)).collect());
        }
        Err(error) => return Err(error.into()),
    }
    killpoint::reach("send.after_intent");
    let deposit = Deposit { file_name: &file.name, bytes: &file.bytes, syntax, signed: load.signed() };
    let began = Instant::now();
    let outcome = {
        let _in_flight = dispatcher.control.counters.begin();
        dispatcher.gateway.deposit(deposit).await
    };
    dispatcher.control.counters.deposited(outcome::name(&outcome), load.parcels.len(), began.elapsed());
    report(dispatcher, ticket, &outcome);
    killpoint::reach("send.after_answer");
    let reached = outcome::record(dispatcher, load.parcels, flow, outcome).await?;
    killpoint::reach("send.after_outcome");
    for (invoice, state) in &reached {
        let state = state.map_or("", State::as_str);
        tracing::info!(invoice = %invoice.id, number = invoice.number.as_deref(), state, "deposit recorded");
    }
    Ok(reached)
}

fn report(dispatcher: &Dispatcher, ticket: Ticket, outcome: &DepositOutcome) {
    if let DepositOutcome::Deferred { needs_person: true, reason, .. } = outcome {
        dispatcher.control.refused(reason);
    }
    dispatcher.control.report(Door::Deposit, dispatcher.now(), ticket, policy::signal(outcome));
}

/// Nothing left: the permission says nothing about the gateway. A lone try of a half-open breaker is free for the
/// next one.
fn give_back(dispatcher: &Dispatcher, ticket: Ticket) {
    dispatcher.control.give_back(Door::Deposit, dispatcher.now(), ticket);
}

fn intents(dispatcher: &Dispatcher, load: &Load, flow: &str, file: &FlowFile) -> Vec<Change> {
    let now = dispatcher.now();
    load.parcels.iter().map(|parcel| Change::Intent(Box::new(intent(dispatcher, parcel, flow, file, now)))).collect()
}

fn intent(dispatcher: &Dispatcher, parcel: &Parcel, flow: &str, file: &FlowFile, now: Timestamp) -> Intent {
    let resend = parcel.invoice.state == State::Uncertain;
    Intent {
        id: parcel.invoice.id.clone(),
        expect: parcel.invoice.state,
        event: if resend { Event::Resend } else { Event::Claim },
        flow: flow.to_owned(),
        gateway: dispatcher.gateway.name().to_owned(),
        file_name: file.name.clone(),
        sha256: file.sha256.clone(),
        syntax: parcel.syntax.as_str().to_owned(),
        signed: parcel.signed,
        holder: lease::holder(),
        lease_until: now.plus_millis(dispatcher.lease_millis),
        at: now,
        actor: dispatcher.actor.clone(),
    }
}
