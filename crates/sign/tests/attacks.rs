//! One attack a test: what was changed, and which part of the verdict says so.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Authority, INVOICE, Kind, NOW, Usage, key, replaced, signer};
use facteur_model::finding::Verdict;
use facteur_sign::{Part, Parts, Status, Trust, Verification, sign_enveloped_ubl, verify};

fn signed() -> (Vec<u8>, Trust) {
    let (identity, trust) = signer();
    (sign_enveloped_ubl(INVOICE.as_bytes(), &identity, NOW).unwrap(), trust)
}

fn refused(bytes: &[u8], trust: &Trust, part: impl Fn(&Parts) -> &Part) -> Verification {
    let verification = verify(bytes, None, trust);
    assert_eq!(verification.verdict, Verdict::Invalid, "{verification:?}");
    assert_eq!(part(&verification.parts).status, Status::Failed, "{verification:?}");
    verification
}

/// The text between two marks, marks included.
fn cut(bytes: &[u8], from: &str, to: &str) -> String {
    let text = std::str::from_utf8(bytes).unwrap();
    let start = text.find(from).unwrap();
    let end = start + text[start..].find(to).unwrap() + to.len();
    text[start..end].to_owned()
}

#[test]
fn a_changed_amount_is_seen_by_both_engines() {
    let (signed, trust) = signed();
    let changed = replaced(&signed, "120.00", "920.00");
    let verification = refused(&changed, &trust, |parts| &parts.coverage);
    assert_eq!(verification.parts.crypto_second.status, Status::Failed);
}

#[test]
fn a_removed_signature_is_not_valid() {
    let (signed, trust) = signed();
    let signature = cut(&signed, "<ds:Signature ", "</ds:Signature>");
    refused(&replaced(&signed, &signature, ""), &trust, |parts| &parts.position);
    refused(INVOICE.as_bytes(), &trust, |parts| &parts.position);
}

#[test]
fn a_doctype_is_refused_before_anything_is_read() {
    let (signed, trust) = signed();
    let with = replaced(&signed, "<!-- facture d'essai -->", "<!DOCTYPE Invoice [<!ENTITY a 'b'>]>");
    let verification = refused(&with, &trust, |parts| &parts.position);
    assert!(verification.parts.position.detail.contains("not a readable document"));
}

#[test]
fn a_wrapped_original_is_refused() {
    // The signed invoice moves into an extension of a forged one, whose own content is new.
    let (signed, trust) = signed();
    let text = String::from_utf8(signed).unwrap();
    let inner = &text[text.find("<Invoice").unwrap()..];
    let forged = format!(
        "<Invoice xmlns=\"urn:oasis:names:specification:ubl:schema:xsd:Invoice-2\"><e:UBLExtensions \
         xmlns:e=\"urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2\"><e:UBLExtension>\
         <e:ExtensionContent>{inner}</e:ExtensionContent></e:UBLExtension></e:UBLExtensions></Invoice>"
    );
    refused(forged.as_bytes(), &trust, |parts| &parts.position);
}

#[test]
fn a_signature_moved_to_another_place_is_refused() {
    let (signed, trust) = signed();
    let signature = cut(&signed, "<ds:Signature ", "</ds:Signature>");
    let without = replaced(&signed, &signature, "");
    let at_the_end = replaced(&without, "</Invoice>", &format!("{signature}</Invoice>"));
    refused(&at_the_end, &trust, |parts| &parts.position);
}

#[test]
fn a_reference_to_a_part_by_id_is_refused_even_if_it_holds() {
    // XSW: the reference names an element by id; the forged root is covered by nothing.
    let (signed, trust) = signed();
    let by_id = replaced(&signed, "URI=\"\"", "URI=\"#old\"");
    refused(&by_id, &trust, |parts| &parts.references);
}

#[test]
fn external_references_are_refused_and_never_fetched() {
    let (signed, trust) = signed();
    for uri in ["http://127.0.0.1:9/x", "file:///etc/hostname", "x.xml", "#xpointer(/)", "#xpointer(id('a'))"] {
        refused(&replaced(&signed, "URI=\"\"", &format!("URI=\"{uri}\"")), &trust, |parts| &parts.references);
    }
}

#[test]
fn transforms_that_could_hide_something_are_refused() {
    let (signed, trust) = signed();
    let enveloped = "<ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"></ds:Transform>";
    for algorithm in [
        "http://www.w3.org/TR/1999/REC-xslt-19991116",
        "http://www.w3.org/TR/1999/REC-xpath-19991116",
        "http://www.w3.org/2002/06/xmldsig-filter2",
        "http://www.w3.org/2000/09/xmldsig#base64",
    ] {
        let transform = format!("{enveloped}<ds:Transform Algorithm=\"{algorithm}\"></ds:Transform>");
        refused(&replaced(&signed, enveloped, &transform), &trust, |parts| &parts.transforms);
    }
    refused(&replaced(&signed, enveloped, ""), &trust, |parts| &parts.transforms);
}

#[test]
fn weak_algorithms_are_refused() {
    let (signed, trust) = signed();
    let ecdsa = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256";
    for weak in [
        "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha1",
        "http://www.w3.org/2000/09/xmldsig#hmac-sha1",
        "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
    ] {
        refused(&replaced(&signed, ecdsa, weak), &trust, |parts| &parts.algorithms);
    }
    let text = String::from_utf8(signed).unwrap();
    let weak = text.replace("http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2000/09/xmldsig#sha1");
    refused(weak.as_bytes(), &trust, |parts| &parts.algorithms);
}

#[test]
fn a_comment_in_a_text_changes_neither_the_signature_nor_what_is_read() {
    let (signed, trust) = signed();
    let commented = replaced(&signed, "FA-2026-0001", "FA-2026<!-- -->-0001");
    assert!(verify(&commented, None, &trust).is_valid());
    let document = facteur_xml::Document::parse(&commented, &facteur_xml::Limits::default()).unwrap();
    let number = document.root().child("ID").unwrap();
    assert_eq!(number.text(), "FA-2026-0001");
}

#[test]
fn two_equal_ids_are_refused() {
    let (signed, trust) = signed();
    let text = String::from_utf8(signed.clone()).unwrap();
    let start = text.find("Id=\"facteur-").unwrap() + 4;
    let id = &text[start..start + text[start..].find('"').unwrap()];
    for name in ["Id", "ID", "id"] {
        let doubled =
            replaced(&signed, "currencyID=\"EUR\"", &format!("currencyID=\"EUR\" {name}=\"{id}-properties\""));
        refused(&doubled, &trust, |parts| &parts.position);
    }
}

#[test]
fn another_certificate_in_key_info_is_refused() {
    let authority = Authority::new();
    let leaf = authority.leaf(Kind::P256, Usage::Sign, -10..300);
    let signed = sign_enveloped_ubl(INVOICE.as_bytes(), &leaf.identity(), NOW).unwrap();
    // The same key, certified twice: the value still holds, the certificate is not the one that was signed.
    let twin = authority.leaf_of(leaf.key.clone(), Usage::Sign, -10..301);
    let certificate = cut(&signed, "<ds:X509Certificate>", "</ds:X509Certificate>");
    let other = openssl::base64::encode_block(&twin.certificate.to_der().unwrap());
    let exchanged = replaced(&signed, &certificate, &format!("<ds:X509Certificate>{other}</ds:X509Certificate>"));
    let verification = refused(&exchanged, &authority.trust(NOW), |parts| &parts.certificate_digest);
    assert_eq!(verification.parts.crypto.status, Status::Passed);
    assert_eq!(verification.parts.crypto_second.status, Status::Passed);
}

#[test]
fn a_signature_without_its_properties_is_refused() {
    let (signed, trust) = signed();
    let reference = cut(&signed, "<ds:Reference Type=", "</ds:Reference>");
    refused(&replaced(&signed, &reference, ""), &trust, |parts| &parts.references);
    let typeless = replaced(&signed, "Type=\"http://uri.etsi.org/01903#SignedProperties\" ", "");
    refused(&typeless, &trust, |parts| &parts.references);
    let object = cut(&signed, "<ds:Object>", "</ds:Object>");
    refused(&replaced(&signed, &object, ""), &trust, |parts| &parts.xades_properties);
}

#[test]
fn properties_of_another_signature_are_refused() {
    let (signed, trust) = signed();
    let text = String::from_utf8(signed).unwrap();
    let start = text.find("Target=\"#facteur-").unwrap();
    let mut other = text.clone();
    other.replace_range(start..start + "Target=\"#facteur-".len(), "Target=\"#another-");
    refused(other.as_bytes(), &trust, |parts| &parts.xades_properties);
}

#[test]
fn a_second_signature_is_refused() {
    let (signed, trust) = signed();
    let signature = cut(&signed, "<ds:Signature ", "</ds:Signature>");
    let second = signature.replace("facteur-", "other-");
    let two = replaced(&signed, &signature, &format!("{signature}{second}"));
    refused(&two, &trust, |parts| &parts.position);
}

#[test]
fn a_changed_signature_value_is_refused_by_both_engines() {
    let (signed, trust) = signed();
    let value = cut(&signed, "<ds:SignatureValue>", "</ds:SignatureValue>");
    let inner = value.trim_start_matches("<ds:SignatureValue>");
    let first = if inner.starts_with('A') { "B" } else { "A" };
    let changed = format!("<ds:SignatureValue>{first}{}", &inner[1..]);
    let verification = refused(&replaced(&signed, &value, &changed), &trust, |parts| &parts.crypto);
    assert_eq!(verification.parts.crypto_second.status, Status::Failed);
    for wrong in ["", "AAAA", "not base64 at all!"] {
        let wrong = format!("<ds:SignatureValue>{wrong}</ds:SignatureValue>");
        assert_eq!(verify(&replaced(&signed, &value, &wrong), None, &trust).verdict, Verdict::Invalid);
    }
}

#[test]
fn a_forger_with_a_certificate_of_its_own_is_not_trusted() {
    let (_, trust) = signed();
    let forger = Authority::named("Faussaire").leaf(Kind::P256, Usage::Sign, -10..300).identity();
    let forged = sign_enveloped_ubl(INVOICE.as_bytes(), &forger, NOW).unwrap();
    refused(&forged, &trust, |parts| &parts.certificate_path);
    assert_eq!(verify(&forged, None, &Trust::nobody(NOW)).verdict, Verdict::NotChecked);
}

#[test]
fn certificates_that_must_not_sign_are_refused_at_verification_too() {
    // Signed with a good certificate, then the property and KeyInfo are rewritten by whoever holds the key: what
    // libxmlsec1 takes without a word.
    let authority = Authority::new();
    let key = key(Kind::P256);
    let now = NOW.plus_millis(5 * common::DAY);
    for (usage, days, which) in [
        (Usage::KeyEncipherment, -10..300, "key_usage"),
        (Usage::None, -10..300, "key_usage"),
        (Usage::Sign, -10..-1, "dates"),
    ] {
        let bad = authority.leaf_of(key.clone(), usage, days);
        let signed = common::resigned(INVOICE.as_bytes(), &authority, &key, &bad.certificate);
        let verification = verify(&signed, None, &authority.trust(now));
        assert_eq!(verification.verdict, Verdict::Invalid, "{verification:?}");
        let failed: Vec<_> = verification
            .parts
            .each()
            .into_iter()
            .filter(|(_, part)| part.status == Status::Failed)
            .map(|(n, _)| n)
            .collect();
        assert!(failed.contains(&which), "{which}: {failed:?}");
        assert_eq!(verification.parts.crypto.status, Status::Passed);
        assert_eq!(verification.parts.crypto_second.status, Status::Passed);
        assert_eq!(verification.parts.certificate_digest.status, Status::Passed);
    }
}

#[test]
fn ten_thousand_references_cost_nothing() {
    let (signed, trust) = signed();
    let reference = cut(&signed, "<ds:Reference Id=", "</ds:Reference>");
    let many: String = (0..10_000).map(|n| reference.replace("-data\"", &format!("-data{n}\""))).collect();
    let flooded = replaced(&signed, &reference, &many);
    let verification = refused(&flooded, &trust, |parts| &parts.references);
    assert_eq!(verification.parts.coverage.status, Status::NotChecked);
    assert_eq!(verification.parts.crypto_second.status, Status::NotChecked);
}
