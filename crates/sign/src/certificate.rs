//! What a certificate says: names, dates, key usage, kind of key.

use std::cmp::Ordering;

use facteur_model::clock::Timestamp;
use openssl::asn1::{Asn1Time, Asn1TimeRef};
use openssl::ec::EcKeyRef;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{HasPublic, Id, PKeyRef};
use openssl::x509::{X509KeyUsage, X509NameRef, X509Ref};

/// Smallest RSA key that is accepted (ANSSI, RGS B1: 2048 until the end of 2030).
pub(crate) const RSA_BITS_MIN: u32 = 2048;

/// A kind of key that signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyKind {
    Rsa,
    P256,
    P384,
}

impl KeyKind {
    /// Its kind, or what it is instead.
    pub(crate) fn of<T: HasPublic>(key: &PKeyRef<T>) -> Result<Self, String> {
        match key.id() {
            Id::RSA if key.bits() >= RSA_BITS_MIN => Ok(Self::Rsa),
            Id::RSA => Err(format!("RSA of {} bits", key.bits())),
            Id::EC => Self::of_curve(key.ec_key().map_err(|e| e.to_string())?.as_ref()),
            other => Err(format!("a key of type {}", other.as_raw())),
        }
    }

    fn of_curve<T>(key: &EcKeyRef<T>) -> Result<Self, String>
    where
        T: openssl::pkey::HasParams,
    {
        match key.group().curve_name() {
            Some(Nid::X9_62_PRIME256V1) => Ok(Self::P256),
            Some(Nid::SECP384R1) => Ok(Self::P384),
            Some(other) => Err(format!("the curve {}", other.short_name().unwrap_or("without name"))),
            None => Err("a curve without name".to_owned()),
        }
    }
}

/// Where an instant stands in the certificate's validity.
pub(crate) fn dates(certificate: &X509Ref, at: Timestamp) -> Result<Ordering, ErrorStack> {
    let at = asn1(at)?;
    if certificate.not_before().compare(&at)? == Ordering::Greater {
        return Ok(Ordering::Less);
    }
    Ok(if certificate.not_after().compare(&at)? == Ordering::Less { Ordering::Greater } else { Ordering::Equal })
}

/// Whether the key usage allows signing; otherwise what it allows. A certificate that does not say is refused:
/// every certificate made for signatures or seals says (EN 319 412-2, 4.3.2).
pub(crate) fn signing_usage(certificate: &X509Ref) -> Result<(), String> {
    match certificate.key_usage() {
        Some(usage) if usage.intersects(X509KeyUsage::DIGITAL_SIGNATURE | X509KeyUsage::NON_REPUDIATION) => Ok(()),
        Some(usage) => Err(usage.iter_names().map(|(name, _)| name).collect::<Vec<_>>().join(", ")),
        None => Err("no key usage".to_owned()),
    }
}

/// SHA-256 of the certificate, in upper-case hexadecimal pairs as browsers and `openssl x509` show it.
pub(crate) fn fingerprint(certificate: &X509Ref) -> Result<String, ErrorStack> {
    let digest = certificate.digest(MessageDigest::sha256())?;
    Ok(digest.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":"))
}

/// The serial number in decimal, as XML Signature writes it.
pub(crate) fn serial_decimal(certificate: &X509Ref) -> Result<String, ErrorStack> {
    Ok(certificate.serial_number().to_bn()?.to_dec_str()?.to_string())
}

/// A name as RFC 4514 writes it: last component first.
pub(crate) fn distinguished_name(name: &X509NameRef) -> String {
    let entries: Vec<_> = name.entries().collect();
    let parts = entries.iter().rev().map(|entry| {
        let kind = match entry.object().nid().short_name() {
            Ok(short @ ("CN" | "O" | "OU" | "C" | "L" | "ST" | "DC" | "UID")) => short.to_owned(),
            Ok("street") => "STREET".to_owned(),
            _ => entry.object().to_string(),
        };
        let value = entry.data().to_string().unwrap_or_default();
        format!("{kind}={}", escaped(&value))
    });
    parts.collect::<Vec<_>>().join(",")
}

/// An instant of OpenSSL, as people read it.
pub(crate) fn shown(time: &Asn1TimeRef) -> String {
    time.to_string()
}

pub(crate) fn asn1(at: Timestamp) -> Result<Asn1Time, ErrorStack> {
    Asn1Time::from_unix(at.0.div_euclid(1000))
}

/// RFC 4514, 2.4.
fn escaped(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let last = value.chars().count().saturating_sub(1);
    for (index, c) in value.chars().enumerate() {
        let edge = (index == 0 && matches!(c, ' ' | '#')) || (index == last && c == ' ');
        if edge || matches!(c, '"' | '+' | ',' | ';' | '<' | '>' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
