//! Type of contract, billing framework, and the kinds of invoice that Chorus Pro does not take from platforms.

use facteur_model::finding::{Actor, Finding};

use super::View;

/// Types of contract (EXT-FR-FE-01).
const CONTRACT_TYPES: [&str; 2] = ["MARCHE", "CONTRAT"];
/// Type codes (BT-3) of self-billed invoices and credit notes. // AIFE 2026, §6, case 19b
const SELF_BILLED: [&str; 3] = ["501", "473", "502"];
/// Frameworks (BT-23) of invoices with several sellers. // AIFE 2026, §6, case 39
const SEVERAL_SELLERS: [&str; 3] = ["B8", "S8", "M8"];

/// BR-FR-CPRO-01: the type of contract (EXT-FR-FE-01), where given, is `MARCHE` or `CONTRAT`.
/// Source: XP Z12-012, annex A.
pub fn br_fr_cpro_01(view: &View<'_>) -> Vec<Finding> {
    let wrong = view.invoice.contract_type.as_deref().filter(|found| !CONTRACT_TYPES.contains(found));
    wrong.map(|found| view.fatal().found(found).expected(CONTRACT_TYPES.join(", "))).into_iter().collect()
}

/// BR-FR-CPRO-24: the framework `S5` is not for public buyers; a subcontractor paid directly uses `S3`.
/// Source: XP Z12-012, annex A.
pub fn br_fr_cpro_24(view: &View<'_>) -> Vec<Finding> {
    let found = view.invoice.framework().filter(|code| *code == "S5");
    found.map(|code| view.fatal().found(code).expected("S3")).into_iter().collect()
}

/// Self-billing is refused on this channel.
/// Source: AIFE 2026, §6, case 19b: type codes 501, 473, 502.
pub fn self_billing(view: &View<'_>) -> Vec<Finding> {
    let found = view.invoice.type_code.as_deref().filter(|code| SELF_BILLED.contains(code));
    found.map(|code| view.fatal().found(code)).into_iter().collect()
}

/// An invoice with several sellers is refused on this channel.
/// Source: AIFE 2026, §6, case 39: frameworks B8, S8, M8.
pub fn multi_vendor(view: &View<'_>) -> Vec<Finding> {
    let found = view.invoice.framework().filter(|code| SEVERAL_SELLERS.contains(code));
    found.map(|code| view.fatal().found(code)).into_iter().collect()
}

/// Lines that belong to other lines are refused on this channel.
/// Source: AIFE 2026, §6, case 38: sub-lines and grouped lines.
pub fn sub_lines(view: &View<'_>) -> Vec<Finding> {
    let nested = |subtype: Option<&str>| matches!(subtype, Some("GROUP" | "INFORMATION"));
    let mut lines = view.invoice.lines.iter();
    let first = lines.find(|line| line.parent.is_some() || nested(line.subtype.as_deref()));
    let finding = |id: &str| view.fatal().found(id).actor(Actor::Supplier);
    first.map(|line| finding(line.id.as_deref().unwrap_or("—"))).into_iter().collect()
}
