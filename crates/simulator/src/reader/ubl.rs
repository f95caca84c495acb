//! UBL 2.1 Invoice and CreditNote, with the historical channel's places for French data.

use super::tree::Element;
use super::{Attachment, Document, Grammar, Identifier, Party, TechnicalError};
use crate::clock;

/// Beginning of the namespaces of UBL documents.
pub const NAMESPACE: &str = "urn:oasis:names:specification:ubl:schema:xsd:";

/// Reads an Invoice or a CreditNote.
pub fn read(root: Element<'_>) -> Result<Document, TechnicalError> {
    let is_credit_note = root.name() == "CreditNote";
    let type_path = if is_credit_note { "CreditNoteTypeCode" } else { "InvoiceTypeCode" };
    let default_type = if is_credit_note { "381" } else { "380" };
    let customer = party_of(root, "AccountingCustomerParty")?;
    let totals = root.find(&["LegalMonetaryTotal"]).ok_or_else(|| root.missing(&["LegalMonetaryTotal"]))?;
    let payable = totals.amount(&["PayableAmount"])?.ok_or_else(|| totals.missing(&["PayableAmount"]))?;
    Ok(Document {
        grammar: Grammar::Ubl,
        type_code: root.text_at(&[type_path]).unwrap_or_else(|| default_type.to_owned()),
        number: root.required(&["ID"])?,
        issued: day(root, &["IssueDate"])?.ok_or_else(|| root.missing(&["IssueDate"]))?,
        due: match day(root, &["DueDate"])? {
            Some(due) => Some(due),
            None => day(root, &["PaymentMeans", "PaymentDueDate"])?,
        },
        currency: root.required(&["DocumentCurrencyCode"])?,
        framework: framework(root),
        supplier: party(party_of(root, "AccountingSupplierParty")?),
        recipient: party(customer),
        // Contact/ID, not BuyerReference: where the historical channel reads the service code in UBL.
        service: customer.text_at(&["Contact", "ID"]),
        commitment: root.text_at(&["OrderReference", "ID"]),
        contract: root.text_at(&["ContractDocumentReference", "ID"]),
        preceding: root.text_at(&["BillingReference", "InvoiceDocumentReference", "ID"]),
        payment_means: root.all("PaymentMeans").filter_map(|means| means.text_at(&["PaymentMeansCode"])).collect(),
        account: root.all("PaymentMeans").any(|means| means.text_at(&["PayeeFinancialAccount", "ID"]).is_some()),
        without_tax: totals.amount(&["TaxExclusiveAmount"])?,
        tax: root.amount(&["TaxTotal", "TaxAmount"])?,
        with_tax: totals.amount(&["TaxInclusiveAmount"])?,
        payable,
        attachments: root.all("AdditionalDocumentReference").filter_map(attachment).collect(),
    })
}

fn party_of<'a>(root: Element<'a>, role: &'static str) -> Result<Element<'a>, TechnicalError> {
    root.find(&[role, "Party"]).ok_or_else(|| root.missing(&[role, "Party"]))
}

fn party(element: Element<'_>) -> Party {
    let declared = element.all("PartyIdentification").filter_map(|id| id.find(&["ID"]));
    let legal = element.all("PartyLegalEntity").filter_map(|entity| entity.find(&["CompanyID"]));
    let identifiers = declared
        .chain(legal)
        .filter_map(|id| Some(Identifier { scheme: id.attribute("schemeID").map(str::to_owned), value: id.text()? }));
    Party {
        identifiers: identifiers.collect(),
        name: element
            .text_at(&["PartyLegalEntity", "RegistrationName"])
            .or_else(|| element.text_at(&["PartyName", "Name"])),
    }
}

/// `CategoryCode` in the extensions (minimal template), else `ProfileID`.
fn framework(root: Element<'_>) -> Option<String> {
    let extensions = root.find(&["UBLExtensions"]);
    let extended = extensions.and_then(|all| {
        all.all("UBLExtension").find_map(|extension| extension.text_at(&["ExtensionContent", "CategoryCode"]))
    });
    extended.or_else(|| root.text_at(&["ProfileID"]))
}

fn day(root: Element<'_>, path: &[&'static str]) -> Result<Option<String>, TechnicalError> {
    let Some(element) = root.find(path) else { return Ok(None) };
    let text = element.text().unwrap_or_default();
    clock::iso_day(&text)
        .map(Some)
        .ok_or_else(|| element.error(&format!("cvc-datatype-valid.1.2.1: '{text}' is not a valid value for 'date'.")))
}

/// Tender references (50) and object identifiers (130) are not supporting documents.
fn attachment(reference: Element<'_>) -> Option<Attachment> {
    if matches!(reference.text_at(&["DocumentTypeCode"]).as_deref(), Some("50" | "130")) {
        return None;
    }
    let binary = reference.find(&["Attachment", "EmbeddedDocumentBinaryObject"]);
    Some(Attachment {
        file_name: binary.and_then(|object| object.attribute("filename")).map(str::to_owned),
        embedded: binary.is_some() || reference.find(&["Attachment", "ExternalReference", "URI"]).is_some(),
    })
}
