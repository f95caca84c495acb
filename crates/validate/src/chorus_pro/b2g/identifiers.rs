//! Identifiers of the seller (BT-29, BT-30), the payee (BT-60, BT-61) and the seller's agent (EXT-FR-FE-BG-03).
//!
//! Source: XP Z12-012, annex A. Rules 04 to 08 are one for each scheme other than SIRET; which number belongs to which
//! scheme is taken from the order in which the public summaries name the schemes.

use facteur_model::finding::Finding;
use facteur_model::identifiers::Identifier;
use facteur_model::invoice::Party;

use super::View;

/// Schemes that the identifier of a seller may have.
const SELLER_SCHEMES: [&str; 6] = ["0009", "0223", "0226", "0227", "0228", "0229"];
/// Frameworks of a subcontractor paid directly and of a co-contractor.
const WITH_AGENT: [&str; 2] = ["S3", "S6"];
/// Longest identifier of a seller of the Union, or from outside.
const FOREIGN_MAX: usize = 18;
/// Lengths of RIDET and TAHITI numbers.
const OVERSEAS: std::ops::RangeInclusive<usize> = 9..=10;
/// Digits at the beginning of the identifier of an individual, and its greatest length.
const INDIVIDUAL: (usize, usize) = (10, 80);

/// BR-FR-CPRO-03: the seller has an identifier (BT-29) of an accepted scheme.
pub fn br_fr_cpro_03(view: &View<'_>) -> Vec<Finding> {
    let identifiers = &view.invoice.seller.identifiers;
    if identifiers.iter().any(|identifier| SELLER_SCHEMES.iter().any(|scheme| identifier.has_scheme(scheme))) {
        return Vec::new();
    }
    let mut finding = view.fatal().expected(SELLER_SCHEMES.join(", "));
    finding.found = identifiers.first().map(|found| match &found.scheme {
        Some(scheme) => format!("{} ({scheme})", found.value),
        None => found.value.clone(),
    });
    vec![finding]
}

/// BR-FR-CPRO-04: a VAT number of the Union (scheme 0223) has at most 18 characters.
pub fn br_fr_cpro_04(view: &View<'_>) -> Vec<Finding> {
    seller_format(view, "0223", "≤ 18", |value| length(value) <= FOREIGN_MAX)
}

/// BR-FR-CPRO-05: an identifier from outside the Union (scheme 0227) has at most 18 characters.
pub fn br_fr_cpro_05(view: &View<'_>) -> Vec<Finding> {
    seller_format(view, "0227", "≤ 18", |value| length(value) <= FOREIGN_MAX)
}

/// BR-FR-CPRO-06: a RIDET number (New Caledonia, scheme 0228) has 9 or 10 characters.
pub fn br_fr_cpro_06(view: &View<'_>) -> Vec<Finding> {
    seller_format(view, "0228", "9–10", |value| OVERSEAS.contains(&length(value)))
}

/// BR-FR-CPRO-07: a TAHITI number (French Polynesia, scheme 0229) has 9 or 10 characters.
pub fn br_fr_cpro_07(view: &View<'_>) -> Vec<Finding> {
    seller_format(view, "0229", "9–10", |value| OVERSEAS.contains(&length(value)))
}

/// BR-FR-CPRO-08: the identifier of an individual (scheme 0226) is 10 digits, then letters, at most 80 in all.
pub fn br_fr_cpro_08(view: &View<'_>) -> Vec<Finding> {
    seller_format(view, "0226", "≤ 80", |value| {
        let digits = value.chars().take(INDIVIDUAL.0).filter(char::is_ascii_digit).count();
        digits == INDIVIDUAL.0 && length(value) <= INDIVIDUAL.1
    })
}

/// BR-FR-CPRO-09: a seller with a SIREN (BT-30) has its SIRET too (BT-29, scheme 0009).
pub fn br_fr_cpro_09(view: &View<'_>) -> Vec<Finding> {
    siren_without_siret(view, Some(&view.invoice.seller))
}

/// BR-FR-CPRO-17: a payee with a SIREN (BT-61) has its SIRET too (BT-60, scheme 0009).
pub fn br_fr_cpro_17(view: &View<'_>) -> Vec<Finding> {
    siren_without_siret(view, view.invoice.payee.as_ref())
}

/// BR-FR-CPRO-18: a seller's agent with a SIREN has its SIRET too (EXT-FR-FE-69, scheme 0009).
pub fn br_fr_cpro_18(view: &View<'_>) -> Vec<Finding> {
    siren_without_siret(view, view.invoice.other_parties.seller_agent.as_ref())
}

/// BR-FR-CPRO-21: under `S3` and `S6` the lead contractor is named as seller's agent, with SIREN and SIRET.
pub fn br_fr_cpro_21(view: &View<'_>) -> Vec<Finding> {
    let Some(framework) = view.invoice.framework().filter(|code| WITH_AGENT.contains(code)) else { return Vec::new() };
    let agent = view.invoice.other_parties.seller_agent.as_ref();
    if agent.is_some_and(|agent| siret(agent).is_some() && siren(agent).is_some()) {
        return Vec::new();
    }
    let mut finding = view.fatal().expected("SIREN, SIRET").arg("framework", framework);
    finding.found = agent.and_then(|agent| siret(agent).or(siren(agent)).or(agent.name.clone()));
    vec![finding]
}

fn seller_format(view: &View<'_>, scheme: &str, expected: &str, accepts: impl Fn(&str) -> bool) -> Vec<Finding> {
    let of_scheme = view.invoice.seller.identifiers.iter().filter(|identifier| identifier.has_scheme(scheme));
    let wrong = of_scheme.filter(|identifier| !accepts(identifier.value.trim()));
    wrong
        .map(|identifier| {
            let finding = view.fatal().found(super::lengths::abridged(&identifier.value)).expected(expected);
            finding.arg("length", length(identifier.value.trim()).to_string())
        })
        .collect()
}

fn siren_without_siret(view: &View<'_>, party: Option<&Party>) -> Vec<Finding> {
    let Some(party) = party else { return Vec::new() };
    match siren(party) {
        Some(siren) if siret(party).is_none() => {
            let name = party.name.as_deref().unwrap_or("—");
            vec![view.fatal().found(siren).expected("SIRET (0009)").arg("party", name)]
        }
        _ => Vec::new(),
    }
}

fn siren(party: &Party) -> Option<String> {
    let mut identifiers = party.legal_identifier.iter().chain(&party.identifiers);
    identifiers.find(|identifier| identifier.has_scheme("0002")).map(|identifier| identifier.value.clone())
}

/// The SIRET of scheme 0009, fourteen digits.
pub(super) fn siret(party: &Party) -> Option<String> {
    let of_scheme = |identifier: &&Identifier| identifier.has_scheme("0009");
    party.identifiers.iter().filter(of_scheme).find_map(|identifier| identifier.digits(14))
}

fn length(value: &str) -> usize {
    value.chars().count()
}
