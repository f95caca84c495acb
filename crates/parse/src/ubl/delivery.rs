//! Delivery and periods of a UBL document or line.

use facteur_model::invoice::{Delivery, DeliveryTerms as TermsOfDelivery, InvoicePeriod};
use facteur_xml::Node;

use super::parties::address;
use crate::reader::Reader;
use crate::terms::{self, AddressTerms};

/// The terms of a delivery: of the document, or of a line.
pub(super) struct DeliveryTerms {
    pub(super) group: &'static str,
    pub(super) name: &'static str,
    pub(super) location: &'static str,
    pub(super) date: &'static str,
    pub(super) address: &'static AddressTerms,
}

pub(super) const DOCUMENT: DeliveryTerms = DeliveryTerms {
    group: "BG-13",
    name: "BT-70",
    location: "BT-71",
    date: "BT-72",
    address: &terms::DELIVERY_ADDRESS,
};

pub(super) const LINE: DeliveryTerms = DeliveryTerms {
    group: "EXT-FR-FE-BG-10",
    name: "EXT-FR-FE-BG-10",
    location: "EXT-FR-FE-146",
    date: "EXT-FR-FE-158",
    address: &terms::LINE_DELIVERY_ADDRESS,
};

pub(super) fn delivery<'a>(reader: &mut Reader<'a>, element: Node<'a>, terms: &DeliveryTerms) -> Delivery {
    let mut delivery = Delivery::default();
    reader.group(element, terms.group);
    for child in reader.elements(element) {
        match child.name() {
            "ActualDeliveryDate" => reader.date(child, terms.date, &mut delivery.date),
            "DeliveryLocation" => {
                for part in reader.elements(child) {
                    match part.name() {
                        "ID" => delivery.locations.extend(reader.identifier(part, terms.location)),
                        "Address" => {
                            let read = address(reader, part, terms.address);
                            reader.one_group(part, terms.address.group, &mut delivery.address, read);
                        }
                        _ => {}
                    }
                }
            }
            "DeliveryParty" => {
                if let Some(name) = reader.child(child, "PartyName").and_then(|name| reader.child(name, "Name")) {
                    reader.text(name, terms.name, &mut delivery.name);
                }
            }
            _ => {}
        }
    }
    delivery
}

/// Delivery terms, of the French profile.
pub(super) fn terms<'a>(reader: &mut Reader<'a>, element: Node<'a>) -> Option<TermsOfDelivery> {
    let mut terms = TermsOfDelivery::default();
    for child in reader.elements(element) {
        match child.name() {
            "ID" => reader.code(child, "EXT-FR-FE", &mut terms.code),
            "DeliveryLocation" => {
                if let Some(name) = reader.child(child, "Name") {
                    reader.text(name, "EXT-FR-FE", &mut terms.location);
                }
                let country = reader
                    .child(child, "Address")
                    .and_then(|address| reader.child(address, "Country"))
                    .and_then(|country| reader.child(country, "IdentificationCode"));
                if let Some(country) = country {
                    reader.code(country, "EXT-FR-FE", &mut terms.country);
                }
            }
            _ => {}
        }
    }
    (terms != TermsOfDelivery::default()).then_some(terms)
}

/// A period; its terms are those of group, start, end and of the tax point code that UBL puts here.
pub(super) fn period<'a>(
    reader: &mut Reader<'a>,
    element: Node<'a>,
    [group, start, end, code]: [&'static str; 4],
    vat_point_code: &mut Option<String>,
) -> InvoicePeriod {
    let mut period = InvoicePeriod::default();
    reader.group(element, group);
    for child in reader.elements(element) {
        match child.name() {
            "StartDate" => reader.date(child, start, &mut period.start),
            "EndDate" => reader.date(child, end, &mut period.end),
            "DescriptionCode" => reader.code(child, code, vat_point_code),
            "Description" => reader.text(child, group, &mut period.description),
            _ => {}
        }
    }
    period
}
