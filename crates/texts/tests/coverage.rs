//! Every fatal rule of the installed artefacts has a text of ours; what is missing is printed and counted.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use facteur_texts::{Language, finding_text, rule_keys};

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
    let keys = keys();
    for (family, asserts) in &families {
        let fatal = fatal(asserts, &demoted);
        assert!(fatal.len() > 50, "{family}: only {} fatal rules were read", fatal.len());
        let missing: BTreeSet<&str> = fatal.iter().copied().filter(|rule| !has_text(rule, &keys)).collect();
        println!("{family}: {} fatal rules, {} without a text {missing:?}", fatal.len(), missing.len());
        assert!(missing.is_empty(), "{family}: {missing:?}");
    }
}

/// The table says `*` where the term is that of the element which breaks the rule: no rule may be without either.
#[test]
fn every_fatal_rule_of_the_installed_artefacts_has_a_key_and_a_term() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.packs/installed");
    let families = families(&root);
    if families.is_empty() {
        println!("no rule sets are installed: the coverage of the keys is left out");
        return;
    }
    let (demoted, keys) = (demoted(&families), keys());
    let rules: BTreeSet<&str> = families.values().flat_map(|asserts| fatal(asserts, &demoted)).collect();
    let without: BTreeSet<&&str> = rules.iter().filter(|rule| !keys.contains_key(**rule)).collect();
    let fixed = rules.iter().filter(|rule| keys.get(**rule).is_some_and(|(_, term)| term != "*")).count();
    println!("{} fatal rules, {} without a key, {fixed} with a term of their own", rules.len(), without.len());
    assert!(without.is_empty(), "{without:?}");
    assert!(fixed > 1_400, "{fixed}");
    if families.len() >= 10 {
        let stray: Vec<&String> = keys.keys().filter(|rule| !rules.contains(rule.as_str())).collect();
        assert!(stray.is_empty(), "not fatal, or not there: {stray:?}");
    }
}

/// The term of the table is that of our text, which a person wrote after the rule.
#[test]
fn the_table_of_keys_and_the_texts_name_the_same_term() {
    for (rule, (_, term)) in keys() {
        if let Some(own) = finding_text(Language::French, &rule).and_then(|text| text.term.as_deref()) {
            assert_eq!(own, term, "{rule}");
        }
    }
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
    let keys = keys();
    let mut known: BTreeSet<&str> = families.values().flatten().map(|(id, _)| id.as_str()).collect();
    known.extend(keys.values().map(|(key, _)| key.as_str()));
    let is_family = |key: &str| known.iter().any(|id| id.strip_prefix(key).is_some_and(|rest| rest.starts_with('-')));
    let stray: Vec<&str> = rule_keys(Language::French).filter(|key| !known.contains(key) && !is_family(key)).collect();
    assert!(stray.is_empty(), "{stray:?}");
}

fn rule(id: &str, flag: Option<&str>) -> String {
    let flag = flag.map_or(String::new(), |flag| format!("<xsl:attribute name=\"flag\">{flag}</xsl:attribute>"));
    format!("<svrl:failed-assert test=\"x\"><xsl:attribute name=\"id\">{id}</xsl:attribute>{flag}</svrl:failed-assert>")
}

fn has_text(rule: &str, keys: &BTreeMap<String, (String, String)>) -> bool {
    let known = |language: Language, id: &str| finding_text(language, id).is_some();
    let key = keys.get(rule).map_or(rule, |(key, _)| key.as_str());
    [Language::French, Language::English].into_iter().all(|language| known(language, rule) || known(language, key))
}

/// `schemas/keys.tsv`: key and term, by rule.
fn keys() -> BTreeMap<String, (String, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas/keys.tsv");
    let text = std::fs::read_to_string(path).unwrap();
    let rows = text.lines().filter(|line| !line.starts_with('#')).map(|line| {
        let cells: Vec<&str> = line.split('\t').collect();
        assert_eq!(cells.len(), 3, "{line}");
        (cells[0].to_owned(), (cells[1].to_owned(), cells[2].to_owned()))
    });
    rows.collect()
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
