//! The deposit road's way out: `send`, the settling of unanswered deposits, and `follow`.
//!
//! The protocol is in `docs/architecture.md`. Its core: the intent is committed before the first byte leaves; an
//! outcome that proves nothing makes the invoice `uncertain`; only a search that finds it, or a waiting time without
//! finding it, moves it on.

mod adopt;
pub mod allowance;
mod attempt;
pub mod exchanges;
pub mod follow;
mod matching;
pub mod patience;
pub mod send;
mod settle;
mod statuses;

use std::sync::Arc;

use facteur_model::clock::{Clock, Timestamp};
use facteur_model::gateway::Gateway;
use facteur_store::change::{DeliveryEnd, GatewayEventRow};
use facteur_store::document::{Packed, Role};
use facteur_store::{Store, new_id};

use self::allowance::Allowance;
use crate::config::Deposit;

/// Everything that sending and following need.
#[derive(Clone)]
pub struct Dispatcher {
    /// The store.
    pub store: Store,
    /// The gateway.
    pub gateway: Arc<dyn Gateway>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Who works, for the journal.
    pub actor: String,
    /// Patience.
    pub patience: Deposit,
    /// Longest time that one deposit may take, in milliseconds: the length of a lease.
    pub lease_millis: i64,
    /// What was asked and answered since the journal was last told.
    pub exchanges: Arc<exchanges::Exchanges>,
    /// What this run may still begin.
    pub allowance: Allowance,
}

impl Dispatcher {
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Tells the journal what was asked and answered since the last time.
    pub(crate) async fn tell_exchanges(&self) -> Result<(), facteur_store::StoreError> {
        self.exchanges.tell(&self.store, self.gateway.name(), &self.actor, self.now()).await
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
