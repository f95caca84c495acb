//! UN/CEFACT Cross Industry Invoice (D16B to D22B, Factur-X, ZUGFeRD) into the model (EN 16931-3-3, and the French
//! extensions). ZUGFeRD 1 has the same tree under older names, which stand beside the present ones.

mod agreement;
mod delivery;
mod header;
mod item;
mod lines;
mod parties;
mod settlement;
mod tax;
mod totals;

use facteur_model::invoice::Invoice;
use facteur_model::kind::DocumentKind;
use facteur_xml::{Document, Node};

use crate::parsed::Parsed;
use crate::reader::Reader;

/// Beginnings of the namespaces of the components, and of the root of ZUGFeRD 1.
const VOCABULARY: &[&str] = &["urn:un:unece:uncefact:data:standard:", "urn:ferd:CrossIndustryDocument:"];

pub(crate) fn read(document: &Document) -> Parsed {
    let mut reader = Reader::new(document, VOCABULARY);
    let root = document.root();
    currencies(&mut reader, root);
    let mut invoice = Invoice::default();
    for element in reader.elements(root) {
        match element.name() {
            "ExchangedDocumentContext" | "SpecifiedExchangedDocumentContext" => {
                header::context(&mut reader, element, &mut invoice);
            }
            "ExchangedDocument" | "HeaderExchangedDocument" => header::document(&mut reader, element, &mut invoice),
            "SupplyChainTradeTransaction" | "SpecifiedSupplyChainTradeTransaction" => {
                transaction(&mut reader, element, &mut invoice);
            }
            _ => {}
        }
    }
    reader.finish(DocumentKind::Cii, invoice)
}

fn transaction<'a>(reader: &mut Reader<'a>, element: Node<'a>, invoice: &mut Invoice) {
    for child in reader.elements(element) {
        match child.name() {
            "IncludedSupplyChainTradeLineItem" => {
                let line = lines::line(reader, child);
                invoice.lines.push(line);
            }
            "ApplicableHeaderTradeAgreement" | "ApplicableSupplyChainTradeAgreement" => {
                agreement::agreement(reader, child, invoice);
            }
            "ApplicableHeaderTradeDelivery" | "ApplicableSupplyChainTradeDelivery" => {
                delivery::header_delivery(reader, child, invoice);
            }
            "ApplicableHeaderTradeSettlement" | "ApplicableSupplyChainTradeSettlement" => {
                settlement::settlement(reader, child, invoice);
            }
            _ => {}
        }
    }
}

/// The currencies stand after the lines in CII, and are needed for them.
fn currencies<'a>(reader: &mut Reader<'a>, root: Node<'a>) {
    let settlement = root
        .child("SupplyChainTradeTransaction")
        .and_then(|transaction| transaction.child("ApplicableHeaderTradeSettlement"))
        .or_else(|| root.descend(&["SpecifiedSupplyChainTradeTransaction", "ApplicableSupplyChainTradeSettlement"]));
    let Some(settlement) = settlement else { return };
    reader.currencies(settlement.child("InvoiceCurrencyCode"), settlement.child("TaxCurrencyCode"));
}
