//! Totals of a CII document.

use facteur_model::invoice::Totals;
use facteur_xml::Node;

use crate::reader::Reader;
use crate::ubl::vat_amount;

/// BG-22.
pub(super) fn summation<'a>(reader: &mut Reader<'a>, element: Node<'a>, totals: &mut Totals) {
    reader.group(element, "BG-22");
    for child in reader.elements(element) {
        match child.name() {
            "LineTotalAmount" => reader.amount(child, "BT-106", &mut totals.lines),
            "ChargeTotalAmount" => reader.amount(child, "BT-108", &mut totals.charges),
            "AllowanceTotalAmount" => reader.amount(child, "BT-107", &mut totals.allowances),
            "TaxBasisTotalAmount" => reader.amount(child, "BT-109", &mut totals.without_vat),
            "TaxTotalAmount" if reader.is_foreign(child) && is_beside_the_total(reader, element) => {
                reader.amount(child, "BT-111", &mut totals.vat_in_accounting_currency);
            }
            "TaxTotalAmount" => {
                let accounting = &mut totals.vat_in_accounting_currency;
                vat_amount(reader, child, [("BT-110", &mut totals.vat), ("BT-111", accounting)]);
            }
            "GrandTotalAmount" => reader.amount(child, "BT-112", &mut totals.with_vat),
            "TotalPrepaidAmount" => reader.amount(child, "BT-113", &mut totals.paid),
            "RoundingAmount" => reader.amount(child, "BT-114", &mut totals.rounding),
            "DuePayableAmount" => reader.amount(child, "BT-115", &mut totals.due),
            _ => {}
        }
    }
}

/// Whether another VAT total of the document is in the currency of the invoice: then one in a currency that the
/// document does not name can only be meant for the VAT accounts.
fn is_beside_the_total<'a>(reader: &mut Reader<'a>, element: Node<'a>) -> bool {
    reader.has_vat_total(|reader| element.children_named("TaxTotalAmount").any(|amount| reader.is_native(amount)))
}
