//! Allowances, charges, VAT and totals of a UBL document.

use facteur_model::amount::Amount;
use facteur_model::invoice::{AllowanceCharge, CurrencyExchange, Invoice, LineAllowanceCharge, Totals, VatBreakdown};
use facteur_xml::Node;

use crate::reader::Reader;
use crate::terms::{self, AllowanceTerms};

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
            reader.warn(indicator, "READ-INDICATOR", |finding| finding.found(crate::reader::excerpt(&indicator.text())))
        }
    }
    charge
}

pub(super) fn allowance<'a>(reader: &mut Reader<'a>, element: Node<'a>, terms: &AllowanceTerms) -> AllowanceCharge {
    let mut allowance = AllowanceCharge::default();
    reader.group(element, terms.group);
    for child in reader.elements(element) {
        match child.name() {
            "AllowanceChargeReasonCode" => reader.code(child, terms.reason_code, &mut allowance.reason_code),
            "AllowanceChargeReason" => reader.text(child, terms.reason, &mut allowance.reason),
            "MultiplierFactorNumeric" => reader.percentage(child, terms.percentage, &mut allowance.percentage),
            "Amount" => reader.amount(child, terms.amount, &mut allowance.amount),
            "BaseAmount" => reader.amount(child, terms.base, &mut allowance.base),
            "TaxCategory" => {
                for part in reader.elements(child) {
                    match part.name() {
                        "ID" => reader.code(part, terms.vat_category, &mut allowance.vat_category),
                        "Percent" => reader.percentage(part, terms.vat_rate, &mut allowance.vat_rate),
                        "TaxExemptionReasonCode" => {
                            reader.code(part, "EXT-FR-FE", &mut allowance.vat_exemption_code);
                        }
                        "TaxExemptionReason" => reader.text(part, "EXT-FR-FE", &mut allowance.vat_exemption),
                        "TaxScheme" => tax_scheme(reader, part),
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

/// BT-110 or BT-111, told by the currency, and BG-23.
pub(super) fn tax_total<'a>(reader: &mut Reader<'a>, element: Node<'a>, invoice: &mut Invoice) {
    for child in reader.elements(element) {
        match child.name() {
            "TaxAmount" if reader.is_foreign(child) && is_beside_the_total(reader, element) => {
                reader.amount(child, "BT-111", &mut invoice.totals.vat_in_accounting_currency);
            }
            "TaxAmount" => {
                let totals = &mut invoice.totals;
                vat_amount(
                    reader,
                    child,
                    [("BT-110", &mut totals.vat), ("BT-111", &mut totals.vat_in_accounting_currency)],
                );
            }
            "TaxSubtotal" => invoice.vat_breakdown.push(breakdown(reader, child)),
            _ => {}
        }
    }
}

/// Whether another VAT total of the document is in the currency of the invoice: then one in a currency that the
/// document does not name can only be meant for the VAT accounts.
fn is_beside_the_total<'a>(reader: &mut Reader<'a>, element: Node<'a>) -> bool {
    let parent = element.parent();
    let totals = || parent.into_iter().flat_map(|parent| parent.children_named("TaxTotal"));
    reader.has_vat_total(|reader| {
        totals().any(|total| reader.child(total, "TaxAmount").is_some_and(|amount| reader.is_native(amount)))
    })
}

/// A VAT amount that may be in the currency of the invoice or in that of the VAT accounts, into the field of the one
/// or the other.
pub(crate) fn vat_amount<'a>(
    reader: &mut Reader<'a>,
    element: Node<'a>,
    [invoice, accounting]: [(&'static str, &mut Option<Amount>); 2],
) {
    if reader.is_vat_currency_only(element.attribute("currencyID")) {
        reader.amount_in_its_currency(element, accounting.0, accounting.1);
    } else {
        reader.amount(element, invoice.0, invoice.1);
    }
}

fn breakdown<'a>(reader: &mut Reader<'a>, element: Node<'a>) -> VatBreakdown {
    let mut breakdown = VatBreakdown::default();
    reader.group(element, "BG-23");
    for child in reader.elements(element) {
        match child.name() {
            "TaxableAmount" => reader.amount(child, "BT-116", &mut breakdown.taxable),
            "TaxAmount" => reader.amount(child, "BT-117", &mut breakdown.tax),
            // UBL 2.0 had the rate here.
            "Percent" => reader.percentage(child, "BT-119", &mut breakdown.rate),
            "TaxCategory" => {
                for part in reader.elements(child) {
                    match part.name() {
                        "ID" => reader.code(part, "BT-118", &mut breakdown.category),
                        "Percent" => reader.percentage(part, "BT-119", &mut breakdown.rate),
                        "TaxExemptionReasonCode" => reader.code(part, "BT-121", &mut breakdown.exemption_code),
                        "TaxExemptionReason" => reader.text(part, "BT-120", &mut breakdown.exemption),
                        "TaxScheme" => tax_scheme(reader, part),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    breakdown
}

/// The tax scheme is VAT everywhere in EN 16931; another one is left over.
pub(super) fn tax_scheme<'a>(reader: &mut Reader<'a>, element: Node<'a>) {
    if let Some(id) = reader.child(element, "ID")
        && matches!(id.text().trim(), "VAT" | "TVA")
    {
        reader.syntax(id);
    }
}

/// The exchange rate of the VAT, of the French profile.
pub(super) fn exchange<'a>(reader: &mut Reader<'a>, element: Node<'a>) -> CurrencyExchange {
    let mut exchange = CurrencyExchange::default();
    for child in reader.elements(element) {
        match child.name() {
            "SourceCurrencyCode" => reader.code(child, "EXT-FR-FE", &mut exchange.source),
            "TargetCurrencyCode" => reader.code(child, "EXT-FR-FE", &mut exchange.target),
            "CalculationRate" => reader.percentage(child, "EXT-FR-FE", &mut exchange.rate),
            "Date" => reader.date(child, "EXT-FR-FE", &mut exchange.date),
            _ => {}
        }
    }
    exchange
}

/// BG-22, but for the VAT.
pub(super) fn monetary_total<'a>(reader: &mut Reader<'a>, element: Node<'a>, totals: &mut Totals) {
    reader.group(element, "BG-22");
    for child in reader.elements(element) {
        match child.name() {
            "LineExtensionAmount" => reader.amount(child, "BT-106", &mut totals.lines),
            "TaxExclusiveAmount" => reader.amount(child, "BT-109", &mut totals.without_vat),
            "TaxInclusiveAmount" => reader.amount(child, "BT-112", &mut totals.with_vat),
            "AllowanceTotalAmount" => reader.amount(child, "BT-107", &mut totals.allowances),
            "ChargeTotalAmount" => reader.amount(child, "BT-108", &mut totals.charges),
            "PrepaidAmount" => reader.amount(child, "BT-113", &mut totals.paid),
            "PayableRoundingAmount" => reader.amount(child, "BT-114", &mut totals.rounding),
            "PayableAmount" => reader.amount(child, "BT-115", &mut totals.due),
            _ => {}
        }
    }
}
