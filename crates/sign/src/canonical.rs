//! Text and canonical bytes: the tree of the first engine, and digests over it.

use std::borrow::Cow;

use bergshamra_c14n::{C14nMode, C14nSink, canonicalize_doc_to};
use bergshamra_xml::NodeSet;
use facteur_xml::Child;
use openssl::hash::{Hasher, MessageDigest};
use openssl::sha::Sha256;
use uppsala::{NodeId, NodeKind};

use crate::error::SignError;

/// The tree that is canonicalised.
pub(crate) type Tree<'a> = uppsala::Document<'a>;

/// A canonicalisation as a signature names it.
#[derive(Debug, Clone)]
pub(crate) struct Method {
    pub(crate) mode: C14nMode,
    pub(crate) prefixes: Vec<String>,
}

impl Method {
    /// Exclusive, without comments: what we write.
    pub(crate) const fn exclusive() -> Self {
        Self { mode: C14nMode::Exclusive, prefixes: Vec::new() }
    }

    /// What holds where no method is named (XML Signature, 4.4.3.2).
    pub(crate) const fn default_inclusive() -> Self {
        Self { mode: C14nMode::Inclusive, prefixes: Vec::new() }
    }
}

/// The text of a document that [`facteur_xml`] has read, by the encoding that it found.
pub(crate) fn text_of<'a>(bytes: &'a [u8], encoding: &str) -> Result<Cow<'a, str>, SignError> {
    let wrong = || SignError::Canonical(format!("the bytes are not {encoding}"));
    match encoding {
        "UTF-8" | "US-ASCII" => {
            let body = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
            std::str::from_utf8(body).map(Cow::Borrowed).map_err(|_| wrong())
        }
        "ISO-8859-1" => Ok(Cow::Owned(bytes.iter().map(|&byte| char::from(byte)).collect())),
        other => {
            let encoding = encoding_rs::Encoding::for_label(other.as_bytes()).ok_or_else(wrong)?;
            let (text, _, damaged) = encoding.decode(bytes);
            if damaged { Err(wrong()) } else { Ok(text) }
        }
    }
}

/// Builds the tree of a text.
pub(crate) fn tree(text: &str) -> Result<Tree<'_>, SignError> {
    let parser = uppsala::Parser::new().with_forbid_dtd(true).with_forbid_entities(true);
    parser.parse(text).map_err(|error| SignError::Canonical(error.to_string()))
}

/// SHA-256 of the whole document in exclusive canonical form, without comments.
pub(crate) fn digest_document(tree: &Tree<'_>) -> Result<[u8; 32], SignError> {
    let mut sink = Sha256Sink(Sha256::new());
    write(tree, &Method::exclusive(), &NodeSet::all_without_comments(tree), &mut sink)?;
    Ok(sink.0.finish())
}

/// Digest of the whole document without comments and without the element `removed` (the enveloped transform).
pub(crate) fn digest_without(
    tree: &Tree<'_>,
    removed: NodeId,
    method: &Method,
    digest: MessageDigest,
) -> Result<Vec<u8>, SignError> {
    let signature = NodeSet::tree_with_comments(removed, tree);
    digest_nodes(tree, &NodeSet::all_without_comments(tree).subtract(&signature), method, digest)
}

/// Digest of one element and all below it, without comments.
pub(crate) fn digest_element(
    tree: &Tree<'_>,
    element: NodeId,
    method: &Method,
    digest: MessageDigest,
) -> Result<Vec<u8>, SignError> {
    digest_nodes(tree, &NodeSet::tree_without_comments(element, tree), method, digest)
}

/// Canonical bytes of one element: what is signed of SignedInfo.
pub(crate) fn element_bytes(tree: &Tree<'_>, element: NodeId, method: &Method) -> Result<Vec<u8>, SignError> {
    let nodes = NodeSet::tree_with_comments(element, tree);
    let mut bytes = Vec::new();
    write(tree, method, &nodes, &mut bytes)?;
    Ok(bytes)
}

/// Whether two readings of the same bytes are the same tree: names, namespaces, attributes and texts, in order. What
/// a signature covers in one is then what the other shows.
pub(crate) fn same_tree(document: &facteur_xml::Document, tree: &Tree<'_>) -> bool {
    tree.document_element().is_some_and(|root| same_element(document.root(), tree, root))
}

fn same_element(ours: facteur_xml::Node<'_>, tree: &Tree<'_>, theirs: NodeId) -> bool {
    let Some(element) = tree.element(theirs) else { return false };
    element.name.local_name == ours.name()
        && element.name.namespace_uri.as_deref().unwrap_or("") == ours.namespace().unwrap_or("")
        && same_attributes(ours, element)
        && same_children(ours, tree, theirs)
}

fn same_attributes(ours: facteur_xml::Node<'_>, theirs: &uppsala::Element<'_>) -> bool {
    ours.attributes().count() == theirs.attributes.len()
        && ours.attributes().all(|attribute| {
            theirs.attributes.iter().any(|other| {
                other.name.local_name == attribute.name()
                    && other.name.namespace_uri.as_deref().unwrap_or("") == attribute.namespace().unwrap_or("")
                    && other.value == attribute.value()
            })
        })
}

fn same_children(ours: facteur_xml::Node<'_>, tree: &Tree<'_>, theirs: NodeId) -> bool {
    let mut ours = ours.children().peekable();
    let mut text = String::new();
    for child in tree.children_iter(theirs) {
        match tree.node_kind(child) {
            Some(NodeKind::Text(piece) | NodeKind::CData(piece)) => text.push_str(piece),
            Some(NodeKind::Element(_)) => {
                if !take_text(&mut ours, &mut text) {
                    return false;
                }
                match ours.next() {
                    Some(Child::Element(element)) if same_element(element, tree, child) => {}
                    _ => return false,
                }
            }
            _ => {}
        }
    }
    take_text(&mut ours, &mut text) && ours.next().is_none()
}

/// Takes the texts that stand before the next element and compares them with what the other tree has there.
fn take_text<'a>(ours: &mut std::iter::Peekable<impl Iterator<Item = Child<'a>>>, text: &mut String) -> bool {
    let mut rest = text.as_str();
    while let Some(Child::Text(piece)) = ours.peek() {
        match rest.strip_prefix(piece) {
            Some(after) => rest = after,
            None => return false,
        }
        ours.next();
    }
    let same = rest.is_empty();
    text.clear();
    same
}

fn digest_nodes(
    tree: &Tree<'_>,
    nodes: &NodeSet,
    method: &Method,
    digest: MessageDigest,
) -> Result<Vec<u8>, SignError> {
    let mut sink = HasherSink { hasher: Hasher::new(digest)?, failed: false };
    write(tree, method, nodes, &mut sink)?;
    if sink.failed {
        return Err(SignError::Canonical("the digest failed".to_owned()));
    }
    Ok(sink.hasher.finish()?.to_vec())
}

fn write(tree: &Tree<'_>, method: &Method, nodes: &NodeSet, sink: &mut impl C14nSink) -> Result<(), SignError> {
    canonicalize_doc_to(tree, method.mode, Some(nodes), &method.prefixes, sink)
        .map_err(|error| SignError::Canonical(error.to_string()))
}

struct Sha256Sink(Sha256);

impl C14nSink for Sha256Sink {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }
}

struct HasherSink {
    hasher: Hasher,
    failed: bool,
}

impl C14nSink for HasherSink {
    fn write(&mut self, bytes: &[u8]) {
        self.failed |= self.hasher.update(bytes).is_err();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn same(ours: &str, theirs: &str) -> bool {
        let document = facteur_xml::Document::parse(ours.as_bytes(), &facteur_xml::Limits::default()).unwrap();
        same_tree(&document, &tree(theirs).unwrap())
    }

    const DOCUMENT: &str =
        "<a xmlns='urn:a' b='1' p:c='2' xmlns:p='urn:p'>x<!-- -->y<?p?>z<p:d>\r\n</p:d><![CDATA[<]]>&#65;<e/></a>";

    #[test]
    fn two_readings_of_the_same_bytes_are_the_same() {
        assert!(same(DOCUMENT, DOCUMENT));
        assert!(same(DOCUMENT, &DOCUMENT.replace("<!-- -->", "")));
    }

    #[test]
    fn every_difference_between_two_readings_shows() {
        for (from, to) in [
            ("x<!-- -->y", "xy "),
            ("b='1'", "b='2'"),
            ("b='1'", ""),
            ("'urn:a'", "'urn:b'"),
            ("'urn:p'", "'urn:q'"),
            ("p:d>", "p:f>"),
            ("<e/>", ""),
            ("<e/>", "<e/>t"),
            ("<e/>", "<e/><e/>"),
            ("&#65;", "B"),
            ("z<p:d>", "<p:d>z"),
        ] {
            assert!(!same(DOCUMENT, &DOCUMENT.replace(from, to)), "{from} -> {to}");
            assert!(!same(&DOCUMENT.replace(from, to), DOCUMENT), "{to} -> {from}");
        }
    }

    #[test]
    fn text_is_decoded_by_the_encoding_that_was_found() {
        assert_eq!(text_of(b"\xEF\xBB\xBF<a/>", "UTF-8").unwrap(), "<a/>");
        assert_eq!(text_of(b"\xE9\x80", "ISO-8859-1").unwrap(), "\u{e9}\u{80}");
        assert_eq!(text_of(b"\xA4", "ISO-8859-15").unwrap(), "\u{20ac}");
        assert_eq!(text_of(b"\xFF\xFE<\0", "UTF-16LE").unwrap(), "<");
        assert!(text_of(b"\xFF", "UTF-8").is_err());
    }
}
