//! The XAdES-BASELINE-B signature as we write it (ETSI EN 319 132-1, 6.3).
//!
//! Every piece is written in its exclusive canonical form from the start, namespace declarations where that form
//! wants them: its digest is that of the text itself, and nothing is canonicalised twice. What goes into the document
//! is the same text without the repeated declarations.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use facteur_model::clock::Timestamp;
use openssl::sha::sha256;

use crate::certificate;
use crate::error::SignError;
use crate::identity::SigningIdentity;
use crate::names::{C14N_EXCLUSIVE, DSIG, ENVELOPED, SHA256, SIGNED_PROPERTIES_TYPE, XADES};

/// How the signing certificate is named in the signed properties.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CertificateReference {
    /// `SigningCertificate`: digest, issuer, serial; the only form that the UBL 2.1 schemas know. libxml2 takes no
    /// `xs:integer` of more than 24 digits, so that it calls a right but long serial number schema-invalid.
    First,
    /// `SigningCertificateV2`: digest; what EN 319 132-1 prefers.
    Second,
}

/// What is signed, and how it is named.
#[derive(Debug)]
pub(crate) struct Data<'a> {
    /// URI of the reference: empty for the enveloping document, else the file's name, percent-encoded.
    pub(crate) uri: &'a str,
    /// SHA-256 over the data after its transforms.
    pub(crate) digest: [u8; 32],
    /// Its media type.
    pub(crate) media_type: &'a str,
    /// Which certificate property.
    pub(crate) certificate: CertificateReference,
}

/// Writes and signs a whole `ds:Signature`, in ASCII: what is beyond ASCII stands as character references, so that it
/// can be spliced into a document of any encoding.
pub(crate) fn signature(
    data: &Data<'_>,
    id: &str,
    identity: &SigningIdentity,
    at: Timestamp,
) -> Result<String, SignError> {
    let properties = signed_properties(data, id, identity, at)?;
    let info = signed_info(data, id, identity, &sha256(properties.as_bytes()));
    let value = STANDARD.encode(identity.sign(info.as_bytes())?);
    let mut certificates = x509_certificate(identity.certificate_der());
    for certificate in identity.intermediates() {
        certificates.push_str(&x509_certificate(&certificate.to_der()?));
    }
    // In the document the namespaces are declared once, further up.
    let info = info.replace(&format!(" xmlns:ds=\"{DSIG}\""), "");
    let properties = properties.replace(&format!(" xmlns:ds=\"{DSIG}\""), "");
    let properties = properties.replace(&format!(" xmlns:xades=\"{XADES}\""), "");
    Ok(ascii(&format!(
        "<ds:Signature xmlns:ds=\"{DSIG}\" Id=\"{id}\">{info}<ds:SignatureValue>{value}</ds:SignatureValue>\
         <ds:KeyInfo><ds:X509Data>{certificates}</ds:X509Data></ds:KeyInfo>\
         <ds:Object><xades:QualifyingProperties xmlns:xades=\"{XADES}\" Target=\"#{id}\">{properties}\
         </xades:QualifyingProperties></ds:Object></ds:Signature>"
    )))
}

/// An id for a signature over these bytes: the same bytes always get the same, two documents never.
pub(crate) fn signature_id(bytes: &[u8]) -> String {
    let digest = sha256(bytes);
    let hex: String = digest.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    format!("facteur-{hex}")
}

fn signed_info(data: &Data<'_>, id: &str, identity: &SigningIdentity, properties: &[u8; 32]) -> String {
    let algorithm = identity.algorithm();
    let uri = attribute(data.uri);
    let transforms = if data.uri.is_empty() {
        format!(
            "<ds:Transforms><ds:Transform Algorithm=\"{ENVELOPED}\"></ds:Transform>\
             <ds:Transform Algorithm=\"{C14N_EXCLUSIVE}\"></ds:Transform></ds:Transforms>"
        )
    } else {
        String::new()
    };
    let data_digest = digest(&data.digest);
    let properties_digest = digest(properties);
    format!(
        "<ds:SignedInfo xmlns:ds=\"{DSIG}\">\
         <ds:CanonicalizationMethod Algorithm=\"{C14N_EXCLUSIVE}\"></ds:CanonicalizationMethod>\
         <ds:SignatureMethod Algorithm=\"{algorithm}\"></ds:SignatureMethod>\
         <ds:Reference Id=\"{id}-data\" URI=\"{uri}\">{transforms}{data_digest}</ds:Reference>\
         <ds:Reference Type=\"{SIGNED_PROPERTIES_TYPE}\" URI=\"#{id}-properties\"><ds:Transforms>\
         <ds:Transform Algorithm=\"{C14N_EXCLUSIVE}\"></ds:Transform></ds:Transforms>{properties_digest}\
         </ds:Reference></ds:SignedInfo>"
    )
}

fn digest(value: &[u8; 32]) -> String {
    let value = STANDARD.encode(value);
    format!("<ds:DigestMethod Algorithm=\"{SHA256}\"></ds:DigestMethod><ds:DigestValue>{value}</ds:DigestValue>")
}

fn signed_properties(
    data: &Data<'_>,
    id: &str,
    identity: &SigningIdentity,
    at: Timestamp,
) -> Result<String, SignError> {
    let time = at.rfc3339();
    let certificate = signing_certificate(data.certificate, identity)?;
    let media_type = text(data.media_type);
    Ok(format!(
        "<xades:SignedProperties xmlns:xades=\"{XADES}\" Id=\"{id}-properties\"><xades:SignedSignatureProperties>\
         <xades:SigningTime>{time}</xades:SigningTime>{certificate}</xades:SignedSignatureProperties>\
         <xades:SignedDataObjectProperties><xades:DataObjectFormat ObjectReference=\"#{id}-data\">\
         <xades:MimeType>{media_type}</xades:MimeType></xades:DataObjectFormat></xades:SignedDataObjectProperties>\
         </xades:SignedProperties>"
    ))
}

fn signing_certificate(form: CertificateReference, identity: &SigningIdentity) -> Result<String, SignError> {
    let value = STANDARD.encode(sha256(identity.certificate_der()));
    let digest = format!(
        "<xades:CertDigest><ds:DigestMethod xmlns:ds=\"{DSIG}\" Algorithm=\"{SHA256}\"></ds:DigestMethod>\
         <ds:DigestValue xmlns:ds=\"{DSIG}\">{value}</ds:DigestValue></xades:CertDigest>"
    );
    if form == CertificateReference::Second {
        return Ok(format!(
            "<xades:SigningCertificateV2><xades:Cert>{digest}</xades:Cert></xades:SigningCertificateV2>"
        ));
    }
    let issuer = text(&certificate::distinguished_name(identity.certificate().issuer_name()));
    let serial = identity.serial();
    Ok(format!(
        "<xades:SigningCertificate><xades:Cert>{digest}<xades:IssuerSerial>\
         <ds:X509IssuerName xmlns:ds=\"{DSIG}\">{issuer}</ds:X509IssuerName>\
         <ds:X509SerialNumber xmlns:ds=\"{DSIG}\">{serial}</ds:X509SerialNumber></xades:IssuerSerial>\
         </xades:Cert></xades:SigningCertificate>"
    ))
}

fn x509_certificate(der: &[u8]) -> String {
    format!("<ds:X509Certificate>{}</ds:X509Certificate>", STANDARD.encode(der))
}

/// Text content as canonical XML writes it.
fn text(value: &str) -> String {
    value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('\r', "&#xD;")
}

/// An attribute value as canonical XML writes it.
fn attribute(value: &str) -> String {
    let value = value.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
    value.replace('\t', "&#x9;").replace('\n', "&#xA;").replace('\r', "&#xD;")
}

fn ascii(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for c in value.chars() {
        if c.is_ascii() {
            out.push(c);
        } else {
            out.push_str(&format!("&#x{:X};", u32::from(c)));
        }
    }
    out
}
