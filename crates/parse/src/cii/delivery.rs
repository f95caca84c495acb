//! Delivery and periods of a CII document or line.

use facteur_model::invoice::{Delivery, DeliveryTerms as TermsOfDelivery, Invoice, InvoicePeriod};
use facteur_xml::Node;

use super::agreement::{reference, reference_date};
use super::parties::address;
use crate::reader::Reader;
use crate::terms::{self, AddressTerms};

/// The terms of a delivery: of the document, or of a line.
pub(super) struct DeliveryTerms {
    group: &'static str,
    name: &'static str,
    location: &'static str,
    date: &'static str,
    address: &'static AddressTerms,
}

const DOCUMENT: DeliveryTerms = DeliveryTerms {
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

pub(super) fn header_delivery<'a>(reader: &mut Reader<'a>, element: Node<'a>, invoice: &mut Invoice) {
    reader.group(element, "BG-13");
    for child in reader.elements(element) {
        match child.name() {
            "DespatchAdviceReferencedDocument" => {
                reference(reader, child, "BT-16", &mut invoice.despatch_advice);
                reference_date(reader, child, &mut invoice.despatch_advice_date);
            }
            "ReceivingAdviceReferencedDocument" => reference(reader, child, "BT-15", &mut invoice.receiving_advice),
            _ => delivery(reader, child, &DOCUMENT, &mut invoice.delivery),
        }
    }
}

/// The parts of a delivery, which CII spreads over its siblings.
pub(super) fn delivery<'a>(
    reader: &mut Reader<'a>,
    child: Node<'a>,
    terms: &DeliveryTerms,
    field: &mut Option<Delivery>,
) {
    match child.name() {
        "ShipToTradeParty" => ship_to(reader, child, terms, field.get_or_insert_default()),
        "ActualDeliverySupplyChainEvent" => {
            if let Some(date) = reader.child(child, "OccurrenceDateTime") {
                reader.formatted_date(date, terms.date, &mut field.get_or_insert_default().date);
            }
        }
        _ => {}
    }
}

fn ship_to<'a>(reader: &mut Reader<'a>, element: Node<'a>, terms: &DeliveryTerms, delivery: &mut Delivery) {
    reader.group(element, terms.group);
    for child in reader.elements(element) {
        match child.name() {
            "ID" | "GlobalID" => delivery.locations.extend(reader.identifier(child, terms.location)),
            "Name" => reader.text(child, terms.name, &mut delivery.name),
            "PostalTradeAddress" => {
                let read = address(reader, child, terms.address);
                reader.one_group(child, terms.address.group, &mut delivery.address, read);
            }
            _ => {}
        }
    }
}

/// Delivery terms, of the French profile.
pub(super) fn terms<'a>(reader: &mut Reader<'a>, element: Node<'a>) -> Option<TermsOfDelivery> {
    let mut terms = TermsOfDelivery::default();
    for child in reader.elements(element) {
        match child.name() {
            "DeliveryTypeCode" => reader.code(child, "EXT-FR-FE", &mut terms.code),
            "RelevantTradeLocation" => {
                if let Some(name) = reader.child(child, "Name") {
                    reader.text(name, "EXT-FR-FE", &mut terms.location);
                }
                if let Some(country) = reader.child(child, "CountryID") {
                    reader.code(country, "EXT-FR-FE", &mut terms.country);
                }
            }
            _ => {}
        }
    }
    (terms != TermsOfDelivery::default()).then_some(terms)
}

/// A period; its terms are those of group, start and end.
pub(super) fn period<'a>(
    reader: &mut Reader<'a>,
    element: Node<'a>,
    [group, start, end]: [&'static str; 3],
) -> InvoicePeriod {
    let mut period = InvoicePeriod::default();
    reader.group(element, group);
    for child in reader.elements(element) {
        match child.name() {
            "StartDateTime" => reader.formatted_date(child, start, &mut period.start),
            "EndDateTime" => reader.formatted_date(child, end, &mut period.end),
            "Description" => reader.text(child, group, &mut period.description),
            _ => {}
        }
    }
    period
}
