//! The issuer's signature inside a UBL document: a splice of bytes, nothing is serialised again.

use std::ops::Range;

use facteur_model::clock::Timestamp;
use facteur_xml::{Document, Limits, Node};

use crate::canonical;
use crate::error::SignError;
use crate::identity::SigningIdentity;
use crate::names::{
    CAC, CBC, DSIG, EXT, SAC, SBC, SIG, UBL_CREDIT_NOTE, UBL_DSIG, UBL_INVOICE, UBL_SIGNATURE_INFORMATION,
    UBL_SIGNATURE_INVOICE,
};
use crate::verify::{Trust, verify};
use crate::xades::{CertificateReference, Data, signature, signature_id};

/// Signs a UBL Invoice or CreditNote: the same bytes, with a `UBLExtension` that carries a XAdES-BASELINE-B
/// signature over the whole document, and a `cac:Signature` that announces it.
///
/// Encoding, byte order mark, declaration, prefixes and white space of the document stay as they are. Our own
/// verification and libxmlsec1 have both accepted the result before it is returned.
///
/// # Errors
/// A document that is not UBL, that already carries a signature, or that does not verify once signed; a certificate
/// out of its dates at `at`.
pub fn sign_enveloped_ubl(bytes: &[u8], identity: &SigningIdentity, at: Timestamp) -> Result<Vec<u8>, SignError> {
    identity.check_dates(at)?;
    let document = Document::parse(bytes, &Limits::default())?;
    let places = Places::of(&document, bytes)?;
    let unsigned = places.spliced(bytes, document.encoding(), "");
    let digest = {
        let text = canonical::text_of(&unsigned, document.encoding())?;
        canonical::digest_document(&canonical::tree(&text)?)?
    };
    let data = Data { uri: "", digest, media_type: "application/xml", certificate: CertificateReference::First };
    let xml = signature(&data, &signature_id(bytes), identity, at)?;
    let signed = places.spliced(bytes, document.encoding(), &xml);
    verify(&signed, None, &Trust::of(identity, at)).accepted()?;
    Ok(signed)
}

/// Where the pieces go.
struct Places {
    /// Offset of the extension.
    extension: usize,
    /// Whether the extension needs `ext:UBLExtensions` around it.
    wrapped: bool,
    /// Offset of `cac:Signature`: before the supplier, where the schemas of both documents want it.
    announcement: Option<usize>,
}

impl Places {
    fn of(document: &Document, bytes: &[u8]) -> Result<Self, SignError> {
        let root = document.root();
        if !(root.is(UBL_INVOICE, "Invoice") || root.is(UBL_CREDIT_NOTE, "CreditNote")) {
            return Err(SignError::NotUbl { root: root.name().to_owned() });
        }
        if let Some(found) = signature_in(root) {
            return Err(SignError::AlreadySigned { line: found.line() });
        }
        if root.start_tag_range() == root.byte_range() {
            return Err(SignError::NoPlace("the root element is empty".to_owned()));
        }
        let announcement = root.elements().find(|e| e.is(CAC, "AccountingSupplierParty")).map(|e| e.byte_range().start);
        let (extension, wrapped) = match root.elements().find(|e| e.is(EXT, "UBLExtensions")) {
            Some(extensions) => (end_tag(extensions, bytes)?, false),
            None => (root.start_tag_range().end, true),
        };
        if announcement.is_some_and(|at| at < extension) {
            return Err(SignError::NoPlace("ext:UBLExtensions stands after the supplier".to_owned()));
        }
        Ok(Self { extension, wrapped, announcement })
    }

    /// The document with the extension around `signature`.
    fn spliced(&self, bytes: &[u8], encoding: &str, signature: &str) -> Vec<u8> {
        let (before, after) = self.extension();
        let mut out = Vec::with_capacity(bytes.len() + 2 * (before.len() + signature.len() + after.len() + 512));
        let announcement = self.announcement.unwrap_or(self.extension);
        copy(&mut out, bytes, 0..self.extension);
        for piece in [before.as_str(), signature, after.as_str()] {
            append(&mut out, piece, encoding);
        }
        copy(&mut out, bytes, self.extension..announcement);
        if self.announcement.is_some() {
            append(&mut out, &announced(), encoding);
        }
        copy(&mut out, bytes, announcement..bytes.len());
        out
    }

    fn extension(&self) -> (String, String) {
        let declared = format!(" xmlns:ext=\"{EXT}\"");
        let (open, close) = if self.wrapped {
            (format!("<ext:UBLExtensions{declared}><ext:UBLExtension>"), "</ext:UBLExtensions>")
        } else {
            (format!("<ext:UBLExtension{declared}>"), "")
        };
        let referenced = if self.announcement.is_some() {
            format!(
                "<sbc:ReferencedSignatureID xmlns:sbc=\"{SBC}\">{UBL_SIGNATURE_INVOICE}</sbc:ReferencedSignatureID>"
            )
        } else {
            String::new()
        };
        let before = format!(
            "{open}<ext:ExtensionURI>{UBL_DSIG}</ext:ExtensionURI>\
             <ext:ExtensionContent><sig:UBLDocumentSignatures xmlns:sig=\"{SIG}\">\
             <sac:SignatureInformation xmlns:sac=\"{SAC}\">\
             <cbc:ID xmlns:cbc=\"{CBC}\">{UBL_SIGNATURE_INFORMATION}</cbc:ID>{referenced}"
        );
        let after = format!(
            "</sac:SignatureInformation></sig:UBLDocumentSignatures></ext:ExtensionContent></ext:UBLExtension>{close}"
        );
        (before, after)
    }
}

fn announced() -> String {
    format!(
        "<cac:Signature xmlns:cac=\"{CAC}\" xmlns:cbc=\"{CBC}\"><cbc:ID>{UBL_SIGNATURE_INVOICE}</cbc:ID>\
         <cbc:SignatureMethod>{UBL_DSIG}</cbc:SignatureMethod></cac:Signature>"
    )
}

/// A signature, or the announcement of one, anywhere in the document.
fn signature_in(root: Node<'_>) -> Option<Node<'_>> {
    root.descendants().find(|e| {
        e.is(DSIG, "Signature")
            || e.is(SIG, "UBLDocumentSignatures")
            || (e.is(CAC, "Signature") && e.parent().is_some_and(|parent| parent.id() == root.id()))
    })
}

/// Where an element's end tag begins: its last `<`.
fn end_tag(element: Node<'_>, bytes: &[u8]) -> Result<usize, SignError> {
    let range = element.byte_range();
    let inside = element.start_tag_range().end..range.end;
    let found = bytes.get(inside.clone()).and_then(|inside| {
        let wide = inside.len() >= 2 && inside.ends_with(b"\0");
        let wide_big = inside.len() >= 2 && inside.get(inside.len() - 2) == Some(&0);
        match (wide, wide_big) {
            (true, _) => inside.chunks_exact(2).rposition(|pair| pair == b"<\0").map(|at| 2 * at),
            (_, true) => inside.chunks_exact(2).rposition(|pair| pair == b"\0<").map(|at| 2 * at),
            _ => inside.iter().rposition(|&byte| byte == b'<'),
        }
    });
    match found {
        Some(at) => Ok(inside.start + at),
        None => Err(SignError::NoPlace("ext:UBLExtensions is empty".to_owned())),
    }
}

fn copy(out: &mut Vec<u8>, bytes: &[u8], range: Range<usize>) {
    out.extend_from_slice(bytes.get(range).unwrap_or_default());
}

/// Appends ASCII in the document's encoding.
fn append(out: &mut Vec<u8>, ascii: &str, encoding: &str) {
    match encoding {
        "UTF-16LE" => out.extend(ascii.bytes().flat_map(|byte| [byte, 0])),
        "UTF-16BE" => out.extend(ascii.bytes().flat_map(|byte| [0, byte])),
        _ => out.extend_from_slice(ascii.as_bytes()),
    }
}
