//! What reading a document gives.

use facteur_model::finding::Finding;
use facteur_model::invoice::{Invoice, Term};
use facteur_model::kind::DocumentKind;
use facteur_xml::NodeId;

/// An invoice as read, with what connects it to its document.
#[derive(Debug, Clone)]
pub struct Parsed {
    /// What the document is.
    pub kind: DocumentKind,
    /// The invoice; what the document does not say is absent.
    pub invoice: Invoice,
    /// The business term of every element that was read, in document order.
    pub terms: Vec<(NodeId, Term)>,
    /// Elements with text, and attributes, that no term of the model was read from; the first of them.
    pub unmapped: Vec<Unmapped>,
    /// How many there are in all.
    pub unmapped_total: usize,
    /// What the reader noticed; warnings only, the rules judge.
    pub findings: Vec<Finding>,
}

/// Something that the document says and the model does not hold.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Unmapped {
    /// Where it stands; an attribute ends in `/@name`.
    pub path: String,
    /// The line, counted from 1.
    pub line: u32,
    /// What it says (its beginning).
    pub text: String,
}

impl Parsed {
    /// The business term that was read from an element.
    #[must_use]
    pub fn term(&self, node: NodeId) -> Option<Term> {
        let index = self.terms.binary_search_by_key(&node, |(id, _)| *id).ok()?;
        Some(self.terms[index].1)
    }

    /// Whether it is a credit note: by its root in UBL, by its type code (BT-3) otherwise.
    #[must_use]
    pub fn is_credit_note(&self) -> bool {
        self.kind == DocumentKind::UblCreditNote || self.invoice.is_credit_note()
    }
}
