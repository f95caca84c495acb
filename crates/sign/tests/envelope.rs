//! The signature inside UBL: a splice that leaves every byte of the document where it was.
#![allow(clippy::unwrap_used)]

mod common;

use common::{INVOICE, NOW, signer};
use facteur_model::finding::Verdict;
use facteur_sign::{SignError, sign_enveloped_ubl, verify};

/// Whether `original` is `signed` with at most two pieces left out.
fn is_spliced(original: &[u8], signed: &[u8]) -> bool {
    let first = original.iter().zip(signed).take_while(|(a, b)| a == b).count();
    let last = original[first..].iter().rev().zip(signed.iter().rev()).take_while(|(a, b)| a == b).count();
    let middle = &original[first..original.len() - last];
    signed.windows(middle.len().max(1)).any(|window| middle.is_empty() || window == middle)
}

#[test]
fn a_signed_invoice_keeps_every_byte_of_the_original() {
    let (identity, trust) = signer();
    let signed = sign_enveloped_ubl(INVOICE.as_bytes(), &identity, NOW).unwrap();
    let verification = verify(&signed, None, &trust);
    assert_eq!(verification.verdict, Verdict::Valid, "{verification:?}");
    assert_eq!(verification.form, Some("enveloped"));
    assert!(is_spliced(INVOICE.as_bytes(), &signed));
    assert!(String::from_utf8(signed).unwrap().contains("urn:oasis:names:specification:ubl:signature:Invoice"));
}

#[test]
fn credit_notes_and_other_prefixes_are_signed_too() {
    let (identity, trust) = signer();
    let credit_note = INVOICE.replace("Invoice-2", "CreditNote-2").replace("Invoice", "CreditNote");
    let prefixed = r#"<u:Invoice xmlns:u="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2" xmlns:ds="urn:not-dsig" xmlns:cac="urn:not-cac" ds:x="1"><b:ID xmlns:b="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">1</b:ID><a:AccountingSupplierParty xmlns:a="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"/></u:Invoice>"#;
    let without_supplier = INVOICE.replace("AccountingSupplierParty", "AccountingCustomerParty");
    for document in [credit_note.as_str(), prefixed, &without_supplier] {
        let signed = sign_enveloped_ubl(document.as_bytes(), &identity, NOW).unwrap();
        assert!(verify(&signed, None, &trust).is_valid());
        assert!(is_spliced(document.as_bytes(), &signed));
    }
}

#[test]
fn an_extension_that_is_there_stays_and_ours_follows_it() {
    let (identity, trust) = signer();
    let extension = "<e:UBLExtensions xmlns:e=\"urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2\"><e:UBLExtension><e:ExtensionContent><x xmlns=\"urn:x\"/></e:ExtensionContent></e:UBLExtension></e:UBLExtensions >";
    let document = INVOICE.replacen("  <cbc:ID>", &format!("{extension}<cbc:ID>"), 1);
    let signed = sign_enveloped_ubl(document.as_bytes(), &identity, NOW).unwrap();
    assert!(verify(&signed, None, &trust).is_valid());
    let text = String::from_utf8(signed).unwrap();
    assert_eq!(text.matches("UBLExtensions").count(), 2);
    assert!(text.find("<x xmlns").unwrap() < text.find("UBLDocumentSignatures").unwrap());
}

#[test]
fn the_documents_own_encoding_is_kept() {
    let (identity, trust) = signer();
    let latin = INVOICE.replace("UTF-8", "ISO-8859-1").replace('\n', "\r\n");
    let latin: Vec<u8> = latin.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let marked = [b"\xEF\xBB\xBF".as_slice(), INVOICE.as_bytes()].concat();
    let wide = INVOICE.replace("UTF-8", "UTF-16");
    let little: Vec<u8> = std::iter::once(0xFEFF).chain(wide.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = std::iter::once(0xFEFF).chain(wide.encode_utf16()).flat_map(u16::to_be_bytes).collect();
    for document in [latin, marked, little, big] {
        let signed = sign_enveloped_ubl(&document, &identity, NOW).unwrap();
        let verification = verify(&signed, None, &trust);
        assert!(verification.is_valid(), "{verification:?}");
        assert_eq!(signed[..30], document[..30]);
        assert!(is_spliced(&document, &signed));
    }
}

#[test]
fn a_wide_document_with_an_extension_is_spliced_at_its_end_tag() {
    let (identity, trust) = signer();
    let extension = "<e:UBLExtensions xmlns:e=\"urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2\"><e:UBLExtension/></e:UBLExtensions>";
    let document = INVOICE.replacen("  <cbc:ID>", &format!("{extension}<cbc:ID>"), 1).replace("UTF-8", "UTF-16");
    for encode in [u16::to_le_bytes, u16::to_be_bytes] {
        let bytes: Vec<u8> = std::iter::once(0xFEFF).chain(document.encode_utf16()).flat_map(encode).collect();
        let signed = sign_enveloped_ubl(&bytes, &identity, NOW).unwrap();
        assert!(verify(&signed, None, &trust).is_valid());
    }
}

#[test]
fn a_document_that_carries_a_signature_is_never_signed_again() {
    let (identity, _) = signer();
    let signed = sign_enveloped_ubl(INVOICE.as_bytes(), &identity, NOW).unwrap();
    assert!(matches!(sign_enveloped_ubl(&signed, &identity, NOW), Err(SignError::AlreadySigned { .. })));
    let announced = INVOICE.replacen("  <cac:Acc", "<cac:Signature><cbc:ID>1</cbc:ID></cac:Signature><cac:Acc", 1);
    let error = sign_enveloped_ubl(announced.as_bytes(), &identity, NOW).unwrap_err();
    assert!(matches!(error, SignError::AlreadySigned { line: 8 }), "{error}");
}

#[test]
fn what_is_not_ubl_or_not_a_document_is_refused() {
    let (identity, _) = signer();
    let refused = |text: &str| sign_enveloped_ubl(text.as_bytes(), &identity, NOW).unwrap_err();
    assert!(matches!(refused("<rsm:CrossIndustryInvoice xmlns:rsm='urn:x'/>"), SignError::NotUbl { .. }));
    assert!(matches!(refused("<Invoice/>"), SignError::NotUbl { .. }));
    let empty = "<Invoice xmlns='urn:oasis:names:specification:ubl:schema:xsd:Invoice-2'/>";
    assert!(matches!(refused(empty), SignError::NoPlace(_)));
    let no_end = "<Invoice xmlns='urn:oasis:names:specification:ubl:schema:xsd:Invoice-2'><UBLExtensions xmlns='urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2'/></Invoice>";
    assert!(matches!(refused(no_end), SignError::NoPlace(_)));
    assert!(matches!(refused("<Invoice"), SignError::Unreadable(_)));
    assert!(matches!(refused("<!DOCTYPE Invoice><Invoice/>"), SignError::Unreadable(_)));
}
