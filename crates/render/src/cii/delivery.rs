//! Delivery and periods of a CII document or line.

use facteur_model::invoice::{Delivery, Invoice, InvoicePeriod};

use super::agreement::reference;
use super::parties::address;
use super::{DATE_TIME, Profile, date, scheme};
use crate::out::Out;

pub(super) fn header<'a>(out: &mut Out<'a>, invoice: &'a Invoice, profile: Profile) {
    out.always("ram:ApplicableHeaderTradeDelivery", |out| {
        if profile == Profile::Minimum {
            return;
        }
        delivery(out, invoice.delivery.as_ref(), profile);
        let issued = if profile >= Profile::Extended { &invoice.despatch_advice_date } else { &None };
        reference(out, "ram:DespatchAdviceReferencedDocument", &invoice.despatch_advice, issued);
        if profile >= Profile::En16931 {
            reference(out, "ram:ReceivingAdviceReferencedDocument", &invoice.receiving_advice, &None);
        }
    });
}

/// BG-13, or the delivery of a line, which CII spreads over siblings.
pub(super) fn delivery<'a>(out: &mut Out<'a>, delivery: Option<&'a Delivery>, profile: Profile) {
    let Some(delivery) = delivery else { return };
    out.within("ram:ShipToTradeParty", |out| {
        let (named, plain): (Vec<_>, Vec<_>) = delivery.locations.iter().partition(|id| id.scheme.is_some());
        plain.into_iter().for_each(|identifier| out.identifier("ram:ID", identifier, scheme(profile)));
        named.into_iter().for_each(|identifier| out.identifier("ram:GlobalID", identifier, scheme(profile)));
        out.any("ram:Name", &delivery.name);
        out.within("ram:PostalTradeAddress", |out| address(out, delivery.address.as_ref(), profile));
    });
    out.within("ram:ActualDeliverySupplyChainEvent", |out| {
        date(out, "ram:OccurrenceDateTime", DATE_TIME, &delivery.date);
    });
}

/// BG-14 or BG-26.
pub(super) fn period<'a>(out: &mut Out<'a>, period: Option<&'a InvoicePeriod>, profile: Profile) {
    let Some(period) = period else { return };
    out.within("ram:BillingSpecifiedPeriod", |out| {
        if profile >= Profile::Extended {
            out.any("ram:Description", &period.description);
        }
        date(out, "ram:StartDateTime", DATE_TIME, &period.start);
        date(out, "ram:EndDateTime", DATE_TIME, &period.end);
    });
}
