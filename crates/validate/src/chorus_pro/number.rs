//! The invoice number.
//!
//! Source: rule G1.05 of the EDI annex: at most 20 letters, digits, blanks and `- + _ /`.

use facteur_model::finding::{Finding, Layer};
use facteur_model::invoice::Invoice;

/// Longest number, in characters.
pub const NUMBER_MAX: usize = 20;

/// Check 3: there is a number, short enough and of the characters that the gateway takes.
#[must_use]
pub fn check(invoice: &Invoice) -> Vec<Finding> {
    let number = invoice.number.as_deref().unwrap_or("");
    if is_accepted(number) {
        return Vec::new();
    }
    let mut finding = Finding::fatal(Layer::ChorusPro, "CPRO-HIST-NUMBER").term("BT-1").expected("A-Z a-z 0-9 + _ / -");
    finding.found = invoice.number.clone();
    vec![finding.arg("length", number.chars().count().to_string()).arg("max", NUMBER_MAX.to_string())]
}

fn is_accepted(number: &str) -> bool {
    (1..=NUMBER_MAX).contains(&number.len())
        && number.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b' ' | b'+' | b'_' | b'/' | b'-'))
}
