//! What is read back from the store.

use facteur_model::clock::Timestamp;
use facteur_model::lifecycle::State;

use crate::change::Reason;
use crate::report::After;

/// An invoice as the store knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Invoice {
    pub id: String,
    pub siren: String,
    pub siret: String,
    pub file: String,
    pub sha256: String,
    pub state: State,
    pub since: Timestamp,
    pub received_at: Timestamp,
    pub version: i64,
    pub kind: String,
    pub profile: Option<String>,
    pub type_code: Option<String>,
    pub framework: Option<String>,
    pub number: Option<String>,
    pub issued: Option<String>,
    pub supplier_siren: Option<String>,
    pub supplier_siret: Option<String>,
    pub supplier: Option<String>,
    pub buyer_siret: Option<String>,
    pub buyer: Option<String>,
    pub total: Option<String>,
    pub currency: Option<String>,
    pub key_exempt: bool,
    pub key_released: bool,
    pub gateway: Option<String>,
    pub flow: Option<String>,
    pub flow_state: Option<String>,
    pub invoice_state: Option<String>,
    pub gateway_id: Option<String>,
    pub reason: Option<Reason>,
    pub attempts: i64,
    pub next_at: Timestamp,
    pub uncertain_since: Option<Timestamp>,
    pub duplicate_of: Option<String>,
    pub ancestor: Option<String>,
    pub lease_holder: Option<String>,
    pub lease_until: Option<Timestamp>,
    /// SHA-256 of the bytes of the last delivery, where one was tried.
    pub sent_sha256: Option<String>,
}

impl Invoice {
    /// Where the page after this invoice begins.
    #[must_use]
    pub fn after(&self) -> After {
        After { received_at: self.received_at, id: self.id.clone() }
    }
}

/// A version of an invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Version {
    pub n: i64,
    pub original: String,
    pub embedded: Option<String>,
    pub transmitted: Option<String>,
    pub seal: Option<String>,
    pub verdict: Option<String>,
    pub layers: Option<String>,
    pub packs: Option<String>,
    pub created_at: Timestamp,
}

/// A delivery: one flow that carried one version.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Delivery {
    pub flow: String,
    pub number: Option<String>,
    pub file_name: String,
    pub sha256: String,
    pub syntax: String,
    pub signed: bool,
    pub n: i64,
    pub outcome: String,
    pub reason: Option<String>,
    pub began_at: Timestamp,
    pub ended_at: Option<Timestamp>,
}

/// Something that the gateway said.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct GatewayEvent {
    pub subject: String,
    pub code: String,
    pub happened: Option<String>,
    pub comment: Option<String>,
    pub flow: Option<String>,
    pub seen_at: Timestamp,
}

/// How many invoices are in a state, and for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Depth {
    /// The state.
    pub state: State,
    /// How many.
    pub count: i64,
    /// Since when the oldest of them.
    pub oldest: Timestamp,
    /// How many of them since before each instant that was asked about.
    pub older: Vec<i64>,
}

/// Which invoices to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// In one of these states; any when empty.
    pub states: Vec<State>,
    /// Part of the supplier's name, or its SIREN or SIRET.
    pub supplier: Option<String>,
    /// The exact number.
    pub number: Option<String>,
    /// The flow number.
    pub flow: Option<String>,
    /// Not to be looked at after this instant (`next_at`).
    pub due: Option<Timestamp>,
    /// After this one, in the order in which they came in: the next page.
    pub after: Option<After>,
    /// At most so many; all when absent.
    pub limit: Option<i64>,
}
