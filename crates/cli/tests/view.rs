//! `facteur view`, and `facteur convert --to factur-x`: an invoice as a person reads it.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Home, facteur, packs, text, workspace};
use serde_json::Value;

fn fixture(name: &str) -> String {
    workspace().join("fixtures").join(name).display().to_string()
}

fn view(arguments: &[&str]) -> std::process::Output {
    let mut command = facteur();
    command.args(["--lang", "fr", "view"]).args(arguments);
    if let Some(packs) = packs() {
        command.arg("--packs").arg(packs);
    }
    command.output().unwrap()
}

#[test]
fn every_term_is_shown_in_each_form() {
    let file = fixture("ubl/invoice-full.xml");
    let json = view(&[&file, "--format", "json"]);
    assert_eq!(json.status.code(), Some(0), "{}", text(&json.stderr));
    let line: Value = serde_json::from_slice(&json.stdout).unwrap();
    let terms = line["terms"].as_array().unwrap();
    assert!(terms.len() > 100, "{} terms", terms.len());
    let shown = text(&view(&[&file, "--format", "terminal"]).stdout);
    let html = text(&view(&[&file, "--format", "html"]).stdout);
    for term in terms {
        let (name, value) = (term["term"].as_str().unwrap(), term["value"].as_str().unwrap());
        assert!(shown.lines().any(|row| row.starts_with(name) && row.contains(value)), "{name} {value}");
        let escaped = value.replace('&', "&amp;").replace('\'', "&#39;").replace('<', "&lt;");
        assert!(html.contains(&format!("<code>{name}</code></td>")) && html.contains(&escaped), "{name} {value}");
    }
    assert!(html.starts_with("<!DOCTYPE html>") && html.contains("FA-2026-0107"));
    let pdf = view(&[&file, "--format", "pdf"]);
    assert!(pdf.stdout.starts_with(b"%PDF-1.7"));
}

#[test]
fn a_file_is_written_whole_and_never_over_another() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("facture.pdf").display().to_string();
    let file = fixture("inbox/05-factur-x-en16931-chauffage.pdf");
    assert_eq!(view(&[&file, "--format", "pdf", "-o", &out]).status.code(), Some(0));
    let again = view(&[&file, "--format", "pdf", "-o", &out]);
    assert_eq!(again.status.code(), Some(2));
    assert!(text(&again.stderr).contains("n'est pas écrasé"), "{}", text(&again.stderr));
    let unreadable = view(&[&fixture("bad/vide.xml")]);
    assert_eq!(unreadable.status.code(), Some(1));
    assert!(!unreadable.stderr.is_empty() && unreadable.stdout.is_empty());
    assert_eq!(view(&["nulle-part.xml"]).status.code(), Some(2));
}

#[test]
fn an_invoice_of_the_store_is_shown_by_its_number() {
    let home = Home::demo("http://127.0.0.1:9");
    home.run(&["import", &fixture("ubl/invoice-a1.xml")]);
    let shown = home.run(&["view", "FA-2026-0042", "--lang", "fr"]);
    assert_eq!(shown.status.code(), Some(0), "{}", text(&shown.stderr));
    assert!(text(&shown.stdout).contains("Menuiserie des Trois Sapins"));
    assert_eq!(home.run(&["view", "FA-0"]).status.code(), Some(2));
}

#[test]
fn a_ubl_becomes_a_factur_x_that_is_valid() {
    let Some(packs) = packs() else { return };
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("facture.pdf");
    let mut command = facteur();
    command.args(["--lang", "fr", "--packs"]).arg(&packs).args(["convert", "--to", "factur-x", "--format", "json"]);
    let output = command.arg(fixture("ubl/invoice-full.xml")).arg("-o").arg(&out).output().unwrap();
    let said: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", text(&output.stderr)));
    assert_eq!((output.status.code(), &said["verdict"]), (Some(0), &"valid".into()), "{said:#}");
    let mut check = facteur();
    check.args(["--packs"]).arg(&packs).args(["check", "--context", "plain", "--format", "json"]).arg(&out);
    let checked: Value = serde_json::from_slice(&check.output().unwrap().stdout).unwrap();
    assert_eq!((&checked["kind"], &checked["verdict"]), (&"factur-x".into(), &"valid".into()), "{checked:#}");
}
