//! `facteur explain`, and the reports that `facteur check` writes for one document.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

fn facteur(arguments: &[&str]) -> Output {
    let packs = common::workspace().join(".packs/installed");
    let mut command = Command::new(env!("CARGO_BIN_EXE_facteur"));
    command.args(arguments).env("FACTEUR_PACKS", packs).env_remove("FACTEUR_HOME").output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn fixture(name: &str) -> String {
    common::workspace().join("fixtures").join(name).display().to_string()
}

#[test]
fn a_rule_of_ours_is_explained_in_both_languages() {
    for (language, title, source) in
        [("fr", "Code service absent", "XP Z12-012, annexe A"), ("en", "Service code missing", "XP Z12-012, annex A")]
    {
        let output = facteur(&["explain", "br-fr-cpro-11", "--lang", language]);
        assert_eq!(output.status.code(), Some(0));
        let page = text(&output.stdout);
        assert!(page.starts_with(&format!("BR-FR-CPRO-11 — {title}")), "{page}");
        assert!(page.contains(source) && page.contains("BT-46 (0224) = TECHNIQUE"), "{page}");
    }
}

#[test]
fn an_official_rule_is_explained_with_its_publishers_words() {
    if common::packs().is_none() {
        return;
    }
    let output = facteur(&["explain", "BR-CO-10", "--lang", "fr", "--format", "json"]);
    let line: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&line["schema"], &line["rule"]), (&"facteur-explain/1".into(), &"BR-CO-10".into()));
    assert_eq!((&line["term"], &line["source"]), (&"BT-106".into(), &"artefact".into()));
    let official = line["official"].as_array().unwrap();
    let says = |artefact: &str| {
        official.iter().any(|one| {
            one["artefact"].as_str().unwrap().starts_with(artefact) && one["text"].as_str().unwrap().contains("BT-131")
        })
    };
    assert!(says("EN16931-UBL-RULES@") && says("EN16931-CII-RULES@") && says("FACTUR-X-BASIC-RULES@"), "{official:?}");
    assert!(line["example"]["wrong"].as_str().unwrap().contains("BT-106"));
    let output = facteur(&["explain", "BR-FR-05", "--lang", "fr"]);
    assert!(text(&output.stdout).contains("BR-FR-FLUX2-UBL-RULES@"), "{}", text(&output.stdout));
}

#[test]
fn an_unknown_rule_names_the_nearest_and_fails() {
    let output = facteur(&["explain", "CPRO-HIST-IBANN", "--lang", "en"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    assert!(text(&output.stderr).contains("CPRO-HIST-IBAN,"), "{}", text(&output.stderr));
}

/// Checks two documents and gives the reports of the second.
fn reports(folder: &Path, bad: &str) -> (String, String) {
    let (html, svrl) = (folder.join("html"), folder.join("deep/svrl"));
    let good = fixture("ubl/invoice-a1.xml");
    let output = facteur(&[
        "check",
        "--lang",
        "fr",
        "--layers",
        "syntax,chorus-pro",
        "--context",
        "cpro-historic",
        "--html",
        html.to_str().unwrap(),
        "--svrl",
        svrl.to_str().unwrap(),
        &good,
        bad,
    ]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    let name = Path::new(bad).file_name().unwrap().to_str().unwrap();
    assert!(html.join("invoice-a1.xml.html").exists() && svrl.join("invoice-a1.xml.svrl").exists());
    let read = |path: std::path::PathBuf| fs::read_to_string(path).unwrap();
    (read(html.join(format!("{name}.html"))), read(svrl.join(format!("{name}.svrl"))))
}

#[test]
fn check_writes_a_page_and_svrl_for_each_document() {
    let folder = tempfile::tempdir().unwrap();
    let broken = fs::read_to_string(fixture("ubl/invoice-a1.xml")).unwrap();
    let number = broken.split_once("<cbc:ID>").unwrap().1.split_once("</cbc:ID>").unwrap().0;
    let hostile = "&lt;script&gt;alert(1)&lt;/script&gt;-far-too-long";
    let bad = folder.path().join("facture.xml");
    fs::write(&bad, broken.replacen(&format!("<cbc:ID>{number}<"), &format!("<cbc:ID>{hostile}<"), 1)).unwrap();
    let (html, svrl) = reports(folder.path(), bad.to_str().unwrap());
    assert!(html.contains("<code>CPRO-HIST-NUMBER</code>") && html.contains(hostile), "{html}");
    assert!(!html.contains("<script") && !svrl.contains("<script"));
    assert!(svrl.contains("id=\"CPRO-HIST-NUMBER\"") && svrl.contains("flag=\"fatal\""), "{svrl}");

    // The program's own reader takes the SVRL as well-formed.
    let path = folder.path().join("deep/svrl/facture.xml.svrl");
    let output = facteur(&["check", "--layers", "syntax", "--format", "json", path.to_str().unwrap()]);
    let line: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(line["layers"][0]["status"], "passed", "{line}");
}

#[test]
fn a_document_that_cannot_be_read_has_its_reports_too() {
    let folder = tempfile::tempdir().unwrap();
    let (html, svrl) = reports(folder.path(), &fixture("bad/xml-dtd-externe.xml"));
    assert!(html.contains("<code>XML-DOCTYPE</code>"), "{html}");
    assert!(svrl.contains("<svrl:failed-assert"), "{svrl}");
}

#[test]
fn a_folder_that_cannot_be_made_stops_the_command() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "x").unwrap();
    let inside = file.join("reports");
    let output = facteur(&["check", "--html", inside.to_str().unwrap(), &fixture("ubl/invoice-a1.xml")]);
    assert_eq!(output.status.code(), Some(2));
}
