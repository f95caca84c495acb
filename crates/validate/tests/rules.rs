//! The official rules as layers of the chain, on our fixtures.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;

use facteur_model::finding::{Layer, LayerStatus, Severity, Verdict};
use facteur_model::kind::DocumentKind;
use facteur_validate::{Checker, Context, Plan, Report, Subject};

fn fixture(name: &str) -> String {
    fs::read_to_string(common::workspace().join("fixtures").join(name)).unwrap()
}

fn check(checker: &Checker, text: &str, plan: &Plan) -> Report {
    let subject = Subject {
        bytes: text.as_bytes(),
        document: None,
        kind: DocumentKind::Unknown,
        invoice: None,
        reading: &[],
        places: None,
        file_name: "invoice.xml",
        file_size: text.len() as u64,
    };
    checker.check(&subject, plan)
}

fn artefact(report: &Report, layer: Layer) -> Option<&str> {
    report.layers.iter().find(|result| result.layer == layer).and_then(|result| result.artefact.as_deref())
}

fn fatal(report: &Report) -> Vec<&str> {
    report.fatal().map(|finding| finding.rule.as_str()).collect()
}

#[test]
fn a_wrong_sum_is_a_finding_with_its_place_and_the_official_text() {
    let Some((_folder, packs)) = common::installed() else { return };
    let checker = Checker::new(packs);
    let plan = Plan::chain(Context::Plain);
    for (name, label) in
        [("ubl/invoice-a1.xml", "EN16931-UBL-RULES@1.3.16"), ("cii/invoice-a1.xml", "EN16931-CII-RULES@1.3.16")]
    {
        let text = fixture(name);
        let good = check(&checker, &text, &plan);
        assert_eq!((good.verdict, artefact(&good, Layer::En16931)), (Verdict::Valid, Some(label)), "{name}");

        let (tag, start) = ["<cbc:LineExtensionAmount currencyID=\"EUR\">", "<ram:LineTotalAmount>"]
            .into_iter()
            .find_map(|tag| text.rfind(tag).map(|at| (tag, at)))
            .unwrap();
        let mut wrong = text.clone();
        wrong.insert(start + tag.len(), '9');
        let report = check(&checker, &wrong, &plan);
        assert_eq!((report.verdict, report.status(Layer::En16931)), (Verdict::Invalid, Some(LayerStatus::Failed)));
        let finding = report.fatal().next().unwrap();
        assert!(finding.rule.starts_with("BR-CO-") || finding.rule.starts_with("BR-S-"), "{}", finding.rule);
        assert!(finding.path.is_some() && finding.line.is_some_and(|line| line > 1) && finding.evaluated);
        assert!(finding.official.as_deref().is_some_and(|text| text.contains(&format!("[{}]", finding.rule))));
    }
}

#[test]
fn what_cannot_be_evaluated_is_said_and_the_other_rules_go_on() {
    let Some((_folder, packs)) = common::installed() else { return };
    let checker = Checker::new(packs);
    let text = fixture("ubl/invoice-a1.xml");
    let payable = text.find("<cbc:PayableAmount").unwrap();
    let digits = payable + text[payable..].find('>').unwrap() + 1;
    let point = digits + text[digits..].find('.').unwrap();
    let broken = format!("{},{}", &text[..point], &text[point + 1..]);
    let report = check(&checker, &broken, &Plan::only(vec![Layer::En16931], Context::Plain));
    let open: Vec<_> = report.findings.iter().filter(|finding| !finding.evaluated).collect();
    assert!(!open.is_empty() && report.verdict == Verdict::Invalid, "{:?}", report.findings);
    assert!(open.iter().all(|f| f.severity == Severity::Fatal && f.args.contains_key("reason")));
    assert_eq!(open[0].key, "RULES-NOT-EVALUATED");
}

#[test]
fn the_profile_and_the_channel_say_which_rules_run() {
    let Some((_folder, packs)) = common::installed() else { return };
    let checker = Checker::new(packs);
    let text = fixture("cii/invoice-a1.xml");
    let status = |report: &Report| Layer::ALL.map(|layer| report.status(layer));
    let plain = check(&checker, &text, &Plan::chain(Context::Plain));
    assert_eq!(plain.status(Layer::En16931), Some(LayerStatus::Passed));
    assert_eq!(
        (plain.status(Layer::CtcFr), plain.status(Layer::BrFr)),
        (Some(LayerStatus::Skipped), Some(LayerStatus::Skipped))
    );

    let afnor = check(&checker, &text, &Plan::chain(Context::Afnor));
    assert_eq!(artefact(&afnor, Layer::BrFr), Some("BR-FR-FLUX2-CII-RULES@1.4.0"));
    assert!(fatal(&afnor).iter().any(|rule| rule.starts_with("BR-FR-")), "{:?}", status(&afnor));
    let noted = afnor.findings.iter().find(|finding| finding.rule == "BR-FR-05_BT-22_PMD");
    assert!(noted.is_none_or(|finding| finding.term.as_deref() == Some("BT-22")));

    let minimum = text.replace("urn:cen.eu:en16931:2017", "urn:factur-x.eu:1p0:minimum");
    let report = check(&checker, &minimum, &Plan::chain(Context::Plain));
    assert_eq!(report.status(Layer::En16931), Some(LayerStatus::Skipped));
    let asked = check(&checker, &minimum, &Plan::only(vec![Layer::En16931], Context::Plain));
    assert_eq!(asked.status(Layer::En16931), Some(LayerStatus::Passed));

    let extended = "urn:cen.eu:en16931:2017#conformant#urn.cpro.gouv.fr:1p0:extended-ctc-fr";
    let report = check(&checker, &text.replace("urn:cen.eu:en16931:2017", extended), &Plan::chain(Context::Plain));
    assert_eq!(artefact(&report, Layer::CtcFr), Some("EXTENDED-CTC-FR-CII-RULES@1.4.0"));
    assert_eq!(report.status(Layer::En16931), Some(LayerStatus::Skipped), "its own rules take their place");
}

#[test]
fn damaged_rules_are_the_administrators_matter_and_nothing_is_valid_by_them() {
    let Some((_folder, packs)) = common::installed() else { return };
    let entry = packs.list().iter().find(|i| i.artefact.family == "EN16931-UBL-RULES").unwrap().entry();
    fs::write(&entry, fs::read_to_string(&entry).unwrap().replace("normalize-space(", "normalise-space(")).unwrap();
    let checker = Checker::new(packs);
    let report = check(&checker, &fixture("ubl/invoice-a1.xml"), &Plan::chain(Context::Plain));
    assert_eq!((report.verdict, report.status(Layer::En16931)), (Verdict::NotChecked, Some(LayerStatus::NotEvaluable)));
    assert_eq!(report.findings.iter().filter(|finding| finding.rule == "RULES-UNUSABLE").count(), 1);
}

#[test]
fn every_installed_rule_set_compiles() {
    let Some((_folder, packs)) = common::installed() else { return };
    let rules = packs.list().iter().filter(|i| i.artefact.family.ends_with("-RULES"));
    for installed in rules {
        let contents = installed.contents().unwrap();
        let file = |name: &str| contents.iter().find(|(known, _)| known == name).map(|(_, bytes)| bytes.clone());
        let bytes = file(&installed.artefact.entry).unwrap();
        let set = facteur_rules::RuleSet::load(&installed.artefact.entry, &bytes, &file);
        assert!(set.as_ref().is_ok_and(|set| set.checks() > 40), "{}: {:?}", installed.artefact.label(), set.err());
    }
}
