//! A plain signature over bytes, as `openssl dgst` makes and checks it: for files that are no XML, whose reader should
//! need nothing but common tools.

use openssl::hash::MessageDigest;
use openssl::sign::{Signer, Verifier};
use openssl::x509::X509;

use crate::certificate::KeyKind;
use crate::error::SignError;
use crate::identity::SigningIdentity;

/// A signature over bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ByteSignature {
    /// `sha256` or `sha384`: the digest, as `openssl dgst` names it. The kind of key is the certificate's.
    pub digest: &'static str,
    /// RSA PKCS#1 v1.5, or ECDSA in DER.
    pub value: Vec<u8>,
}

/// Signs bytes with the key of the identity. The signature is verified with its certificate before it is returned.
///
/// # Errors
/// A certificate out of its dates at `at`, or a signature that does not verify.
pub fn sign_bytes(
    bytes: &[u8],
    identity: &SigningIdentity,
    at: facteur_model::clock::Timestamp,
) -> Result<ByteSignature, SignError> {
    identity.check_dates(at)?;
    let (name, digest) = digest_of(identity.kind());
    let value = Signer::new(digest, identity.private_key())?.sign_oneshot_to_vec(bytes)?;
    let signature = ByteSignature { digest: name, value };
    if verify_bytes(bytes, &signature, &identity.certificate().to_pem()?)? {
        return Ok(signature);
    }
    Err(SignError::Refused("the signature does not verify with its certificate".to_owned()))
}

/// Whether the signature over the bytes is that of the certificate (PEM).
///
/// # Errors
/// Not a certificate, or a key of another kind.
pub fn verify_bytes(bytes: &[u8], signature: &ByteSignature, certificate: &[u8]) -> Result<bool, SignError> {
    let unreadable = |error: openssl::error::ErrorStack| SignError::Certificate(error.to_string());
    let key = X509::from_pem(certificate).map_err(unreadable)?.public_key()?;
    let digest = if signature.digest == "sha384" { MessageDigest::sha384() } else { MessageDigest::sha256() };
    // What is no signature at all is an error of OpenSSL, and for us simply not a good one.
    Ok(Verifier::new(digest, &key)?.verify_oneshot(&signature.value, bytes).unwrap_or(false))
}

fn digest_of(kind: KeyKind) -> (&'static str, MessageDigest) {
    match kind {
        KeyKind::Rsa | KeyKind::P256 => ("sha256", MessageDigest::sha256()),
        KeyKind::P384 => ("sha384", MessageDigest::sha384()),
    }
}
