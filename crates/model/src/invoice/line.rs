//! The lines of an invoice.

use serde::{Deserialize, Serialize};

use super::{Delivery, InvoicePeriod, LineAllowanceCharge, Note, Party, PrecedingInvoice};
use crate::amount::Amount;
use crate::date::Date;
use crate::identifiers::Identifier;

/// BG-25, a line.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Line {
    /// BT-126, identifier of the line.
    pub id: Option<String>,
    /// EXT-FR-FE-162, identifier of the parent line.
    pub parent: Option<String>,
    /// EXT-FR-FE-163, subtype of the line: `DETAIL`, `GROUP`, `INFORMATION`.
    pub subtype: Option<String>,
    /// BT-127, notes. EN 16931 has one.
    pub notes: Vec<Note>,
    /// BT-128, identifier of the object invoiced on this line, with its scheme. The French profile allows several.
    pub objects: Vec<Identifier>,
    /// BT-129, BT-130: invoiced quantity.
    pub quantity: Option<Quantity>,
    /// Quantity in one package: French extension.
    pub per_package: Option<Quantity>,
    /// BT-131, net amount.
    pub net_amount: Option<Amount>,
    /// BT-132, referenced purchase order line; with the document, EXT-FR-FE-BG-09.
    pub order: Option<LineReference>,
    /// Sales order line that the line refers to: French extension.
    pub sales_order: Option<LineReference>,
    /// Despatch advice that the line refers to: French extension.
    pub despatch_advice: Option<LineReference>,
    /// Receiving advice that the line refers to: French extension.
    pub receiving_advice: Option<LineReference>,
    /// BT-133, buyer accounting reference.
    pub accounting_reference: Option<String>,
    /// BG-26, period (BT-134, BT-135).
    pub period: Option<InvoicePeriod>,
    /// EXT-FR-FE-BG-06, preceding invoices that the line refers to.
    pub preceding: Vec<PrecedingInvoice>,
    /// EXT-FR-FE-BG-10 and BG-11, delivery of the line.
    pub delivery: Option<Delivery>,
    /// BG-27, allowances.
    pub allowances: Vec<LineAllowanceCharge>,
    /// BG-28, charges.
    pub charges: Vec<LineAllowanceCharge>,
    /// BG-29, price.
    pub price: Price,
    /// BT-151, VAT category code (BG-30).
    pub vat_category: Option<String>,
    /// BT-152, VAT rate, in per cent (BG-30).
    pub vat_rate: Option<Amount>,
    /// Exemption reason of the line: French extension.
    pub vat_exemption: Option<String>,
    /// Exemption reason code of the line: French extension.
    pub vat_exemption_code: Option<String>,
    /// Value added tax point date code of the line: French extension.
    pub vat_point_code: Option<String>,
    /// EXT-FR-FE-181, VAT amount of the line.
    pub vat_amount: Option<Amount>,
    /// EXT-FR-FE-182, VAT amount of the line in the accounting currency.
    pub vat_amount_in_accounting_currency: Option<Amount>,
    /// EXT-FR-FE-184, amount of the line with VAT.
    pub amount_with_vat: Option<Amount>,
    /// EXT-FR-FE-164 to 177, seller of the line where several sellers share an invoice.
    pub seller: Option<Party>,
    /// BG-31, what is invoiced.
    pub item: Item,
}

/// A quantity with its unit.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Quantity {
    /// BT-129 (invoiced), BT-149 (price base), EXT-FR-FE-160 (attribute).
    pub value: Option<Amount>,
    /// BT-130, BT-150, EXT-FR-FE-161: unit code (UN/ECE Recommendations 20 and 21).
    pub unit: Option<String>,
}

/// A reference to a line of another document.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LineReference {
    /// BT-132 for an order: its line.
    pub line: Option<String>,
    /// The document itself: French extension (EXT-FR-FE-BG-09 for an order).
    pub document: Option<String>,
    /// Date of that document: French extension.
    pub issued: Option<Date>,
}

/// BG-29, price details.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Price {
    /// BT-146, net price of an item.
    pub net: Option<Amount>,
    /// BT-147, discount on the gross price.
    pub discount: Option<Amount>,
    /// Reason of that discount: French extension.
    pub discount_reason: Option<String>,
    /// Reason code of that discount: French extension.
    pub discount_reason_code: Option<String>,
    /// BT-148, gross price of an item.
    pub gross: Option<Amount>,
    /// BT-149, BT-150: quantity that the price is for.
    pub base: Option<Quantity>,
}

/// BG-31, item information.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Item {
    /// BT-153, name.
    pub name: Option<String>,
    /// BT-154, description.
    pub description: Option<String>,
    /// BT-155, the seller's identifier.
    pub seller_identifier: Option<String>,
    /// BT-156, the buyer's identifier.
    pub buyer_identifier: Option<String>,
    /// BT-157, standard identifier, with its scheme (`0160` GTIN).
    pub standard_identifier: Option<Identifier>,
    /// BT-158, classifications, each with list (BT-158-1) and version (BT-158-2).
    pub classifications: Vec<Identifier>,
    /// BT-159, country of origin.
    pub origin: Option<String>,
    /// BG-32, attributes.
    pub attributes: Vec<ItemAttribute>,
}

/// BG-32, an attribute of an item.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ItemAttribute {
    /// BT-160, name.
    pub name: Option<String>,
    /// BT-161, value.
    pub value: Option<String>,
    /// EXT-FR-FE-159, code in place of the name.
    pub code: Option<String>,
    /// EXT-FR-FE-160, EXT-FR-FE-161: measured value in place of the text.
    pub measure: Option<Quantity>,
}
