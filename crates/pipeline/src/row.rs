//! One document as a summary shows it.

use facteur_model::finding::Finding;
use facteur_model::lifecycle::State;
use facteur_store::change::Reason;

/// One document, as the import leaves it.
#[derive(Debug, Clone)]
pub struct Row {
    /// Its identity in the store.
    pub id: String,
    /// Its name.
    pub file: String,
    /// Its kind, in the spelling of the contract.
    pub kind: String,
    /// Number (BT-1).
    pub number: Option<String>,
    /// Supplier (BT-27).
    pub supplier: Option<String>,
    /// Total with VAT (BT-112).
    pub total: Option<String>,
    /// Currency (BT-5).
    pub currency: Option<String>,
    /// Its state.
    pub state: State,
    /// Why, in a side state.
    pub reason: Option<Reason>,
    /// The most important finding.
    pub finding: Option<Finding>,
    /// The other invoice, for a duplicate or a taken key.
    pub duplicate_of: Option<String>,
    /// An invoice that looks like the same one.
    pub probable: Option<String>,
}
