//! The service code (*code service exécutant*) and the commitment number (*numéro d'engagement*).
//!
//! Source: recipients make one, the other or either mandatory. On the historic channel CII and Factur-X carry the
//! service code in BT-10, UBL in `AccountingCustomerParty/Party/Contact/ID`; both carry the commitment number in BT-13.

use facteur_model::finding::{Finding, Layer};
use facteur_model::invoice::Invoice;
use facteur_model::kind::DocumentKind;

use super::Demands;

/// Check 6: what the recipient demands is there, in the place where the gateway reads it.
#[must_use]
pub fn check(invoice: &Invoice, kind: DocumentKind, demands: &Demands) -> Vec<Finding> {
    let service = service_code(invoice, kind);
    let commitment = filled(invoice.commitment_number());
    let mut findings = Vec::new();
    if demands.service_code && service.is_none() {
        findings.push(missing("CPRO-HIST-SERVICE", "BT-10", invoice.service_code()));
    }
    if demands.commitment_number && commitment.is_none() {
        findings.push(missing("CPRO-HIST-COMMITMENT", "BT-13", None));
    }
    let alone = demands.either && !demands.service_code && !demands.commitment_number;
    if alone && service.is_none() && commitment.is_none() {
        findings.push(missing("CPRO-HIST-REFERENCE", "BT-13", None));
    }
    findings
}

/// The service code, only where the historic channel reads it.
fn service_code(invoice: &Invoice, kind: DocumentKind) -> Option<&str> {
    match kind {
        DocumentKind::UblInvoice | DocumentKind::UblCreditNote => {
            invoice.buyer.contacts.iter().find_map(|contact| filled(contact.identifier.as_deref()))
        }
        _ => filled(invoice.buyer_reference.as_deref()),
    }
}

fn filled(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

/// `elsewhere` is a value that stands where the gateway does not read it.
fn missing(rule: &str, term: &str, elsewhere: Option<&str>) -> Finding {
    let mut finding = Finding::fatal(Layer::ChorusPro, rule).term(term);
    finding.found = filled(elsewhere).map(str::to_owned);
    finding
}
