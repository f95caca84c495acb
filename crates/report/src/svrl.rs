//! The result of a check as SVRL (ISO/IEC 19757-3, annex D), for tools that read Schematron results.
//!
//! Each layer that ran is a pattern, each finding a failed assertion of it. A warning has the flag `warning`; a rule
//! that could not be evaluated has the role `not-evaluated`. Layers that did not run are named in the report's text.

use facteur_model::finding::{Finding, Layer, LayerResult, LayerStatus, Severity};
use facteur_texts::{Language, layer_status, speak};

use crate::checked::Checked;

const NAMESPACE: &str = "http://purl.oclc.org/dsdl/svrl";

/// The report of one document.
#[must_use]
pub fn document(language: Language, checked: &Checked<'_>) -> String {
    let mut svrl = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let title = format!("{} ({}): {}", checked.file, checked.kind, checked.verdict.as_str());
    svrl.push_str(&format!("<svrl:schematron-output xmlns:svrl=\"{NAMESPACE}\" title=\"{}\">\n", escaped(&title)));
    for layer in checked.layers.iter().filter(|layer| !ran(layer)) {
        let status = layer_status(language, layer.status);
        svrl.push_str(&format!("  <svrl:text>{}: {}</svrl:text>\n", layer.layer.as_str(), escaped(&status)));
    }
    for layer in Layer::ALL {
        let result = checked.layers.iter().find(|result| result.layer == layer);
        let findings: Vec<&Finding> = checked.findings.iter().filter(|finding| finding.layer == layer).collect();
        if result.is_some_and(ran) || !findings.is_empty() {
            pattern(&mut svrl, language, layer, result.and_then(|result| result.artefact.as_deref()), &findings);
        }
    }
    svrl.push_str("</svrl:schematron-output>\n");
    svrl
}

const fn ran(layer: &LayerResult) -> bool {
    matches!(layer.status, LayerStatus::Passed | LayerStatus::Failed)
}

fn pattern(svrl: &mut String, language: Language, layer: Layer, artefact: Option<&str>, findings: &[&Finding]) {
    let name = artefact.map(|artefact| format!(" name=\"{}\"", escaped(artefact))).unwrap_or_default();
    svrl.push_str(&format!("  <svrl:active-pattern id=\"{}\"{name}/>\n", layer.as_str()));
    svrl.push_str("  <svrl:fired-rule context=\"/\"/>\n");
    for finding in findings {
        let flag = if finding.severity == Severity::Fatal { "fatal" } else { "warning" };
        let role = if finding.evaluated { "" } else { " role=\"not-evaluated\"" };
        let location = finding.path.as_deref().unwrap_or("/");
        let rule = escaped(&finding.rule);
        svrl.push_str(&format!(
            "  <svrl:failed-assert id=\"{rule}\" test=\"{rule}\" location=\"{}\" flag=\"{flag}\"{role}>\n",
            escaped(location)
        ));
        let own = speak(language, finding).message;
        let text = finding.official.as_deref().unwrap_or(&own);
        svrl.push_str(&format!("    <svrl:text>{}</svrl:text>\n  </svrl:failed-assert>\n", escaped(text)));
    }
}

/// A text for XML, in content and attributes; characters that XML 1.0 cannot have are replaced.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' => out.push_str(if letter == '\t' { "&#9;" } else { "&#10;" }),
            '\u{0}'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}' => out.push('\u{FFFD}'),
            _ => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use facteur_model::finding::Verdict;

    use super::*;

    fn layer(layer: Layer, status: LayerStatus) -> LayerResult {
        LayerResult { layer, artefact: Some("EN16931-UBL-RULES@1 \"&<".to_owned()), status, micros: 1 }
    }

    #[test]
    fn every_finding_is_an_assertion_of_its_layer_and_nothing_from_outside_is_markup() {
        let hostile = "\"]]></svrl:text><script>\u{0}\u{1b}&amp;'";
        let fatal = Finding::fatal(Layer::En16931, "BR-CO-10").at("/Invoice/a[b=\"<c>\"]", 3).official(hostile);
        let mut unknown = Finding::warning(Layer::ChorusPro, "BR-FR-CPRO-11");
        unknown.evaluated = false;
        unknown.key = "CPRO-DIRECTORY-MISSING".to_owned();
        let layers = [
            layer(Layer::Syntax, LayerStatus::Passed),
            layer(Layer::En16931, LayerStatus::Failed),
            layer(Layer::BrFr, LayerStatus::NotEvaluable),
        ];
        let findings = [fatal, unknown];
        let checked = Checked {
            file: "a<b>&\".xml",
            sha256: None,
            kind: "ubl-invoice",
            profile: None,
            verdict: Verdict::Invalid,
            layers: &layers,
            findings: &findings,
            invoice: None,
        };
        let svrl = document(Language::English, &checked);
        assert_eq!(svrl.matches("<svrl:failed-assert ").count(), 2);
        assert_eq!(svrl.matches("<svrl:active-pattern ").count(), 3, "{svrl}");
        assert!(svrl.contains("flag=\"warning\" role=\"not-evaluated\""), "{svrl}");
        assert!(svrl.contains("<svrl:text>br-fr: "), "{svrl}");
        assert!(!svrl.contains("<script>") && !svrl.contains('\u{0}') && !svrl.contains('\u{1b}'), "{svrl}");
        assert!(svrl.contains("&quot;]]&gt;&lt;/svrl:text&gt;&lt;script&gt;\u{FFFD}\u{FFFD}&amp;amp;'"), "{svrl}");
        assert!(svrl.contains("title=\"a&lt;b&gt;&amp;&quot;.xml (ubl-invoice): invalid\""), "{svrl}");
    }
}
