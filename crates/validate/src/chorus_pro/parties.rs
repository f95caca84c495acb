//! The identifiers of supplier and recipient.
//!
//! Source: the historic formats want the full SIRET of fourteen digits; a SIREN is rejected. A foreign or overseas
//! supplier has another type of identifier (2 intra-community VAT, 3 outside the Union, 4 RIDET, 5 Tahiti).

use facteur_model::finding::{Finding, Layer};
use facteur_model::invoice::{Invoice, Party};

/// Schemes of a supplier without SIRET: of the historic formats and of ISO/IEC 6523.
const OTHER_SCHEMES: [&str; 8] = ["2", "3", "4", "5", "0223", "0227", "0228", "0229"];

/// Check 2: both parties have a SIRET.
#[must_use]
pub fn check(invoice: &Invoice) -> Vec<Finding> {
    let mut findings = Vec::new();
    if invoice.supplier_siret().is_none() && !has_other_identifier(&invoice.seller) {
        findings.push(missing("CPRO-HIST-SIRET-SUPPLIER", "BT-30", &invoice.seller));
    }
    if invoice.buyer_siret().is_none() {
        findings.push(missing("CPRO-HIST-SIRET-RECIPIENT", "BT-47", &invoice.buyer));
    }
    findings
}

fn missing(rule: &str, term: &str, party: &Party) -> Finding {
    let mut finding = Finding::fatal(Layer::ChorusPro, rule).term(term).expected("SIRET");
    let legal = party.legal_identifier.as_ref();
    finding.found = legal.or(party.identifiers.first()).map(|identifier| identifier.value.clone()).or(party.siren());
    finding.arg("party", party.name.as_deref().unwrap_or("—"))
}

fn has_other_identifier(party: &Party) -> bool {
    let identifiers = party.identifiers.iter().chain(&party.legal_identifier);
    identifiers.filter_map(|identifier| identifier.scheme.as_deref()).any(|scheme| OTHER_SCHEMES.contains(&scheme))
}
