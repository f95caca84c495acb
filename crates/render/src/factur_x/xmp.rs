//! What the writer of PDFs cannot say in the metadata: the properties of Factur-X, and their description, which
//! PDF/A demands of every property that it does not know itself (ISO 19005-3, 6.6.2.3).

use lopdf::{Document, Object, Stream};

use super::{FILE_NAME, Level};
use crate::page::PageError;

/// The namespace of the properties (Factur-X 1.09, 6.2.4).
const NAMESPACE: &str = "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#";

const RDF: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";

/// Name and description of each property.
const PROPERTIES: [(&str, &str); 4] = [
    ("DocumentFileName", "The name of the embedded XML document"),
    ("DocumentType", "The type of the hybrid document in capital letters"),
    ("Version", "The actual version of the standard applying to the embedded XML document"),
    ("ConformanceLevel", "The conformance level of the embedded XML document"),
];

/// Adds the properties to the metadata, which stay uncompressed.
pub(super) fn complete(pdf: &[u8], level: Level) -> Result<Vec<u8>, PageError> {
    let wrong = |what: &str| PageError::Incomplete(what.to_owned());
    let mut document = Document::load_mem(pdf).map_err(|error| PageError::Incomplete(error.to_string()))?;
    let metadata = document
        .catalog()
        .and_then(|catalog| catalog.get(b"Metadata"))
        .and_then(Object::as_reference)
        .map_err(|_| wrong("no metadata"))?;
    let Ok(Object::Stream(stream)) = document.get_object_mut(metadata) else { return Err(wrong("no metadata")) };
    let text = stream.get_plain_content().map_err(|error| PageError::Incomplete(error.to_string()))?;
    let text = String::from_utf8(text).map_err(|_| wrong("metadata that are no UTF-8"))?;
    let end = text.rfind("</rdf:RDF>").ok_or_else(|| wrong("metadata without RDF"))?;
    let completed = format!("{}{}{}", &text[..end], properties(level), &text[end..]);
    let mut dictionary = stream.dict.clone();
    dictionary.remove(b"Filter");
    dictionary.remove(b"DecodeParms");
    let mut replaced = Stream::new(dictionary, completed.into_bytes()).with_compression(false);
    replaced.dict.set("Length", i64::try_from(replaced.content.len()).unwrap_or(i64::MAX));
    *stream = replaced;
    let mut bytes = Vec::with_capacity(pdf.len() + 4096);
    document.save_to(&mut bytes).map_err(|error| PageError::Incomplete(error.to_string()))?;
    Ok(bytes)
}

/// The properties and their description.
pub(super) fn properties(level: Level) -> String {
    format!("{}{}", description(level), extension())
}

/// The four properties.
pub(super) fn description(level: Level) -> String {
    let values = [FILE_NAME, "INVOICE", "1.0", level.as_str()];
    let mut text = format!("<rdf:Description rdf:about=\"\" xmlns:rdf=\"{RDF}\" xmlns:fx=\"{NAMESPACE}\">");
    for ((name, _), value) in PROPERTIES.iter().zip(values) {
        text.push_str(&format!("<fx:{name}>{value}</fx:{name}>"));
    }
    text.push_str("</rdf:Description>");
    text
}

/// A list of schemas that PDF/A does not know itself, with ours alone.
pub(super) fn extension() -> String {
    format!(
        "<rdf:Description rdf:about=\"\" xmlns:rdf=\"{RDF}\" \
         xmlns:pdfaExtension=\"http://www.aiim.org/pdfa/ns/extension/\"><pdfaExtension:schemas><rdf:Bag>{}</rdf:Bag>\
         </pdfaExtension:schemas></rdf:Description>",
        schema()
    )
}

/// What the properties are, for such a list.
pub(super) fn schema() -> String {
    let mut text = format!(
        "<rdf:li xmlns:rdf=\"{RDF}\" xmlns:pdfaSchema=\"http://www.aiim.org/pdfa/ns/schema#\" \
         xmlns:pdfaProperty=\"http://www.aiim.org/pdfa/ns/property#\" rdf:parseType=\"Resource\">\
         <pdfaSchema:schema>Factur-X PDFA Extension Schema</pdfaSchema:schema>\
         <pdfaSchema:namespaceURI>{NAMESPACE}</pdfaSchema:namespaceURI><pdfaSchema:prefix>fx</pdfaSchema:prefix>\
         <pdfaSchema:property><rdf:Seq>"
    );
    for (name, description) in PROPERTIES {
        text.push_str(&format!(
            "<rdf:li rdf:parseType=\"Resource\"><pdfaProperty:name>{name}</pdfaProperty:name>\
             <pdfaProperty:valueType>Text</pdfaProperty:valueType><pdfaProperty:category>external\
             </pdfaProperty:category><pdfaProperty:description>{description}</pdfaProperty:description></rdf:li>"
        ));
    }
    text.push_str("</rdf:Seq></pdfaSchema:property></rdf:li>");
    text
}
