//! What is refused when a key is loaded, before any batch begins.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Authority, DAY, Kind, NOW, Usage};
use facteur_sign::{
    DEMO_MARK, Secret, SignError, SigningIdentity, Trust, generate_demo_identity, seal_detached, verify,
};
use openssl::symm::Cipher;

fn load(key: &[u8], certificate: &[u8]) -> Result<SigningIdentity, SignError> {
    SigningIdentity::from_pem(key, certificate, None, NOW)
}

#[test]
fn every_accepted_kind_of_key_signs() {
    let authority = Authority::new();
    for (kind, usage) in
        [(Kind::Rsa(2048), Usage::Sign), (Kind::P256, Usage::NonRepudiation), (Kind::P384, Usage::Sign)]
    {
        let identity = authority.leaf(kind, usage, -1..100).identity();
        let seal = seal_detached(b"content", "a.bin", "text/plain", &identity, NOW).unwrap();
        assert!(verify(&seal, Some(b"content"), &authority.trust(NOW)).is_valid());
    }
}

#[test]
fn a_key_that_is_not_the_certificates_is_refused() {
    let authority = Authority::new();
    let one = authority.leaf(Kind::P256, Usage::Sign, -1..100);
    let other = authority.leaf(Kind::P256, Usage::Sign, -1..100);
    assert!(matches!(load(&one.key_pem(), &other.pem()), Err(SignError::KeyMismatch { .. })));
}

#[test]
fn weak_and_unknown_keys_are_refused() {
    let authority = Authority::new();
    for kind in [Kind::Rsa(1024), Kind::P521] {
        let leaf = authority.leaf(kind, Usage::Sign, -1..100);
        assert!(matches!(load(&leaf.key_pem(), &leaf.pem()), Err(SignError::KeyKind { .. })));
    }
}

#[test]
fn a_certificate_out_of_its_dates_is_refused_with_the_date() {
    let authority = Authority::new();
    let expired = authority.leaf(Kind::P256, Usage::Sign, -100..-1);
    let early = authority.leaf(Kind::P256, Usage::Sign, 1..100);
    assert!(
        matches!(load(&expired.key_pem(), &expired.pem()), Err(SignError::Expired { until }) if until.contains("2026"))
    );
    assert!(
        matches!(load(&early.key_pem(), &early.pem()), Err(SignError::NotYetValid { from }) if from.contains("2026"))
    );
}

#[test]
fn a_certificate_that_expires_during_the_run_no_longer_seals() {
    let authority = Authority::new();
    let identity = authority.leaf(Kind::P256, Usage::Sign, -10..20).identity();
    assert!(identity.expires_within_30_days(NOW));
    assert!(!authority.leaf(Kind::P256, Usage::Sign, -10..40).identity().expires_within_30_days(NOW));
    let later = NOW.plus_millis(21 * DAY);
    assert!(matches!(seal_detached(b"x", "a", "text/plain", &identity, later), Err(SignError::Expired { .. })));
}

#[test]
fn a_certificate_that_is_not_for_signing_is_refused() {
    let authority = Authority::new();
    for usage in [Usage::KeyEncipherment, Usage::None] {
        let leaf = authority.leaf(Kind::P256, usage, -1..100);
        assert!(matches!(load(&leaf.key_pem(), &leaf.pem()), Err(SignError::KeyUsage { .. })));
    }
}

#[test]
fn encrypted_keys_open_with_their_passphrase_only() {
    let leaf = Authority::new().leaf(Kind::P256, Usage::Sign, -1..100);
    let pem = leaf.key.private_key_to_pem_pkcs8_passphrase(Cipher::aes_256_cbc(), b"correct").unwrap();
    let open = |passphrase: Option<&[u8]>| {
        let secret = passphrase.map(|bytes| Secret::new(bytes.to_vec()));
        SigningIdentity::from_pem(&pem, &leaf.pem(), secret.as_ref(), NOW)
    };
    assert!(open(Some(b"correct")).is_ok());
    assert!(matches!(open(Some(b"wrong")), Err(SignError::Key(_))));
    assert!(matches!(open(None), Err(SignError::Key(_))));
}

#[test]
fn rubbish_is_neither_key_nor_certificate() {
    let leaf = Authority::new().leaf(Kind::P256, Usage::Sign, -1..100);
    assert!(matches!(load(b"rubbish", &leaf.pem()), Err(SignError::Key(_))));
    assert!(matches!(load(&leaf.key_pem(), b"rubbish"), Err(SignError::Certificate(_))));
    assert!(matches!(load(&leaf.key_pem(), b""), Err(SignError::Certificate(_))));
}

#[test]
fn the_demonstration_identity_says_what_it_is() {
    let (key, certificate) = generate_demo_identity(NOW).unwrap();
    let identity = SigningIdentity::from_pem(&key, &certificate, None, NOW).unwrap();
    assert!(identity.is_demo() && identity.subject().contains(DEMO_MARK));
    assert!(!identity.expires_within_30_days(NOW));
    assert_eq!(identity.fingerprint().len(), 95);
    assert!(identity.serial().bytes().all(|b| b.is_ascii_digit()));
    let seal = seal_detached(b"x", "a", "text/plain", &identity, NOW).unwrap();
    assert!(verify(&seal, Some(b"x"), &Trust::of(&identity, NOW)).is_valid());
}

#[test]
fn the_key_never_prints() {
    let leaf = Authority::new().leaf(Kind::P256, Usage::Sign, -1..100);
    let printed = format!("{:?}", leaf.identity());
    assert!(printed.contains("subject") && !printed.to_lowercase().contains("key"), "{printed}");
}
