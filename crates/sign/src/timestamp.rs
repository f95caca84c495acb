//! Timestamps of RFC 3161: the question to a time stamping authority, and its token as a verdict.
//!
//! A token says that a digest existed at an instant. It is accepted only if it is about our digest, answers our
//! question (nonce), and is signed by a certificate for time stamping that leads to a trusted one and was valid at
//! that instant.

use facteur_model::clock::Timestamp;
use openssl::cms::{CMSOptions, CmsContentInfo};
use openssl::rand::rand_bytes;
use openssl::x509::store::{X509Store, X509StoreBuilder};
use openssl::x509::verify::X509VerifyParam;
use openssl::x509::{X509, X509PurposeId};
use time::macros::format_description;

use crate::der::{
    BOOLEAN, CONTEXT_0, GENERALIZED_TIME, INTEGER, OBJECT, OCTET_STRING, Reader, SEQUENCE, SET, element, sequence,
};

/// 2.16.840.1.101.3.4.2.1.
const SHA256: [u8; 9] = [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];
/// id-signedData, 1.2.840.113549.1.7.2.
const SIGNED_DATA: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
/// id-ct-TSTInfo, 1.2.840.113549.1.9.16.1.4.
const TST_INFO: [u8; 11] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01, 0x04];
/// Check that the signing-certificate attribute names the signer (`CMS_CADES` of OpenSSL's cms.h).
const CADES: u32 = 0x10_0000;
/// Largest token that is looked at; usual ones have 2 to 8 kB.
pub const TOKEN_MAX: usize = 64 * 1024;
/// PKIStatus granted and grantedWithMods (RFC 3161, 2.4.2).
const GRANTED: [&[u8]; 2] = [&[0], &[1]];

/// Why a timestamp is not accepted.
#[derive(Debug, thiserror::Error)]
pub enum TimestampError {
    /// Not an answer in the form of RFC 3161.
    #[error("not a timestamp: {0}")]
    Form(&'static str),
    /// The authority refused.
    #[error("the authority refused: {0}")]
    Refused(String),
    /// The token is about something else, or answers another question.
    #[error("the timestamp is not about this: {0}")]
    Other(&'static str),
    /// The signature, or the way from its certificate to a trusted one.
    #[error("the signature of the timestamp is not accepted: {0}")]
    Signature(String),
}

/// A question to the authority.
#[derive(Debug, Clone)]
pub struct TimestampRequest {
    /// What to send, as `application/timestamp-query`.
    pub bytes: Vec<u8>,
    digest: [u8; 32],
    nonce: Vec<u8>,
}

/// An accepted timestamp.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timestamped {
    /// The instant that the authority vouches for.
    pub at: Timestamp,
    /// The token (DER), to be kept.
    pub token: Vec<u8>,
}

impl TimestampRequest {
    /// A question about what has this SHA-256, with a nonce, asking for the certificate.
    ///
    /// # Errors
    /// Only if OpenSSL has no random bytes.
    pub fn new(digest: [u8; 32]) -> Result<Self, TimestampError> {
        let mut nonce = vec![0_u8; 8];
        rand_bytes(&mut nonce).map_err(|error| TimestampError::Signature(error.to_string()))?;
        // A positive number in its shortest form, whatever was drawn.
        nonce[0] = nonce[0] & 0x3f | 0x40;
        let algorithm = sequence(&[&element(OBJECT, &SHA256), &[0x05, 0x00]]);
        let imprint = sequence(&[&algorithm, &element(OCTET_STRING, &digest)]);
        let parts = [element(INTEGER, &[1]), imprint, element(INTEGER, &nonce), element(BOOLEAN, &[0xff])];
        let bytes = sequence(&parts.each_ref().map(Vec::as_slice));
        Ok(Self { bytes, digest, nonce })
    }

    /// The token of an answer (`application/timestamp-reply`), once it is accepted; `anchors` are PEM.
    ///
    /// # Errors
    /// [`TimestampError`] says what is wrong.
    pub fn accept(&self, answer: &[u8], anchors: &[u8]) -> Result<Timestamped, TimestampError> {
        let token = token_of(answer)?;
        verify(token, self.digest, Some(&self.nonce), anchors)
    }
}

/// Verifies a token that was kept: that it is about this digest, and signed by whom we trust.
///
/// # Errors
/// [`TimestampError`] says what is wrong.
pub fn verify_timestamp(token: &[u8], digest: [u8; 32], anchors: &[u8]) -> Result<Timestamped, TimestampError> {
    verify(token, digest, None, anchors)
}

/// TimeStampResp: the token, where it was granted.
fn token_of(answer: &[u8]) -> Result<&[u8], TimestampError> {
    const FORM: TimestampError = TimestampError::Form("expected a TimeStampResp");
    let mut response = Reader::new(answer).enter(SEQUENCE).ok_or(FORM)?;
    let mut status = response.enter(SEQUENCE).ok_or(FORM)?;
    let code = status.take(INTEGER).ok_or(FORM)?;
    if !GRANTED.contains(&code) {
        let texts = status.enter(SEQUENCE).and_then(|mut texts| texts.take(0x0c));
        let text = String::from_utf8_lossy(texts.unwrap_or_default());
        let text: String = text.chars().filter(|c| !c.is_control()).take(200).collect();
        return Err(TimestampError::Refused(format!("status {} {text}", code.last().copied().unwrap_or(0xff))));
    }
    response.whole(SEQUENCE).ok_or(FORM)
}

/// What a token says.
struct Statement<'a> {
    /// TSTInfo, as it is signed.
    content: &'a [u8],
    digest: &'a [u8],
    nonce: Option<&'a [u8]>,
    at: i64,
}

fn verify(token: &[u8], digest: [u8; 32], nonce: Option<&[u8]>, anchors: &[u8]) -> Result<Timestamped, TimestampError> {
    if token.len() > TOKEN_MAX {
        return Err(TimestampError::Form("larger than any token"));
    }
    let statement = statement(token).ok_or(TimestampError::Form("expected a token with a TSTInfo over SHA-256"))?;
    if statement.digest != digest {
        return Err(TimestampError::Other("another digest"));
    }
    if nonce.is_some() && statement.nonce != nonce {
        return Err(TimestampError::Other("another nonce"));
    }
    let signature = |error: openssl::error::ErrorStack| TimestampError::Signature(error.to_string());
    let store = trusted(anchors, statement.at).map_err(signature)?;
    let mut signed = CmsContentInfo::from_der(token).map_err(signature)?;
    let mut content = Vec::new();
    let options = CMSOptions::BINARY | CMSOptions::from_bits_retain(CADES);
    signed.verify(None, Some(&store), None, Some(&mut content), options).map_err(signature)?;
    if content != statement.content {
        return Err(TimestampError::Form("two readings of the token differ"));
    }
    Ok(Timestamped { at: Timestamp(statement.at.saturating_mul(1000)), token: token.to_vec() })
}

/// Trusts these certificates, for time stamping, at this instant (seconds since 1970).
fn trusted(anchors: &[u8], at: i64) -> Result<X509Store, openssl::error::ErrorStack> {
    let mut builder = X509StoreBuilder::new()?;
    for anchor in X509::stack_from_pem(anchors)? {
        builder.add_cert(anchor)?;
    }
    let mut parameters = X509VerifyParam::new()?;
    parameters.set_time(at);
    parameters.set_purpose(X509PurposeId::TIMESTAMP_SIGN)?;
    builder.set_param(&parameters)?;
    Ok(builder.build())
}

/// ContentInfo → SignedData → EncapsulatedContentInfo → TSTInfo (RFC 5652, RFC 3161 2.4.2).
fn statement(token: &[u8]) -> Option<Statement<'_>> {
    let mut outer = Reader::new(token);
    let mut info = outer.enter(SEQUENCE)?;
    if !outer.is_empty() || info.take(OBJECT)? != SIGNED_DATA {
        return None;
    }
    let mut signed = info.enter(CONTEXT_0)?.enter(SEQUENCE)?;
    signed.take(INTEGER)?;
    signed.take(SET)?;
    let mut encapsulated = signed.enter(SEQUENCE)?;
    if encapsulated.take(OBJECT)? != TST_INFO {
        return None;
    }
    let content = encapsulated.enter(CONTEXT_0)?.take(OCTET_STRING)?;
    let mut fields = Reader::new(content).enter(SEQUENCE)?;
    fields.take(INTEGER)?;
    fields.take(OBJECT)?;
    let mut imprint = fields.enter(SEQUENCE)?;
    if imprint.enter(SEQUENCE)?.take(OBJECT)? != SHA256 {
        return None;
    }
    let digest = imprint.take(OCTET_STRING)?;
    fields.take(INTEGER)?;
    let at = instant(fields.take(GENERALIZED_TIME)?)?;
    fields.skip(SEQUENCE);
    fields.skip(BOOLEAN);
    Some(Statement { content, digest, nonce: fields.take(INTEGER), at })
}

/// `20261123170646Z`, with or without a fraction, which is left out: seconds since 1970.
fn instant(text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let whole = text.split('.').next()?;
    let format = format_description!("[year][month][day][hour][minute][second]");
    Some(time::PrimitiveDateTime::parse(whole, &format).ok()?.assume_utc().unix_timestamp())
}
