//! Every rule BR-FR-CPRO on a document that breaks it and no other: `fixtures/cpro/cases.toml`.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use facteur_model::directory::{Recipient, WholeDirectory};
use facteur_model::finding::{Finding, Layer, LayerStatus, Severity};
use facteur_pipeline::examine::{Examined, Examiner};
use facteur_pipeline::pdf_worker::PdfWorkerPool;
use facteur_validate::chorus_pro::b2g::{Channels, RULES};
use facteur_validate::packs::Packs;
use facteur_validate::{Checker, Context, Plan};
use serde::Deserialize;

#[derive(Deserialize)]
struct Cases {
    case: Vec<Case>,
}

/// One change to the base, and the finding that comes of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    rule: String,
    key: Option<String>,
    find: String,
    put: String,
    #[serde(default)]
    times: usize,
    then_find: Option<String>,
    term: String,
    found: Option<String>,
    expected: Option<String>,
    at: Option<String>,
    #[serde(default)]
    without_directory: bool,
    #[serde(default)]
    also: String,
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures")
}

fn read(name: &str) -> String {
    std::fs::read_to_string(fixtures().join(name)).unwrap()
}

fn cases() -> Vec<Case> {
    toml::from_str::<Cases>(&read("cpro/cases.toml")).unwrap().case
}

/// No packs are needed: only the rules of the gateway run.
async fn examine(bytes: &[u8], context: Context, directory: bool) -> Examined {
    let folder = tempfile::tempdir().unwrap();
    let mut checker = Checker::new(Packs::open(folder.path()).unwrap());
    if directory {
        let recipients: BTreeMap<String, Recipient> = toml::from_str(&read("cpro/directory.toml")).unwrap();
        checker = checker.with_directory(Arc::new(WholeDirectory(recipients)));
    }
    let workers = PdfWorkerPool::new("facteur", ["worker-pdf"], 1).unwrap();
    let plan = Plan::only(vec![Layer::ChorusPro], context);
    Examiner::new(checker, workers).examine("facture.xml", bytes, &plan).await
}

async fn findings(document: &str, directory: bool) -> Vec<Finding> {
    examine(document.as_bytes(), Context::Afnor, directory).await.report.findings
}

impl Case {
    fn document(&self, base: &str) -> String {
        let put = self.put.replace('%', &"x".repeat(self.times));
        assert!(base.contains(&self.find), "{}: nothing to replace", self.rule);
        let changed = base.replacen(&self.find, &put, 1);
        match &self.then_find {
            Some(find) => {
                assert!(changed.contains(find), "{}: nothing to remove", self.rule);
                changed.replacen(find, "", 1)
            }
            None => changed,
        }
    }
}

#[tokio::test]
async fn the_base_keeps_every_rule() {
    let base = read("cpro/invoice-b2g.xml");
    assert_eq!(findings(&base, true).await, []);
    let examined = examine(base.as_bytes(), Context::Afnor, true).await;
    assert_eq!(examined.report.layers.last().unwrap().status, LayerStatus::Passed);
}

#[tokio::test]
async fn each_rule_finds_what_breaks_it_and_says_where() {
    let base = read("cpro/invoice-b2g.xml");
    let cases = cases();
    assert!(cases.len() >= 50, "{}", cases.len());
    for case in &cases {
        let document = case.document(&base);
        let findings = findings(&document, !case.without_directory).await;
        let rules: Vec<&str> = findings.iter().map(|finding| finding.rule.as_str()).collect();
        let mut others: BTreeSet<&str> = case.also.split_whitespace().collect();
        others.insert(&case.rule);
        assert_eq!(rules.iter().copied().collect::<BTreeSet<_>>(), others, "{}: {rules:?}", case.find);
        assert_eq!(rules.len(), others.len(), "{}: {rules:?}", case.find);
        let finding = findings.iter().find(|finding| finding.rule == case.rule).unwrap();
        assert_eq!(&finding.key, case.key.as_ref().unwrap_or(&case.rule), "{}", case.rule);
        assert_eq!(finding.term.as_ref(), Some(&case.term), "{}", case.rule);
        assert_eq!((&finding.found, &finding.expected), (&case.found, &case.expected), "{}", case.rule);
        let judged = finding.key != "CPRO-DIRECTORY-MISSING";
        assert_eq!((finding.evaluated, finding.severity == Severity::Fatal), (judged, judged), "{}", case.rule);
        if let Some(at) = &case.at {
            let line = finding.line.unwrap_or_else(|| panic!("{} has no place", case.rule));
            let text = document.lines().nth(line as usize - 1).unwrap();
            assert!(text.contains(at), "{} is said to be at line {line}: {text}", case.rule);
        }
    }
}

#[tokio::test]
async fn of_a_part_of_the_directory_an_absent_recipient_is_not_unknown() {
    let folder = tempfile::tempdir().unwrap();
    let part: BTreeMap<String, Recipient> = BTreeMap::from([("99970002400014".to_owned(), Recipient::default())]);
    let checker = Checker::new(Packs::open(folder.path()).unwrap()).with_directory(Arc::new(part));
    let workers = PdfWorkerPool::new("facteur", ["worker-pdf"], 1).unwrap();
    let plan = Plan::only(vec![Layer::ChorusPro], Context::Afnor);
    let bytes = read("cpro/invoice-b2g.xml");
    let examined = Examiner::new(checker, workers).examine("facture.xml", bytes.as_bytes(), &plan).await;
    let keys: Vec<&str> = examined.report.findings.iter().map(|finding| finding.key.as_str()).collect();
    assert_eq!(keys, ["CPRO-DIRECTORY-PARTIAL"; 2]);
    assert!(examined.report.findings.iter().all(|finding| finding.severity == Severity::Warning));
}

#[test]
fn every_rule_has_a_case_and_its_sentences() {
    let tested: BTreeSet<String> = cases().into_iter().map(|case| case.rule).collect();
    for rule in &RULES {
        // A million lines do not fit into a fixture: that rule is tested beside its source.
        assert!(tested.contains(rule.id) || rule.id == "BR-FR-CPRO-19", "{} has no case", rule.id);
    }
    let keys = cases().into_iter().filter_map(|case| case.key).chain(RULES.iter().map(|rule| rule.id.to_owned()));
    for key in keys {
        for language in [facteur_texts::Language::French, facteur_texts::Language::English] {
            assert!(facteur_texts::finding_text(language, &key).is_some(), "{key}");
        }
    }
}

#[test]
fn the_reference_lists_every_rule_with_its_term_and_channel() {
    let path = fixtures().join("../docs/reference/chorus-pro-rules.md");
    let reference = std::fs::read_to_string(path).unwrap();
    for rule in &RULES {
        let start = format!("| `{}` | {} |", rule.id, rule.term);
        let line =
            reference.lines().find(|line| line.starts_with(&start)).unwrap_or_else(|| panic!("{start} is missing"));
        let both = rule.channels == Channels::Both || rule.id == "BR-FR-CPRO-02";
        assert_eq!(line.contains("| les deux |"), both, "{line}");
    }
}

#[tokio::test]
async fn sentences_have_a_value_for_every_name_in_them() {
    let base = read("cpro/invoice-b2g.xml");
    for case in cases() {
        for finding in findings(&case.document(&base), !case.without_directory).await {
            let text = facteur_texts::speak(facteur_texts::Language::French, &finding);
            let empty = format!("{}{}{}", text.title, text.message, text.advice).contains('—');
            assert!(!empty || finding.found.is_none(), "{}: {}", finding.key, text.message);
        }
    }
}

#[tokio::test]
async fn a_rule_that_is_broken_very_often_is_bounded_and_says_so() {
    let base = read("cpro/invoice-b2g.xml");
    let reference = "<cac:AdditionalDocumentReference><cbc:ID>%</cbc:ID></cac:AdditionalDocumentReference>";
    let long = reference.replace('%', &"x".repeat(51)).repeat(250);
    let marker = "<cac:AccountingSupplierParty>";
    let found = findings(&base.replacen(marker, &format!("{long}{marker}"), 1), true).await;
    assert!(found.iter().all(|finding| finding.rule == "BR-FR-CPRO-30"));
    assert_eq!((found.len(), found[100].key.as_str(), found[100].found.as_deref()), (101, "CPRO-MORE", Some("150")));
}

#[tokio::test]
async fn in_cii_payment_terms_are_counted_too() {
    let base = read("cii/invoice-extended-ctc-fr.xml");
    let terms = "<ram:Description>Paiement à 30 jours.</ram:Description>";
    assert!(base.contains(terms));
    let rules = |document: String| async move {
        let findings = findings(&document, true).await;
        findings.into_iter().filter(|finding| finding.rule == "BR-FR-CPRO-25").count()
    };
    assert_eq!(rules(base.clone()).await, 0);
    assert_eq!(rules(base.replace(terms, &terms.repeat(2))).await, 1);
}

#[tokio::test]
async fn lengths_hold_on_the_historic_channel_too_and_nothing_else_of_the_reform_does() {
    let base = read("cpro/invoice-b2g.xml");
    for case in cases() {
        let rule = RULES.iter().find(|rule| rule.id == case.rule).unwrap();
        let examined = examine(case.document(&base).as_bytes(), Context::CproHistoric, false).await;
        let count = examined.report.findings.iter().filter(|finding| finding.rule == case.rule).count();
        let preceding = case.rule == "BR-FR-CPRO-02" && case.term != "BT-1";
        assert_eq!(count, usize::from(rule.channels == Channels::Both || preceding), "{} {}", case.rule, case.term);
    }
}
