//! Lengths: what Chorus Pro's own database can hold.
//!
//! Source: XP Z12-012, annex A; the limits on numbers, references and attachments are those of the historic formats too
//! (`CPPFactureMixte.xsd`). Lengths are counted in characters.

use facteur_model::finding::Finding;

use super::View;

const NUMBER_MAX: usize = 20;
const REFERENCE_MAX: usize = 50;
const TEXT_MAX: usize = 1024;
const ADDRESS_MAX: usize = 400;
const NAME_MAX: usize = 99;
const LOCATION_MAX: usize = 20;
const ACCOUNT_MAX: usize = 27;
const ATTACHMENT_NAME_MAX: usize = 50;
/// Characters of a value that are shown.
const SHOWN: usize = 60;

/// BR-FR-CPRO-02: the numbers of the invoice (BT-1) and of preceding ones (BT-25, on lines EXT-FR-FE-136) have at most
/// 20 characters.
pub fn br_fr_cpro_02(view: &View<'_>) -> Vec<Finding> {
    let own = at_most(view, "BT-1", NUMBER_MAX, view.invoice.number.as_deref());
    own.into_iter().chain(preceding_numbers(view)).collect()
}

/// The part of BR-FR-CPRO-02 that is about preceding invoices.
pub(super) fn preceding_numbers(view: &View<'_>) -> Vec<Finding> {
    let preceding = view.invoice.preceding.iter().filter_map(|preceding| preceding.number.as_deref());
    let on_lines = view.invoice.lines.iter().flat_map(|line| &line.preceding);
    let on_lines = on_lines.filter_map(|preceding| preceding.number.as_deref());
    let mut findings = at_most(view, "BT-25", NUMBER_MAX, preceding);
    findings.extend(at_most(view, "EXT-FR-FE-136", NUMBER_MAX, on_lines));
    findings
}

/// BR-FR-CPRO-14: the contract reference (BT-12) has at most 50 characters.
pub fn br_fr_cpro_14(view: &View<'_>) -> Vec<Finding> {
    at_most(view, "BT-12", REFERENCE_MAX, view.invoice.contract.as_deref())
}

/// BR-FR-CPRO-15: the commitment number (BT-13) has at most 50 characters.
pub fn br_fr_cpro_15(view: &View<'_>) -> Vec<Finding> {
    at_most(view, "BT-13", REFERENCE_MAX, view.invoice.purchase_order.as_deref())
}

/// BR-FR-CPRO-29: the exemption reason (BT-120) has at most 1,024 characters.
pub fn br_fr_cpro_29(view: &View<'_>) -> Vec<Finding> {
    let reasons = view.invoice.vat_breakdown.iter().filter_map(|part| part.exemption.as_deref());
    at_most(view, "BT-120", TEXT_MAX, reasons)
}

/// BR-FR-CPRO-30: the reference of a supporting document (BT-122) has at most 50 characters.
pub fn br_fr_cpro_30(view: &View<'_>) -> Vec<Finding> {
    let references = view.invoice.supporting_documents.iter().filter_map(|document| document.reference.as_deref());
    at_most(view, "BT-122", REFERENCE_MAX, references)
}

/// BR-FR-CPRO-31: the description of an item (BT-154) has at most 1,024 characters.
pub fn br_fr_cpro_31(view: &View<'_>) -> Vec<Finding> {
    let descriptions = view.invoice.lines.iter().filter_map(|line| line.item.description.as_deref());
    at_most(view, "BT-154", TEXT_MAX, descriptions)
}

/// BR-FR-CPRO-32: the first line of the seller's address (BT-35) has at most 400 characters.
pub fn br_fr_cpro_32(view: &View<'_>) -> Vec<Finding> {
    let address = view.invoice.seller.address.as_ref();
    at_most(view, "BT-35", ADDRESS_MAX, address.and_then(|address| address.line_1.as_deref()))
}

/// BR-FR-CPRO-33: the seller's city (BT-37) has at most 400 characters.
pub fn br_fr_cpro_33(view: &View<'_>) -> Vec<Finding> {
    let address = view.invoice.seller.address.as_ref();
    at_most(view, "BT-37", ADDRESS_MAX, address.and_then(|address| address.city.as_deref()))
}

/// BR-FR-CPRO-34: the buyer's trading name (BT-45) has at most 99 characters.
pub fn br_fr_cpro_34(view: &View<'_>) -> Vec<Finding> {
    at_most(view, "BT-45", NAME_MAX, view.invoice.buyer.trading_name.as_deref())
}

/// BR-FR-CPRO-35: the payment terms (BT-20) have at most 1,024 characters.
pub fn br_fr_cpro_35(view: &View<'_>) -> Vec<Finding> {
    at_most(view, "BT-20", TEXT_MAX, view.invoice.payment.terms.as_deref())
}

/// BR-FR-CPRO-36: the seller's trading name (BT-28) has at most 99 characters.
pub fn br_fr_cpro_36(view: &View<'_>) -> Vec<Finding> {
    at_most(view, "BT-28", NAME_MAX, view.invoice.seller.trading_name.as_deref())
}

/// BR-FR-CPRO-37: the payee's name (BT-59) has at most 99 characters.
pub fn br_fr_cpro_37(view: &View<'_>) -> Vec<Finding> {
    at_most(view, "BT-59", NAME_MAX, view.invoice.payee.as_ref().and_then(|payee| payee.name.as_deref()))
}

/// BR-FR-CPRO-38: the identifier of the place delivered to (BT-71) has at most 20 characters.
pub fn br_fr_cpro_38(view: &View<'_>) -> Vec<Finding> {
    let places = view.invoice.delivery.iter().flat_map(|delivery| &delivery.locations);
    at_most(view, "BT-71", LOCATION_MAX, places.map(|place| place.value.as_str()))
}

/// BR-FR-CPRO-39: the account to pay to (BT-84) has at most 27 characters.
pub fn br_fr_cpro_39(view: &View<'_>) -> Vec<Finding> {
    let accounts: Vec<String> =
        view.invoice.payment.accounts().map(|account| account.split_whitespace().collect()).collect();
    at_most(view, "BT-84", ACCOUNT_MAX, accounts.iter().map(String::as_str))
}

/// BR-FR-CPRO-40: the identifier of the place that a line was delivered to (EXT-FR-FE-146) has at most 20 characters.
pub fn br_fr_cpro_40(view: &View<'_>) -> Vec<Finding> {
    let deliveries = view.invoice.lines.iter().filter_map(|line| line.delivery.as_ref());
    let places = deliveries.flat_map(|delivery| &delivery.locations);
    at_most(view, "EXT-FR-FE-146", LOCATION_MAX, places.map(|place| place.value.as_str()))
}

/// BR-FR-CPRO-41: the name of an attachment (BT-125) has at most 50 characters.
pub fn br_fr_cpro_41(view: &View<'_>) -> Vec<Finding> {
    let documents = view.invoice.supporting_documents.iter().filter_map(|document| document.attachment.as_ref());
    at_most(view, "BT-125", ATTACHMENT_NAME_MAX, documents.filter_map(|attachment| attachment.file_name.as_deref()))
}

/// BR-FR-CPRO-42: a note (BT-22) has at most 1,024 characters.
pub fn br_fr_cpro_42(view: &View<'_>) -> Vec<Finding> {
    at_most(view, "BT-22", TEXT_MAX, view.invoice.notes.iter().filter_map(|note| note.text.as_deref()))
}

/// BR-FR-CPRO-43: the seller's name (BT-27) has at most 99 characters.
pub fn br_fr_cpro_43(view: &View<'_>) -> Vec<Finding> {
    at_most(view, "BT-27", NAME_MAX, view.invoice.seller.name.as_deref())
}

/// BR-FR-CPRO-44: the buyer's name (BT-44) has at most 99 characters.
pub fn br_fr_cpro_44(view: &View<'_>) -> Vec<Finding> {
    at_most(view, "BT-44", NAME_MAX, view.invoice.buyer.name.as_deref())
}

fn at_most<'a>(view: &View<'_>, term: &str, max: usize, values: impl IntoIterator<Item = &'a str>) -> Vec<Finding> {
    let too_long = values.into_iter().map(|value| (value, value.chars().count())).filter(|(_, length)| *length > max);
    too_long
        .map(|(value, length)| {
            let finding = view.fatal().term(term).found(abridged(value)).expected(format!("≤ {max}"));
            finding.arg("length", length.to_string()).arg("max", max.to_string())
        })
        .collect()
}

/// The beginning of a value: enough to find it in the invoice.
pub(super) fn abridged(value: &str) -> String {
    let mut text: String = value.chars().take(SHOWN).collect();
    if text.len() < value.len() {
        text.push('…');
    }
    text
}
