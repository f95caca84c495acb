//! Allowances, charges, totals and the VAT breakdown.

use serde::{Deserialize, Serialize};

use super::payment::percentage_of;
use crate::amount::Amount;
use crate::date::Date;

/// BG-20, a document level allowance, or BG-21, a charge. The terms in that order.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct AllowanceCharge {
    /// BT-92, BT-99: amount without VAT.
    pub amount: Option<Amount>,
    /// BT-93, BT-100: base amount.
    pub base: Option<Amount>,
    /// BT-94, BT-101: percentage of the base.
    pub percentage: Option<Amount>,
    /// BT-95, BT-102: VAT category code.
    pub vat_category: Option<String>,
    /// BT-96, BT-103: VAT rate, in per cent.
    pub vat_rate: Option<Amount>,
    /// Exemption reason of that VAT: French extension.
    pub vat_exemption: Option<String>,
    /// Exemption reason code of that VAT: French extension.
    pub vat_exemption_code: Option<String>,
    /// BT-97, BT-104: reason.
    pub reason: Option<String>,
    /// BT-98, BT-105: reason code (UNTDID 5189, 7161).
    pub reason_code: Option<String>,
}

/// BG-27, an allowance on a line, or BG-28, a charge. The terms in that order.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LineAllowanceCharge {
    /// BT-136, BT-141: amount without VAT.
    pub amount: Option<Amount>,
    /// BT-137, BT-142: base amount.
    pub base: Option<Amount>,
    /// BT-138, BT-143: percentage of the base.
    pub percentage: Option<Amount>,
    /// BT-139, BT-144: reason.
    pub reason: Option<String>,
    /// BT-140, BT-145: reason code.
    pub reason_code: Option<String>,
}

/// BG-22, document totals.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Totals {
    /// BT-106, sum of the line net amounts.
    pub lines: Option<Amount>,
    /// BT-107, sum of the document level allowances.
    pub allowances: Option<Amount>,
    /// BT-108, sum of the document level charges.
    pub charges: Option<Amount>,
    /// BT-109, total without VAT.
    pub without_vat: Option<Amount>,
    /// BT-110, total VAT.
    pub vat: Option<Amount>,
    /// BT-111, total VAT in the accounting currency (BT-6).
    pub vat_in_accounting_currency: Option<Amount>,
    /// BT-112, total with VAT.
    pub with_vat: Option<Amount>,
    /// BT-113, amount paid already.
    pub paid: Option<Amount>,
    /// BT-114, rounding amount.
    pub rounding: Option<Amount>,
    /// BT-115, amount due for payment.
    pub due: Option<Amount>,
}

/// The exchange rate used for BT-111: French extension.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CurrencyExchange {
    /// Currency to convert from.
    pub source: Option<String>,
    /// Currency to convert to.
    pub target: Option<String>,
    /// How much of the target one unit of the source is worth.
    pub rate: Option<Amount>,
    /// Day of the rate.
    pub date: Option<Date>,
}

/// BG-23, one part of the VAT breakdown: a category at a rate.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct VatBreakdown {
    /// BT-116, taxable amount of the category.
    pub taxable: Option<Amount>,
    /// BT-117, tax amount of the category.
    pub tax: Option<Amount>,
    /// BT-118, VAT category code (UNTDID 5305: `S`, `E`, `AE`, `K`, `G`, `O`, `Z`).
    pub category: Option<String>,
    /// BT-119, rate, in per cent.
    pub rate: Option<Amount>,
    /// BT-120, exemption reason.
    pub exemption: Option<String>,
    /// BT-121, exemption reason code (VATEX).
    pub exemption_code: Option<String>,
}

impl VatBreakdown {
    /// The tax that category and rate give, to the cent (BR-CO-17).
    #[must_use]
    pub fn computed_tax(&self) -> Option<Amount> {
        Some(percentage_of(self.rate?, self.taxable?)?.rounded(2))
    }
}
