//! What was received: a platform has accepted it, so rules warn, and what lets the recipient act comes first.

use facteur_model::finding::{Finding, Layer, LayerResult, LayerStatus, Severity};

/// What a recipient looks at first, in this order; the place in the list is the rank.
const FIRST: [fn(&Finding) -> bool; 5] = [is_of_sums, is_of_commitment, is_of_service, is_of_mentions, is_of_account];

/// Only what cannot be read stays fatal. A layer that found something ran all the same.
pub(crate) fn soften(findings: &mut [Finding], layers: &mut [LayerResult]) {
    for finding in findings.iter_mut().filter(|finding| finding.layer != Layer::Syntax) {
        finding.severity = Severity::Warning;
    }
    for result in layers.iter_mut().filter(|result| result.layer != Layer::Syntax) {
        if result.status == LayerStatus::Failed {
            result.status = LayerStatus::Passed;
        }
    }
}

/// What has to have run on a received document: whether it is one at all. Rules were the platform's matter.
pub(crate) fn still_required(layer: &Layer) -> bool {
    matches!(layer, Layer::Syntax | Layer::Xsd)
}

/// Sums, commitment number, service, mentions, account; then the rest, in the order of the layers.
pub(crate) fn put_first(findings: &mut [Finding]) {
    findings.sort_by_key(|finding| FIRST.iter().position(|is_first| is_first(finding)).unwrap_or(FIRST.len()));
}

/// Totals (BR-CO-10 to 17), what each VAT category sums up and taxes (BR-S-08, BR-S-09 …), totals of what is paid.
fn is_of_sums(finding: &Finding) -> bool {
    const CALCULATED: [&str; 10] = [
        "BR-CO-10",
        "BR-CO-11",
        "BR-CO-12",
        "BR-CO-13",
        "BR-CO-14",
        "BR-CO-15",
        "BR-CO-16",
        "BR-CO-17",
        "BR-EXT-08",
        "BR-FR-CO-09/BT-23",
    ];
    let key = finding.key.as_str();
    let of_category =
        matches!(finding.term.as_deref(), Some("BT-116" | "BT-117")) && (key.ends_with("-08") || key.ends_with("-09"));
    finding.args.contains_key("difference") || CALCULATED.contains(&key) || of_category
}

/// BT-13, the commitment number.
fn is_of_commitment(finding: &Finding) -> bool {
    finding.term.as_deref() == Some("BT-13") || finding.rule == "CPRO-HIST-COMMITMENT"
}

/// The service: BT-10, or BT-46 under the rules that speak of it.
fn is_of_service(finding: &Finding) -> bool {
    let routing = matches!(finding.rule.as_str(), "BR-FR-CPRO-11" | "CPRO-HIST-SERVICE" | "CPRO-HIST-REFERENCE");
    routing || finding.term.as_deref() == Some("BT-10")
}

/// Mentions that the law asks for: notes (BG-1) and the reasons of an exemption from VAT.
fn is_of_mentions(finding: &Finding) -> bool {
    matches!(finding.term.as_deref(), Some("BG-1" | "BT-21" | "BT-22" | "BT-120" | "BT-121"))
}

/// The account to be credited and the means of payment.
fn is_of_account(finding: &Finding) -> bool {
    matches!(finding.term.as_deref(), Some("BG-16" | "BG-17" | "BT-81" | "BT-84" | "BT-85" | "BT-86"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lets_a_recipient_act_comes_first_and_the_rest_keeps_its_order() {
        let finding = |layer, rule: &str, term: &str| Finding::fatal(layer, rule).term(term);
        let mut findings = [
            finding(Layer::Xsd, "XSD-1871", "BT-3"),
            finding(Layer::En16931, "BR-CL-04", "BT-5"),
            finding(Layer::ChorusPro, "CPRO-HIST-IBAN", "BT-84"),
            finding(Layer::BrFr, "BR-FR-05_BT-22_PMT", "BT-22"),
            finding(Layer::ChorusPro, "BR-FR-CPRO-11", "BT-46"),
            finding(Layer::ChorusPro, "BR-FR-CPRO-12", "BT-13"),
            finding(Layer::En16931, "BR-CO-10", "BT-106"),
        ];
        put_first(&mut findings);
        let order: Vec<&str> = findings.iter().map(|finding| finding.rule.as_str()).collect();
        let expected = [
            "BR-CO-10",
            "BR-FR-CPRO-12",
            "BR-FR-CPRO-11",
            "BR-FR-05_BT-22_PMT",
            "CPRO-HIST-IBAN",
            "XSD-1871",
            "BR-CL-04",
        ];
        assert_eq!(order, expected);
    }

    #[test]
    fn only_what_cannot_be_read_stays_fatal() {
        let mut findings = [Finding::fatal(Layer::Syntax, "XML-EMPTY"), Finding::fatal(Layer::Xsd, "XSD-1871")];
        let result = |layer| LayerResult { layer, artefact: None, status: LayerStatus::Failed, micros: 0 };
        let mut layers = [result(Layer::Syntax), result(Layer::Xsd)];
        soften(&mut findings, &mut layers);
        assert_eq!(findings.map(|finding| finding.severity), [Severity::Fatal, Severity::Warning]);
        assert_eq!(layers.map(|layer| layer.status), [LayerStatus::Failed, LayerStatus::Passed]);
    }
}
