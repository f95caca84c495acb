//! The kind of invoice that an XML's root element announces, told from its first bytes. The XML is not judged here.

use facteur_model::kind::DocumentKind;
use serde::{Deserialize, Serialize};

/// How far the root element is looked for.
const LOOK_WITHIN: usize = 64 << 10;

/// The root elements of invoices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InvoiceRoot {
    /// UN/CEFACT `CrossIndustryInvoice`, of Factur-X and ZUGFeRD 2.
    Cii,
    /// `CrossIndustryDocument` of ZUGFeRD 1.
    ZugferdOne,
    /// UBL `Invoice`.
    UblInvoice,
    /// UBL `CreditNote`.
    UblCreditNote,
}

impl InvoiceRoot {
    /// The kind of the XML taken by itself.
    #[must_use]
    pub const fn kind(self) -> DocumentKind {
        match self {
            Self::Cii | Self::ZugferdOne => DocumentKind::Cii,
            Self::UblInvoice => DocumentKind::UblInvoice,
            Self::UblCreditNote => DocumentKind::UblCreditNote,
        }
    }

    fn of(name: &str, namespace: &str) -> Option<Self> {
        match (name, namespace) {
            ("CrossIndustryInvoice", "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100") => Some(Self::Cii),
            ("CrossIndustryDocument", "urn:ferd:CrossIndustryDocument:invoice:1p0") => Some(Self::ZugferdOne),
            ("Invoice", "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2") => Some(Self::UblInvoice),
            ("CreditNote", "urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2") => Some(Self::UblCreditNote),
            _ => None,
        }
    }
}

/// The invoice that these bytes announce by the name and namespace of their root element.
#[must_use]
pub fn invoice_root(bytes: &[u8]) -> Option<InvoiceRoot> {
    if !looks_like_xml(bytes) {
        return None;
    }
    let text = decode(&bytes[..bytes.len().min(LOOK_WITHIN)]);
    let tag = start_tag(&text)?;
    let name_end = tag.find(|c: char| c.is_whitespace() || c == '/').unwrap_or(tag.len());
    let (name, attributes) = tag.split_at(name_end);
    let (prefix, local) = name.split_once(':').unwrap_or(("", name));
    let declaration = if prefix.is_empty() { "xmlns".to_owned() } else { format!("xmlns:{prefix}") };
    InvoiceRoot::of(local, attribute(attributes, &declaration)?)
}

/// Whether it is worth decoding: most attachments are images or PDFs.
fn looks_like_xml(bytes: &[u8]) -> bool {
    match bytes {
        [0xFE, 0xFF, ..] | [0xFF, 0xFE, ..] | [0xEF, 0xBB, 0xBF, ..] | [0, b'<', ..] => true,
        _ => bytes.trim_ascii_start().first() == Some(&b'<'),
    }
}

/// UTF-16 by its byte order mark or by the shape of `<?`; anything else byte by byte, which does for the ASCII sought.
fn decode(bytes: &[u8]) -> String {
    let wide = |bytes: &[u8], unit: fn([u8; 2]) -> u16| -> String {
        let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).collect();
        String::from_utf16_lossy(&units)
    };
    match bytes {
        [0xFE, 0xFF, rest @ ..] => wide(rest, u16::from_be_bytes),
        [0xFF, 0xFE, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0, b'<', ..] => wide(bytes, u16::from_be_bytes),
        [b'<', 0, ..] => wide(bytes, u16::from_le_bytes),
        [0xEF, 0xBB, 0xBF, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        _ => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// What stands between `<` and `>` of the first element; declarations and comments before it are skipped.
fn start_tag(text: &str) -> Option<&str> {
    let mut rest = text.trim_start();
    loop {
        let skipped = if rest.starts_with("<?") {
            rest.split_once("?>")?.1
        } else if rest.starts_with("<!--") {
            rest.split_once("-->")?.1
        } else {
            break;
        };
        rest = skipped.trim_start();
    }
    let tag = rest.strip_prefix('<')?;
    if tag.starts_with('!') {
        return None;
    }
    let mut quote = None;
    let end = tag.char_indices().find_map(|(at, c)| match (quote, c) {
        (None, '"' | '\'') => {
            quote = Some(c);
            None
        }
        (Some(open), c) if c == open => {
            quote = None;
            None
        }
        (None, '>') => Some(at),
        _ => None,
    })?;
    Some(&tag[..end])
}

/// The value of an attribute, by its exact name.
fn attribute<'a>(mut rest: &'a str, wanted: &str) -> Option<&'a str> {
    loop {
        let (name, after) = rest.split_once('=')?;
        let after = after.trim_start();
        let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let (value, next) = after[1..].split_once(quote)?;
        if name.trim() == wanted {
            return Some(value);
        }
        rest = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CII: &str = "<?xml version='1.0'?>\n<!-- a > b --><rsm:CrossIndustryInvoice xmlns:a=\"x>y\"\n \
                       xmlns:rsm = 'urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100'><a/>";

    #[test]
    fn roots_are_told_by_name_and_namespace() {
        assert_eq!(invoice_root(CII.as_bytes()), Some(InvoiceRoot::Cii));
        let ubl = "<Invoice xmlns=\"urn:oasis:names:specification:ubl:schema:xsd:Invoice-2\"/>";
        assert_eq!(invoice_root(ubl.as_bytes()), Some(InvoiceRoot::UblInvoice));
        assert_eq!(invoice_root(b"<Invoice xmlns='http://example.org/other'/>"), None);
        assert_eq!(invoice_root(b"<Invoice>"), None);
        assert_eq!(invoice_root(b"<!DOCTYPE Invoice [<!ENTITY a 'b'>]><Invoice/>"), None);
        assert_eq!(invoice_root(b"%PDF-1.7"), None);
    }

    #[test]
    fn utf16_and_byte_order_marks_are_read() {
        let little: Vec<u8> = std::iter::once(0xFEFF).chain(CII.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = CII.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(invoice_root(&little), Some(InvoiceRoot::Cii));
        assert_eq!(invoice_root(&big), Some(InvoiceRoot::Cii));
        assert_eq!(invoice_root(&[b"\xEF\xBB\xBF".as_slice(), CII.as_bytes()].concat()), Some(InvoiceRoot::Cii));
    }

    proptest! {
        #[test]
        fn any_bytes_are_looked_at_without_panic(head in "[<?!a-z:='\" é>-]{0,60}", tail in prop::collection::vec(any::<u8>(), 0..40)) {
            let root = invoice_root(&[head.as_bytes(), &tail].concat());
            prop_assert_eq!(root, None);
        }
    }
}
