//! The seal: a detached signature over untouched bytes.

use facteur_model::clock::Timestamp;
use openssl::sha::sha256;

use crate::error::SignError;
use crate::identity::SigningIdentity;
use crate::verify::{Trust, verify};
use crate::xades::{CertificateReference, Data, signature, signature_id};

/// Seals `content`: a detached XAdES-BASELINE-B signature over its very bytes, to be kept beside them.
///
/// The reference carries the file's name and nothing else: no path, no scheme, nothing that anybody could fetch.
/// Our own verification and libxmlsec1 have both accepted the seal before it is returned.
///
/// # Errors
/// A certificate out of its dates at `at`, a name that is empty or carries a path, or a seal that does not verify.
pub fn seal_detached(
    content: &[u8],
    file_name: &str,
    media_type: &str,
    identity: &SigningIdentity,
    at: Timestamp,
) -> Result<Vec<u8>, SignError> {
    identity.check_dates(at)?;
    let digest = sha256(content);
    let uri = percent_encoded(file_name)?;
    let data = Data { uri: &uri, digest, media_type, certificate: CertificateReference::Second };
    let xml = signature(&data, &signature_id(&digest), identity, at)?;
    let seal = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{xml}\n").into_bytes();
    verify(&seal, Some(content), &Trust::of(identity, at)).accepted()?;
    Ok(seal)
}

/// RFC 3986, 2.1: everything but letters, digits and `-._~` in percent, so that no name can be a scheme, a path, a
/// fragment or a query.
fn percent_encoded(file_name: &str) -> Result<String, SignError> {
    let forbidden = |c: char| c == '/' || c == '\\' || c.is_control();
    if file_name.is_empty() || matches!(file_name, "." | "..") || file_name.contains(forbidden) {
        return Err(SignError::FileName(file_name.to_owned()));
    }
    let mut out = String::with_capacity(file_name.len());
    for byte in file_name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    Ok(out)
}

/// The name that a reference carries, if it is a bare file name.
pub(crate) fn file_name_of(uri: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(uri.len());
    let mut rest = uri.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        if first == b'%' {
            let hex = std::str::from_utf8(after.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(hex, 16).ok()?);
            rest = after.get(2..)?;
        } else {
            let plain = first.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=@".contains(&first) || !first.is_ascii();
            if !plain {
                return None;
            }
            bytes.push(first);
            rest = after;
        }
    }
    let name = String::from_utf8(bytes).ok()?;
    percent_encoded(&name).ok().map(|_| name)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn names_come_back_from_their_reference() {
        for name in ["a.xml", "facture n°1 (été).xml", "#x", "http:x", "a%20b", "100%", "a?b&c<d"] {
            let uri = percent_encoded(name).unwrap();
            assert!(uri.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~%".contains(&b)), "{uri}");
            assert_eq!(file_name_of(&uri).as_deref(), Some(name));
        }
    }

    #[test]
    fn a_reference_is_never_a_path_a_scheme_or_a_fragment() {
        for uri in
            ["", "http://h/x", "file:///etc/passwd", "/etc/passwd", "../x", "a/b", "#a", "a#b", "a?b", "a%2Fb", "%"]
        {
            assert_eq!(file_name_of(uri), None, "{uri}");
        }
        for name in ["", ".", "..", "a/b", "a\\b", "a\nb", "a\0"] {
            assert!(matches!(percent_encoded(name), Err(SignError::FileName(_))), "{name:?}");
        }
    }
}
