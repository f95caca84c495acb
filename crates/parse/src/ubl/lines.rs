//! Lines of a UBL document.

use facteur_model::invoice::{Line, LineReference};
use facteur_xml::Node;

use super::{delivery, header, item, totals};
use crate::reader::{Reader, text_of, values::period_or_none};
use crate::terms;

/// BG-25. `own_number` is that of the invoice: a billing reference to it says where the line stands in the invoice
/// itself (EXT-FR-FE-162, 163).
pub(super) fn line<'a>(reader: &mut Reader<'a>, element: Node<'a>, own_number: Option<&str>) -> Line {
    let mut line = Line::default();
    reader.group(element, "BG-25");
    for child in reader.elements(element) {
        match child.name() {
            "ID" => reader.text(child, "BT-126", &mut line.id),
            "Note" => line.notes.extend(header::note(reader, child, ["BG-25", "BT-127"])),
            "InvoicedQuantity" | "CreditedQuantity" => reader.quantity(child, "BT-129", &mut line.quantity),
            "LineExtensionAmount" => reader.amount(child, "BT-131", &mut line.net_amount),
            "TaxInclusiveLineExtensionAmount" => reader.amount(child, "EXT-FR-FE-184", &mut line.amount_with_vat),
            "AccountingCost" => reader.text(child, "BT-133", &mut line.accounting_reference),
            "AllowanceCharge" => match totals::is_charge(reader, child) {
                Some(false) => line.allowances.push(totals::line_allowance(reader, child, &terms::LINE_ALLOWANCE)),
                Some(true) => line.charges.push(totals::line_allowance(reader, child, &terms::LINE_CHARGE)),
                None => {}
            },
            "Item" => item::item(reader, child, &mut line),
            "Price" => item::price(reader, child, &mut line.price),
            _ => references(reader, child, &mut line, own_number),
        }
    }
    line
}

/// What a line refers to.
fn references<'a>(reader: &mut Reader<'a>, child: Node<'a>, line: &mut Line, own_number: Option<&str>) {
    match child.name() {
        "InvoicePeriod" => {
            let terms = ["BG-26", "BT-134", "BT-135", "EXT-FR-FE"];
            let period = delivery::period(reader, child, terms, &mut line.vat_point_code);
            if let Some(period) = period_or_none(period) {
                reader.one_group(child, "BG-26", &mut line.period, period);
            }
        }
        "OrderLineReference" => {
            let order = line_reference(reader, child, "OrderReference", ["BT-132", "EXT-FR-FE-BG-09"]);
            if let Some(sales) = reader.child(child, "SalesOrderLineID") {
                reader.text(sales, "EXT-FR-FE", &mut line.sales_order.get_or_insert_default().line);
            }
            reader.one_group(child, "BT-132", &mut line.order, order);
        }
        "DespatchLineReference" => {
            let despatch = line_reference(reader, child, "DocumentReference", ["EXT-FR-FE", "EXT-FR-FE"]);
            reader.one_group(child, "BG-25", &mut line.despatch_advice, despatch);
        }
        "ReceiptLineReference" => {
            let receipt = line_reference(reader, child, "DocumentReference", ["EXT-FR-FE", "EXT-FR-FE"]);
            reader.one_group(child, "BG-25", &mut line.receiving_advice, receipt);
        }
        "BillingReference" if refers_to(reader, child, own_number) => position(reader, child, line),
        "BillingReference" => {
            let terms = ["EXT-FR-FE-BG-06", "EXT-FR-FE-136", "EXT-FR-FE-138", "EXT-FR-FE-137"];
            line.preceding.extend(header::preceding(reader, child, terms));
        }
        "DocumentReference" => object(reader, child, line),
        "Delivery" => {
            let read = delivery::delivery(reader, child, &delivery::LINE);
            reader.one_group(child, "EXT-FR-FE-BG-10", &mut line.delivery, read);
        }
        "TaxTotal" => {
            if let Some(amount) = reader.child(child, "TaxAmount") {
                let accounting = &mut line.vat_amount_in_accounting_currency;
                totals::vat_amount(
                    reader,
                    amount,
                    [("EXT-FR-FE-181", &mut line.vat_amount), ("EXT-FR-FE-182", accounting)],
                );
            }
        }
        _ => {}
    }
}

fn line_reference<'a>(
    reader: &mut Reader<'a>,
    element: Node<'a>,
    document: &str,
    [line_term, document_term]: [&'static str; 2],
) -> LineReference {
    let mut reference = LineReference::default();
    for child in reader.elements(element) {
        if child.name() == "LineID" {
            reader.text(child, line_term, &mut reference.line);
        } else if child.name() == document {
            for part in reader.elements(child) {
                match part.name() {
                    "ID" => reader.text(part, document_term, &mut reference.document),
                    "IssueDate" => reader.date(part, "EXT-FR-FE", &mut reference.issued),
                    _ => {}
                }
            }
        }
    }
    reference
}

fn refers_to<'a>(reader: &Reader<'a>, element: Node<'a>, own_number: Option<&str>) -> bool {
    let number = reader.child(element, "InvoiceDocumentReference").and_then(|reference| reader.child(reference, "ID"));
    number.is_some_and(|number| own_number == Some(text_of(number).as_ref()))
}

/// EXT-FR-FE-162 and 163, in a billing reference to the invoice itself.
fn position<'a>(reader: &mut Reader<'a>, element: Node<'a>, line: &mut Line) {
    for child in reader.elements(element) {
        for part in reader.elements(child) {
            match (child.name(), part.name()) {
                ("InvoiceDocumentReference", "ID") => reader.syntax(part),
                ("InvoiceDocumentReference", "DocumentStatusCode") => {
                    reader.code(part, "EXT-FR-FE-163", &mut line.subtype);
                }
                ("BillingReferenceLine", "ID") => reader.text(part, "EXT-FR-FE-162", &mut line.parent),
                _ => {}
            }
        }
    }
}

/// BT-128: the type code 130 is all that EN 16931 allows.
fn object<'a>(reader: &mut Reader<'a>, element: Node<'a>, line: &mut Line) {
    for child in reader.elements(element) {
        match child.name() {
            "ID" => line.objects.extend(reader.identifier(child, "BT-128")),
            "DocumentTypeCode" if text_of(child) == "130" => reader.syntax(child),
            _ => {}
        }
    }
}
