//! What a writer gives.

use facteur_model::invoice::{Invoice, Term};
use serde::Serialize;

/// Most characters of a value that are repeated in a list for people; an attachment is not copied whole.
const EXCERPT_MAX: usize = 200;

/// A document, and what became of the invoice on the way into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The document, UTF-8.
    pub bytes: Vec<u8>,
    /// What the invoice says and the document does not.
    pub lost: Vec<TermValue>,
    /// What the document says because its syntax demands it, worked out from other terms (a sum, a difference).
    pub derived: Vec<TermValue>,
}

/// A value by its term.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TermValue {
    /// The business term.
    pub term: Term,
    /// The line that it belongs to: its identifier (BT-126), or its number, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<String>,
    /// The value, or its beginning.
    pub value: String,
}

impl TermValue {
    /// A value of the document or of the line of that index.
    pub(crate) fn new(invoice: &Invoice, term: Term, line: Option<usize>, value: &dyn std::fmt::Display) -> Self {
        let name = |index: usize| {
            let id = invoice.lines.get(index).and_then(|line| line.id.clone());
            id.unwrap_or_else(|| (index + 1).to_string())
        };
        Self { term, line: line.map(name), value: excerpt(value.to_string().trim()) }
    }
}

/// Every value that the invoice holds.
#[must_use]
pub fn all(invoice: &Invoice) -> Vec<TermValue> {
    let said = invoice.values().into_iter().filter(|entry| !entry.value.is_blank());
    said.map(|entry| TermValue::new(invoice, entry.term, entry.line, &entry.value)).collect()
}

/// The values of the invoice whose place is not among `carried`.
pub(crate) fn lost(invoice: &Invoice, mut carried: Vec<usize>) -> Vec<TermValue> {
    carried.sort_unstable();
    let left_out = invoice
        .values()
        .into_iter()
        .filter(|entry| !entry.value.is_blank() && carried.binary_search(&entry.value.address()).is_err());
    left_out.map(|entry| TermValue::new(invoice, entry.term, entry.line, &entry.value)).collect()
}

fn excerpt(text: &str) -> String {
    match text.char_indices().nth(EXCERPT_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
