//! `facteur convert`: what is lost is listed and refused, what is missing is asked for, nothing is overwritten.
#![allow(clippy::unwrap_used)]

mod common;

use std::process::Output;

use common::{facteur, packs, text, workspace};
use serde_json::Value;

fn convert(arguments: &[&str]) -> Output {
    let mut command = facteur();
    command.args(["--lang", "fr", "--packs"]).arg(packs().unwrap()).arg("convert").args(arguments);
    command.output().unwrap()
}

fn source(name: &str) -> String {
    workspace().join("fixtures").join(name).display().to_string()
}

fn answer(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", text(&output.stderr)))
}

#[test]
fn a_valid_invoice_becomes_a_valid_one_of_the_other_syntax_and_nothing_is_overwritten() {
    if packs().is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out.xml").display().to_string();
    let arguments = [&source("ubl/invoice-full.xml"), "--to", "cii", "-o", &out, "--format", "json"];
    let output = convert(&arguments);
    let said = answer(&output);
    assert_eq!((output.status.code(), &said["verdict"], &said["written"]), (Some(0), &"valid".into(), &true.into()));
    assert!(std::fs::read_to_string(&out).unwrap().contains("CrossIndustryInvoice"));
    let again = convert(&arguments);
    assert_eq!(again.status.code(), Some(2));
    assert!(text(&again.stderr).contains("n'est pas écrasé"), "{}", text(&again.stderr));
}

#[test]
fn what_would_be_lost_is_listed_and_refused_until_it_is_accepted() {
    if packs().is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out.xml").display().to_string();
    let arguments = [&source("ubl/invoice-a1.xml"), "--to", "cii", "--profile", "keep", "-o", &out, "--format", "json"];
    let output = convert(&arguments);
    let said = answer(&output);
    assert_eq!((output.status.code(), &said["refused"]), (Some(1), &"loss".into()));
    assert_eq!(said["lost"], serde_json::json!([{"term": "CPP-SERVICE-CODE", "value": "TECHNIQUE"}]));
    assert!(!folder.path().join("out.xml").exists());
    let accepted = convert(&[&arguments[..], &["--accept-loss"]].concat());
    assert_eq!(accepted.status.code(), Some(0));
    assert!(folder.path().join("out.xml").exists());
}

#[test]
fn the_historic_channel_takes_what_comes_from_the_platforms_and_the_other_way_asks() {
    if packs().is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out.xml").display().to_string();
    let output = convert(&[&source("cii/invoice-a1.xml"), "--to", "ubl", "--profile", "cpro-historic", "-o", &out]);
    assert_eq!(output.status.code(), Some(0), "{}{}", text(&output.stdout), text(&output.stderr));
    let written = std::fs::read_to_string(&out).unwrap();
    assert!(written.contains("<cbc:ID schemeID=\"1\">99980456000012</cbc:ID>"), "{written}");
    assert!(written.contains("<cbc:ID>ECOLES</cbc:ID>"), "{written}");
    let other = folder.path().join("other.xml").display().to_string();
    let output = convert(&[&source("cii/invoice-a1.xml"), "--to", "ubl", "--profile", "afnor", "-o", &other]);
    let asked = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1));
    assert!(!folder.path().join("other.xml").exists());
    for term in ["BT-23 : un cadre de facturation", "BT-34 : l'adresse", "BT-49 : l'adresse", "note de code PMD"] {
        assert!(asked.contains(term), "{asked}");
    }
}

#[test]
fn what_is_no_invoice_is_said_and_a_profile_that_does_not_fit_is_an_error() {
    if packs().is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out.xml").display().to_string();
    let empty = convert(&[&source("bad/vide.xml"), "--to", "ubl", "-o", &out]);
    assert_eq!(empty.status.code(), Some(1));
    assert!(text(&empty.stdout).contains("rien n'est converti"));
    for profile in ["factur-x-basic", "zugferd"] {
        let output = convert(&[&source("ubl/invoice-full.xml"), "--to", "ubl", "--profile", profile, "-o", &out]);
        assert_eq!(output.status.code(), Some(2), "{profile}");
    }
    assert!(!folder.path().join("out.xml").exists());
}

#[test]
fn what_a_channel_lacks_is_given_on_the_command_line_and_nothing_is_broken() {
    if packs().is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out.xml").display().to_string();
    let file = source("cii/invoice-a1.xml");
    let bare = [&file, "--to", "ubl", "--profile", "afnor", "-o", &out, "--format", "json"];
    let asked = answer(&convert(&bare));
    assert_eq!((&asked["refused"], &asked["supplied"]), (&"missing".into(), &serde_json::json!([])));
    let forms: Vec<&str> =
        asked["missing"].as_array().unwrap().iter().map(|one| one["set"].as_str().unwrap()).collect();
    assert!(forms.contains(&"BT-23=B1") && forms.contains(&"BT-34=0225:…"), "{forms:?}");
    let given = [
        "BT-23=M1",
        "BT-34=0225:999804566",
        "BT-49=0225:999700016",
        "BT-22=PMT:Indemnité forfaitaire pour frais de recouvrement : 40 €.",
        "BT-22=PMD:Pénalités de retard : trois fois le taux d'intérêt légal.",
        "BT-22=AAB:Pas d'escompte pour paiement anticipé.",
    ];
    let options: Vec<&str> = given.iter().flat_map(|one| ["--set", one]).collect();
    let output = convert(&[&bare[..], &options, &["--accept-loss"]].concat());
    let said = answer(&output);
    assert_eq!((&said["missing"], &said["written"]), (&serde_json::json!([]), &true.into()), "{said:#}");
    // Without a copy of the directory two rules on the recipient stay unchecked; nothing is broken.
    let findings = said["findings"].as_array().unwrap();
    assert!(findings.iter().all(|found| found["severity"] == "warning"), "{findings:#?}");
    assert!(findings.iter().all(|found| found["evaluated"] == true || found["key"] == "CPRO-DIRECTORY-MISSING"));
    let terms: Vec<&str> =
        said["supplied"].as_array().unwrap().iter().map(|one| one["term"].as_str().unwrap()).collect();
    assert!(["BT-23", "BT-34", "BT-49", "BT-22"].iter().all(|term| terms.contains(term)), "{terms:?}");
    assert!(said["replaced"].as_array().unwrap().iter().any(|one| one["term"] == "BT-23"), "{said:#}");
    assert!(std::fs::read_to_string(&out).unwrap().contains("<cbc:ProfileID>M1</cbc:ProfileID>"));
    for wrong in ["BT-23", "BT-112=1.00", "BT-34=999804566", "BT-29=12345678901234", "BT-84=FR00"] {
        let out = folder.path().join("never.xml").display().to_string();
        let output = convert(&[&file, "--to", "ubl", "-o", &out, "--set", wrong]);
        assert_eq!(output.status.code(), Some(2), "{wrong}");
        assert!(!text(&output.stderr).is_empty() && !folder.path().join("never.xml").exists());
    }
}

#[test]
fn the_supplier_s_own_pages_are_kept_and_that_is_said() {
    if packs().is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("own.pdf").display().to_string();
    let pdf = source("inbox/05-factur-x-en16931-chauffage.pdf");
    let kept = convert(&[&pdf, "--to", "factur-x", "--profile", "factur-x-en16931", "--keep-page", "-o", &out]);
    assert_eq!(kept.status.code(), Some(0), "{}{}", text(&kept.stdout), text(&kept.stderr));
    assert!(text(&kept.stderr).contains("pas certifié PDF/A"), "{}", text(&kept.stderr));
    assert!(std::fs::read(&out).unwrap().starts_with(b"%PDF-"));
    let never = folder.path().join("never.pdf").display().to_string();
    for (arguments, status) in [
        (vec![pdf.as_str(), "--to", "ubl", "--keep-page"], 2),
        (vec![&source("cii/invoice-a1.xml"), "--to", "factur-x", "--keep-page"], 1),
        (vec![&pdf, "--to", "factur-x", "--page", &source("bad/pdf-mot-de-passe.pdf")], 1),
        (vec![&pdf, "--to", "factur-x", "--page", &source("pdf/mot-de-passe-vide.pdf")], 1),
    ] {
        let output = convert(&[&arguments[..], &["-o", &never]].concat());
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {}", text(&output.stderr));
        assert!(!folder.path().join("never.pdf").exists(), "{arguments:?}");
    }
}
