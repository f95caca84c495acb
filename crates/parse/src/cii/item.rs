//! Item and price of a CII line.

use facteur_model::identifiers::Identifier;
use facteur_model::invoice::{Item, ItemAttribute, Price};
use facteur_xml::Node;

use super::tax;
use crate::reader::Reader;

/// BG-31.
pub(super) fn item<'a>(reader: &mut Reader<'a>, element: Node<'a>, item: &mut Item) {
    reader.group(element, "BG-31");
    for child in reader.elements(element) {
        match child.name() {
            "GlobalID" => reader.one_identifier(child, "BT-157", &mut item.standard_identifier),
            "SellerAssignedID" => reader.text(child, "BT-155", &mut item.seller_identifier),
            "BuyerAssignedID" => reader.text(child, "BT-156", &mut item.buyer_identifier),
            "Name" => reader.text(child, "BT-153", &mut item.name),
            "Description" => reader.text(child, "BT-154", &mut item.description),
            "ApplicableProductCharacteristic" => item.attributes.push(attribute(reader, child)),
            "DesignatedProductClassification" => item.classifications.extend(classification(reader, child)),
            "OriginTradeCountry" => {
                if let Some(id) = reader.child(child, "ID") {
                    reader.code(id, "BT-159", &mut item.origin);
                }
            }
            _ => {}
        }
    }
}

fn attribute<'a>(reader: &mut Reader<'a>, element: Node<'a>) -> ItemAttribute {
    let mut attribute = ItemAttribute::default();
    reader.group(element, "BG-32");
    for child in reader.elements(element) {
        match child.name() {
            "Description" => reader.text(child, "BT-160", &mut attribute.name),
            "Value" => reader.text(child, "BT-161", &mut attribute.value),
            "TypeCode" => reader.code(child, "EXT-FR-FE-159", &mut attribute.code),
            "ValueMeasure" => reader.quantity(child, "EXT-FR-FE-160", &mut attribute.measure),
            _ => {}
        }
    }
    attribute
}

fn classification<'a>(reader: &mut Reader<'a>, element: Node<'a>) -> Option<Identifier> {
    let code = reader.child(element, "ClassCode")?;
    reader.identifier_by(code, "BT-158", ["listID", "listVersionID"])
}

/// BT-148, BT-147 and the base, which may stand here as well as at the net price.
pub(super) fn gross_price<'a>(reader: &mut Reader<'a>, element: Node<'a>, price: &mut Price) {
    reader.group(element, "BG-29");
    for child in reader.elements(element) {
        match child.name() {
            "ChargeAmount" => reader.amount(child, "BT-148", &mut price.gross),
            "BasisQuantity" => reader.quantity(child, "BT-149", &mut price.base),
            "AppliedTradeAllowanceCharge" => discount(reader, child, price),
            _ => {}
        }
    }
}

/// BT-146, BT-149, BT-150.
pub(super) fn net_price<'a>(reader: &mut Reader<'a>, element: Node<'a>, price: &mut Price) {
    reader.group(element, "BG-29");
    for child in reader.elements(element) {
        match child.name() {
            "ChargeAmount" => reader.amount(child, "BT-146", &mut price.net),
            "BasisQuantity" => reader.quantity(child, "BT-149", &mut price.base),
            _ => {}
        }
    }
}

/// BT-147. A charge on a price has no term, and stays left over. BASIC and ZUGFeRD 1 leave the indicator out.
fn discount<'a>(reader: &mut Reader<'a>, element: Node<'a>, price: &mut Price) {
    if reader.child(element, "ChargeIndicator").is_some() && tax::is_charge(reader, element) != Some(false) {
        return;
    }
    for child in reader.elements(element) {
        match child.name() {
            "ActualAmount" => reader.amount(child, "BT-147", &mut price.discount),
            "Reason" => reader.text(child, "EXT-FR-FE", &mut price.discount_reason),
            "ReasonCode" => reader.code(child, "EXT-FR-FE", &mut price.discount_reason_code),
            _ => {}
        }
    }
}
