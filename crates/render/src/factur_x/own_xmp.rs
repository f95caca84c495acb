//! The metadata that a supplier's PDF came with, completed by splicing: what they say of another invoice and what the
//! new file no longer is goes out, the properties of Factur-X go in, every other byte stays.

use std::ops::Range;

use facteur_xml::{Document, Limits, Node};

use super::Level;
use super::xmp::{description, extension, schema};

const RDF: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
const EXTENSION: &str = "http://www.aiim.org/pdfa/ns/extension/";
const IDENTIFICATION: &str = "http://www.aiim.org/pdfa/ns/id/";
/// In the namespaces of Factur-X and of every ZUGFeRD.
const INVOICE: &str = ":pdfa:CrossIndustryDocument:invoice:";
/// The one part of PDF/A that allows any attachment (ISO 19005-3).
const PART: &str = "3";

/// A splice: what is replaced, and by what.
type Splice = (Range<usize>, String);

/// The metadata with the properties of that level; nothing where they cannot be completed without guessing.
pub(super) fn completed(own: &str, level: Level) -> Option<String> {
    let document = Document::parse(own.as_bytes(), &Limits::default()).ok()?;
    let root = document.root();
    let rdf = if root.is(RDF, "RDF") { root } else { root.elements().find(|node| node.is(RDF, "RDF"))? };
    let mut splices: Vec<Splice> = Vec::new();
    let mut bag = None;
    for part in rdf.elements() {
        if part.attributes().any(|attribute| is_replaced(attribute.namespace(), attribute.value())) {
            return None;
        }
        for property in part.elements() {
            if is_replaced(property.namespace(), &property.text()) {
                splices.push((property.byte_range(), String::new()));
            } else if property.is(EXTENSION, "schemas") {
                bag = Some(property.elements().next()?);
            }
        }
    }
    // Conformance says nothing without its part.
    if splices.iter().any(|(range, _)| own[range.clone()].contains("part")) {
        let parts = rdf.elements().flat_map(Node::elements);
        let rest = parts.filter(|node| node.namespace() == Some(IDENTIFICATION) && node.name() != "part");
        splices.extend(rest.map(|node| (node.byte_range(), String::new())));
    }
    let end = end_tag(own, rdf)?;
    match bag {
        Some(bag) => {
            let known = bag.elements().filter(|entry| describes_an_invoice(*entry));
            splices.extend(known.map(|entry| (entry.byte_range(), String::new())));
            let inside = end_tag(own, bag)?;
            splices.push((inside..inside, schema()));
            splices.push((end..end, description(level)));
        }
        None => splices.push((end..end, format!("{}{}", description(level), extension()))),
    }
    spliced(own, splices)
}

/// What the new file says otherwise: the properties of an invoice, and a part of PDF/A without attachments.
fn is_replaced(namespace: Option<&str>, value: &str) -> bool {
    let Some(namespace) = namespace else { return false };
    namespace.contains(INVOICE) || (namespace == IDENTIFICATION && is_other_part(value))
}

/// A part is a number; the conformance beside it is a letter.
fn is_other_part(value: &str) -> bool {
    let value = value.trim();
    value != PART && !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) && value.len() == 1
}

fn describes_an_invoice(entry: Node<'_>) -> bool {
    entry.descendants().any(|node| node.name() == "namespaceURI" && node.text().contains(INVOICE))
        || entry.descendants().flat_map(Node::attributes).any(|attribute| attribute.value().contains(INVOICE))
        || entry.attributes().any(|attribute| attribute.value().contains(INVOICE))
}

/// Where the end tag of an element begins.
fn end_tag(text: &str, node: Node<'_>) -> Option<usize> {
    let range = node.byte_range();
    let at = text.get(range.clone())?.rfind("</")?;
    Some(range.start + at)
}

fn spliced(text: &str, mut splices: Vec<Splice>) -> Option<String> {
    splices.sort_by_key(|(range, _)| (range.start, range.end));
    splices.dedup();
    let mut out = String::with_capacity(text.len() + 4096);
    let mut from = 0;
    for (range, new) in splices {
        out.push_str(text.get(from..range.start)?);
        out.push_str(&new);
        from = range.end;
    }
    out.push_str(text.get(from..)?);
    Some(out)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn packet(inside: &str) -> String {
        format!(
            "<?xpacket begin=\"\u{FEFF}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">\
             <rdf:RDF xmlns:rdf=\"{RDF}\"><rdf:Description rdf:about=\"\" xmlns:pdfaid=\"{IDENTIFICATION}\" \
             xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:fx=\"urn:factur-x{INVOICE}1p0#\" \
             xmlns:zf=\"urn:ferd{INVOICE}1p0#\" xmlns:pdfaExtension=\"{EXTENSION}\" \
             xmlns:pdfaSchema=\"http://www.aiim.org/pdfa/ns/schema#\">{inside}</rdf:Description></rdf:RDF>\
             </x:xmpmeta><?xpacket end=\"w\"?>"
        )
    }

    fn entry(namespace: &str) -> String {
        format!(
            "<rdf:li rdf:parseType=\"Resource\"><pdfaSchema:namespaceURI>{namespace}</pdfaSchema:namespaceURI></rdf:li>"
        )
    }

    #[test]
    fn what_was_said_stays_and_the_properties_are_added() {
        let own = packet(
            "<dc:title>Facture é</dc:title><pdfaid:part>3</pdfaid:part>\
            <pdfaid:conformance>B</pdfaid:conformance>",
        );
        let text = completed(&own, Level::Basic).unwrap();
        assert!(text.contains("<dc:title>Facture é</dc:title><pdfaid:part>3</pdfaid:part>"), "{text}");
        assert!(text.contains("<fx:ConformanceLevel>BASIC</fx:ConformanceLevel>"), "{text}");
        assert_eq!(text.matches("pdfaExtension:schemas>").count(), 2);
        assert!(Document::parse(text.as_bytes(), &Limits::default()).is_ok());
    }

    #[test]
    fn another_invoice_and_a_part_without_attachments_go_out() {
        let own = packet(&format!(
            "<pdfaid:part>1</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance><dc:title>t</dc:title>\
             <zf:ConformanceLevel>COMFORT</zf:ConformanceLevel><fx:Version>1.0</fx:Version>\
             <pdfaExtension:schemas><rdf:Bag>{}{}</rdf:Bag></pdfaExtension:schemas>",
            entry(&format!("urn:ferd{INVOICE}1p0#")),
            entry("urn:other")
        ));
        let text = completed(&own, Level::En16931).unwrap();
        assert!(!text.contains("COMFORT") && !text.contains("pdfaid:part>") && !text.contains("pdfaid:conformance>"));
        assert!(text.contains("urn:other") && text.contains("<dc:title>t</dc:title>"), "{text}");
        assert_eq!(text.matches("<fx:Version>").count(), 1, "{text}");
        assert_eq!(text.matches("<pdfaExtension:schemas>").count(), 1, "one list of schemas: {text}");
        assert_eq!(text.matches("Factur-X PDFA Extension Schema").count(), 1);
        assert!(Document::parse(text.as_bytes(), &Limits::default()).is_ok());
    }

    #[test]
    fn what_cannot_be_completed_is_left_to_new_metadata() {
        assert_eq!(completed("not XML", Level::Basic), None);
        assert_eq!(completed("<a/>", Level::Basic), None);
        let own = packet("").replace("rdf:about=\"\"", "rdf:about=\"\" pdfaid:part=\"2\"");
        assert_eq!(completed(&own, Level::Basic), None);
    }
}
