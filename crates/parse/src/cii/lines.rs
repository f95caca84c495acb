//! Lines of a CII document.

use facteur_model::invoice::{Line, LineReference};
use facteur_xml::Node;

use super::agreement::{document_id, object, one_party, reference_date};
use super::delivery::{self, period};
use super::{header, item, settlement, tax};
use crate::reader::{Reader, text_of, values::period_or_none};
use crate::terms;
use crate::ubl::vat_amount;

/// BG-25.
pub(super) fn line<'a>(reader: &mut Reader<'a>, element: Node<'a>) -> Line {
    let mut line = Line::default();
    reader.group(element, "BG-25");
    for child in reader.elements(element) {
        match child.name() {
            "AssociatedDocumentLineDocument" => identity(reader, child, &mut line),
            "SpecifiedTradeProduct" => item::item(reader, child, &mut line.item),
            "SpecifiedLineTradeAgreement" | "SpecifiedSupplyChainTradeAgreement" => {
                agreement(reader, child, &mut line);
            }
            "SpecifiedLineTradeDelivery" | "SpecifiedSupplyChainTradeDelivery" => delivery(reader, child, &mut line),
            "SpecifiedLineTradeSettlement" | "SpecifiedSupplyChainTradeSettlement" => {
                line_settlement(reader, child, &mut line);
            }
            _ => {}
        }
    }
    line
}

fn identity<'a>(reader: &mut Reader<'a>, element: Node<'a>, line: &mut Line) {
    for child in reader.elements(element) {
        match child.name() {
            "LineID" => reader.text(child, "BT-126", &mut line.id),
            "ParentLineID" => reader.text(child, "EXT-FR-FE-162", &mut line.parent),
            "LineStatusReasonCode" => reader.code(child, "EXT-FR-FE-163", &mut line.subtype),
            "IncludedNote" => {
                let terms = ["BG-25", "EXT-FR-FE-183", "BT-127"];
                line.notes.extend(header::note(reader, child, terms));
            }
            _ => {}
        }
    }
}

fn agreement<'a>(reader: &mut Reader<'a>, element: Node<'a>, line: &mut Line) {
    for child in reader.elements(element) {
        match child.name() {
            "BuyerOrderReferencedDocument" => {
                let order = line_reference(reader, child, ["BT-132", "EXT-FR-FE-BG-09"]);
                reader.one_group(child, "BT-132", &mut line.order, order);
            }
            "SellerOrderReferencedDocument" => {
                let sales = line_reference(reader, child, ["EXT-FR-FE", "EXT-FR-FE"]);
                reader.one_group(child, "EXT-FR-FE", &mut line.sales_order, sales);
            }
            "GrossPriceProductTradePrice" => item::gross_price(reader, child, &mut line.price),
            "NetPriceProductTradePrice" => item::net_price(reader, child, &mut line.price),
            "ItemSellerTradeParty" => one_party(reader, child, &terms::LINE_SELLER, &mut line.seller),
            _ => {}
        }
    }
}

fn line_reference<'a>(
    reader: &mut Reader<'a>,
    element: Node<'a>,
    [line_term, document_term]: [&'static str; 2],
) -> LineReference {
    let mut reference = LineReference::default();
    if let Some(line) = reader.child(element, "LineID") {
        reader.text(line, line_term, &mut reference.line);
    }
    if let Some(document) = document_id(reader, element) {
        reader.text(document, document_term, &mut reference.document);
    }
    reference_date(reader, element, &mut reference.issued);
    reference
}

fn delivery<'a>(reader: &mut Reader<'a>, element: Node<'a>, line: &mut Line) {
    for child in reader.elements(element) {
        match child.name() {
            "BilledQuantity" => reader.quantity(child, "BT-129", &mut line.quantity),
            "PerPackageUnitQuantity" => reader.quantity(child, "EXT-FR-FE", &mut line.per_package),
            "DespatchAdviceReferencedDocument" => {
                let despatch = line_reference(reader, child, ["EXT-FR-FE", "EXT-FR-FE"]);
                reader.one_group(child, "BG-25", &mut line.despatch_advice, despatch);
            }
            "ReceivingAdviceReferencedDocument" => {
                let receipt = line_reference(reader, child, ["EXT-FR-FE", "EXT-FR-FE"]);
                reader.one_group(child, "BG-25", &mut line.receiving_advice, receipt);
            }
            _ => delivery::delivery(reader, child, &delivery::LINE, &mut line.delivery),
        }
    }
}

fn line_settlement<'a>(reader: &mut Reader<'a>, element: Node<'a>, line: &mut Line) {
    for child in reader.elements(element) {
        match child.name() {
            "ApplicableTradeTax" => line_tax(reader, child, line),
            "BillingSpecifiedPeriod" => {
                let read = period(reader, child, ["BG-26", "BT-134", "BT-135"]);
                if let Some(read) = period_or_none(read) {
                    reader.one_group(child, "BG-26", &mut line.period, read);
                }
            }
            "SpecifiedTradeAllowanceCharge" => match tax::is_charge(reader, child) {
                Some(false) => line.allowances.push(tax::line_allowance(reader, child, &terms::LINE_ALLOWANCE)),
                Some(true) => line.charges.push(tax::line_allowance(reader, child, &terms::LINE_CHARGE)),
                None => {}
            },
            "SpecifiedTradeSettlementLineMonetarySummation" | "SpecifiedTradeSettlementMonetarySummation" => {
                summation(reader, child, line);
            }
            "InvoiceReferencedDocument" => {
                let terms = ["EXT-FR-FE-BG-06", "EXT-FR-FE-136", "EXT-FR-FE-138", "EXT-FR-FE-137"];
                line.preceding.extend(settlement::preceding(reader, child, terms));
            }
            "AdditionalReferencedDocument" => invoiced_object(reader, child, line),
            "ReceivableSpecifiedTradeAccountingAccount" => {
                if let Some(id) = reader.child(child, "ID") {
                    reader.text(id, "BT-133", &mut line.accounting_reference);
                }
            }
            _ => {}
        }
    }
}

/// BT-128 (type 130). Other documents of a line have no term.
fn invoiced_object<'a>(reader: &mut Reader<'a>, element: Node<'a>, line: &mut Line) {
    let Some(type_code) = reader.child(element, "TypeCode") else { return };
    if text_of(type_code) == "130" {
        reader.syntax(type_code);
        line.objects.extend(object(reader, element, "BT-128"));
    }
}

/// BG-30.
fn line_tax<'a>(reader: &mut Reader<'a>, element: Node<'a>, line: &mut Line) {
    reader.group(element, "BG-30");
    for child in reader.elements(element) {
        match child.name() {
            "TypeCode" => tax::tax_type(reader, child),
            "CategoryCode" => reader.code(child, "BT-151", &mut line.vat_category),
            "RateApplicablePercent" | "ApplicablePercent" => {
                reader.percentage(child, "BT-152", &mut line.vat_rate);
            }
            "DueDateTypeCode" => reader.code(child, "EXT-FR-FE", &mut line.vat_point_code),
            "ExemptionReason" => reader.text(child, "EXT-FR-FE", &mut line.vat_exemption),
            "ExemptionReasonCode" => reader.code(child, "EXT-FR-FE", &mut line.vat_exemption_code),
            _ => {}
        }
    }
}

fn summation<'a>(reader: &mut Reader<'a>, element: Node<'a>, line: &mut Line) {
    for child in reader.elements(element) {
        match child.name() {
            "LineTotalAmount" => reader.amount(child, "BT-131", &mut line.net_amount),
            "TaxTotalAmount" => {
                let accounting = &mut line.vat_amount_in_accounting_currency;
                let fields = [("EXT-FR-FE-181", &mut line.vat_amount), ("EXT-FR-FE-182", accounting)];
                vat_amount(reader, child, fields);
            }
            "GrandTotalAmount" => reader.amount(child, "EXT-FR-FE-184", &mut line.amount_with_vat),
            _ => {}
        }
    }
}
