//! Functional controls at integration, with the texts that were seen on Chorus Pro. A text whose wording is not
//! public begins with `SIM-`.

use crate::directory::{Directory, Structure};
use crate::reader::{Document, Grammar};

/// Longest invoice number (BR-FR-CPRO-02).
const NUMBER_MAX: usize = 20;
/// Longest contract and commitment numbers (BR-FR-CPRO-14 and 15).
const REFERENCE_MAX: usize = 50;
/// Longest service code (CPPFactureMixte XSD).
const SERVICE_MAX: usize = 100;
/// Longest attachment name (BR-FR-CPRO-41).
const ATTACHMENT_NAME_MAX: usize = 50;
/// Payment means that Chorus Pro knows (S2.05).
const PAYMENT_MEANS: [&str; 11] = ["01", "10", "20", "30", "31", "42", "48", "49", "58", "59", "97"];
/// Credit transfers, which need an account.
const CREDIT_TRANSFERS: [&str; 4] = ["30", "31", "42", "58"];
/// Where texts are cut.
const ERROR_TEXT_MAX: usize = 255;
/// Service code reserved to invoices between public bodies.
const PUBLIC_SERVICE: &str = "FACTURES_PUBLIQUES";

/// The messages of a rejected invoice; empty when it may be integrated. Uniqueness is checked elsewhere.
pub fn check(document: &Document, directory: &Directory) -> Vec<String> {
    let mut messages = Vec::new();
    check_data(document, &mut messages);
    check_supplier(document, directory, &mut messages);
    check_recipient(document, directory, &mut messages);
    messages
}

/// Messages joined as `libelleErreurDP` shows them: separated by `|`, cut at 255 characters.
pub fn joined(messages: &[String]) -> String {
    messages.join("|").chars().take(ERROR_TEXT_MAX).collect()
}

fn check_data(document: &Document, messages: &mut Vec<String>) {
    check_number(document, messages);
    check_framework(document, messages);
    check_payment(document, messages);
    check_lengths(document, messages);
    check_attachments(document, messages);
}

fn check_number(document: &Document, messages: &mut Vec<String>) {
    let path = match document.grammar {
        Grammar::Ubl => "FichierXml.ID.value",
        Grammar::Cii => "FichierXml.ExchangedDocument.ID.value",
    };
    if document.number.chars().count() > NUMBER_MAX {
        messages
            .push(format!("Le champ identifiant de la facture ({path}) ne doit pas depasser {NUMBER_MAX} caracteres"));
    }
    let allowed = |character: char| character.is_ascii_alphanumeric() || " -+_/".contains(character);
    if !document.number.chars().all(allowed) {
        messages
            .push(format!("SIM-G1.05 Le champ identifiant de la facture ({path}) comporte des caracteres interdits"));
    }
}

/// On the historical channel the framework is A1 … A25 (G1.02); B1, S1, M1 are rejected. Without one, A1 is
/// understood.
fn check_framework(document: &Document, messages: &mut Vec<String>) {
    let Some(framework) = document.framework.as_deref() else { return };
    let rank = framework.strip_prefix('A').and_then(|digits| digits.parse::<u8>().ok());
    if !rank.is_some_and(|rank| (1..=25).contains(&rank)) {
        let path = match document.grammar {
            Grammar::Ubl => "FichierXml.ProfileID.value",
            Grammar::Cii => {
                "FichierXml.ExchangedDocumentContext.BusinessProcessSpecifiedDocumentContextParameter.ID.value"
            }
        };
        messages.push(format!("SIM-G1.02 Le cadre de facturation ({path}) '{framework}' n'est pas reconnu"));
    }
}

fn check_payment(document: &Document, messages: &mut Vec<String>) {
    let path = match document.grammar {
        Grammar::Ubl => "FichierXml.PaymentMeans.PaymentMeansCode.value",
        Grammar::Cii => {
            "FichierXml.SupplyChainTradeTransaction.ApplicableHeaderTradeSettlement.\
             SpecifiedTradeSettlementPaymentMeans.TypeCode.value"
        }
    };
    let is_credit_note = document.api_type() == "AVOIR";
    if document.payment_means.is_empty() && !is_credit_note {
        messages.push(format!("{path} est obligatoire"));
    }
    for code in document.payment_means.iter().filter(|code| !PAYMENT_MEANS.contains(&code.as_str())) {
        messages.push(format!("SIM-S2.05 Le moyen de paiement ({path}) '{code}' n'est pas reconnu"));
    }
    let transfer = document.payment_means.iter().any(|code| CREDIT_TRANSFERS.contains(&code.as_str()));
    if transfer && !document.account && !is_credit_note {
        messages.push("SIM-S2.06 Les coordonnees bancaires sont obligatoires pour un virement".to_owned());
    }
}

fn check_lengths(document: &Document, messages: &mut Vec<String>) {
    let fields = [
        ("numero d'engagement", &document.commitment, REFERENCE_MAX),
        ("numero de marche", &document.contract, REFERENCE_MAX),
        ("code service", &document.service, SERVICE_MAX),
    ];
    for (name, value, limit) in fields {
        if value.as_ref().is_some_and(|value| value.chars().count() > limit) {
            messages.push(format!("SIM-LONGUEUR Le champ {name} ne doit pas depasser {limit} caracteres"));
        }
    }
}

fn check_attachments(document: &Document, messages: &mut Vec<String>) {
    let path = match document.grammar {
        Grammar::Ubl => "FichierXml.AdditionalDocumentReference",
        Grammar::Cii => {
            "FichierXml.SupplyChainTradeTransaction.ApplicableHeaderTradeAgreement.AdditionalReferencedDocument"
        }
    };
    for attachment in &document.attachments {
        if !attachment.embedded {
            messages.push(format!(
                "L'element (AttachmentBinaryObject.value) est obligatoire si l'element ({path}) est renseigne."
            ));
        }
        if attachment.file_name.as_ref().is_some_and(|name| name.chars().count() > ATTACHMENT_NAME_MAX) {
            messages.push(format!(
                "SIM-LONGUEUR Le nom d'une piece jointe ne doit pas depasser {ATTACHMENT_NAME_MAX} caracteres"
            ));
        }
    }
}

fn check_supplier(document: &Document, directory: &Directory, messages: &mut Vec<String>) {
    let known = match document.supplier.identifier() {
        Some((siret, "SIRET")) => directory.find(siret).is_some_and(|supplier| supplier.active),
        Some(_) => true,
        None => false,
    };
    if !known {
        let path = match document.grammar {
            Grammar::Ubl => "AccountingSupplierParty.Party.PartyIdentification.ID.value",
            Grammar::Cii => {
                "FichierXml.SupplyChainTradeTransaction.ApplicableHeaderTradeAgreement.SellerTradeParty.\
                 SpecifiedLegalOrganization.ID.value"
            }
        };
        messages.push(format!(
            "L'identifiant fournisseur de la demande de paiement (balise : {path}) n'est pas reference dans notre \
             systeme."
        ));
    }
}

fn check_recipient(document: &Document, directory: &Directory, messages: &mut Vec<String>) {
    let recipient = document.recipient.siret().and_then(|siret| directory.find(siret));
    let Some(recipient) = recipient.filter(|recipient| recipient.active) else {
        let path = match document.grammar {
            Grammar::Ubl => "AccountingCustomerParty.Party.PartyIdentification.ID.value",
            Grammar::Cii => {
                "FichierXml.SupplyChainTradeTransaction.ApplicableHeaderTradeAgreement.BuyerTradeParty.\
                 SpecifiedLegalOrganization.ID.value"
            }
        };
        messages.push(format!(
            "SIM-DEST L'identifiant destinataire de la demande de paiement (balise : {path}) n'est pas reference ou \
             actif dans notre systeme."
        ));
        return;
    };
    check_requirements(document, &recipient, messages);
    check_service(document, &recipient, directory, messages);
}

/// Chorus Pro uses the sentence of the commitment for a missing service too; both are kept as seen.
fn check_requirements(document: &Document, recipient: &Structure, messages: &mut Vec<String>) {
    let (service_path, commitment_path) = match document.grammar {
        Grammar::Ubl => {
            ("FichierXml.AccountingCustomerParty.Party.Contact.ID.value", "FichierXml.OrderReference.ID.value")
        }
        Grammar::Cii => (
            "FichierXml.SupplyChainTradeTransaction.ApplicableHeaderTradeAgreement.BuyerReference.value",
            "FichierXml.SupplyChainTradeTransaction.ApplicableHeaderTradeAgreement.BuyerOrderReferencedDocument.\
             IssuerAssignedID.value",
        ),
    };
    let by_service = recipient.services.iter().find(|service| Some(&service.code) == document.service.as_ref());
    let commitment_required =
        recipient.commitment_required || by_service.is_some_and(|service| service.commitment_required);
    if recipient.service_or_commitment {
        if document.service.is_none() && document.commitment.is_none() {
            messages.push(format!("L'engagement juridique ({commitment_path}) est obligatoire"));
        }
        return;
    }
    if recipient.service_required && document.service.is_none() {
        messages.push(format!("L'engagement juridique ({service_path}) est obligatoire"));
    }
    if commitment_required && document.commitment.is_none() {
        messages.push(format!("L'engagement juridique ({commitment_path}) est obligatoire"));
    }
}

fn check_service(document: &Document, recipient: &Structure, directory: &Directory, messages: &mut Vec<String>) {
    let Some(code) = document.service.as_deref() else { return };
    if code == PUBLIC_SERVICE {
        let supplier = document.supplier.siret().and_then(|siret| directory.find(siret));
        if !supplier.is_some_and(|supplier| supplier.public) {
            messages.push(format!("SIM-SERVICE Le service {PUBLIC_SERVICE} est reserve aux fournisseurs publics"));
        }
        return;
    }
    let declared = !recipient.services.is_empty();
    if declared && !recipient.services.iter().any(|service| service.code == code && service.active) {
        messages.push(
            "Le code service de la structure publique destinataire est inconnu ou inactif dans Chorus Pro".to_owned(),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_joined_and_cut_at_255_characters() {
        let joined = joined(&["é".repeat(200), "b".repeat(200)]);
        assert_eq!(joined.chars().count(), 255);
        assert!(joined.contains("é|b"));
    }
}
