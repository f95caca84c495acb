//! A checked document, as the reports on one document take it.

use facteur_model::finding::{Finding, LayerResult, Verdict};
use facteur_model::invoice::Invoice;

/// What was checked and what came of it.
#[derive(Debug, Clone, Copy)]
pub struct Checked<'a> {
    /// Name of the file.
    pub file: &'a str,
    /// SHA-256 of its bytes, in hexadecimal.
    pub sha256: Option<&'a str>,
    /// What it is.
    pub kind: &'a str,
    /// BT-24 as it stands in the document.
    pub profile: Option<&'a str>,
    /// The judgement.
    pub verdict: Verdict,
    /// What became of each layer.
    pub layers: &'a [LayerResult],
    /// What was found.
    pub findings: &'a [Finding],
    /// The invoice, where it could be read.
    pub invoice: Option<&'a Invoice>,
}

/// A file name for the report on a document: its own name in harmless letters, with another extension; a number is
/// added where `taken` says that the name is used already.
pub fn report_name(document: &str, extension: &str, mut taken: impl FnMut(&str) -> bool) -> String {
    const LONGEST: usize = 100;
    let last = document.rsplit(['/', '\\']).next().unwrap_or(document);
    let harmless = |letter: char| if letter.is_ascii_alphanumeric() || "-_.".contains(letter) { letter } else { '_' };
    let stem: String = last.chars().map(harmless).take(LONGEST).collect();
    let stem = stem.trim_start_matches('.');
    let stem = if stem.is_empty() { "document" } else { stem };
    let name = |suffix: String| format!("{stem}{suffix}.{extension}");
    let mut candidates = (1..).map(|n| if n == 1 { name(String::new()) } else { name(format!("-{n}")) });
    // The candidates are without end and what is taken is finite.
    candidates.find(|candidate| !taken(candidate)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_harmless_and_never_the_same() {
        let mut used = BTreeSet::new();
        let mut name = |document: &str| report_name(document, "html", |candidate| !used.insert(candidate.to_owned()));
        assert_eq!(name("in/facture n°1.xml"), "facture_n_1.xml.html");
        assert_eq!(name("other/facture n°1.xml"), "facture_n_1.xml-2.html");
        assert_eq!(name("../../etc/passwd"), "passwd.html");
        assert_eq!(name("..\\..\\x<script>.xml"), "x_script_.xml.html");
        assert_eq!(name("..."), "document.html");
        assert_eq!(name("a/"), "document-2.html");
        assert!(name(&"x".repeat(9000)).len() < 120);
    }
}
