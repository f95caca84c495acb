//! The XML attached to a PDF that the supplier made: its pages stay as they are, and so does what they lack for PDF/A.

use lopdf::{Dictionary, Document, Object, Stream, dictionary};

use super::{FILE_NAME, Level, xmp};
use crate::page::PageError;

/// Attaches the XML. The result is a hybrid invoice; it is PDF/A only if the PDF was and said so, which is not checked.
///
/// # Errors
/// [`PageError::Incomplete`] where the PDF cannot be opened or already carries attachments.
pub fn attach(pdf: &[u8], xml: &[u8], level: Level) -> Result<Vec<u8>, PageError> {
    let failed = |error: lopdf::Error| PageError::Incomplete(error.to_string());
    let mut document = Document::load_mem(pdf).map_err(failed)?;
    if document.trailer.has(b"Encrypt") {
        return Err(PageError::Incomplete("the PDF is protected".to_owned()));
    }
    let catalog = document.catalog().map_err(failed)?;
    if catalog.has(b"AF") || names(&document).is_some_and(|names| names.has(b"EmbeddedFiles")) {
        return Err(PageError::Incomplete("the PDF carries attachments already".to_owned()));
    }
    let size = i64::try_from(xml.len()).unwrap_or(i64::MAX);
    let mut stream = Stream::new(
        dictionary! { "Type" => "EmbeddedFile", "Subtype" => "text/xml", "Params" => dictionary! { "Size" => size } },
        xml.to_vec(),
    );
    stream.compress().map_err(failed)?;
    let stream = document.add_object(stream);
    let relationship = if matches!(level, Level::Minimum | Level::BasicWl) { "Data" } else { "Alternative" };
    let file = document.add_object(dictionary! {
        "Type" => "Filespec", "F" => Object::string_literal(FILE_NAME), "UF" => Object::string_literal(FILE_NAME),
        "AFRelationship" => relationship, "Desc" => Object::string_literal("Factur-X"),
        "EF" => dictionary! { "F" => stream, "UF" => stream },
    });
    let mut kept = names(&document).cloned().unwrap_or_default();
    kept.set("EmbeddedFiles", dictionary! { "Names" => vec![Object::string_literal(FILE_NAME), file.into()] });
    let metadata = metadata(&document, level);
    let metadata = document.add_object(metadata);
    let catalog = document.catalog_mut().map_err(failed)?;
    catalog.set("Names", kept);
    catalog.set("AF", vec![Object::from(file)]);
    catalog.set("Metadata", metadata);
    let mut bytes = Vec::with_capacity(pdf.len() + xml.len());
    document.save_to(&mut bytes).map_err(|error| PageError::Incomplete(error.to_string()))?;
    Ok(bytes)
}

fn names(document: &Document) -> Option<&Dictionary> {
    let names = document.catalog().ok()?.get(b"Names").ok()?;
    document.dereference(names).ok()?.1.as_dict().ok()
}

/// The PDF's own metadata with the properties added, or new ones.
fn metadata(document: &Document, level: Level) -> Stream {
    let own = document
        .catalog()
        .and_then(|catalog| catalog.get(b"Metadata"))
        .and_then(|object| document.dereference(object))
        .ok()
        .and_then(|(_, object)| object.as_stream().ok()?.get_plain_content().ok())
        .and_then(|bytes| String::from_utf8(bytes).ok());
    let text = own.as_deref().and_then(|text| {
        let end = text.rfind("</rdf:RDF>")?;
        Some(format!("{}{}{}", &text[..end], xmp::properties(level), &text[end..]))
    });
    let text = text.unwrap_or_else(|| {
        format!(
            "<?xpacket begin=\"\u{FEFF}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?><x:xmpmeta xmlns:x=\"adobe:ns:meta/\">\
             <rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">{}</rdf:RDF></x:xmpmeta>\
             <?xpacket end=\"w\"?>",
            xmp::properties(level)
        )
    });
    Stream::new(dictionary! { "Type" => "Metadata", "Subtype" => "XML" }, text.into_bytes()).with_compression(false)
}
