//! The XML attached to a PDF that the supplier made: its pages stay as they are, and so does what they lack for PDF/A.

use std::collections::{BTreeMap, HashSet};

use lopdf::{Dictionary, Document, LoadOptions, Object, ObjectId, Stream, decode_text_string, dictionary, text_string};

use super::{FILE_NAME, Level, own_xmp, xmp};
use crate::page::PageError;

/// Largest stream once unpacked, while the PDF is loaded.
const STREAM_MAX: usize = 32 << 20;
/// Most nodes and entries of the tree of attachments.
const TREE_MAX: usize = 1_000;
/// Names of invoices in other PDFs: two invoices in one file is what no recipient can read.
const INVOICE_NAMES: [&str; 5] =
    [FILE_NAME, "xrechnung.xml", "zugferd-invoice.xml", "ubl-invoice-2.1.xml", "invoice.xml"];
/// The date of the attachment where the PDF does not say its own.
const NO_DATE: &str = "D:19700101000000Z";

/// Attaches the XML, in place of any invoice that the PDF carries already; its other attachments stay. The result is a
/// hybrid invoice; it is PDF/A only if the PDF was and said so, which is not checked. The same arguments give the same
/// bytes.
///
/// The PDF may be hostile: one from outside belongs in the process that reads PDFs.
///
/// # Errors
/// [`PageError::Protected`], [`PageError::Signed`]; [`PageError::Incomplete`] where the PDF cannot be opened.
pub fn attach(pdf: &[u8], xml: &[u8], level: Level) -> Result<Vec<u8>, PageError> {
    let mut document = open(pdf)?;
    let mut files = attachments(&document)?;
    files.retain(|key, file| !is_invoice(&document, key, file));
    let file = add_file(&mut document, xml, level)?;
    files.insert(FILE_NAME.as_bytes().to_vec(), file.into());
    let mut names = named(&document, b"Names").cloned().unwrap_or_default();
    names.set("EmbeddedFiles", dictionary! { "Names" => tree(files) });
    let associated = associated(&document, file);
    let metadata = metadata(&document, level);
    let metadata = document.add_object(metadata);
    let catalog = document.catalog_mut().map_err(failed)?;
    catalog.set("Names", names);
    catalog.set("AF", associated);
    catalog.set("Metadata", metadata);
    if document.version.as_str() < "1.7" {
        document.version = "1.7".to_owned();
    }
    // What nothing refers to any more is the invoice that was replaced.
    document.prune_objects();
    let mut bytes = Vec::with_capacity(pdf.len() + xml.len());
    document.save_to(&mut bytes).map_err(|error| PageError::Incomplete(error.to_string()))?;
    Ok(bytes)
}

fn failed(error: lopdf::Error) -> PageError {
    PageError::Incomplete(error.to_string())
}

fn open(pdf: &[u8]) -> Result<Document, PageError> {
    let options = LoadOptions { max_decompressed_size: Some(STREAM_MAX), ..LoadOptions::default() };
    let document = Document::load_mem_with_options(pdf, options).map_err(failed)?;
    if document.trailer.has(b"Encrypt") || document.was_encrypted() {
        return Err(PageError::Protected);
    }
    let catalog = document.catalog().map_err(failed)?;
    let form = dictionary(&document, catalog, b"AcroForm");
    let flags = form.and_then(|form| resolved(&document, form, b"SigFlags")?.as_i64().ok()).unwrap_or(0);
    let signature = document.objects.values().filter_map(|object| object.as_dict().ok());
    let mut signature = signature.filter(|dictionary| dictionary.has(b"ByteRange") && dictionary.has(b"Contents"));
    if flags & 1 == 1 || catalog.has(b"Perms") || signature.next().is_some() {
        return Err(PageError::Signed);
    }
    Ok(document)
}

/// Every attachment of the tree of names, by its key: any spelling of the tree becomes one list.
fn attachments(document: &Document) -> Result<BTreeMap<Vec<u8>, Object>, PageError> {
    let mut found = BTreeMap::new();
    let Some(root) = named(document, b"Names").and_then(|names| dictionary(document, names, b"EmbeddedFiles")) else {
        return Ok(found);
    };
    let mut seen: HashSet<ObjectId> = HashSet::new();
    let mut waiting = vec![root];
    let mut visited = 0;
    while let Some(node) = waiting.pop() {
        let pairs = resolved(document, node, b"Names").and_then(|names| names.as_array().ok());
        for pair in pairs.into_iter().flat_map(|pairs| pairs.chunks_exact(2)) {
            if let Ok((_, Object::String(key, _))) = document.dereference(&pair[0]) {
                found.insert(key.clone(), pair[1].clone());
            }
            visited += 1;
        }
        let kids = resolved(document, node, b"Kids").and_then(|kids| kids.as_array().ok());
        for kid in kids.into_iter().flatten() {
            visited += 1;
            if let Ok((Some(id), Object::Dictionary(kid))) = document.dereference(kid)
                && seen.insert(id)
            {
                waiting.push(kid);
            }
        }
        if visited > TREE_MAX {
            return Err(PageError::Incomplete("too many attachments".to_owned()));
        }
    }
    Ok(found)
}

/// The list of a tree of names, in the order of its keys (ISO 32000-1, 7.9.6).
fn tree(files: BTreeMap<Vec<u8>, Object>) -> Vec<Object> {
    let key = |key: Vec<u8>| Object::String(key, lopdf::StringFormat::Literal);
    files.into_iter().flat_map(|(name, file)| [key(name), file]).collect()
}

/// The associated files of the document, without another invoice.
fn associated(document: &Document, file: ObjectId) -> Vec<Object> {
    let known = document.catalog().ok().and_then(|catalog| resolved(document, catalog, b"AF"));
    let known = known.map_or(&[][..], |known| known.as_array().map_or(std::slice::from_ref(known), Vec::as_slice));
    let others = known.iter().filter(|other| !is_invoice(document, &[], other)).take(TREE_MAX).cloned();
    std::iter::once(Object::from(file)).chain(others).collect()
}

/// Whether a file of that key is an invoice by one of its names.
fn is_invoice(document: &Document, key: &[u8], file: &Object) -> bool {
    let named = |name: &str| INVOICE_NAMES.iter().any(|known| name.eq_ignore_ascii_case(known));
    let key = Object::String(key.to_vec(), lopdf::StringFormat::Literal);
    let file = document.dereference(file).ok().and_then(|(_, file)| file.as_dict().ok());
    let names = file.into_iter().flat_map(|file| [b"UF".as_slice(), b"F"].map(|name| resolved(document, file, name)));
    let mut names = names.flatten().chain([&key]).filter_map(|name| decode_text_string(name).ok());
    names.any(|name| named(&name))
}

fn add_file(document: &mut Document, xml: &[u8], level: Level) -> Result<ObjectId, PageError> {
    let size = i64::try_from(xml.len()).unwrap_or(i64::MAX);
    let date = own_date(document).unwrap_or_else(|| NO_DATE.as_bytes().to_vec());
    let date = Object::String(date, lopdf::StringFormat::Literal);
    let params = dictionary! { "Size" => size, "ModDate" => date };
    let mut stream = Stream::new(
        dictionary! { "Type" => "EmbeddedFile", "Subtype" => "text/xml", "Params" => params },
        xml.to_vec(),
    );
    stream.compress().map_err(failed)?;
    let stream = document.add_object(stream);
    let relationship = if matches!(level, Level::Minimum | Level::BasicWl) { "Data" } else { "Alternative" };
    Ok(document.add_object(dictionary! {
        "Type" => "Filespec", "F" => text_string(FILE_NAME), "UF" => text_string(FILE_NAME),
        "AFRelationship" => relationship, "Desc" => text_string("Factur-X"),
        "EF" => dictionary! { "F" => stream, "UF" => stream },
    }))
}

/// When the PDF was made, as it says itself.
fn own_date(document: &Document) -> Option<Vec<u8>> {
    let info = resolved(document, &document.trailer, b"Info")?.as_dict().ok()?;
    let date = [b"ModDate".as_slice(), b"CreationDate"].into_iter().find_map(|key| resolved(document, info, key))?;
    let bytes = date.as_str().ok()?;
    bytes.starts_with(b"D:").then(|| bytes.to_vec())
}

fn named<'d>(document: &'d Document, key: &[u8]) -> Option<&'d Dictionary> {
    dictionary(document, document.catalog().ok()?, key)
}

fn dictionary<'d>(document: &'d Document, parent: &'d Dictionary, key: &[u8]) -> Option<&'d Dictionary> {
    resolved(document, parent, key)?.as_dict().ok()
}

fn resolved<'d>(document: &'d Document, parent: &'d Dictionary, key: &[u8]) -> Option<&'d Object> {
    document.dereference(parent.get(key).ok()?).ok().map(|(_, object)| object)
}

/// The PDF's own metadata with the properties added; new ones where they cannot be completed.
fn metadata(document: &Document, level: Level) -> Stream {
    let own = document
        .catalog()
        .ok()
        .and_then(|catalog| resolved(document, catalog, b"Metadata")?.as_stream().ok())
        .and_then(|stream| stream.get_plain_content_with_limit(STREAM_MAX).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok());
    let text = own.and_then(|text| own_xmp::completed(&text, level)).unwrap_or_else(|| {
        format!(
            "<?xpacket begin=\"\u{FEFF}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?><x:xmpmeta xmlns:x=\"adobe:ns:meta/\">\
             <rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">{}</rdf:RDF></x:xmpmeta>\
             <?xpacket end=\"w\"?>",
            xmp::properties(level)
        )
    });
    Stream::new(dictionary! { "Type" => "Metadata", "Subtype" => "XML" }, text.into_bytes()).with_compression(false)
}
