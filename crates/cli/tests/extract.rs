//! `facteur extract`: proposals from plain PDFs, and a clear message for each PDF that has none to make.
#![allow(clippy::unwrap_used)]

mod common;

use std::path::{Path, PathBuf};

use common::{facteur, text};
use serde_json::Value;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures").join(name)
}

#[test]
fn a_plain_pdf_is_proposed_with_trust_method_and_place() {
    let output =
        facteur().args(["extract", "--format", "json"]).arg(fixture("inbox/06-pdf-simple-taxi.pdf")).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let line: Value = serde_json::from_str(&text(&output.stdout)).unwrap();
    let fields = &line["fields"];
    assert_eq!(line["schema"], "facteur-extract/1");
    assert_eq!(fields["number"]["value"], "TX-2026-0902");
    assert_eq!(fields["total"]["value"], "630.30");
    assert_eq!((&fields["net"]["value"], &fields["vat"]["value"]), (&"573.00".into(), &"57.30".into()));
    assert_eq!(fields["supplier_vat"]["method"], "checksum");
    assert_eq!(fields["total"]["method"], "arithmetic");
    assert_eq!(fields["total"]["sure"], true);
    assert_eq!(fields["number"]["page"], 1);
    let corners: Vec<f64> =
        fields["number"]["box"].as_array().unwrap().iter().map(|edge| edge.as_f64().unwrap()).collect();
    assert!(
        corners[0] < corners[2] && corners[1] < corners[3] && corners[2] < 596.0 && corners[3] < 843.0,
        "{corners:?}"
    );
    assert_eq!(line["vat"][0]["rate"], "10");
    assert_eq!(line["lines"].as_array().unwrap().len(), 2);
}

#[test]
fn every_pdf_without_a_proposal_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let image = folder.path().join("photo.pdf");
    std::fs::write(&image, b"\x89PNG\r\n\x1a\n0000").unwrap();
    for (file, rule) in [
        (fixture("bad/pdf-mot-de-passe.pdf"), "PDF-PASSWORD"),
        (fixture("bad/pas-un-pdf.pdf"), "PDF-NOT-PDF"),
        (fixture("bad/pdf-sans-fin.pdf"), "PDF-"),
        (image, "FILE-IS-IMAGE"),
    ] {
        let output = facteur().args(["extract", "--lang", "fr"]).arg(&file).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", file.display());
        assert!(text(&output.stderr).contains(rule), "{}: {}", file.display(), text(&output.stderr));
    }
    let missing = facteur().args(["extract", "/nulle-part.pdf"]).output().unwrap();
    assert_eq!(missing.status.code(), Some(2));
}
