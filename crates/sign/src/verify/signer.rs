//! The rules on whoever signed.

use std::cmp::Ordering;

use facteur_model::clock::Timestamp;
use openssl::error::ErrorStack;
use openssl::hash::hash;
use openssl::pkey::{PKey, Public};
use openssl::stack::Stack;
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::verify::{X509VerifyFlags, X509VerifyParam};
use openssl::x509::{X509, X509StoreContext};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::certificate;
use crate::verify::checks::digest_method;
use crate::verify::structure::{CertificateProperty, Signature};
use crate::verify::{Part, Trust};

/// How far ahead of our clock a signer's may be.
const CLOCK_TOLERANCE: i64 = 5 * 60 * 1000;

/// The signer's certificate, and whether the signed properties name it.
pub(super) struct Signer {
    pub(super) certificate: X509,
    pub(super) der: Vec<u8>,
    pub(super) key: PKey<Public>,
    pub(super) named: Result<(), String>,
    others: Vec<X509>,
}

impl Signer {
    /// The certificate of KeyInfo that the signed properties name; where none is named, the first, and that is said.
    pub(super) fn of(signature: &Signature, trust: &Trust) -> Result<Self, String> {
        let mut all = Vec::with_capacity(signature.certificates.len());
        for der in &signature.certificates {
            all.push(read(der, trust)?);
        }
        if all.is_empty() {
            return Err("the signature carries no certificate".to_owned());
        }
        let (index, named) = match &signature.properties.certificate {
            None => (0, Err("the signed properties name no certificate".to_owned())),
            Some(property) => named_certificate(property, &signature.certificates, &all),
        };
        let certificate = all.swap_remove(index);
        let der = signature.certificates.get(index).cloned().unwrap_or_default();
        Ok(Self { der, key: certificate.public_key().map_err(unreadable)?, certificate, named, others: all })
    }

    pub(super) fn subject(&self) -> String {
        certificate::distinguished_name(self.certificate.subject_name())
    }

    pub(super) fn fingerprint(&self) -> Option<String> {
        certificate::fingerprint(&self.certificate).ok()
    }

    pub(super) fn usage(&self) -> Result<(), String> {
        certificate::signing_usage(&self.certificate)
            .map_err(|found| format!("the certificate is not made for signing: {found}"))
    }

    /// From the certificate to an anchor, at the claimed time of signing.
    pub(super) fn path(&self, trust: &Trust, signature: &Signature) -> Part {
        if trust.anchors.is_empty() {
            return Part::not_checked("no trusted certificate is configured");
        }
        let at = signing_time(signature).unwrap_or(trust.now);
        match self.path_error(trust, at) {
            Ok(None) => Part::passed(""),
            Ok(Some(reason)) => Part::failed(format!("no path to a trusted certificate: {reason}")),
            Err(error) => Part::failed(format!("the path cannot be checked: {error}")),
        }
    }

    /// Without a timestamp the time of signing is only claimed: a certificate that has expired since proves nothing.
    pub(super) fn dates(&self, trust: &Trust, signature: &Signature) -> Part {
        let Some(at) = signing_time(signature) else { return Part::failed("no readable time of signing") };
        if at > trust.now.plus_millis(CLOCK_TOLERANCE) {
            return Part::failed("the time of signing is in the future");
        }
        let place = |at| certificate::dates(&self.certificate, at);
        let until = certificate::shown(self.certificate.not_after());
        match (place(at), place(trust.now)) {
            (Ok(Ordering::Equal), Ok(Ordering::Equal)) => Part::passed("at the time that the signer claims, and now"),
            (Ok(Ordering::Equal), Ok(_)) => Part::not_checked(format!(
                "the certificate expired on {until}, and no timestamp proves an earlier time"
            )),
            (Ok(Ordering::Less), _) => Part::failed("signed before the certificate was valid"),
            (Ok(Ordering::Greater), _) => Part::failed(format!("signed after the certificate expired on {until}")),
            (Err(error), _) | (_, Err(error)) => Part::failed(error.to_string()),
        }
    }

    fn path_error(&self, trust: &Trust, at: Timestamp) -> Result<Option<&'static str>, ErrorStack> {
        let mut store = X509StoreBuilder::new()?;
        for anchor in &trust.anchors {
            store.add_cert(anchor.certificate.clone())?;
        }
        let mut parameters = X509VerifyParam::new()?;
        // A configured certificate is trusted by itself, root or not.
        parameters.set_flags(X509VerifyFlags::PARTIAL_CHAIN)?;
        parameters.set_auth_level(2);
        parameters.set_time(at.0.div_euclid(1000));
        store.set_param(&parameters)?;
        let mut untrusted = Stack::new()?;
        for other in &self.others {
            untrusted.push(other.clone())?;
        }
        let mut context = X509StoreContext::new()?;
        let (right, reason) = context.init(&store.build(), &self.certificate, &untrusted, |context| {
            Ok((context.verify_cert()?, context.error().error_string()))
        })?;
        Ok((!right).then_some(reason))
    }
}

/// A certificate of KeyInfo; one that is trusted is known already, and decoding is what takes longest.
fn read(der: &[u8], trust: &Trust) -> Result<X509, String> {
    if let Some(known) = trust.anchors.iter().find(|anchor| anchor.der == der) {
        return Ok(known.certificate.clone());
    }
    let certificate = X509::from_der(der).map_err(unreadable)?;
    // Bytes after the certificate would be covered by nothing.
    if certificate.to_der().map_err(unreadable)? != der {
        return Err("a certificate is not in its one DER form".to_owned());
    }
    Ok(certificate)
}

fn unreadable(error: ErrorStack) -> String {
    format!("the certificate cannot be read: {error}")
}

fn named_certificate(property: &CertificateProperty, ders: &[Vec<u8>], all: &[X509]) -> (usize, Result<(), String>) {
    let digest = match digest_method(&property.digest_method) {
        Ok(digest) => digest,
        Err(detail) => return (0, Err(detail)),
    };
    let is_named = |der: &Vec<u8>| hash(digest, der).is_ok_and(|found| *found == *property.digest);
    let Some(index) = ders.iter().position(is_named) else {
        return (0, Err("the certificate is not the one that the signed properties name".to_owned()));
    };
    let serial = all.get(index).and_then(|certificate| certificate::serial_decimal(certificate).ok());
    match (&property.serial, serial) {
        (Some(named), Some(found)) if *named != found => {
            (index, Err(format!("the certificate's serial number is {found}, the signed properties say {named}")))
        }
        _ => (index, Ok(())),
    }
}

fn signing_time(signature: &Signature) -> Option<Timestamp> {
    let text = signature.properties.signing_time.as_deref()?;
    let time = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    i64::try_from(time.unix_timestamp_nanos() / 1_000_000).ok().map(Timestamp)
}
