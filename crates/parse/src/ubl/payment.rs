//! Payment instructions of a UBL document.

use facteur_model::invoice::{CreditTransfer, Invoice, PaymentCard, PaymentMeans};
use facteur_xml::Node;

use super::parties::party;
use crate::reader::Reader;
use crate::terms;

/// BG-16, once for each `PaymentMeans`.
pub(super) fn means<'a>(reader: &mut Reader<'a>, element: Node<'a>, invoice: &mut Invoice) {
    let mut means = PaymentMeans::default();
    reader.group(element, "BG-16");
    for child in reader.elements(element) {
        match child.name() {
            "PaymentMeansCode" => {
                if let Some(code) = reader.value(child, "BT-81", &["name", "schemeID"]) {
                    means.code = Some(code.into_owned());
                }
                means.text = child.attribute("name").map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned);
            }
            "PaymentID" => reader.text(child, "BT-83", &mut invoice.payment.remittance),
            "PaymentDueDate" => reader.date(child, "BT-9", &mut invoice.due),
            "CardAccount" => means.card = Some(card(reader, child)),
            "PayeeFinancialAccount" => {
                let read = credit_transfer(reader, child);
                reader.one_group(child, "BG-17", &mut means.credit_transfer, read);
            }
            "PaymentMandate" => mandate(reader, child, &mut means, invoice),
            _ => {}
        }
    }
    invoice.payment.means.push(means);
}

/// BT-20.
pub(super) fn terms<'a>(reader: &mut Reader<'a>, element: Node<'a>, invoice: &mut Invoice) {
    if let Some(note) = reader.child(element, "Note") {
        reader.text(note, "BT-20", &mut invoice.payment.terms);
    }
}

fn credit_transfer<'a>(reader: &mut Reader<'a>, element: Node<'a>) -> CreditTransfer {
    let mut transfer = CreditTransfer::default();
    reader.group(element, "BG-17");
    for child in reader.elements(element) {
        match child.name() {
            "ID" => reader.account(child, "BT-84", false, &mut transfer.account),
            "Name" => reader.text(child, "BT-85", &mut transfer.name),
            "FinancialInstitutionBranch" => {
                let institution = reader.child(child, "FinancialInstitution");
                let id = reader.child(child, "ID").or_else(|| reader.child(institution?, "ID"));
                if let Some(id) = id {
                    reader.code(id, "BT-86", &mut transfer.provider);
                }
            }
            _ => {}
        }
    }
    transfer
}

fn card<'a>(reader: &mut Reader<'a>, element: Node<'a>) -> PaymentCard {
    let mut card = PaymentCard::default();
    reader.group(element, "BG-18");
    for child in reader.elements(element) {
        match child.name() {
            "PrimaryAccountNumberID" => reader.text(child, "BT-87", &mut card.number),
            "HolderName" => reader.text(child, "BT-88", &mut card.holder),
            // Mandatory in UBL; EN 16931 has no term for it.
            "NetworkID" => reader.syntax(child),
            _ => {}
        }
    }
    card
}

/// BG-19, and the payer of the French profile.
fn mandate<'a>(reader: &mut Reader<'a>, element: Node<'a>, means: &mut PaymentMeans, invoice: &mut Invoice) {
    reader.group(element, "BG-19");
    for child in reader.elements(element) {
        match child.name() {
            "ID" => reader.text(child, "BT-89", &mut invoice.payment.mandate),
            "PayerFinancialAccount" => {
                if let Some(id) = reader.child(child, "ID") {
                    reader.account(id, "BT-91", false, &mut means.debited_account);
                }
            }
            "PayerParty" => {
                let payer = party(reader, child, &terms::PAYER);
                reader.one_group(child, "EXT-FR-FE-BG-02", &mut invoice.other_parties.payer, payer);
            }
            _ => {}
        }
    }
}
