//! Header of a UBL document: numbers, dates, notes, references.

use facteur_model::invoice::{Invoice, Note, PrecedingInvoice, SupportingDocument};

use crate::out::{Out, SCHEME};

pub(super) fn header<'a>(out: &mut Out<'a>, invoice: &'a Invoice, credit_note: bool) {
    out.any("cbc:CustomizationID", &invoice.profile);
    out.any("cbc:ProfileID", &invoice.framework);
    out.any("cbc:ID", &invoice.number);
    out.any("cbc:IssueDate", &invoice.issued);
    if credit_note {
        out.any("cbc:TaxPointDate", &invoice.vat_point);
        out.any("cbc:CreditNoteTypeCode", &invoice.type_code);
        invoice.notes.iter().for_each(|each| note(out, each));
    } else {
        out.any("cbc:DueDate", &invoice.due);
        out.any("cbc:InvoiceTypeCode", &invoice.type_code);
        invoice.notes.iter().for_each(|each| note(out, each));
        out.any("cbc:TaxPointDate", &invoice.vat_point);
    }
    out.any("cbc:DocumentCurrencyCode", &invoice.currency);
    out.any("cbc:TaxCurrencyCode", &invoice.vat_currency);
    out.any("cbc:AccountingCost", &invoice.accounting_reference);
    out.any("cbc:BuyerReference", &invoice.buyer_reference);
}

/// The subject code stands inside the text, between number signs (EN 16931-3-2): a code of another form has no place.
pub(super) fn note<'a>(out: &mut Out<'a>, note: &'a Note) {
    let is_code = |code: &&String| code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase());
    match (note.subject.as_ref().filter(is_code), &note.text) {
        (Some(code), Some(text)) => {
            out.translated("cbc:Note", text, &format!("#{code}#{}", text.trim()));
            out.carry(code);
        }
        (Some(code), None) => out.translated("cbc:Note", code, &format!("#{code}#")),
        (None, text) => out.any("cbc:Note", text),
    }
}

/// Codes of UNTDID 2475, which CII has, in those of UNTDID 2005, which UBL has.
pub(super) fn vat_point_code(code: &str) -> &str {
    match code {
        "5" => "3",
        "29" => "35",
        "72" => "432",
        other => other,
    }
}

pub(super) fn references<'a>(out: &mut Out<'a>, invoice: &'a Invoice, credit_note: bool) {
    super::delivery::period(out, invoice.period.as_ref(), &invoice.vat_point_code);
    order(out, invoice);
    invoice.preceding.iter().for_each(|each| preceding(out, each));
    out.within("cac:DespatchDocumentReference", |out| {
        if invoice.despatch_advice.is_some() || invoice.despatch_advice_date.is_some() {
            out.required("cbc:ID", &invoice.despatch_advice, "");
            out.any("cbc:IssueDate", &invoice.despatch_advice_date);
        }
    });
    out.within("cac:ReceiptDocumentReference", |out| out.any("cbc:ID", &invoice.receiving_advice));
    // The two schemas have these in another order.
    if credit_note {
        contract(out, invoice);
        additional_documents(out, invoice, true);
        originator(out, invoice);
    } else {
        originator(out, invoice);
        contract(out, invoice);
        additional_documents(out, invoice, false);
        out.within("cac:ProjectReference", |out| out.any("cbc:ID", &invoice.project));
    }
}

/// Where only the sales order is known, EN 16931-3-2 writes `NA` for the order that the schema demands.
fn order<'a>(out: &mut Out<'a>, invoice: &'a Invoice) {
    let known = invoice.purchase_order.is_some() || invoice.purchase_order_date.is_some();
    if known || invoice.sales_order.is_some() {
        out.within("cac:OrderReference", |out| {
            let unknown = if invoice.sales_order.is_some() { "NA" } else { "" };
            out.required("cbc:ID", &invoice.purchase_order, unknown);
            out.any("cbc:SalesOrderID", &invoice.sales_order);
            out.any("cbc:IssueDate", &invoice.purchase_order_date);
        });
    }
}

/// BG-3, or the preceding invoice of a line.
pub(super) fn preceding<'a>(out: &mut Out<'a>, preceding: &'a PrecedingInvoice) {
    out.within("cac:BillingReference", |out| {
        if preceding.number.is_some() || preceding.issued.is_some() || preceding.type_code.is_some() {
            out.within("cac:InvoiceDocumentReference", |out| {
                out.required("cbc:ID", &preceding.number, "");
                out.any("cbc:IssueDate", &preceding.issued);
                out.any("cbc:DocumentTypeCode", &preceding.type_code);
            });
        }
        out.within("cac:BillingReferenceLine", |out| out.any("cbc:ID", &preceding.line));
    });
}

fn originator<'a>(out: &mut Out<'a>, invoice: &'a Invoice) {
    out.within("cac:OriginatorDocumentReference", |out| out.any("cbc:ID", &invoice.tender));
}

fn contract<'a>(out: &mut Out<'a>, invoice: &'a Invoice) {
    if invoice.contract.is_some() || invoice.contract_date.is_some() || invoice.contract_type.is_some() {
        out.within("cac:ContractDocumentReference", |out| {
            out.required("cbc:ID", &invoice.contract, "");
            out.any("cbc:IssueDate", &invoice.contract_date);
            out.any("cbc:DocumentType", &invoice.contract_type);
        });
    }
}

/// BT-18 (type 130), in a credit note BT-11 (type 50), and BG-24.
fn additional_documents<'a>(out: &mut Out<'a>, invoice: &'a Invoice, credit_note: bool) {
    for object in invoice.invoiced_objects.iter().take(super::room(invoice)) {
        out.within("cac:AdditionalDocumentReference", |out| {
            out.identifier("cbc:ID", object, SCHEME);
            out.fixed("cbc:DocumentTypeCode", "130");
        });
    }
    if let Some(project) = invoice.project.as_ref().filter(|_| credit_note) {
        out.within("cac:AdditionalDocumentReference", |out| {
            out.one("cbc:ID", project, &[]);
            out.fixed("cbc:DocumentTypeCode", "50");
        });
    }
    invoice.supporting_documents.iter().for_each(|each| supporting_document(out, each, credit_note));
}

fn supporting_document<'a>(out: &mut Out<'a>, document: &'a SupportingDocument, credit_note: bool) {
    out.within("cac:AdditionalDocumentReference", |out| {
        // A type that UBL reads as another term stands as the scheme of the reference.
        let kind = document.reference_type.as_ref();
        let (scheme, code) = match kind.map(String::as_str) {
            Some("130" | "916") => (kind, None),
            Some("50") if credit_note => (kind, None),
            _ => (None, kind),
        };
        match (&document.reference, scheme) {
            (Some(reference), Some(scheme)) => {
                out.one("cbc:ID", reference, &[("schemeID", scheme)]);
                out.carry(scheme);
            }
            (reference, _) => out.required("cbc:ID", reference, ""),
        }
        out.any("cbc:IssueDate", &document.issued);
        if let Some(code) = code {
            out.one("cbc:DocumentTypeCode", code, &[]);
        }
        out.any("cbc:DocumentDescription", &document.description);
        out.within("cac:Attachment", |out| {
            if let Some(attachment) = &document.attachment {
                out.attachment("cbc:EmbeddedDocumentBinaryObject", attachment);
            }
            out.within("cac:ExternalReference", |out| out.any("cbc:URI", &document.location));
        });
    });
}
