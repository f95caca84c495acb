//! VAT, allowances and charges of a CII document.

use facteur_model::invoice::{AllowanceCharge, CurrencyExchange, Invoice, LineAllowanceCharge, VatBreakdown};
use facteur_xml::Node;

use crate::reader::{Reader, excerpt, text_of};
use crate::terms::{self, AllowanceTerms};

/// BG-23, with BT-7 and BT-8, which CII repeats in each.
pub(super) fn breakdown<'a>(reader: &mut Reader<'a>, element: Node<'a>, invoice: &mut Invoice) {
    let mut breakdown = VatBreakdown::default();
    reader.group(element, "BG-23");
    for child in reader.elements(element) {
        match child.name() {
            "CalculatedAmount" => reader.amount(child, "BT-117", &mut breakdown.tax),
            "BasisAmount" => reader.amount(child, "BT-116", &mut breakdown.taxable),
            "CategoryCode" => reader.code(child, "BT-118", &mut breakdown.category),
            "RateApplicablePercent" | "ApplicablePercent" => {
                reader.percentage(child, "BT-119", &mut breakdown.rate);
            }
            "ExemptionReason" => reader.text(child, "BT-120", &mut breakdown.exemption),
            "ExemptionReasonCode" => reader.code(child, "BT-121", &mut breakdown.exemption_code),
            "TaxPointDate" => reader.formatted_date(child, "BT-7", &mut invoice.vat_point),
            "DueDateTypeCode" => reader.code(child, "BT-8", &mut invoice.vat_point_code),
            "TypeCode" => tax_type(reader, child),
            _ => {}
        }
    }
    invoice.vat_breakdown.push(breakdown);
}

/// The tax is VAT everywhere in EN 16931; another one is left over.
pub(super) fn tax_type<'a>(reader: &mut Reader<'a>, element: Node<'a>) {
    if text_of(element) == "VAT" {
        reader.syntax(element);
    }
}

/// BG-20 or BG-21, by its indicator. Without a readable indicator it is neither, and stays left over.
pub(super) fn allowance_or_charge<'a>(reader: &mut Reader<'a>, element: Node<'a>, invoice: &mut Invoice) {
    match is_charge(reader, element) {
        Some(false) => invoice.allowances.push(allowance(reader, element, &terms::ALLOWANCE)),
        Some(true) => invoice.charges.push(allowance(reader, element, &terms::CHARGE)),
        None => {}
    }
}

/// Whether it is a charge (true) or an allowance (false).
pub(super) fn is_charge<'a>(reader: &mut Reader<'a>, element: Node<'a>) -> Option<bool> {
    let indicator = reader.child(element, "ChargeIndicator")?;
    let charge = reader.truth(indicator);
    match charge {
        Some(_) => reader.take_truth(indicator),
        None => {
            reader.warn(indicator, "READ-INDICATOR", |finding| finding.found(excerpt(indicator.string_value().trim())))
        }
    }
    charge
}

fn allowance<'a>(reader: &mut Reader<'a>, element: Node<'a>, terms: &AllowanceTerms) -> AllowanceCharge {
    let mut allowance = AllowanceCharge::default();
    reader.group(element, terms.group);
    for child in reader.elements(element) {
        match child.name() {
            "CalculationPercent" => reader.percentage(child, terms.percentage, &mut allowance.percentage),
            "BasisAmount" => reader.amount(child, terms.base, &mut allowance.base),
            "ActualAmount" => reader.amount(child, terms.amount, &mut allowance.amount),
            "ReasonCode" => reader.code(child, terms.reason_code, &mut allowance.reason_code),
            "Reason" => reader.text(child, terms.reason, &mut allowance.reason),
            "CategoryTradeTax" => {
                for part in reader.elements(child) {
                    match part.name() {
                        "TypeCode" => tax_type(reader, part),
                        "CategoryCode" => reader.code(part, terms.vat_category, &mut allowance.vat_category),
                        "ExemptionReason" => reader.text(part, "EXT-FR-FE", &mut allowance.vat_exemption),
                        "ExemptionReasonCode" => {
                            reader.code(part, "EXT-FR-FE", &mut allowance.vat_exemption_code);
                        }
                        "RateApplicablePercent" | "ApplicablePercent" => {
                            reader.percentage(part, terms.vat_rate, &mut allowance.vat_rate);
                        }
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    allowance
}

/// BG-27 or BG-28: as that of the document, without VAT.
pub(super) fn line_allowance<'a>(
    reader: &mut Reader<'a>,
    element: Node<'a>,
    terms: &AllowanceTerms,
) -> LineAllowanceCharge {
    let AllowanceCharge { amount, base, percentage, reason, reason_code, .. } = allowance(reader, element, terms);
    LineAllowanceCharge { amount, base, percentage, reason, reason_code }
}

/// The exchange rate of the VAT, of the French profile.
pub(super) fn exchange<'a>(reader: &mut Reader<'a>, element: Node<'a>) -> CurrencyExchange {
    let mut exchange = CurrencyExchange::default();
    for child in reader.elements(element) {
        match child.name() {
            "SourceCurrencyCode" => reader.code(child, "EXT-FR-FE", &mut exchange.source),
            "TargetCurrencyCode" => reader.code(child, "EXT-FR-FE", &mut exchange.target),
            "ConversionRate" => reader.percentage(child, "EXT-FR-FE", &mut exchange.rate),
            "ConversionRateDateTime" => reader.formatted_date(child, "EXT-FR-FE", &mut exchange.date),
            _ => {}
        }
    }
    exchange
}
