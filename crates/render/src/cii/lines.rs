//! Lines of a CII document.

use facteur_model::invoice::{Invoice, Item, ItemAttribute, Line, LineReference, Price};

use super::agreement::object;
use super::parties::{Role, some_party};
use super::{FORMATTED, Profile, date, delivery, scheme, settlement, tax};
use crate::out::Out;

/// BG-25.
pub(super) fn line<'a>(out: &mut Out<'a>, invoice: &'a Invoice, line: &'a Line, profile: Profile) {
    let extended = profile >= Profile::Extended;
    out.always("ram:IncludedSupplyChainTradeLineItem", |out| {
        out.within("ram:AssociatedDocumentLineDocument", |out| {
            out.any("ram:LineID", &line.id);
            if extended {
                out.any("ram:ParentLineID", &line.parent);
                out.any("ram:LineStatusReasonCode", &line.subtype);
            }
            let notes = if extended { line.notes.len() } else { 1 };
            for note in line.notes.iter().take(notes) {
                if profile != Profile::Cii && note.text.as_deref().is_none_or(|text| text.trim().is_empty()) {
                    continue;
                }
                out.within("ram:IncludedNote", |out| {
                    out.any("ram:Content", &note.text);
                    // EN 16931 has no subject of a line's note.
                    if extended {
                        out.any("ram:SubjectCode", &note.subject);
                    }
                });
            }
        });
        out.within("ram:SpecifiedTradeProduct", |out| item(out, &line.item, profile));
        out.within("ram:SpecifiedLineTradeAgreement", |out| agreement(out, line, profile));
        out.within("ram:SpecifiedLineTradeDelivery", |out| line_delivery(out, line, profile));
        out.always("ram:SpecifiedLineTradeSettlement", |out| line_settlement(out, invoice, line, profile));
    });
}

/// BG-31.
fn item<'a>(out: &mut Out<'a>, item: &'a Item, profile: Profile) {
    if let Some(identifier) = &item.standard_identifier {
        out.identifier("ram:GlobalID", identifier, scheme(profile));
    }
    let standard = profile >= Profile::En16931;
    if standard {
        out.any("ram:SellerAssignedID", &item.seller_identifier);
        out.any("ram:BuyerAssignedID", &item.buyer_identifier);
    }
    out.any("ram:Name", &item.name);
    if !standard {
        return;
    }
    out.any("ram:Description", &item.description);
    item.attributes.iter().for_each(|each| attribute(out, each, profile));
    for classification in &item.classifications {
        out.within("ram:DesignatedProductClassification", |out| {
            out.identifier("ram:ClassCode", classification, ("listID", Some("listVersionID")));
        });
    }
    out.within("ram:OriginTradeCountry", |out| out.any("ram:ID", &item.origin));
}

fn attribute<'a>(out: &mut Out<'a>, attribute: &'a ItemAttribute, profile: Profile) {
    let extended = profile >= Profile::Extended;
    out.within("ram:ApplicableProductCharacteristic", |out| {
        if extended {
            out.any("ram:TypeCode", &attribute.code);
        }
        out.any("ram:Description", &attribute.name);
        if extended {
            out.quantity("ram:ValueMeasure", &attribute.measure);
        }
        out.any("ram:Value", &attribute.value);
    });
}

fn agreement<'a>(out: &mut Out<'a>, line: &'a Line, profile: Profile) {
    let extended = profile >= Profile::Extended;
    if extended {
        reference(out, "ram:SellerOrderReferencedDocument", line.sales_order.as_ref());
        reference(out, "ram:BuyerOrderReferencedDocument", line.order.as_ref());
    } else if let Some(order) = line.order.as_ref().filter(|_| profile >= Profile::En16931) {
        out.within("ram:BuyerOrderReferencedDocument", |out| out.any("ram:LineID", &order.line));
    }
    price(out, &line.price, profile);
    some_party(out, "ram:ItemSellerTradeParty", line.seller.as_ref().filter(|_| extended), Role::Other, profile);
}

fn reference<'a>(out: &mut Out<'a>, name: &'static str, reference: Option<&'a LineReference>) {
    let Some(reference) = reference else { return };
    out.within(name, |out| {
        out.any("ram:IssuerAssignedID", &reference.document);
        out.any("ram:LineID", &reference.line);
        date(out, "ram:FormattedIssueDateTime", FORMATTED, &reference.issued);
    });
}

/// BG-29. The schema demands the gross price where there is a discount: both together give the missing one.
fn price<'a>(out: &mut Out<'a>, price: &'a Price, profile: Profile) {
    let extended = profile >= Profile::Extended;
    let reasons = price.discount_reason.is_some() || price.discount_reason_code.is_some();
    if price.gross.is_some() || price.discount.is_some() || (extended && reasons) {
        out.within("ram:GrossPriceProductTradePrice", |out| {
            match price.gross {
                Some(_) => out.any("ram:ChargeAmount", &price.gross),
                None => derived_gross(out, price),
            }
            if price.discount.is_some() || (extended && reasons) {
                out.within("ram:AppliedTradeAllowanceCharge", |out| {
                    tax::indicator(out, false);
                    out.any("ram:ActualAmount", &price.discount);
                    if extended {
                        out.any("ram:ReasonCode", &price.discount_reason_code);
                        out.any("ram:Reason", &price.discount_reason);
                    }
                });
            }
        });
    }
    out.within("ram:NetPriceProductTradePrice", |out| {
        out.any("ram:ChargeAmount", &price.net);
        out.quantity("ram:BasisQuantity", &price.base);
    });
}

/// BT-148 is BT-146 and BT-147 together.
fn derived_gross(out: &mut Out<'_>, price: &Price) {
    let sum = price.net.zip(price.discount).and_then(|(net, discount)| net.checked_add(discount));
    if let Some(gross) = sum {
        out.derive("BT-148", &gross);
        out.fixed("ram:ChargeAmount", &gross.to_string());
    }
}

fn line_delivery<'a>(out: &mut Out<'a>, line: &'a Line, profile: Profile) {
    out.quantity("ram:BilledQuantity", &line.quantity);
    if profile < Profile::Extended {
        return;
    }
    out.quantity("ram:PerPackageUnitQuantity", &line.per_package);
    delivery::delivery(out, line.delivery.as_ref(), profile);
    reference(out, "ram:DespatchAdviceReferencedDocument", line.despatch_advice.as_ref());
    reference(out, "ram:ReceivingAdviceReferencedDocument", line.receiving_advice.as_ref());
}

fn line_settlement<'a>(out: &mut Out<'a>, invoice: &'a Invoice, line: &'a Line, profile: Profile) {
    let extended = profile >= Profile::Extended;
    line_tax(out, line, extended);
    delivery::period(out, line.period.as_ref(), profile);
    line.allowances.iter().for_each(|each| tax::line_level(out, each, false, profile));
    line.charges.iter().for_each(|each| tax::line_level(out, each, true, profile));
    out.within("ram:SpecifiedTradeSettlementLineMonetarySummation", |out| {
        out.any("ram:LineTotalAmount", &line.net_amount);
        if extended {
            out.money("ram:TaxTotalAmount", &line.vat_amount, &invoice.currency);
            out.accounting("ram:TaxTotalAmount", &line.vat_amount_in_accounting_currency);
            out.any("ram:GrandTotalAmount", &line.amount_with_vat);
        }
    });
    // The schema of EXTENDED has one, that of D22B any number.
    let preceding = match profile {
        Profile::Cii => line.preceding.len(),
        Profile::Extended => 1,
        _ => 0,
    };
    line.preceding.iter().take(preceding).for_each(|each| settlement::preceding(out, each, profile));
    if profile >= Profile::En16931 {
        let objects = if extended { line.objects.len() } else { 1 };
        line.objects.iter().take(objects).for_each(|each| object(out, each));
        out.within("ram:ReceivableSpecifiedTradeAccountingAccount", |out| {
            out.any("ram:ID", &line.accounting_reference);
        });
    }
}

/// BG-30.
fn line_tax<'a>(out: &mut Out<'a>, line: &'a Line, extended: bool) {
    let more = line.vat_exemption.is_some() || line.vat_exemption_code.is_some() || line.vat_point_code.is_some();
    if line.vat_category.is_none() && line.vat_rate.is_none() && !(extended && more) {
        return;
    }
    out.within("ram:ApplicableTradeTax", |out| {
        out.fixed("ram:TypeCode", "VAT");
        if extended {
            out.any("ram:ExemptionReason", &line.vat_exemption);
        }
        out.any("ram:CategoryCode", &line.vat_category);
        if extended {
            out.any("ram:ExemptionReasonCode", &line.vat_exemption_code);
            tax::point_code(out, &line.vat_point_code);
        }
        out.any("ram:RateApplicablePercent", &line.vat_rate);
    });
}
