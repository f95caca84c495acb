//! What the XMP metadata says of the invoice: for comparison only.

use lopdf::{Document, Object};
use serde::{Deserialize, Serialize};

/// Largest metadata that is looked at.
const XMP_MAX: usize = 1 << 20;
/// Longest value that is kept, in characters.
const VALUE_MAX: usize = 100;

/// Longest namespace prefix that is looked back over.
const PREFIX_MAX: usize = 64;

/// The properties of Factur-X and of PDF/A, as found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Xmp {
    /// `fx:DocumentFileName`.
    pub document_file_name: Option<String>,
    /// `fx:DocumentType`: `INVOICE`.
    pub document_type: Option<String>,
    /// `fx:ConformanceLevel`: `MINIMUM`, `BASIC WL`, `BASIC`, `EN 16931`, `EXTENDED`, `XRECHNUNG`.
    pub conformance_level: Option<String>,
    /// `fx:Version`.
    pub version: Option<String>,
    /// `pdfaid:part`: `3` for PDF/A-3.
    pub pdfa_part: Option<String>,
    /// `pdfaid:conformance`: `A`, `B` or `U`.
    pub pdfa_conformance: Option<String>,
}

/// The metadata of the document; `None` where there are none or they cannot be unpacked.
pub(super) fn read(document: &Document) -> Option<Xmp> {
    let metadata = document.catalog().ok()?.get(b"Metadata").ok()?;
    let (_, Object::Stream(stream)) = document.dereference(metadata).ok()? else { return None };
    let bytes = stream.get_plain_content_with_limit(XMP_MAX).ok()?;
    Some(from_text(&decode(&bytes)))
}

fn decode(bytes: &[u8]) -> String {
    match bytes {
        [0xFE, 0xFF, rest @ ..] => {
            let units: Vec<u16> = rest.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
            String::from_utf16_lossy(&units)
        }
        _ => String::from_utf8_lossy(bytes).into_owned(),
    }
}

fn from_text(text: &str) -> Xmp {
    Xmp {
        document_file_name: property(text, "DocumentFileName"),
        document_type: property(text, "DocumentType"),
        conformance_level: property(text, "ConformanceLevel"),
        version: prefix_of(text, "ConformanceLevel").and_then(|prefix| property(text, &format!("{prefix}:Version"))),
        pdfa_part: property(text, "pdfaid:part"),
        pdfa_conformance: property(text, "pdfaid:conformance"),
    }
}

/// The value of a property in either form that RDF allows: `<fx:Name>value</fx:Name>` or `fx:Name="value"`.
/// The schema description names the same properties as text, which has neither form.
fn property(text: &str, name: &str) -> Option<String> {
    occurrences(text, name).find_map(|(before, after)| {
        let prefix = before.bytes().rev().take(PREFIX_MAX).find(|byte| !byte.is_ascii_alphanumeric() && *byte != b':');
        let tag_open = prefix == Some(b'<');
        let value = if let Some(content) = after.strip_prefix('>').filter(|_| tag_open) {
            content.split('<').next()?
        } else {
            let value = after.trim_start().strip_prefix('=')?.trim_start();
            let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
            value[1..].split(quote).next()?
        };
        let value = value.trim();
        (!value.is_empty()).then(|| value.chars().filter(|c| !c.is_control()).take(VALUE_MAX).collect())
    })
}

/// The namespace prefix under which a property stands first.
fn prefix_of(text: &str, name: &str) -> Option<String> {
    let (before, _) = occurrences(text, name).find(|(before, _)| before.ends_with(':'))?;
    let prefix = before.strip_suffix(':')?.rsplit(|c: char| !c.is_alphanumeric()).next()?;
    (!prefix.is_empty()).then(|| prefix.to_owned())
}

fn occurrences<'a>(text: &'a str, name: &str) -> impl Iterator<Item = (&'a str, &'a str)> {
    let length = name.len();
    text.match_indices(name).map(move |(at, _)| (&text[..at], &text[at + length..])).collect::<Vec<_>>().into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn both_forms_of_rdf_are_read() {
        let elements = "<pdfaProperty:name>ConformanceLevel</pdfaProperty:name><fx:DocumentFileName> factur-x.xml \
                        </fx:DocumentFileName><fx:ConformanceLevel>EN 16931</fx:ConformanceLevel><fx:Version>1.0\
                        </fx:Version><pdfaid:part>3</pdfaid:part>";
        let xmp = from_text(elements);
        assert_eq!(xmp.document_file_name.as_deref(), Some("factur-x.xml"));
        assert_eq!(xmp.conformance_level.as_deref(), Some("EN 16931"));
        assert_eq!(xmp.version.as_deref(), Some("1.0"));
        assert_eq!(xmp.pdfa_part.as_deref(), Some("3"));
        let attributes = "<rdf:Description zf:ConformanceLevel='BASIC' zf:Version=\"2\" pdfaid:conformance=\"B\"/>";
        let xmp = from_text(attributes);
        assert_eq!(xmp.conformance_level.as_deref(), Some("BASIC"));
        assert_eq!(xmp.version.as_deref(), Some("2"));
        assert_eq!(xmp.pdfa_conformance.as_deref(), Some("B"));
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "(ConformanceLevel|DocumentType|fx:|[<>='\" é/]){0,30}") {
            let level = from_text(&text).conformance_level;
            prop_assert!(level.is_none_or(|level| !level.is_empty() && level.chars().count() <= VALUE_MAX));
        }
    }
}
