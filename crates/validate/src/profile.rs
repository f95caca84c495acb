//! Which specification a document claims to follow: BT-24, and whether we know it.

use facteur_model::finding::{Finding, Layer};
use facteur_xml::{Document, Node};

use crate::packs::Manifest;

const EN16931: &str = "urn:cen.eu:en16931:2017";
const CTC_FR: [&str; 2] = [
    "urn:cen.eu:en16931:2017#compliant#urn.cpro.gouv.fr:1p0:en16931-ctc-fr",
    "urn:cen.eu:en16931:2017#conformant#urn.cpro.gouv.fr:1p0:extended-ctc-fr",
];
/// ZUGFeRD 1 in its final spelling and in that of its drafts.
const ZUGFERD_1: [&str; 2] = ["urn:ferd:CrossIndustryDocument:invoice:1p0:", "urn:ferd:invoice:1.0:"];
const ZUGFERD_1_LEVELS: [&str; 3] = ["basic", "comfort", "extended"];

/// BT-24 with the element that holds it.
#[derive(Debug, Clone, Copy)]
pub struct Claim<'d> {
    /// The element.
    pub node: Node<'d>,
}

/// Reads BT-24 of a UBL, CII or ZUGFeRD 1 document.
#[must_use]
pub fn claim(document: &Document) -> Option<Claim<'_>> {
    let root = document.root();
    let node = match root.name() {
        "Invoice" | "CreditNote" => root.child("CustomizationID"),
        "CrossIndustryInvoice" => {
            root.descend(&["ExchangedDocumentContext", "GuidelineSpecifiedDocumentContextParameter", "ID"])
        }
        "CrossIndustryDocument" => {
            root.descend(&["SpecifiedExchangedDocumentContext", "GuidelineSpecifiedDocumentContextParameter", "ID"])
        }
        _ => None,
    }?;
    Some(Claim { node })
}

impl Claim<'_> {
    /// The value of BT-24, without surrounding blanks.
    #[must_use]
    pub fn value(&self) -> String {
        self.node.text().trim().to_owned()
    }
}

/// Whether we know what a value of BT-24 asks for: EN 16931 itself, a national or sectoral usage that complies with
/// it (`#compliant#`: its own restrictions are not checked), EXTENDED-CTC-FR, Factur-X, ZUGFeRD 1.
#[must_use]
pub fn is_known(profile: &str) -> bool {
    profile == EN16931
        || CTC_FR.contains(&profile)
        || is_plain_usage(profile)
        || is_zugferd_1(profile)
        || Manifest::built_in().artefacts.iter().any(|artefact| artefact.profiles.iter().any(|known| known == profile))
}

/// `urn:cen.eu:en16931:2017#compliant#X`, without extension of its own.
fn is_plain_usage(profile: &str) -> bool {
    let usage = profile.strip_prefix(EN16931).and_then(|rest| rest.strip_prefix("#compliant#"));
    usage.is_some_and(|usage| usage.starts_with("urn") && !usage.contains("#conformant#"))
}

fn is_zugferd_1(profile: &str) -> bool {
    ZUGFERD_1.iter().filter_map(|stem| profile.strip_prefix(stem)).any(|level| ZUGFERD_1_LEVELS.contains(&level))
}

/// What there is to say about BT-24.
pub(crate) fn finding(document: &Document) -> Option<Finding> {
    match claim(document) {
        Some(claim) if is_known(&claim.value()) => None,
        Some(claim) if claim.value().is_empty() => Some(missing(document.root())),
        Some(claim) => Some(
            Finding::fatal(Layer::Reading, "PROFILE-UNKNOWN")
                .term("BT-24")
                .at(claim.node.path(), claim.node.line())
                .found(claim.value())
                .expected(EN16931),
        ),
        None => Some(missing(document.root())),
    }
}

fn missing(root: Node<'_>) -> Finding {
    Finding::warning(Layer::Reading, "PROFILE-MISSING").term("BT-24").at(root.path(), root.line()).expected(EN16931)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_are_known_by_their_exact_name() {
        for known in [
            "urn:cen.eu:en16931:2017",
            "urn:factur-x.eu:1p0:minimum",
            "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0",
            "urn:cen.eu:en16931:2017#conformant#urn:factur-x.eu:1p0:extended",
            "urn:cen.eu:en16931:2017#conformant#urn.cpro.gouv.fr:1p0:extended-ctc-fr",
            "urn:ferd:CrossIndustryDocument:invoice:1p0:comfort",
        ] {
            assert!(is_known(known), "{known}");
        }
        for unknown in [
            "",
            "garbage",
            "urn:cen.eu:en16931:2018",
            "urn:factur-x.eu:1p0:unknownthing",
            "urn:cen.eu:en16931:2017#conformant#urn:example.org:mine",
            "urn:order-x.eu:1p0:basic",
            "urn:ferd:CrossIndustryDocument:invoice:1p0:gold",
        ] {
            assert!(!is_known(unknown), "{unknown}");
        }
    }
}
