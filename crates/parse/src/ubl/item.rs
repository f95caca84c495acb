//! Item and price of a UBL line.

use facteur_model::identifiers::Identifier;
use facteur_model::invoice::{ItemAttribute, Line, Price};
use facteur_xml::Node;

use super::{parties, totals};
use crate::reader::Reader;
use crate::terms;

/// BG-31 and BG-30.
pub(super) fn item<'a>(reader: &mut Reader<'a>, element: Node<'a>, line: &mut Line) {
    reader.group(element, "BG-31");
    for child in reader.elements(element) {
        let item = &mut line.item;
        match child.name() {
            "Description" => reader.text(child, "BT-154", &mut item.description),
            "Name" => reader.text(child, "BT-153", &mut item.name),
            "BuyersItemIdentification" => inner_id(reader, child, "BT-156", &mut item.buyer_identifier),
            "SellersItemIdentification" => inner_id(reader, child, "BT-155", &mut item.seller_identifier),
            "StandardItemIdentification" => {
                if let Some(id) = reader.child(child, "ID") {
                    reader.one_identifier(id, "BT-157", &mut item.standard_identifier);
                }
            }
            "PackQuantity" => reader.quantity(child, "EXT-FR-FE", &mut line.per_package),
            "OriginCountry" => {
                if let Some(code) = reader.child(child, "IdentificationCode") {
                    reader.code(code, "BT-159", &mut item.origin);
                }
            }
            "CommodityClassification" => item.classifications.extend(classification(reader, child)),
            "ClassifiedTaxCategory" => tax_category(reader, child, line),
            "AdditionalItemProperty" => item.attributes.push(attribute(reader, child)),
            "ManufacturerParty" => {
                let seller = parties::party(reader, child, &terms::LINE_SELLER);
                reader.one_group(child, "BG-25", &mut line.seller, seller);
            }
            _ => {}
        }
    }
}

fn inner_id<'a>(reader: &mut Reader<'a>, element: Node<'a>, term: &'static str, field: &mut Option<String>) {
    if let Some(id) = reader.child(element, "ID") {
        reader.text(id, term, field);
    }
}

fn classification<'a>(reader: &mut Reader<'a>, element: Node<'a>) -> Option<Identifier> {
    let code = reader.child(element, "ItemClassificationCode")?;
    reader.identifier_by(code, "BT-158", ["listID", "listVersionID"])
}

fn tax_category<'a>(reader: &mut Reader<'a>, element: Node<'a>, line: &mut Line) {
    reader.group(element, "BG-30");
    for child in reader.elements(element) {
        match child.name() {
            "ID" => reader.code(child, "BT-151", &mut line.vat_category),
            "Percent" => reader.percentage(child, "BT-152", &mut line.vat_rate),
            "TaxExemptionReasonCode" => reader.code(child, "EXT-FR-FE", &mut line.vat_exemption_code),
            "TaxExemptionReason" => reader.text(child, "EXT-FR-FE", &mut line.vat_exemption),
            "TaxScheme" => totals::tax_scheme(reader, child),
            _ => {}
        }
    }
}

fn attribute<'a>(reader: &mut Reader<'a>, element: Node<'a>) -> ItemAttribute {
    let mut attribute = ItemAttribute::default();
    reader.group(element, "BG-32");
    for child in reader.elements(element) {
        match child.name() {
            "Name" => reader.text(child, "BT-160", &mut attribute.name),
            "Value" => reader.text(child, "BT-161", &mut attribute.value),
            "NameCode" => reader.code(child, "EXT-FR-FE-159", &mut attribute.code),
            "ValueQuantity" => reader.quantity(child, "EXT-FR-FE-160", &mut attribute.measure),
            _ => {}
        }
    }
    attribute
}

/// BG-29.
pub(super) fn price<'a>(reader: &mut Reader<'a>, element: Node<'a>, price: &mut Price) {
    reader.group(element, "BG-29");
    for child in reader.elements(element) {
        match child.name() {
            "PriceAmount" => reader.amount(child, "BT-146", &mut price.net),
            "BaseQuantity" => reader.quantity(child, "BT-149", &mut price.base),
            "AllowanceCharge" => discount(reader, child, price),
            _ => {}
        }
    }
}

/// BT-147 and BT-148. A charge on a price has no term, and stays left over.
fn discount<'a>(reader: &mut Reader<'a>, element: Node<'a>, price: &mut Price) {
    if totals::is_charge(reader, element) != Some(false) {
        return;
    }
    for child in reader.elements(element) {
        match child.name() {
            "Amount" => reader.amount(child, "BT-147", &mut price.discount),
            "AllowanceChargeReason" => reader.text(child, "EXT-FR-FE", &mut price.discount_reason),
            "AllowanceChargeReasonCode" => reader.code(child, "EXT-FR-FE", &mut price.discount_reason_code),
            "BaseAmount" => reader.amount(child, "BT-148", &mut price.gross),
            _ => {}
        }
    }
}
