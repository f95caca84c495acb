//! Header of a UBL document: numbers, dates, notes, references.

use facteur_model::invoice::{Attachment, Invoice, Note, PrecedingInvoice, SupportingDocument};
use facteur_model::kind::DocumentKind;
use facteur_xml::Node;

use crate::reader::{Reader, text_of};

/// Scheme by which UBL marks a SEPA creditor identifier (BT-90) among the identifiers of seller and payee.
const SEPA: &str = "SEPA";

/// A simple element of the root. False where it is none of those.
pub(super) fn scalar<'a>(reader: &mut Reader<'a>, element: Node<'a>, invoice: &mut Invoice) -> bool {
    match element.name() {
        "CustomizationID" => reader.text(element, "BT-24", &mut invoice.profile),
        "ProfileID" => reader.text(element, "BT-23", &mut invoice.framework),
        "ID" => reader.text(element, "BT-1", &mut invoice.number),
        "IssueDate" => reader.date(element, "BT-2", &mut invoice.issued),
        "DueDate" => reader.date(element, "BT-9", &mut invoice.due),
        "InvoiceTypeCode" | "CreditNoteTypeCode" => reader.code(element, "BT-3", &mut invoice.type_code),
        "Note" => invoice.notes.extend(note(reader, element, ["BG-1", "BT-22"])),
        "TaxPointDate" => reader.date(element, "BT-7", &mut invoice.vat_point),
        "DocumentCurrencyCode" => reader.code(element, "BT-5", &mut invoice.currency),
        "TaxCurrencyCode" => reader.code(element, "BT-6", &mut invoice.vat_currency),
        "AccountingCost" => reader.text(element, "BT-19", &mut invoice.accounting_reference),
        "BuyerReference" => reader.text(element, "BT-10", &mut invoice.buyer_reference),
        "UBLVersionID" => reader.syntax(element),
        _ => return false,
    }
    true
}

/// A note; in UBL the subject code stands inside the text, between number signs: `#AAI#text` (EN 16931-3-2).
pub(super) fn note<'a>(reader: &mut Reader<'a>, element: Node<'a>, [_, text]: [&'static str; 2]) -> Option<Note> {
    let value = reader.value(element, text, &[])?;
    let coded = value.strip_prefix('#').and_then(|rest| rest.split_once('#'));
    Some(match coded {
        Some((code, rest)) if code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase()) => {
            let rest = rest.trim();
            Note { subject: Some(code.to_owned()), text: (!rest.is_empty()).then(|| rest.to_owned()) }
        }
        _ => Note { subject: None, text: Some(value.into_owned()) },
    })
}

/// Extensions: the historic Chorus Pro format puts the billing framework there, as `CategoryCode`.
pub(super) fn extensions<'a>(reader: &mut Reader<'a>, element: Node<'a>, invoice: &mut Invoice) {
    for node in element.descendants().filter(|node| node.name() == "CategoryCode") {
        if is_historic_framework(&text_of(node)) && invoice.framework.is_none() {
            reader.text(node, "BT-23", &mut invoice.framework);
        }
    }
}

fn is_historic_framework(code: &str) -> bool {
    code.strip_prefix('A').is_some_and(|number| matches!(number.parse::<u8>(), Ok(1..=25)))
}

/// Where only the sales order is known, EN 16931-3-2 writes `NA` for the number that the schema demands.
pub(super) fn order<'a>(reader: &mut Reader<'a>, element: Node<'a>, invoice: &mut Invoice) {
    let has_sales_order = reader.child(element, "SalesOrderID").is_some();
    for child in reader.elements(element) {
        match child.name() {
            "ID" if has_sales_order && text_of(child) == "NA" => reader.syntax(child),
            "ID" => reader.text(child, "BT-13", &mut invoice.purchase_order),
            "IssueDate" => reader.date(child, "EXT-FR-FE", &mut invoice.purchase_order_date),
            "SalesOrderID" => reader.text(child, "BT-14", &mut invoice.sales_order),
            _ => {}
        }
    }
}

/// A reference to a document of which only the number counts.
pub(super) fn reference<'a>(
    reader: &mut Reader<'a>,
    element: Node<'a>,
    term: &'static str,
    field: &mut Option<String>,
) {
    if let Some(id) = reader.child(element, "ID") {
        reader.text(id, term, field);
    }
}

pub(super) fn despatch<'a>(reader: &mut Reader<'a>, element: Node<'a>, invoice: &mut Invoice) {
    reference(reader, element, "BT-16", &mut invoice.despatch_advice);
    if let Some(date) = reader.child(element, "IssueDate") {
        reader.date(date, "EXT-FR-FE", &mut invoice.despatch_advice_date);
    }
}

pub(super) fn contract<'a>(reader: &mut Reader<'a>, element: Node<'a>, invoice: &mut Invoice) {
    for child in reader.elements(element) {
        match child.name() {
            "ID" => reader.text(child, "BT-12", &mut invoice.contract),
            "IssueDate" => reader.date(child, "EXT-FR-FE", &mut invoice.contract_date),
            "DocumentType" => reader.code(child, "EXT-FR-FE-01", &mut invoice.contract_type),
            _ => {}
        }
    }
}

/// A preceding invoice, of the document or of a line; its terms are those of group, number, date and type.
pub(super) fn preceding<'a>(
    reader: &mut Reader<'a>,
    element: Node<'a>,
    [group, number, issued, type_code]: [&'static str; 4],
) -> Option<PrecedingInvoice> {
    let mut preceding = PrecedingInvoice::default();
    for child in reader.elements(element) {
        match child.name() {
            "InvoiceDocumentReference" | "CreditNoteDocumentReference" => {
                reader.group(child, group);
                for part in reader.elements(child) {
                    match part.name() {
                        "ID" => reader.text(part, number, &mut preceding.number),
                        "IssueDate" => reader.date(part, issued, &mut preceding.issued),
                        "DocumentTypeCode" => reader.code(part, type_code, &mut preceding.type_code),
                        _ => {}
                    }
                }
            }
            "BillingReferenceLine" => {
                if let Some(id) = reader.child(child, "ID") {
                    reader.text(id, group, &mut preceding.line);
                }
            }
            _ => {}
        }
    }
    (preceding != PrecedingInvoice::default()).then_some(preceding)
}

/// BG-24, or one of the references that UBL writes the same way: BT-18 (type 130) and, in a credit note, BT-11
/// (type 50).
pub(super) fn additional_document<'a>(
    reader: &mut Reader<'a>,
    element: Node<'a>,
    invoice: &mut Invoice,
    kind: DocumentKind,
) {
    let type_code = reader.child(element, "DocumentTypeCode");
    let code = type_code.map(text_of);
    match (code.as_deref(), reader.child(element, "ID")) {
        (Some("130"), Some(id)) => invoice.invoiced_objects.extend(reader.identifier(id, "BT-18")),
        (Some("50"), Some(id)) if kind == DocumentKind::UblCreditNote => {
            reader.text(id, "BT-11", &mut invoice.project);
        }
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

fn supporting_document<'a>(reader: &mut Reader<'a>, element: Node<'a>) -> SupportingDocument {
    let mut document = SupportingDocument::default();
    reader.group(element, "BG-24");
    for child in reader.elements(element) {
        match child.name() {
            "ID" => {
                if let Some(identifier) = reader.identifier(child, "BT-122") {
                    document.reference = Some(identifier.value);
                    document.reference_type = identifier.scheme;
                }
            }
            "DocumentDescription" => reader.text(child, "BT-123", &mut document.description),
            "IssueDate" => reader.date(child, "BG-24", &mut document.issued),
            // 916 is what EN 16931-3-2 prescribes for any supporting document.
            "DocumentTypeCode" if text_of(child) == "916" => reader.syntax(child),
            "DocumentTypeCode" => reader.code(child, "BG-24", &mut document.reference_type),
            "Attachment" => attachment(reader, child, &mut document),
            _ => {}
        }
    }
    document
}

fn attachment<'a>(reader: &mut Reader<'a>, element: Node<'a>, document: &mut SupportingDocument) {
    if let Some(object) = reader.child(element, "EmbeddedDocumentBinaryObject") {
        document.attachment = Some(binary_object(reader, object));
    }
    let location = reader.child(element, "ExternalReference").and_then(|reference| reader.child(reference, "URI"));
    if let Some(uri) = location {
        reader.text(uri, "BT-124", &mut document.location);
    }
}

/// BT-125 with MIME code and file name: the same in both syntaxes.
pub(crate) fn binary_object<'a>(reader: &mut Reader<'a>, object: Node<'a>) -> Attachment {
    let content = reader.value(object, "BT-125", &["mimeCode", "filename"]).unwrap_or_default().into_owned();
    let attribute = |name| object.attribute(name).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    Attachment { mime_code: attribute("mimeCode"), file_name: attribute("filename"), content }
}

/// Moves BT-90 to where it belongs: UBL keeps it among the identifiers of seller or payee.
pub(super) fn sepa_creditor(invoice: &mut Invoice) {
    for party in [Some(&mut invoice.seller), invoice.payee.as_mut()].into_iter().flatten() {
        if let Some(position) = party.identifiers.iter().position(|identifier| identifier.has_scheme(SEPA)) {
            let creditor = party.identifiers.remove(position);
            invoice.payment.creditor.get_or_insert(creditor.value);
        }
    }
}
