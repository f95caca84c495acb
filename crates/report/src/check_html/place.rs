//! Beside which part of the invoice a finding is shown.

use facteur_model::finding::Finding;

/// A part of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Area {
    /// Number, dates, references, notes.
    Header,
    /// BG-4.
    Seller,
    /// BG-7.
    Buyer,
    /// BG-10.
    Payee,
    /// BG-13.
    Delivery,
    /// A line, counted from 0.
    Line(usize),
    /// A part of the VAT breakdown, counted from 0.
    Vat(usize),
    /// BG-20 to BG-22.
    Totals,
    /// BG-16.
    Payment,
    /// BG-24.
    Documents,
    /// The document as a whole.
    General,
}

/// Elements that tell the area, in the order in which they are looked for; UBL, then CII.
const ELEMENTS: [(&str, Area); 28] = [
    ("InvoiceLine", Area::Line(0)),
    ("CreditNoteLine", Area::Line(0)),
    ("IncludedSupplyChainTradeLineItem", Area::Line(0)),
    ("TaxSubtotal", Area::Vat(0)),
    ("AccountingSupplierParty", Area::Seller),
    ("SellerTradeParty", Area::Seller),
    ("AccountingCustomerParty", Area::Buyer),
    ("BuyerTradeParty", Area::Buyer),
    ("PayeeParty", Area::Payee),
    ("PayeeTradeParty", Area::Payee),
    ("PaymentMeans", Area::Payment),
    ("PaymentTerms", Area::Payment),
    ("SpecifiedTradeSettlementPaymentMeans", Area::Payment),
    ("SpecifiedTradePaymentTerms", Area::Payment),
    ("LegalMonetaryTotal", Area::Totals),
    ("SpecifiedTradeSettlementHeaderMonetarySummation", Area::Totals),
    ("AdditionalDocumentReference", Area::Documents),
    ("AdditionalReferencedDocument", Area::Documents),
    ("Delivery", Area::Delivery),
    ("ApplicableHeaderTradeDelivery", Area::Delivery),
    ("OrderReference", Area::Header),
    ("BillingReference", Area::Header),
    ("ContractDocumentReference", Area::Header),
    ("BuyerOrderReferencedDocument", Area::Header),
    ("ContractReferencedDocument", Area::Header),
    ("InvoiceReferencedDocument", Area::Header),
    ("ExchangedDocument", Area::Header),
    ("ExchangedDocumentContext", Area::Header),
];

/// Where a finding belongs: by its path, else by its term.
pub(super) fn of(finding: &Finding) -> Area {
    let by_path = finding.path.as_deref().and_then(by_path);
    by_path.or_else(|| finding.term.as_deref().and_then(by_term)).unwrap_or(Area::General)
}

fn by_path(path: &str) -> Option<Area> {
    let steps: Vec<(&str, usize)> = path.split('/').map(step).collect();
    // The VAT breakdown of a CII stands in the settlement of the header; that of a line, inside the line.
    let in_line = |name: &str| name.ends_with("LineItem") || name.ends_with("Line");
    if !steps.iter().any(|(name, _)| in_line(name)) {
        let settlement = steps.iter().any(|(name, _)| *name == "ApplicableHeaderTradeSettlement");
        let tax = steps.iter().find(|(name, _)| *name == "ApplicableTradeTax").filter(|_| settlement);
        if let Some((_, index)) = tax {
            return Some(Area::Vat(*index));
        }
    }
    ELEMENTS.iter().find_map(|(element, area)| {
        let (_, index) = steps.iter().find(|(name, _)| name == element)?;
        Some(match area {
            Area::Line(_) => Area::Line(*index),
            Area::Vat(_) => Area::Vat(*index),
            other => *other,
        })
    })
}

/// The local name of a step and its index, counted from 0: `cac:InvoiceLine[2]`, `*:InvoiceLine[namespace-uri()='…'][2]`.
fn step(step: &str) -> (&str, usize) {
    let name = step.split('[').next().unwrap_or(step);
    let name = name.rsplit(':').next().unwrap_or(name);
    let last = step.rsplit('[').next().and_then(|rest| rest.strip_suffix(']'));
    let index = last.and_then(|digits| digits.parse::<usize>().ok()).unwrap_or(1);
    (name, index.saturating_sub(1))
}

fn by_term(term: &str) -> Option<Area> {
    if let Some(number) = term.strip_prefix("BT-") {
        let number: u32 = number.split('-').next()?.parse().ok()?;
        return Some(match number {
            9 | 20 | 81..=91 => Area::Payment,
            1..=8 | 10..=19 | 21..=26 => Area::Header,
            27..=43 | 162 => Area::Seller,
            44..=58 | 163 => Area::Buyer,
            59..=61 => Area::Payee,
            70..=80 | 165 => Area::Delivery,
            92..=115 => Area::Totals,
            122..=125 => Area::Documents,
            _ => return None,
        });
    }
    Some(match term {
        "BG-1" | "BG-2" | "BG-3" => Area::Header,
        "BG-4" | "BG-5" | "BG-6" => Area::Seller,
        "BG-7" | "BG-8" | "BG-9" => Area::Buyer,
        "BG-10" => Area::Payee,
        "BG-13" | "BG-14" | "BG-15" => Area::Delivery,
        "BG-16" | "BG-17" | "BG-18" | "BG-19" => Area::Payment,
        "BG-20" | "BG-21" | "BG-22" => Area::Totals,
        "BG-24" => Area::Documents,
        "CPP-SERVICE-CODE" => Area::Buyer,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use facteur_model::finding::Layer;

    use super::*;

    fn at(path: &str) -> Area {
        of(&Finding::fatal(Layer::En16931, "R").at(path, 1))
    }

    #[test]
    fn the_path_goes_before_the_term() {
        assert_eq!(at("/Invoice/cac:InvoiceLine[2]/cbc:ID"), Area::Line(1));
        assert_eq!(at("/Invoice/cac:InvoiceLine/cac:Item"), Area::Line(0));
        assert_eq!(
            at("/*:Invoice[namespace-uri()='urn:x'][1]/*:InvoiceLine[namespace-uri()='urn:y'][3]"),
            Area::Line(2)
        );
        assert_eq!(at("/Invoice/cac:TaxTotal/cac:TaxSubtotal[2]"), Area::Vat(1));
        let settlement =
            "/rsm:CrossIndustryInvoice/rsm:SupplyChainTradeTransaction/ram:ApplicableHeaderTradeSettlement";
        assert_eq!(at(&format!("{settlement}/ram:ApplicableTradeTax[3]/ram:RateApplicablePercent")), Area::Vat(2));
        let line = "/rsm:CrossIndustryInvoice/rsm:SupplyChainTradeTransaction/ram:IncludedSupplyChainTradeLineItem[7]";
        assert_eq!(at(&format!("{line}/ram:SpecifiedLineTradeSettlement/ram:ApplicableTradeTax")), Area::Line(6));
        assert_eq!(at("/Invoice/cac:ContractDocumentReference/cbc:DocumentType"), Area::Header);
        assert_eq!(at("/Invoice"), Area::General);
        let both = Finding::fatal(Layer::En16931, "R").at("/Invoice", 1).term("BT-84");
        assert_eq!(of(&both), Area::Payment);
        assert_eq!(of(&Finding::fatal(Layer::En16931, "R").term("BT-131")), Area::General);
        assert_eq!(of(&Finding::fatal(Layer::En16931, "R")), Area::General);
    }
}
