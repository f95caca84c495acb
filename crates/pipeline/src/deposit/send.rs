//! Depositing what is due: prove that search works, claim, commit the intent, send, record the outcome.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use facteur_model::gateway::GatewayError;
use facteur_model::lifecycle::{Event, State};
use facteur_store::StoreError;
use facteur_store::change::{Field, Reason, Step, Value};
use facteur_store::record::{Filter, Invoice};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::attempt::deposit;
use super::{Dispatcher, ended};
use crate::error::PipelineError;
use crate::lease;

/// What one `send` did, by outcome. `due` is the sum of the others.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct SendSummary {
    /// Invoices that were to be deposited.
    pub due: u64,
    /// The gateway gave a flow number.
    pub deposited: u64,
    /// The gateway refused them for good.
    pub rejected: u64,
    /// Not accepted; later.
    pub deferred: u64,
    /// No answer.
    pub uncertain: u64,
    /// A person must decide.
    pub held: u64,
    /// Taken by another sender, or left because the run was stopped.
    pub left: u64,
    /// Why the run was stopped, where it was.
    pub stopped: Option<String>,
}

impl SendSummary {
    fn count(&mut self, state: Option<State>) {
        match state {
            Some(State::Deposited) => self.deposited += 1,
            Some(State::Rejected) => self.rejected += 1,
            Some(State::Deferred) => self.deferred += 1,
            Some(State::Uncertain) => self.uncertain += 1,
            Some(State::Held) => self.held += 1,
            _ => self.left += 1,
        }
    }

    /// Whether everything that was touched went through.
    #[must_use]
    pub const fn all_good(&self) -> bool {
        self.deposited == self.due
    }
}

/// Deposits everything that is due, or only the invoices named.
///
/// # Errors
/// The store cannot be used, or the gateway refuses our credentials or does not answer the proof of search.
pub async fn send(dispatcher: &Dispatcher, only: &[String]) -> Result<SendSummary, PipelineError> {
    let sent = send_due(dispatcher, only).await;
    dispatcher.tell_exchanges().await?;
    sent
}

async fn send_due(dispatcher: &Dispatcher, only: &[String]) -> Result<SendSummary, PipelineError> {
    rescue(dispatcher).await?;
    let due = due(dispatcher, only).await?;
    let mut summary = SendSummary { due: due.len() as u64, ..SendSummary::default() };
    if due.is_empty() {
        return Ok(summary);
    }
    prove_search(dispatcher, &due).await?;
    let failures = Arc::new(AtomicU32::new(0));
    let places = Arc::new(Semaphore::new(dispatcher.patience.concurrency.max(1)));
    let mut running = JoinSet::new();
    for invoice in due {
        let place = places.clone().acquire_owned().await.map_err(|_| StoreError::Closed)?;
        collect(&mut summary, &mut running).await?;
        if failures.load(Ordering::SeqCst) >= dispatcher.patience.stop_after_failures {
            summary.left += 1;
            summary.stopped = Some("GATEWAY-PAUSE".to_owned());
            continue;
        }
        if let Some(spent) = dispatcher.allowance.spent(dispatcher.now(), dispatcher.lease_millis) {
            summary.left += 1;
            summary.stopped = Some(spent.code().to_owned());
            continue;
        }
        let (dispatcher, failures) = (dispatcher.clone(), failures.clone());
        running.spawn(async move {
            let _place = place;
            deposit(&dispatcher, &invoice, State::Queued, &failures).await
        });
    }
    while let Some(ended) = running.join_next().await {
        summary.count(joined(ended)?);
    }
    Ok(summary)
}

type Outcome = Result<Result<Option<State>, PipelineError>, tokio::task::JoinError>;

fn joined(ended: Outcome) -> Result<Option<State>, PipelineError> {
    match ended {
        Ok(result) => result,
        Err(error) => Err(StoreError::Damaged(error.to_string()).into()),
    }
}

async fn collect(
    summary: &mut SendSummary,
    running: &mut JoinSet<Result<Option<State>, PipelineError>>,
) -> Result<(), PipelineError> {
    while let Some(ended) = running.try_join_next() {
        summary.count(joined(ended)?);
    }
    Ok(())
}

/// Deposits whose sender is dead have no answer: they are `uncertain`, never queued again by themselves.
pub(super) async fn rescue(dispatcher: &Dispatcher) -> Result<u64, PipelineError> {
    let now = dispatcher.now();
    let mut rescued = 0;
    for invoice in dispatcher.store.leases().await? {
        let over = invoice.lease_until.is_none_or(|until| until <= now);
        let dead = invoice.lease_holder.as_deref().is_none_or(lease::is_dead);
        if !(over || dead) {
            continue;
        }
        let mut step = Step::new(&invoice.id, State::Depositing, &[Event::LeaseExpired], now, &dispatcher.actor)
            .set(Field::NextAt, Value::Int(now.0))
            .set(Field::UncertainSince, Value::Int(invoice.uncertain_since.unwrap_or(now).0))
            .because(Reason::new("SENDER-DIED"));
        if let Some(delivery) = dispatcher.store.deliveries(&invoice.id).await?.last() {
            step = step.ends(ended(&delivery.flow, "unknown", Some("sender died"), None));
        }
        match dispatcher.store.step(step).await {
            Ok(()) => rescued += 1,
            Err(StoreError::Moved { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(rescued)
}

async fn due(dispatcher: &Dispatcher, only: &[String]) -> Result<Vec<Invoice>, PipelineError> {
    if !only.is_empty() {
        let mut named = Vec::new();
        for name in only {
            let invoice = dispatcher.store.invoice(name).await?;
            if !matches!(invoice.state, State::Queued | State::Deferred) {
                let state = invoice.state.to_string();
                return Err(PipelineError::WrongState { id: invoice.id, state, verb: "send" });
            }
            named.push(invoice);
        }
        return Ok(named);
    }
    let states = vec![State::Queued, State::Deferred];
    let filter = Filter { states, due: Some(dispatcher.now()), ..Filter::default() };
    Ok(dispatcher.store.invoices(&filter).await?)
}

/// An unanswered deposit can only be settled by a search: prove that it works before anything leaves.
async fn prove_search(dispatcher: &Dispatcher, due: &[Invoice]) -> Result<(), GatewayError> {
    let suppliers: BTreeSet<Option<&str>> = due.iter().map(|invoice| invoice.supplier_siret.as_deref()).collect();
    for supplier in suppliers {
        dispatcher.gateway.probe(supplier).await?;
    }
    Ok(())
}
