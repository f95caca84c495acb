//! Whatever byte is changed, in whatever way, the document is not valid any more.
#![allow(clippy::unwrap_used)]

mod common;

use common::{NOW, signer};
use facteur_model::finding::Verdict;
use facteur_sign::{Trust, seal_detached, sign_enveloped_ubl, verify};
use proptest::prelude::*;

/// Small, without anything whose change canonical XML would rightly ignore (comments, white space in tags).
const SMALL: &str = "<Invoice xmlns=\"urn:oasis:names:specification:ubl:schema:xsd:Invoice-2\">\
    <b:ID xmlns:b=\"urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2\">FA-1</b:ID> t\u{e9}xt</Invoice>";

fn small() -> (Vec<u8>, Trust) {
    let (identity, trust) = signer();
    (sign_enveloped_ubl(SMALL.as_bytes(), &identity, NOW).unwrap(), trust)
}

#[test]
fn every_byte_whose_lowest_bit_is_flipped_breaks_the_signature() {
    let (signed, trust) = small();
    assert!(verify(&signed, None, &trust).is_valid());
    for index in 0..signed.len() {
        let mut changed = signed.clone();
        changed[index] ^= 1;
        let verification = verify(&changed, None, &trust);
        assert_eq!(verification.verdict, Verdict::Invalid, "byte {index}: {verification:?}");
    }
}

#[test]
fn every_byte_of_a_sealed_file_counts() {
    let (identity, trust) = signer();
    let content = b"any bytes \x00\x01\xFF".to_vec();
    let seal = seal_detached(&content, "a.bin", "t/t", &identity, NOW).unwrap();
    for index in 0..content.len() {
        let mut changed = content.clone();
        changed[index] ^= 1;
        assert_eq!(verify(&seal, Some(&changed), &trust).verdict, Verdict::Invalid);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// A byte that is exchanged for any other is never valid, except where canonical XML says that nothing was
    /// changed: white space between attributes.
    #[test]
    fn any_other_byte_anywhere_breaks_the_signature(index in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let (signed, trust) = small();
        let index = index.index(signed.len());
        let blank = |b: u8| matches!(b, b' ' | b'\t' | b'\n' | b'\r');
        prop_assume!(signed[index] != byte && !(blank(signed[index]) && blank(byte)));
        let mut changed = signed;
        changed[index] = byte;
        prop_assert_ne!(verify(&changed, None, &trust).verdict, Verdict::Valid);
    }

    /// Nothing that is fed to the verifier makes it fail or say valid.
    #[test]
    fn any_truncation_is_refused(index in any::<prop::sample::Index>()) {
        let (signed, trust) = small();
        let end = index.index(signed.len());
        prop_assert_eq!(verify(&signed[..end], None, &trust).verdict, Verdict::Invalid);
    }
}
