//! Failed rules as findings.

use std::collections::BTreeMap;

use facteur_model::finding::{Finding, Layer, Severity};
use facteur_rules::Failure;
use facteur_xml::{Document, Node};

use super::severity;

/// How often one rule is reported for one document; the rest is counted.
pub(crate) const EACH_MAX: usize = 50;
/// The longest value that is quoted.
const QUOTED_MAX: usize = 200;

/// One finding a failure.
pub(crate) fn of(layer: Layer, document: &Document, failures: Vec<Failure>) -> Vec<Finding> {
    let mut counts: BTreeMap<String, (usize, Severity)> = BTreeMap::new();
    let mut findings = Vec::new();
    for failure in failures {
        let rule = name(&failure);
        let severity = severity::of(&failure);
        let (count, worst) = counts.entry(rule.clone()).or_insert((0, severity));
        *count += 1;
        // The first fatal one is shown whatever came before it.
        let worse = severity == Severity::Fatal && *worst == Severity::Warning;
        if worse {
            *worst = Severity::Fatal;
        }
        if *count <= EACH_MAX || worse {
            findings.push(finding(layer, document.node(failure.node), rule, severity, failure));
        }
    }
    let more = counts.into_iter().filter(|(_, (count, _))| *count > EACH_MAX);
    findings.extend(more.map(|(rule, (count, _))| {
        let rest = count - EACH_MAX;
        Finding::warning(layer, "RULES-MORE").arg("rule", rule).arg("count", rest.to_string())
    }));
    findings
}

fn finding(layer: Layer, node: Node<'_>, rule: String, severity: Severity, failure: Failure) -> Finding {
    let mut finding = Finding::fatal(layer, &rule).at(node.path(), node.line()).official(failure.message);
    finding.severity = severity;
    finding.found = value(node);
    if !failure.evaluated {
        finding.evaluated = false;
        "RULES-NOT-EVALUATED".clone_into(&mut finding.key);
        finding = finding.arg("rule", rule).arg("reason", failure.reason.unwrap_or_default());
    }
    finding
}

/// The id in the artefact; for a check without id, a name made of its text: a dash for whatever stands between letters
/// and digits, a bracket before the first one too, of that the first 48 characters, without dashes at the ends.
fn name(failure: &Failure) -> String {
    const LONGEST: usize = 48;
    failure.id.clone().unwrap_or_else(|| {
        let mut words = String::with_capacity(LONGEST);
        for c in failure.message.trim().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }) {
            if words.len() == LONGEST {
                break;
            }
            if c != '-' || !words.ends_with('-') {
                words.push(c);
            }
        }
        format!("NOID({})", words.trim_matches('-'))
    })
}

/// What stands in an element that holds nothing but text.
fn value(node: Node<'_>) -> Option<String> {
    let text = node.elements().next().is_none().then(|| node.text())?;
    let text = text.trim();
    (!text.is_empty() && text.len() <= QUOTED_MAX).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use facteur_xml::{Limits, NodeId};

    use super::*;

    fn failure(id: Option<&str>) -> Failure {
        Failure {
            id: id.map(str::to_owned),
            flag: Some("fatal".to_owned()),
            role: None,
            test: "false()".to_owned(),
            node: NodeId(0),
            message: "Element variant 'ram:TaxTotalAmount[not(@currencyID)]' is marked as not used.".to_owned(),
            evaluated: true,
            reason: None,
        }
    }

    #[test]
    fn a_check_without_id_is_named_after_its_text() {
        assert_eq!(name(&failure(None)), "NOID(Element-variant-ram-TaxTotalAmount-not-currencyI)");
        assert_eq!(name(&failure(Some("BR-01"))), "BR-01");
        let bracketed =
            Failure { message: "[X-04]-To ensure automated processing of the attributes".to_owned(), ..failure(None) };
        assert_eq!(name(&bracketed), "NOID(X-04-To-ensure-automated-processing-of-the-attr)");
    }

    #[test]
    fn one_rule_is_shown_fifty_times_and_the_rest_is_counted() {
        let document = Document::parse(b"<a>x</a>", &Limits::default()).unwrap();
        let findings = of(Layer::BrFr, &document, vec![failure(Some("BR-01")); EACH_MAX + 7]);
        assert_eq!(findings.len(), EACH_MAX + 1);
        assert_eq!(findings[0].found.as_deref(), Some("x"));
        let last = findings.last().unwrap();
        assert_eq!((last.rule.as_str(), last.args["count"].as_str()), ("RULES-MORE", "7"));
    }
}
