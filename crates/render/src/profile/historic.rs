//! Chorus Pro's historic channel: A-codes, the SIRET of fourteen digits, the service code where each syntax has it.

use facteur_model::identifiers::Identifier;
use facteur_model::invoice::{Invoice, Party};

use super::{Adapted, HISTORIC_SIRET, Need, ROUTING_CODE, SIREN, SIRET, Syntax, found, put_identifier};

/// BT-24 of the historic formats.
const PROFILE: &str = "urn:cen.eu:en16931:2017";
/// Schemes of a supplier without SIRET: of the historic formats and of ISO/IEC 6523.
const FOREIGN: [&str; 8] = ["2", "3", "4", "5", "0223", "0227", "0228", "0229"];
/// Credit transfer, and SEPA credit transfer (UNTDID 4461).
const CREDIT_TRANSFERS: [&str; 2] = ["30", "58"];
/// Highest A-code.
const LAST: u8 = 25;

pub(super) fn adapt(adapted: &mut Adapted, syntax: Syntax) {
    framework(adapted);
    adapted.invoice.profile = Some(PROFILE.to_owned());
    if !siret(&mut adapted.invoice.seller, syntax) && !is_foreign(&adapted.invoice.seller) {
        let stands = found(&adapted.invoice.seller);
        adapted.need("BT-29", Need::SupplierSiret, stands);
    }
    let service = adapted.invoice.service_code().map(str::to_owned);
    if !siret(&mut adapted.invoice.buyer, syntax) {
        let stands = found(&adapted.invoice.buyer);
        adapted.need("BT-46", Need::BuyerSiret, stands);
    }
    if let Some(service) = service {
        put_service(&mut adapted.invoice, service, syntax);
    }
    payment(adapted);
}

/// BT-23 in the codes of the historic channel, where one says what the other does: deposited (1), paid already (2),
/// subcontractor paid directly, co-contractor.
fn framework(adapted: &mut Adapted) {
    let Some(code) = adapted.invoice.framework.clone() else {
        return adapted.need("BT-23", Need::FrameworkHistoric, None);
    };
    let historic = match code.as_str() {
        "B1" | "S1" | "M1" => "A1",
        "B2" | "S2" | "M2" => "A2",
        "S3" => "A9",
        "S6" => "A12",
        known if is_historic(known) => return,
        _ => return adapted.need("BT-23", Need::FrameworkHistoric, Some(code)),
    };
    adapted.invoice.framework = Some(historic.to_owned());
}

fn is_historic(code: &str) -> bool {
    let number = code.strip_prefix('A').filter(|digits| !digits.starts_with(['0', '+']));
    number.and_then(|digits| digits.parse::<u8>().ok()).is_some_and(|number| (1..=LAST).contains(&number))
}

/// Puts the SIRET where the channel looks for it: in UBL under the scheme `1`, in CII as legal identifier too.
fn siret(party: &mut Party, syntax: Syntax) -> bool {
    let Some(siret) = party.siret() else { return false };
    let scheme = match syntax {
        Syntax::Ubl => HISTORIC_SIRET,
        Syntax::Cii => SIRET,
    };
    put_identifier(party, Identifier::of(scheme, siret.clone()), &[SIRET, HISTORIC_SIRET]);
    if syntax == Syntax::Cii {
        party.legal_identifier = Some(Identifier::of(SIREN, siret));
    }
    true
}

fn is_foreign(party: &Party) -> bool {
    let identifiers = party.identifiers.iter().chain(&party.legal_identifier);
    identifiers.filter_map(|identifier| identifier.scheme.as_deref()).any(|scheme| FOREIGN.contains(&scheme))
}

/// The service code: in UBL the identifier of the buyer's contact, in CII BT-10.
fn put_service(invoice: &mut Invoice, service: String, syntax: Syntax) {
    invoice.buyer.identifiers.retain(|identifier| !identifier.has_scheme(ROUTING_CODE));
    match syntax {
        Syntax::Ubl => {
            if invoice.buyer.contacts.is_empty() {
                invoice.buyer.contacts.push(Default::default());
            }
            invoice.buyer.contacts[0].identifier = Some(service);
        }
        Syntax::Cii => {
            invoice.buyer.contacts.iter_mut().for_each(|contact| contact.identifier = None);
            invoice.buyer_reference = Some(service);
        }
    }
}

/// BT-81 is mandatory but for a credit note (S2.05), and a credit transfer has an account.
fn payment(adapted: &mut Adapted) {
    if adapted.invoice.is_credit_note() {
        return;
    }
    let payment = &adapted.invoice.payment;
    let codes: Vec<&str> = payment.means.iter().filter_map(|means| means.code.as_deref()).collect();
    if codes.is_empty() {
        return adapted.need("BT-81", Need::PaymentMeans, None);
    }
    if codes.iter().any(|code| CREDIT_TRANSFERS.contains(code)) && payment.accounts().next().is_none() {
        adapted.need("BT-84", Need::Account, None);
    }
}
