//! VAT, allowances and charges of a CII document.

use facteur_model::amount::Amount;
use facteur_model::invoice::{AllowanceCharge, Invoice, LineAllowanceCharge, VatBreakdown};

use super::{DATE_ONLY, DATE_TIME, Profile, date};
use crate::out::Out;

/// Codes of UNTDID 2005, which UBL has, in those of UNTDID 2475, which CII has.
pub(super) fn vat_point_code(code: &str) -> &str {
    match code {
        "3" => "5",
        "35" => "29",
        "432" => "72",
        other => other,
    }
}

/// BG-23; the first with BT-7 and BT-8 (CII-SR-461 and 462: once in the document).
pub(super) fn breakdown<'a>(out: &mut Out<'a>, invoice: &'a Invoice, index: usize, profile: Profile) {
    let part: &VatBreakdown = &invoice.vat_breakdown[index];
    out.within("ram:ApplicableTradeTax", |out| {
        out.any("ram:CalculatedAmount", &part.tax);
        out.fixed("ram:TypeCode", "VAT");
        out.any("ram:ExemptionReason", &part.exemption);
        out.any("ram:BasisAmount", &part.taxable);
        out.any("ram:CategoryCode", &part.category);
        out.any("ram:ExemptionReasonCode", &part.exemption_code);
        if index == 0 {
            if profile >= Profile::En16931 {
                date(out, "ram:TaxPointDate", DATE_ONLY, &invoice.vat_point);
            }
            point_code(out, &invoice.vat_point_code);
        }
        out.any("ram:RateApplicablePercent", &part.rate);
    });
}

pub(super) fn point_code<'a>(out: &mut Out<'a>, code: &'a Option<String>) {
    if let Some(code) = code {
        out.translated("ram:DueDateTypeCode", code, vat_point_code(code));
    }
}

/// Base, percentage, amount and reasons, as the document and the line have them.
struct Common<'a> {
    percentage: &'a Option<Amount>,
    base: &'a Option<Amount>,
    amount: &'a Option<Amount>,
    reason_code: &'a Option<String>,
    reason: &'a Option<String>,
}

fn common<'a>(out: &mut Out<'a>, charge: bool, parts: &Common<'a>) {
    indicator(out, charge);
    out.any("ram:CalculationPercent", parts.percentage);
    out.any("ram:BasisAmount", parts.base);
    out.any("ram:ActualAmount", parts.amount);
    out.any("ram:ReasonCode", parts.reason_code);
    out.any("ram:Reason", parts.reason);
}

pub(super) fn indicator(out: &mut Out<'_>, charge: bool) {
    out.within("ram:ChargeIndicator", |out| out.fixed("udt:Indicator", if charge { "true" } else { "false" }));
}

/// BG-20 or BG-21.
pub(super) fn document_level<'a>(out: &mut Out<'a>, allowance: &'a AllowanceCharge, charge: bool, profile: Profile) {
    let AllowanceCharge { percentage, base, amount, reason_code, reason, .. } = allowance;
    out.within("ram:SpecifiedTradeAllowanceCharge", |out| {
        common(out, charge, &Common { percentage, base, amount, reason_code, reason });
        let extended = profile >= Profile::Extended;
        let exempt = extended && (allowance.vat_exemption.is_some() || allowance.vat_exemption_code.is_some());
        if allowance.vat_category.is_none() && allowance.vat_rate.is_none() && !exempt {
            return;
        }
        out.within("ram:CategoryTradeTax", |out| {
            out.fixed("ram:TypeCode", "VAT");
            if extended {
                out.any("ram:ExemptionReason", &allowance.vat_exemption);
            }
            out.any("ram:CategoryCode", &allowance.vat_category);
            if extended {
                out.any("ram:ExemptionReasonCode", &allowance.vat_exemption_code);
            }
            out.any("ram:RateApplicablePercent", &allowance.vat_rate);
        });
    });
}

/// BG-27 or BG-28.
pub(super) fn line_level<'a>(out: &mut Out<'a>, allowance: &'a LineAllowanceCharge, charge: bool, profile: Profile) {
    let LineAllowanceCharge { percentage, base, amount, reason_code, reason } = allowance;
    // BASIC has the amount and its reason.
    let (percentage, base) = if profile >= Profile::En16931 { (percentage, base) } else { (&None, &None) };
    out.within("ram:SpecifiedTradeAllowanceCharge", |out| {
        common(out, charge, &Common { percentage, base, amount, reason_code, reason });
    });
}

/// The exchange rate of the VAT, of the French profile.
pub(super) fn exchange<'a>(out: &mut Out<'a>, invoice: &'a Invoice) {
    let Some(exchange) = &invoice.vat_exchange else { return };
    out.within("ram:TaxApplicableTradeCurrencyExchange", |out| {
        out.any("ram:SourceCurrencyCode", &exchange.source);
        out.any("ram:TargetCurrencyCode", &exchange.target);
        out.any("ram:ConversionRate", &exchange.rate);
        date(out, "ram:ConversionRateDateTime", DATE_TIME, &exchange.date);
    });
}
