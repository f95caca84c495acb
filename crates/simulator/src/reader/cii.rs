//! CII D16B/D22B, alone or inside a Factur-X, with the historical channel's places for French data.

use super::tree::Element;
use super::{Attachment, Document, Grammar, Identifier, Party, TechnicalError};
use crate::clock;

/// Beginning of the namespace of CrossIndustryInvoice.
pub const NAMESPACE: &str = "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:";

/// Reads a CrossIndustryInvoice.
pub fn read(root: Element<'_>) -> Result<Document, TechnicalError> {
    let header = root.find(&["ExchangedDocument"]).ok_or_else(|| root.missing(&["ExchangedDocument"]))?;
    let transaction = section(root, "SupplyChainTradeTransaction")?;
    let agreement = section(transaction, "ApplicableHeaderTradeAgreement")?;
    let settlement = section(transaction, "ApplicableHeaderTradeSettlement")?;
    let totals = section(settlement, "SpecifiedTradeSettlementHeaderMonetarySummation")?;
    let payable = totals.amount(&["DuePayableAmount"])?.ok_or_else(|| totals.missing(&["DuePayableAmount"]))?;
    let means = || settlement.all("SpecifiedTradeSettlementPaymentMeans");
    let process = "BusinessProcessSpecifiedDocumentContextParameter";
    Ok(Document {
        grammar: Grammar::Cii,
        type_code: header.text_at(&["TypeCode"]).unwrap_or_else(|| "380".to_owned()),
        number: header.required(&["ID"])?,
        issued: day(header, &["IssueDateTime", "DateTimeString"])?
            .ok_or_else(|| header.missing(&["IssueDateTime", "DateTimeString"]))?,
        due: day(settlement, &["SpecifiedTradePaymentTerms", "DueDateDateTime", "DateTimeString"])?,
        currency: settlement.required(&["InvoiceCurrencyCode"])?,
        framework: root.text_at(&["ExchangedDocumentContext", process, "ID"]),
        supplier: party(section(agreement, "SellerTradeParty")?),
        recipient: party(section(agreement, "BuyerTradeParty")?),
        service: agreement.text_at(&["BuyerReference"]),
        commitment: agreement.text_at(&["BuyerOrderReferencedDocument", "IssuerAssignedID"]),
        contract: agreement.text_at(&["ContractReferencedDocument", "IssuerAssignedID"]),
        preceding: settlement.text_at(&["InvoiceReferencedDocument", "IssuerAssignedID"]),
        payment_means: means().filter_map(|one| one.text_at(&["TypeCode"])).collect(),
        account: means().any(|one| one.find(&["PayeePartyCreditorFinancialAccount"]).is_some_and(has_account)),
        without_tax: totals.amount(&["TaxBasisTotalAmount"])?,
        tax: totals.amount(&["TaxTotalAmount"])?,
        with_tax: totals.amount(&["GrandTotalAmount"])?,
        payable,
        attachments: agreement.all("AdditionalReferencedDocument").filter_map(attachment).collect(),
    })
}

fn section<'a>(parent: Element<'a>, name: &'static str) -> Result<Element<'a>, TechnicalError> {
    parent.find(&[name]).ok_or_else(|| parent.missing(&[name]))
}

fn party(element: Element<'_>) -> Party {
    let own = element.all("GlobalID").chain(element.all("ID"));
    let legal = element.all("SpecifiedLegalOrganization").filter_map(|organization| organization.find(&["ID"]));
    let identifiers = own
        .chain(legal)
        .filter_map(|id| Some(Identifier { scheme: id.attribute("schemeID").map(str::to_owned), value: id.text()? }));
    Party { identifiers: identifiers.collect(), name: element.text_at(&["Name"]) }
}

fn has_account(account: Element<'_>) -> bool {
    account.text_at(&["IBANID"]).is_some() || account.text_at(&["ProprietaryID"]).is_some()
}

fn day(parent: Element<'_>, path: &[&'static str]) -> Result<Option<String>, TechnicalError> {
    let Some(element) = parent.find(path) else { return Ok(None) };
    let text = element.text().unwrap_or_default();
    let day = clock::compact_day(&text).or_else(|| clock::iso_day(&text));
    day.map(Some)
        .ok_or_else(|| element.error(&format!("cvc-datatype-valid.1.2.1: '{text}' is not a valid value for 'date'.")))
}

/// Tender references (50) and object identifiers (130) are not supporting documents.
fn attachment(reference: Element<'_>) -> Option<Attachment> {
    if matches!(reference.text_at(&["TypeCode"]).as_deref(), Some("50" | "130")) {
        return None;
    }
    let binary = reference.find(&["AttachmentBinaryObject"]);
    Some(Attachment {
        file_name: binary.and_then(|object| object.attribute("filename")).map(str::to_owned),
        embedded: binary.is_some() || reference.find(&["URIID"]).is_some(),
    })
}
