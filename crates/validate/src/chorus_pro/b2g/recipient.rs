//! The recipient: known, active, and what it demands (BT-46, BT-13).
//!
//! Source: XP Z12-012, annex A. Rules 10 to 13 and 23 need the directory. Without a copy of it that says something of the
//! recipient, what only it can decide is said to be not checkable; what the configuration demands counts too.

use facteur_model::directory::{Extent, Recipient};
use facteur_model::finding::{Actor, Finding};

use super::View;
use super::identifiers::siret;

/// Scheme of a routing code: towards a public buyer, the service code.
const ROUTING_CODE: &str = "0224";

/// What is known of the recipient.
enum Known {
    /// There is no copy of the directory, it cannot be read, or it does not hold enough to say anything of this
    /// recipient: the key that says why.
    Nothing(&'static str),
    /// It is not in the directory, or the invoice does not say who it is.
    Absent,
    /// Its entry.
    Entry(Recipient),
}

/// BR-FR-CPRO-10: the buyer has a SIRET (BT-46, scheme 0009), and the directory knows it as active.
pub fn br_fr_cpro_10(view: &View<'_>) -> Vec<Finding> {
    let Some(siret) = siret(&view.invoice.buyer) else {
        let mut finding = view.fatal().expected("SIRET (0009)");
        finding.found = view.invoice.buyer.siret().or_else(|| view.invoice.buyer.siren());
        return vec![finding];
    };
    let wrong = |key: &str| {
        let mut finding = view.fatal().found(siret.clone()).actor(Actor::Service);
        key.clone_into(&mut finding.key);
        vec![finding]
    };
    match known(view) {
        Known::Nothing(why) => vec![view.not_checkable(why).found(siret)],
        Known::Absent => wrong("CPRO-RECIPIENT-UNKNOWN"),
        Known::Entry(recipient) if !recipient.active => wrong("CPRO-RECIPIENT-INACTIVE"),
        Known::Entry(_) => Vec::new(),
    }
}

/// BR-FR-CPRO-11: where the recipient demands a service code (BT-46, scheme 0224), it is there; where it is there, it
/// is an active one of the recipient's.
pub fn br_fr_cpro_11(view: &View<'_>) -> Vec<Finding> {
    let code = service_code(view);
    match (known(view), code) {
        (Known::Absent, _) => Vec::new(), // Rule 10 says so.
        (Known::Nothing(_), None) if view.demands.service_code => vec![view.fatal()],
        (Known::Nothing(why), code) => {
            let mut finding = view.not_checkable(why);
            finding.found = code.map(str::to_owned);
            vec![finding]
        }
        (Known::Entry(recipient), None) => {
            let demanded = recipient.service_required || view.demands.service_code;
            demanded.then(|| view.fatal().expected(active_codes(&recipient))).into_iter().collect()
        }
        (Known::Entry(recipient), Some(code)) => {
            let serves = recipient.service(code).is_some_and(|service| service.active);
            if serves || (recipient.services.is_empty() && !recipient.service_required) {
                return Vec::new();
            }
            let mut finding = view.fatal().found(code).expected(active_codes(&recipient));
            "CPRO-SERVICE-UNKNOWN".clone_into(&mut finding.key);
            vec![finding]
        }
    }
}

/// BR-FR-CPRO-12: where the recipient or its service demands a commitment number (BT-13), it is there.
pub fn br_fr_cpro_12(view: &View<'_>) -> Vec<Finding> {
    if filled(view.invoice.commitment_number()).is_some() {
        return Vec::new();
    }
    match known(view) {
        Known::Absent => Vec::new(),
        Known::Nothing(_) if view.demands.commitment_number => vec![view.fatal()],
        Known::Nothing(why) => vec![view.not_checkable(why)],
        Known::Entry(recipient) => {
            let of_service = service_code(view).and_then(|code| recipient.service(code));
            let demanded = recipient.commitment_required
                || view.demands.commitment_number
                || of_service.is_some_and(|service| service.commitment_required);
            demanded.then(|| view.fatal()).into_iter().collect()
        }
    }
}

/// BR-FR-CPRO-13: where the recipient demands a service code or a commitment number, one of the two is there.
pub fn br_fr_cpro_13(view: &View<'_>) -> Vec<Finding> {
    if filled(view.invoice.commitment_number()).is_some() || service_code(view).is_some() {
        return Vec::new();
    }
    match known(view) {
        Known::Absent => Vec::new(),
        Known::Nothing(_) if view.demands.either => vec![view.fatal()],
        Known::Nothing(why) => vec![view.not_checkable(why)],
        Known::Entry(recipient) => {
            (recipient.either_required || view.demands.either).then(|| view.fatal()).into_iter().collect()
        }
    }
}

/// BR-FR-CPRO-23: a subcontractor paid directly (`S3`) sends to the public buyer itself. The invoice does not say who
/// that is; that the recipient is one of the directory is all that can be checked, and rule 10 does it.
pub fn br_fr_cpro_23(view: &View<'_>) -> Vec<Finding> {
    match known(view) {
        Known::Nothing(why) if view.invoice.framework() == Some("S3") => vec![view.not_checkable(why)],
        _ => Vec::new(),
    }
}

fn known(view: &View<'_>) -> Known {
    let Some(directory) = view.directory else { return Known::Nothing("CPRO-DIRECTORY-MISSING") };
    let Some(siret) = siret(&view.invoice.buyer) else { return Known::Absent };
    match directory.recipient(&siret) {
        Ok(Some(recipient)) => Known::Entry(recipient),
        Ok(None) => match directory.extent() {
            Extent::Whole => Known::Absent,
            Extent::Part => Known::Nothing("CPRO-DIRECTORY-PARTIAL"),
            Extent::Old => Known::Nothing("CPRO-DIRECTORY-OLD"),
        },
        Err(_) => Known::Nothing("CPRO-DIRECTORY-MISSING"),
    }
}

/// BT-46 of scheme 0224; annex A calls BT-10 the service code too, so it is read where the other is missing.
fn service_code<'a>(view: &View<'a>) -> Option<&'a str> {
    let routing = view.invoice.buyer.identifiers.iter().find(|identifier| identifier.has_scheme(ROUTING_CODE));
    filled(routing.map(|identifier| identifier.value.as_str())).or(filled(view.invoice.buyer_reference.as_deref()))
}

/// The first of the active service codes.
fn active_codes(recipient: &Recipient) -> String {
    const SHOWN: usize = 5;
    let mut codes = recipient.services.iter().filter(|service| service.active).map(|service| service.code.as_str());
    let shown: Vec<&str> = codes.by_ref().take(SHOWN).collect();
    let rest = if codes.next().is_some() { ", …" } else { "" };
    if shown.is_empty() { "—".to_owned() } else { format!("{}{rest}", shown.join(", ")) }
}

fn filled(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}
