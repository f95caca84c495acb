//! The result of a check, and how the verdict follows from it.

use facteur_model::finding::{Finding, Layer, LayerResult, LayerStatus, Severity, Verdict};

/// What a check came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The judgement.
    pub verdict: Verdict,
    /// BT-24 as it stands in the document.
    pub profile: Option<String>,
    /// One line a layer, in the order in which they run; layers that were not asked for are left out.
    pub layers: Vec<LayerResult>,
    /// Everything that was found, in the order of the layers.
    pub findings: Vec<Finding>,
}

impl Report {
    /// What became of a layer, if it was asked for.
    #[must_use]
    pub fn status(&self, layer: Layer) -> Option<LayerStatus> {
        self.layers.iter().find(|result| result.layer == layer).map(|result| result.status)
    }

    /// The findings that make the document invalid.
    pub fn fatal(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.severity == Severity::Fatal)
    }
}

/// The judgement: unreadable, else invalid with any fatal finding or failed layer, else not checked where a required
/// layer did not pass, else valid.
pub(crate) fn verdict(findings: &[Finding], layers: &[LayerResult], required: &[Layer]) -> Verdict {
    let fatal = |layer: Option<Layer>| {
        findings.iter().any(|f| f.severity == Severity::Fatal && layer.is_none_or(|layer| f.layer == layer))
    };
    let status = |layer: Layer| layers.iter().find(|result| result.layer == layer).map(|result| result.status);
    if fatal(Some(Layer::Syntax)) {
        Verdict::Unreadable
    } else if fatal(None) || layers.iter().any(|result| result.status == LayerStatus::Failed) {
        Verdict::Invalid
    } else if required.iter().all(|&layer| layer == Layer::Reading || status(layer) == Some(LayerStatus::Passed)) {
        Verdict::Valid
    } else {
        Verdict::NotChecked
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(layer: Layer, status: LayerStatus) -> LayerResult {
        LayerResult { layer, artefact: None, status, micros: 0 }
    }

    #[test]
    fn unreadable_goes_before_invalid_before_not_checked_before_valid() {
        let passed = [result(Layer::Syntax, LayerStatus::Passed), result(Layer::Xsd, LayerStatus::Passed)];
        let required = [Layer::Syntax, Layer::Xsd];
        assert_eq!(verdict(&[], &passed, &required), Verdict::Valid);
        assert_eq!(verdict(&[Finding::warning(Layer::Xsd, "W")], &passed, &required), Verdict::Valid);
        assert_eq!(verdict(&[], &passed, &[Layer::En16931]), Verdict::NotChecked);
        assert_eq!(verdict(&[], &passed[..1], &required), Verdict::NotChecked);
        let unknown = [result(Layer::Syntax, LayerStatus::Passed), result(Layer::Xsd, LayerStatus::NotEvaluable)];
        assert_eq!(verdict(&[], &unknown, &required), Verdict::NotChecked);
        assert_eq!(verdict(&[Finding::fatal(Layer::Reading, "R")], &unknown, &required), Verdict::Invalid);
        let syntax = [Finding::fatal(Layer::Reading, "R"), Finding::fatal(Layer::Syntax, "S")];
        assert_eq!(verdict(&syntax, &unknown, &required), Verdict::Unreadable);
    }
}
