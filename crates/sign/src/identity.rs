//! Who signs: a private key, its certificate and the chain above it, checked when they are loaded.

use std::cmp::Ordering;

use facteur_model::clock::Timestamp;
use openssl::ecdsa::EcdsaSig;
use openssl::error::ErrorStack;
use openssl::hash::{MessageDigest, hash};
use openssl::pkey::{PKey, Private};
use openssl::sign::Signer;
use openssl::x509::X509;

use crate::certificate::{self, KeyKind};
use crate::error::SignError;
use crate::names;
use crate::secret::Secret;

/// The word in the subject of every demonstration certificate.
pub const DEMO_MARK: &str = "DEMONSTRATION";

const THIRTY_DAYS: i64 = 30 * 24 * 3600 * 1000;

/// A key that signs, with its certificate. Never prints the key.
pub struct SigningIdentity {
    key: PKey<Private>,
    kind: KeyKind,
    certificate: X509,
    der: Vec<u8>,
    chain: Vec<X509>,
    fingerprint: String,
    serial: String,
}

impl SigningIdentity {
    /// Loads a key (PEM, PKCS#8 or traditional, encrypted or not) and its certificates (PEM, the signer's first).
    ///
    /// # Errors
    /// Everything that would only show in the middle of a batch is refused here: a key that is not the
    /// certificate's, weak keys, a certificate out of its dates at `now` or not made for signing.
    pub fn from_pem(
        key: &[u8],
        certificates: &[u8],
        passphrase: Option<&Secret>,
        now: Timestamp,
    ) -> Result<Self, SignError> {
        // Without a passphrase an empty one is tried, so that OpenSSL never asks on the terminal.
        let key = PKey::private_key_from_pem_passphrase(key, passphrase.map_or(b"", Secret::expose))
            .map_err(|error| SignError::Key(first_reason(&error)))?;
        let kind = KeyKind::of(&key).map_err(|found| SignError::KeyKind { found })?;
        let mut chain =
            X509::stack_from_pem(certificates).map_err(|error| SignError::Certificate(first_reason(&error)))?;
        if chain.is_empty() {
            return Err(SignError::Certificate("no certificate in the file".to_owned()));
        }
        let certificate = chain.remove(0);
        let identity = Self {
            kind,
            der: certificate.to_der()?,
            fingerprint: certificate::fingerprint(&certificate)?,
            serial: certificate::serial_decimal(&certificate)?,
            key,
            certificate,
            chain,
        };
        identity.check_certificate(now)?;
        Ok(identity)
    }

    /// Checks the dates again, at `now`: a night's run may outlive a certificate.
    ///
    /// # Errors
    /// [`SignError::NotYetValid`] or [`SignError::Expired`].
    pub fn check_dates(&self, now: Timestamp) -> Result<(), SignError> {
        match certificate::dates(&self.certificate, now)? {
            Ordering::Less => Err(SignError::NotYetValid { from: certificate::shown(self.certificate.not_before()) }),
            Ordering::Equal => Ok(()),
            Ordering::Greater => Err(SignError::Expired { until: certificate::shown(self.certificate.not_after()) }),
        }
    }

    /// Whether the certificate ends within thirty days of `now`.
    #[must_use]
    pub fn expires_within_30_days(&self, now: Timestamp) -> bool {
        certificate::dates(&self.certificate, now.plus_millis(THIRTY_DAYS)).is_ok_and(|place| place != Ordering::Equal)
    }

    /// The last instant of validity, as OpenSSL writes it (`Nov 23 17:06:46 2027 GMT`).
    #[must_use]
    pub fn not_after(&self) -> String {
        certificate::shown(self.certificate.not_after())
    }

    /// The subject, as RFC 4514 writes it.
    #[must_use]
    pub fn subject(&self) -> String {
        certificate::distinguished_name(self.certificate.subject_name())
    }

    /// SHA-256 of the certificate, in pairs: `AB:01:…`.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Serial number of the certificate, decimal.
    #[must_use]
    pub fn serial(&self) -> &str {
        &self.serial
    }

    /// Whether it is a demonstration identity, whose seals prove nothing to anybody.
    #[must_use]
    pub fn is_demo(&self) -> bool {
        self.subject().contains(DEMO_MARK)
    }

    pub(crate) fn certificate(&self) -> &X509 {
        &self.certificate
    }

    pub(crate) const fn kind(&self) -> KeyKind {
        self.kind
    }

    pub(crate) const fn private_key(&self) -> &PKey<Private> {
        &self.key
    }

    /// The certificates that go into every seal (DER): the signer's own, then the chain without its root.
    ///
    /// # Errors
    /// Only if OpenSSL fails.
    pub fn certificates_in_seals(&self) -> Result<Vec<Vec<u8>>, SignError> {
        let mut certificates = vec![self.der.clone()];
        for certificate in self.intermediates() {
            certificates.push(certificate.to_der()?);
        }
        Ok(certificates)
    }

    /// The signer's certificate, PEM.
    ///
    /// # Errors
    /// Only if OpenSSL fails.
    pub fn certificate_pem(&self) -> Result<String, SignError> {
        Ok(String::from_utf8_lossy(&self.certificate.to_pem()?).into_owned())
    }

    pub(crate) fn certificate_der(&self) -> &[u8] {
        &self.der
    }

    /// What goes into KeyInfo after the signer's own certificate: the chain without its self-signed root, which
    /// whoever verifies must have from elsewhere.
    pub(crate) fn intermediates(&self) -> impl Iterator<Item = &X509> {
        self.chain.iter().filter(|certificate| {
            certificate.subject_name().try_cmp(certificate.issuer_name()).is_ok_and(|order| order != Ordering::Equal)
        })
    }

    /// The URI of the signature algorithm of this key.
    pub(crate) const fn algorithm(&self) -> &'static str {
        match self.kind {
            KeyKind::Rsa => names::RSA_SHA256,
            KeyKind::P256 => names::ECDSA_SHA256,
            KeyKind::P384 => names::ECDSA_SHA384,
        }
    }

    /// Signs; ECDSA as XML Signature wants it, r and s side by side.
    pub(crate) fn sign(&self, bytes: &[u8]) -> Result<Vec<u8>, ErrorStack> {
        match self.kind {
            KeyKind::Rsa => {
                let mut signer = Signer::new(MessageDigest::sha256(), &self.key)?;
                signer.sign_oneshot_to_vec(bytes)
            }
            KeyKind::P256 => self.sign_ecdsa(bytes, MessageDigest::sha256(), 32),
            KeyKind::P384 => self.sign_ecdsa(bytes, MessageDigest::sha384(), 48),
        }
    }

    fn sign_ecdsa(&self, bytes: &[u8], digest: MessageDigest, width: i32) -> Result<Vec<u8>, ErrorStack> {
        let digest = hash(digest, bytes)?;
        let signature = EcdsaSig::sign(&digest, self.key.ec_key()?.as_ref())?;
        let mut out = signature.r().to_vec_padded(width)?;
        out.extend(signature.s().to_vec_padded(width)?);
        Ok(out)
    }

    fn check_certificate(&self, now: Timestamp) -> Result<(), SignError> {
        if !self.certificate.public_key()?.public_eq(&self.key) {
            return Err(SignError::KeyMismatch { subject: self.subject() });
        }
        self.check_dates(now)?;
        certificate::signing_usage(&self.certificate).map_err(|found| SignError::KeyUsage { found })
    }
}

impl std::fmt::Debug for SigningIdentity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningIdentity")
            .field("subject", &self.subject())
            .field("serial", &self.serial)
            .field("fingerprint", &self.fingerprint)
            .finish_non_exhaustive()
    }
}

fn first_reason(error: &ErrorStack) -> String {
    let reason = error.errors().first().and_then(openssl::error::Error::reason);
    reason.unwrap_or("not in PEM form").to_owned()
}
