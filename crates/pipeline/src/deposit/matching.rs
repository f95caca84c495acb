//! Is what the gateway shows the invoice that we sent? Number, supplier, issue date and total must be equal.

use facteur_model::gateway::GatewayInvoice;
use facteur_store::record::Invoice;

/// Whether a row of the gateway is our invoice. What the row does not say cannot speak against it, but the number
/// and at least one of supplier and total must be there and equal.
pub(super) fn is_ours(ours: &Invoice, theirs: &GatewayInvoice) -> bool {
    let number = ours.number.as_deref().is_some_and(|number| number == theirs.number);
    let supplier = theirs.supplier.as_deref().map(|code| same_supplier(ours, code));
    let issued = theirs.issued.as_deref().map(|date| ours.issued.as_deref() == Some(date));
    let total = theirs.total.map(|total| ours.total.as_deref().and_then(|text| text.parse().ok()) == Some(total));
    let nothing_against = [supplier, issued, total].iter().all(|answer| answer.unwrap_or(true));
    number && nothing_against && (supplier.is_some() || total.is_some())
}

/// Chorus Pro knows suppliers by SIRET; another structure of the same legal person is another supplier.
fn same_supplier(ours: &Invoice, code: &str) -> bool {
    match (&ours.supplier_siret, &ours.supplier_siren) {
        (Some(siret), _) => siret == code,
        (None, Some(siren)) => code.starts_with(siren.as_str()),
        (None, None) => false,
    }
}

/// The one row that is our invoice; with several, the one that the recipient can act on is preferred.
pub(super) fn find<'a>(ours: &Invoice, rows: &'a [GatewayInvoice]) -> Option<&'a GatewayInvoice> {
    rows.iter().find(|row| is_ours(ours, row))
}
