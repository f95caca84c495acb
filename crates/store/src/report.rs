//! What reports read: invoices in pages, so that memory does not grow with their number, and counts made by the
//! database. Sums are never made there: an amount is exact text, and is added up exactly by the reader.

use facteur_model::clock::Timestamp;
use facteur_model::lifecycle::State;

use crate::Store;
use crate::backend::ask;
use crate::change::Reason;
use crate::error::StoreError;
use crate::record::GatewayEvent;

/// Which invoices a report is about; every condition that is given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// In one of these states; any when empty.
    pub states: Vec<State>,
    /// Part of the supplier's name, or its SIREN or SIRET.
    pub supplier: Option<String>,
    /// Part of the recipient's name, or its SIRET.
    pub recipient: Option<String>,
    /// Received at or after this instant.
    pub from: Option<Timestamp>,
    /// Received before this instant.
    pub until: Option<Timestamp>,
}

/// An invoice as reports need it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Entry {
    pub id: String,
    pub file: String,
    pub kind: String,
    pub type_code: Option<String>,
    pub framework: Option<String>,
    pub number: Option<String>,
    pub issued: Option<String>,
    pub supplier: Option<String>,
    pub supplier_siren: Option<String>,
    pub buyer: Option<String>,
    pub buyer_siret: Option<String>,
    pub total: Option<String>,
    pub currency: Option<String>,
    pub state: State,
    pub since: Timestamp,
    pub received_at: Timestamp,
    pub flow_state: Option<String>,
    pub invoice_state: Option<String>,
    pub reason: Option<Reason>,
    pub ancestor: Option<String>,
}

/// How many invoices stand so: our state, the flow's and the invoice's at the gateway, side by side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Our state.
    pub state: State,
    /// The flow's state at the gateway, in its own word.
    pub flow_state: Option<String>,
    /// The invoice's state at the gateway, in its own word.
    pub invoice_state: Option<String>,
    /// How many.
    pub count: i64,
}

/// Everything that reconciliation compares, counted at one instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Census {
    /// Invoices by their states.
    pub standings: Vec<Standing>,
    /// Lines of the journal that say that a document was received.
    pub journal_received: i64,
    /// Archives that came in; their members are counted as documents.
    pub archives: i64,
}

impl Store {
    /// The next invoices of a report, in the order of their identities, after the identity given.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn report_page(&self, selection: &Selection, after: &str, limit: i64) -> Result<Vec<Entry>, StoreError> {
        ask!(self, report::page(selection, after, limit))
    }

    /// What the gateway said of these invoices: each with the invoice's identity, in the order in which we heard it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn report_events(&self, ids: &[String]) -> Result<Vec<(String, GatewayEvent)>, StoreError> {
        ask!(self, report::events(ids))
    }

    /// The counts that reconciliation compares.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn census(&self) -> Result<Census, StoreError> {
        ask!(self, report::census())
    }
}
