//! Delivery and periods of a UBL document or line.

use facteur_model::invoice::{Delivery, Invoice, InvoicePeriod};

use super::header::vat_point_code;
use super::parties::address;
use crate::out::{Out, SCHEME};

pub(super) fn document<'a>(out: &mut Out<'a>, invoice: &'a Invoice) {
    delivery(out, invoice.delivery.as_ref());
    let Some(terms) = &invoice.delivery_terms else { return };
    out.within("cac:DeliveryTerms", |out| {
        out.any("cbc:ID", &terms.code);
        out.within("cac:DeliveryLocation", |out| {
            out.any("cbc:Name", &terms.location);
            out.within("cac:Address", |out| {
                out.within("cac:Country", |out| out.any("cbc:IdentificationCode", &terms.country));
            });
        });
    });
}

/// BG-13, or the delivery of a line. UBL has one identifier for the location.
pub(super) fn delivery<'a>(out: &mut Out<'a>, delivery: Option<&'a Delivery>) {
    let Some(delivery) = delivery else { return };
    out.within("cac:Delivery", |out| {
        out.any("cbc:ActualDeliveryDate", &delivery.date);
        out.within("cac:DeliveryLocation", |out| {
            if let Some(location) = delivery.locations.first() {
                out.identifier("cbc:ID", location, SCHEME);
            }
            out.within("cac:Address", |out| address(out, delivery.address.as_ref()));
        });
        out.within("cac:DeliveryParty", |out| {
            out.within("cac:PartyName", |out| out.any("cbc:Name", &delivery.name));
        });
    });
}

/// BG-14 or BG-26, with the tax point code (BT-8) that UBL puts here.
pub(super) fn period<'a>(out: &mut Out<'a>, period: Option<&'a InvoicePeriod>, code: &'a Option<String>) {
    out.within("cac:InvoicePeriod", |out| {
        if let Some(period) = period {
            out.any("cbc:StartDate", &period.start);
            out.any("cbc:EndDate", &period.end);
        }
        if let Some(code) = code {
            out.translated("cbc:DescriptionCode", code, vat_point_code(code));
        }
        if let Some(period) = period {
            out.any("cbc:Description", &period.description);
        }
    });
}
