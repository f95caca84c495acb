//! A certification authority of our own, and small documents.
#![allow(clippy::unwrap_used, dead_code)]

use facteur_model::clock::Timestamp;
use facteur_sign::{SigningIdentity, Trust};
use openssl::asn1::{Asn1Integer, Asn1Time};
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::x509::extension::{BasicConstraints, KeyUsage};
use openssl::x509::{X509, X509Name};

/// 2026-11-23T17:06:46Z.
pub const NOW: Timestamp = Timestamp(1_795_453_606_000);
pub const DAY: i64 = 24 * 3600 * 1000;

pub const INVOICE: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<!-- facture d'essai -->
<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
  xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
  xmlns:cbc='urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2'>
  <cbc:ID>FA-2026-0001</cbc:ID>
  <cbc:Note>Café &amp; thé &#x20AC; <![CDATA[a<b]]></cbc:Note>
  <cac:AccountingSupplierParty><cac:Party/></cac:AccountingSupplierParty>
  <cbc:PayableAmount currencyID="EUR">120.00</cbc:PayableAmount>
</Invoice>
"#;

#[derive(Clone, Copy)]
pub enum Kind {
    Rsa(u32),
    P256,
    P384,
    P521,
}

#[derive(Clone, Copy)]
pub enum Usage {
    Sign,
    NonRepudiation,
    KeyEncipherment,
    None,
}

pub struct Leaf {
    pub key: PKey<Private>,
    pub certificate: X509,
}

pub struct Authority {
    key: PKey<Private>,
    pub certificate: X509,
}

impl Authority {
    pub fn new() -> Self {
        Self::named("Autorité d'essai")
    }

    pub fn named(name: &str) -> Self {
        let key = key(Kind::P256);
        let name = subject(name);
        let mut builder = X509::builder().unwrap();
        builder.set_version(2).unwrap();
        builder.set_serial_number(&serial(1)).unwrap();
        builder.set_subject_name(&name).unwrap();
        builder.set_issuer_name(&name).unwrap();
        builder.set_not_before(&at(-3650)).unwrap();
        builder.set_not_after(&at(3650)).unwrap();
        builder.set_pubkey(&key).unwrap();
        builder.append_extension(BasicConstraints::new().critical().ca().build().unwrap()).unwrap();
        builder.append_extension(KeyUsage::new().critical().key_cert_sign().build().unwrap()).unwrap();
        builder.sign(&key, MessageDigest::sha256()).unwrap();
        Self { certificate: builder.build(), key }
    }

    pub fn leaf(&self, kind: Kind, usage: Usage, days: std::ops::Range<i64>) -> Leaf {
        self.leaf_of(key(kind), usage, days)
    }

    pub fn leaf_of(&self, key: PKey<Private>, usage: Usage, days: std::ops::Range<i64>) -> Leaf {
        let mut builder = X509::builder().unwrap();
        builder.set_version(2).unwrap();
        builder.set_serial_number(&serial(0x1234_5678)).unwrap();
        builder.set_subject_name(&subject("Mairie, service \"achats\"")).unwrap();
        builder.set_issuer_name(self.certificate.subject_name()).unwrap();
        builder.set_not_before(&at(days.start)).unwrap();
        builder.set_not_after(&at(days.end)).unwrap();
        builder.set_pubkey(&key).unwrap();
        builder.append_extension(BasicConstraints::new().build().unwrap()).unwrap();
        let mut extension = KeyUsage::new();
        match usage {
            Usage::Sign => drop(extension.critical().digital_signature().non_repudiation()),
            Usage::NonRepudiation => drop(extension.critical().non_repudiation()),
            Usage::KeyEncipherment => drop(extension.critical().key_encipherment()),
            Usage::None => {}
        }
        if !matches!(usage, Usage::None) {
            builder.append_extension(extension.build().unwrap()).unwrap();
        }
        builder.sign(&self.key, MessageDigest::sha256()).unwrap();
        Leaf { key, certificate: builder.build() }
    }

    pub fn trust(&self, now: Timestamp) -> Trust {
        Trust::from_pem(&self.certificate.to_pem().unwrap(), now).unwrap()
    }
}

impl Leaf {
    pub fn key_pem(&self) -> Vec<u8> {
        self.key.private_key_to_pem_pkcs8().unwrap()
    }

    pub fn pem(&self) -> Vec<u8> {
        self.certificate.to_pem().unwrap()
    }

    pub fn identity(&self) -> SigningIdentity {
        self.identity_at(NOW)
    }

    pub fn identity_at(&self, now: Timestamp) -> SigningIdentity {
        SigningIdentity::from_pem(&self.key_pem(), &self.pem(), None, now).unwrap()
    }
}

/// An authority, a P-256 identity that it certifies, and trust in it.
pub fn signer() -> (SigningIdentity, Trust) {
    let authority = Authority::new();
    let identity = authority.leaf(Kind::P256, Usage::Sign, -10..300).identity();
    (identity, authority.trust(NOW))
}

pub fn key(kind: Kind) -> PKey<Private> {
    let curve = match kind {
        Kind::Rsa(bits) => return PKey::from_rsa(Rsa::generate(bits).unwrap()).unwrap(),
        Kind::P256 => Nid::X9_62_PRIME256V1,
        Kind::P384 => Nid::SECP384R1,
        Kind::P521 => Nid::SECP521R1,
    };
    PKey::from_ec_key(EcKey::generate(&EcGroup::from_curve_name(curve).unwrap()).unwrap()).unwrap()
}

/// Replaces exactly one place.
pub fn replaced(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    let text = std::str::from_utf8(bytes).unwrap();
    assert_eq!(text.matches(from).count(), 1, "{from}");
    text.replace(from, to).into_bytes()
}

fn at(days: i64) -> Asn1Time {
    Asn1Time::from_unix((NOW.0 + days * DAY) / 1000).unwrap()
}

fn serial(value: u32) -> Asn1Integer {
    BigNum::from_u32(value).unwrap().to_asn1_integer().unwrap()
}

fn subject(name: &str) -> X509Name {
    let mut builder = X509Name::builder().unwrap();
    builder.append_entry_by_nid(Nid::COUNTRYNAME, "FR").unwrap();
    builder.append_entry_by_nid(Nid::COMMONNAME, name).unwrap();
    builder.build()
}

/// Signs with a good certificate, then puts another of the same key in its place everywhere and signs anew, as
/// whoever holds the key could with any tool.
pub fn resigned(document: &[u8], authority: &Authority, key: &PKey<Private>, certificate: &X509) -> Vec<u8> {
    let good = authority.leaf_of(key.clone(), Usage::Sign, -10..300);
    let signed = facteur_sign::sign_enveloped_ubl(document, &good.identity(), NOW).unwrap();
    let digest = |bytes: &[u8]| openssl::base64::encode_block(&openssl::sha::sha256(bytes));
    let encoded = |certificate: &X509| openssl::base64::encode_block(&certificate.to_der().unwrap()).replace('\n', "");
    let der = |certificate: &X509| certificate.to_der().unwrap();
    let old_properties = canonical_properties(&signed);
    let signed = replaced(&signed, &digest(&der(&good.certificate)), &digest(&der(certificate)));
    let signed = replaced(&signed, &encoded(&good.certificate), &encoded(certificate));
    let [old, new] = [old_properties, canonical_properties(&signed)].map(|text| digest(text.as_bytes()));
    let signed = replaced(&signed, &old, &new);
    let info = between(&signed, "<ds:SignedInfo>", "</ds:SignedInfo>");
    let info = info.replacen("<ds:SignedInfo", &format!("<ds:SignedInfo{DS}"), 1);
    let info_digest = openssl::sha::sha256(info.as_bytes());
    let signature = openssl::ecdsa::EcdsaSig::sign(&info_digest, key.ec_key().unwrap().as_ref()).unwrap();
    let mut value = signature.r().to_vec_padded(32).unwrap();
    value.extend(signature.s().to_vec_padded(32).unwrap());
    let old_value = between(&signed, "<ds:SignatureValue>", "</ds:SignatureValue>");
    let value = openssl::base64::encode_block(&value).replace('\n', "");
    replaced(&signed, &old_value, &format!("<ds:SignatureValue>{value}</ds:SignatureValue>"))
}

fn between(bytes: &[u8], from: &str, to: &str) -> String {
    let text = std::str::from_utf8(bytes).unwrap();
    let start = text.find(from).unwrap();
    let end = start + text[start..].find(to).unwrap() + to.len();
    text[start..end].to_owned()
}

const DS: &str = " xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"";

/// The signed properties in exclusive canonical form, which repeats declarations.
fn canonical_properties(signed: &[u8]) -> String {
    let text = between(signed, "<xades:SignedProperties ", "</xades:SignedProperties>").replace("&#xE9;", "é");
    let apex = "<xades:SignedProperties";
    let mut text = text.replacen(apex, &format!("{apex} xmlns:xades=\"http://uri.etsi.org/01903/v1.3.2#\""), 1);
    for name in ["DigestMethod", "DigestValue", "X509IssuerName", "X509SerialNumber"] {
        text = text.replacen(&format!("<ds:{name}"), &format!("<ds:{name}{DS}"), 1);
    }
    text
}
