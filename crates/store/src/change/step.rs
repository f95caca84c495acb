//! A step of one invoice through the life cycle, with everything that is written with it.

use facteur_model::clock::Timestamp;
use facteur_model::lifecycle::{Event, State};

use super::{Actor, Reason};
use crate::document::Packed;

/// A column that a step may set besides the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// Gateway that has it.
    Gateway,
    /// Flow number at the gateway.
    Flow,
    /// The flow's state at the gateway, in its own word.
    FlowState,
    /// The invoice's state at the gateway, in its own word.
    InvoiceState,
    /// The invoice's identity at the gateway.
    GatewayId,
    /// Not to be looked at before.
    NextAt,
    /// Tries so far.
    Attempts,
    /// Since when a deposit has no answer.
    UncertainSince,
    /// A person accepted that the duplicate key is taken.
    KeyReleased,
    /// The other invoice.
    DuplicateOf,
}

impl Field {
    pub(crate) const fn column(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::Flow => "flow",
            Self::FlowState => "flow_state",
            Self::InvoiceState => "invoice_state",
            Self::GatewayId => "gateway_id",
            Self::NextAt => "next_at",
            Self::Attempts => "attempts",
            Self::UncertainSince => "uncertain_since",
            Self::KeyReleased => "key_released",
            Self::DuplicateOf => "duplicate_of",
        }
    }
}

/// A value for a [`Field`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Text.
    Text(String),
    /// A whole number or an instant in milliseconds.
    Int(i64),
    /// Nothing.
    Null,
}

/// What to do with the reason of an invoice in a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReasonChange {
    /// Leave it.
    Keep,
    /// It is no longer true.
    Clear,
    /// This is why.
    Set(Reason),
}

/// Something that the gateway said, to be kept for good.
#[derive(Debug, Clone)]
pub struct GatewayEventRow {
    /// `deposit`, `flow`, `invoice` or `search`.
    pub subject: &'static str,
    /// What makes it the same event when it is seen again.
    pub external: String,
    /// The gateway's word.
    pub code: String,
    /// When it happened, as the gateway wrote it.
    pub happened: Option<String>,
    /// Its comment.
    pub comment: Option<String>,
    /// The flow concerned.
    pub flow: Option<String>,
}

/// How a delivery ended.
#[derive(Debug, Clone)]
pub struct DeliveryEnd {
    /// Our identity of the flow.
    pub flow: String,
    /// `accepted`, `rejected`, `deferred`, `unknown` or `duplicate`.
    pub outcome: &'static str,
    /// What the gateway said.
    pub reason: Option<String>,
    /// The flow number that it gave.
    pub number: Option<String>,
}

/// One step of one invoice: compare-and-set on the state, with all that belongs to it.
#[derive(Debug, Clone)]
pub struct Step {
    /// Which invoice.
    pub id: String,
    /// The state that it must be in.
    pub expect: State,
    /// The steps; none means that only fields and events are written.
    pub events: Vec<Event>,
    /// Other columns.
    pub set: Vec<(Field, Value)>,
    /// Why.
    pub reason: ReasonChange,
    /// What the gateway said.
    pub gateway_events: Vec<GatewayEventRow>,
    /// The answer, for the file.
    pub payload: Option<Packed>,
    /// How a delivery ended.
    pub delivery: Option<DeliveryEnd>,
    /// What a person said about it, for the journal.
    pub note: Option<String>,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
}

impl Step {
    /// A step that sets the state and nothing else.
    #[must_use]
    pub fn new(id: &str, expect: State, events: &[Event], at: Timestamp, actor: &str) -> Self {
        Self {
            id: id.to_owned(),
            expect,
            events: events.to_vec(),
            set: Vec::new(),
            reason: ReasonChange::Keep,
            gateway_events: Vec::new(),
            payload: None,
            delivery: None,
            note: None,
            at,
            actor: actor.to_owned(),
        }
    }

    /// Sets a column too.
    #[must_use]
    pub fn set(mut self, field: Field, value: Value) -> Self {
        self.set.push((field, value));
        self
    }

    /// Gives the reason.
    #[must_use]
    pub fn because(mut self, reason: Reason) -> Self {
        self.reason = ReasonChange::Set(reason);
        self
    }

    /// Says that the reason is no longer true.
    #[must_use]
    pub fn reason_gone(mut self) -> Self {
        self.reason = ReasonChange::Clear;
        self
    }

    /// Ends a delivery.
    #[must_use]
    pub fn ends(mut self, delivery: DeliveryEnd) -> Self {
        self.delivery = Some(delivery);
        self
    }

    /// Keeps what the gateway said.
    #[must_use]
    pub fn heard(mut self, event: GatewayEventRow) -> Self {
        self.gateway_events.push(event);
        self
    }

    /// Keeps the answer itself.
    #[must_use]
    pub fn payload(mut self, payload: Packed) -> Self {
        self.payload = Some(payload);
        self
    }
}
