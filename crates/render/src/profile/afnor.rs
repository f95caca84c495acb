//! The circuit of the approved platforms (AFNOR XP Z12-012): the codes of the reform, SIREN and SIRET each under its
//! scheme, the service code as routing code, the mentions that the law demands.

use facteur_model::identifiers::Identifier;
use facteur_model::invoice::Party;

use super::{Adapted, HISTORIC_SIRET, Need, ROUTING_CODE, SIREN, SIRET, found, put_identifier};

/// BT-24 of EN 16931 itself.
const EN16931: &str = "urn:cen.eu:en16931:2017";
/// BT-24 of the French extension.
const EXTENDED: &str = "urn:cen.eu:en16931:2017#conformant#urn.cpro.gouv.fr:1p0:extended-ctc-fr";
/// Billing frameworks of the reform that a public buyer takes (BR-FR-08, without those that Chorus Pro refuses: the
/// subcontracting between companies S5, and several sellers in one invoice, x8).
const FRAMEWORKS: [&str; 16] =
    ["B1", "S1", "M1", "B2", "S2", "M2", "S3", "B4", "S4", "M4", "S6", "B7", "S7", "B9", "S9", "M9"];

pub(super) fn adapt(adapted: &mut Adapted) {
    framework(adapted);
    let service = adapted.invoice.service_code().map(str::to_owned);
    if !identifiers(&mut adapted.invoice.seller) {
        let stands = found(&adapted.invoice.seller);
        adapted.need("BT-29", Need::SupplierSiret, stands);
    }
    if !identifiers(&mut adapted.invoice.buyer) {
        let stands = found(&adapted.invoice.buyer);
        adapted.need("BT-46", Need::BuyerSiret, stands);
    }
    if let Some(payee) = &mut adapted.invoice.payee {
        identifiers(payee);
    }
    if let Some(service) = service {
        put_service(adapted, service);
    }
    profile(adapted);
    endpoints(adapted);
    notes(adapted);
}

/// BT-23. `A1` does not say whether goods or services are invoiced, and is asked for; a subcontractor paid directly
/// and a co-contractor have one code each.
fn framework(adapted: &mut Adapted) {
    let code = adapted.invoice.framework.clone();
    match code.as_deref() {
        Some("A9") => adapted.invoice.framework = Some("S3".to_owned()),
        Some("A12") => adapted.invoice.framework = Some("S6".to_owned()),
        Some(known) if FRAMEWORKS.contains(&known) => {}
        _ => adapted.need("BT-23", Need::FrameworkReform, code),
    }
}

/// SIREN as legal identifier, SIRET as identifier: the first nine digits of the SIRET are the SIREN.
fn identifiers(party: &mut Party) -> bool {
    let Some(siret) = party.siret() else { return false };
    party.legal_identifier = Some(Identifier::of(SIREN, &siret[..9]));
    put_identifier(party, Identifier::of(SIRET, siret), &[SIRET, HISTORIC_SIRET]);
    true
}

fn put_service(adapted: &mut Adapted, service: String) {
    let buyer = &mut adapted.invoice.buyer;
    buyer.contacts.iter_mut().for_each(|contact| contact.identifier = None);
    buyer.identifiers.retain(|identifier| !identifier.has_scheme(ROUTING_CODE));
    buyer.identifiers.push(Identifier::of(ROUTING_CODE, service.clone()));
    // BT-10 is read as service code too.
    adapted.invoice.buyer_reference.get_or_insert(service);
}

/// EN 16931 has one identifier of the buyer: with a routing code beside the SIRET the invoice follows the extension.
fn profile(adapted: &mut Adapted) {
    let invoice = &mut adapted.invoice;
    let known = matches!(invoice.profile.as_deref(), Some(EN16931 | EXTENDED));
    if invoice.buyer.identifiers.len() > 1 || !known {
        invoice.profile = Some(EXTENDED.to_owned());
    }
}

/// BT-34 and BT-49 (BR-FR-12, 13): which address of the directory is meant is not ours to guess.
fn endpoints(adapted: &mut Adapted) {
    if adapted.invoice.seller.endpoint.is_none() {
        adapted.need("BT-34", Need::SupplierEndpoint, None);
    }
    if adapted.invoice.buyer.endpoint.is_none() {
        adapted.need("BT-49", Need::BuyerEndpoint, None);
    }
}

/// The mentions of BR-FR-05.
fn notes(adapted: &mut Adapted) {
    for (subject, need) in [("PMT", Need::NotePmt), ("PMD", Need::NotePmd), ("AAB", Need::NoteAab)] {
        let stands = |note: &facteur_model::invoice::Note| note.subject.as_deref() == Some(subject);
        if !adapted.invoice.notes.iter().any(stands) {
            adapted.need("BT-22", need, None);
        }
    }
}
