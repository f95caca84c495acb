//! The detached seal.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Authority, DAY, Kind, NOW, Usage, replaced, signer};
use facteur_model::finding::Verdict;
use facteur_sign::{SignError, Status, Trust, seal_detached, verify};

#[test]
fn a_seal_holds_for_its_bytes_and_for_no_others() {
    let (identity, trust) = signer();
    let content = b"%PDF-1.7 \x00\xFF anything at all";
    let seal =
        seal_detached(content, "facture n\u{b0}1 (\u{e9}t\u{e9}).pdf", "application/pdf", &identity, NOW).unwrap();
    let right = verify(&seal, Some(content), &trust);
    assert_eq!(right.verdict, Verdict::Valid, "{right:?}");
    assert_eq!(right.form, Some("detached"));
    assert_eq!(right.signed_name.as_deref(), Some("facture n\u{b0}1 (\u{e9}t\u{e9}).pdf"));
    assert_eq!(right.signing_time.as_deref(), Some("2026-11-23T17:06:46Z"));
    assert_eq!(right.parts.revocation.status, Status::NotChecked);

    let mut changed = content.to_vec();
    changed[3] ^= 1;
    let wrong = verify(&seal, Some(&changed), &trust);
    assert_eq!(wrong.verdict, Verdict::Invalid);
    // Both engines see it, each by itself: libxmlsec1 was served the very bytes from memory.
    assert_eq!(wrong.parts.coverage.status, Status::Failed);
    assert_eq!(wrong.parts.crypto_second.status, Status::Failed);
    assert_eq!(wrong.parts.crypto.status, Status::Passed);
}

#[test]
fn a_seal_over_nothing_and_over_much_holds() {
    let (identity, trust) = signer();
    for content in [Vec::new(), vec![b'x'; 5_000_000]] {
        let seal = seal_detached(&content, "a", "application/octet-stream", &identity, NOW).unwrap();
        assert!(verify(&seal, Some(&content), &trust).is_valid());
    }
}

#[test]
fn without_the_document_or_without_anchors_nothing_is_valid() {
    let (identity, trust) = signer();
    let seal = seal_detached(b"x", "a.xml", "application/xml", &identity, NOW).unwrap();
    let alone = verify(&seal, None, &trust);
    assert_eq!(alone.verdict, Verdict::NotChecked);
    assert_eq!(alone.parts.coverage.status, Status::NotChecked);
    let nobody = verify(&seal, Some(b"x"), &Trust::nobody(NOW));
    assert_eq!(nobody.verdict, Verdict::NotChecked);
    assert_eq!(nobody.parts.certificate_path.status, Status::NotChecked);
}

#[test]
fn another_authority_of_the_same_name_is_not_trusted() {
    let (identity, _) = signer();
    let seal = seal_detached(b"x", "a.xml", "application/xml", &identity, NOW).unwrap();
    let verification = verify(&seal, Some(b"x"), &Authority::new().trust(NOW));
    assert_eq!(verification.verdict, Verdict::Invalid);
    assert_eq!(verification.parts.certificate_path.status, Status::Failed);
}

#[test]
fn nothing_on_the_disk_or_the_network_can_be_named() {
    let (identity, trust) = signer();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret.xml");
    std::fs::write(&file, b"x").unwrap();
    let seal = seal_detached(b"x", "a.xml", "application/xml", &identity, NOW).unwrap();
    for uri in [format!("file://{}", file.display()), file.display().to_string(), "http://127.0.0.1:9/a.xml".to_owned()]
    {
        let named = replaced(&seal, "URI=\"a.xml\"", &format!("URI=\"{uri}\""));
        let verification = verify(&named, Some(b"x"), &trust);
        assert_eq!(verification.verdict, Verdict::Invalid);
        assert_eq!(verification.parts.references.status, Status::Failed, "{uri}");
    }
    for name in ["", "..", "a/b.xml", "a\\b"] {
        assert!(matches!(seal_detached(b"x", name, "t/t", &identity, NOW), Err(SignError::FileName(_))));
    }
}

#[test]
fn a_seal_outlives_its_certificate_only_as_not_checked() {
    let authority = Authority::new();
    let identity = authority.leaf(Kind::P256, Usage::Sign, -10..20).identity();
    let seal = seal_detached(b"x", "a.xml", "application/xml", &identity, NOW).unwrap();
    let later = verify(&seal, Some(b"x"), &authority.trust(NOW.plus_millis(25 * DAY)));
    assert_eq!((later.verdict, later.parts.dates.status), (Verdict::NotChecked, Status::NotChecked));
    let earlier = verify(&seal, Some(b"x"), &authority.trust(NOW.plus_millis(-DAY)));
    assert_eq!((earlier.verdict, earlier.parts.dates.status), (Verdict::Invalid, Status::Failed));
}

#[test]
fn verifications_on_many_threads_do_not_see_each_others_bytes() {
    facteur_sign::init().unwrap();
    let (identity, trust) = signer();
    // The same name everywhere: only the bytes differ.
    let seals: Vec<_> = (0_u8..8)
        .map(|n| (vec![n; 1000 + usize::from(n)], n))
        .map(|(content, n)| (seal_detached(&content, "same.xml", "t/t", &identity, NOW).unwrap(), content, n))
        .collect();
    std::thread::scope(|scope| {
        for (seal, content, n) in &seals {
            let (seals, trust) = (&seals, &trust);
            scope.spawn(move || {
                for round in 0..20 {
                    assert!(verify(seal, Some(content), trust).is_valid());
                    let other = &seals[(usize::from(*n) + 1 + round % 7) % 8].1;
                    let wrong = verify(seal, Some(other), trust);
                    assert_eq!(wrong.parts.crypto_second.status, Status::Failed);
                    assert_eq!(wrong.verdict, Verdict::Invalid);
                }
            });
        }
    });
}

#[test]
fn the_json_of_a_verification_is_that_of_the_contract() {
    let (identity, trust) = signer();
    let seal = seal_detached(b"x", "a.xml", "application/xml", &identity, NOW).unwrap();
    let json = serde_json::to_value(verify(&seal, Some(b"x"), &trust)).unwrap();
    assert_eq!(json["verdict"], "valid");
    assert_eq!(json["parts"]["crypto_second"]["status"], "passed");
    assert_eq!(json["parts"]["revocation"]["status"], "not_checked");
    assert_eq!(json["parts"].as_object().unwrap().len(), 14);
}
