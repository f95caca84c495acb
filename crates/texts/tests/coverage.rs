//! Every fatal rule of the installed artefacts has a text of ours; what is missing is printed and counted.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use facteur_texts::{Language, finding_text, rule_keys};

/// Rules of the Factur-X profiles that may stay without a text: two ids mean different things in different profiles.
const FACTUR_X_WITHOUT_TEXT: usize = 2;

/// An assert of a compiled Schematron: its id and its flag.
type Assert = (String, Option<String>);

#[test]
fn every_fatal_rule_of_the_installed_artefacts_has_a_text() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.packs/installed");
    let families = families(&root);
    if families.is_empty() {
        println!("no rule sets are installed: the coverage of the texts is left out");
        return;
    }
    let demoted = demoted(&families);
    let mut factur_x_missing = BTreeSet::new();
    for (family, asserts) in &families {
        let fatal = fatal(asserts, &demoted);
        assert!(fatal.len() > 50, "{family}: only {} fatal rules were read", fatal.len());
        let missing: BTreeSet<&str> = fatal.iter().copied().filter(|rule| !has_text(rule)).collect();
        println!("{family}: {} fatal rules, {} without a text {missing:?}", fatal.len(), missing.len());
        if family.starts_with("FACTUR-X") {
            factur_x_missing.extend(missing);
        } else {
            assert!(missing.is_empty(), "{family}: {missing:?}");
        }
    }
    assert!(factur_x_missing.len() <= FACTUR_X_WITHOUT_TEXT, "{factur_x_missing:?}");
}

#[test]
fn an_unflagged_rule_is_fatal_unless_en16931_cii_calls_it_a_warning() {
    let families = BTreeMap::from([
        (
            "EN16931-CII-RULES".to_owned(),
            asserts(&(rule("CII-SR-465", Some("warning")) + &rule("BR-01", Some("fatal")))),
        ),
        ("FACTUR-X-BASIC-RULES".to_owned(), asserts(&(rule("CII-SR-465", None) + &rule("BR-02", None)))),
    ]);
    let demoted = demoted(&families);
    assert_eq!(fatal(&families["EN16931-CII-RULES"], &demoted), BTreeSet::from(["BR-01"]));
    assert_eq!(fatal(&families["FACTUR-X-BASIC-RULES"], &demoted), BTreeSet::from(["BR-02"]));
}

#[test]
fn no_text_stands_for_a_rule_that_does_not_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.packs/installed");
    let families = families(&root);
    if families.len() < 10 {
        println!("not every rule set is installed: texts without a rule are not looked for");
        return;
    }
    let known: BTreeSet<&str> = families.values().flatten().map(|(id, _)| id.as_str()).collect();
    let is_family = |key: &str| known.iter().any(|id| id.strip_prefix(key).is_some_and(|rest| rest.starts_with('-')));
    let stray: Vec<&str> = rule_keys(Language::French).filter(|key| !known.contains(key) && !is_family(key)).collect();
    assert!(stray.is_empty(), "{stray:?}");
}

fn rule(id: &str, flag: Option<&str>) -> String {
    let flag = flag.map_or(String::new(), |flag| format!("<xsl:attribute name=\"flag\">{flag}</xsl:attribute>"));
    format!("<svrl:failed-assert test=\"x\"><xsl:attribute name=\"id\">{id}</xsl:attribute>{flag}</svrl:failed-assert>")
}

fn has_text(rule: &str) -> bool {
    [Language::French, Language::English].into_iter().all(|language| finding_text(language, rule).is_some())
}

/// The rules whose flag is missing in other artefacts and that EN16931-CII calls warnings.
fn demoted(families: &BTreeMap<String, Vec<Assert>>) -> BTreeSet<&str> {
    let asserts = families.get("EN16931-CII-RULES").map_or(&[][..], Vec::as_slice);
    asserts.iter().filter(|(_, flag)| flag.as_deref() == Some("warning")).map(|(id, _)| id.as_str()).collect()
}

fn fatal<'a>(asserts: &'a [Assert], demoted: &BTreeSet<&str>) -> BTreeSet<&'a str> {
    let is_fatal = |(id, flag): &&Assert| match flag.as_deref() {
        Some(flag) => flag != "warning",
        None => !demoted.contains(id.as_str()),
    };
    asserts.iter().filter(is_fatal).map(|(id, _)| id.as_str()).collect()
}

/// The asserts of every installed rule set for invoices, by family. The rules of status messages are not findings.
fn families(root: &Path) -> BTreeMap<String, Vec<Assert>> {
    let mut families: BTreeMap<String, Vec<Assert>> = BTreeMap::new();
    for directory in entries(root) {
        let family = directory.file_name().unwrap().to_string_lossy().into_owned();
        if !family.ends_with("-RULES") || family.contains("CDAR") {
            continue;
        }
        for file in entries(&directory).iter().flat_map(|version| entries(&version.join("files"))) {
            if file.extension().is_some_and(|extension| extension == "xslt" || extension == "xsl") {
                let text = std::fs::read_to_string(&file).unwrap();
                families.entry(family.clone()).or_default().extend(asserts(&text));
            }
        }
    }
    families
}

fn entries(directory: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(directory).map(|entries| entries.map(|entry| entry.unwrap().path()).collect()).unwrap_or_default()
}

/// Asserts without an id cannot be named by a finding and are left out.
fn asserts(text: &str) -> Vec<Assert> {
    let bodies = text.split("<svrl:failed-assert").skip(1);
    bodies
        .map(|body| body.split("</svrl:failed-assert>").next().unwrap_or_default())
        .filter_map(|body| Some((attribute(body, "id")?, attribute(body, "flag"))))
        .collect()
}

fn attribute(body: &str, name: &str) -> Option<String> {
    let (_, rest) = body.split_once(&format!("<xsl:attribute name=\"{name}\">"))?;
    let (value, _) = rest.split_once("</xsl:attribute>")?;
    Some(value.trim().to_owned())
}
