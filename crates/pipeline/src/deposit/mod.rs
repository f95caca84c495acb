//! The deposit road's way out: `send`, the settling of unanswered deposits, and `follow`.
//!
//! The protocol is in `docs/architecture.md`. Its core: the intent is committed before the first byte leaves; an
//! outcome that proves nothing makes the invoice `uncertain`; only a search that finds it, or a waiting time without
//! finding it, moves it on.

mod adopt;
pub mod allowance;
mod attempt;
pub mod control;
mod dispatch;
pub mod exchanges;
mod flows;
pub mod follow;
pub mod guard;
mod lot;
mod matching;
mod order;
mod outcome;
mod parcel;
pub mod policy;
pub mod send;
mod settle;
mod statuses;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use facteur_model::clock::{Clock, Timestamp};
use facteur_model::gateway::Gateway;
use facteur_store::change::{DeliveryEnd, GatewayEventRow};
use facteur_store::document::{Packed, Role};
use facteur_store::{Store, new_id};

use self::allowance::Allowance;
use self::control::Control;
use self::guard::Guarded;
use crate::config::Deposit;
use crate::error::PipelineError;

/// Everything that sending and following need.
#[derive(Clone)]
pub struct Dispatcher {
    /// The store.
    pub store: Store,
    /// The gateway, behind its breaker.
    pub gateway: Arc<dyn Gateway>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Who works, for the journal.
    pub actor: String,
    /// Patience.
    pub patience: Deposit,
    /// Longest time that one deposit may take, in milliseconds: the length of a lease.
    pub lease_millis: i64,
    /// What all senders of this process share: breakers, budget, counters.
    pub control: Arc<Control>,
    /// What was asked and answered since the journal was last told.
    pub exchanges: Arc<exchanges::Exchanges>,
    /// What this run may still begin.
    pub allowance: Allowance,
    /// Suppliers for which this process has seen that the search works.
    proved: Arc<Mutex<BTreeSet<Option<String>>>>,
}

impl Dispatcher {
    /// A dispatcher that puts a breaker of its own before the gateway.
    #[must_use]
    pub fn new(
        store: Store,
        gateway: Arc<dyn Gateway>,
        clock: Arc<dyn Clock>,
        actor: &str,
        patience: Deposit,
        lease_millis: i64,
    ) -> Self {
        let control = Arc::new(Control::new(&patience, gateway.name(), lease_millis));
        let gateway = Arc::new(Guarded::new(gateway, control.clone(), clock.clone()));
        let (actor, proved) = (actor.to_owned(), Arc::default());
        let (allowance, exchanges) = (Allowance::default(), Arc::default());
        Self { store, gateway, clock, actor, patience, lease_millis, control, exchanges, allowance, proved }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Tells the journal what was asked and answered since the last time.
    pub(crate) async fn tell_exchanges(&self) -> Result<(), facteur_store::StoreError> {
        self.exchanges.tell(&self.store, self.gateway.name(), &self.actor, self.now()).await
    }

    /// Tells the budget what the store knows of tonight's deposits, by whomever they were made.
    pub(crate) async fn learn_budget(&self) -> Result<(), PipelineError> {
        if self.control.budget_left().is_some() {
            let now = self.now();
            let used = self.store.flows_since(policy::Budget::night_start(now)).await?;
            self.control.learn(now, u64::try_from(used).unwrap_or_default());
        }
        Ok(())
    }

    fn proved(&self, supplier: Option<&str>) -> bool {
        let proved = self.proved.lock().unwrap_or_else(PoisonError::into_inner);
        proved.contains(&supplier.map(str::to_owned))
    }

    fn prove(&self, supplier: Option<&str>) {
        let mut proved = self.proved.lock().unwrap_or_else(PoisonError::into_inner);
        proved.insert(supplier.map(str::to_owned));
    }

    /// A new identity for a flow of ours.
    pub(crate) fn new_flow() -> String {
        new_id()
    }
}

/// How a delivery ended, with what the gateway said.
pub(crate) fn ended(flow: &str, outcome: &'static str, reason: Option<&str>, number: Option<&str>) -> DeliveryEnd {
    DeliveryEnd { flow: flow.to_owned(), outcome, reason: reason.map(str::to_owned), number: number.map(str::to_owned) }
}

/// An answer of the gateway, to be kept.
pub(crate) fn payload(raw: &str) -> Packed {
    Packed::new(Role::GatewayPayload, "application/json", raw.as_bytes())
}

/// An event about a deposit or a flow.
pub(crate) fn heard(
    subject: &'static str,
    external: String,
    code: &str,
    comment: Option<&str>,
    flow: Option<&str>,
) -> GatewayEventRow {
    GatewayEventRow {
        subject,
        external,
        code: code.to_owned(),
        happened: None,
        comment: comment.map(str::to_owned),
        flow: flow.map(str::to_owned),
    }
}
