//! Depositing what is due: prove that search works, claim, commit the intent, send, record the outcome.

use std::collections::BTreeSet;

use facteur_model::gateway::GatewayError;
use facteur_model::lifecycle::{Event, State};
use facteur_store::StoreError;
use facteur_store::change::{Field, Reason, Step, Value};
use facteur_store::record::{Filter, Invoice};

use super::attempt::Reached;
use super::control::Door;
use super::dispatch::{Dispatched, dispatch};
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
    /// They refer to an earlier invoice that the gateway does not have yet.
    pub waiting: u64,
    /// Taken by another sender, or left because the run was stopped.
    pub left: u64,
    /// Why the run was stopped, where it was.
    pub stopped: Option<String>,
}

impl SendSummary {
    fn of(due: u64, done: Dispatched) -> Self {
        let mut summary = Self {
            due,
            waiting: done.waiting.len() as u64,
            stopped: done.stopped.map(str::to_owned),
            ..Self::default()
        };
        done.reached.iter().for_each(|reached| summary.count(reached));
        summary
    }

    fn count(&mut self, (_, state): &Reached) {
        match state {
            Some(State::Deposited) => self.deposited += 1,
            Some(State::Rejected) => self.rejected += 1,
            Some(State::Deferred) => self.deferred += 1,
            Some(State::Uncertain) => self.uncertain += 1,
            Some(State::Held) => self.held += 1,
            _ => self.left += 1,
        }
    }

    /// Adds another round.
    pub fn add(&mut self, round: Self) {
        self.due += round.due;
        self.deposited += round.deposited;
        self.rejected += round.rejected;
        self.deferred += round.deferred;
        self.uncertain += round.uncertain;
        self.held += round.held;
        self.waiting += round.waiting;
        self.left += round.left;
        self.stopped = round.stopped.or(self.stopped.take());
    }

    /// Whether everything that was touched went through.
    #[must_use]
    pub const fn all_good(&self) -> bool {
        self.deposited + self.waiting == self.due
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
    these(dispatcher, due, || false).await
}

/// Deposits these, which are `queued` or `deferred`, until `stop` says so.
///
/// # Errors
/// As [`send`].
pub async fn these(
    dispatcher: &Dispatcher,
    due: Vec<Invoice>,
    stop: impl Fn() -> bool,
) -> Result<SendSummary, PipelineError> {
    let count = due.len() as u64;
    if due.is_empty() {
        return Ok(SendSummary::default());
    }
    let shut = dispatcher.control.open_until(Door::Deposit).is_some_and(|until| dispatcher.now() < until);
    if shut {
        let stopped = Some("SEND-PAUSED".to_owned());
        return Ok(SendSummary { due: count, left: count, stopped, ..SendSummary::default() });
    }
    prove_search(dispatcher, &due).await?;
    dispatcher.learn_budget().await?;
    Ok(SendSummary::of(count, dispatch(dispatcher, due, stop).await?))
}

/// Deposits whose sender is dead have no answer: they are `uncertain`, never queued again by themselves.
pub(crate) async fn rescue(dispatcher: &Dispatcher) -> Result<u64, PipelineError> {
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
    dispatcher.control.counters.rescued(rescued);
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

/// An unanswered deposit can only be settled by a search: prove that it works before anything leaves. What was proved
/// once holds for this process.
async fn prove_search(dispatcher: &Dispatcher, due: &[Invoice]) -> Result<(), GatewayError> {
    let suppliers: BTreeSet<Option<&str>> = due.iter().map(|invoice| invoice.supplier_siret.as_deref()).collect();
    for supplier in suppliers {
        if dispatcher.proved(supplier) {
            continue;
        }
        dispatcher.gateway.probe(supplier).await?;
        dispatcher.prove(supplier);
    }
    Ok(())
}
