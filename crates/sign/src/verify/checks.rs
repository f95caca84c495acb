//! The rules on the signature itself.

use openssl::bn::BigNum;
use openssl::ecdsa::EcdsaSig;
use openssl::hash::{MessageDigest, hash};
use openssl::memcmp;
use openssl::pkey::{PKey, Public};
use openssl::sign::Verifier;

use crate::canonical::{self, Method, Tree};
use crate::certificate::KeyKind;
use crate::names::{
    ECDSA_SHA256, ECDSA_SHA384, ECDSA_SHA512, RSA_SHA256, RSA_SHA384, RSA_SHA512, SHA256, SHA384, SHA512, XADES,
};
use crate::seal::file_name_of;
use crate::verify::Part;
use crate::verify::signer::Signer;
use crate::verify::structure::{Form, Reference, Signature, Target, element_by_id, elements, first};

/// Exactly two: the data (the whole document, or a bare file name) and this signature's own signed properties; its
/// KeyInfo may be signed as well.
pub(super) fn references(tree: &Tree<'_>, signature: &Signature) -> Result<(), String> {
    let [data, properties, key_info] = [Target::Data, Target::Properties, Target::KeyInfo]
        .map(|target| signature.references.iter().filter(|reference| reference.target == target).collect::<Vec<_>>());
    let [data] = data.as_slice() else { return Err(format!("{} references to data, expected 1", data.len())) };
    let [properties] = properties.as_slice() else {
        return Err(format!("{} references to the signed properties, expected 1", properties.len()));
    };
    if key_info.len() > 1 {
        return Err("several references to KeyInfo".to_owned());
    }
    match (signature.form, data.uri.as_deref()) {
        (Form::Enveloped, Some("")) => {}
        (Form::Enveloped, uri) => return Err(format!("the reference is to {uri:?}, expected the whole document")),
        (Form::Detached, Some(uri)) if file_name_of(uri).is_some() => {}
        (Form::Detached, uri) => return Err(format!("the reference is to {uri:?}, expected a bare file name")),
    }
    let id = properties.uri.as_deref().and_then(|uri| uri.strip_prefix('#')).unwrap_or_default();
    let resolved = element_by_id(tree, id);
    if resolved.is_none() || resolved != signature.properties.signed {
        return Err("the reference to the signed properties is to something else".to_owned());
    }
    Ok(())
}

/// Only what leaves the meaning untouched: the enveloped transform where the signature is inside, canonicalisation.
pub(super) fn transforms(signature: &Signature) -> Result<(), String> {
    for reference in &signature.references {
        let transforms = reference.transforms.as_ref().map_err(Clone::clone)?;
        let enveloped = signature.form == Form::Enveloped && reference.target == Target::Data;
        if transforms.enveloped != enveloped {
            return Err("the enveloped transform is missing or out of place".to_owned());
        }
        let raw = signature.form == Form::Detached && reference.target == Target::Data;
        if raw && transforms.canonicalisation.is_some() {
            return Err("a sealed file is sealed as it is, without transforms".to_owned());
        }
    }
    signature.canonicalisation.as_ref().map(|_| ()).map_err(Clone::clone)
}

/// SHA-256 or better throughout, and a key of a kind and size that is accepted.
pub(super) fn algorithms(signature: &Signature, signer: &Signer) -> Result<(), String> {
    signature_digest(&signature.algorithm)?;
    for reference in &signature.references {
        digest_method(&reference.digest_method)?;
    }
    if let Some(property) = &signature.properties.certificate {
        digest_method(&property.digest_method)?;
    }
    let kind = KeyKind::of(&signer.key)?;
    if (kind == KeyKind::Rsa) != signature.algorithm.contains("#rsa-") {
        return Err(format!("{} does not go with the key of the certificate", signature.algorithm));
    }
    Ok(())
}

/// Recomputes each digest over what we process: the root of the tree that is ours, the bytes that were given, the
/// properties of this signature.
pub(super) fn coverage(
    document: &facteur_xml::Document,
    tree: &Tree<'_>,
    signature: &Signature,
    content: Option<&[u8]>,
) -> Part {
    if !canonical::same_tree(document, tree) {
        return Part::failed("the two readings of the document differ");
    }
    if signature.form == Form::Detached && content.is_none() {
        return Part::not_checked("the sealed document was not given");
    }
    for reference in &signature.references {
        match digested(tree, signature, reference, content) {
            Ok(digest) if digest.len() == reference.digest.len() && memcmp::eq(&digest, &reference.digest) => {}
            Ok(_) if reference.target == Target::Data => {
                return Part::failed("the document was changed after it was signed");
            }
            Ok(_) => return Part::failed("the signed properties were changed"),
            Err(detail) => return Part::failed(detail),
        }
    }
    Part::passed(if signature.form == Form::Enveloped { "the whole document" } else { "the whole file" })
}

fn digested(
    tree: &Tree<'_>,
    signature: &Signature,
    reference: &Reference,
    content: Option<&[u8]>,
) -> Result<Vec<u8>, String> {
    let method = digest_method(&reference.digest_method)?;
    let transforms = reference.transforms.as_ref().map_err(Clone::clone)?;
    let canonicalisation = transforms.canonicalisation.clone().unwrap_or(Method::default_inclusive());
    let failed = |error: crate::error::SignError| error.to_string();
    let inside = match reference.target {
        Target::Data => None,
        Target::Properties => Some(signature.properties.signed.ok_or("no signed properties")?),
        Target::KeyInfo => Some(signature.key_info),
    };
    if let Some(element) = inside {
        return canonical::digest_element(tree, element, &canonicalisation, method).map_err(failed);
    }
    match (signature.form, content) {
        (Form::Enveloped, _) => {
            canonical::digest_without(tree, signature.node, &canonicalisation, method).map_err(failed)
        }
        (Form::Detached, Some(content)) => {
            hash(method, content).map(|digest| digest.to_vec()).map_err(|error| error.to_string())
        }
        (Form::Detached, None) => Err("the sealed document was not given".to_owned()),
    }
}

/// The signature value over our own canonical bytes of SignedInfo.
pub(super) fn crypto(tree: &Tree<'_>, signature: &Signature, signer: &Signer) -> Result<(), String> {
    let digest = signature_digest(&signature.algorithm)?;
    let method = signature.canonicalisation.as_ref().map_err(Clone::clone)?;
    let bytes = canonical::element_bytes(tree, signature.signed_info, method).map_err(|error| error.to_string())?;
    let right = if signature.algorithm.contains("#rsa-") {
        rsa(&signer.key, digest, &bytes, &signature.value)
    } else {
        ecdsa(&signer.key, digest, &bytes, &signature.value)
    };
    match right {
        Ok(true) => Ok(()),
        Ok(false) => Err("the signature value is not that of the certificate's key".to_owned()),
        Err(error) => Err(format!("the signature value cannot be checked: {error}")),
    }
}

fn rsa(key: &PKey<Public>, digest: MessageDigest, bytes: &[u8], value: &[u8]) -> Result<bool, String> {
    let text = |error: openssl::error::ErrorStack| error.to_string();
    if key.rsa().is_err() {
        return Err("the key is not RSA".to_owned());
    }
    let mut verifier = Verifier::new(digest, key).map_err(text)?;
    // A value that is no signature at all is an error for OpenSSL; for us it is a wrong one.
    Ok(verifier.verify_oneshot(value, bytes).unwrap_or(false))
}

fn ecdsa(key: &PKey<Public>, digest: MessageDigest, bytes: &[u8], value: &[u8]) -> Result<bool, String> {
    let text = |error: openssl::error::ErrorStack| error.to_string();
    let key = key.ec_key().map_err(|_| "the key is not on an elliptic curve".to_owned())?;
    let width = usize::try_from(key.group().degree().div_ceil(8)).unwrap_or(0);
    if width == 0 || value.len() != 2 * width {
        return Ok(false);
    }
    let (r, s) = value.split_at(width);
    let signature =
        EcdsaSig::from_private_components(BigNum::from_slice(r).map_err(text)?, BigNum::from_slice(s).map_err(text)?);
    let digest = hash(digest, bytes).map_err(text)?;
    Ok(signature.map_err(text)?.verify(&digest, key.as_ref()).unwrap_or(false))
}

/// What XAdES-BASELINE-B demands (EN 319 132-1 v1.1.1, 6.3).
pub(super) fn properties(tree: &Tree<'_>, signature: &Signature) -> Result<(), String> {
    let [qualifying] = signature.properties.qualifying.as_slice() else {
        return Err(format!("{} QualifyingProperties, expected 1", signature.properties.qualifying.len()));
    };
    let target = tree.get_attribute(*qualifying, "Target").and_then(|target| target.strip_prefix('#'));
    if target.is_none() || target != signature.id.as_deref() {
        return Err("QualifyingProperties are not for this signature".to_owned());
    }
    let signed = signature.properties.signed.ok_or("no SignedProperties")?;
    let of_signature = first(tree, signed, XADES, "SignedSignatureProperties").ok_or("no SignedSignatureProperties")?;
    let count = |name| elements(tree, of_signature, XADES, name).len();
    if count("SigningTime") != 1 {
        return Err(format!("{} SigningTime, expected 1", count("SigningTime")));
    }
    if count("SigningCertificate") + count("SigningCertificateV2") != 1 {
        return Err("expected exactly one of SigningCertificate and SigningCertificateV2".to_owned());
    }
    for (one, other) in [
        ("SignerRole", "SignerRoleV2"),
        ("SignatureProductionPlace", "SignatureProductionPlaceV2"),
        ("SignaturePolicyIdentifier", "-"),
    ] {
        if count(one) + count(other) > 1 {
            return Err(format!("several {one}"));
        }
    }
    data_object_format(tree, signature, signed)
}

/// The data's format is said, and of the data that is signed.
fn data_object_format(tree: &Tree<'_>, signature: &Signature, signed: uppsala::NodeId) -> Result<(), String> {
    let Some(id) = signature.data().and_then(|data| data.id.as_deref()) else { return Ok(()) };
    let formats = first(tree, signed, XADES, "SignedDataObjectProperties")
        .map(|node| elements(tree, node, XADES, "DataObjectFormat"))
        .unwrap_or_default();
    let of_data = formats.iter().find(|&&format| {
        tree.get_attribute(format, "ObjectReference").and_then(|reference| reference.strip_prefix('#')) == Some(id)
    });
    let format = of_data.ok_or("no DataObjectFormat for the signed data")?;
    if ["MimeType", "Description", "ObjectIdentifier"].iter().all(|name| first(tree, *format, XADES, name).is_none()) {
        return Err("DataObjectFormat says nothing".to_owned());
    }
    Ok(())
}

/// The level that the properties show; a timestamp is named, not checked.
pub(super) fn level(tree: &Tree<'_>, signature: &Signature) -> Part {
    let Some(signed) = signature.properties.signed else { return Part::not_checked("no XAdES properties") };
    let policy = first(tree, signed, XADES, "SignedSignatureProperties")
        .is_some_and(|node| first(tree, node, XADES, "SignaturePolicyIdentifier").is_some());
    let unsigned =
        signature.properties.qualifying.first().and_then(|&node| first(tree, node, XADES, "UnsignedProperties"));
    let stamped = unsigned
        .and_then(|node| first(tree, node, XADES, "UnsignedSignatureProperties"))
        .is_some_and(|node| first(tree, node, XADES, "SignatureTimeStamp").is_some());
    match (properties(tree, signature), stamped, policy) {
        (Err(_), ..) => Part::not_checked("below XAdES-BASELINE-B"),
        (Ok(()), true, _) => Part::passed("XAdES-BASELINE-B, with a timestamp that is not checked"),
        (Ok(()), false, true) => Part::passed("XAdES-EPES, policy not checked"),
        (Ok(()), false, false) => Part::passed("XAdES-BASELINE-B"),
    }
}

/// A digest algorithm of the allow-list.
pub(super) fn digest_method(uri: &str) -> Result<MessageDigest, String> {
    match uri {
        SHA256 => Ok(MessageDigest::sha256()),
        SHA384 => Ok(MessageDigest::sha384()),
        SHA512 => Ok(MessageDigest::sha512()),
        other => Err(format!("the digest algorithm {other} is not accepted")),
    }
}

fn signature_digest(uri: &str) -> Result<MessageDigest, String> {
    match uri {
        RSA_SHA256 | ECDSA_SHA256 => Ok(MessageDigest::sha256()),
        RSA_SHA384 | ECDSA_SHA384 => Ok(MessageDigest::sha384()),
        RSA_SHA512 | ECDSA_SHA512 => Ok(MessageDigest::sha512()),
        other => Err(format!("the signature algorithm {other} is not accepted")),
    }
}
