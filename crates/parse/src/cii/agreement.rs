//! Header agreement of a CII document: parties, references, supporting documents.

use facteur_model::date::Date;
use facteur_model::identifiers::Identifier;
use facteur_model::invoice::{Invoice, Party, SupportingDocument};
use facteur_xml::Node;

use super::delivery;
use super::parties::party;
use crate::reader::{Reader, text_of};
use crate::terms::{self, PartyTerms};

pub(super) fn agreement<'a>(reader: &mut Reader<'a>, element: Node<'a>, invoice: &mut Invoice) {
    for child in reader.elements(element) {
        match child.name() {
            "BuyerReference" => reader.text(child, "BT-10", &mut invoice.buyer_reference),
            "SellerTradeParty" => invoice.seller = party(reader, child, &terms::SELLER),
            "BuyerTradeParty" => invoice.buyer = party(reader, child, &terms::BUYER),
            "SellerTaxRepresentativeTradeParty" => {
                one_party(reader, child, &terms::TAX_REPRESENTATIVE, &mut invoice.tax_representative);
            }
            "SalesAgentTradeParty" => {
                one_party(reader, child, &terms::SELLER_AGENT, &mut invoice.other_parties.seller_agent);
            }
            "BuyerAgentTradeParty" => {
                one_party(reader, child, &terms::BUYER_AGENT, &mut invoice.other_parties.buyer_agent);
            }
            "SellerOrderReferencedDocument" => reference(reader, child, "BT-14", &mut invoice.sales_order),
            "BuyerOrderReferencedDocument" => {
                reference(reader, child, "BT-13", &mut invoice.purchase_order);
                reference_date(reader, child, &mut invoice.purchase_order_date);
            }
            "ContractReferencedDocument" => contract(reader, child, invoice),
            "AdditionalReferencedDocument" => additional_document(reader, child, invoice),
            "ApplicableTradeDeliveryTerms" => invoice.delivery_terms = delivery::terms(reader, child),
            "SpecifiedProcuringProject" => project(reader, child, invoice),
            _ => {}
        }
    }
}

/// A party that should stand once.
pub(super) fn one_party<'a>(reader: &mut Reader<'a>, element: Node<'a>, terms: &PartyTerms, field: &mut Option<Party>) {
    let read = party(reader, element, terms);
    reader.one_group(element, terms.group, field, read);
}

/// The identifier of a referenced document; ZUGFeRD 1 calls it `ID`.
pub(super) fn document_id<'a>(reader: &Reader<'a>, element: Node<'a>) -> Option<Node<'a>> {
    reader.child(element, "IssuerAssignedID").or_else(|| reader.child(element, "ID"))
}

/// A reference to a document of which only the number counts.
pub(super) fn reference<'a>(
    reader: &mut Reader<'a>,
    element: Node<'a>,
    term: &'static str,
    field: &mut Option<String>,
) {
    if let Some(id) = document_id(reader, element) {
        reader.text(id, term, field);
    }
}

/// The date of a referenced document, which the French profile adds.
pub(super) fn reference_date<'a>(reader: &mut Reader<'a>, element: Node<'a>, field: &mut Option<Date>) {
    let date = reader.child(element, "FormattedIssueDateTime").or_else(|| reader.child(element, "IssueDateTime"));
    if let Some(date) = date {
        reader.formatted_date(date, "EXT-FR-FE", field);
    }
}

fn contract<'a>(reader: &mut Reader<'a>, element: Node<'a>, invoice: &mut Invoice) {
    reference(reader, element, "BT-12", &mut invoice.contract);
    reference_date(reader, element, &mut invoice.contract_date);
    if let Some(code) = reader.child(element, "ReferenceTypeCode") {
        reader.code(code, "EXT-FR-FE-01", &mut invoice.contract_type);
    }
}

/// BT-11. The name of the project is mandatory in some profiles and then says nothing.
fn project<'a>(reader: &mut Reader<'a>, element: Node<'a>, invoice: &mut Invoice) {
    let mut number = None;
    for child in reader.elements(element) {
        match child.name() {
            "ID" => {
                number = Some(text_of(child));
                reader.text(child, "BT-11", &mut invoice.project);
            }
            "Name" if text_of(child).eq_ignore_ascii_case("project reference") => reader.syntax(child),
            "Name" if number.as_ref() == Some(&text_of(child)) => reader.syntax(child),
            _ => {}
        }
    }
}

/// BT-17 (type 50), BT-18 (type 130), or BG-24.
fn additional_document<'a>(reader: &mut Reader<'a>, element: Node<'a>, invoice: &mut Invoice) {
    let type_code = reader.child(element, "TypeCode");
    let code = type_code.map(text_of);
    match code.as_deref() {
        Some("50") => reference(reader, element, "BT-17", &mut invoice.tender),
        Some("130") => invoice.invoiced_objects.extend(object(reader, element, "BT-18")),
        _ => {
            let document = supporting_document(reader, element);
            invoice.supporting_documents.push(document);
            return;
        }
    }
    if let Some(type_code) = type_code {
        reader.syntax(type_code);
    }
}

/// BT-18 or BT-128: the scheme stands in an element of its own.
pub(super) fn object<'a>(reader: &mut Reader<'a>, element: Node<'a>, term: &'static str) -> Option<Identifier> {
    let id = document_id(reader, element)?;
    let mut identifier = reader.identifier(id, term)?;
    if let Some(scheme) = reader.child(element, "ReferenceTypeCode") {
        reader.code(scheme, term, &mut identifier.scheme);
    }
    Some(identifier)
}

fn supporting_document<'a>(reader: &mut Reader<'a>, element: Node<'a>) -> SupportingDocument {
    let mut document = SupportingDocument::default();
    reader.group(element, "BG-24");
    for child in reader.elements(element) {
        match child.name() {
            "IssuerAssignedID" | "ID" => reader.text(child, "BT-122", &mut document.reference),
            "URIID" => reader.text(child, "BT-124", &mut document.location),
            "Name" => reader.text(child, "BT-123", &mut document.description),
            "AttachmentBinaryObject" => {
                document.attachment = Some(crate::ubl::binary_object(reader, child));
            }
            "ReferenceTypeCode" => reader.code(child, "BG-24", &mut document.reference_type),
            "FormattedIssueDateTime" | "IssueDateTime" => {
                reader.formatted_date(child, "BG-24", &mut document.issued);
            }
            // 916 is what EN 16931-3-3 prescribes for any supporting document.
            "TypeCode" if text_of(child) == "916" => reader.syntax(child),
            "TypeCode" => reader.code(child, "BG-24", &mut document.reference_type),
            _ => {}
        }
    }
    document
}
