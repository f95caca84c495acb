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
