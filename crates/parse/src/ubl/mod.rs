//! UBL 2.1 `Invoice` and `CreditNote` into the model (EN 16931-3-2, and the French extensions).

mod delivery;
mod header;
mod item;
mod lines;
mod parties;
mod payment;
mod totals;

use facteur_model::invoice::Invoice;
use facteur_model::kind::DocumentKind;
use facteur_xml::{Document, Node};

use crate::parsed::Parsed;
use crate::reader::{Reader, values::period_or_none};
use crate::terms;

pub(crate) use header::binary_object;
pub(crate) use totals::vat_amount;

/// Beginning of the namespaces of UBL's common components.
const VOCABULARY: &[&str] = &["urn:oasis:names:specification:ubl:schema:xsd:Common"];

pub(crate) fn read(document: &Document, kind: DocumentKind) -> Parsed {
    let mut reader = Reader::new(document, VOCABULARY);
    let root = document.root();
    reader.currencies(reader.child(root, "DocumentCurrencyCode"), reader.child(root, "TaxCurrencyCode"));
    let mut invoice = Invoice::default();
    // A line refers to its own invoice by number (EXT-FR-FE-162), so the number comes first.
    if let Some(number) = reader.child(root, "ID") {
        reader.text(number, "BT-1", &mut invoice.number);
    }
    for element in reader.elements(root) {
        if !header::scalar(&mut reader, element, &mut invoice) {
            group(&mut reader, element, &mut invoice, kind);
        }
    }
    header::sepa_creditor(&mut invoice);
    reader.finish(kind, invoice)
}

/// The aggregates of the root.
fn group<'a>(reader: &mut Reader<'a>, element: Node<'a>, invoice: &mut Invoice, kind: DocumentKind) {
    match element.name() {
        "UBLExtensions" => header::extensions(reader, element, invoice),
        "InvoicePeriod" => {
            let period =
                delivery::period(reader, element, ["BG-14", "BT-73", "BT-74", "BT-8"], &mut invoice.vat_point_code);
            if let Some(period) = period_or_none(period) {
                reader.one_group(element, "BG-14", &mut invoice.period, period);
            }
        }
        "OrderReference" => header::order(reader, element, invoice),
        "BillingReference" => {
            let terms = ["BG-3", "BT-25", "BT-26", "EXT-FR-FE-02"];
            invoice.preceding.extend(header::preceding(reader, element, terms));
        }
        "DespatchDocumentReference" => header::despatch(reader, element, invoice),
        "ReceiptDocumentReference" => header::reference(reader, element, "BT-15", &mut invoice.receiving_advice),
        "OriginatorDocumentReference" => header::reference(reader, element, "BT-17", &mut invoice.tender),
        "ContractDocumentReference" => header::contract(reader, element, invoice),
        "ProjectReference" => header::reference(reader, element, "BT-11", &mut invoice.project),
        "AdditionalDocumentReference" => header::additional_document(reader, element, invoice, kind),
        "AccountingSupplierParty" => parties::supplier(reader, element, invoice),
        "AccountingCustomerParty" => parties::customer(reader, element, invoice),
        "PayeeParty" => {
            let payee = parties::party(reader, element, &terms::PAYEE);
            reader.one_group(element, "BG-10", &mut invoice.payee, payee);
        }
        "TaxRepresentativeParty" => {
            let representative = parties::party(reader, element, &terms::TAX_REPRESENTATIVE);
            reader.one_group(element, "BG-11", &mut invoice.tax_representative, representative);
        }
        "Delivery" => {
            let read = delivery::delivery(reader, element, &delivery::DOCUMENT);
            reader.one_group(element, "BG-13", &mut invoice.delivery, read);
        }
        "DeliveryTerms" => invoice.delivery_terms = delivery::terms(reader, element),
        "TaxExchangeRate" => invoice.vat_exchange = Some(totals::exchange(reader, element)),
        "PaymentMeans" => payment::means(reader, element, invoice),
        "PaymentTerms" => payment::terms(reader, element, invoice),
        "AllowanceCharge" => totals::allowance_or_charge(reader, element, invoice),
        "TaxTotal" => totals::tax_total(reader, element, invoice),
        "LegalMonetaryTotal" => totals::monetary_total(reader, element, &mut invoice.totals),
        "InvoiceLine" | "CreditNoteLine" => {
            let line = lines::line(reader, element, invoice.number.as_deref());
            invoice.lines.push(line);
        }
        _ => {}
    }
}
