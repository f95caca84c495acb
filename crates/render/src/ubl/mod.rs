//! UBL 2.1 `Invoice` and `CreditNote` from the model (EN 16931-3-2, and the French extensions), in the order of the
//! schemas.

mod delivery;
mod header;
mod lines;
mod parties;
mod payment;
mod totals;

use facteur_model::invoice::Invoice;

use crate::out::Out;
use crate::written::Written;

const INVOICE: &str = "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2";
const CREDIT_NOTE: &str = "urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2";
const AGGREGATES: (&str, &str) =
    ("xmlns:cac", "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2");
const BASICS: (&str, &str) = ("xmlns:cbc", "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2");

/// What BT-24 says of the one extension of EN 16931 that this syntax has: other extensions are of CII alone, and what
/// they add to EN 16931 breaks the rules of UBL (UBL-SR-04, 16, 34, 52).
const EXTENSION: &str = "extended-ctc-fr";

/// Writes an invoice, or a credit note: its own root in UBL. `credit_note` says so where the type code (BT-3) is
/// missing or does not ([`Invoice::is_credit_note`]).
#[must_use]
pub fn write(invoice: &Invoice, credit_note: bool) -> Written {
    let credit_note = credit_note || invoice.is_credit_note();
    let (root, namespace) = if credit_note { ("CreditNote", CREDIT_NOTE) } else { ("Invoice", INVOICE) };
    let mut out = Out::new(invoice, root, &[("xmlns", namespace), AGGREGATES, BASICS]);
    header::header(&mut out, invoice, credit_note);
    header::references(&mut out, invoice, credit_note);
    parties::parties(&mut out, invoice);
    delivery::document(&mut out, invoice);
    payment::payment(&mut out, invoice, credit_note);
    totals::totals(&mut out, invoice, credit_note);
    for (index, line) in invoice.lines.iter().enumerate() {
        out.at_line(Some(index));
        lines::line(&mut out, invoice, line, credit_note);
    }
    out.finish()
}

/// How many of what EN 16931 has once: all of them where the invoice follows an extension that UBL has.
fn room(invoice: &Invoice) -> usize {
    let extended = invoice.profile.as_deref().is_some_and(|profile| profile.contains(EXTENSION));
    if extended { usize::MAX } else { 1 }
}
