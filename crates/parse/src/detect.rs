//! What a document is, from its first bytes; and what a tree is, from its root.

use facteur_model::kind::DocumentKind;
use facteur_xml::Document;

/// How far the header of a PDF may stand from the first byte (ISO 32000-1, implementation note 13).
const PDF_HEADER_WITHIN: usize = 1024;
/// How far the root element may stand from the first byte to be seen here; reading has no such limit.
const ROOT_WITHIN: usize = 64 * 1024;

/// Namespace of UBL 2 `Invoice`.
pub const UBL_INVOICE: &str = "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2";
/// Namespace of UBL 2 `CreditNote`.
pub const UBL_CREDIT_NOTE: &str = "urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2";
/// Namespace of CII, D16B to D22B.
pub const CII: &str = "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100";
/// Namespace of ZUGFeRD 1.
pub const ZUGFERD_1: &str = "urn:ferd:CrossIndustryDocument:invoice:1p0";

/// The roots that are read, with their kind.
const ROOTS: [(&str, &str, DocumentKind); 4] = [
    ("Invoice", UBL_INVOICE, DocumentKind::UblInvoice),
    ("CreditNote", UBL_CREDIT_NOTE, DocumentKind::UblCreditNote),
    ("CrossIndustryInvoice", CII, DocumentKind::Cii),
    ("CrossIndustryDocument", ZUGFERD_1, DocumentKind::Cii),
];

/// What the bytes are, by a look at their beginning only: a hint for sorting, before anything is read. A PDF is
/// [`DocumentKind::Pdf`] here, whether or not it carries an invoice.
#[must_use]
pub fn detect(bytes: &[u8]) -> DocumentKind {
    let head = &bytes[..bytes.len().min(PDF_HEADER_WITHIN)];
    if head.windows(5).any(|window| window == b"%PDF-") {
        return DocumentKind::Pdf;
    }
    let text = ascii_view(&bytes[..bytes.len().min(ROOT_WITHIN)]);
    root_tag(&text).map_or(DocumentKind::Unknown, kind_of_tag)
}

/// The kind of a document that was read as XML.
#[must_use]
pub fn kind_of(document: &Document) -> DocumentKind {
    let root = document.root();
    ROOTS
        .iter()
        .find(|(name, namespace, _)| root.is(namespace, name))
        .map_or(DocumentKind::Unknown, |(_, _, kind)| *kind)
}

/// The ASCII characters of the beginning, whichever Unicode encoding it is in; names and namespaces are ASCII.
fn ascii_view(bytes: &[u8]) -> Vec<u8> {
    match bytes {
        [0xFF, 0xFE, rest @ ..] => rest.iter().copied().step_by(2).collect(),
        [b'<', 0, ..] => bytes.iter().copied().step_by(2).collect(),
        [0xFE, 0xFF, rest @ ..] => rest.iter().copied().skip(1).step_by(2).collect(),
        [0, b'<', ..] => bytes.iter().copied().skip(1).step_by(2).collect(),
        [0xEF, 0xBB, 0xBF, rest @ ..] => rest.to_vec(),
        _ => bytes.to_vec(),
    }
}

/// The start tag of the root, without `<` and `>`.
fn root_tag(text: &[u8]) -> Option<&[u8]> {
    let mut rest = text;
    loop {
        let start = rest.iter().position(|byte| !byte.is_ascii_whitespace())?;
        rest = rest[start..].strip_prefix(b"<")?;
        rest = match rest {
            [b'?', ..] => after(rest, b"?>")?,
            [b'!', b'-', b'-', ..] => after(rest, b"-->")?,
            [b'!', ..] => after_doctype(rest)?,
            _ => return Some(&rest[..rest.iter().position(|&byte| byte == b'>').unwrap_or(rest.len())]),
        };
    }
}

/// What follows a DOCTYPE. Such a document will be refused; its kind may still be named.
fn after_doctype(text: &[u8]) -> Option<&[u8]> {
    match text.iter().position(|&byte| matches!(byte, b'[' | b'>'))? {
        at if text[at] == b'[' => after(after(&text[at..], b"]")?, b">"),
        at => Some(&text[at + 1..]),
    }
}

fn after<'a>(text: &'a [u8], mark: &[u8]) -> Option<&'a [u8]> {
    let at = text.windows(mark.len()).position(|window| window == mark)?;
    Some(&text[at + mark.len()..])
}

fn kind_of_tag(tag: &[u8]) -> DocumentKind {
    let end = tag.iter().position(|byte| byte.is_ascii_whitespace() || *byte == b'/').unwrap_or(tag.len());
    let name = tag[..end].rsplit(|&byte| byte == b':').next().unwrap_or_default();
    let declares = |namespace: &str| tag.windows(namespace.len()).any(|window| window == namespace.as_bytes());
    ROOTS
        .iter()
        .find(|(root, namespace, _)| name == root.as_bytes() && declares(namespace))
        .map_or(DocumentKind::Unknown, |(_, _, kind)| *kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str, big_endian: bool) -> Vec<u8> {
        let order = |unit: u16| if big_endian { unit.to_be_bytes() } else { unit.to_le_bytes() };
        "\u{FEFF}".encode_utf16().chain(text.encode_utf16()).flat_map(order).collect()
    }

    #[test]
    fn every_root_is_told_in_every_encoding() {
        for (name, namespace, kind) in ROOTS {
            let text = format!("<?xml version='1.0'?>\n<!-- <Invoice> -->\n<x:{name} xmlns:x=\"{namespace}\">");
            assert_eq!(detect(text.as_bytes()), kind);
            assert_eq!(detect(format!("\u{FEFF}{text}").as_bytes()), kind);
            assert_eq!(detect(&utf16(&text, true)), kind);
            assert_eq!(detect(&utf16(&text, false)), kind);
        }
    }

    #[test]
    fn the_name_alone_is_not_enough() {
        assert_eq!(detect(b"<Invoice>"), DocumentKind::Unknown);
        assert_eq!(
            detect(b"<Order xmlns='urn:oasis:names:specification:ubl:schema:xsd:Invoice-2'>"),
            DocumentKind::Unknown
        );
        for bytes in [&b""[..], b"<", b"\xFF\xFE", b"<!--", b"PK\x03\x04", b"<!DOCTYPE a><a/>", b"<!DOCTYPE a ["] {
            assert_eq!(detect(bytes), DocumentKind::Unknown, "{bytes:?}");
        }
    }

    #[test]
    fn a_doctype_does_not_hide_the_kind() {
        let text = format!("<!DOCTYPE Invoice [<!ENTITY a 'b'>]><Invoice xmlns='{UBL_INVOICE}'>");
        assert_eq!(detect(text.as_bytes()), DocumentKind::UblInvoice);
    }

    #[test]
    fn a_pdf_may_begin_late() {
        assert_eq!(detect(b"\r\n%PDF-1.7"), DocumentKind::Pdf);
        assert_eq!(detect(&[&[b' '; 2000][..], b"%PDF-1.7"].concat()), DocumentKind::Unknown);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_told_without_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            let _ = detect(&bytes);
        }
    }
}
