//! Whatever this crate can say has its sentence in both languages.
#![allow(clippy::unwrap_used)]

mod common;

use common::{NOW, signer};
use facteur_sign::{SignError, Trust, seal_detached, verify};

const FRENCH: &str = include_str!("../../texts/findings/sign.fr.toml");
const ENGLISH: &str = include_str!("../../texts/findings/sign.en.toml");

fn assert_told(rule: &str) {
    for texts in [FRENCH, ENGLISH] {
        assert!(texts.contains(&format!("[\"{rule}\"]")), "{rule}");
    }
}

#[test]
fn every_part_of_a_verification_has_its_sentence() {
    let informing = ["level", "revocation"];
    let verification = verify(b"<x/>", None, &Trust::nobody(NOW));
    for (name, _) in verification.parts.each().iter().filter(|(name, _)| !informing.contains(name)) {
        assert_told(&format!("SIGN-{}", name.to_uppercase().replace('_', "-")));
    }
    let findings = verification.findings();
    assert_eq!(findings.len(), 12);
    for finding in findings {
        assert_told(&finding.rule);
        assert!(finding.found.is_some_and(|found| !found.is_empty()));
    }
}

#[test]
fn a_valid_signature_has_no_findings() {
    let (identity, trust) = signer();
    let seal = seal_detached(b"x", "a", "t/t", &identity, NOW).unwrap();
    assert!(verify(&seal, Some(b"x"), &trust).findings().is_empty());
}

#[test]
fn every_error_has_its_sentence() {
    let text = String::new;
    let io = || std::io::Error::other("x");
    let xml = facteur_xml::Document::parse(b"", &facteur_xml::Limits::default()).unwrap_err();
    for error in [
        SignError::KeyFile { path: text(), source: io() },
        SignError::KeyFilePermissions { path: text(), mode: 0o644 },
        SignError::Key(text()),
        SignError::KeyKind { found: text() },
        SignError::Certificate(text()),
        SignError::KeyMismatch { subject: text() },
        SignError::NotYetValid { from: text() },
        SignError::Expired { until: text() },
        SignError::KeyUsage { found: text() },
        SignError::Unreadable(xml),
        SignError::NotUbl { root: text() },
        SignError::AlreadySigned { line: 8 },
        SignError::NoPlace(text()),
        SignError::FileName(text()),
        SignError::Crypto(openssl::error::ErrorStack::get()),
        SignError::Canonical(text()),
        SignError::Engine(text()),
        SignError::Refused(text()),
    ] {
        assert_told(error.rule());
        assert!(error.finding().found.is_some());
    }
}
