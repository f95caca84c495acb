//! The XML inside a Factur-X: associated files of the catalogue (`/AF`), then the name tree of embedded files.

use lopdf::{Dictionary, LoadOptions, Object};

use super::{FILE_MAX, TechnicalError};

/// Names of the XML seen in Factur-X and ZUGFeRD files.
const XML_NAMES: [&str; 4] = ["factur-x.xml", "zugferd-invoice.xml", "zugferd_invoice.xml", "xrechnung.xml"];
/// Deepest name tree that is walked.
const TREE_DEPTH_MAX: usize = 16;

/// The bytes of the invoice XML that a PDF carries.
pub fn embedded_xml(bytes: &[u8]) -> Result<Vec<u8>, TechnicalError> {
    let options = LoadOptions::with_max_decompressed_size(4 * FILE_MAX);
    let document = lopdf::Document::load_mem_with_options(bytes, options)
        .map_err(|error| TechnicalError::file(&format!("le PDF est illisible ({error})")))?;
    if document.is_encrypted() {
        return Err(TechnicalError::file("le PDF est chiffre"));
    }
    let specifications = specifications(&document);
    let named = specifications.iter().find(|one| one.name.as_deref().is_some_and(is_invoice_name));
    let chosen = named.or_else(|| specifications.iter().find(|one| one.is_xml())).or(specifications.first());
    chosen
        .and_then(|one| one.content(&document))
        .ok_or_else(|| TechnicalError::file("le PDF ne contient pas de facture XML (factur-x.xml)"))
}

fn is_invoice_name(name: &str) -> bool {
    XML_NAMES.iter().any(|known| name.eq_ignore_ascii_case(known))
}

struct Specification<'a> {
    name: Option<String>,
    dictionary: &'a Dictionary,
}

impl Specification<'_> {
    fn is_xml(&self) -> bool {
        self.name.as_deref().is_some_and(|name| name.to_ascii_lowercase().ends_with(".xml"))
    }

    fn content(&self, document: &lopdf::Document) -> Option<Vec<u8>> {
        let files = dereference(document, self.dictionary.get(b"EF").ok()?)?.as_dict().ok()?;
        let stream = files.get(b"F").or_else(|_| files.get(b"UF")).ok()?;
        dereference(document, stream)?.as_stream().ok()?.get_plain_content_with_limit(FILE_MAX).ok()
    }
}

fn specifications(document: &lopdf::Document) -> Vec<Specification<'_>> {
    let mut found = Vec::new();
    let Ok(catalog) = document.catalog() else { return found };
    if let Some(list) = catalog.get(b"AF").ok().and_then(|object| dereference(document, object)) {
        let entries = list.as_array().map(Vec::as_slice).unwrap_or_default();
        found.extend(entries.iter().filter_map(|entry| specification(document, entry)));
    }
    let names = catalog.get(b"Names").ok().and_then(|object| dereference(document, object));
    let tree = names.and_then(|names| names.as_dict().ok()?.get(b"EmbeddedFiles").ok());
    if let Some(tree) = tree.and_then(|object| dereference(document, object)) {
        walk(document, tree, TREE_DEPTH_MAX, &mut found);
    }
    found
}

fn walk<'a>(document: &'a lopdf::Document, node: &'a Object, depth: usize, found: &mut Vec<Specification<'a>>) {
    let (Ok(node), 1..) = (node.as_dict(), depth) else { return };
    if let Some(names) = node.get(b"Names").ok().and_then(|object| dereference(document, object)) {
        let pairs = names.as_array().map(Vec::as_slice).unwrap_or_default();
        found.extend(pairs.iter().skip(1).step_by(2).filter_map(|entry| specification(document, entry)));
    }
    if let Some(kids) = node.get(b"Kids").ok().and_then(|object| dereference(document, object)) {
        for kid in kids.as_array().map(Vec::as_slice).unwrap_or_default() {
            if let Some(kid) = dereference(document, kid) {
                walk(document, kid, depth - 1, found);
            }
        }
    }
}

fn specification<'a>(document: &'a lopdf::Document, object: &'a Object) -> Option<Specification<'a>> {
    let dictionary = dereference(document, object)?.as_dict().ok()?;
    let name = dictionary.get(b"UF").or_else(|_| dictionary.get(b"F")).ok();
    let name = name.and_then(|object| lopdf::decode_text_string(dereference(document, object)?).ok());
    Some(Specification { name, dictionary })
}

fn dereference<'a>(document: &'a lopdf::Document, object: &'a Object) -> Option<&'a Object> {
    document.dereference(object).ok().map(|(_, object)| object)
}
