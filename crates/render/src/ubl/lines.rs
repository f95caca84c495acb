//! Lines of a UBL document.

use facteur_model::amount::Amount;
use facteur_model::invoice::{Invoice, Item, ItemAttribute, Line, LineReference, Price};

use super::parties::{Naming, party};
use super::{delivery, header, totals};
use crate::out::{Out, SCHEME};

/// BG-25.
pub(super) fn line<'a>(out: &mut Out<'a>, invoice: &'a Invoice, line: &'a Line, credit_note: bool) {
    let currency = &invoice.currency;
    let (name, quantity) = if credit_note {
        ("cac:CreditNoteLine", "cbc:CreditedQuantity")
    } else {
        ("cac:InvoiceLine", "cbc:InvoicedQuantity")
    };
    out.always(name, |out| {
        out.required("cbc:ID", &line.id, "");
        line.notes.iter().take(super::room(invoice)).for_each(|note| header::note(out, note));
        out.quantity(quantity, &line.quantity);
        out.money("cbc:LineExtensionAmount", &line.net_amount, currency);
        out.any("cbc:AccountingCost", &line.accounting_reference);
        references(out, invoice, line);
        delivery::delivery(out, line.delivery.as_ref());
        // The two schemas have these in another order.
        if credit_note {
            tax_totals(out, invoice, line);
            allowances(out, line, currency);
        } else {
            allowances(out, line, currency);
            tax_totals(out, invoice, line);
        }
        out.always("cac:Item", |out| item(out, line));
        out.within("cac:Price", |out| price(out, &line.price, currency));
    });
}

fn references<'a>(out: &mut Out<'a>, invoice: &'a Invoice, line: &'a Line) {
    delivery::period(out, line.period.as_ref(), &line.vat_point_code);
    order(out, line);
    out.within("cac:DespatchLineReference", |out| line_reference(out, line.despatch_advice.as_ref()));
    out.within("cac:ReceiptLineReference", |out| line_reference(out, line.receiving_advice.as_ref()));
    position(out, invoice, line);
    line.preceding.iter().for_each(|preceding| header::preceding(out, preceding));
    for object in line.objects.iter().take(super::room(invoice)) {
        out.within("cac:DocumentReference", |out| {
            out.identifier("cbc:ID", object, SCHEME);
            out.fixed("cbc:DocumentTypeCode", "130");
        });
    }
}

/// BT-132, with what the French profile adds. UBL has no place for the number of the sales order.
fn order<'a>(out: &mut Out<'a>, line: &'a Line) {
    let order = line.order.as_ref();
    let sales = line.sales_order.as_ref().filter(|sales| sales.line.is_some());
    if order.is_none() && sales.is_none() {
        return;
    }
    out.within("cac:OrderLineReference", |out| {
        out.required("cbc:LineID", order.map_or(&None, |order| &order.line), "");
        out.any("cbc:SalesOrderLineID", sales.map_or(&None, |sales| &sales.line));
        if let Some(order) = order {
            document(out, "cac:OrderReference", order);
        }
    });
}

fn line_reference<'a>(out: &mut Out<'a>, reference: Option<&'a LineReference>) {
    let Some(reference) = reference else { return };
    out.required("cbc:LineID", &reference.line, "");
    document(out, "cac:DocumentReference", reference);
}

fn document<'a>(out: &mut Out<'a>, name: &'static str, reference: &'a LineReference) {
    if reference.document.is_some() || reference.issued.is_some() {
        out.within(name, |out| {
            out.required("cbc:ID", &reference.document, "");
            out.any("cbc:IssueDate", &reference.issued);
        });
    }
}

/// EXT-FR-FE-162 and 163: a billing reference to the invoice itself says where the line stands in it.
fn position<'a>(out: &mut Out<'a>, invoice: &'a Invoice, line: &'a Line) {
    let (Some(number), true) = (&invoice.number, line.parent.is_some() || line.subtype.is_some()) else { return };
    out.within("cac:BillingReference", |out| {
        out.within("cac:InvoiceDocumentReference", |out| {
            out.fixed("cbc:ID", number);
            out.any("cbc:DocumentStatusCode", &line.subtype);
        });
        out.within("cac:BillingReferenceLine", |out| out.any("cbc:ID", &line.parent));
    });
}

fn allowances<'a>(out: &mut Out<'a>, line: &'a Line, currency: &'a Option<String>) {
    line.allowances.iter().for_each(|allowance| totals::line_level(out, allowance, "false", currency));
    line.charges.iter().for_each(|charge| totals::line_level(out, charge, "true", currency));
}

fn tax_totals<'a>(out: &mut Out<'a>, invoice: &'a Invoice, line: &'a Line) {
    out.within("cac:TaxTotal", |out| out.money("cbc:TaxAmount", &line.vat_amount, &invoice.currency));
    out.within("cac:TaxTotal", |out| {
        out.accounting("cbc:TaxAmount", &line.vat_amount_in_accounting_currency);
    });
}

/// BG-31 and BG-30.
fn item<'a>(out: &mut Out<'a>, line: &'a Line) {
    let Item { name, description, seller_identifier, buyer_identifier, origin, .. } = &line.item;
    out.any("cbc:Description", description);
    out.quantity("cbc:PackQuantity", &line.per_package);
    out.any("cbc:Name", name);
    out.within("cac:BuyersItemIdentification", |out| out.any("cbc:ID", buyer_identifier));
    out.within("cac:SellersItemIdentification", |out| out.any("cbc:ID", seller_identifier));
    if let Some(identifier) = &line.item.standard_identifier {
        out.within("cac:StandardItemIdentification", |out| out.identifier("cbc:ID", identifier, SCHEME));
    }
    out.within("cac:OriginCountry", |out| out.any("cbc:IdentificationCode", origin));
    for classification in &line.item.classifications {
        out.within("cac:CommodityClassification", |out| {
            out.identifier("cbc:ItemClassificationCode", classification, ("listID", Some("listVersionID")));
        });
    }
    out.within("cac:ClassifiedTaxCategory", |out| {
        out.any("cbc:ID", &line.vat_category);
        out.any("cbc:Percent", &line.vat_rate);
        out.any("cbc:TaxExemptionReasonCode", &line.vat_exemption_code);
        out.any("cbc:TaxExemptionReason", &line.vat_exemption);
        totals::tax_scheme(out);
    });
    line.item.attributes.iter().for_each(|each| attribute(out, each));
    if let Some(seller) = &line.seller {
        out.within("cac:ManufacturerParty", |out| party(out, seller, Naming::Registered, None, (None, None)));
    }
}

fn attribute<'a>(out: &mut Out<'a>, attribute: &'a ItemAttribute) {
    out.within("cac:AdditionalItemProperty", |out| {
        out.required("cbc:Name", &attribute.name, "");
        out.any("cbc:NameCode", &attribute.code);
        out.any("cbc:Value", &attribute.value);
        out.quantity("cbc:ValueQuantity", &attribute.measure);
    });
}

/// BG-29. UBL has the gross price only as the base of a discount: one of the two that is missing is their difference.
fn price<'a>(out: &mut Out<'a>, price: &'a Price, currency: &'a Option<String>) {
    out.money("cbc:PriceAmount", &price.net, currency);
    out.quantity("cbc:BaseQuantity", &price.base);
    let has_discount = price.discount.is_some() || price.gross.is_some();
    if !has_discount && price.discount_reason.is_none() && price.discount_reason_code.is_none() {
        return;
    }
    out.within("cac:AllowanceCharge", |out| {
        out.fixed("cbc:ChargeIndicator", "false");
        out.any("cbc:AllowanceChargeReasonCode", &price.discount_reason_code);
        out.any("cbc:AllowanceChargeReason", &price.discount_reason);
        match price.discount {
            Some(_) => out.money("cbc:Amount", &price.discount, currency),
            None => derived_discount(out, price, currency.as_deref()),
        }
        out.money("cbc:BaseAmount", &price.gross, currency);
    });
}

/// BT-147 is BT-148 less BT-146.
fn derived_discount(out: &mut Out<'_>, price: &Price, currency: Option<&str>) {
    let difference = price.gross.zip(price.net).and_then(|(gross, net)| Amount::checked_sub(gross, net));
    if let Some(discount) = difference {
        out.derive("BT-147", &discount);
        out.fixed_with("cbc:Amount", &discount.to_string(), &[("currencyID", currency.unwrap_or_default())]);
    }
}
