//! How many of a thing there may be.
//!
//! Source: XP Z12-012, annex A.

use facteur_model::finding::Finding;
use facteur_model::invoice::Party;
use facteur_xml::Document;

use super::View;

/// Most lines of an invoice.
const LINES_MAX: usize = 999_999;

/// BR-FR-CPRO-19: fewer than a million lines.
pub fn br_fr_cpro_19(view: &View<'_>) -> Vec<Finding> {
    at_most(view, view.invoice.lines.len(), LINES_MAX)
}

/// BR-FR-CPRO-20: at most one preceding invoice (BG-3).
pub fn br_fr_cpro_20(view: &View<'_>) -> Vec<Finding> {
    at_most(view, view.invoice.preceding.len(), 1)
}

/// BR-FR-CPRO-25: at most one text of payment terms (BT-20). The model holds one, so they are counted in the document.
pub fn br_fr_cpro_25(view: &View<'_>) -> Vec<Finding> {
    at_most(view, view.document.map_or(0, payment_terms), 1)
}

/// BR-FR-CPRO-26: at most one contact of the seller (BG-6).
pub fn br_fr_cpro_26(view: &View<'_>) -> Vec<Finding> {
    one_contact(view, Some(&view.invoice.seller))
}

/// BR-FR-CPRO-27: at most one contact of the buyer (BG-9).
pub fn br_fr_cpro_27(view: &View<'_>) -> Vec<Finding> {
    one_contact(view, Some(&view.invoice.buyer))
}

/// BR-FR-CPRO-28: at most one contact of the seller's agent (EXT-FR-FE-BG-03).
pub fn br_fr_cpro_28(view: &View<'_>) -> Vec<Finding> {
    one_contact(view, view.invoice.other_parties.seller_agent.as_ref())
}

fn one_contact(view: &View<'_>, party: Option<&Party>) -> Vec<Finding> {
    at_most(view, party.map_or(0, |party| party.contacts.len()), 1)
}

fn at_most(view: &View<'_>, count: usize, max: usize) -> Vec<Finding> {
    let finding = || view.fatal().found(count.to_string()).expected(max.to_string());
    (count > max).then(finding).into_iter().collect()
}

/// Texts of payment terms: `PaymentTerms/Note` in UBL, `SpecifiedTradePaymentTerms/Description` in CII.
fn payment_terms(document: &Document) -> usize {
    let root = document.root();
    let (parent, group, text) = match root.name() {
        "Invoice" | "CreditNote" => (Some(root), "PaymentTerms", "Note"),
        "CrossIndustryInvoice" => {
            let settlement = root.descend(&["SupplyChainTradeTransaction", "ApplicableHeaderTradeSettlement"]);
            (settlement, "SpecifiedTradePaymentTerms", "Description")
        }
        _ => (None, "", ""),
    };
    let groups = parent.into_iter().flat_map(|parent| parent.children_named(group));
    groups.flat_map(|terms| terms.children_named(text)).count()
}

#[cfg(test)]
mod tests {
    use facteur_model::invoice::Invoice;

    use super::*;
    use crate::chorus_pro::Demands;
    use crate::chorus_pro::b2g::View;

    #[test]
    fn a_million_lines_are_one_too_many() {
        let (invoice, demands) = (Invoice::default(), Demands::default());
        let view =
            View { invoice: &invoice, document: None, demands: &demands, directory: None, rule: "BR-FR-CPRO-19" };
        assert!(br_fr_cpro_19(&view).is_empty());
        assert!(at_most(&view, 999_999, LINES_MAX).is_empty());
        let found = at_most(&view, 1_000_000, LINES_MAX);
        assert_eq!((found.len(), found[0].found.as_deref()), (1, Some("1000000")));
    }
}
