//! Allowances, charges, VAT and totals of a UBL document.

use facteur_model::amount::Amount;
use facteur_model::invoice::{AllowanceCharge, Invoice, LineAllowanceCharge, VatBreakdown};

use crate::out::Out;

pub(super) fn totals<'a>(out: &mut Out<'a>, invoice: &'a Invoice, credit_note: bool) {
    // The two schemas have these in another order.
    if credit_note {
        exchange(out, invoice);
        allowances(out, invoice);
    } else {
        allowances(out, invoice);
        exchange(out, invoice);
    }
    tax_totals(out, invoice);
    let (totals, currency) = (&invoice.totals, &invoice.currency);
    out.within("cac:LegalMonetaryTotal", |out| {
        out.money("cbc:LineExtensionAmount", &totals.lines, currency);
        out.money("cbc:TaxExclusiveAmount", &totals.without_vat, currency);
        out.money("cbc:TaxInclusiveAmount", &totals.with_vat, currency);
        out.money("cbc:AllowanceTotalAmount", &totals.allowances, currency);
        out.money("cbc:ChargeTotalAmount", &totals.charges, currency);
        out.money("cbc:PrepaidAmount", &totals.paid, currency);
        out.money("cbc:PayableRoundingAmount", &totals.rounding, currency);
        out.money("cbc:PayableAmount", &totals.due, currency);
    });
}

fn allowances<'a>(out: &mut Out<'a>, invoice: &'a Invoice) {
    invoice.allowances.iter().for_each(|allowance| document_level(out, allowance, "false", &invoice.currency));
    invoice.charges.iter().for_each(|charge| document_level(out, charge, "true", &invoice.currency));
}

/// BG-20 or BG-21.
fn document_level<'a>(out: &mut Out<'a>, allowance: &'a AllowanceCharge, charge: &str, currency: &'a Option<String>) {
    out.within("cac:AllowanceCharge", |out| {
        out.fixed("cbc:ChargeIndicator", charge);
        out.any("cbc:AllowanceChargeReasonCode", &allowance.reason_code);
        out.any("cbc:AllowanceChargeReason", &allowance.reason);
        out.any("cbc:MultiplierFactorNumeric", &allowance.percentage);
        out.money("cbc:Amount", &allowance.amount, currency);
        out.money("cbc:BaseAmount", &allowance.base, currency);
        out.within("cac:TaxCategory", |out| {
            out.any("cbc:ID", &allowance.vat_category);
            out.any("cbc:Percent", &allowance.vat_rate);
            out.any("cbc:TaxExemptionReasonCode", &allowance.vat_exemption_code);
            out.any("cbc:TaxExemptionReason", &allowance.vat_exemption);
            tax_scheme(out);
        });
    });
}

/// BG-27 or BG-28.
pub(super) fn line_level<'a>(
    out: &mut Out<'a>,
    allowance: &'a LineAllowanceCharge,
    charge: &str,
    currency: &'a Option<String>,
) {
    out.within("cac:AllowanceCharge", |out| {
        out.fixed("cbc:ChargeIndicator", charge);
        out.any("cbc:AllowanceChargeReasonCode", &allowance.reason_code);
        out.any("cbc:AllowanceChargeReason", &allowance.reason);
        out.any("cbc:MultiplierFactorNumeric", &allowance.percentage);
        out.money("cbc:Amount", &allowance.amount, currency);
        out.money("cbc:BaseAmount", &allowance.base, currency);
    });
}

/// The scheme that a tax category demands, where there is one.
pub(super) fn tax_scheme(out: &mut Out<'_>) {
    if out.has_content() {
        out.within("cac:TaxScheme", |out| out.fixed("cbc:ID", "VAT"));
    }
}

/// BT-110 with BG-23, and BT-111.
fn tax_totals<'a>(out: &mut Out<'a>, invoice: &'a Invoice) {
    let (totals, currency) = (&invoice.totals, &invoice.currency);
    if totals.vat.is_some() || !invoice.vat_breakdown.is_empty() {
        out.within("cac:TaxTotal", |out| {
            match &totals.vat {
                Some(_) => out.money("cbc:TaxAmount", &totals.vat, currency),
                None => derived_total(out, invoice),
            }
            invoice.vat_breakdown.iter().for_each(|breakdown| subtotal(out, breakdown, currency));
        });
    }
    out.within("cac:TaxTotal", |out| {
        out.accounting("cbc:TaxAmount", &totals.vat_in_accounting_currency);
    });
}

/// The schema demands the total of the VAT: where only its parts are there, their sum (BR-CO-14).
fn derived_total(out: &mut Out<'_>, invoice: &Invoice) {
    let parts = invoice.vat_breakdown.iter().filter_map(|breakdown| breakdown.tax);
    let Some(sum) = Amount::checked_sum(parts) else { return };
    let currency = invoice.currency.as_deref().unwrap_or_default();
    out.derive("BT-110", &sum);
    out.fixed_with("cbc:TaxAmount", &sum.to_string(), &[("currencyID", currency)]);
}

fn subtotal<'a>(out: &mut Out<'a>, breakdown: &'a VatBreakdown, currency: &'a Option<String>) {
    out.within("cac:TaxSubtotal", |out| {
        out.money("cbc:TaxableAmount", &breakdown.taxable, currency);
        out.money("cbc:TaxAmount", &breakdown.tax, currency);
        out.within("cac:TaxCategory", |out| {
            out.any("cbc:ID", &breakdown.category);
            out.any("cbc:Percent", &breakdown.rate);
            out.any("cbc:TaxExemptionReasonCode", &breakdown.exemption_code);
            out.any("cbc:TaxExemptionReason", &breakdown.exemption);
            tax_scheme(out);
        });
    });
}

fn exchange<'a>(out: &mut Out<'a>, invoice: &'a Invoice) {
    let Some(exchange) = &invoice.vat_exchange else { return };
    out.within("cac:TaxExchangeRate", |out| {
        out.any("cbc:SourceCurrencyCode", &exchange.source);
        out.any("cbc:TargetCurrencyCode", &exchange.target);
        out.any("cbc:CalculationRate", &exchange.rate);
        out.any("cbc:Date", &exchange.date);
    });
}
